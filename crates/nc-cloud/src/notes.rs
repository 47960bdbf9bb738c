//! The Notes app. A note *is* a file below the notes folder: its id is the file's id, its title the file's name, its
//! category the folder between.

mod settings;

pub(crate) use settings::settings;

/// Versions of the interface, as told in `X-Notes-API-Versions` and in the capabilities.
pub(crate) const API_VERSIONS: [&str; 3] = ["0.2", "1.3", "1.4"];

/// The release of the app whose behaviour we follow.
pub(crate) const APP_VERSION: &str = "5.0.2";
