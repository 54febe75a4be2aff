// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{IPV4, forbidden, forbidden_name, forbidden_v4};
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

fn reason(address: &str) -> Option<&'static str> {
    forbidden(address.parse().unwrap())
}

#[test]
fn public_addresses_pass() {
    for address in [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "128.0.0.0",
        "149.154.167.220",
        "160.79.104.10",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2001:67c:4e8:f004::9",
        "2001:200::1",
        "2607:6bc0::10",
        "64:ff9b::1.1.1.1",
    ] {
        assert_eq!(reason(address), None, "{address}");
    }
}

#[test]
fn forbidden_ranges_are_refused_from_their_first_to_their_last_address() {
    for (first, last, what) in [
        ("0.0.0.0", "0.255.255.255", "unspecified"),
        ("10.0.0.0", "10.255.255.255", "private"),
        ("100.64.0.0", "100.127.255.255", "carrier"),
        ("127.0.0.0", "127.255.255.255", "loopback"),
        ("169.254.0.0", "169.254.255.255", "link-local"),
        ("172.16.0.0", "172.31.255.255", "private"),
        ("192.0.0.0", "192.0.0.255", "protocol"),
        ("192.0.2.0", "192.0.2.255", "documentation"),
        ("192.88.99.0", "192.88.99.255", "6to4"),
        ("192.168.0.0", "192.168.255.255", "private"),
        ("198.18.0.0", "198.19.255.255", "benchmarking"),
        ("198.51.100.0", "198.51.100.255", "documentation"),
        ("203.0.113.0", "203.0.113.255", "documentation"),
        ("224.0.0.0", "239.255.255.255", "multicast"),
        ("240.0.0.0", "255.255.255.254", "reserved"),
        ("255.255.255.255", "255.255.255.255", "broadcast"),
        ("::", "::", "unspecified"),
        ("::1", "::1", "loopback"),
        ("::2", "::ffff:ffff", "IPv6 clothes"),
        ("::ffff:0.0.0.0", "::ffff:255.255.255.255", "IPv6 clothes"),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "NAT64"),
        ("100::", "100::ffff:ffff:ffff:ffff", "discard"),
        ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "Teredo"),
        ("2001:1::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "protocol"),
        ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "benchmarking"),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"),
        ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "6to4"),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "private"),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local"),
        ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "site-local"),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast"),
        ("4000::", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"),
    ] {
        for address in [first, last] {
            let reason = reason(address).unwrap_or_else(|| panic!("{address} passed"));
            assert!(reason.contains(what), "{address} is {reason}, not {what}");
        }
    }
}

#[test]
fn metadata_services_are_called_by_their_name() {
    for address in
        ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "64:ff9b::169.254.169.254"]
    {
        assert_eq!(reason(address), Some("a metadata service"), "{address}");
    }
}

#[test]
fn names_of_this_machine_its_network_and_its_cloud_are_refused() {
    for name in [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "api.localhost",
        "metadata.google.internal",
        "Metadata.Google.Internal.",
        "instance-data.ec2.internal",
        "printer.local",
        "nas.lan",
        "router.home.arpa",
        "metadata",
        "intranet",
    ] {
        assert!(forbidden_name(name).is_some(), "{name}");
    }
    for name in
        ["api.anthropic.com", "api.telegram.org", "notlocalhost.com", "internal.example.com", "mylocal.org"]
    {
        assert_eq!(forbidden_name(name), None, "{name}");
    }
}

/// Any address, and often one from a forbidden range.
fn some_v4() -> impl Strategy<Value = Ipv4Addr> {
    let listed = (prop::sample::select(IPV4), any::<u32>()).prop_map(|((net, prefix, _), noise)| {
        Ipv4Addr::from(u32::from(net) | noise.checked_shr(prefix).unwrap_or_default())
    });
    prop_oneof![any::<u32>().prop_map(Ipv4Addr::from), listed]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn a_forbidden_address_is_forbidden_in_every_ipv6_form(v4 in some_v4(), low in any::<u64>()) {
        let [a, b, c, d] = v4.octets();
        let (high, rest) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        let local = u16::try_from(low >> 48).unwrap();
        let is_forbidden = |v6: Ipv6Addr| forbidden(IpAddr::V6(v6)).is_some();
        // Deprecated or never seen on the public internet: refused whatever they carry.
        prop_assert!(is_forbidden(v4.to_ipv6_mapped()));
        prop_assert!(is_forbidden(v4.to_ipv6_compatible()));
        prop_assert!(is_forbidden(Ipv6Addr::new(0x2002, high, rest, local, local, 0, 0, 1)));
        prop_assert!(is_forbidden(Ipv6Addr::new(0x64, 0xff9b, 1, local, 0, 0, high, rest)));
        prop_assert!(is_forbidden(Ipv6Addr::new(0x2001, 0, high, rest, local, local, !high, !rest)));
        // In daily use where there is IPv6 only: as forbidden as what they carry.
        let nat64 = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, rest);
        prop_assert_eq!(is_forbidden(nat64), forbidden_v4(v4).is_some());
    }

    #[test]
    fn what_the_standard_library_calls_local_is_forbidden(v4 in some_v4(), v6 in any::<u128>().prop_map(Ipv6Addr::from)) {
        if v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast() || v4.is_broadcast()
            || v4.is_unspecified() || v4.is_documentation()
        {
            prop_assert!(forbidden(IpAddr::V4(v4)).is_some());
        }
        if v6.is_loopback() || v6.is_multicast() || v6.is_unique_local() || v6.is_unicast_link_local() {
            prop_assert!(forbidden(IpAddr::V6(v6)).is_some());
        }
    }
}
