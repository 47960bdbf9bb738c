//! Tokens against forged form posts.
//!
//! The browser holds a secret in an `HttpOnly` cookie; each form carries a hash of that secret and of what the form is
//! for. A foreign site can make the browser send the cookie, but cannot compute the hash.

use http::{HeaderMap, Uri, header};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The token for a form, as 64 hexadecimal digits.
///
/// `purpose` tells forms apart, so a token seen in one is worth nothing in another.
pub fn token(browser_secret: &str, purpose: &str) -> String {
    let mut hash = Sha256::new_with_prefix("csrf\0");
    hash.update(browser_secret.len().to_le_bytes());
    hash.update(browser_secret);
    hash.update(purpose);
    hex::encode(hash.finalize())
}

/// Whether `given` is the token of this browser for this form.
pub fn is_valid(browser_secret: &str, purpose: &str, given: &str) -> bool {
    token(browser_secret, purpose).as_bytes().ct_eq(given.as_bytes()).into()
}

/// Whether the browser itself says that the post comes from another site. Browsers that say nothing pass; the token
/// still decides.
pub fn is_cross_site(headers: &HeaderMap, own_authority: &str) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site"))
        && !matches!(site, "same-origin" | "none")
    {
        return true;
    }
    // `null` is what a browser sends from a sandboxed frame, or after a redirect that crossed origins.
    text(header::ORIGIN).is_some_and(|origin| {
        let authority = origin
            .parse::<Uri>()
            .ok()
            .and_then(|uri| uri.authority().map(ToString::to_string));
        authority.is_none_or(|authority| !authority.eq_ignore_ascii_case(own_authority))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_bound_to_browser_and_form() {
        let one = token("secret", "grant");
        assert!(is_valid("secret", "grant", &one));
        assert!(!is_valid("secret", "sign-in", &one));
        assert!(!is_valid("other", "grant", &one));
        assert!(!is_valid("secretg", "rant", &one));
        assert!(!is_valid("secret", "grant", ""));
    }

    #[test]
    fn a_post_from_another_site_is_recognised() {
        let check = |name: &'static str, value: &str| {
            let headers = HeaderMap::from_iter([(header::HeaderName::from_static(name), value.parse().unwrap())]);
            is_cross_site(&headers, "cloud.example.org")
        };
        assert!(check("origin", "https://evil.example"));
        assert!(check("origin", "null"));
        assert!(check("sec-fetch-site", "cross-site"));
        assert!(check("sec-fetch-site", "same-site"));
        assert!(!check("origin", "https://cloud.example.org"));
        assert!(!check("sec-fetch-site", "same-origin"));
        assert!(!is_cross_site(&HeaderMap::new(), "cloud.example.org"));
    }
}
