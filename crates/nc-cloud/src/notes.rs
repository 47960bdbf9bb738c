//! The Notes app. A note *is* a file below the notes folder: its id is the file's id, its title the file's name, its
//! category the folder between. Source: nextcloud/notes, `docs/api/v1.md`.

mod attachments;
mod error;
mod handlers;
mod input;
mod list;
mod names;
mod notebook;
mod seen;
mod settings;
mod turns;

use axum::{
    extract::DefaultBodyLimit,
    routing::{MethodRouter, get, post},
};
use nc_auth::Scope;

pub(crate) use settings::settings;
pub(crate) use turns::Turns;

use crate::{
    Cloud,
    routes::{Access, Routes, Surface},
};

/// Versions of the interface, as told in `X-Notes-API-Versions` and in the capabilities.
pub(crate) const API_VERSIONS: [&str; 3] = ["0.2", "1.3", "1.4"];

/// The release of the app whose behaviour we follow.
pub(crate) const APP_VERSION: &str = "5.0.2";

/// Largest request with a note in it.
const MAX_NOTE_BYTES: usize = 16 << 20;

/// Largest attachment. It is written to disk as it comes.
const MAX_ATTACHMENT_BYTES: usize = 512 << 20;

/// The routes below `/apps/notes/api`.
pub(crate) fn routes(cloud: &Cloud) -> Routes {
    let access = Access::scoped(Scope::NotesRead, Scope::NotesWrite);
    let note = DefaultBodyLimit::max(MAX_NOTE_BYTES);
    let mut routes = Routes::new(Surface::App, cloud)
        .marked_cors()
        .at("/apps/notes/api/v0.2/notes", access, get(list::list))
        .at("/apps/notes/api/v0.2/notes/{id}", access, get(handlers::show))
        // Attachments came with 1.4; Nextcloud knows the older path, but no method there.
        .at("/apps/notes/api/v1/attachment/{id}", access, MethodRouter::new());
    for version in ["v1", "v1.3", "v1.4"] {
        let base = format!("/apps/notes/api/{version}");
        routes = routes
            .at(
                &format!("{base}/notes"),
                access,
                get(list::list).post(handlers::create).layer(note),
            )
            .at(
                &format!("{base}/notes/{{id}}"),
                access,
                get(handlers::show)
                    .put(handlers::update)
                    .delete(handlers::delete)
                    .layer(note),
            )
            .at(
                &format!("{base}/settings"),
                access,
                get(settings::show).put(settings::change).layer(note),
            );
    }
    let attachment = DefaultBodyLimit::max(MAX_ATTACHMENT_BYTES);
    let attachment = post(attachments::upload).get(attachments::download).layer(attachment);
    routes.at("/apps/notes/api/v1.4/attachment/{id}", access, attachment)
}
