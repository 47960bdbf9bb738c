//! The trash bin, as Nextcloud shows it: `trash` holds what was deleted, and what is moved to `restore` comes back.

use axum::{body::Body, response::Response};
use http::StatusCode;
use nc_proto::dav::{DavPath, Depth, ETag, Element, Multistatus, Name, Propfind, Response as Entry, props};

use super::{
    DavError, answer, files, get,
    place::{Area, Place},
    propfind,
    root::{collection, known_properties},
    system_tags,
    visit::Visit,
};
use crate::content::{ContentError, Home, Kind, Trashed};

const FILENAME: Name = Name::nc("trashbin-filename");
const ORIGINAL_LOCATION: Name = Name::nc("trashbin-original-location");
const DELETION_TIME: Name = Name::nc("trashbin-deletion-time");
const TITLE: Name = Name::nc("trashbin-title");
const DELETED_BY_ID: Name = Name::nc("trashbin-deleted-by-id");
const DELETED_BY_DISPLAY_NAME: Name = Name::nc("trashbin-deleted-by-display-name");

/// Nextcloud's letters for what was deleted: it may be read and deleted.
const PERMISSIONS: &str = "GD";

/// Where in the trash bin an address points.
enum Spot {
    /// The folder of the two others.
    Home,
    /// Everything that was deleted.
    Trash,
    /// Something that was deleted, or that lies in it.
    Deleted(DavPath),
    /// What is moved here comes back. It is always empty.
    Restore,
}

fn spot(path: &DavPath) -> Result<Spot, DavError> {
    let names: Vec<&str> = path.names().iter().map(String::as_str).collect();
    match names.as_slice() {
        [] => Ok(Spot::Home),
        ["trash"] => Ok(Spot::Trash),
        ["trash", ..] => Ok(Spot::Deleted(DavPath::from_names(&path.names()[1..]))),
        ["restore"] => Ok(Spot::Restore),
        _ => Err(DavError::nothing()),
    }
}

/// A request for the user's own trash.
pub(super) async fn serve(visit: &Visit, body: Body) -> Result<Response, DavError> {
    match visit.method.as_str() {
        "OPTIONS" => return Ok(files::options()),
        "PUT" => return Err(DavError::forbidden("Not allowed to create files in the trashbin")),
        "MKCOL" => return Err(DavError::forbidden("Not allowed to create folders in the trashbin")),
        "COPY" | "LOCK" | "PROPPATCH" => return Err(DavError::forbidden("Not allowed in the trashbin")),
        _ => {}
    }
    let home = visit.home().await?;
    match (visit.method.as_str(), spot(visit.path())?) {
        ("PROPFIND", spot) => list(visit, &home, spot, body).await,
        ("GET" | "HEAD", Spot::Deleted(path)) => read(visit, &home, &path).await,
        ("GET" | "HEAD", _) => Ok(answer::empty(StatusCode::OK)),
        ("MOVE", Spot::Deleted(path)) => restore(visit, &home, &path).await,
        ("DELETE", Spot::Deleted(path)) => {
            home.delete_trashed(&path).await.map_err(|error| refuse(visit, error))?;
            Ok(answer::empty(StatusCode::NO_CONTENT))
        }
        ("DELETE", Spot::Trash) => {
            home.empty_trash().await.map_err(|error| refuse(visit, error))?;
            Ok(answer::empty(StatusCode::NO_CONTENT))
        }
        ("DELETE" | "MOVE", _) => Err(DavError::forbidden("")),
        (method, _) => Err(DavError::unknown_method(method)),
    }
}

/// Sabre says here only that there is nothing.
fn refuse(visit: &Visit, error: ContentError) -> DavError {
    match error {
        ContentError::NotFound(_) => DavError::nothing(),
        error => visit.refuse(error),
    }
}

async fn list(visit: &Visit, home: &Home, spot: Spot, body: Body) -> Result<Response, DavError> {
    let question = Propfind::parse(&visit.read_body(body).await?)?;
    propfind::check_count(&question)?;
    let deep = visit.depth()? != Some(Depth::Zero);
    let refuse = |error| refuse(visit, error);
    let folder = |name: &str| {
        let path = DavPath::from_names(Some(name).filter(|name| !name.is_empty()));
        known_properties(visit.place.href(&path, true), &question, &[collection()])
    };
    let mut responses = Vec::new();
    let mut inside = Vec::new();
    match spot {
        Spot::Home => {
            responses.push(folder(""));
            if deep {
                responses.extend([folder("restore"), folder("trash")]);
            }
        }
        Spot::Restore => responses.push(folder("restore")),
        Spot::Trash => {
            responses.push(folder("trash"));
            if deep {
                inside = home.list_trash().await.map_err(refuse)?;
            }
        }
        Spot::Deleted(path) => {
            let trashed = home.stat_trashed(&path).await.map_err(refuse)?;
            if deep && trashed.entry.is_folder() {
                inside = home.list_trashed(&path).await.map_err(refuse)?;
            }
            inside.insert(0, trashed);
        }
    }
    // Nextcloud does not tell the tags of what was deleted; here a client that has to know them can.
    let tags = match &question {
        Propfind::Prop(names) if names.contains(&props::SYSTEM_TAGS) => Some((
            system_tags::Viewer::of(visit).await?,
            home.tags_by_trashed().await.map_err(refuse)?,
        )),
        _ => None,
    };
    for trashed in &inside {
        let tags = tags.as_ref().map(|(viewer, tags)| {
            let tags = tags.get(&trashed.entry.id).map_or(&[][..], Vec::as_slice);
            system_tags::property_for(viewer, tags)
        });
        responses.push(describe(visit, &question, trashed, tags).await?);
    }
    Ok(answer::multistatus(&Multistatus {
        responses,
        sync_token: None,
    }))
}

async fn describe(
    visit: &Visit,
    question: &Propfind,
    trashed: &Trashed,
    tags: Option<Element>,
) -> Result<Entry, DavError> {
    let entry = &trashed.entry;
    let location = trashed.original_location.names().join("/");
    let deleted_at = trashed.deleted_at.to_string();
    let mut known = vec![
        Element::text(FILENAME, trashed.name()),
        Element::text(ORIGINAL_LOCATION, &*location),
        Element::text(TITLE, &*location),
        Element::text(DELETION_TIME, &*deleted_at),
        Element::text(DELETED_BY_ID, trashed.deleted_by.as_str()),
        Element::text(
            DELETED_BY_DISPLAY_NAME,
            &*visit.cloud.display_name(&trashed.deleted_by).await?,
        ),
        Element::text(props::DISPLAYNAME, trashed.name()),
        Element::text(props::GETLASTMODIFIED, answer::http_date(trashed.deleted_at)),
        Element::text(props::GETETAG, deleted_at),
        Element::text(props::FILEID, entry.id.to_string()),
        Element::text(props::SIZE, entry.size_bytes.to_string()),
        Element::text(props::PERMISSIONS, PERMISSIONS),
        Element::text(props::HAS_PREVIEW, "false"),
        Element::new(props::MOUNT_TYPE),
    ];
    known.extend(tags);
    match &entry.kind {
        Kind::Folder { .. } => known.push(collection()),
        Kind::File { mime } => known.extend([
            Element::new(props::RESOURCETYPE),
            Element::text(props::GETCONTENTTYPE, &**mime),
            Element::text(props::GETCONTENTLENGTH, entry.size_bytes.to_string()),
        ]),
    }
    let path = DavPath::from_names(["trash"]).join(&entry.path);
    let href = visit.place.href(&path, entry.is_folder());
    Ok(known_properties(href, question, &known))
}

async fn read(visit: &Visit, home: &Home, path: &DavPath) -> Result<Response, DavError> {
    let trashed = home.stat_trashed(path).await.map_err(|error| refuse(visit, error))?;
    if trashed.entry.is_folder() {
        return Ok(answer::empty(StatusCode::OK));
    }
    let (trashed, file) = home.open_trashed(path).await.map_err(|error| refuse(visit, error))?;
    let tag = trashed.deleted_at.to_string();
    let mut shown = trashed.entry.clone();
    shown.path = DavPath::from_names([trashed.name()]);
    shown.modified_at = trashed.deleted_at;
    if let Some(etag) = ETag::parse(&tag) {
        shown.etag = etag;
    }
    get::send(visit, &shown, &tag, file).await
}

async fn restore(visit: &Visit, home: &Home, path: &DavPath) -> Result<Response, DavError> {
    let address = visit.header("destination")?;
    let address = address.ok_or_else(|| DavError::bad_request("The destination header was not supplied"))?;
    let place = Place::of_header(&visit.cloud, &visit.signed_in, address)?;
    let names = place.path.names();
    if place.area != Area::Trashbin || names.len() != 2 || names[0] != "restore" {
        return Err(DavError::forbidden("Deleted files can only be moved to restore"));
    }
    let restored = home.restore(path, visit.lock_tokens()?).await;
    restored.map_err(|error| refuse(visit, error))?;
    Ok(answer::empty(StatusCode::CREATED))
}
