//! People give this server access to the Nextcloud: by agreement at the issuer, or by an app password. Nobody but the one who
//! was asked can answer: whoever comes has to sign in at the issuer as that person.

mod callback;
mod links_given;
mod pages;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::Router;
use nc_access::{
    Vault, VaultError,
    external::{Asked, Links, Refreshed, SignInError, SignIns},
};
use nc_auth::{Caller, Grants, Scope, ScopeKind};
use nc_proto::{clock::Clock, oauth::scope_list::ScopeList};
use nc_provider::{ElsewhereAccounts, Error, Event, FlowHost, Flows, GrantedElsewhere};
use nc_store::{AuditRecord, Digest, Sealer, Store};
use nc_web::RateLimit;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};
use url::Url;

pub(super) use self::{callback::told, links_given::LinksGiven, pages::too_many_links};
use super::session::Sessions;
use crate::{config::CloudAccessKind, nextcloud_accounts::NextcloudAccounts};

/// Requests to the pages from one address.
const PAGES_PER_MINUTE: u32 = 60;
/// How often what was given up is taken back, after the first try.
const TAKE_BACK_EVERY: Duration = Duration::from_mins(10);

/// What is needed to take access.
pub(super) struct Giving {
    pub(super) kind: CloudAccessKind,
    pub(super) own: Url,
    pub(super) issuer_host: String,
    pub(super) sign_ins: SignIns,
    pub(super) links: Links,
    pub(super) links_given: LinksGiven,
    pub(super) sessions: Sessions,
    pub(super) refreshed: Option<Refreshed>,
    pub(super) accounts: Arc<NextcloudAccounts>,
    pub(super) vault: Vault,
    pub(super) store: Arc<dyn Store>,
    pub(super) sealer: Arc<Sealer>,
    /// Audience of the cloud's interfaces, for issuers that can be told.
    pub(super) resource: Option<String>,
    /// Whether sign-ins of clients come back here too.
    pub(super) is_proxy: bool,
    /// Scopes that may be asked for.
    pub(super) ceiling: ScopeList,
    pub(super) limit: RateLimit,
    pub(super) clock: Clock,
}

impl Giving {
    pub(super) fn limit(clock: &Clock) -> RateLimit {
        RateLimit::new(PAGES_PER_MINUTE, clock.clone())
    }

    pub(super) fn routes(self: &Arc<Self>) -> Router {
        pages::routes(Arc::clone(self))
    }

    /// A link for the caller's person, to give access with `wanted` scopes; without them, with those of the apps that the
    /// caller's token has.
    pub(super) async fn link(&self, caller: &Caller, wanted: Option<&[Scope]>) -> Result<String, SignInError> {
        let is_of_app = |scope: &Scope| scope.kind() == ScopeKind::App && self.ceiling.contains(scope.as_str());
        let scopes = match (wanted, caller.grants) {
            (Some(wanted), _) => wanted.to_vec(),
            (None, Grants::Only(granted)) => granted.iter().collect(),
            (None, Grants::Unrestricted) => Scope::ALL.to_vec(),
        };
        let names = scopes.into_iter().filter(is_of_app);
        let asked = Asked {
            subject: caller.subject.as_str().to_owned(),
            client: caller.client.as_deref().unwrap_or_default().to_owned(),
            scopes: names.map(|scope| scope.as_str().to_owned()).collect(),
            is_known: false,
            from_page: false,
        };
        self.link_for(&asked).await
    }

    /// A link for a person who comes from their own page, which leads back there.
    pub(super) async fn link_from_page(&self, subject: &str) -> Result<String, SignInError> {
        let is_of_app = |scope: &&Scope| scope.kind() == ScopeKind::App && self.ceiling.contains(scope.as_str());
        let scopes = Scope::ALL.iter().filter(is_of_app);
        let asked = Asked {
            subject: subject.to_owned(),
            client: String::new(),
            scopes: scopes.map(|scope| scope.as_str().to_owned()).collect(),
            is_known: false,
            from_page: true,
        };
        self.link_for(&asked).await
    }

    async fn link_for(&self, asked: &Asked) -> Result<String, SignInError> {
        let ticket = self.links.create(asked).await?;
        Ok(format!("{}?ticket={ticket}", self.url(pages::GIVE)))
    }

    /// Gives up what a person gave, here and where it came from. Whether there was anything.
    pub(super) async fn give_up(&self, subject: &str) -> Result<bool, VaultError> {
        let had_refresh = self.vault.discard_refresh(subject).await?;
        if let Some(refreshed) = &self.refreshed {
            refreshed.forget(subject, None).await;
        }
        let had_password = self.vault.discard(subject).await?;
        let had = had_refresh || had_password;
        if had {
            self.take_back().await;
        }
        Ok(had)
    }

    /// What was asked for, in the audit log.
    pub(super) async fn note(&self, event: &str, asked: &Asked) {
        let document = json!({ "subject": asked.subject, "client": asked.client, "scopes": asked.scopes });
        metrics::counter!("mcp_oauth_grants_total", "event" => event.to_owned()).increment(1);
        self.write(event, &document).await;
    }

    /// That a person took access back.
    pub(super) async fn note_taken_back(&self, subject: &str, client: &str) {
        let document = json!({ "subject": subject, "client": client });
        metrics::counter!("mcp_oauth_grants_total", "event" => "access.taken_back").increment(1);
        self.write("access.taken_back", &document).await;
    }

    /// That a person came to see their page.
    async fn note_signed_in(&self, subject: &str) {
        self.write(Event::SignedIn.word(), &json!({ "subject": subject })).await;
    }

    async fn write(&self, event: &str, document: &Value) {
        let record = AuditRecord {
            at: self.clock.now().unix_timestamp(),
            event: event.to_owned(),
            document: document.to_string(),
        };
        let written = async {
            let unit = self.store.begin().await?;
            unit.append_audit(&record).await?;
            unit.commit().await
        };
        if let Err(error) = written.await {
            tracing::error!(error = &error as &dyn std::error::Error, event, "not in the audit log");
        }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.own.as_str().trim_end_matches('/'))
    }

    /// Takes back at the Nextcloud and at the issuer what was given up here. What fails stays for the next time.
    pub(super) async fn take_back(&self) {
        self.accounts.take_back().await;
        let discarded = match self.vault.list_discarded_refreshes().await {
            Ok(discarded) => discarded,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "given-up refresh tokens cannot be read"
                );
                return;
            }
        };
        for one in discarded {
            match self.sign_ins.party().revoke(&one.token, "refresh_token").await {
                Ok(()) => {
                    if let Err(error) = self.vault.taken_back(one.number).await {
                        tracing::error!(
                            error = &error as &dyn std::error::Error,
                            "a taken-back refresh token stays listed"
                        );
                    }
                }
                Err(error) => tracing::warn!(
                    %error,
                    "a refresh token could not be taken back at the issuer; it is tried again"
                ),
            }
        }
    }

    /// The same again and again.
    pub(super) async fn keep_taking_back(&self) {
        let mut ticks = interval(TAKE_BACK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.take_back().await;
        }
    }
}

/// The sign-in at the Nextcloud of one person who is known.
#[derive(Clone)]
struct AppPasswordOf {
    giving: Arc<Giving>,
    asked: Asked,
}

impl AppPasswordOf {
    /// Where the sign-in of this browser lies.
    fn flows(&self, browser: &str) -> Flows<'_, Self> {
        Flows {
            host: self,
            key: Digest::of(&json!(["app password", self.asked.subject, browser]).to_string()),
        }
    }
}

#[async_trait]
impl FlowHost for AppPasswordOf {
    fn store(&self) -> &dyn Store {
        self.giving.store.as_ref()
    }

    fn sealer(&self) -> &Sealer {
        &self.giving.sealer
    }

    fn now(&self) -> i64 {
        self.giving.clock.now().unix_timestamp()
    }

    fn accounts(&self) -> Option<&dyn ElsewhereAccounts> {
        Some(self.giving.accounts.as_ref())
    }

    async fn keep(&self, granted: GrantedElsewhere) -> Result<String, Error> {
        let accounts = self.giving.accounts.as_ref();
        let before = accounts.find(&self.asked.subject).await;
        let before = before.map_err(|_| Error::Internal("the vault cannot be read"))?;
        if before.is_some_and(|before| before.profile.user() != granted.uid) {
            tracing::warn!("a person gave an app password of another account than before; it is taken back");
            accounts.discard(granted).await?;
            return Err(Error::OtherAccount);
        }
        accounts.keep(&self.asked.subject, granted).await?;
        self.giving.note("access.given", &self.asked).await;
        Ok(self.asked.subject.clone())
    }

    async fn abandon(&self, subject: &str, _at: i64) {
        if let Err(error) = self.giving.accounts.forget(subject).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "an app password that nobody will use is still kept"
            );
        }
    }
}
