use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use nc_proto::ocm::{ErrorBody, MessageFault};

use crate::{
    OcmError,
    inbound::{SignatureRefusal, too_many},
    net::NetError,
};

/// Why a message about a share is not taken.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It is not what it has to be.
    Message(MessageFault),
    /// 400: whom it is for is not known here.
    Recipient,
    /// 400: something about it does not fit this server or the other one.
    Unfit(&'static str),
    /// It is not believed to come from the right server.
    Signature(SignatureRefusal),
    /// 403: the other server may not say this.
    Forbidden,
    /// 409: something else was taken by the same name.
    Conflict,
    /// 501: it asks for something that is not done here.
    NotImplemented(&'static str),
    /// 429.
    TooMany { retry_after_s: u32 },
    /// 503: it may work later.
    Later,
    /// 500.
    Failed(OcmError),
}

impl From<MessageFault> for Refusal {
    fn from(fault: MessageFault) -> Self {
        Self::Message(fault)
    }
}

impl From<SignatureRefusal> for Refusal {
    fn from(refusal: SignatureRefusal) -> Self {
        Self::Signature(refusal)
    }
}

impl From<NetError> for Refusal {
    fn from(error: NetError) -> Self {
        match error {
            NetError::NotAllowed => Self::Forbidden,
            NetError::Busy { retry_after_s } => Self::TooMany { retry_after_s },
            NetError::Peer(_) => Self::Later,
            NetError::Failed(error) => Self::Failed(error),
        }
    }
}

impl<E: Into<OcmError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, body) = match self {
            Self::Message(fault) => {
                let status = StatusCode::from_u16(fault.status()).unwrap_or(StatusCode::BAD_REQUEST);
                (status, fault.body())
            }
            Self::Recipient => {
                let body = ErrorBody::of_field("the recipient is not known here", "shareWith", "NOT_FOUND");
                (StatusCode::BAD_REQUEST, body)
            }
            Self::Unfit(why) => (StatusCode::BAD_REQUEST, ErrorBody::new(why)),
            Self::Signature(refusal) => return refusal.into_response(),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                ErrorBody::of_field("RESOURCE_NOT_FOUND", "providerId", "NOT_FOUND"),
            ),
            Self::Conflict => {
                let body = ErrorBody::of_field("another share has this id", "providerId", "CONFLICT");
                (StatusCode::CONFLICT, body)
            }
            Self::NotImplemented(why) => (StatusCode::NOT_IMPLEMENTED, ErrorBody::new(why)),
            Self::TooMany { retry_after_s } => return too_many(retry_after_s),
            Self::Later => {
                let body = ErrorBody::new("your server cannot be asked now what it can do");
                let answer = (
                    StatusCode::SERVICE_UNAVAILABLE,
                    [("retry-after", "300")],
                    Json(body.to_value()),
                );
                return answer.into_response();
            }
            Self::Failed(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a message of another server is not taken"
                );
                (StatusCode::INTERNAL_SERVER_ERROR, ErrorBody::new("this server failed"))
            }
        };
        (status, Json(body.to_value())).into_response()
    }
}
