//! The file in which a registered client is kept between starts.

use std::{
    fs,
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

use super::StartError;

const NAME: &str = ".nextcloud_oauth_client.json";
/// A secret that ends sooner is used no more.
const AHEAD_S: i64 = 5 * 60;

/// A registered client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredClient {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    #[serde(serialize_with = "written")]
    pub client_secret: SecretString,
    /// When it was registered, Unix seconds.
    #[serde(default)]
    pub client_id_issued_at: i64,
    /// When the secret ends; 0 for never.
    #[serde(default)]
    pub client_secret_expires_at: i64,
    /// Where answers may be sent.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// For managing the registration.
    #[serde(default, serialize_with = "written_if_any")]
    pub registration_access_token: Option<SecretString>,
    /// Where to manage it.
    #[serde(default)]
    pub registration_client_uri: Option<String>,
    /// Who registered it; empty in a file that `nextcloud-mcp-server` wrote.
    #[serde(default)]
    pub issuer: String,
}

/// The file.
#[derive(Debug, Clone)]
pub struct ClientFile(PathBuf);

impl ClientFile {
    /// The one in this folder.
    pub fn within(folder: &Path) -> Self {
        Self(folder.join(NAME))
    }

    /// The client that this issuer registered, if its secret is still good. One that does not say who registered it is
    /// taken for this issuer's, once, if answers for it come to `redirect_uri`.
    pub fn find(&self, issuer: &str, redirect_uri: &str, now: i64) -> Result<Option<StoredClient>, StartError> {
        let Some(mut client) = self.read()? else {
            return Ok(None);
        };
        let is_unnamed = client.issuer.is_empty() && client.redirect_uris.iter().any(|uri| uri == redirect_uri);
        if is_unnamed {
            issuer.clone_into(&mut client.issuer);
        }
        if client.issuer != issuer || is_ending(client.client_secret_expires_at, now) {
            return Ok(None);
        }
        if is_unnamed {
            self.keep(&client)?;
            tracing::info!(
                client = client.client_id,
                "the client of a former server is used at this issuer"
            );
        }
        Ok(Some(client))
    }

    /// The client in it, whosever it is.
    pub(super) fn read(&self) -> Result<Option<StoredClient>, StartError> {
        let text = match fs::read(&self.0) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StartError::File(self.0.clone(), error)),
        };
        if self.is_open_to_others()? {
            return Err(StartError::OpenFile(self.0.clone()));
        }
        let client = serde_json::from_slice(&text).map_err(|_| StartError::DamagedFile(self.0.clone()))?;
        Ok(Some(client))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Deletes it.
    pub(super) fn delete(&self) -> Result<(), StartError> {
        fs::remove_file(&self.0).map_err(|error| StartError::File(self.0.clone(), error))
    }

    /// Keeps a client: written beside, then put in place, never readable by others.
    pub fn keep(&self, client: &StoredClient) -> Result<(), StartError> {
        self.write(client)
            .map_err(|error| StartError::File(self.0.clone(), error))
    }

    fn write(&self, client: &StoredClient) -> std::io::Result<()> {
        let beside = self.0.with_extension("json.new");
        // One that is left over may be open to others.
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(&Zeroizing::new(serde_json::to_vec_pretty(client)?))?;
        file.sync_all()?;
        fs::rename(&beside, &self.0)
    }

    #[cfg(unix)]
    fn is_open_to_others(&self) -> Result<bool, StartError> {
        let metadata = fs::metadata(&self.0).map_err(|error| StartError::File(self.0.clone(), error))?;
        Ok(std::os::unix::fs::MetadataExt::mode(&metadata) & 0o077 != 0)
    }

    #[cfg(not(unix))]
    fn is_open_to_others(&self) -> Result<bool, StartError> {
        Ok(false)
    }
}

/// Whether a secret with this end is to be replaced.
pub(super) const fn is_ending(ends_at: i64, now: i64) -> bool {
    ends_at != 0 && ends_at <= now.saturating_add(AHEAD_S)
}

fn written<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

#[expect(clippy::ref_option, reason = "the signature that serde calls")]
fn written_if_any<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => written(secret, serializer),
        None => serializer.serialize_none(),
    }
}
