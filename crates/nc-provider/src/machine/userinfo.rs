//! Who a token's user is (`OpenID` Connect Core §5.3).

use axum::{
    body::to_bytes,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use nc_auth::token::{TokenRefusal, TokenUse};
use nc_proto::oauth::{
    bearer::{Presented, Scheme},
    challenge::Challenge,
    dpop,
    error::BearerError,
    form::{Form, Limits},
};
use serde_json::{Map, Value};
use url::Url;

use super::{answer::uncached, request::is_form};
use crate::{Client, Endpoint, Error, Person, Provider, claims, verifier::Live};

/// Why nothing is told.
enum Refused {
    /// No token came.
    Missing,
    Token(Scheme, TokenRefusal),
    Internal(Error),
}

impl<E: Into<Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Internal(error.into())
    }
}

/// Tells about the user of the token that came with the request.
pub(super) async fn answer(State(provider): State<Provider>, request: Request) -> Response {
    match tell(&provider, request).await {
        Ok(members) => uncached(StatusCode::OK, &members),
        Err(refused) => refused.into_response(),
    }
}

async fn tell(provider: &Provider, request: Request) -> Result<Map<String, Value>, Refused> {
    let (parts, body) = request.into_parts();
    let body = if parts.method == Method::POST && is_form(&parts.headers) {
        let body = to_bytes(body, Limits::TOKEN.size_bytes)
            .await
            .map_err(|_| invalid_request())?;
        Form::parse(&body, Limits::TOKEN).map_err(|_| invalid_request())?
    } else {
        Form::default()
    };
    let presented = find_token(&parts, &body)?;
    let (live, client, person) = verify(provider, &parts, &presented)
        .await
        .map_err(|refusal| Refused::Token(presented.scheme, refusal))?;
    let refuse = |error: BearerError| Refused::Token(presented.scheme, error.into());
    let told = live.document.claims;
    if !told.scope.contains("openid") {
        return Err(refuse(BearerError::InsufficientScope));
    }
    let settings = provider.settings().await?;
    let kept_back = provider.kept_back(&told.sub, &settings).await?;
    let mut members = claims::about(&person, &told.scope, &client, &settings, &kept_back);
    members.insert("scope".to_owned(), told.scope.to_string().into());
    members.insert("sub".to_owned(), told.sub.into());
    Ok(members)
}

/// The token of the header or of the body; never of the query, which ends up in logs.
fn find_token(parts: &Parts, body: &Form) -> Result<Presented, Refused> {
    let headers = parts
        .headers
        .get_all(header::AUTHORIZATION)
        .iter()
        .map(HeaderValue::as_bytes);
    let in_header = Presented::read(headers).map_err(|error| Refused::Token(Scheme::Bearer, error.into()))?;
    match (in_header, body.get("access_token")) {
        (Some(_), Some(_)) => Err(invalid_request()),
        (Some(presented), None) => Ok(presented),
        (None, Some(token)) => Ok(Presented {
            scheme: Scheme::Bearer,
            token: token.into(),
        }),
        (None, None) => Err(Refused::Missing),
    }
}

async fn verify(
    provider: &Provider,
    parts: &Parts,
    presented: &Presented,
) -> Result<(Live, Client, Person), TokenRefusal> {
    let audience = provider.config().url(Endpoint::UserInfo);
    let url = Url::parse(&audience).map_err(|_| BearerError::InvalidToken)?;
    let proofs: Vec<&str> = parts
        .headers
        .get_all("dpop")
        .iter()
        .map(|value| value.to_str().unwrap_or_default())
        .collect();
    let token = TokenUse {
        presented,
        audience: &audience,
        method: parts.method.as_str(),
        url: &url,
        proofs: &proofs,
    };
    provider.believe(&token).await
}

fn invalid_request() -> Refused {
    Refused::Token(Scheme::Bearer, BearerError::InvalidRequest.into())
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (scheme, error, nonce) = match self {
            Self::Missing => (Scheme::Bearer, None, None),
            Self::Token(scheme, TokenRefusal::Refused(error)) => (scheme, Some(error), None),
            Self::Token(scheme, TokenRefusal::Nonce(nonce)) => (scheme, Some(BearerError::UseDpopNonce), Some(nonce)),
            Self::Token(_, TokenRefusal::Unavailable { retry_after_s }) => {
                let wait = HeaderValue::from(retry_after_s);
                return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, wait)]).into_response();
            }
            Self::Internal(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "user info cannot be told");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        let status = error.map_or(401, BearerError::status);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::UNAUTHORIZED);
        let mut response = match error {
            Some(error) => uncached(status, &error.body()),
            None => status.into_response(),
        };
        for offered in [Scheme::Bearer, Scheme::Dpop] {
            let challenge = Challenge {
                scheme: offered,
                error: error.filter(|_| offered == scheme),
                scope: None,
                resource_metadata: None,
                algs: (offered == Scheme::Dpop)
                    .then(|| dpop::ALGORITHMS.map(nc_proto::oauth::jose::Algorithm::name).join(" ")),
            };
            if let Ok(value) = HeaderValue::from_str(&challenge.to_string()) {
                response.headers_mut().append(header::WWW_AUTHENTICATE, value);
            }
        }
        if let Some(nonce) = nonce.and_then(|nonce| HeaderValue::from_str(&nonce).ok()) {
            response.headers_mut().insert("dpop-nonce", nonce);
        }
        response
    }
}
