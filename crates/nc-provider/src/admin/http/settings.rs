use axum::{Extension, Json, extract::State};
use serde_json::{Value, json};

use super::{By, answer::Answer, input::Input};
use crate::{Provider, admin::AdminError};

/// A route that changes one setting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Route {
    pub(super) path: &'static str,
    key: &'static str,
    parameter: &'static str,
}

const fn route(path: &'static str, key: &'static str, parameter: &'static str) -> Route {
    Route { path, key, parameter }
}

pub(super) const ROUTES: [Route; 9] = [
    route("/expire", "expire_time", "expireTime"),
    route("/refreshExpire", "refresh_expire_time", "refreshExpireTime"),
    route("/defaultTokenType", "default_token_type", "defaultTokenType"),
    route("/allowUserSettings", "allow_user_settings", "allowUserSettings"),
    route(
        "/provideRefreshTokenAlways",
        "provide_refresh_token_always",
        "provideRefreshTokenAlways",
    ),
    route(
        "/alwaysIncludeScopeClaims",
        "always_include_scope_claims",
        "alwaysIncludeScopeClaims",
    ),
    route(
        "/restrictUserInformation",
        "restrict_user_information",
        "restrictUserInformation",
    ),
    route(
        "/overwriteEmailVerified",
        "overwrite_email_verified",
        "overwriteEmailVerified",
    ),
    route(
        "/dynamicClientRegistration",
        "dynamic_client_registration",
        "dynamicClientRegistration",
    ),
];

pub(super) async fn put(
    route: Route,
    State(provider): State<Provider>,
    Extension(by): Extension<By>,
    input: Input,
) -> Answer {
    let value = match input.value(route.parameter)? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Array(_) => input.texts(route.parameter)?.join(" "),
        _ => return Err(AdminError::Invalid(format!("`{}` must be a text", route.parameter))),
    };
    by.admin(&provider).put_setting(route.key, Some(&value)).await?;
    provider.forget_settings();
    Ok(Json(json!({ route.key: value })))
}
