use http::{HeaderMap, header};
use nc_auth::{LoginName, basic};
use secrecy::SecretString;

use super::Refusal;

/// The one credential of a request.
#[derive(Debug)]
pub(crate) enum Credential {
    Basic { login: LoginName, password: SecretString },
    Bearer,
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
        let value = value.to_str().map_err(|_| Refusal::WrongPassword)?;
        match basic::parse(value) {
            Some(Ok((login, password))) => Ok(Some(Self::Basic { login, password })),
            None if value
                .split(' ')
                .next()
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer")) =>
            {
                Ok(Some(Self::Bearer))
            }
            // An unknown scheme is a credential that nobody can verify, not the absence of one.
            Some(Err(_)) | None => Err(Refusal::WrongPassword),
        }
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
        assert!(matches!(
            read(&[&format!("{basic}, Bearer x")]),
            Err(Refusal::WrongPassword)
        ));
    }

    #[test]
    fn an_unreadable_credential_is_not_anonymous() {
        for value in ["Digest x", "Basic", "Basic %%", "", "x"] {
            assert!(matches!(read(&[value]), Err(Refusal::WrongPassword)), "{value}");
        }
        assert!(matches!(read(&["bearer"]), Ok(Some(Credential::Bearer))));
    }
}
