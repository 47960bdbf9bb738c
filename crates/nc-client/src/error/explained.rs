use nc_proto::dav::ETag;

use super::{Current, Error};

/// Says more of why a write to an object of a calendar or address book failed: a conflict gets the version that is there, and
/// what is missing is told from what may only be read, because Nextcloud says 404 to both.
///
/// `now` reads the version that is there; it is asked only where that says more.
pub(crate) async fn explain_write(
    error: Error,
    now: impl Future<Output = Result<Option<ETag>, Error>>,
    read_only: impl FnOnce() -> Error,
) -> Error {
    match error {
        Error::Conflict { subject, current } if current.etag.is_none() => match now.await {
            Ok(etag) => Error::Conflict {
                subject,
                current: Box::new(Current { etag, ..*current }),
            },
            Err(missing @ Error::NotFound { .. }) => missing,
            Err(_) => Error::Conflict { subject, current },
        },
        Error::NotFound { .. } if now.await.is_ok() => read_only(),
        error => error,
    }
}
