//! Tokens of an issuer elsewhere: the `oidc` app of a Nextcloud, Keycloak, the embedded cloud.
//!
//! * [`discover`]: what the issuer says about itself, checked before anything is served.
//! * [`Registration`]: the client that this server is there.
//! * [`ExternalTokens`]: whose token it is, by signature or by introspection.
//! * [`ExternalAccess`]: another token of the same person for the cloud, by token exchange.

mod access;
mod client;
mod client_file;
mod discovery;
mod endpoints;
mod exchange;
mod introspection;
mod patience;
mod provisioning;
mod refreshed;
mod registrar;
mod registration;
mod relying_party;
mod sign_in;
mod tokens;
mod unregister;

pub use access::ExternalAccess;
pub use client::OwnClient;
pub use client_file::{ClientFile, StoredClient};
pub use discovery::{Discovered, Place, discover};
pub use endpoints::{Bases, Party, is_protected, rewrite};
pub use exchange::Exchange;
pub use patience::patiently;
pub use provisioning::{Asked, Links};
pub use refreshed::Refreshed;
pub use registrar::Registrar;
pub use registration::Registration;
pub use relying_party::{Believed, CALLBACK, IssuerError, Question, RelyingParty, Tokens};
pub use sign_in::{Arrived, Purpose, SignInError, SignIns};
pub use tokens::ExternalTokens;
pub use unregister::{UnregisterError, unregister};

use std::path::PathBuf;

use nc_auth::fetch::FetchError;
use nc_proto::oauth::metadata::MetadataError;

/// Why the server does not start. The texts say what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Nothing, or something else, is at the address.
    #[error("the issuer's discovery document at {url} cannot be fetched")]
    Unfetched {
        /// The address.
        url: String,
        /// Why.
        #[source]
        source: FetchError,
    },
    /// It cannot be used.
    #[error("the issuer's discovery document at {url} cannot be used")]
    Unusable {
        /// The address.
        url: String,
        /// Why.
        #[source]
        source: MetadataError,
    },
    /// It describes somebody else.
    #[error(
        "the discovery document at {url} is of another issuer than {expected}; set NEXTCLOUD_PUBLIC_ISSUER_URL to the issuer that you trust, to the letter"
    )]
    OtherIssuer {
        /// The address.
        url: String,
        /// Who was expected.
        expected: String,
    },
    /// An endpoint is missing or no address.
    #[error("the issuer's discovery document names no usable {0}")]
    NoEndpoint(&'static str),
    /// No keys.
    #[error("the issuer's keys (jwks_uri) cannot be fetched")]
    NoKeys,
    /// No client, and no way to one.
    #[error(
        "the issuer lets nobody register clients: make a client there for this server and set NEXTCLOUD_OIDC_CLIENT_ID and NEXTCLOUD_OIDC_CLIENT_SECRET"
    )]
    NoRegistration,
    /// Others may read the secret.
    #[error("{0} may be read by others: `chmod 600` it, or delete it to register anew")]
    OpenFile(PathBuf),
    /// The file is damaged.
    #[error("{0} cannot be read as a registered client: delete it to register anew")]
    DamagedFile(PathBuf),
    /// The file system.
    #[error("{0} cannot be used")]
    File(PathBuf, #[source] std::io::Error),
    /// The registration could not be sent.
    #[error("this server cannot be registered at the issuer")]
    Unregistered(#[source] FetchError),
    /// The registration was refused.
    #[error(
        "the issuer refuses to register this server (status {0}): set NEXTCLOUD_OIDC_CLIENT_ID and NEXTCLOUD_OIDC_CLIENT_SECRET, or NEXTCLOUD_OIDC_INITIAL_ACCESS_TOKEN"
    )]
    RegistrationRefused(u16),
    /// The answer makes no sense.
    #[error("the issuer's answer to the registration cannot be read, or gives no secret")]
    RegistrationAnswer,
}
