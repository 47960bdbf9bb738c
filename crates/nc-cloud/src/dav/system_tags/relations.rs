//! Which files carry which tags: `systemtags-relations/files/{file}/{tag}`.

use axum::{body::Body, response::Response};
use http::StatusCode;
use nc_proto::{
    apps::sharing::SharePermissions,
    dav::{DavPath, Depth, Propfind},
};

use super::{Viewer, create, created, find, multistatus, number};
use crate::{
    content::{ContentError, FileId, Home, SystemTag},
    dav::{
        DavError, answer, files, propfind,
        root::{collection, known_properties},
        visit::{Visit, need},
    },
    routes::only_reads,
    sharing::Spot,
};

/// A request about the tags of the user's own files.
pub(in crate::dav) async fn serve(visit: &Visit, body: Body) -> Result<Response, DavError> {
    if visit.method == "OPTIONS" {
        return Ok(files::options());
    }
    let viewer = Viewer::of(visit).await?;
    let names: Vec<&str> = visit.path().names().iter().map(String::as_str).collect();
    let ((spot, file), tag) = match names.as_slice() {
        [] | ["files"] => return Err(DavError::not_allowed("Listing members of this collection is disabled")),
        ["files", file] => (locate(visit, file).await?, None),
        ["files", file, tag] => (locate(visit, file).await?, Some(number(tag)?)),
        _ => return Err(DavError::nothing()),
    };
    if !only_reads(&visit.method) {
        need(&spot, SharePermissions::UPDATE)?;
    }
    let home = spot.home;
    match (visit.method.as_str(), tag) {
        ("PROPFIND", tag) => list(visit, &viewer, &home, file, tag, body).await,
        ("POST", None) => {
            let tag = create(visit, &viewer, body).await?;
            home.tag(file, tag.id).await.map_err(|error| visit.refuse(error))?;
            Ok(created(visit, &tag))
        }
        ("PUT", Some(tag)) => assign(visit, &viewer, &home, file, tag).await,
        ("DELETE", Some(tag)) => take(visit, &viewer, &home, file, tag).await,
        ("GET" | "HEAD", _) => Ok(answer::empty(StatusCode::OK)),
        _ => Err(DavError::forbidden("Not allowed with tags of files")),
    }
}

/// A file that the user reaches; others are not there.
async fn locate(visit: &Visit, text: &str) -> Result<(Spot, FileId), DavError> {
    let missing = || DavError::missing(format!("Tags for files {text} not found"));
    let id = FileId(text.parse().map_err(|_| missing())?);
    let found = visit.locate(id).await?;
    found.map(|(spot, entry)| (spot, entry.id)).ok_or_else(missing)
}

fn not_present(file: FileId, tag: i64) -> DavError {
    DavError::missing(format!("Tag with id {tag} not present for object {file}"))
}

async fn list(
    visit: &Visit,
    viewer: &Viewer,
    home: &Home,
    file: FileId,
    tag: Option<i64>,
    body: Body,
) -> Result<Response, DavError> {
    let question = Propfind::parse(&visit.read_body(body).await?)?;
    propfind::check_count(&question)?;
    let tags = home.list_tags_of(file).await.map_err(|error| visit.refuse(error))?;
    let mut seen = tags.iter().filter(|tag| viewer.sees(tag));
    let describe = |tag: &SystemTag| {
        let path = DavPath::from_names(["files".to_owned(), file.to_string(), tag.id.to_string()]);
        let mut known = viewer.elements(tag);
        known.push(nc_proto::dav::Element::new(nc_proto::dav::props::RESOURCETYPE));
        known_properties(visit.place.href(&path, false), &question, &known)
    };
    if let Some(wanted) = tag {
        let tag = seen.find(|tag| tag.id == wanted);
        let tag = tag.ok_or_else(|| not_present(file, wanted))?;
        return Ok(multistatus(vec![describe(tag)]));
    }
    let path = DavPath::from_names(["files".to_owned(), file.to_string()]);
    let href = visit.place.href(&path, true);
    let mut responses = vec![known_properties(href, &question, &[collection()])];
    if visit.depth()? != Some(Depth::Zero) {
        responses.extend(seen.map(describe));
    }
    Ok(multistatus(responses))
}

async fn assign(visit: &Visit, viewer: &Viewer, home: &Home, file: FileId, tag: i64) -> Result<Response, DavError> {
    let known = find(visit, tag).await?.filter(|tag| viewer.sees(tag));
    let Some(known) = known else {
        let message = format!("Tag with id {tag} does not exist, cannot assign");
        return Err(DavError::precondition("", message, None));
    };
    if !viewer.may_assign(&known) {
        return Err(DavError::forbidden(format!("No permission to assign tag {tag}")));
    }
    match home.tag(file, tag).await {
        Ok(true) => Ok(answer::empty(StatusCode::CREATED)),
        // Nextcloud's words: for it, what is there is no file that could be written.
        Ok(false) => Err(DavError::conflict("PUT is not allowed on non-files.")),
        Err(ContentError::NotFound(_)) => Err(not_present(file, tag)),
        Err(error) => Err(visit.refuse(error)),
    }
}

async fn take(visit: &Visit, viewer: &Viewer, home: &Home, file: FileId, tag: i64) -> Result<Response, DavError> {
    let known = find(visit, tag).await?.filter(|tag| viewer.sees(tag));
    let known = known.ok_or_else(|| not_present(file, tag))?;
    if !viewer.may_assign(&known) {
        return Err(DavError::forbidden(format!("No permission to unassign tag {tag}")));
    }
    if home.untag(file, tag).await.map_err(|error| visit.refuse(error))? {
        Ok(answer::empty(StatusCode::NO_CONTENT))
    } else {
        Err(not_present(file, tag))
    }
}
