use nc_store::RefreshState;
use sqlx::SqliteConnection;

use crate::{batch::Batch, error::Error};

pub(crate) async fn find(db: &mut SqliteConnection, base: &str, uid: &str) -> Result<Option<String>, Error> {
    Ok(
        sqlx::query_scalar("SELECT subject FROM subjects WHERE base = ? AND uid = ?")
            .bind(base)
            .bind(uid)
            .fetch_optional(db)
            .await?,
    )
}

pub(crate) async fn find_account(db: &mut SqliteConnection, subject: &str) -> Result<Option<(String, String)>, Error> {
    Ok(sqlx::query_as("SELECT base, uid FROM subjects WHERE subject = ?")
        .bind(subject)
        .fetch_optional(db)
        .await?)
}

pub(crate) async fn get(
    db: &mut SqliteConnection,
    base: &str,
    uid: &str,
    fresh: &str,
    now: i64,
) -> Result<String, Error> {
    if let Some(subject) = find(&mut *db, base, uid).await? {
        return Ok(subject);
    }
    sqlx::query("INSERT INTO subjects (base, uid, subject, created_at) VALUES (?, ?, ?, ?)")
        .bind(base)
        .bind(uid)
        .bind(fresh)
        .bind(now)
        .execute(db)
        .await?;
    Ok(fresh.to_owned())
}

pub(crate) async fn note_credential(
    db: &mut SqliteConnection,
    subject: &str,
    needed_until: Option<i64>,
) -> Result<(), Error> {
    sqlx::query("UPDATE subjects SET credential_needed_until = ? WHERE subject = ?")
        .bind(needed_until)
        .bind(subject)
        .execute(db)
        .await?;
    Ok(())
}

pub(crate) fn need_credential(batch: &mut Batch, subject: &str, until: i64) -> Result<(), Error> {
    let update = "UPDATE subjects SET credential_needed_until = ?
        WHERE subject = ? AND credential_needed_until IS NOT NULL";
    batch.add(update).bind(until)?.bind(subject)?;
    Ok(())
}

pub(crate) async fn list_unneeded_credentials(
    db: &mut SqliteConnection,
    subject: Option<&str>,
    now: i64,
) -> Result<Vec<String>, Error> {
    // A spent code and a spent refresh token are kept to notice a second use only.
    let select = "SELECT subject FROM subjects WHERE credential_needed_until <= ?1 AND (?2 IS NULL OR subject = ?2)
        AND NOT EXISTS (SELECT 1 FROM grants
            WHERE grants.subject = subjects.subject AND grants.revoked_at IS NULL AND (
                EXISTS (SELECT 1 FROM codes
                    WHERE codes.grant_id = grants.id AND codes.spent = 0 AND codes.expires_at > ?1)
                OR EXISTS (SELECT 1 FROM refresh_tokens WHERE refresh_tokens.grant_id = grants.id
                    AND refresh_tokens.state = ?3 AND refresh_tokens.expires_at > ?1)
                OR EXISTS (SELECT 1 FROM access_tokens WHERE access_tokens.grant_id = grants.id
                    AND access_tokens.revoked_at IS NULL AND access_tokens.expires_at > ?1)))
        ORDER BY subject";
    Ok(sqlx::query_scalar(select)
        .bind(now)
        .bind(subject)
        .bind(RefreshState::Live.word())
        .fetch_all(db)
        .await?)
}
