//! Deleting the client that this server registered (RFC 7592 §2.3).

use std::path::PathBuf;

use nc_auth::fetch::{FetchError, GuardedFetch};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{Bases, ClientFile, Party, StartError, rewrite};

/// Why the client is still there. The texts say what to do.
#[derive(Debug, thiserror::Error)]
pub enum UnregisterError {
    /// The file.
    #[error(transparent)]
    File(#[from] StartError),
    /// The settings are for another issuer.
    #[error("{path} holds a client of the issuer {kept}: set OIDC_DISCOVERY_URL to that one's to delete it")]
    OtherIssuer {
        /// The file.
        path: PathBuf,
        /// Who registered it.
        kept: String,
    },
    /// The issuer does not offer it.
    #[error(
        "the issuer did not say how its client {client} is deleted: delete it there as an administrator, and then {path}"
    )]
    NotOffered {
        /// Its id.
        client: String,
        /// The file.
        path: PathBuf,
    },
    /// The issuer refuses.
    #[error(
        "the issuer does not delete the client {client} (status {status}); it may be gone already, or the registration token may have been replaced: look there as an administrator, and then delete {path}"
    )]
    Refused {
        /// Its id.
        client: String,
        /// The answer.
        status: u16,
        /// The file.
        path: PathBuf,
    },
    /// Nobody answered.
    #[error("the issuer cannot be asked to delete the client {client}: try again later")]
    Unasked {
        /// Its id.
        client: String,
        /// Why.
        #[source]
        source: FetchError,
    },
}

/// Deletes the client of `file` at the issuer that registered it, and then the file. Its id; `None` when there is none.
///
/// # Errors
/// [`UnregisterError`]: client and file are still there.
pub async fn unregister(
    file: &ClientFile,
    issuer: &str,
    bases: &Bases,
    fetch: &GuardedFetch,
) -> Result<Option<String>, UnregisterError> {
    let Some(kept) = file.read()? else { return Ok(None) };
    let (client, path) = (kept.client_id, file.path().to_owned());
    if !kept.issuer.is_empty() && kept.issuer != issuer {
        return Err(UnregisterError::OtherIssuer {
            path,
            kept: kept.issuer,
        });
    }
    let at = kept.registration_client_uri.and_then(|uri| Url::parse(&uri).ok());
    let (Some(at), Some(token)) = (at, kept.registration_access_token) else {
        return Err(UnregisterError::NotOffered { client, path });
    };
    let header = SecretString::from(format!("Bearer {}", token.expose_secret()));
    match fetch
        .delete(&rewrite(&at, Party::Server, bases), header.expose_secret())
        .await
    {
        // Another server may have deleted it before.
        Ok(200 | 202 | 204 | 404 | 410) => {
            file.delete()?;
            Ok(Some(client))
        }
        Ok(status) => Err(UnregisterError::Refused { client, status, path }),
        Err(source) => Err(UnregisterError::Unasked { client, source }),
    }
}
