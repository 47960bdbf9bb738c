//! Comments, as Nextcloud shows them: `comments/files/{file}/{comment}`. Whoever has a file sees its comments, and changes
//! only own ones.

use axum::{body::Body, response::Response};
use http::{StatusCode, header};
use nc_proto::dav::{
    DavPath, Depth, Element, FilterComments, Multistatus, Name, PropPatch, PropStat, PropUpdate, Propfind,
    Response as Entry,
};
use serde::Deserialize;

use super::{
    DavError, answer, files, propfind,
    root::{collection, known_properties},
    visit::Visit,
};
use crate::content::{Comment, CommentPage, ContentError, FileId, Home, NewComment};

mod shown;

use shown::{Shown, describe, describe_for_report};

const MESSAGE: Name = Name::oc("message");
const READ_MARKER: Name = Name::oc("readMarker");

/// Most characters of a comment (`OCP\Comments\IComment::MAX_MESSAGE_LENGTH`).
const MOST_CHARACTERS: usize = 1000;

/// A request about the comments of the user's own files.
pub(super) async fn serve(visit: &Visit, body: Body) -> Result<Response, DavError> {
    if visit.method == "OPTIONS" {
        return Ok(files::options());
    }
    let names: Vec<&str> = visit.path().names().iter().map(String::as_str).collect();
    let ((home, file), comment) = match names.as_slice() {
        [] | ["files"] => return Err(DavError::not_allowed("Listing members of this collection is disabled")),
        ["files", file] => (file_id(visit, file).await?, None),
        ["files", file, comment] => {
            let (home, file) = file_id(visit, file).await?;
            let id = comment.parse().map_err(|_| DavError::nothing())?;
            let found = home.find_comment(file, id).await;
            let found = found.map_err(|error| visit.refuse(error))?;
            ((home, file), Some(found.ok_or_else(DavError::nothing)?))
        }
        _ => return Err(DavError::nothing()),
    };
    match (visit.method.as_str(), comment) {
        ("PROPFIND", None) => list(visit, &home, file, body).await,
        ("PROPFIND", Some(comment)) => one(visit, &comment, body).await,
        ("REPORT", None) => report(visit, &home, file, body).await,
        ("POST", None) => create(visit, &home, file, body).await,
        ("PROPPATCH", None) => mark_read(visit, &home, file, body).await,
        ("PROPPATCH", Some(comment)) => edit(visit, &home, &comment, body).await,
        ("DELETE", Some(comment)) => {
            check_author(visit, &comment)?;
            let deleted = home.delete_comment(file, comment.id).await;
            if deleted.map_err(|error| visit.refuse(error))? {
                Ok(answer::empty(StatusCode::NO_CONTENT))
            } else {
                Err(DavError::nothing())
            }
        }
        ("GET" | "HEAD", _) => Ok(answer::empty(StatusCode::OK)),
        _ => Err(DavError::forbidden("Not allowed with comments")),
    }
}

/// The number of a file that the user reaches, and the tree that it lies in; others are not there.
async fn file_id(visit: &Visit, text: &str) -> Result<(Home, FileId), DavError> {
    let missing = || DavError::missing("Entity does not exist or is not available");
    let id = FileId(text.parse().map_err(|_| missing())?);
    let found = visit.locate(id).await?;
    found.map(|(spot, entry)| (spot.home, entry.id)).ok_or_else(missing)
}

fn check_author(visit: &Visit, comment: &Comment) -> Result<(), DavError> {
    if comment.actor == visit.signed_in.user {
        Ok(())
    } else {
        Err(DavError::forbidden("Only authors are allowed to edit their comment."))
    }
}

fn check_message(message: &str) -> Result<(), DavError> {
    if message.chars().count() > MOST_CHARACTERS {
        return Err(DavError::bad_request(format!(
            "Message exceeds allowed character limit of {MOST_CHARACTERS}"
        )));
    }
    Ok(())
}

fn path(file: FileId, comment: Option<i64>) -> DavPath {
    let names = ["files".to_owned(), file.to_string()].into_iter();
    DavPath::from_names(names.chain(comment.map(|id| id.to_string())))
}

fn multistatus(responses: Vec<Entry>) -> Response {
    answer::multistatus(&Multistatus {
        responses,
        sync_token: None,
    })
}

async fn list(visit: &Visit, home: &Home, file: FileId, body: Body) -> Result<Response, DavError> {
    let question = Propfind::parse(&visit.read_body(body).await?)?;
    propfind::check_count(&question)?;
    let href = visit.place.href(&path(file, None), true);
    let mut responses = vec![known_properties(href, &question, &[collection()])];
    if visit.depth()? != Some(Depth::Zero) {
        let comments = home.list_comments(file, CommentPage::default()).await;
        for comment in comments.map_err(|error| visit.refuse(error))? {
            responses.push(describe(visit, &question, &Shown::new(visit, &comment).await?));
        }
    }
    Ok(multistatus(responses))
}

async fn one(visit: &Visit, comment: &Comment, body: Body) -> Result<Response, DavError> {
    let question = Propfind::parse(&visit.read_body(body).await?)?;
    propfind::check_count(&question)?;
    let shown = Shown::new(visit, comment).await?;
    Ok(multistatus(vec![describe(visit, &question, &shown)]))
}

/// Answers REPORT `oc:filter-comments`: a part of the comments, the latest first.
async fn report(visit: &Visit, home: &Home, file: FileId, body: Body) -> Result<Response, DavError> {
    let root = Element::parse(&visit.read_body(body).await?)?;
    if root.name != FilterComments::ROOT {
        return Err(DavError::unknown_report());
    }
    let filter = FilterComments::from_element(&root)?;
    let page = CommentPage {
        limit: filter.limit.filter(|limit| *limit > 0),
        offset: filter.offset.unwrap_or_default(),
        since: filter.since.map(time::OffsetDateTime::unix_timestamp),
    };
    let comments = home.list_comments(file, page).await;
    let mut responses = Vec::new();
    for comment in comments.map_err(|error| visit.refuse(error))? {
        responses.push(describe_for_report(visit, &Shown::new(visit, &comment).await?));
    }
    Ok(multistatus(responses))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wish {
    actor_type: Option<String>,
    message: Option<String>,
    verb: Option<String>,
    #[serde(default)]
    parent_id: serde_json::Value,
}

async fn create(visit: &Visit, home: &Home, file: FileId, body: Body) -> Result<Response, DavError> {
    let body = visit.read_json(body).await?;
    let wish: Wish = serde_json::from_slice(&body).map_err(|_| DavError::bad_request("Invalid JSON"))?;
    match wish.actor_type.as_deref() {
        Some("users") => {}
        other => {
            return Err(DavError::bad_request(format!(
                "Invalid actor \"{}\"",
                other.unwrap_or_default()
            )));
        }
    }
    let (Some(message), Some(verb)) = (wish.message, wish.verb.filter(|verb| verb == "comment")) else {
        return Err(DavError::bad_request("Invalid input values"));
    };
    let message = message.trim().to_owned();
    check_message(&message)?;
    // Clients send it as a number or as text.
    let parent_id = match &wish.parent_id {
        serde_json::Value::Number(number) => number.as_i64(),
        serde_json::Value::String(text) => text.parse().ok(),
        _ => Some(0),
    };
    let parent_id = parent_id.ok_or_else(|| DavError::bad_request("Invalid input values"))?;
    let comment = NewComment {
        message,
        verb,
        parent_id,
    };
    let id = home.create_comment(file, comment).await.map_err(|error| match error {
        ContentError::NotFound(_) => DavError::bad_request("Invalid input values"),
        error => visit.refuse(error),
    })?;
    let mut response = answer::empty(StatusCode::CREATED);
    let address = visit.place.href(&path(file, Some(id)), false);
    answer::insert(response.headers_mut(), header::CONTENT_LOCATION, &address);
    Ok(response)
}

async fn edit(visit: &Visit, home: &Home, comment: &Comment, body: Body) -> Result<Response, DavError> {
    let patch = PropPatch::parse(&visit.read_body(body).await?)?;
    check_author(visit, comment)?;
    let mut wanted = None;
    for update in &patch.updates {
        match update {
            PropUpdate::Set(element) if *update.name() == MESSAGE => wanted = Some(element.content().trim().to_owned()),
            _ => return Err(DavError::forbidden("Only the message of a comment can be changed")),
        }
    }
    if let Some(message) = wanted {
        check_message(&message)?;
        let edited = home.edit_comment(comment.file, comment.id, &message).await;
        if !edited.map_err(|error| visit.refuse(error))? {
            return Err(DavError::nothing());
        }
    }
    let href = visit.place.href(&path(comment.file, Some(comment.id)), false);
    Ok(done(href, 200, MESSAGE))
}

/// Nextcloud answers 204 for a property that was set without a value.
async fn mark_read(visit: &Visit, home: &Home, file: FileId, body: Body) -> Result<Response, DavError> {
    let patch = PropPatch::parse(&visit.read_body(body).await?)?;
    if patch.updates.iter().any(|update| *update.name() != READ_MARKER) {
        return Err(DavError::forbidden("Only the read marker can be changed"));
    }
    let marked = home.mark_comments_read(file).await;
    marked.map_err(|error| visit.refuse(error))?;
    let is_empty = patch
        .updates
        .iter()
        .all(|update| matches!(update, PropUpdate::Set(element) if element.children.is_empty()));
    let href = visit.place.href(&path(file, None), false);
    Ok(done(href, if is_empty { 204 } else { 200 }, READ_MARKER))
}

fn done(href: String, status: u16, name: Name) -> Response {
    let done = PropStat::new(status, vec![Element::new(name)]);
    multistatus(vec![Entry::of_props(href, vec![done])])
}
