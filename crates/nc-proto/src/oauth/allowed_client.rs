//! One entry of an operator's list of clients.

use super::{
    cimd::ClientIdUrl,
    redirect_uri::{ApplicationType, RedirectUri, RedirectUriError},
};

/// A client that there may be: `id`, or the host of its metadata document, either followed by `|` and the one redirect URI
/// that it may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedClient {
    /// An id, a host, or `.example.org` for all hosts below it.
    pub name: String,
    /// Where answers for it go; `None` for where it is registered.
    pub redirect_uri: Option<RedirectUri>,
}

impl AllowedClient {
    /// Reads an entry.
    ///
    /// # Errors
    /// [`RedirectUriError`]: what stands behind the `|` is no redirect URI.
    pub fn parse(entry: &str) -> Result<Self, RedirectUriError> {
        let Some((name, redirect_uri)) = entry.split_once('|') else {
            return Ok(Self {
                name: entry.trim().to_owned(),
                redirect_uri: None,
            });
        };
        Ok(Self {
            name: name.trim().to_owned(),
            redirect_uri: Some(RedirectUri::parse(redirect_uri.trim())?),
        })
    }

    /// Whether it is about this client.
    pub fn is(&self, client_id: &str) -> bool {
        self.name == client_id || ClientIdUrl::parse(client_id).is_some_and(|url| names_host(&self.name, url.host()))
    }

    /// Whether answers may go there, so far as this entry says. The port of a loopback address is free.
    pub fn allows_redirect(&self, redirect_uri: &str) -> bool {
        self.redirect_uri
            .as_ref()
            .is_none_or(|allowed| allowed.matches(redirect_uri, ApplicationType::derive(std::slice::from_ref(allowed))))
    }
}

/// Whether an entry of a list of hosts names a host: itself, or `.example.org` for all below it.
pub fn names_host(entry: &str, host: &str) -> bool {
    match entry.strip_prefix('.') {
        Some(parent) => host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')),
        None => host.eq_ignore_ascii_case(entry),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> AllowedClient {
        AllowedClient::parse(text).expect("an entry")
    }

    #[test]
    fn a_host_names_itself_and_a_dot_all_below() {
        assert!(names_host("a.example", "a.example") && names_host("A.example", "a.example"));
        assert!(names_host(".a.example", "x.a.example") && !names_host(".a.example", "a.example"));
        assert!(!names_host(".a.example", "xa.example") && !names_host("a.example", "x.a.example"));
    }

    #[test]
    fn an_entry_is_about_one_client_or_the_documents_of_a_host() {
        assert!(entry("app").is("app") && !entry("app").is("App") && !entry("app").is("app2"));
        let document = "https://app.example/client.json";
        assert!(entry("app.example").is(document) && entry(document).is(document) && entry(".example").is(document));
        assert!(!entry("app.example").is("http://app.example/client.json"));
        assert!(!entry("app.example").is("https://app.example.evil.example/client.json"));
    }

    #[test]
    fn a_redirect_uri_behind_a_bar_is_the_only_one() {
        let web = entry("app | https://app.example/cb");
        assert!(web.is("app") && web.allows_redirect("https://app.example/cb"));
        assert!(!web.allows_redirect("https://app.example/cb2") && !web.allows_redirect("https://app.example/cb?a"));
        let device = entry("app|http://127.0.0.1/cb");
        assert!(
            device.allows_redirect("http://127.0.0.1:4711/cb") && !device.allows_redirect("http://127.0.0.1/other")
        );
        assert!(entry("app").allows_redirect("https://anywhere.example/"));
        for text in [
            "app|",
            "app|javascript:1",
            "app|http://app.example/cb",
            "app|https://a/#b",
        ] {
            assert!(AllowedClient::parse(text).is_err(), "{text}");
        }
    }
}
