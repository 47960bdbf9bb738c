use nc_store::{InShareMemberRecord, InShareRecord, InShareState};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::in_shares;
use crate::{error::Error, row};

pub(crate) async fn find(
    db: &mut SqliteConnection,
    share: &str,
    user: &str,
) -> Result<Option<InShareMemberRecord>, Error> {
    let find = "SELECT share_id, user_id, state AS member_state, mount_point FROM ocm_in_share_member
        WHERE share_id = ? AND user_id = ?";
    let found = sqlx::query(find).bind(share).bind(user).fetch_optional(db).await?;
    found.as_ref().map(read).transpose()
}

pub(crate) async fn list(db: &mut SqliteConnection, share: &str) -> Result<Vec<InShareMemberRecord>, Error> {
    let list = "SELECT share_id, user_id, state AS member_state, mount_point FROM ocm_in_share_member
        WHERE share_id = ? ORDER BY user_id";
    let rows = sqlx::query(list).bind(share).fetch_all(db).await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn list_of_user(
    db: &mut SqliteConnection,
    user: &str,
) -> Result<Vec<(InShareRecord, InShareMemberRecord)>, Error> {
    let list = "SELECT ocm_in_share.*, share_id, user_id, ocm_in_share_member.state AS member_state, mount_point
        FROM ocm_in_share_member JOIN ocm_in_share ON ocm_in_share.id = share_id WHERE user_id = ? ORDER BY number";
    let rows = sqlx::query(list).bind(user).fetch_all(db).await?;
    rows.iter().map(|row| Ok((in_shares::read(row)?, read(row)?))).collect()
}

pub(crate) async fn put(db: &mut SqliteConnection, member: &InShareMemberRecord) -> Result<(), Error> {
    let put = "INSERT INTO ocm_in_share_member (share_id, user_id, state, mount_point) VALUES (?, ?, ?, ?)
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

fn read(row: &SqliteRow) -> Result<InShareMemberRecord, Error> {
    Ok(InShareMemberRecord {
        share: row.try_get("share_id")?,
        user: row.try_get("user_id")?,
        state: row::word(row, "member_state", InShareState::from_word)?,
        mount_point: row.try_get("mount_point")?,
    })
}
