//! What another server says that it can do.

use std::sync::Arc;

use nc_proto::ocm::{Discovery, MESSAGE_MAX_DEPTH, PeerHost, json};
use url::Url;

use super::{NetError, PeerFault, record::peer_document, slots::DiscoverySlot, slots::is_within};
use crate::{Ocm, OcmError};

const DAY_S: i64 = 24 * 60 * 60;
const HOUR_S: i64 = 60 * 60;
/// How long a failure is remembered.
const FAILED_S: i64 = 5 * 60;
/// The shortest time between two fetches.
pub(super) const ASKED_S: i64 = 30;

/// How new what is known of another server has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Of the last day.
    Day,
    /// Of the last hour, where the server can be reached: before a token is asked for.
    Hour,
    /// New, if it was not fetched in the last 30 seconds.
    New,
}

/// On whose behalf another server is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Somebody here.
    Own,
    /// A message that came from somewhere.
    Message,
}

/// Another server, as it describes itself.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Which.
    pub host: PeerHost,
    /// Its root, with the scheme that it answered on.
    pub origin: Url,
    /// What it can do, and where. Text of a stranger that was checked.
    pub discovery: Discovery,
    /// When it said so.
    pub fetched_at: i64,
}

impl Ocm {
    /// Another server, as it describes itself. What is known is used; else it is asked, by one at a time.
    ///
    /// # Errors
    /// [`NetError`]
    pub async fn peer(&self, host: &PeerHost, plain_http: bool, freshness: Freshness) -> Result<Arc<Peer>, NetError> {
        self.peer_for(host, plain_http, freshness, Cause::Own).await
    }

    pub(crate) async fn peer_for(
        &self,
        host: &PeerHost,
        plain_http: bool,
        freshness: Freshness,
        cause: Cause,
    ) -> Result<Arc<Peer>, NetError> {
        if !self.allows(host) {
            return Err(NetError::NotAllowed);
        }
        let slot = self.0.net.slots.of(host);
        let mut slot = slot.discovery.lock().await;
        if !slot.is_loaded {
            slot.good = self.kept_peer(host).await?;
            slot.is_loaded = true;
        }
        let now = self.now();
        let usable = slot.good.clone().filter(|peer| is_within(peer.fetched_at, now, DAY_S));
        if let Some(peer) = &usable {
            let is_enough = match freshness {
                Freshness::Day => true,
                Freshness::Hour => is_within(peer.fetched_at, now, HOUR_S),
                Freshness::New => slot.asked_at.is_some_and(|at| is_within(at, now, ASKED_S)),
            };
            if is_enough {
                return Ok(Arc::clone(peer));
            }
        }
        if let Some((at, fault)) = slot.failed
            && is_within(at, now, FAILED_S)
        {
            return usable.filter(|_| fault.is_transient()).ok_or(fault.into());
        }
        self.may_ask(host, cause).await?;
        slot.asked_at = Some(now);
        self.fetch_into(&mut slot, host, plain_http, now)
            .await
            .or_else(|error| match error {
                // What was known for less than a day outlives that nobody answers now.
                NetError::Peer(fault) if fault.is_transient() => usable.ok_or(error),
                _ => Err(error),
            })
    }

    async fn fetch_into(
        &self,
        slot: &mut DiscoverySlot,
        host: &PeerHost,
        plain_http: bool,
        now: i64,
    ) -> Result<Arc<Peer>, NetError> {
        let fetched = tokio::time::timeout(self.0.config.timeout, self.discover(host, plain_http)).await;
        let (origin, text, discovery) = match fetched.unwrap_or(Err(PeerFault::Unreachable)) {
            Ok(found) => found,
            Err(fault) => {
                tracing::info!(host = %host, fault = %fault, "another server cannot be asked what it can do");
                slot.failed = Some((now, fault));
                if !fault.is_transient() {
                    slot.good = None;
                }
                return Err(fault.into());
            }
        };
        let is_plain = origin.scheme() == "http";
        let peer = Arc::new(Peer {
            host: host.clone(),
            origin,
            discovery,
            fetched_at: now,
        });
        slot.failed = None;
        slot.good = Some(Arc::clone(&peer));
        self.keep(host, |document| {
            document.discovery = Some(text);
            document.discovery_fetched_at = Some(now);
            document.plain_http = is_plain;
        })
        .await?;
        Ok(peer)
    }

    /// Asks where a server may answer. Without TLS only in trials, and there first as this server itself is reached.
    async fn discover(&self, host: &PeerHost, plain_http: bool) -> Result<(Url, String, Discovery), PeerFault> {
        let config = &self.0.config;
        let is_plain_here = config.public_origin.scheme() == "http";
        let origins = match (config.allow_http, plain_http) {
            (false, _) => vec![host.origin(false)],
            (true, true) => vec![host.origin(true)],
            (true, false) => vec![host.origin(is_plain_here), host.origin(!is_plain_here)],
        };
        let mut fault = PeerFault::Unreachable;
        for origin in origins {
            match self.discover_at(host, &origin).await {
                Ok((text, discovery)) => return Ok((origin, text, discovery)),
                Err(found @ (PeerFault::Unreachable | PeerFault::Status(_))) => fault = found,
                Err(found) => return Err(found),
            }
        }
        Err(fault)
    }

    async fn discover_at(&self, host: &PeerHost, origin: &Url) -> Result<(String, Discovery), PeerFault> {
        let mut fault = PeerFault::NotOcm("it has no such document");
        for path in ["/.well-known/ocm", "/ocm-provider/"] {
            let url = origin.join(path).map_err(|_| PeerFault::Forbidden)?;
            let body = match self.document(&url).await {
                Ok(body) => body,
                Err(found @ PeerFault::Status(_)) => {
                    fault = found;
                    continue;
                }
                Err(found) => return Err(found),
            };
            if json::read(&body, self.0.config.max_response, MESSAGE_MAX_DEPTH).is_err() {
                fault = PeerFault::NotOcm("its document is not acceptable JSON");
                continue;
            }
            let discovery = self.read_discovery(host, &body)?;
            let text = String::from_utf8(body.to_vec()).map_err(|_| PeerFault::NotOcm("its document is not text"))?;
            return Ok((text, discovery));
        }
        Err(fault)
    }

    /// Reads a document, and refuses one whose addresses lead to another server.
    fn read_discovery(&self, host: &PeerHost, body: &[u8]) -> Result<Discovery, PeerFault> {
        let refuse = |error: &dyn std::error::Error| {
            tracing::info!(host = %host, error = %error, "a document of another server is refused");
        };
        let discovery = Discovery::parse(body).map_err(|error| {
            refuse(&error);
            PeerFault::NotOcm("its document is not valid")
        })?;
        let net = &self.0.net;
        discovery
            .check_endpoints(host, &net.exceptions, self.0.config.allow_http)
            .map_err(|error| {
                refuse(&error);
                PeerFault::NotOcm("its addresses lead to another server")
            })?;
        Ok(discovery)
    }

    /// What the database has. It was checked when it was written, but the rules may have changed since.
    async fn kept_peer(&self, host: &PeerHost) -> Result<Option<Arc<Peer>>, OcmError> {
        let Some((document, _)) = peer_document(self, host).await? else {
            return Ok(None);
        };
        let (Some(text), Some(fetched_at)) = (document.discovery, document.discovery_fetched_at) else {
            return Ok(None);
        };
        let is_plain = document.plain_http && self.0.config.allow_http;
        let discovery = self.read_discovery(host, text.as_bytes());
        Ok(discovery.ok().map(|discovery| {
            Arc::new(Peer {
                host: host.clone(),
                origin: host.origin(is_plain),
                discovery,
                fetched_at,
            })
        }))
    }

    /// Counts a fetch that a stranger causes, before it is made. Servers that have signed here are none, so that a flood of
    /// invented names does not shut them out.
    pub(super) async fn may_ask(&self, host: &PeerHost, cause: Cause) -> Result<(), NetError> {
        if cause == Cause::Own
            || self
                .0
                .store
                .find_peer(host.as_str())
                .await?
                .is_some_and(|peer| peer.ever_signed)
        {
            return Ok(());
        }
        let counted = self.0.net.strangers.count((), self.now());
        counted.map_err(|retry_after_s| NetError::Busy { retry_after_s })
    }
}
