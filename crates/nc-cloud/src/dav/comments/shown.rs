use nc_auth::UserId;
use nc_proto::dav::{Element, Name, PropStat, Propfind, Response as Entry, props};

use super::path;
use crate::{
    content::Comment,
    dav::{DavError, answer, root::known_properties, visit::Visit},
};

/// So many people are looked for in one comment.
const MOST_MENTIONS: usize = 20;

/// Properties that a report leaves out: they came later.
const NOT_IN_REPORTS: [&str; 4] = ["referenceId", "reactions", "metaData", "expireDate"];

/// A comment with the names of people.
pub(super) struct Shown<'a> {
    comment: &'a Comment,
    actor_name: String,
    /// Id and name of everybody who is mentioned.
    mentions: Vec<(UserId, String)>,
}

impl<'a> Shown<'a> {
    pub(super) async fn new(visit: &Visit, comment: &'a Comment) -> Result<Self, DavError> {
        let mut mentions = Vec::new();
        for id in mentioned(&comment.message) {
            let id = UserId::new(id);
            if let Some(account) = visit.cloud.find_user(&id).await? {
                mentions.push((id, account.display_name));
            }
        }
        Ok(Self {
            comment,
            actor_name: visit.cloud.display_name(&comment.actor).await?.to_string(),
            mentions,
        })
    }

    fn elements(&self) -> Vec<Element> {
        let comment = self.comment;
        let text = |name: &'static str, value: String| Element::text(Name::oc(name), value);
        let latest = comment.latest_child_at.map(answer::http_date).unwrap_or_default();
        let mentions = self.mentions.iter().map(|(id, name)| {
            Element::new(Name::oc("mention"))
                .with(text("mentionType", "user".to_owned()))
                .with(text("mentionId", id.to_string()))
                .with(text("mentionDisplayName", name.clone()))
        });
        vec![
            text("id", comment.id.to_string()),
            text("parentId", comment.parent_id.to_string()),
            text("topmostParentId", comment.topmost_parent_id.to_string()),
            text("childrenCount", comment.children_count.to_string()),
            text("verb", comment.verb.clone()),
            text("actorType", "users".to_owned()),
            text("actorId", comment.actor.to_string()),
            text("creationDateTime", answer::http_date(comment.created_at)),
            text("latestChildDateTime", latest),
            text("objectType", "files".to_owned()),
            text("objectId", comment.file.to_string()),
            text("message", comment.message.clone()),
            text("actorDisplayName", self.actor_name.clone()),
            text("isUnread", comment.is_unread.to_string()),
            Element::new(Name::oc("mentions")).with_all(mentions),
            text("referenceId", String::new()),
            text("reactions", String::new()),
            text("metaData", String::new()),
            text("expireDate", String::new()),
        ]
    }

    fn href(&self, visit: &Visit) -> String {
        visit.place.href(&path(self.comment.file, Some(self.comment.id)), false)
    }
}

pub(super) fn describe(visit: &Visit, question: &Propfind, shown: &Shown<'_>) -> Entry {
    let mut known = shown.elements();
    known.push(Element::new(props::RESOURCETYPE));
    known_properties(shown.href(visit), question, &known)
}

pub(super) fn describe_for_report(visit: &Visit, shown: &Shown<'_>) -> Entry {
    let mut known = shown.elements();
    known.retain(|element| !NOT_IN_REPORTS.contains(&element.name.local()));
    Entry::of_props(shown.href(visit), vec![PropStat::new(200, known)])
}

/// Who may be mentioned in a text: `@id`, and `@"an id"` where it has spaces.
fn mentioned(message: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let mut rest = message;
    let mut before = None;
    while let Some(at) = rest.find('@') {
        let behind = &rest[at + 1..];
        before = rest[..at].chars().next_back().or(before);
        let starts = before.is_none_or(|character| !character.is_alphanumeric());
        let id = if let Some(quoted) = behind.strip_prefix('"') {
            quoted.split_once('"').map_or("", |(id, _)| id)
        } else {
            let is_id = |character: char| character.is_alphanumeric() || "_.@'-".contains(character);
            let end = behind.find(|character| !is_id(character)).unwrap_or(behind.len());
            behind[..end].trim_end_matches(['.', '\''])
        };
        if starts && !id.is_empty() && !found.contains(&id) && found.len() < MOST_MENTIONS {
            found.push(id);
        }
        before = Some('@');
        rest = &behind[id.len().min(behind.len())..];
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn people_are_found_with_and_without_quotes() {
        assert_eq!(mentioned("First! @\"dave\" please look"), ["dave"]);
        assert_eq!(mentioned("@anna, @\"jane doe\" and @anna."), ["anna", "jane doe"]);
        assert_eq!(mentioned("write to carol@example.org"), Vec::<&str>::new());
        assert_eq!(mentioned("@ @\"\" @\"open"), Vec::<&str>::new());
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in ".{0,80}") {
            mentioned(&text);
        }
    }
}
