//! Files that tags hide from this server (`EXCLUDED_TAGS`).
//!
//! Every request about a path goes through [`Files::request`](super::Files::request), which asks [`View::check`], and every
//! entry of an answer through [`FileEntry::read`](super::FileEntry::read), which needs a [`View`]: a call that is added
//! later cannot forget to look. When the tags cannot be read, nothing is shown.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use nc_proto::dav::{FilterFiles, Response};
use time::{Duration, OffsetDateTime};
use unicode_normalization::UnicodeNormalization;

use super::{FileEntry, FileId, FilePath, Files, listing::read_multistatus, subject};
use crate::{Error, Subject, error::Reason};

/// How long what is hidden is believed.
const BELIEVED_FOR: Duration = Duration::seconds(10);

/// The report on files with a tag can be empty for a moment: files that were hidden are shown again only after so many empty
/// answers, one after the other.
const EMPTY_ANSWERS: u32 = 3;

/// What tags hide.
#[derive(Debug, Default)]
pub(crate) struct Hidden {
    /// The tags that hide and exist.
    tags: HashSet<i64>,
    /// Files and folders that carry them, by the names on the way to them.
    paths: HashSet<Vec<String>>,
    ids: HashSet<FileId>,
}

/// What is remembered for one credential.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    until: Option<OffsetDateTime>,
    hidden: Arc<Hidden>,
    by_tag: HashMap<i64, Tagged>,
}

/// What carries a tag.
#[derive(Debug, Clone, Default)]
struct Tagged {
    entries: Vec<(FilePath, Option<FileId>)>,
    empty_answers: u32,
}

/// The user's files as this server may show them.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(super) user: String,
    hidden: Arc<Hidden>,
}

impl Hidden {
    /// Whether a path, or a folder on the way to it, is hidden.
    pub(super) fn hides(&self, path: &FilePath) -> bool {
        if self.paths.is_empty() {
            return false;
        }
        let key = key(path);
        (1..=key.len()).any(|count| self.paths.contains(&key[..count]))
    }

    /// Whether something in a folder is hidden.
    fn holds(&self, folder: &FilePath) -> bool {
        let folder = key(folder);
        self.paths
            .iter()
            .any(|path| path.len() > folder.len() && path.starts_with(&folder))
    }

    pub(super) fn hides_id(&self, id: Option<FileId>) -> bool {
        id.is_some_and(|id| self.ids.contains(&id))
    }

    /// The tags that hide something, if any.
    pub(super) const fn tags(&self) -> &HashSet<i64> {
        &self.tags
    }
}

/// Both Unicode forms of a name are taken for the same: rather too much is hidden than too little.
fn key(path: &FilePath) -> Vec<String> {
    let names = path.as_dav().names().iter();
    names.map(|name| name.nfc().collect()).collect()
}

impl View {
    /// Fails for what is hidden: it is not there.
    pub(crate) fn check(&self, path: &FilePath) -> Result<(), Error> {
        if self.hidden.hides(path) {
            return Err(Error::not_found(subject(path)));
        }
        Ok(())
    }

    /// Fails for what must not go elsewhere because something hidden would go along.
    pub(crate) fn check_whole(&self, path: &FilePath) -> Result<(), Error> {
        if self.hidden.holds(path) {
            let words = "something in it is hidden by a tag (EXCLUDED_TAGS), so it can be neither moved, copied, shared, deleted nor \
                         replaced";
            return Err(Error::Forbidden {
                subject: subject(path),
                reason: Reason::ours(words),
            });
        }
        Ok(())
    }

    pub(crate) fn shows(&self, path: &FilePath, id: Option<FileId>) -> bool {
        !self.hidden.hides(path) && !self.hidden.hides_id(id)
    }

    /// Whose files they are.
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// Whether there is nothing to look at.
    pub(crate) fn hides_nothing(&self) -> bool {
        self.hidden.paths.is_empty()
    }

    pub(super) fn hidden(&self) -> &Hidden {
        &self.hidden
    }
}

impl Files<'_> {
    /// The user, and what tags hide.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when the tags cannot be read; otherwise as for every call.
    pub(crate) async fn view(&self) -> Result<View, Error> {
        let user = self.user_id().await?;
        let names = &self.0.nextcloud.config().excluded_tags;
        if names.is_empty() {
            let hidden = Arc::default();
            return Ok(View { user, hidden });
        }
        // One asks, the others wait.
        let mut remembered = self.0.account.hidden.lock().await;
        let now = self.0.nextcloud.clock().now();
        if remembered.until.is_none_or(|until| until <= now) {
            self.look(&user, names, &mut remembered).await.map_err(unreadable)?;
            remembered.until = Some(now + BELIEVED_FOR);
        }
        let hidden = Arc::clone(&remembered.hidden);
        Ok(View { user, hidden })
    }

    /// Takes out what tags hide, of things of other apps that are or name files.
    pub(crate) async fn retain_shown<T>(
        &self,
        things: &mut Vec<T>,
        place: impl Fn(&T) -> (Option<String>, Option<FileId>),
    ) -> Result<(), Error> {
        if self.0.nextcloud.config().excluded_tags.is_empty() || things.is_empty() {
            return Ok(());
        }
        let view = self.view().await?;
        things.retain(|thing| {
            let (path, id) = place(thing);
            let path = path.and_then(|path| FilePath::parse(&path).ok());
            !view.hidden.hides_id(id) && path.is_none_or(|path| !view.hidden.hides(&path))
        });
        Ok(())
    }

    /// Tags or files moved: what is hidden has to be looked at again.
    pub(super) async fn forget_hidden(&self) {
        self.0.account.hidden.lock().await.until = None;
    }

    async fn look(&self, user: &str, names: &[String], remembered: &mut Remembered) -> Result<(), Error> {
        let folded: HashSet<String> = names.iter().map(|name| fold(name)).collect();
        let tags = self.list_all_tags().await?;
        let tags: HashSet<i64> = tags
            .into_iter()
            .filter(|tag| folded.contains(&fold(&tag.name)))
            .map(|tag| tag.id)
            .collect();
        let mut by_tag = HashMap::new();
        for tag in &tags {
            let before = remembered.by_tag.get(tag).cloned();
            by_tag.insert(*tag, self.look_at(user, *tag, before).await?);
        }
        let mut hidden = Hidden {
            tags,
            ..Hidden::default()
        };
        for (path, id) in by_tag.values().flat_map(|tagged| &tagged.entries) {
            hidden.paths.insert(key(path));
            hidden.ids.extend(id);
        }
        remembered.hidden = Arc::new(hidden);
        remembered.by_tag = by_tag;
        Ok(())
    }

    async fn look_at(&self, user: &str, tag: i64, before: Option<Tagged>) -> Result<Tagged, Error> {
        // What was never seen is asked for at once as often as an empty answer needs.
        let tries = if before.is_none() { EMPTY_ANSWERS } else { 1 };
        let mut entries = Vec::new();
        for _ in 0..tries {
            entries = self.report_tagged(user, tag).await?;
            if !entries.is_empty() {
                break;
            }
        }
        match before {
            Some(before) if entries.is_empty() && !before.entries.is_empty() => {
                let empty_answers = before.empty_answers + 1;
                if empty_answers >= EMPTY_ANSWERS {
                    return Ok(Tagged::default());
                }
                Ok(Tagged {
                    empty_answers,
                    ..before
                })
            }
            _ => Ok(Tagged {
                entries,
                empty_answers: 0,
            }),
        }
    }

    /// What carries a tag, hidden or not.
    async fn report_tagged(&self, user: &str, tag: i64) -> Result<Vec<(FilePath, Option<FileId>)>, Error> {
        let report = FilterFiles {
            props: FileEntry::PROPERTIES.to_vec(),
            system_tags: vec![tag.to_string()],
            ..FilterFiles::default()
        };
        let root = FilePath::root();
        let request = self.dav("REPORT", &super::ROOT, user, root.as_dav(), tags_that_hide())?;
        let limit = self.0.nextcloud.config().limits.listing_bytes;
        let mut entries = Vec::new();
        let mut is_odd = false;
        let each = |response: Response| match FileEntry::read_any(&response, user) {
            Some(entry) => entries.push((entry.path, entry.file_id)),
            None => is_odd = true,
        };
        read_multistatus(request.xml(report.to_document()).send().await?, limit, each).await?;
        if is_odd {
            return Err(Error::bad_answer(
                tags_that_hide(),
                207,
                "a file outside of the user's files",
            ));
        }
        Ok(entries)
    }
}

fn tags_that_hide() -> Subject {
    Subject::named("the tags that hide files")
}

/// Capitals do not matter: rather too much is hidden than too little.
fn fold(name: &str) -> String {
    name.trim().nfc().collect::<String>().to_lowercase()
}

/// Without the tags nothing is shown. What is wrong with every call is told as it is.
fn unreadable(error: Error) -> Error {
    match error {
        Error::Unauthorized
        | Error::RateLimited { .. }
        | Error::Unreachable { .. }
        | Error::Timeout { .. }
        | Error::Maintenance { .. }
        | Error::Moved { .. } => error,
        error => {
            tracing::warn!(code = error.code(), %error, "tags that hide files cannot be read, so no files are shown");
            let words = "tags hide some of them (EXCLUDED_TAGS), and the tags cannot be read now";
            Error::Forbidden {
                subject: Subject::named("the files"),
                reason: Reason::ours(words),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> FilePath {
        FilePath::parse(text).expect("path")
    }

    fn hidden(paths: &[&str]) -> Hidden {
        Hidden {
            paths: paths.iter().map(|text| key(&path(text))).collect(),
            ..Hidden::default()
        }
    }

    #[test]
    fn what_lies_below_is_hidden_and_a_neighbour_is_not() {
        let hidden = hidden(&["/a/secret", "/u\u{308}.txt"]);
        for text in [
            "/a/secret",
            "a/secret/",
            "/a/secret/deep/er.txt",
            "/\u{fc}.txt",
            "//a//secret",
        ] {
            assert!(hidden.hides(&path(text)), "{text}");
        }
        for text in ["/", "/a", "/a/secrets", "/a/secret.txt", "/secret"] {
            assert!(!hidden.hides(&path(text)), "{text}");
        }
    }

    #[test]
    fn a_folder_holds_what_is_hidden_in_it_at_any_depth() {
        let hidden = hidden(&["/a/b/secret"]);
        for text in ["/", "/a", "/a/b"] {
            assert!(hidden.holds(&path(text)), "{text}");
        }
        for text in ["/a/b/secret", "/a/bb", "/b"] {
            assert!(!hidden.holds(&path(text)), "{text}");
        }
    }
}
