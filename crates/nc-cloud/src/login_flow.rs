//! Login Flow v2: how a program gets an app password without seeing the account's password.
//!
//! The program starts a flow and polls ([`program`]); the person signs in and grants in a browser ([`browser`]).
//! Every secret is stored as a hash, works for 20 minutes, and the result is given out once.

mod browser;
mod program;
mod store;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use nc_proto::clock::Clock;
use nc_web::RateLimit;

use crate::{
    Cloud,
    routes::{Access, Routes, Surface},
};

/// Forms of a few short fields.
const MAX_FORM_BYTES: usize = 16 * 1024;

/// How often one address may call. A server that signs many people in calls from one address.
pub(crate) struct Limits {
    start: RateLimit,
    poll: RateLimit,
}

impl Limits {
    pub(crate) fn new(clock: &Clock) -> Self {
        Self {
            start: RateLimit::new(60, clock.clone()),
            poll: RateLimit::new(1200, clock.clone()),
        }
    }
}

pub(crate) fn routes(cloud: &Cloud) -> Router<Cloud> {
    let small = DefaultBodyLimit::max(MAX_FORM_BYTES);
    Routes::new(Surface::Page, cloud)
        .at("/login/v2", Access::Public, post(program::start))
        .at("/login/v2/poll", Access::Public, post(program::poll).layer(small))
        .at("/login/v2/flow/{token}", Access::Public, get(browser::open))
        .at(
            "/login/v2/flow",
            Access::Public,
            get(browser::ask).post(browser::sign_in).layer(small),
        )
        .at(
            "/login/v2/grant",
            Access::Public,
            get(browser::ask_grant).post(browser::grant).layer(small),
        )
        .into_router()
}
