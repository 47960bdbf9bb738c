//! The access that this server has to the cloud for the caller. Every valid token may ask about its own.

use std::collections::BTreeSet;

use nc_auth::{Grants, Scope};
use nc_mcp_kit::{Failure, Hints, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ACCESS;
use crate::{
    context::AccessContext,
    row::{Row, access_row},
};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        access_row(
            ACCESS,
            Hints::READ,
            "check_logged_in",
            "Check Server Login Status",
            "Says whether this server can reach the Nextcloud for you, and if not, what to do.",
            check_logged_in,
        ),
        access_row(
            ACCESS,
            Hints::READ,
            "check_provisioning_status",
            "Check Provisioning Status",
            "Shows which access to the Nextcloud you gave this server, when and how, and the scopes of this connection.",
            check_provisioning_status,
        ),
        access_row(
            ACCESS,
            Hints::READ,
            "nc_auth_check_status",
            "Check Nextcloud Access Status",
            "Shows whether this server can reach the Nextcloud for you: none, active or revoked.",
            check_status,
        ),
        access_row(
            ACCESS,
            CHANGE,
            "nc_auth_provision_access",
            "Provision Nextcloud Access",
            "Says how to give this server access to the Nextcloud, if it has none.",
            provision_access,
        ),
        access_row(
            ACCESS,
            CHANGE,
            "nc_auth_update_scopes",
            "Update Nextcloud Access Scopes",
            "Says how the person changes what this connection may do. Nothing is changed without the person.",
            update_scopes,
        ),
        access_row(
            ACCESS,
            CHANGE,
            "provision_nextcloud_access",
            "Grant Server Access to Nextcloud",
            "Says how to give this server access to the Nextcloud, if it has none.",
            provision_nextcloud_access,
        ),
        access_row(
            ACCESS,
            Hints::DELETE,
            "revoke_nextcloud_access",
            "Revoke Server Access to Nextcloud",
            "Takes back the access that you gave this server, and ends every connection that lives from it, this one too. Ask \
             the person first.",
            revoke_nextcloud_access,
        ),
    ]
}

/// The person acts, not the tool.
const CHANGE: Hints = Hints::ADD.idempotent();

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

#[derive(Serialize, JsonSchema)]
struct LoggedIn {
    /// `yes`, or what to do.
    result: String,
}

async fn check_logged_in(context: AccessContext, _arguments: Nothing) -> Result<LoggedIn, Failure> {
    let given = context.provisioning.given(&context.caller).await?;
    let result = if given.is_some_and(|given| given.is_active) {
        "yes".to_owned()
    } else {
        format!("no: {}", context.provisioning.how_to_give_one())
    };
    Ok(LoggedIn { result })
}

#[derive(Serialize, JsonSchema)]
struct ProvisioningStatus {
    is_provisioned: bool,
    /// When it was given, RFC 3339.
    provisioned_at: Option<String>,
    /// `app_password` or `refresh_token`.
    credential_type: Option<String>,
    /// The client of this connection.
    client_id: Option<String>,
    /// Scopes of this connection.
    scopes: Option<Vec<String>>,
    /// How it was given.
    flow_type: Option<String>,
}

async fn check_provisioning_status(context: AccessContext, _arguments: Nothing) -> Result<ProvisioningStatus, Failure> {
    let given = context.provisioning.given(&context.caller).await?;
    let given = given.filter(|given| given.is_active);
    Ok(ProvisioningStatus {
        is_provisioned: given.is_some(),
        provisioned_at: given.as_ref().and_then(|given| given.given_at.clone()),
        credential_type: given.as_ref().map(|given| given.credential_type.to_owned()),
        client_id: context.caller.client.as_deref().map(str::to_owned),
        scopes: Some(context.scopes()),
        flow_type: given.map(|given| given.flow_type.to_owned()),
    })
}

#[derive(Serialize, JsonSchema)]
struct AccessStatus {
    success: bool,
    timestamp: String,
    /// `none`, `active` or `revoked`.
    status: String,
    message: String,
    /// Id of the account at the Nextcloud.
    user_id: Option<String>,
    /// Scopes of this connection.
    scopes: Option<Vec<String>>,
    /// The name that the account signs in with.
    username: Option<String>,
}

async fn check_status(context: AccessContext, _arguments: Nothing) -> Result<AccessStatus, Failure> {
    let given = context.provisioning.given(&context.caller).await?;
    let (status, message) = match &given {
        Some(given) if given.is_active => ("active", "This server can reach the Nextcloud for you.".to_owned()),
        Some(_) => ("revoked", context.provisioning.how_to_give_one()),
        None => ("none", context.provisioning.how_to_give_one()),
    };
    Ok(AccessStatus {
        success: true,
        timestamp: context.timestamp(),
        status: status.to_owned(),
        message,
        user_id: given.as_ref().map(|given| given.user_id.clone()),
        scopes: Some(context.scopes()),
        username: given.and_then(|given| given.login_name),
    })
}

#[derive(Deserialize, JsonSchema)]
struct WantedScopes {
    /// Scopes that the connection should have, such as `notes:read`. Without it, those that it has.
    #[serde(default)]
    scopes: Option<Vec<String>>,
}

#[derive(Serialize, JsonSchema)]
struct ProvisionAccess {
    success: bool,
    timestamp: String,
    /// `active`, or `required` when the person has to act.
    status: String,
    /// A page for the person, where there is one.
    login_url: Option<String>,
    message: String,
    /// Id of the account at the Nextcloud.
    user_id: Option<String>,
    requested_scopes: Option<Vec<String>>,
}

async fn provision_access(context: AccessContext, arguments: WantedScopes) -> Result<ProvisionAccess, Failure> {
    let requested = arguments.scopes.map(|scopes| known(&scopes)).transpose()?;
    let given = context.provisioning.given(&context.caller).await?;
    let active = given.as_ref().is_some_and(|given| given.is_active);
    let message = if active {
        "This server can reach the Nextcloud for you already.".to_owned()
    } else {
        context.provisioning.how_to_give_one()
    };
    Ok(ProvisionAccess {
        success: true,
        timestamp: context.timestamp(),
        status: if active { "active" } else { "required" }.to_owned(),
        login_url: None,
        message,
        user_id: given.map(|given| given.user_id),
        requested_scopes: requested.map(|scopes| scopes.into_iter().map(str::to_owned).collect()),
    })
}

#[derive(Serialize, JsonSchema)]
struct ProvisionNextcloud {
    success: bool,
    /// A page for the person, where there is one.
    provisioning_url: Option<String>,
    message: String,
    already_provisioned: bool,
}

async fn provision_nextcloud_access(
    context: AccessContext,
    _arguments: Nothing,
) -> Result<ProvisionNextcloud, Failure> {
    let access = provision_access(context, WantedScopes { scopes: None }).await?;
    Ok(ProvisionNextcloud {
        success: true,
        provisioning_url: access.login_url,
        message: access.message,
        already_provisioned: access.status == "active",
    })
}

#[derive(Deserialize, JsonSchema)]
struct ScopeChange {
    /// Scopes that the connection should have too, such as `notes:write`.
    #[serde(default)]
    add_scopes: Option<Vec<String>>,
    /// Scopes that it should lose.
    #[serde(default)]
    remove_scopes: Option<Vec<String>>,
}

#[derive(Serialize, JsonSchema)]
struct ScopesToChange {
    success: bool,
    timestamp: String,
    /// `unchanged`, or `required` when the person has to act.
    status: String,
    /// The page on which the person changes it.
    login_url: Option<String>,
    message: String,
    previous_scopes: Option<Vec<String>>,
    /// What it would have then.
    new_scopes: Option<Vec<String>>,
}

async fn update_scopes(context: AccessContext, arguments: ScopeChange) -> Result<ScopesToChange, Failure> {
    let add = known(&arguments.add_scopes.unwrap_or_default())?;
    let remove = known(&arguments.remove_scopes.unwrap_or_default())?;
    let previous = context.scopes();
    let mut wanted: BTreeSet<&str> = previous.iter().map(String::as_str).collect();
    wanted.extend(add);
    wanted.retain(|scope| !remove.contains(scope));
    let new: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
    let page = context.provisioning.page();
    let (status, message, login_url) = if new == previous {
        ("unchanged", "The connection has these scopes already.".to_owned(), None)
    } else {
        let message =
            "Only the person can change this: on the page, or by connecting anew when the client asks for more. A \
                       call that lacks a scope makes clients that can ask for it."
                .to_owned();
        ("required", message, Some(page))
    };
    Ok(ScopesToChange {
        success: true,
        timestamp: context.timestamp(),
        status: status.to_owned(),
        login_url,
        message,
        previous_scopes: Some(previous),
        new_scopes: Some(new),
    })
}

#[derive(Serialize, JsonSchema)]
struct Revoked {
    success: bool,
    message: String,
}

async fn revoke_nextcloud_access(context: AccessContext, _arguments: Nothing) -> Result<Revoked, Failure> {
    let message = if context.provisioning.take_back(&context.caller).await? {
        "The access was taken back. This connection has ended; connect anew to give access again."
    } else {
        "There was no access to take back."
    };
    Ok(Revoked {
        success: true,
        message: message.to_owned(),
    })
}

/// The scopes as this product spells them.
fn known(names: &[String]) -> Result<Vec<&'static str>, Failure> {
    let read = |name: &String| {
        name.parse::<Scope>().map(Scope::as_str).map_err(|_| {
            ToolError::invalid_argument(format!("there is no scope `{name}`; scopes look like `notes:read`")).into()
        })
    };
    names.iter().map(read).collect()
}

impl AccessContext {
    fn scopes(&self) -> Vec<String> {
        let granted = match self.caller.grants {
            Grants::Only(scopes) => scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
            Grants::Unrestricted => BTreeSet::new(),
        };
        granted.into_iter().collect()
    }
}
