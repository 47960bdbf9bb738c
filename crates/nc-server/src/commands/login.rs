//! `login` and `logout`: an app password by Login Flow v2, kept for the commands that act as one person.

use anyhow::Context as _;
use nc_client::{Credential, HttpTransport, LoginFlow, Nextcloud};
use nc_proto::clock::Clock;
use secrecy::{ExposeSecret, SecretString};

use super::{OrFail, Setting, Trouble, connect, output};
use crate::{
    cli::Login,
    login_store::{self, KeptLogin},
};

pub(crate) async fn login(mut setting: Setting, arguments: Login) -> Result<(), Trouble> {
    if let Some(url) = &arguments.url {
        let url = url.parse().map_err(|_| {
            Trouble::Usage(format!(
                "`{url}` is not an address; write it as https://cloud.example.org"
            ))
        })?;
        setting.config.cloud.url = Some(url);
    }
    let cloud = connect::nextcloud(&setting.config)?;
    let former = login_store::find(&setting.environment)?;
    let flow = LoginFlow::start(&cloud, &app_password_name(&setting)).await.or_fail()?;
    output::tell(&format!(
        "Open this page in a browser and allow the access (it is valid for 20 minutes):\n\n  {}\n\nWaiting …",
        flow.login_url()
    ));
    let grant = flow.wait().await.or_fail()?;
    let login = KeptLogin {
        url: cloud.config().base_url.to_string(),
        login_name: grant.login_name.clone(),
        app_password: grant.app_password.expose_secret().to_owned(),
    };
    // Kept before anything else can fail: an app password that nobody knows could not be revoked here.
    let path = login_store::keep(&setting.environment, &login)
        .context("the app password cannot be kept")
        .or_fail()?;
    let user = cloud.client(grant.credential()).user().await.or_fail()?;
    output::tell(&format!("Signed in as {}; kept in {}.", user.id, path.display()));
    if let Some(former) = former
        && let Err(error) = revoke(&setting, former).await
    {
        // The new one works; what is left over can be seen and removed in the account's settings.
        output::tell(&format!("The former app password could not be revoked: {error:#}"));
    }
    Ok(())
}

/// Takes an app password back at its Nextcloud. One that is not valid any more is as good as taken back.
async fn revoke(setting: &Setting, kept: KeptLogin) -> anyhow::Result<()> {
    let mut settings = setting.config.cloud.clone();
    settings.public_url = None;
    let config = connect::client_config(&settings, &kept.url).map_err(|trouble| match trouble {
        Trouble::Usage(text) => anyhow::anyhow!(text),
        Trouble::Failure(error) => error,
    })?;
    let transport = HttpTransport::new(&config)?;
    let cloud = Nextcloud::new(config, std::sync::Arc::new(transport), Clock::system());
    let password = SecretString::from(kept.app_password);
    let client = cloud.client(Credential::Basic {
        login: kept.login_name,
        password,
    });
    match client.revoke_app_password().await {
        Ok(()) | Err(nc_client::Error::Unauthorized) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What people see in their list of app passwords.
fn app_password_name(setting: &Setting) -> String {
    let host = setting
        .environment
        .get("HOSTNAME")
        .or_else(|| setting.environment.get("COMPUTERNAME"));
    match host {
        Some(host) => format!("nextcloud-mcp on {host}"),
        None => "nextcloud-mcp".to_owned(),
    }
}

pub(crate) async fn logout(setting: Setting) -> Result<(), Trouble> {
    let Some(kept) = login_store::find(&setting.environment)? else {
        output::tell("Nobody is signed in.");
        return Ok(());
    };
    // First at the cloud, then here: otherwise a working password would be left that nobody can name.
    revoke(&setting, kept)
        .await
        .context("the app password could not be revoked, so it is still kept")
        .or_fail()?;
    login_store::forget(&setting.environment).or_fail()?;
    output::tell("Signed out; the app password is revoked.");
    Ok(())
}
