use std::collections::HashMap;

use nc_auth::UserId;
use sqlx::SqliteConnection;

use super::notebook::NoteFile;
use crate::{Cloud, Error};

/// When each note was last seen to differ, by id. Looks, and writes down what is new.
pub(super) async fn look(cloud: &Cloud, user: &UserId, notes: &[NoteFile]) -> Result<HashMap<i64, i64>, Error> {
    let mut seen = HashMap::new();
    let rows: Vec<(i64, String, i64)> =
        sqlx::query_as("SELECT file_id, etag, changed_at FROM notes_seen WHERE user_id = ?")
            .bind(user.as_str())
            .fetch_all(cloud.db().reader())
            .await?;
    let mut known: HashMap<i64, (String, i64)> = rows.into_iter().map(|(id, etag, at)| (id, (etag, at))).collect();
    let now = cloud.now();
    let mut changed = Vec::new();
    for note in notes {
        let (id, etag) = (note.entry.id.0, note.etag());
        match known.remove(&id) {
            Some((known, at)) if known == etag => drop(seen.insert(id, at)),
            _ => {
                seen.insert(id, now);
                changed.push((id, etag));
            }
        }
    }
    if !changed.is_empty() || !known.is_empty() {
        let mut write = cloud.db().write().await?;
        for (id, etag) in changed {
            note_change(&mut write, user, id, &etag, now).await?;
        }
        for id in known.into_keys() {
            let query = sqlx::query("DELETE FROM notes_seen WHERE user_id = ? AND file_id = ?");
            query.bind(user.as_str()).bind(id).execute(&mut *write).await?;
        }
        write.commit().await?;
    }
    Ok(seen)
}

async fn note_change(write: &mut SqliteConnection, user: &UserId, id: i64, etag: &str, now: i64) -> Result<(), Error> {
    sqlx::query("INSERT OR REPLACE INTO notes_seen (user_id, file_id, etag, changed_at) VALUES (?, ?, ?, ?)")
        .bind(user.as_str())
        .bind(id)
        .bind(etag)
        .bind(now)
        .execute(write)
        .await?;
    Ok(())
}
