use std::{path::PathBuf, time::Duration};

use nc_auth::fetch::PageFetch;
use nc_proto::{clock::Clock, public_url::Hosts};
use regex::Regex;
use url::Url;

use crate::{SealingKey, StockCors};

/// The `acr` of a sign-in with a second factor.
const WITH_SECOND_FACTOR: &str = "2";

/// Nextcloud's default (`trashbin_retention_obligation`): thirty days.
const TRASH_KEPT: Duration = Duration::from_hours(30 * 24);

/// What the cloud needs to know before it opens.
#[derive(Clone)]
pub struct CloudConfig {
    /// Folder of the database and the files; made when absent.
    pub data_dir: PathBuf,
    /// The URL that clients use. `None`: taken from each request's `Host`.
    pub public_url: Option<Url>,
    /// Keys for what must be read again; the first one seals. Empty: the key in `cloud.key` in the data directory, made at
    /// the first start.
    pub sealing_keys: Vec<SealingKey>,
    /// The programs that may use Login Flow v2, by their `User-Agent`. Empty: all.
    pub login_flow_user_agents: Vec<Regex>,
    /// How strongly a person must have signed in for a token to administer: values of `acr`. Empty: no token administers.
    pub admin_acr: Vec<String>,
    /// Which requests with a Bearer are refused as a stock Nextcloud refuses them. For trials of clients.
    pub stock_cors: StockCors,
    /// How long deleted files stay in the trash.
    pub trash_kept: Duration,
    /// Which hosts recipes and their pictures may be fetched from.
    pub recipe_hosts: Hosts,
    /// How they are fetched, in place of the system's resolver.
    pub pages: Option<PageFetch>,
    /// The time.
    pub clock: Clock,
}

impl CloudConfig {
    /// The cloud in `data_dir`, with the system's clock and no fixed public URL.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            public_url: None,
            sealing_keys: Vec::new(),
            login_flow_user_agents: Vec::new(),
            admin_acr: vec![WITH_SECOND_FACTOR.to_owned()],
            stock_cors: StockCors::Off,
            trash_kept: TRASH_KEPT,
            recipe_hosts: Hosts::Public,
            pages: None,
            clock: Clock::system(),
        }
    }
}
