//! `/ocs/v2.php/cloud/capabilities`: the server's version, and what it and its apps can do for one user.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::tolerant;

/// Version and capabilities, as one user sees them.
///
/// The capabilities stay a tree, because every app adds its own branch; the typed readers below take what we use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capabilities {
    /// The server's version.
    pub version: Version,
    /// One branch per app or part of the server.
    #[serde(default, deserialize_with = "branches")]
    pub capabilities: Map<String, Value>,
}

/// The server's version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// 32 of 32.0.1.
    #[serde(deserialize_with = "tolerant::integer")]
    pub major: i64,
    /// The first 0 of 32.0.1.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub minor: i64,
    /// 1 of 32.0.1.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub micro: i64,
    /// The whole, for people.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub string: String,
    /// Empty for the community edition.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub edition: String,
    /// Whether the operator bought longer support.
    #[serde(default, rename = "extendedSupport", deserialize_with = "tolerant::boolean")]
    pub extended_support: bool,
}

/// The branch `notes`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotesCapability {
    /// Versions of the interface, such as `0.2`, `1.3`, `1.4`.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub api_version: Vec<String>,
    /// The app's version.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub version: String,
    /// Folder that holds this user's notes; older apps do not say.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub notes_path: Option<String>,
}

/// The part `files.chunked_upload`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkedUpload {
    /// Largest part of an upload, in bytes; nothing or not positive means no limit.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub max_size: Option<i64>,
    /// How many parts may be on the way at once.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub max_parallel_count: Option<i64>,
}

impl Capabilities {
    /// Whether there is a branch of this name. Only for apps that publish one: Notes, Deck, Tables, Cookbook, Talk.
    pub fn has(&self, name: &str) -> bool {
        self.capabilities.contains_key(name)
    }

    /// A branch or a part of one, such as `["files", "chunked_upload"]`, if it is there and has the expected form.
    pub fn find<T: DeserializeOwned>(&self, path: &[&str]) -> Option<T> {
        let (first, rest) = path.split_first()?;
        let value = rest
            .iter()
            .try_fold(self.capabilities.get(*first)?, |value, name| value.get(name))?;
        T::deserialize(value).ok()
    }

    /// The Notes app, if this user has it.
    pub fn notes(&self) -> Option<NotesCapability> {
        self.has("notes").then(|| self.find(&["notes"]).unwrap_or_default())
    }

    /// What the server says about uploads in parts.
    pub fn chunked_upload(&self) -> ChunkedUpload {
        self.find(&["files", "chunked_upload"]).unwrap_or_default()
    }

    /// The product's name as the operator set it.
    pub fn product_name(&self) -> Option<String> {
        self.find(&["theming", "productName"])
            .or_else(|| self.find(&["theming", "name"]))
    }
}

/// PHP writes a server without any capability as `[]`.
fn branches<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    Ok(tolerant::optional(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample() -> Capabilities {
        serde_json::from_value(json!({
            "version": {"major": "32", "minor": 0, "micro": 1, "string": "32.0.1", "edition": "", "extendedSupport": false},
            "capabilities": {
                "notes": {"api_version": ["0.2", "1.4"], "version": "5.0.2", "notes_path": "Notes"},
                "files": {"chunked_upload": {"max_size": 104_857_600, "max_parallel_count": 5}},
                "theming": {"name": "Cloud"}
            }
        }))
        .expect("readable")
    }

    #[test]
    fn the_branches_in_use_are_typed() {
        let capabilities = sample();
        assert_eq!(capabilities.version.major, 32);
        assert_eq!(capabilities.notes().expect("notes").api_version, ["0.2", "1.4"]);
        assert_eq!(capabilities.chunked_upload().max_size, Some(104_857_600));
        assert_eq!(capabilities.product_name().as_deref(), Some("Cloud"));
        assert!(!capabilities.has("deck"));
        let written = serde_json::to_value(&capabilities).expect("writable");
        assert_eq!(
            serde_json::from_value::<Capabilities>(written).expect("readable"),
            capabilities
        );
    }

    #[test]
    fn a_server_without_capabilities_is_not_an_error() {
        let empty: Capabilities =
            serde_json::from_value(json!({"version": {"major": 31}, "capabilities": []})).expect("readable");
        assert!(empty.notes().is_none());
        assert_eq!(empty.chunked_upload(), ChunkedUpload::default());
    }
}
