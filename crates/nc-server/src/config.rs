//! Configuration in two stages: as written ([`Layers`]), then checked and typed ([`Config`]).

mod database;
mod document_hosts;
mod documents;
mod external_issuers;
mod federation;
mod issuer;
mod layers;
mod peer;
mod reference;
mod resolve;
mod setting;

pub use database::Database;
pub use documents::DocumentSettings;
pub use external_issuers::ExternalIssuersConfig;
pub use federation::FederationSettings;
pub(crate) use issuer::UNVERIFIED;
pub use issuer::{CloudAccessKind, ExternalClient, IssuerSettings};
pub use layers::{ConfigError, Environment, Layers, Source};
pub use reference::{reference, schema, show};
pub use resolve::{
    Account, CloudSettings, Config, EmbeddedSettings, LogFormat, Mode, OAuthSettings, ServerSettings, ToolSettings,
};
pub use setting::{Kind, SETTINGS, Setting};
