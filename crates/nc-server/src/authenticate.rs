//! Who calls the MCP endpoint: one implementation a mode.

mod failures;

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use nc_auth::{Caller, Credential, Grants, LoginName, UserId, basic};
use nc_client::Nextcloud;
use nc_mcp_kit::{
    BoxFuture,
    http::{Authenticate, Refusal},
};
use nc_proto::clock::Clock;
use nc_web::ClientAddress;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use failures::Failures;

/// The one caller of single-user mode.
pub(crate) fn single_caller(login: &str, password: SecretString) -> Caller {
    Caller {
        subject: UserId::new(login),
        client: None,
        grants: Grants::Unrestricted,
        credential: Credential::Basic {
            login: LoginName::new(login),
            password,
        },
    }
}

/// Exactly one `Authorization` header. Two would let a proxy and this server read different ones.
fn authorization(headers: &HeaderMap) -> Result<Option<&str>, ()> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        (Some(_), Some(_)) => Err(()),
    }
}

/// Single-user mode behind a static bearer token.
pub(crate) struct StaticToken {
    token: SecretString,
    caller: Caller,
}

impl StaticToken {
    pub(crate) const fn new(token: SecretString, caller: Caller) -> Self {
        Self { token, caller }
    }

    fn check(&self, headers: &HeaderMap) -> Option<()> {
        let (scheme, token) = authorization(headers).ok()??.split_once(' ')?;
        let same: bool = token
            .trim()
            .as_bytes()
            .ct_eq(self.token.expose_secret().as_bytes())
            .into();
        (scheme.eq_ignore_ascii_case("bearer") && same).then_some(())
    }
}

impl Authenticate for StaticToken {
    fn authenticate<'a>(&'a self, request: &'a Parts) -> BoxFuture<'a, Result<Caller, Refusal>> {
        Box::pin(async move {
            self.check(&request.headers)
                .map(|()| self.caller.clone())
                .ok_or_else(|| {
                    let challenge = HeaderValue::from_static("Bearer realm=\"nextcloud-mcp\"");
                    Refusal::unauthorized(challenge, "send the server's token as `Authorization: Bearer TOKEN`")
                })
        })
    }
}

/// Basic mode: each request brings the user's own app password, which the cloud itself judges. Nothing is stored.
pub(crate) struct OwnAppPassword {
    cloud: Nextcloud,
    failures: Failures,
}

impl OwnAppPassword {
    pub(crate) fn new(cloud: Nextcloud, clock: Clock) -> Self {
        Self {
            cloud,
            failures: Failures::new(clock),
        }
    }

    async fn judge(&self, request: &Parts) -> Result<Caller, Refusal> {
        let (login, password) = authorization(&request.headers)
            .ok()
            .flatten()
            .and_then(basic::parse)
            .and_then(Result::ok)
            .ok_or_else(|| {
                not_signed_in("sign in with your Nextcloud login name and an app password, as HTTP Basic")
            })?;
        let credential = nc_client::Credential::Basic {
            login: login.as_str().to_owned(),
            password: password.clone(),
        };
        let client = self.cloud.client(credential);
        // One that is known, as good or as bad, is no guess: nobody's guesses lock out who is signed in.
        let guess = if client.is_proven() || client.is_rejected() {
            None
        } else {
            let address = request.extensions.get::<ClientAddress>().copied();
            Some(self.failures.begin(address).map_err(too_many)?)
        };
        // Asked once and kept for minutes; a refused credential is remembered and not sent again.
        let user = client.user().await;
        if let Some(guess) = guess
            && !user.as_ref().is_err_and(|error| error.code() == "unauthorized")
        {
            guess.forgive();
        }
        match user {
            Ok(user) => Ok(Caller {
                subject: UserId::new(Arc::from(user.id.as_str())),
                client: None,
                grants: Grants::Unrestricted,
                credential: Credential::Basic { login, password },
            }),
            Err(error) => Err(refusal(&error)),
        }
    }
}

impl Authenticate for OwnAppPassword {
    fn authenticate<'a>(&'a self, request: &'a Parts) -> BoxFuture<'a, Result<Caller, Refusal>> {
        Box::pin(self.judge(request))
    }
}

fn not_signed_in(message: &str) -> Refusal {
    Refusal::unauthorized(
        HeaderValue::from_static("Basic realm=\"Nextcloud\", charset=\"UTF-8\""),
        message,
    )
}

fn too_many(wait_s: u64) -> Refusal {
    Refusal {
        retry_after_s: Some(wait_s),
        ..Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            format!("too many failed sign-ins from this address; try again in {wait_s} s"),
        )
    }
}

/// A cloud that cannot be asked says nothing about the credential.
fn refusal(error: &nc_client::Error) -> Refusal {
    match error.code() {
        "unauthorized" => not_signed_in("Nextcloud does not accept this login name and password"),
        code => {
            let status = if code == "rate_limited" {
                StatusCode::TOO_MANY_REQUESTS
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            };
            Refusal {
                retry_after_s: Some(error.retry_after().map_or(10, |wait| wait.as_secs().max(1))),
                ..Refusal::new(status, error.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, value.parse().expect("header"));
        }
        headers
    }

    #[test]
    fn only_the_one_token_opens() {
        let caller = single_caller("alice", SecretString::from("pw"));
        let gate = StaticToken::new(SecretString::from("correct horse battery"), caller);
        assert!(gate.check(&headers(&["Bearer correct horse battery"])).is_some());
        assert!(gate.check(&headers(&["bearer  correct horse battery"])).is_some());
        for refused in [
            &["Bearer correct horse batter"][..],
            &["Bearer correct horse battery staple"],
            &["Basic correct horse battery"],
            &["Bearer "],
            &["Bearer"],
            &[],
            &["Bearer correct horse battery", "Bearer correct horse battery"],
        ] {
            assert!(gate.check(&headers(refused)).is_none(), "{refused:?}");
        }
    }
}
