use super::thin::{Dated, SMALLEST_GAP_S, superfluous};
use crate::content::{
    ContentError, Entry,
    change::Change,
    disk::{self, Step},
    tree::signed,
};

/// Whether the time since the last version matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::content) enum Gap {
    /// What is replaced within two seconds of the last version is not kept: a program that saves all the time costs
    /// nothing, and the state from before it began stays.
    Needed,
    /// It is kept in any case.
    Any,
}

#[derive(sqlx::FromRow)]
struct Known {
    id: i64,
    modified_at: i64,
    size: i64,
    labelled: bool,
}

impl Change {
    /// Promises to keep what a file has as a version, for what replaces it. `successor` is the time of that: no two states
    /// of a file have the same. Empty content is not kept, as in Nextcloud.
    pub(in crate::content) async fn keep_version(
        &mut self,
        entry: &Entry,
        successor: i64,
        gap: Gap,
    ) -> Result<(), ContentError> {
        if entry.size_bytes == 0 {
            return Ok(());
        }
        let known: Vec<Known> = sqlx::query_as(
            "SELECT id, modified_at, size, label <> '' AS labelled FROM versions WHERE file_id = ? ORDER BY modified_at",
        )
        .bind(entry.id.0)
        .fetch_all(&mut *self.tx)
        .await?;
        let label: String = sqlx::query_scalar("SELECT version_label FROM files WHERE id = ?")
            .bind(entry.id.0)
            .fetch_one(&mut *self.tx)
            .await?;
        let since = known.last().map(|newest| entry.modified_at - newest.modified_at);
        let too_soon = since.is_some_and(|since| (0..SMALLEST_GAP_S).contains(&since));
        if gap == Gap::Needed && too_soon && label.is_empty() {
            return Ok(());
        }
        if !self.make_room_for_version(entry, &known).await? {
            return Ok(());
        }
        let mut modified_at = entry.modified_at;
        while modified_at == successor || known.iter().any(|version| version.modified_at == modified_at) {
            modified_at -= 1;
        }
        let number: i64 = sqlx::query_scalar(
            "INSERT INTO versions (file_id, modified_at, size, label, author) VALUES (?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(entry.id.0)
        .bind(modified_at)
        .bind(signed(entry.size_bytes))
        .bind(&label)
        .bind(self.user.as_str())
        .fetch_one(&mut *self.tx)
        .await?;
        let source = self.disk.file(&self.user, &entry.path)?;
        let target = disk::version(&self.user, entry.id, number);
        self.promise(Step::Keep { source, target });
        let mut dated: Vec<Dated> = known.iter().map(Known::dated).collect();
        dated.push(Dated {
            number,
            modified_at,
            labelled: true,
        });
        dated.sort_by_key(|version| version.modified_at);
        for number in superfluous(&dated, self.now) {
            self.drop_version(entry.id, number).await?;
        }
        Ok(())
    }

    /// With a quota, a file's versions have half of what the files leave free, as in Nextcloud: the earliest without a label
    /// go first. Gives whether there is room.
    async fn make_room_for_version(&mut self, entry: &Entry, known: &[Known]) -> Result<bool, ContentError> {
        let Some(free) = self.free_bytes().await? else {
            return Ok(true);
        };
        let room = signed(free / 2);
        let kept: i64 = sqlx::query_scalar(
            "SELECT coalesce(sum(v.size), 0) FROM versions v JOIN files f ON f.id = v.file_id \
             WHERE f.owner IN (?1, ?1 || '/trash')",
        )
        .bind(self.user.as_str())
        .fetch_one(&mut *self.tx)
        .await?;
        let mut over = kept + signed(entry.size_bytes) - room;
        let unlabelled = known.iter().filter(|version| !version.labelled);
        let could_free: i64 = unlabelled.clone().map(|version| version.size).sum();
        if over > could_free {
            return Ok(false);
        }
        for version in unlabelled {
            if over <= 0 {
                break;
            }
            self.drop_version(entry.id, version.id).await?;
            over -= version.size;
        }
        Ok(true)
    }
}

impl Known {
    const fn dated(&self) -> Dated {
        Dated {
            number: self.id,
            modified_at: self.modified_at,
            labelled: self.labelled,
        }
    }
}
