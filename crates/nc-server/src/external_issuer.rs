//! The MCP server for the tokens of an issuer elsewhere. Opened before it listens: what is wrong is said then.

mod access_for_cloud;
mod app_password;
mod authorize;
mod browser;
mod giving;
mod proxy;
mod session;
mod site;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use axum::Router;
use nc_access::{
    BearerTokens, ClientRules, Resource, Vault,
    external::{
        self, Bases, ClientFile, Discovered, Exchange, ExternalAccess, ExternalTokens, Links, OwnClient, Place,
        Refreshed, Registrar, Registration, RelyingParty, SignIns, discover, patiently,
    },
};
use nc_auth::{
    Scope, ScopeSet,
    fetch::{GuardedFetch, Reach},
    token::VerifyToken,
};
use nc_client::{Nextcloud, Verification};
use nc_cloud::SealingKey;
use nc_mcp::Provisioning;
use nc_mcp_kit::http::Authenticate;
use nc_proto::{
    clock::Clock,
    oauth::{allowed_client::AllowedClient, scope_list::ScopeList},
};
use nc_provider::{Provider, SignIn};
use nc_store::{Sealer, Store};
use secrecy::SecretString;
use url::Url;

use self::{
    access_for_cloud::AccessForCloud,
    authorize::Forwarding,
    giving::{Giving, LinksGiven},
    proxy::{AtIssuer, ProxyTokens},
    session::Sessions,
    site::ExternalSite,
};
use crate::{
    authorization_server::{self, ClientOptions, Purpose},
    config::{CloudAccessKind, Database, ExternalClient, IssuerSettings, UNVERIFIED},
    nextcloud_accounts::{NextcloudAccounts, host_and_port},
    own_issuer::make_folder,
    provider_data::ProviderData,
    tool_audit::{self, ToolAudit},
    user_page,
};

/// What an operator decides about it.
#[derive(Clone)]
pub struct ExternalIssuerOptions {
    /// Folder of the registered client and of what people gave.
    pub data: PathBuf,
    /// Which database.
    pub database: Database,
    /// Keys that seal; empty for the one in the folder.
    pub sealing_keys: Vec<SealingKey>,
    /// Address of this server as clients reach it.
    pub public_url: Url,
    /// Path of the MCP endpoint below it: what tokens are for.
    pub path: String,
    /// The discovery document; `None` for the Nextcloud's own.
    pub discovery_url: Option<Url>,
    /// The issuer, to the byte; `None` for the one that the address of the document names.
    pub issuer: Option<String>,
    /// This server's client there; `None` to register.
    pub client: Option<ExternalClient>,
    /// What an administrator of the issuer gave for registering.
    pub initial_access_token: Option<SecretString>,
    /// `jwt` or `bearer`.
    pub token_type: String,
    /// Scopes to register for; `None` for those of the tools.
    pub requested: Option<String>,
    /// Audience of the Nextcloud's interfaces; `None` for its address.
    pub cloud_resource: Option<String>,
    /// Whether an app password that is kept comes before an exchanged token.
    pub prefer_app_password: bool,
    /// Clients of this server's own authorization server, where the issuer is only for signing in.
    pub proxy: Option<ClientOptions>,
    /// How the Nextcloud is reached; `None` for what the issuer offers.
    pub cloud_access: Option<CloudAccessKind>,
    /// Prefix of scopes, without its slash.
    pub scope_prefix: Option<String>,
    /// Whether signed tokens of the type `JWT` are taken.
    pub accept_typ_jwt: bool,
    /// Clients whose tokens are taken; empty for all of the issuer's.
    pub allowed_clients: Vec<AllowedClient>,
    /// How long to wait for an issuer that cannot be reached.
    pub patience: Duration,
    /// Scopes of the tools.
    pub scopes: ScopeSet,
    /// Scopes that clients are told to ask for first.
    pub advertised: ScopeSet,
    /// Whether calls of tools are written to the audit log.
    pub audit_calls: bool,
    /// Tells the time.
    pub clock: Clock,
}

/// The MCP endpoint as a resource of that issuer.
#[derive(Clone)]
pub struct ExternalIssuer {
    resource: Resource,
    tokens: Arc<dyn VerifyToken>,
    provider: Option<Provider>,
    access: Arc<ExternalAccess>,
    giving: Arc<Giving>,
    forwarding: Arc<Forwarding>,
    rules: Arc<ClientRules>,
    nextcloud: Nextcloud,
    client: Arc<OwnClient>,
    store: Arc<dyn Store>,
    calls: Option<ToolAudit>,
    clock: Clock,
}

impl ExternalIssuer {
    /// Finds the issuer, becomes its client, and makes sure that the Nextcloud answers.
    ///
    /// # Errors
    /// What an operator has to do.
    pub async fn open(nextcloud: &Nextcloud, options: &ExternalIssuerOptions) -> anyhow::Result<Self> {
        let own = options.public_url.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{own}{}", options.path)).context("the address of the MCP endpoint")?;
        let bases = bases(nextcloud);
        let place = place(&bases, options.discovery_url.as_ref(), options.issuer.clone())?;
        let fetch = fetch(nextcloud)?;
        let issuer = discover(&fetch, &place, &bases, options.patience).await;
        let issuer = if nextcloud.config().tls.verification == Verification::DangerouslyOff {
            issuer.context(UNVERIFIED)?
        } else {
            issuer?
        };
        let resource = resource(&url, own, &issuer, options)?;
        let status = patiently(options.patience, nc_client::Error::is_passing, async || {
            nextcloud.status().await
        });
        status.await.context("the Nextcloud does not answer")?;
        make_folder(&options.data).with_context(|| format!("cannot make the folder {}", options.data.display()))?;
        let client = Arc::new(own_client(&fetch, &issuer, own, &resource, options).await?);
        let kind = access_kind(&issuer, &bases, options)?;
        let keys = ExternalTokens::keys(&issuer, &fetch, &options.clock).await?;
        let party = RelyingParty::new(&issuer, &client, Arc::clone(&keys), own, options.clock.clone());
        let party = Arc::new(party);
        let tokens = ExternalTokens::new(&issuer, &client, keys, &options.clock)
            .with_scope_prefix(options.scope_prefix.clone())
            .with_legacy_typ(options.accept_typ_jwt)
            .for_clients(options.allowed_clients.clone());
        let data = ProviderData::open(&options.data, &options.sealing_keys, &options.database).await?;
        let (store, sealer): (Arc<dyn Store>, _) = (data.store, data.sealer);
        let vault = vault(&issuer.issuer, Arc::clone(&store), Arc::clone(&sealer), &options.clock).await?;
        let calls = options
            .audit_calls
            .then(|| ToolAudit::begin(Arc::clone(&store), options.clock.clone()));
        let cloud_resource = cloud_resource(&bases, options);
        // An issuer that is only for signing in cannot be told of resources, unless somebody says that it can.
        let told = (options.proxy.is_none() || options.cloud_resource.is_some()).then(|| cloud_resource.clone());
        let refreshed = (kind == CloudAccessKind::RefreshToken).then(|| {
            let party = Arc::clone(&party);
            Refreshed::new(party, vault.clone(), told.as_deref(), options.clock.clone())
        });
        let exchange = if kind == CloudAccessKind::TokenExchange {
            Exchange::new(&issuer, &client, cloud_resource.clone(), options.clock.clone())
        } else {
            None
        };
        let access = ExternalAccess::new(exchange, refreshed.clone(), vault.clone())
            .preferring_app_passwords(options.prefer_app_password);
        tell(&issuer, kind, &client);
        let sign_ins = SignIns::new(party, Arc::clone(&store), Arc::clone(&sealer), options.clock.clone());
        let provider = match &options.proxy {
            Some(clients) => {
                let at_issuer = AtIssuer {
                    host: host_and_port(&issuer.authorization),
                    sign_ins: sign_ins.clone(),
                    vault: vault.clone(),
                    refreshed: refreshed.clone(),
                    asked: proxy::asked(kind, options.requested.as_deref()),
                    resource: told.clone().filter(|_| kind == CloudAccessKind::RefreshToken),
                };
                let purpose = Purpose {
                    issuer: own,
                    account_base: issuer.issuer.clone(),
                    resource: resource.identifier(),
                    scopes: options.scopes,
                };
                let kept = (Arc::clone(&store), Arc::clone(&sealer));
                let sign_in = SignIn::Issuer(Arc::new(at_issuer));
                Some(authorization_server::open(purpose, clients, kept, sign_in, &options.clock).await?)
            }
            None => None,
        };
        let tokens: Arc<dyn VerifyToken> = match &provider {
            Some(provider) => Arc::new(ProxyTokens(provider.clone())),
            None => Arc::new(tokens),
        };
        let giving = Giving {
            kind,
            own: options.public_url.clone(),
            issuer_host: host_and_port(&issuer.authorization),
            sign_ins,
            links: Links::new(Arc::clone(&store), options.clock.clone()),
            links_given: LinksGiven::new(options.clock.clone()),
            sessions: Sessions {
                store: Arc::clone(&store),
                issuer: issuer.issuer.clone(),
                own: options.public_url.clone(),
                clock: options.clock.clone(),
            },
            refreshed,
            accounts: Arc::new(NextcloudAccounts::new(
                nextcloud.clone(),
                vault.clone(),
                Arc::clone(&store),
                nextcloud.config().base_url.to_string(),
                &options.public_url,
            )),
            vault,
            store: Arc::clone(&store),
            sealer,
            resource: told,
            is_proxy: options.proxy.is_some(),
            ceiling: ceiling(options),
            limit: Giving::limit(&options.clock),
            clock: options.clock.clone(),
        };
        let forwarding = Forwarding::new(
            issuer.authorization.clone(),
            resource.identifier().to_owned(),
            options.allowed_clients.clone(),
            options.clock.clone(),
        );
        let page = user_page::address(&options.public_url);
        let rules = ClientRules::new(Arc::clone(&store), &issuer.issuer, page, options.clock.clone());
        Ok(Self {
            forwarding: Arc::new(forwarding),
            resource,
            tokens,
            provider,
            rules: Arc::new(rules),
            access: Arc::new(access),
            giving: Arc::new(giving),
            nextcloud: nextcloud.clone(),
            client,
            store,
            calls,
            clock: options.clock.clone(),
        })
    }

    /// The metadata of the MCP endpoint, the pages on which people give access to the Nextcloud and see their clients, and the
    /// authorization server; where that is elsewhere, the way to it.
    pub fn routes(&self) -> Router {
        let site = ExternalSite {
            giving: Arc::clone(&self.giving),
            rules: Arc::clone(&self.rules),
            provider: self.provider.clone(),
        };
        let pages = user_page::routes(Arc::new(site), Arc::clone(&self.rules), &self.giving.own, &self.clock);
        let routes = self.resource.routes().merge(self.giving.routes()).merge(pages);
        match &self.provider {
            Some(provider) => routes.merge(provider.router()),
            None => routes.merge(self.forwarding.routes()),
        }
    }

    /// Callers of the MCP endpoint by their tokens.
    pub fn authenticate(&self) -> Arc<dyn Authenticate> {
        Arc::new(BearerTokens::new(
            self.resource.clone(),
            Arc::clone(&self.tokens),
            Arc::clone(&self.access) as _,
            Arc::clone(&self.rules),
            self.clock.clone(),
        ))
    }

    /// What writes calls of tools to the audit log, if that is switched on.
    pub const fn calls(&self) -> Option<&ToolAudit> {
        self.calls.as_ref()
    }

    /// What is stored.
    pub fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// The app passwords that people gave.
    pub fn vault(&self) -> &Vault {
        self.access.vault()
    }

    /// What has to be done while the server runs; to be dropped when it ends.
    pub async fn keep_up(self) {
        let of_provider = async {
            match self.provider {
                Some(provider) => provider.keep_up().await,
                None => tool_audit::sweep_in_time(&*self.store, &self.clock).await,
            }
        };
        tokio::join!(
            of_provider,
            self.giving.keep_taking_back(),
            self.client.keep_registered()
        );
    }

    /// What happens when the Nextcloud takes a credential no more.
    pub fn provisioning(&self) -> Arc<dyn Provisioning> {
        Arc::new(AccessForCloud::new(
            Arc::clone(&self.access),
            Arc::clone(&self.giving),
            self.nextcloud.clone(),
        ))
    }
}

/// The MCP endpoint, whose tokens are of the issuer or of this server.
fn resource(url: &Url, own: &str, issuer: &Discovered, options: &ExternalIssuerOptions) -> anyhow::Result<Resource> {
    let is_proxy = options.proxy.is_some();
    let of = if is_proxy {
        own.to_owned()
    } else {
        issuer.issuer.clone()
    };
    let resource =
        Resource::new(url, vec![of], options.advertised).context("the public address of this server has no host")?;
    Ok(if is_proxy { resource } else { resource.bearer_only() })
}

/// The Nextcloud's two addresses.
fn bases(nextcloud: &Nextcloud) -> Bases {
    let config = nextcloud.config();
    let public = config.public_url.as_ref().unwrap_or(&config.base_url);
    Bases {
        internal: config.base_url.as_url().clone(),
        public: public.as_url().clone(),
    }
}

/// The issuer that these settings are for, without asking it.
pub(crate) fn expected_issuer(nextcloud: &Nextcloud, settings: &IssuerSettings) -> anyhow::Result<String> {
    let place = place(&bases(nextcloud), settings.discovery_url.as_ref(), settings.url.clone())?;
    Ok(place.issuer)
}

/// Deletes the client that this server registered at the issuer. What was done.
pub(crate) async fn unregister(
    nextcloud: &Nextcloud,
    settings: &IssuerSettings,
    data: &Path,
) -> anyhow::Result<String> {
    let issuer = expected_issuer(nextcloud, settings)?;
    let fetch = fetch(nextcloud)?;
    let deleted = external::unregister(&ClientFile::within(data), &issuer, &bases(nextcloud), &fetch).await?;
    Ok(match (deleted, &settings.client) {
        (Some(client), _) => format!("The client {client} is deleted at {issuer}, and what was kept of it here."),
        (None, Some(client)) => format!(
            "This server registered no client. An administrator of {issuer} made the client {}, and can delete it there.",
            client.id
        ),
        (None, None) => format!("No client is registered: there is none in {}.", data.display()),
    })
}

/// Asks the issuer, whose addresses the operator names.
fn fetch(nextcloud: &Nextcloud) -> anyhow::Result<GuardedFetch> {
    let tls = &nextcloud.config().tls;
    GuardedFetch::trusting(Reach::Anywhere, &tls.extra_roots_pem).context("TLS cannot be set up")
}

fn place(bases: &Bases, discovery_url: Option<&Url>, issuer: Option<String>) -> anyhow::Result<Place> {
    let place = match discovery_url {
        Some(url) => Place::new(url.clone(), issuer),
        None if issuer.is_some() && !nc_access::external::is_protected(&bases.internal) => {
            Place::of_nextcloud(&bases.public, issuer)
        }
        None => Place::of_nextcloud(&bases.internal, issuer),
    };
    place.context("OIDC_DISCOVERY_URL does not say whose document it is: set NEXTCLOUD_PUBLIC_ISSUER_URL to the issuer")
}

async fn own_client(
    fetch: &GuardedFetch,
    issuer: &Discovered,
    own: &str,
    resource: &Resource,
    options: &ExternalIssuerOptions,
) -> anyhow::Result<OwnClient> {
    if let Some(client) = &options.client {
        let secret = client.secret.clone();
        return Ok(OwnClient::new(fetch.clone(), &client.id, secret, &issuer.auth_methods));
    }
    let about_the_user = [Scope::Openid, Scope::Profile, Scope::Email, Scope::OfflineAccess];
    let scopes = about_the_user.into_iter().fold(options.scopes, ScopeSet::with);
    let scopes: Vec<&str> = scopes.iter().map(Scope::as_str).collect();
    let registration = Registration {
        url: own.to_owned(),
        resource: resource.identifier().to_owned(),
        scopes: options.requested.clone().unwrap_or_else(|| scopes.join(" ")),
        token_type: options.token_type.clone(),
        initial_access_token: options.initial_access_token.clone(),
    };
    let file = ClientFile::within(&options.data);
    let registrar = Registrar::new(registration, issuer.clone(), file, fetch.clone(), options.clock.clone());
    Ok(OwnClient::registered(registrar).await?)
}

async fn vault(issuer: &str, store: Arc<dyn Store>, sealer: Arc<Sealer>, clock: &Clock) -> anyhow::Result<Vault> {
    let vault = Vault::open(store, sealer, clock.clone(), issuer).await?;
    vault
        .reseal()
        .await
        .context("stored credentials cannot be sealed with the new key")?;
    Ok(vault)
}

fn cloud_resource(bases: &Bases, options: &ExternalIssuerOptions) -> String {
    let address = || bases.public.as_str().trim_end_matches('/').to_owned();
    options.cloud_resource.clone().unwrap_or_else(address)
}

/// How the Nextcloud is reached.
fn access_kind(issuer: &Discovered, bases: &Bases, options: &ExternalIssuerOptions) -> anyhow::Result<CloudAccessKind> {
    let is_the_cloud = [&bases.internal, &bases.public]
        .iter()
        .any(|base| base.origin() == issuer.token.origin());
    let exchanges = issuer.exchanges && options.proxy.is_none();
    Ok(match options.cloud_access {
        Some(CloudAccessKind::TokenExchange) if options.proxy.is_some() => anyhow::bail!(
            "with NEXTCLOUD_OIDC_PROXY clients have tokens of this server, which the issuer does not exchange: set NEXTCLOUD_OIDC_CLOUD_ACCESS to refresh_token or app_password"
        ),
        Some(CloudAccessKind::TokenExchange) if !exchanges => anyhow::bail!(
            "the issuer does not offer token exchange: set NEXTCLOUD_OIDC_CLOUD_ACCESS to refresh_token or app_password"
        ),
        Some(kind) => kind,
        None if exchanges => CloudAccessKind::TokenExchange,
        None if is_the_cloud || options.cloud_resource.is_some() => CloudAccessKind::RefreshToken,
        None => CloudAccessKind::AppPassword,
    })
}

/// What people can be asked for.
fn ceiling(options: &ExternalIssuerOptions) -> ScopeList {
    let of_tools: Vec<&str> = options.scopes.iter().map(Scope::as_str).collect();
    let of_tools = ScopeList::from_tokens(of_tools).unwrap_or_default();
    let requested = options.requested.as_deref().map(ScopeList::parse);
    match requested {
        Some(Ok(requested)) => of_tools.intersection(&requested),
        Some(Err(_)) | None => of_tools,
    }
}

/// What an operator should know.
fn tell(issuer: &Discovered, kind: CloudAccessKind, client: &OwnClient) {
    tracing::info!(issuer = issuer.issuer, "tokens of this issuer are taken");
    if issuer.introspection.is_none() {
        tracing::warn!("the issuer does not offer introspection: only signed access tokens are taken");
    }
    match kind {
        CloudAccessKind::TokenExchange => tracing::info!("tokens are exchanged for the Nextcloud"),
        CloudAccessKind::RefreshToken => {
            tracing::info!("people agree once that this server keeps a refresh token for the Nextcloud");
            if client.ends() {
                tracing::warn!(
                    "the issuer lets the registered client end, and what people agreed to ends with it: make a client there for this server and set NEXTCLOUD_OIDC_CLIENT_ID and NEXTCLOUD_OIDC_CLIENT_SECRET"
                );
            }
        }
        CloudAccessKind::AppPassword => {
            tracing::info!("people give this server an app password for the Nextcloud");
        }
    }
}
