//! Settings of providers, by the names of Nextcloud's `user_oidc` app.

use regex::Regex;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::UserId;

/// The longest user id of Nextcloud.
const USER_ID_MAX_BYTES: usize = 64;

/// What holds for all providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one for each switch of `user_oidc`")]
pub struct ExternalSettings {
    /// Signed tokens are verified by the issuer's keys. There is no switch for their audience: it is always checked.
    pub selfencoded_bearer_validation: bool,
    /// Opaque tokens are sent to the issuer's `UserInfo` endpoint. It proves neither audience nor scope, so the identity has no
    /// scope.
    pub userinfo_bearer_validation: bool,
    /// Accounts are made for people who have none.
    pub auto_provision: bool,
    /// With `auto_provision`: accounts that exist otherwise are used too.
    pub soft_auto_provision: bool,
}

impl Default for ExternalSettings {
    fn default() -> Self {
        Self {
            selfencoded_bearer_validation: true,
            userinfo_bearer_validation: false,
            auto_provision: true,
            soft_auto_provision: true,
        }
    }
}

/// One provider.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "one for each switch of `user_oidc`")]
pub struct ExternalProvider {
    /// Its number, which is part of unique user ids.
    pub number: i64,
    /// Its name for people.
    pub identifier: String,
    /// Its issuer, as in `iss`.
    pub issuer: String,
    /// Where its keys are; `None` asks its discovery document.
    pub jwks_uri: Option<Url>,
    /// Whether its tokens are taken at the APIs (`checkBearer`).
    pub check_bearer: bool,
    /// Whether a token may be the first that is seen of a person (`bearerProvisioning`).
    pub bearer_provisioning: bool,
    /// Audiences that count beside the API that is asked, for issuers that can name only a client. Empty by default.
    pub audiences: Vec<String>,
    /// Whether tokens of the type `JWT` are taken, for issuers from before RFC 9068.
    pub accept_typ_jwt: bool,
    /// The claim that names the account (`mappingUid`), by default `sub`.
    pub mapping_uid: String,
    /// The claim that names groups (`mappingGroups`), by default `groups`.
    pub mapping_groups: String,
    /// Whether user ids are made unique among providers (`uniqueUid`).
    pub unique_uid: bool,
    /// Whether new accounts are put into the groups that the issuer names (`groupProvisioning`).
    pub group_provisioning: bool,
    /// The groups that the provider may speak of (`groupWhitelistRegex`).
    pub group_whitelist: Option<GroupPattern>,
    /// Whether only people in such a group may come in (`restrictLoginToGroups`).
    pub restrict_login_to_groups: bool,
}

impl ExternalProvider {
    /// A provider with the defaults of `user_oidc`, which takes no tokens yet.
    pub fn new(number: i64, identifier: impl Into<String>, issuer: impl Into<String>) -> Self {
        Self {
            number,
            identifier: identifier.into(),
            issuer: issuer.into(),
            jwks_uri: None,
            check_bearer: false,
            bearer_provisioning: false,
            audiences: Vec::new(),
            accept_typ_jwt: false,
            mapping_uid: "sub".to_owned(),
            mapping_groups: "groups".to_owned(),
            unique_uid: true,
            group_provisioning: false,
            group_whitelist: None,
            restrict_login_to_groups: false,
        }
    }

    /// The account that claims name. `None`: none, or one that no account can have.
    pub(super) fn user_id(&self, claims: &Map<String, Value>) -> Option<UserId> {
        let name = claims.get(&self.mapping_uid).and_then(Value::as_str)?;
        if name.is_empty() {
            return None;
        }
        let digest = |text: &str| hex::encode(Sha256::digest(text));
        if self.unique_uid {
            // As `user_oidc` makes them, so that accounts stay the same.
            return Some(UserId::new(digest(&format!("{}_0_{name}", self.number))));
        }
        if name.len() > USER_ID_MAX_BYTES {
            return Some(UserId::new(digest(name)));
        }
        // What Nextcloud allows; above all no slash and nothing invisible.
        let allowed = |character: char| character.is_ascii_alphanumeric() || "_.@-' ".contains(character);
        let usable = name.chars().all(allowed) && name.trim() == name && name != "." && name != "..";
        usable.then(|| UserId::new(name))
    }

    /// The groups that the provider may put the account into. `None`: the person may not come in.
    pub(super) fn groups(&self, claims: &Map<String, Value>) -> Option<Vec<String>> {
        let named = claims.get(&self.mapping_groups).and_then(Value::as_array);
        // Either names, or objects with `gid`.
        let named = named.into_iter().flatten().filter_map(|group| match group {
            Value::String(name) => Some(name.as_str()),
            other => other.get("gid").and_then(Value::as_str),
        });
        let allowed = |name: &&str| match &self.group_whitelist {
            Some(pattern) => pattern.matches(name),
            None => true,
        };
        let groups: Vec<String> = named.filter(allowed).map(str::to_owned).collect();
        let refused = self.restrict_login_to_groups && groups.is_empty();
        (!refused).then_some(groups)
    }
}

/// A pattern for names of groups. Matching takes linear time.
#[derive(Debug, Clone)]
pub struct GroupPattern(Regex);

/// The pattern is not a regular expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a regular expression that can be used")]
pub struct BadPattern;

impl GroupPattern {
    /// Reads a pattern, with or without the slashes around it that PHP knows.
    pub fn parse(text: &str) -> Result<Self, BadPattern> {
        let bare = text
            .strip_prefix('/')
            .and_then(|text| text.strip_suffix('/'))
            .unwrap_or(text);
        Regex::new(bare).map(Self).map_err(|_| BadPattern)
    }

    fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    fn id(provider: &ExternalProvider, value: Value) -> Option<String> {
        provider.user_id(&claims(value)).map(|user| user.as_str().to_owned())
    }

    #[test]
    fn unique_ids_are_those_of_user_oidc() {
        let provider = ExternalProvider::new(1, "a", "https://a.example");
        let expected = hex::encode(Sha256::digest("1_0_alice"));
        assert_eq!(id(&provider, json!({"sub": "alice"})).as_ref(), Some(&expected));
        let other = ExternalProvider::new(2, "b", "https://b.example");
        assert_ne!(
            id(&other, json!({"sub": "alice"})),
            Some(expected),
            "another provider's is another account"
        );
    }

    #[test]
    fn plain_ids_are_what_accounts_can_be_called() {
        let mut provider = ExternalProvider::new(1, "a", "https://a.example");
        provider.unique_uid = false;
        provider.mapping_uid = "preferred_username".to_owned();
        let id = |name: Value| id(&provider, json!({"sub": "s", "preferred_username": name}));
        assert_eq!(id(json!("alice@x.example")), Some("alice@x.example".to_owned()));
        for bad in [
            json!(""),
            json!("."),
            json!(".."),
            json!("a/b"),
            json!("a\0"),
            json!(" a"),
            json!("ä"),
            json!(7),
            json!(null),
        ] {
            assert_eq!(id(bad.clone()), None, "{bad}");
        }
        assert_eq!(id(json!("x".repeat(65))).map(|id| id.len()), Some(64));
    }

    #[test]
    fn groups_are_filtered_and_may_be_demanded() {
        let mut provider = ExternalProvider::new(1, "a", "https://a.example");
        let all = claims(json!({"groups": ["cloud-a", {"gid": "cloud-b"}, "other", 7]}));
        assert_eq!(provider.groups(&all).map(|groups| groups.len()), Some(3));
        provider.group_whitelist = Some(GroupPattern::parse("/^cloud-/").expect("a pattern"));
        assert_eq!(
            provider.groups(&all),
            Some(vec!["cloud-a".to_owned(), "cloud-b".to_owned()])
        );
        provider.restrict_login_to_groups = true;
        for nobody in [json!({}), json!({"groups": ["other"]}), json!({"groups": "cloud-a"})] {
            assert_eq!(provider.groups(&claims(nobody)), None);
        }
        assert!(provider.groups(&all).is_some());
        assert!(GroupPattern::parse("(").is_err());
    }
}
