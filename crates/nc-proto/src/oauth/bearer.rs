//! The `Authorization` header of a request to an API (RFC 6750 §2.1, RFC 9449 §7.1, RFC 9110 §11.4).

use std::fmt;

use secrecy::SecretString;

use super::error::BearerError;

/// The longest header that is looked at.
pub const MAX_BYTES: usize = 8 * 1024;

/// How a token is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Whoever has it may use it.
    Bearer,
    /// Bound to a key.
    Dpop,
}

impl Scheme {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }
}

/// A token as presented; not verified.
#[derive(Debug, Clone)]
pub struct Presented {
    /// How.
    pub scheme: Scheme,
    /// The token.
    pub token: SecretString,
}

/// What kind of credential a token is, told by its form. Exactly one verifier is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// An opaque access token of ours.
    OpaqueAccess,
    /// A signed token.
    Jwt,
    /// A code, a refresh token, or one for registering clients, which no API takes and nobody else is shown.
    NotForApis,
    /// Anything else: an app password, or an opaque token of another issuer.
    Other,
}

impl Presented {
    /// Finds the token among all `Authorization` headers of a request. `None`: there is no header, or it is one of
    /// another scheme such as Basic.
    ///
    /// The scheme's case is free and spaces may follow it; two headers, or anything after the token, are an invalid
    /// request.
    pub fn read<'a>(headers: impl IntoIterator<Item = &'a [u8]>) -> Result<Option<Self>, BearerError> {
        let mut headers = headers.into_iter();
        let Some(header) = headers.next() else {
            return Ok(None);
        };
        if headers.next().is_some() || header.len() > MAX_BYTES {
            return Err(BearerError::InvalidRequest);
        }
        let end = header
            .iter()
            .position(|byte| !is_scheme_character(*byte))
            .unwrap_or(header.len());
        let (name, rest) = header.split_at(end);
        let scheme = [Scheme::Bearer, Scheme::Dpop]
            .into_iter()
            .find(|scheme| name.eq_ignore_ascii_case(scheme.name().as_bytes()));
        let Some(scheme) = scheme else {
            return Ok(None);
        };
        let token = std::str::from_utf8(rest).map_err(|_| BearerError::InvalidRequest)?;
        let token = token
            .strip_prefix(' ')
            .ok_or(BearerError::InvalidRequest)?
            .trim_start_matches(' ');
        if !is_token(token) {
            return Err(BearerError::InvalidRequest);
        }
        let token = token.into();
        Ok(Some(Self { scheme, token }))
    }
}

impl TokenKind {
    /// Tells the kind of a token.
    pub fn of(token: &str) -> Self {
        if token.starts_with("nca_") {
            Self::OpaqueAccess
        } else if ["ncc_", "ncr_", "ncg_", "nci_"]
            .iter()
            .any(|prefix| token.starts_with(prefix))
        {
            Self::NotForApis
        } else if token.starts_with("ey") && token.bytes().filter(|byte| *byte == b'.').count() == 2 {
            Self::Jwt
        } else {
            Self::Other
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// `token` of RFC 9110 §5.6.2.
fn is_scheme_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// `b64token` of RFC 6750 §2.1: letters, digits and `-._~+/`, then any number of `=`.
fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty()
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    fn read(header: &str) -> Result<Option<(Scheme, String)>, BearerError> {
        let read = Presented::read([header.as_bytes()])?;
        Ok(read.map(|presented| (presented.scheme, presented.token.expose_secret().to_owned())))
    }

    #[test]
    fn c07_case_and_spaces_before_the_token_are_free_and_nothing_may_follow() {
        for header in [
            "Bearer nca_x",
            "bearer nca_x",
            "BEARER nca_x",
            "Bearer  nca_x",
            "Bearer    nca_x",
        ] {
            assert_eq!(read(header), Ok(Some((Scheme::Bearer, "nca_x".to_owned()))), "{header}");
        }
        for header in [
            "Bearer",
            "Bearer ",
            "Bearer\tnca_x",
            "Bearer nca_x\t",
            "Bearer nca_x ",
            "Bearer nca_x trailing",
            "Bearer nca_x, Basic abc",
            "Bearer nca_x,",
            "Bearer =x",
            "Bearer a=b",
            "Bearer \u{e4}",
            "Bearer \"x\"",
            "Bearer,x",
        ] {
            assert_eq!(read(header), Err(BearerError::InvalidRequest), "{header}");
        }
        assert_eq!(BearerError::InvalidRequest.status(), 400);
    }

    #[test]
    fn other_schemes_are_not_ours() {
        for header in ["Basic YTpi", "", "Bearerx y", "Digest x", " Bearer x"] {
            assert_eq!(read(header), Ok(None), "{header}");
        }
        assert_eq!(read("dpop a.b.c=="), Ok(Some((Scheme::Dpop, "a.b.c==".to_owned()))));
        assert!(Presented::read([]).is_ok_and(|presented| presented.is_none()));
    }

    #[test]
    fn two_headers_and_long_ones_are_refused() {
        let headers: [&[u8]; 2] = [b"Bearer a", b"Bearer a"];
        assert_eq!(Presented::read(headers).err(), Some(BearerError::InvalidRequest));
        let headers: [&[u8]; 2] = [b"Basic YTpi", b"Bearer a"];
        assert_eq!(Presented::read(headers).err(), Some(BearerError::InvalidRequest));
        let longest = format!("Bearer {}", "a".repeat(MAX_BYTES - 7));
        assert!(read(&longest).is_ok());
        assert_eq!(read(&format!("{longest}a")), Err(BearerError::InvalidRequest));
        assert_eq!(
            Presented::read([&b"Bearer \xff"[..]]).err(),
            Some(BearerError::InvalidRequest)
        );
    }

    #[test]
    fn kinds_are_told_by_form() {
        for (token, kind) in [
            ("nca_abc", TokenKind::OpaqueAccess),
            ("ncc_abc", TokenKind::NotForApis),
            ("ncr_abc", TokenKind::NotForApis),
            ("ncg_abc", TokenKind::NotForApis),
            ("nci_abc", TokenKind::NotForApis),
            ("eyJhbGciOiJFUzI1NiJ9.e30.c2ln", TokenKind::Jwt),
            ("eyJhbGciOiJFUzI1NiJ9.e30.c2ln.x.y", TokenKind::Other),
            ("abcde-12345", TokenKind::Other),
        ] {
            assert_eq!(TokenKind::of(token), kind, "{token}");
        }
    }

    proptest! {
        #[test]
        fn every_token_is_read_as_it_is(token in "[a-zA-Z0-9._~+/-]{1,60}={0,2}", spaces in 1_usize..4, dpop in any::<bool>()) {
            let scheme = if dpop { Scheme::Dpop } else { Scheme::Bearer };
            let header = format!("{scheme}{}{token}", " ".repeat(spaces));
            prop_assert_eq!(read(&header), Ok(Some((scheme, token))));
        }

        #[test]
        fn any_bytes_are_read_or_refused(rest in prop::collection::vec(any::<u8>(), 0..40)) {
            let header = [&b"Bearer "[..], &rest].concat();
            if let Ok(Some(presented)) = Presented::read([header.as_slice()]) {
                prop_assert!(is_token(presented.token.expose_secret()));
            }
        }
    }
}
