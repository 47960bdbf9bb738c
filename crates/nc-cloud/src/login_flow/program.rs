//! The program's side: start, and poll for the result.

use axum::{
    Extension, Form,
    extract::{State, rejection::FormRejection},
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use nc_proto::login_flow::{Granted, Poll, Started};
use nc_web::ClientAddress;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;

use super::store::Flows;
use crate::{BaseUrl, Cloud, Error, accounts::client_name, json::json};

/// `POST /login/v2`.
pub(super) async fn start(
    State(cloud): State<Cloud>,
    base: BaseUrl,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
) -> Response {
    if let Err(wait_s) = cloud.login_flow_limits().start.count(address.map(|address| address.0)) {
        return too_many(wait_s);
    }
    let allowed = cloud.login_flow_limits().allow(&headers);
    match Flows(&cloud).start(&client_name(&headers), allowed).await {
        Ok(Some(tokens)) => no_store(json(
            StatusCode::OK,
            &Started {
                login: base.join(&format!("/login/v2/flow/{}", tokens.login)),
                poll: Poll {
                    token: tokens.poll,
                    endpoint: base.join("/login/v2/poll"),
                },
            },
        )),
        Ok(None) => too_many(60),
        Err(error) => failed(&error),
    }
}

/// The one field of a poll.
#[derive(Deserialize)]
pub(super) struct Token {
    token: String,
}

/// `POST /login/v2/poll`: 404 as long as there is nothing to fetch, whatever the reason, so tokens cannot be probed.
pub(super) async fn poll(
    State(cloud): State<Cloud>,
    base: BaseUrl,
    address: Option<Extension<ClientAddress>>,
    form: Result<Form<Token>, FormRejection>,
) -> Response {
    if let Err(wait_s) = cloud.login_flow_limits().poll.count(address.map(|address| address.0)) {
        return too_many(wait_s);
    }
    let Ok(Form(Token { token })) = form else {
        return nothing();
    };
    match Flows(&cloud).fetch(&token).await {
        Ok(Some((user, password))) => no_store(json(
            StatusCode::OK,
            &Granted {
                server: base.as_str().to_owned(),
                login_name: user.to_string(),
                app_password: password.expose_secret().to_owned(),
            },
        )),
        Ok(None) => nothing(),
        Err(error) => failed(&error),
    }
}

fn nothing() -> Response {
    json(StatusCode::NOT_FOUND, &json!([]))
}

fn too_many(wait_s: i64) -> Response {
    let mut response = json(
        StatusCode::TOO_MANY_REQUESTS,
        &json!({ "message": "Too many requests" }),
    );
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(wait_s));
    response
}

fn failed(error: &Error) -> Response {
    tracing::error!(error = error as &dyn std::error::Error, "login flow failed");
    json(
        StatusCode::INTERNAL_SERVER_ERROR,
        &json!({ "message": "Internal Server Error" }),
    )
}

fn no_store(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
