//! Who gets a refresh token.

use nc_proto::oauth::scope_list::ScopeList;

use crate::{Client, GrantType, Provider, Settings};

impl Provider {
    /// Whether a grant with these scopes comes with a refresh token.
    pub(crate) fn gives_refresh_tokens(&self, settings: &Settings, client: &Client, scopes: &ScopeList) -> bool {
        let registered = client.document.grants.contains(&GrantType::RefreshToken);
        scopes.contains("offline_access")
            || settings.provide_refresh_token_always
            || (self.config().refresh_by_registration && registered)
    }
}
