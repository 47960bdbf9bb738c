//! `POST /ocm/token`: another server exchanges the secret of a share for an access token.

use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use nc_proto::ocm::{Grant, PeerHost, TokenErrorBody, TokenErrorCode, TokenForm};
use nc_store::OutShareRecord;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{
    document::{Mode, OutDocument},
    issue::{Issued, NotIssued, issue},
    secret,
};
use crate::{
    Ocm, OcmError, Offer,
    inbound::{Inbound, Need, SignatureRefusal},
    signature::{SigningAlgorithm, VerifyingKey},
};

/// The largest form that is read.
const MAX_BYTES: usize = 8 << 10;

/// Why there is no token.
enum Refusal {
    Code(TokenErrorCode),
    /// 429.
    TooMany(u32),
    /// 502: who asks cannot be found out.
    KeysUnreachable,
    Failed(OcmError),
}

impl<E: Into<OcmError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl From<NotIssued> for Refusal {
    fn from(not: NotIssued) -> Self {
        match not {
            NotIssued::Refused(code) => Self::Code(code),
            NotIssued::Failed(error) => Self::Failed(error),
        }
    }
}

impl From<SignatureRefusal> for Refusal {
    fn from(refusal: SignatureRefusal) -> Self {
        match refusal {
            SignatureRefusal::KeysUnreachable => Self::KeysUnreachable,
            SignatureRefusal::TooMany { retry_after_s } => Self::TooMany(retry_after_s),
            SignatureRefusal::Failed(error) => Self::Failed(error),
            SignatureRefusal::Malformed | SignatureRefusal::Unauthorized | SignatureRefusal::WrongIdentity => {
                Self::Code(TokenErrorCode::InvalidClient)
            }
        }
    }
}

pub(super) async fn exchange(State(ocm): State<Ocm>, request: Request) -> Response {
    let inbound = match Inbound::read(&ocm, request, MAX_BYTES).await {
        Ok(inbound) => inbound,
        Err(response) => return response,
    };
    let (result, response) = match answer(&ocm, &inbound).await {
        Ok(issued) => ("ok", granted(&issued)),
        Err(Refusal::Code(code)) => (code.name(), refused(StatusCode::BAD_REQUEST, code)),
        Err(Refusal::TooMany(retry_after_s)) => ("too_many", crate::inbound::too_many(retry_after_s)),
        Err(Refusal::KeysUnreachable) => (
            "keys_unreachable",
            refused(StatusCode::BAD_GATEWAY, TokenErrorCode::InvalidClient),
        ),
        Err(Refusal::Failed(error)) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a secret cannot be exchanged");
            (
                "failed",
                refused(StatusCode::INTERNAL_SERVER_ERROR, TokenErrorCode::ServerError),
            )
        }
    };
    metrics::counter!("ocm_exchanges_total", "result" => result).increment(1);
    uncached(response)
}

async fn answer(ocm: &Ocm, inbound: &Inbound) -> Result<Issued, Refusal> {
    let content_type = inbound.headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let form = TokenForm::parse(content_type, &inbound.body).map_err(Refusal::Code)?;
    if form.grant == Grant::OcmShare && !ocm.0.config.ocm_share_grant {
        return Err(Refusal::Code(TokenErrorCode::UnsupportedGrantType));
    }
    let now = ocm.now();
    let provider = &ocm.0.provider;
    provider
        .wrong_codes
        .check(inbound.address, now)
        .map_err(Refusal::TooMany)?;
    let Some(share) = secret::find(ocm, &*ocm.0.store, &form.code).await? else {
        provider
            .wrong_codes
            .note(inbound.address, form.code.expose_secret(), now);
        provider.unknown_codes.count((), now).map_err(Refusal::TooMany)?;
        // As much work as for one that is known, so that the time tells nothing.
        verify_in_vain(ocm, inbound).await?;
        return Err(Refusal::Code(TokenErrorCode::InvalidGrant));
    };
    provider
        .exchanges
        .count(share.id.clone(), now)
        .map_err(Refusal::TooMany)?;
    check_client(ocm, inbound, &form, &share).await?;
    Ok(issue(ocm, &share).await?)
}

/// Whether it is the server that the share is for which asks.
async fn check_client(ocm: &Ocm, inbound: &Inbound, form: &TokenForm, share: &OutShareRecord) -> Result<(), Refusal> {
    let document = OutDocument::of(share)?;
    let recipient = PeerHost::parse(&share.recipient_host).map_err(|_| OcmError::Damaged("share"))?;
    if form.client_host().as_ref() != Some(&recipient) {
        return Err(Refusal::Code(TokenErrorCode::InvalidClient));
    }
    let need = Need::TokenEndpoint {
        strict: document.mode == Mode::Strict,
    };
    ocm.check_signature(inbound, &recipient, document.plain_http, need)
        .await?;
    let config = &ocm.0.config;
    let offer = config.offer_to.get(recipient.as_str()).copied().unwrap_or(config.offer);
    // A share that is strict stays so, whatever was decided since.
    if offer == Offer::Off && document.mode != Mode::Strict {
        return Err(Refusal::Code(TokenErrorCode::UnauthorizedClient));
    }
    Ok(())
}

/// Verifies the signature with a key that did not make it.
async fn verify_in_vain(ocm: &Ocm, inbound: &Inbound) -> Result<(), OcmError> {
    let own = ocm.keys().active(SigningAlgorithm::Es256).await?;
    let key = VerifyingKey::from_jwk(&own.key.public_jwk(&own.kid), false);
    let key = key.map_err(|_| OcmError::Internal("our own key cannot be used"))?;
    let outcome = key.verify(&inbound.body, &[1; 64]);
    debug_assert!(outcome.is_err(), "nobody signed this");
    Ok(())
}

fn granted(issued: &Issued) -> Response {
    let body = json!({"access_token": issued.token.expose_secret(), "token_type": "Bearer",
        "expires_in": issued.expires_in});
    Json(body).into_response()
}

fn refused(status: StatusCode, code: TokenErrorCode) -> Response {
    (status, Json(TokenErrorBody(code).to_value())).into_response()
}

fn uncached(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
