//! The page of connected apps: what may use the account, and ways to stop it.

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use http::HeaderMap;
use nc_proto::oauth::scope_list::ScopeList;
use nc_web::{
    ClientAddress, PathName,
    pages::provider::{ConnectedApp, ConnectedApps, ScopeChoice},
};
use time::{OffsetDateTime, macros::format_description};

use super::{
    Browser,
    answer::see_other,
    connections::{self, Connection, Unchanged},
    logout::{self, account_purpose},
    passkeys,
    post::Post,
    refusal::{Refusal, ended, forged},
    session::{BrowserSecret, SignedIn, forget_session},
};
use crate::{AllowUserSettings, Endpoint, Error};

/// Below the page: the post that changes scopes.
pub(super) const SCOPES: &str = "/{client}/scopes";
/// Below the page: the post that disconnects.
pub(super) const REVOKE: &str = "/{client}/revoke";

/// `GET` of the page.
pub(super) async fn show(State(browser): State<Browser>, headers: HeaderMap) -> Result<Response, Refusal> {
    let Some(session) = SignedIn::find(&browser, &headers).await? else {
        return Ok(see_other(&browser.config().url(Endpoint::SignIn)));
    };
    let secret = BrowserSecret::find(&browser, &headers).map_or_else(BrowserSecret::create, Ok)?;
    let mut response = page(&browser, &session, &secret, Ok(None)).await?;
    secret.set(&browser, &mut response);
    Ok(response)
}

/// `POST` of ticked scopes.
pub(super) async fn change(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    PathName(client): PathName,
    post: Post,
) -> Result<Response, Refusal> {
    let (session, secret) = own(&browser, &headers, &post).await?;
    if browser.settings().await?.allow_user_settings == AllowUserSettings::No {
        return Err(forged());
    }
    let number = client.parse().map_err(|_| ended())?;
    let wanted = ScopeList::from_tokens(post.scopes()).unwrap_or_default();
    let address = address.map(|address| address.0);
    let done = match connections::change(&browser, &session, number, &wanted, address).await {
        Ok(_) => Ok(Some("Saved. What the app holds already ends now or within minutes.")),
        Err(Unchanged::NotAllowed) => Err("Leave at least one thing ticked, or disconnect the app."),
        Err(Unchanged::Unknown) => return Err(ended()),
        Err(Unchanged::Failed(error)) => return Err(error.into()),
    };
    page(&browser, &session, &secret, done).await
}

/// `POST` of the end of a connection.
pub(super) async fn revoke(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    PathName(client): PathName,
    post: Post,
) -> Result<Response, Refusal> {
    let (session, secret) = own(&browser, &headers, &post).await?;
    let number = client.parse().map_err(|_| ended())?;
    let address = address.map(|address| address.0);
    if !connections::revoke(&browser, &session, number, address).await? {
        return Err(ended());
    }
    if browser
        .store()
        .find_session(session.secret, browser.now())
        .await?
        .is_none()
    {
        let text = "Disconnected. It was the last app, so you are signed out as well.";
        let mut response = logout::signed_out(text, None);
        forget_session(&browser, &mut response);
        return Ok(response);
    }
    page(&browser, &session, &secret, Ok(Some("Disconnected."))).await
}

pub(super) async fn own(
    browser: &Browser,
    headers: &HeaderMap,
    post: &Post,
) -> Result<(SignedIn, BrowserSecret), Refusal> {
    let session = SignedIn::find(browser, headers).await?.ok_or_else(forged)?;
    let secret = BrowserSecret::find(browser, headers).ok_or_else(forged)?;
    secret.check(browser, headers, &account_purpose(&session), post.get("csrf"))?;
    Ok((session, secret))
}

/// What the page holds for one client, before it is borrowed.
struct Entry {
    connection: Connection,
    host: String,
    resource: String,
    choices: ScopeList,
    since: String,
    until: String,
    scopes_url: String,
    revoke_url: String,
}

async fn page(
    browser: &Browser,
    session: &SignedIn,
    secret: &BrowserSecret,
    done: Result<Option<&str>, &str>,
) -> Result<Response, Refusal> {
    let may_change = browser.settings().await?.allow_user_settings == AllowUserSettings::Enabled;
    let base = browser.config().url(Endpoint::ConnectedApps);
    let mut entries = Vec::new();
    for connection in Connection::list(browser, &session.subject).await?.into_iter().rev() {
        let number = connection.client.record.number.to_string();
        let below = |path: &str| format!("{base}{}", path.replace("{client}", &number));
        entries.push(Entry {
            host: host(&connection),
            resource: connection.resources().join(", "),
            choices: connection.scopes.clone(),
            since: day(connection.created_at())?,
            until: day(connection.expires_at())?,
            scopes_url: below(SCOPES),
            revoke_url: below(REVOKE),
            connection,
        });
    }
    let choices: Vec<Vec<ScopeChoice<'_>>> = entries
        .iter()
        .map(|entry| {
            let choice = |name| ScopeChoice { name, checked: true };
            entry.choices.iter().map(choice).collect()
        })
        .collect();
    let apps: Vec<ConnectedApp<'_>> = entries
        .iter()
        .zip(&choices)
        .map(|(entry, choices)| ConnectedApp {
            name: &entry.connection.client.document.name,
            host: &entry.host,
            resource: Some(entry.resource.as_str()).filter(|resource| !resource.is_empty()),
            scopes: choices,
            since: &entry.since,
            until: Some(&entry.until),
            action_narrow: Some(entry.scopes_url.as_str()).filter(|_| may_change),
            action_revoke: &entry.revoke_url,
        })
        .collect();
    let config = browser.config();
    let pages = config.account_pages.iter();
    let mut pages: Vec<(&str, String)> = pages
        .map(|(name, path)| (name.as_str(), format!("{}{path}", config.issuer)))
        .collect();
    if passkeys::find_accounts(browser).is_some() {
        pages.push(("Passkeys", format!("{base}{}", passkeys::manage::PASSKEYS)));
    }
    let page = ConnectedApps {
        account: session.account(),
        server: &browser.accounts_host(),
        done: done.ok().flatten(),
        error: done.err(),
        apps: &apps,
        pages: &pages,
        action_sign_out: &format!("{}{}", browser.config().url(Endpoint::Logout), logout::CONFIRM),
        csrf: &secret.csrf(&account_purpose(session)),
    };
    Ok(page.into_response())
}

/// The host that says most about who the client is.
pub(super) fn host(connection: &Connection) -> String {
    let document = &connection.client.document;
    let url = if connection.is_document() {
        Some(connection.client.id())
    } else {
        document.redirect_uris.first().map(String::as_str)
    };
    let url = url.and_then(|url| url::Url::parse(url).ok());
    match &url {
        Some(url) => url
            .host_str()
            .map_or_else(|| format!("{}:", url.scheme()), str::to_owned),
        None => String::new(),
    }
}

pub(super) fn day(at: i64) -> Result<String, Error> {
    OffsetDateTime::from_unix_timestamp(at)
        .ok()
        .and_then(|time| {
            time.format(format_description!("[day padding:none] [month repr:long] [year]"))
                .ok()
        })
        .ok_or(Error::Internal("a stored time cannot be"))
}
