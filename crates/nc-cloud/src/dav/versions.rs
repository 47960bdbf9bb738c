//! Former content of files, as Nextcloud shows it: a folder a file under `versions`, by the file's number, with an entry a
//! state, by the time of its last change. What is moved to `restore` becomes the file's content.

use axum::{body::Body, response::Response};
use http::StatusCode;
use nc_proto::apps::sharing::SharePermissions;
use nc_proto::dav::{
    DavPath, Depth, ETag, Element, Multistatus, Name, PropPatch, PropStat, PropUpdate, Propfind, Response as Entry,
    props,
};

use super::{
    DavError, answer, files, get,
    place::{Area, Place},
    propfind,
    root::{collection, known_properties},
    visit::{Visit, need, need_download},
};
use crate::content::{Content, ContentError, FileId, Home, Version};

const LABEL: Name = Name::nc("version-label");
const AUTHOR: Name = Name::nc("version-author");

/// Where an address points.
#[derive(Debug, Clone, Copy)]
enum Spot {
    /// The folder of the two others.
    Home,
    /// The files that have versions; nobody lists them.
    Versions,
    /// The states of a file.
    File(FileId),
    /// One state, by its time.
    Version(FileId, i64),
    /// What is moved here becomes the present state. It is always empty.
    Restore,
}

fn spot(path: &DavPath) -> Result<Spot, DavError> {
    let names: Vec<&str> = path.names().iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<i64>().map_err(|_| DavError::nothing());
    Ok(match names.as_slice() {
        [] => Spot::Home,
        ["versions"] => Spot::Versions,
        ["versions", file] => Spot::File(FileId(number(file)?)),
        ["versions", file, version] => Spot::Version(FileId(number(file)?), number(version)?),
        ["restore"] => Spot::Restore,
        _ => return Err(DavError::nothing()),
    })
}

/// A request for the versions of the user's own files.
pub(super) async fn serve(visit: &Visit, body: Body) -> Result<Response, DavError> {
    match visit.method.as_str() {
        "OPTIONS" => return Ok(files::options()),
        "PUT" | "MKCOL" | "COPY" | "LOCK" => return Err(DavError::forbidden("Not allowed in the versions")),
        _ => {}
    }
    let spot = spot(visit.path())?;
    let home = match spot {
        Spot::File(file) | Spot::Version(file, _) => home_of(visit, file).await?,
        Spot::Home | Spot::Versions | Spot::Restore => visit.home().await?,
    };
    match (visit.method.as_str(), spot) {
        ("PROPFIND", spot) => list(visit, &home, spot, body).await,
        ("GET" | "HEAD", Spot::Version(file, version)) => read(visit, &home, file, version).await,
        ("GET" | "HEAD", _) => Ok(answer::empty(StatusCode::OK)),
        ("PROPPATCH", Spot::Version(file, version)) => label(visit, &home, file, version, body).await,
        ("MOVE", Spot::Version(file, version)) => restore(visit, &home, file, version).await,
        ("DELETE", Spot::Version(file, version)) => {
            let deleted = home.delete_version(file, version).await;
            deleted.map_err(|error| refuse(visit, error))?;
            Ok(answer::empty(StatusCode::NO_CONTENT))
        }
        ("DELETE" | "MOVE" | "PROPPATCH", _) => Err(DavError::forbidden("")),
        (method, _) => Err(DavError::unknown_method(method)),
    }
}

/// The tree of a file whose versions the one who asks may use like this: reading takes the content away, everything else
/// changes it.
async fn home_of(visit: &Visit, file: FileId) -> Result<Home, DavError> {
    let (place, _) = visit.locate(file).await?.ok_or_else(DavError::nothing)?;
    match visit.method.as_str() {
        "PROPFIND" => {}
        "GET" | "HEAD" => need_download(&place)?,
        "DELETE" => need(&place, SharePermissions::UPDATE.with(SharePermissions::DELETE))?,
        _ => need(&place, SharePermissions::UPDATE)?,
    }
    Ok(place.home)
}

/// Sabre says here only that there is nothing.
fn refuse(visit: &Visit, error: ContentError) -> DavError {
    match error {
        ContentError::NotFound(_) => DavError::nothing(),
        ContentError::Impossible(_) => DavError::forbidden("This is what the file has now"),
        error => visit.refuse(error),
    }
}

async fn list(visit: &Visit, home: &Home, spot: Spot, body: Body) -> Result<Response, DavError> {
    let question = Propfind::parse(&visit.read_body(body).await?)?;
    propfind::check_count(&question)?;
    let deep = visit.depth()? != Some(Depth::Zero);
    let folder = |names: &[&str]| {
        let path = DavPath::from_names(names.iter().copied());
        known_properties(visit.place.href(&path, true), &question, &[collection()])
    };
    let mut responses = Vec::new();
    match spot {
        Spot::Home => {
            responses.push(folder(&[]));
            if deep {
                responses.extend([folder(&["versions"]), folder(&["restore"])]);
            }
        }
        Spot::Versions => responses.push(folder(&["versions"])),
        Spot::Restore => responses.push(folder(&["restore"])),
        Spot::File(file) => {
            let versions = home.list_versions(file).await;
            let versions = versions.map_err(|error| refuse(visit, error))?;
            responses.push(folder(&["versions", &file.to_string()]));
            if deep {
                let mime = media_type(visit, home, file).await?;
                let described = versions
                    .iter()
                    .map(|version| describe(visit, &question, file, version, &mime));
                responses.extend(described);
            }
        }
        Spot::Version(file, version) => {
            let version = home.get_version(file, version).await;
            let version = version.map_err(|error| refuse(visit, error))?;
            let mime = media_type(visit, home, file).await?;
            responses.push(describe(visit, &question, file, &version, &mime));
        }
    }
    Ok(answer::multistatus(&Multistatus {
        responses,
        sync_token: None,
    }))
}

async fn media_type(visit: &Visit, home: &Home, file: FileId) -> Result<String, DavError> {
    let entry = home.find_by_id(file).await.map_err(|error| refuse(visit, error))?;
    let entry = entry.ok_or_else(DavError::nothing)?;
    Ok(Content::media_type(entry.name()))
}

fn href(visit: &Visit, file: FileId, version: i64) -> String {
    let path = DavPath::from_names(["versions".to_owned(), file.to_string(), version.to_string()]);
    visit.place.href(&path, false)
}

fn describe(visit: &Visit, question: &Propfind, file: FileId, version: &Version, mime: &str) -> Entry {
    let time = version.modified_at.to_string();
    let mut known = vec![
        Element::new(props::RESOURCETYPE),
        Element::text(props::GETCONTENTLENGTH, version.size_bytes.to_string()),
        Element::text(props::GETLASTMODIFIED, answer::http_date(version.modified_at)),
        Element::text(props::GETCONTENTTYPE, mime),
        Element::text(props::GETETAG, time),
        Element::text(AUTHOR, version.author.as_str()),
        Element::text(props::HAS_PREVIEW, "false"),
    ];
    if !version.label.is_empty() {
        known.push(Element::text(LABEL, &*version.label));
    }
    known_properties(href(visit, file, version.modified_at), question, &known)
}

async fn read(visit: &Visit, home: &Home, file: FileId, version: i64) -> Result<Response, DavError> {
    let opened = home.open_version(file, version).await;
    let (entry, version, bytes) = opened.map_err(|error| refuse(visit, error))?;
    let tag = version.modified_at.to_string();
    let mut shown = entry;
    shown.modified_at = version.modified_at;
    shown.size_bytes = version.size_bytes;
    if let Some(etag) = ETag::parse(&tag) {
        shown.etag = etag;
    }
    get::send(visit, &shown, &tag, bytes).await
}

/// Answers PROPPATCH: the label is all that can be changed.
async fn label(visit: &Visit, home: &Home, file: FileId, version: i64, body: Body) -> Result<Response, DavError> {
    let patch = PropPatch::parse(&visit.read_body(body).await?)?;
    let known = home.get_version(file, version).await;
    let known = known.map_err(|error| refuse(visit, error))?;
    let mut wanted = None;
    for update in &patch.updates {
        match update {
            PropUpdate::Set(element) if *update.name() == LABEL => wanted = Some(element.content().trim().to_owned()),
            PropUpdate::Remove(name) if *name == LABEL => wanted = Some(String::new()),
            _ => return Err(DavError::forbidden("Only the label of a version can be changed")),
        }
    }
    if let Some(wanted) = wanted {
        let labelled = home.label_version(file, known.modified_at, wanted).await;
        labelled.map_err(|error| refuse(visit, error))?;
    }
    let done = PropStat::new(200, vec![Element::new(LABEL)]);
    Ok(answer::multistatus(&Multistatus {
        responses: vec![Entry::of_props(href(visit, file, known.modified_at), vec![done])],
        sync_token: None,
    }))
}

async fn restore(visit: &Visit, home: &Home, file: FileId, version: i64) -> Result<Response, DavError> {
    let address = visit.header("destination")?;
    let address = address.ok_or_else(|| DavError::bad_request("The destination header was not supplied"))?;
    let place = Place::of_header(&visit.cloud, &visit.signed_in, address)?;
    let names = place.path.names();
    if place.area != Area::Versions || names.len() != 2 || names[0] != "restore" {
        return Err(DavError::forbidden("Versions can only be moved to restore"));
    }
    let restored = home.restore_version(file, version, visit.lock_tokens()?).await;
    restored.map_err(|error| refuse(visit, error))?;
    Ok(answer::empty(StatusCode::CREATED))
}
