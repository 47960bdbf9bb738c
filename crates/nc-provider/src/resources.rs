//! Resource servers: who may be asked with a token, and which scopes they define.

use nc_proto::oauth::{jose::Algorithm, scope_list::ScopeList};
use nc_store::{Lookup, ResourceRecord};
use serde::{Deserialize, Serialize};

use crate::{Error, ProviderConfig};

/// What is stored with a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceDocument {
    /// Scopes that it defines.
    pub scopes: Vec<String>,
    /// `jwt` or `opaque`; `None` leaves it to the client.
    pub token_format: Option<String>,
    /// `alg` of its tokens; `None` leaves it to the configuration.
    pub algorithm: Option<String>,
    /// Which of `groups`, `roles` its tokens tell.
    pub claims: Vec<String>,
    /// Whether clients that registered themselves may name it.
    pub open_to_dynamic_clients: bool,
    /// For exchanges: a scope of the subject token and the scope here that it becomes. Scopes not listed stay as they
    /// are.
    pub scope_mapping: Vec<(String, String)>,
}

/// A resource server's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its identifier.
    pub uri: String,
    /// The client that speaks for it.
    pub owner: Option<String>,
    /// The rest.
    pub document: ResourceDocument,
}

impl Resource {
    /// The resource with this identifier: one that is always there, or one that an administrator added.
    pub async fn find(config: &ProviderConfig, store: &dyn Lookup, uri: &str) -> Result<Option<Self>, Error> {
        if let Some(record) = store.find_resource(uri).await? {
            return Self::from_record(record).map(Some);
        }
        let own = config.resources.iter().find(|(own, _)| own == uri);
        Ok(own.map(|(uri, scopes)| Self {
            uri: uri.clone(),
            owner: None,
            document: ResourceDocument {
                scopes: scopes.clone(),
                // Ours are asked by everybody whom a user allows something.
                open_to_dynamic_clients: true,
                ..ResourceDocument::default()
            },
        }))
    }

    pub(crate) fn from_record(record: ResourceRecord) -> Result<Self, Error> {
        Ok(Self {
            document: serde_json::from_str(&record.document)?,
            uri: record.uri,
            owner: record.owner,
        })
    }

    /// The scopes of `asked` that it defines, and those of `OpenID` Connect, which belong to none.
    pub fn narrow(&self, asked: &ScopeList) -> ScopeList {
        let known = |scope: &&str| is_about_the_user(scope) || self.document.scopes.iter().any(|own| own == scope);
        ScopeList::from_tokens(asked.iter().filter(known)).unwrap_or_default()
    }

    /// The algorithm of its tokens.
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.document.algorithm.as_deref().and_then(Algorithm::from_name)
    }
}

/// Whether a scope is about the user and no resource: those of `OpenID` Connect and `offline_access`.
pub(crate) fn is_about_the_user(scope: &str) -> bool {
    matches!(
        scope,
        "openid" | "profile" | "email" | "roles" | "groups" | "offline_access"
    )
}
