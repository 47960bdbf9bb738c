//! Attachments, since version 1.4: files in a hidden folder beside the note.

use axum::{
    body::Body,
    extract::{
        State,
        multipart::{MultipartError, MultipartRejection},
    },
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use nc_proto::{apps::notes::NoteId, dav::DavPath};
use serde::Deserialize;
use serde_json::json;
use tokio_util::io::ReaderStream;

use super::{
    error::NotesError,
    handlers::reply,
    notebook::{Notebook, attachments_folder},
};
use crate::{
    Cloud, SignedIn,
    address::{Path, Query},
    content::{Content, ContentError, Kind, Precondition, WriteOptions},
    form::Form,
    random,
};

/// `POST …/attachment/{id}` with one file: the name under which it was stored.
pub(super) async fn upload(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(id): Path<i64>,
    form: Result<Form, MultipartRejection>,
) -> Result<Response, NotesError> {
    const NO_FILE: NotesError = NotesError::Invalid("send one file as multipart/form-data");
    let mut form = form.map_err(|_| NO_FILE)?;
    // Found before the bytes come, and again after: they may take a while.
    let notebook = Notebook::open(&cloud, &signed_in.user).await?;
    notebook.get(NoteId(id)).await?;
    let mut field = loop {
        match form.next().await {
            Ok(Some(field)) if field.file_name().is_some() => break field,
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return Err(NO_FILE),
        }
    };
    let name = stored_name(field.file_name().unwrap_or_default())?;
    let mut staged = cloud.content().stage(None).await?;
    while let Some(bytes) = field.chunk().await.map_err(|error| broken(&error))? {
        staged.write(&bytes).await?;
    }
    let (notebook, _turn) = Notebook::open_for_change(&cloud, &signed_in.user).await?;
    let note = notebook.get(NoteId(id)).await?;
    let options = WriteOptions {
        precondition: Precondition::CreateOnly,
        create_parents: true,
        ..WriteOptions::default()
    };
    notebook
        .home
        .commit(&attachments_folder(&note).child(name.as_str()), staged, options)
        .await?;
    Ok(reply(StatusCode::OK, &json!({ "filename": name })))
}

fn broken(error: &MultipartError) -> NotesError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => NotesError::TooLarge,
        _ => NotesError::Invalid("the file broke off"),
    }
}

/// A random name with the ending of the sender's: notes refer to it, so it must not hit another's.
fn stored_name(sent: &str) -> Result<String, NotesError> {
    let name = hex::encode(random::secret_bytes::<16>()?);
    let ending = sent
        .rsplit_once('.')
        .map(|(_, ending)| ending)
        .filter(|ending| (1..=16).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    Ok(match ending {
        Some(ending) if !matches!(ending, "part" | "filepart") => format!("{name}.{ending}"),
        _ => name,
    })
}

/// Which attachment.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    path: String,
}

/// `GET …/attachment/{id}?path=`: `path` as the note's text refers to it, or the bare name that the upload answered.
pub(super) async fn download(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(id): Path<i64>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, NotesError> {
    match find(&cloud, &signed_in, NoteId(id), &wanted.path).await {
        Ok(response) => Ok(response),
        Err(NotesError::Content(ContentError::NotFound(_) | ContentError::WrongKind(_))) => {
            let mut response = NotesError::NoAttachment.into_response();
            response.headers_mut().remove("x-notes-api-versions");
            Ok(response)
        }
        Err(error) => Err(error),
    }
}

async fn find(cloud: &Cloud, signed_in: &SignedIn, id: NoteId, path: &str) -> Result<Response, NotesError> {
    let notebook = Notebook::open(cloud, &signed_in.user).await?;
    let note = notebook.get(id).await?;
    let folder = note.entry.path.parent().unwrap_or(DavPath::root());
    // Names only: `..` is none, so the path stays below the note's folder.
    let relative = DavPath::plain(path).map_err(|_| NotesError::NoAttachment)?;
    if relative.is_root() {
        return Err(NotesError::NoAttachment);
    }
    let inside = attachments_folder(&note).join(&relative);
    let opened = match notebook.home.open(&inside).await {
        Err(ContentError::NotFound(_)) => notebook.home.open(&folder.join(&relative)).await,
        opened => opened,
    };
    let (entry, file) = opened?;
    let mime = match &entry.kind {
        Kind::File { mime } => mime.clone(),
        Kind::Folder { .. } => Content::media_type(""),
    };
    let headers = [
        (header::CONTENT_TYPE, mime),
        (header::CONTENT_LENGTH, entry.size_bytes.to_string()),
        // Somebody else's HTML must not open as a page of this host.
        (header::CONTENT_DISPOSITION, "attachment".to_owned()),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(file))).into_response())
}
