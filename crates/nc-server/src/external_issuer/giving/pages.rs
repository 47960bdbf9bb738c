use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{Query, Request, State},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use http::{HeaderMap, StatusCode};
use nc_access::external::{Asked, CALLBACK, Purpose, SignInError};
use nc_proto::oauth::scope_list::ScopeList;
use nc_provider::{ElsewhereAccounts as _, Error, Stage};
use nc_web::{
    ClientAddress,
    pages::{
        AccessKind, GiveAccess, Notice,
        provider::{Cancel, ScopeChoice, StartAgain, Waiting},
    },
};
use serde::Deserialize;

use super::{AppPasswordOf, Giving, callback};
use crate::{
    config::CloudAccessKind,
    external_issuer::browser::{Browser, see_other},
    user_page,
};

/// Where a person begins.
pub(super) const GIVE: &str = "/oauth/authorize-nextcloud";
/// Where they wait for the sign-in at the Nextcloud.
const WAIT: &str = "/oauth/authorize-nextcloud/wait";
const CANCEL: &str = "/oauth/authorize-nextcloud/cancel";
/// What a form is for.
const PURPOSE: &str = "give access";

pub(super) type Giver = State<Arc<Giving>>;
pub(super) type Address = Option<Extension<ClientAddress>>;

pub(super) fn routes(giving: Arc<Giving>) -> Router {
    Router::new()
        .route(GIVE, get(ask).post(go))
        .route(WAIT, get(wait))
        .route(CANCEL, post(cancel))
        .route(CALLBACK, get(callback::arrive))
        .with_state(giving)
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    ticket: String,
}

/// `GET /oauth/authorize-nextcloud`: with a ticket it becomes this browser's; without one it says who asks for what.
async fn ask(
    State(giving): Giver,
    headers: HeaderMap,
    address: Address,
    link: Result<Query<Link>, axum::extract::rejection::QueryRejection>,
) -> Response {
    if let Some(refusal) = too_many(&giving, address) {
        return refusal;
    }
    let Ok(Query(link)) = link else { return unknown() };
    if !link.ticket.is_empty() {
        // Never the secret that somebody else may have put there before.
        let Some(browser) = Browser::create() else {
            return failed();
        };
        return match giving.links.open(&link.ticket, browser.secret()).await {
            Ok(true) => {
                // Without the ticket in the address.
                let mut response = see_other(&giving.url(GIVE));
                browser.set(&giving.own, &mut response);
                response
            }
            Ok(false) => unknown(),
            Err(error) => broken(&error),
        };
    }
    let Some((browser, asked)) = begun(&giving, &headers).await else {
        return unknown();
    };
    let choices: Vec<ScopeChoice<'_>> = asked
        .scopes
        .iter()
        .map(|name| ScopeChoice { name, checked: true })
        .collect();
    let origin = giving.sign_ins.party().origin();
    let page = GiveAccess {
        action: &giving.url(GIVE),
        action_cancel: &giving.url(CANCEL),
        client: match asked.client.as_str() {
            _ if asked.from_page => None,
            "" => Some("A client"),
            client => Some(client),
        },
        server: "Nextcloud MCP",
        nextcloud: &giving.accounts.nextcloud(),
        issuer: &giving.issuer_host,
        kind: match giving.kind {
            CloudAccessKind::RefreshToken => AccessKind::Issuer,
            CloudAccessKind::TokenExchange | CloudAccessKind::AppPassword => AccessKind::AppPassword,
        },
        scopes: &choices,
        csrf: &browser.csrf(PURPOSE),
        form_target: Some(&origin),
    };
    page.into_response()
}

/// `POST /oauth/authorize-nextcloud`: to the issuer.
async fn go(State(giving): Giver, headers: HeaderMap, address: Address, request: Request) -> Response {
    if let Some(refusal) = too_many(&giving, address) {
        return refusal;
    }
    let Some((browser, asked)) = begun(&giving, &headers).await else {
        return unknown();
    };
    if !browser.is_own_post(request, &giving.own, PURPOSE).await {
        return unknown();
    }
    let begun = if giving.kind == CloudAccessKind::RefreshToken {
        let names = ["openid", "offline_access"].into_iter();
        let names = names.chain(asked.scopes.iter().map(String::as_str));
        let Ok(scope) = ScopeList::from_tokens(names) else {
            return failed();
        };
        let resource = giving.resource.as_deref();
        giving
            .sign_ins
            .begin(browser.secret(), Purpose::RefreshToken, &scope, resource)
            .await
    } else {
        let Ok(scope) = ScopeList::from_tokens(["openid"]) else {
            return failed();
        };
        giving
            .sign_ins
            .begin(browser.secret(), Purpose::AppPassword, &scope, None)
            .await
    };
    match begun {
        Ok(url) => see_other(url.as_str()),
        Err(error) => broken(&error),
    }
}

/// `POST /oauth/authorize-nextcloud/cancel`: the person does not want to.
async fn cancel(State(giving): Giver, headers: HeaderMap, address: Address, request: Request) -> Response {
    if let Some(refusal) = too_many(&giving, address) {
        return refusal;
    }
    let Some((browser, asked)) = begun(&giving, &headers).await else {
        return unknown();
    };
    if !browser.is_own_post(request, &giving.own, PURPOSE).await {
        return unknown();
    }
    let host = AppPasswordOf {
        giving: Arc::clone(&giving),
        asked,
    };
    if let Err(error) = host.flows(browser.secret()).delete().await {
        return gone_wrong(&error);
    }
    match giving.links.take(browser.secret()).await {
        Ok(_) => Notice {
            status: StatusCode::OK,
            title: "Nothing was shared",
            text: "You can close this window. Ask again in the client if you change your mind.",
        }
        .into_response(),
        Err(error) => broken(&error),
    }
}

/// `GET /oauth/authorize-nextcloud/wait`: what came of the sign-in at the Nextcloud.
async fn wait(State(giving): Giver, headers: HeaderMap) -> Response {
    let Some((browser, asked)) = begun(&giving, &headers).await else {
        return unknown();
    };
    if !asked.is_known {
        return see_other(&giving.url(GIVE));
    }
    let host = AppPasswordOf {
        giving: Arc::clone(&giving),
        asked,
    };
    let flows = host.flows(browser.secret());
    match flows.look().await {
        Ok(Stage::Waiting(flow)) => {
            let login_url = match flows.login_url(&flow) {
                Ok(url) => url,
                Err(error) => return gone_wrong(&error),
            };
            let page = Waiting {
                login_url: &login_url,
                refresh_url: &giving.url(WAIT),
                refresh_s: flow.pause_s(giving.clock.now().unix_timestamp()),
                nextcloud: &giving.accounts.nextcloud(),
                user_agent: &giving.accounts.user_agent(),
                cancel: Some(Cancel {
                    action: &giving.url(CANCEL),
                    csrf: &browser.csrf(PURPOSE),
                    rid: "",
                }),
                form_target: None,
            };
            page.into_response()
        }
        Ok(Stage::SignedIn) => {
            if let Err(error) = giving.links.take(browser.secret()).await {
                return broken(&error);
            }
            done(&giving, &host.asked)
        }
        Ok(Stage::None) => see_other(&giving.url(GIVE)),
        Ok(Stage::Ended) => {
            let href = giving.url(GIVE);
            let page = StartAgain {
                status: StatusCode::GONE,
                text: "The sign-in was refused, or took longer than 20 minutes. Nothing has been shared.",
                href: Some(&href),
            };
            page.into_response()
        }
        Err(Error::OtherAccount) => Notice {
            status: StatusCode::FORBIDDEN,
            title: "Another account than before",
            text: "You signed in at the Nextcloud with another account than the one this server already knows for you. The new app password was taken back. Take the old access back first (the tool revoke_nextcloud_access), or sign in with the same account.",
        }
        .into_response(),
        Err(error) => gone_wrong(&error),
    }
}

/// Starts the sign-in at the Nextcloud for a person who is known.
pub(super) async fn start_at_nextcloud(giving: &Arc<Giving>, browser: &Browser, asked: &Asked) -> Response {
    let host = AppPasswordOf {
        giving: Arc::clone(giving),
        asked: asked.clone(),
    };
    let started = match giving.accounts.start().await {
        Ok(started) if started.is_web_page() => started,
        outcome => {
            let error = outcome.err();
            tracing::warn!(
                error = error.as_ref().map(|error| error as &dyn std::error::Error),
                "the Nextcloud does not start a sign-in"
            );
            let href = giving.url(GIVE);
            let page = StartAgain {
                status: StatusCode::SERVICE_UNAVAILABLE,
                text: "The Nextcloud did not answer as it should, so nobody can sign in there now. Try again in a minute.",
                href: Some(&href),
            };
            return page.into_response();
        }
    };
    let flow = match host.flows(browser.secret()).begin(&started).await {
        Ok(flow) => flow,
        Err(error) => return gone_wrong(&error),
    };
    let lasts_s = flow.ends_at().saturating_sub(giving.clock.now().unix_timestamp());
    match giving.links.note_known(browser.secret(), asked, lasts_s).await {
        Ok(()) => see_other(&giving.url(WAIT)),
        Err(error) => broken(&error),
    }
}

/// This browser, and what it was asked for.
pub(super) async fn begun(giving: &Giving, headers: &HeaderMap) -> Option<(Browser, Asked)> {
    let browser = Browser::find(headers, &giving.own)?;
    match giving.links.find(browser.secret()).await {
        Ok(asked) => Some((browser, asked?)),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "links cannot be read");
            None
        }
    }
}

pub(super) fn too_many(giving: &Giving, address: Address) -> Option<Response> {
    let wait_s = giving.limit.count(address.map(|address| address.0)).err()?;
    let page = Notice {
        status: StatusCode::TOO_MANY_REQUESTS,
        title: "Too many requests",
        text: "Too many requests came from your network. Try again in a minute.",
    };
    let mut response = page.into_response();
    response.headers_mut().insert(http::header::RETRY_AFTER, wait_s.into());
    Some(response)
}

pub(super) fn done(giving: &Giving, asked: &Asked) -> Response {
    if asked.from_page {
        return see_other(&giving.url(user_page::PAGE));
    }
    let page = Notice {
        status: StatusCode::OK,
        title: "Nextcloud access provisioned",
        text: "You can close this window and go back to the client.",
    };
    page.into_response()
}

pub(in crate::external_issuer) fn too_many_links() -> Response {
    let page = Notice {
        status: StatusCode::TOO_MANY_REQUESTS,
        title: "Too many tries",
        text: "You began to give access ten times within an hour. Wait for the next hour.",
    };
    page.into_response()
}

pub(super) fn unknown() -> Response {
    let page = Notice {
        status: StatusCode::BAD_REQUEST,
        title: "This link cannot be used",
        text: "It was used already, is older than ten minutes, belongs to another browser, or is incomplete. Ask for a new one in the client.",
    };
    page.into_response()
}

fn failed() -> Response {
    Notice::internal_error().into_response()
}

pub(super) fn broken(error: &SignInError) -> Response {
    tracing::error!(error = error as &dyn std::error::Error, "access could not be given");
    failed()
}

fn gone_wrong(error: &Error) -> Response {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "an app password could not be taken"
    );
    failed()
}
