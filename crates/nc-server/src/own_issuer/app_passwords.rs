use std::sync::Arc;

use async_trait::async_trait;
use nc_access::{Access, CloudAccess, Kept, NoAccess};
use nc_auth::{Caller, Credential, token::AuthContext};
use nc_mcp::{Given, Provisioning};
use nc_mcp_kit::{BoxFuture, Failure};
use nc_provider::{Endpoint, Provider};
use secrecy::SecretString;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::nextcloud_accounts::{NextcloudAccounts, store_failed};

/// The app passwords that people gave when they signed in.
pub(super) struct AppPasswords {
    accounts: Arc<NextcloudAccounts>,
    provider: Provider,
}

impl AppPasswords {
    pub(super) const fn new(accounts: Arc<NextcloudAccounts>, provider: Provider) -> Self {
        Self { accounts, provider }
    }

    /// Whether the Nextcloud really takes this one no more; then it and the grants that live from it end.
    async fn end(&self, caller: &Caller, password: &SecretString) -> anyhow::Result<bool> {
        let subject = caller.subject.as_str();
        let Some(kept) = self.accounts.find(subject).await? else {
            return Ok(true);
        };
        if !kept.app_password.is(password) {
            // The person has signed in again meanwhile: the next call uses the new one.
            return Ok(false);
        }
        // One 401 may be a directory that is down, or one app's mistake.
        if self.accounts.client(&kept.app_password).is_still_accepted().await? {
            return Ok(false);
        }
        if self.accounts.revoke(subject, &kept).await? {
            tracing::info!("the Nextcloud takes an app password no more; what lives from it ends");
            self.provider
                .end_grants_of(subject, "the Nextcloud refuses the app password")
                .await?;
        }
        Ok(true)
    }
}

#[async_trait]
impl CloudAccess for AppPasswords {
    async fn access(&self, token: &AuthContext, _presented: &SecretString) -> Result<Access, NoAccess> {
        let kept = self.accounts.find(&token.subject).await;
        let kept = kept.map_err(|error| NoAccess::Failed(Box::new(error)))?;
        Ok(Kept::access(kept))
    }
}

impl Provisioning for AppPasswords {
    fn given<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Result<Option<Given>, Failure>> {
        Box::pin(async move {
            let kept = self.accounts.find(caller.subject.as_str()).await;
            let kept = kept.map_err(|error| store_failed(&error))?;
            Ok(kept.map(|kept| Given {
                user_id: kept.profile.uid,
                login_name: Some(kept.app_password.login.as_str().to_owned()),
                is_active: kept.is_active,
                is_expired: false,
                credential_type: "app_password",
                flow_type: "login_flow_v2",
                given_at: OffsetDateTime::from_unix_timestamp(kept.created_at)
                    .ok()
                    .and_then(|at| at.format(&Rfc3339).ok()),
                ends_at: None,
                scopes: None,
            }))
        })
    }

    fn take_back<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Result<bool, Failure>> {
        Box::pin(async move {
            let ended = self
                .provider
                .end_grants_of(caller.subject.as_str(), "the person took them back")
                .await;
            let ended = ended.map_err(|error| store_failed(&error))?;
            Ok(ended > 0)
        })
    }

    fn page(&self) -> String {
        self.provider.config().url(Endpoint::ConnectedApps)
    }

    fn refused<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let Credential::Basic { password, .. } = &caller.credential else {
                return false;
            };
            self.end(caller, password).await.unwrap_or_else(|error| {
                tracing::warn!("it cannot be made sure whether the Nextcloud takes an app password: {error:#}");
                false
            })
        })
    }

    fn how_to_give_one(&self) -> String {
        "the person has to connect this server anew in the client, which leads to the Nextcloud's sign-in page"
            .to_owned()
    }
}
