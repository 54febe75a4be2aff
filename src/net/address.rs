// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which addresses and names are refused.
//!
//! The tables follow the special-purpose address registries of IANA, and add the metadata services of clouds that
//! live elsewhere. Each row says in words what the range is, because that is what the person reads.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

type Range4 = (Ipv4Addr, u32, &'static str);
type Range6 = (Ipv6Addr, u32, &'static str);

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u32, what: &'static str) -> Range4 {
    (Ipv4Addr::new(a, b, c, d), prefix, what)
}

/// IPv6 ranges are told apart by their first four groups here; the rest is zero.
const fn v6(a: u16, b: u16, c: u16, d: u16, prefix: u32, what: &'static str) -> Range6 {
    (Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), prefix, what)
}

/// The first row that fits gives the reason: narrow rows stand before wide ones.
const IPV4: &[Range4] = &[
    v4(169, 254, 169, 254, 32, "a metadata service"),
    v4(169, 254, 170, 2, 32, "a metadata service"),
    v4(100, 100, 100, 200, 32, "a metadata service"),
    v4(168, 63, 129, 16, 32, "a metadata service"),
    v4(192, 0, 0, 192, 32, "a metadata service"),
    v4(0, 0, 0, 0, 8, "an unspecified address"),
    v4(10, 0, 0, 0, 8, "a private address"),
    v4(100, 64, 0, 0, 10, "a carrier's private address"),
    v4(127, 0, 0, 0, 8, "a loopback address"),
    v4(169, 254, 0, 0, 16, "a link-local address"),
    v4(172, 16, 0, 0, 12, "a private address"),
    v4(192, 0, 0, 0, 24, "a protocol address"),
    v4(192, 0, 2, 0, 24, "a documentation address"),
    v4(192, 88, 99, 0, 24, "a 6to4 relay"),
    v4(192, 168, 0, 0, 16, "a private address"),
    v4(198, 18, 0, 0, 15, "a benchmarking address"),
    v4(198, 51, 100, 0, 24, "a documentation address"),
    v4(203, 0, 113, 0, 24, "a documentation address"),
    v4(224, 0, 0, 0, 4, "a multicast address"),
    v4(255, 255, 255, 255, 32, "the broadcast address"),
    v4(240, 0, 0, 0, 4, "a reserved address"),
];

/// Addresses that carry an IPv4 address inside are refused whole, public inside or not: nothing that is offered to the
/// public has such an address. The one exception is [`NAT64`].
const IPV6: &[Range6] = &[
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), 128, "a metadata service"),
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254), 128, "a metadata service"),
    (Ipv6Addr::UNSPECIFIED, 128, "an unspecified address"),
    (Ipv6Addr::LOCALHOST, 128, "a loopback address"),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, "an IPv4 address in IPv6 clothes"),
    v6(0, 0, 0, 0, 96, "an IPv4 address in IPv6 clothes"),
    v6(0x64, 0xff9b, 1, 0, 48, "a private NAT64 address"),
    v6(0x100, 0, 0, 0, 64, "a discard address"),
    v6(0x2001, 0, 0, 0, 32, "a Teredo address"),
    v6(0x2001, 2, 0, 0, 48, "a benchmarking address"),
    v6(0x2001, 0, 0, 0, 23, "a protocol address"),
    v6(0x2001, 0xdb8, 0, 0, 32, "a documentation address"),
    v6(0x2002, 0, 0, 0, 16, "a 6to4 address"),
    v6(0x3fff, 0, 0, 0, 20, "a documentation address"),
    v6(0x5f00, 0, 0, 0, 16, "a segment-routing address"),
    v6(0xfc00, 0, 0, 0, 7, "a private address"),
    v6(0xfe80, 0, 0, 0, 10, "a link-local address"),
    v6(0xfec0, 0, 0, 0, 10, "a site-local address"),
    v6(0xff00, 0, 0, 0, 8, "a multicast address"),
];

/// What IPv6 calls the public internet. Outside of it everything is refused, also what has no row yet.
const GLOBAL_UNICAST: Range6 = v6(0x2000, 0, 0, 0, 3, "");

/// The well-known NAT64 prefix. A machine that has IPv6 only reaches the IPv4 internet through it, and its resolver
/// makes such addresses up for every IPv4 name: they are judged by the IPv4 address inside.
const NAT64: Range6 = v6(0x64, 0xff9b, 0, 0, 96, "");

/// Names that mean this machine, its network or its cloud, wherever they are resolved.
const NAMES: &[(&str, &str)] = &[
    ("localhost", "a name of this machine"),
    ("localdomain", "a name of this machine"),
    ("metadata.google.internal", "a metadata service"),
    ("internal", "a name of a private network"),
    ("local", "a name of a private network"),
    ("lan", "a name of a private network"),
    ("home.arpa", "a name of a private network"),
];

/// What stands against connecting to `address`; `None` when it is a public one.
pub(crate) fn forbidden(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => forbidden_v4(address),
        IpAddr::V6(address) => forbidden_v6(address),
    }
}

/// What stands against looking up `host`; `None` when its addresses decide.
pub(crate) fn forbidden_name(host: &str) -> Option<&'static str> {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let inside =
        |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let listed = NAMES.iter().find(|(domain, _)| inside(domain)).map(|(_, what)| *what);
    // A name without a dot is completed by the machine's search domain: it lies in the local network.
    listed.or_else(|| (!host.contains('.')).then_some("a name of a private network"))
}

fn forbidden_v4(address: Ipv4Addr) -> Option<&'static str> {
    let bits = u32::from(address);
    let covers = |&&(net, prefix, _): &&Range4| {
        let drop = u32::BITS.saturating_sub(prefix);
        bits.checked_shr(drop) == u32::from(net).checked_shr(drop)
    };
    IPV4.iter().find(covers).map(|(_, _, what)| *what)
}

fn forbidden_v6(address: Ipv6Addr) -> Option<&'static str> {
    if contains(NAT64, address) {
        let [.., a, b, c, d] = address.octets();
        return forbidden_v4(Ipv4Addr::new(a, b, c, d));
    }
    let listed = IPV6.iter().find(|range| contains(**range, address)).map(|(_, _, what)| *what);
    listed.or_else(|| (!contains(GLOBAL_UNICAST, address)).then_some("a reserved address"))
}

fn contains((net, prefix, _): Range6, address: Ipv6Addr) -> bool {
    let drop = u128::BITS.saturating_sub(prefix);
    u128::from(address).checked_shr(drop) == u128::from(net).checked_shr(drop)
}

#[cfg(test)]
mod tests;
