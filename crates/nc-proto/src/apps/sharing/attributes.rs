use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One of the finer rules of a share, such as "no download". On the wire all of them are JSON inside of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// What it is about: `permissions`.
    pub scope: String,
    /// Which rule: `download`.
    pub key: String,
    /// Whether it is allowed; older servers call it `enabled`.
    #[serde(alias = "enabled")]
    pub value: Value,
}

impl Attribute {
    /// Reads the text of an answer or of a request. `None`: it is not a list of attributes.
    pub fn parse_list(text: &str) -> Option<Vec<Self>> {
        serde_json::from_str(text).ok()
    }

    /// Whether this one forbids the download.
    pub fn forbids_download(&self) -> bool {
        self.scope == "permissions" && self.key == "download" && self.value == Value::Bool(false)
    }

    /// The text for a request that forbids the download.
    pub const NO_DOWNLOAD: &str = r#"[{"scope":"permissions","key":"download","value":false}]"#;
}
