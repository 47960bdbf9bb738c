//! Forms with files (`multipart/form-data`, RFC 7578), of which only the files' content may be long.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::{
    BoxError,
    body::{Body, BodyDataStream, Bytes},
    extract::{
        FromRequest, Multipart, Request,
        multipart::{Field as RawField, MultipartError, MultipartRejection},
    },
};
use futures_util::Stream;

/// Most that is kept of what is no content of a file: heads of parts, and fields. In bytes.
const MOST_BESIDE: usize = 256 << 10;

/// Longest piece in which a body is passed on, in bytes.
const PIECE: usize = 64 << 10;

/// A form, part by part.
pub(crate) struct Form {
    parts: Multipart,
    /// So much has arrived since content was last passed on.
    kept: Arc<AtomicUsize>,
}

/// A part of a form.
pub(crate) struct Field<'a> {
    part: RawField<'a>,
    kept: &'a AtomicUsize,
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = MultipartRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, MultipartRejection> {
        let kept = Arc::new(AtomicUsize::new(0));
        let request = request.map(|body| {
            Body::from_stream(Metered {
                body: body.into_data_stream(),
                arrived: Bytes::new(),
                kept: Arc::clone(&kept),
                has_passed: false,
            })
        });
        let parts = Multipart::from_request(request, state).await?;
        Ok(Self { parts, kept })
    }
}

impl Form {
    /// The next part.
    pub(crate) async fn next(&mut self) -> Result<Option<Field<'_>>, MultipartError> {
        let part = self.parts.next_field().await?;
        Ok(part.map(|part| Field { part, kept: &self.kept }))
    }
}

impl Field<'_> {
    pub(crate) fn name(&self) -> Option<&str> {
        self.part.name()
    }

    pub(crate) fn file_name(&self) -> Option<&str> {
        self.part.file_name()
    }

    /// The next bytes of a file's content.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, MultipartError> {
        let chunk = self.part.chunk().await;
        self.kept.store(0, Ordering::Relaxed);
        chunk
    }

    /// The whole of a short field.
    pub(crate) async fn text(self) -> Result<String, MultipartError> {
        self.part.text().await
    }
}

/// A body that breaks off when too much of it is kept. It comes in short pieces, and has to be asked again after each: who
/// reads it takes all that is there before looking at it.
struct Metered {
    body: BodyDataStream,
    /// What has arrived and was not passed on.
    arrived: Bytes,
    kept: Arc<AtomicUsize>,
    has_passed: bool,
}

impl Stream for Metered {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.has_passed) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.kept.load(Ordering::Relaxed) > MOST_BESIDE {
            return Poll::Ready(Some(Err("a part's head or a field of the form is too long".into())));
        }
        if self.arrived.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_next(context)) {
                Some(Ok(bytes)) => self.arrived = bytes,
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => return Poll::Ready(None),
            }
        }
        let length = self.arrived.len().min(PIECE);
        let piece = self.arrived.split_to(length);
        self.kept.fetch_add(length, Ordering::Relaxed);
        self.has_passed = true;
        Poll::Ready(Some(Ok(piece)))
    }
}
