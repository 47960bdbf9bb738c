//! What the database said about one home, good until its next change.
//!
//! Clients look at the same few folders over and over, and each look would cost several trips to the threads that
//! SQLite lives on. This process is the only writer (it holds the data directory's lock), and all changes of a home go
//! through one place, so forgetting there is enough.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Entry, FileId};

/// Entries that are remembered for one home, listings counted by their length.
const MOST_ENTRIES: usize = 512;

/// Longest listing that is remembered.
const LONGEST_LISTING: usize = 128;

/// The state of a home that an answer of the database belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Generation(u64);

impl Generation {
    pub(super) const fn number(self) -> u64 {
        self.0
    }
}

#[derive(Default)]
pub(super) struct Remembered(Mutex<State>);

#[derive(Default)]
struct State {
    generation: u64,
    entries: HashMap<String, Entry>,
    by_id: HashMap<FileId, Entry>,
    listings: HashMap<FileId, Arc<[Entry]>>,
    held: usize,
}

impl Remembered {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be asked before the database is: what it answers is kept only if nothing changed meanwhile.
    pub(super) fn generation(&self) -> Generation {
        Generation(self.state().generation)
    }

    /// What is at the path with this key, if that is known.
    pub(super) fn find(&self, key: &str) -> Option<Entry> {
        self.state().entries.get(key).cloned()
    }

    /// What has this number, if that is known.
    pub(super) fn find_by_id(&self, id: FileId) -> Option<Entry> {
        self.state().by_id.get(&id).cloned()
    }

    /// Everything directly in a folder.
    pub(super) fn list(&self, folder: FileId) -> Option<Arc<[Entry]>> {
        self.state().listings.get(&folder).cloned()
    }

    /// Keeps what was found at a path.
    pub(super) fn keep(&self, generation: Generation, key: String, entry: Entry) {
        let mut state = self.state();
        if state.make_room(generation, 1) {
            state.entries.insert(key, entry);
        }
    }

    /// Keeps what has a number.
    pub(super) fn keep_by_id(&self, generation: Generation, id: FileId, entry: Entry) {
        let mut state = self.state();
        if state.make_room(generation, 1) {
            state.by_id.insert(id, entry);
        }
    }

    /// Keeps everything directly in a folder.
    pub(super) fn keep_list(&self, generation: Generation, folder: FileId, entries: &[Entry]) {
        let mut state = self.state();
        if entries.len() <= LONGEST_LISTING && state.make_room(generation, entries.len() + 1) {
            state.listings.insert(folder, entries.into());
        }
    }

    /// To be called when a change is committed, before anybody is told.
    pub(super) fn forget(&self) {
        let mut state = self.state();
        let generation = state.generation + 1;
        *state = State {
            generation,
            ..State::default()
        };
    }
}

impl State {
    fn make_room(&mut self, generation: Generation, wanted: usize) -> bool {
        if self.generation != generation.0 {
            return false;
        }
        if self.held + wanted > MOST_ENTRIES {
            self.entries.clear();
            self.by_id.clear();
            self.listings.clear();
            self.held = 0;
        }
        self.held += wanted;
        true
    }
}

#[cfg(test)]
mod tests {
    use nc_proto::dav::{DavPath, ETag};

    use super::{super::Kind, *};

    fn entry(number: i64) -> Entry {
        Entry {
            id: FileId(number),
            path: DavPath::root(),
            kind: Kind::File { mime: String::new() },
            size_bytes: 0,
            modified_at: 0,
            etag: ETag::parse("a").unwrap(),
            checksums: None,
            created_at: 0,
            uploaded_at: 0,
            favorite: false,
        }
    }

    #[test]
    fn an_answer_from_before_a_change_is_not_kept() {
        let remembered = Remembered::default();
        let before = remembered.generation();
        remembered.keep(before, "a".into(), entry(1));
        assert_eq!(remembered.find("a"), Some(entry(1)));
        remembered.forget();
        assert_eq!(remembered.find("a"), None);
        remembered.keep(before, "a".into(), entry(1));
        remembered.keep_by_id(before, FileId(1), entry(1));
        remembered.keep_list(before, FileId(1), &[]);
        assert_eq!((remembered.find("a"), remembered.find_by_id(FileId(1))), (None, None));
        assert!(remembered.list(FileId(1)).is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let remembered = Remembered::default();
        let now = remembered.generation();
        for number in 0..10 * MOST_ENTRIES {
            remembered.keep(now, number.to_string(), entry(1));
        }
        assert!(remembered.state().entries.len() <= MOST_ENTRIES);
    }
}
