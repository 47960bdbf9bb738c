use axum::{body::Body, response::Response as Answer};
use futures_util::{StreamExt, stream};
use nc_proto::dav::{Depth, Multistatus, MultistatusWriter, Propfind, Response};
use tokio::sync::mpsc;

use super::{
    DavError, MOST_PROPERTIES, answer,
    properties::{Describer, Item},
    remote,
    visit::Visit,
};
use crate::{
    content::{ContentError, Entry, Kind},
    sharing::{Found, Spot, Tree},
};

/// So many entries are read from the database at a time.
const PAGE: u32 = 500;

/// A folder with at most so many entries is answered in one piece.
const SMALL: u64 = 64;

/// So many bytes are sent at a time.
const PIECE_BYTES: usize = 64 << 10;

/// Answers PROPFIND about what was found under the request's address.
pub(super) async fn serve(visit: &Visit, tree: &Tree, found: Found, body: Body) -> Result<Answer, DavError> {
    let question = Propfind::parse(&visit.read_body(body).await?)?;
    check_count(&question)?;
    let item = Item::found(found).ok_or_else(|| visit.refuse(ContentError::NotFound(visit.path().clone())))?;
    // Like Nextcloud, infinity (also meant by no header, RFC 4918 §9.1) is answered as 1.
    let deep = visit.depth()? != Some(Depth::Zero) && item.entry.is_folder();
    if deep && is_small(&item.entry) {
        return small_folder(visit, tree, &question, item).await;
    }
    if deep {
        return Ok(send(visit, tree, question, Source::Folder(Box::new(item))));
    }
    let describer = Describer::new(visit, tree, &question).await?;
    let responses = vec![describer.describe(&item).await?];
    Ok(answer::multistatus(&Multistatus {
        responses,
        sync_token: None,
    }))
}

/// Whether a folder is so small that its listing is made at once, without a task and a channel for the pieces.
const fn is_small(folder: &Entry) -> bool {
    matches!(folder.kind, Kind::Folder { folders, files } if folders.saturating_add(files) <= SMALL)
}

async fn small_folder(visit: &Visit, tree: &Tree, question: &Propfind, folder: Item) -> Result<Answer, DavError> {
    let describer = Describer::new(visit, tree, question).await?;
    let spot = &folder.spot;
    let inside = spot.home.list_page(folder.entry.id, None, PAGE).await;
    let inside = inside.map_err(|error| visit.refuse_at(spot, error))?;
    let mut responses = Vec::with_capacity(inside.len() + 1);
    responses.push(describer.describe(&folder).await?);
    for entry in inside {
        responses.push(describer.describe(&Item::beside(tree, spot, entry)).await?);
    }
    for item in mounted_in(tree, &folder) {
        responses.push(describer.describe(&item).await?);
    }
    responses.extend(elsewhere_in(visit, tree, question, &folder));
    Ok(answer::multistatus(&Multistatus {
        responses,
        sync_token: None,
    }))
}

/// What other servers share directly in an own folder.
fn elsewhere_in(visit: &Visit, tree: &Tree, question: &Propfind, folder: &Item) -> Vec<Response> {
    if folder.spot.mounted.is_some() {
        return Vec::new();
    }
    remote::describe_mounts(visit, tree, question, &folder.entry.path)
}

/// What others share directly in an own folder.
fn mounted_in(tree: &Tree, folder: &Item) -> Vec<Item> {
    if folder.spot.mounted.is_some() {
        return Vec::new();
    }
    tree.mounted_in(&folder.entry.path).map(Item::mounted).collect()
}

/// The answer about entries that are known already, piece by piece as well.
pub(super) fn of_items(visit: &Visit, tree: &Tree, question: Propfind, items: Vec<Item>) -> Result<Answer, DavError> {
    check_count(&question)?;
    Ok(send(visit, tree, question, Source::Known(items)))
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
    Folder(Box<Item>),
    /// They are here.
    Known(Vec<Item>),
}

/// Tells about entries piece by piece: memory use does not grow with their number.
fn send(visit: &Visit, tree: &Tree, question: Propfind, source: Source) -> Answer {
    let (sender, receiver) = mpsc::channel::<Result<Vec<u8>, std::io::Error>>(2);
    let (visit, tree) = (visit.clone(), tree.clone());
    tokio::spawn(async move {
        if let Err(error) = send_items(&visit, &tree, &question, source, &sender).await {
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

/// Sends what is written so far when it is enough. Gives whether anybody still listens.
async fn pass_on(writer: &mut MultistatusWriter, sender: &mpsc::Sender<Result<Vec<u8>, std::io::Error>>) -> bool {
    writer.pending_bytes() < PIECE_BYTES || sender.send(Ok(writer.take())).await.is_ok()
}

async fn send_items(
    visit: &Visit,
    tree: &Tree,
    question: &Propfind,
    source: Source,
    sender: &mpsc::Sender<Result<Vec<u8>, std::io::Error>>,
) -> Result<(), DavError> {
    let describer = Describer::new(visit, tree, question).await?;
    let mut writer = MultistatusWriter::default();
    let (mut last, mut elsewhere) = (Vec::new(), Vec::new());
    match source {
        Source::Known(items) => last = items,
        Source::Folder(folder) => {
            writer.response(&describer.describe(&folder).await?);
            let spot: &Spot = &folder.spot;
            let mut after: Option<Entry> = None;
            loop {
                let page = spot.home.list_page(folder.entry.id, after.as_ref(), PAGE).await;
                let page = page.map_err(|error| visit.refuse_at(spot, error))?;
                for entry in &page {
                    let item = Item::beside(tree, spot, entry.clone());
                    writer.response(&describer.describe(&item).await?);
                    if !pass_on(&mut writer, sender).await {
                        return Ok(());
                    }
                }
                if page.len() < PAGE as usize {
                    break;
                }
                after = page.last().cloned();
            }
            last.extend(mounted_in(tree, &folder));
            elsewhere = elsewhere_in(visit, tree, question, &folder);
        }
    }
    for item in &last {
        writer.response(&describer.describe(item).await?);
        if !pass_on(&mut writer, sender).await {
            return Ok(());
        }
    }
    for response in &elsewhere {
        writer.response(response);
    }
    let _ = sender.send(Ok(writer.finish(None))).await;
    Ok(())
}
