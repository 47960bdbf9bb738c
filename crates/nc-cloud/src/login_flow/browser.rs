//! The person's side: open the link, sign in, grant.

use axum::{
    Extension, Form,
    extract::{Path, Query, State, rejection::FormRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use nc_auth::LoginName;
use nc_proto::login_flow::LIFETIME_S;
use nc_web::{
    ClientAddress, cookies, csrf,
    pages::{Connected, Grant, Notice, SignIn},
};
use secrecy::SecretString;
use serde::Deserialize;

use super::store::{Flow, Flows};
use crate::{
    BaseUrl, Cloud, Error,
    auth::{Refusal, SignedInBy},
};

const COOKIE: &str = "nc_login_flow";
const SIGN_IN: &str = "login-flow/sign-in";
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
    Ok(sign_in_page(&base, &secret, &flow, &hint.user, None))
}

/// What the sign-in form sends.
#[derive(Deserialize)]
pub(super) struct SignInForm {
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
    let checked = cloud
        .authenticator()
        .check(&login, &form.password, address.map(|address| address.0))
        .await;
    let again = |status, text: &str| {
        Ok(sign_in_page(
            &base,
            &secret,
            &flow,
            login.as_str(),
            Some((status, text)),
        ))
    };
    let signed_in = match checked {
        Ok(signed_in) if signed_in.by == SignedInBy::AccountPassword => signed_in,
        // One app password must not make another (P162).
        Ok(_) => {
            return again(
                StatusCode::FORBIDDEN,
                "This is an app password. Sign in with your account's own password.",
            );
        }
        Err(Refusal::Throttled { retry_after_s }) => {
            let minutes = (retry_after_s + 59) / 60;
            let text = format!("Too many failed attempts. Try again in {minutes} min.");
            return again(StatusCode::TOO_MANY_REQUESTS, &text);
        }
        Err(Refusal::Failed(error)) => return Err(failed(&error).into()),
        Err(_) => return again(StatusCode::FORBIDDEN, "Wrong user name or password."),
    };
    match Flows(&cloud).sign_in(&secret, &signed_in.user).await {
        Ok(Some(fresh)) => {
            let mut response = see_other(&base.join("/login/v2/grant"));
            set_cookie(&mut response, &base, &fresh);
            Ok(response)
        }
        Ok(None) => Ok(run_out()),
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
