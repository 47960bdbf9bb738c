use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use nc_auth::ScopeSet;
use nc_proto::dav::{DavPath, ETag, Element, ErrorBody, Name, XmlError};

use super::answer::XML;
use crate::{Error, collections::CollectionError, content::ContentError, routes::LacksScope};

/// Methods that are named when another is refused; those of Nextcloud and the locks.
pub(super) const ALLOW: &str = "OPTIONS, GET, HEAD, DELETE, PROPFIND, PUT, PROPPATCH, COPY, MOVE, REPORT, LOCK, UNLOCK";

/// A refusal, in the words of sabre.
#[derive(Debug)]
pub(super) struct DavError {
    status: StatusCode,
    body: Box<ErrorBody>,
    etag: Option<ETag>,
    retry_after_s: Option<i64>,
    /// Scopes that the credential would need.
    lacks: ScopeSet,
}

impl DavError {
    fn new(status: StatusCode, exception: &str, message: impl Into<String>) -> Self {
        let exception = match exception {
            full if full.contains('\\') => full.to_owned(),
            short => format!("Sabre\\DAV\\Exception\\{short}"),
        };
        Self {
            status,
            body: Box::new(ErrorBody {
                exception,
                message: message.into(),
                ..ErrorBody::default()
            }),
            etag: None,
            retry_after_s: None,
            lacks: ScopeSet::EMPTY,
        }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    pub(super) fn not_found(path: &DavPath) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NotFound",
            format!("File with name /{path} could not be located"),
        )
    }

    /// There is nothing, without words, as below the trash bin and the versions.
    pub(super) fn nothing() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", "")
    }

    pub(super) fn not_found_in(name: &str, collection: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NotFound",
            format!("File not found: {name} in '{collection}'"),
        )
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message)
    }

    /// The credential is good, but not for this. The gate adds the challenge that names the scopes.
    pub(super) fn lacks_scope(needed: ScopeSet) -> Self {
        let mut error = Self::forbidden(format!("The credential lacks the scope {needed}"));
        error.lacks = needed;
        error
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "Conflict", message)
    }

    pub(super) fn not_allowed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    pub(super) fn unsupported_body(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
    }

    pub(super) fn unknown_report() -> Self {
        let mut error = Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "ReportNotSupported", "");
        error.body.conditions.push(Element::new(Name::dav("supported-report")));
        error
    }

    /// There is no such link; as Nextcloud words it.
    pub(super) fn no_link() -> Self {
        let message = "Sabre\\DAV\\Exception\\NotFound: ";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message)
    }

    /// A link wants its password.
    pub(super) fn not_authenticated(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "NotAuthenticated", message)
    }

    /// RFC 4918 §9.9.4: the target lies on another server.
    pub(super) fn bad_gateway(message: &str) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "BadGateway", message)
    }

    /// It is worth another try.
    pub(super) fn unavailable(message: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message)
    }

    pub(super) fn too_many_attempts(retry_after_s: i64) -> Self {
        let exception = "OCA\\DAV\\Connector\\Sabre\\Exception\\TooManyRequests";
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, exception, "Too many failed attempts");
        error.retry_after_s = Some(retry_after_s);
        error
    }

    /// Another server cannot be asked now.
    pub(super) fn remote_unavailable(message: impl Into<String>, retry_after_s: i64) -> Self {
        let mut error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message);
        error.retry_after_s = Some(retry_after_s);
        error
    }

    /// Another server refused something. Its own words are a stranger's and stay away.
    pub(super) fn of_remote(status: StatusCode) -> Self {
        let (status, exception, message) = match status {
            StatusCode::FORBIDDEN => (status, "Forbidden", "The remote server does not allow this"),
            StatusCode::METHOD_NOT_ALLOWED => (status, "MethodNotAllowed", "The remote server does not do this here"),
            StatusCode::CONFLICT => (status, "Conflict", "The remote server sees a conflict"),
            StatusCode::PRECONDITION_FAILED => {
                let message = "A condition of the request does not hold on the remote server";
                (status, "PreconditionFailed", message)
            }
            StatusCode::PAYLOAD_TOO_LARGE => (status, "PayloadTooLarge", "It is too large for the remote server"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                let message = "The remote server does not take such a body";
                (status, "UnsupportedMediaType", message)
            }
            StatusCode::RANGE_NOT_SATISFIABLE => {
                let message = "The remote server has no such part";
                (status, "RequestedRangeNotSatisfiable", message)
            }
            StatusCode::INSUFFICIENT_STORAGE => {
                let message = "There is not enough space on the remote server";
                (status, "InsufficientStorage", message)
            }
            StatusCode::NOT_IMPLEMENTED => (status, "NotImplemented", "The remote server cannot do this"),
            status if status.is_client_error() => {
                let message = "The remote server does not understand the request";
                (StatusCode::BAD_REQUEST, "BadRequest", message)
            }
            _ => {
                let message = "The remote server gave an answer that makes no sense";
                (StatusCode::BAD_GATEWAY, "", message)
            }
        };
        let exception = if exception.is_empty() {
            "Sabre\\DAV\\Exception"
        } else {
            exception
        };
        Self::new(status, exception, message)
    }

    pub(super) fn unknown_method(method: &str) -> Self {
        let message = format!("There was no plugin in the system that was willing to handle this {method} method.");
        Self::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
    }

    pub(super) fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PayloadTooLarge",
            "The request body is too large",
        )
    }

    pub(super) fn precondition(header: &str, message: impl Into<String>, current: Option<ETag>) -> Self {
        let mut error = Self::new(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", message);
        error.body.header = Some(header.to_owned()).filter(|header| !header.is_empty());
        error.etag = current;
        error
    }

    pub(super) fn range(start: u64, size: u64) -> Self {
        let message = format!("The start offset ({start}) exceeded the size of the entity ({size})");
        Self::new(
            StatusCode::RANGE_NOT_SATISFIABLE,
            "RequestedRangeNotSatisfiable",
            message,
        )
    }

    /// RFC 4918 §16: tells the client which lock's token it needs.
    pub(super) fn locked(href: String, condition: &'static str) -> Self {
        let mut error = Self::new(StatusCode::LOCKED, "Locked", "The resource is locked");
        let condition = Element::new(Name::dav(condition)).with(Element::text(Name::dav("href"), href));
        error.body.conditions.push(condition);
        error
    }

    pub(super) fn lock_token(message: &str) -> Self {
        let mut error = Self::conflict(message);
        error
            .body
            .conditions
            .push(Element::new(Name::dav("lock-token-matches-request-uri")));
        error
    }

    /// A refusal with the name of the rule that was broken, RFC 4918 §16.
    pub(super) fn violates(exception: &str, message: impl Into<String>, condition: Element) -> Self {
        let mut error = Self::new(StatusCode::FORBIDDEN, exception, message);
        error.body.conditions.push(condition);
        error
    }

    /// Another object has the UID. Nextcloud's 400, with the condition of the RFCs.
    pub(super) fn uid_conflict(message: &str, condition: Element) -> Self {
        let mut error = Self::bad_request(message);
        error.body.conditions.push(condition);
        error
    }

    /// Something is not there, in words of its own.
    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    fn bad_name(message: String) -> Self {
        let exception = "OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath";
        let mut error = Self::new(StatusCode::BAD_REQUEST, exception, message.clone());
        error.body.reason = Some(message);
        error
    }

    pub(super) const fn status(&self) -> StatusCode {
        self.status
    }

    /// The refusal behind an error of the store; `href` makes the address of a path.
    pub(super) fn of_content(error: ContentError, href: impl Fn(&DavPath) -> String) -> Self {
        match error {
            ContentError::NotFound(path) => Self::not_found(&path),
            ContentError::ParentMissing(_) => Self::conflict("Parent node does not exist"),
            ContentError::Exists(_) => Self::not_allowed("The resource you tried to create already exists"),
            ContentError::WrongKind(_) => Self::conflict("PUT is not allowed on non-files."),
            ContentError::Precondition { current } => {
                let message = "An If-Match header was specified, but none of the specified ETags matched.";
                Self::precondition("If-Match", message, current)
            }
            ContentError::Locked(path) => Self::locked(href(&path), "lock-token-submitted"),
            ContentError::Quota { required, available } => {
                let message = format!("Insufficient space, {required} required, {available} available");
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "InsufficientStorage", message)
            }
            ContentError::Name(name) => Self::bad_name(name.to_string()),
            ContentError::Impossible(_) => Self::forbidden("Permission denied to move or delete home folder"),
            error @ (ContentError::Checksum(_)
            | ContentError::Interrupted
            | ContentError::TooLarge { .. }
            | ContentError::Incomplete { .. }
            | ContentError::NotSearchable) => Self::bad_request(error.to_string()),
            ContentError::Storage(error) => Self::internal(&error),
        }
    }

    /// Something on this side failed that is told in the log already.
    pub(super) fn hidden() -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "Sabre\\DAV\\Exception", "Internal Server Error")
    }

    fn internal(error: &Error) -> Self {
        tracing::error!(error = error as &dyn std::error::Error, "a WebDAV request failed");
        Self::hidden()
    }
}

impl From<XmlError> for DavError {
    fn from(error: XmlError) -> Self {
        Self::bad_request(error.to_string())
    }
}

impl From<CollectionError> for DavError {
    fn from(error: CollectionError) -> Self {
        match error {
            CollectionError::Storage(error) => Self::internal(&error),
            CollectionError::NotFound => Self::missing("File not found"),
            CollectionError::Exists => Self::not_allowed("The resource you tried to create already exists"),
            CollectionError::UidTaken(_) => Self::bad_request("An object with this UID exists already"),
            CollectionError::Precondition(_) => Self::precondition("", "The object is in another state", None),
        }
    }
}

impl From<Error> for DavError {
    fn from(error: Error) -> Self {
        Self::internal(&error)
    }
}

impl IntoResponse for DavError {
    fn into_response(self) -> Response {
        let mut response = (self.status, [(header::CONTENT_TYPE, XML)], self.body.to_document()).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(header::ALLOW, HeaderValue::from_static(ALLOW));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static(r#"Basic realm="Nextcloud", charset="UTF-8""#);
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(value) = self
            .etag
            .and_then(|etag| HeaderValue::from_str(&etag.header_value()).ok())
        {
            headers.insert(header::ETAG, value);
        }
        if !self.lacks.is_empty() {
            response.extensions_mut().insert(LacksScope(self.lacks));
        }
        response
    }
}
