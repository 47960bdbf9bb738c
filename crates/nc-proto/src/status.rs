//! `/status.php`: whether a Nextcloud answers, for everybody to see.

use serde::{Deserialize, Serialize};

use crate::tolerant;

/// The server's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the fields of the wire format")]
pub struct ServerStatus {
    /// Whether it was set up.
    #[serde(deserialize_with = "tolerant::boolean")]
    pub installed: bool,
    /// Whether it refuses work at the moment.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub maintenance: bool,
    /// Whether an update waits for the operator.
    #[serde(default, rename = "needsDbUpgrade", deserialize_with = "tolerant::boolean")]
    pub needs_db_upgrade: bool,
    /// Four numbers, such as `32.0.1.2`; operators can hide it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub version: String,
    /// For people, such as `32.0.1`.
    #[serde(default, rename = "versionstring", deserialize_with = "tolerant::text")]
    pub version_string: String,
    /// Empty for the community edition.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub edition: String,
    /// `Nextcloud`, or what the operator named it.
    #[serde(default, rename = "productname", deserialize_with = "tolerant::text")]
    pub product_name: String,
    /// Whether the operator bought longer support.
    #[serde(default, rename = "extendedSupport", deserialize_with = "tolerant::boolean")]
    pub extended_support: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_status_reads_and_writes_back() {
        let text = json!({
            "installed": true, "maintenance": false, "needsDbUpgrade": false, "version": "32.0.1.2",
            "versionstring": "32.0.1", "edition": "", "productname": "Nextcloud", "extendedSupport": false
        });
        let status: ServerStatus = serde_json::from_value(text.clone()).expect("readable");
        assert_eq!(serde_json::to_value(&status).expect("writable"), text);
    }
}
