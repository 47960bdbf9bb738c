//! `demo`: the embedded cloud and the MCP server in one process, with two users and sample data.

use std::{fs, path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use indicatif::ProgressBar;
use nc_auth::UserId;
use nc_client::{BaseUrl, ClientConfig, InProcess, Nextcloud};
use nc_cloud::{Cloud, accounts::NewUser};
use nc_proto::clock::Clock;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    OrFail, Setting, Trouble, cloud as cloud_command, demo_data, demo_folder::DemoFolder, listen, output, serve,
};
use crate::{
    app,
    cli::{Demo, ModeFlag},
    config::{Account, Mode},
    embedded,
    entrance::Entrance,
};

/// Port of the embedded cloud when none is named and it is free.
const CLOUD_PORT: u16 = 8080;
const USERS: [(&str, &str); 2] = [("alice", "Alice Liddell"), ("bob", "Bob Dodgson")];

/// One user of the demo. Kept beside the data, so that a second start prints the same.
#[derive(Serialize, Deserialize, Clone)]
struct DemoUser {
    name: String,
    password: String,
    app_password: String,
}

pub(crate) async fn run(mut setting: Setting, arguments: Demo) -> Result<(), Trouble> {
    let mode = match arguments.mode {
        ModeFlag::SingleUser => Mode::SingleUser,
        ModeFlag::Basic => Mode::Basic,
        ModeFlag::Oauth => Mode::OwnIssuer,
    };
    app::check_exposure(&setting.config, mode)?;
    let stop = listen::stop_signal().or_fail()?;
    // Ports first: a taken one is told before any work is done.
    let mcp_listener = listen::listen(&setting.config.server.host, setting.config.server.port).or_fail()?;
    let cloud_listener = listen_for_cloud(&setting, arguments.cloud_port).or_fail()?;
    let cloud_url = listen::url_of(&cloud_listener).or_fail()?;
    let server_url = listen::url_of(&mcp_listener).or_fail()?;
    let mcp_url = format!("{server_url}{}", setting.config.server.path);

    let spinner = spinner(arguments.json);
    let folder = data_folder(arguments.data.as_deref()).or_fail()?;
    spinner.set_message("opening the embedded cloud");
    let cloud = Cloud::open(embedded::cloud_config(&setting.config, &folder.path, None))
        .await
        .or_fail()?;
    spinner.set_message("making users and sample data");
    let nextcloud = in_process(&cloud, &cloud_url, &setting.config.cloud.excluded_tags)?;
    let users = users(&cloud, &nextcloud, &folder.path).await?;
    folder.finished().or_fail()?;
    let beside = embedded::open(&setting.config, &cloud, &cloud_url).await.or_fail()?;
    spinner.finish_and_clear();

    let alice = &users[0];
    if mode == Mode::SingleUser {
        setting.config.cloud.account = Some(Account {
            login: alice.name.clone(),
            password: SecretString::from(alice.app_password.clone()),
        });
    }
    setting.config.oauth.data = folder.path.join("mcp");
    let clock = Clock::system();
    let entrance = Entrance::open(&setting.config, mode, &nextcloud, &server_url, &clock)
        .await
        .or_fail()?;
    let router = app::router(&setting.config, &entrance, nextcloud, clock, &stop)?;
    announce(&arguments, mode, &mcp_url, &cloud_url, &users)?;
    let calls = entrance.calls();
    let upkeep = tokio::spawn(entrance.keep_up());
    let shutdown = stop.clone();
    let mcp = async {
        nc_web::serve(mcp_listener, router, async move { shutdown.cancelled().await })
            .await
            .or_fail()
    };
    let served = tokio::try_join!(
        mcp,
        cloud_command::serve(&setting.config, &cloud, &beside, cloud_listener, &stop)
    );
    upkeep.abort();
    if let Some(calls) = calls {
        calls.flush().await;
    }
    drop(cloud);
    drop(folder);
    served.map(|_| ())
}

fn spinner(quiet: bool) -> ProgressBar {
    // Hidden by itself when standard error is not a terminal.
    let spinner = if quiet {
        ProgressBar::hidden()
    } else {
        ProgressBar::new_spinner()
    };
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

fn listen_for_cloud(setting: &Setting, port: Option<u16>) -> anyhow::Result<std::net::TcpListener> {
    let host = &setting.config.server.host;
    match port {
        Some(port) => listen::listen(host, port),
        // Free ports for the one are free ports for the other: tests start many demos at once.
        None if setting.config.server.port == 0 => listen::listen(host, 0),
        None => listen::listen(host, CLOUD_PORT).or_else(|_| listen::listen(host, 0)),
    }
}

fn data_folder(named: Option<&Path>) -> anyhow::Result<DemoFolder> {
    if let Some(path) = named {
        return DemoFolder::kept(path).with_context(|| format!("cannot use the folder {}", path.display()));
    }
    let name = format!("nextcloud-mcp-demo-{}", nc_cloud::random_password()?.expose_secret());
    Ok(DemoFolder::temporary(std::env::temp_dir().join(name)))
}

/// The client into the cloud: the same router and the same sign-in as over the network, without the network.
fn in_process(cloud: &Cloud, url: &str, excluded_tags: &[String]) -> Result<Nextcloud, Trouble> {
    let mut config = ClientConfig::new(BaseUrl::parse(url).or_fail()?);
    config.excluded_tags = excluded_tags.to_vec();
    config.observer = Some(Arc::new(crate::telemetry::CloudCalls));
    let service = cloud.router().into_service::<nc_client::Body>();
    Ok(Nextcloud::new(
        config,
        Arc::new(InProcess::new(service)),
        Clock::system(),
    ))
}

async fn users(cloud: &Cloud, nextcloud: &Nextcloud, folder: &Path) -> Result<Vec<DemoUser>, Trouble> {
    let kept = folder.join("demo-users.json");
    if let Ok(text) = fs::read_to_string(&kept) {
        return serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged", kept.display()))
            .or_fail();
    }
    if cloud.find_user(&UserId::new(USERS[0].0)).await.or_fail()?.is_some() {
        return Err(Trouble::Usage(format!(
            "{} holds another cloud, not a demo; choose another folder, or run `nextcloud-mcp cloud --data` on it",
            folder.display()
        )));
    }
    let [(alice, alice_name), (bob, bob_name)] = USERS;
    // Side by side: hashing passwords and waiting for the disk take most of the time of a start.
    let (alice, bob) = tokio::try_join!(
        make_user(cloud, nextcloud, alice, alice_name),
        make_user(cloud, nextcloud, bob, bob_name)
    )?;
    let users = vec![alice, bob];
    keep_private(&kept, &serde_json::to_string_pretty(&users).or_fail()?).or_fail()?;
    Ok(users)
}

async fn make_user(cloud: &Cloud, nextcloud: &Nextcloud, name: &str, display_name: &str) -> Result<DemoUser, Trouble> {
    let password = nc_cloud::random_password().or_fail()?;
    let mut new = NewUser::new(name, display_name, password.clone());
    new.email = Some(format!("{name}@example.org"));
    new.groups = vec!["team".to_owned()];
    cloud.create_user(&new).await.or_fail()?;
    let app_password = cloud
        .create_app_password(&UserId::new(name), "nextcloud-mcp demo")
        .await
        .or_fail()?;
    demo_data::fill(nextcloud, name, &app_password).await.or_fail()?;
    Ok(DemoUser {
        name: name.to_owned(),
        password: password.expose_secret().to_owned(),
        app_password: app_password.expose_secret().to_owned(),
    })
}

fn keep_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    std::io::Write::write_all(&mut options.open(path)?, text.as_bytes())
}

fn announce(arguments: &Demo, mode: Mode, mcp_url: &str, cloud_url: &str, users: &[DemoUser]) -> Result<(), Trouble> {
    if arguments.json {
        let object = json!({ "mcp_url": mcp_url, "cloud_url": cloud_url, "users": users });
        return output::data(&object.to_string()).or_fail();
    }
    let alice = &users[0];
    let login = Some((alice.name.as_str(), alice.app_password.as_str()));
    let mut text = format!("MCP server:     {mcp_url}\nEmbedded cloud: {cloud_url}\n\n");
    let line = |user: &DemoUser| {
        format!(
            "User {:<6} password {}   app password {}\n",
            user.name, user.password, user.app_password
        )
    };
    text.extend(users.iter().map(line));
    text += "\n";
    text += &serve::client_configuration(mcp_url, mode, login);
    text += match mode {
        Mode::SingleUser => "\n\nThe assistant acts as alice.",
        Mode::Basic => "\n\nEach client signs in with its own user's app password; this one is alice's.",
        Mode::OwnIssuer | Mode::ExternalIssuer => {
            "\n\nThe client opens a page on which you sign in with a name and password from above."
        }
    };
    text += match &arguments.data {
        Some(_) => " The data is kept.",
        None => " The data is gone at the end; --data DIR keeps it.",
    };
    text += " Ctrl-C ends it.";
    output::data(&text).or_fail()
}
