//! A form that a program posts.

use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
};
use http::{HeaderMap, header};
use nc_proto::oauth::{
    error::TokenError,
    form::{Form, Limits},
};
use nc_web::ClientAddress;

use super::fault::Fault;
use crate::Provider;

/// A form with what came along with it.
#[derive(Debug)]
pub(crate) struct Posted {
    /// The parameters.
    pub(crate) form: Form,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// From where it came.
    pub(crate) address: Option<ClientAddress>,
}

impl FromRequest<Provider> for Posted {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &Provider) -> Result<Self, Fault> {
        let (parts, body) = request.into_parts();
        if !is_form(&parts.headers) {
            return Err(Fault::MediaType);
        }
        let body = to_bytes(body, Limits::TOKEN.size_bytes)
            .await
            .map_err(|_| TokenError::InvalidRequest)?;
        let form = Form::parse(&body, Limits::TOKEN).map_err(TokenError::from)?;
        Ok(Self {
            form,
            address: parts.extensions.get().copied(),
            headers: parts.headers,
        })
    }
}

/// Whether the body says that it is a form. Parameters such as a charset do not matter.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    media_type
        .trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

impl Posted {
    /// The one `Authorization` header.
    pub(crate) fn authorization(&self) -> Result<Option<&str>, TokenError> {
        let mut values = self.headers.get_all(header::AUTHORIZATION).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => value.to_str().map(Some).map_err(|_| TokenError::InvalidClient),
            (Some(_), Some(_)) => Err(TokenError::SeveralCredentials),
        }
    }
}
