//! Sign-in with a password that is checked here.

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use nc_auth::{LoginName, UserId};
use nc_store::{TicketKind, TicketRecord};
use nc_web::{
    ClientAddress,
    pages::provider::{SecondFactor, SignIn as Page},
};
use serde::{Deserialize, Serialize};

use super::{
    Browser,
    answer::see_other,
    consent::About,
    passkeys,
    post::Post,
    refusal::{Refusal, ended},
    session::SignedIn,
    visit::{Entering, Visit},
};
use crate::{Authentication, Checked as Outcome, Endpoint, Error, LocalAccounts, SignIn, limits};

/// Below the page: the page of the second factor.
pub(super) const SECOND_FACTOR: &str = "/second-factor";

/// How long a right password waits for its second factor.
const SECOND_FACTOR_FOR_S: i64 = 300;

const WRONG: &str = "Wrong user name or password.";

fn page(browser: &Browser, visit: &Visit, login: Option<&str>, error: Option<(StatusCode, &str)>) -> Response {
    let request = visit.request.as_ref().map(|(_, checked)| checked);
    let hint = request.and_then(|checked| checked.request.login_hint.as_deref());
    let form_target = visit.form_target();
    let passkey = passkeys::are_offered(browser).then(|| visit.url(browser, passkeys::sign_in::PASSKEY));
    let page = Page {
        status: error.map_or(StatusCode::OK, |(status, _)| status),
        action: &browser.config().url(Endpoint::SignIn),
        client: visit.client(),
        server: browser.config().authority(),
        login: login.or(hint).unwrap_or_default(),
        error: error.map(|(_, text)| text),
        csrf: &visit.secret.csrf(&visit.purpose("sign-in")),
        rid: visit.rid(),
        passkey: passkey.as_deref(),
        form_target: form_target.as_deref(),
    };
    page.into_response()
}

fn second_page(browser: &Browser, visit: &Visit, user: &str, error: Option<(StatusCode, &str)>) -> Response {
    let form_target = visit.form_target();
    let page = SecondFactor {
        status: error.map_or(StatusCode::OK, |(status, _)| status),
        action: &format!("{}{SECOND_FACTOR}", browser.config().url(Endpoint::SignIn)),
        user,
        server: browser.config().authority(),
        error: error.map(|(_, text)| text),
        csrf: &visit.secret.csrf(&visit.purpose("second factor")),
        rid: visit.rid(),
        form_target: form_target.as_deref(),
    };
    page.into_response()
}

/// `GET /signin`.
pub(super) async fn ask(State(browser): State<Browser>, headers: HeaderMap, about: About) -> Result<Response, Refusal> {
    let visit = Visit::open(&browser, &headers, &about.rid).await?;
    let mut response = page(&browser, &visit, None, None);
    visit.secret.set(&browser, &mut response);
    Ok(response)
}

/// `POST /signin`.
pub(super) async fn answer(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    post: Post,
) -> Result<Response, Refusal> {
    let address = address.map(|address| address.0);
    let visit = Visit::find(&browser, &headers, post.get("rid")).await?;
    let purpose = visit.purpose("sign-in");
    visit.secret.check(&browser, &headers, &purpose, post.get("csrf"))?;
    let login = LoginName::new(post.get("user").trim());
    let password = post.get("password").into();
    let again = |status, text: &str| Ok(page(&browser, &visit, Some(login.as_str()), Some((status, text))));
    let accounts = accounts(&browser)?;
    let delays = &browser.limits.wrong_passwords;
    let key = limits::key(&login.as_str().to_lowercase(), address);
    let attempt = match delays.begin(key, browser.now()) {
        Ok(attempt) => attempt,
        Err(wait_s) => return again(StatusCode::TOO_MANY_REQUESTS, &wait(wait_s)),
    };
    let checked = accounts.check_password(&login, &password, address).await;
    match &checked {
        Ok(Outcome::Right { .. } | Outcome::AppPassword) => delays.forgive(&attempt),
        Ok(Outcome::Wrong) => {}
        // Who makes the accounts busy must not get new guesses by it.
        Ok(Outcome::Throttled { .. }) | Err(_) => delays.take_back(&attempt),
    }
    match checked.map_err(Error::from)? {
        Outcome::Right {
            uid,
            needs_second_factor: false,
        } => match complete(&browser, &headers, &visit, &uid, &["pwd"], address).await? {
            Some(response) => Ok(response),
            None => again(StatusCode::FORBIDDEN, WRONG),
        },
        Outcome::Right { uid, .. } => {
            HalfWay { uid: uid.to_string() }.store(&browser, &visit).await?;
            Ok(see_other(&visit.url(&browser, SECOND_FACTOR)))
        }
        Outcome::Wrong => again(StatusCode::FORBIDDEN, WRONG),
        Outcome::AppPassword => again(
            StatusCode::FORBIDDEN,
            "This is an app password. Sign in with your account's own password.",
        ),
        Outcome::Throttled { retry_after_s } => again(StatusCode::TOO_MANY_REQUESTS, &wait(retry_after_s)),
    }
}

/// `GET /signin/second-factor`.
pub(super) async fn ask_second_factor(
    State(browser): State<Browser>,
    headers: HeaderMap,
    about: About,
) -> Result<Response, Refusal> {
    let visit = Visit::find(&browser, &headers, &about.rid).await?;
    match HalfWay::find(&browser, &visit).await? {
        Some(half_way) => Ok(second_page(&browser, &visit, &half_way.uid, None)),
        None => Ok(see_other(&visit.url(&browser, ""))),
    }
}

/// `POST /signin/second-factor`.
pub(super) async fn answer_second_factor(
    State(browser): State<Browser>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    post: Post,
) -> Result<Response, Refusal> {
    let address = address.map(|address| address.0);
    let visit = Visit::find(&browser, &headers, post.get("rid")).await?;
    let purpose = visit.purpose("second factor");
    visit.secret.check(&browser, &headers, &purpose, post.get("csrf"))?;
    let Some(half_way) = HalfWay::find(&browser, &visit).await? else {
        return Ok(see_other(&visit.url(&browser, "")));
    };
    let uid = UserId::new(half_way.uid.as_str());
    let code: String = post.get("code").split_whitespace().collect();
    let checked = accounts(&browser)?.check_second_factor(&uid, &code, address).await;
    let again = |status, text: &str| Ok(second_page(&browser, &visit, uid.as_str(), Some((status, text))));
    match checked.map_err(Error::from)? {
        Outcome::Right { uid: checked, .. } if checked == uid => {
            match complete(&browser, &headers, &visit, &uid, &["pwd", "otp", "mfa"], address).await? {
                Some(response) => Ok(response),
                None => Err(ended()),
            }
        }
        Outcome::Throttled { retry_after_s } => again(StatusCode::TOO_MANY_REQUESTS, &wait(retry_after_s)),
        _ => again(StatusCode::FORBIDDEN, "Wrong code."),
    }
}

pub(super) fn wait(retry_after_s: i64) -> String {
    let minutes = retry_after_s.max(1).saturating_add(59) / 60;
    format!("Too many failed attempts. Try again in {minutes} min.")
}

fn accounts(browser: &Browser) -> Result<&dyn LocalAccounts, Refusal> {
    match browser.sign_in() {
        SignIn::Local(accounts) => Ok(accounts.as_ref()),
        SignIn::Elsewhere(_) | SignIn::Issuer(_) => Err(ended()),
    }
}

/// A right password that waits for its second factor.
#[derive(Serialize, Deserialize)]
struct HalfWay {
    uid: String,
}

impl HalfWay {
    async fn store(&self, browser: &Browser, visit: &Visit) -> Result<(), Error> {
        let unit = browser.store().begin().await?;
        unit.put_ticket(&TicketRecord {
            kind: TicketKind::SignIn,
            key: visit.secret.key(&visit.purpose("second factor")),
            document: serde_json::to_string(self)?,
            expires_at: browser.now().saturating_add(SECOND_FACTOR_FOR_S),
        })
        .await?;
        Ok(unit.commit().await?)
    }

    async fn find(browser: &Browser, visit: &Visit) -> Result<Option<Self>, Error> {
        let key = visit.secret.key(&visit.purpose("second factor"));
        let found = browser
            .store()
            .find_ticket(TicketKind::SignIn, key, browser.now())
            .await?;
        Ok(found.map(|ticket| serde_json::from_str(&ticket.document)).transpose()?)
    }
}

/// Opens the session and goes on. `None`: the account is gone or disabled.
pub(super) async fn complete(
    browser: &Browser,
    headers: &HeaderMap,
    visit: &Visit,
    uid: &UserId,
    amr: &[&str],
    address: Option<ClientAddress>,
) -> Result<Option<Response>, Refusal> {
    let person = browser.sign_in().directory().find_person(uid).await;
    if person.map_err(Error::from)?.is_none() {
        return Ok(None);
    }
    let subject = browser.subject(uid).await?;
    let authentication = Authentication {
        auth_time: browser.now(),
        // As advertised: "1" for a password, "2" with a second factor.
        acr: Some(if amr.len() > 1 { "2" } else { "1" }.to_owned()),
        amr: amr.iter().map(|way| (*way).to_owned()).collect(),
    };
    let before = SignedIn::find(browser, headers).await?;
    let unit = browser.store().begin().await?;
    if amr.contains(&"otp") {
        let key = visit.secret.key(&visit.purpose("second factor"));
        let half_way = unit.take_ticket(TicketKind::SignIn, key, browser.now()).await?;
        half_way.ok_or_else(ended)?;
    }
    let entering = Entering {
        before: before.as_ref(),
        subject: &subject,
        authentication: &authentication,
        address,
    };
    visit.enter(browser, unit, entering).await.map(Some)
}
