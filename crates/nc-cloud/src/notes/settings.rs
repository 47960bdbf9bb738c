use nc_auth::UserId;
use nc_proto::apps::notes::NotesSettings;

use crate::{Cloud, Error};

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
