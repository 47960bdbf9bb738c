//! Putting a request together.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use nc_proto::dav::{Depth, ETag};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Error, Subject,
    account::Account,
    answer::{self, Answer, Whole},
    body::Body,
    error::{Condition, Context},
    fallback::Fallback,
    nextcloud::Nextcloud,
};

/// The header that makes Nextcloud take a request as one of a program: without it, OCS answers 412 to Basic and
/// several apps answer 401 to Bearer.
const OCS_API_REQUEST: HeaderName = HeaderName::from_static("ocs-apirequest");

/// What is sent along.
pub(crate) enum Payload {
    /// Bytes, which can be sent again.
    Bytes(Bytes),
    /// A stream, which can be sent once.
    Once(Option<Body>),
}

impl Payload {
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Once(body) => body.as_ref().and_then(Body::length).unwrap_or(0),
        }
    }

    /// The body for the next try; `None` when it was sent already and cannot be sent again.
    pub(crate) fn take(&mut self) -> Option<Body> {
        match self {
            Self::Bytes(bytes) => Some(bytes.clone().into()),
            Self::Once(body) => body.take(),
        }
    }

    pub(crate) const fn is_repeatable(&self) -> bool {
        matches!(self, Self::Bytes(_))
    }
}

/// A request that is being put together.
pub(crate) struct Request<'a> {
    pub(crate) nextcloud: &'a Nextcloud,
    /// Whose credential goes along; `None` for what everybody may ask.
    pub(crate) account: Option<&'a Account>,
    /// What stands in for a token that is not taken.
    pub(crate) fallback: Option<&'a dyn Fallback>,
    pub(crate) method: Method,
    segments: Vec<String>,
    slash: bool,
    query: Vec<(&'static str, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Payload,
    pub(crate) context: Context,
    pub(crate) area: &'static str,
    /// Whether an answer without a sign-in proves nothing, because everybody may ask.
    pub(crate) public: bool,
    /// Another `User-Agent`: it names the app password that a login flow makes.
    pub(crate) name: Option<String>,
    /// Time for the answer besides the usual, for work that takes the server long.
    pub(crate) patience: Duration,
    /// Whether any of it may have reached the server.
    pub(crate) sent: bool,
    failure: Option<Error>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(
        nextcloud: &'a Nextcloud,
        account: Option<&'a Account>,
        method: Method,
        segments: Vec<String>,
        subject: Subject,
    ) -> Self {
        let write = !matches!(
            method.as_str(),
            "GET" | "HEAD" | "OPTIONS" | "PROPFIND" | "REPORT" | "SEARCH"
        );
        let mut headers = HeaderMap::new();
        headers.insert(OCS_API_REQUEST, HeaderValue::from_static("true"));
        let area = match segments.first().map(String::as_str) {
            Some("ocs") => "ocs",
            Some("remote.php") => "dav",
            Some("status.php") => "status",
            _ => "app",
        };
        Self {
            nextcloud,
            account,
            fallback: None,
            method,
            segments,
            slash: false,
            query: Vec::new(),
            headers,
            payload: Payload::Bytes(Bytes::new()),
            context: Context {
                subject,
                app: None,
                newer: false,
                condition: Condition::None,
                write,
            },
            area,
            public: account.is_none(),
            name: None,
            patience: Duration::ZERO,
            sent: false,
            failure: None,
        }
    }

    /// The same request, not yet sent, with another credential.
    pub(crate) fn signed_in_as<'b>(self, account: &'b Account) -> Request<'b>
    where
        'a: 'b,
    {
        Request {
            account: Some(account),
            sent: false,
            ..self
        }
    }

    /// Names the app whose interface it is.
    pub(crate) fn of_app(mut self, app: &'static str) -> Self {
        self.context.app = Some(app);
        self.area = app;
        self
    }

    /// Says that older versions of the app lack the route: then 404 does not mean that the app is missing.
    pub(crate) fn newer(mut self) -> Self {
        self.context.newer = true;
        self
    }

    /// Says that everybody may ask this, so an answer does not prove the credential.
    pub(crate) fn public(mut self) -> Self {
        self.public = true;
        self
    }

    /// Ends the path with a slash.
    pub(crate) fn slash(mut self) -> Self {
        self.slash = true;
        self
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        match HeaderValue::try_from(value.into()) {
            Ok(value) => {
                self.headers.insert(HeaderName::from_static(name), value);
            }
            Err(_) => self.failure = Some(Error::invalid("header", "it must not contain control characters")),
        }
        self
    }

    pub(crate) fn depth(self, depth: Depth) -> Self {
        self.header("depth", depth.as_str())
    }

    /// Only if it did not change since `etag` was read.
    pub(crate) fn if_match(mut self, etag: &ETag) -> Self {
        self.context.condition = Condition::Unchanged;
        self.header("if-match", etag.header_value())
    }

    /// Only if nothing is there.
    pub(crate) fn if_absent(mut self) -> Self {
        self.context.condition = Condition::Absent;
        self.header("if-none-match", "*")
    }

    /// Only if it changed since `etag` was read; otherwise the answer is 304.
    pub(crate) fn if_none_match(self, etag: Option<&ETag>) -> Self {
        match etag {
            Some(etag) => self.header("if-none-match", etag.header_value()),
            None => self,
        }
    }

    pub(crate) fn json<T: Serialize>(mut self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(bytes) => {
                self.payload = Payload::Bytes(bytes.into());
                self.header("content-type", "application/json")
            }
            Err(error) => {
                self.failure = Some(Error::invalid("content", error.to_string()));
                self
            }
        }
    }

    pub(crate) fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let text = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.payload = Payload::Bytes(text.into());
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    pub(crate) fn xml(mut self, document: Vec<u8>) -> Self {
        self.payload = Payload::Bytes(document.into());
        self.header("content-type", "application/xml; charset=utf-8")
    }

    pub(crate) fn body(mut self, body: Body) -> Self {
        self.payload = match body.as_bytes() {
            Some(bytes) => Payload::Bytes(bytes),
            None => Payload::Once(Some(body)),
        };
        self
    }

    /// Whether 304 is an answer to it.
    pub(crate) fn may_be_unchanged(&self) -> bool {
        self.headers
            .get(header::IF_NONE_MATCH)
            .is_some_and(|value| value != "*")
    }

    /// Path and query below the base address.
    pub(crate) fn path(&self) -> Result<String, Error> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        self.nextcloud
            .config()
            .base_url
            .path_of(&self.segments, self.slash, &self.query)
    }

    /// Sends it and gives the answer as soon as its head is there.
    pub(crate) async fn send(self) -> Result<Answer, Error> {
        crate::send::send(self, crate::send::Reading::Head).await
    }

    /// Sends it and reads the whole answer.
    pub(crate) async fn read(self) -> Result<Whole, Error> {
        crate::send::send(self, crate::send::Reading::Whole)
            .await?
            .into_whole()
            .await
    }

    /// Sends it and decodes the answer as a JSON object. A list is refused: it would be read as the fields in order,
    /// and an empty one as an object of defaults.
    pub(crate) async fn read_object<T: DeserializeOwned>(mut self) -> Result<T, Error> {
        self.headers
            .insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let whole = self.read().await?;
        let object: serde_json::Map<String, serde_json::Value> = answer::json(&whole)?;
        T::deserialize(object).map_err(|_| whole.bad("JSON of another form than is due"))
    }

    /// Sends it and decodes the answer as JSON.
    pub(crate) async fn read_json<T: DeserializeOwned>(mut self) -> Result<(T, HeaderMap), Error> {
        self.headers
            .insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let whole = self.read().await?;
        Ok((answer::json(&whole)?, whole.headers))
    }
}
