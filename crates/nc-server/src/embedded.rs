//! The embedded cloud as it ships: opened with the settings, with its provider beside it.

mod invitations;

use std::{path::Path, sync::Arc};

use axum::Router;
use nc_cloud::{Cloud, CloudConfig, Federated};
use nc_ocm::{Ocm, OcmParts, Random};
use nc_provider::Provider;
use url::Url;

use crate::{
    config::{Config, ConfigError},
    provider::{self, OidcOptions},
    provider_data::ProviderData,
};

/// What the cloud is opened with.
pub fn cloud_config(config: &Config, data_dir: &Path, public_url: Option<Url>) -> CloudConfig {
    let mut cloud = CloudConfig::new(data_dir);
    cloud.public_url = public_url;
    cloud.sealing_keys.clone_from(&config.embedded.sealing_keys);
    cloud.trash_kept = config.embedded.trash_kept;
    cloud.recipe_hosts = config.tools.recipe_hosts;
    cloud.stock_cors = config.embedded.stock_cors;
    cloud.admin_acr.clone_from(&config.embedded.admin_acr);
    cloud
        .login_flow_user_agents
        .clone_from(&config.embedded.login_flow_user_agents);
    cloud
}

/// What stands beside the cloud: its provider, and what speaks with other servers.
#[derive(Clone)]
pub struct Beside {
    /// The authorization server.
    pub provider: Provider,
    /// Open Cloud Mesh, if it is switched on.
    pub ocm: Option<Ocm>,
}

impl Beside {
    /// Does what has to be done from time to time. Ends never.
    pub async fn keep_up(self) {
        match self.ocm {
            Some(ocm) => {
                tokio::join!(self.provider.keep_up(), ocm.keep_up());
            }
            None => self.provider.keep_up().await,
        }
    }
}

/// Opens what stands beside a cloud that listens at `url`, unless it has a public one.
///
/// # Errors
/// As [`provider::open`]; and when settings for other servers cannot be used here.
pub async fn open(config: &Config, cloud: &Cloud, url: &str) -> anyhow::Result<Beside> {
    let public = cloud.config().public_url.as_ref().map(Url::as_str);
    let address = public.unwrap_or(url);
    let options = OidcOptions {
        registration: config.embedded.registration,
        refresh_grace: config.embedded.refresh_grace,
        documents: config.embedded.client_documents,
        document_hosts: config.embedded.client_document_hosts.clone(),
        believed: config.embedded.believe_own_tokens,
        external: config.embedded.external_issuers.clone(),
        account_pages: if config.embedded.federation.enabled {
            vec![(
                "Invitations to share with other servers".to_owned(),
                invitations::LIST.to_owned(),
            )]
        } else {
            Vec::new()
        },
        ..OidcOptions::new(address)
    };
    let data = ProviderData::with_sealer(&cloud.config().data_dir, Arc::clone(cloud.sealer())).await?;
    let provider = provider::open(cloud, &data, &options).await?;
    let ocm = if config.embedded.federation.enabled {
        Some(open_federation(config, cloud, data, address).await?)
    } else {
        None
    };
    Ok(Beside { provider, ocm })
}

/// Opens Open Cloud Mesh over the cloud, and joins the two.
async fn open_federation(config: &Config, cloud: &Cloud, data: ProviderData, address: &str) -> anyhow::Result<Ocm> {
    let mut decided = config.embedded.federation.at(address.parse()?)?;
    decided.invite_accept_dialog = Some(invitations::ACCEPT.to_owned());
    let ocm = Ocm::open(OcmParts {
        config: decided,
        store: data.store,
        sealer: data.sealer,
        residents: Arc::new(cloud.residents()),
        clock: cloud.config().clock.clone(),
        random: Random::system(),
    });
    let ocm = ocm.await?;
    cloud.federate(Federated {
        auth: Arc::new(ocm.clone()),
        shares: Arc::new(ocm.clone()),
    })?;
    Ok(ocm)
}

/// Everything that the cloud answers.
///
/// # Errors
/// [`ConfigError`] when the proxies cannot be read.
pub fn router(config: &Config, cloud: &Cloud, beside: &Beside) -> Result<Router, ConfigError> {
    let proxies = crate::app::proxies(config)?;
    let https = cloud
        .config()
        .public_url
        .as_ref()
        .is_some_and(|url| url.scheme() == "https");
    let router = provider::router(cloud, &beside.provider);
    let router = match &beside.ocm {
        Some(ocm) => ocm
            .router()
            .merge(invitations::routes(&beside.provider, ocm))
            .merge(router),
        None => router,
    };
    Ok(nc_web::Kit::new(proxies, https).wrap(router))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::{Environment, Layers};

    #[tokio::test]
    async fn the_provider_has_the_grace_that_the_settings_say() {
        for (given, grace_s) in [(None, 10), (Some("0"), 0), (Some("60"), 60)] {
            let folder = tempfile::tempdir().expect("a folder");
            let name = "EMBEDDED_CLOUD_REFRESH_GRACE".to_owned();
            let environment: Environment = given.into_iter().map(|text| (name.clone(), text.to_owned())).collect();
            let layers = Layers::read(None, &environment, &[]).expect("layers");
            let config = Config::resolve(&layers).expect("settings");
            let cloud = Cloud::open(cloud_config(&config, folder.path(), None))
                .await
                .expect("a cloud");
            let beside = open(&config, &cloud, "http://127.0.0.1:8080").await.expect("opened");
            let lifetimes = beside.provider.config().lifetimes;
            assert_eq!(lifetimes.refresh_grace, Duration::from_secs(grace_s));
        }
    }
}
