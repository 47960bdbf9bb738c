//! Accounts of the embedded cloud. They are changed by the one process that has the cloud open.

use std::path::{Path, PathBuf};

use nc_auth::UserId;
use nc_cloud::{
    Cloud, Error,
    accounts::{NewUser, Preference},
};
use nc_provider::{Audit, Event, admin::Admin};
use nc_store::Store;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use super::{Shown, secret_of};
use crate::{
    cli::accounts::{AccountCommand, AddUser, UserSetting},
    commands::{OrFail as _, Trouble},
    config::Config,
    embedded,
    provider_data::ProviderData,
};

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(_) => Self::Usage(error.to_string()),
            other => Self::Failure(other.into()),
        }
    }
}

pub(super) async fn run(
    config: &Config,
    folder: &Path,
    data: &ProviderData,
    admin: &Admin<'_>,
    command: AccountCommand,
) -> Shown {
    // A cloud that is made by a slip of the pen would look as if every account were lost.
    if !folder.join("cloud.db").is_file() && !matches!(command, AccountCommand::Add(_)) {
        return Err(Trouble::Usage(format!("there is no cloud in {}", folder.display())));
    }
    let opened = Cloud::open(embedded::cloud_config(config, folder, None)).await;
    let cloud = match opened {
        Err(Error::InUse) => return Err(in_use(folder)),
        opened => opened?,
    };
    let done = work(&cloud, &*data.store, command).await;
    let base = cloud.instance_id().to_owned();
    cloud.db().close().await;
    let (what, shown) = done?;
    if let Some((what, user)) = what {
        if ENDS_SESSIONS.contains(&what) {
            admin.end_sessions(&base, &UserId::new(user.as_str())).await?;
        }
        let audit = Audit::new(Event::Administration).with("what", what).with("user", user);
        admin.note(audit).await?;
    }
    Ok(shown)
}

fn in_use(folder: &Path) -> Trouble {
    Trouble::Failure(anyhow::anyhow!(
        "a running cloud has {} open, and accounts are changed by one process only: stop it, run this command, start it again \
         (the oidc commands also work while it runs)",
        folder.display()
    ))
}

/// After these a browser that was signed in before has to sign in again: whoever it was may not be the owner.
const ENDS_SESSIONS: [&str; 4] = [
    "account disabled",
    "password set",
    "second factor set up",
    "passkey removed",
];

/// For the audit log: what was done, to whom. `None`: nothing was changed.
type Done = (Option<(&'static str, String)>, Value);

async fn work(cloud: &Cloud, store: &dyn Store, command: AccountCommand) -> Result<Done, Trouble> {
    let (what, user, shown) = match command {
        AccountCommand::List => return Ok((None, list(cloud).await?)),
        AccountCommand::Add(new) => ("account made", new.user.clone(), add(cloud, new).await?),
        AccountCommand::Enable { user } => {
            let shown = enable(cloud, &user, true).await?;
            ("account enabled", user, shown)
        }
        AccountCommand::Disable { user } => {
            let shown = enable(cloud, &user, false).await?;
            // Nothing that speaks with other servers runs here: what they hold is taken back where it is kept.
            let now = cloud.config().clock.now().unix_timestamp();
            nc_ocm::take_back_tokens(store, &UserId::new(user.as_str()), now)
                .await
                .or_fail()?;
            ("account disabled", user, shown)
        }
        AccountCommand::ResetPassword { user, password_file } => {
            let (password, is_new) = password(password_file)?;
            cloud.set_password(&UserId::new(user.as_str()), &password).await?;
            ("password set", user.clone(), account(&user, &password, is_new))
        }
        AccountCommand::AddAppPassword { user, name } => {
            let made = cloud.create_app_password(&UserId::new(user.as_str()), &name).await?;
            let shown = json!({ "user": user, "appPassword": made.expose_secret() });
            ("app password made", user, shown)
        }
        AccountCommand::EnableSecondFactor { user } => {
            let uri = cloud.set_up_second_factor(&UserId::new(user.as_str())).await?;
            let shown = json!({ "user": user, "uri": uri });
            ("second factor set up", user, shown)
        }
        AccountCommand::DisableSecondFactor { user } => {
            if !cloud.remove_second_factor(&UserId::new(user.as_str())).await? {
                return Err(Error::NotFound("a second factor of that account").into());
            }
            ("second factor removed", user.clone(), json!({ "user": user }))
        }
        AccountCommand::Setting(said) => {
            let user = said.user.clone();
            match setting(cloud, said).await? {
                (true, shown) => ("a preference set", user, shown),
                (false, shown) => return Ok((None, shown)),
            }
        }
        AccountCommand::ListPasskeys { user } => return Ok((None, passkeys(cloud, &user).await?)),
        AccountCommand::RemovePasskey { user, number } => {
            if !cloud.remove_passkey(&UserId::new(user.as_str()), number).await? {
                return Err(Error::NotFound("that passkey of that account").into());
            }
            let shown = json!({ "user": user, "number": number });
            ("passkey removed", user, shown)
        }
        AccountCommand::AddToGroup { group, user } => {
            cloud.add_to_group(&UserId::new(user.as_str()), &group).await?;
            let shown = json!({ "user": user, "group": group });
            ("put into a group", user, shown)
        }
        AccountCommand::RemoveFromGroup { group, user } => {
            if !cloud.remove_from_group(&UserId::new(user.as_str()), &group).await? {
                return Err(Error::NotFound("that account in that group").into());
            }
            let shown = json!({ "user": user, "group": group });
            ("taken out of a group", user, shown)
        }
        AccountCommand::AddGroupAdministrator { group, user } => {
            let id = UserId::new(user.as_str());
            cloud.add_group_administrator(&id, &group).await?;
            let shown = json!({ "user": user, "group": group });
            ("made administrator of a group", user, shown)
        }
        AccountCommand::RemoveGroupAdministrator { group, user } => {
            let id = UserId::new(user.as_str());
            if !cloud.remove_group_administrator(&id, &group).await? {
                return Err(Error::NotFound("that administrator of that group").into());
            }
            let shown = json!({ "user": user, "group": group });
            ("no longer administrator of a group", user, shown)
        }
    };
    Ok((Some((what, user)), shown))
}

async fn list(cloud: &Cloud) -> Shown {
    let mut shown = Vec::new();
    for (user, display_name, enabled) in cloud.accounts().list().await? {
        let id = UserId::new(user.as_str());
        let standing = cloud.accounts().find_standing(&id).await?;
        shown.push(json!({
            "user": user,
            "displayName": display_name,
            "groups": cloud.accounts().list_groups(&id).await?,
            "subadmin": cloud.accounts().list_administered_groups(&id).await?,
            "disabled": !enabled,
            "secondFactor": cloud.has_second_factor(&id).await?,
            "provider": standing.and_then(|standing| standing.provider),
        }));
    }
    Ok(shown.into())
}

async fn passkeys(cloud: &Cloud, user: &str) -> Shown {
    let id = UserId::new(user);
    if cloud.accounts().find_standing(&id).await?.is_none() {
        return Err(Error::NotFound("the user").into());
    }
    let listed = cloud.list_passkeys(&id).await?.into_iter().map(|passkey| {
        json!({
            "number": passkey.number,
            "name": passkey.name,
            "createdAt": passkey.created_at,
            "lastUsedAt": passkey.last_used_at,
        })
    });
    Ok(Value::Array(listed.collect()))
}

async fn add(cloud: &Cloud, new: AddUser) -> Shown {
    let (password, is_new) = password(new.password_file)?;
    let name = new.display_name.as_deref().unwrap_or(&new.user);
    let mut user = NewUser::new(new.user.as_str(), name, password);
    user.email = new.email;
    user.groups = new.group;
    cloud.create_user(&user).await?;
    Ok(account(&new.user, &user.password, is_new))
}

/// Whether something changed, and what is shown.
async fn setting(cloud: &Cloud, said: UserSetting) -> Result<(bool, Value), Trouble> {
    const KEYS: [&str; 4] = ["lang", "locale", "timezone", "first_day_of_week"];
    let id = UserId::new(said.user.as_str());
    let known = |key: &str| {
        Preference::of_setting(&said.app, key)
            .ok_or_else(|| Trouble::Usage(format!("only these can be set: core {}", KEYS.join(", core "))))
    };
    if let Some(key) = &said.key {
        known(key)?;
    }
    let value = if said.delete { Some(String::new()) } else { said.value };
    let changes = value.is_some();
    if let (Some(key), Some(value)) = (&said.key, value) {
        cloud.set_preference(&id, known(key)?, &value).await?;
    }
    let account = cloud.find_user(&id).await?.ok_or(Error::NotFound("the user"))?;
    let mut shown = Map::new();
    for key in KEYS {
        if said.key.as_deref().is_none_or(|asked| asked == key) {
            shown.insert(key.to_owned(), account.preference(known(key)?).into());
        }
    }
    Ok((changes, shown.into()))
}

async fn enable(cloud: &Cloud, user: &str, enabled: bool) -> Shown {
    if !cloud.set_enabled(&UserId::new(user), enabled).await? {
        return Err(Error::NotFound("the user").into());
    }
    Ok(json!({ "user": user, "enabled": enabled }))
}

/// The password of the file, or a new one. Whether it is new.
fn password(file: Option<PathBuf>) -> Result<(SecretString, bool), Trouble> {
    match file {
        Some(file) => Ok((secret_of(&file)?, false)),
        None => Ok((nc_cloud::random_password().or_fail()?, true)),
    }
}

/// A password that the operator gave is not shown again.
fn account(user: &str, password: &SecretString, show: bool) -> Value {
    let mut members = Map::new();
    members.insert("user".to_owned(), user.into());
    if show {
        members.insert("password".to_owned(), password.expose_secret().into());
    }
    members.into()
}
