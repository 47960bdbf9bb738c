use std::fmt;

use url::{Host, Position, Url};

/// Longest address, bytes.
const MAX_BYTES: usize = 512;

/// Longest name of a host and longest part of it, in IDNA form (RFC 1035 §2.3.4).
const MAX_HOST: usize = 253;
const MAX_LABEL: usize = 63;

/// Why an address or host cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is no `@`, or nothing before it.
    #[error("an address looks like bob@cloud.example.org")]
    Form,
    /// What should be a host is none, or is more than a host.
    #[error("not the name of a server")]
    Host,
}

/// Another server: `host[:port]` in lower case and IDNA form, without the usual port. Two are equal when they are the same
/// server.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerHost(String);

impl PeerHost {
    /// Reads `host[:port]`, also with `https://` or `http://` before it, and a slash behind.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        Ok(Self::with_scheme(text)?.0)
    }

    /// The server of a URL, whatever its path.
    pub fn of_url(url: &Url) -> Result<Self, AddressError> {
        let has_credentials = !url.username().is_empty() || url.password().is_some();
        if !matches!(url.scheme(), "https" | "http") || has_credentials {
            return Err(AddressError::Host);
        }
        Self::with_scheme(&url[..Position::BeforePath]).map(|(host, _)| host)
    }

    /// The host, and whether `http://` stood before it.
    fn with_scheme(text: &str) -> Result<(Self, bool), AddressError> {
        let is_odd = |byte: u8| byte <= b' ' || byte == 0x7f || b"@\\?#%".contains(&byte);
        if text.len() > MAX_BYTES || text.bytes().any(is_odd) {
            return Err(AddressError::Host);
        }
        let (plain_http, authority) = match (without(text, "https://"), without(text, "http://")) {
            (Some(rest), _) => (false, rest),
            (None, Some(rest)) => (true, rest),
            (None, None) => (false, text),
        };
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        if authority.is_empty() || authority.contains('/') {
            return Err(AddressError::Host);
        }
        let scheme = if plain_http { "http" } else { "https" };
        let url = Url::parse(&format!("{scheme}://{authority}")).map_err(|_| AddressError::Host)?;
        let is_host = match url.host() {
            Some(Host::Domain(name)) => is_name(name),
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
            None => false,
        };
        // `http://host:443` would lose its port on the way through text.
        if !is_host || url.port() == Some(443) {
            return Err(AddressError::Host);
        }
        Ok((
            Self(url[Position::BeforeHost..Position::AfterPort].to_owned()),
            plain_http,
        ))
    }

    /// `host[:port]`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The root of the server: `https://host[:port]/`, or with `http`.
    pub fn origin(&self, plain_http: bool) -> Url {
        let scheme = if plain_http { "http" } else { "https" };
        Url::parse(&format!("{scheme}://{}/", self.0)).expect("it was read as one")
    }
}

/// Whether a name can be one of a host, in IDNA form. `host.` is the same server by another name, so it is not.
fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        let fits = (1..=MAX_LABEL).contains(&label.len());
        fits && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    name.len() <= MAX_HOST && name.split('.').all(is_label)
}

/// What follows a scheme, in whatever case it is written.
fn without<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

impl fmt::Display for PeerHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for PeerHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PeerHost({})", self.0)
    }
}

/// Somebody on a server: `identifier@host[:port]`. Two are equal when they are the same person; how to reach the server does
/// not count.
#[derive(Debug, Clone)]
pub struct OcmAddress {
    /// The name there, which only that server understands. Case counts.
    pub user: String,
    /// The server.
    pub host: PeerHost,
    /// Whether the address says `http://`. Only where plain http is allowed it means anything.
    pub plain_http: bool,
}

impl OcmAddress {
    /// Reads an address. Nextcloud also writes `bob@https://cloud.example.org`.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (user, host) = text.rsplit_once('@').ok_or(AddressError::Form)?;
        if user.is_empty() || user.len() > MAX_BYTES || user.chars().any(char::is_control) {
            return Err(AddressError::Form);
        }
        let (host, plain_http) = PeerHost::with_scheme(host)?;
        Ok(Self {
            user: user.to_owned(),
            host,
            plain_http,
        })
    }

    /// With `http://` where that is how the server is reached: Nextcloud assumes https otherwise.
    pub fn dialled(&self) -> String {
        let scheme = if self.plain_http { "http://" } else { "" };
        format!("{}@{scheme}{}", self.user, self.host)
    }
}

impl PartialEq for OcmAddress {
    fn eq(&self, other: &Self) -> bool {
        (&self.user, &self.host) == (&other.user, &other.host)
    }
}

impl Eq for OcmAddress {}

impl fmt::Display for OcmAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}@{}", self.user, self.host)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_host_has_one_spelling() {
        for (text, host) in [
            ("cloud.example.org", "cloud.example.org"),
            ("Cloud.Example.ORG:443", "cloud.example.org"),
            ("https://cloud.example.org/", "cloud.example.org"),
            ("HTTPS://cloud.example.org:8443", "cloud.example.org:8443"),
            ("http://cloud.example.org:80", "cloud.example.org"),
            ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
            ("cloud.example.org:80", "cloud.example.org:80"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("[2001:DB8::1]:8443", "[2001:db8::1]:8443"),
            ("2130706433", "127.0.0.1"),
            ("0x7f.1", "127.0.0.1"),
        ] {
            let parsed = PeerHost::parse(text).expect(text);
            assert_eq!(parsed.as_str(), host, "{text}");
            assert_eq!(PeerHost::parse(host), Ok(parsed));
        }
    }

    #[test]
    fn what_is_more_or_less_than_a_host_is_refused() {
        for bad in [
            "",
            "/",
            "https://",
            "https:///",
            "user@host",
            "host/path",
            "https://host/path",
            "host?q",
            "host#f",
            "ho st",
            "a\tb",
            "host\n",
            "localhost.",
            "host:99999",
            "ftp://host",
            "file:///etc",
            "gopher://host",
            "a\\b",
            "%61.example",
            "[::1",
            "http://host:443",
            "https://user:pw@host",
            "//host",
            "a..b",
            "a\"b.example",
            "*.example",
            "a{b}.example",
        ] {
            assert_eq!(PeerHost::parse(bad), Err(AddressError::Host), "{bad:?}");
        }
    }

    #[test]
    fn a_host_is_as_long_as_the_name_of_a_host_can_be_in_its_last_form() {
        let longest = format!("{}.org", ["a"; 124].join("."));
        for (name, is_one) in [
            (longest.clone(), true),
            (format!("{longest}.{longest}"), false),
            (format!("{}.org", "a".repeat(63)), true),
            (format!("{}.org", "a".repeat(64)), false),
            // Short as it is written, and longer than an address when it is turned into ASCII.
            (["ü"; 80].join("."), false),
        ] {
            let parsed = PeerHost::parse(&name);
            assert_eq!(parsed.is_ok(), is_one, "{name}");
            if let Ok(host) = parsed {
                assert_eq!(PeerHost::parse(host.as_str()), Ok(host));
            }
        }
    }

    #[test]
    fn the_server_of_a_url_is_known_without_its_path() {
        let host = |url: &str| PeerHost::of_url(&url.parse().expect("a URL"));
        assert_eq!(
            host("https://Host.example:443/a/b?c").expect("a host").as_str(),
            "host.example"
        );
        assert_eq!(host("http://127.0.0.1:81/x").expect("a host").as_str(), "127.0.0.1:81");
        for bad in [
            "https://u@host/",
            "https://:p@host/",
            "file:///x",
            "data:x",
            "ftp://host/",
        ] {
            assert_eq!(host(bad), Err(AddressError::Host), "{bad}");
        }
        assert_eq!(
            host("https://h:1/x").expect("a host").origin(true).as_str(),
            "http://h:1/"
        );
    }

    #[test]
    fn an_address_is_split_at_its_last_at_sign() {
        let address = OcmAddress::parse("bob@example.net@Cloud.Example.org").expect("an address");
        assert_eq!(
            (address.user.as_str(), address.host.as_str()),
            ("bob@example.net", "cloud.example.org")
        );
        let with_scheme = OcmAddress::parse("bob@example.net@https://cloud.example.org/").expect("an address");
        assert_eq!(address, with_scheme);
        let plain = OcmAddress::parse("bob@http://127.0.0.1:8080").expect("an address");
        assert!(plain.plain_http);
        assert_eq!(plain.to_string(), "bob@127.0.0.1:8080");
        assert_eq!(plain.dialled(), "bob@http://127.0.0.1:8080");
        assert_ne!(
            address,
            OcmAddress::parse("Bob@example.net@cloud.example.org").expect("an address")
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "bob",
            "@host",
            "bob@",
            "bob@host/x",
            "b\0b@host",
            "bob@ftp://host",
            "bob@https://evil@",
            "",
        ] {
            assert!(OcmAddress::parse(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_written_reads_back(text in "([a-zA-Z@.ö]{0,8}@)?(https?://)?[a-zA-Z0-9.:@/\\[\\]-]{0,20}") {
            if let Ok(address) = OcmAddress::parse(&text) {
                prop_assert_eq!(OcmAddress::parse(&address.to_string()), Ok(address.clone()));
                let dialled = OcmAddress::parse(&address.dialled());
                prop_assert_eq!(dialled.map(|again| again.plain_http), Ok(address.plain_http));
                prop_assert_eq!(PeerHost::of_url(&address.host.origin(false)), Ok(address.host));
            }
        }
    }
}
