use axum::{body::Body, response::Response};
use http::StatusCode;
use nc_proto::dav::{DavPath, Depth, Element, Multistatus, Name, PropStat, Propfind, Response as Entry, props};

use super::{
    DavError, answer, files, preconditions, put, remote,
    visit::{Visit, created, need},
};
use crate::content::{ContentError, Home, Overwrite, Precondition, Upload};

/// The file that the pieces will be; moving it to its place puts them together.
const FUTURE_FILE: &str = ".file";

/// A request for uploads in pieces: chunked upload v2.
pub(super) async fn serve(visit: &Visit, body: Body) -> Result<Response, DavError> {
    if visit.method == "OPTIONS" {
        return Ok(files::options());
    }
    let home = visit.home().await?;
    let names: Vec<&str> = visit.path().names().iter().map(String::as_str).collect();
    match (visit.method.as_str(), names.as_slice()) {
        ("PROPFIND", []) => list_uploads(visit, &home, body).await,
        ("PROPFIND", [upload]) => list_chunks(visit, &find(visit, &home, upload).await?, body).await,
        ("MKCOL", [upload]) => {
            home.begin_upload(upload).await.map_err(|error| visit.refuse(error))?;
            Ok(answer::empty(StatusCode::CREATED))
        }
        ("PUT", [upload, chunk]) => {
            let upload = find(visit, &home, upload).await?;
            let staged = put::receive(visit, &home, body, 0).await?;
            let new = upload
                .put_chunk(chunk, staged)
                .await
                .map_err(|error| visit.refuse(error))?;
            Ok(answer::empty(created(new)))
        }
        ("MOVE", [upload, FUTURE_FILE]) => assemble(visit, &find(visit, &home, upload).await?).await,
        ("DELETE", [upload]) => {
            let upload = find(visit, &home, upload).await?;
            upload.abort().await.map_err(|error| visit.refuse(error))?;
            Ok(answer::empty(StatusCode::NO_CONTENT))
        }
        ("MKCOL" | "PUT" | "MOVE" | "DELETE" | "PROPFIND" | "GET" | "HEAD", _) => {
            Err(DavError::forbidden("Permission denied"))
        }
        (method, _) => Err(DavError::unknown_method(method)),
    }
}

async fn find(visit: &Visit, home: &Home, name: &str) -> Result<Upload, DavError> {
    home.find_upload(name).await.map_err(|error| visit.refuse(error))
}

async fn assemble(visit: &Visit, upload: &Upload) -> Result<Response, DavError> {
    let path = visit.destination()?;
    let expected = visit.header("oc-total-length")?;
    let expected = expected.map(|text| text.trim().parse::<u64>()).transpose();
    let expected = expected.map_err(|_| DavError::bad_request("OC-Total-Length is no number"))?;
    let tree = visit.tree().await?;
    if let Some(place) = remote::Remote::find(&tree, &path) {
        return remote::upload(visit, upload, &place, expected).await;
    }
    preconditions::check_if(visit, &tree).await?;
    let found = tree.find(&path).await.map_err(|error| visit.refuse(error))?;
    let spot = &found.spot;
    need(spot, files::to_write(&found))?;
    // `If-Match` and its like are about the address of the request, not about the destination; `If` can name that.
    let precondition = match visit.overwrite()? {
        Overwrite::Never => Precondition::CreateOnly,
        Overwrite::Allowed => preconditions::pin_target(visit, &path)?,
    };
    let options = put::write_options(visit, files::only_allowed(&found, precondition))?;
    let written = upload
        .assemble(&spot.home, &spot.path, expected, visit.checksum()?, options)
        .await;
    let written = written.map_err(|error| match error {
        ContentError::Precondition { current } if visit.headers.contains_key("if") => DavError::precondition(
            "If",
            "The destination is not the version that the If header names",
            current,
        ),
        ContentError::Precondition { .. } => {
            let message = "The destination node already exists, and the overwrite header is set to false";
            DavError::precondition("Overwrite", message, None)
        }
        ContentError::ParentMissing(_) => DavError::conflict("The destination node is not found"),
        error => visit.refuse_at(spot, error),
    })?;
    Ok(put::written_answer(visit, &written))
}

async fn list_uploads(visit: &Visit, home: &Home, body: Body) -> Result<Response, DavError> {
    let question = Propfind::parse(&visit.read_body(body).await?)?;
    let mut responses = vec![folder(visit, &question, &DavPath::root())];
    if visit.depth()? != Some(Depth::Zero) {
        let uploads = home.list_uploads().await.map_err(|error| visit.refuse(error))?;
        responses.extend(
            uploads
                .iter()
                .map(|name| folder(visit, &question, &DavPath::from_names([name]))),
        );
    }
    Ok(answer::multistatus(&Multistatus {
        responses,
        sync_token: None,
    }))
}

async fn list_chunks(visit: &Visit, upload: &Upload, body: Body) -> Result<Response, DavError> {
    let question = Propfind::parse(&visit.read_body(body).await?)?;
    let path = visit.path();
    let mut responses = vec![folder(visit, &question, path)];
    if visit.depth()? != Some(Depth::Zero) {
        let chunks = upload.list_chunks().await.map_err(|error| visit.refuse(error))?;
        let total = chunks.iter().map(|chunk| chunk.size_bytes).sum();
        responses.push(file(visit, &question, &path.child(FUTURE_FILE), total));
        for chunk in &chunks {
            responses.push(file(visit, &question, &path.child(&*chunk.name), chunk.size_bytes));
        }
    }
    Ok(answer::multistatus(&Multistatus {
        responses,
        sync_token: None,
    }))
}

fn folder(visit: &Visit, question: &Propfind, path: &DavPath) -> Entry {
    let kind = Element::new(props::RESOURCETYPE).with(Element::new(Name::dav("collection")));
    describe(visit.place.href(path, true), question, &[kind])
}

fn file(visit: &Visit, question: &Propfind, path: &DavPath, size_bytes: u64) -> Entry {
    let size = |name| Element::text(name, size_bytes.to_string());
    let known = [
        Element::new(props::RESOURCETYPE),
        size(props::GETCONTENTLENGTH),
        size(props::SIZE),
    ];
    describe(visit.place.href(path, false), question, &known)
}

fn describe(href: String, question: &Propfind, known: &[Element]) -> Entry {
    let Propfind::Prop(names) = question else {
        return Entry::of_props(href, vec![PropStat::new(200, known.to_vec())]);
    };
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for name in names {
        match known.iter().find(|element| element.name == *name) {
            Some(element) => found.push(element.clone()),
            None => missing.push(Element::new(name.clone())),
        }
    }
    Entry::of_props(href, vec![PropStat::new(200, found), PropStat::new(404, missing)])
}
