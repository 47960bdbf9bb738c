//! Who signed a message: the order of §6.3. What is plainly wrong causes no request to anybody.

use nc_proto::ocm::PeerHost;

use super::{Inbound, SignatureRefusal};
use crate::{
    InboundSignatures, Ocm, OcmError,
    net::{Cause, Freshness, peer_document},
};

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

    async fn check(
        &self,
        inbound: &Inbound,
        expected: &PeerHost,
        plain_http: bool,
        need: Need,
    ) -> Result<Checked, Refused> {
        if ["signature", "signature-input"]
            .iter()
            .any(|name| inbound.headers.contains_key(*name))
        {
            return Err(unauthorized("unchecked"));
        }
        self.check_unsigned(expected, plain_http, need).await
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
        if policy == InboundSignatures::Optional {
            return Ok(Checked::Unsigned);
        }
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
