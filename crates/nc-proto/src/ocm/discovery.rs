//! What a server says about itself at `/.well-known/ocm`.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use url::Url;

pub use self::{
    resource::ResourceType,
    words::{Capability, Criterion},
};
use super::{MessageFault, PeerHost, json::JsonError, members, members::Members};

mod resource;
mod words;

/// Why a document cannot be used. Texts for logs; nothing of the document is in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// It cannot be read.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The server says that it does not take part.
    #[error("Open Cloud Mesh is switched off there")]
    Disabled,
    /// A member is missing or is not what it has to be.
    #[error("{0} is missing or not valid")]
    Member(&'static str),
    /// One thing is promised without what it needs.
    #[error("{0} is promised without what it needs")]
    Unpaired(&'static str),
    /// An endpoint lies at another server, is not https, or has credentials in it.
    #[error("{0} leads elsewhere")]
    Elsewhere(&'static str),
}

/// The key with which a server signs by draft-cavage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// Its name: `https://host/ocm#signature`.
    pub key_id: String,
    /// `BEGIN PUBLIC KEY`.
    pub pem: String,
}

/// What a server can do, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Discovery {
    /// The version of the interface.
    pub api_version: String,
    /// The same for Nextcloud, which reads it first. The same as [`Self::api_version`] where it is not said.
    pub version: String,
    /// What paths such as `/shares` are added to.
    pub end_point: Url,
    /// What the server calls itself. Text of a stranger.
    pub provider: Option<String>,
    /// What can be shared.
    pub resource_types: Vec<ResourceType>,
    /// What it can.
    pub capabilities: BTreeSet<Capability>,
    /// What it demands.
    pub criteria: BTreeSet<Criterion>,
    /// Where secrets are exchanged for tokens.
    pub token_end_point: Option<Url>,
    /// Where its keys are.
    pub jwks_uri: Option<Url>,
    /// Where people accept invitations; also a path of the server.
    pub invite_accept_dialog: Option<String>,
    /// Its key by draft-cavage.
    pub public_key: Option<PublicKey>,
}

impl Discovery {
    /// Reads a document. Capabilities and criteria that are not known are left out, unknown members of protocols kept.
    pub fn parse(body: &[u8]) -> Result<Self, DiscoveryError> {
        let value = members::read(body).map_err(fault)?;
        Self::from_members(Members::of(&value, "document").map_err(fault)?)
    }

    fn from_members(members: Members<'_>) -> Result<Self, DiscoveryError> {
        match members.get("enabled").and_then(Value::as_bool) {
            Some(true) => {}
            Some(false) => return Err(DiscoveryError::Disabled),
            None => return Err(DiscoveryError::Member("enabled")),
        }
        let api_version = members.id("apiVersion").map_err(fault)?;
        let known =
            |name| -> Result<Vec<&str>, DiscoveryError> { Ok(members.words(name).map_err(fault)?.unwrap_or_default()) };
        let this = Self {
            version: members
                .text("version")
                .map_err(fault)?
                .unwrap_or(&api_version)
                .to_owned(),
            end_point: url(members, "endPoint")?.ok_or(DiscoveryError::Member("endPoint"))?,
            provider: members
                .text("provider")
                .ok()
                .flatten()
                .map(|name| super::clean_text(name, 255)),
            resource_types: ResourceType::list(members)?,
            capabilities: known("capabilities")?
                .into_iter()
                .filter_map(Capability::from_name)
                .collect(),
            criteria: known("criteria")?
                .into_iter()
                .filter_map(Criterion::from_name)
                .collect(),
            token_end_point: url(members, "tokenEndPoint")?,
            jwks_uri: url(members, "jwksUri")?,
            invite_accept_dialog: members.text("inviteAcceptDialog").map_err(fault)?.map(str::to_owned),
            public_key: public_key(members),
            api_version,
        };
        this.check_pairs()?;
        Ok(this)
    }

    fn check_pairs(&self) -> Result<(), DiscoveryError> {
        let exchanges = self.can(Capability::ExchangeToken);
        if exchanges && self.token_end_point.is_none() {
            return Err(DiscoveryError::Unpaired("exchange-token"));
        }
        if self.demands(Criterion::MustExchangeToken) && !exchanges {
            return Err(DiscoveryError::Unpaired("must-exchange-token"));
        }
        // Older drafts had the keys elsewhere; that dialect is not spoken.
        if self.can(Capability::HttpSig) && self.jwks_uri.is_none() {
            return Err(DiscoveryError::Unpaired("http-sig"));
        }
        Ok(())
    }

    /// The document as JSON.
    pub fn to_value(&self) -> Value {
        let mut value = json!({
            "enabled": true,
            "apiVersion": self.api_version,
            "version": self.version,
            "endPoint": self.end_point.as_str().trim_end_matches('/'),
            "resourceTypes": self.resource_types.iter().map(ResourceType::to_value).collect::<Vec<_>>(),
            "capabilities": self.capabilities.iter().map(|capability| capability.name()).collect::<Vec<_>>(),
            "criteria": self.criteria.iter().map(|criterion| criterion.name()).collect::<Vec<_>>(),
        });
        let mut add = |name: &str, text: Option<&str>| {
            if let Some(text) = text {
                value[name] = text.into();
            }
        };
        add("provider", self.provider.as_deref());
        add("tokenEndPoint", self.token_end_point.as_ref().map(Url::as_str));
        add("jwksUri", self.jwks_uri.as_ref().map(Url::as_str));
        add("inviteAcceptDialog", self.invite_accept_dialog.as_deref());
        if let Some(key) = &self.public_key {
            value["publicKey"] = json!({"keyId": key.key_id, "publicKeyPem": key.pem});
        }
        value
    }

    /// Whether all endpoints lie at the server that was asked, or where `exceptions` (server, host of the endpoint) allow it, and
    /// are https unless plain http is allowed.
    pub fn check_endpoints(
        &self,
        host: &PeerHost,
        exceptions: &BTreeSet<(String, String)>,
        allow_http: bool,
    ) -> Result<(), DiscoveryError> {
        let check = |name: &'static str, url: &Url| {
            let there = PeerHost::of_url(url).map_err(|_| DiscoveryError::Elsewhere(name))?;
            let is_known = there == *host || exceptions.contains(&(host.to_string(), there.to_string()));
            let is_safe = url.scheme() == "https" || allow_http;
            if is_known && is_safe && url.fragment().is_none() {
                Ok(())
            } else {
                Err(DiscoveryError::Elsewhere(name))
            }
        };
        check("endPoint", &self.end_point)?;
        self.token_end_point
            .iter()
            .try_for_each(|url| check("tokenEndPoint", url))?;
        self.jwks_uri.iter().try_for_each(|url| check("jwksUri", url))?;
        let Some(dialog) = &self.invite_accept_dialog else {
            return Ok(());
        };
        let origin = host.origin(self.end_point.scheme() == "http");
        let dialog = origin
            .join(dialog)
            .map_err(|_| DiscoveryError::Member("inviteAcceptDialog"))?;
        check("inviteAcceptDialog", &dialog)
    }

    /// An address below the endpoint, such as of `shares`.
    pub fn address_of(&self, name: &str) -> Url {
        let mut url = self.end_point.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(name);
        }
        url
    }

    /// Whether it has this capability.
    pub fn can(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }

    /// Whether it has this criterion.
    pub fn demands(&self, criterion: Criterion) -> bool {
        self.criteria.contains(&criterion)
    }

    /// Whether it exchanges secrets for tokens. An endpoint without the capability is not used.
    pub fn can_exchange(&self) -> bool {
        self.can(Capability::ExchangeToken) && self.token_end_point.is_some()
    }

    /// Whether it signs by RFC 9421.
    pub fn can_sign(&self) -> bool {
        self.can(Capability::HttpSig) && self.jwks_uri.is_some()
    }

    /// Where shares are on WebDAV, if it sends such ones: a path that begins with a slash.
    pub fn webdav_path(&self) -> Option<&str> {
        self.resource_types.iter().find_map(ResourceType::webdav_path)
    }

    /// Whether a share of this resource (`file`, `folder`) with a `user` or `group` may be sent there by WebDAV.
    pub fn receives(&self, resource: &str, share_type: &str) -> bool {
        let is_older = !self.resource_types.iter().any(ResourceType::says_what_it_receives);
        let assumed = is_older && (resource, share_type) == ("file", "user");
        let named = self.resource_types.iter().find(|kind| kind.name == resource);
        assumed
            || named.is_some_and(|kind| {
                let by_webdav = if is_older { "webdav" } else { "webdav-receive" };
                kind.protocols.contains_key(by_webdav) && kind.share_types.iter().any(|known| known == share_type)
            })
    }

    /// Whether shares sent there should have an absolute address of WebDAV.
    pub fn receives_absolute_uri(&self) -> bool {
        self.resource_types.iter().any(ResourceType::receives_absolute_uri)
    }
}

fn fault(fault: MessageFault) -> DiscoveryError {
    match fault {
        MessageFault::Json(error) => error.into(),
        MessageFault::Missing(name) | MessageFault::Invalid(name) | MessageFault::Unsupported(name) => {
            DiscoveryError::Member(name)
        }
    }
}

fn url(members: Members<'_>, name: &'static str) -> Result<Option<Url>, DiscoveryError> {
    let Some(text) = members.text(name).map_err(fault)? else {
        return Ok(None);
    };
    let url = Url::parse(text).map_err(|_| DiscoveryError::Member(name))?;
    let is_http = matches!(url.scheme(), "https" | "http");
    is_http.then_some(Some(url)).ok_or(DiscoveryError::Member(name))
}

/// A key that cannot be read counts as none: whoever signs by RFC 9421 needs none.
fn public_key(members: Members<'_>) -> Option<PublicKey> {
    let key = members.get("publicKey")?;
    let text = |name: &str| Some(key.get(name)?.as_str()?.to_owned()).filter(|text| !text.is_empty());
    Some(PublicKey {
        key_id: text("keyId")?,
        pem: text("publicKeyPem")?,
    })
}

#[cfg(test)]
mod tests;
