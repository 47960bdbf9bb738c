//! Passkeys (`WebAuthn` Level 3). The pages that ask the browser for one are the only ones of the sign-in with a script.
//!
//! A challenge lies in the store beside the other states of a sign-in: for one browser, one request, once, five minutes.

pub(super) mod manage;
mod relying_party;
pub(super) mod sign_in;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use nc_store::{Digest, TicketKind, TicketRecord};
use nc_web::pages::Notice;

use relying_party::Bad;
pub(super) use relying_party::RelyingParty;

use super::{
    Browser,
    refusal::{Refusal, ended},
};
use crate::{Error, Passkeys, SignIn};

/// How long a challenge waits for its answer. The browser is told the same.
const CHALLENGE_FOR_S: i64 = 300;

/// Whose passkeys these are; a page that has ended where accounts have none.
fn accounts(browser: &Browser) -> Result<&dyn Passkeys, Refusal> {
    find_accounts(browser).ok_or_else(ended)
}

/// The same, where it is asked whether there are any.
pub(super) fn find_accounts(browser: &Browser) -> Option<&dyn Passkeys> {
    match browser.sign_in() {
        SignIn::Local(accounts) => accounts.passkeys(),
        SignIn::Elsewhere(_) | SignIn::Issuer(_) => None,
    }
}

/// Whether people can sign in with one.
pub(super) fn are_offered(browser: &Browser) -> bool {
    find_accounts(browser).is_some() && browser.relying_party.is_some()
}

fn relying_party(browser: &Browser) -> Result<&RelyingParty, Refusal> {
    browser.relying_party.as_deref().ok_or_else(|| {
        let page = Notice {
            status: StatusCode::NOT_FOUND,
            title: "No passkeys here",
            text: &obstacle(browser),
        };
        page.into_response().into()
    })
}

/// Why there can be no passkeys.
fn obstacle(browser: &Browser) -> String {
    format!(
        "Passkeys need an address with a host name, over https. This server is known by {}, so it cannot offer them. \
         Sign in with your password.",
        browser.config().authority()
    )
}

/// Keeps the state of a challenge.
async fn remember(browser: &Browser, key: Digest, state: String) -> Result<(), Error> {
    let unit = browser.store().begin().await?;
    unit.put_ticket(&TicketRecord {
        kind: TicketKind::SignIn,
        key,
        document: state,
        expires_at: browser.now().saturating_add(CHALLENGE_FOR_S),
    })
    .await?;
    Ok(unit.commit().await?)
}

/// Takes it, whatever the answer is worth: a challenge is good once.
async fn take(browser: &Browser, key: Digest) -> Result<Option<String>, Error> {
    let unit = browser.store().begin().await?;
    let taken = unit.take_ticket(TicketKind::SignIn, key, browser.now()).await?;
    unit.commit().await?;
    Ok(taken.map(|ticket| ticket.document))
}

/// A page for the person, or one that says to come back later.
fn limited(browser: &Browser, address: Option<nc_web::ClientAddress>) -> Result<(), Refusal> {
    browser.limits.passkeys.count(address).map_err(super::refusal::too_many)
}

/// The answer of a page whose browser has to be remembered.
fn remembered(browser: &Browser, secret: &super::session::BrowserSecret, mut response: Response) -> Response {
    secret.set(browser, &mut response);
    response
}
