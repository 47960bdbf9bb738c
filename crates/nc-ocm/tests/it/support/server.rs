use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use nc_ocm::{Ocm, OcmConfig, OcmParts, Random};
use nc_proto::clock::Clock;
use nc_store::{InShareRecord, OutShareRecord, Sealer, Store};
use nc_store_sqlite::SqliteStore;
use reqwest::{RequestBuilder, Response};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::{net::TcpListener, task::JoinHandle};
use url::Url;
use zeroize::Zeroizing;

use super::Town;

/// A clock that stands until it is moved; both sides of a test have the same one.
pub(crate) fn clock() -> Clock {
    Clock::manual(OffsetDateTime::from_unix_timestamp(1_785_060_500).expect("a time"))
}

/// What may differ between servers.
pub(crate) struct Options {
    pub(crate) clock: Clock,
    pub(crate) town: Town,
    /// Changes the configuration, which allows plain http on this machine.
    pub(crate) config: Box<dyn Fn(&mut OcmConfig) + Send + Sync>,
}

impl Options {
    pub(crate) fn new(clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            town: Town::default(),
            config: Box::new(|_| {}),
        }
    }

    pub(crate) fn config(mut self, change: impl Fn(&mut OcmConfig) + Send + Sync + 'static) -> Self {
        self.config = Box::new(change);
        self
    }
}

/// A server that speaks Open Cloud Mesh at `http://127.0.0.1:…`.
pub(crate) struct Server {
    /// Its origin without a slash at the end.
    pub(crate) url: String,
    /// `127.0.0.1:…`, as it is written after the `@`.
    pub(crate) host: String,
    pub(crate) ocm: Ocm,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) clock: Clock,
    /// Its people and files.
    pub(crate) town: Town,
    http: reqwest::Client,
    serving: JoinHandle<()>,
    listener_port: u16,
    options: Options,
    folder: Arc<TempDir>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Server {
    /// The usual one.
    pub(crate) async fn start(clock: &Clock) -> Self {
        Self::with(Options::new(clock)).await
    }

    /// Another one.
    pub(crate) async fn with(options: Options) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        Self::at(options, folder, 0).await
    }

    /// The same server again after it ended: same address, same database.
    pub(crate) async fn restart(self) -> Self {
        let (folder, port) = (Arc::clone(&self.folder), self.listener_port);
        let options = Options {
            clock: self.clock.clone(),
            town: self.town.clone(),
            config: {
                let mut this = self;
                let config = std::mem::replace(&mut this.options.config, Box::new(|_| {}));
                this.serving.abort();
                let _ = (&mut this.serving).await;
                this.store.close().await;
                config
            },
        };
        Self::at(options, folder, port).await
    }

    async fn at(options: Options, folder: Arc<TempDir>, port: u16) -> Self {
        let listener = listen(port).await;
        let address = listener.local_addr().expect("an address");
        let url = format!("http://{address}");
        let (store, sealer) = open_store(&folder.path().join("ocm.db")).await;
        let ocm = open_ocm(&url, (Arc::clone(&store), Arc::clone(&sealer)), &options).await;
        let router = ocm.router();
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("served");
        });
        Self {
            url,
            host: address.to_string(),
            ocm,
            store,
            sealer,
            clock: options.clock.clone(),
            town: options.town.clone(),
            http: http(),
            serving,
            listener_port: address.port(),
            options,
            folder,
        }
    }

    /// Where its database lies.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("ocm.db")
    }

    /// What is stored of a share from here.
    pub(crate) async fn out_share(&self, id: &str) -> OutShareRecord {
        self.store.find_out_share(id).await.expect("asked").expect("a share")
    }

    /// What is stored of a share from another server.
    pub(crate) async fn in_share(&self, number: i64) -> InShareRecord {
        let found = self.store.find_in_share_by_number(number).await;
        found.expect("asked").expect("a share")
    }

    /// A person's address: with the scheme, since it is reached without TLS.
    pub(crate) fn address(&self, user: &str) -> String {
        format!("{user}@{}", self.url)
    }

    /// A request to it, unsigned.
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = method.parse().expect("a method");
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// What it answers to a GET.
    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request("GET", path).send().await.expect("an answer")
    }
}

/// A client that follows nothing and keeps nothing.
#[expect(clippy::disallowed_methods, reason = "other servers are not guarded")]
pub(crate) fn http() -> reqwest::Client {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy();
    client.build().expect("a client")
}

/// A database, opened as the server does: several processes may do so.
pub(crate) async fn open_store(path: &Path) -> (Arc<dyn Store>, Arc<Sealer>) {
    let sealer = Arc::new(Sealer::new(&[Zeroizing::new([7; 32])]).expect("a key"));
    let store = SqliteStore::open(path, Arc::clone(&sealer)).await.expect("a store");
    (Arc::new(store), sealer)
}

/// Open Cloud Mesh at an origin, over a database that other processes may have open as well.
pub(crate) async fn open_ocm(origin: &str, (store, sealer): (Arc<dyn Store>, Arc<Sealer>), options: &Options) -> Ocm {
    let mut config = OcmConfig::new(origin.parse::<Url>().expect("a URL"));
    config.allow_http = true;
    config.allow_private = true;
    (options.config)(&mut config);
    let parts = OcmParts {
        config,
        store,
        sealer,
        residents: Arc::new(options.town.clone()),
        clock: options.clock.clone(),
        random: Random::system(),
    };
    Ocm::open(parts).await.expect("it opens")
}

/// A port that was just left may be taken for a moment.
async fn listen(port: u16) -> TcpListener {
    for _ in 0..50 {
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await {
            return listener;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("port {port} stays taken");
}
