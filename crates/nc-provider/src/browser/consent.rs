//! The consent page.

use axum::{
    Extension,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use http::HeaderMap;
use nc_proto::oauth::{error::AuthorizeError, scope_list::ScopeList};
use nc_store::ClientKind;
use nc_web::{
    ClientAddress,
    pages::provider::{Consent, ScopeChoice},
};
use serde::Deserialize;

use super::{
    Browser,
    answer::see_other,
    code,
    decision::{Memory, Step, decide},
    pending::Pending,
    post::Post,
    refusal::{Refusal, ended, forged, too_many},
    request::Checked,
    session::SignedIn,
};
use crate::{Audit, Endpoint, Event, consents};

/// Below the page: the post that allows.
pub(super) const GRANT: &str = "/grant";
/// Below the page: the post that refuses.
pub(super) const DENY: &str = "/deny";

/// Which request a page is about.
#[derive(Debug, Default, Deserialize)]
pub(super) struct About {
    #[serde(default)]
    pub(super) rid: String,
}

/// `GET /consent`: the next step of a request, whatever it is.
pub(super) async fn ask(
    State(browser): State<Browser>,
    headers: HeaderMap,
    Query(about): Query<About>,
) -> Result<Response, Refusal> {
    let pending = Pending::open(&browser, &headers, &about.rid).await?;
    let checked = pending.check(&browser).await?;
    let session = SignedIn::find(&browser, &headers).await?;
    let mut response = match decide(&browser, &checked, memory(&pending), session).await? {
        Step::SignIn => see_other(&pending.url(&browser, Endpoint::SignIn, "")),
        Step::Ask(session) => {
            browser.need_credential(&session.subject, pending.ends_at).await?;
            page(&browser, &pending, &checked, &session, None)
        }
        Step::Grant(session) => finish(&browser, &checked, &session, Some((&pending, None))).await?,
        Step::Refuse(error) => refuse(&browser, &pending, &checked, error).await?,
    };
    pending.secret.set(&browser, &mut response);
    Ok(response)
}

/// `POST /consent/grant`.
pub(super) async fn grant(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    post: Post,
) -> Result<Response, Refusal> {
    let address = address.map(|address| address.0);
    let (pending, session) = own(&browser, &headers, address, &post).await?;
    let checked = pending.check(&browser).await?;
    let session = match decide(&browser, &checked, memory(&pending), Some(session)).await? {
        Step::SignIn => return Ok(see_other(&pending.url(&browser, Endpoint::SignIn, ""))),
        Step::Refuse(error) => return refuse(&browser, &pending, &checked, error).await,
        Step::Ask(session) | Step::Grant(session) => session,
    };
    // What was not asked for is not given, whatever is posted.
    let granted = ScopeList::from_tokens(post.scopes().filter(|scope| checked.scopes.contains(scope)));
    let granted = granted.unwrap_or_default();
    if granted.is_empty() {
        let text = "Tick at least one thing that the app may do, or deny.";
        return Ok(page(&browser, &pending, &checked, &session, Some(text)));
    }
    let answer = Granted {
        scopes: &granted,
        address,
    };
    finish(&browser, &checked, &session, Some((&pending, Some(answer)))).await
}

/// `POST /consent/deny`.
pub(super) async fn deny(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    post: Post,
) -> Result<Response, Refusal> {
    let address = address.map(|address| address.0);
    let (pending, session) = own(&browser, &headers, address, &post).await?;
    let checked = pending.check(&browser).await?;
    let unit = browser.store().begin().await?;
    pending.take(&browser, unit.as_ref()).await?;
    Audit::new(Event::Denied)
        .with("client", checked.client.id())
        .with("subject", session.subject.as_str())
        .with("sid", session.sid.as_str())
        .with_address(&browser, address)
        .append(unit.as_ref(), browser.now())
        .await?;
    // Another tab may wait for consent too; there the person has to sign in again.
    unit.need_credential(&session.subject, browser.now()).await?;
    unit.commit().await?;
    browser.release(Some(&session.subject)).await;
    Ok(checked.back.send(browser.config(), Err(AuthorizeError::AccessDenied))?)
}

/// What a user said on the page.
pub(super) struct Granted<'a> {
    scopes: &'a ScopeList,
    address: Option<ClientAddress>,
}

/// Ends a request with a code. Without an answer of the user, all that was asked for is covered already.
pub(super) async fn finish(
    browser: &Browser,
    checked: &Checked,
    session: &SignedIn,
    pending: Option<(&Pending, Option<Granted<'_>>)>,
) -> Result<Response, Refusal> {
    let unit = browser.store().begin().await?;
    // It may have ended in another tab since it was read, and what it stood for with it.
    let is_open = unit.find_session(session.secret, browser.now()).await?.is_some();
    is_open.then_some(()).ok_or_else(ended)?;
    let granted = match pending {
        Some((pending, granted)) => {
            pending.take(browser, unit.as_ref()).await?;
            granted
        }
        None => None,
    };
    let scopes = granted.as_ref().map_or(&checked.scopes, |granted| granted.scopes);
    if let Some(granted) = &granted {
        Audit::new(Event::Consented)
            .with("client", checked.client.id())
            .with("subject", session.subject.as_str())
            .with("sid", session.sid.as_str())
            .with("scope", scopes.to_string())
            .with_address(browser, granted.address)
            .append(unit.as_ref(), browser.now())
            .await?;
        consents::put(browser, unit.as_ref(), checked, &session.subject, scopes).await?;
    } else {
        consents::put_automatic(browser, unit.as_ref(), checked, &session.subject).await?;
    }
    let code = code::issue(browser, unit.as_ref(), checked, session, scopes).await?;
    unit.need_credential(&session.subject, browser.now()).await?;
    unit.commit().await?;
    Ok(checked.back.send(browser.config(), Ok(code))?)
}

async fn refuse(
    browser: &Browser,
    pending: &Pending,
    checked: &Checked,
    error: AuthorizeError,
) -> Result<Response, Refusal> {
    let unit = browser.store().begin().await?;
    pending.take(browser, unit.as_ref()).await?;
    unit.commit().await?;
    Ok(checked.back.send(browser.config(), Err(error))?)
}

/// The request and the person of a post, if it comes from the page that was shown to both.
async fn own(
    browser: &Browser,
    headers: &HeaderMap,
    address: Option<ClientAddress>,
    post: &Post,
) -> Result<(Pending, SignedIn), Refusal> {
    browser.limits.consent.count(address).map_err(too_many)?;
    let pending = Pending::find(browser, headers, post.get("rid")).await?;
    let session = SignedIn::find(browser, headers).await?.ok_or_else(forged)?;
    let purpose = purpose(&pending, &session);
    pending.secret.check(browser, headers, &purpose, post.get("csrf"))?;
    Ok((pending, session))
}

/// What the token of the form is bound to: after a sign-in as somebody else it is worth nothing.
fn purpose(pending: &Pending, session: &SignedIn) -> String {
    format!("consent|{}|{}", pending.rid, session.sid)
}

fn memory(pending: &Pending) -> Memory<'_> {
    Memory {
        signed_in: pending.document.signed_in.as_deref(),
        ask_consent: pending.document.ask_consent,
    }
}

fn page(browser: &Browser, pending: &Pending, checked: &Checked, session: &SignedIn, error: Option<&str>) -> Response {
    let client = &checked.client;
    let scopes: Vec<ScopeChoice<'_>> = checked
        .scopes
        .iter()
        .map(|name| ScopeChoice { name, checked: true })
        .collect();
    let client_url = url::Url::parse(client.id()).ok();
    let consent = browser.config().url(Endpoint::Consent);
    let resources: Vec<&str> = checked.resources.iter().map(|resource| resource.uri.as_str()).collect();
    let resource = resources.join(", ");
    let form_target = checked.back.form_target();
    let page = Consent {
        action_grant: &format!("{consent}{GRANT}"),
        action_deny: &format!("{consent}{DENY}"),
        client_name: &client.document.name,
        client_host: client_url
            .as_ref()
            .filter(|_| client.record.kind == ClientKind::Document)
            .and_then(url::Url::host_str),
        redirect_host: &checked.back.host(),
        resource: Some(resource.as_str()).filter(|resource| !resource.is_empty()),
        account: session.account(),
        server: &browser.accounts_host(),
        registration: client.is_self_described().then_some("self-registered, unverified"),
        is_loopback: checked.back.redirect_uri.is_on_device(),
        scopes: &scopes,
        error,
        csrf: &pending.secret.csrf(&purpose(pending, session)),
        rid: &pending.rid,
        form_target: form_target.as_deref(),
    };
    page.into_response()
}
