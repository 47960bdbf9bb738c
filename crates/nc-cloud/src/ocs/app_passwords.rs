use axum::{extract::State, response::Response};
use http::{HeaderMap, header};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{Failure, Ocs};
use crate::{Cloud, SignedIn, accounts::client_name, auth::SignedInBy};

/// `GET …/core/getapppassword`: turns the account password into an app password.
pub(super) async fn create(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn, headers: HeaderMap) -> Response {
    let mut response = ocs.answer(make(&cloud, &signed_in, &headers).await);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
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
        return ocs.fail(&Failure::new(403, "no app password in use"));
    };
    let revoked = cloud.revoke_app_password(id).await;
    ocs.answer(revoked.map(|_| json!([])).map_err(Failure::from))
}
