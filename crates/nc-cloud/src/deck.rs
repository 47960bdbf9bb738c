//! The Deck app: boards with stacks of cards. Source: nextcloud/deck, `docs/API.md`, and recorded answers of 1.16.7.
//!
//! Each request sees the boards through one [`desk::Desk`]: the person who asks, one transaction, and the rule that what
//! somebody may not see is answered like what does not exist.

mod acl;
mod attachments;
mod boards;
mod cards;
mod comments;
mod desk;
mod error;
mod input;
mod labels;
mod moves;
mod overview;
mod people;
mod purge;
mod rights;
mod rows;
mod settings;
mod shown;
mod stacks;
mod times;

use axum::{
    extract::DefaultBodyLimit,
    response::Response,
    routing::{delete, get, post, put},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use nc_auth::Scope;
use serde::Serialize;
use serde_json::{Value, json};

pub(crate) use purge::purge;

use crate::{
    Cloud,
    json::json as reply,
    known::is_known,
    routes::{Access, Routes, Surface},
};

/// The release of the app whose behaviour we follow.
const APP_VERSION: &str = "1.16.7";

/// Largest request with a card in it.
const MAX_CARD_BYTES: usize = 4 << 20;

/// Largest attachment that becomes a file of the person's. It is written to disk as it comes.
const MAX_FILE_BYTES: usize = 512 << 20;

/// What clients switch the app on by.
pub(crate) fn capability() -> Value {
    json!({ "version": APP_VERSION, "canCreateBoards": true, "apiVersions": ["1.0", "1.1"] })
}

/// The routes below `/apps/deck` and `/ocs/v?.php/apps/deck`.
pub(crate) fn routes(cloud: &Cloud) -> Routes {
    let access = Access::scoped(Scope::DeckRead, Scope::DeckWrite);
    let small = DefaultBodyLimit::max(MAX_CARD_BYTES);
    let large = DefaultBodyLimit::max(MAX_FILE_BYTES);
    // The gate is the same for versions that do not exist; `input::Ids` answers 404 to them.
    let boards = "/apps/deck/api/{version}/boards";
    let board = format!("{boards}/{{board}}");
    let stacks = format!("{board}/stacks");
    let cards = format!("{stacks}/{{stack}}/cards");
    let card = format!("{cards}/{{card}}");
    let attachments = format!("{card}/attachments");
    let app = Routes::new(Surface::App, cloud)
        // The web interface's own route.
        .at("/apps/deck/cards/{card}/reorder", access, put(moves::reorder_freely))
        .marked_cors()
        .at(boards, access, get(boards::list).post(boards::create))
        .at(
            &board,
            access,
            get(boards::show).put(boards::update).delete(boards::delete),
        )
        .at(&format!("{board}/undo_delete"), access, post(boards::undo_delete))
        .at(&format!("{board}/acl"), access, post(acl::create))
        .at(
            &format!("{board}/acl/{{acl}}"),
            access,
            put(acl::update).delete(acl::delete),
        )
        .at(&stacks, access, get(stacks::list).post(stacks::create))
        .at(&format!("{stacks}/archived"), access, get(stacks::list_archived))
        .at(
            &format!("{stacks}/{{stack}}"),
            access,
            get(stacks::show).put(stacks::update).delete(stacks::delete),
        )
        .at(&format!("{board}/labels"), access, post(labels::create))
        .at(
            &format!("{board}/labels/{{label}}"),
            access,
            get(labels::show).put(labels::update).delete(labels::delete),
        )
        .at(&cards, access, post(cards::create).layer(small))
        .at(
            &card,
            access,
            get(cards::show).put(cards::update).delete(cards::delete).layer(small),
        )
        .at(&format!("{card}/archive"), access, put(cards::archive))
        .at(&format!("{card}/unarchive"), access, put(cards::unarchive))
        .at(&format!("{card}/reorder"), access, put(moves::reorder))
        .at(&format!("{card}/assignLabel"), access, put(labels::assign))
        .at(&format!("{card}/removeLabel"), access, put(labels::remove))
        .at(&format!("{card}/assignUser"), access, put(people::assign))
        .at(&format!("{card}/unassignUser"), access, put(people::unassign))
        .at(
            &attachments,
            access,
            get(attachments::list).post(attachments::create).layer(large),
        )
        .at(
            &format!("{attachments}/{{first}}"),
            access,
            get(attachments::show)
                .put(attachments::update)
                .delete(attachments::delete)
                .layer(large),
        )
        .at(
            &format!("{attachments}/{{first}}/{{second}}"),
            access,
            get(attachments::show)
                .put(attachments::update)
                .delete(attachments::delete)
                .layer(large),
        )
        .at(
            &format!("{attachments}/{{first}}/{{second}}/restore"),
            access,
            put(attachments::restore),
        );
    let ocs = "/apps/deck/api/v1.0";
    let envelopes = Routes::new(Surface::Ocs, cloud)
        .at(&format!("{ocs}/overview/upcoming"), access, get(overview::upcoming))
        .at(&format!("{ocs}/config"), access, get(settings::show))
        .at(&format!("{ocs}/config/{{key}}"), access, post(settings::change))
        .at(
            &format!("{ocs}/cards/{{card}}/comments"),
            access,
            get(comments::list).post(comments::create),
        )
        .at(
            &format!("{ocs}/cards/{{card}}/comments/{{comment}}"),
            access,
            put(comments::update).merge(delete(comments::delete)),
        );
    app.and(envelopes)
}

/// An answer that its reader may keep: 304 when it has it already.
fn tagged(headers: &HeaderMap, etag: &str, body: &Value) -> Response {
    let etag = format!("\"{etag}\"");
    let mut response = if is_known(headers, &etag) {
        axum::response::IntoResponse::into_response(StatusCode::NOT_MODIFIED)
    } else {
        reply(StatusCode::OK, body)
    };
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

/// An answer that nobody keeps.
fn done(body: &impl Serialize) -> Response {
    reply(StatusCode::OK, body)
}
