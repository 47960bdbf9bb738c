use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Value, json};
use url::{Host, Url};
use uuid::Uuid;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
    Webauthn, WebauthnBuilder, WebauthnError,
};

use super::CHALLENGE_FOR_S;
use crate::{Error, PasskeyRecord, ProviderConfig};

/// This server, as authenticators know it. Its id is the host of the issuer.
pub(in crate::browser) struct RelyingParty(Webauthn);

/// A question to an authenticator.
pub(super) struct Challenge {
    /// What the browser is asked with, as JSON.
    pub(super) options: String,
    /// What has to be known when the answer comes.
    pub(super) state: String,
}

/// What an authenticator made.
pub(super) struct Made {
    /// What it names it by.
    pub(super) credential_id: Vec<u8>,
    /// Public key, counter and flags, to be kept.
    pub(super) credential: String,
}

/// A good signature.
pub(super) struct Signed {
    /// Public key, counter and flags as they are now.
    pub(super) credential: String,
    /// Whether the key may be on several devices of its owner.
    pub(super) is_synced: bool,
}

/// Why an answer is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bad {
    /// It does not fit the challenge, this server or the key.
    Answer,
    /// Its counter does not lie after the last one: there may be two of this authenticator (`WebAuthn` §6.1.1).
    Counter,
}

/// An answer to a question for any passkey, not checked yet.
pub(super) struct Assertion(PublicKeyCredential);

impl RelyingParty {
    /// Of the issuer. `None`: browsers allow no passkeys at such an address (`WebAuthn` §5.1.3): an IP address, or no https
    /// and not this machine.
    pub(in crate::browser) fn of(config: &ProviderConfig) -> Option<Self> {
        let issuer = Url::parse(&config.issuer).ok()?;
        let Some(Host::Domain(host)) = issuer.host() else {
            return None;
        };
        let is_this_machine = host == "localhost" || host.ends_with(".localhost");
        if issuer.scheme() != "https" && !(issuer.scheme() == "http" && is_this_machine) {
            return None;
        }
        let origin = Url::parse(&issuer.origin().ascii_serialization()).ok()?;
        let lasts = Duration::from_secs(u64::try_from(CHALLENGE_FOR_S).ok()?);
        let builder = WebauthnBuilder::new(host, &origin).ok()?;
        builder.rp_name(&config.name).timeout(lasts).build().ok().map(Self)
    }

    /// Asks for a new passkey. `handle` names the account for its authenticator and says nothing about it; authenticators
    /// that have one of `known` already make no second one.
    pub(super) fn ask_for_new(
        &self,
        handle: &str,
        login: &str,
        name: &str,
        known: &[PasskeyRecord],
    ) -> Result<Challenge, Error> {
        let (asked, state) = self
            .0
            .start_passkey_registration(account(handle)?, login, name, None)
            .map_err(|error| failed(&error))?;
        let mut options = serde_json::to_value(&asked.public_key)?;
        // Not by the library, which calls such a key one of a wrong algorithm when it comes all the same. The store knows better.
        let known = known.iter().map(|record| {
            let id = BASE64_URL_SAFE_NO_PAD.encode(&record.credential_id);
            json!({ "type": "public-key", "id": id })
        });
        options["excludeCredentials"] = known.collect();
        // The library leaves it to the authenticator whether it can be found without a name; here nobody asks for one.
        let selection = options
            .pointer_mut("/authenticatorSelection")
            .and_then(Value::as_object_mut);
        let selection = selection.ok_or(Error::Internal("a passkey cannot be asked for"))?;
        selection.insert("residentKey".to_owned(), json!("required"));
        selection.insert("requireResidentKey".to_owned(), json!(true));
        Challenge::new(&options, &state)
    }

    /// Judges what came back: challenge, origin, this server's id, and that the person was verified.
    pub(super) fn check_new(&self, answer: &str, state: &str) -> Result<Result<Made, Bad>, Error> {
        let state: PasskeyRegistration = serde_json::from_str(state)?;
        let Ok(answer) = serde_json::from_str::<RegisterPublicKeyCredential>(answer) else {
            return Ok(Err(Bad::Answer));
        };
        let passkey = match self.0.finish_passkey_registration(&answer, &state) {
            Ok(passkey) => passkey,
            Err(error) => return Ok(Err(refused(&error))),
        };
        Ok(Ok(Made {
            credential_id: passkey.cred_id().clone(),
            credential: serde_json::to_string(&passkey)?,
        }))
    }

    /// Asks for any passkey that the person has here.
    pub(super) fn ask(&self) -> Result<Challenge, Error> {
        let (asked, state) = self
            .0
            .start_discoverable_authentication()
            .map_err(|error| failed(&error))?;
        Challenge::new(&asked.public_key, &state)
    }

    /// Judges what came back for `record`, whose account is `handle`.
    pub(super) fn check(
        &self,
        Assertion(answer): &Assertion,
        state: &str,
        record: &PasskeyRecord,
        handle: &str,
    ) -> Result<Result<Signed, Bad>, Error> {
        let state: DiscoverableAuthentication = serde_json::from_str(state)?;
        let mut passkey: Passkey = serde_json::from_str(&record.credential)?;
        let account = account(handle)?;
        let is_of_account = self
            .0
            .identify_discoverable_authentication(answer)
            .is_ok_and(|(named, id)| named == account && id == record.credential_id);
        if !is_of_account {
            return Ok(Err(Bad::Answer));
        }
        let signed = match self.0.finish_discoverable_authentication_v2(answer, state, &passkey) {
            Ok(signed) if signed.user_verified() => signed,
            Ok(_) => return Ok(Err(Bad::Answer)),
            Err(error) => return Ok(Err(refused(&error))),
        };
        passkey.update_credential(&signed);
        Ok(Ok(Signed {
            credential: serde_json::to_string(&passkey)?,
            is_synced: signed.backup_eligible(),
        }))
    }
}

impl Challenge {
    fn new(options: &impl Serialize, state: &impl Serialize) -> Result<Self, Error> {
        Ok(Self {
            options: serde_json::to_string(options)?,
            state: serde_json::to_string(state)?,
        })
    }
}

impl Assertion {
    /// What a browser sent.
    pub(super) fn parse(answer: &str) -> Option<Self> {
        serde_json::from_str(answer).ok().map(Self)
    }

    /// The credential that it says it is of.
    pub(super) fn credential_id(&self) -> &[u8] {
        self.0.get_credential_id()
    }
}

/// Subject identifiers are random UUIDs, which is what a user handle should be (`WebAuthn` §14.6.1).
fn account(handle: &str) -> Result<Uuid, Error> {
    Uuid::parse_str(handle).map_err(|_| Error::Internal("a subject identifier is no UUID"))
}

fn refused(error: &WebauthnError) -> Bad {
    tracing::debug!(%error, "a passkey was refused");
    match error {
        WebauthnError::CredentialPossibleCompromise => Bad::Counter,
        _ => Bad::Answer,
    }
}

fn failed(error: &WebauthnError) -> Error {
    tracing::error!(%error, "no challenge for a passkey");
    Error::Internal("a passkey cannot be asked for")
}
