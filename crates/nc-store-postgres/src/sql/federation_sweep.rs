use sqlx::PgConnection;

use crate::error::Error;

/// How long an issued token is remembered beyond its end: clocks of others differ.
const REMEMBERED: i64 = 3600;
/// How long a share from another server is kept when it is over: so that what is said of it again is known to be a repetition.
const KEPT: i64 = 30 * 24 * 3600;

const ENDED: &[&str] = &[
    "UPDATE ocm_in_share SET token_sealed = NULL, token_expires_at = NULL WHERE token_expires_at <= $1",
    "UPDATE ocm_in_share SET lease_owner = NULL, lease_until = NULL WHERE lease_until <= $1",
    "UPDATE ocm_in_share SET secret_sealed = NULL WHERE secret_sealed IS NOT NULL AND expires_at <= $1",
    "DELETE FROM ocm_outbox WHERE expires_at <= $1 AND kind <> 'share'",
];

/// What was over before the time given here.
const OVER: &[&str] = &[
    "DELETE FROM ocm_in_share WHERE expires_at <= $1",
    "DELETE FROM ocm_in_share WHERE state = 'dead' AND created_at <= $1",
];

const DECLINED: &[&str] = &[
    "DELETE FROM ocm_in_share WHERE state = 'declined' AND NOT EXISTS (
        SELECT 1 FROM ocm_in_share_member WHERE share_id = ocm_in_share.id AND ocm_in_share_member.state <> 'declined')",
    "DELETE FROM ocm_in_share WHERE id IN (SELECT share_id FROM ocm_in_share_member WHERE state = 'declined')
        AND NOT EXISTS (
            SELECT 1 FROM ocm_in_share_member WHERE share_id = ocm_in_share.id AND ocm_in_share_member.state <> 'declined')",
];

pub(crate) async fn sweep(db: &mut PgConnection, now: i64) -> Result<u64, Error> {
    let mut rows = 0;
    for statement in ENDED {
        rows += sqlx::query(*statement)
            .bind(now)
            .execute(&mut *db)
            .await?
            .rows_affected();
    }
    for statement in DECLINED {
        rows += sqlx::query(*statement).execute(&mut *db).await?.rows_affected();
    }
    for statement in OVER {
        rows += sqlx::query(*statement)
            .bind(now.saturating_sub(KEPT))
            .execute(&mut *db)
            .await?
            .rows_affected();
    }
    let forgotten = sqlx::query("DELETE FROM ocm_issued_token WHERE expires_at <= $1")
        .bind(now.saturating_sub(REMEMBERED))
        .execute(db)
        .await?;
    Ok(rows + forgotten.rows_affected())
}
