//! Which share a request is for.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header, request::Parts};
use nc_auth::federation::{ShareCredential, SharePrincipal, ShareRefusal, ShareRequest};
use nc_proto::oauth::bearer::Scheme;
use nc_web::ClientAddress;
use secrecy::SecretString;

use super::Mount;
use crate::{Federated, auth::Credential, dav::DavError};

/// What is asked of those who send nothing, where links are opened, too.
const BASIC: &str = r#"Basic realm="Nextcloud", charset="UTF-8""#;

/// The share that a request is for, or the answer to a request that is for none.
pub(super) async fn authenticate(
    federated: &Federated,
    mount: &Mount,
    request: &Parts,
) -> Result<SharePrincipal, Response> {
    let is_anonymous = !request.headers.contains_key(header::AUTHORIZATION);
    let held = credential(request);
    let asked = ShareRequest {
        credential: held.as_ref().map(Held::shown),
        share_id: mount.share_id.as_deref(),
        address: request.extensions.get::<ClientAddress>().map(|address| address.0),
    };
    match federated.auth.authenticate(&asked).await {
        // Looked at a second time: a mix-up of shares would open one to those who have another.
        Ok(principal) if mount.share_id.as_ref().is_none_or(|share| *share == principal.share_id) => Ok(principal),
        Ok(_) => Err(refuse(ShareRefusal::Unauthorized { challenges: Vec::new() })),
        Err(ShareRefusal::Unauthorized { mut challenges }) if is_anonymous && mount.opens_links() => {
            if !challenges.iter().any(|challenge| challenge.starts_with("Basic")) {
                challenges.push(BASIC.to_owned());
            }
            Err(refuse(ShareRefusal::Unauthorized { challenges }))
        }
        Err(refusal) => Err(refuse(refusal)),
    }
}

/// A credential as it came.
enum Held {
    Bearer(SecretString),
    Basic(SecretString, SecretString),
}

impl Held {
    const fn shown(&self) -> ShareCredential<'_> {
        match self {
            Self::Bearer(token) => ShareCredential::Bearer(token),
            Self::Basic(user, password) => ShareCredential::Basic { user, password },
        }
    }
}

/// The one credential of a request. Several, and what cannot be read, are as good as none, which opens nothing here.
fn credential(request: &Parts) -> Option<Held> {
    match Credential::read(&request.headers).ok()?? {
        Credential::Basic { login, password } => Some(Held::Basic(SecretString::from(login.as_str()), password)),
        Credential::Token(presented) if presented.scheme == Scheme::Bearer => Some(Held::Bearer(presented.token)),
        Credential::Token(_) => None,
    }
}

/// The answer to a request that opens nothing. It says no more than that.
pub(super) fn refuse(refusal: ShareRefusal) -> Response {
    match refusal {
        ShareRefusal::Unauthorized { challenges } => {
            let mut response = DavError::not_authenticated("").into_response();
            let headers = response.headers_mut();
            headers.remove(header::WWW_AUTHENTICATE);
            for challenge in challenges {
                if let Ok(challenge) = HeaderValue::from_str(&challenge) {
                    headers.append(header::WWW_AUTHENTICATE, challenge);
                }
            }
            response
        }
        ShareRefusal::TooManyAttempts { retry_after_s } => {
            DavError::too_many_attempts(i64::from(retry_after_s)).into_response()
        }
        ShareRefusal::Unavailable => DavError::unavailable("It cannot be judged now what this opens").into_response(),
    }
}
