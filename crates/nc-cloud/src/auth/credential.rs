use http::{HeaderMap, HeaderValue, header};
use nc_auth::{LoginName, basic};
use nc_proto::oauth::{
    bearer::{Presented, Scheme},
    error::BearerError,
};
use secrecy::SecretString;

use super::Refusal;

/// The one credential of a request.
#[derive(Debug)]
pub(crate) enum Credential {
    Basic { login: LoginName, password: SecretString },
    Token(Presented),
}

impl Credential {
    /// Reads the `Authorization` header. Cookies are never looked at.
    ///
    /// Two headers are refused, also when they are equal: a proxy and we might each believe another one.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(Refusal::SeveralCredentials);
        }
        match Presented::read([value.as_bytes()]) {
            Ok(Some(presented)) => return Ok(Some(Self::Token(presented))),
            Ok(None) => {}
            Err(error) => return Err(malformed(value, error)),
        }
        let value = value.to_str().map_err(|_| Refusal::WrongPassword)?;
        match basic::parse(value) {
            Some(Ok((login, password))) => Ok(Some(Self::Basic { login, password })),
            // Two headers that a proxy wrote into one; no comma is part of a Basic credential.
            Some(Err(_)) if value.contains(',') => Err(Refusal::SeveralCredentials),
            // An unknown scheme is a credential that nobody can verify, not the absence of one.
            Some(Err(_)) | None => Err(Refusal::WrongPassword),
        }
    }
}

/// A header that is too long or is not text may still be a password.
fn malformed(value: &HeaderValue, error: BearerError) -> Refusal {
    let is_of = |scheme: Scheme| {
        let name = scheme.name().as_bytes();
        value
            .as_bytes()
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    match [Scheme::Bearer, Scheme::Dpop].into_iter().find(|scheme| is_of(*scheme)) {
        Some(scheme) => Refusal::token(scheme, error),
        None => Refusal::WrongPassword,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Option<Credential>, Refusal> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        Credential::read(&headers)
    }

    #[test]
    fn exactly_one_credential_is_accepted() {
        let basic = basic::header_value("alice", "secret");
        assert!(matches!(read(&[]), Ok(None)));
        assert!(matches!(read(&[&basic]), Ok(Some(Credential::Basic { .. }))));
        assert!(matches!(read(&[&basic, &basic]), Err(Refusal::SeveralCredentials)));
        assert!(matches!(read(&[&basic, "Bearer x"]), Err(Refusal::SeveralCredentials)));
        let joined = format!("{basic}, Bearer x");
        assert!(matches!(read(&[&joined]), Err(Refusal::SeveralCredentials)));
    }

    #[test]
    fn c07_a_token_is_read_in_any_case_and_nothing_may_follow_it() {
        for value in ["Bearer x", "bearer x", "Bearer  x", "dpop x"] {
            assert!(matches!(read(&[value]), Ok(Some(Credential::Token(_)))), "{value}");
        }
        for value in [
            "bearer",
            "Bearer x y",
            "Bearer x\t",
            "Bearer\tx",
            "Bearer x, Basic eDp5",
        ] {
            let refused = read(&[value]);
            let error = BearerError::InvalidRequest;
            assert!(
                matches!(refused, Err(Refusal::Token { error: found, .. }) if found == error),
                "{value}"
            );
        }
    }

    #[test]
    fn an_unreadable_credential_is_not_anonymous() {
        for value in ["Digest x", "Basic", "Basic %%", "", "x"] {
            assert!(matches!(read(&[value]), Err(Refusal::WrongPassword)), "{value}");
        }
        let long = format!("Basic {}", "x".repeat(9000));
        assert!(matches!(read(&[&long]), Err(Refusal::WrongPassword)));
    }
}
