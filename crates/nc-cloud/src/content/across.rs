//! From one tree into another.

use nc_proto::dav::DavPath;

use super::{ContentError, Entry, Home, Precondition, Staged, Transfer, copy, locks::Reach};

/// Which of the two trees refused something.
#[derive(Debug)]
pub enum Refused {
    /// The one that it comes from.
    Source(ContentError),
    /// The one that it goes to.
    Target(ContentError),
}

impl From<tokio::task::JoinError> for Refused {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Source(error.into())
    }
}

impl Home {
    /// Copies a file or a folder into another person's tree; with everything inside if `deep`. Gives the copy, and whether
    /// its place was free.
    ///
    /// # Errors
    /// As [`Self::copy`]
    pub async fn copy_across(&self, target: &Self, transfer: Transfer, deep: bool) -> Result<(Entry, bool), Refused> {
        let (source, target) = (self.clone(), target.clone());
        let task = async move {
            let (_, copied) = copy_now(&source, &target, transfer, deep).await?;
            Ok(copied)
        };
        tokio::spawn(task).await?
    }

    /// Moves a file, or a folder with everything inside, into another person's tree: a copy, then a deletion. Numbers,
    /// versions, tags and favourites stay with what was deleted. What changes meanwhile is not lost: then nothing moves.
    ///
    /// # Errors
    /// As [`Self::transfer`]
    pub async fn move_across(&self, target: &Self, transfer: Transfer) -> Result<(Entry, bool), Refused> {
        let (source, target) = (self.clone(), target.clone());
        let task = async move {
            source.check_unlocked(&transfer).await.map_err(Refused::Source)?;
            let (from, tokens) = (transfer.from.clone(), transfer.lock_tokens.clone());
            let (entry, copied) = copy_now(&source, &target, transfer, true).await?;
            let unchanged = Precondition::unchanged_since(&entry.etag);
            if let Err(error) = source.delete_if(&from, unchanged, tokens.clone()).await {
                target.delete(&copied.0.path, tokens).await.map_err(Refused::Target)?;
                return Err(Refused::Source(error));
            }
            Ok(copied)
        };
        tokio::spawn(task).await?
    }

    async fn check_unlocked(&self, transfer: &Transfer) -> Result<(), ContentError> {
        let (from, tokens) = (transfer.from.clone(), transfer.lock_tokens.clone());
        self.change(move |change| Box::pin(async move { change.check_locks(&from, Reach::Tree, &tokens).await }))
            .await
    }
}

/// The two homes are changed one after the other and never wait for each other: bytes and what is known of them are taken
/// while the source stands still, and arrive when it moves again.
async fn copy_now(
    source: &Home,
    target: &Home,
    transfer: Transfer,
    deep: bool,
) -> Result<(Entry, (Entry, bool)), Refused> {
    let (entry, inside, staged) = {
        let taken = async {
            source.check_anchor().await?;
            let entry = source.stat(&transfer.from).await?;
            if entry.path.is_root() {
                return Err(ContentError::Impossible(DavPath::root()));
            }
            transfer.precondition.check(Some(&entry))?;
            Ok::<_, ContentError>(entry)
        };
        let entry = taken.await.map_err(Refused::Source)?;
        target
            .check_arrival(&transfer, &entry, deep)
            .await
            .map_err(Refused::Target)?;
        take(source, entry, deep).await.map_err(Refused::Source)?
    };
    let owner = source.user().clone();
    let top = entry.clone();
    let arrived = target.change(move |change| {
        Box::pin(async move {
            change
                .copy_entry(&transfer, (owner.as_str(), &top), &inside, deep, staged)
                .await
        })
    });
    Ok((entry, arrived.await.map_err(Refused::Target)?))
}

/// Copies the bytes of what still is what it was.
async fn take(source: &Home, entry: Entry, deep: bool) -> Result<(Entry, Vec<Entry>, Staged), ContentError> {
    let _turn = source.turn().await?;
    let now = source.find_by_id(entry.id).await?;
    if now.as_ref().is_none_or(|now| now.path != entry.path) {
        return Err(ContentError::NotFound(entry.path));
    }
    let entry = now.unwrap_or(entry);
    let inside = if deep && entry.is_folder() {
        source.list_inside(&entry).await?
    } else {
        Vec::new()
    };
    let disk = &source.content.0.disk;
    let staged = Staged::place(disk)?;
    let all = std::iter::once(&entry).chain(&inside);
    let plan = copy::plan(disk, source.user(), &entry, all, &staged)?;
    tokio::task::spawn_blocking(move || copy::perform(&plan)).await??;
    Ok((entry, inside, staged))
}
