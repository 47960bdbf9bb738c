use nc_store::AuditChain;
use sqlx::PgConnection;

use super::audit;
use crate::error::Error;

/// What ends by itself. Tokens go before grants, so that grants of which nothing is left are found in the same sweep.
const ENDED: &[&str] = &[
    "DELETE FROM tickets WHERE expires_at <= $1",
    "DELETE FROM codes WHERE expires_at <= $1",
    "DELETE FROM refresh_tokens WHERE expires_at <= $1",
    "DELETE FROM access_tokens WHERE expires_at <= $1",
    "DELETE FROM sessions WHERE expires_at <= $1",
    "DELETE FROM consents WHERE expires_at <= $1",
    "DELETE FROM clients WHERE expires_at <= $1",
];

const EMPTY_GRANTS: &str = "DELETE FROM grants
    WHERE NOT EXISTS (SELECT 1 FROM codes WHERE codes.grant_id = grants.id)
    AND NOT EXISTS (SELECT 1 FROM refresh_tokens WHERE refresh_tokens.grant_id = grants.id)
    AND NOT EXISTS (SELECT 1 FROM access_tokens WHERE access_tokens.grant_id = grants.id)";

pub(crate) async fn sweep(
    db: &mut PgConnection,
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
