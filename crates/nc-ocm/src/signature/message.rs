use std::time::Duration;

use http::HeaderMap;
use url::Url;

use super::SignatureError;

/// A message as it came.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// In upper case.
    pub method: &'a str,
    /// The public origin of this server and what was asked for; never from the `Host` header. See [`target_uri`].
    pub target_uri: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The whole body.
    pub body: &'a [u8],
}

/// What a signature is measured by.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Unix seconds.
    pub now: i64,
    /// How far ahead it may be.
    pub skew: Duration,
    /// How old it may be.
    pub window: Duration,
}

/// What was asked for, as the sender wrote it: path and query come as they stand in the request line.
pub fn target_uri(origin: &Url, path_and_query: &str) -> String {
    format!("{}{path_and_query}", origin.as_str().trim_end_matches('/'))
}

impl Message<'_> {
    /// The header `name`, which has to be there once.
    pub(super) fn single(&self, name: &str) -> Result<&str, SignatureError> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().ok_or(SignatureError::Missing)?;
        if values.next().is_some() {
            return Err(SignatureError::Repeated);
        }
        value.to_str().map(str::trim).map_err(|_| SignatureError::Malformed)
    }

    /// Whether `Content-Length` is there and is the length of the body.
    pub(super) fn check_length(&self) -> Result<(), SignatureError> {
        let said = self.single("content-length").map_err(|_| SignatureError::Length)?;
        let is_number = said.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && said.parse() == Ok(self.body.len()) {
            Ok(())
        } else {
            Err(SignatureError::Length)
        }
    }

    /// Scheme, authority, and path with query.
    pub(super) fn target(&self) -> Result<(&str, &str, &str), SignatureError> {
        let (scheme, rest) = self.target_uri.split_once("://").ok_or(SignatureError::Component)?;
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(at);
        Ok((scheme, authority, path))
    }
}

impl Rules {
    /// Whether something made at `created` is of use now.
    pub(super) fn check(&self, created: i64) -> Result<(), SignatureError> {
        let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        if created > self.now.saturating_add(seconds(self.skew)) {
            return Err(SignatureError::Early);
        }
        if created < self.now.saturating_sub(seconds(self.window)) {
            return Err(SignatureError::Old);
        }
        Ok(())
    }
}
