//! The page where somebody makes invitations, and sees whom they know by them.

use axum::{
    extract::{Request, State},
    response::Response,
};
use http::HeaderMap;
use nc_ocm::Invite;
use nc_provider::{Account, Endpoint};
use nc_web::pages::invitations::{ContactShown, Invitations as Page};
use secrecy::ExposeSecret as _;

use super::{ACCEPT, Address, Invitations, LIST, Pages, broken, shown, too_many_of};
use crate::user_page::moment;

/// `GET` of the page.
pub(super) async fn show(State(pages): Invitations, headers: HeaderMap, address: Address) -> Response {
    if let Err(refused) = pages.count(address) {
        return *refused;
    }
    match pages.account(&headers, LIST).await {
        Ok(account) => draw(&pages, &account, None).await,
        Err(refused) => *refused,
    }
}

/// `POST`: makes an invitation, which is in this answer and nowhere else.
pub(super) async fn make(State(pages): Invitations, address: Address, request: Request) -> Response {
    let account = match pages.own(address, request, LIST).await {
        Ok((account, _)) => account,
        Err(refused) => return *refused,
    };
    let user = account.user();
    if let Err(wait_s) = pages.made.count_of(user.clone()) {
        return too_many_of(wait_s, "made");
    }
    match pages.ocm.invite(&user).await {
        Ok(invite) => draw(&pages, &account, Some(&invite)).await,
        Err(error) => broken(&error),
    }
}

async fn draw(pages: &Pages, account: &Account, made: Option<&Invite>) -> Response {
    let contacts = match pages.ocm.contacts(&account.user()).await {
        Ok(contacts) => contacts,
        Err(error) => return broken(&error),
    };
    let contacts: Vec<ContactShown> = contacts.iter().map(shown).collect();
    let until = made
        .and_then(|invite| moment(Some(invite.expires_at)))
        .unwrap_or_default();
    let config = pages.provider.config();
    let page = Page {
        account: account.name(),
        server: config.authority(),
        action: &pages.url(LIST),
        accept: &pages.url(ACCEPT),
        connected: &config.url(Endpoint::ConnectedApps),
        made: made.map(|invite| (invite.text.expose_secret(), until.as_str())),
        contacts: &contacts,
        csrf: &account.csrf(),
    };
    pages.page(account, page)
}
