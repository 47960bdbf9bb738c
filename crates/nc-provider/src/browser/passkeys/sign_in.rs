//! Sign-in with a passkey.

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use nc_store::Digest;
use nc_web::{ClientAddress, pages::provider::PasskeySignIn};

use super::{Bad, accounts, limited, relying_party, relying_party::Assertion, remember, remembered, take};
use crate::{
    Audit, Endpoint, Error, Event,
    browser::{
        Browser,
        consent::About,
        post::Post,
        refusal::Refusal,
        sign_in::{complete, wait},
        visit::Visit,
    },
    limits,
};

/// Below the sign-in: this page.
pub(in crate::browser) const PASSKEY: &str = "/passkey";

/// One text for everything that can be wrong: who asks learns neither accounts nor passkeys.
const REFUSED: &str = "This passkey cannot be used here. Try another one, or use your password.";
const LATE: &str = "That took too long, or was answered already. Try again.";

/// The page, with a fresh challenge. An older one of the same sign-in ends.
async fn page(browser: &Browser, visit: &Visit, error: Option<(StatusCode, &str)>) -> Result<Response, Refusal> {
    let challenge = relying_party(browser)?.ask()?;
    remember(browser, key(visit), challenge.state).await?;
    let form_target = visit.form_target();
    let page = PasskeySignIn {
        status: error.map_or(StatusCode::OK, |(status, _)| status),
        action: &format!("{}{PASSKEY}", browser.config().url(Endpoint::SignIn)),
        client: visit.client(),
        server: browser.config().authority(),
        options: &challenge.options,
        password: &visit.url(browser, ""),
        error: error.map(|(_, text)| text),
        csrf: &visit.secret.csrf(&visit.purpose("passkey")),
        rid: visit.rid(),
        form_target: form_target.as_deref(),
    };
    Ok(page.into_response())
}

/// The challenge of this browser for this request.
fn key(visit: &Visit) -> Digest {
    visit.secret.key(&visit.purpose("passkey"))
}

/// `GET /signin/passkey`.
pub(in crate::browser) async fn ask(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    about: About,
) -> Result<Response, Refusal> {
    accounts(&browser)?;
    limited(&browser, address.map(|address| address.0))?;
    let visit = Visit::open(&browser, &headers, &about.rid).await?;
    let response = page(&browser, &visit, None).await?;
    Ok(remembered(&browser, &visit.secret, response))
}

/// `POST /signin/passkey`.
pub(in crate::browser) async fn answer(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    post: Post,
) -> Result<Response, Refusal> {
    let address = address.map(|address| address.0);
    limited(&browser, address)?;
    let visit = Visit::find(&browser, &headers, post.get("rid")).await?;
    let purpose = visit.purpose("passkey");
    visit.secret.check(&browser, &headers, &purpose, post.get("csrf"))?;
    // Spent before anything that came is looked at.
    let Some(state) = take(&browser, key(&visit)).await? else {
        return page(&browser, &visit, Some((StatusCode::FORBIDDEN, LATE))).await;
    };
    let refused = (StatusCode::FORBIDDEN, REFUSED);
    let Some(assertion) = Assertion::parse(post.get("credential")) else {
        return page(&browser, &visit, Some(refused)).await;
    };
    // The same whether the credential is known or not.
    let counted = limits::key(&hex::encode(assertion.credential_id()), address);
    let delays = &browser.limits.wrong_passkeys;
    let attempt = match delays.begin(counted, browser.now()) {
        Ok(attempt) => attempt,
        Err(wait_s) => {
            let text = wait(wait_s);
            return page(&browser, &visit, Some((StatusCode::TOO_MANY_REQUESTS, &text))).await;
        }
    };
    match enter(&browser, &headers, &visit, &assertion, &state, address).await {
        Ok(Some(response)) => {
            delays.forgive(&attempt);
            Ok(response)
        }
        Ok(None) => page(&browser, &visit, Some(refused)).await,
        Err(refusal) => Err(refusal),
    }
}

/// Opens the session. `None`: no such passkey, a wrong answer, or an account that is gone or disabled.
async fn enter(
    browser: &Browser,
    headers: &HeaderMap,
    visit: &Visit,
    assertion: &Assertion,
    state: &str,
    address: Option<ClientAddress>,
) -> Result<Option<Response>, Refusal> {
    let accounts = accounts(browser)?;
    let found = accounts.find_passkey(assertion.credential_id()).await;
    let Some(record) = found.map_err(Error::from)? else {
        return Ok(None);
    };
    let subject = browser.subject(&record.uid).await?;
    let signed = match relying_party(browser)?.check(assertion, state, &record, &subject)? {
        Ok(signed) => signed,
        Err(Bad::Answer) => return Ok(None),
        Err(Bad::Counter) => {
            tracing::warn!(
                number = record.number,
                "the counter of a passkey went back: it may have been copied"
            );
            note(browser, &subject, "counter went back", address).await?;
            return Ok(None);
        }
    };
    let used = accounts.use_passkey(&record, &signed.credential).await;
    if !used.map_err(Error::from)? {
        return Ok(None);
    }
    // RFC 8176 §2: a key that its owner's devices share is not bound to hardware. Who signed was verified by the
    // authenticator, so it is two factors in one.
    let key = if signed.is_synced { "swk" } else { "hwk" };
    complete(browser, headers, visit, &record.uid, &[key, "user", "mfa"], address).await
}

/// Tells the audit log about a passkey.
pub(super) async fn note(
    browser: &Browser,
    subject: &str,
    what: &str,
    address: Option<ClientAddress>,
) -> Result<(), Error> {
    let unit = browser.store().begin().await?;
    Audit::new(Event::Passkey)
        .with("subject", subject)
        .with("what", what)
        .with_address(browser, address)
        .append(unit.as_ref(), browser.now())
        .await?;
    Ok(unit.commit().await?)
}
