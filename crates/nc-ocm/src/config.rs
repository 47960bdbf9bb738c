use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use nc_proto::ocm::PeerHost;
use url::{Host, Url};

use crate::{OcmError, signature::SigningAlgorithm};

/// How messages to other servers are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboundSignatures {
    /// RFC 9421 where the other server can, else draft-cavage where it can, else not at all.
    Auto,
    /// RFC 9421 only.
    Rfc9421,
    /// draft-cavage only.
    Cavage,
    /// Not at all.
    Off,
}

/// Which messages of other servers have to be signed. The token endpoint never asks for less than [`Self::IfCapable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InboundSignatures {
    /// Those of servers that say they can sign, or that ever did.
    IfCapable,
    /// All.
    Require,
    /// None; a signature that is there is checked.
    Optional,
}

/// How a share is offered to a server that can exchange tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// The secret opens nothing; it is only exchanged.
    Strict,
    /// The secret may be exchanged, and opens the files as well.
    Optional,
    /// The secret opens the files.
    Off,
}

/// What an operator decides. [`OcmConfig::new`] is what ships.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct OcmConfig {
    /// How others reach this server: scheme and authority only.
    pub public_origin: Url,
    /// The name of this server that others show.
    pub provider_name: String,
    /// Path of the page at which people here take invitations, where there is one. Others send people there.
    pub invite_accept_dialog: Option<String>,
    /// How messages are signed.
    pub outbound: OutboundSignatures,
    /// What signatures by RFC 9421 for single servers are made with. Nobody says in discovery what they verify.
    pub algorithm_to: BTreeMap<PeerHost, SigningAlgorithm>,
    /// Which messages have to be signed.
    pub inbound: InboundSignatures,
    /// Whether RSA (`RS256`, `PS512`) is believed in RFC 9421 too. Never in draft-cavage's place.
    pub allow_rsa: bool,
    /// How far ahead `created` may be.
    pub skew: Duration,
    /// How old a signature may be.
    pub window: Duration,
    /// Life of an access token.
    pub token_ttl: Duration,
    /// Whether access tokens are signed with Ed25519 and not with P-256.
    pub token_ed25519: bool,
    /// Whether only servers that exchange tokens may share with people here.
    pub must_exchange_token: bool,
    /// How shares are offered where the other server can exchange tokens and sign.
    pub offer: Offer,
    /// The same for single servers.
    pub offer_to: BTreeMap<String, Offer>,
    /// Whether shares are made with servers that cannot exchange tokens.
    pub legacy_basic: bool,
    /// The last day on which the secret of such a share opens anything, Unix seconds; `None`: no end.
    pub legacy_basic_until: Option<i64>,
    /// Only these servers, where not empty.
    pub allow: BTreeSet<String>,
    /// Not these servers.
    pub deny: BTreeSet<String>,
    /// Hosts of endpoints that differ from the server that names them: `(server, host of the endpoint)`.
    pub same_authority_exceptions: BTreeSet<(String, String)>,
    /// Longest wait for another server.
    pub timeout: Duration,
    /// Largest document of another server, bytes.
    pub max_response: usize,
    /// How often what has ended is cleared.
    pub cleanup_interval: Duration,
    /// Whether other servers may be in private networks. Only for trials on this machine.
    pub allow_private: bool,
    /// Whether other servers may be reached without TLS. Only for trials on this machine.
    pub allow_http: bool,
    /// Certificate authorities in PEM form that are trusted beside the system's when other servers are asked.
    pub extra_roots_pem: Vec<u8>,
    /// Most shares an hour that one server may send.
    pub shares_per_host_per_hour: u32,
    /// Most token requests a minute for one share.
    pub token_requests_per_share_per_minute: u32,
    /// Most tokens of one share that are live at a time; beyond it the oldest ends.
    pub live_tokens_per_share: usize,
    /// Whether the old name `ocm_share` of the grant is understood.
    pub ocm_share_grant: bool,
}

impl OcmConfig {
    /// The usual one for a server at this origin.
    pub fn new(public_origin: Url) -> Self {
        Self {
            public_origin,
            provider_name: "Embedded cloud".to_owned(),
            invite_accept_dialog: None,
            outbound: OutboundSignatures::Auto,
            algorithm_to: BTreeMap::new(),
            inbound: InboundSignatures::IfCapable,
            allow_rsa: false,
            skew: Duration::from_mins(1),
            window: Duration::from_mins(5),
            token_ttl: Duration::from_mins(10),
            token_ed25519: false,
            must_exchange_token: false,
            offer: Offer::Strict,
            offer_to: BTreeMap::new(),
            legacy_basic: true,
            legacy_basic_until: None,
            allow: BTreeSet::new(),
            deny: BTreeSet::new(),
            same_authority_exceptions: BTreeSet::new(),
            timeout: Duration::from_secs(10),
            max_response: 64 << 10,
            cleanup_interval: Duration::from_mins(15),
            allow_private: false,
            allow_http: false,
            extra_roots_pem: Vec::new(),
            shares_per_host_per_hour: 100,
            token_requests_per_share_per_minute: 30,
            live_tokens_per_share: 32,
            ocm_share_grant: false,
        }
    }

    /// Whether it can be used: what weakens the guard is for a server that only this machine reaches.
    pub(crate) fn check(&self) -> Result<(), OcmError> {
        let refuse = |why: &str| Err(OcmError::Configuration(why.to_owned()));
        let origin = &self.public_origin;
        if origin.host().is_none() || origin.path() != "/" || origin.query().is_some() || !origin.username().is_empty()
        {
            return refuse("its public origin must be scheme and host only, such as https://cloud.example.org");
        }
        if (self.allow_private || self.allow_http) && !is_loopback(origin) {
            return refuse("private networks and plain http are for a server at 127.0.0.1, [::1] or localhost only");
        }
        if origin.scheme() != "https" && !self.allow_http {
            return refuse("its public origin must begin with https://");
        }
        if !(60..=3600).contains(&self.token_ttl.as_secs()) {
            return refuse("access tokens live 60 to 3600 seconds");
        }
        Ok(())
    }
}

fn is_loopback(origin: &Url) -> bool {
    match origin.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(origin: &str) -> OcmConfig {
        OcmConfig::new(origin.parse().expect("a URL"))
    }

    #[test]
    fn a_weakened_guard_is_for_loopback_only() {
        for origin in ["http://127.0.0.1:8080", "http://[::1]:1", "http://localhost:9"] {
            let weak = OcmConfig {
                allow_private: true,
                allow_http: true,
                ..config(origin)
            };
            assert!(weak.check().is_ok(), "{origin}");
        }
        for origin in [
            "https://cloud.example.org",
            "https://10.0.0.1",
            "https://localhost.example.org",
        ] {
            assert!(config(origin).check().is_ok(), "{origin}");
            for (allow_private, allow_http) in [(true, false), (false, true)] {
                let weak = OcmConfig {
                    allow_private,
                    allow_http,
                    ..config(origin)
                };
                assert!(weak.check().is_err(), "{origin}");
            }
        }
    }

    #[test]
    fn an_origin_is_https_and_nothing_more() {
        for origin in [
            "http://cloud.example.org",
            "https://cloud.example.org/sub",
            "https://a@cloud.example.org",
            "data:x",
        ] {
            assert!(config(origin).check().is_err(), "{origin}");
        }
    }
}
