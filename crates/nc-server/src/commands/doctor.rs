//! `doctor`: asks what a client will ask, of the Nextcloud and of the running deployment, and says what to mend.

mod deployment;
mod discovery;
mod faults;
mod nextcloud;
mod outside;
mod play;
mod profiles;
mod registration;
mod report;
mod sign_in;

use url::Url;

use self::{profiles::Profile, report::Report};
use super::{OrFail, Setting, Trouble, connect, output};
use crate::{
    app,
    cli::Doctor,
    config::{Config, Mode},
};

pub(crate) async fn run(setting: Setting, arguments: Doctor) -> Result<(), Trouble> {
    let clients = profiles::chosen(&arguments.client)?;
    let setting = connect::with_kept_login(setting)?;
    let mut report = Report::default();
    check_settings(&setting.config, &mut report);
    if setting.config.cloud.url.is_none() && arguments.url.is_some() {
        report.warn("no Nextcloud is configured (NEXTCLOUD_HOST), so only the deployment was checked");
    } else {
        let cloud = connect::nextcloud(&setting.config)?;
        nextcloud::check(&cloud, &setting.config, &mut report).await;
    }
    if let Some(url) = endpoint(&setting.config, arguments.url.as_deref())? {
        let own = own_client_address(arguments.client_url.as_deref())?;
        let question = play::Question {
            endpoint: url,
            register: !arguments.no_register,
            own_client: own,
        };
        check_deployment(&question, &clients, &mut report).await?;
    }
    let text = if arguments.json { report.json() } else { report.text() };
    output::data(&text).or_fail()?;
    match report.failures() {
        0 => Ok(()),
        failures => Err(Trouble::Failure(anyhow::anyhow!("{failures} of the checks failed"))),
    }
}

/// Where clients reach the deployment: as asked, or by the settings of a mode in which they sign in.
fn endpoint(config: &Config, asked: Option<&str>) -> Result<Option<Url>, Trouble> {
    if let Some(text) = asked {
        return parse(text).map(Some);
    }
    // Without any mode `serve` is its own authorization server; then a public address says that it is meant to run.
    let signs_in = match config.mode {
        Some(Mode::OwnIssuer | Mode::ExternalIssuer) => true,
        Some(Mode::SingleUser | Mode::Basic) => false,
        None => config.server.public_url.is_some(),
    };
    if !signs_in {
        return Ok(None);
    }
    let base = match &config.server.public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None => format!("http://{}:{}", config.server.host, config.server.port),
    };
    parse(&format!("{base}{}", config.server.path)).map(Some)
}

fn parse(text: &str) -> Result<Url, Trouble> {
    let url = Url::parse(text).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| {
        Trouble::Usage(format!(
            "`{text}` is no address of an MCP endpoint, such as https://mcp.example.org/mcp"
        ))
    })
}

fn own_client_address(text: Option<&str>) -> Result<Option<String>, Trouble> {
    let address = text.map(parse).transpose()?;
    Ok(address.map(|url| url.as_str().trim_end_matches('/').to_owned()))
}

async fn check_deployment(
    question: &play::Question,
    clients: &[&'static Profile],
    report: &mut Report,
) -> Result<(), Trouble> {
    let outside = outside::Outside::new(&question.endpoint)?;
    let reach = deployment::check(&outside, &question.endpoint, report).await;
    if !reach.answers {
        return Ok(());
    }
    for client in clients {
        if client.is_in_the_cloud()
            && let Some(why) = &reach.private
        {
            report.client_warns(client, "address", why);
        }
        play::play(&outside, question, client, &reach, report).await;
    }
    report.skipped(
        "event streams",
        "whether the proxy buffers them shows only with a token: nginx needs `proxy_buffering off`",
    );
    Ok(())
}

fn check_settings(config: &Config, report: &mut Report) {
    for notice in &config.notices {
        report.warn(notice);
    }
    if let Some(mode) = config.mode {
        match app::check_exposure(config, mode) {
            Ok(()) => report.fine("settings"),
            Err(error) => report.fail(error.to_string()),
        }
    }
    let plain = config.cloud.url.as_ref().filter(|url| url.scheme() == "http");
    if let Some(url) = plain
        && !url.host_str().is_some_and(app::is_loopback)
    {
        report.warn("the Nextcloud is reached over http: passwords travel in the clear; use https");
    }
    if let Some(url) = &config.server.public_url
        && url.path().trim_end_matches('/').ends_with("/mcp")
    {
        report.warn("server.public_url names the endpoint; it should be the address without /mcp");
    }
}
