//! The MCP server for the tokens of an issuer elsewhere. Opened before it listens: what is wrong is said then.

mod access_for_cloud;
mod app_password;

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::Router;
use nc_access::{
    BearerTokens, Resource, Vault,
    external::{
        Bases, ClientFile, Discovered, Exchange, ExternalAccess, ExternalTokens, OwnClient, Place, Registration,
        discover, patiently,
    },
};
use nc_auth::{
    Scope, ScopeSet,
    fetch::{GuardedFetch, Reach},
};
use nc_client::Nextcloud;
use nc_cloud::SealingKey;
use nc_mcp::Provisioning;
use nc_mcp_kit::http::Authenticate;
use nc_proto::clock::Clock;
use nc_store::{Sealer, Store};
use secrecy::SecretString;
use url::Url;

use self::access_for_cloud::AccessForCloud;
use crate::{
    config::{ExternalClient, IssuerSettings},
    own_issuer::make_folder,
    provider_data::ProviderData,
    tool_audit::{self, ToolAudit},
};

/// What an operator decides about it.
#[derive(Clone)]
pub struct ExternalIssuerOptions {
    /// Folder of the registered client and of what people gave.
    pub data: PathBuf,
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
    /// Prefix of scopes, without its slash.
    pub scope_prefix: Option<String>,
    /// Whether signed tokens of the type `JWT` are taken.
    pub accept_typ_jwt: bool,
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
    tokens: Arc<ExternalTokens>,
    access: Arc<ExternalAccess>,
    nextcloud: Nextcloud,
    issuer: String,
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
        // The operator names these addresses.
        let roots = &nextcloud.config().tls.extra_roots_pem;
        let fetch = GuardedFetch::trusting(Reach::Anywhere, roots).context("TLS cannot be set up")?;
        let issuer = discover(&fetch, &place, &bases, options.patience).await?;
        let resource = Resource::new(&url, vec![issuer.issuer.clone()], options.advertised)
            .context("the public address of this server has no host")?
            .bearer_only();
        let status = patiently(options.patience, nc_client::Error::is_passing, async || {
            nextcloud.status().await
        });
        status.await.context("the Nextcloud does not answer")?;
        make_folder(&options.data).with_context(|| format!("cannot make the folder {}", options.data.display()))?;
        let client = Arc::new(own_client(&fetch, &issuer, own, &resource, options).await?);
        let tokens = ExternalTokens::open(&issuer, &client, fetch, &options.clock).await?;
        let data = ProviderData::open(&options.data, &options.sealing_keys).await?;
        let store: Arc<dyn Store> = data.store;
        let vault = vault(&issuer.issuer, Arc::clone(&store), data.sealer, &options.clock).await?;
        let calls = options
            .audit_calls
            .then(|| ToolAudit::begin(Arc::clone(&store), options.clock.clone()));
        let access = ExternalAccess::new(
            Exchange::new(&issuer, &client, cloud_resource(&bases, options), options.clock.clone()),
            vault,
        )
        .preferring_app_passwords(options.prefer_app_password);
        tell(&issuer, &access);
        Ok(Self {
            resource,
            tokens: Arc::new(
                tokens
                    .with_scope_prefix(options.scope_prefix.clone())
                    .with_legacy_typ(options.accept_typ_jwt),
            ),
            access: Arc::new(access),
            nextcloud: nextcloud.clone(),
            issuer: issuer.issuer,
            store,
            calls,
            clock: options.clock.clone(),
        })
    }

    /// The metadata of the MCP endpoint.
    pub fn routes(&self) -> Router {
        self.resource.routes()
    }

    /// Callers of the MCP endpoint by their tokens.
    pub fn authenticate(&self) -> Arc<dyn Authenticate> {
        Arc::new(BearerTokens::new(
            self.resource.clone(),
            Arc::clone(&self.tokens) as _,
            Arc::clone(&self.access) as _,
            self.clock.clone(),
        ))
    }

    /// What writes calls of tools to the audit log, if that is switched on.
    pub const fn calls(&self) -> Option<&ToolAudit> {
        self.calls.as_ref()
    }

    /// The app passwords that people gave.
    pub fn vault(&self) -> &Vault {
        self.access.vault()
    }

    /// What has to be done while the server runs; to be dropped when it ends.
    pub async fn keep_up(self) {
        tool_audit::sweep_in_time(&*self.store, &self.clock).await;
    }

    /// What happens when the Nextcloud takes a credential no more.
    pub fn provisioning(&self) -> Arc<dyn Provisioning> {
        Arc::new(AccessForCloud {
            access: Arc::clone(&self.access),
            nextcloud: self.nextcloud.clone(),
            issuer: self.issuer.clone(),
        })
    }
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
        let (id, secret) = (client.id.clone(), client.secret.clone());
        return Ok(OwnClient::new(fetch.clone(), id, secret, &issuer.auth_methods));
    }
    let file = ClientFile::within(&options.data);
    let now = options.clock.now().unix_timestamp();
    let client = if let Some(known) = file.find(&issuer.issuer, now)? {
        known
    } else {
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
        let client = registration.register(fetch, issuer).await?;
        file.keep(&client)?;
        tracing::info!(client = client.client_id, "this server registered at the issuer");
        client
    };
    Ok(OwnClient::new(
        fetch.clone(),
        client.client_id,
        client.client_secret,
        &issuer.auth_methods,
    ))
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

/// What an operator should know.
fn tell(issuer: &Discovered, access: &ExternalAccess) {
    tracing::info!(issuer = issuer.issuer, "tokens of this issuer are taken");
    if issuer.introspection.is_none() {
        tracing::warn!("the issuer does not offer introspection: only signed access tokens are taken");
    }
    if !access.exchanges() {
        tracing::warn!(
            "the issuer does not offer token exchange: the Nextcloud is reached only for people whose app password is kept; consider the mode `login_flow`"
        );
    }
}
