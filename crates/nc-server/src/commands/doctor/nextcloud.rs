//! The Nextcloud of the settings, as the tools will use it.

use nc_client::{Credential, FilePath, ListOptions, Nextcloud};

use super::report::Report;
use crate::config::{Config, Mode};

/// Releases that this version was tried with.
const KNOWN_RELEASES: std::ops::RangeInclusive<u32> = 31..=35;

/// Asks the Nextcloud, and signs in where an account is configured.
pub(super) async fn check(cloud: &Nextcloud, config: &Config, report: &mut Report) {
    if !check_server(cloud, report).await {
        return;
    }
    let of_everybody = matches!(config.mode, Some(Mode::Basic | Mode::OwnIssuer | Mode::ExternalIssuer));
    match credential(config) {
        Some(credential) => check_account(cloud, credential, report).await,
        None if of_everybody => {}
        None => report.warn("no account is configured, so nothing that needs one was checked"),
    }
}

fn credential(config: &Config) -> Option<Credential> {
    let account = config.cloud.account.as_ref()?;
    Some(Credential::Basic {
        login: account.login.clone(),
        password: account.password.clone(),
    })
}

async fn check_server(cloud: &Nextcloud, report: &mut Report) -> bool {
    let status = match cloud.status().await {
        Ok(status) => status,
        Err(error) => {
            report.fail(format!("{}: {error}", cloud.config().base_url));
            return false;
        }
    };
    if status.maintenance {
        report.fail("the Nextcloud is in maintenance mode (occ maintenance:mode --off)");
        return false;
    }
    if status.needs_db_upgrade {
        report.fail("the Nextcloud waits for its database upgrade (occ upgrade)");
        return false;
    }
    let release = status
        .version_string
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    match release {
        Some(major) if KNOWN_RELEASES.contains(&major) => report.fine(format!("Nextcloud {}", status.version_string)),
        _ => report.warn(format!(
            "Nextcloud {}; this version was tried with {} to {}",
            status.version_string,
            KNOWN_RELEASES.start(),
            KNOWN_RELEASES.end()
        )),
    }
    true
}

async fn check_account(cloud: &Nextcloud, credential: Credential, report: &mut Report) {
    let has_app_password = credential.looks_like_app_password();
    let client = cloud.client(credential);
    let user = match client.user().await {
        Ok(user) => user,
        Err(error) => {
            report.fail(format!("sign-in: {error}"));
            return;
        }
    };
    report.fine(format!("signed in as {}", user.id));
    if !has_app_password {
        report.warn(
            "the password does not look like an app password; those are faster and can be revoked one by one \
             (Settings, Security, Devices and sessions), or run `nextcloud-mcp login`",
        );
    }
    match client.capabilities().await {
        Ok(capabilities) if capabilities.has("notes") => report.fine("app notes"),
        Ok(_) => report.warn("the app notes is not installed; its tools are hidden"),
        Err(error) => report.fail(format!("capabilities: {error}")),
    }
    match client
        .files()
        .list(
            &FilePath::root(),
            &ListOptions {
                limit: 1,
                ..ListOptions::default()
            },
        )
        .await
    {
        Ok(_) => report.fine("files over WebDAV"),
        Err(error) => report.fail(format!("files over WebDAV: {error}")),
    }
}
