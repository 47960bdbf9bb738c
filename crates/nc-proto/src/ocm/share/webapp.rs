use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::Requirements;
use crate::ocm::{MessageFault, PeerHost, clean_text, members::Members};

/// A share in the sender's web application. It is read and kept, not opened.
#[derive(Debug, Clone)]
pub struct WebApp {
    /// Where.
    pub uri: Url,
    /// Where it may be shown: `blank`, `iframe`.
    pub targets: Vec<String>,
    /// What may be done: `view`, `read`, `write`, `share`.
    pub permissions: Vec<String>,
    /// What it demands: always the exchange.
    pub requirements: Requirements,
    /// What is exchanged.
    pub secret: SecretString,
    /// What the application is called. Text of a stranger.
    pub app_name: Option<String>,
    /// The kind of file that its icon is of, such as `image/png`. Never an address.
    pub app_icon_hint: Option<String>,
    /// The kinds of files that it opens.
    pub media_types: Vec<String>,
}

impl WebApp {
    /// Reads `webapp`, which has to be at `host`.
    pub(super) fn read(members: Members<'_>, host: &PeerHost) -> Result<Self, MessageFault> {
        let uri = Url::parse(members.needed("uri")?).map_err(|_| MessageFault::Invalid("uri"))?;
        if !PeerHost::of_url(&uri).is_ok_and(|there| there == *host) {
            return Err(MessageFault::Invalid("uri"));
        }
        let secret = members.secret("sharedSecret")?;
        let requirements = Requirements::read(members)?;
        if uri.as_str().contains(secret.expose_secret()) {
            return Err(MessageFault::Invalid("uri"));
        }
        if !requirements.must_exchange_token {
            return Err(MessageFault::Invalid("requirements"));
        }
        let some = |name, known: &[&str]| -> Result<Vec<String>, MessageFault> {
            let words = members.words(name)?.unwrap_or_default();
            let are_known = words.iter().all(|word| known.contains(word)) && !words.is_empty();
            are_known.then(|| texts(words)).ok_or(MessageFault::Invalid(name))
        };
        Ok(Self {
            uri,
            targets: some("targets", &["blank", "iframe"])?,
            permissions: some("permissions", &["view", "read", "write", "share"])?,
            requirements,
            secret,
            app_name: members.text("appName")?.map(|name| clean_text(name, 255)),
            app_icon_hint: members
                .text("appIconHint")?
                .filter(|hint| is_media_type(hint))
                .map(str::to_owned),
            media_types: texts(members.words("mediaTypes")?.unwrap_or_default()),
        })
    }

    pub(super) fn to_value(&self) -> Value {
        let mut value = json!({
            "uri": self.uri.as_str(),
            "targets": self.targets,
            "permissions": self.permissions,
            "requirements": self.requirements.names(),
            "sharedSecret": self.secret.expose_secret(),
        });
        for (name, text) in [("appName", &self.app_name), ("appIconHint", &self.app_icon_hint)] {
            if let Some(text) = text {
                value[name] = text.as_str().into();
            }
        }
        if !self.media_types.is_empty() {
            value["mediaTypes"] = self.media_types.as_slice().into();
        }
        value
    }
}

fn texts(words: Vec<&str>) -> Vec<String> {
    words.into_iter().map(str::to_owned).collect()
}

fn is_media_type(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte))
    };
    text.len() <= 127
        && text
            .split_once('/')
            .is_some_and(|(kind, rest)| is_part(kind) && is_part(rest))
}
