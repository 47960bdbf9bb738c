use std::collections::{HashMap, HashSet};

use http::Method;
use nc_proto::apps::notes::{ListItem, NoteEntry, NoteId};

use super::Notes;
use crate::{Error, Subject, answer, request::Request};

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

/// The notes in pieces, so that texts of thousands of notes never lie in memory together.
///
/// A note that changes meanwhile can come twice; the later one counts. One that is deleted meanwhile is missing in
/// [`Self::exists`] at the end.
#[derive(Debug)]
pub struct NotePages<'a> {
    notes: Notes<'a>,
    filter: &'a NotesFilter,
    cursor: Option<String>,
    fetched: usize,
    ended: bool,
    existing: Option<HashSet<NoteId>>,
}

impl<'a> NotePages<'a> {
    pub(super) const fn new(notes: Notes<'a>, filter: &'a NotesFilter) -> Self {
        Self {
            notes,
            filter,
            cursor: None,
            fetched: 0,
            ended: false,
            existing: None,
        }
    }

    /// The next piece, or `None` at the end. A piece may be empty.
    ///
    /// # Errors
    /// As for every call.
    pub async fn next(&mut self) -> Result<Option<Vec<NoteEntry>>, Error> {
        if self.ended || self.fetched == MOST_CHUNKS {
            return Ok(None);
        }
        self.fetched += 1;
        let whole = self.request().read().await?;
        let items: Vec<ListItem> = answer::json(&whole)?;
        let next = whole
            .headers
            .get("x-notes-chunk-cursor")
            .and_then(|value| value.to_str().ok())
            .filter(|next| !next.is_empty())
            .map(str::to_owned);
        let mut listed = HashSet::with_capacity(items.len());
        let mut piece = Vec::new();
        for item in items {
            match item {
                ListItem::Note(note) => {
                    listed.insert(note.id);
                    piece.push(*note);
                }
                ListItem::Unchanged { id } => {
                    listed.insert(id);
                }
            }
        }
        match next {
            Some(next) if self.cursor.as_ref() != Some(&next) => self.cursor = Some(next),
            _ => {
                self.ended = true;
                // The last answer names every note that still exists; an only answer has them all anyway.
                self.existing = self.cursor.is_some().then_some(listed);
            }
        }
        let wanted = self.filter.category.as_ref();
        piece.retain(|note| wanted.is_none_or(|wanted| wanted.admits(&note.category)));
        Ok(Some(piece))
    }

    /// Whether the note still existed when the last piece was read.
    pub fn exists(&self, id: NoteId) -> bool {
        self.existing.as_ref().is_none_or(|existing| existing.contains(&id))
    }

    fn request(&self) -> Request<'a> {
        let subject = Subject::named("the list of notes");
        let mut request = self.notes.request(Method::GET, &["notes"], subject);
        match &self.filter.category {
            Some(CategoryFilter::Uncategorized) => request = request.query("category", ""),
            Some(CategoryFilter::Exactly(name)) => request = request.query("category", name.as_str()),
            Some(CategoryFilter::WithSubcategories(_)) | None => {}
        }
        if !self.filter.with_content {
            request = request.query("exclude", "content");
        }
        request = request.query("chunkSize", CHUNK.to_string());
        if let Some(cursor) = &self.cursor {
            request = request.query("chunkCursor", cursor.as_str());
        }
        request.header("accept", "application/json")
    }
}

pub(super) async fn list(notes: &Notes<'_>, filter: &NotesFilter) -> Result<Vec<NoteEntry>, Error> {
    let mut pages = NotePages::new(*notes, filter);
    let mut all: Vec<NoteEntry> = Vec::new();
    let mut places: HashMap<NoteId, usize> = HashMap::new();
    while let Some(piece) = pages.next().await? {
        for note in piece {
            if let Some(place) = places.get(&note.id) {
                all[*place] = note;
            } else {
                places.insert(note.id, all.len());
                all.push(note);
            }
        }
    }
    all.retain(|note| pages.exists(note.id));
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
