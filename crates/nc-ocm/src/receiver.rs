//! Shares from other servers: what they offer, what people here make of it, and requests to the files.
//!
//! * [`offered`], [`notified`]: messages of other servers.
//! * [`answer`], [`mod@mounts`]: what the cloud asks for its people.
//! * [`mod@send`], [`credentials`], [`tokens`]: requests to the files, with a credential that the other server takes.

mod answer;
mod credentials;
mod document;
mod mounts;
mod notice;
mod notified;
mod offered;
mod opened;
mod probe;
mod refusal;
mod send;
mod state;
mod target;
mod tokens;

use axum::{Router, routing::post};

use crate::Ocm;

pub(crate) use self::{
    answer::{accept, decline, incoming, incoming_one, move_mount},
    mounts::mounts,
    send::send,
    state::State,
};

/// Where other servers offer shares and tell about them. Nextcloud's own addresses begin with `index.php` where it cannot do
/// without.
pub(crate) fn routes() -> Router<Ocm> {
    Router::new()
        .route("/ocm/shares", post(offered::receive))
        .route("/index.php/ocm/shares", post(offered::receive))
        .route("/ocm/notifications", post(notified::receive))
        .route("/index.php/ocm/notifications", post(notified::receive))
}
