use std::{error::Error, sync::Arc};

use nc_access::external::ExternalAccess;
use nc_auth::{Caller, Credential, ScopeSet};
use nc_client::{Nextcloud, PendingAppPassword};
use nc_mcp::{Given, Provisioning};
use nc_mcp_kit::{BoxFuture, Failure};

use super::app_password;

/// What this server has for the cloud: an exchanged token, or an app password that is kept.
pub(super) struct AccessForCloud {
    pub(super) access: Arc<ExternalAccess>,
    pub(super) nextcloud: Nextcloud,
    pub(super) issuer: String,
}

impl AccessForCloud {
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
        let Some(client) = self.client(&caller.credential) else {
            return Ok(None);
        };
        let is_exchanged = matches!(caller.credential, Credential::Bearer(_));
        let user = match client.user().await {
            Ok(user) => Some(user),
            Err(nc_client::Error::Unauthorized) => None,
            Err(error) => return Err(failed(&error)),
        };
        let login_name = match &caller.credential {
            Credential::Basic { login, .. } => Some(login.as_str().to_owned()),
            Credential::Bearer(_) | Credential::NotProvisioned => None,
        };
        Ok(Some(Given {
            user_id: user.as_ref().map(|user| user.id.clone()).unwrap_or_default(),
            login_name,
            is_active: user.is_some(),
            credential_type: if is_exchanged { "access_token" } else { "app_password" },
            flow_type: if is_exchanged { "oauth" } else { "login_flow_v2" },
            given_at: None,
        }))
    }

    /// An exchanged token is no more than the client's own: there is nothing to take back but an app password.
    async fn give_up(&self, caller: &Caller) -> Result<bool, Failure> {
        if let Credential::Bearer(token) = &caller.credential {
            self.access.forget(token);
            return Ok(false);
        }
        let vault = self.access.vault();
        let had = vault.discard(caller.subject.as_str()).await;
        let had = had.map_err(|error| failed(&error))?;
        for one in vault.list_discarded().await.map_err(|error| failed(&error))? {
            let credential = Credential::Basic {
                login: one.app_password.login,
                password: one.app_password.password,
            };
            let Some(client) = self.client(&credential) else {
                continue;
            };
            match client.revoke_app_password().await {
                // It was taken back there before.
                Ok(()) | Err(nc_client::Error::Unauthorized) => {
                    vault.taken_back(one.number).await.map_err(|error| failed(&error))?;
                }
                Err(error) => tracing::warn!(
                    code = error.code(),
                    "an app password could not be taken back at the Nextcloud; it is tried again with the next one"
                ),
            }
        }
        Ok(had)
    }
}

fn failed(error: &dyn Error) -> Failure {
    Failure::Internal(error.to_string())
}

impl Provisioning for AccessForCloud {
    fn given<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Result<Option<Given>, Failure>> {
        Box::pin(self.describe(caller))
    }

    fn take_back<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Result<bool, Failure>> {
        Box::pin(self.give_up(caller))
    }

    /// A token that the cloud takes no more is exchanged anew with the next request.
    fn refused<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            match (&caller.credential, self.client(&caller.credential)) {
                (Credential::Bearer(token), _) => {
                    self.access.forget(token);
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
        "the client's token needs a scope of an app, and an administrator has to let this server exchange tokens at the issuer"
            .to_owned()
    }

    fn page(&self) -> String {
        self.issuer.clone()
    }
}
