use axum::{extract::State, response::Response};
use http::StatusCode;
use nc_auth::UserId;
use nc_proto::{apps::cookbook::Config, dav::DavPath};
use serde_json::Value;

use super::{error::CookbookError, input::Input};
use crate::{Cloud, Error, SignedIn, content::check_storable, json::json};

/// Longest interval, a year.
const MOST_MINUTES: i64 = 525_600;

/// A user's settings; the defaults until the first change.
pub(super) async fn config(cloud: &Cloud, user: &UserId) -> Result<Config, Error> {
    let stored: Option<String> = sqlx::query_scalar("SELECT config FROM cookbook_config WHERE user_id = ?")
        .bind(user.as_str())
        .fetch_optional(cloud.db().reader())
        .await?;
    match stored {
        None => Ok(Config::default()),
        Some(text) => serde_json::from_str(&text).map_err(|_| Error::Internal("settings of Cookbook cannot be read")),
    }
}

/// The folder of the recipes.
pub(super) fn root(config: &Config) -> Result<DavPath, CookbookError> {
    DavPath::plain(config.folder.trim_matches('/'))
        .map_err(|_| CookbookError::Invalid("The folder of the recipes has a bad name.".to_owned()))
}

/// `GET …/config`
pub(super) async fn show(State(cloud): State<Cloud>, signed_in: SignedIn) -> Result<Response, CookbookError> {
    Ok(json(StatusCode::OK, &config(&cloud, &signed_in.user).await?))
}

/// `POST …/config`: changes the given ones.
pub(super) async fn change(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Input(input): Input,
) -> Result<Response, CookbookError> {
    let user = &signed_in.user;
    let _turn = cloud.recipe_turns().take(user).await;
    let mut config = config(&cloud, user).await?;
    let invalid = |text: &str| CookbookError::Invalid(text.to_owned());
    match input.get("folder") {
        None | Some(Value::Null) => {}
        Some(Value::String(folder)) => {
            let path = DavPath::plain(folder.trim().trim_matches('/')).ok();
            let storable = path.filter(|path| path.names().iter().all(|name| check_storable(name).is_ok()));
            let path = storable.ok_or_else(|| invalid("folder is no path that can be stored"))?;
            config.folder = format!("/{}", path.names().join("/"));
        }
        Some(_) => return Err(invalid("folder is a text")),
    }
    match input.get("update_interval") {
        None | Some(Value::Null) => {}
        Some(value) => {
            let minutes = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
            config.update_interval = minutes
                .filter(|minutes| (0..=MOST_MINUTES).contains(minutes))
                .ok_or_else(|| invalid("update_interval is a number of minutes"))?;
        }
    }
    match input.get("print_image") {
        None | Some(Value::Null) => {}
        Some(value) => {
            config.print_image = match value {
                Value::Bool(value) => *value,
                Value::String(text) => !matches!(text.as_str(), "" | "0" | "false"),
                Value::Number(number) => number.as_f64() != Some(0.0),
                _ => return Err(invalid("print_image is true or false")),
            }
        }
    }
    if let Some(Value::Object(wished)) = input.get("visibleInfoBlocks")
        && let Some(Value::Object(blocks)) = &mut config.visible_info_blocks
    {
        for (name, shown) in blocks.iter_mut() {
            if let Some(Value::Bool(wish)) = wished.get(name) {
                *shown = Value::Bool(*wish);
            }
        }
    }
    store(&cloud, user, &config).await?;
    Ok(json(StatusCode::OK, &"OK"))
}

async fn store(cloud: &Cloud, user: &UserId, config: &Config) -> Result<(), CookbookError> {
    let text = serde_json::to_string(config).map_err(|_| Error::Internal("settings cannot be written"))?;
    let mut write = cloud.db().write().await?;
    sqlx::query("INSERT OR REPLACE INTO cookbook_config (user_id, config) VALUES (?, ?)")
        .bind(user.as_str())
        .bind(text)
        .execute(&mut *write)
        .await?;
    Ok(write.commit().await?)
}
