//! The Content Security Policy of the pages.

use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

use super::STYLE;

static STYLE_SOURCE: LazyLock<String> = LazyLock::new(|| hash_source(STYLE));

/// What a page may do besides being read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Policy<'a> {
    /// Where the answer to a form of the page may lead, besides to this server: an origin or a scheme. Browsers apply
    /// `form-action` to the redirects that follow a form post too.
    pub form_target: Option<&'a str>,
    /// The one script of the page.
    pub script: Script<'a>,
}

/// Which script a page may run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Script<'a> {
    /// None at all.
    #[default]
    None,
    /// The one with this nonce.
    Nonce(&'a str),
    /// The one with exactly this text.
    Text(&'static str),
}

impl Script<'_> {
    /// Its source in the policy.
    fn source(self) -> Option<String> {
        match self {
            Self::None => Some("'none'".to_owned()),
            Self::Nonce(nonce) => (!is_unfit(nonce)).then(|| format!("'nonce-{nonce}'")),
            Self::Text(text) => Some(hash_source(text)),
        }
    }
}

fn hash_source(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)))
}

impl Policy<'_> {
    /// The value of the header, or nothing if a part of it could say more than one source.
    pub(crate) fn header(self) -> Option<String> {
        if self.form_target.is_some_and(is_unfit) {
            return None;
        }
        let script = self.script.source()?;
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
                script: Script::None,
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
                script: Script::Nonce("a' 'unsafe-inline")
            }
            .header(),
            None
        );
    }
}
