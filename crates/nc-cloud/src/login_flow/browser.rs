//! The person's side: open the link, sign in, grant.

use axum::{
    Extension, Form,
    extract::{State, rejection::FormRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use nc_auth::{LoginName, UserId};
use nc_proto::login_flow::LIFETIME_S;
use nc_web::{
    ClientAddress, cookies, csrf,
    pages::{Connected, Grant, Notice, SignIn, provider::SecondFactor},
};
use secrecy::SecretString;
use serde::Deserialize;

use super::store::{Flow, Flows};
use crate::{
    BaseUrl, Cloud, Error,
    address::{Path, Query},
    auth::{PasswordCheck, Refusal, SignedInBy},
};

const COOKIE: &str = "nc_login_flow";
const SIGN_IN: &str = "login-flow/sign-in";
const CODE: &str = "login-flow/code";
const GRANT: &str = "login-flow/grant";

/// A page in place of the one that was asked for.
pub(super) struct Refused(Box<Response>);

impl From<Response> for Refused {
    fn from(page: Response) -> Self {
        Self(Box::new(page))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// The name to begin with, as some programs know it already.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Hint {
    #[serde(default)]
    user: String,
}

/// `GET /login/v2/flow/{token}`: the link that the program opened.
pub(super) async fn open(
    State(cloud): State<Cloud>,
    base: BaseUrl,
    Path(token): Path<String>,
    Query(hint): Query<Hint>,
) -> Response {
    match Flows(&cloud).open(&token).await {
        Ok(Some(secret)) => {
            let user: String = url::form_urlencoded::byte_serialize(hint.user.as_bytes()).collect();
            let mut response = see_other(&base.join(&format!("/login/v2/flow?user={user}&direct=0")));
            set_cookie(&mut response, &base, &secret);
            response
        }
        Ok(None) => run_out(),
        Err(error) => failed(&error),
    }
}

/// `GET /login/v2/flow`: asks for name and password.
pub(super) async fn ask(
    State(cloud): State<Cloud>,
    base: BaseUrl,
    headers: HeaderMap,
    Query(hint): Query<Hint>,
) -> Result<Response, Refused> {
    let (secret, flow) = current(&cloud, &base, &headers).await?;
    if flow.user.is_some() {
        return Ok(see_other(&base.join("/login/v2/grant")));
    }
    if flow.awaits_code.is_some() {
        return Ok(see_other(&base.join("/login/v2/code")));
    }
    Ok(sign_in_page(&base, &secret, &flow, &hint.user, None))
}

/// What the sign-in form sends.
#[derive(Deserialize)]
pub(super) struct SignInForm {
    /// Nextcloud's programs know it under the other name.
    #[serde(alias = "stateToken")]
    csrf: String,
    user: String,
    password: SecretString,
}

/// `POST /login/v2/flow`.
pub(super) async fn sign_in(
    State(cloud): State<Cloud>,
    base: BaseUrl,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    form: Result<Form<SignInForm>, FormRejection>,
) -> Result<Response, Refused> {
    let (secret, flow) = current(&cloud, &base, &headers).await?;
    let Ok(Form(form)) = form else {
        return Err(forged());
    };
    check_own(&base, &headers, &secret, SIGN_IN, &form.csrf)?;
    let login = LoginName::new(form.user.trim());
    let address = address.map(|address| address.0);
    let checked = cloud.check_account_password(&login, &form.password, address).await;
    let again = |status, text: &str| {
        let error = Some((status, text));
        Ok(sign_in_page(&base, &secret, &flow, login.as_str(), error))
    };
    match checked.map_err(|error| failed(&error))? {
        PasswordCheck::Right {
            user,
            needs_second_factor,
        } => Ok(proceed(&cloud, &base, &secret, &user, needs_second_factor).await),
        // One app password must not make another (P162).
        PasswordCheck::AppPassword => again(
            StatusCode::FORBIDDEN,
            "This is an app password. Sign in with your account's own password.",
        ),
        PasswordCheck::Throttled { retry_after_s } => again(StatusCode::TOO_MANY_REQUESTS, &too_many(retry_after_s)),
        PasswordCheck::Wrong => again(StatusCode::FORBIDDEN, "Wrong user name or password."),
    }
}

fn too_many(retry_after_s: i64) -> String {
    let minutes = (retry_after_s + 59) / 60;
    format!("Too many failed attempts. Try again in {minutes} min.")
}

/// To the next page, with a new secret for the browser.
async fn proceed(cloud: &Cloud, base: &BaseUrl, secret: &str, user: &UserId, awaits_code: bool) -> Response {
    match Flows(cloud).sign_in(secret, user, awaits_code).await {
        Ok(Some(fresh)) => {
            let next = if awaits_code {
                "/login/v2/code"
            } else {
                "/login/v2/grant"
            };
            let mut response = see_other(&base.join(next));
            set_cookie(&mut response, base, &fresh);
            response
        }
        Ok(None) => run_out(),
        Err(error) => failed(&error),
    }
}

/// `GET /login/v2/code`: asks for the code of the second factor.
pub(super) async fn ask_code(
    State(cloud): State<Cloud>,
    base: BaseUrl,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let (secret, flow) = current(&cloud, &base, &headers).await?;
    Ok(match &flow.awaits_code {
        Some(user) => code_page(&base, &secret, user, None),
        None => see_other(&base.join("/login/v2/flow")),
    })
}

/// What the form of the second factor sends.
#[derive(Deserialize)]
pub(super) struct CodeForm {
    csrf: String,
    code: String,
}

/// `POST /login/v2/code`.
pub(super) async fn code(
    State(cloud): State<Cloud>,
    base: BaseUrl,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    form: Result<Form<CodeForm>, FormRejection>,
) -> Result<Response, Refused> {
    let (secret, flow) = current(&cloud, &base, &headers).await?;
    let (Ok(Form(form)), Some(user)) = (form, flow.awaits_code) else {
        return Err(forged());
    };
    check_own(&base, &headers, &secret, CODE, &form.csrf)?;
    let address = address.map(|address| address.0);
    let checked = cloud.check_second_factor(&user, &form.code, address).await;
    let again = |status, text: &str| code_page(&base, &secret, &user, Some((status, text)));
    Ok(match checked.map_err(|error| failed(&error))? {
        PasswordCheck::Right { user, .. } => proceed(&cloud, &base, &secret, &user, false).await,
        PasswordCheck::Throttled { retry_after_s } => again(StatusCode::TOO_MANY_REQUESTS, &too_many(retry_after_s)),
        PasswordCheck::Wrong | PasswordCheck::AppPassword => {
            again(StatusCode::FORBIDDEN, "That code is wrong or was used already.")
        }
    })
}

/// `POST /login/v2/apptoken`: a program that has an app password already ends the flow with it, without a page.
pub(super) async fn app_token(
    State(cloud): State<Cloud>,
    base: BaseUrl,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    form: Result<Form<SignInForm>, FormRejection>,
) -> Result<Response, Refused> {
    let (secret, flow) = current(&cloud, &base, &headers).await?;
    let Ok(Form(form)) = form else {
        return Err(forged());
    };
    check_own(&base, &headers, &secret, SIGN_IN, &form.csrf)?;
    let login = LoginName::new(form.user.trim());
    let address = address.map(|address| address.0);
    let again = |status, text: &str| {
        let error = Some((status, text));
        Ok(sign_in_page(&base, &secret, &flow, login.as_str(), error))
    };
    let signed_in = match cloud.authenticator().check(&login, &form.password, address).await {
        Ok(signed_in) if matches!(signed_in.by, SignedInBy::AppPassword(_)) => signed_in,
        Err(Refusal::Throttled { retry_after_s }) => {
            return again(StatusCode::TOO_MANY_REQUESTS, &too_many(retry_after_s));
        }
        Err(Refusal::Failed(error)) => return Err(failed(&error).into()),
        Ok(_) | Err(_) => return again(StatusCode::FORBIDDEN, "This is no app password of that account."),
    };
    let granted = Flows(&cloud)
        .grant_existing(&secret, &signed_in.user, &form.password)
        .await;
    match granted {
        Ok(true) => Ok(Connected {
            client: &flow.client,
            granted: true,
        }
        .into_response()),
        Ok(false) => Ok(run_out()),
        Err(error) => Ok(failed(&error)),
    }
}

/// `GET /login/v2/grant`: asks whether the program may.
pub(super) async fn ask_grant(
    State(cloud): State<Cloud>,
    base: BaseUrl,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let (secret, flow) = current(&cloud, &base, &headers).await?;
    let Some(user) = flow.user else {
        return Ok(see_other(&base.join("/login/v2/flow")));
    };
    let account = cloud.find_user(&user).await.map_err(|error| failed(&error))?;
    let name = account.map_or_else(|| user.to_string(), |account| account.display_name);
    let page = Grant {
        action: &base.join("/login/v2/grant"),
        client: &flow.client,
        user: &name,
        server: base.authority(),
        csrf: &csrf::token(&secret, GRANT),
    };
    Ok(page.into_response())
}

/// What the grant form sends.
#[derive(Debug, Deserialize)]
pub(super) struct GrantForm {
    csrf: String,
    decision: Decision,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Decision {
    Grant,
    Refuse,
}

/// `POST /login/v2/grant`.
pub(super) async fn grant(
    State(cloud): State<Cloud>,
    base: BaseUrl,
    headers: HeaderMap,
    form: Result<Form<GrantForm>, FormRejection>,
) -> Result<Response, Refused> {
    let (secret, flow) = current(&cloud, &base, &headers).await?;
    let Ok(Form(form)) = form else {
        return Err(forged());
    };
    check_own(&base, &headers, &secret, GRANT, &form.csrf)?;
    let granted = form.decision == Decision::Grant;
    let done = if granted {
        Flows(&cloud).grant(&secret).await
    } else {
        Flows(&cloud).refuse(&secret).await.map(|()| true)
    };
    match done {
        Ok(true) => Ok(Connected {
            client: &flow.client,
            granted,
        }
        .into_response()),
        Ok(false) => Ok(run_out()),
        Err(error) => Ok(failed(&error)),
    }
}

/// The browser's secret and its flow.
async fn current(cloud: &Cloud, base: &BaseUrl, headers: &HeaderMap) -> Result<(String, Flow), Refused> {
    let secret = cookies::find(headers, COOKIE, base.is_https()).ok_or_else(run_out)?;
    match Flows(cloud).find(secret).await {
        Ok(Some(flow)) if flow.refused => Err(program_refused(&flow.client).into()),
        Ok(Some(flow)) => Ok((secret.to_owned(), flow)),
        Ok(None) => Err(run_out().into()),
        Err(error) => Err(failed(&error).into()),
    }
}

/// Whether a post comes from our own page in this browser.
fn check_own(base: &BaseUrl, headers: &HeaderMap, secret: &str, purpose: &str, token: &str) -> Result<(), Refused> {
    let own = csrf::is_valid(secret, purpose, token) && !csrf::is_cross_site(headers, base.authority());
    own.then_some(()).ok_or_else(forged)
}

fn sign_in_page(base: &BaseUrl, secret: &str, flow: &Flow, login: &str, error: Option<(StatusCode, &str)>) -> Response {
    let page = SignIn {
        status: error.map_or(StatusCode::OK, |(status, _)| status),
        action: &base.join("/login/v2/flow"),
        client: &flow.client,
        server: base.authority(),
        login,
        error: error.map(|(_, text)| text),
        csrf: &csrf::token(secret, SIGN_IN),
    };
    page.into_response()
}

fn code_page(base: &BaseUrl, secret: &str, user: &UserId, error: Option<(StatusCode, &str)>) -> Response {
    let page = SecondFactor {
        status: error.map_or(StatusCode::OK, |(status, _)| status),
        action: &base.join("/login/v2/code"),
        user: user.as_str(),
        server: base.authority(),
        error: error.map(|(_, text)| text),
        csrf: &csrf::token(secret, CODE),
        rid: None,
        form_target: None,
    };
    page.into_response()
}

fn set_cookie(response: &mut Response, base: &BaseUrl, secret: &str) {
    let cookie = cookies::Cookie {
        name: COOKIE,
        value: secret,
        max_age_s: u32::try_from(LIFETIME_S).unwrap_or(u32::MAX),
        secure: base.is_https(),
    };
    if let Some(value) = cookie.header_value() {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
}

/// To the next page; a reload there does not send the form again.
fn see_other(location: &str) -> Response {
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_TYPE, "text/html; charset=UTF-8"),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn run_out() -> Response {
    let page = Notice {
        status: StatusCode::NOT_FOUND,
        title: "This sign-in has ended",
        text: "The link has run out or was used already. Start again from the program that you want to connect; this page \
               can be closed.",
    };
    page.into_response()
}

/// The program may not connect accounts here (`core.login_flow_v2.allowed_user_agents`).
fn program_refused(client: &str) -> Response {
    let page = Notice {
        status: StatusCode::FORBIDDEN,
        title: "This program may not connect",
        text: &format!(
            "The administrator of this cloud has not allowed \u{201c}{client}\u{201d} to connect accounts. Ask them to allow \
             exactly this name."
        ),
    };
    page.into_response()
}

fn forged() -> Refused {
    let page = Notice {
        status: StatusCode::FORBIDDEN,
        title: "This form cannot be used",
        text: "It did not come from this page, or the page was open for too long. Start again from the program that you \
               want to connect.",
    };
    page.into_response().into()
}

fn failed(error: &Error) -> Response {
    tracing::error!(error = error as &dyn std::error::Error, "login flow failed");
    Notice::internal_error().into_response()
}
