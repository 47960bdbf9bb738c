//! The Content Security Policy of the pages.

use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

use super::STYLE;

static STYLE_SOURCE: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(STYLE))));

/// What a page may do besides being read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Policy<'a> {
    /// Where the answer to a form of the page may lead, besides to this server: an origin or a scheme. Browsers apply
    /// `form-action` to the redirects that follow a form post too.
    pub form_target: Option<&'a str>,
    /// The nonce of the one script of the page.
    pub nonce: Option<&'a str>,
}

impl Policy<'_> {
    /// The value of the header, or nothing if a part of it could say more than one source.
    pub(crate) fn header(self) -> Option<String> {
        if [self.form_target, self.nonce].into_iter().flatten().any(is_unfit) {
            return None;
        }
        let script = self
            .nonce
            .map_or_else(|| "'none'".to_owned(), |nonce| format!("'nonce-{nonce}'"));
        let target = self.form_target.map(|target| format!(" {target}")).unwrap_or_default();
        Some(format!(
            "default-src 'none'; style-src {}; img-src data:; script-src {script}; base-uri 'none'; frame-ancestors \
             'none'; form-action 'self'{target}",
            *STYLE_SOURCE
        ))
    }
}

/// A source must not begin another source or directive, or stand for every host.
fn is_unfit(source: &str) -> bool {
    source.is_empty() || source.contains([';', ',', '\'', '*']) || !source.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_cannot_widen_the_policy() {
        let with = |form_target| {
            Policy {
                form_target: Some(form_target),
                nonce: None,
            }
            .header()
        };
        assert!(with("https://app.example.org").is_some());
        assert!(with("com.example.app:").is_some());
        for bad in [
            "",
            "a b",
            "https://a;script-src *",
            "https://a,b",
            "*",
            "'unsafe-inline'",
            "https://ä.example",
        ] {
            assert_eq!(with(bad), None, "{bad:?}");
        }
        assert_eq!(
            Policy {
                form_target: None,
                nonce: Some("a' 'unsafe-inline")
            }
            .header(),
            None
        );
    }
}
