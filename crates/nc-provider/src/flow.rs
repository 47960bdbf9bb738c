//! A sign-in at the other Nextcloud, as it is stored: bound to a browser, and asked about by one task at a time.

use async_trait::async_trait;
use nc_store::{Digest, Sealer, Store, TicketKind, TicketRecord};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    ElsewhereAccounts, Error, GrantedElsewhere, PolledElsewhere, Provider, StartedElsewhere, credentials::discard,
    random,
};

/// How long a sign-in may take: the Nextcloud gives up then too.
const LASTS_S: i64 = 20 * 60;
/// How long after that it is remembered, so that whoever comes late is told, and what was granted late is taken back.
const REMEMBERED_S: i64 = 15 * 60;
/// For how long nobody else asks while one asks.
const LEASE_S: i64 = 60;
/// Most people need less than this, so until then it is asked about more often.
const BRISK_S: i64 = 60;

/// A sign-in under way.
#[derive(Clone, Serialize, Deserialize)]
pub struct Flow {
    /// [`Secrets`], sealed, in hexadecimal digits.
    sealed: String,
    /// When it began, Unix seconds.
    started_at: i64,
    /// Before this second nobody asks what came of it.
    next_poll_at: i64,
    /// Who signed in.
    outcome: Option<SignedInElsewhere>,
}

/// Who signed in, and when.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignedInElsewhere {
    /// Subject identifier.
    pub subject: String,
    /// Unix seconds.
    pub at: i64,
}

/// What nobody may read who reads the database: with the one the app password is fetched, with the other it is granted.
#[derive(Serialize, Deserialize)]
struct Secrets {
    token: String,
    login_url: String,
}

/// Where a sign-in is.
pub enum Stage {
    /// There is none, or it was completed in another tab.
    None,
    /// The person has not finished.
    Waiting(Flow),
    /// It took too long or was refused.
    Ended,
    /// The person signed in.
    SignedIn,
}

/// What the one who asks gets.
enum Turn {
    Stage(Stage),
    Poll(Flow),
}

/// Who starts sign-ins and keeps what comes of them.
#[async_trait]
pub trait FlowHost: Clone + Send + Sync + 'static {
    /// Where sign-ins are remembered.
    fn store(&self) -> &dyn Store;

    /// What seals their secrets.
    fn sealer(&self) -> &Sealer;

    /// Unix seconds.
    fn now(&self) -> i64;

    /// The accounts at which people sign in.
    fn accounts(&self) -> Option<&dyn ElsewhereAccounts>;

    /// Keeps an app password, or takes it back. The subject identifier of whose it is.
    async fn keep(&self, granted: GrantedElsewhere) -> Result<String, Error>;

    /// What was kept at `at` cannot be noted, so nobody will come for it.
    async fn abandon(&self, subject: &str, at: i64);
}

/// Where the sign-ins of one visit lie.
pub struct Flows<'a, H> {
    /// Who keeps what comes of them.
    pub host: &'a H,
    /// Digest of what the sign-in belongs to; of the browser's secret too.
    pub key: Digest,
}

impl<H> Clone for Flows<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H> Copy for Flows<'_, H> {}

impl Flow {
    /// Whether its time is over.
    pub const fn is_over(&self, now: i64) -> bool {
        now >= self.started_at.saturating_add(LASTS_S)
    }

    /// Whether somebody signed in.
    pub const fn is_done(&self) -> bool {
        self.outcome.is_some()
    }

    /// Seconds from one question to the next.
    pub const fn pause_s(&self, now: i64) -> u32 {
        if now < self.started_at.saturating_add(BRISK_S) {
            2
        } else {
            5
        }
    }

    /// When nothing of it is left.
    pub const fn ends_at(&self) -> i64 {
        self.started_at.saturating_add(LASTS_S + REMEMBERED_S)
    }
}

impl<H: FlowHost> Flows<'_, H> {
    /// The one that is stored.
    pub async fn find(self) -> Result<Option<Flow>, Error> {
        let store = self.host.store();
        let found = store.find_ticket(TicketKind::SignIn, self.key, self.host.now());
        read(found.await?.as_ref())
    }

    /// Stores one that was started, unless another tab did so meanwhile. The one that counts.
    pub async fn begin(self, started: &StartedElsewhere) -> Result<Flow, Error> {
        let now = self.host.now();
        let secrets = Secrets {
            token: started.token.expose_secret().to_owned(),
            login_url: started.login_url.clone(),
        };
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(&secrets)?);
        let sealed = self.host.sealer().seal(&self.place(), &plain, random::bytes()?)?;
        let flow = Flow {
            sealed: hex::encode(sealed),
            started_at: now,
            next_poll_at: now.saturating_add(2),
            outcome: None,
        };
        let unit = self.host.store().begin().await?;
        let known = read(unit.find_ticket(TicketKind::SignIn, self.key, now).await?.as_ref())?;
        if let Some(known) = known.filter(|known| !known.is_over(now)) {
            return Ok(known);
        }
        unit.put_ticket(&self.ticket(&flow)?).await?;
        unit.commit().await?;
        Ok(flow)
    }

    /// The page of the Nextcloud.
    pub fn login_url(self, flow: &Flow) -> Result<String, Error> {
        Ok(self.secrets(flow)?.login_url)
    }

    /// Looks what came of it, and asks the Nextcloud if it is time to.
    pub async fn look(self) -> Result<Stage, Error> {
        match self.turn().await? {
            Turn::Stage(stage) => Ok(stage),
            Turn::Poll(flow) => {
                // What is granted is given once. A browser that goes away must not stop it from being kept.
                let (host, key) = (self.host.clone(), self.key);
                let polled = tokio::spawn(async move { Flows { host: &host, key }.poll(flow).await });
                polled
                    .await
                    .map_err(|_| Error::Internal("asking about a sign-in broke off"))?
            }
        }
    }

    /// Takes the turn of asking, if nobody has it.
    async fn turn(self) -> Result<Turn, Error> {
        let now = self.host.now();
        let unit = self.host.store().begin().await?;
        let found = unit.find_ticket(TicketKind::SignIn, self.key, now).await?;
        let Some(mut flow) = read(found.as_ref())? else {
            return Ok(Turn::Stage(Stage::None));
        };
        if flow.is_done() {
            return Ok(Turn::Stage(Stage::SignedIn));
        }
        if now < flow.next_poll_at {
            let is_over = flow.is_over(now);
            return Ok(Turn::Stage(if is_over { Stage::Ended } else { Stage::Waiting(flow) }));
        }
        flow.next_poll_at = now.saturating_add(LEASE_S);
        unit.put_ticket(&self.ticket(&flow)?).await?;
        unit.commit().await?;
        Ok(Turn::Poll(flow))
    }

    async fn poll(self, mut flow: Flow) -> Result<Stage, Error> {
        let accounts = self.host.accounts();
        let accounts = accounts.ok_or(Error::Internal("nobody signs in elsewhere"))?;
        let token = SecretString::from(self.secrets(&flow)?.token);
        let polled = accounts.poll(&token).await;
        let now = self.host.now();
        let is_over = flow.is_over(now);
        match polled {
            Ok(PolledElsewhere::Granted(granted)) if is_over => {
                discard(accounts, granted).await;
                self.delete().await?;
                return Ok(Stage::Ended);
            }
            Ok(PolledElsewhere::Granted(granted)) => return self.finish(flow, granted).await,
            Ok(PolledElsewhere::Ended) => {
                self.delete().await?;
                return Ok(Stage::Ended);
            }
            Ok(PolledElsewhere::Pending) => {}
            // It may be back at the next question.
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the Nextcloud does not say what came of a sign-in"
            ),
        }
        if is_over {
            self.delete().await?;
            return Ok(Stage::Ended);
        }
        flow.next_poll_at = now.saturating_add(flow.pause_s(now).into());
        self.put(&flow).await?;
        Ok(Stage::Waiting(flow))
    }

    /// Keeps the app password and notes who signed in. When that fails, nothing is left of it.
    async fn finish(self, mut flow: Flow, granted: GrantedElsewhere) -> Result<Stage, Error> {
        let outcome = match self.host.keep(granted).await {
            Ok(subject) => {
                let at = self.host.now();
                flow.outcome = Some(SignedInElsewhere {
                    subject: subject.clone(),
                    at,
                });
                match self.put(&flow).await {
                    Ok(()) => return Ok(Stage::SignedIn),
                    Err(error) => {
                        self.host.abandon(&subject, at).await;
                        Err(error)
                    }
                }
            }
            Err(error) => Err(error),
        };
        self.delete().await?;
        outcome
    }

    /// Takes what came of it: of many tabs, one gets it.
    pub async fn take(self, unit: &dyn nc_store::Unit) -> Result<Option<SignedInElsewhere>, Error> {
        let taken = unit.take_ticket(TicketKind::SignIn, self.key, self.host.now()).await?;
        Ok(read(taken.as_ref())?.and_then(|flow| flow.outcome))
    }

    async fn put(self, flow: &Flow) -> Result<(), Error> {
        let unit = self.host.store().begin().await?;
        unit.put_ticket(&self.ticket(flow)?).await?;
        Ok(unit.commit().await?)
    }

    /// Ends it, whatever came of it: an app password that is granted later was never fetched, so nobody has it.
    pub async fn delete(self) -> Result<(), Error> {
        let unit = self.host.store().begin().await?;
        unit.take_ticket(TicketKind::SignIn, self.key, self.host.now()).await?;
        Ok(unit.commit().await?)
    }

    fn ticket(self, flow: &Flow) -> Result<TicketRecord, Error> {
        Ok(TicketRecord {
            kind: TicketKind::SignIn,
            key: self.key,
            document: serde_json::to_string(flow)?,
            expires_at: flow.ends_at(),
        })
    }

    fn secrets(self, flow: &Flow) -> Result<Secrets, Error> {
        let sealed = hex::decode(&flow.sealed).map_err(|_| Error::Internal("a stored sign-in cannot be read"))?;
        let plain = self.host.sealer().open(&self.place(), &sealed)?;
        Ok(serde_json::from_slice(&plain)?)
    }

    /// Sealed for its own row, so it opens for the same request in the same browser only.
    fn place(self) -> String {
        format!(
            "tickets|{}|{}",
            TicketKind::SignIn.word(),
            hex::encode(self.key.as_bytes())
        )
    }
}

#[async_trait]
impl FlowHost for Provider {
    fn store(&self) -> &dyn Store {
        self.store()
    }

    fn sealer(&self) -> &Sealer {
        self.sealer()
    }

    fn now(&self) -> i64 {
        self.now()
    }

    fn accounts(&self) -> Option<&dyn ElsewhereAccounts> {
        self.elsewhere()
    }

    async fn keep(&self, granted: GrantedElsewhere) -> Result<String, Error> {
        let accounts = self.elsewhere().ok_or(Error::Internal("nobody signs in elsewhere"))?;
        self.keep_credential(accounts, granted).await
    }

    async fn abandon(&self, subject: &str, at: i64) {
        if self.need_credential(subject, at).await.is_ok() {
            self.release(Some(subject)).await;
        }
    }
}

fn read(ticket: Option<&TicketRecord>) -> Result<Option<Flow>, Error> {
    Ok(ticket
        .map(|ticket| serde_json::from_str(&ticket.document))
        .transpose()?)
}
