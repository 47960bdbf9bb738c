//! This server's own authorization server, however people sign in.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use nc_auth::{
    Scope, ScopeKind, ScopeSet,
    fetch::{GuardedFetch, PostForm, Reach},
};
use nc_proto::{clock::Clock, oauth::jose::Algorithm};
use nc_provider::{KeyOptions, KeyRing, Lifetimes, Provider, ProviderConfig, RegistrationMode, Role, SignIn};
use nc_store::{Sealer, Store};

/// Most clients that registered themselves.
const MOST_DYNAMIC_CLIENTS: u64 = 10_000;

/// What an operator decides about its clients.
#[derive(Clone)]
pub struct ClientOptions {
    /// Who may register.
    pub registration: RegistrationMode,
    /// Client ids, or hosts of metadata documents, that may be used; empty for all.
    pub allowed: Vec<String>,
    /// Whether clients may be known by their metadata document.
    pub documents: bool,
    /// How long a spent refresh token may be used once more, for answers that got lost.
    pub refresh_grace: Duration,
    /// Hosts of those documents; empty for all.
    pub document_hosts: Vec<String>,
}

/// What it is for.
pub(crate) struct Purpose<'a> {
    /// Its address: the issuer.
    pub(crate) issuer: &'a str,
    /// Whose accounts people sign in with.
    pub(crate) account_base: String,
    /// The MCP endpoint: what tokens are for.
    pub(crate) resource: &'a str,
    /// Scopes of the tools.
    pub(crate) scopes: ScopeSet,
}

/// Opens it.
pub(crate) async fn open(
    purpose: Purpose<'_>,
    clients: &ClientOptions,
    (store, sealer): (Arc<dyn Store>, Arc<Sealer>),
    sign_in: SignIn,
    clock: &Clock,
) -> anyhow::Result<Provider> {
    let keys = KeyRing::open(
        Arc::clone(&store),
        Arc::clone(&sealer),
        clock.clone(),
        KeyOptions::default(),
    );
    let keys = keys.await.context("the signing keys cannot be used")?;
    let config = configuration(purpose, clients);
    let provider = Provider::new(config, store, sealer, keys, sign_in, clock.clone());
    // Strangers name the addresses of clients' documents and keys, and where clients are told of a logout.
    let outside = Arc::new(GuardedFetch::new(Reach::Public, Vec::new()).context("TLS cannot be set up")?);
    let provider = provider.with_notices(Arc::clone(&outside) as Arc<dyn PostForm>);
    Ok(if clients.documents {
        provider.with_fetch(outside)
    } else {
        provider
    })
}

fn configuration(purpose: Purpose<'_>, clients: &ClientOptions) -> ProviderConfig {
    let of_tools = purpose.scopes.iter().filter(|scope| scope.kind() == ScopeKind::App);
    let of_tools: Vec<String> = of_tools.map(|scope| scope.as_str().to_owned()).collect();
    let about_the_user = [Scope::Openid, Scope::Profile, Scope::Email, Scope::OfflineAccess];
    let public_scopes = about_the_user.iter().map(|scope| scope.as_str().to_owned());
    ProviderConfig {
        role: Role::McpServer,
        issuer: purpose.issuer.to_owned(),
        name: "Nextcloud MCP".to_owned(),
        account_base: purpose.account_base,
        public_scopes: public_scopes.chain(of_tools.iter().cloned()).collect(),
        resources: vec![(purpose.resource.to_owned(), of_tools)],
        document_hosts: clients.document_hosts.clone(),
        allowed_clients: clients.allowed.clone(),
        registration: clients.registration,
        refresh_by_registration: true,
        registered_scopes_are_a_default: true,
        max_dynamic_clients: MOST_DYNAMIC_CLIENTS,
        account_pages: Vec::new(),
        algorithm: Algorithm::Es256,
        lifetimes: Lifetimes {
            refresh_grace: clients.refresh_grace,
            ..Lifetimes::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grace_is_that_of_the_options() {
        for seconds in [0, 60] {
            let options = ClientOptions {
                registration: RegistrationMode::Open,
                allowed: Vec::new(),
                documents: true,
                document_hosts: Vec::new(),
                refresh_grace: Duration::from_secs(seconds),
            };
            let purpose = Purpose {
                issuer: "https://mcp.example",
                account_base: "https://cloud.example".to_owned(),
                resource: "https://mcp.example/mcp",
                scopes: ScopeSet::default(),
            };
            let config = configuration(purpose, &options);
            assert_eq!(config.lifetimes.refresh_grace, Duration::from_secs(seconds));
        }
    }
}
