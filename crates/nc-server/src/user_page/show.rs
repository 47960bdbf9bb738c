//! What a person sees: the same as JSON and as a page.

use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode};
use nc_access::PersonRules;
use nc_web::pages::{
    provider::ScopeChoice,
    user_page::{AccessShown, ClientShown, UserPage},
};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

use super::{About, Address, KnownClient, Pages, Provisioned, UserPages, Visitor, failed, not_signed_in, uncached};

/// All that is known about a person here.
struct Known {
    visitor: Box<dyn Visitor>,
    about: About,
    rules: PersonRules,
    clients: Vec<KnownClient>,
    provisioned: Provisioned,
}

/// `GET /user`.
pub(super) async fn data(State(pages): Pages, headers: HeaderMap, address: Address) -> Response {
    if let Some(refusal) = pages.too_many(address) {
        return refusal;
    }
    match known(&pages, &headers).await {
        Ok(Some(known)) => uncached(StatusCode::OK, &tell(&known)),
        Ok(None) => not_signed_in(&pages),
        Err(error) => failed(&error),
    }
}

/// `GET /user/page`.
pub(super) async fn page(
    State(pages): Pages,
    headers: HeaderMap,
    address: Address,
    RawQuery(query): RawQuery,
) -> Response {
    if let Some(refusal) = pages.too_many(address) {
        return refusal;
    }
    match known(&pages, &headers).await {
        Ok(Some(known)) => {
            let mut response = draw(&pages, &known, query.as_deref().unwrap_or_default());
            known.visitor.remember(&mut response);
            response
        }
        Ok(None) => pages.to_login(),
        Err(error) => failed(&error),
    }
}

async fn known(pages: &UserPages, headers: &HeaderMap) -> anyhow::Result<Option<Known>> {
    let Some(visitor) = pages.site.find(headers).await? else {
        return Ok(None);
    };
    let rules = pages.rules.get(visitor.subject()).await?;
    let clients = visitor.clients(&rules).await?;
    let provisioned = visitor.provisioned().await?;
    Ok(Some(Known {
        visitor,
        about: pages.site.about(),
        rules,
        clients,
        provisioned,
    }))
}

fn tell(known: &Known) -> Value {
    let (began_at, ends_at) = known.visitor.lasts();
    let clients: Vec<Value> = known.clients.iter().map(|client| tell_client(known, client)).collect();
    let provisioned = &known.provisioned;
    json!({
        "user": { "name": known.visitor.name() },
        "authorization_server": known.about.issuer,
        "deployment_mode": known.about.mode,
        "nextcloud": known.about.nextcloud,
        "session": { "started_at": rfc3339(Some(began_at)), "expires_at": rfc3339(Some(ends_at)) },
        "paused_at": rfc3339(known.rules.paused_at),
        "clients": clients,
        "provisioning": {
            "type": provisioned.kind,
            "status": provisioned.state,
            "account": provisioned.account,
            "provisioned_at": rfc3339(provisioned.since),
            "expires_at": rfc3339(provisioned.until),
            "scopes": provisioned.scopes,
        },
    })
}

fn tell_client(known: &Known, client: &KnownClient) -> Value {
    let rule = known.rules.clients.get(&client.client_id);
    json!({
        "id": client.key,
        "client_id": client.client_id,
        "name": client.name,
        "host": client.host,
        "scopes": client.allowed.iter().collect::<Vec<_>>(),
        "withheld_scopes": client.scopes.difference(&client.allowed).iter().collect::<Vec<_>>(),
        "granted_at": rfc3339(client.since),
        "expires_at": rfc3339(client.until),
        "first_used_at": rfc3339(rule.map(|rule| rule.first_used_at).filter(|at| *at > 0)),
        "last_used_at": rfc3339(rule.map(|rule| rule.last_used_at).filter(|at| *at > 0)),
        "paused_at": rfc3339(rule.and_then(|rule| rule.paused_at)),
        "ended_at": rfc3339(rule.filter(|rule| !rule.is_back()).and_then(|rule| rule.ended_at)),
    })
}

/// Texts that belong to a client, before they are borrowed.
struct Texts {
    since: Option<String>,
    until: Option<String>,
    first_used: Option<String>,
    last_used: Option<String>,
    paused: Option<String>,
    ended: Option<String>,
}

fn draw(pages: &UserPages, known: &Known, query: &str) -> Response {
    let texts: Vec<Texts> = known.clients.iter().map(|client| texts(known, client)).collect();
    let choices: Vec<Vec<ScopeChoice<'_>>> = known
        .clients
        .iter()
        .map(|client| {
            let choice = |name| ScopeChoice {
                name,
                checked: client.allowed.contains(name),
            };
            client.scopes.iter().map(choice).collect()
        })
        .collect();
    let clients: Vec<ClientShown<'_>> = known
        .clients
        .iter()
        .zip(&texts)
        .zip(&choices)
        .map(|((client, texts), choices)| ClientShown {
            key: &client.key,
            name: &client.name,
            host: client.host.as_deref(),
            scopes: choices,
            since: texts.since.as_deref(),
            until: texts.until.as_deref(),
            first_used: texts.first_used.as_deref(),
            last_used: texts.last_used.as_deref(),
            paused: texts.paused.as_deref(),
            ended: texts.ended.as_deref(),
        })
        .collect();
    let provisioned = &known.provisioned;
    let (given, until) = (moment(provisioned.since), moment(provisioned.until));
    let paused = moment(known.rules.paused_at);
    let session_end = moment(Some(known.visitor.lasts().1)).unwrap_or_default();
    let page = UserPage {
        base: pages.own.as_str().trim_end_matches('/'),
        account: known.visitor.name(),
        nextcloud: &known.about.nextcloud,
        issuer: &known.about.issuer,
        mode: known.about.mode,
        is_issuer: known.about.is_issuer,
        session_end: &session_end,
        // Fixed words: an address says nothing that is not so.
        done: (query == "done=saved").then_some("Saved. This is how things are now."),
        error: (query == "done=nothing")
            .then_some("Leave at least one thing ticked. To let the client do nothing, pause or disconnect it."),
        paused: paused.as_deref(),
        clients: &clients,
        access: AccessShown {
            kind: provisioned.kind,
            state: provisioned.state,
            account: provisioned.account.as_deref(),
            since: given.as_deref(),
            until: until.as_deref(),
            can_give: provisioned.can_give,
            can_take_back: provisioned.can_take_back,
            ends_clients: provisioned.ends_clients,
        },
        csrf: &known.visitor.csrf(),
    };
    page.into_response()
}

fn texts(known: &Known, client: &KnownClient) -> Texts {
    let rule = known.rules.clients.get(&client.client_id);
    let used = |at: Option<i64>| moment(at.filter(|at| *at > 0));
    Texts {
        since: moment(client.since),
        until: moment(client.until),
        first_used: used(rule.map(|rule| rule.first_used_at)),
        last_used: used(rule.map(|rule| rule.last_used_at)),
        paused: moment(rule.and_then(|rule| rule.paused_at)),
        ended: moment(rule.filter(|rule| !rule.is_back()).and_then(|rule| rule.ended_at)),
    }
}

fn rfc3339(at: Option<i64>) -> Option<String> {
    OffsetDateTime::from_unix_timestamp(at?).ok()?.format(&Rfc3339).ok()
}

/// For people.
pub(crate) fn moment(at: Option<i64>) -> Option<String> {
    let form = format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    OffsetDateTime::from_unix_timestamp(at?).ok()?.format(form).ok()
}
