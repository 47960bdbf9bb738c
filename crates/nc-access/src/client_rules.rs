//! What people decide about the clients that act for them, beside what the issuer lets these do: paused, narrowed, ended.
//! Looked at before anything else happens with a token.

mod record;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use moka::sync::Cache;
use nc_auth::{Caller, Scope, ScopeKind, ScopeSet, token::AuthContext};
use nc_proto::{clock::Clock, oauth::scope_list::ScopeList};
use nc_store::{AuditRecord, Digest, Store, StoreError, TicketKind, TicketRecord, Unit};
use serde_json::json;

pub use record::{ClientRule, PersonRules};

/// How old rules may be that another process may have changed. What this process changes counts at once.
const KNOWN_FOR_S: i64 = 5;
const PEOPLE: u64 = 10_000;
/// How exactly the last use of a client is known.
const USE_NOTED_EVERY_S: i64 = 60 * 60;
/// Rules that take nothing away are kept for so long after the last use.
const KEPT_FOR_S: i64 = 180 * 24 * 60 * 60;
/// The end of the year 9999: rules that take something away stay.
const NEVER: i64 = 253_402_300_799;

/// Why rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The database.
    #[error("the store of people's rules for clients cannot be used")]
    Store(#[from] StoreError),
    /// A record that is damaged.
    #[error("a person's rules for clients cannot be read")]
    Unreadable(#[from] serde_json::Error),
}

/// A decision of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// No client acts for the person.
    Pause,
    /// The clients go on, but for those that are paused on their own.
    Resume,
    /// This client does not act for the person.
    PauseClient(String),
    /// It goes on.
    ResumeClient(String),
    /// It may do no more than this, whatever its tokens say.
    Narrow(String, ScopeList),
    /// It may do again what its tokens say.
    Widen(String),
    /// The tokens that it has are worth nothing.
    End(String),
    /// It was ended where its tokens come from, so nothing is left to decide.
    Forget(String),
}

impl Decision {
    const fn event(&self) -> Option<&'static str> {
        match self {
            Self::Pause | Self::PauseClient(_) => Some("access.paused"),
            Self::Resume | Self::ResumeClient(_) => Some("access.resumed"),
            Self::Narrow(..) => Some("access.narrowed"),
            Self::Widen(_) => Some("access.widened"),
            Self::End(_) => Some("access.ended"),
            Self::Forget(_) => None,
        }
    }

    fn client(&self) -> Option<&str> {
        match self {
            Self::Pause | Self::Resume => None,
            Self::PauseClient(client)
            | Self::ResumeClient(client)
            | Self::Narrow(client, _)
            | Self::Widen(client)
            | Self::End(client)
            | Self::Forget(client) => Some(client),
        }
    }
}

/// Why a token that is good is not served.
#[derive(Debug)]
pub(crate) enum Held {
    /// The person paused this client, or all.
    Paused,
    /// The person ended what it was issued for.
    Ended,
    /// It cannot be found out.
    Failed(RulesError),
}

impl<E: Into<RulesError>> From<E> for Held {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

#[derive(Clone)]
struct Known {
    generation: u64,
    until: i64,
    rules: Arc<PersonRules>,
}

/// The rules of all people of one issuer.
pub struct ClientRules {
    store: Arc<dyn Store>,
    issuer: Arc<str>,
    page: String,
    clock: Clock,
    /// By subject.
    known: Cache<Arc<str>, Known>,
    /// Grows with each decision; what was read before one is not believed after it.
    generation: AtomicU64,
}

impl ClientRules {
    /// Rules in this store for the people of `issuer`, who change them at `page`.
    pub fn new(store: Arc<dyn Store>, issuer: &str, page: impl Into<String>, clock: Clock) -> Self {
        Self {
            store,
            issuer: issuer.into(),
            page: page.into(),
            clock,
            known: Cache::builder().max_capacity(PEOPLE).build(),
            generation: AtomicU64::new(0),
        }
    }

    /// Where people change them.
    pub fn page(&self) -> &str {
        &self.page
    }

    /// The rules of a person.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn get(&self, subject: &str) -> Result<PersonRules, RulesError> {
        let found = self
            .store
            .find_ticket(TicketKind::ClientRules, self.key(subject), self.now());
        read(found.await?.as_ref())
    }

    /// Changes them, with an entry in the audit log; from then on no request is served by the former ones. `false`: it was
    /// so before.
    ///
    /// # Errors
    /// When they cannot be changed; then nothing is.
    pub async fn decide(&self, subject: &str, decision: &Decision) -> Result<bool, RulesError> {
        let now = self.now();
        let unit = self.store.begin().await?;
        let key = self.key(subject);
        let mut rules = read(unit.find_ticket(TicketKind::ClientRules, key, now).await?.as_ref())?;
        let before = rules.clone();
        rules.apply(decision, now);
        if rules == before {
            return Ok(false);
        }
        self.put(unit.as_ref(), key, &rules).await?;
        if let Some(event) = decision.event() {
            let mut document = json!({ "subject": subject });
            document["client"] = decision.client().into();
            if let Decision::Narrow(_, scopes) = decision {
                document["scope"] = scopes.to_string().into();
            }
            let record = AuditRecord {
                at: now,
                event: event.to_owned(),
                document: document.to_string(),
            };
            unit.append_audit(&record).await?;
        }
        unit.commit().await?;
        self.generation.fetch_add(1, Ordering::SeqCst);
        Ok(true)
    }

    /// Lets a good token pass with what its person leaves of it.
    pub(crate) async fn admit(&self, mut token: AuthContext) -> Result<AuthContext, Held> {
        let now = self.now();
        let rules = self.known(&token.subject, now).await?;
        let rule = rules.clients.get(&*token.client);
        if rule.is_some_and(|rule| rule.is_ended(token.issued_at)) {
            return Err(Held::Ended);
        }
        let scopes = of_apps(&token.scopes);
        let is_noted = rule.is_some_and(|rule| {
            now < rule.last_used_at.saturating_add(USE_NOTED_EVERY_S)
                && rule.is_back()
                && scopes
                    .iter()
                    .all(|scope| rule.scopes.iter().any(|known| known == scope))
        });
        if !is_noted && let Err(error) = self.note_use(&token, &scopes, now).await {
            // Nobody has to wait for that.
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the use of a client could not be noted"
            );
        }
        if rules.paused_at.is_some() || rule.is_some_and(|rule| rule.paused_at.is_some()) {
            return Err(Held::Paused);
        }
        if let Some(ceiling) = rule.and_then(|rule| rule.ceiling.as_ref()) {
            let left = |scope: &&str| !scopes.contains(scope) || ceiling.iter().any(|known| known == scope);
            let left = ScopeList::from_tokens(token.scopes.iter().filter(left));
            token.scopes = left.unwrap_or_default();
        }
        Ok(token)
    }

    /// Whether the person withholds something that the caller's tokens had, as of the request that was just admitted.
    pub(crate) fn withholds(&self, caller: &Caller, needed: ScopeSet) -> bool {
        let known = self.known.get(caller.subject.as_str());
        let rule = known
            .as_ref()
            .zip(caller.client.as_deref())
            .and_then(|(known, client)| known.rules.clients.get(client));
        rule.is_some_and(|rule| {
            let had = |scope: &Scope| rule.scopes.iter().any(|known| known == scope.as_str());
            needed.iter().filter(had).any(|scope| !rule.allows(scope.as_str()))
        })
    }

    async fn known(&self, subject: &Arc<str>, now: i64) -> Result<Arc<PersonRules>, RulesError> {
        let generation = self.generation.load(Ordering::SeqCst);
        let is_good = |known: &Known| known.generation == generation && now < known.until;
        if let Some(known) = self.known.get(subject).filter(is_good) {
            return Ok(known.rules);
        }
        let rules = Arc::new(self.get(subject).await?);
        let known = Known {
            generation,
            until: now.saturating_add(KNOWN_FOR_S),
            rules: Arc::clone(&rules),
        };
        self.known.insert(Arc::clone(subject), known);
        Ok(rules)
    }

    async fn note_use(&self, token: &AuthContext, scopes: &ScopeList, now: i64) -> Result<(), RulesError> {
        let key = self.key(&token.subject);
        let unit = self.store.begin().await?;
        let mut rules = read(unit.find_ticket(TicketKind::ClientRules, key, now).await?.as_ref())?;
        rules.note_use(&token.client, scopes, now);
        self.put(unit.as_ref(), key, &rules).await?;
        unit.commit().await?;
        self.known.invalidate(&token.subject);
        Ok(())
    }

    async fn put(&self, unit: &dyn Unit, key: Digest, rules: &PersonRules) -> Result<(), RulesError> {
        let record = TicketRecord {
            kind: TicketKind::ClientRules,
            key,
            document: serde_json::to_string(rules)?,
            expires_at: if rules.take_away() {
                NEVER
            } else {
                self.now().saturating_add(KEPT_FOR_S)
            },
        };
        Ok(unit.put_ticket(&record).await?)
    }

    fn key(&self, subject: &str) -> Digest {
        Digest::of(&json!(["client rules", self.issuer, subject]).to_string())
    }

    fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }
}

fn read(record: Option<&TicketRecord>) -> Result<PersonRules, RulesError> {
    match record {
        Some(record) => Ok(serde_json::from_str(&record.document)?),
        None => Ok(PersonRules::default()),
    }
}

/// The scopes that say what a client may do. Those about the person are not of this server.
fn of_apps(scopes: &ScopeList) -> ScopeList {
    let is_of_app = |scope: &&str| {
        scope
            .parse::<Scope>()
            .is_ok_and(|scope| scope.kind() != ScopeKind::Standard)
    };
    ScopeList::from_tokens(scopes.iter().filter(is_of_app)).unwrap_or_default()
}
