use nc_client::{NewShare, SharePermissions, ShareType};
use nc_mcp_kit::{Failure, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime, Time, macros::format_description};

use super::input;
use crate::{context::Context, errors::OrFail, tools::files::path};

/// Minutes when the caller names none.
const DEFAULT_MINUTES: i64 = 30;
/// Ten years.
const MOST_MINUTES: i64 = 10 * 366 * 24 * 60;

#[derive(Deserialize, JsonSchema)]
pub(super) struct CreateLink {
    /// File or folder, from your root.
    #[schemars(length(min = 1))]
    path: String,
    /// How long it is open at least. Nextcloud ends links at midnight only.
    #[serde(default = "default_minutes")]
    expires_in_minutes: i64,
    /// Password to ask for.
    password: Option<String>,
}

const fn default_minutes() -> i64 {
    DEFAULT_MINUTES
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Link {
    success: bool,
    timestamp: String,
    path: String,
    share_id: i64,
    /// The page of the link.
    url: String,
    /// The file itself; of a folder all of it in an archive.
    download_url: String,
    /// The last part of the address.
    token: Option<String>,
    permissions: i64,
    /// When it is over, in the server's own time.
    expires_at: Option<String>,
    /// What differs from what was asked for.
    warning: Option<String>,
}

pub(super) async fn create_public_link(context: Context, p: CreateLink) -> Result<Link, Failure> {
    if !(1..=MOST_MINUTES).contains(&p.expires_in_minutes) {
        let message = format!("argument `expires_in_minutes`: 1 to {MOST_MINUTES} is due");
        return Err(ToolError::invalid_argument(message).into());
    }
    // The name of the tool is the confirmation.
    input::check_outside(&context, ShareType::Link, true)?;
    let password = input::password(p.password);
    input::check_password(&context, ShareType::Link, password.as_ref()).await?;
    let path = path("path", &p.path)?;
    let wished = context.clock.now() + Duration::minutes(p.expires_in_minutes);
    let new = NewShare {
        path: path.clone(),
        share_type: ShareType::Link,
        share_with: None,
        permissions: SharePermissions::READ,
        password,
        expire_date: Some(midnight_after(wished)),
        label: None,
        note: None,
        hide_download: false,
        no_download: false,
    };
    let made = context.client.sharing().create(&new).await.or_fail()?;
    let url = made.url.clone().unwrap_or_default();
    let expires_at = made.expiration.as_ref().map(|text| text.replace(' ', "T"));
    let given = input::difference(SharePermissions::READ, made.permissions);
    let late = expires_at
        .as_ref()
        .map(|at| format!("Nextcloud ends links at midnight: it is open until {at}"));
    let endless = expires_at.is_none().then(|| "the server set no end".to_owned());
    let warning: Vec<_> = late.into_iter().chain(endless).chain(given).collect();
    Ok(Link {
        success: true,
        timestamp: context.timestamp(),
        path: path.to_string(),
        share_id: made.id.0,
        download_url: format!("{}/download", url.trim_end_matches('/')),
        url,
        token: made.token.clone(),
        permissions: made.permissions.bits(),
        expires_at,
        warning: Some(warning.join(". ")),
    })
}

/// The first midnight that is not before `time`, as a day. Never the day that it is already.
fn midnight_after(time: OffsetDateTime) -> String {
    let is_midnight = time.time() == Time::MIDNIGHT;
    let day = if is_midnight {
        Some(time.date())
    } else {
        time.date().next_day()
    };
    day.and_then(|day| day.format(format_description!("[year]-[month]-[day]")).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_link_is_open_at_least_as_long_as_was_asked_for() {
        assert_eq!(midnight_after(datetime!(2027-02-28 23:59 UTC)), "2027-03-01");
        assert_eq!(midnight_after(datetime!(2027-03-01 0:00 UTC)), "2027-03-01");
        assert_eq!(midnight_after(datetime!(2027-03-01 0:00:01 UTC)), "2027-03-02");
        assert_eq!(midnight_after(datetime!(2027-12-31 12:00 UTC)), "2028-01-01");
    }
}
