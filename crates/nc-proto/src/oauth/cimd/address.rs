//! Addresses that a server may connect to on a stranger's word.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is on the public internet: not this machine, not a private or shared network, not multicast,
/// and none of these in the disguise of another form.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let elsewhere = matches!(
        (a, b),
        (0 | 10 | 127 | 224.., _) | (169, 254) | (172, 16..=31) | (192, 168)
    );
    // Shared by carriers (RFC 6598), benchmarks (RFC 2544).
    let shared = matches!((a, b), (100, 64..=127) | (198, 18 | 19));
    // Protocol assignments, documentation, the old 6to4 relays.
    let assigned = matches!(
        (a, b, c),
        (192, 0, 0 | 2) | (192, 88, 99) | (198, 51, 100) | (203, 0, 113)
    );
    !elsewhere && !shared && !assigned
}

/// Only global unicast counts (`2000::/3`), less its special parts: all else is private, local or carries an IPv4 address.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let global = a & 0xe000 == 0x2000;
    // Teredo and other protocol assignments (`2001::/23`), documentation, 6to4.
    let special = (a == 0x2001 && (b < 0x200 || b == 0xdb8)) || a == 0x2002 || (a == 0x3fff && b < 0x1000);
    global && !special
}
