use axum::{body::Body, response::Response};
use http::{StatusCode, header};
use nc_proto::dav::{CALDAV, CARDDAV, ETag, Element, Name, check_name};

use super::{
    super::{DavError, answer, headers, visit::created},
    LARGEST_OBJECT_BYTES,
    objects::{self, Sound},
    resolve, scheduling,
    view::View,
    wire::{Session, Verb},
};

/// Answers PUT.
pub(super) async fn serve(session: &Session, body: Body) -> Result<Response, DavError> {
    if session.headers.contains_key(header::CONTENT_RANGE) {
        // RFC 9110 §14.4: taking a part for the whole would destroy the object.
        return Err(DavError::bad_request("Content-Range is not allowed with PUT"));
    }
    let (view, name) = resolve::find_parent(session, &session.names).await?;
    check_name(name).map_err(|error| DavError::bad_request(error.to_string()))?;
    let data = read(&view, body).await?;
    let sound = objects::check(&view, data)?;
    session.demand(Verb::Write, &sound.component)?;
    let condition = session.condition()?;
    let mut change = session.collections().change(session.cloud.now()).await?;
    let current = change.find_object(view.collection.id, name).await?;
    if let Some(current) = &current {
        session.demand(Verb::Write, &current.component)?;
    }
    let is_new = current.is_none();
    let Sound {
        document, is_mended, ..
    } = &sound;
    let scheduled = scheduling::put(session, &mut change, &view, current.as_ref(), document).await?;
    let is_mended = *is_mended || scheduled.as_ref().is_some_and(|scheduled| scheduled.data.is_some());
    let object = sound.into_object(name, scheduled);
    let stored = change.put(view.collection.id, &object, &condition).await;
    let (_, etag) = stored.map_err(|error| objects::refuse(session, &view, error))?;
    change.commit().await?;
    let mut response = answer::empty(created(is_new));
    // RFC 4791 §5.3.4: no tag where the stored text is not the one that was sent.
    if let Some(etag) = ETag::parse(&etag).filter(|_| !is_mended) {
        answer::tell_etag(response.headers_mut(), &etag);
    }
    if let Some(tag) = &object.schedule_tag {
        let name = http::HeaderName::from_static("schedule-tag");
        answer::insert(response.headers_mut(), name, &format!("\"{tag}\""));
    }
    Ok(response)
}

async fn read(view: &View, body: Body) -> Result<Vec<u8>, DavError> {
    let read = headers::read_body(body, LARGEST_OBJECT_BYTES).await;
    read.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let namespace = if view.is_calendar() { CALDAV } else { CARDDAV };
            let condition = Element::new(Name::constant(namespace, "max-resource-size"));
            DavError::violates("Forbidden", "The object is too large", condition)
        }
        _ => error,
    })
}
