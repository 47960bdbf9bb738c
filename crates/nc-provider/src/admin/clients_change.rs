use nc_proto::oauth::{
    authorize::is_resource,
    registration::{check_name, check_notice_uri},
    scope_list::ScopeList,
};
use nc_store::{ClientKind, ResourceRecord, Unit};
use regex::RegexBuilder;

use super::{AdminError, clients::redirect_uri, invalid, legacy_clients};
use crate::{Client, GrantType, Resource, ResourceDocument};

/// Most redirect URIs of a client, and as many for after logout.
const URIS_MAX: usize = 50;

/// The largest compiled expression; it is run at every token of the client.
const REGEX_MAX_BYTES: usize = 64 * 1024;

/// One change of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientChange {
    /// Its name for people.
    Name(String),
    /// One more place where answers may be sent.
    AddRedirectUri(String),
    /// One less.
    RemoveRedirectUri(String),
    /// One more place where browsers may be sent after logout.
    AddLogoutUri(String),
    /// One less.
    RemoveLogoutUri(String),
    /// Only members of these groups may use it; empty for everybody.
    Groups(Vec<String>),
    /// Whether its access tokens are signed; `None` leaves it to the settings.
    TokensAreJwt(Option<bool>),
    /// Scopes it may ask for; `None` for every public one.
    AllowedScopes(Option<Vec<String>>),
    /// Scopes when it asks for none; `None` for all that it may ask for.
    DefaultScopes(Option<Vec<String>>),
    /// Chooses among a person's addresses.
    EmailRegex(Option<String>),
    /// The resource that it speaks for, so that it may introspect that resource's tokens. One that another client speaks
    /// for is not taken away from it.
    ResourceUrl(Option<String>),
    /// Resource when it names none.
    DefaultResource(Option<String>),
    /// Resources it may ask tokens for, beside those that are open to all.
    Resources(Vec<String>),
    /// Resources it may exchange tokens for.
    ExchangeTargets(Vec<String>),
    /// Whether it is trusted like a part of this server.
    FirstParty(bool),
    /// Users are not asked; only for first-party clients.
    AutoGrant(bool),
    /// It has to push its requests.
    RequirePar(bool),
    /// Its tokens have to be bound to a key.
    RequireDpop(bool),
    /// It may ask for `admin:*`.
    AdminScopes(bool),
    /// It may ask for ID tokens through the browser: hybrid and implicit flow.
    LegacyFlows(bool),
    /// Where it is told that a session ended.
    BackchannelLogoutUri(Option<String>),
    /// Whether it has to be told which one.
    BackchannelLogoutSessionRequired(bool),
    /// It is stopped.
    Disabled(bool),
}

impl ClientChange {
    /// What is written to the audit log.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Name(_) => "name",
            Self::AddRedirectUri(_) | Self::RemoveRedirectUri(_) => "redirect_uris",
            Self::AddLogoutUri(_) | Self::RemoveLogoutUri(_) => "logout_uris",
            Self::Groups(_) => "groups",
            Self::TokensAreJwt(_) => "token_type",
            Self::AllowedScopes(_) => "allowed_scopes",
            Self::DefaultScopes(_) => "default_scopes",
            Self::EmailRegex(_) => "email_regex",
            Self::ResourceUrl(_) => "resource_url",
            Self::DefaultResource(_) => "default_resource",
            Self::Resources(_) => "resources",
            Self::ExchangeTargets(_) => "exchange_targets",
            Self::FirstParty(_) => "first_party",
            Self::AutoGrant(_) => "auto_grant",
            Self::RequirePar(_) => "require_par",
            Self::RequireDpop(_) => "require_dpop",
            Self::AdminScopes(_) => "admin_scopes",
            Self::LegacyFlows(_) => "legacy_flows",
            Self::BackchannelLogoutUri(_) | Self::BackchannelLogoutSessionRequired(_) => "backchannel_logout_uri",
            Self::Disabled(true) => "disabled",
            Self::Disabled(false) => "enabled",
        }
    }

    pub(super) async fn apply(self, client: &mut Client, unit: &dyn Unit) -> Result<(), AdminError> {
        let document = &mut client.document;
        document.decided.insert(self.word().to_owned());
        match self {
            Self::Name(name) => {
                document.name = check_name(&name).map_err(|_| invalid("the name must be 1 to 128 plain characters"))?;
            }
            Self::AddRedirectUri(uri) => {
                redirect_uri(&uri)?;
                add(&mut document.redirect_uris, uri)?;
            }
            Self::RemoveRedirectUri(uri) => remove(&mut document.redirect_uris, &uri)?,
            Self::AddLogoutUri(uri) => {
                redirect_uri(&uri)?;
                add(&mut document.logout_uris, uri)?;
            }
            Self::RemoveLogoutUri(uri) => remove(&mut document.logout_uris, &uri)?,
            Self::Groups(groups) => document.groups = groups,
            Self::TokensAreJwt(jwt) => document.tokens_are_jwt = jwt,
            Self::AllowedScopes(scopes) => document.allowed_scopes = checked_scopes(scopes.as_deref())?,
            Self::DefaultScopes(scopes) => document.default_scopes = checked_scopes(scopes.as_deref())?,
            Self::EmailRegex(regex) => document.email_regex = checked_regex(regex)?,
            Self::ResourceUrl(uri) => speak_for(client, uri, unit).await?,
            Self::DefaultResource(uri) => {
                document.default_resource = resources(uri.into_iter().collect(), unit).await?.pop();
            }
            Self::Resources(uris) => document.resources = resources(uris, unit).await?,
            Self::ExchangeTargets(uris) => {
                document.exchange_targets = resources(uris, unit).await?;
                if document.exchange_targets.is_empty() {
                    document.grants.remove(&GrantType::TokenExchange);
                } else {
                    document.grants.insert(GrantType::TokenExchange);
                }
            }
            Self::FirstParty(trusted) => set_first_party(client, trusted)?,
            Self::AutoGrant(on) => {
                if on && client.record.kind != ClientKind::FirstParty {
                    return Err(invalid("only users of a first-party client are not asked"));
                }
                document.auto_grant = on;
            }
            Self::RequirePar(on) => document.require_par = on,
            Self::RequireDpop(on) => document.require_dpop = on,
            Self::AdminScopes(on) => {
                if on && client.is_self_described() {
                    return Err(invalid("a client that described itself cannot administer"));
                }
                client.document.admin_scopes = on;
            }
            Self::LegacyFlows(on) => {
                if on && client.is_self_described() {
                    return Err(invalid("a client that described itself gets codes only"));
                }
                client.document.legacy_flows = on;
                legacy_clients::note(unit, client.id(), on).await?;
            }
            Self::BackchannelLogoutUri(uri) => {
                let uri = uri.filter(|uri| !uri.is_empty());
                let checked = uri.map(|uri| check_notice_uri(&uri)).transpose();
                document.backchannel_logout_uri = checked.map_err(|_| {
                    invalid("clients are told of a logout at an https URL of a public host, without fragment")
                })?;
            }
            Self::BackchannelLogoutSessionRequired(on) => document.backchannel_logout_session_required = on,
            Self::Disabled(disabled) => client.record.disabled = disabled,
        }
        Ok(())
    }
}

fn add(uris: &mut Vec<String>, uri: String) -> Result<(), AdminError> {
    if uris.len() >= URIS_MAX {
        return Err(invalid(format!("a client has at most {URIS_MAX} of them")));
    }
    if !uris.contains(&uri) {
        uris.push(uri);
    }
    Ok(())
}

fn remove(uris: &mut Vec<String>, uri: &str) -> Result<(), AdminError> {
    let before = uris.len();
    uris.retain(|own| own != uri);
    if uris.len() == before {
        return Err(AdminError::Missing("URI"));
    }
    Ok(())
}

/// Checks a list of scopes.
pub(super) fn scopes(scopes: &[String]) -> Result<Vec<String>, AdminError> {
    let list = ScopeList::from_tokens(scopes.iter().map(String::as_str));
    let list = list.map_err(|error| invalid(format!("scopes: {error}")))?;
    Ok(list.iter().map(str::to_owned).collect())
}

fn checked_scopes(list: Option<&[String]>) -> Result<Option<Vec<String>>, AdminError> {
    list.map(scopes).transpose()
}

fn checked_regex(regex: Option<String>) -> Result<Option<String>, AdminError> {
    let Some(regex) = regex.filter(|regex| !regex.is_empty()) else {
        return Ok(None);
    };
    let built = RegexBuilder::new(&regex).size_limit(REGEX_MAX_BYTES).build();
    built.map_err(|_| invalid("the expression for addresses cannot be used"))?;
    Ok(Some(regex))
}

/// Checks the identifier of a resource.
pub(super) fn resource(uri: String) -> Result<String, AdminError> {
    if is_resource(&uri) {
        Ok(uri)
    } else {
        Err(invalid(format!("{uri} is not an absolute URI without fragment")))
    }
}

/// The same for several. One that is there already may also be a client's id.
async fn resources(uris: Vec<String>, unit: &dyn Unit) -> Result<Vec<String>, AdminError> {
    let mut checked = Vec::with_capacity(uris.len());
    for uri in uris {
        let is_known = unit.find_resource(&uri).await?.is_some();
        checked.push(if is_known { uri } else { resource(uri)? });
    }
    Ok(checked)
}

/// Makes the client the one that speaks for this resource and no other. It may be called by the client's own id, as the `oidc`
/// app has it.
async fn speak_for(client: &Client, uri: Option<String>, unit: &dyn Unit) -> Result<(), AdminError> {
    let uri = match uri.filter(|uri| !uri.is_empty()) {
        Some(own) if own == client.id() => Some(own),
        other => other.map(resource).transpose()?,
    };
    for former in unit.list_resources().await? {
        let is_own = former.owner.as_deref() == Some(client.id());
        if is_own && uri.as_ref() != Some(&former.uri) {
            unit.delete_resource(&former.uri).await?;
        }
    }
    let Some(uri) = uri else { return Ok(()) };
    let document = match unit.find_resource(&uri).await? {
        Some(record) if record.owner.as_deref().is_some_and(|owner| owner != client.id()) => {
            return Err(invalid("another client speaks for this resource"));
        }
        Some(record) => Resource::from_record(record)?.document,
        None => ResourceDocument {
            scopes: client.document.allowed_scopes.clone().unwrap_or_default(),
            ..ResourceDocument::default()
        },
    };
    let record = ResourceRecord {
        uri,
        owner: Some(client.id().to_owned()),
        document: serde_json::to_string(&document)?,
    };
    Ok(unit.put_resource(&record).await?)
}

fn set_first_party(client: &mut Client, trusted: bool) -> Result<(), AdminError> {
    client.record.kind = match (client.record.kind, trusted) {
        (ClientKind::Admin | ClientKind::FirstParty, true) => ClientKind::FirstParty,
        (ClientKind::FirstParty, false) => {
            client.document.auto_grant = false;
            ClientKind::Admin
        }
        (kind, false) => kind,
        (_, true) => {
            return Err(invalid(
                "only a client for users that an administrator made can be first-party",
            ));
        }
    };
    Ok(())
}
