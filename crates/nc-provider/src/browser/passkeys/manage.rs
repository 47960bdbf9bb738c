//! The own passkeys: a list, a page that makes one, and the end of one.

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use http::HeaderMap;
use nc_auth::UserId;
use nc_store::Digest;
use nc_web::{
    ClientAddress, PathName,
    pages::provider::{NewPasskey, PasskeyEntry, Passkeys as Page},
};

use super::{accounts, limited, obstacle, relying_party, remember, remembered, sign_in::note, take};
use crate::{
    Endpoint, Error, FreshPasskey, KeptPasskey,
    browser::{
        Browser,
        connected::{day, own},
        logout::account_purpose,
        post::Post,
        refusal::{Refusal, ended},
        session::{BrowserSecret, SignedIn},
    },
};

/// Below the connected apps: the list.
pub(in crate::browser) const PASSKEYS: &str = "/passkeys";
/// Below the connected apps: the page that makes one.
pub(in crate::browser) const NEW: &str = "/passkeys/new";
/// Below the connected apps: the post that ends one.
pub(in crate::browser) const REMOVE: &str = "/passkeys/{number}/remove";

/// How long after a sign-in passkeys may be added and removed: who finds an open browser gets no way in of its own.
const FRESH_FOR_S: i64 = 300;

/// `GET` of the list.
pub(in crate::browser) async fn show(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
) -> Result<Response, Refusal> {
    let Some(session) = SignedIn::find(&browser, &headers).await? else {
        // Every sign-in that begins is kept.
        limited(&browser, address.map(|address| address.0))?;
        return sign_in_for(&browser, &headers, PASSKEYS).await;
    };
    let secret = BrowserSecret::find(&browser, &headers).map_or_else(BrowserSecret::create, Ok)?;
    let response = list(&browser, &session, &secret, None).await?;
    Ok(remembered(&browser, &secret, response))
}

/// `GET` of the page that makes one.
pub(in crate::browser) async fn ask(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
) -> Result<Response, Refusal> {
    relying_party(&browser)?;
    limited(&browser, address.map(|address| address.0))?;
    let session = SignedIn::find(&browser, &headers).await?;
    let Some(session) = session.filter(|session| is_fresh(&browser, session)) else {
        return sign_in_for(&browser, &headers, NEW).await;
    };
    let secret = BrowserSecret::find(&browser, &headers).map_or_else(BrowserSecret::create, Ok)?;
    let response = asking(&browser, &session, &secret, "", None).await?;
    Ok(remembered(&browser, &secret, response))
}

/// `POST` of what an authenticator made.
pub(in crate::browser) async fn add(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    post: Post,
) -> Result<Response, Refusal> {
    let address = address.map(|address| address.0);
    limited(&browser, address)?;
    let (session, secret) = own(&browser, &headers, &post).await?;
    if !is_fresh(&browser, &session) {
        return sign_in_for(&browser, &headers, NEW).await;
    }
    let name = post.get("name");
    let again = |text| asking(&browser, &session, &secret, name, Some(text));
    let Some(state) = take(&browser, key(&session, &secret)).await? else {
        return again("That took too long, or was answered already. Try again.").await;
    };
    let Ok(made) = relying_party(&browser)?.check_new(post.get("credential"), &state)? else {
        return again("This passkey cannot be used here. Try another device.").await;
    };
    let uid = UserId::new(session.person.uid.as_str());
    let fresh = FreshPasskey {
        uid: &uid,
        credential_id: &made.credential_id,
        name,
        credential: &made.credential,
    };
    match accounts(&browser)?.add_passkey(&fresh).await.map_err(Error::from)? {
        KeptPasskey::Kept => {}
        KeptPasskey::Known => return again("This passkey is registered already. Try another device.").await,
        KeptPasskey::TooMany => return list(&browser, &session, &secret, None).await,
    }
    note(&browser, &session.subject, "added", address).await?;
    list(&browser, &session, &secret, Some("Added. From now on it signs you in.")).await
}

/// `POST` of the end of one.
pub(in crate::browser) async fn remove(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    PathName(number): PathName,
    post: Post,
) -> Result<Response, Refusal> {
    let address = address.map(|address| address.0);
    limited(&browser, address)?;
    let (session, secret) = own(&browser, &headers, &post).await?;
    if !is_fresh(&browser, &session) {
        return sign_in_for(&browser, &headers, PASSKEYS).await;
    }
    let number = number.parse().map_err(|_| ended())?;
    let uid = UserId::new(session.person.uid.as_str());
    let removed = accounts(&browser)?.remove_passkey(&uid, number).await;
    if !removed.map_err(Error::from)? {
        return Err(ended());
    }
    note(&browser, &session.subject, "removed", address).await?;
    let done = "Removed. It signs nobody in any more; your device may still show it.";
    list(&browser, &session, &secret, Some(done)).await
}

/// The page with a fresh challenge, or the list where there is no room for one more.
async fn asking(
    browser: &Browser,
    session: &SignedIn,
    secret: &BrowserSecret,
    name: &str,
    error: Option<&str>,
) -> Result<Response, Refusal> {
    let accounts = accounts(browser)?;
    let login = &session.person.uid;
    let known = accounts.list_passkeys(&UserId::new(login.as_str())).await;
    let known = known.map_err(Error::from)?;
    if known.len() >= accounts.most_passkeys() {
        return list(browser, session, secret, None).await;
    }
    let challenge = relying_party(browser)?.ask_for_new(&session.subject, login, session.account(), &known)?;
    remember(browser, key(session, secret), challenge.state).await?;
    let page = NewPasskey {
        action: &url(browser, NEW),
        account: session.account(),
        server: browser.config().authority(),
        options: &challenge.options,
        back: &url(browser, PASSKEYS),
        name,
        error,
        csrf: &secret.csrf(&account_purpose(session)),
    };
    Ok(page.into_response())
}

async fn list(
    browser: &Browser,
    session: &SignedIn,
    secret: &BrowserSecret,
    done: Option<&str>,
) -> Result<Response, Refusal> {
    let accounts = accounts(browser)?;
    let listed = accounts.list_passkeys(&UserId::new(session.person.uid.as_str())).await;
    let mut entries = Vec::new();
    for record in listed.map_err(Error::from)? {
        let remove = REMOVE.replace("{number}", &record.number.to_string());
        let last_used = record.last_used_at.map(day).transpose()?;
        entries.push((record.name, day(record.created_at)?, last_used, url(browser, &remove)));
    }
    let obstacle = if browser.relying_party.is_none() {
        Some(obstacle(browser))
    } else if entries.len() >= accounts.most_passkeys() {
        let most = accounts.most_passkeys();
        Some(format!(
            "An account may have {most} passkeys. Remove one to add another."
        ))
    } else {
        None
    };
    let passkeys: Vec<PasskeyEntry<'_>> = entries
        .iter()
        .map(|(name, since, last_used, action_remove)| PasskeyEntry {
            name,
            since,
            last_used: last_used.as_deref(),
            action_remove,
        })
        .collect();
    let page = Page {
        account: session.account(),
        server: browser.config().authority(),
        done,
        passkeys: &passkeys,
        obstacle: obstacle.as_deref(),
        new: &url(browser, NEW),
        connected: &url(browser, ""),
        csrf: &secret.csrf(&account_purpose(session)),
    };
    Ok(page.into_response())
}

fn is_fresh(browser: &Browser, session: &SignedIn) -> bool {
    let signed_in_at = session.authentication.auth_time;
    (signed_in_at..signed_in_at.saturating_add(FRESH_FOR_S)).contains(&browser.now())
}

/// The challenge of this session in this browser.
fn key(session: &SignedIn, secret: &BrowserSecret) -> Digest {
    secret.key(&format!("new passkey|{}", session.name()))
}

fn url(browser: &Browser, below: &str) -> String {
    format!("{}{below}", browser.config().url(Endpoint::ConnectedApps))
}

/// To the sign-in, and back.
async fn sign_in_for(browser: &Browser, headers: &HeaderMap, below: &str) -> Result<Response, Refusal> {
    accounts(browser)?;
    let url = url(browser, below);
    let path = url.strip_prefix(browser.config().issuer.as_str()).unwrap_or(&url);
    Ok(browser.sign_in_for(headers, path).await?)
}
