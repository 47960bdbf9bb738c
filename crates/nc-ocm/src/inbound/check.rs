//! Who signed a message: the order of §6.3. What is plainly wrong causes no request to anybody.

use nc_proto::ocm::PeerHost;
use nc_store::Digest;

use super::{Inbound, SignatureRefusal};
use crate::{
    InboundSignatures, Ocm, OcmError,
    net::{Cause, CavageFound, Freshness, KeyFault, change_peer, kid_is_short, peer_document},
    signature::{self, CavageSignature, Claim, Found, Message, Rfc9421Signature, Rules},
};

/// How long a signature is remembered beyond the time in which it is accepted.
const REMEMBERED_S: i64 = 60;

/// What a message has to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A signature of either kind, from servers that can sign or ever did, or as the operator decides.
    Usual,
    /// A signature as RFC 9421 says; draft-cavage does not count. Missing, it is refused at least as [`Need::Usual`] would.
    TokenEndpoint {
        /// Whether the share demands it.
        strict: bool,
    },
}

/// What a message has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// A good signature as RFC 9421 says.
    Rfc9421,
    /// A good signature as draft-cavage says.
    Cavage,
    /// None, and none was needed.
    Unsigned,
}

impl Ocm {
    /// Checks that a message comes from a server: one that the caller knows, never the one that the message names.
    ///
    /// A signature that is there has to be good, whatever is needed. It is good once.
    ///
    /// # Errors
    /// [`SignatureRefusal`]
    pub async fn check_signature(
        &self,
        inbound: &Inbound,
        expected: &PeerHost,
        plain_http: bool,
        need: Need,
    ) -> Result<Checked, SignatureRefusal> {
        let outcome = self.check(inbound, expected, plain_http, need).await;
        let reason = match &outcome {
            Ok(Checked::Rfc9421) => "rfc9421",
            Ok(Checked::Cavage) => "cavage",
            Ok(Checked::Unsigned) => "unsigned",
            Err(refused) => refused.reason,
        };
        metrics::counter!("ocm_sig_verify_total", "reason" => reason).increment(1);
        outcome.map_err(|refused| {
            tracing::info!(host = %expected, reason, "a message is not believed to come from this server");
            refused.refusal
        })
    }

    /// Which server a message says that it was signed by: to find out whom it is about. Nothing is believed yet. `None`: there
    /// is no signature.
    pub(crate) fn claimed_signer(&self, inbound: &Inbound) -> Result<Option<PeerHost>, SignatureRefusal> {
        match self.read_signature(inbound) {
            Ok(found) => Ok(found.claim().map(|claim| claim.key_host().clone())),
            Err(refused) => {
                metrics::counter!("ocm_sig_verify_total", "reason" => refused.reason).increment(1);
                Err(refused.refusal)
            }
        }
    }

    async fn check(
        &self,
        inbound: &Inbound,
        expected: &PeerHost,
        plain_http: bool,
        need: Need,
    ) -> Result<Checked, Refused> {
        match self.read_signature(inbound)? {
            Found::Unsigned => self.check_unsigned(expected, plain_http, need).await,
            Found::Cavage(_) if matches!(need, Need::TokenEndpoint { .. }) => {
                Err(unauthorized("cavage at the token endpoint"))
            }
            Found::Cavage(found) => {
                self.check_signer(found.claim(), expected)?;
                self.check_cavage(&found, expected, plain_http).await
            }
            Found::Rfc9421(found) => {
                self.check_signer(found.claim(), expected)?;
                self.check_rfc9421(&found, expected, plain_http).await
            }
        }
    }

    /// All that can be said without a key.
    fn read_signature(&self, inbound: &Inbound) -> Result<Found, Refused> {
        let config = &self.0.config;
        let target_uri = signature::target_uri(&config.public_origin, &inbound.target);
        let message = Message {
            method: inbound.method.as_str(),
            target_uri: &target_uri,
            headers: &inbound.headers,
            body: &inbound.body,
        };
        let rules = Rules {
            now: self.now(),
            skew: config.skew,
            window: config.window,
        };
        signature::read(&message, &rules).map_err(|error| Refused {
            refusal: if error.is_malformed() {
                SignatureRefusal::Malformed
            } else {
                SignatureRefusal::Unauthorized
            },
            reason: error.reason(),
        })
    }

    fn check_signer(&self, claim: &Claim, expected: &PeerHost) -> Result<(), Refused> {
        if claim.key_host() != expected || !kid_is_short(claim.key_id()) {
            return Err(Refused {
                refusal: SignatureRefusal::WrongIdentity,
                reason: "signer",
            });
        }
        if !self.allows(expected) {
            return Err(Refused {
                refusal: SignatureRefusal::WrongIdentity,
                reason: "not_allowed",
            });
        }
        Ok(())
    }

    async fn check_rfc9421(
        &self,
        found: &Rfc9421Signature,
        expected: &PeerHost,
        plain_http: bool,
    ) -> Result<Checked, Refused> {
        let claim = found.claim();
        let key = self.verifying_key(expected, plain_http, claim.key_id()).await?;
        found.verify(&key).map_err(|error| unauthorized(error.reason()))?;
        self.note_signature(expected, claim.replay_key(), None).await?;
        Ok(Checked::Rfc9421)
    }

    async fn check_cavage(
        &self,
        found: &CavageSignature,
        expected: &PeerHost,
        plain_http: bool,
    ) -> Result<Checked, Refused> {
        let claim = found.claim();
        let mut refused = unauthorized("key");
        // What is remembered of its document may have an older key, if none is pinned.
        for freshness in [Freshness::Day, Freshness::New] {
            let published = self.cavage_key(expected, plain_http, claim.key_id(), freshness).await?;
            let Some(published) = published else { continue };
            match found.verify(&published.key) {
                Ok(()) => {
                    self.note_signature(expected, claim.replay_key(), Some(published))
                        .await?;
                    return Ok(Checked::Cavage);
                }
                Err(error) => refused = unauthorized(error.reason()),
            }
            if published.is_pinned {
                break;
            }
        }
        Err(refused)
    }

    /// After a good signature: it is not good again, the server has to sign from now on, and its draft-cavage key is pinned.
    async fn note_signature(
        &self,
        host: &PeerHost,
        replay_key: [u8; 32],
        pin: Option<CavageFound>,
    ) -> Result<(), Refused> {
        let now = self.now();
        let config = &self.0.config;
        let life = config.window + config.skew;
        let expires_at = now + i64::try_from(life.as_secs()).unwrap_or(i64::MAX / 2) + REMEMBERED_S;
        let unit = self.0.store.begin().await.map_err(OcmError::from)?;
        let name = Digest::of(&format!("ocm signature {host} {}", hex::encode(replay_key)));
        if !unit.see_once(name, expires_at, now).await.map_err(OcmError::from)? {
            metrics::counter!("ocm_replay_hits_total").increment(1);
            return Err(unauthorized("replay"));
        }
        let is_pinned = change_peer(unit.as_ref(), host, now, |document, ever_signed| {
            *ever_signed = true;
            let Some(found) = pin else { return true };
            // Somebody else may have pinned one meanwhile.
            let id = document.cavage_key_id.get_or_insert_with(|| found.key_id.clone());
            let pem = document.cavage_pem.get_or_insert_with(|| found.pem.clone());
            (&*id, &*pem) == (&found.key_id, &found.pem)
        });
        if !is_pinned.await? {
            return Err(unauthorized("another key is pinned"));
        }
        unit.commit().await.map_err(OcmError::from)?;
        Ok(())
    }

    async fn check_unsigned(&self, expected: &PeerHost, plain_http: bool, need: Need) -> Result<Checked, Refused> {
        if !self.allows(expected) {
            return Err(Refused {
                refusal: SignatureRefusal::WrongIdentity,
                reason: "not_allowed",
            });
        }
        let policy = match (need, self.0.config.inbound) {
            (Need::TokenEndpoint { strict: true }, _) | (_, InboundSignatures::Require) => {
                return Err(unauthorized("unsigned"));
            }
            (Need::TokenEndpoint { .. }, InboundSignatures::Optional) => InboundSignatures::IfCapable,
            (_, policy) => policy,
        };
        if let Some((document, ever_signed)) = peer_document(self, expected).await? {
            if document.cavage_key_id.is_some() {
                // As Nextcloud answers.
                return Err(Refused {
                    refusal: SignatureRefusal::Malformed,
                    reason: "unsigned",
                });
            }
            if ever_signed {
                return Err(unauthorized("unsigned"));
            }
        }
        if policy == InboundSignatures::Optional {
            return Ok(Checked::Unsigned);
        }
        let peer = self
            .peer_for(expected, plain_http, Freshness::Day, Cause::Message)
            .await?;
        if peer.discovery.can_sign() {
            return Err(unauthorized("unsigned"));
        }
        Ok(Checked::Unsigned)
    }
}

/// A refusal, and its name in metrics.
struct Refused {
    refusal: SignatureRefusal,
    reason: &'static str,
}

fn unauthorized(reason: &'static str) -> Refused {
    Refused {
        refusal: SignatureRefusal::Unauthorized,
        reason,
    }
}

impl From<OcmError> for Refused {
    fn from(error: OcmError) -> Self {
        Self {
            refusal: error.into(),
            reason: "failed",
        }
    }
}

impl From<crate::net::NetError> for Refused {
    fn from(error: crate::net::NetError) -> Self {
        Self {
            refusal: error.into(),
            reason: "keys_unreachable",
        }
    }
}

impl From<KeyFault> for Refused {
    fn from(fault: KeyFault) -> Self {
        match fault {
            KeyFault::None => unauthorized("key"),
            KeyFault::Net(error) => error.into(),
        }
    }
}
