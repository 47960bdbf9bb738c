//! Other servers: what they can do, which keys they have, and messages to them.
//!
//! Everything is asked behind the guard of [`nc_auth::fetch::GuardedClient`], with limits on size, time and number. What was
//! learned is kept: in memory, and for servers that have signed a message here in the database as well.

mod cavage_keys;
mod clocks;
mod discovery;
mod document;
mod error;
mod keys;
mod post;
mod record;
mod slots;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use nc_auth::fetch::{GuardedClient, Network, PlainHttp, Reach};
use nc_proto::ocm::PeerHost;
use reqwest::Certificate;

use crate::{Ocm, OcmConfig, OcmError, limits::Window};

pub use discovery::{Freshness, Peer};
pub use error::{NetError, PeerFault};
pub use post::PeerAnswer;
pub use record::{KnownPeer, PeerDocument, list_peers, reset_peer_key};
pub(crate) use {
    cavage_keys::CavageFound,
    discovery::Cause,
    keys::{KeyFault, kid_is_short},
    post::is_nextcloud,
    record::{change_peer, peer_document},
};

/// Most documents a minute that are fetched because a server asked here that never signed a good message.
const STRANGERS_PER_MINUTE: u32 = 60;

/// What asking other servers needs, and what is remembered of them.
pub(crate) struct Net {
    pub(crate) client: GuardedClient,
    slots: slots::Slots,
    sent: post::Sent,
    clocks: clocks::Clocks,
    strangers: Window<()>,
    allow: BTreeSet<PeerHost>,
    deny: BTreeSet<PeerHost>,
    /// Normalised: `(server, host of the endpoint)`.
    pub(crate) exceptions: BTreeSet<(String, String)>,
}

impl Net {
    pub(crate) fn new(config: &OcmConfig, network: Arc<dyn Network>) -> Result<Self, OcmError> {
        let client = client(config, network, config.timeout)?;
        let exceptions = config.same_authority_exceptions.iter();
        Ok(Self {
            client,
            slots: slots::Slots::new(),
            sent: post::Sent::new(),
            clocks: clocks::Clocks::default(),
            strangers: Window::new(STRANGERS_PER_MINUTE, 60),
            allow: config.allow.iter().map(|text| host(text)).collect::<Result<_, _>>()?,
            deny: config.deny.iter().map(|text| host(text)).collect::<Result<_, _>>()?,
            exceptions: exceptions
                .map(|(server, other)| Ok((host(server)?.to_string(), host(other)?.to_string())))
                .collect::<Result<_, OcmError>>()?,
        })
    }

    /// Whether shares with a server are allowed at all.
    fn allows(&self, host: &PeerHost) -> bool {
        !self.deny.contains(host) && (self.allow.is_empty() || self.allow.contains(host))
    }
}

/// A client for other servers that waits so long for a connection, and in each pause of an answer.
pub(crate) fn client(
    config: &OcmConfig,
    network: Arc<dyn Network>,
    pause: Duration,
) -> Result<GuardedClient, OcmError> {
    let reach = if config.allow_private {
        Reach::Anywhere
    } else {
        Reach::Public
    };
    let plain_http = if config.allow_http {
        PlainHttp::Allowed
    } else {
        PlainHttp::Refused
    };
    let unreadable = || OcmError::Configuration("its certificate authorities cannot be read as PEM".to_owned());
    let pem = config.extra_roots_pem.as_slice();
    let roots = Certificate::from_pem_bundle(pem).map_err(|_| unreadable())?;
    if roots.is_empty() && !pem.is_empty() {
        return Err(unreadable());
    }
    GuardedClient::over(network, reach, plain_http, pause, roots)
        // Certificates are only read in full here.
        .map_err(|_| if pem.is_empty() { OcmError::Configuration("TLS cannot be set up".to_owned()) } else { unreadable() })
}

fn host(text: &str) -> Result<PeerHost, OcmError> {
    PeerHost::parse(text).map_err(|_| OcmError::Configuration(format!("{text:?} is not the name of a server")))
}

impl Ocm {
    /// Whether shares with a server are allowed at all: by the lists of the operator.
    pub fn allows(&self, host: &PeerHost) -> bool {
        self.0.net.allows(host)
    }

    /// The client for requests to other servers that carry no signature: to their files.
    pub fn guarded_client(&self) -> &GuardedClient {
        &self.0.net.client
    }
}
