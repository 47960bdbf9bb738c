//! What callers write about shares, and what is checked before anything is sent.

use nc_client::{SharePermissions, ShareType};
use nc_mcp_kit::{Failure, ToolError};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use time::{Date, OffsetDateTime, macros::format_description};

use crate::context::Context;

// One permission.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Permission {
    Read,
    Update,
    Create,
    Delete,
    Share,
}

impl Permission {
    const fn bit(self) -> SharePermissions {
        match self {
            Self::Read => SharePermissions::READ,
            Self::Update => SharePermissions::UPDATE,
            Self::Create => SharePermissions::CREATE,
            Self::Delete => SharePermissions::DELETE,
            Self::Share => SharePermissions::SHARE,
        }
    }
}

// With whom.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    User,
    Group,
    Link,
    Email,
    Federated,
    Team,
    Room,
}

impl From<Kind> for ShareType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::User => Self::User,
            Kind::Group => Self::Group,
            Kind::Link => Self::Link,
            Kind::Email => Self::Email,
            Kind::Federated => Self::Federated,
            Kind::Team => Self::Team,
            Kind::Room => Self::Room,
        }
    }
}

/// The mask of a number or of names; names count when both are there.
pub(super) fn mask(number: Option<i64>, names: Option<&[Permission]>) -> Result<Option<SharePermissions>, Failure> {
    if let Some(names) = names {
        let mask = names
            .iter()
            .fold(SharePermissions::NONE, |mask, name| mask.with(name.bit()));
        return Ok(Some(mask));
    }
    let Some(number) = number else { return Ok(None) };
    let Some(mask) = SharePermissions::from_bits(number).filter(|mask| *mask != SharePermissions::NONE) else {
        let message = "argument `permissions`: a sum of 1 read, 2 update, 4 create, 8 delete, 16 share is due";
        return Err(ToolError::invalid_argument(message).into());
    };
    Ok(Some(mask))
}

/// The type of a number, or of a name where one is given.
pub(super) fn share_type(number: i64, kind: Option<Kind>) -> Result<ShareType, Failure> {
    if let Some(kind) = kind {
        return Ok(kind.into());
    }
    let share_type = ShareType::from(number);
    let is_known = [
        ShareType::User,
        ShareType::Group,
        ShareType::Link,
        ShareType::Email,
        ShareType::Federated,
        ShareType::Team,
        ShareType::FederatedGroup,
        ShareType::Room,
    ]
    .contains(&share_type);
    if !is_known {
        let message = "argument `share_type`: 0 user, 1 group, 3 link, 4 mail address, 6 person on another server, 7 team, 9 \
                       group on another server or 10 conversation is due";
        return Err(ToolError::invalid_argument(message).into());
    }
    Ok(share_type)
}

/// A day on which a share is over: a real one, and not a past one. Servers answer "not found" to both (P149).
pub(super) fn day(context: &Context, text: &str) -> Result<String, Failure> {
    checked_day(text, context.clock.now())
}

pub(super) fn checked_day(text: &str, now: OffsetDateTime) -> Result<String, Failure> {
    let wrong = |message: &str| Err(ToolError::invalid_argument(format!("argument `expire_date`: {message}")).into());
    let Ok(day) = Date::parse(text.trim(), format_description!("[year]-[month]-[day]")) else {
        return wrong("a day as YYYY-MM-DD is due");
    };
    // The server's own day may be one behind.
    if day < now.date() {
        return wrong("that day is over");
    }
    Ok(text.trim().to_owned())
}

/// A password, which nobody prints from here on. Empty is none.
pub(super) fn password(text: Option<String>) -> Option<SecretString> {
    text.filter(|text| !text.is_empty()).map(SecretString::from)
}

/// Fails where the operator wants no data to leave the server, and without a word that the person wants it (P157).
pub(super) fn check_outside(context: &Context, share_type: ShareType, confirmed: bool) -> Result<(), Failure> {
    if !share_type.leaves_the_server() {
        return Ok(());
    }
    if !context.options.share_outside {
        let message = "this server shares with people of the same Nextcloud only (tools.share_outside)";
        return Err(ToolError::new("forbidden", message).into());
    }
    if !confirmed {
        let message = "argument `confirm_outside`: this gives the file to people without an account here. Ask the person, then \
                       call again with `confirm_outside: true`";
        return Err(ToolError::invalid_argument(message).into());
    }
    Ok(())
}

/// Fails for a link without password where the server insists on one (P150).
pub(super) async fn check_password(
    context: &Context,
    share_type: ShareType,
    password: Option<&SecretString>,
) -> Result<(), Failure> {
    let place: &[&str] = match share_type {
        ShareType::Link => &["files_sharing", "public", "password", "enforced"],
        ShareType::Email => &["files_sharing", "sharebymail", "password", "enforced"],
        _ => return Ok(()),
    };
    if password.is_some() {
        return Ok(());
    }
    // Without an answer the server says so itself.
    let Ok(capabilities) = context.client.capabilities().await else {
        return Ok(());
    };
    if capabilities.find(place) == Some(true) {
        let message = "argument `password`: this Nextcloud wants one for every link";
        return Err(ToolError::invalid_argument(message).into());
    }
    Ok(())
}

/// What was given beyond what was asked for, and what was not given of it (P148).
pub(super) fn difference(asked: SharePermissions, given: SharePermissions) -> Option<String> {
    let (more, less) = (given.without(asked), asked.without(given));
    let more = (more != SharePermissions::NONE).then(|| format!("the server also gave: {more}"));
    let less = (less != SharePermissions::NONE).then(|| format!("the server did not give: {less}"));
    let parts: Vec<_> = more.into_iter().chain(less).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
