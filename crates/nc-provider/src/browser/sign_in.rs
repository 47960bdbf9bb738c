//! Sign-in with a password that is checked here.

use axum::{
    Extension,
    extract::{Query, State},
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
    pending::Pending,
    post::Post,
    refusal::{Refusal, ended, forged},
    request::Checked,
    session::{BrowserSecret, Opened, SignedIn},
};
use crate::{Audit, Authentication, Checked as Outcome, Endpoint, Error, Event, LocalAccounts, SignIn};

/// Below the page: the page of the second factor.
pub(super) const SECOND_FACTOR: &str = "/second-factor";

/// How long a right password waits for its second factor.
const SECOND_FACTOR_FOR_S: i64 = 300;

const WRONG: &str = "Wrong user name or password.";

/// A sign-in: for a request, or to see the own account.
struct Visit {
    secret: BrowserSecret,
    request: Option<(Pending, Checked)>,
}

impl Visit {
    async fn find(browser: &Browser, headers: &HeaderMap, rid: &str) -> Result<Self, Refusal> {
        if rid.is_empty() {
            let secret = BrowserSecret::find(browser, headers).ok_or_else(forged)?;
            return Ok(Self { secret, request: None });
        }
        let pending = Pending::find(browser, headers, rid).await?;
        let checked = pending.check(browser).await?;
        Ok(Self {
            secret: BrowserSecret::find(browser, headers).ok_or_else(forged)?,
            request: Some((pending, checked)),
        })
    }

    fn rid(&self) -> Option<&str> {
        self.request.as_ref().map(|(pending, _)| pending.rid.as_str())
    }

    fn purpose(&self, step: &str) -> String {
        format!("{step}|{}", self.rid().unwrap_or_default())
    }

    fn form_target(&self) -> Option<String> {
        self.request
            .as_ref()
            .and_then(|(_, checked)| checked.back.form_target())
    }

    fn page(&self, browser: &Browser, login: Option<&str>, error: Option<(StatusCode, &str)>) -> Response {
        let request = self.request.as_ref().map(|(_, checked)| checked);
        let hint = request.and_then(|checked| checked.request.login_hint.as_deref());
        let form_target = self.form_target();
        let page = Page {
            status: error.map_or(StatusCode::OK, |(status, _)| status),
            action: &browser.config().url(Endpoint::SignIn),
            client: request.map(|checked| checked.client.document.name.as_str()),
            server: browser.config().authority(),
            login: login.or(hint).unwrap_or_default(),
            error: error.map(|(_, text)| text),
            csrf: &self.secret.csrf(&self.purpose("sign-in")),
            rid: self.rid(),
            form_target: form_target.as_deref(),
        };
        page.into_response()
    }

    fn second_page(&self, browser: &Browser, user: &str, error: Option<(StatusCode, &str)>) -> Response {
        let form_target = self.form_target();
        let page = SecondFactor {
            status: error.map_or(StatusCode::OK, |(status, _)| status),
            action: &format!("{}{SECOND_FACTOR}", browser.config().url(Endpoint::SignIn)),
            user,
            server: browser.config().authority(),
            error: error.map(|(_, text)| text),
            csrf: &self.secret.csrf(&self.purpose("second factor")),
            rid: self.rid(),
            form_target: form_target.as_deref(),
        };
        page.into_response()
    }

    fn url(&self, browser: &Browser, below: &str) -> String {
        match &self.request {
            Some((pending, _)) => pending.url(browser, Endpoint::SignIn, below),
            None => format!("{}{below}", browser.config().url(Endpoint::SignIn)),
        }
    }
}

/// `GET /signin`.
pub(super) async fn ask(
    State(browser): State<Browser>,
    headers: HeaderMap,
    Query(about): Query<About>,
) -> Result<Response, Refusal> {
    if about.rid.is_empty() && BrowserSecret::find(&browser, &headers).is_none() {
        let secret = BrowserSecret::create()?;
        let visit = Visit { secret, request: None };
        let mut response = visit.page(&browser, None, None);
        visit.secret.set(&browser, &mut response);
        return Ok(response);
    }
    let visit = Visit::find(&browser, &headers, &about.rid).await?;
    Ok(visit.page(&browser, None, None))
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
    let checked = accounts(&browser)?.check_password(&login, &password, address).await;
    let again = |status, text: &str| Ok(visit.page(&browser, Some(login.as_str()), Some((status, text))));
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
    Query(about): Query<About>,
) -> Result<Response, Refusal> {
    let visit = Visit::find(&browser, &headers, &about.rid).await?;
    match HalfWay::find(&browser, &visit).await? {
        Some(half_way) => Ok(visit.second_page(&browser, &half_way.uid, None)),
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
    let again = |status, text: &str| Ok(visit.second_page(&browser, uid.as_str(), Some((status, text))));
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

fn wait(retry_after_s: i64) -> String {
    let minutes = retry_after_s.max(1).saturating_add(59) / 60;
    format!("Too many failed attempts. Try again in {minutes} min.")
}

fn accounts(browser: &Browser) -> Result<&dyn LocalAccounts, Refusal> {
    match browser.sign_in() {
        SignIn::Local(accounts) => Ok(accounts.as_ref()),
        SignIn::Elsewhere(_) => Err(ended()),
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
async fn complete(
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
    let before = SignedIn::find(browser, headers).await?;
    let authentication = Authentication {
        auth_time: browser.now(),
        // As advertised: "1" for a password, "2" with a second factor.
        acr: Some(if amr.len() > 1 { "2" } else { "1" }.to_owned()),
        amr: amr.iter().map(|way| (*way).to_owned()).collect(),
    };
    let unit = browser.store().begin().await?;
    let opened = Opened::open(browser, unit.as_ref(), before.as_ref(), &subject, &authentication).await?;
    if amr.len() > 1 {
        let key = visit.secret.key(&visit.purpose("second factor"));
        let half_way = unit.take_ticket(TicketKind::SignIn, key, browser.now()).await?;
        half_way.ok_or_else(ended)?;
    }
    let next = match &visit.request {
        Some((pending, _)) => {
            // Somebody else than before: nothing that was allowed before is taken for granted.
            let is_other = before.is_some_and(|before| before.subject != subject);
            pending
                .note_sign_in(browser, unit.as_ref(), opened.name(), is_other)
                .await?;
            pending.url(browser, Endpoint::Consent, "")
        }
        None => browser.config().url(Endpoint::ConnectedApps),
    };
    Audit::new(Event::SignedIn)
        .with("subject", subject)
        .from_address(address)
        .append(unit.as_ref(), browser.now())
        .await?;
    unit.commit().await?;
    let mut response = see_other(&next);
    opened.set(browser, &mut response);
    Ok(Some(response))
}
