//! A JSON document that a program sends, with the token that came along.

use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
};
use http::{HeaderMap, HeaderValue, header};
use nc_proto::oauth::{
    bearer::{Presented, Scheme},
    error::RegistrationError,
    registration,
};
use nc_web::ClientAddress;
use secrecy::SecretString;

use super::registration_fault::RegistrationFault;
use crate::Provider;

/// What was sent.
pub(super) struct Sent {
    /// The body as it came.
    pub(super) body: Vec<u8>,
    /// From where it came.
    pub(super) address: Option<ClientAddress>,
    is_json: bool,
    headers: HeaderMap,
}

impl FromRequest<Provider> for Sent {
    type Rejection = RegistrationFault;

    async fn from_request(request: Request, _: &Provider) -> Result<Self, RegistrationFault> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, registration::MAX_BYTES)
            .await
            .map_err(|_| RegistrationError::InvalidClientMetadata)?;
        let media_type = parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let media_type = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
        Ok(Self {
            body: body.to_vec(),
            address: parts.extensions.get().copied(),
            is_json: media_type.trim().eq_ignore_ascii_case("application/json"),
            headers: parts.headers,
        })
    }
}

impl Sent {
    /// Fails unless the body says that it is JSON.
    pub(super) fn require_json(&self) -> Result<(), RegistrationFault> {
        if self.is_json {
            Ok(())
        } else {
            Err(RegistrationFault::MediaType)
        }
    }

    /// The Bearer token of the header; `None` when there is no header at all. No other place is looked at.
    pub(super) fn bearer(&self) -> Result<Option<SecretString>, RegistrationError> {
        let headers = self.headers.get_all(header::AUTHORIZATION);
        if headers.iter().next().is_none() {
            return Ok(None);
        }
        match Presented::read(headers.iter().map(HeaderValue::as_bytes)) {
            Ok(Some(presented)) if presented.scheme == Scheme::Bearer => Ok(Some(presented.token)),
            _ => Err(RegistrationError::InvalidToken),
        }
    }
}
