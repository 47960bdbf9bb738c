use nc_store::AuditChain;
use sqlx::SqliteConnection;

use super::audit;
use crate::error::Error;

/// What ends by itself. Tokens go before grants, so that grants of which nothing is left are found in the same sweep.
///
/// Spent codes and refresh tokens stay for as long as their grant, so that a second use is noticed however late it comes.
const ENDED: &[&str] = &[
    "DELETE FROM tickets WHERE expires_at <= ?",
    "DELETE FROM codes WHERE expires_at <= ? AND spent = 0",
    "DELETE FROM refresh_tokens WHERE expires_at <= ? AND state = 'live'",
    "DELETE FROM access_tokens WHERE expires_at <= ?",
    "DELETE FROM sessions WHERE expires_at <= ?",
    "DELETE FROM logout_notices WHERE expires_at <= ?",
    "DELETE FROM consents WHERE expires_at <= ?",
    "DELETE FROM clients WHERE expires_at <= ?",
];

/// Nothing is left of a grant when what is left of it has been used: that goes with it.
const EMPTY_GRANTS: &str = "DELETE FROM grants
    WHERE NOT EXISTS (SELECT 1 FROM access_tokens WHERE access_tokens.grant_id = grants.id)
    AND NOT EXISTS (SELECT 1 FROM codes WHERE codes.grant_id = grants.id AND codes.spent = 0)
    AND NOT EXISTS (SELECT 1 FROM refresh_tokens
        WHERE refresh_tokens.grant_id = grants.id AND refresh_tokens.state = 'live')";

pub(crate) async fn sweep(
    db: &mut SqliteConnection,
    chain: &AuditChain,
    now: i64,
    audit_before: i64,
) -> Result<u64, Error> {
    let mut rows = 0;
    for delete in ENDED {
        rows += sqlx::query(*delete).bind(now).execute(&mut *db).await?.rows_affected();
    }
    rows += sqlx::query(EMPTY_GRANTS).execute(&mut *db).await?.rows_affected();
    Ok(rows + audit::sweep(db, chain, audit_before).await?)
}
