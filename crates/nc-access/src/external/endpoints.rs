//! Where the issuer is asked, when this server and browsers reach it at different addresses.

use url::{Host, Url};

/// Who goes to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// A person's browser: authorization, end of session, sign-in pages.
    Browser,
    /// This server: tokens, keys, introspection, user info, revocation, registration, polling.
    Server,
}

/// The two addresses of one Nextcloud.
#[derive(Debug, Clone)]
pub struct Bases {
    /// As this server reaches it.
    pub internal: Url,
    /// As browsers reach it.
    pub public: Url,
}

/// The address at which `party` reaches an endpoint: on the other base when it stands on the wrong one, with path and query
/// as they are. An endpoint on neither is of somebody else and stays.
///
/// An internal base that others on the network can listen to is not used: the endpoint stays where it is protected.
pub fn rewrite(endpoint: &Url, party: Party, bases: &Bases) -> Url {
    let (wrong, right) = match party {
        Party::Browser => (&bases.internal, &bases.public),
        Party::Server => (&bases.public, &bases.internal),
    };
    let may_move = party == Party::Browser || is_protected(right);
    if endpoint.origin() != wrong.origin() || !may_move {
        return endpoint.clone();
    }
    let mut moved = right.clone();
    moved.set_path(endpoint.path());
    moved.set_query(endpoint.query());
    moved.set_fragment(None);
    moved
}

/// Whether what is sent there stays between the two: TLS, or this machine.
pub fn is_protected(url: &Url) -> bool {
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Domain(name))) => name == "localhost",
        ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
        ("http", Some(Host::Ipv6(address))) => address.is_loopback(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    fn rewritten(endpoint: &str, party: Party, internal: &str, public: &str) -> String {
        let bases = Bases {
            internal: url(internal),
            public: url(public),
        };
        rewrite(&url(endpoint), party, &bases).into()
    }

    #[test]
    fn e07_only_an_endpoint_on_the_other_base_moves_and_keeps_path_and_query() {
        let (inside, outside) = ("http://localhost:8080", "https://cloud.example.org");
        for (endpoint, party, expected) in [
            // The two classes, each from the other base.
            (
                "https://cloud.example.org/index.php/apps/oidc/token",
                Party::Server,
                "http://localhost:8080/index.php/apps/oidc/token",
            ),
            (
                "http://localhost:8080/apps/oidc/authorize",
                Party::Browser,
                "https://cloud.example.org/apps/oidc/authorize",
            ),
            // Already where it belongs.
            (
                "http://localhost:8080/apps/oidc/token",
                Party::Server,
                "http://localhost:8080/apps/oidc/token",
            ),
            (
                "https://cloud.example.org/apps/oidc/authorize",
                Party::Browser,
                "https://cloud.example.org/apps/oidc/authorize",
            ),
            // The query stays, also when it names the other base.
            (
                "https://cloud.example.org/t?a=1&u=https%3A%2F%2Fcloud.example.org",
                Party::Server,
                "http://localhost:8080/t?a=1&u=https%3A%2F%2Fcloud.example.org",
            ),
            // Another port, scheme or host is another server.
            (
                "https://cloud.example.org:8443/t",
                Party::Server,
                "https://cloud.example.org:8443/t",
            ),
            (
                "http://cloud.example.org/t",
                Party::Server,
                "http://cloud.example.org/t",
            ),
            (
                "https://cloud.example.org.evil.example/t",
                Party::Server,
                "https://cloud.example.org.evil.example/t",
            ),
            (
                "https://sso.example/realms/x/token?y",
                Party::Server,
                "https://sso.example/realms/x/token?y",
            ),
            ("http://localhost:8081/t", Party::Browser, "http://localhost:8081/t"),
        ] {
            assert_eq!(rewritten(endpoint, party, inside, outside), expected);
        }
        // The default port is the same port.
        let same = rewritten(
            "https://cloud.example.org:443/t",
            Party::Server,
            inside,
            "https://cloud.example.org",
        );
        assert_eq!(same, "http://localhost:8080/t");
    }

    #[test]
    fn e07_secrets_do_not_move_to_an_address_without_tls() {
        let token = "https://cloud.example.org/apps/oidc/token";
        let kept = rewritten(token, Party::Server, "http://nextcloud", "https://cloud.example.org");
        assert_eq!(kept, token);
    }
}
