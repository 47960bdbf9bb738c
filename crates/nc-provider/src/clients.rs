//! Clients as the provider works with them.

use std::collections::BTreeSet;

use nc_proto::oauth::{
    authorize::Flows,
    client_auth::AuthMethod,
    redirect_uri::{ApplicationType, RedirectUri},
    registration::{AllowedGrant, ClientMetadata, Keys, TokenFormat},
    scope_list::ScopeList,
};
use nc_store::{ClientKind, ClientRecord, Lookup};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Person, Resource};

pub(crate) mod allowed;
pub(crate) mod authentication;
mod document;
mod proofs;

/// What a client may ask the token endpoint for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// Redeem codes.
    AuthorizationCode,
    /// Refresh.
    RefreshToken,
    /// Exchange tokens; only with `exchange_targets`.
    TokenExchange,
    /// Act for itself.
    ClientCredentials,
}

/// A claim of its own (Nextcloud's `oidc` app: custom claims).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomClaim {
    /// Number, for administrators' interfaces.
    pub id: i64,
    /// Given with this scope.
    pub scope: String,
    /// Its name.
    pub name: String,
    /// Which value: `isAdmin`, `hasRole`, `getUserGroups`, …
    pub function: String,
    /// What the function needs, such as a group.
    #[serde(default)]
    pub parameter: Option<String>,
}

/// What is stored about a client, beside keys and times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct ClientDocument {
    /// Name for people.
    pub name: String,
    /// Where it runs.
    pub application_type: ApplicationType,
    /// How it authenticates.
    pub auth_method: AuthMethod,
    /// Where answers may be sent.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Where browsers may be sent after logout.
    #[serde(default)]
    pub logout_uris: Vec<String>,
    /// What it may ask the token endpoint for.
    pub grants: BTreeSet<GrantType>,
    /// Keys that it signs with.
    #[serde(default)]
    pub jwks: Option<Value>,
    /// Where they are.
    #[serde(default)]
    pub jwks_uri: Option<String>,
    /// Whether its access tokens are signed; `None` leaves it to the settings.
    #[serde(default)]
    pub tokens_are_jwt: Option<bool>,
    /// `alg` of its ID tokens; `None` leaves it to the configuration.
    #[serde(default)]
    pub id_token_algorithm: Option<String>,
    /// Scopes it may ask for; `None` for every public one.
    #[serde(default)]
    pub allowed_scopes: Option<Vec<String>>,
    /// Scopes when it asks for none; `None` for all that it may ask for.
    #[serde(default)]
    pub default_scopes: Option<Vec<String>>,
    /// Resource when it names none.
    #[serde(default)]
    pub default_resource: Option<String>,
    /// The resource that it wished for when it registered itself. Grants nothing.
    #[serde(default)]
    pub requested_resource: Option<String>,
    /// Resources it may ask tokens for, beside those that are open to all. Only an administrator adds one.
    #[serde(default)]
    pub resources: Vec<String>,
    /// Resources it may exchange tokens for. Only an administrator adds one.
    #[serde(default)]
    pub exchange_targets: Vec<String>,
    /// Only members of these groups may use it; empty for everybody.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Chooses among a person's addresses.
    #[serde(default)]
    pub email_regex: Option<String>,
    /// Claims of its own.
    #[serde(default)]
    pub custom_claims: Vec<CustomClaim>,
    /// Users are not asked; only for first-party clients.
    #[serde(default)]
    pub auto_grant: bool,
    /// It has to push its requests.
    #[serde(default)]
    pub require_par: bool,
    /// Its tokens have to be bound to a key.
    #[serde(default)]
    pub require_dpop: bool,
    /// It may ask for `admin:*`.
    #[serde(default)]
    pub admin_scopes: bool,
    /// It may ask for ID tokens through the browser. Only for clients that an administrator made.
    #[serde(default)]
    pub legacy_flows: bool,
    /// Where it is told that a session ended.
    #[serde(default)]
    pub backchannel_logout_uri: Option<String>,
    /// Whether it has to be told which one. It always is.
    #[serde(default)]
    pub backchannel_logout_session_required: bool,
    /// Whom to ask.
    #[serde(default)]
    pub contacts: Vec<String>,
    /// Its picture; never fetched.
    #[serde(default)]
    pub logo_uri: Option<String>,
    /// Its privacy policy; never fetched.
    #[serde(default)]
    pub policy_uri: Option<String>,
    /// Its terms; never fetched.
    #[serde(default)]
    pub tos_uri: Option<String>,
    /// What of that which it says of itself an administrator decided instead, by the words of the audit log: what it says
    /// anew about these does not count.
    #[serde(default)]
    pub decided: BTreeSet<String>,
    /// Hash of its metadata document, when it is known by one; consent is asked again when it changes.
    #[serde(default)]
    pub document_hash: Option<String>,
}

impl ClientDocument {
    /// The document of a client that told its metadata itself. `name` is for one that gave none.
    pub fn from_metadata(metadata: &ClientMetadata, name: &str) -> Self {
        let (jwks, jwks_uri) = match &metadata.keys {
            None => (None, None),
            Some(Keys::Set(set)) => (Some(set.to_value()), None),
            Some(Keys::At(uri)) => (None, Some(uri.clone())),
        };
        Self {
            name: metadata.client_name.clone().unwrap_or_else(|| name.to_owned()),
            application_type: metadata.application_type,
            auth_method: metadata.auth_method,
            redirect_uris: metadata
                .redirect_uris
                .iter()
                .map(|uri| uri.as_str().to_owned())
                .collect(),
            logout_uris: Vec::new(),
            grants: metadata
                .grants
                .iter()
                .map(|grant| match grant {
                    AllowedGrant::AuthorizationCode => GrantType::AuthorizationCode,
                    AllowedGrant::RefreshToken => GrantType::RefreshToken,
                })
                .collect(),
            jwks,
            jwks_uri,
            tokens_are_jwt: metadata.token_format.map(|format| format == TokenFormat::Jwt),
            id_token_algorithm: metadata.id_token_algorithm.map(|algorithm| algorithm.name().to_owned()),
            allowed_scopes: metadata
                .scope
                .as_ref()
                .map(|scope| scope.iter().map(str::to_owned).collect()),
            default_scopes: None,
            default_resource: None,
            requested_resource: metadata.resource_url.clone(),
            resources: Vec::new(),
            exchange_targets: Vec::new(),
            groups: Vec::new(),
            email_regex: None,
            custom_claims: Vec::new(),
            auto_grant: false,
            require_par: false,
            require_dpop: false,
            admin_scopes: false,
            legacy_flows: false,
            backchannel_logout_uri: metadata.backchannel_logout_uri.clone(),
            backchannel_logout_session_required: metadata.backchannel_logout_session_required,
            contacts: metadata.contacts.clone(),
            logo_uri: metadata.logo_uri.clone(),
            policy_uri: metadata.policy_uri.clone(),
            tos_uri: metadata.tos_uri.clone(),
            decided: BTreeSet::new(),
            document_hash: None,
        }
    }

    /// This, with the scopes that the client told as what it gets when it asks for none, and no bound to what it may ask
    /// for.
    #[must_use]
    pub(crate) fn with_scopes_as_default(mut self) -> Self {
        self.default_scopes = self.allowed_scopes.take();
        self
    }

    /// This, as the client tells it anew of itself, with all that an administrator decided about `old`.
    pub(crate) fn in_place_of(self, old: Self) -> Self {
        let decided = |what: &str| old.decided.contains(what);
        Self {
            name: if decided("name") { old.name } else { self.name },
            allowed_scopes: if decided("allowed_scopes") {
                old.allowed_scopes
            } else {
                self.allowed_scopes
            },
            tokens_are_jwt: if decided("token_type") {
                old.tokens_are_jwt
            } else {
                self.tokens_are_jwt
            },
            default_resource: if decided("default_resource") {
                old.default_resource
            } else {
                self.default_resource
            },
            grants: self
                .grants
                .into_iter()
                .chain(
                    old.grants
                        .contains(&GrantType::TokenExchange)
                        .then_some(GrantType::TokenExchange),
                )
                .collect(),
            logout_uris: old.logout_uris,
            redirect_uris: if decided("redirect_uris") {
                old.redirect_uris
            } else {
                self.redirect_uris
            },
            default_scopes: if decided("default_scopes") || self.default_scopes.is_none() {
                old.default_scopes
            } else {
                self.default_scopes
            },
            resources: old.resources,
            exchange_targets: old.exchange_targets,
            groups: old.groups,
            email_regex: old.email_regex,
            custom_claims: old.custom_claims,
            auto_grant: old.auto_grant,
            require_par: old.require_par,
            require_dpop: old.require_dpop,
            admin_scopes: old.admin_scopes,
            backchannel_logout_uri: if decided("backchannel_logout_uri") {
                old.backchannel_logout_uri
            } else {
                self.backchannel_logout_uri
            },
            decided: old.decided,
            ..self
        }
    }
}

/// A client.
#[derive(Debug, Clone)]
pub struct Client {
    /// Keys and times.
    pub record: ClientRecord,
    /// The rest.
    pub document: ClientDocument,
}

impl Client {
    /// The client with this id, if it is stored, enabled and has not ended. [`crate::Provider::find_client`] also reads the
    /// metadata document of one that is known by it.
    pub async fn find_stored(store: &dyn Lookup, client_id: &str, now: i64) -> Result<Option<Self>, Error> {
        match store.find_client(client_id).await? {
            Some(record) => Self::usable(record, now),
            None => Ok(None),
        }
    }

    /// The client of a record, if it is enabled and has not ended.
    pub(crate) fn usable(record: ClientRecord, now: i64) -> Result<Option<Self>, Error> {
        if record.disabled || record.expires_at.is_some_and(|end| end <= now) {
            return Ok(None);
        }
        Self::from_record(record).map(Some)
    }

    /// Reads the document of a record.
    pub fn from_record(record: ClientRecord) -> Result<Self, Error> {
        Ok(Self {
            document: serde_json::from_str(&record.document)?,
            record,
        })
    }

    /// Its id on the wire.
    pub fn id(&self) -> &str {
        &self.record.client_id
    }

    /// Whether it has no way to authenticate.
    pub fn is_public(&self) -> bool {
        self.document.auth_method == AuthMethod::None
    }

    /// Whether it told its metadata itself, so nothing that it says was checked by anybody.
    pub fn is_self_described(&self) -> bool {
        matches!(self.record.kind, ClientKind::Dynamic | ClientKind::Document)
    }

    /// Whether a person may use it: members of its groups only, if it has any.
    pub fn admits(&self, person: &Person) -> bool {
        let groups = &self.document.groups;
        groups.is_empty() || person.groups.iter().any(|group| groups.contains(&group.id))
    }

    /// Whether it may ask for tokens for a resource: one that is open to all, or that an administrator gave it.
    pub fn may_name(&self, resource: &Resource) -> bool {
        resource.document.open_to_dynamic_clients || self.document.resources.contains(&resource.uri)
    }

    /// The registered redirect URI that `presented` matches; without one, the only registered one.
    pub fn redirect_uri(&self, presented: Option<&str>) -> Option<RedirectUri> {
        let mut registered = self
            .document
            .redirect_uris
            .iter()
            .filter_map(|uri| RedirectUri::parse(uri).ok());
        match presented {
            Some(presented) => registered
                .find(|uri| uri.matches(presented, self.document.application_type))
                .and_then(|_| RedirectUri::parse(presented).ok()),
            None => registered.next().filter(|_| self.document.redirect_uris.len() == 1),
        }
    }

    /// What it may ask the authorization endpoint for.
    pub fn flows(&self) -> Flows {
        if self.document.legacy_flows && !self.is_self_described() {
            Flows::Legacy
        } else {
            Flows::Code
        }
    }

    /// The scopes of `asked` that it may have, out of those of the server. `admin:*` only with the flag.
    pub fn allowed(&self, asked: &ScopeList, public: &[String]) -> ScopeList {
        let may = |scope: &&str| {
            let is_admin = scope.starts_with("admin:");
            let listed = match &self.document.allowed_scopes {
                Some(allowed) => allowed.iter().any(|own| own == scope),
                None => public.iter().any(|own| own == scope),
            };
            if is_admin {
                listed && self.document.admin_scopes
            } else {
                listed
            }
        };
        ScopeList::from_tokens(asked.iter().filter(may)).unwrap_or_default()
    }
}
