//! Columns to values. What cannot be is [`Error::Damaged`].

use nc_store::Digest;
use sqlx::{Row as _, postgres::PgRow};

use crate::error::Error;

/// A digest.
pub(crate) fn digest(row: &PgRow, column: &'static str) -> Result<Digest, Error> {
    from_bytes(row.try_get(column)?, column)
}

/// A digest or NULL.
pub(crate) fn digest_or_none(row: &PgRow, column: &'static str) -> Result<Option<Digest>, Error> {
    let bytes: Option<&[u8]> = row.try_get(column)?;
    bytes.map(|bytes| from_bytes(bytes, column)).transpose()
}

/// One of a few words.
pub(crate) fn word<T>(row: &PgRow, column: &'static str, read: fn(&str) -> Option<T>) -> Result<T, Error> {
    read(row.try_get(column)?).ok_or(Error::Damaged(column))
}

/// Whether a text can be in the database at all: PostgreSQL refuses null characters, and strangers choose what is asked for.
pub(crate) fn can_hold(text: &str) -> bool {
    !text.contains('\0')
}

/// A digest as it is bound to a statement.
pub(crate) fn bytes(digest: &Digest) -> &[u8] {
    digest.as_bytes()
}

fn from_bytes(bytes: &[u8], column: &'static str) -> Result<Digest, Error> {
    let bytes = bytes.try_into().map_err(|_| Error::Damaged(column))?;
    Ok(Digest::from_bytes(bytes))
}
