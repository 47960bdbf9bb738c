//! Tags that all users of the Nextcloud share (source: Nextcloud developer manual, "System tags").

use http::{Method, header};
use nc_proto::dav::{Depth, FilterFiles, Name, Propfind, Response, decode_segment, props};
use serde_json::json;

use super::{FileEntry, FilePath, Files, Found, listing::read_whole_multistatus, subject};
use crate::{Error, Subject, request::Request};

const ID: Name = Name::oc("id");
const DISPLAY_NAME: Name = Name::oc("display-name");
const USER_VISIBLE: Name = Name::oc("user-visible");
const USER_ASSIGNABLE: Name = Name::oc("user-assignable");
const CAN_ASSIGN: Name = Name::oc("can-assign");

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemTag {
    /// Its number.
    pub id: i64,
    /// Its name. Tags of different kinds can have the same.
    pub name: String,
    /// Whether everybody sees it.
    pub user_visible: bool,
    /// Whether everybody may give it to files.
    pub user_assignable: bool,
    /// Whether this user may give it to files.
    pub can_assign: bool,
}

/// What came of giving a file a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagging {
    /// The tag.
    pub tag: SystemTag,
    /// Whether the tag is new.
    pub created: bool,
    /// Whether the file carried it before.
    pub was_there: bool,
}

impl SystemTag {
    fn read(response: &Response) -> Option<Self> {
        let flag = |name: &Name| {
            response
                .prop_text(name)
                .is_some_and(|text| text == "true" || text == "1")
        };
        Some(Self {
            id: response.prop_number(&ID)?,
            name: response.prop_text(&DISPLAY_NAME)?,
            user_visible: flag(&USER_VISIBLE),
            user_assignable: flag(&USER_ASSIGNABLE),
            // Older servers do not tell.
            can_assign: response
                .prop(&CAN_ASSIGN)
                .map_or(flag(&USER_ASSIGNABLE), |_| flag(&CAN_ASSIGN)),
        })
    }
}

impl Files<'_> {
    /// Every tag that this user sees, by name.
    ///
    /// # Errors
    /// As for every call.
    pub async fn tags(&self) -> Result<Vec<SystemTag>, Error> {
        self.view().await?;
        let mut tags = self.list_all_tags().await?;
        tags.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        Ok(tags)
    }

    /// The tags themselves; for finding out which ones hide files, too.
    pub(super) async fn list_all_tags(&self) -> Result<Vec<SystemTag>, Error> {
        let request = self
            .tag_request("PROPFIND", &["systemtags"], Subject::named("the tags"))?
            .slash();
        read_tags(request.depth(Depth::One)).await
    }

    /// A file with its tags.
    ///
    /// # Errors
    /// [`Error::NotFound`]; otherwise as for every call.
    pub async fn tags_of(&self, path: &FilePath) -> Result<(FileEntry, Vec<SystemTag>), Error> {
        let entry = self.stat(path).await?;
        let request = self.relation("PROPFIND", &entry, None)?.depth(Depth::One);
        Ok((entry, read_tags(request).await?))
    }

    /// The tag of that name. Of several, the one that this user may give to files. Capitals matter only where they tell one
    /// from another.
    ///
    /// # Errors
    /// [`Error::NotFound`]; otherwise as for every call.
    pub async fn tag_named(&self, name: &str) -> Result<SystemTag, Error> {
        let tags = self.tags().await?;
        choose(&tags, name)
            .cloned()
            .ok_or_else(|| Error::not_found(tag_subject(name)))
    }

    /// Files and folders that carry a tag.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such tag; otherwise as for every call.
    pub async fn tagged(&self, tag: &SystemTag, limit: u32) -> Result<Found, Error> {
        let report = FilterFiles {
            props: FileEntry::PROPERTIES.to_vec(),
            system_tags: vec![tag.id.to_string()],
            limit: Some(limit.saturating_add(1)),
            ..FilterFiles::default()
        };
        let mut request = self
            .request("REPORT", &FilePath::root())
            .await?
            .xml(report.to_document());
        request.context.subject = tag_subject(&tag.name);
        let found = self.collect(request, limit as usize).await;
        found.map_err(|error| match error {
            Error::PreconditionFailed { subject, .. } => Error::not_found(subject),
            error => error,
        })
    }

    /// Gives a file a tag; with `create`, makes the tag where there is none of that name.
    ///
    /// # Errors
    /// [`Error::NotFound`] if file or tag are missing, [`Error::Forbidden`] if the tag is not for this user to give;
    /// otherwise as for every call.
    pub async fn tag(&self, path: &FilePath, name: &str, create: bool) -> Result<Tagging, Error> {
        let entry = self.stat(path).await?;
        let (tag, created) = match self.tag_named(name).await {
            Err(Error::NotFound { .. }) if create => (self.create_tag(name).await?, true),
            tag => (tag?, false),
        };
        let assigned = self.relation("PUT", &entry, Some(&tag))?.read().await;
        let was_there = match assigned {
            Ok(_) => false,
            // Nextcloud's way to say that the file carries it already.
            Err(Error::Refused { status: 409, .. }) => true,
            Err(Error::PreconditionFailed { .. }) => return Err(Error::not_found(tag_subject(name))),
            Err(error) => return Err(error),
        };
        self.forget_hidden().await;
        Ok(Tagging {
            tag,
            created,
            was_there,
        })
    }

    /// Takes a tag from a file. Gives the tag.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the file is missing or does not carry it; otherwise as for every call.
    pub async fn untag(&self, path: &FilePath, name: &str) -> Result<SystemTag, Error> {
        let (entry, tags) = self.tags_of(path).await?;
        let tag = choose(&tags, name).ok_or_else(|| not_carried(path, name))?;
        let taken = self.relation("DELETE", &entry, Some(tag))?.read().await;
        taken.map_err(|error| match error {
            Error::NotFound { .. } => not_carried(path, name),
            error => error,
        })?;
        self.forget_hidden().await;
        Ok(tag.clone())
    }

    async fn create_tag(&self, name: &str) -> Result<SystemTag, Error> {
        let body = json!({ "userVisible": true, "userAssignable": true, "name": name });
        let request = self.tag_request("POST", &["systemtags"], tag_subject(name))?.slash();
        let id = match request.json(&body).read().await {
            Ok(whole) => {
                let address = whole.headers.get(header::CONTENT_LOCATION);
                address.and_then(|address| last_number(address.to_str().ok()?))
            }
            // Somebody else was faster.
            Err(Error::Refused { status: 409, .. }) => None,
            Err(error) => return Err(error),
        };
        match id {
            Some(id) => Ok(SystemTag {
                id,
                name: name.to_owned(),
                user_visible: true,
                user_assignable: true,
                can_assign: true,
            }),
            None => self.tag_named(name).await,
        }
    }

    fn tag_request(&self, method: &str, path: &[&str], subject: Subject) -> Result<Request<'_>, Error> {
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| Error::invalid("method", "it is unknown"))?;
        let segments = ["remote.php", "dav"].iter().chain(path);
        let segments = segments.map(|segment| (*segment).to_owned()).collect();
        Ok(self.0.request(method, segments, subject))
    }

    /// A request about the tags of a file that was looked at.
    fn relation(&self, method: &str, entry: &FileEntry, tag: Option<&SystemTag>) -> Result<Request<'_>, Error> {
        let file = file_id(entry)?;
        let tag = tag.map(|tag| tag.id.to_string());
        let path = ["systemtags-relations", "files", &file]
            .into_iter()
            .chain(tag.as_deref());
        let subject = Subject::new(format!("the tags of \"{}\"", entry.path));
        self.tag_request(method, &path.collect::<Vec<_>>(), subject)
    }
}

/// The number of a file that was looked at.
pub(super) fn file_id(entry: &FileEntry) -> Result<String, Error> {
    let id = entry.file_id.map(|id| id.to_string());
    id.ok_or_else(|| Error::bad_answer(subject(&entry.path), 207, "a file without number"))
}

/// The number at the end of an address.
pub(super) fn last_number(address: &str) -> Option<i64> {
    let last = address.trim_end_matches('/').rsplit('/').next()?;
    decode_segment(last).ok()?.parse().ok()
}

async fn read_tags(request: Request<'_>) -> Result<Vec<SystemTag>, Error> {
    let question = Propfind::Prop(vec![
        ID,
        DISPLAY_NAME,
        USER_VISIBLE,
        USER_ASSIGNABLE,
        CAN_ASSIGN,
        props::GETETAG,
    ]);
    let whole = request.xml(question.to_document()).read().await?;
    Ok(read_whole_multistatus(&whole)?
        .iter()
        .filter_map(SystemTag::read)
        .collect())
}

/// Of the tags of that name, the one that may be given to files; without regard to capitals only if that is one name.
fn choose<'t>(tags: &'t [SystemTag], name: &str) -> Option<&'t SystemTag> {
    let best = |same: &mut dyn Iterator<Item = &'t SystemTag>| same.max_by_key(|tag| (tag.can_assign, -tag.id));
    let exact = best(&mut tags.iter().filter(|tag| tag.name == name));
    exact.or_else(|| {
        let folded = name.to_lowercase();
        let mut similar = tags.iter().filter(|tag| tag.name.to_lowercase() == folded);
        let first = similar.clone().next()?;
        similar
            .clone()
            .all(|tag| tag.name == first.name)
            .then(|| best(&mut similar))
            .flatten()
    })
}

fn tag_subject(name: &str) -> Subject {
    Subject::new(format!("the tag \"{name}\""))
}

fn not_carried(path: &FilePath, name: &str) -> Error {
    Error::not_found(Subject::new(format!("the tag \"{name}\" of \"{path}\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(id: i64, name: &str, can_assign: bool) -> SystemTag {
        SystemTag {
            id,
            name: name.to_owned(),
            user_visible: true,
            user_assignable: can_assign,
            can_assign,
        }
    }

    #[test]
    fn a_name_means_the_tag_that_can_be_given() {
        let tags = [
            tag(1, "Work", false),
            tag(2, "Work", true),
            tag(3, "work", true),
            tag(4, "Home", true),
        ];
        let chosen = |name| choose(&tags, name).map(|tag| tag.id);
        assert_eq!(chosen("Work"), Some(2));
        assert_eq!(chosen("work"), Some(3));
        assert_eq!(chosen("WORK"), None, "it could be either");
        assert_eq!(chosen("home"), Some(4));
        assert_eq!(chosen("Hom"), None);
    }
}
