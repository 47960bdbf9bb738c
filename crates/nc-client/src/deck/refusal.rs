//! What refusals of the app mean.

use nc_proto::etag::ETag;

use crate::{Error, Reason, Subject, error::Current};

/// The app answers 403 to what is not there and to what is not allowed, so both are named.
pub(super) fn absent_or_refused(error: Error) -> Error {
    match error {
        Error::Forbidden { subject, .. } => Error::Forbidden {
            subject,
            reason: Reason::ours("it was not found, or you have no permission"),
        },
        error => error,
    }
}

/// Fails when what is there now is another version than the one that was read.
pub(super) fn check_unchanged(subject: &Subject, read: &ETag, now: Option<&ETag>) -> Result<(), Error> {
    if now.is_some_and(|now| now.opaque() == read.opaque()) {
        return Ok(());
    }
    Err(Error::Conflict {
        subject: subject.clone(),
        current: Box::new(Current {
            etag: now.cloned(),
            ..Current::default()
        }),
    })
}
