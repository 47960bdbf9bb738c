//! What the forms of the page do. Each leads back to the page, which says how things are then.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode};
use nc_access::Decision;
use nc_proto::oauth::scope_list::ScopeList;
use nc_web::{
    ClientAddress, PathName,
    pages::{Notice, provider::SignedOut},
};

use super::{Address, Changed, KnownClient, PAGE, Pages, UserPages, Visitor, failed, see_other};
use crate::own_form::{Form, forged};

const MAX_FORM_BYTES: usize = 64 * 1024;

/// An answer that ends the handling early.
type Refused = Box<Response>;

/// A post that comes from a form of ours, of somebody who is signed in.
struct Own {
    visitor: Box<dyn Visitor>,
    headers: HeaderMap,
    address: Option<ClientAddress>,
    form: Form,
}

/// `POST /user/pause`.
pub(super) async fn pause(State(pages): Pages, address: Address, request: Request) -> Response {
    decide(&pages, address, request, &Decision::Pause).await
}

/// `POST /user/resume`.
pub(super) async fn resume(State(pages): Pages, address: Address, request: Request) -> Response {
    decide(&pages, address, request, &Decision::Resume).await
}

/// `POST /user/clients/{client}/pause`.
pub(super) async fn pause_client(
    State(pages): Pages,
    address: Address,
    PathName(key): PathName,
    request: Request,
) -> Response {
    decide_client(&pages, address, &key, request, Decision::PauseClient).await
}

/// `POST /user/clients/{client}/resume`.
pub(super) async fn resume_client(
    State(pages): Pages,
    address: Address,
    PathName(key): PathName,
    request: Request,
) -> Response {
    decide_client(&pages, address, &key, request, Decision::ResumeClient).await
}

/// `POST /user/clients/{client}/scopes`.
pub(super) async fn narrow(
    State(pages): Pages,
    address: Address,
    PathName(key): PathName,
    request: Request,
) -> Response {
    let (own, client) = match of_client(&pages, address, &key, request).await {
        Ok(found) => found,
        Err(refused) => return *refused,
    };
    let wanted = ScopeList::from_tokens(own.form.all("scope")).unwrap_or_default();
    // Nothing is added here: that is for the issuer to ask.
    let wanted = wanted.intersection(&client.scopes);
    match own.visitor.narrow(&client, &wanted, own.address).await {
        Ok(Changed::Done) => pages.saved(),
        Ok(Changed::NothingLeft) => see_other(&format!("{}?done=nothing", pages.url(PAGE))),
        Ok(Changed::Unknown) => unknown(),
        Err(error) => failed(&error),
    }
}

/// `POST /user/clients/{client}/revoke`.
pub(super) async fn disconnect(
    State(pages): Pages,
    address: Address,
    PathName(key): PathName,
    request: Request,
) -> Response {
    let (own, client) = match of_client(&pages, address, &key, request).await {
        Ok(found) => found,
        Err(refused) => return *refused,
    };
    match own.visitor.disconnect(&client, own.address).await {
        Ok(Changed::Done) => {}
        Ok(Changed::Unknown | Changed::NothingLeft) => return unknown(),
        Err(error) => return failed(&error),
    }
    let text = "Disconnected. It was the last one, so you are signed out as well.";
    still_here(&pages, &own, text).await
}

/// `POST /user/provision`.
pub(super) async fn give(State(pages): Pages, address: Address, request: Request) -> Response {
    let own = match own(&pages, address, request).await {
        Ok(own) => own,
        Err(refused) => return *refused,
    };
    match own.visitor.give(&own.headers).await {
        Ok(Some(response)) => response,
        Ok(None) => see_other(&pages.url(PAGE)),
        Err(error) => failed(&error),
    }
}

/// `POST /user/revoke`.
pub(super) async fn take_back(State(pages): Pages, address: Address, request: Request) -> Response {
    let own = match own(&pages, address, request).await {
        Ok(own) => own,
        Err(refused) => return *refused,
    };
    if let Err(error) = own.visitor.take_back().await {
        return failed(&error);
    }
    let text = "The access is taken back, and all clients are disconnected. You are signed out as well.";
    still_here(&pages, &own, text).await
}

/// `POST /oauth/logout`.
pub(super) async fn log_out(State(pages): Pages, address: Address, request: Request) -> Response {
    let own = match own(&pages, address, request).await {
        Ok(own) => own,
        Err(refused) => return *refused,
    };
    let page = SignedOut {
        text: "You are signed out of this page. Your clients go on as before.",
        back: None,
    };
    let mut response = page.into_response();
    match own.visitor.sign_out(own.address, &mut response).await {
        Ok(()) => response,
        Err(error) => failed(&error),
    }
}

impl UserPages {
    fn saved(&self) -> Response {
        see_other(&format!("{}?done=saved", self.url(PAGE)))
    }
}

async fn decide(pages: &Arc<UserPages>, address: Address, request: Request, decision: &Decision) -> Response {
    let own = match own(pages, address, request).await {
        Ok(own) => own,
        Err(refused) => return *refused,
    };
    match pages.rules.decide(own.visitor.subject(), decision).await {
        Ok(_) => pages.saved(),
        Err(error) => failed(&error.into()),
    }
}

async fn decide_client(
    pages: &Arc<UserPages>,
    address: Address,
    key: &str,
    request: Request,
    decision: fn(String) -> Decision,
) -> Response {
    let (own, client) = match of_client(pages, address, key, request).await {
        Ok(found) => found,
        Err(refused) => return *refused,
    };
    let decision = decision(client.client_id);
    match pages.rules.decide(own.visitor.subject(), &decision).await {
        Ok(_) => pages.saved(),
        Err(error) => failed(&error.into()),
    }
}

/// Back to the page, unless the session ended with what was changed.
async fn still_here(pages: &Arc<UserPages>, own: &Own, text: &str) -> Response {
    match pages.site.find(&own.headers).await {
        Ok(Some(_)) => pages.saved(),
        Ok(None) => SignedOut { text, back: None }.into_response(),
        Err(error) => failed(&error),
    }
}

async fn of_client(
    pages: &Arc<UserPages>,
    address: Address,
    key: &str,
    request: Request,
) -> Result<(Own, KnownClient), Refused> {
    let own = own(pages, address, request).await?;
    let broken = |error: anyhow::Error| Box::new(failed(&error));
    let rules = pages.rules.get(own.visitor.subject()).await;
    let rules = rules.map_err(|error| broken(error.into()))?;
    let clients = own.visitor.clients(&rules).await.map_err(broken)?;
    let client = clients.into_iter().find(|client| client.key == key);
    Ok((own, client.ok_or_else(|| Box::new(unknown()))?))
}

async fn own(pages: &Arc<UserPages>, address: Address, request: Request) -> Result<Own, Refused> {
    if let Some(refusal) = pages.too_many(address) {
        return Err(Box::new(refusal));
    }
    let (parts, body) = request.into_parts();
    let found = pages.site.find(&parts.headers).await;
    let Some(visitor) = found.map_err(|error| Box::new(failed(&error)))? else {
        return Err(Box::new(pages.to_login()));
    };
    let form = Form::read(&parts.headers, body, MAX_FORM_BYTES).await;
    let is_own = |form: &Form| {
        let token = form.only("csrf");
        token.is_some_and(|token| visitor.is_own_post(&parts.headers, token))
    };
    let form = form.filter(is_own).ok_or_else(|| Box::new(forged()))?;
    Ok(Own {
        visitor,
        headers: parts.headers,
        address: address.map(|address| address.0),
        form,
    })
}

fn unknown() -> Response {
    let page = Notice {
        status: StatusCode::NOT_FOUND,
        title: "There is no such client",
        text: "It is not connected any more. Load your page again to see which are.",
    };
    page.into_response()
}
