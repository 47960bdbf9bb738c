//! The consent page.

use std::convert::Infallible;

use axum::{
    Extension,
    extract::{FromRequestParts, Query, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, request::Parts};
use nc_proto::oauth::{authorize::Given, error::AuthorizeError, scope_list::ScopeList};
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
use crate::{
    Audit, Endpoint, Error, Event, consents, notices,
    tokens::{Beside, IdToken},
};

/// Below the page: the post that allows.
pub(super) const GRANT: &str = "/grant";
/// Below the page: the post that refuses.
pub(super) const DENY: &str = "/deny";

/// Which request a page is about. A query that names two is about one that has ended.
#[derive(Debug, Deserialize)]
pub(super) struct About {
    #[serde(default)]
    pub(super) rid: String,
}

impl<S: Sync> FromRequestParts<S> for About {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let ended = |_| Self { rid: "-".to_owned() };
        Ok(Query::try_from_uri(&parts.uri).map_or_else(ended, |Query(about)| about))
    }
}

/// `GET /consent`: the next step of a request, whatever it is.
pub(super) async fn ask(State(browser): State<Browser>, headers: HeaderMap, about: About) -> Result<Response, Refusal> {
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

/// Ends a request with what it asks for. Without an answer of the user, all that was asked for is covered already.
pub(super) async fn finish(
    browser: &Browser,
    checked: &Checked,
    session: &SignedIn,
    pending: Option<(&Pending, Option<Granted<'_>>)>,
) -> Result<Response, Refusal> {
    let answered = pending.as_ref().and_then(|(_, granted)| granted.as_ref());
    let scopes = answered.map_or(&checked.scopes, |granted| granted.scopes);
    let given = match give(browser, checked, session, scopes).await? {
        Ok(given) => given,
        Err(error) => {
            return match pending {
                Some((pending, _)) => refuse(browser, pending, checked, error).await,
                None => Ok(checked.back.send(browser.config(), Err(error))?),
            };
        }
    };
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
    let now = browser.now();
    if let Some(code) = &given.code {
        code::store(browser, unit.as_ref(), checked, session, scopes, code).await?;
    } else {
        // Nothing comes of it that could be redeemed, used or taken back later.
        Audit::new(Event::Issued)
            .with("what", "ID token")
            .with("client", checked.client.id())
            .with("subject", session.subject.as_str())
            .with("sid", session.sid.as_str())
            .with("scope", scopes.to_string())
            .append(unit.as_ref(), now)
            .await?;
    }
    if scopes.contains("openid") {
        notices::remember(unit.as_ref(), &session.subject, &session.sid, &checked.client, now).await?;
    }
    unit.need_credential(&session.subject, now).await?;
    unit.commit().await?;
    Ok(checked.back.send(browser.config(), Ok(given))?)
}

/// What the client gets; nothing is stored yet. An ID token that cannot be is told to the client.
async fn give(
    browser: &Browser,
    checked: &Checked,
    session: &SignedIn,
    scopes: &ScopeList,
) -> Result<Result<Given, AuthorizeError>, Refusal> {
    let response_type = checked.request.response_type;
    let code = response_type.has_code().then(code::make).transpose()?;
    if !response_type.has_id_token() {
        return Ok(Ok(Given { code, id_token: None }));
    }
    if !scopes.contains("openid") {
        return Ok(Err(AuthorizeError::AccessDenied));
    }
    let document = code::grant_document(checked, session, scopes);
    let id_token = IdToken {
        client: &checked.client,
        person: &session.person,
        subject: &session.subject,
        sid: Some(&session.sid),
        scopes,
        document: &document,
        nonce: checked.request.nonce.as_deref(),
        beside: code.as_deref().map_or(Beside::Nothing, Beside::Code),
    };
    let mut signed = id_token.sign(browser).await;
    if matches!(signed, Err(Error::KeyMissing)) {
        browser.keys().make_missing().await?;
        signed = id_token.sign(browser).await;
    }
    match signed {
        Ok(token) => Ok(Ok(Given {
            code,
            id_token: Some(token),
        })),
        Err(Error::TokenTooLong) => Ok(Err(AuthorizeError::InvalidScope)),
        Err(error) => Err(error.into()),
    }
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
