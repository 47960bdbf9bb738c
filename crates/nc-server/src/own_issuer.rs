//! The MCP server's own authorization server: people sign in at their Nextcloud through Login Flow v2, and what they give
//! there reaches it for them. Needs nothing of the Nextcloud but that.

mod app_passwords;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use axum::Router;
use nc_access::{BearerTokens, Resource, Vault};
use nc_auth::{
    Scope, ScopeKind, ScopeSet,
    fetch::{GuardedFetch, Reach},
};
use nc_client::Nextcloud;
use nc_cloud::SealingKey;
use nc_mcp::Provisioning;
use nc_mcp_kit::http::Authenticate;
use nc_proto::{clock::Clock, oauth::jose::Algorithm};
use nc_provider::{KeyOptions, KeyRing, Lifetimes, Provider, ProviderConfig, RegistrationMode, Role, SignIn};
use nc_store::Store;
use tokio::time::{MissedTickBehavior, interval};
use url::Url;

use self::app_passwords::AppPasswords;
use crate::{
    config::Database, nextcloud_accounts::NextcloudAccounts, provider_data::ProviderData, tool_audit::ToolAudit,
};

/// Most clients that registered themselves.
const MOST_DYNAMIC_CLIENTS: u64 = 10_000;

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
    /// Who may register clients.
    pub registration: RegistrationMode,
    /// Client ids, or hosts of metadata documents, that may be used; empty for all.
    pub allowed_clients: Vec<String>,
    /// Whether clients may be known by a metadata document of theirs.
    pub client_documents: bool,
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
        let keys = KeyRing::open(
            Arc::clone(&store),
            Arc::clone(&sealer),
            clock.clone(),
            KeyOptions::default(),
        );
        let keys = keys.await.context("the signing keys cannot be used")?;
        let url = Url::parse(&format!("{issuer}{}", options.path)).context("the address of the MCP endpoint")?;
        let resource = Resource::new(&url, vec![issuer.clone()], options.advertised)
            .context("the public address of this server has no host")?;
        let config = configuration(nextcloud, &issuer, resource.identifier(), options);
        let accounts = Arc::new(NextcloudAccounts::new(
            nextcloud.clone(),
            vault,
            Arc::clone(&store),
            config.account_base.clone(),
            &options.public_url,
        ));
        let sign_in = SignIn::Elsewhere(Arc::clone(&accounts) as _);
        let calls = options
            .audit_calls
            .then(|| ToolAudit::begin(Arc::clone(&store), clock.clone()));
        let mut provider = Provider::new(config, store, sealer, keys, sign_in, clock.clone());
        if options.client_documents {
            // Strangers name the addresses of clients' documents and keys.
            let documents = GuardedFetch::new(Reach::Public, Vec::new()).context("TLS cannot be set up")?;
            provider = provider.with_fetch(Arc::new(documents));
        }
        Ok(Self {
            provider,
            resource,
            accounts,
            calls,
            clock,
        })
    }

    /// Its pages and endpoints, and the metadata of the MCP endpoint.
    pub fn routes(&self) -> Router {
        self.provider.router().merge(self.resource.routes())
    }

    /// Callers of the MCP endpoint by their tokens.
    pub fn authenticate(&self) -> Arc<dyn Authenticate> {
        let access = Arc::new(self.app_passwords());
        let verifier = Arc::new(self.provider.clone());
        Arc::new(BearerTokens::new(
            self.resource.clone(),
            verifier,
            access,
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

fn configuration(nextcloud: &Nextcloud, issuer: &str, resource: &str, options: &OwnIssuerOptions) -> ProviderConfig {
    let of_tools = options.scopes.iter().filter(|scope| scope.kind() == ScopeKind::App);
    let of_tools: Vec<String> = of_tools.map(|scope| scope.as_str().to_owned()).collect();
    let about_the_user = [Scope::Openid, Scope::Profile, Scope::Email, Scope::OfflineAccess];
    let public_scopes = about_the_user.iter().map(|scope| scope.as_str().to_owned());
    ProviderConfig {
        role: Role::McpServer,
        issuer: issuer.to_owned(),
        name: "Nextcloud MCP".to_owned(),
        account_base: nextcloud.config().base_url.to_string(),
        public_scopes: public_scopes.chain(of_tools.iter().cloned()).collect(),
        resources: vec![(resource.to_owned(), of_tools)],
        document_hosts: Vec::new(),
        allowed_clients: options.allowed_clients.clone(),
        registration: options.registration,
        refresh_by_registration: true,
        registered_scopes_are_a_default: true,
        max_dynamic_clients: MOST_DYNAMIC_CLIENTS,
        algorithm: Algorithm::Es256,
        lifetimes: Lifetimes::default(),
    }
}
