//! The MCP server's own authorization server: people sign in at their Nextcloud through Login Flow v2, and what they give
//! there reaches it for them. Needs nothing of the Nextcloud but that.

mod app_passwords;
mod site;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use axum::Router;
use nc_access::{BearerTokens, ClientRules, Resource, Vault};
use nc_auth::ScopeSet;
use nc_client::Nextcloud;
use nc_cloud::SealingKey;
use nc_mcp::Provisioning;
use nc_mcp_kit::http::Authenticate;
use nc_proto::clock::Clock;
use nc_provider::{Provider, SignIn};
use nc_store::Store;
use tokio::time::{MissedTickBehavior, interval};
use url::Url;

use self::{app_passwords::AppPasswords, site::OwnSite};
use crate::{
    authorization_server::{self, ClientOptions, Purpose},
    config::Database,
    nextcloud_accounts::NextcloudAccounts,
    provider_data::ProviderData,
    tool_audit::ToolAudit,
    user_page,
};

/// How often app passwords that are given up are taken back at the Nextcloud, after the first try.
const TAKE_BACK_EVERY: Duration = Duration::from_mins(10);

/// What an operator decides about it.
#[derive(Clone)]
pub struct OwnIssuerOptions {
    /// Folder of its database.
    pub data: PathBuf,
    /// Which database.
    pub database: Database,
    /// Keys that seal; empty for the one in the folder.
    pub sealing_keys: Vec<SealingKey>,
    /// Address of this server as clients reach it: the issuer.
    pub public_url: Url,
    /// Path of the MCP endpoint below it: what tokens are for.
    pub path: String,
    /// Its clients.
    pub clients: ClientOptions,
    /// Scopes of the tools.
    pub scopes: ScopeSet,
    /// Scopes that clients are told to ask for first.
    pub advertised: ScopeSet,
    /// Whether calls of tools are written to the audit log.
    pub audit_calls: bool,
    /// Tells the time.
    pub clock: Clock,
}

/// The authorization server, and the MCP endpoint as the resource of its tokens.
#[derive(Clone)]
pub struct OwnIssuer {
    provider: Provider,
    resource: Resource,
    accounts: Arc<NextcloudAccounts>,
    rules: Arc<ClientRules>,
    public_url: Url,
    calls: Option<ToolAudit>,
    clock: Clock,
}

impl OwnIssuer {
    /// Opens its database.
    ///
    /// # Errors
    /// When the database or a key cannot be used; then nothing was changed.
    pub async fn open(nextcloud: &Nextcloud, options: &OwnIssuerOptions) -> anyhow::Result<Self> {
        let issuer = options.public_url.as_str().trim_end_matches('/').to_owned();
        make_folder(&options.data).with_context(|| format!("cannot make the folder {}", options.data.display()))?;
        let data = ProviderData::open(&options.data, &options.sealing_keys, &options.database).await?;
        let (store, sealer): (Arc<dyn Store>, _) = (data.store, data.sealer);
        let clock = options.clock.clone();
        let vault = Vault::open(Arc::clone(&store), Arc::clone(&sealer), clock.clone(), &issuer).await?;
        let resealed = vault
            .reseal()
            .await
            .context("stored credentials cannot be sealed with the new key")?;
        if resealed > 0 {
            tracing::info!(resealed, "stored credentials were sealed with the new key");
        }
        let url = Url::parse(&format!("{issuer}{}", options.path)).context("the address of the MCP endpoint")?;
        let resource = Resource::new(&url, vec![issuer.clone()], options.advertised)
            .context("the public address of this server has no host")?;
        let account_base = nextcloud.config().base_url.to_string();
        let accounts = Arc::new(NextcloudAccounts::new(
            nextcloud.clone(),
            vault,
            Arc::clone(&store),
            account_base.clone(),
            &options.public_url,
        ));
        let calls = options
            .audit_calls
            .then(|| ToolAudit::begin(Arc::clone(&store), clock.clone()));
        let page = user_page::address(&options.public_url);
        let rules = ClientRules::new(Arc::clone(&store), &issuer, page, clock.clone());
        let purpose = Purpose {
            issuer: &issuer,
            account_base,
            resource: resource.identifier(),
            scopes: options.scopes,
        };
        let sign_in = SignIn::Elsewhere(Arc::clone(&accounts) as _);
        let provider = authorization_server::open(purpose, &options.clients, (store, sealer), sign_in, &clock).await?;
        Ok(Self {
            provider,
            resource,
            accounts,
            rules: Arc::new(rules),
            public_url: options.public_url.clone(),
            calls,
            clock,
        })
    }

    /// Its pages and endpoints, the page on which people see their clients, and the metadata of the MCP endpoint.
    pub fn routes(&self) -> Router {
        let site = OwnSite {
            provider: self.provider.clone(),
            accounts: Arc::clone(&self.accounts),
            rules: Arc::clone(&self.rules),
        };
        let pages = user_page::routes(Arc::new(site), Arc::clone(&self.rules), &self.public_url, &self.clock);
        self.provider.router().merge(self.resource.routes()).merge(pages)
    }

    /// Callers of the MCP endpoint by their tokens.
    pub fn authenticate(&self) -> Arc<dyn Authenticate> {
        let access = Arc::new(self.app_passwords());
        let verifier = Arc::new(self.provider.clone());
        Arc::new(BearerTokens::new(
            self.resource.clone(),
            verifier,
            access,
            Arc::clone(&self.rules),
            self.clock.clone(),
        ))
    }

    /// What happens when the Nextcloud takes an app password no more.
    pub fn provisioning(&self) -> Arc<dyn Provisioning> {
        Arc::new(self.app_passwords())
    }

    /// What writes calls of tools to the audit log, if that is switched on.
    pub const fn calls(&self) -> Option<&ToolAudit> {
        self.calls.as_ref()
    }

    /// The authorization server.
    pub const fn provider(&self) -> &Provider {
        &self.provider
    }

    /// What has to be done while the server runs; to be dropped when it ends.
    pub async fn keep_up(self) {
        let take_back = async {
            let mut ticks = interval(TAKE_BACK_EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                self.accounts.take_back().await;
            }
        };
        tokio::join!(self.provider.clone().keep_up(), take_back);
    }

    fn app_passwords(&self) -> AppPasswords {
        AppPasswords::new(Arc::clone(&self.accounts), self.provider.clone())
    }
}

/// For its owner only.
pub(crate) fn make_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
