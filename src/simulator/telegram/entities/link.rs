// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which links the service keeps. A link that it does not understand is dropped and its text stays, without an error.

use super::Kind;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// `tg://user?id=…`.
    User(i64),
    /// Anything else, as the service would store it.
    Url(String),
}

/// Reads a link; nothing if the service would drop it.
pub(crate) fn target(url: &str) -> Option<Target> {
    if let Some(user) = parameter(url, "user", "id").and_then(|id| id.parse().ok()).filter(|id| *id > 0) {
        return Some(Target::User(user));
    }
    checked(url).map(Target::Url)
}

/// Reads the target of `![…](…)`.
pub(crate) fn emoji_or_time(url: &str) -> Option<Kind> {
    if let Some(id) = parameter(url, "emoji", "id") {
        return emoji(&id);
    }
    let unix_time: i32 = parameter(url, "time", "unix")?.parse().ok().filter(|unix| *unix > 0)?;
    let format = parameter(url, "time", "format").unwrap_or_default();
    is_date_format(&format).then_some(Kind::DateTime { unix_time: i64::from(unix_time), format })
}

/// A custom emoji, if the id can be one.
pub(crate) fn emoji(id: &str) -> Option<Kind> {
    id.parse::<i64>().ok().filter(|id| *id != 0).map(|id| Kind::CustomEmoji { id: id.to_string() })
}

/// Whether an instant can be shown so.
pub(crate) fn is_date_format(format: &str) -> bool {
    matches!(format, "r" | "R") || format.chars().all(|part| "tTdDwW".contains(part))
}

/// The parameter `key` of a link `tg://host?…`.
fn parameter(url: &str, host: &str, key: &str) -> Option<String> {
    let rest = strip_ignoring_case(url, "tg:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let rest = strip_ignoring_case(rest, host)?;
    let rest = rest.strip_prefix('/').unwrap_or(rest).strip_prefix('?')?;
    let query = rest.split('#').next()?;
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value.to_owned())
}

fn strip_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    if head.eq_ignore_ascii_case(prefix) { text.get(prefix.len()..) } else { None }
}

/// The link in the service's own spelling; nothing if it is none: no host, a host without a dot, an unknown scheme,
/// a character that cannot stand in a host.
pub(crate) fn checked(url: &str) -> Option<String> {
    for scheme in ["tg", "ton", "tonsite"] {
        if let Some(rest) = strip_ignoring_case(url, scheme).and_then(|rest| rest.strip_prefix(':')) {
            let rest = rest.strip_prefix("//").unwrap_or(rest);
            let (host, query) = split_host(rest);
            let fits = |c: char| {
                c.is_ascii_alphanumeric() || matches!(c, '-' | '_') || (scheme == "tonsite" && c == '.')
            };
            if host.is_empty() || !host.chars().all(fits) {
                return None;
            }
            let query = query.strip_prefix("/?").map_or(query.to_owned(), |rest| format!("?{rest}"));
            return Some(format!("{scheme}://{}{}", host.to_ascii_lowercase(), escape_spaces(&query)));
        }
    }
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if !scheme.contains([':', '/', '?', '#', '@', '[', ']']) => {
            let scheme = scheme.to_ascii_lowercase();
            if scheme != "http" && scheme != "https" {
                return None;
            }
            (scheme, rest)
        }
        _ => ("http".to_owned(), url),
    };
    let (authority, query) = split_host(rest);
    let (userinfo, host_port) =
        authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
    let (host, port) = match host_port.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') && !host.is_empty() => (host, Some(port)),
        _ => (host_port, None),
    };
    let port = match port {
        Some(port) => Some(port.parse::<u16>().ok().filter(|port| *port > 0)?),
        None => None,
    };
    let is_ipv6 = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .is_some_and(|host| host.parse::<std::net::Ipv6Addr>().is_ok());
    let is_name = host != "." && host.contains('.') && is_url_part(host, false);
    if !(is_ipv6 || is_name) || !is_url_part(userinfo, true) {
        return None;
    }
    let user = if userinfo.is_empty() { String::new() } else { format!("{userinfo}@") };
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let query = if query.starts_with('/') { query.to_owned() } else { format!("/{query}") };
    Some(format!("{scheme}://{user}{}{port}{}", host.to_lowercase(), escape_spaces(&query)))
}

fn split_host(rest: &str) -> (&str, &str) {
    let rest = rest.trim_end_matches([' ', '\t', '\n', '\r']);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    (rest.get(..end).unwrap_or_default(), rest.get(end..).unwrap_or_default())
}

fn is_url_part(part: &str, colon: bool) -> bool {
    let mut rest = part.chars();
    while let Some(c) = rest.next() {
        let fits = c.is_ascii_alphanumeric()
            || !c.is_ascii()
            || ".-_!$,~*'();&+=".contains(c)
            || (colon && c == ':')
            || (c == '%'
                && rest.next().is_some_and(|c| c.is_ascii_hexdigit())
                && rest.next().is_some_and(|c| c.is_ascii_hexdigit()));
        if !fits {
            return false;
        }
    }
    true
}

fn escape_spaces(query: &str) -> String {
    query.chars().fold(String::with_capacity(query.len()), |mut out, c| {
        if c <= ' ' {
            out.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            out.push(c);
        }
        out
    })
}
