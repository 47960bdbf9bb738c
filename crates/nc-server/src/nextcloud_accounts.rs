//! The accounts of the Nextcloud, as far as people signed in there through this server (Login Flow v2).

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use nc_access::{AppPassword, Kept, Profile, Vault, VaultError};
use nc_auth::{LoginName, UserId};
use nc_client::{Client, Credential, LoginFlow, Nextcloud, Poll};
use nc_mcp_kit::{Failure, ToolError};
use nc_provider::{
    Directory, DirectoryError, ElsewhereAccounts, GrantedElsewhere, Person, PolledElsewhere, StartedElsewhere,
};
use nc_store::Store;
use secrecy::SecretString;
use url::Url;

/// How often it is asked whose a fresh app password is, before it is given up.
const TRIES: u32 = 3;
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

/// The accounts of the Nextcloud, as far as people signed in there through this server.
pub(crate) struct NextcloudAccounts {
    nextcloud: Nextcloud,
    vault: Vault,
    store: Arc<dyn Store>,
    base: String,
    user_agent: String,
}

impl NextcloudAccounts {
    pub(crate) fn new(
        nextcloud: Nextcloud,
        vault: Vault,
        store: Arc<dyn Store>,
        base: String,
        public_url: &Url,
    ) -> Self {
        let host = host_and_port(public_url);
        Self {
            nextcloud,
            vault,
            store,
            base,
            user_agent: format!("Nextcloud MCP ({host})"),
        }
    }

    /// What a person gave.
    pub(crate) async fn find(&self, subject: &str) -> Result<Option<Kept>, VaultError> {
        self.vault.find(subject).await
    }

    /// Notes that the Nextcloud refused it.
    pub(crate) async fn revoke(&self, subject: &str, kept: &Kept) -> Result<bool, VaultError> {
        self.vault.revoke(subject, kept).await
    }

    /// A client with that credential.
    pub(crate) fn client(&self, app_password: &AppPassword) -> Client {
        self.nextcloud.client(Credential::Basic {
            login: app_password.login.as_str().to_owned(),
            password: app_password.password.clone(),
        })
    }

    /// Takes back at the Nextcloud what was given up here. What fails stays for the next time.
    pub(crate) async fn take_back(&self) {
        let discarded = match self.vault.list_discarded().await {
            Ok(discarded) => discarded,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "given-up app passwords cannot be read"
                );
                return;
            }
        };
        for one in discarded {
            match self.client(&one.app_password).revoke_app_password().await {
                // It was taken back there before.
                Ok(()) | Err(nc_client::Error::Unauthorized) => {
                    if let Err(error) = self.vault.taken_back(one.number).await {
                        tracing::error!(
                            error = &error as &dyn std::error::Error,
                            "a taken-back app password stays listed"
                        );
                    }
                }
                Err(error) => tracing::warn!(
                    code = error.code(),
                    "an app password could not be taken back at the Nextcloud; it is tried again"
                ),
            }
        }
    }

    /// Whose app password it is. A short failure is sat out, because the app password comes only once.
    async fn profile(&self, app_password: &AppPassword) -> Result<Profile, nc_client::Error> {
        let client = self.client(app_password);
        let mut tries = 1;
        loop {
            match client.user().await {
                Ok(user) => {
                    return Ok(Profile {
                        uid: user.id.clone(),
                        display_name: user.display_name.clone(),
                        email: user.email.clone(),
                    });
                }
                Err(error) if error.is_passing() && tries < TRIES => tries += 1,
                Err(error) => return Err(error),
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
    }
}

#[async_trait]
impl Directory for NextcloudAccounts {
    async fn find_person(&self, uid: &UserId) -> Result<Option<Person>, DirectoryError> {
        let subject = self
            .store
            .find_subject(&self.base, uid.as_str())
            .await
            .map_err(failed)?;
        let Some(subject) = subject else { return Ok(None) };
        let kept = self.vault.find(&subject).await.map_err(failed)?;
        Ok(kept.filter(|kept| kept.is_active).map(|kept| Person {
            uid: kept.profile.uid,
            display_name: kept.profile.display_name,
            emails: kept.profile.email.iter().cloned().collect(),
            email: kept.profile.email,
            ..Person::default()
        }))
    }

    fn lacks(&self) -> &'static [&'static str] {
        &[
            "updated_at",
            "website",
            "phone_number",
            "address",
            "picture",
            "quota",
            "groups",
            "roles",
        ]
    }
}

#[async_trait]
impl ElsewhereAccounts for NextcloudAccounts {
    fn nextcloud(&self) -> String {
        let config = self.nextcloud.config();
        let address = config.public_url.as_ref().unwrap_or(&config.base_url);
        host_and_port(address.as_url())
    }

    fn user_agent(&self) -> String {
        self.user_agent.clone()
    }

    async fn start(&self) -> Result<StartedElsewhere, DirectoryError> {
        let flow = LoginFlow::start(&self.nextcloud, &self.user_agent)
            .await
            .map_err(failed)?;
        Ok(StartedElsewhere {
            login_url: flow.login_url().to_string(),
            token: flow.token().clone(),
        })
    }

    async fn poll(&self, token: &SecretString) -> Result<PolledElsewhere, DirectoryError> {
        let grant = match LoginFlow::resume(&self.nextcloud, token.clone()).poll().await {
            Ok(Poll::Pending) => return Ok(PolledElsewhere::Pending),
            Ok(Poll::Granted(grant)) => grant,
            Err(nc_client::Error::Timeout { .. }) => return Ok(PolledElsewhere::Ended),
            Err(error) => return Err(failed(error)),
        };
        let app_password = AppPassword {
            login: LoginName::new(grant.login_name),
            password: grant.app_password,
        };
        match self.profile(&app_password).await {
            Ok(profile) => Ok(PolledElsewhere::Granted(GrantedElsewhere {
                uid: profile.user(),
                login: app_password.login,
                app_password: app_password.password,
            })),
            Err(error) => {
                tracing::warn!(
                    code = error.code(),
                    "it could not be found out who signed in; the person has to start again"
                );
                self.vault.keep_discarded(&app_password).await.map_err(failed)?;
                Ok(PolledElsewhere::Ended)
            }
        }
    }

    async fn keep(&self, subject: &str, granted: GrantedElsewhere) -> Result<(), DirectoryError> {
        let app_password = AppPassword {
            login: granted.login,
            password: granted.app_password,
        };
        // Known since the poll: it is asked at most once in five minutes.
        let profile = self.profile(&app_password).await.unwrap_or_else(|_| Profile {
            uid: granted.uid.as_str().to_owned(),
            ..Profile::default()
        });
        let replaced = self
            .vault
            .keep(subject, &profile, &app_password)
            .await
            .map_err(failed)?;
        if replaced {
            self.take_back().await;
        }
        Ok(())
    }

    async fn discard(&self, granted: GrantedElsewhere) -> Result<(), DirectoryError> {
        let app_password = AppPassword {
            login: granted.login,
            password: granted.app_password,
        };
        self.vault.keep_discarded(&app_password).await.map_err(failed)?;
        self.take_back().await;
        Ok(())
    }

    async fn forget(&self, subject: &str) -> Result<(), DirectoryError> {
        if self.vault.discard(subject).await.map_err(failed)? {
            self.take_back().await;
        }
        Ok(())
    }
}

/// How people and `Host` headers name a server: its host, with the port where it is not the usual one.
pub(crate) fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> DirectoryError {
    DirectoryError(Box::new(error))
}

/// What a tool answers when the store of what people gave fails.
pub(crate) fn store_failed(error: &(dyn std::error::Error + 'static)) -> Failure {
    tracing::error!(error, "what people gave cannot be read or written");
    let message = "this server cannot read or write what people gave it, for example because its disk is full. Try again later; \
                   an administrator finds the cause in the log";
    ToolError::new("unavailable", message).into()
}
