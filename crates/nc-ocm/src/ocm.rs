use std::{fmt, sync::Arc};

use nc_auth::{
    federation::Residents,
    fetch::{Network, SystemNetwork},
};
use nc_proto::{clock::Clock, ocm::PeerHost};
use nc_store::{Sealer, Store};
use tokio::sync::Notify;

use crate::{
    OcmConfig, OcmError, Random,
    inbound::Limits,
    keys::{KeyParts, Keys},
    measures,
    net::Net,
    provider, receiver,
};

/// What Open Cloud Mesh is made of.
pub struct OcmParts {
    /// What an operator decides.
    pub config: OcmConfig,
    /// The database.
    pub store: Arc<dyn Store>,
    /// Opens and seals what is secret in it.
    pub sealer: Arc<Sealer>,
    /// People and files of this server.
    pub residents: Arc<dyn Residents>,
    /// The time.
    pub clock: Clock,
    /// Unguessable bytes.
    pub random: Random,
}

/// Open Cloud Mesh. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Ocm(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) config: OcmConfig,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) residents: Arc<dyn Residents>,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) own_host: PeerHost,
    pub(crate) net: Net,
    pub(crate) limits: Limits,
    pub(crate) provider: provider::State,
    pub(crate) keys: Keys,
    /// Wakes whoever sends messages.
    pub(crate) outbox: Notify,
    pub(crate) receiver: receiver::State,
}

impl Ocm {
    /// Opens it.
    ///
    /// # Errors
    /// When the configuration or the keys in the database cannot be used.
    pub async fn open(parts: OcmParts) -> Result<Self, OcmError> {
        Self::open_over(parts, Arc::new(SystemNetwork)).await
    }

    /// Opens it, with another resolver of names.
    ///
    /// # Errors
    /// When the configuration or the keys in the database cannot be used.
    pub async fn open_over(parts: OcmParts, network: Arc<dyn Network>) -> Result<Self, OcmError> {
        parts.config.check()?;
        measures::describe();
        let own_host = PeerHost::of_url(&parts.config.public_origin);
        let own_host = own_host.map_err(|_| OcmError::Configuration("its public origin names no host".to_owned()))?;
        let receiver = receiver::State::new(&parts.config, &network)?;
        let net = Net::new(&parts.config, network)?;
        let limits = Limits::new(&parts.config);
        let provider = provider::State::new(&parts.config);
        let keys = Keys::open(KeyParts {
            store: Arc::clone(&parts.store),
            sealer: Arc::clone(&parts.sealer),
            clock: parts.clock.clone(),
            random: parts.random.clone(),
            public_origin: parts.config.public_origin.clone(),
            token_ttl: parts.config.token_ttl,
        });
        let keys = keys.await?;
        Ok(Self(Arc::new(Inner {
            config: parts.config,
            store: parts.store,
            sealer: parts.sealer,
            residents: parts.residents,
            clock: parts.clock,
            random: parts.random,
            own_host,
            net,
            limits,
            provider,
            keys,
            outbox: Notify::new(),
            receiver,
        })))
    }

    /// The keys of this server.
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        self.0.clock.now().unix_timestamp()
    }
}

impl fmt::Debug for Ocm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Ocm({})", self.0.config.public_origin)
    }
}
