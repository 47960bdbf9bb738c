//! Addresses of pages on the public internet, as people and models name them.
//!
//! A server that fetches what others name can be made to ask its own network. The name alone cannot rule that out (whoever
//! connects also checks what it resolves to), but most attempts already show here.

use url::{Host, Url};

/// Longest address.
const MAX_BYTES: usize = 2000;

/// Endings of names that lead nowhere but into the network of who resolves them (RFC 6761, RFC 6762, RFC 8375, RFC 9476, ICANN's
/// `internal`, and what routers use).
const LOCAL_ENDINGS: [&str; 10] = [
    "localhost",
    "local",
    "internal",
    "lan",
    "home.arpa",
    "home",
    "corp",
    "localdomain",
    "intranet",
    "private",
];

/// Which hosts may be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hosts {
    /// Names of public hosts.
    #[default]
    Public,
    /// Any name or address, where the operator allows private ones.
    Any,
}

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It cannot be read, or is too long.
    #[error("it is not a complete http or https address")]
    NotAnAddress,
    /// Neither http nor https.
    #[error("only http and https addresses are allowed")]
    Scheme,
    /// A user name or password stands in it.
    #[error("user names and passwords in the address are not allowed")]
    Credentials,
    /// The host is a number, in whatever spelling.
    #[error("the host has to be a name, not an IP address")]
    Number,
    /// The host is one of the local network.
    #[error("the host has to be a public name, not one of a local network")]
    Local,
}

/// Reads an address that may be fetched from.
///
/// # Errors
/// [`Refused`], whose text says what to do.
pub fn parse(text: &str, hosts: Hosts) -> Result<Url, Refused> {
    let text = text.trim();
    if text.len() > MAX_BYTES {
        return Err(Refused::NotAnAddress);
    }
    let url = Url::parse(text).map_err(|_| Refused::NotAnAddress)?;
    check(&url, hosts)?;
    Ok(url)
}

/// The same for an address that was read before, such as the target of a redirect.
///
/// # Errors
/// As [`parse`].
pub fn check(url: &Url, hosts: Hosts) -> Result<(), Refused> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refused::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refused::Credentials);
    }
    // The URL standard has already turned decimal, octal and hexadecimal spellings into addresses.
    let name = match url.host().ok_or(Refused::NotAnAddress)? {
        Host::Domain(name) => name.trim_end_matches('.').to_ascii_lowercase(),
        Host::Ipv4(_) | Host::Ipv6(_) if hosts == Hosts::Any => return Ok(()),
        Host::Ipv4(_) | Host::Ipv6(_) => return Err(Refused::Number),
    };
    let is_local = !name.contains('.')
        || LOCAL_ENDINGS
            .iter()
            .any(|ending| name.strip_suffix(ending).is_some_and(|rest| rest.ends_with('.')));
    if is_local && hosts == Hosts::Public {
        return Err(Refused::Local);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_names_are_taken() {
        for good in [
            "https://recipes.example.org/pancakes.html",
            " http://example.com:8080/a?b=c#d ",
            "https://münchen.example/",
            "https://1.2.3.example/",
        ] {
            assert!(parse(good, Hosts::Public).is_ok(), "{good}");
        }
    }

    #[test]
    fn numbers_are_refused_in_every_spelling() {
        for bad in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0177.0.0.1/",
            "http://0x7f.1/",
            "http://0x7f000001/",
            "http://127.1/",
            "http://127。0。0。1/",
            "http://１２７.0.0.1/",
            "http://127.0.0.1./",
            "http:\\\\127.0.0.1\\",
            "http:/127.0.0.1/",
            "http://%31%32%37.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://93.184.215.14/",
        ] {
            assert_eq!(parse(bad, Hosts::Public).err(), Some(Refused::Number), "{bad}");
        }
    }

    #[test]
    fn local_names_other_schemes_and_credentials_are_refused() {
        for bad in [
            "http://localhost/",
            "http://LOCALHOST./",
            "http://a.localhost/",
            "http://nas/",
            "http://nas.local/",
            "http://nas.lan:80/",
            "http://metadata.google.internal/computeMetadata/v1/",
            "http://router.home.arpa/",
        ] {
            assert_eq!(parse(bad, Hosts::Public).err(), Some(Refused::Local), "{bad}");
        }
        for bad in [
            "file:///etc/passwd",
            "gopher://example.org/",
            "ftp://example.org/a",
            "data:text/html,a",
            "javascript:1",
        ] {
            assert_eq!(parse(bad, Hosts::Any).err(), Some(Refused::Scheme), "{bad}");
        }
        for bad in [
            "http://a@example.org/",
            "http://a:b@example.org/",
            "http://:b@example.org/",
        ] {
            assert_eq!(parse(bad, Hosts::Any).err(), Some(Refused::Credentials), "{bad}");
        }
        for bad in ["", "example.org/a", "//example.org", "http://", "http://1.2.3.4.5/"] {
            assert_eq!(parse(bad, Hosts::Public).err(), Some(Refused::NotAnAddress), "{bad}");
        }
        assert_eq!(
            parse(&format!("https://example.org/{}", "a".repeat(2000)), Hosts::Public).err(),
            Some(Refused::NotAnAddress)
        );
    }

    #[test]
    fn where_the_operator_allows_it_private_hosts_are_taken() {
        for good in ["http://127.0.0.1:8080/a", "http://nas.lan/a", "http://localhost/"] {
            assert!(parse(good, Hosts::Any).is_ok(), "{good}");
        }
    }
}
