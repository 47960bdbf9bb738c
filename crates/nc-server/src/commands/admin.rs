//! `admin`: works on the authorization server's database, also while a server uses it.

mod accounts;
mod claims;
mod clients;
mod credentials;
mod import;
mod resources;
pub(super) mod show;

use std::path::Path;

use anyhow::Context as _;
use nc_cloud::SealingKey;
use nc_proto::clock::Clock;
use nc_provider::{
    Audit, Event, KeyOptions, KeyRing,
    admin::{Admin, AdminError, ClientChange, InitialAccess, WhichClient, describe_claim},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::{OrFail, Trouble};
use crate::{
    cli::admin::{AdminArguments, AdminCommand, AuditCommand, InitialAccessTokenCommand, LogoutUriOf, SettingCommand},
    config::{Config, Database},
    provider_data::ProviderData,
};

/// Who is written to the audit log.
const BY: &str = "command line";

impl From<AdminError> for Trouble {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Invalid(text) => Self::Usage(text),
            other => Self::Failure(other.into()),
        }
    }
}

/// What a command prints.
type Shown = Result<Value, Trouble>;

pub(crate) async fn run(config: &Config, arguments: AdminArguments) -> Result<(), Trouble> {
    // Accounts are those of an embedded cloud, which keeps everything in its folder.
    let database = match &arguments.command {
        AdminCommand::Accounts(_) => &Database::InFolder,
        _ => &config.oauth.database,
    };
    // A folder that is made by a slip of the pen would look as if everything were lost.
    if !arguments.data.is_dir() && !matches!(database, Database::Postgres(_)) {
        let text = format!("there is no folder {}; name it with --data", arguments.data.display());
        return Err(Trouble::Usage(text));
    }
    let data = ProviderData::open(&arguments.data, sealing_keys(config), database)
        .await
        .or_fail()?;
    let shown = work(config, &arguments.data, &data, arguments.command).await;
    data.store.close().await;
    show::print(&shown?, arguments.json).or_fail()
}

/// Of the MCP server's own authorization server, or else of the embedded cloud's.
fn sealing_keys(config: &Config) -> &[SealingKey] {
    match config.oauth.sealing_keys.as_slice() {
        [] => &config.embedded.sealing_keys,
        keys => keys,
    }
}

async fn work(config: &Config, folder: &Path, data: &ProviderData, command: AdminCommand) -> Shown {
    let clock = Clock::system();
    let admin = Admin::new(&*data.store, clock.now().unix_timestamp(), BY);
    match command {
        AdminCommand::Accounts(command) => Box::pin(accounts::run(config, folder, data, &admin, command)).await,
        AdminCommand::Create(new) => clients::create(&admin, new).await,
        AdminCommand::Change(change) => clients::change(&admin, change).await,
        AdminCommand::List => clients::list(&admin).await,
        AdminCommand::Remove { client_id } => {
            admin.remove_client(WhichClient::Id(&client_id)).await?;
            Ok(json!({ "removed": client_id }))
        }
        AdminCommand::RenewSecret { client_id } => clients::renew_secret(&admin, &client_id).await,
        AdminCommand::CreateLogoutUri(of) => create_logout_uri(&admin, of).await,
        AdminCommand::ListLogoutUris => list_logout_uris(&admin).await,
        AdminCommand::RemoveLogoutUri(of) => remove_logout_uri(&admin, of).await,
        AdminCommand::CreateClaim(new) => claims::create(&admin, new).await,
        AdminCommand::ListClaims { client_id } => {
            let of = client_id.as_deref().map(WhichClient::Id);
            Ok(admin.list_claims(of).await?.iter().map(describe_claim).collect())
        }
        AdminCommand::RemoveClaim { client_id, name } => claims::remove(&admin, &client_id, name.as_deref()).await,
        AdminCommand::ListClaimFunctions => Ok(json!(Admin::claim_functions())),
        AdminCommand::RotateKeys { emergency } => rotate_keys(data, &admin, emergency).await,
        AdminCommand::Resource(command) => resources::run(&admin, command).await,
        AdminCommand::InitialAccessToken(command) => initial_access_token(&admin, command).await,
        AdminCommand::Config(command) => setting(&admin, command).await,
        AdminCommand::Audit { limit } => audit(data, limit).await,
        AdminCommand::Audited(AuditCommand::Verify) => verify_audit(data).await,
        AdminCommand::Credentials(command) => credentials::run(config, data, &clock, command).await,
        AdminCommand::ImportPeer(arguments) => Box::pin(import::run(config, data, &clock, arguments)).await,
        AdminCommand::Backup { file } => {
            data.store.back_up(&file).await.or_fail()?;
            Ok(json!({ "backup": file }))
        }
    }
}

async fn create_logout_uri(admin: &Admin<'_>, of: LogoutUriOf) -> Shown {
    if let Some(client) = of.client {
        let change = ClientChange::AddLogoutUri(of.uri.clone());
        admin.change_client(WhichClient::Id(&client), vec![change]).await?;
        return Ok(json!({ "client": client, "redirectUri": of.uri }));
    }
    let added = admin.add_logout_uri(&of.uri).await?;
    Ok(json!({ "id": added.number, "redirectUri": added.uri }))
}

async fn list_logout_uris(admin: &Admin<'_>) -> Shown {
    let for_all = admin.list_logout_uris().await?;
    let for_all = for_all
        .iter()
        .map(|uri| json!({ "id": uri.number, "client": null, "redirectUri": uri.uri }));
    let clients = admin.list_clients().await?;
    let of_clients = clients.iter().flat_map(|client| {
        let uris = client.document.logout_uris.iter();
        uris.map(|uri| json!({ "client": client.id(), "redirectUri": uri }))
    });
    Ok(for_all.chain(of_clients).collect())
}

async fn remove_logout_uri(admin: &Admin<'_>, of: LogoutUriOf) -> Shown {
    if let Some(client) = &of.client {
        let change = ClientChange::RemoveLogoutUri(of.uri.clone());
        admin.change_client(WhichClient::Id(client), vec![change]).await?;
    } else {
        let uris = admin.list_logout_uris().await?;
        let found = uris.iter().find(|known| known.uri == of.uri);
        admin.remove_logout_uri(found.map_or(0, |known| known.number)).await?;
    }
    Ok(json!({ "removed": of.uri }))
}

async fn rotate_keys(data: &ProviderData, admin: &Admin<'_>, emergency: bool) -> Shown {
    let (store, sealer) = (data.store.clone(), data.sealer.clone());
    let keys = KeyRing::open(store, sealer, Clock::system(), KeyOptions::default())
        .await
        .context("the signing keys cannot be opened")
        .or_fail()?;
    let what = if emergency {
        keys.rotate_emergency().await.or_fail()?;
        "keys replaced in an emergency"
    } else {
        keys.rotate().await.or_fail()?;
        "keys rotated"
    };
    admin.note(Audit::new(Event::Administration).with("what", what)).await?;
    let keys = data.store.list_keys().await.or_fail()?;
    let keys = keys
        .iter()
        .map(|key| json!({ "kid": key.kid, "algorithm": key.algorithm, "state": key.state.word() }));
    Ok(keys.collect())
}

async fn initial_access_token(admin: &Admin<'_>, command: InitialAccessTokenCommand) -> Shown {
    match command {
        InitialAccessTokenCommand::Create { resources, expires_in } => {
            let access = InitialAccess {
                resources: words(&resources),
            };
            let lifetime = std::time::Duration::from_secs(expires_in);
            let made = admin.create_initial_access_token(access, lifetime).await?;
            Ok(json!({ "token": made.token.expose_secret(), "expiresAt": made.expires_at }))
        }
        InitialAccessTokenCommand::Remove { token_file } => {
            admin.remove_initial_access_token(&secret_of(&token_file)?).await?;
            Ok(json!({ "removed": true }))
        }
    }
}

async fn setting(admin: &Admin<'_>, command: SettingCommand) -> Shown {
    match command {
        SettingCommand::Get { key } => {
            let mut settings = admin.list_settings().await?;
            settings.retain(|(name, _)| key.as_ref().is_none_or(|key| key == name));
            Ok(settings
                .into_iter()
                .map(|(key, value)| (key, Value::from(value)))
                .collect())
        }
        SettingCommand::Set { key, value } => {
            admin.put_setting(&key, Some(&value)).await?;
            Ok(json!({ key: value }))
        }
        SettingCommand::Unset { key } => {
            admin.put_setting(&key, None).await?;
            Ok(json!({ key: null }))
        }
    }
}

async fn audit(data: &ProviderData, limit: u32) -> Shown {
    let records = data.store.list_audit(limit).await.or_fail()?;
    let entries = records.iter().map(|record| {
        let about: Value = serde_json::from_str(&record.document).unwrap_or_default();
        json!({ "number": record.number, "at": record.at, "event": record.event, "about": about })
    });
    Ok(entries.collect())
}

async fn verify_audit(data: &ProviderData) -> Shown {
    let report = data.store.verify_audit().await.or_fail()?;
    if let Some(broken) = report.broken {
        return Err(Trouble::Failure(anyhow::anyhow!(
            "the audit log is not what was written: entry {}: {}; the {} entries before it are good",
            broken.number,
            broken.why,
            report.good
        )));
    }
    Ok(json!({ "good": report.good, "older_than_the_chain": report.unchained }))
}

/// A list that is written in one argument.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// A secret that is kept in a file.
fn secret_of(file: &Path) -> Result<SecretString, Trouble> {
    let text = std::fs::read_to_string(file);
    let text = text
        .with_context(|| format!("{} cannot be read", file.display()))
        .or_fail()?;
    Ok(text.trim().into())
}
