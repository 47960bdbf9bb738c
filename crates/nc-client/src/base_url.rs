//! The address of a Nextcloud, brought into one form.

use std::{fmt, str::FromStr};

use http::Uri;
use url::Url;

use nc_proto::dav::encode_segment;

use crate::Error;

/// Address of a Nextcloud: scheme, host, port and perhaps a subpath, without a slash at the end.
///
/// People paste it with a slash at the end or with `/index.php`; both are taken off. The scheme is not guessed,
/// because a guess of `http` would send the password in the clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Checks and normalises an address.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let url = match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => url,
            Ok(_) if text.contains("://") => return Err(invalid("it must start with https:// or http://")),
            _ => {
                return Err(invalid(&format!(
                    "it must start with https:// or http://, such as https://{text}"
                )));
            }
        };
        Self::from_url(url)
    }

    /// Checks and normalises an address.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] that says what is wrong with it.
    pub fn from_url(mut url: Url) -> Result<Self, Error> {
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(invalid("it must start with https:// or http:// and name a host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("it must not contain a user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("it must not contain ? or #"));
        }
        let mut path = url.path().trim_end_matches('/');
        for ending in [
            "/index.php",
            "/status.php",
            "/remote.php/dav",
            "/remote.php/webdav",
            "/remote.php",
        ] {
            if let Some(rest) = path.strip_suffix(ending) {
                path = rest.trim_end_matches('/');
                break;
            }
        }
        let path = path.to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// The address as a URL.
    pub const fn as_url(&self) -> &Url {
        &self.0
    }

    /// Path below which everything lies: empty, or such as `/cloud`.
    pub fn subpath(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }

    /// Path and query of a resource, each segment encoded exactly once.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for a segment that would change the place (`.` or `..`).
    pub(crate) fn path_of(&self, segments: &[String], slash: bool, query: &[(&str, String)]) -> Result<String, Error> {
        use std::fmt::Write as _;
        let mut path = self.subpath().to_owned();
        for segment in segments {
            if matches!(segment.as_str(), "." | "..") {
                return Err(Error::invalid("path", "it must not contain . or .."));
            }
            let _ = write!(path, "/{}", encode_segment(segment));
        }
        if slash || path.is_empty() {
            path.push('/');
        }
        for (position, (name, value)) in query.iter().enumerate() {
            let mark = if position == 0 { '?' } else { '&' };
            let _ = write!(path, "{mark}{}={}", encode_segment(name), encode_segment(value));
        }
        Ok(path)
    }

    /// A path of this server as an absolute address.
    pub(crate) fn uri_of(&self, path: &str) -> Result<Uri, Error> {
        format!("{}{path}", self.0.origin().ascii_serialization())
            .parse()
            .map_err(|_| Error::invalid("path", "it is too long"))
    }
}

fn invalid(why: &str) -> Error {
    Error::invalid("Nextcloud address", why)
}

impl FromStr for BaseUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ways_to_write_an_address_are_one() {
        for text in [
            "https://cloud.example.org/cloud",
            "https://cloud.example.org/cloud/",
            " https://cloud.example.org/cloud/index.php ",
            "https://cloud.example.org/cloud/index.php/",
            "https://CLOUD.example.org:443/cloud/remote.php/dav/",
        ] {
            let base = BaseUrl::parse(text).expect(text);
            assert_eq!(base.to_string(), "https://cloud.example.org/cloud", "{text}");
            assert_eq!(base.subpath(), "/cloud");
        }
        assert_eq!(BaseUrl::parse("http://127.0.0.1:8080").expect("base").subpath(), "");
    }

    #[test]
    fn an_address_without_scheme_or_with_a_password_is_refused_with_advice() {
        let why = |text| BaseUrl::parse(text).expect_err(text).to_string();
        assert!(why("cloud.example.org").contains("https://cloud.example.org"));
        assert!(why("localhost:8080").contains("https://localhost:8080"));
        assert!(why("ftp://cloud.example.org").contains("https://"));
        assert!(why("https://u:p@cloud.example.org").contains("password"));
        assert!(!why("https://u:secret@cloud.example.org").contains("secret"));
        assert!(why("https://cloud.example.org/?a=b").contains('?'));
        assert!(why("").contains("https://"));
    }

    #[test]
    fn segments_are_encoded_once_and_the_subpath_stays() {
        let base = BaseUrl::parse("https://c.example/cloud/").expect("base");
        let segments = [
            "remote.php",
            "dav",
            "files",
            "jane doe@x+y'z",
            "a%20b #1?&.txt",
            "Übung 🎉",
        ]
        .map(String::from);
        assert_eq!(
            base.path_of(&segments, false, &[("q", "a b&c=ü".to_owned())])
                .expect("path"),
            "/cloud/remote.php/dav/files/jane%20doe%40x%2By%27z/a%2520b%20%231%3F%26.txt/%C3%9Cbung%20%F0%9F%8E%89\
             ?q=a%20b%26c%3D%C3%BC"
        );
        assert!(base.path_of(&["..".to_owned()], false, &[]).is_err());
    }

    proptest! {
        #[test]
        fn any_segment_survives_the_address(segment in "[^\u{0}]{1,60}") {
            prop_assume!(segment != "." && segment != "..");
            let base = BaseUrl::parse("https://c.example/sub").expect("base");
            let path = base.path_of(&["x".into(), segment.clone()], false, &[]).expect("path");
            let url = Url::parse(&base.uri_of(&path).expect("uri").to_string()).expect("url");
            let last = url.path_segments().expect("segments").next_back().expect("last").to_owned();
            prop_assert_eq!(percent_encoding::percent_decode_str(&last).decode_utf8().expect("utf-8"), segment);
        }
    }
}
