//! The Nextcloud of the settings.

use std::{fs, sync::Arc};

use nc_client::{BaseUrl, ClientConfig, HttpTransport, Nextcloud, Verification};
use nc_proto::clock::Clock;
use secrecy::SecretString;

use super::{Setting, Trouble};
use crate::{
    config::{Account, CloudSettings, Config, Mode},
    login_store, telemetry,
};

/// The client for the Nextcloud of the settings.
pub(crate) fn nextcloud(config: &Config) -> Result<Nextcloud, Trouble> {
    let url = config.cloud.url.as_ref().ok_or_else(|| {
        Trouble::Usage(
            "no Nextcloud is configured: set NEXTCLOUD_HOST, for example NEXTCLOUD_HOST=https://cloud.example.org, \
             or run `nextcloud-mcp login URL`, or try `nextcloud-mcp demo`"
                .to_owned(),
        )
    })?;
    let client = client_config(&config.cloud, url.as_str())?;
    let transport = HttpTransport::new(&client).map_err(|error| Trouble::Usage(error.to_string()))?;
    Ok(Nextcloud::new(client, Arc::new(transport), Clock::system()))
}

/// Settings of the client, from ours.
pub(crate) fn client_config(settings: &CloudSettings, url: &str) -> Result<ClientConfig, Trouble> {
    let usage = |error: nc_client::Error| Trouble::Usage(error.to_string());
    let mut client = ClientConfig::new(BaseUrl::parse(url).map_err(usage)?);
    if let Some(public) = &settings.public_url {
        client.public_url = Some(BaseUrl::parse(public.as_str()).map_err(usage)?);
    }
    client.excluded_tags.clone_from(&settings.excluded_tags);
    client.keepalive = settings.keepalive;
    client.timeouts.response = settings.timeout;
    client.timeouts.idle = settings.timeout;
    if !settings.verify_tls {
        client.tls.verification = Verification::DangerouslyOff;
    }
    if let Some(path) = &settings.ca_file {
        client.tls.extra_roots_pem =
            fs::read(path).map_err(|error| Trouble::Usage(format!("cannot read {}: {error}", path.display())))?;
    }
    client.observer = Some(Arc::new(telemetry::CloudCalls));
    Ok(client)
}

/// The settings, with the account that `login` kept where they name none.
pub(crate) fn with_kept_login(mut setting: Setting) -> Result<Setting, Trouble> {
    if setting.config.cloud.account.is_some()
        || matches!(
            setting.config.mode,
            Some(Mode::Basic | Mode::OwnIssuer | Mode::ExternalIssuer)
        )
    {
        return Ok(setting);
    }
    let Some(kept) = login_store::find(&setting.environment)? else {
        return Ok(setting);
    };
    let base = |text: &str| BaseUrl::parse(text).map(|url| url.to_string()).ok();
    if let Some(url) = &setting.config.cloud.url {
        if base(url.as_str()) != base(&kept.url) {
            return Err(Trouble::Usage(format!(
                "you are signed in at {}, but NEXTCLOUD_HOST names another Nextcloud; run `nextcloud-mcp login {url}`",
                kept.url
            )));
        }
    } else {
        setting.config.cloud.url = kept.url.parse().ok();
    }
    setting.config.cloud.account = Some(Account {
        login: kept.login_name,
        password: SecretString::from(kept.app_password),
    });
    setting.config.mode = setting.config.mode.or(Some(Mode::SingleUser));
    Ok(setting)
}
