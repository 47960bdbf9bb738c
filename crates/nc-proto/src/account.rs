//! `/ocs/v2.php/cloud/user`: who a credential belongs to.

use serde::{Deserialize, Serialize};

use crate::tolerant;

/// The account behind a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudUser {
    /// The id, as in DAV paths. Not always the name that one signs in with (LDAP, single sign-on).
    #[serde(deserialize_with = "tolerant::text")]
    pub id: String,
    /// The name for people. Answers repeat it as `display-name`, which some other calls use alone.
    #[serde(default, rename = "displayname", deserialize_with = "tolerant::text")]
    pub display_name: String,
    /// The mail address, if one is set.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub email: Option<String>,
    /// Whether the account is switched on.
    #[serde(default = "yes", deserialize_with = "tolerant::boolean")]
    pub enabled: bool,
    /// Space used and left.
    #[serde(default, deserialize_with = "tolerant::optional")]
    pub quota: Option<Quota>,
    /// Ids of the groups that the account is in.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub groups: Vec<String>,
    /// Language, such as `en`.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub language: Option<String>,
    /// Locale, such as `de_AT`.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub locale: Option<String>,
    /// Time zone, such as `Europe/Vienna`; only newer servers say.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub timezone: Option<String>,
}

/// Space used and left, in bytes. Negative numbers of the server mean "unknown" (-2) or "unlimited" (-3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Left.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub free: Option<i64>,
    /// Used.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub used: Option<i64>,
    /// Used and left together.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub total: Option<i64>,
    /// What the operator set.
    #[serde(default, deserialize_with = "quota_limit")]
    pub quota: Option<i64>,
}

/// The limit may be a word ("none", "default") on some versions; then it is not known.
fn quota_limit<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(tolerant::optional_integer(value).unwrap_or_default())
}

impl Quota {
    /// Bytes left, if there is a limit and it is known.
    pub fn free_bytes(&self) -> Option<u64> {
        self.free.and_then(|free| u64::try_from(free).ok())
    }
}

const fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_recorded_account_is_read() {
        let user: CloudUser = serde_json::from_value(json!({
            "enabled": true, "id": "carol", "quota": {"free": -3, "used": 5_243_217, "total": -3, "relative": 0, "quota": -3},
            "email": "carol@example.org", "displayname": "Carol", "display-name": "Carol", "groups": ["team"], "language": "en",
            "locale": "", "timezone": "", "notify_email": null
        }))
        .expect("readable");
        assert_eq!((user.id.as_str(), user.display_name.as_str()), ("carol", "Carol"));
        assert_eq!(user.quota.expect("quota").free_bytes(), None);
        assert_eq!(user.groups, ["team"]);
        assert_eq!(user.locale, None);
        let written = serde_json::to_value(&user).expect("writable");
        assert_eq!(serde_json::from_value::<CloudUser>(written).expect("readable"), user);
    }

    #[test]
    fn odd_forms_do_not_stop_the_sign_in() {
        let user: CloudUser = serde_json::from_value(json!({
            "id": 1001, "email": false, "quota": {"quota": "none", "used": "12"}, "groups": {"1": "a", "2": "b"}
        }))
        .expect("readable");
        assert_eq!(user.id, "1001");
        assert_eq!(user.groups, ["a", "b"]);
        assert_eq!(user.quota.expect("quota").used, Some(12));
        assert!(user.enabled);
    }
}
