//! The one address to which the issuer sends browsers back.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{RawQuery, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode};
use nc_access::{
    NewRefresh,
    external::{Arrived, Asked, Believed, IssuerError, Purpose, SignInError},
};
use nc_proto::oauth::form::{Form, Limits};
use nc_web::{RequestId, pages::Notice};

use super::{
    Giving,
    pages::{Address, Giver, begun, broken, done, start_at_nextcloud, too_many, unknown},
};
use crate::{
    external_issuer::browser::{Browser, see_other},
    user_page::local_path,
};

/// `GET /oauth/callback`.
pub(super) async fn arrive(
    State(giving): Giver,
    headers: HeaderMap,
    address: Address,
    id: Option<Extension<RequestId>>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Some(refusal) = too_many(&giving, address) {
        return refusal;
    }
    let query = query.unwrap_or_default();
    let Ok(answer) = Form::parse(query.as_bytes(), Limits::AUTHORIZE) else {
        return unknown();
    };
    // One that began for a client belongs to the authorization server's own cookie.
    let of_client = || see_other(&giving.url(&format!("/oauth/signin/callback?{query}")));
    let Some(browser) = Browser::find(&headers, &giving.own) else {
        return if giving.is_proxy { of_client() } else { unknown() };
    };
    match giving.sign_ins.finish(browser.secret(), &answer).await {
        Ok(arrived) => go_on(&giving, &headers, &browser, arrived).await,
        Err(SignInError::Unknown) if giving.is_proxy => of_client(),
        Err(error) => refused(&error, id.map(|id| id.0)),
    }
}

async fn go_on(giving: &Arc<Giving>, headers: &HeaderMap, browser: &Browser, arrived: Arrived) -> Response {
    let is_refresh = match &arrived.purpose {
        Purpose::RefreshToken => true,
        Purpose::AppPassword => false,
        Purpose::Page { next } => return show_page(giving, headers, next, &arrived.believed).await,
        Purpose::Client { .. } => return unknown(),
    };
    let party = giving.sign_ins.party();
    let Some((_, asked)) = begun(giving, headers).await else {
        party.give_up(&arrived.believed.tokens).await;
        return unknown();
    };
    if asked.subject != arrived.believed.subject {
        party.give_up(&arrived.believed.tokens).await;
        giving.note("access.other_person", &asked).await;
        return another_person();
    }
    if is_refresh {
        keep(giving, browser, asked, arrived).await
    } else {
        // It was only about who comes.
        party.give_up(&arrived.believed.tokens).await;
        start_at_nextcloud(giving, browser, &asked).await
    }
}

/// Opens the session of whoever came, and leads them on. It was only about who comes.
async fn show_page(giving: &Giving, headers: &HeaderMap, next: &str, believed: &Believed) -> Response {
    giving.sign_ins.party().give_up(&believed.tokens).await;
    let mut response = see_other(&giving.url(local_path(Some(next))));
    match giving.sessions.open(headers, believed, &mut response).await {
        Ok(()) => {
            giving.note_signed_in(&believed.subject).await;
            response
        }
        Err(error) => {
            tracing::error!("the session of a person cannot be opened: {error:#}");
            Notice::internal_error().into_response()
        }
    }
}

/// Keeps the refresh token of the one who was asked. What cannot be kept is taken back.
async fn keep(giving: &Arc<Giving>, browser: &Browser, asked: Asked, arrived: Arrived) -> Response {
    let (party, tokens) = (giving.sign_ins.party(), &arrived.believed.tokens);
    let Some(token) = &tokens.refresh_token else {
        tracing::error!(
            "the issuer gives this server no refresh token: its client there needs the scope offline_access"
        );
        party.give_up(tokens).await;
        let page = Notice {
            status: StatusCode::BAD_GATEWAY,
            title: "The issuer gives no lasting access",
            text: "You agreed, but the issuer gave no refresh token. Nothing was kept. An administrator has to allow this server's client the scope offline_access.",
        };
        return page.into_response();
    };
    // Of two tabs, one.
    match giving.links.take(browser.secret()).await {
        Ok(Some(_)) => {}
        Ok(None) => {
            party.give_up(tokens).await;
            return unknown();
        }
        Err(error) => {
            party.give_up(tokens).await;
            return broken(&error);
        }
    }
    let granted = tokens.scope.as_ref().unwrap_or(&arrived.asked);
    let new = NewRefresh {
        token,
        expires_at: tokens.refresh_ends_at,
        scopes: asked
            .scopes
            .iter()
            .filter(|scope| granted.contains(scope))
            .cloned()
            .collect(),
        client: asked.client.clone(),
        name: arrived.believed.name.clone(),
    };
    match giving.vault.keep_refresh(&asked.subject, new).await {
        Ok(replaced) => {
            if let Some(refreshed) = &giving.refreshed {
                refreshed
                    .note(&asked.subject, &tokens.access_token, tokens.access_ends_at)
                    .await;
            }
            giving.note("access.given", &asked).await;
            if replaced {
                giving.take_back().await;
            }
            done(giving, &asked)
        }
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a refresh token could not be kept"
            );
            party.give_up(tokens).await;
            Notice::internal_error().into_response()
        }
    }
}

fn another_person() -> Response {
    let page = Notice {
        status: StatusCode::FORBIDDEN,
        title: "You are somebody else",
        text: "The link was made for another person than the one who signed in. Nothing was shared. Sign out at the issuer if you were signed in there with another account, and ask for a new link in your own client.",
    };
    page.into_response()
}

/// A page for each kind.
fn refused(error: &SignInError, id: Option<RequestId>) -> Response {
    match error {
        SignInError::Unknown => return unknown(),
        SignInError::Store(_) | SignInError::Seal(_) | SignInError::Unreadable | SignInError::Randomness(_) => {
            return broken(error);
        }
        _ => {}
    }
    let id = id.map(|id| id.0.to_string()).unwrap_or_default();
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "a sign-in at the issuer did not end well"
    );
    let (status, title, what) = told(error);
    let text = format!("{what} (Reference: {id})");
    Notice {
        status,
        title,
        text: &text,
    }
    .into_response()
}

/// A fixed text for each kind; what the issuer wrote is not shown.
pub(in crate::external_issuer) const fn told(error: &SignInError) -> (StatusCode, &'static str, &'static str) {
    match error {
        SignInError::Unknown => (
            StatusCode::BAD_REQUEST,
            "This sign-in has ended",
            "It was used already, is older than ten minutes, or belongs to another browser. Nothing was shared. Start again in the client.",
        ),
        SignInError::Store(_) | SignInError::Seal(_) | SignInError::Unreadable | SignInError::Randomness(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong",
            "The server could not finish this. Trying again in a moment may help; the server's log says more.",
        ),
        SignInError::OtherIssuer | SignInError::Incomplete => (
            StatusCode::BAD_REQUEST,
            "The answer cannot be used",
            "It does not say that it comes from the issuer that was asked. Nothing was shared. Start again in the client.",
        ),
        SignInError::Denied(_) => (
            StatusCode::BAD_REQUEST,
            "Access was not given",
            "The issuer did not let this go on, or you said no there. Nothing was shared. Start again in the client to try once more.",
        ),
        SignInError::Issuer(IssuerError::IdToken | IssuerError::InvalidGrant) => (
            StatusCode::BAD_REQUEST,
            "The sign-in cannot be believed",
            "What the issuer sent does not fit the sign-in that was begun here. Nothing was kept. Start again in the client.",
        ),
        SignInError::Issuer(IssuerError::Unavailable | IssuerError::Refused) => (
            StatusCode::BAD_GATEWAY,
            "The issuer gives nothing",
            "The issuer cannot be asked, or does not take this server as its client. Nothing was kept. Try again later; an administrator finds more in the log.",
        ),
    }
}
