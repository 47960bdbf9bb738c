//! Who may use a board. Those who may share it change the list; only those who manage the board give away rights that they do
//! not have themselves, which nobody has more of.

use axum::{extract::State, response::Response};

use super::{
    desk::Desk,
    done,
    error::DeckError,
    input::{Ids, Input},
    people,
    rights::{Right, Rights},
    rows::Acl,
};
use crate::{Cloud, SignedIn};

/// Longest id of a user or group.
const LONGEST_PARTICIPANT: usize = 64;

/// Rights as they are wanted or given: edit, share, manage.
type Three = [bool; 3];

/// What becomes of the wanted rights: who does not manage the board gives only what they have, and leaves the rest as it was.
fn masked(rights: Rights, wanted: Three, before: Three) -> Three {
    if rights.allow(Right::Manage) {
        return wanted;
    }
    let own = [Right::Edit, Right::Share, Right::Manage].map(|right| rights.allow(right));
    std::array::from_fn(|index| if own[index] { wanted[index] } else { before[index] })
}

fn wanted(input: &Input) -> Result<Three, DeckError> {
    let get = |name| input.boolean(name).map(Option::unwrap_or_default);
    Ok([
        get("permissionEdit")?,
        get("permissionShare")?,
        get("permissionManage")?,
    ])
}

/// `POST …/boards/{board}/acl` with `type` (0 user, 1 group), `participant` and the three permissions.
pub(super) async fn create(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    input: Input,
) -> Result<Response, DeckError> {
    let id = ids.get("board")?;
    let kind = input.required_number("type")?;
    if !(0..=1).contains(&kind) {
        return Err(DeckError::invalid("type must be 0 for a user or 1 for a group"));
    }
    let participant = input.title("participant", LONGEST_PARTICIPANT)?;
    let wanted = wanted(&input)?;
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let (board, rights) = desk.board(id, Right::Share).await?;
    if kind == 0 && participant == board.owner {
        return Err(DeckError::invalid("The owner of the board has every right already"));
    }
    let [edit, share, manage] = masked(rights, wanted, [false; 3]);
    let query = sqlx::query_scalar(
        "INSERT OR IGNORE INTO deck_acl (board, kind, participant, edit, share, manage) VALUES (?, ?, ?, ?, ?, ?) \
         RETURNING id",
    );
    let query = query
        .bind(board.id)
        .bind(kind)
        .bind(&participant)
        .bind(edit)
        .bind(share)
        .bind(manage);
    let new: Option<i64> = query.fetch_optional(&mut *desk.tx).await?;
    let new =
        new.ok_or_else(|| DeckError::invalid("The participant is in the list already, change the entry instead"))?;
    desk.touch_board(board.id).await?;
    answer(desk, new).await
}

/// `PUT …/boards/{board}/acl/{acl}` with the three permissions.
pub(super) async fn update(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    input: Input,
) -> Result<Response, DeckError> {
    let id = ids.get("acl")?;
    let wanted = wanted(&input)?;
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let (acl, rights) = shared(&mut desk, id).await?;
    let [edit, share, manage] = masked(rights, wanted, [acl.edit, acl.share, acl.manage]);
    sqlx::query("UPDATE deck_acl SET edit = ?, share = ?, manage = ? WHERE id = ?")
        .bind(edit)
        .bind(share)
        .bind(manage)
        .bind(id)
        .execute(&mut *desk.tx)
        .await?;
    desk.touch_board(acl.board).await?;
    answer(desk, id).await
}

/// `DELETE …/boards/{board}/acl/{acl}`: who loses the board is taken off its cards, too.
pub(super) async fn delete(State(cloud): State<Cloud>, signed_in: SignedIn, ids: Ids) -> Result<Response, DeckError> {
    let id = ids.get("acl")?;
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let (acl, _) = shared(&mut desk, id).await?;
    let body = desk.show_acl(&acl).await?;
    sqlx::query("DELETE FROM deck_acl WHERE id = ?")
        .bind(id)
        .execute(&mut *desk.tx)
        .await?;
    people::unassign_strangers(&mut desk, acl.board).await?;
    desk.touch_board(acl.board).await?;
    desk.end().await?;
    Ok(done(&body))
}

/// An entry of a board that the person may share.
async fn shared(desk: &mut Desk, id: i64) -> Result<(Acl, Rights), DeckError> {
    let acl = find(desk, id).await?.ok_or(DeckError::Denied)?;
    let (_, rights) = desk.board(acl.board, Right::Share).await?;
    Ok((acl, rights))
}

async fn find(desk: &mut Desk, id: i64) -> Result<Option<Acl>, DeckError> {
    let query = sqlx::query_as("SELECT id, board, kind, participant, edit, share, manage FROM deck_acl WHERE id = ?");
    Ok(query.bind(id).fetch_optional(&mut *desk.tx).await?)
}

async fn answer(mut desk: Desk, id: i64) -> Result<Response, DeckError> {
    let acl = find(&mut desk, id).await?.ok_or(DeckError::Denied)?;
    let body = desk.show_acl(&acl).await?;
    desk.end().await?;
    Ok(done(&body))
}
