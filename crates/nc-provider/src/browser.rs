//! The browser side: authorization requests, sign-in, consent, signing out, the own consents.
//!
//! A browser carries two cookies. One names the browser, so that what it began is continued by it only; it exists before
//! anybody signed in and gives no right by itself. The other one opens the session of a person; it is made anew at every
//! sign-in. In between a request lies in the store and the browser carries nothing but its `rid`, so that parameters
//! survive the sign-in and two tabs do not disturb each other.

mod account;
pub(crate) mod answer;
mod authorize;
mod code;
mod connected;
mod connections;
mod consent;
mod consents_api;
mod decision;
mod delays;
mod elsewhere;
mod issuer;
mod logout;
mod par;
mod passkeys;
mod pending;
mod post;
mod refusal;
pub(crate) mod request;
mod session;
mod sign_in;
mod visit;

pub use account::{Account, ConnectedClient, Narrowing};

use std::{ops::Deref, sync::Arc};

use axum::{
    Router,
    routing::{delete, get, patch, post},
};
use nc_web::RateLimit;

use self::{
    delays::Delays,
    passkeys::{RelyingParty, manage, sign_in as passkey},
};
use crate::{Endpoint, Provider, Role, SignIn};

/// Authorization requests per minute and address.
const AUTHORIZE_PER_MINUTE: u32 = 60;
/// Answers on the consent page per minute and address.
const CONSENT_PER_MINUTE: u32 = 30;
/// Sign-ins that are started at another Nextcloud, per minute and address.
const SIGN_INS_ELSEWHERE_PER_MINUTE: u32 = 10;
/// Questions for passkeys and their answers per minute and address.
const PASSKEYS_PER_MINUTE: u32 = 60;

/// The provider as its pages see it.
#[derive(Clone)]
struct Browser {
    provider: Provider,
    limits: Arc<Limits>,
    relying_party: Option<Arc<RelyingParty>>,
}

struct Limits {
    authorize: RateLimit,
    consent: RateLimit,
    sign_in_elsewhere: RateLimit,
    wrong_passwords: Delays,
    passkeys: RateLimit,
    wrong_passkeys: Delays,
}

impl Deref for Browser {
    type Target = Provider;

    fn deref(&self) -> &Provider {
        &self.provider
    }
}

/// Every route that a browser asks, under every prefix of the role.
pub(crate) fn routes(provider: &Provider) -> Router {
    let role = provider.config().role;
    let (mut router, mut pushed) = (Router::new(), Router::new());
    for prefix in role.prefixes() {
        let at = |endpoint, below: &str| format!("{prefix}{}{below}", role.path(endpoint));
        router = router
            .route(
                &at(Endpoint::Authorize, ""),
                get(authorize::by_query).post(authorize::by_form),
            )
            .route(&at(Endpoint::Consent, ""), get(consent::ask))
            .route(&at(Endpoint::Consent, consent::GRANT), post(consent::grant))
            .route(&at(Endpoint::Consent, consent::DENY), post(consent::deny))
            .route(&at(Endpoint::Logout, ""), get(logout::by_query).post(logout::by_form))
            .route(&at(Endpoint::Logout, logout::CONFIRM), post(logout::confirm))
            .route(&at(Endpoint::ConnectedApps, ""), get(connected::show))
            .route(&at(Endpoint::ConnectedApps, connected::SCOPES), post(connected::change))
            .route(&at(Endpoint::ConnectedApps, connected::REVOKE), post(connected::revoke));
        router = match provider.sign_in() {
            SignIn::Local(_) => router
                .route(&at(Endpoint::SignIn, ""), get(sign_in::ask).post(sign_in::answer))
                .route(
                    &at(Endpoint::SignIn, sign_in::SECOND_FACTOR),
                    get(sign_in::ask_second_factor).post(sign_in::answer_second_factor),
                )
                .route(
                    &at(Endpoint::SignIn, passkey::PASSKEY),
                    get(passkey::ask).post(passkey::answer),
                )
                .route(&at(Endpoint::ConnectedApps, manage::PASSKEYS), get(manage::show))
                .route(
                    &at(Endpoint::ConnectedApps, manage::NEW),
                    get(manage::ask).post(manage::add),
                )
                .route(&at(Endpoint::ConnectedApps, manage::REMOVE), post(manage::remove)),
            SignIn::Elsewhere(_) => router
                .route(&at(Endpoint::SignIn, ""), get(elsewhere::ask).post(elsewhere::start))
                .route(&at(Endpoint::SignIn, elsewhere::WAIT), get(elsewhere::wait))
                .route(&at(Endpoint::SignIn, elsewhere::CANCEL), post(elsewhere::cancel)),
            SignIn::Issuer(_) => router
                .route(&at(Endpoint::SignIn, ""), get(issuer::ask).post(issuer::start))
                .route(&at(Endpoint::SignIn, issuer::CALLBACK), get(issuer::arrive)),
        };
        if role == Role::Cloud {
            for version in ["", "/api/v2"] {
                let path = format!("{prefix}{version}/user/restrictUserInformation");
                router = router.route(&path, post(consents_api::restrict));
            }
            router = router
                .route(&at(Endpoint::Consents, ""), get(consents_api::list))
                .route(&at(Endpoint::Consents, "/{client}"), delete(consents_api::revoke))
                .route(&at(Endpoint::Consents, "/{client}/scopes"), patch(consents_api::change));
        }
        pushed = pushed.route(&at(Endpoint::Par, ""), post(par::push));
    }
    let router = router.with_state(Browser {
        limits: Arc::new(Limits {
            authorize: RateLimit::new(AUTHORIZE_PER_MINUTE, provider.clock().clone()),
            consent: RateLimit::new(CONSENT_PER_MINUTE, provider.clock().clone()),
            wrong_passwords: Delays::default(),
            passkeys: RateLimit::new(PASSKEYS_PER_MINUTE, provider.clock().clone()),
            wrong_passkeys: Delays::default(),
            sign_in_elsewhere: RateLimit::new(SIGN_INS_ELSEWHERE_PER_MINUTE, provider.clock().clone()),
        }),
        relying_party: RelyingParty::of(provider.config()).map(Arc::new),
        provider: provider.clone(),
    });
    router.merge(pushed.with_state(provider.clone()))
}
