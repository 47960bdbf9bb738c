//! The embedded cloud as it ships: opened with the settings, with its provider beside it.

use std::path::Path;

use axum::Router;
use nc_cloud::{Cloud, CloudConfig};
use nc_provider::Provider;
use url::Url;

use crate::{
    config::{Config, ConfigError},
    provider::{self, OidcOptions},
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

/// Opens the provider of a cloud that listens at `url`, unless it has a public one.
///
/// # Errors
/// As [`provider::open`].
pub async fn open_provider(config: &Config, cloud: &Cloud, url: &str) -> anyhow::Result<Provider> {
    let public = cloud.config().public_url.as_ref().map(Url::as_str);
    let options = OidcOptions {
        registration: config.embedded.registration,
        believed: config.embedded.believe_own_tokens,
        external: config.embedded.external_issuers.clone(),
        ..OidcOptions::new(public.unwrap_or(url))
    };
    provider::open(cloud, &options).await
}

/// Everything that the cloud answers.
///
/// # Errors
/// [`ConfigError`] when the proxies cannot be read.
pub fn router(config: &Config, cloud: &Cloud, provider: &Provider) -> Result<Router, ConfigError> {
    let proxies = crate::app::proxies(config)?;
    let https = cloud
        .config()
        .public_url
        .as_ref()
        .is_some_and(|url| url.scheme() == "https");
    Ok(nc_web::Kit::new(proxies, https).wrap(provider::router(cloud, provider)))
}
