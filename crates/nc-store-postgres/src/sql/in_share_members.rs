use nc_store::{InShareMemberRecord, InShareRecord, InShareState};
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::in_shares;
use crate::{error::Error, row};

pub(crate) async fn find(db: &mut PgConnection, share: &str, user: &str) -> Result<Option<InShareMemberRecord>, Error> {
    if !row::can_hold(share) || !row::can_hold(user) {
        return Ok(None);
    }
    let find = "SELECT share_id, user_id, state AS member_state, mount_point FROM ocm_in_share_member
        WHERE share_id = $1 AND user_id = $2";
    let found = sqlx::query(find).bind(share).bind(user).fetch_optional(db).await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list(db: &mut PgConnection, share: &str) -> Result<Vec<InShareMemberRecord>, Error> {
    let list = "SELECT share_id, user_id, state AS member_state, mount_point FROM ocm_in_share_member
        WHERE share_id = $1 ORDER BY user_id";
    let rows = sqlx::query(list).bind(share).fetch_all(db).await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn list_of_user(
    db: &mut PgConnection,
    user: &str,
) -> Result<Vec<(InShareRecord, InShareMemberRecord)>, Error> {
    if !row::can_hold(user) {
        return Ok(Vec::new());
    }
    let list = "SELECT ocm_in_share.*, share_id, user_id, ocm_in_share_member.state AS member_state, mount_point
        FROM ocm_in_share_member JOIN ocm_in_share ON ocm_in_share.id = share_id WHERE user_id = $1 ORDER BY number";
    let rows = sqlx::query(list).bind(user).fetch_all(db).await?;
    rows.iter().map(|row| Ok((in_shares::read(row)?, read(row)?))).collect()
}

pub(crate) async fn put(db: &mut PgConnection, member: &InShareMemberRecord) -> Result<(), Error> {
    let put = "INSERT INTO ocm_in_share_member (share_id, user_id, state, mount_point) VALUES ($1, $2, $3, $4)
        ON CONFLICT (share_id, user_id) DO UPDATE SET state = excluded.state, mount_point = excluded.mount_point";
    sqlx::query(put)
        .bind(&member.share)
        .bind(&member.user)
        .bind(member.state.word())
        .bind(&member.mount_point)
        .execute(db)
        .await?;
    Ok(())
}

fn read(row: &PgRow) -> Result<InShareMemberRecord, Error> {
    Ok(InShareMemberRecord {
        share: row.try_get("share_id")?,
        user: row.try_get("user_id")?,
        state: row::word(row, "member_state", InShareState::from_word)?,
        mount_point: row.try_get("mount_point")?,
    })
}
