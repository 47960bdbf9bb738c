//! The cookie that tells one browser from another on the pages of this mode. It is worth nothing at the MCP endpoint.

use axum::{body::to_bytes, extract::Request, response::Response};
use http::{HeaderMap, header};
use nc_web::{cookies, csrf};
use url::Url;

use crate::nextcloud_accounts::host_and_port;
pub(super) use crate::user_page::see_other;

/// Cookies do not tell ports apart, and the cloud may share a host with this server.
const NAME: &str = "mcp_browser";
/// Longer than any sign-in lasts.
const LASTS_S: u32 = 60 * 60;
/// Bytes of a secret, in characters of base64url.
const CHARACTERS: usize = 43;
const MAX_FORM_BYTES: usize = 16 * 1024;

/// The secret of one browser.
pub(super) struct Browser(String);

impl Browser {
    /// That of a request.
    pub(super) fn find(headers: &HeaderMap, own: &Url) -> Option<Self> {
        let value = cookies::find(headers, NAME, own.scheme() == "https")?;
        is_secret(value).then(|| Self(value.to_owned()))
    }

    /// A fresh one; `None` without randomness.
    pub(super) fn create() -> Option<Self> {
        nc_access::secret().ok().map(Self)
    }

    /// What records are bound to.
    pub(super) fn secret(&self) -> &str {
        &self.0
    }

    /// The token of a form.
    pub(super) fn csrf(&self, purpose: &str) -> String {
        csrf::token(&self.0, purpose)
    }

    /// Gives it to the browser.
    pub(super) fn set(&self, own: &Url, response: &mut Response) {
        let cookie = cookies::Cookie {
            name: NAME,
            value: &self.0,
            max_age_s: LASTS_S,
            secure: own.scheme() == "https",
        };
        if let Some(value) = cookie.header_value() {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }

    /// Whether a post comes from the form that was shown to this browser for this purpose.
    pub(super) async fn is_own_post(&self, request: Request, own: &Url, purpose: &str) -> bool {
        if csrf::is_cross_site(request.headers(), &host_and_port(own)) {
            return false;
        }
        let Ok(body) = to_bytes(request.into_body(), MAX_FORM_BYTES).await else {
            return false;
        };
        let given = url::form_urlencoded::parse(&body).find(|(name, _)| name == "csrf");
        given.is_some_and(|(_, token)| csrf::is_valid(&self.0, purpose, &token))
    }
}

/// Whether a cookie can be a secret of ours.
pub(super) fn is_secret(value: &str) -> bool {
    value.len() == CHARACTERS
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
