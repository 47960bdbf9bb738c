//! Sign-in at an issuer elsewhere. A page says who asks before the browser leaves, so that nobody is sent there for a client
//! that they do not know.

use axum::{
    Extension,
    extract::{RawQuery, State},
    response::{IntoResponse as _, Response},
};
use http::HeaderMap;
use nc_web::{
    ClientAddress,
    pages::{Notice, provider::StartElsewhere},
};

use super::{
    Browser,
    answer::see_other,
    consent::About,
    post::Post,
    refusal::{Refusal, ended, forged, too_many},
    session::{BrowserSecret, SignedIn},
    visit::{Entering, Visit},
};
use crate::{Authentication, Endpoint, IssuerAccounts, SignIn};

/// Below the page: where the issuer's answer arrives.
pub(super) const CALLBACK: &str = "/callback";

/// `GET /signin`: who asks, and where one will sign in.
pub(super) async fn ask(State(browser): State<Browser>, headers: HeaderMap, about: About) -> Result<Response, Refusal> {
    let visit = Visit::open(&browser, &headers, &about.rid).await?;
    let issuer = issuer(&browser)?;
    let origin = issuer.origin();
    let page = StartElsewhere {
        action: &browser.config().url(Endpoint::SignIn),
        client: visit.client(),
        server: &browser.config().name,
        nextcloud: &issuer.host(),
        csrf: &visit.secret.csrf(&visit.purpose("sign-in")),
        rid: visit.rid(),
        form_target: Some(&origin),
    };
    let mut response = page.into_response();
    visit.secret.set(&browser, &mut response);
    Ok(response)
}

/// `POST /signin`: to the issuer.
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
    let issuer = issuer(&browser)?;
    let url = issuer
        .begin(&visit.secret.name(), visit.rid().unwrap_or_default())
        .await;
    Ok(see_other(&url.map_err(crate::Error::from)?))
}

/// `GET /signin/callback`: who came back.
pub(super) async fn arrive(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let secret = BrowserSecret::find(&browser, &headers).ok_or_else(forged)?;
    let came = issuer(&browser)?
        .finish(&secret.name(), query.as_deref().unwrap_or_default())
        .await;
    let came = match came {
        Ok(came) => came,
        Err(not) => {
            let page = Notice {
                status: not.status,
                title: not.title,
                text: &not.text,
            };
            return Ok(page.into_response());
        }
    };
    let visit = Visit::find(&browser, &headers, &came.rid).await?;
    let subject = browser.subject(&came.uid).await?;
    let before = SignedIn::find(&browser, &headers).await?;
    let authentication = Authentication {
        auth_time: browser.now(),
        // How well the issuer looked is not known here.
        acr: None,
        amr: vec!["ext".to_owned()],
    };
    let entering = Entering {
        before: before.as_ref(),
        subject: &subject,
        authentication: &authentication,
        address: address.map(|address| address.0),
    };
    let unit = browser.store().begin().await?;
    visit.enter(&browser, unit, entering).await
}

fn issuer(browser: &Browser) -> Result<&dyn IssuerAccounts, Refusal> {
    match browser.sign_in() {
        SignIn::Issuer(issuer) => Ok(issuer.as_ref()),
        SignIn::Local(_) | SignIn::Elsewhere(_) => Err(ended()),
    }
}
