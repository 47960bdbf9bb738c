//! Shares to other servers: making and ending them, the exchange of their secrets for access tokens, and the check of what
//! others bring to open them.

mod access_token;
mod bearer;
mod choice;
mod document;
mod issue;
mod limit;
mod lineage;
mod list;
mod message;
mod notified;
mod offer;
mod queue;
mod revoke;
mod secret;
mod token_endpoint;

use axum::{Router, routing::post};
use nc_proto::ocm::OcmAddress;

use self::limit::WrongCredentials;
pub use self::revoke::take_back_tokens;
pub(crate) use self::{
    list::{change, is_share_live, outgoing},
    notified::notified,
    offer::share,
    revoke::{end_expired, end_undelivered, node_deleted, revoke},
};
use crate::{Ocm, OcmConfig, limits::Window};

/// Different wrong credentials from one address in five minutes before others are refused unseen.
const WRONG_CREDENTIALS: usize = 100;
/// The same at the token endpoint.
const WRONG_CODES: usize = 30;
/// Unknown codes a minute from all addresses together that are answered with more than a refusal.
const UNKNOWN_CODES: u32 = 600;

/// What is counted.
pub(crate) struct State {
    wrong_credentials: WrongCredentials,
    wrong_codes: WrongCredentials,
    unknown_codes: Window<()>,
    exchanges: Window<String>,
}

impl State {
    pub(crate) fn new(config: &OcmConfig) -> Self {
        Self {
            wrong_credentials: WrongCredentials::new(WRONG_CREDENTIALS),
            wrong_codes: WrongCredentials::new(WRONG_CODES),
            unknown_codes: Window::new(UNKNOWN_CODES, 60),
            exchanges: Window::new(config.token_requests_per_share_per_minute, 60),
        }
    }
}

/// What other servers ask of this part.
pub(crate) fn routes() -> Router<Ocm> {
    Router::new().route("/ocm/token", post(token_endpoint::exchange))
}

impl Ocm {
    /// `iss` of access tokens: the origin without a slash.
    fn issuer(&self) -> String {
        self.0.config.public_origin.origin().ascii_serialization()
    }

    /// The address of somebody here.
    fn address_of(&self, user: &str) -> OcmAddress {
        OcmAddress {
            user: user.to_owned(),
            host: self.own_host().clone(),
            plain_http: self.0.config.public_origin.scheme() == "http",
        }
    }

    /// Whether secrets of shares open files, where the share allows it.
    fn takes_secrets(&self, now: i64) -> bool {
        let config = &self.0.config;
        config.legacy_basic && config.legacy_basic_until.is_none_or(|last| now <= last)
    }
}
