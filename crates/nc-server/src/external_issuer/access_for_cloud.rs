use std::sync::Arc;

use nc_access::external::ExternalAccess;
use nc_auth::{Caller, Credential, Scope, ScopeSet};
use nc_client::{Nextcloud, PendingAppPassword};
use nc_mcp::{Given, Provisioning};
use nc_mcp_kit::{BoxFuture, Failure, ToolError};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{app_password, giving::Giving};
use crate::{config::CloudAccessKind, nextcloud_accounts::store_failed};

/// What this server has for the cloud: an exchanged token, one from a refresh token, or an app password.
pub(super) struct AccessForCloud {
    access: Arc<ExternalAccess>,
    giving: Arc<Giving>,
    nextcloud: Nextcloud,
}

impl AccessForCloud {
    pub(super) const fn new(access: Arc<ExternalAccess>, giving: Arc<Giving>, nextcloud: Nextcloud) -> Self {
        Self {
            access,
            giving,
            nextcloud,
        }
    }

    fn client(&self, credential: &Credential) -> Option<nc_client::Client> {
        let credential = match credential {
            Credential::Basic { login, password } => nc_client::Credential::Basic {
                login: login.as_str().to_owned(),
                password: password.clone(),
            },
            Credential::Bearer(token) => nc_client::Credential::Bearer(token.clone()),
            Credential::NotProvisioned => return None,
        };
        Some(self.nextcloud.client(credential))
    }

    async fn describe(&self, caller: &Caller) -> Result<Option<Given>, Failure> {
        let subject = caller.subject.as_str();
        if self.access.exchanges() && matches!(caller.credential, Credential::Bearer(_)) {
            let (is_active, user_id) = self.seen(caller).await;
            return Ok(Some(Given {
                is_active,
                is_expired: false,
                user_id,
                login_name: None,
                credential_type: "access_token",
                flow_type: "oauth",
                given_at: None,
                ends_at: None,
                scopes: None,
            }));
        }
        let vault = self.access.vault();
        if self.access.refreshed().is_some() {
            let kept = vault
                .find_refresh(subject)
                .await
                .map_err(|error| store_failed(&error))?;
            if let Some(kept) = kept {
                let (is_taken, user_id) = self.seen(caller).await;
                return Ok(Some(Given {
                    is_active: kept.is_active && is_taken,
                    is_expired: kept.is_expired,
                    user_id,
                    login_name: None,
                    credential_type: "refresh_token",
                    flow_type: "oauth",
                    given_at: rfc3339(kept.created_at),
                    ends_at: kept.expires_at.and_then(rfc3339),
                    scopes: Some(kept.scopes),
                }));
            }
        }
        let kept = vault.find(subject).await.map_err(|error| store_failed(&error))?;
        Ok(kept.map(|kept| Given {
            user_id: kept.profile.uid,
            login_name: Some(kept.app_password.login.as_str().to_owned()),
            is_active: kept.is_active,
            is_expired: false,
            credential_type: "app_password",
            flow_type: "login_flow_v2",
            given_at: rfc3339(kept.created_at),
            ends_at: None,
            scopes: None,
        }))
    }

    /// Whether the cloud takes what this server has, and whose account it is. A cloud that cannot be asked has not refused it.
    async fn seen(&self, caller: &Caller) -> (bool, String) {
        let Some(client) = self.client(&caller.credential) else {
            return (false, String::new());
        };
        match client.user().await {
            Ok(user) => (true, user.id.clone()),
            Err(nc_client::Error::Unauthorized) => (false, String::new()),
            Err(error) => {
                tracing::warn!(code = error.code(), "the Nextcloud does not say whose account it is");
                (true, String::new())
            }
        }
    }

    /// An exchanged token is no more than the client's own, so nothing of it is taken back.
    async fn give_up(&self, caller: &Caller) -> Result<bool, Failure> {
        let subject = caller.subject.as_str();
        if let Credential::Bearer(token) = &caller.credential {
            self.access.forget(subject, token).await;
        }
        let had = self
            .giving
            .give_up(subject)
            .await
            .map_err(|error| store_failed(&error))?;
        if had {
            let client = caller.client.as_deref().unwrap_or_default();
            self.giving.note_taken_back(subject, client).await;
        }
        Ok(had)
    }

    async fn link(&self, caller: &Caller, scopes: Option<&[Scope]>) -> Result<Option<String>, Failure> {
        if self.giving.kind == CloudAccessKind::TokenExchange {
            return Ok(None);
        }
        if !self.giving.links_given.count(caller.subject.as_str()) {
            return Err(ToolError::new(
                "rate_limited",
                "ten links were made for this person within an hour; use the last one, or wait for the next hour",
            )
            .into());
        }
        let link = self.giving.link(caller, scopes).await;
        link.map(Some).map_err(|error| store_failed(&error))
    }
}

fn rfc3339(at: i64) -> Option<String> {
    let at = OffsetDateTime::from_unix_timestamp(at).ok()?;
    at.format(&Rfc3339).ok()
}

impl Provisioning for AccessForCloud {
    fn given<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Result<Option<Given>, Failure>> {
        Box::pin(self.describe(caller))
    }

    fn take_back<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Result<bool, Failure>> {
        Box::pin(self.give_up(caller))
    }

    fn ask<'a>(
        &'a self,
        caller: &'a Caller,
        scopes: Option<&'a [Scope]>,
    ) -> BoxFuture<'a, Result<Option<String>, Failure>> {
        Box::pin(self.link(caller, scopes))
    }

    fn is_asked(&self, caller: &Caller) -> bool {
        self.giving.links_given.is_recent(caller.subject.as_str())
    }

    /// A token that the cloud takes no more is got anew with the next request. An app password is worth nothing from then on.
    fn refused<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            match (&caller.credential, self.client(&caller.credential)) {
                (Credential::Bearer(token), _) => {
                    self.access.forget(caller.subject.as_str(), token).await;
                    false
                }
                (Credential::Basic { password, .. }, Some(client)) => {
                    app_password::end(self.access.vault(), caller, password, &client).await
                }
                _ => false,
            }
        })
    }

    fn app_password<'a>(&'a self, caller: &'a Caller, needed: ScopeSet) -> PendingAppPassword<'a> {
        Box::pin(app_password::find(self.access.vault(), caller, needed))
    }

    fn how_to_give_one(&self) -> String {
        match self.giving.kind {
            CloudAccessKind::TokenExchange => {
                "the client's token needs a scope of an app, and an administrator has to let this server exchange tokens at the issuer; where the Nextcloud takes no tokens, NEXTCLOUD_OIDC_CLOUD_ACCESS=app_password lets people give app passwords"
            }
            CloudAccessKind::RefreshToken | CloudAccessKind::AppPassword => {
                "call provision_nextcloud_access and show the person the link that it answers with"
            }
        }
        .to_owned()
    }

    fn page(&self) -> String {
        self.giving.sign_ins.party().issuer().to_owned()
    }
}
