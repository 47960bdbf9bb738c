//! The provider as the embedded cloud's `oidc` app: over the cloud's accounts, in a database beside its own, believed by
//! the cloud's interfaces.

mod accounts;
mod administrators;
mod believed;
mod external_accounts;

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::Router;
use nc_auth::{
    Scope, ScopeKind,
    fetch::{Fetch, GuardedFetch, Reach},
};
use nc_cloud::Cloud;
use nc_proto::oauth::jose::Algorithm;
use nc_provider::{KeyOptions, KeyRing, Lifetimes, Provider, ProviderConfig, RegistrationMode, Role, SignIn};
use nc_store::Store;

use self::{accounts::CloudAccounts, administrators::Administrators};
use crate::{config::ExternalIssuersConfig, provider_data::ProviderData};

/// Most clients that registered themselves.
const MOST_DYNAMIC_CLIENTS: u64 = 10_000;

/// What an operator decides about the provider of the embedded cloud.
#[derive(Debug, Clone)]
pub struct OidcOptions {
    /// Address of the cloud as clients reach it: the issuer, and what tokens are for.
    pub issuer: String,
    /// Who may register clients.
    pub registration: RegistrationMode,
    /// How long a spent refresh token may be used once more, for answers that got lost.
    pub refresh_grace: Duration,
    /// Whether clients may be known by their metadata document.
    pub documents: bool,
    /// Hosts of those documents; empty for all.
    pub document_hosts: Vec<String>,
    /// Whether the cloud's interfaces believe the provider's tokens.
    pub believed: bool,
    /// Other issuers whose tokens they believe.
    pub external: ExternalIssuersConfig,
    /// Other pages about the own account: what they are called, and their paths.
    pub account_pages: Vec<(String, String)>,
}

impl OidcOptions {
    /// The usual ones for a cloud at `url`.
    pub fn new(url: &str) -> Self {
        Self {
            issuer: url.trim_end_matches('/').to_owned(),
            registration: RegistrationMode::Off,
            refresh_grace: Lifetimes::default().refresh_grace,
            documents: true,
            document_hosts: Vec::new(),
            believed: true,
            external: ExternalIssuersConfig::default(),
            account_pages: Vec::new(),
        }
    }
}

/// The provider of a cloud. The cloud believes its tokens from now on, and those of the external issuers.
///
/// # Errors
/// When the database cannot be used, or its keys do not open with the cloud's sealing key.
pub async fn open(cloud: &Cloud, data: &ProviderData, options: &OidcOptions) -> anyhow::Result<Provider> {
    let (store, sealer): (Arc<dyn Store>, _) = (Arc::clone(&data.store), Arc::clone(&data.sealer));
    let clock = cloud.config().clock.clone();
    let keys = KeyRing::open(
        Arc::clone(&store),
        Arc::clone(&sealer),
        clock.clone(),
        KeyOptions::default(),
    );
    let keys = keys.await.context("the provider's keys cannot be used")?;
    let sign_in = SignIn::Local(Arc::new(CloudAccounts {
        cloud: cloud.clone(),
        address: options.issuer.clone(),
    }));
    let config = configuration(cloud, options);
    let mut provider = Provider::new(config, store, sealer, keys, sign_in, clock);
    // Strangers name the addresses of clients' documents and keys, and where clients are told of a logout.
    let outside = Arc::new(GuardedFetch::new(Reach::Public, Vec::new()).context("TLS cannot be set up")?);
    if options.documents {
        provider = provider.with_fetch(Arc::clone(&outside) as Arc<dyn Fetch>);
    }
    let provider = provider.with_notices(outside);
    believed::believe(cloud, &provider, options)?;
    Ok(provider)
}

/// The cloud with its provider beside it.
pub fn router(cloud: &Cloud, provider: &Provider) -> Router {
    let administrators = Arc::new(Administrators(cloud.clone()));
    provider
        .router()
        .merge(provider.admin_routes(administrators))
        .merge(cloud.router())
}

fn configuration(cloud: &Cloud, options: &OidcOptions) -> ProviderConfig {
    let names = |wanted: fn(ScopeKind) -> bool| {
        let scopes = Scope::ALL.iter().filter(move |scope| wanted(scope.kind()));
        scopes.map(|scope| scope.as_str().to_owned()).collect::<Vec<_>>()
    };
    ProviderConfig {
        role: Role::Cloud,
        issuer: options.issuer.clone(),
        name: "Nextcloud".to_owned(),
        // Not the address: accounts stay the same people when the cloud moves.
        account_base: cloud.instance_id().to_owned(),
        public_scopes: names(|kind| kind != ScopeKind::Admin),
        resources: vec![(options.issuer.clone(), names(|kind| kind != ScopeKind::Standard))],
        document_hosts: options.document_hosts.clone(),
        allowed_clients: Vec::new(),
        registration: options.registration,
        refresh_by_registration: false,
        registered_scopes_are_a_default: false,
        max_dynamic_clients: MOST_DYNAMIC_CLIENTS,
        account_pages: options.account_pages.clone(),
        algorithm: Algorithm::Es256,
        lifetimes: Lifetimes {
            refresh_grace: options.refresh_grace,
            ..Lifetimes::default()
        },
    }
}
