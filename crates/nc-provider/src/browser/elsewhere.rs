//! Sign-in at another Nextcloud, which shows pages of its own in another tab (Login Flow v2).
//!
//! The page that waits asks again by itself; each time the server looks what came of the sign-in. Without a script the
//! browser needs no more than the `Refresh` header.

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode};
use nc_proto::oauth::error::AuthorizeError;
use nc_web::{
    ClientAddress,
    pages::provider::{Cancel, StartAgain, StartElsewhere, Waiting},
};

use super::{
    Browser,
    answer::see_other,
    consent::About,
    post::Post,
    refusal::{Refusal, ended, too_many},
    session::SignedIn,
    visit::{Entering, Visit},
};
use crate::{
    Audit, Authentication, ElsewhereAccounts, Endpoint, Event, Provider,
    flow::{Flow, Flows, Stage},
};

/// Below the page: the page that waits.
pub(super) const WAIT: &str = "/wait";
/// Below the page: giving up.
pub(super) const CANCEL: &str = "/cancel";

/// `GET /signin`: who asks, and where one will sign in.
pub(super) async fn ask(State(browser): State<Browser>, headers: HeaderMap, about: About) -> Result<Response, Refusal> {
    let visit = Visit::open(&browser, &headers, &about.rid).await?;
    let page = StartElsewhere {
        action: &browser.config().url(Endpoint::SignIn),
        client: visit.client(),
        server: &browser.config().name,
        nextcloud: &accounts(&browser)?.nextcloud(),
        csrf: &visit.secret.csrf(&visit.purpose("sign-in")),
        rid: visit.rid(),
        form_target: None,
    };
    let mut response = page.into_response();
    visit.secret.set(&browser, &mut response);
    Ok(response)
}

/// `POST /signin`: starts the sign-in and shows where to go.
pub(super) async fn start(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    post: Post,
) -> Result<Response, Refusal> {
    let address = address.map(|address| address.0);
    browser.limits.sign_in_elsewhere.count(address).map_err(too_many)?;
    let visit = Visit::find(&browser, &headers, post.get("rid")).await?;
    let purpose = visit.purpose("sign-in");
    visit.secret.check(&browser, &headers, &purpose, post.get("csrf"))?;
    let flows = flows(&browser, &visit);
    // A page that is loaded again, or another tab, goes on with the one that runs.
    if let Some(flow) = flows.find().await?.filter(|flow| !flow.is_over(browser.now())) {
        return if flow.is_done() {
            Ok(see_other(&visit.url(&browser, WAIT)))
        } else {
            waiting(&browser, &visit, &flow)
        };
    }
    let accounts = accounts(&browser)?;
    let started = match accounts.start().await {
        Ok(started) if started.is_web_page() => started,
        outcome => {
            if let Err(error) = outcome {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the Nextcloud does not start a sign-in"
                );
            } else {
                tracing::warn!("the Nextcloud names a sign-in page that is no web page");
            }
            let text = format!(
                "{} did not answer as it should, so nobody can sign in there now. Try again in a minute.",
                accounts.nextcloud()
            );
            return Ok(again(&browser, &visit, StatusCode::SERVICE_UNAVAILABLE, &text));
        }
    };
    let flow = flows.begin(&started).await?;
    if let Some((pending, _)) = &visit.request {
        let unit = browser.store().begin().await?;
        pending.wait_until(&browser, unit.as_ref(), flow.ends_at()).await?;
        unit.commit().await?;
    }
    waiting(&browser, &visit, &flow)
}

/// `GET /signin/wait`.
pub(super) async fn wait(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    about: About,
) -> Result<Response, Refusal> {
    let visit = Visit::find(&browser, &headers, &about.rid).await?;
    match flows(&browser, &visit).look().await {
        // Completed in another tab, or never begun: the next page knows.
        Ok(Stage::None) => Ok(see_other(&visit.next(&browser))),
        Ok(Stage::Waiting(flow)) => waiting(&browser, &visit, &flow),
        Ok(Stage::Ended) => {
            let text = "The sign-in was refused, or took longer than 20 minutes. Nothing has been shared.";
            Ok(again(&browser, &visit, StatusCode::GONE, text))
        }
        Ok(Stage::SignedIn) => enter(&browser, &headers, &visit, address.map(|address| address.0)).await,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a sign-in could not be kept");
            let text =
                "You signed in, but this server could not keep that. Nothing has been shared. Try again in a minute.";
            Ok(again(&browser, &visit, StatusCode::SERVICE_UNAVAILABLE, text))
        }
    }
}

/// `POST /signin/cancel`: the person does not want to sign in, and the client is told. An app password that is granted
/// after that was never fetched, so nobody has it.
pub(super) async fn cancel(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    post: Post,
) -> Result<Response, Refusal> {
    let visit = Visit::find(&browser, &headers, post.get("rid")).await?;
    let purpose = visit.purpose("sign-in");
    visit.secret.check(&browser, &headers, &purpose, post.get("csrf"))?;
    let (pending, checked) = visit.request.as_ref().ok_or_else(ended)?;
    let unit = browser.store().begin().await?;
    pending.take(&browser, unit.as_ref()).await?;
    let outcome = flows(&browser, &visit).take(unit.as_ref()).await?;
    Audit::new(Event::Denied)
        .with("client", checked.client.id())
        .with_address(&browser, address.map(|address| address.0))
        .append(unit.as_ref(), browser.now())
        .await?;
    if let Some(outcome) = &outcome {
        unit.need_credential(&outcome.subject, browser.now()).await?;
    }
    unit.commit().await?;
    browser
        .release(outcome.as_ref().map(|outcome| outcome.subject.as_str()))
        .await;
    Ok(checked.back.send(browser.config(), Err(AuthorizeError::AccessDenied))?)
}

/// Opens the session of whoever signed in.
async fn enter(
    browser: &Browser,
    headers: &HeaderMap,
    visit: &Visit,
    address: Option<ClientAddress>,
) -> Result<Response, Refusal> {
    let before = SignedIn::find(browser, headers).await?;
    let now = browser.now();
    let unit = browser.store().begin().await?;
    let Some(outcome) = flows(browser, visit).take(unit.as_ref()).await? else {
        return Ok(see_other(&visit.next(browser)));
    };
    let lasts_s = i64::try_from(browser.config().lifetimes.request.as_secs()).unwrap_or(i64::MAX);
    let until = now.saturating_add(lasts_s);
    if let Some((pending, _)) = &visit.request {
        pending.wait_until(browser, unit.as_ref(), until).await?;
    }
    unit.need_credential(&outcome.subject, until).await?;
    let authentication = Authentication {
        auth_time: outcome.at,
        // How well the other Nextcloud looked is not known here.
        acr: None,
        amr: vec!["ext".to_owned()],
    };
    let entering = Entering {
        before: before.as_ref(),
        subject: &outcome.subject,
        authentication: &authentication,
        address,
    };
    let response = visit.enter(browser, unit, entering).await?;
    if let Some(before) = before.filter(|before| before.subject != outcome.subject) {
        browser.release(Some(&before.subject)).await;
    }
    Ok(response)
}

fn waiting(browser: &Browser, visit: &Visit, flow: &Flow) -> Result<Response, Refusal> {
    let accounts = accounts(browser)?;
    let form_target = visit.form_target();
    let csrf = visit.secret.csrf(&visit.purpose("sign-in"));
    let cancel = format!("{}{CANCEL}", browser.config().url(Endpoint::SignIn));
    let page = Waiting {
        cancel: visit.rid().map(|rid| Cancel {
            action: &cancel,
            csrf: &csrf,
            rid,
        }),
        login_url: &flows(browser, visit).login_url(flow)?,
        refresh_url: &visit.url(browser, WAIT),
        refresh_s: flow.pause_s(browser.now()),
        nextcloud: &accounts.nextcloud(),
        user_agent: &accounts.user_agent(),
        form_target: form_target.as_deref(),
    };
    Ok(page.into_response())
}

fn again(browser: &Browser, visit: &Visit, status: StatusCode, text: &str) -> Response {
    let href = visit.url(browser, "");
    let page = StartAgain {
        status,
        text,
        href: Some(&href),
    };
    page.into_response()
}

fn flows<'a>(browser: &'a Browser, visit: &Visit) -> Flows<'a, Provider> {
    Flows {
        host: &browser.provider,
        key: visit.secret.key(&visit.purpose("sign-in elsewhere")),
    }
}

fn accounts(browser: &Browser) -> Result<&dyn ElsewhereAccounts, Refusal> {
    browser.elsewhere().ok_or_else(ended)
}
