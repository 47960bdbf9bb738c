//! Authorization server and `OpenID` provider, in two roles: the embedded cloud's `oidc` app, and the MCP server's own
//! authorization server. What differs is a [`Role`] (paths, defaults) and a [`SignIn`] (who asks for the password).
//!
//! * [`Provider`] is built once from a [`ProviderConfig`], a store, a key ring and a sign-in, and gives a router.
//! * Machine side: metadata, keys, tokens, introspection, revocation, user info, registration.
//! * Browser side: authorization requests, sign-in, consent, logout, connected apps.
//!
//! Tokens are believed by [`Provider`] itself through [`nc_auth::token::VerifyToken`].

pub mod admin;
mod audit;
mod browser;
mod claims;
mod clients;
mod config;
mod consents;
mod credentials;
mod directory;
mod error;
mod flow;
mod grants;
mod issue;
mod keys;
mod limits;
mod machine;
mod notices;
mod privacy;
mod proofs;
mod provider;
mod random;
mod registration;
mod resources;
mod settings;
mod tokens;
mod upkeep;
mod verifier;

pub use audit::{Audit, Event};
pub use browser::{Account, ConnectedClient, Narrowing};
pub use claims::{CUSTOM_CLAIM_FUNCTIONS, is_custom_claim_name};
pub use clients::{Client, ClientDocument, CustomClaim, GrantType};
pub use config::{Endpoint, Lifetimes, ProviderConfig, RegistrationMode, Role};
pub use directory::{
    CameBack, Checked, Directory, DirectoryError, ElsewhereAccounts, FreshPasskey, GrantedElsewhere, Group,
    IssuerAccounts, KeptPasskey, LocalAccounts, NotBack, PasskeyRecord, Passkeys, Person, PolledElsewhere, SignIn,
    StartedElsewhere,
};
pub use error::Error;
pub use flow::{Flow, FlowHost, Flows, SignedInElsewhere, Stage};
pub use grants::{AccessDocument, Authentication, CodeDocument, GrantDocument, RefreshDocument};
pub use keys::{KeyOptions, KeyRing, SigningKey};
pub use notices::end_sessions;
pub use provider::{Provider, subject_of};
pub use registration::InitialAccessDocument;
pub use resources::{Resource, ResourceDocument};
pub use settings::{AllowUserSettings, ClaimValue, Settings};
