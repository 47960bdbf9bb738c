use std::path::PathBuf;

use nc_proto::clock::Clock;
use url::Url;

/// What the cloud needs to know before it opens.
#[derive(Debug, Clone)]
pub struct CloudConfig {
    /// Folder of the database and the files; made when absent.
    pub data_dir: PathBuf,
    /// The URL that clients use. `None`: taken from each request's `Host`.
    pub public_url: Option<Url>,
    /// The time.
    pub clock: Clock,
}

impl CloudConfig {
    /// The cloud in `data_dir`, with the system's clock and no fixed public URL.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            public_url: None,
            clock: Clock::system(),
        }
    }
}
