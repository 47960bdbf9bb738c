use nc_proto::dav::DavPath;

use super::{super::ContentError, trash_owner};
use crate::content::{change::Change, entry::path_key};

/// Longest name in bytes, as everywhere in Nextcloud.
const LONGEST_NAME_BYTES: usize = 250;

impl Change {
    /// A free name in the trash, and the time in it: where something of the same name was deleted in the same second, the
    /// next second that is free, as in Nextcloud.
    pub(super) async fn free_trash_name(&mut self, name: &str) -> Result<(String, i64), ContentError> {
        let mut deleted_at = self.now;
        loop {
            let candidate = shortened(name, &format!(".d{deleted_at}"));
            let taken: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM files WHERE owner = ? AND path = ?)")
                .bind(trash_owner(&self.user))
                .bind(&candidate)
                .fetch_one(&mut *self.tx)
                .await?;
            if !taken {
                return Ok((candidate, deleted_at));
            }
            deleted_at += 1;
        }
    }

    /// Where something of that name can be put: `a.txt`, else `a (restored).txt`, `a (restored 2).txt`, ….
    pub(super) async fn free_restored_name(&mut self, folder: &DavPath, name: &str) -> Result<DavPath, ContentError> {
        let mut candidate = folder.child(name);
        let mut number = 1;
        while self.is_taken(&candidate).await? {
            candidate = folder.child(restored_name(name, number));
            number += 1;
        }
        Ok(candidate)
    }

    async fn is_taken(&mut self, path: &DavPath) -> Result<bool, ContentError> {
        let query = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM files WHERE owner = ? AND path = ?)");
        let query = query.bind(self.user.as_str()).bind(path_key(path));
        Ok(query.fetch_one(&mut *self.tx).await?)
    }
}

/// The name with `(restored)` before its extension.
fn restored_name(name: &str, number: u32) -> String {
    let mark = match number {
        1 => " (restored)".to_owned(),
        number => format!(" (restored {number})"),
    };
    match name.rsplit_once('.') {
        Some((stem, extension)) if !extension.is_empty() => shortened(stem, &format!("{mark}.{extension}")),
        _ => shortened(name, &mark),
    }
}

/// `name` with `ending`; what is too long is cut out of the middle of the name, as Nextcloud does.
fn shortened(name: &str, ending: &str) -> String {
    let room = LONGEST_NAME_BYTES.saturating_sub(ending.len());
    if name.len() <= room {
        return format!("{name}{ending}");
    }
    let start = name.floor_char_boundary(room / 2);
    let end = name.ceil_char_boundary(name.len() - (room - start));
    format!("{}{}{ending}", &name[..start], &name[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_goes_before_the_extension() {
        assert_eq!(restored_name("two #2.txt", 1), "two #2 (restored).txt");
        assert_eq!(restored_name("a.tar.gz", 2), "a.tar (restored 2).gz");
        assert_eq!(restored_name("folder", 1), "folder (restored)");
        assert_eq!(restored_name("dot.", 1), "dot. (restored)");
    }

    #[test]
    fn a_long_name_loses_its_middle_and_no_half_of_a_letter() {
        let short = shortened(&"ü".repeat(125), ".d1795225461");
        assert!(short.len() <= LONGEST_NAME_BYTES && short.len() > LONGEST_NAME_BYTES - 4);
        assert!(short.ends_with("ü.d1795225461"));
        let extension = "x".repeat(300);
        assert!(shortened("a", &extension).len() >= extension.len());
    }
}
