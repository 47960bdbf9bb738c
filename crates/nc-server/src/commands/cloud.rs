//! `cloud`: the embedded cloud alone.

use nc_auth::UserId;
use nc_cloud::{Cloud, accounts::NewUser};
use secrecy::ExposeSecret;
use serde_json::json;

use super::{OrFail, Setting, Trouble, listen, output};
use crate::{
    cli::CloudCommand,
    config::Config,
    embedded::{self, Beside},
};

pub(crate) async fn run(setting: Setting, arguments: CloudCommand) -> Result<(), Trouble> {
    let public_url = match &arguments.public_url {
        Some(url) => Some(
            url.parse()
                .map_err(|_| Trouble::Usage(format!("`{url}` is not an address")))?,
        ),
        None => None,
    };
    let config = embedded::cloud_config(&setting.config, &arguments.data, public_url);
    let stop = listen::stop_signal().or_fail()?;
    let cloud = Cloud::open(config).await.or_fail()?;
    let mut users = Vec::new();
    for name in &arguments.user {
        if let Some(password) = make_user(&cloud, name).await? {
            users.push(json!({ "name": name, "password": password.expose_secret() }));
        }
    }
    let listener = listen::listen(&arguments.host, arguments.port).or_fail()?;
    let url = listen::url_of(&listener).or_fail()?;
    let beside = embedded::open(&setting.config, &cloud, &url).await.or_fail()?;
    if arguments.json {
        output::data(&json!({ "cloud_url": url, "users": users }).to_string()).or_fail()?;
    } else {
        output::tell(&format!("Embedded cloud: {url}\nData: {}", arguments.data.display()));
        for user in &users {
            output::tell(&format!(
                "New account: {} with password {}",
                text(&user["name"]),
                text(&user["password"])
            ));
        }
    }
    serve(&setting.config, &cloud, &beside, listener, &stop).await
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Serves the cloud with what stands beside it until the stop.
pub(crate) async fn serve(
    config: &Config,
    cloud: &Cloud,
    beside: &Beside,
    listener: std::net::TcpListener,
    stop: &tokio_util::sync::CancellationToken,
) -> Result<(), Trouble> {
    let router = embedded::router(config, cloud, beside)?;
    let upkeep = [
        tokio::spawn(beside.clone().keep_up()),
        tokio::spawn(cloud.clone().keep_up()),
    ];
    let shutdown = stop.clone();
    let served = nc_web::serve(listener, router, async move { shutdown.cancelled().await })
        .await
        .or_fail();
    for task in upkeep {
        task.abort();
        // It holds the cloud open until it has ended.
        let _ = task.await;
    }
    served
}

/// Makes an account with a random password, unless it is there already.
async fn make_user(cloud: &Cloud, name: &str) -> Result<Option<secrecy::SecretString>, Trouble> {
    if cloud.find_user(&UserId::new(name)).await.or_fail()?.is_some() {
        return Ok(None);
    }
    let password = nc_cloud::random_password().or_fail()?;
    cloud
        .create_user(&NewUser::new(name, name, password.clone()))
        .await
        .or_fail()?;
    Ok(Some(password))
}
