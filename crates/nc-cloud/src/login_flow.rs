//! Login Flow v2: how a program gets an app password without seeing the account's password.
//!
//! The program starts a flow and polls ([`program`]); the person signs in and grants in a browser ([`browser`]).
//! Every secret is stored as a hash, works for 20 minutes, and the result is given out once.

mod browser;
mod program;
mod store;

use axum::{
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use http::HeaderMap;
use http::header;
use nc_web::RateLimit;
use regex::Regex;

use crate::{
    Cloud, CloudConfig,
    routes::{Access, Routes, Surface},
};

/// Forms of a few short fields.
const MAX_FORM_BYTES: usize = 16 * 1024;

/// How often one address may call, and which programs. A server that signs many people in calls from one address.
pub(crate) struct Limits {
    start: RateLimit,
    poll: RateLimit,
    user_agents: Vec<Regex>,
}

impl Limits {
    pub(crate) fn new(config: &CloudConfig) -> Self {
        Self {
            start: RateLimit::new(60, config.clock.clone()),
            poll: RateLimit::new(1200, config.clock.clone()),
            user_agents: config.login_flow_user_agents.clone(),
        }
    }

    /// Whether the asking program may connect accounts. Without a list, all may.
    fn allow(&self, headers: &HeaderMap) -> bool {
        let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let agent = agent.unwrap_or_default();
        self.user_agents.is_empty() || self.user_agents.iter().any(|allowed| allowed.is_match(agent))
    }
}

pub(crate) fn routes(cloud: &Cloud) -> Routes {
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
            "/login/v2/code",
            Access::Public,
            get(browser::ask_code).post(browser::code).layer(small),
        )
        .at(
            "/login/v2/apptoken",
            Access::Public,
            post(browser::app_token).layer(small),
        )
        .at(
            "/login/v2/grant",
            Access::Public,
            get(browser::ask_grant).post(browser::grant).layer(small),
        )
}
