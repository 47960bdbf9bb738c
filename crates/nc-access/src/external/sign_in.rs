//! Sign-ins at the issuer that are under way: each belongs to one browser, is used once, and ends after ten minutes.

use std::sync::Arc;

use nc_proto::{
    clock::Clock,
    oauth::{
        authorize::{Answer, AnswerError},
        error::AuthorizeError,
        form::Form,
        pkce::{self, Challenge},
        scope_list::ScopeList,
    },
};
use nc_store::{Digest, SealError, Sealer, Store, StoreError, TicketKind, TicketRecord};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Believed, IssuerError, Question, RelyingParty};
use crate::random::{self, NoRandomness};

/// How long a person has at the issuer.
const LASTS_S: i64 = 600;

/// What a sign-in is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The person gives this server a refresh token for the cloud.
    RefreshToken,
    /// The person shows who they are before they give an app password.
    AppPassword,
    /// The person signs in for a client that gets tokens of this server.
    Client {
        /// The request that waits; empty for none.
        rid: String,
    },
    /// The person wants to see the own page here, and comes back to this path.
    Page {
        /// A path of this server.
        next: String,
    },
}

/// Why a sign-in does not go on. Nothing of what the issuer wrote is in it.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No such sign-in of this browser: used, over, made up, or begun elsewhere.
    #[error("there is no such sign-in")]
    Unknown,
    /// The answer does not say that it comes from the issuer.
    #[error("the answer does not come from the issuer")]
    OtherIssuer,
    /// The answer cannot be read.
    #[error("the answer is incomplete")]
    Incomplete,
    /// The person, or the issuer, said no.
    #[error("the sign-in was refused")]
    Denied(AuthorizeError),
    /// The issuer gives nothing for it.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// The database.
    #[error("the store of sign-ins cannot be used")]
    Store(#[from] StoreError),
    /// The key.
    #[error("a stored sign-in does not open")]
    Seal(#[from] SealError),
    /// A record that is damaged.
    #[error("a stored sign-in cannot be read")]
    Unreadable,
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

/// Who came back.
pub struct Arrived {
    /// What it was for.
    pub purpose: Purpose,
    /// Scopes that were asked for.
    pub asked: ScopeList,
    /// Who it is, and what was given.
    pub believed: Believed,
}

/// What is remembered. The verifier is sealed; with the rest nobody can do anything.
#[derive(Serialize, Deserialize)]
struct Remembered {
    purpose: Purpose,
    scope: String,
    resource: Option<String>,
    nonce: String,
    verifier: String,
    /// The client that asked: the code is for that one.
    #[serde(default)]
    client: String,
}

/// The sign-ins of all browsers.
#[derive(Clone)]
pub struct SignIns {
    party: Arc<RelyingParty>,
    store: Arc<dyn Store>,
    sealer: Arc<Sealer>,
    clock: Clock,
}

impl SignIns {
    /// Sign-ins at `party`.
    pub const fn new(party: Arc<RelyingParty>, store: Arc<dyn Store>, sealer: Arc<Sealer>, clock: Clock) -> Self {
        Self {
            party,
            store,
            sealer,
            clock,
        }
    }

    /// Where they happen.
    pub const fn party(&self) -> &Arc<RelyingParty> {
        &self.party
    }

    /// Begins one in the browser with this secret. Where the browser has to go.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn begin(
        &self,
        browser: &str,
        purpose: Purpose,
        scope: &ScopeList,
        resource: Option<&str>,
    ) -> Result<Url, SignInError> {
        let (state, nonce) = (random::secret()?, random::secret()?);
        let verifier = pkce::verifier(&random::bytes()?);
        let key = key(&state, browser);
        let sealed = self
            .sealer
            .seal(&place(key), verifier.expose_secret().as_bytes(), random::bytes()?)?;
        let consent = scope.contains("offline_access");
        let name = matches!(purpose, Purpose::Page { .. });
        let remembered = Remembered {
            purpose,
            scope: scope.to_string(),
            resource: resource.map(str::to_owned),
            nonce,
            verifier: hex::encode(sealed),
            client: self.party.client_id().to_string(),
        };
        let record = TicketRecord {
            kind: TicketKind::Callback,
            key,
            document: serde_json::to_string(&remembered).map_err(|_| SignInError::Unreadable)?,
            expires_at: self.now().saturating_add(LASTS_S),
        };
        let unit = self.store.begin().await?;
        unit.put_ticket(&record).await?;
        unit.commit().await?;
        Ok(self.party.sign_in_url(&Question {
            state: &state,
            nonce: &remembered.nonce,
            challenge: &Challenge::of(verifier.expose_secret()),
            scope,
            resource,
            consent,
            name,
        }))
    }

    /// What the browser with this secret came back with. The record is gone before anything else is looked at.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn finish(&self, browser: &str, answer: &Form) -> Result<Arrived, SignInError> {
        let state = answer.get("state").ok_or(SignInError::Unknown)?;
        let key = key(state, browser);
        let unit = self.store.begin().await?;
        let taken = unit.take_ticket(TicketKind::Callback, key, self.now()).await?;
        unit.commit().await?;
        let record = taken.ok_or(SignInError::Unknown)?;
        let remembered: Remembered = serde_json::from_str(&record.document).map_err(|_| SignInError::Unreadable)?;
        let answer = Answer::read(answer, self.party.issuer(), self.party.issuer_parameter());
        let answer = answer.map_err(|error| match error {
            AnswerError::Issuer => SignInError::OtherIssuer,
            AnswerError::Incomplete => SignInError::Incomplete,
        })?;
        let given = answer.outcome.map_err(SignInError::Denied)?;
        let code = given.code.ok_or(SignInError::Incomplete)?;
        // A code for a client that was replaced is worth nothing.
        if remembered.client != *self.party.client_id() {
            return Err(IssuerError::InvalidGrant.into());
        }
        let verifier = self.verifier(key, &remembered)?;
        let resource = remembered.resource.as_deref();
        let believed = self.party.redeem(&code, &verifier, &remembered.nonce, resource).await?;
        let asked = ScopeList::parse(&remembered.scope).map_err(|_| SignInError::Unreadable)?;
        Ok(Arrived {
            purpose: remembered.purpose,
            asked,
            believed,
        })
    }

    fn verifier(&self, key: Digest, remembered: &Remembered) -> Result<SecretString, SignInError> {
        let sealed = hex::decode(&remembered.verifier).map_err(|_| SignInError::Unreadable)?;
        let plain = self.sealer.open(&place(key), &sealed)?;
        let text = std::str::from_utf8(&plain).map_err(|_| SignInError::Unreadable)?;
        Ok(text.into())
    }

    fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }
}

/// Of `state` and browser together, so that neither alone finds anything.
fn key(state: &str, browser: &str) -> Digest {
    Digest::of(&serde_json::json!(["callback", state, browser]).to_string())
}

fn place(key: Digest) -> String {
    format!(
        "tickets|{}|{}",
        TicketKind::Callback.word(),
        hex::encode(key.as_bytes())
    )
}
