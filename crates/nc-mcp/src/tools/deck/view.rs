//! Cards as lists show them: short or full, and only those that are wanted.

use nc_client::{BoardId, Card, WhichCards};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{answers::titles, card_url};
use crate::context::Context;

/// How much of cards is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Detail {
    #[default]
    Summary,
    Full,
}

/// Which cards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    All,
    #[default]
    Open,
    Done,
    Archived,
}

impl From<Status> for WhichCards {
    fn from(status: Status) -> Self {
        match status {
            Status::All => Self::All,
            Status::Open | Status::Done => Self::Current,
            Status::Archived => Self::Archived,
        }
    }
}

pub(crate) const fn default_preview() -> u32 {
    140
}

/// How lists show cards, and which.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct View {
    /// Full has descriptions.
    #[serde(default)]
    pub(crate) detail: Detail,
    /// Which cards.
    #[serde(default)]
    pub(crate) status: Status,
    /// With this label.
    pub(crate) label: Option<String>,
    /// Of this user id.
    pub(crate) assigned_to: Option<String>,
    /// Most characters of descriptions.
    pub(crate) description_max_length: Option<u32>,
    /// Characters in summaries, 0 for none.
    #[serde(default = "default_preview")]
    pub(crate) description_preview_length: u32,
}

impl Default for View {
    fn default() -> Self {
        Self {
            detail: Detail::default(),
            status: Status::default(),
            label: None,
            assigned_to: None,
            description_max_length: None,
            description_preview_length: default_preview(),
        }
    }
}

/// A card in a list.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CardView {
    id: i64,
    title: String,
    stack_id: i64,
    order: i64,
    archived: bool,
    labels: Vec<String>,
    assigned_users: Vec<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    has_description: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    description_preview: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duedate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    startdate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overdue: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachment_count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comments_count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comments_unread: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dependent_cards: Option<Vec<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_editor: Option<String>,
    #[serde(rename = "ETag", skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// Picks cards, and remembers those of which the cloud does not tell whether they are wanted.
pub(super) struct Filter<'a> {
    view: &'a View,
    unknown: usize,
}

impl<'a> Filter<'a> {
    pub(super) const fn new(view: &'a View) -> Self {
        Self { view, unknown: 0 }
    }

    /// The cards that are wanted, as they are shown.
    pub(super) fn cards(&mut self, context: &Context, board: BoardId, cards: Vec<Card>) -> Vec<CardView> {
        let wanted = cards.into_iter().filter(|card| self.wants(card));
        let wanted: Vec<Card> = wanted.collect();
        wanted
            .into_iter()
            .map(|card| shown(context, board, card, self.view))
            .collect()
    }

    /// Says what could not be judged.
    pub(super) fn message(&self) -> Option<String> {
        let unknown = self.unknown;
        (unknown > 0).then(|| {
            format!(
                "{unknown} archived cards are left out: the cloud does not tell their labels and people in lists; read them \
                 with deck_get_card"
            )
        })
    }

    fn wants(&mut self, card: &Card) -> bool {
        let status = match self.view.status {
            Status::All => true,
            Status::Open => !card.archived && card.done.is_none(),
            Status::Done => !card.archived && card.done.is_some(),
            Status::Archived => card.archived,
        };
        if !status {
            return false;
        }
        let labelled = self.view.label.as_ref().map(|wanted| {
            let labels = card.labels.as_ref()?;
            let wanted = wanted.to_lowercase();
            Some(labels.iter().any(|label| label.title.to_lowercase() == wanted))
        });
        let assigned = self.view.assigned_to.as_ref().map(|wanted| {
            let users = card.assigned_users.as_ref()?;
            Some(users.iter().any(|user| user.participant.id() == wanted))
        });
        let judged = [labelled, assigned];
        if judged.contains(&Some(None)) {
            self.unknown += 1;
            return false;
        }
        judged.iter().flatten().all(|fits| *fits == Some(true))
    }
}

fn shown(context: &Context, board: BoardId, card: Card, view: &View) -> CardView {
    let mut shown = CardView {
        id: card.id.0,
        stack_id: card.stack_id.0,
        order: card.order,
        archived: card.archived,
        labels: card.labels.as_deref().map(titles).unwrap_or_default(),
        assigned_users: card
            .assigned_users
            .iter()
            .flatten()
            .map(|user| user.participant.id().to_owned())
            .collect(),
        has_description: !card.description.is_empty(),
        duedate: card.duedate,
        startdate: card.startdate,
        done: card.done,
        overdue: card.overdue.filter(|overdue| *overdue > 0),
        attachment_count: card.attachment_count.filter(|count| *count > 0),
        comments_count: Some(card.comments_count).filter(|count| *count > 0),
        title: card.title,
        ..CardView::default()
    };
    match view.detail {
        Detail::Summary => {
            let length = view.description_preview_length as usize;
            let line = card.description.split_whitespace().collect::<Vec<_>>().join(" ");
            shown.description_preview = (length > 0 && !line.is_empty()).then(|| cut(&line, length));
        }
        Detail::Full => {
            shown.description = Some(match view.description_max_length {
                Some(length) => cut(&card.description, length as usize),
                None => card.description,
            });
            shown.kind = Some(card.kind);
            shown.owner = Some(card.owner.id().to_owned());
            shown.color = card.color;
            shown.comments_unread = Some(card.comments_unread);
            let dependent = card.dependent_cards;
            shown.dependent_cards = dependent.map(|cards| cards.into_iter().map(|card| card.0).collect());
            shown.last_modified = Some(card.last_modified);
            shown.created_at = Some(card.created_at);
            shown.last_editor = card.last_editor;
            shown.etag = card.etag.as_ref().map(ToString::to_string);
            shown.url = Some(card_url(context, board, card.id));
        }
    }
    shown
}

/// At most so many characters, with a mark where something is missing.
pub(super) fn cut(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn card(fields: &Value) -> Card {
        let mut card = json!({ "id": 1, "title": "t", "stackId": 2, "labels": [], "assignedUsers": [] });
        for (name, value) in fields.as_object().expect("fields") {
            card[name] = value.clone();
        }
        serde_json::from_value(card).expect("a card")
    }

    fn counts(view: &View) -> [bool; 3] {
        let done = json!({ "done": "2026-11-21T00:00:00Z" });
        [json!({}), done, json!({ "archived": true })].map(|fields| Filter::new(view).wants(&card(&fields)))
    }

    #[test]
    fn open_done_and_archived_are_three_things_and_all_is_each() {
        let with = |status| View {
            status,
            ..View::default()
        };
        assert_eq!(counts(&with(Status::Open)), [true, false, false]);
        assert_eq!(counts(&with(Status::Done)), [false, true, false]);
        assert_eq!(counts(&with(Status::Archived)), [false, false, true]);
        assert_eq!(counts(&with(Status::All)), [true, true, true]);
    }

    #[test]
    fn labels_are_found_by_title_in_any_case_and_people_by_id() {
        let full = card(&json!({
            "labels": [{ "id": 1, "title": "Urgent" }],
            "assignedUsers": [{ "id": 1, "cardId": 1, "participant": { "uid": "carol" } }],
        }));
        for (label, person, fits) in [
            (Some("urgent"), None, true),
            (Some("urgent"), Some("carol"), true),
            (Some("urgent"), Some("dave"), false),
            (Some("urg"), None, false),
            (None, Some("Carol"), false),
        ] {
            let view = View {
                label: label.map(str::to_owned),
                assigned_to: person.map(str::to_owned),
                ..View::default()
            };
            assert_eq!(Filter::new(&view).wants(&full), fits, "{label:?} {person:?}");
        }
    }

    #[test]
    fn what_the_cloud_does_not_tell_is_said() {
        let view = View {
            status: Status::All,
            label: Some("x".to_owned()),
            ..View::default()
        };
        let mut filter = Filter::new(&view);
        assert!(!filter.wants(&card(&json!({ "labels": null, "archived": true }))));
        assert!(!filter.wants(&card(&json!({}))));
        assert!(
            filter
                .message()
                .is_some_and(|message| message.starts_with("1 archived cards are left out"))
        );
    }

    #[test]
    fn texts_are_cut_at_characters() {
        assert_eq!(cut("äöü", 2), "äö…");
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöü", 0), "…");
    }
}
