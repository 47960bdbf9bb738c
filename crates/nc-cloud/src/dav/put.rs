use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use http::header;

use super::{
    DavError, answer,
    visit::{Visit, created},
};
use crate::{
    content::{Checksum, ContentError, Home, Precondition, Staged, WriteOptions, Written},
    sharing::Spot,
};

/// Answers PUT.
pub(super) async fn serve(
    visit: &Visit,
    spot: &Spot,
    precondition: Precondition,
    body: Body,
) -> Result<Response, DavError> {
    let (home, path) = (&spot.home, &spot.path);
    if visit.headers.contains_key(header::CONTENT_RANGE) {
        // RFC 9110 §14.4: taking a part for the whole would destroy the file.
        return Err(DavError::bad_request("Content-Range is not allowed with PUT"));
    }
    let options = write_options(visit, precondition)?;
    let refuse = |error| match error {
        // Nextcloud answers 404 here, and 409 to MKCOL and MOVE.
        ContentError::ParentMissing(path) => DavError::not_found(&spot.shown_path(&path).parent().unwrap_or_default()),
        error => visit.refuse_at(spot, error),
    };
    let announced = visit.content_length().unwrap_or_default();
    home.check_write(path, announced, &options).await.map_err(refuse)?;
    let replaced = home.find(path).await.map_err(refuse)?;
    let staged = receive(visit, home, body, replaced.map_or(0, |entry| entry.size_bytes)).await?;
    let written = home.commit(path, staged, options).await.map_err(refuse)?;
    Ok(written_answer(visit, &written))
}

/// Takes in a body of any size that fits into the quota, when `replaced_bytes` become free with it.
pub(super) async fn receive(visit: &Visit, home: &Home, body: Body, replaced_bytes: u64) -> Result<Staged, DavError> {
    let announced = visit.content_length();
    stage(
        visit,
        home,
        body.into_data_stream(),
        visit.checksum()?,
        announced,
        replaced_bytes,
    )
    .await
}

/// Takes in content from wherever it comes. It must be as long as announced.
pub(super) async fn stage<E>(
    visit: &Visit,
    home: &Home,
    mut pieces: impl Stream<Item = Result<Bytes, E>> + Unpin,
    checksum: Option<Checksum>,
    announced: Option<u64>,
    replaced_bytes: u64,
) -> Result<Staged, DavError> {
    let mut staged = home
        .content()
        .stage(checksum)
        .await
        .map_err(|error| visit.refuse(error))?;
    let available = home.available_bytes().await.map_err(|error| visit.refuse(error))?;
    loop {
        let piece = pieces
            .try_next()
            .await
            .map_err(|_| visit.refuse(ContentError::Interrupted))?;
        let Some(piece) = piece else { break };
        staged.write(&piece).await.map_err(|error| visit.refuse(error))?;
        // A body without announced length must not fill the disk before it is refused.
        if let Some(available) =
            available.filter(|available| staged.size_bytes() > available.saturating_add(replaced_bytes))
        {
            let required = staged.size_bytes();
            return Err(visit.refuse(ContentError::Quota { required, available }));
        }
    }
    if announced.is_some_and(|announced| announced != staged.size_bytes()) {
        return Err(visit.refuse(ContentError::Interrupted));
    }
    Ok(staged)
}

/// What the headers say about how to write.
pub(super) fn write_options(visit: &Visit, precondition: Precondition) -> Result<WriteOptions, DavError> {
    Ok(WriteOptions {
        precondition,
        modified_at: visit.seconds("x-oc-mtime")?,
        created_at: visit.seconds("x-oc-ctime")?,
        create_parents: visit
            .header("x-nc-webdav-auto-mkcol")?
            .is_some_and(|value| value.trim() == "1"),
        lock_tokens: visit.lock_tokens()?,
    })
}

/// The answer to a write.
pub(super) fn written_answer(visit: &Visit, written: &Written) -> Response {
    let mut response = answer::empty(created(written.created));
    let headers = response.headers_mut();
    answer::tell_file(headers, visit.cloud.instance_id(), &written.entry, true);
    if visit.headers.contains_key("x-oc-mtime") {
        answer::tell_mtime_accepted(headers);
    }
    response
}
