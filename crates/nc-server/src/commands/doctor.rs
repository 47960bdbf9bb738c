//! `doctor`: asks the Nextcloud what a client will ask, and says what to mend.

use nc_client::{Credential, FilePath, ListOptions, Nextcloud};

use super::{OrFail, Setting, Trouble, connect, output};
use crate::{
    app,
    config::{Config, Mode},
};

/// Releases that this version was tried with.
const KNOWN_RELEASES: std::ops::RangeInclusive<u32> = 31..=35;

/// What was found out.
#[derive(Default)]
struct Report {
    lines: Vec<String>,
    failures: usize,
}

impl Report {
    fn fine(&mut self, text: impl AsRef<str>) {
        self.lines.push(format!("  ok    {}", text.as_ref()));
    }

    fn warn(&mut self, text: impl AsRef<str>) {
        self.lines.push(format!("  warn  {}", text.as_ref()));
    }

    fn fail(&mut self, text: impl AsRef<str>) {
        self.failures += 1;
        self.lines.push(format!("  FAIL  {}", text.as_ref()));
    }
}

pub(crate) async fn run(setting: Setting) -> Result<(), Trouble> {
    let setting = connect::with_kept_login(setting)?;
    let cloud = connect::nextcloud(&setting.config)?;
    let mut report = Report::default();
    check_settings(&setting.config, &mut report);
    if check_server(&cloud, &mut report).await && setting.config.mode != Some(Mode::Basic) {
        match credential(&setting.config) {
            Some(credential) => check_account(&cloud, credential, &mut report).await,
            None => report.warn("no account is configured, so nothing that needs one was checked"),
        }
    }
    output::data(&report.lines.join("\n")).or_fail()?;
    if report.failures == 0 {
        Ok(())
    } else {
        Err(Trouble::Failure(anyhow::anyhow!(
            "{} of the checks failed",
            report.failures
        )))
    }
}

fn credential(config: &Config) -> Option<Credential> {
    let account = config.cloud.account.as_ref()?;
    Some(Credential::Basic {
        login: account.login.clone(),
        password: account.password.clone(),
    })
}

fn check_settings(config: &Config, report: &mut Report) {
    for notice in &config.notices {
        report.warn(notice);
    }
    if let Some(mode) = config.mode {
        match app::check_exposure(config, mode) {
            Ok(()) => report.fine("settings"),
            Err(error) => report.fail(error.to_string()),
        }
    }
    let plain = config.cloud.url.as_ref().filter(|url| url.scheme() == "http");
    if let Some(url) = plain
        && !url.host_str().is_some_and(app::is_loopback)
    {
        report.warn("the Nextcloud is reached over http: passwords travel in the clear; use https");
    }
    if let Some(url) = &config.server.public_url
        && url.path().trim_end_matches('/').ends_with("/mcp")
    {
        report.warn("server.public_url names the endpoint; it should be the address without /mcp");
    }
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
