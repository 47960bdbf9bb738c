use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use http::{HeaderMap, HeaderName, uri::Authority};

use crate::ClientAddress;

/// The scheme and host that the client used, past trusted proxies. An extension of the request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientOrigin {
    /// Whether a trusted proxy says that the client's side is encrypted.
    pub https: bool,
    /// The host that a trusted proxy says was asked for; `None`: see the request's `Host`.
    pub host: Option<Authority>,
}

/// Proxies whose forwarded headers count (P182). From all others the headers are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrustedProxies {
    all: bool,
    networks: Vec<(IpAddr, u8)>,
}

/// An entry that names no proxy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither an address, nor a network such as 10.0.0.0/8, nor exactly `*`")]
pub struct NotAProxy(pub String);

impl FromStr for TrustedProxies {
    type Err = NotAProxy;

    /// A list with commas, as in `FORWARDED_ALLOW_IPS`.
    fn from_str(list: &str) -> Result<Self, NotAProxy> {
        let mut trusted = Self::default();
        for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            if entry == "*" {
                trusted.all = true;
            } else {
                trusted
                    .networks
                    .push(network(entry).ok_or_else(|| NotAProxy(entry.to_owned()))?);
            }
        }
        Ok(trusted)
    }
}

fn network(entry: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = match entry.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (entry, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let length = match length {
        Some(length) => length.parse().ok().filter(|length| *length <= longest)?,
        None => longest,
    };
    Some((address, length))
}

impl TrustedProxies {
    /// Only the loopback address: the default.
    pub fn loopback() -> Self {
        Self {
            all: false,
            networks: vec![
                (IpAddr::from([127, 0, 0, 1]), 32),
                (IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]), 128),
            ],
        }
    }

    /// Whether headers set by `address` count.
    pub fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.all
            || self
                .networks
                .iter()
                .any(|(network, length)| contains(*network, *length, address))
    }

    /// The client behind `peer`: the nearest hop that is not itself a trusted proxy.
    pub fn client_address(&self, peer: SocketAddr, headers: &HeaderMap) -> ClientAddress {
        let mut address = peer.ip().to_canonical();
        let hops = headers.get_all("x-forwarded-for").iter().rev();
        let hops = hops.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
        for hop in hops {
            if !self.trust(address) {
                break;
            }
            match hop_address(hop.trim()) {
                Some(next) => address = next.to_canonical(),
                None => break,
            }
        }
        ClientAddress(address)
    }

    /// The scheme and host that the client behind `peer` used.
    pub fn client_origin(&self, peer: SocketAddr, headers: &HeaderMap) -> ClientOrigin {
        if !self.trust(peer.ip()) {
            return ClientOrigin::default();
        }
        // Several values: the last one is from the proxy next to us.
        let last = |name: &'static str| {
            let value = headers
                .get_all(HeaderName::from_static(name))
                .iter()
                .next_back()?
                .to_str()
                .ok()?;
            value.rsplit(',').next().map(str::trim)
        };
        let host = last("x-forwarded-host").and_then(|host| host.parse::<Authority>().ok());
        ClientOrigin {
            https: last("x-forwarded-proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")),
            host: host.filter(|host| !host.as_str().contains('@')),
        }
    }
}

/// Some proxies append the port.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bracketed = || hop.strip_prefix('[')?.split_once(']')?.0.parse().ok();
    hop.parse()
        .ok()
        .or_else(|| hop.parse::<SocketAddr>().ok().map(|peer| peer.ip()))
        .or_else(bracketed)
}

fn contains(network: IpAddr, length: u8, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn client(trusted: &str, peer: &str, forwarded: &[&str]) -> String {
        let trusted: TrustedProxies = trusted.parse().unwrap();
        let pairs: Vec<_> = forwarded.iter().map(|value| ("x-forwarded-for", *value)).collect();
        trusted
            .client_address(peer.parse().unwrap(), &headers(&pairs))
            .0
            .to_string()
    }

    #[test]
    fn a_strangers_forwarded_header_is_ignored() {
        assert_eq!(client("10.0.0.0/8", "192.0.2.1:5", &["203.0.113.9"]), "192.0.2.1");
        let trusted = TrustedProxies::loopback();
        let headers = headers(&[("x-forwarded-proto", "https"), ("x-forwarded-host", "evil.example")]);
        assert_eq!(
            trusted.client_origin("192.0.2.1:5".parse().unwrap(), &headers),
            ClientOrigin::default()
        );
    }

    #[test]
    fn the_nearest_untrusted_hop_is_the_client() {
        assert_eq!(
            client("10.0.0.0/8", "10.1.1.1:5", &["1.1.1.1, 203.0.113.9, 10.2.2.2"]),
            "203.0.113.9"
        );
        assert_eq!(
            client("10.0.0.0/8", "10.1.1.1:5", &["1.1.1.1", "203.0.113.9"]),
            "203.0.113.9"
        );
        assert_eq!(client("10.0.0.0/8", "10.1.1.1:5", &[]), "10.1.1.1");
        assert_eq!(client("10.0.0.0/8", "10.1.1.1:5", &["1.1.1.1, nonsense"]), "10.1.1.1");
        assert_eq!(client("*", "10.1.1.1:5", &["203.0.113.9, 198.51.100.1"]), "203.0.113.9");
        assert_eq!(client("::1", "[::1]:5", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(
            client("127.0.0.1", "[::ffff:127.0.0.1]:5", &["203.0.113.9:99"]),
            "203.0.113.9"
        );
    }

    #[test]
    fn entries_that_name_no_proxy_are_reported() {
        for bad in ["proxy.example", "10.0.0.0/33", "10.0.0.0/x", "**"] {
            assert_eq!(TrustedProxies::from_str(bad), Err(NotAProxy(bad.to_owned())));
        }
        assert!(
            TrustedProxies::from_str("0.0.0.0/0")
                .unwrap()
                .trust("203.0.113.9".parse().unwrap())
        );
        assert!(
            !TrustedProxies::from_str("")
                .unwrap()
                .trust("127.0.0.1".parse().unwrap())
        );
    }
}
