//! The trash bin (source: Nextcloud developer manual, "Trashbin").

use nc_proto::dav::{Comparison, Condition as Where, DavPath, Depth, Name, Propfind, Response, Scope, Search, props};
use time::OffsetDateTime;

use super::{FileEntry, FileId, FileKind, FileOrder, FilePath, Files, listing::read_whole_multistatus, search};
use crate::{
    Error, Subject,
    error::{Condition, Reason},
};

const ROOT: [&str; 3] = ["remote.php", "dav", "trashbin"];
const FILENAME: Name = Name::nc("trashbin-filename");
const ORIGINAL_LOCATION: Name = Name::nc("trashbin-original-location");
const DELETION_TIME: Name = Name::nc("trashbin-deletion-time");
const DELETED_BY: Name = Name::nc("trashbin-deleted-by-id");

/// Something in the trash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrashEntry {
    /// What it is called there; unique, and needed to bring it back.
    pub id: String,
    /// The name that it had.
    pub name: Option<String>,
    /// Where it was.
    pub original_location: Option<FilePath>,
    /// When it was deleted.
    pub deleted_at: Option<OffsetDateTime>,
    /// Id of the one who deleted it.
    pub deleted_by: Option<String>,
    /// Size in bytes.
    pub size: Option<u64>,
    /// Its number, which it keeps.
    pub file_id: Option<FileId>,
    /// File or folder.
    pub kind: FileKind,
}

/// What came back from the trash.
#[derive(Debug, Clone, PartialEq)]
pub struct Restored {
    /// What it was in the trash.
    pub was: TrashEntry,
    /// The file where it is now, if it was found again.
    pub entry: Option<FileEntry>,
}

impl TrashEntry {
    fn read(response: &Response) -> Option<Self> {
        let address = DavPath::decode(&response.href).ok()?;
        let location = response.prop_text(&ORIGINAL_LOCATION);
        Some(Self {
            id: address.name()?.to_owned(),
            name: response.prop_text(&FILENAME),
            original_location: location.and_then(|location| FilePath::parse(&location).ok()),
            deleted_at: response
                .prop_number(&DELETION_TIME)
                .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok()),
            deleted_by: response.prop_text(&DELETED_BY),
            size: response
                .prop_number::<i64>(&props::SIZE)
                .or_else(|| response.prop_number(&props::GETCONTENTLENGTH))
                .and_then(|size| u64::try_from(size).ok()),
            file_id: response.prop_number(&props::FILEID).map(FileId),
            kind: if response.is_collection() {
                FileKind::Directory
            } else {
                FileKind::File
            },
        })
    }
}

impl Files<'_> {
    /// What lies in the trash, the latest first.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where tags hide files and the server does not tell the tags of deleted ones; otherwise as for
    /// every call.
    pub async fn trash(&self) -> Result<Vec<TrashEntry>, Error> {
        let view = self.view().await?;
        let hiding = view.hidden().tags();
        let mut wanted = vec![
            props::RESOURCETYPE,
            FILENAME,
            ORIGINAL_LOCATION,
            DELETION_TIME,
            DELETED_BY,
            props::GETCONTENTLENGTH,
            props::FILEID,
            props::SIZE,
        ];
        if !hiding.is_empty() {
            wanted.push(props::SYSTEM_TAGS);
        }
        let request = self.trash_request("PROPFIND", &view.user, &["trash"], Subject::named("the trash"))?;
        let request = request.depth(Depth::One).xml(Propfind::Prop(wanted).to_document());
        let responses = read_whole_multistatus(&request.read().await?)?;
        let mut entries = Vec::new();
        let mut hidden_places: Vec<FilePath> = Vec::new();
        for response in &responses {
            // The trash itself has no time of deletion.
            let Some(entry) = TrashEntry::read(response).filter(|_| response.prop(&DELETION_TIME).is_some()) else {
                continue;
            };
            if !hiding.is_empty() && carries(response, |tag| hiding.contains(&tag))? {
                hidden_places.extend(entry.original_location);
            } else {
                entries.push(entry);
            }
        }
        entries.retain(|entry| {
            let place = entry.original_location.as_ref();
            let in_hidden =
                |place: &FilePath| view.hidden().hides(place) || hidden_places.iter().any(|hidden| place.is_in(hidden));
            !view.hidden().hides_id(entry.file_id) && !place.is_some_and(in_hidden)
        });
        entries.sort_by(|one, other| (other.deleted_at, &one.id).cmp(&(one.deleted_at, &other.id)));
        Ok(entries)
    }

    /// Brings something back from the trash. Where it is then is up to the server: the name may be taken, the folder gone.
    ///
    /// # Errors
    /// [`Error::NotFound`] if nothing in the trash is called so; otherwise as for every call.
    pub async fn restore(&self, id: &str) -> Result<Restored, Error> {
        let subject = || Subject::new(format!("\"{id}\" in the trash"));
        let view = self.view().await?;
        // What is hidden is not in this list.
        let known = self.trash().await?;
        let was = known.into_iter().find(|entry| entry.id == id);
        let was = was.ok_or_else(|| Error::not_found(subject()))?;
        let name = was.name.as_deref().unwrap_or(id);
        let to = self
            .trash_request("GET", &view.user, &["restore", name], subject())?
            .path()?;
        let mut request = self
            .trash_request("MOVE", &view.user, &["trash", id], subject())?
            .header("destination", to)
            .header("overwrite", "F");
        request.context.condition = Condition::None;
        request.read().await?;
        self.forget_hidden().await;
        // It is back; that a look for it fails does not change that.
        let entry = match was.file_id {
            Some(file_id) => self.find_by_id(file_id).await.unwrap_or_default(),
            None => None,
        };
        Ok(Restored { was, entry })
    }

    /// The file or folder with that number, wherever it is.
    ///
    /// # Errors
    /// As for every call.
    pub async fn find_by_id(&self, id: FileId) -> Result<Option<FileEntry>, Error> {
        let view = self.view().await?;
        let search = Search {
            select: FileEntry::PROPERTIES.to_vec(),
            scope: Scope {
                href: DavPath::from_names(["files", &view.user]).encode(),
                depth: Depth::Infinity,
            },
            condition: Some(Where::Compare(Comparison::Equal, props::FILEID, id.to_string())),
            order: vec![search::order(FileOrder::default())],
            limit: Some(1),
            offset: None,
        };
        let request = self.search_request(&search, Subject::new(format!("file {id}")))?;
        let found = self.collect(request, 1).await?;
        Ok(found.entries.into_iter().find(|entry| entry.file_id == Some(id)))
    }

    fn trash_request(
        &self,
        method: &str,
        user: &str,
        path: &[&str],
        subject: Subject,
    ) -> Result<crate::request::Request<'_>, Error> {
        let path = DavPath::from_names(path.iter().copied());
        self.dav(method, &ROOT, user, &path, subject)
    }
}

/// Whether something carries one of the tags. Where the server does not tell, nothing may be shown.
fn carries(response: &Response, is_wanted: impl Fn(i64) -> bool) -> Result<bool, Error> {
    let Some(tags) = response.prop(&props::SYSTEM_TAGS) else {
        let words = "tags hide some of it (EXCLUDED_TAGS), and this Nextcloud does not tell the tags of deleted files";
        return Err(Error::Forbidden {
            subject: Subject::named("the trash"),
            reason: Reason::ours(words),
        });
    };
    let id = Name::oc("id");
    let ids = tags.elements().map(|tag| {
        let attribute = tag.attributes.iter().find(|(name, _)| *name == id);
        attribute.and_then(|(_, id)| id.parse::<i64>().ok())
    });
    // A tag without number could be any.
    Ok(ids.into_iter().any(|id| id.is_none_or(&is_wanted)))
}
