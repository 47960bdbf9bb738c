//! One file a command. All of them: settings first, then logging, then the work.

mod admin;
mod call;
mod cloud;
mod config;
mod connect;
mod demo;
mod demo_data;
mod demo_folder;
mod doctor;
mod extract_document;
mod listen;
mod login;
mod manual;
mod ocm;
mod output;
mod serve;
mod stdio;
mod tools;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;

pub use extract_document::extract_document;

use crate::{
    cli::{Cli, CloudFlags, Command, Serve},
    config::{Config, ConfigError, Environment, Layers},
    logging,
};

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it was asked for.
    Success,
    /// It could not.
    Failure,
    /// It was asked in a way that makes no sense.
    Usage,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::from(0),
            Outcome::Failure => Self::from(1),
            Outcome::Usage => Self::from(2),
        }
    }
}

/// Why a command did not succeed.
pub(crate) enum Trouble {
    /// The settings or arguments are wrong.
    Usage(String),
    /// The work failed.
    Failure(anyhow::Error),
}

impl From<ConfigError> for Trouble {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

/// `?` for errors of the work.
pub(crate) trait OrFail<T> {
    fn or_fail(self) -> Result<T, Trouble>;
}

impl<T, E: Into<anyhow::Error>> OrFail<T> for Result<T, E> {
    fn or_fail(self) -> Result<T, Trouble> {
        self.map_err(|error| Trouble::Failure(error.into()))
    }
}

/// What every command is given.
pub(crate) struct Setting {
    pub(crate) layers: Layers,
    pub(crate) config: Config,
    pub(crate) environment: Environment,
}

/// Runs the command line. Everything that is not data goes to standard error.
pub async fn run(arguments: impl IntoIterator<Item = OsString>, environment: Environment) -> Outcome {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers; clap knows where each belongs.
            let outcome = if error.use_stderr() {
                Outcome::Usage
            } else {
                Outcome::Success
            };
            drop(error.print());
            return outcome;
        }
    };
    match dispatch(cli, environment).await {
        Ok(()) => Outcome::Success,
        Err(Trouble::Usage(text)) => {
            output::complain(&text);
            Outcome::Usage
        }
        Err(Trouble::Failure(error)) => {
            output::complain(&format!("{error:#}"));
            Outcome::Failure
        }
    }
}

async fn dispatch(cli: Cli, environment: Environment) -> Result<(), Trouble> {
    // These need no settings, so they work when those are broken.
    match &cli.command {
        Command::Completions { shell } => return output::completions(*shell).or_fail(),
        Command::Manual => return output::data(manual::page().trim_end()).or_fail(),
        Command::Config(command) if config::needs_no_settings(command) => return config::print(command).or_fail(),
        _ => {}
    }
    let setting = settle(&cli, environment)?;
    match cli.command {
        Command::Demo(arguments) => Box::pin(demo::run(setting, arguments)).await,
        Command::Serve(Serve { unregister: true, .. }) => serve::unregister(&setting).await,
        Command::Serve(_) => serve::run(setting).await,
        Command::Run(arguments) => match arguments.transport.as_str() {
            "streamable-http" | "http" => serve::run(setting).await,
            "stdio" => stdio::run(setting).await,
            "sse" => Err(Trouble::Usage(
                "the transport `sse` is gone from the protocol; use streamable-http".to_owned(),
            )),
            other => Err(Trouble::Usage(format!(
                "unknown transport `{other}`; use streamable-http or stdio"
            ))),
        },
        Command::Stdio(_) => stdio::run(setting).await,
        Command::Cloud(arguments) => Box::pin(cloud::run(setting, arguments)).await,
        Command::Login(arguments) => login::login(setting, arguments).await,
        Command::Logout => login::logout(setting).await,
        Command::Tools(arguments) => tools::run(setting, &arguments).await,
        Command::Call(arguments) => call::run(setting, arguments).await,
        Command::Admin(arguments) => Box::pin(admin::run(&setting.config, *arguments)).await,
        Command::Ocm(arguments) => Box::pin(ocm::run(&setting.config, arguments)).await,
        Command::Config(command) => config::run(&setting, &command),
        Command::Doctor(arguments) => Box::pin(doctor::run(setting, arguments)).await,
        Command::Completions { .. } | Command::Manual => Ok(()),
    }
}

/// Reads the settings for a command and starts logging.
fn settle(cli: &Cli, environment: Environment) -> Result<Setting, Trouble> {
    let mut flags: Vec<(&'static str, &'static str, String)> = Vec::new();
    let mut flag = |name, key, value: Option<String>| {
        if let Some(value) = value {
            flags.push((name, key, value));
        }
    };
    flag("--log-level", "log.level", cli.log_level.clone());
    flag("--log-format", "log.format", cli.log_format.clone());
    let no_flags = CloudFlags::default();
    let (listen, cloud) = match &cli.command {
        Command::Demo(demo) => {
            flag(
                "--emulate-stock-cors",
                "embedded.emulate_stock_cors",
                demo.emulate_stock_cors.map(|when| when.as_str().to_owned()),
            );
            (Some(demo.listen.clone()), &no_flags)
        }
        Command::Cloud(cloud) => {
            flag(
                "--emulate-stock-cors",
                "embedded.emulate_stock_cors",
                cloud.emulate_stock_cors.map(|when| when.as_str().to_owned()),
            );
            (None, &no_flags)
        }
        Command::Serve(Serve {
            listen,
            cloud,
            mode,
            public_url,
            unregister: _,
        }) => {
            flag("--mode", "server.mode", mode.map(|mode| mode.as_str().to_owned()));
            flag("--public-url", "server.public_url", public_url.clone());
            (Some(listen.clone()), cloud)
        }
        Command::Run(run) => {
            flag("--mcp-server-url", "server.public_url", run.mcp_server_url.clone());
            flag("--public-issuer-url", "issuer.url", run.public_issuer_url.clone());
            flag("--oauth-client-id", "issuer.client_id", run.oauth_client_id.clone());
            flag("--oauth-scopes", "issuer.scopes", run.oauth_scopes.clone());
            flag("--oauth-token-type", "issuer.token_type", run.oauth_token_type.clone());
            flag("--host", "server.host", run.host.clone());
            flag("--port", "server.port", run.port.map(|port| port.to_string()));
            (None, &run.cloud)
        }
        Command::Stdio(cloud) => (None, cloud),
        Command::Doctor(doctor) => (None, &doctor.cloud),
        Command::Tools(tools) => (None, &tools.cloud),
        Command::Call(call) => (None, &call.cloud),
        _ => (None, &no_flags),
    };
    if let Some(listen) = listen {
        flag("--host", "server.host", listen.host);
        flag("--port", "server.port", listen.port.map(|port| port.to_string()));
        flag("--path", "server.path", listen.path);
    }
    flag("--nextcloud-host", "cloud.url", cloud.nextcloud_host.clone());
    flag(
        "--nextcloud-username",
        "cloud.username",
        cloud.nextcloud_username.clone(),
    );
    flag(
        "--enable-app",
        "tools.apps",
        Some(cloud.enable_app.join(",")).filter(|apps| !apps.is_empty()),
    );
    flag(
        "--read-only",
        "tools.read_only",
        cloud.read_only.then(|| "true".to_owned()),
    );

    // `demo` brings its own cloud and account: what the environment says of another one does not concern it.
    let visible: Environment = if matches!(cli.command, Command::Demo(_) | Command::Cloud(_)) {
        environment
            .iter()
            .filter(|(name, _)| {
                let is_own = name.starts_with("NEXTCLOUD_MCP__EMBEDDED__");
                is_own || (!name.starts_with("NEXTCLOUD_") && *name != "MCP_DEPLOYMENT_MODE")
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    } else {
        environment.clone()
    };
    let layers = Layers::read(cli.config.as_deref(), &visible, &flags)?;
    let mut config = Config::resolve(&layers)?;
    config.documents.look_around(&environment);
    logging::start(&config.log_level, config.log_format);
    for notice in &config.notices {
        tracing::warn!("{notice}");
    }
    Ok(Setting {
        layers,
        config,
        environment,
    })
}
