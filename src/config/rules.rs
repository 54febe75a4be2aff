// SPDX-License-Identifier: MIT OR Apache-2.0
//! What depends on more than one key, and so can be said only when all layers are known.

use crate::model::loopback_http;
use crate::problem::{Problem, ProblemKind, Spot};
use std::collections::BTreeMap;
use toml::{Table, Value};
use url::Url;

/// Most bytes of the path of a Unix socket on Linux, without the zero at its end.
const MAX_SOCKET_PATH: usize = 107;

/// Checks the values that hold in the end. Only what someone has set can be wrong, so that each problem has a spot.
pub(crate) fn check(values: &Table, spots: &BTreeMap<&'static str, Spot>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut refuse = |path: &'static str, kind: ProblemKind, message: String, help: &str| {
        if let Some(spot) = spots.get(path) {
            let spot = Box::new(spot.clone());
            problems.push(Problem {
                kind,
                spot,
                key: Some(path.to_owned()),
                message,
                help: Some(help.to_owned()),
            });
        }
    };
    let allowed = get(values, "net", "allow_loopback_http").and_then(Value::as_bool).unwrap_or(false);
    for (path, section, leaf) in [
        ("anthropic.base_url", "anthropic", "base_url"),
        ("telegram.base_url", "telegram", "base_url"),
        ("transcription.url", "transcription", "url"),
    ] {
        let url = text(values, section, leaf).and_then(|text| Url::parse(text).ok());
        let Some(url) = url.filter(|url| url.scheme() != "https") else { continue };
        if loopback_http(&url).is_none() {
            refuse(
                path,
                ProblemKind::Invalid,
                format!("`{path}` is plain HTTP, which anyone on the way can read and change"),
                "write an https:// URL; plain HTTP is possible only to a loopback address given as a number, such as \
                 http://127.0.0.1:8080, and only with `net.allow_loopback_http = true`",
            );
        } else if !allowed {
            refuse(
                path,
                ProblemKind::Conflict,
                format!("`{path}` is plain HTTP on loopback, and `net.allow_loopback_http` is false"),
                "write an https:// URL, or set `net.allow_loopback_http = true` for the simulator or a service on \
                 this machine",
            );
        }
    }
    let command = get(values, "transcription", "command")
        .and_then(Value::as_array)
        .is_some_and(|list| !list.is_empty());
    let endpoint = text(values, "transcription", "url").is_some_and(|url| !url.is_empty());
    if command && endpoint {
        refuse(
            "transcription.url",
            ProblemKind::Conflict,
            "`transcription.url` and `transcription.command` are both set".to_owned(),
            "keep the one that shall do the work, and take the other out",
        );
    }
    if !endpoint && text(values, "transcription", "secret").is_some_and(|secret| !secret.is_empty()) {
        refuse(
            "transcription.secret",
            ProblemKind::Conflict,
            "`transcription.secret` is set, and there is no `transcription.url` to send it to".to_owned(),
            "set `transcription.url`, or take `transcription.secret` out",
        );
    }
    // A relative path has become a long one by now.
    let socket = text(values, "gateway", "socket").unwrap_or_default().len();
    if socket > MAX_SOCKET_PATH {
        refuse(
            "gateway.socket",
            ProblemKind::Invalid,
            format!(
                "`gateway.socket` is a path of {socket} bytes, and a socket's may have {MAX_SOCKET_PATH}"
            ),
            "choose a shorter one, such as /run/blufio/blufio.sock",
        );
    }
    problems
}

fn get<'a>(values: &'a Table, section: &str, leaf: &str) -> Option<&'a Value> {
    values.get(section)?.get(leaf)
}

fn text<'a>(values: &'a Table, section: &str, leaf: &str) -> Option<&'a str> {
    get(values, section, leaf)?.as_str()
}
