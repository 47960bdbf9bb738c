//! What concerns every client alike: the address, the way to it, TLS and the clock.

use std::{net::IpAddr, time::Duration};

use http::header;
use nc_proto::clock::Clock;
use time::{OffsetDateTime, PrimitiveDateTime, macros::format_description};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use url::{Host, Url};

use super::{
    outside::{Outside, place},
    report::{Fault, Report},
};

/// How far the clocks may be apart, in seconds. Tokens tolerate as much.
const SKEW_S: i64 = 60;
/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the checks of the clients need to know.
pub(super) struct Reach {
    /// Whether anything answers at all.
    pub(super) answers: bool,
    /// Why the makers' servers cannot reach it.
    pub(super) private: Option<Fault>,
}

/// Looks at the address, and asks it once.
pub(super) async fn check(outside: &Outside, endpoint: &Url, report: &mut Report) -> Reach {
    if endpoint.scheme() == "http" && !is_this_machine(endpoint) {
        report.deployment_fails(
            "address",
            Fault::new(
                format!(
                    "{} is not encrypted: tokens would travel in the clear, and clients refuse it",
                    place(endpoint)
                ),
                "put a proxy with TLS in front, and give clients the https address",
            ),
        );
    }
    let addresses = addresses(endpoint).await;
    let private = private(endpoint, &addresses);
    report_families(endpoint, &addresses, report).await;
    let mut reach = Reach {
        answers: false,
        private,
    };
    match outside
        .ask("GET", endpoint, &[("accept", "application/json")], "")
        .await
    {
        Err(fault) => report.deployment_fails("address", fault),
        Ok(answer) => {
            reach.answers = true;
            report.fine(format!("{} answers", place(endpoint)));
            check_clock(answer.header(header::DATE), report);
        }
    }
    reach
}

fn is_this_machine(url: &Url) -> bool {
    url.host_str().is_some_and(crate::app::is_loopback)
}

async fn addresses(url: &Url) -> Vec<IpAddr> {
    let port = url.port_or_known_default().unwrap_or(443);
    let mut found: Vec<IpAddr> = match url.host() {
        Some(Host::Ipv4(address)) => vec![address.into()],
        Some(Host::Ipv6(address)) => vec![address.into()],
        Some(Host::Domain(name)) => match lookup_host((name, port)).await {
            Ok(found) => found.map(|address| address.ip()).collect(),
            Err(_) => Vec::new(),
        },
        None => Vec::new(),
    };
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether only some can reach it, and what that means for those who ask from elsewhere.
fn private(url: &Url, addresses: &[IpAddr]) -> Option<Fault> {
    let host = url.host_str().unwrap_or_default();
    let own = addresses.iter().find(|address| !is_public(**address));
    let why = match own {
        Some(address) if address.is_loopback() => format!("{host} is this machine ({address})"),
        Some(address) => format!("{host} is a private address ({address})"),
        None if url.scheme() == "http" => format!("{host} is asked without TLS"),
        None => return None,
    };
    Some(Fault::new(
        format!("{why}: this client asks from its maker's servers and needs a public https address"),
        "publish the server at one, or use a client that runs on your device; from inside your network this may also be a split DNS",
    ))
}

/// Whether all the world can connect to an address.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, ..] = address.octets();
            let shared = a == 100 && (64..128).contains(&b);
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
                || shared)
        }
        IpAddr::V6(address) => {
            if let Some(mapped) = address.to_ipv4_mapped() {
                return is_public(mapped.into());
            }
            let first = address.segments()[0];
            let local = (first & 0xfe00) == 0xfc00 || (first & 0xffc0) == 0xfe80;
            !(address.is_loopback() || address.is_unspecified() || local)
        }
    }
}

/// Clients try IPv6 first, and some never try the other.
async fn report_families(url: &Url, addresses: &[IpAddr], report: &mut Report) {
    let port = url.port_or_known_default().unwrap_or(443);
    let mut silent = Vec::new();
    for address in addresses {
        let connected = timeout(PATIENCE, TcpStream::connect((*address, port))).await;
        if !matches!(connected, Ok(Ok(_))) {
            silent.push(*address);
        }
    }
    if silent.is_empty() || silent.len() == addresses.len() {
        return; // All is well, or the request says better what is wrong.
    }
    let names: Vec<String> = silent.iter().map(ToString::to_string).collect();
    let only_six = silent.iter().all(IpAddr::is_ipv6);
    report.deployment_warns(
        "address",
        Fault::new(
            format!("nothing answers at {} (port {port}), though the name leads there as well", names.join(", ")),
            if only_six {
                "let the proxy listen on IPv6 too (nginx: `listen [::]:443 ssl;`), or remove the AAAA record; if this machine has no \
                 IPv6, look from one that has"
            } else {
                "remove the record of the address that does not serve, or let the proxy listen there"
            },
        ),
    );
}

fn check_clock(date: Option<&str>, report: &mut Report) {
    let Some(there) = date.and_then(read_date) else {
        return;
    };
    let apart = (there - Clock::system().now()).whole_seconds();
    if apart.abs() > SKEW_S {
        let way = if apart > 0 { "ahead of" } else { "behind" };
        report.deployment_fails(
            "clock",
            Fault::new(
                format!(
                    "the clock there is {} s {way} the one here: tokens are not valid yet, or end too early",
                    apart.abs()
                ),
                "set both clocks by NTP (`timedatectl set-ntp true`)",
            ),
        );
    } else {
        report.fine("the clock there is right");
    }
}

/// The form of RFC 9110 §5.6.7 that servers send.
fn read_date(text: &str) -> Option<OffsetDateTime> {
    let form =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    PrimitiveDateTime::parse(text, form)
        .ok()
        .map(PrimitiveDateTime::assume_utc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_are_told_from_the_rest() {
        for text in ["1.1.1.1", "2606:4700::1111", "172.32.0.1", "100.63.0.1"] {
            assert!(is_public(text.parse().expect("an address")), "{text}");
        }
        for text in [
            "10.0.0.1",
            "192.168.1.2",
            "172.16.0.1",
            "127.0.0.1",
            "100.64.0.1",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(!is_public(text.parse().expect("an address")), "{text}");
        }
    }

    #[test]
    fn a_date_is_read() {
        let date = read_date("Sat, 21 Nov 2026 19:15:37 GMT").expect("a date");
        assert_eq!(date.unix_timestamp(), 1_795_288_537);
    }
}
