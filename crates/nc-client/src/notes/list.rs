use http::Method;
use nc_proto::apps::notes::{ListItem, NoteEntry, NoteId};

use super::Notes;
use crate::{Error, Subject, answer};

/// Notes asked for at once; the server sends the rest in further answers.
const CHUNK: u32 = 500;

/// Most answers that are asked for; more would mean that the server repeats itself.
const MOST_CHUNKS: usize = 1_000;

/// Which notes to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotesFilter {
    /// Which category; `None` for all.
    pub category: Option<CategoryFilter>,
    /// Whether to load the texts too. Without, a list of thousands stays small.
    pub with_content: bool,
}

/// Which category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CategoryFilter {
    /// Notes without a category.
    Uncategorized,
    /// Exactly this one, without those below.
    Exactly(String),
    /// This one and those below. The server cannot do that, so all are listed and looked at here.
    WithSubcategories(String),
}

impl CategoryFilter {
    fn admits(&self, category: &str) -> bool {
        match self {
            Self::Uncategorized => category.is_empty(),
            Self::Exactly(name) => category == name,
            Self::WithSubcategories(name) => category
                .strip_prefix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || name.is_empty()),
        }
    }
}

pub(super) async fn list(notes: &Notes<'_>, filter: &NotesFilter) -> Result<Vec<NoteEntry>, Error> {
    let mut all: Vec<NoteEntry> = Vec::new();
    let mut ids: Option<Vec<NoteId>> = None;
    let mut cursor: Option<String> = None;
    for _ in 0..MOST_CHUNKS {
        let mut request = notes.request(Method::GET, &["notes"], Subject::named("the list of notes"));
        match &filter.category {
            Some(CategoryFilter::Uncategorized) => request = request.query("category", ""),
            Some(CategoryFilter::Exactly(name)) => request = request.query("category", name.as_str()),
            Some(CategoryFilter::WithSubcategories(_)) | None => {}
        }
        if !filter.with_content {
            request = request.query("exclude", "content");
        }
        request = request.query("chunkSize", CHUNK.to_string());
        if let Some(cursor) = &cursor {
            request = request.query("chunkCursor", cursor.as_str());
        }
        let whole = request.header("accept", "application/json").read().await?;
        let items: Vec<ListItem> = answer::json(&whole)?;
        let next = whole
            .headers
            .get("x-notes-chunk-cursor")
            .and_then(|value| value.to_str().ok());
        let next = next.filter(|next| !next.is_empty()).map(str::to_owned);
        let mut listed = Vec::with_capacity(items.len());
        for item in items {
            match item {
                ListItem::Note(note) => {
                    listed.push(note.id);
                    all.push(*note);
                }
                ListItem::Unchanged { id } => listed.push(id),
            }
        }
        let again = next.is_some() && next == cursor;
        match next {
            Some(next) if !again => cursor = Some(next),
            // The last answer names every note that still exists, so one that was deleted meanwhile is left out.
            _ if cursor.is_some() => {
                ids = Some(listed);
                break;
            }
            _ => break,
        }
    }
    let mut seen = std::collections::HashMap::new();
    for (position, note) in all.iter().enumerate() {
        seen.insert(note.id, position);
    }
    let existing = ids.map(|ids| ids.into_iter().collect::<std::collections::HashSet<_>>());
    let mut position = 0;
    all.retain(|note| {
        let newest = seen.get(&note.id) == Some(&position);
        position += 1;
        let exists = existing.as_ref().is_none_or(|ids| ids.contains(&note.id));
        newest
            && exists
            && filter
                .category
                .as_ref()
                .is_none_or(|wanted| wanted.admits(&note.category))
    });
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_with_those_below_is_not_one_that_only_begins_alike() {
        let work = CategoryFilter::WithSubcategories("Work".into());
        assert!(work.admits("Work") && work.admits("Work/Sub"));
        assert!(!work.admits("Workshop") && !work.admits("") && !work.admits("My/Work"));
        assert!(CategoryFilter::WithSubcategories(String::new()).admits("Any/Thing"));
        assert!(CategoryFilter::Exactly("Work".into()).admits("Work"));
        assert!(!CategoryFilter::Exactly("Work".into()).admits("Work/Sub"));
        assert!(CategoryFilter::Uncategorized.admits("") && !CategoryFilter::Uncategorized.admits("Work"));
    }
}
