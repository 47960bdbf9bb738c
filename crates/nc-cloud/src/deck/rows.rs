//! What lies in the database, as it lies there.

use md5::{Digest, Md5};
use sqlx::FromRow;

/// A tag that moves with every change, also with the second one within a second. Deck's own knows seconds only.
fn tag(last_modified: i64, revision: i64) -> String {
    hex::encode(Md5::digest(format!("{last_modified}-{revision}")))
}

#[derive(Debug, Clone, FromRow)]
pub(super) struct Board {
    pub(super) id: i64,
    pub(super) owner: String,
    pub(super) title: String,
    pub(super) color: String,
    pub(super) archived: bool,
    pub(super) last_modified: i64,
    revision: i64,
    pub(super) deleted_at: i64,
}

impl Board {
    pub(super) fn etag(&self) -> String {
        tag(self.last_modified, self.revision)
    }
}

#[derive(Debug, Clone, FromRow)]
pub(super) struct Stack {
    pub(super) id: i64,
    pub(super) board: i64,
    pub(super) title: String,
    pub(super) position: i64,
    pub(super) last_modified: i64,
    revision: i64,
    pub(super) deleted_at: i64,
}

impl Stack {
    pub(super) fn etag(&self) -> String {
        tag(self.last_modified, self.revision)
    }
}

#[derive(Debug, Clone, FromRow)]
pub(super) struct Card {
    pub(super) id: i64,
    pub(super) stack: i64,
    pub(super) board: i64,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) description_prev: Option<String>,
    pub(super) kind: String,
    pub(super) owner: String,
    pub(super) position: i64,
    pub(super) archived: bool,
    pub(super) done_at: Option<i64>,
    pub(super) due_at: Option<i64>,
    pub(super) last_editor: Option<String>,
    pub(super) created_at: i64,
    pub(super) last_modified: i64,
    revision: i64,
    pub(super) deleted_at: i64,
}

impl Card {
    pub(super) fn etag(&self) -> String {
        tag(self.last_modified, self.revision)
    }
}

#[derive(Debug, Clone, FromRow)]
pub(super) struct Label {
    pub(super) id: i64,
    pub(super) board: i64,
    pub(super) title: String,
    pub(super) color: String,
    pub(super) last_modified: i64,
}

impl Label {
    pub(super) fn etag(&self) -> String {
        hex::encode(Md5::digest(self.last_modified.to_string()))
    }
}

/// Somebody in a board's list.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Acl {
    pub(super) id: i64,
    pub(super) board: i64,
    pub(super) kind: i64,
    pub(super) participant: String,
    pub(super) edit: bool,
    pub(super) share: bool,
    pub(super) manage: bool,
}

/// Somebody who works on a card.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Assignment {
    pub(super) id: i64,
    pub(super) card: i64,
    pub(super) kind: i64,
    pub(super) participant: String,
}

/// The columns of a [`Board`].
macro_rules! select_board {
    ($condition:literal) => {
        concat!(
            "SELECT id, owner, title, color, archived, last_modified, revision, deleted_at FROM deck_boards WHERE ",
            $condition
        )
    };
}

/// The columns of a [`Stack`].
macro_rules! select_stack {
    ($condition:literal) => {
        concat!(
            "SELECT id, board, title, position, last_modified, revision, deleted_at FROM deck_stacks WHERE ",
            $condition
        )
    };
}

/// The columns of a [`Card`]; `c` is the card, `s` its stack.
macro_rules! select_card {
    ($condition:literal) => {
        concat!(
            "SELECT c.id, c.stack, s.board, c.title, c.description, c.description_prev, c.kind, c.owner, c.position, ",
            "c.archived, c.done_at, c.due_at, c.last_editor, c.created_at, c.last_modified, c.revision, c.deleted_at ",
            "FROM deck_cards c JOIN deck_stacks s ON s.id = c.stack WHERE ",
            $condition
        )
    };
}

/// The ids of everybody who sees the board `?1`.
macro_rules! members {
    () => {
        "SELECT owner FROM deck_boards WHERE id = ?1 \
         UNION SELECT participant FROM deck_acl WHERE board = ?1 AND kind = 0 \
         UNION SELECT user_id FROM group_members WHERE group_id IN \
         (SELECT participant FROM deck_acl WHERE board = ?1 AND kind = 1)"
    };
}

pub(super) use {members, select_board, select_card, select_stack};
