use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::Requirements;
use crate::{
    apps::sharing::SharePermissions,
    ocm::{MessageFault, PeerHost, members::Members, permission_words, permissions_of_words},
};

/// The property in which Nextcloud 31 to 34 tell what a share allows.
const PERMISSIONS_PROPERTY: &str = "{http://open-cloud-mesh.org/ns}share-permissions";

/// Where a share is on WebDAV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebdavUri {
    /// At the sender's path of WebDAV itself; the credential chooses the share. Nextcloud 31 to 34.
    Root,
    /// Below the sender's path of WebDAV, with this added: segments without `.` and `..`.
    Relative(String),
    /// There, at the sender's server.
    Absolute(Url),
}

/// How a share is accessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessType {
    /// The files stay with the sender.
    Remote,
    /// The files are copied once.
    Datatx,
}

impl AccessType {
    /// The word on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Remote => "remote",
            Self::Datatx => "datatx",
        }
    }
}

/// A share on WebDAV.
#[derive(Debug, Clone)]
pub struct Webdav {
    /// Where.
    pub uri: WebdavUri,
    /// What it is opened with, or exchanged for.
    pub secret: SecretString,
    /// What it allows; `None` when WebDAV has to be asked.
    pub permissions: Option<SharePermissions>,
    /// What it demands.
    pub requirements: Requirements,
    /// How it may be accessed; empty stands for [`AccessType::Remote`].
    pub access_types: Vec<AccessType>,
    /// Bytes.
    pub size: Option<i64>,
}

impl Webdav {
    /// Reads `webdav`. An absolute address has to be at `host`.
    pub(super) fn read(members: Members<'_>, host: &PeerHost) -> Result<Self, MessageFault> {
        let secret = members.secret("sharedSecret")?;
        let text = members.needed("uri")?;
        let uri = read_uri(text, host)?;
        let holds_secret = |text: &str| text.contains(secret.expose_secret());
        if holds_secret(text) || matches!(&uri, WebdavUri::Absolute(url) if holds_secret(url.as_str())) {
            return Err(MessageFault::Invalid("uri"));
        }
        let permissions = members.words("permissions")?.map(permissions_of_words);
        if permissions == Some(SharePermissions::NONE) {
            return Err(MessageFault::Invalid("permissions"));
        }
        Ok(Self {
            uri,
            secret,
            permissions,
            requirements: Requirements::read(members)?,
            access_types: access_types(members)?,
            size: members.number("size")?,
        })
    }

    /// Reads `options`, the only thing that Nextcloud 31 to 34 send.
    pub(super) fn read_options(members: Members<'_>) -> Result<Self, MessageFault> {
        Ok(Self {
            uri: WebdavUri::Root,
            secret: members.secret("sharedSecret")?,
            permissions: None,
            requirements: Requirements::NONE,
            access_types: Vec::new(),
            size: None,
        })
    }

    pub(super) fn to_value(&self) -> Value {
        let mut value = json!({"sharedSecret": self.secret.expose_secret()});
        match &self.uri {
            WebdavUri::Root => {}
            WebdavUri::Relative(path) => value["uri"] = path.as_str().into(),
            WebdavUri::Absolute(url) => value["uri"] = url.as_str().into(),
        }
        if let Some(permissions) = self.permissions {
            value["permissions"] = permission_words(permissions).into();
        }
        if !self.requirements.is_empty() {
            value["requirements"] = self.requirements.names().into();
        }
        if !self.access_types.is_empty() {
            value["accessTypes"] = self.access_types.iter().map(|kind| kind.name()).collect();
        }
        if let Some(size) = self.size {
            value["size"] = size.into();
        }
        value
    }

    pub(super) fn to_options(&self) -> Value {
        json!({"sharedSecret": self.secret.expose_secret(), "permissions": PERMISSIONS_PROPERTY})
    }
}

fn read_uri(text: &str, host: &PeerHost) -> Result<WebdavUri, MessageFault> {
    const BAD: MessageFault = MessageFault::Invalid("uri");
    let is_odd = |character: char| character.is_whitespace() || character.is_control() || "\\?#".contains(character);
    if text.contains(is_odd) {
        return Err(BAD);
    }
    if text.contains("://") {
        let url = Url::parse(text).map_err(|_| BAD)?;
        let is_there = PeerHost::of_url(&url).is_ok_and(|there| there == *host);
        return is_there.then_some(WebdavUri::Absolute(url)).ok_or(BAD);
    }
    let path = text.strip_prefix('/').unwrap_or(text);
    let encoded_dots = path.to_ascii_lowercase().replace("%2e", ".");
    let is_plain = |segment: &str| !matches!(segment, "" | "." | "..");
    let (decoded, trimmed) = (encoded_dots.as_str(), path.strip_suffix('/').unwrap_or(path));
    let decoded = decoded.strip_suffix('/').unwrap_or(decoded);
    if decoded.split('/').all(is_plain) && !decoded.contains("%2f") && !decoded.contains("%5c") {
        Ok(WebdavUri::Relative(trimmed.to_owned()))
    } else {
        Err(BAD)
    }
}

/// Kinds that are not known are left out; one that is has to remain.
fn access_types(members: Members<'_>) -> Result<Vec<AccessType>, MessageFault> {
    let Some(words) = members.words("accessTypes")?.filter(|words| !words.is_empty()) else {
        return Ok(Vec::new());
    };
    let known: Vec<AccessType> = [AccessType::Remote, AccessType::Datatx]
        .into_iter()
        .filter(|kind| words.contains(&kind.name()))
        .collect();
    if known.is_empty() {
        return Err(MessageFault::Unsupported("accessTypes"));
    }
    Ok(known)
}
