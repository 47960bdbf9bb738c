use crate::{Cloud, Error};

/// Deletes for good what was deleted `kept_s` seconds ago or earlier: boards, stacks, cards, attachments.
pub(crate) async fn purge(cloud: &Cloud, kept_s: i64) -> Result<(), Error> {
    let before = cloud.now().saturating_sub(kept_s);
    let mut write = cloud.db().write().await?;
    for statement in [
        "DELETE FROM deck_boards WHERE deleted_at > 0 AND deleted_at <= ?",
        "DELETE FROM deck_stacks WHERE deleted_at > 0 AND deleted_at <= ?",
        "DELETE FROM deck_cards WHERE deleted_at > 0 AND deleted_at <= ?",
        "DELETE FROM deck_attachments WHERE deleted_at > 0 AND deleted_at <= ?",
    ] {
        sqlx::query(statement).bind(before).execute(&mut *write).await?;
    }
    // The settings of boards that are gone.
    sqlx::query("DELETE FROM deck_settings WHERE board > 0 AND board NOT IN (SELECT id FROM deck_boards)")
        .execute(&mut *write)
        .await?;
    Ok(write.commit().await?)
}
