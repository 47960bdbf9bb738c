//! Signing out (`OpenID` Connect RP-Initiated Logout).

use axum::{
    Extension,
    extract::{RawQuery, Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use nc_proto::oauth::{
    error::PageError,
    form::{Form, Limits},
    jose::{Compact, IdClaims},
};
use nc_web::{
    ClientAddress,
    pages::{
        Notice,
        provider::{LogoutQuestion, SignedOut},
    },
};

use super::{
    Browser,
    answer::see_other,
    post::{Post, form_body},
    refusal::{Refusal, forged},
    session::{BrowserSecret, SignedIn, forget_session},
};
use crate::{Audit, Client, Endpoint, Error, Event, Provider, admin::LogoutUri};

/// Below the endpoint: the post of our own page.
pub(super) const CONFIRM: &str = "/confirm";

/// Whose session shall end, by the word of a token of ours. It may have expired.
struct Hint {
    client: Client,
    subject: String,
    sid: Option<String>,
}

/// `GET` of the endpoint.
pub(super) async fn by_query(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let query = query.unwrap_or_default();
    let form = Form::parse(query.as_bytes(), Limits::AUTHORIZE).map_err(PageError::from)?;
    log_out(&browser, &headers, address, &form).await
}

/// `POST` of the endpoint.
pub(super) async fn by_form(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    request: Request,
) -> Result<Response, Refusal> {
    let body = form_body(request, Limits::AUTHORIZE.size_bytes).await?;
    let form = Form::parse(&body, Limits::AUTHORIZE).map_err(PageError::from)?;
    if SignedIn::find(&browser, &headers).await?.is_none() {
        // Browsers send no cookies with a post from another site, so nobody knows yet whose session it is about. They send
        // them with the request that follows.
        let mut again = Form::default();
        for name in ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"] {
            again.push_some(name, form.get(name));
        }
        return Ok(see_other(&format!(
            "{}?{again}",
            browser.config().url(Endpoint::Logout)
        )));
    }
    log_out(&browser, &headers, address, &form).await
}

async fn log_out(
    browser: &Browser,
    headers: &HeaderMap,
    address: Option<Extension<ClientAddress>>,
    form: &Form,
) -> Result<Response, Refusal> {
    let hint = match form.get("id_token_hint") {
        None => None,
        Some(token) => Some(
            read_hint(browser, token, form.get("client_id"))
                .await?
                .ok_or_else(refused)?,
        ),
    };
    let session = SignedIn::find(browser, headers).await?;
    let location = location(browser, hint.as_ref(), form).await?;
    let is_same = |session: &SignedIn| {
        hint.as_ref()
            .is_some_and(|hint| hint.subject == session.subject && hint.sid.as_ref() == Some(&session.sid))
    };
    let address = address.map(|address| address.0);
    let text = match (&session, &hint) {
        // Nobody is asked when a client ends the very session that it knows of.
        (Some(session), _) if is_same(session) => {
            end(browser, &session.subject, Some(&session.sid), Some(session), address).await?;
            "You are signed out, and the apps that were connected meanwhile too."
        }
        (Some(session), hint) => {
            return question(browser, headers, session, hint.as_ref().map(|hint| &hint.client));
        }
        (None, hint) => {
            if let Some(hint) = hint {
                end_own(browser, hint, address).await?;
            }
            "Nobody is signed in with this browser."
        }
    };
    let mut response = match location {
        Some(location) => see_other(&location),
        None => signed_out(text, None),
    };
    if session.is_some() {
        forget_session(browser, &mut response);
    }
    Ok(response)
}

/// The post of our own page.
pub(super) async fn confirm(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    post: Post,
) -> Result<Response, Refusal> {
    let session = SignedIn::find(&browser, &headers).await?.ok_or_else(forged)?;
    let secret = BrowserSecret::find(&browser, &headers).ok_or_else(forged)?;
    secret.check(&browser, &headers, &account_purpose(&session), post.get("csrf"))?;
    let everywhere = post.find("everywhere").is_some();
    let sid = Some(session.sid.as_str()).filter(|_| !everywhere);
    let address = address.map(|address| address.0);
    end(&browser, &session.subject, sid, Some(&session), address).await?;
    let text = if everywhere {
        "You are signed out in all browsers, and all apps are disconnected until you sign in to them again."
    } else {
        "You are signed out, and the apps that were connected meanwhile too."
    };
    let mut response = signed_out(text, None);
    forget_session(&browser, &mut response);
    Ok(response)
}

/// What the forms of the pages about the own account are for.
pub(super) fn account_purpose(session: &SignedIn) -> String {
    format!("account|{}", session.sid)
}

/// Ends what was given in a session, or in every session, and the session of this browser.
async fn end(
    browser: &Browser,
    subject: &str,
    sid: Option<&str>,
    session: Option<&SignedIn>,
    address: Option<ClientAddress>,
) -> Result<(), Error> {
    let now = browser.now();
    let unit = browser.store().begin().await?;
    unit.revoke_grants(subject, None, sid, now).await?;
    let notices = browser.queue_signed_out(unit.as_ref(), subject, sid).await?;
    if sid.is_none() {
        unit.delete_sessions(subject).await?;
    } else if let Some(session) = session {
        unit.delete_session(session.secret).await?;
    }
    let mut audit = Audit::new(Event::SignedOut)
        .with("subject", subject)
        .with_address(browser, address);
    audit = match sid {
        Some(sid) => audit.with("sid", sid),
        None => audit.with("what", "everywhere"),
    };
    audit.append(unit.as_ref(), now).await?;
    if sid.is_none() {
        unit.need_credential(subject, now).await?;
    }
    unit.commit().await?;
    browser.tell_signed_out(notices);
    browser.release(Some(subject)).await;
    Ok(())
}

/// Ends what a client was given in a session, where the browser does not say that the session is its own. Anybody who got an
/// ID token can send it from anywhere, so it says nothing of what other clients hold, nor of the session.
async fn end_own(browser: &Browser, hint: &Hint, address: Option<ClientAddress>) -> Result<(), Error> {
    let Some(sid) = &hint.sid else { return Ok(()) };
    let (client_id, now) = (hint.client.id(), browser.now());
    let unit = browser.store().begin().await?;
    let ended = unit
        .revoke_grants(&hint.subject, Some(client_id), Some(sid), now)
        .await?;
    if ended == 0 {
        return Ok(());
    }
    Audit::new(Event::Revoked)
        .with("what", "logout")
        .with("client", client_id)
        .with("subject", hint.subject.as_str())
        .with("sid", sid.as_str())
        .with_address(browser, address)
        .append(unit.as_ref(), now)
        .await?;
    unit.commit().await?;
    browser.release(Some(&hint.subject)).await;
    Ok(())
}

/// Reads a hint. `None`: not a token of ours for a client of ours.
async fn read_hint(provider: &Provider, token: &str, client_id: Option<&str>) -> Result<Option<Hint>, Error> {
    let Ok(token) = Compact::read(token) else {
        return Ok(None);
    };
    if !token.header.is_typ("jwt") || !provider.keys().verify(&token).await? {
        return Ok(None);
    }
    let Ok(claims) = IdClaims::read(&token.payload) else {
        return Ok(None);
    };
    let mut audience = claims.aud.iter();
    let (Some(audience), None) = (audience.next(), audience.next()) else {
        return Ok(None);
    };
    if claims.iss != provider.config().issuer || client_id.is_some_and(|client_id| client_id != audience) {
        return Ok(None);
    }
    let client = provider.find_client(audience).await?;
    Ok(client.map(|client| Hint {
        client,
        subject: claims.sub,
        sid: claims.sid,
    }))
}

/// Where the browser may go afterwards: an address that the client registered, or an administrator for all, to the byte.
async fn location(provider: &Provider, hint: Option<&Hint>, form: &Form) -> Result<Option<String>, Error> {
    let (Some(hint), Some(uri)) = (hint, form.get("post_logout_redirect_uri")) else {
        return Ok(None);
    };
    let is_own = hint.client.document.logout_uris.iter().any(|known| known == uri);
    if !is_own
        && !LogoutUri::list(provider.store())
            .await?
            .iter()
            .any(|known| known.uri == uri)
    {
        return Ok(None);
    }
    let Some(state) = form.get("state") else {
        return Ok(Some(uri.to_owned()));
    };
    let mut url = url::Url::parse(uri).map_err(|_| Error::Internal("a registered address cannot be read"))?;
    url.query_pairs_mut().append_pair("state", state);
    Ok(Some(url.into()))
}

fn question(
    browser: &Browser,
    headers: &HeaderMap,
    session: &SignedIn,
    client: Option<&Client>,
) -> Result<Response, Refusal> {
    let secret = BrowserSecret::find(browser, headers).map_or_else(BrowserSecret::create, Ok)?;
    let page = LogoutQuestion {
        action: &format!("{}{CONFIRM}", browser.config().url(Endpoint::Logout)),
        client: client.map(|client| client.document.name.as_str()),
        account: session.account(),
        server: &browser.accounts_host(),
        csrf: &secret.csrf(&account_purpose(session)),
    };
    let mut response = page.into_response();
    secret.set(browser, &mut response);
    Ok(response)
}

pub(super) fn signed_out(text: &str, back: Option<(&str, &str)>) -> Response {
    SignedOut { text, back }.into_response()
}

/// One answer for every bad hint: what was wrong with it is nobody's business.
fn refused() -> Refusal {
    let page = Notice {
        status: StatusCode::BAD_REQUEST,
        title: "This request cannot be used",
        text: "The app that sent you here did not say properly whom to sign out. You are as signed in as you were.",
    };
    page.into_response().into()
}
