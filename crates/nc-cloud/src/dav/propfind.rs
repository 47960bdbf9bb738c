use axum::{body::Body, response::Response};
use futures_util::{StreamExt, stream};
use nc_proto::dav::{Depth, Multistatus, MultistatusWriter, Propfind};
use tokio::sync::mpsc;

use super::{DavError, MOST_PROPERTIES, answer, properties::Describer, visit::Visit};
use crate::content::{ContentError, Entry, Home, Kind};

/// So many entries are read from the database at a time.
const PAGE: u32 = 500;

/// A folder with at most so many entries is answered in one piece.
const SMALL: u64 = 64;

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
    check_count(&question)?;
    let missing = || visit.refuse(ContentError::NotFound(visit.path().clone()));
    let entry = current.ok_or_else(missing)?;
    // Like Nextcloud, infinity (also meant by no header, RFC 4918 §9.1) is answered as 1.
    let deep = visit.depth()? != Some(Depth::Zero) && entry.is_folder();
    if deep && is_small(&entry) {
        return small_folder(visit, home, &question, entry).await;
    }
    if deep {
        return Ok(send(visit, home, question, Source::Folder(entry)));
    }
    let describer = Describer::new(visit, home, &question).await?;
    let responses = vec![describer.describe(&entry).await?];
    Ok(answer::multistatus(&Multistatus {
        responses,
        sync_token: None,
    }))
}

/// Whether a folder is so small that its listing is made at once, without a task and a channel for the pieces.
const fn is_small(folder: &Entry) -> bool {
    matches!(folder.kind, Kind::Folder { folders, files } if folders.saturating_add(files) <= SMALL)
}

async fn small_folder(visit: &Visit, home: &Home, question: &Propfind, folder: Entry) -> Result<Response, DavError> {
    let describer = Describer::new(visit, home, question).await?;
    let inside = home
        .list_page(folder.id, None, PAGE)
        .await
        .map_err(|error| visit.refuse(error))?;
    let mut responses = Vec::with_capacity(inside.len() + 1);
    for entry in std::iter::once(&folder).chain(&inside) {
        responses.push(describer.describe(entry).await?);
    }
    Ok(answer::multistatus(&Multistatus {
        responses,
        sync_token: None,
    }))
}

/// The answer about entries that are known already, piece by piece as well.
pub(super) fn of_entries(
    visit: &Visit,
    home: &Home,
    question: Propfind,
    entries: Vec<Entry>,
) -> Result<Response, DavError> {
    check_count(&question)?;
    Ok(send(visit, home, question, Source::Known(entries)))
}

/// Fails if a question asks for more properties than any honest one.
pub(super) fn check_count(question: &Propfind) -> Result<(), DavError> {
    match question {
        Propfind::Prop(names) | Propfind::AllProp { include: names } if names.len() > MOST_PROPERTIES => {
            Err(DavError::bad_request("The request asks for too many properties"))
        }
        _ => Ok(()),
    }
}

/// Where entries come from.
enum Source {
    /// A folder and what is directly inside.
    Folder(Entry),
    /// They are here.
    Known(Vec<Entry>),
}

/// Tells about entries piece by piece: memory use does not grow with their number.
fn send(visit: &Visit, home: &Home, question: Propfind, source: Source) -> Response {
    let (sender, receiver) = mpsc::channel::<Result<Vec<u8>, std::io::Error>>(2);
    let (visit, home) = (visit.clone(), home.clone());
    tokio::spawn(async move {
        if let Err(error) = send_entries(&visit, &home, &question, source, &sender).await {
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

async fn send_entries(
    visit: &Visit,
    home: &Home,
    question: &Propfind,
    source: Source,
    sender: &mpsc::Sender<Result<Vec<u8>, std::io::Error>>,
) -> Result<(), DavError> {
    let describer = Describer::new(visit, home, question).await?;
    let mut writer = MultistatusWriter::default();
    let (id, mut page) = match source {
        Source::Folder(folder) => (Some(folder.id), vec![folder]),
        Source::Known(entries) => (None, entries),
    };
    let mut after: Option<Entry> = None;
    loop {
        for entry in &page {
            writer.response(&describer.describe(entry).await?);
            if writer.pending_bytes() >= PIECE_BYTES && sender.send(Ok(writer.take())).await.is_err() {
                return Ok(());
            }
        }
        let Some(id) = id else { break };
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
