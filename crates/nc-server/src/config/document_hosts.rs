//! Lists of hosts of clients' metadata documents.

use url::Host;

use super::{
    layers::ConfigError,
    resolve::{Reader, conflict},
};

/// The list as the provider compares it: each a host, or `.example.org` for all below one, either of them after `!`.
pub(super) fn read(reader: &Reader<'_>, key: &str) -> Result<Vec<String>, ConfigError> {
    let entries = reader.list(key).into_iter();
    entries
        .map(|entry| {
            checked(&entry).ok_or_else(|| {
                conflict(&format!(
                    "{key}: `{entry}` is no host; write app.example.org, .example.org for all below it, or either after `!` to refuse it"
                ))
            })
        })
        .collect()
}

fn checked(entry: &str) -> Option<String> {
    let refused = if entry.starts_with('!') { "!" } else { "" };
    let name = &entry[refused.len()..];
    let below = if name.starts_with('.') { "." } else { "" };
    let name = &name[below.len()..];
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte) || !byte.is_ascii();
    // Names only: no document is fetched from an address, and every name has a dot.
    if !name.bytes().all(plain) || !name.contains('.') || name.split('.').any(str::is_empty) {
        return None;
    }
    match Host::parse(name).ok()? {
        Host::Domain(host) => Some(format!("{refused}{below}{host}")),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_hosts_that_are_allowed_or_refused() {
        for (entry, read) in [
            ("App.Example.org", "app.example.org"),
            (".example.org", ".example.org"),
            ("!bad.example", "!bad.example"),
            ("!.bad.example", "!.bad.example"),
            ("b\u{fc}cher.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(checked(entry).as_deref(), Some(read), "{entry}");
        }
        for bad in [
            "",
            "!",
            ".",
            "localhost",
            "https://app.example",
            "app.example/oauth.json",
            "app.example:8443",
            "*.example.org",
            "!!a.example",
            "..a.example",
            "a..example",
            "192.0.2.1",
            "a b.example",
        ] {
            assert_eq!(checked(bad), None, "{bad}");
        }
    }
}
