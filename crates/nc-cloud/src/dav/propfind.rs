use axum::{body::Body, response::Response};
use futures_util::{StreamExt, stream};
use nc_proto::dav::{Depth, Multistatus, MultistatusWriter, Propfind};
use tokio::sync::mpsc;

use super::{DavError, answer, properties::Describer, visit::Visit};
use crate::content::{ContentError, Entry, Home};

/// So many entries are read from the database at a time.
const PAGE: u32 = 500;

/// So many bytes are sent at a time.
const PIECE_BYTES: usize = 64 << 10;

/// Answers PROPFIND about what was found under the request's address.
pub(super) async fn serve(
    visit: &Visit,
    home: &Home,
    current: Option<Entry>,
    body: Body,
) -> Result<Response, DavError> {
    let question = Propfind::parse(&visit.read_body(body).await?)?;
    let missing = || visit.refuse(ContentError::NotFound(visit.path().clone()));
    let entry = current.ok_or_else(missing)?;
    // Like Nextcloud, infinity (also meant by no header, RFC 4918 §9.1) is answered as 1.
    let deep = visit.depth()? != Some(Depth::Zero) && entry.is_folder();
    if deep {
        return Ok(list(visit, home, question, entry));
    }
    let describer = Describer::new(visit, home, &question).await?;
    let responses = vec![describer.describe(&entry).await?];
    Ok(answer::multistatus(&Multistatus {
        responses,
        sync_token: None,
    }))
}

/// The answer about entries that are known already.
pub(super) async fn of_entries(
    visit: &Visit,
    home: &Home,
    question: &Propfind,
    entries: &[Entry],
) -> Result<Response, DavError> {
    let describer = Describer::new(visit, home, question).await?;
    let mut writer = MultistatusWriter::default();
    for entry in entries {
        writer.response(&describer.describe(entry).await?);
    }
    Ok(answer::multistatus_body(writer.finish(None)))
}

/// Lists a folder piece by piece: memory use does not grow with its size.
fn list(visit: &Visit, home: &Home, question: Propfind, folder: Entry) -> Response {
    let (sender, receiver) = mpsc::channel::<Result<Vec<u8>, std::io::Error>>(2);
    let (visit, home) = (visit.clone(), home.clone());
    tokio::spawn(async move {
        if let Err(error) = send_list(&visit, &home, &question, folder, &sender).await {
            // The status is sent already: all that is left is to break off, which the client must notice.
            let broken = std::io::Error::other(format!("a listing broke off with {}", error.status()));
            let _ = sender.send(Err(broken)).await;
        }
    });
    let pieces = stream::unfold(receiver, |mut receiver| async move {
        Some((receiver.recv().await?, receiver))
    });
    answer::multistatus_body(Body::from_stream(pieces.boxed()))
}

async fn send_list(
    visit: &Visit,
    home: &Home,
    question: &Propfind,
    folder: Entry,
    sender: &mpsc::Sender<Result<Vec<u8>, std::io::Error>>,
) -> Result<(), DavError> {
    let describer = Describer::new(visit, home, question).await?;
    let mut writer = MultistatusWriter::default();
    let id = folder.id;
    let mut page = vec![folder];
    let mut after: Option<Entry> = None;
    loop {
        for entry in &page {
            writer.response(&describer.describe(entry).await?);
            if writer.pending_bytes() >= PIECE_BYTES && sender.send(Ok(writer.take())).await.is_err() {
                return Ok(());
            }
        }
        if after.is_some() && page.len() < PAGE as usize {
            break;
        }
        page = home
            .list_page(id, after.as_ref(), PAGE)
            .await
            .map_err(|error| visit.refuse(error))?;
        match page.last() {
            Some(last) => after = Some(last.clone()),
            None => break,
        }
    }
    let _ = sender.send(Ok(writer.finish(None))).await;
    Ok(())
}
