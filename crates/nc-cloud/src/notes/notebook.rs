use md5::{Digest, Md5};
use nc_auth::UserId;
use nc_proto::{
    apps::notes::{NewNote, NoteEntry, NoteId, NotePatch, NotesSettings},
    dav::{DavPath, ETag, ETagCondition},
};
use tokio::sync::OwnedMutexGuard;

use super::{error::NotesError, names, settings::settings};
use crate::{
    Cloud,
    content::{ContentError, Entry, FileId, Home, Precondition, PropertyChange, Transfer, WriteOptions},
};

/// Tries to find a free title. Only names taken by others at the same moment use one up.
const ATTEMPTS: u32 = 1000;

/// One user's notes.
pub(super) struct Notebook {
    pub(super) home: Home,
    pub(super) settings: NotesSettings,
    root: DavPath,
}

/// A note's file, and what its name and place say.
#[derive(Debug, Clone)]
pub(super) struct NoteFile {
    pub(super) entry: Entry,
    pub(super) title: String,
    pub(super) suffix: String,
    pub(super) category: String,
}

impl NoteFile {
    pub(super) fn id(&self) -> NoteId {
        NoteId(self.entry.id.0)
    }

    /// The note's own tag: moves with text, title, category, mark and time, as clients need to sync; the file's moves with
    /// the text only.
    pub(super) fn etag(&self) -> String {
        let mut hash = Md5::new();
        hash.update(self.entry.etag.opaque());
        for name in self.entry.path.names() {
            hash.update([0]);
            hash.update(name);
        }
        hash.update([0, u8::from(self.entry.favorite)]);
        hash.update(self.entry.modified_at.to_be_bytes());
        hex::encode(hash.finalize())
    }

    /// The note as it goes over the wire, without its text.
    pub(super) fn to_entry(&self) -> NoteEntry {
        NoteEntry {
            id: self.id(),
            title: self.title.clone(),
            modified: self.entry.modified_at,
            category: self.category.clone(),
            favorite: self.entry.favorite,
            readonly: false,
            internal_path: Some(format!("/{}", self.entry.path.names().join("/"))),
            share_types: Vec::new(),
            is_shared: false,
            error: false,
            error_type: String::new(),
            content: None,
            etag: ETag::parse(&self.etag()),
        }
    }
}

impl Notebook {
    pub(super) async fn open(cloud: &Cloud, user: &UserId) -> Result<Self, NotesError> {
        let settings = settings(cloud, user).await?;
        let root = DavPath::plain(&settings.notes_path).map_err(|_| NotesError::Invalid("bad notes path"))?;
        let home = cloud.content().home(user).await?;
        Ok(Self { home, settings, root })
    }

    /// Opens it for a change; nobody else changes this user's notes until the guard is dropped.
    pub(super) async fn open_for_change(
        cloud: &Cloud,
        user: &UserId,
    ) -> Result<(Self, OwnedMutexGuard<()>), NotesError> {
        let turn = cloud.note_turns().take(user).await;
        Ok((Self::open(cloud, user).await?, turn))
    }

    /// Every note, without texts.
    pub(super) async fn list(&self) -> Result<Vec<NoteFile>, NotesError> {
        match self.home.list_tree(&self.root).await {
            Ok(entries) => Ok(entries.into_iter().filter_map(|entry| self.note(entry)).collect()),
            // The folder comes with the first note.
            Err(ContentError::NotFound(_)) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// One note, without its text.
    pub(super) async fn get(&self, id: NoteId) -> Result<NoteFile, NotesError> {
        let entry = self.home.find_by_id(FileId(id.0)).await?;
        entry.and_then(|entry| self.note(entry)).ok_or(NotesError::NotFound)
    }

    /// What `entry` is as a note, if it is one.
    fn note(&self, entry: Entry) -> Option<NoteFile> {
        let below = entry.path.strip_prefix(&self.root)?;
        let (name, folders) = below.names().split_last()?;
        if entry.is_folder() || folders.iter().any(|folder| folder.starts_with('.')) {
            return None;
        }
        let (title, suffix) = names::split(name, &self.settings.file_suffix)?;
        Some(NoteFile {
            title: title.to_owned(),
            suffix: suffix.to_owned(),
            category: folders.join("/"),
            entry,
        })
    }

    /// The note with its text. A file that is no text is shown as such and cannot be written: nothing is decoded with
    /// losses, so nothing is lost when it comes back.
    pub(super) async fn read(&self, note: &NoteFile) -> Result<NoteEntry, NotesError> {
        let unreadable = |mut entry: NoteEntry, class: &str| {
            entry.content = Some(String::new());
            entry.readonly = true;
            entry.error = true;
            class.clone_into(&mut entry.error_type);
            entry
        };
        let (current, bytes) = match self.home.read(&note.entry.path).await {
            Err(ContentError::TooLarge { .. }) => {
                return Ok(unreadable(note.to_entry(), "OCP\\Files\\EntityTooLargeException"));
            }
            read => read?,
        };
        // Text and tag belong together, also when somebody wrote the file since `note` was looked up.
        let note = self.note(current).ok_or(NotesError::NotFound)?;
        match String::from_utf8(bytes) {
            Ok(text) => {
                let mut entry = note.to_entry();
                entry.content = Some(text);
                Ok(entry)
            }
            Err(_) => Ok(unreadable(note.to_entry(), "OCP\\Files\\GenericFileException")),
        }
    }

    /// Makes a note. The title may differ from the one that was asked for (P67).
    pub(super) async fn create(&self, new: NewNote) -> Result<NoteEntry, NotesError> {
        let folder = self.folder(new.category.as_deref().unwrap_or_default());
        let content = new.content.unwrap_or_default();
        let mut title = names::title(new.title.as_deref().unwrap_or_default());
        for _ in 0..ATTEMPTS {
            let path = folder.child(format!("{title}{}", self.settings.file_suffix));
            let options = WriteOptions {
                precondition: Precondition::CreateOnly,
                modified_at: new.modified,
                create_parents: true,
                ..WriteOptions::default()
            };
            match self.home.write(&path, content.as_bytes(), options).await {
                Ok(_) => {
                    if new.favorite == Some(true) {
                        self.home.set_favorite(&path, true).await?;
                    }
                    return self.read_at(&path).await;
                }
                Err(ContentError::Precondition { .. } | ContentError::WrongKind(_)) => {
                    title = names::next_title(&title);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(NotesError::Invalid("no free title"))
    }

    /// Changes the given fields of a note, unless it differs from `condition`.
    pub(super) async fn update(
        &self,
        id: NoteId,
        patch: NotePatch,
        condition: Option<ETagCondition>,
    ) -> Result<NoteEntry, NotesError> {
        let note = self.get(id).await?;
        let tag = ETag::parse(&note.etag());
        if condition
            .as_ref()
            .is_some_and(|condition| !condition.if_match_holds(tag.as_ref()))
        {
            return Err(NotesError::Conflict(Box::new(self.read(&note).await?)));
        }
        let mut place = note.entry.path.clone();
        if let Some(content) = &patch.content {
            if self.read(&note).await?.readonly {
                return Err(NotesError::ReadOnly);
            }
            // The file may be written by others than us, by WebDAV.
            let precondition = match condition {
                Some(_) => Precondition::unchanged_since(&note.entry.etag),
                None => Precondition::Overwrite,
            };
            let options = WriteOptions {
                precondition,
                modified_at: patch.modified,
                ..WriteOptions::default()
            };
            match self.home.write(&place, content.as_bytes(), options).await {
                Err(ContentError::Precondition { .. }) => {
                    let current = self.get(id).await?;
                    return Err(NotesError::Conflict(Box::new(self.read(&current).await?)));
                }
                written => drop(written?),
            }
        }
        if patch.title.is_some() || patch.category.is_some() {
            place = self.relocate(&note, &patch).await?;
        }
        let mut changes = Vec::new();
        changes.extend(patch.favorite.map(PropertyChange::Favorite));
        changes.extend(
            patch
                .modified
                .filter(|_| patch.content.is_none())
                .map(PropertyChange::ModifiedAt),
        );
        if !changes.is_empty() {
            self.home.change_properties(&place, changes, Vec::new()).await?;
        }
        self.read_at(&place).await
    }

    /// Moves the note to where its new title and category say, with its attachments. Its place after that.
    async fn relocate(&self, note: &NoteFile, patch: &NotePatch) -> Result<DavPath, NotesError> {
        let folder = self.folder(patch.category.as_deref().unwrap_or(&note.category));
        let mut title = patch.title.as_deref().map_or_else(|| note.title.clone(), names::title);
        let from = &note.entry.path;
        if folder.child(format!("{title}{}", note.suffix)) == *from {
            return Ok(from.clone());
        }
        self.home.make_folders(&folder).await?;
        for _ in 0..ATTEMPTS {
            let to = folder.child(format!("{title}{}", note.suffix));
            if to == *from {
                return Ok(to);
            }
            match self.home.transfer(Transfer::new(from.clone(), to.clone())).await {
                Ok(_) => {
                    self.take_attachments_along(note, &folder).await?;
                    self.remove_empty_folders(from.parent()).await?;
                    return Ok(to);
                }
                Err(ContentError::Exists(_) | ContentError::Precondition { .. }) => title = names::next_title(&title),
                Err(error) => return Err(error.into()),
            }
        }
        Err(NotesError::Invalid("no free title"))
    }

    async fn take_attachments_along(&self, note: &NoteFile, folder: &DavPath) -> Result<(), NotesError> {
        let (from, to) = (attachments_folder(note), folder.child(attachments_name(note.id())));
        if from == to || self.home.find(&from).await?.is_none() {
            return Ok(());
        }
        match self.home.transfer(Transfer::new(from, to)).await {
            // Something of that name is there: better two folders than one lost (P75).
            Ok(_) | Err(ContentError::Exists(_) | ContentError::Precondition { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes a note. Attachments stay, unless there are none (P75).
    pub(super) async fn delete(&self, id: NoteId) -> Result<(), NotesError> {
        let note = self.get(id).await?;
        self.home.delete(&note.entry.path, Vec::new()).await?;
        self.remove_empty_folders(Some(attachments_folder(&note))).await
    }

    /// Categories come with their first note and go with their last.
    async fn remove_empty_folders(&self, folder: Option<DavPath>) -> Result<(), NotesError> {
        let mut folder = folder;
        while let Some(path) = folder {
            if path == self.root || path.strip_prefix(&self.root).is_none() {
                break;
            }
            if !self.home.delete_empty_folder(&path).await? {
                break;
            }
            folder = path.parent();
        }
        Ok(())
    }

    fn folder(&self, category: &str) -> DavPath {
        self.root.join(&DavPath::from_names(names::category(category)))
    }

    async fn read_at(&self, path: &DavPath) -> Result<NoteEntry, NotesError> {
        let entry = self.home.stat(path).await?;
        let note = self.note(entry).ok_or(NotesError::NotFound)?;
        self.read(&note).await
    }
}

fn attachments_name(id: NoteId) -> String {
    format!(".attachments.{id}")
}

/// Where a note's attachments lie: a hidden folder beside it, named after its id.
pub(super) fn attachments_folder(note: &NoteFile) -> DavPath {
    note.entry
        .path
        .parent()
        .unwrap_or(DavPath::root())
        .child(attachments_name(note.id()))
}
