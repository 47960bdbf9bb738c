//! Reading answers: never more than allowed, never less than announced, and never something else than was asked for.

use std::{borrow::Cow, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use nc_proto::etag::ETag;
use serde::de::DeserializeOwned;

use crate::{
    Error, Subject,
    body::{Body, BoxError},
    error::content_type,
};

/// An answer whose body may still be on its way.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Incoming,
    pub(crate) subject: Subject,
}

/// An answer that is all here.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) subject: Subject,
}

/// A body on its way: its pieces come within a time each, and their sum is compared with what was announced.
pub(crate) struct Incoming {
    body: Body,
    idle: Duration,
    limit: u64,
    announced: Option<u64>,
    received: u64,
}

/// Why a body did not come to its end.
#[derive(Debug)]
pub(crate) enum Broken {
    /// It ended too early, or the connection did.
    Short,
    /// Nothing came for too long.
    Idle,
    /// It is longer than allowed.
    TooLong(u64),
}

impl Incoming {
    pub(crate) fn new(body: Body, headers: &HeaderMap, idle: Duration, limit: u64) -> Self {
        // With compression the announced length is that of the compressed bytes, and has been checked below.
        let plain = !headers.contains_key(header::CONTENT_ENCODING);
        let announced = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        Self {
            body,
            idle,
            limit,
            announced: announced.filter(|_| plain),
            received: 0,
        }
    }

    /// The next piece; `None` at the end that was announced.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        let next: Option<Result<Bytes, BoxError>> = tokio::time::timeout(self.idle, self.body.next())
            .await
            .map_err(|_| Broken::Idle)?;
        match next {
            Some(Ok(piece)) => {
                self.received += piece.len() as u64;
                if self.received > self.limit {
                    return Err(Broken::TooLong(self.limit));
                }
                Ok(Some(piece))
            }
            Some(Err(error)) => {
                tracing::debug!(%error, "an answer broke off");
                Err(Broken::Short)
            }
            None if self.announced.is_some_and(|announced| self.received < announced) => Err(Broken::Short),
            None => Ok(None),
        }
    }

    pub(crate) async fn collect(&mut self) -> Result<Bytes, Broken> {
        let Some(first) = self.next().await? else {
            return Ok(Bytes::new());
        };
        let Some(second) = self.next().await? else {
            return Ok(first);
        };
        let mut all = BytesMut::from(first);
        all.extend_from_slice(&second);
        while let Some(piece) = self.next().await? {
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }

    /// Replaces the limit, for what may be larger than usual.
    pub(crate) const fn allow(&mut self, limit: u64) {
        self.limit = limit;
    }

    /// Replaces the limit, for what may be larger than usual.
    pub(crate) const fn limited_to(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }
}

impl Broken {
    pub(crate) fn into_error(self, subject: Subject, status: StatusCode) -> Error {
        match self {
            Self::Short => Error::bad_answer(subject, status.as_u16(), "it broke off before its end"),
            Self::Idle => Error::Timeout { subject },
            Self::TooLong(limit) => {
                let what = format!("it is larger than {limit} bytes");
                Error::bad_answer(subject, status.as_u16(), what)
            }
        }
    }
}

impl Answer {
    pub(crate) async fn into_whole(mut self) -> Result<Whole, Error> {
        let body = self.body.collect().await;
        let body = body.map_err(|broken| broken.into_error(self.subject.clone(), self.status))?;
        Ok(Whole {
            status: self.status,
            headers: self.headers,
            body,
            subject: self.subject,
        })
    }
}

impl Whole {
    /// An answer of another kind than was asked for.
    pub(crate) fn bad(&self, what: impl Into<Cow<'static, str>>) -> Error {
        Error::bad_answer(self.subject.clone(), self.status.as_u16(), what)
    }

    /// The version of what was asked for.
    pub(crate) fn etag(&self) -> Option<ETag> {
        etag(&self.headers)
    }
}

/// The version that an answer tells.
pub(crate) fn etag(headers: &HeaderMap) -> Option<ETag> {
    // Proxies mark `ETag` as weak when they compress; Nextcloud's own header stays.
    let header = headers.get("oc-etag").or_else(|| headers.get(header::ETAG));
    ETag::parse(header?.to_str().ok()?)
}

/// Decodes JSON, after a look at whether it can be.
pub(crate) fn json<T: DeserializeOwned>(whole: &Whole) -> Result<T, Error> {
    let kind = content_type(&whole.headers);
    match whole.body.trim_ascii_start().first() {
        None => return Err(whole.bad("it is empty where JSON is due")),
        Some(b'<') if kind.contains("xml") => return Err(whole.bad("XML instead of JSON")),
        // A login page, a proxy's error page or a maintenance page.
        Some(b'<') => return Err(whole.bad("HTML page instead of JSON")),
        Some(_) if kind.contains("html") => return Err(whole.bad("HTML page instead of JSON")),
        Some(_) => {}
    }
    serde_json::from_slice(&whole.body).map_err(|error| {
        tracing::debug!(%error, "an answer is not the JSON that is due");
        whole.bad(match error.classify() {
            serde_json::error::Category::Eof => "JSON that breaks off",
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => "broken JSON",
            serde_json::error::Category::Data => "JSON of another form than is due",
        })
    })
}
