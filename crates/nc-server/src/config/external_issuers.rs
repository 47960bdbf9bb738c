//! The file of external issuers: what Nextcloud's app `user_oidc` knows of its providers, by its names.

use std::{collections::HashSet, path::Path};

use nc_auth::external::{ExternalProvider, ExternalSettings, GroupPattern};
use serde::Deserialize;

use super::{layers::ConfigError, setting::parse_url};

/// Issuers whose access tokens the embedded cloud takes beside its own.
#[derive(Debug, Clone, Default)]
pub struct ExternalIssuersConfig {
    /// What holds for all of them.
    pub settings: ExternalSettings,
    /// Each of them.
    pub providers: Vec<ExternalProvider>,
}

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each switch of `user_oidc`")]
struct FileAsWritten {
    selfencoded_bearer_validation: bool,
    userinfo_bearer_validation: bool,
    auto_provision: bool,
    soft_auto_provision: bool,
    provider: Vec<ProviderAsWritten>,
}

impl Default for FileAsWritten {
    fn default() -> Self {
        let built_in = ExternalSettings::default();
        Self {
            selfencoded_bearer_validation: built_in.selfencoded_bearer_validation,
            userinfo_bearer_validation: built_in.userinfo_bearer_validation,
            auto_provision: built_in.auto_provision,
            soft_auto_provision: built_in.soft_auto_provision,
            provider: Vec::new(),
        }
    }
}

/// One provider as written. What is absent has the value that `user_oidc` gives it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "one for each switch of `user_oidc`")]
struct ProviderAsWritten {
    id: i64,
    identifier: String,
    issuer: String,
    #[serde(alias = "jwksUri")]
    jwks_uri: Option<String>,
    #[serde(alias = "checkBearer", default)]
    check_bearer: bool,
    #[serde(alias = "bearerProvisioning", default)]
    bearer_provisioning: bool,
    #[serde(default)]
    audiences: Vec<String>,
    #[serde(default)]
    accept_typ_jwt: bool,
    #[serde(alias = "mappingUid")]
    mapping_uid: Option<String>,
    #[serde(alias = "mappingGroups")]
    mapping_groups: Option<String>,
    #[serde(alias = "uniqueUid")]
    unique_uid: Option<bool>,
    #[serde(alias = "groupProvisioning", default)]
    group_provisioning: bool,
    #[serde(alias = "groupWhitelistRegex")]
    group_whitelist_regex: Option<String>,
    #[serde(alias = "restrictLoginToGroups", default)]
    restrict_login_to_groups: bool,
}

impl ExternalIssuersConfig {
    /// Reads the file.
    ///
    /// # Errors
    /// [`ConfigError`] that says what to mend.
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::File {
            path: path.display().to_string(),
            cause: cause.to_string(),
        })?;
        Self::parse(&text).map_err(|cause| ConfigError::Conflict(format!("{}: {cause}", path.display())))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let written: FileAsWritten = toml::from_str(text).map_err(|error| error.to_string())?;
        let (mut ids, mut issuers) = (HashSet::new(), HashSet::new());
        let mut providers = Vec::new();
        for provider in written.provider {
            let name = provider.identifier.clone();
            if provider.id < 1 || !ids.insert(provider.id) {
                return Err(format!("provider `{name}`: id must be a number of its own, from 1"));
            }
            if !issuers.insert(provider.issuer.clone()) {
                return Err(format!("provider `{name}`: another provider has the same issuer"));
            }
            providers.push(
                provider
                    .check()
                    .map_err(|cause| format!("provider `{name}`: {cause}"))?,
            );
        }
        Ok(Self {
            settings: ExternalSettings {
                selfencoded_bearer_validation: written.selfencoded_bearer_validation,
                userinfo_bearer_validation: written.userinfo_bearer_validation,
                auto_provision: written.auto_provision,
                soft_auto_provision: written.soft_auto_provision,
            },
            providers,
        })
    }
}

impl ProviderAsWritten {
    fn check(self) -> Result<ExternalProvider, String> {
        if parse_url(&self.issuer).is_none() {
            return Err("issuer must be an http or https address, exactly as in the tokens' `iss`".to_owned());
        }
        let jwks_uri = match &self.jwks_uri {
            Some(text) => Some(parse_url(text).ok_or("jwks_uri must be an http or https address")?),
            None => None,
        };
        let group_whitelist = match &self.group_whitelist_regex {
            Some(text) => Some(GroupPattern::parse(text).map_err(|error| format!("group_whitelist_regex: {error}"))?),
            None => None,
        };
        let built_in = ExternalProvider::new(self.id, self.identifier, self.issuer);
        Ok(ExternalProvider {
            jwks_uri,
            check_bearer: self.check_bearer,
            bearer_provisioning: self.bearer_provisioning,
            audiences: self.audiences,
            accept_typ_jwt: self.accept_typ_jwt,
            mapping_uid: self.mapping_uid.unwrap_or(built_in.mapping_uid),
            mapping_groups: self.mapping_groups.unwrap_or(built_in.mapping_groups),
            unique_uid: self.unique_uid.unwrap_or(built_in.unique_uid),
            group_provisioning: self.group_provisioning,
            group_whitelist,
            restrict_login_to_groups: self.restrict_login_to_groups,
            number: built_in.number,
            identifier: built_in.identifier,
            issuer: built_in.issuer,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "[[provider]]\nid = 1\nidentifier = \"sso\"\nissuer = \"https://sso.example.org\"\n";

    #[test]
    fn a_short_file_has_the_values_of_user_oidc() {
        let read = ExternalIssuersConfig::parse(ONE).expect("a file");
        assert!(read.settings.selfencoded_bearer_validation && read.settings.auto_provision);
        assert!(!read.settings.userinfo_bearer_validation);
        let [provider] = read.providers.as_slice() else {
            panic!("one provider: {read:?}");
        };
        assert_eq!((provider.number, provider.mapping_uid.as_str()), (1, "sub"));
        assert!(provider.unique_uid && !provider.check_bearer && !provider.bearer_provisioning);
    }

    #[test]
    fn the_names_of_user_oidc_are_understood() {
        let text = format!(
            "{ONE}checkBearer = true\nuniqueUid = false\nmappingUid = \"email\"\ngroupWhitelistRegex = \"/^a/\"\n"
        );
        let read = ExternalIssuersConfig::parse(&text).expect("a file");
        let provider = &read.providers[0];
        assert!(provider.check_bearer && !provider.unique_uid && provider.group_whitelist.is_some());
        assert_eq!(provider.mapping_uid, "email");
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_a_reason() {
        let refused = |text: &str| ExternalIssuersConfig::parse(text).expect_err("refused");
        insta::assert_snapshot!(refused(&format!("{ONE}{ONE}")), @"provider `sso`: id must be a number of its own, from 1");
        insta::assert_snapshot!(refused(&ONE.replace("https://", "")), @"provider `sso`: issuer must be an http or https address, exactly as in the tokens' `iss`");
        insta::assert_snapshot!(refused(&format!("{ONE}group_whitelist_regex = \"(\"\n")), @"provider `sso`: group_whitelist_regex: not a regular expression that can be used");
        assert!(refused(&format!("{ONE}check_audience = false\n")).contains("unknown field"));
    }
}
