//! The page at which somebody accepts an invitation of somebody on another server.

use axum::{
    extract::{RawQuery, Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode, header};
use nc_auth::federation::FederationError;
use nc_proto::ocm::{InviteToken, clean_text};
use nc_provider::Account;
use nc_web::pages::{
    Notice,
    invitations::{AcceptInvitation, InvitationAccepted, PasteInvitation},
};
use secrecy::ExposeSecret as _;
use url::form_urlencoded;

use super::{ACCEPT, Address, Invitations, LIST, Pages, SHOWN_CHARS, broken, shown, too_many_of};
use crate::user_page::see_other;

/// What a link says (OCM draft, `inviteAcceptDialog`).
const TOKEN: &str = "token";
const PROVIDER: &str = "providerDomain";

/// `GET` of the page: with the two halves of an invitation, or without, to paste one.
pub(super) async fn ask(
    State(pages): Invitations,
    headers: HeaderMap,
    address: Address,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(refused) = pages.count(address) {
        return *refused;
    }
    let Ok(asked) = read(query.as_deref().unwrap_or_default()) else {
        return unreadable();
    };
    let account = match pages.account(&headers, &path(asked.as_ref())).await {
        Ok(account) => account,
        Err(refused) => return *refused,
    };
    match asked {
        Some(invite) => question(&pages, &account, &invite, None).await,
        None => paste(&pages, &account, None),
    }
}

/// `POST` of a pasted invitation, and of the decision about one.
pub(super) async fn answer(State(pages): Invitations, address: Address, request: Request) -> Response {
    let (account, form) = match pages.own(address, request, ACCEPT).await {
        Ok(own) => own,
        Err(refused) => return *refused,
    };
    let text = form.only("invitation").unwrap_or_default();
    let Ok(invite) = InviteToken::parse(text) else {
        return paste(
            &pages,
            &account,
            Some("This is no invitation. Copy the whole text, and nothing else."),
        );
    };
    match form.only("decision") {
        Some("accept") => take(&pages, &account, invite).await,
        Some("cancel") => see_other(&pages.url(LIST)),
        _ => question(&pages, &account, &invite, None).await,
    }
}

/// The invitation of a link, if it is one.
fn read(query: &str) -> Result<Option<InviteToken>, ()> {
    let values = |name: &str| {
        let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(known, _)| known == name);
        pairs.map(|(_, value)| value.into_owned()).collect::<Vec<_>>()
    };
    match (values(TOKEN).as_slice(), values(PROVIDER).as_slice()) {
        ([], []) => Ok(None),
        ([token], [provider]) => InviteToken::of_link(token, provider).map(Some).map_err(drop),
        _ => Err(()),
    }
}

/// Where the sign-in leads back to.
fn path(asked: Option<&InviteToken>) -> String {
    let Some(invite) = asked else {
        return ACCEPT.to_owned();
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair(TOKEN, invite.token.expose_secret());
    query.append_pair(PROVIDER, invite.host.as_str());
    format!("{ACCEPT}?{}", query.finish())
}

async fn take(pages: &Pages, account: &Account, invite: InviteToken) -> Response {
    let user = account.user();
    if let Err(wait_s) = pages.taken.count_of(user.clone()) {
        return too_many_of(wait_s, "accepted");
    }
    // Its own task: once the other server was told, this one has to write it down, whether or not somebody still waits.
    let (ocm, taken) = (pages.ocm.clone(), invite.clone());
    let taken = tokio::spawn(async move { ocm.take_invite(&user, taken).await });
    match taken.await {
        Ok(Ok(contact)) => InvitationAccepted {
            contact: &shown(&contact),
            list: &pages.url(LIST),
        }
        .into_response(),
        Ok(Err(FederationError::Refused(text))) => paste(pages, account, Some(&sentence(&text))),
        Ok(Err(FederationError::Unavailable { retry_after_s })) => {
            let mut response = question(pages, account, &invite, Some(AWAY)).await;
            if let Some(wait_s) = retry_after_s {
                response.headers_mut().insert(header::RETRY_AFTER, wait_s.into());
            }
            response
        }
        Ok(Err(error)) => broken(&error),
        Err(error) => broken(&error),
    }
}

const AWAY: &str = "The other server does not answer, or cannot do it now. Try again later.";

/// Shows what accepting means. Nobody is asked for it.
async fn question(pages: &Pages, account: &Account, invite: &InviteToken, error: Option<&str>) -> Response {
    let person = match pages.ocm.introduction(&account.user()).await {
        Ok(person) => person,
        Err(error) => return broken(&error),
    };
    let cleaned = |text: &str| clean_text(text, SHOWN_CHARS);
    let (email, invitation) = (person.email.as_deref().map(cleaned), invite.to_text());
    let page = AcceptInvitation {
        status: error.map_or(StatusCode::OK, |_| StatusCode::SERVICE_UNAVAILABLE),
        action: &pages.url(ACCEPT),
        host: invite.host.as_str(),
        user: &cleaned(person.id.as_str()),
        name: &cleaned(&person.display_name),
        email: email.as_deref(),
        invitation: invitation.expose_secret(),
        error,
        csrf: &account.csrf(),
    };
    pages.page(account, page)
}

fn paste(pages: &Pages, account: &Account, error: Option<&str>) -> Response {
    let page = PasteInvitation {
        status: error.map_or(StatusCode::OK, |_| StatusCode::BAD_REQUEST),
        action: &pages.url(ACCEPT),
        list: &pages.url(LIST),
        error,
        csrf: &account.csrf(),
    };
    pages.page(account, page)
}

fn unreadable() -> Response {
    let page = Notice {
        status: StatusCode::BAD_REQUEST,
        title: "This link cannot be used",
        text: "It does not say properly which invitation it is about and which server that is from. Ask for another one.",
    };
    page.into_response()
}

/// `it is so` as `It is so.`
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_both_halves_once_and_leads_back_after_the_sign_in() {
        let invite = read("token=a%26b%40c&providerDomain=https://Cloud.Example.org/&more=x");
        let invite = invite.expect("readable").expect("an invitation");
        assert_eq!(
            path(Some(&invite)),
            "/apps/ocm/accept?token=a%26b%40c&providerDomain=cloud.example.org"
        );
        assert!(read("").expect("readable").is_none() && read("other=1").expect("readable").is_none());
        assert_eq!(path(None), "/apps/ocm/accept");
        for bad in [
            "token=a",
            "providerDomain=cloud.example.org",
            "token=&providerDomain=cloud.example.org",
            "token=a&token=b&providerDomain=cloud.example.org",
            "token=a&providerDomain=a.example&providerDomain=b.example",
            "token=a&providerDomain=user@cloud.example.org",
            "token=a&providerDomain=file:///etc/passwd",
            "token=a&providerDomain=cloud.example.org/x",
            "token=a%0D%0Ab&providerDomain=cloud.example.org",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
