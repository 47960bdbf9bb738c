use nc_proto::dav::{DavPath, ETag, ETagCondition};

use super::{
    Content, ContentError, Entry, FileId, Home, Staged, change::Change, check_storable, disk::Step, entry::path_key,
    locks::Reach, versions::Gap,
};

/// What must be so for a write to happen; looked at in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Precondition {
    /// Nothing: what is there is replaced.
    #[default]
    Overwrite,
    /// Nothing may be there.
    CreateOnly,
    /// The file must be there with one of these tags.
    IfMatch(ETagCondition),
    /// No file with one of these tags may be there.
    IfNoneMatch(ETagCondition),
}

impl Precondition {
    /// The file must have this tag.
    pub fn unchanged_since(tag: &ETag) -> Self {
        Self::IfMatch(ETagCondition::OneOf(vec![tag.clone()]))
    }

    pub(super) fn check(&self, current: Option<&Entry>) -> Result<(), ContentError> {
        let tag = current.map(|entry| &entry.etag);
        let holds = match self {
            Self::Overwrite => true,
            Self::CreateOnly => tag.is_none(),
            Self::IfMatch(condition) => condition.if_match_holds(tag),
            Self::IfNoneMatch(condition) => condition.if_none_match_holds(tag),
        };
        if holds {
            Ok(())
        } else {
            Err(ContentError::Precondition { current: tag.cloned() })
        }
    }
}

/// How a file is written. Times are Unix seconds.
#[derive(Debug, Clone, Default)]
pub struct WriteOptions {
    /// What must be so.
    pub precondition: Precondition,
    /// Time of the last change, instead of now.
    pub modified_at: Option<i64>,
    /// Creation time to be kept.
    pub created_at: Option<i64>,
    /// Makes missing folders, too.
    pub create_parents: bool,
    /// Lock tokens that the client submitted.
    pub lock_tokens: Vec<String>,
}

/// What a write did.
#[derive(Debug, Clone)]
pub struct Written {
    /// The file as it is now.
    pub entry: Entry,
    /// Whether it is new.
    pub created: bool,
}

impl Home {
    /// Writes a whole file.
    ///
    /// # Errors
    /// See [`Self::commit`].
    pub async fn write(&self, path: &DavPath, content: &[u8], options: WriteOptions) -> Result<Written, ContentError> {
        self.check_write(path, content.len() as u64, &options).await?;
        let mut staged = self.content.stage(None).await?;
        staged.write(content).await?;
        self.commit(path, staged, options).await
    }

    /// Whether a write of so many bytes can succeed as things are now: a cheap look before a long upload. Everything is
    /// looked at again when the content is committed.
    pub async fn check_write(
        &self,
        path: &DavPath,
        size_bytes: u64,
        options: &WriteOptions,
    ) -> Result<(), ContentError> {
        let current = self.find(path).await?;
        if current.as_ref().is_some_and(Entry::is_folder) {
            return Err(ContentError::WrongKind(path.clone()));
        }
        let parent = path.parent().ok_or_else(|| ContentError::WrongKind(path.clone()))?;
        if current.is_none() {
            path.name().map_or(Ok(()), check_storable)?;
            match self.find(&parent).await? {
                Some(parent) if parent.is_folder() => {}
                None if options.create_parents => {}
                _ => return Err(ContentError::ParentMissing(path.clone())),
            }
        }
        options.precondition.check(current.as_ref())?;
        let replaced = current.map_or(0, |entry| entry.size_bytes);
        match self.available_bytes().await? {
            Some(available) if size_bytes > available + replaced => Err(ContentError::Quota {
                required: size_bytes,
                available,
            }),
            _ => Ok(()),
        }
    }

    /// Makes staged content the file at `path`.
    ///
    /// # Errors
    /// [`ContentError::ParentMissing`], [`ContentError::WrongKind`] if a folder is there, [`ContentError::Name`],
    /// [`ContentError::Precondition`], [`ContentError::Locked`], [`ContentError::Quota`], [`ContentError::Checksum`]
    pub async fn commit(
        &self,
        path: &DavPath,
        mut staged: Staged,
        options: WriteOptions,
    ) -> Result<Written, ContentError> {
        let modified_at = options.modified_at.unwrap_or_else(|| self.content.now());
        staged.finish(Some(modified_at)).await?;
        let path = path.clone();
        self.change(move |change| Box::pin(async move { change.write(&path, staged, &options, modified_at).await }))
            .await
    }
}

impl Content {
    /// The media type that a name suggests.
    pub fn media_type(name: &str) -> String {
        // Names that the table lacks or, for us, gets wrong.
        let known = match name
            .rsplit_once('.')
            .map(|(_, extension)| extension.to_ascii_lowercase())
            .as_deref()
        {
            Some("md" | "markdown") => Some("text/markdown"),
            Some("ts" | "mts") => Some("video/mp2t"),
            Some("yaml" | "yml") => Some("application/yaml"),
            _ => None,
        };
        known.map_or_else(
            || {
                mime_guess::from_path(name)
                    .first_raw()
                    .unwrap_or("application/octet-stream")
                    .to_owned()
            },
            str::to_owned,
        )
    }
}

impl Change {
    pub(super) async fn write(
        &mut self,
        path: &DavPath,
        staged: Staged,
        options: &WriteOptions,
        modified_at: i64,
    ) -> Result<Written, ContentError> {
        let current = self.find(path).await?;
        if current.as_ref().is_some_and(Entry::is_folder) || path.is_root() {
            return Err(ContentError::WrongKind(path.clone()));
        }
        if current.is_none() {
            path.name().map_or(Ok(()), check_storable)?;
        }
        options.precondition.check(current.as_ref())?;
        let reach = if current.is_some() {
            Reach::Content
        } else {
            Reach::Member
        };
        self.check_locks(path, reach, &options.lock_tokens).await?;
        let replaced = current.as_ref().map_or(0, |entry| entry.size_bytes);
        self.check_quota(staged.size_bytes(), replaced).await?;
        if options.create_parents && current.is_none() {
            self.make_parents(path, &options.lock_tokens).await?;
        }
        let size = i64::try_from(staged.size_bytes()).unwrap_or(i64::MAX);
        let checksum = staged.checksum().map(str::to_owned);
        if let Some(current) = &current {
            self.keep_version(current, modified_at, Gap::Needed).await?;
            sqlx::query(
                "UPDATE files SET size = ?, mtime = ?, etag = lower(hex(randomblob(16))), checksums = ?, \
                 version_label = '', upload_time = ?, creation_time = coalesce(?, creation_time) WHERE id = ?",
            )
            .bind(size)
            .bind(modified_at)
            .bind(checksum)
            .bind(self.now)
            .bind(options.created_at)
            .bind(current.id.0)
            .execute(&mut *self.tx)
            .await?;
        } else {
            let parent = self.parent(path).await?;
            let entry = NewFile {
                parent: parent.id,
                path,
                size,
                modified_at,
                checksum,
                created_at: options.created_at.unwrap_or_default(),
            };
            self.insert_file(&entry).await?;
        }
        self.place(staged, path)?;
        self.touch_ancestors(path, size - i64::try_from(replaced).unwrap_or_default())
            .await?;
        Ok(Written {
            entry: self.get(path).await?,
            created: current.is_none(),
        })
    }

    /// Makes the folders above `path` that are missing.
    pub(super) async fn make_parents(&mut self, path: &DavPath, tokens: &[String]) -> Result<(), ContentError> {
        let names = path.names();
        for depth in 1..names.len() {
            let folder = DavPath::from_names(&names[..depth]);
            match self.find(&folder).await? {
                Some(entry) if entry.is_folder() => {}
                Some(_) => return Err(ContentError::ParentMissing(path.clone())),
                None => {
                    self.make_folder(&folder, tokens).await?;
                }
            }
        }
        Ok(())
    }

    /// Makes one folder.
    pub(super) async fn make_folder(&mut self, path: &DavPath, tokens: &[String]) -> Result<Entry, ContentError> {
        if self.find(path).await?.is_some() {
            return Err(ContentError::Exists(path.clone()));
        }
        path.name().map_or(Ok(()), check_storable)?;
        let parent = self.parent(path).await?;
        self.check_locks(path, Reach::Member, tokens).await?;
        let target = self.disk.file(&self.user, path)?;
        self.insert_folder(Some(parent.id), path).await?;
        self.promise(Step::MakeFolder(target));
        self.touch_ancestors(path, 0).await?;
        self.get(path).await
    }

    async fn insert_file(&mut self, file: &NewFile<'_>) -> Result<(), ContentError> {
        let name = file.path.name().unwrap_or_default();
        sqlx::query(
            "INSERT INTO files (owner, parent, path, name, name_folded, is_folder, mime, size, mtime, etag, checksums, \
             creation_time, upload_time) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, lower(hex(randomblob(16))), ?, ?, ?)",
        )
        .bind(self.user.as_str())
        .bind(file.parent.0)
        .bind(path_key(file.path))
        .bind(name)
        .bind(name.to_lowercase())
        .bind(Content::media_type(name))
        .bind(file.size)
        .bind(file.modified_at)
        .bind(file.checksum.as_deref())
        .bind(file.created_at)
        .bind(self.now)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

struct NewFile<'a> {
    parent: FileId,
    path: &'a DavPath,
    size: i64,
    modified_at: i64,
    checksum: Option<String>,
    created_at: i64,
}
