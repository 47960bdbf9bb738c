use axum::{extract::State, response::Response};
use http::StatusCode;
use nc_auth::{Scope, ScopeSet, UserId};
use nc_proto::apps::notes::NotesSettings;

use super::{
    error::NotesError,
    handlers::reply,
    input::{self, Input},
    names,
};
use crate::{Cloud, Error, SignedIn};

/// How the web interface opens notes; we keep the wish for clients that read it.
const MODES: [&str; 3] = ["rich", "edit", "preview"];

/// A user's settings; the defaults until the first change.
pub(crate) async fn settings(cloud: &Cloud, user: &UserId) -> Result<NotesSettings, Error> {
    let row: Option<(String, String, String)> =
        sqlx::query_as("SELECT notes_path, file_suffix, note_mode FROM notes_settings WHERE user_id = ?")
            .bind(user.as_str())
            .fetch_optional(cloud.db().reader())
            .await?;
    let (notes_path, file_suffix, note_mode) =
        row.unwrap_or_else(|| ("Notes".to_owned(), ".md".to_owned(), "rich".to_owned()));
    Ok(NotesSettings {
        notes_path,
        file_suffix,
        note_mode: Some(note_mode),
    })
}

/// `GET …/settings`
pub(super) async fn show(State(cloud): State<Cloud>, signed_in: SignedIn) -> Result<Response, NotesError> {
    Ok(reply(StatusCode::OK, &settings(&cloud, &signed_in.user).await?))
}

/// `PUT …/settings`: changes the given ones, answers all.
pub(super) async fn change(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    input: Input,
) -> Result<Response, NotesError> {
    let user = &signed_in.user;
    let _turn = cloud.note_turns().take(user).await;
    let before = settings(&cloud, user).await?;
    let mut settings = before.clone();
    if let Some(path) = input::text(&input, "notesPath")? {
        let folders = names::category(&path);
        settings.notes_path = if folders.is_empty() {
            "Notes".to_owned()
        } else {
            folders.join("/")
        };
    }
    if let Some(suffix) = input::text(&input, "fileSuffix")? {
        settings.file_suffix =
            names::suffix(&suffix).ok_or(NotesError::Invalid("fileSuffix is a dot and some letters"))?;
    }
    if let Some(mode) = input::text(&input, "noteMode")? {
        if !MODES.contains(&mode.as_str()) {
            return Err(NotesError::Invalid("noteMode is rich, edit or preview"));
        }
        settings.note_mode = Some(mode);
    }
    if (&settings.notes_path, &settings.file_suffix) != (&before.notes_path, &before.file_suffix) {
        // They say which of the person's files are notes.
        let files = ScopeSet::EMPTY.with(Scope::FilesRead).with(Scope::FilesWrite);
        let missing = signed_in.grants.missing(files);
        if !missing.is_empty() {
            return Err(NotesError::LacksScope(missing));
        }
    }
    store(&cloud, user, &settings).await?;
    Ok(reply(StatusCode::OK, &settings))
}

async fn store(cloud: &Cloud, user: &UserId, settings: &NotesSettings) -> Result<(), Error> {
    let mut write = cloud.db().write().await?;
    sqlx::query(
        "INSERT OR REPLACE INTO notes_settings (user_id, notes_path, file_suffix, note_mode) VALUES (?, ?, ?, ?)",
    )
    .bind(user.as_str())
    .bind(&settings.notes_path)
    .bind(&settings.file_suffix)
    .bind(settings.note_mode.as_deref().unwrap_or("rich"))
    .execute(&mut *write)
    .await?;
    Ok(write.commit().await?)
}
