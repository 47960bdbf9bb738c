//! Rows as they go over the wire, in the several forms that Deck 1.16.7 gives them.

use std::collections::HashMap;

use nc_proto::{
    apps::deck::{self as wire, AclId, BoardId, BoardRights, CardId, LabelId, Participant, Person},
    etag::ETag,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    desk::Desk,
    error::DeckError,
    rights::{Right, Rights},
    rows::{Acl, Assignment, Board, Card, Label, Stack, members, select_stack},
    settings, times,
};

/// How much of a card is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// With labels and people.
    Whole,
    /// The row, with people as objects: after a card was archived or deleted.
    Row,
    /// The row, with the owner's id (P115): after cards were put in another order.
    BareRow,
    /// As [`Self::BareRow`], for lists of archived cards.
    ArchivedRow,
}

/// What hangs on cards, by card.
#[derive(Debug, Default)]
struct Hung {
    labels: HashMap<i64, Vec<Value>>,
    people: HashMap<i64, Vec<Value>>,
    attachments: HashMap<i64, i64>,
    /// All, and those that the person has not read.
    comments: HashMap<i64, (i64, i64)>,
}

/// A type of the wire format as a tree.
pub(super) fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

pub(super) fn stack(stack: &Stack, cards: Vec<Value>) -> Value {
    let mut value = json!({
        "id": stack.id, "title": stack.title, "boardId": stack.board, "deletedAt": stack.deleted_at,
        "lastModified": stack.last_modified, "order": stack.position, "ETag": stack.etag()
    });
    // Without cards there is no list of them (P120).
    if let (Value::Object(fields), false) = (&mut value, cards.is_empty()) {
        fields.insert("cards".to_owned(), cards.into());
    }
    value
}

pub(super) fn label(label: &Label, card: Option<i64>) -> wire::Label {
    wire::Label {
        id: LabelId(label.id),
        title: label.title.clone(),
        color: label.color.clone(),
        board_id: Some(BoardId(label.board)),
        card_id: card.map(CardId),
        last_modified: Some(label.last_modified),
        etag: ETag::parse(&label.etag()),
    }
}

/// A label that was just made has no time yet.
pub(super) fn new_label(new: &Label) -> wire::Label {
    wire::Label {
        last_modified: None,
        ..label(new, None)
    }
}

fn permissions(rights: Rights) -> BoardRights {
    BoardRights {
        permission_read: rights.allow(Right::Read),
        permission_edit: rights.allow(Right::Edit),
        permission_manage: rights.allow(Right::Manage),
        permission_share: rights.allow(Right::Share),
    }
}

impl Desk {
    /// A person or group, written out; the bare id when it is not known here.
    pub(super) async fn show_participant(&mut self, kind: i64, id: &str) -> Result<Participant, DeckError> {
        let name = if kind == 1 {
            let query = sqlx::query_scalar("SELECT group_id FROM group_members WHERE group_id = ? LIMIT 1");
            query.bind(id).fetch_optional(&mut *self.tx).await?
        } else if let Some(known) = self.names.get(id) {
            known.clone()
        } else {
            let query = sqlx::query_scalar("SELECT display_name FROM accounts WHERE id = ?");
            let name: Option<String> = query.bind(id).fetch_optional(&mut *self.tx).await?;
            self.names.insert(id.to_owned(), name.clone());
            name
        };
        Ok(match name {
            Some(displayname) => Participant::Person(Person {
                primary_key: id.to_owned(),
                uid: id.to_owned(),
                displayname,
                kind,
            }),
            None => Participant::Id(id.to_owned()),
        })
    }

    pub(super) async fn show_person(&mut self, id: &str) -> Result<Participant, DeckError> {
        self.show_participant(0, id).await
    }

    pub(super) async fn show_acl(&mut self, acl: &Acl) -> Result<wire::Acl, DeckError> {
        Ok(wire::Acl {
            id: AclId(acl.id),
            participant: self.show_participant(acl.kind, &acl.participant).await?,
            kind: acl.kind,
            board_id: BoardId(acl.board),
            permission_edit: acl.edit,
            permission_share: acl.share,
            permission_manage: acl.manage,
            owner: false,
        })
    }

    pub(super) async fn show_assignment(&mut self, assignment: &Assignment) -> Result<wire::Assignment, DeckError> {
        Ok(wire::Assignment {
            id: assignment.id,
            participant: self.show_participant(assignment.kind, &assignment.participant).await?,
            card_id: CardId(assignment.card),
            kind: assignment.kind,
        })
    }

    /// A board by itself, with empty lists of what is on it.
    pub(super) async fn show_bare_board(
        &mut self,
        board: &Board,
        rights: Rights,
    ) -> Result<Map<String, Value>, DeckError> {
        let mut fields = Map::new();
        let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        set("id", board.id.into());
        set("title", board.title.as_str().into());
        set("owner", value(&self.show_person(&board.owner).await?));
        set("color", board.color.as_str().into());
        set("archived", board.archived.into());
        set("permissions", value(&permissions(rights)));
        for list in ["labels", "acl", "users", "stacks", "activeSessions", "settings"] {
            set(list, json!([]));
        }
        set("deletedAt", board.deleted_at.into());
        set("lastModified", board.last_modified.into());
        set("ETag", board.etag().into());
        Ok(fields)
    }

    /// A board with its labels, people and stacks.
    pub(super) async fn show_board(&mut self, board: &Board, rights: Rights) -> Result<Map<String, Value>, DeckError> {
        let mut fields = self.show_bare_board(board, rights).await?;
        let labels = self.labels(board.id).await?;
        let labels = labels.iter().map(|row| value(&label(row, None))).collect();
        let query = sqlx::query_as(
            "SELECT id, board, kind, participant, edit, share, manage FROM deck_acl WHERE board = ? ORDER BY id",
        );
        let rows: Vec<Acl> = query.bind(board.id).fetch_all(&mut *self.tx).await?;
        let mut acl = Vec::new();
        for row in &rows {
            acl.push(value(&self.show_acl(row).await?));
        }
        let query = sqlx::query_scalar(concat!(
            "SELECT id FROM accounts WHERE id IN (",
            members!(),
            ") ORDER BY id <> ?2, id"
        ));
        let ids: Vec<String> = query.bind(board.id).bind(&board.owner).fetch_all(&mut *self.tx).await?;
        let mut users = Vec::new();
        for id in &ids {
            users.push(value(&self.show_person(id).await?));
        }
        let query = sqlx::query_as(select_stack!("deleted_at = 0 AND board = ? ORDER BY position, id"));
        let stacks: Vec<Stack> = query.bind(board.id).fetch_all(&mut *self.tx).await?;
        let stacks = stacks.iter().map(|row| stack(row, Vec::new())).collect();
        fields.insert("labels".to_owned(), Value::Array(labels));
        fields.insert("acl".to_owned(), acl.into());
        fields.insert("users".to_owned(), users.into());
        fields.insert("stacks".to_owned(), Value::Array(stacks));
        fields.insert("settings".to_owned(), settings::of_board(self, board.id).await?);
        Ok(fields)
    }

    /// A board's labels.
    pub(super) async fn labels(&mut self, board: i64) -> Result<Vec<Label>, DeckError> {
        let query = sqlx::query_as(
            "SELECT id, board, title, color, last_modified FROM deck_labels WHERE board = ? ORDER BY id",
        );
        Ok(query.bind(board).fetch_all(&mut *self.tx).await?)
    }

    /// One card.
    pub(super) async fn show_card(&mut self, card: &Card, form: Form) -> Result<Value, DeckError> {
        let shown = self.show_cards(std::slice::from_ref(card), form).await?;
        Ok(shown.into_iter().next().unwrap_or_default())
    }

    /// Cards, in the same order.
    pub(super) async fn show_cards(&mut self, cards: &[Card], form: Form) -> Result<Vec<Value>, DeckError> {
        let mut hung = match form {
            Form::Whole => self.hung_on(cards).await?,
            Form::Row | Form::BareRow | Form::ArchivedRow => Hung::default(),
        };
        let mut shown = Vec::with_capacity(cards.len());
        for card in cards {
            let owner = match form {
                Form::Whole | Form::Row => self.show_person(&card.owner).await?,
                Form::BareRow | Form::ArchivedRow => Participant::Id(card.owner.clone()),
            };
            let mut shown_card = json!({
                "id": card.id, "title": card.title, "description": card.description, "stackId": card.stack,
                "type": card.kind, "lastModified": card.last_modified, "lastEditor": card.last_editor,
                "createdAt": card.created_at, "labels": null, "assignedUsers": null, "attachments": null,
                "attachmentCount": null, "owner": owner, "order": card.position, "archived": card.archived,
                "done": card.done_at.map(times::write), "duedate": card.due_at.map(times::write),
                "deletedAt": card.deleted_at, "commentsUnread": 0, "commentsCount": 0, "ETag": card.etag()
            });
            if form == Form::Whole {
                let (comments, unread) = hung.comments.remove(&card.id).unwrap_or_default();
                shown_card["labels"] = hung.labels.remove(&card.id).unwrap_or_default().into();
                shown_card["assignedUsers"] = hung.people.remove(&card.id).unwrap_or_default().into();
                shown_card["attachmentCount"] = hung.attachments.remove(&card.id).unwrap_or_default().into();
                shown_card["commentsCount"] = comments.into();
                shown_card["commentsUnread"] = unread.into();
                shown_card["overdue"] = times::overdue(card.due_at, self.now).into();
                shown_card["referenceData"] = Value::Null;
            } else {
                shown_card["descriptionPrev"] = card.description_prev.clone().into();
                shown_card["notified"] = false.into();
                shown_card["relatedStack"] = Value::Null;
                shown_card["relatedBoard"] = Value::Null;
            }
            match form {
                Form::Row => shown_card["labels"] = json!([]),
                Form::ArchivedRow => shown_card["attachmentCount"] = 0.into(),
                Form::Whole | Form::BareRow => {}
            }
            shown.push(shown_card);
        }
        Ok(shown)
    }

    async fn hung_on(&mut self, cards: &[Card]) -> Result<Hung, DeckError> {
        let ids = Value::Array(cards.iter().map(|card| card.id.into()).collect()).to_string();
        let mut hung = Hung::default();
        let query = sqlx::query_as(
            "SELECT a.card, l.id, l.board, l.title, l.color, l.last_modified FROM deck_card_labels a \
             JOIN deck_labels l ON l.id = a.label WHERE a.card IN (SELECT value FROM json_each(?)) ORDER BY l.id",
        );
        let rows: Vec<CardLabel> = query.bind(&ids).fetch_all(&mut *self.tx).await?;
        for CardLabel { card, label: row } in rows {
            hung.labels
                .entry(card)
                .or_default()
                .push(value(&label(&row, Some(card))));
        }
        let query = sqlx::query_as(
            "SELECT id, card, kind, participant FROM deck_assignments \
             WHERE card IN (SELECT value FROM json_each(?)) ORDER BY id",
        );
        let rows: Vec<Assignment> = query.bind(&ids).fetch_all(&mut *self.tx).await?;
        for row in &rows {
            let shown = self.show_assignment(row).await?;
            hung.people.entry(row.card).or_default().push(value(&shown));
        }
        hung.attachments = self.count_attachments(&ids).await?;
        let query = sqlx::query_as(
            "SELECT c.card, count(*), sum(c.actor <> ?2 AND c.id > coalesce((SELECT r.comment FROM deck_comments_read r \
             WHERE r.card = c.card AND r.user_id = ?2), 0)) FROM deck_comments c \
             WHERE c.card IN (SELECT value FROM json_each(?1)) GROUP BY c.card",
        );
        let query = query.bind(&ids).bind(self.user.as_str());
        let rows: Vec<(i64, i64, i64)> = query.fetch_all(&mut *self.tx).await?;
        hung.comments = rows
            .into_iter()
            .map(|(card, all, unread)| (card, (all, unread)))
            .collect();
        Ok(hung)
    }
}

#[derive(sqlx::FromRow)]
struct CardLabel {
    card: i64,
    #[sqlx(flatten)]
    label: Label,
}
