//! What others share with a user, as it appears among the user's files.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError},
};

use nc_auth::UserId;
use nc_proto::dav::{DavPath, LONGEST_NAME_BYTES};

use super::{
    Share, ShareType, Shares,
    access::{Effective, earlier, merge},
    store::State,
};
use crate::content::{ContentError, FileId, Home};

/// Something that others share with a user: one file or folder, however many shares there are of it.
#[derive(Debug, Clone)]
pub(crate) struct Mount {
    /// The numbers of the shares.
    pub(crate) shares: Vec<i64>,
    pub(crate) share_types: Vec<ShareType>,
    pub(crate) file: FileId,
    pub(crate) file_owner: UserId,
    pub(crate) effective: Effective,
    pub(crate) note: String,
    pub(crate) attributes: Option<String>,
    /// Where it appears.
    pub(crate) at: DavPath,
}

/// The mounts of one user, and the state that they belong to.
#[derive(Clone)]
pub(super) struct Cached {
    generation: u64,
    /// Of the user's own files: their names come first.
    own_generation: u64,
    until: Option<i64>,
    mounts: Arc<[Arc<Mount>]>,
}

impl Shares {
    /// What is shared with the owner of `own` and was accepted.
    pub(crate) async fn mounts(&self, own: &Home) -> Result<Arc<[Arc<Mount>]>, ContentError> {
        let user = own.user();
        let (generation, own_generation) = (self.generation(), own.generation());
        let known = {
            let cache = self.mounts_cache().lock().unwrap_or_else(PoisonError::into_inner);
            cache.get(user).cloned()
        };
        if let Some(known) = known
            && known.generation == generation
            && (known.mounts.is_empty() || known.own_generation == own_generation)
            && known.until.is_none_or(|until| self.now() < until)
        {
            return Ok(known.mounts);
        }
        let (mounts, can_be_kept) = self.load_mounts(own).await?;
        let until = mounts
            .iter()
            .fold(None, |all, mount| earlier(all, mount.effective.until));
        if can_be_kept {
            let cached = Cached {
                generation,
                own_generation,
                until,
                mounts: Arc::clone(&mounts),
            };
            let mut cache = self.mounts_cache().lock().unwrap_or_else(PoisonError::into_inner);
            cache.insert(user.clone(), cached);
        }
        Ok(mounts)
    }

    async fn load_mounts(&self, own: &Home) -> Result<(Arc<[Arc<Mount>]>, bool), ContentError> {
        let shares = self.list_received(own.user(), State::Accepted).await?;
        // Who shares on may lose the right by what happens to files of others, which no generation tells.
        let can_be_kept = !shares.iter().any(Share::is_reshare);
        let targets = if shares.is_empty() {
            std::collections::HashMap::new()
        } else {
            self.targets(own.user()).await?
        };
        let mut mounts: Vec<Mount> = Vec::new();
        let mut wishes: Vec<(Option<FileId>, String)> = Vec::new();
        for share in shares {
            let Some(effective) = self.effective(&share).await? else {
                continue;
            };
            let moved = targets.get(&share.id);
            let wish = moved.map_or((None, share.target_name.clone()), |(parent, name)| {
                (*parent, name.clone().unwrap_or_else(|| share.target_name.clone()))
            });
            if let Some(at) = mounts.iter().position(|mount| mount.file == share.file) {
                let mount = &mut mounts[at];
                mount.effective = merge(mount.effective, effective);
                mount.shares.push(share.id);
                mount.share_types.push(share.share_type);
                if moved.is_some() {
                    wishes[at] = wish;
                }
                continue;
            }
            wishes.push(wish);
            mounts.push(Mount {
                shares: vec![share.id],
                share_types: vec![share.share_type],
                file: share.file,
                file_owner: share.file_owner,
                effective,
                note: share.note,
                attributes: share.attributes,
                at: DavPath::root(),
            });
        }
        let mut taken = HashSet::new();
        for (mount, (parent, name)) in mounts.iter_mut().zip(wishes) {
            mount.at = free_place(own, parent, &name, &taken).await?;
            taken.insert(mount.at.clone());
        }
        Ok((mounts.into_iter().map(Arc::new).collect(), can_be_kept))
    }
}

/// Where something appears: below its folder, or in the root if that is gone. The user's own files come first: what has the
/// name of one gets a number.
async fn free_place(
    own: &Home,
    parent: Option<FileId>,
    name: &str,
    taken: &HashSet<DavPath>,
) -> Result<DavPath, ContentError> {
    let mut folder = DavPath::root();
    if let Some(parent) = parent
        && let Some(entry) = own.find_by_id(parent).await?
        && entry.is_folder()
    {
        folder = entry.path;
    }
    free_name(own, &folder, name, taken).await
}

/// The name in a folder, or the same with the first number that makes it free: among the own files, and among what appears there.
pub(super) async fn free_name(
    own: &Home,
    folder: &DavPath,
    name: &str,
    taken: &HashSet<DavPath>,
) -> Result<DavPath, ContentError> {
    let mut number = 1;
    loop {
        let candidate = folder.child(numbered(name, number));
        if !taken.contains(&candidate) && own.find(&candidate).await?.is_none() {
            return Ok(candidate);
        }
        number += 1;
    }
}

/// Longest end of a name that counts as what it is, in bytes: longer ones are shortened with the name.
const LONGEST_EXTENSION_BYTES: usize = 32;

/// `a.txt`, `a (2).txt`, `a (3).txt`, …. With a number it is no longer than a file's name may be.
pub(crate) fn numbered(name: &str, number: u32) -> String {
    match number {
        1 => name.to_owned(),
        number => fitting(name, &format!(" ({number})")),
    }
}

/// A name with an addition before its extension. What is too long for a file loses the end of what stands before that.
pub(crate) fn fitting(name: &str, addition: &str) -> String {
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= LONGEST_EXTENSION_BYTES => name.split_at(dot),
        _ => (name, ""),
    };
    let room = LONGEST_NAME_BYTES.saturating_sub(addition.len() + extension.len());
    let stem = &stem[..stem.floor_char_boundary(room)];
    format!("{stem}{addition}{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_goes_before_the_extension() {
        assert_eq!(numbered("a.txt", 1), "a.txt");
        assert_eq!(numbered("a.txt", 2), "a (2).txt");
        assert_eq!(numbered("Team", 3), "Team (3)");
        assert_eq!(numbered(".hidden", 2), ".hidden (2)");
    }

    #[test]
    fn a_long_name_is_cut_before_its_number_and_keeps_what_it_is() {
        let name = format!("{}.odt", "ö".repeat(125));
        for made in [fitting(&name, ""), numbered(&name, 2), numbered(&name, 10_000)] {
            assert!(
                made.len() <= LONGEST_NAME_BYTES && made.len() > LONGEST_NAME_BYTES - 4,
                "{made}"
            );
            let end = made.rsplit_once('.').map(|(_, end)| end);
            assert!(made.starts_with("öö") && end == Some("odt"), "{made}");
        }
        assert_ne!(numbered(&name, 2), numbered(&name, 3));
        let exact = "x".repeat(LONGEST_NAME_BYTES);
        assert_eq!(fitting(&exact, ""), exact);
        assert_eq!(numbered(&exact, 2), format!("{} (2)", &exact[4..]));
        let extension = format!("a.{}", "x".repeat(300));
        assert_eq!(numbered(&extension, 3).len(), LONGEST_NAME_BYTES);
    }
}
