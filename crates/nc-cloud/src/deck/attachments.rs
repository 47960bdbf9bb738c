//! Attachments of cards, of two types (P125): `deck_file` lies inside the card; `file` is a file of the creator's, below the
//! folder `Deck`, which everybody of the board may read. Version 1.0 of the interface knows only the first.

mod form;
mod store;

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::header;
use nc_auth::UserId;
use nc_proto::{apps::deck::AttachmentKind, dav::DavPath};
use tokio_util::io::ReaderStream;

use self::{form::Sent, store::Attachment};
use super::{
    desk::Desk,
    done,
    error::DeckError,
    input::{Ids, id},
    shown::value,
};
use crate::{
    Cloud, SignedIn,
    content::{Content, ContentError, Entry, FileId, Precondition, Staged, WriteOptions},
};

/// The folder for attachments.
const FOLDER: &str = "Deck";

/// Numbers that are tried to find a free name.
const ATTEMPTS: u32 = 1000;

/// No such attachment on a card that the person sees.
const ABSENT: DeckError = DeckError::Forbidden("No permission to access the attachment from the card");

/// The type and id that a path names: `…/attachments/{id}` or `…/attachments/{type}/{id}`.
fn key(ids: &Ids) -> Result<(AttachmentKind, i64), DeckError> {
    let (kind, number) = match (ids.text("first"), ids.text("second")) {
        (first, "" | "restore") => (Some(AttachmentKind::DeckFile), first),
        (first, second) => (AttachmentKind::parse(first), second),
    };
    let kind = kind.ok_or_else(|| DeckError::invalid("the type of an attachment is deck_file or file"))?;
    let number = id(number).ok_or_else(|| DeckError::invalid("attachment id must be a number"))?;
    Ok((kind, number))
}

/// `GET …/attachments`
pub(super) async fn list(State(cloud): State<Cloud>, signed_in: SignedIn, ids: Ids) -> Result<Response, DeckError> {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    let card = desk.card(ids.get("card")?).await?;
    let attachments = desk.attachments(card.id).await?;
    let body = desk.show_attachments(&attachments, ids.is_1_1()).await?;
    desk.end().await?;
    Ok(done(&body))
}

/// `GET …/attachments/{type}/{id}`: its bytes.
pub(super) async fn show(State(cloud): State<Cloud>, signed_in: SignedIn, ids: Ids) -> Result<Response, DeckError> {
    let (kind, number) = key(&ids)?;
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    let card = desk.card(ids.get("card")?).await?;
    let attachment = desk.attachment(card.id, kind, number).await?.ok_or(ABSENT)?;
    match kind {
        AttachmentKind::DeckFile => {
            let bytes = desk.bytes(attachment.id).await?.ok_or(ABSENT)?;
            desk.end().await?;
            let length = bytes.len() as u64;
            Ok(download(&attachment.name, length, bytes.into()))
        }
        AttachmentKind::File => {
            // The files have connections to the database of their own.
            desk.end().await?;
            let home = cloud
                .content()
                .home(&UserId::new(attachment.created_by.as_str()))
                .await?;
            let entry = file_of(&home, &attachment).await?;
            match home.open(&entry.path).await {
                Ok((entry, file)) => {
                    let body = Body::from_stream(ReaderStream::new(file));
                    Ok(download(entry.name(), entry.size_bytes, body))
                }
                // Moved or deleted in this moment.
                Err(ContentError::NotFound(_) | ContentError::WrongKind(_)) => Err(ABSENT),
                Err(error) => Err(error.into()),
            }
        }
    }
}

fn download(name: &str, length: u64, body: Body) -> Response {
    let mut kind = Content::media_type(name);
    if kind.starts_with("text/") {
        kind.push_str(";charset=UTF-8");
    }
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_LENGTH, length.to_string()),
        // Somebody else's HTML must not open as a page of this host.
        (header::CONTENT_DISPOSITION, "attachment".to_owned()),
    ];
    (headers, body).into_response()
}

async fn file_of(home: &crate::content::Home, attachment: &Attachment) -> Result<Entry, DeckError> {
    let file = attachment.file_id.ok_or(ABSENT)?;
    let entry = home.find_by_id(FileId(file)).await?;
    entry.filter(|entry| !entry.is_folder()).ok_or(ABSENT)
}

/// `POST …/attachments`: a form with `type` and `file`.
pub(super) async fn create(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    request: Request,
) -> Result<Response, DeckError> {
    let card = ids.get("card")?;
    // Before the bytes come, and again after: they may take a while.
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    desk.open_card(card).await?;
    desk.end().await?;
    let default = if ids.is_1_1() {
        AttachmentKind::File
    } else {
        AttachmentKind::DeckFile
    };
    let Sent { kind, name, content } = form::read(&cloud, request, default).await?;
    let attachment = match kind {
        AttachmentKind::DeckFile => {
            let bytes = content.into_bytes()?;
            let mut desk = Desk::change(&cloud, &signed_in).await?;
            let card = desk.open_card(card).await?;
            desk.check_free(signed_in.user.as_str(), bytes.len(), 0).await?;
            let attachment = desk.add_attachment(&card, kind, &name, None).await?;
            desk.keep_bytes(attachment, &name, &bytes).await?;
            (desk, card, attachment)
        }
        AttachmentKind::File => {
            let staged = content.into_staged(&cloud).await?;
            let entry = store_file(&cloud, &signed_in.user, &name, staged).await?;
            match add_file(&cloud, &signed_in, card, &entry).await {
                Ok(added) => added,
                Err(error) => {
                    // Nobody refers to it: it goes to the trash, where the person finds it.
                    let home = cloud.content().home(&signed_in.user).await?;
                    home.delete(&entry.path, Vec::new()).await?;
                    return Err(error);
                }
            }
        }
    };
    let (mut desk, card, number) = attachment;
    desk.touch_card(&card).await?;
    let attachment = desk.attachment(card.id, kind, number).await?.ok_or(ABSENT)?;
    let body = desk.show_attachment(&attachment).await?;
    desk.end().await?;
    Ok(done(&value(&body)))
}

async fn add_file(
    cloud: &Cloud,
    signed_in: &SignedIn,
    card: i64,
    entry: &Entry,
) -> Result<(Desk, super::rows::Card, i64), DeckError> {
    let mut desk = Desk::change(cloud, signed_in).await?;
    let card = desk.open_card(card).await?;
    let number = desk
        .add_attachment(&card, AttachmentKind::File, entry.name(), Some(entry.id))
        .await?;
    Ok((desk, card, number))
}

/// Puts a file into the person's folder for attachments, under the first free name.
async fn store_file(cloud: &Cloud, user: &UserId, name: &str, staged: Staged) -> Result<Entry, DeckError> {
    let home = cloud.content().home(user).await?;
    let folder = DavPath::from_names([FOLDER]);
    home.make_folders(&folder).await?;
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => (stem, format!(".{ending}")),
        _ => (name, String::new()),
    };
    let mut staged = staged;
    staged.finish(None).await?;
    // Two of one name at once get two names; what WebDAV writes in that moment is still in the way.
    let _turn = cloud.attachment_turns().take(user).await;
    for number in 1..ATTEMPTS {
        let path = match number {
            1 => folder.child(name),
            number => folder.child(format!("{stem} ({number}){ending}")),
        };
        // Looked at first: a commit takes the bytes, whether it succeeds or not.
        if home.find(&path).await?.is_some() {
            continue;
        }
        let options = WriteOptions {
            precondition: Precondition::CreateOnly,
            create_parents: true,
            ..WriteOptions::default()
        };
        return match home.commit(&path, staged, options).await {
            Ok(written) => Ok(written.entry),
            Err(ContentError::Precondition { .. } | ContentError::Exists(_)) => {
                Err(DeckError::Exists("File already exists."))
            }
            Err(error) => Err(error.into()),
        };
    }
    Err(DeckError::Exists("File already exists."))
}

/// `PUT …/attachments/{type}/{id}`: other bytes, as a form with `file`; `PUT …/attachments/{id}/restore` comes here, too.
pub(super) async fn update(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    request: Request,
) -> Result<Response, DeckError> {
    if ids.text("second") == "restore" {
        return bring_back(&cloud, &signed_in, &ids).await;
    }
    let (kind, number) = key(&ids)?;
    let card = ids.get("card")?;
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    let found = desk.open_card(card).await?;
    let attachment = desk.attachment(found.id, kind, number).await?.ok_or(ABSENT)?;
    desk.end().await?;
    let is_own = attachment.created_by == signed_in.user.as_str();
    if kind == AttachmentKind::File && !is_own {
        return Err(DeckError::Forbidden("Only its creator may replace this file"));
    }
    let Sent { name, content, .. } = form::read(&cloud, request, kind).await?;
    let mut desk = match kind {
        AttachmentKind::DeckFile => {
            let bytes = content.into_bytes()?;
            let mut desk = Desk::change(&cloud, &signed_in).await?;
            let card = desk.open_card(card).await?;
            desk.check_name(&card, kind, &name, attachment.id).await?;
            desk.check_free(&attachment.created_by, bytes.len(), attachment.id)
                .await?;
            desk.keep_bytes(attachment.id, &name, &bytes).await?;
            desk
        }
        AttachmentKind::File => {
            let home = cloud.content().home(&signed_in.user).await?;
            let entry = file_of(&home, &attachment).await?;
            let staged = content.into_staged(&cloud).await?;
            home.commit(&entry.path, staged, WriteOptions::default()).await?;
            Desk::change(&cloud, &signed_in).await?
        }
    };
    let card = desk.open_card(card).await?;
    desk.touch_attachment(attachment.id).await?;
    desk.touch_card(&card).await?;
    let attachment = desk.attachment(card.id, kind, number).await?.ok_or(ABSENT)?;
    let body = desk.show_attachment(&attachment).await?;
    desk.end().await?;
    Ok(done(&value(&body)))
}

/// `DELETE …/attachments/{type}/{id}`: a `deck_file` can be restored. A `file` goes to its creator's trash when the creator
/// does it; when others do, it stays and the card loses it.
pub(super) async fn delete(State(cloud): State<Cloud>, signed_in: SignedIn, ids: Ids) -> Result<Response, DeckError> {
    let (kind, number) = key(&ids)?;
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let card = desk.open_card(ids.get("card")?).await?;
    let attachment = desk.attachment(card.id, kind, number).await?.ok_or(ABSENT)?;
    let mut body = desk.show_attachment(&attachment).await?;
    body.deleted_at = desk.now;
    desk.delete_attachment(&attachment).await?;
    desk.touch_card(&card).await?;
    desk.end().await?;
    if kind == AttachmentKind::File && attachment.created_by == signed_in.user.as_str() {
        let home = cloud.content().home(&signed_in.user).await?;
        if let Ok(entry) = file_of(&home, &attachment).await {
            match home.delete(&entry.path, Vec::new()).await {
                // Moved, deleted or locked in this moment: the card has let go of it.
                Ok(()) | Err(ContentError::NotFound(_) | ContentError::Locked(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(done(&value(&body)))
}

/// `PUT …/attachments/{type}/{id}/restore`
pub(super) async fn restore(State(cloud): State<Cloud>, signed_in: SignedIn, ids: Ids) -> Result<Response, DeckError> {
    bring_back(&cloud, &signed_in, &ids).await
}

async fn bring_back(cloud: &Cloud, signed_in: &SignedIn, ids: &Ids) -> Result<Response, DeckError> {
    let (kind, number) = key(ids)?;
    let mut desk = Desk::change(cloud, signed_in).await?;
    let card = desk.open_card(ids.get("card")?).await?;
    if kind == AttachmentKind::File {
        return Err(DeckError::Forbidden("Restore is not allowed."));
    }
    let attachment = desk.restore_attachment(card.id, number).await?.ok_or(ABSENT)?;
    desk.check_name(&card, kind, &attachment.name, attachment.id).await?;
    desk.touch_card(&card).await?;
    let body = desk.show_attachment(&attachment).await?;
    desk.end().await?;
    Ok(done(&value(&body)))
}
