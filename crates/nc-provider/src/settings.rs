//! What an administrator changes while the server runs; keys and values as Nextcloud's `oidc` app has them.

use nc_store::Lookup;

use crate::{Error, ProviderConfig, RegistrationMode, admin::LEGACY_CLIENTS};

/// Whether users manage their consents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllowUserSettings {
    /// They may only end them.
    No,
    /// They may.
    Enabled,
}

/// How a group is named in claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimValue {
    /// By its id.
    Gid,
    /// By its name for people.
    DisplayName,
}

/// The settings, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Settings {
    /// `expire_time`: lifetime of access tokens, seconds, at most 900.
    pub expire_time_s: u32,
    /// `refresh_expire_time`: idle lifetime of refresh tokens, seconds; `None` for the built-in ones.
    pub refresh_expire_time_s: Option<u32>,
    /// `client_expire_time`: lifetime of clients that registered themselves, seconds; `None` for the built-in ones.
    pub client_expire_time_s: Option<u32>,
    /// `default_resource_identifier`: audience when neither request nor client names one.
    pub default_resource_identifier: Option<String>,
    /// `overwrite_email_verified`: every address counts as verified.
    pub overwrite_email_verified: bool,
    /// `dynamic_client_registration`.
    pub registration: RegistrationMode,
    /// `allow_user_settings`.
    pub allow_user_settings: AllowUserSettings,
    /// `restrict_user_information`: any of `avatar`, `address`, `phone`, `website`.
    pub restrict_user_information: Vec<String>,
    /// `group_claim_type`.
    pub group_claim_type: ClaimValue,
    /// `role_claim_type`; follows the other when unset.
    pub role_claim_type: ClaimValue,
    /// `default_token_type`: whether access tokens are signed where the client does not say.
    pub default_token_is_jwt: bool,
    /// `provide_refresh_token_always`.
    pub provide_refresh_token_always: bool,
    /// `always_include_scope_claims`: claims of the scopes also go into ID tokens.
    pub always_include_scope_claims: bool,
    /// `disable_auth_client_secret_basic`.
    pub disable_auth_client_secret_basic: bool,
    /// `introspection_enabled`.
    pub introspection_enabled: bool,
    /// `allow_plain_challenge`: PKCE's `plain`.
    pub allow_plain_challenge: bool,
    /// `revoke_family_with_access_token`: giving up an access token ends all that came from the same act of giving.
    pub revoke_family_with_access_token: bool,
    /// `require_dpop_nonce`: proofs of possession have to carry a nonce of ours (RFC 9449 §8).
    pub require_dpop_nonce: bool,
    /// Whether there is a client that may ask for ID tokens through the browser; no setting, but what follows from the clients.
    pub legacy_flows: bool,
}

impl Settings {
    /// What about people can be kept from clients.
    pub const RESTRICTABLE: [&str; 4] = ["avatar", "address", "phone", "website"];

    /// Longest lifetime of access tokens.
    pub const EXPIRE_TIME_MAX_S: u32 = 900;

    /// The names of all.
    pub const KEYS: &[&str] = &[
        "expire_time",
        "refresh_expire_time",
        "client_expire_time",
        "default_resource_identifier",
        "overwrite_email_verified",
        "dynamic_client_registration",
        "allow_user_settings",
        "restrict_user_information",
        "group_claim_type",
        "role_claim_type",
        "default_token_type",
        "provide_refresh_token_always",
        "always_include_scope_claims",
        "disable_auth_client_secret_basic",
        "introspection_enabled",
        "allow_plain_challenge",
        "require_dpop_nonce",
        "revoke_family_with_access_token",
    ];

    /// Whether a setting may have a value.
    ///
    /// # Errors
    /// [`Error::Invalid`] that says which values are possible.
    pub fn check(key: &str, value: &str) -> Result<(), Error> {
        Self::built_in(RegistrationMode::Off).set(key, value)
    }

    /// The settings of a provider on which nothing was changed.
    pub fn defaults(config: &ProviderConfig) -> Self {
        Self::built_in(config.registration)
    }

    const fn built_in(registration: RegistrationMode) -> Self {
        Self {
            expire_time_s: 300,
            refresh_expire_time_s: None,
            client_expire_time_s: None,
            default_resource_identifier: None,
            overwrite_email_verified: false,
            registration,
            allow_user_settings: AllowUserSettings::Enabled,
            restrict_user_information: Vec::new(),
            group_claim_type: ClaimValue::Gid,
            role_claim_type: ClaimValue::Gid,
            default_token_is_jwt: false,
            provide_refresh_token_always: false,
            always_include_scope_claims: false,
            disable_auth_client_secret_basic: false,
            introspection_enabled: true,
            allow_plain_challenge: false,
            require_dpop_nonce: false,
            revoke_family_with_access_token: false,
            legacy_flows: false,
        }
    }

    /// Reads them.
    pub async fn load(config: &ProviderConfig, store: &dyn Lookup) -> Result<Self, Error> {
        let mut settings = Self::defaults(config);
        let stored = store.list_settings().await?;
        for (key, value) in &stored {
            settings.legacy_flows |= key == LEGACY_CLIENTS && value != "[]";
            // A bad value cannot be stored; one from another version is left alone.
            let _unknown = settings.set(key, value);
        }
        if !stored.iter().any(|(key, _)| key == "role_claim_type") {
            settings.role_claim_type = settings.group_claim_type;
        }
        Ok(settings)
    }

    /// Sets one, as an administrator names it.
    ///
    /// # Errors
    /// [`Error::Invalid`] that says which values are possible.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), Error> {
        match key {
            "expire_time" => {
                self.expire_time_s = seconds(key, value)?;
                if self.expire_time_s > Self::EXPIRE_TIME_MAX_S {
                    return Err(invalid(key, "at most 900 seconds"));
                }
            }
            "refresh_expire_time" => {
                // `never` of the `oidc` app: as long as the absolute limit.
                self.refresh_expire_time_s = if value == "never" {
                    Some(u32::MAX)
                } else {
                    Some(seconds(key, value)?)
                };
            }
            "client_expire_time" => self.client_expire_time_s = Some(seconds(key, value)?),
            "default_resource_identifier" => {
                self.default_resource_identifier = Some(value.to_owned()).filter(|value| !value.is_empty());
            }
            "overwrite_email_verified" => self.overwrite_email_verified = flag(key, value)?,
            "dynamic_client_registration" => {
                self.registration = match value {
                    "initial-access-token" => RegistrationMode::InitialAccessToken,
                    "open" => RegistrationMode::Open,
                    "off" => RegistrationMode::Off,
                    _ if flag(key, value).map_err(|_| invalid(key, "off, initial-access-token or open"))? => {
                        RegistrationMode::Open
                    }
                    _ => RegistrationMode::Off,
                };
            }
            "allow_user_settings" => {
                self.allow_user_settings = match value {
                    "no" => AllowUserSettings::No,
                    "enabled" => AllowUserSettings::Enabled,
                    _ => return Err(invalid(key, "no or enabled")),
                };
            }
            "restrict_user_information" => {
                let words: Vec<String> = value
                    .split_whitespace()
                    .filter(|word| *word != "no")
                    .map(str::to_owned)
                    .collect();
                if words.iter().any(|word| !Self::RESTRICTABLE.contains(&word.as_str())) {
                    return Err(invalid(key, "no, or any of avatar, address, phone, website"));
                }
                self.restrict_user_information = words;
            }
            "group_claim_type" => self.group_claim_type = claim_value(key, value)?,
            "role_claim_type" => self.role_claim_type = claim_value(key, value)?,
            "default_token_type" => {
                self.default_token_is_jwt = match value {
                    "jwt" => true,
                    "opaque" => false,
                    _ => return Err(invalid(key, "opaque or jwt")),
                };
            }
            "provide_refresh_token_always" => self.provide_refresh_token_always = flag(key, value)?,
            "always_include_scope_claims" => self.always_include_scope_claims = flag(key, value)?,
            "disable_auth_client_secret_basic" => self.disable_auth_client_secret_basic = flag(key, value)?,
            "introspection_enabled" => self.introspection_enabled = flag(key, value)?,
            "allow_plain_challenge" => self.allow_plain_challenge = flag(key, value)?,
            "require_dpop_nonce" => self.require_dpop_nonce = flag(key, value)?,
            "revoke_family_with_access_token" => self.revoke_family_with_access_token = flag(key, value)?,
            _ => return Err(Error::Invalid(format!("there is no setting `{key}`"))),
        }
        Ok(())
    }
}

fn invalid(key: &str, possible: &str) -> Error {
    Error::Invalid(format!("{key} must be {possible}"))
}

fn seconds(key: &str, value: &str) -> Result<u32, Error> {
    let number = value.parse().ok().filter(|seconds| *seconds > 0);
    number.ok_or_else(|| invalid(key, "a number of seconds above 0"))
}

fn flag(key: &str, value: &str) -> Result<bool, Error> {
    match value {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => Err(invalid(key, "true or false")),
    }
}

fn claim_value(key: &str, value: &str) -> Result<ClaimValue, Error> {
    match value {
        "gid" => Ok(ClaimValue::Gid),
        "displayname" => Ok(ClaimValue::DisplayName),
        _ => Err(invalid(key, "gid or displayname")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_that_can_be_set() {
        for key in Settings::KEYS {
            let text = Settings::check(key, "\u{1}").err().map(|error| error.to_string());
            assert!(!text.is_some_and(|text| text.contains("there is no setting")), "{key}");
        }
        assert!(Settings::check("made_up", "1").is_err());
    }

    #[test]
    fn values_are_checked_and_the_error_says_what_is_possible() {
        for (key, good, bad) in [
            ("expire_time", "900", "901"),
            ("refresh_expire_time", "never", "0"),
            ("dynamic_client_registration", "initial-access-token", "maybe"),
            ("restrict_user_information", "avatar phone", "name"),
            ("default_token_type", "jwt", "Bearer"),
            ("group_claim_type", "displayname", ""),
            ("introspection_enabled", "false", "off"),
        ] {
            assert!(Settings::check(key, good).is_ok(), "{key}");
            let text = Settings::check(key, bad).expect_err(key).to_string();
            assert!(text.starts_with(&format!("{key} must be ")), "{text}");
        }
    }
}
