//! The app password that a person gave beside the token: found when it is needed, ended when the cloud takes it no more.

use nc_access::Vault;
use nc_auth::{Caller, ScopeSet};
use nc_client::{Client, Credential, KeptAppPassword};
use secrecy::SecretString;

/// The one that the caller gave, and nobody else's, if it was given for what is `needed`.
pub(super) async fn find(vault: &Vault, caller: &Caller, needed: ScopeSet) -> Option<KeptAppPassword> {
    let kept = match vault.find(caller.subject.as_str()).await {
        Ok(kept) => kept?,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "no app password could be read"
            );
            return None;
        }
    };
    let is_for_this = kept.is_active && kept.limit.allow(needed);
    is_for_this.then(|| KeptAppPassword {
        user: kept.profile.uid,
        credential: Credential::Basic {
            login: kept.app_password.login.as_str().to_owned(),
            password: kept.app_password.password,
        },
    })
}

/// Whether the cloud really takes `password` no more; then it is not used again. One 401 may be a directory that is down.
pub(super) async fn end(vault: &Vault, caller: &Caller, password: &SecretString, client: &Client) -> bool {
    let subject = caller.subject.as_str();
    let ended = async {
        let Some(kept) = vault.find(subject).await? else {
            return Ok(true);
        };
        // Another one: the person has given it meanwhile, and the next call uses it.
        if !kept.app_password.is(password) || client.is_still_accepted().await? {
            return Ok(false);
        }
        if vault.revoke(subject, &kept).await? {
            tracing::info!("the Nextcloud takes an app password no more; it is not used again");
        }
        Ok(true)
    };
    ended.await.unwrap_or_else(|error: anyhow::Error| {
        tracing::warn!("it cannot be made sure whether the Nextcloud takes an app password: {error:#}");
        false
    })
}
