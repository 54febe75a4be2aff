// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which names of this machine a request may have come by.
//!
//! A page in a browser may not read answers of another origin, but it may point a name of its own at 127.0.0.1 and
//! then ask under that name ("DNS rebinding"). Its requests still carry that name, so only names that cannot be
//! pointed elsewhere are let in.

use axum::http::{HeaderMap, Uri, header};
use std::net::IpAddr;

/// Whether the request was made to a loopback name or address.
pub(crate) fn is_loopback(uri: &Uri, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let of_uri = uri.authority().is_none_or(|authority| names_loopback(authority.as_str()));
    of_uri && host.to_str().is_ok_and(names_loopback)
}

/// Whether `name`, `address`, `name:port`, `[v6]` or `[v6]:port` means this machine and nothing else.
fn names_loopback(authority: &str) -> bool {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, port)) => (host, port.strip_prefix(':').or(port.is_empty().then_some("0"))),
            None => return false,
        },
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, Some("0")),
        },
    };
    port.is_some_and(|port| port.parse::<u16>().is_ok())
        && (host.eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn whatever_passes_is_this_machine(
            text in prop_oneof![
                "\\PC{0,40}",
                "(localhost|127\\.0\\.0\\.1|\\[::1\\]|evil)[.:@\\[\\]a-z0-9]{0,8}",
            ],
        ) {
            if names_loopback(&text) {
                let url = text.rsplit_once(':').map_or(text.as_str(), |(host, port)| {
                    if port.ends_with(']') { text.as_str() } else { host }
                });
                let host = url.trim_start_matches('[').trim_end_matches(']');
                let loopback = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
                prop_assert!(loopback || host.eq_ignore_ascii_case("localhost"), "{text:?}");
            }
        }
    }

    #[test]
    fn loopback_names_pass_and_all_others_do_not() {
        for good in [
            "localhost",
            "LocalHost:8787",
            "127.0.0.1",
            "127.0.0.1:8787",
            "127.1.2.3:1",
            "[::1]",
            "[::1]:8787",
        ] {
            assert!(names_loopback(good), "{good}");
        }
        for bad in [
            "",
            ":",
            "evil.example",
            "evil.example:8787",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "localhost@evil.example",
            "evil.example@localhost",
            "10.0.0.1",
            "0.0.0.0",
            "[::]",
            "[::1",
            "::1]",
            "[::1]x",
            "127.0.0.1:",
            "127.0.0.1:x",
            "127.0.0.1:99999",
            "localhost:1:2",
            "2130706433",
            "0x7f.1",
            "localhost ",
        ] {
            assert!(!names_loopback(bad), "{bad}");
        }
    }

    #[test]
    fn one_host_header_and_no_other_name_in_the_target() {
        let with = |hosts: &[&'static str], uri: &'static str| {
            let mut headers = HeaderMap::new();
            hosts.iter().for_each(|host| {
                headers.append(header::HOST, HeaderValue::from_static(host));
            });
            is_loopback(&Uri::from_static(uri), &headers)
        };
        assert!(with(&["localhost"], "/health"));
        assert!(with(&["localhost"], "http://127.0.0.1/health"));
        assert!(!with(&["localhost"], "http://evil.example/health"));
        assert!(!with(&[], "/health"));
        assert!(!with(&["localhost", "evil.example"], "/health"));
    }
}
