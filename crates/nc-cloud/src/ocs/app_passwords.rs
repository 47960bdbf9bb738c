use axum::{
    Extension, Form,
    extract::{State, rejection::FormRejection},
    response::Response,
};
use http::{HeaderMap, HeaderValue, header};
use nc_auth::LoginName;
use nc_web::ClientAddress;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Failure, Ocs};
use crate::{
    Cloud, SignedIn,
    accounts::client_name,
    auth::{PasswordCheck, SignedInBy},
};

const NO_APP_PASSWORD: Failure = Failure::new(403, "no app password in use");

/// `GET …/core/getapppassword`: turns the account password into an app password.
pub(super) async fn create(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn, headers: HeaderMap) -> Response {
    no_store(ocs.answer(make(&cloud, &signed_in, &headers).await))
}

fn no_store(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn make(cloud: &Cloud, signed_in: &SignedIn, headers: &HeaderMap) -> Result<Value, Failure> {
    if signed_in.by != SignedInBy::AccountPassword {
        // Else one leaked app password could keep itself alive for ever (P162).
        return Err(Failure::new(
            403,
            "You cannot request an new apppassword with an apppassword",
        ));
    }
    let password = cloud
        .create_app_password(&signed_in.user, &client_name(headers))
        .await?;
    Ok(json!({ "apppassword": password.expose_secret() }))
}

/// `DELETE …/core/apppassword`: the app password revokes itself.
pub(super) async fn revoke(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn) -> Response {
    let SignedInBy::AppPassword(id) = signed_in.by else {
        return ocs.fail(&NO_APP_PASSWORD);
    };
    let revoked = cloud.revoke_app_password(id).await;
    ocs.answer(revoked.map(|_| json!([])).map_err(Failure::from))
}

/// `POST …/core/apppassword/rotate`: the app password gets a new text.
pub(super) async fn rotate(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn) -> Response {
    let SignedInBy::AppPassword(id) = signed_in.by else {
        return ocs.fail(&NO_APP_PASSWORD);
    };
    let rotated = cloud.rotate_app_password(id).await.map_err(Failure::from);
    let rotated = rotated.and_then(|password| password.ok_or(NO_APP_PASSWORD));
    no_store(ocs.answer(rotated.map(|password| json!({ "apppassword": password.expose_secret() }))))
}

/// What is sent to confirm.
#[derive(Deserialize)]
pub(super) struct Confirmation {
    password: SecretString,
}

/// `PUT …/core/apppassword/confirm`: whether the person knows the account's password. Nothing is remembered, because there
/// is no session: what needs a confirmed password takes no token at all.
pub(super) async fn confirm(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    address: Option<Extension<ClientAddress>>,
    form: Result<Form<Confirmation>, FormRejection>,
) -> Response {
    let Ok(Form(form)) = form else {
        return ocs.fail(&Failure::new(400, "The password is missing"));
    };
    let login = LoginName::new(signed_in.user.as_str());
    let address = address.map(|address| address.0);
    let checked = cloud.check_account_password(&login, &form.password, address).await;
    let confirmed = checked.map_err(Failure::from).and_then(|checked| match checked {
        PasswordCheck::Right { user, .. } if user == signed_in.user => Ok(json!({ "lastLogin": cloud.now() })),
        PasswordCheck::Throttled { .. } => Err(Failure::new(429, "Too many failed attempts")),
        PasswordCheck::Right { .. } | PasswordCheck::Wrong | PasswordCheck::AppPassword => Err(Failure::new(403, "")),
    });
    ocs.answer(confirmed)
}
