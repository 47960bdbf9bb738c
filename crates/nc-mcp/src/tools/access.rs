//! The access that this server has to the cloud for the caller. Every valid token may ask about its own.

use std::collections::BTreeSet;

use nc_auth::{Grants, Scope};
use nc_mcp_kit::{Failure, Hints, ToolError, Visit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::ACCESS;
use crate::{
    Given,
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
            "Asks the person to give this server access to the Nextcloud, if it has none: a page opens, or a link is returned to show.",
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
            "Asks the person to give this server access to the Nextcloud, if it has none: a page opens, or a link is returned to show.",
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
    let asked = context.ask(None).await?;
    let result = match (asked.status, asked.url) {
        ("active", _) => "yes".to_owned(),
        (_, Some(url)) => format!("no: {} {url}", asked.message),
        (_, None) => format!("no: {}", asked.message),
    };
    Ok(LoggedIn { result })
}

#[derive(Serialize, JsonSchema)]
struct ProvisioningStatus {
    is_provisioned: bool,
    /// `none`, `pending`, `active`, `revoked` or `expired`.
    status: String,
    /// When it was given, RFC 3339.
    provisioned_at: Option<String>,
    /// When it ends, RFC 3339, if that is known.
    expires_at: Option<String>,
    /// `app_password` or `refresh_token`.
    credential_type: Option<String>,
    /// The client of this connection.
    client_id: Option<String>,
    /// Scopes of this connection.
    scopes: Option<Vec<String>>,
    /// What the access allows at the Nextcloud, where it is limited.
    provisioned_scopes: Option<Vec<String>>,
    /// How it was given.
    flow_type: Option<String>,
}

async fn check_provisioning_status(context: AccessContext, _arguments: Nothing) -> Result<ProvisioningStatus, Failure> {
    let given = context.provisioning.given(&context.caller).await?;
    let status = context.status(given.as_ref());
    let given = given.filter(|given| given.is_active);
    Ok(ProvisioningStatus {
        is_provisioned: given.is_some(),
        status: status.to_owned(),
        provisioned_at: given.as_ref().and_then(|given| given.given_at.clone()),
        expires_at: given.as_ref().and_then(|given| given.ends_at.clone()),
        credential_type: given.as_ref().map(|given| given.credential_type.to_owned()),
        client_id: context.caller.client.as_deref().map(str::to_owned),
        scopes: Some(context.scopes()),
        flow_type: given.as_ref().map(|given| given.flow_type.to_owned()),
        provisioned_scopes: given.and_then(|given| given.scopes),
    })
}

#[derive(Serialize, JsonSchema)]
struct AccessStatus {
    success: bool,
    timestamp: String,
    /// `none`, `pending`, `active`, `revoked` or `expired`.
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
    let status = context.status(given.as_ref());
    let message = match status {
        "active" => "This server can reach the Nextcloud for you.".to_owned(),
        "pending" => "The person was asked and has not finished yet.".to_owned(),
        _ => context.provisioning.how_to_give_one(),
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
    /// `active`, `opened` when the person went to the page, `declined` when they do not want to, `required` when they still
    /// have to act.
    status: String,
    /// A page for the person, where there is one: it works once, within ten minutes, and for nobody else.
    login_url: Option<String>,
    message: String,
    /// Id of the account at the Nextcloud.
    user_id: Option<String>,
    requested_scopes: Option<Vec<String>>,
}

async fn provision_access(context: AccessContext, arguments: WantedScopes) -> Result<ProvisionAccess, Failure> {
    let requested = arguments.scopes.map(|scopes| known(&scopes)).transpose()?;
    let asked = context.ask(requested.as_deref()).await?;
    Ok(ProvisionAccess {
        success: true,
        timestamp: context.timestamp(),
        status: asked.status.to_owned(),
        login_url: asked.url,
        message: asked.message,
        user_id: asked.user_id,
        requested_scopes: requested.map(|scopes| scopes.iter().map(|scope| scope.as_str().to_owned()).collect()),
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
    /// `unchanged`, `opened` when the person went to the page, `declined`, `required` when they still have to act.
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
    let given = context.provisioning.given(&context.caller).await?;
    let kept = given.filter(|given| given.is_active).and_then(|given| given.scopes);
    let is_of_access = kept.is_some();
    let previous = kept.unwrap_or_else(|| context.scopes());
    let mut wanted: BTreeSet<Scope> = previous.iter().filter_map(|scope| scope.parse().ok()).collect();
    wanted.extend(add);
    wanted.retain(|scope| !remove.contains(scope));
    let mut new: Vec<String> = wanted.iter().map(|scope| scope.as_str().to_owned()).collect();
    new.sort();
    let is_same = previous.len() == new.len() && previous.iter().all(|scope| new.contains(scope));
    let (status, message, login_url) = if is_same {
        ("unchanged", "The connection has these scopes already.".to_owned(), None)
    } else if is_of_access {
        let wanted: Vec<Scope> = wanted.into_iter().collect();
        let asked = context.show(Some(&wanted)).await?;
        (asked.status, asked.message, asked.url)
    } else {
        let message =
            "Only the person can change this: on the page, or by connecting anew when the client asks for more. A \
                       call that lacks a scope makes clients that can ask for it."
                .to_owned();
        ("required", message, Some(context.provisioning.page()))
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

/// The scopes of these names.
fn known(names: &[String]) -> Result<Vec<Scope>, Failure> {
    let read = |name: &String| {
        name.parse::<Scope>().map_err(|_| {
            ToolError::invalid_argument(format!("there is no scope `{name}`; scopes look like `notes:read`")).into()
        })
    };
    names.iter().map(read).collect()
}

/// Under which the client answers for the page.
const PAGE: &str = "nextcloud_access";

/// What came of asking the person.
struct Asked {
    status: &'static str,
    message: String,
    url: Option<String>,
    user_id: Option<String>,
}

impl Asked {
    fn new(status: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            url: None,
            user_id: None,
        }
    }
}

impl Asked {
    fn after(visit: Visit) -> Self {
        match visit {
            Visit::Opened => Self::new(
                "opened",
                "The person opened the page. Call check_provisioning_status to see whether they finished.",
            ),
            Visit::Declined => Self::new(
                "declined",
                "The person did not want to give access. Do not ask again unless they bring it up.",
            ),
            Visit::NotAsked => Self::new(
                "required",
                "The person has to open the link to give this server access to the Nextcloud. It works once, within ten \
                 minutes, and for nobody else. Show it, and call check_provisioning_status afterwards.",
            ),
        }
    }
}

impl AccessContext {
    /// Asks the person for access, unless there is access with these scopes already.
    async fn ask(&self, scopes: Option<&[Scope]>) -> Result<Asked, Failure> {
        let given = self.provisioning.given(&self.caller).await?;
        let is_enough = |given: &Given| match (scopes, &given.scopes) {
            (Some(wanted), Some(has)) => wanted.iter().all(|scope| has.iter().any(|name| name == scope.as_str())),
            _ => true,
        };
        let user_id = given.as_ref().map(|given| given.user_id.clone());
        if given.is_some_and(|given| given.is_active && is_enough(&given)) {
            let message = "This server can reach the Nextcloud for you already.";
            return Ok(Asked {
                user_id,
                ..Asked::new("active", message)
            });
        }
        Ok(Asked {
            user_id,
            ..self.show(scopes).await?
        })
    }

    /// Leads the person to the page, or says what to do.
    async fn show(&self, scopes: Option<&[Scope]>) -> Result<Asked, Failure> {
        if let Some(visit) = self.call.visit(PAGE) {
            return Ok(Asked::after(visit));
        }
        let Some(link) = self.provisioning.ask(&self.caller, scopes).await? else {
            return Ok(Asked::new("required", self.provisioning.how_to_give_one()));
        };
        let url = Url::parse(&link).map_err(|error| Failure::Internal(error.to_string()))?;
        let message = "This server needs access to your Nextcloud to go on. Open the page to give it.";
        match self.call.show_page(PAGE, message, &url).await? {
            Visit::NotAsked => Ok(Asked {
                url: Some(link),
                ..Asked::after(Visit::NotAsked)
            }),
            visit => Ok(Asked::after(visit)),
        }
    }

    fn status(&self, given: Option<&Given>) -> &'static str {
        match given {
            Some(given) if given.is_active => "active",
            _ if self.provisioning.is_asked(&self.caller) => "pending",
            Some(given) if given.is_expired => "expired",
            Some(_) => "revoked",
            None => "none",
        }
    }

    fn scopes(&self) -> Vec<String> {
        let granted = match self.caller.grants {
            Grants::Only(scopes) => scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
            Grants::Unrestricted => BTreeSet::new(),
        };
        granted.into_iter().collect()
    }
}
