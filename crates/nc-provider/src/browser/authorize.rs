//! The authorization endpoint.

use axum::{
    Extension,
    extract::{RawQuery, Request, State},
    response::Response,
};
use http::HeaderMap;
use nc_proto::oauth::form::{Form, Limits};
use nc_web::ClientAddress;

use super::{
    Browser,
    answer::see_other,
    consent,
    decision::{Memory, Step, decide},
    par,
    pending::{self, PendingDocument, told},
    post::form_body,
    refusal::{Refusal, too_many},
    request,
    session::{BrowserSecret, SignedIn},
};
use crate::Endpoint;

/// `GET /authorize`.
pub(super) async fn by_query(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    count(&browser, address)?;
    let form = read(query.unwrap_or_default().as_bytes())?;
    let (form, way) = match par::resolve(&browser, form).await {
        Ok(resolved) => resolved,
        Err(fault) => return told(&browser, fault),
    };
    let checked = match request::check(&browser, &form, way).await {
        Ok(checked) => checked,
        Err(fault) => return told(&browser, fault),
    };
    let session = SignedIn::find(&browser, &headers).await?;
    let endpoint = match decide(&browser, &checked, Memory::default(), session).await? {
        Step::Refuse(error) => return Ok(checked.back.send(browser.config(), Err(error))?),
        Step::Grant(session) => return consent::finish(&browser, &checked, &session, None).await,
        Step::SignIn => Endpoint::SignIn,
        Step::Ask(_) => Endpoint::Consent,
    };
    let secret = BrowserSecret::find(&browser, &headers).map_or_else(BrowserSecret::create, Ok)?;
    let rid = PendingDocument::new(&form, way, Some(&secret)).store(&browser).await?;
    let mut response = see_other(&pending::url(&browser, endpoint, "", &rid));
    secret.set(&browser, &mut response);
    Ok(response)
}

/// `POST /authorize`. Browsers send no cookies with a post from another site, so who is signed in is asked at the next
/// step only, and the first browser that gets there is the one.
pub(super) async fn by_form(
    State(browser): State<Browser>,
    address: Option<Extension<ClientAddress>>,
    request: Request,
) -> Result<Response, Refusal> {
    count(&browser, address)?;
    let form = read(&form_body(request, Limits::AUTHORIZE.size_bytes).await?)?;
    let (form, way) = match par::resolve(&browser, form).await {
        Ok(resolved) => resolved,
        Err(fault) => return told(&browser, fault),
    };
    if let Err(fault) = request::check(&browser, &form, way).await {
        return told(&browser, fault);
    }
    let rid = PendingDocument::new(&form, way, None).store(&browser).await?;
    Ok(see_other(&pending::url(&browser, Endpoint::Consent, "", &rid)))
}

fn count(browser: &Browser, address: Option<Extension<ClientAddress>>) -> Result<(), Refusal> {
    let address = address.map(|address| address.0);
    browser.limits.authorize.count(address).map_err(too_many)
}

fn read(text: &[u8]) -> Result<Form, Refusal> {
    Form::parse(text, Limits::AUTHORIZE).map_err(|error| nc_proto::oauth::error::PageError::from(error).into())
}
