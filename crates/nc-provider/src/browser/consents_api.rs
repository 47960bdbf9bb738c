//! A user's own consents, for programs of the cloud's pages; paths, names and forms as in Nextcloud's `oidc` app.

use axum::{
    Extension, Json,
    extract::{State, rejection::JsonRejection},
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use nc_proto::oauth::scope_list::ScopeList;
use nc_web::{ClientAddress, PathName};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Browser,
    connections::{self, Connection, Unchanged},
    session::{SignedIn, is_same_site},
};
use crate::{AllowUserSettings, Error, Settings, machine::answer::uncached};

/// Why a request is refused.
pub(super) enum Refused {
    NotSignedIn,
    Forged,
    Unknown,
    NotAllowed,
    Unreadable,
    SwitchedOff,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl axum::response::IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::NotSignedIn => (StatusCode::UNAUTHORIZED, "Nobody is signed in."),
            Self::Forged => (
                StatusCode::FORBIDDEN,
                "The request does not come from a page of this server.",
            ),
            Self::SwitchedOff => (StatusCode::FORBIDDEN, "Users may not change this here."),
            Self::Unknown => (StatusCode::NOT_FOUND, "There is no consent for this client."),
            Self::NotAllowed => (
                StatusCode::BAD_REQUEST,
                "The scopes are missing or not allowed for this client.",
            ),
            Self::Unreadable => (
                StatusCode::BAD_REQUEST,
                "Send JSON with `restrictUserInformation`: avatar, address, phone, website, or no.",
            ),
            Self::Failed(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "consents cannot be managed");
                (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on the server.")
            }
        };
        uncached(status, &json!({ "error": text }))
    }
}

/// `GET /api/consents`.
pub(super) async fn list(State(browser): State<Browser>, headers: HeaderMap) -> Result<Response, Refused> {
    let session = SignedIn::find(&browser, &headers).await?.ok_or(Refused::NotSignedIn)?;
    let connections = Connection::list(&browser, &session.subject).await?;
    let told: Result<Vec<Value>, Error> = connections.iter().map(|one| tell(&browser, one)).collect();
    Ok(uncached(StatusCode::OK, &told?))
}

/// `DELETE /api/consents/{clientId}`. Also where users may not change scopes: nobody has to stay connected.
pub(super) async fn revoke(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    PathName(number): PathName,
) -> Result<Response, Refused> {
    let session = changing(&browser, &headers).await?;
    let number = number.parse().map_err(|_| Refused::Unknown)?;
    let address = address.map(|address| address.0);
    if connections::revoke(&browser, &session, number, address).await? {
        Ok(uncached(StatusCode::OK, &json!({ "success": true })))
    } else {
        Err(Refused::Unknown)
    }
}

/// What a change of scopes sends.
#[derive(Deserialize)]
pub(super) struct Change {
    scopes: Vec<String>,
}

/// `PATCH /api/consents/{clientId}/scopes`.
pub(super) async fn change(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    PathName(number): PathName,
    body: Result<Json<Change>, JsonRejection>,
) -> Result<Response, Refused> {
    let session = changing(&browser, &headers).await?;
    if browser.settings().await?.allow_user_settings == AllowUserSettings::No {
        return Err(Refused::SwitchedOff);
    }
    let number = number.parse().map_err(|_| Refused::Unknown)?;
    let Json(change) = body.map_err(|_| Refused::NotAllowed)?;
    let wanted = ScopeList::from_tokens(change.scopes.iter().map(String::as_str));
    let wanted = wanted.map_err(|_| Refused::NotAllowed)?;
    let address = address.map(|address| address.0);
    match connections::change(&browser, &session, number, &wanted, address).await {
        Ok(after) => {
            let body = json!({
                "success": true,
                "scopesGranted": after.scopes.to_string(),
                "updatedAt": after.updated_at(),
            });
            Ok(uncached(StatusCode::OK, &body))
        }
        Err(Unchanged::Unknown) => Err(Refused::Unknown),
        Err(Unchanged::NotAllowed) => Err(Refused::NotAllowed),
        Err(Unchanged::Failed(error)) => Err(Refused::Failed(error)),
    }
}

/// What a person keeps from clients, as the `oidc` app sends it.
#[derive(Deserialize)]
pub(super) struct Restriction {
    /// Words separated by blanks; `no` for none.
    #[serde(rename = "restrictUserInformation")]
    words: String,
}

/// `POST /user/restrictUserInformation`. Words that mean nothing are left out, as the app does.
pub(super) async fn restrict(
    State(browser): State<Browser>,
    headers: HeaderMap,
    body: Result<Json<Restriction>, JsonRejection>,
) -> Result<Response, Refused> {
    let session = changing(&browser, &headers).await?;
    if browser.settings().await?.allow_user_settings == AllowUserSettings::No {
        return Err(Refused::SwitchedOff);
    }
    let Json(restriction) = body.map_err(|_| Refused::Unreadable)?;
    let wanted = restriction.words.to_lowercase();
    let known = Settings::RESTRICTABLE
        .iter()
        .filter(|word| wanted.split_whitespace().any(|wanted| wanted == **word));
    let words: Vec<String> = known.map(|word| (*word).to_owned()).collect();
    browser.keep_back(&session.subject, &words).await?;
    let stored = if words.is_empty() {
        "no".to_owned()
    } else {
        words.join(" ")
    };
    Ok(uncached(
        StatusCode::OK,
        &json!({ "restrict_user_information": stored }),
    ))
}

/// Who changes something, when the browser itself says that a page of ours does it.
async fn changing(browser: &Browser, headers: &HeaderMap) -> Result<SignedIn, Refused> {
    let session = SignedIn::find(browser, headers).await?.ok_or(Refused::NotSignedIn)?;
    let says = headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site");
    if says && is_same_site(browser, headers) {
        Ok(session)
    } else {
        Err(Refused::Forged)
    }
}

fn tell(browser: &Browser, connection: &Connection) -> Result<Value, Error> {
    Ok(json!({
        "id": connection.consents.first().map(|consent| consent.number),
        "clientId": connection.client.record.number,
        "clientName": connection.client.document.name,
        "clientIdentifier": connection.client.id(),
        "scopesGranted": connection.scopes.to_string(),
        "allowedScopes": connection.allowed(browser)?.to_string(),
        "createdAt": connection.created_at(),
        "updatedAt": connection.updated_at(),
    }))
}
