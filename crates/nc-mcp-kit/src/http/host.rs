//! Under which names the server may be asked: others are those of a page that rebinds its own name to this machine, or of a
//! proxy that does not pass the `Host` on.

use http::{header, request::Parts, uri::Authority};

/// Whether the request names one of the hosts. An entry without a port stands for every port.
pub(super) fn is_allowed(request: &Parts, allowed: &[String]) -> bool {
    let mut named = request.headers.get_all(header::HOST).iter();
    let asked = match (named.next(), named.next()) {
        (Some(host), None) => host.to_str().ok().and_then(parts),
        // In HTTP/2 the address holds it.
        (None, _) => request.uri.authority().map(split),
        (Some(_), Some(_)) => None,
    };
    let Some((host, port)) = asked else { return false };
    allowed
        .iter()
        .filter_map(|entry| parts(entry.trim()))
        .any(|(name, named_port)| name == host && named_port.is_none_or(|named| port == Some(named)))
}

fn parts(text: &str) -> Option<(String, Option<u16>)> {
    match Authority::try_from(text) {
        Ok(authority) => Some(split(&authority)),
        // An IPv6 address without brackets.
        Err(_) => (!text.is_empty()).then(|| (plain(text), None)),
    }
}

fn split(authority: &Authority) -> (String, Option<u16>) {
    (plain(authority.host()), authority.port_u16())
}

fn plain(host: &str) -> String {
    host.trim_matches(['[', ']']).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(host: &str, list: &[&str]) -> bool {
        let (request, ()) = http::Request::builder()
            .header(header::HOST, host)
            .body(())
            .expect("a request")
            .into_parts();
        let list: Vec<String> = list.iter().map(|entry| (*entry).to_owned()).collect();
        is_allowed(&request, &list)
    }

    #[test]
    fn a_host_counts_with_every_port_unless_one_is_named() {
        assert!(allowed("MCP.example.org:8443", &["mcp.example.org"]));
        assert!(allowed("[::1]:8000", &["::1"]));
        assert!(allowed("a.example:1", &["a.example:1"]) && !allowed("a.example:2", &["a.example:1"]));
        assert!(!allowed("a.example", &["a.example:1"]));
        for other in [
            "mcp.example.org.evil.example",
            "evil.example",
            "",
            "mcp.example.org@evil.example:80",
        ] {
            assert!(!allowed(other, &["mcp.example.org"]), "{other}");
        }
    }

    #[test]
    fn a_request_without_a_name_or_with_two_is_of_nobody() {
        let list = ["a.example".to_owned()];
        let none = http::Request::builder().uri("/mcp").body(()).expect("a request");
        assert!(!is_allowed(&none.into_parts().0, &list));
        let two = http::Request::builder()
            .header(header::HOST, "a.example")
            .header(header::HOST, "a.example");
        assert!(!is_allowed(&two.body(()).expect("a request").into_parts().0, &list));
        let second = http::Request::builder().uri("https://a.example/mcp").body(());
        assert!(is_allowed(&second.expect("a request").into_parts().0, &list));
    }
}
