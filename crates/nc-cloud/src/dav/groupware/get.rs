use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

use super::{
    super::{DavError, answer},
    card_data,
    describe::content_type,
    export,
    node::Node,
    resolve,
    view::View,
    wire::Session,
};
use crate::{collections::Object, known::is_known};

/// Answers GET and HEAD.
pub(super) async fn serve(session: &Session) -> Result<Response, DavError> {
    let asks_for = |what: &str| {
        session
            .query
            .split('&')
            .any(|part| part == what || part.starts_with(&format!("{what}=")))
    };
    match resolve::find(session).await? {
        Node::Collection(view) if asks_for("export") => export::serve(session, &view).await,
        Node::Item(view, object) if asks_for("photo") => Ok(photo(&view, &object)),
        Node::Item(_, object) | Node::Trashed(_, object) => item(session, &object),
        _ => Ok(answer::empty(StatusCode::OK)),
    }
}

fn item(session: &Session, object: &Object) -> Result<Response, DavError> {
    let tag = format!("\"{}\"", object.etag);
    if is_known(&session.headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let condition = session.condition()?;
    if condition
        .matches
        .is_some_and(|wanted| !wanted.if_match_holds(object.tag().as_ref()))
    {
        let message = "An If-Match header was specified, but none of the specified ETags matched.";
        return Err(DavError::precondition("If-Match", message, object.tag()));
    }
    let mut kind = content_type(&object.component);
    let mut data = object.data.clone();
    if object.component == "VCARD"
        && let Some(version) = session.header("accept")?.and_then(card_data::version_of_accept)
    {
        data = card_data::convert(&data, version);
        kind = format!("text/vcard; version={version}; charset=utf-8");
    }
    let mut response = (StatusCode::OK, [(header::CONTENT_TYPE, kind)], Body::from(data)).into_response();
    let headers = response.headers_mut();
    answer::insert(headers, header::LAST_MODIFIED, &answer::http_date(object.modified_at));
    answer::keep_from_running(headers);
    if let Some(tag) = object.tag() {
        answer::tell_etag(headers, &tag);
    }
    if let Some(tag) = &object.schedule_tag {
        let name = http::HeaderName::from_static("schedule-tag");
        answer::insert(headers, name, &format!("\"{tag}\""));
    }
    Ok(response)
}

fn photo(view: &View, object: &Object) -> Response {
    let found = if view.is_calendar() {
        None
    } else {
        card_data::photo(&object.data)
    };
    let mut response = match found {
        Some((kind, data)) => {
            let headers = [
                (header::CONTENT_TYPE, kind),
                (header::CONTENT_DISPOSITION, "attachment; filename=photo"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (StatusCode::OK, headers, Body::from(data)).into_response()
        }
        None => answer::empty(StatusCode::NO_CONTENT),
    };
    if let Some(tag) = object.tag() {
        answer::tell_etag(response.headers_mut(), &tag);
    }
    response
}
