use super::{desk::Desk, error::DeckError, rows::Board};

/// What somebody can be allowed to do with a board and everything on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    Read = 1,
    Edit = 2,
    Manage = 4,
    Share = 8,
}

/// What a person may do with one board, and through what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rights {
    mask: u8,
    /// 0: it is the person's own, 1: shared with the person, 2: with a group.
    pub(super) shared: u8,
}

impl Rights {
    const OWNER: Self = Self { mask: 15, shared: 0 };

    pub(super) const fn allow(self, right: Right) -> bool {
        self.mask & right as u8 != 0
    }
}

impl Desk {
    /// What the person may do with a board, whether it was deleted or not. Shares with the person and with the person's
    /// groups add up.
    pub(super) async fn rights(&mut self, board: &Board) -> Result<Rights, DeckError> {
        if board.owner == self.user.as_str() {
            return Ok(Rights::OWNER);
        }
        let query = sqlx::query_as(
            "SELECT count(*), coalesce(max(edit), 0), coalesce(max(manage), 0), coalesce(max(share), 0), \
             coalesce(max(kind = 0), 0) FROM deck_acl WHERE board = ?1 AND ((kind = 0 AND participant = ?2) \
             OR (kind = 1 AND participant IN (SELECT group_id FROM group_members WHERE user_id = ?2)))",
        );
        let query = query.bind(board.id).bind(self.user.as_str());
        let (shares, edit, manage, share, directly): (i64, bool, bool, bool, bool) =
            query.fetch_one(&mut *self.tx).await?;
        let held = [
            (shares > 0, Right::Read),
            (edit, Right::Edit),
            (manage, Right::Manage),
            (share, Right::Share),
        ];
        let held = held.into_iter().filter(|(holds, _)| *holds);
        Ok(Rights {
            mask: held.fold(0, |mask, (_, right)| mask | right as u8),
            shared: if directly { 1 } else { 2 },
        })
    }
}
