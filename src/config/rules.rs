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
    for (path, url) in urls(values).filter(|(_, url)| url.scheme() != "https") {
        // Of the URL itself, which may hold more than all should read, only the host is shown.
        let named = match path {
            WATCHED => format!("`{path}` names a page on {}, which", url.host_str().unwrap_or_default()),
            _ => format!("`{path}`"),
        };
        if loopback_http(&url).is_none() {
            refuse(
                path,
                ProblemKind::Invalid,
                format!("{named} is plain HTTP, which anyone on the way can read and change"),
                "write an https:// URL; plain HTTP is possible only to a loopback address given as a number, such as \
                 http://127.0.0.1:8080, and only with `net.allow_loopback_http = true`",
            );
        } else if !allowed {
            refuse(
                path,
                ProblemKind::Conflict,
                format!("{named} is plain HTTP on loopback, and `net.allow_loopback_http` is false"),
                "write an https:// URL, or set `net.allow_loopback_http = true` for the simulator or a service on \
                 this machine",
            );
        }
    }
    let tokens = |leaf| get(values, "context", leaf).and_then(Value::as_integer);
    if let (Some(keep), Some(limit)) = (tokens("keep_tokens"), tokens("soft_limit_tokens"))
        && keep.saturating_mul(2) >= limit
    {
        let keep_is_set = spots.contains_key("context.keep_tokens");
        refuse(
            if keep_is_set { "context.keep_tokens" } else { "context.soft_limit_tokens" },
            ProblemKind::Conflict,
            format!(
                "`context.keep_tokens` is {keep}, which is not less than half of `context.soft_limit_tokens` ({limit})"
            ),
            "lower `context.keep_tokens`, or raise `context.soft_limit_tokens`: a summary must make room",
        );
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

/// The key whose list may hold URLs.
const WATCHED: &str = "heartbeat.watch";

/// Every URL, with its key.
fn urls(values: &Table) -> impl Iterator<Item = (&'static str, Url)> {
    let single = [
        ("anthropic.base_url", text(values, "anthropic", "base_url")),
        ("telegram.base_url", text(values, "telegram", "base_url")),
        ("transcription.url", text(values, "transcription", "url")),
    ];
    let watched = get(values, "heartbeat", "watch").and_then(Value::as_array);
    let watched = watched.into_iter().flatten().map(|target| (WATCHED, target.as_str()));
    // A path is no URL, and so is not looked at.
    single.into_iter().chain(watched).filter_map(|(path, text)| Some((path, Url::parse(text?).ok()?)))
}

fn get<'a>(values: &'a Table, section: &str, leaf: &str) -> Option<&'a Value> {
    values.get(section)?.get(leaf)
}

fn text<'a>(values: &'a Table, section: &str, leaf: &str) -> Option<&'a str> {
    get(values, section, leaf)?.as_str()
}
