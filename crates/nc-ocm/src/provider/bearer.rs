use async_trait::async_trait;
use nc_auth::{
    UserId,
    federation::{ShareAuth, ShareCredential, SharePrincipal, ShareRefusal, ShareRequest},
};
use nc_proto::apps::sharing::SharePermissions;
use nc_store::{OutShareRecord, OutShareState};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    access_token::{Claims, TokenFault},
    document::{Mode, OutDocument},
    lineage,
    list::is_live,
    revoke, secret,
};
use crate::{Ocm, OcmError};

/// Why a credential opens nothing: for metrics, and for what the other server is told.
#[derive(Debug)]
enum Unopened {
    /// There is none.
    None,
    /// Nobody could have got it from here: guesses are counted.
    Unknown(&'static str),
    /// It was good once, or is good for something else.
    Ended(&'static str),
    /// A token whose time is over.
    Expired,
    /// It cannot be judged now.
    Failed(OcmError),
}

impl<E: Into<OcmError>> From<E> for Unopened {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

#[async_trait]
impl ShareAuth for Ocm {
    async fn authenticate(&self, request: &ShareRequest<'_>) -> Result<SharePrincipal, ShareRefusal> {
        let now = self.now();
        let wrong = &self.0.provider.wrong_credentials;
        if let Err(retry_after_s) = wrong.check(request.address, now) {
            return Err(ShareRefusal::TooManyAttempts { retry_after_s });
        }
        let opened = match request.credential {
            None => Err(Unopened::None),
            Some(credential) => open(self, credential, now).await,
        };
        let opened = opened.and_then(|principal| match request.share_id {
            Some(named) if named != principal.share_id => Err(Unopened::Ended("other_share")),
            _ => Ok(principal),
        });
        opened.map_err(|unopened| refuse(self, request, unopened, now))
    }

    async fn is_still_good(&self, principal: &SharePrincipal, needs: SharePermissions) -> bool {
        match still_good(self, principal, needs).await {
            Ok(good) => good,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a share cannot be judged");
                false
            }
        }
    }
}

async fn open(ocm: &Ocm, credential: ShareCredential<'_>, now: i64) -> Result<SharePrincipal, Unopened> {
    match credential {
        // Secrets have no dots, and tokens have two.
        ShareCredential::Bearer(token) if token.expose_secret().contains('.') => by_token(ocm, token, now).await,
        ShareCredential::Bearer(secret) => by_secret(ocm, secret, now).await,
        ShareCredential::Basic { user, password } => {
            if !password.expose_secret().is_empty() {
                return Err(Unopened::Unknown("password"));
            }
            by_secret(ocm, user, now).await
        }
    }
}

async fn by_token(ocm: &Ocm, token: &SecretString, now: i64) -> Result<SharePrincipal, Unopened> {
    let keys = ocm.keys().published().await?;
    let claims = Claims::verify(token.expose_secret(), &ocm.issuer(), &keys, now).map_err(|fault| match fault {
        TokenFault::Expired => Unopened::Expired,
        TokenFault::Form | TokenFault::Key | TokenFault::Signature => Unopened::Unknown(fault.reason()),
        TokenFault::Claims => Unopened::Ended(fault.reason()),
    })?;
    let store = &ocm.0.store;
    let issued = store.find_issued_token(&claims.jti).await?;
    let issued = issued.ok_or(Unopened::Ended("not_issued"))?;
    let record = store.find_out_share(&claims.client_id).await?;
    let record = record.ok_or(Unopened::Ended("no_share"))?;
    let document = OutDocument::of(&record)?;
    if issued.revoked_at.is_some() || issued.generation != record.generation {
        return Err(Unopened::Ended("revoked"));
    }
    let is_of_share =
        issued.share == record.id && document.file_owner == claims.sub && document.share_with == claims.aud;
    if !is_of_share {
        return Err(Unopened::Ended("mismatch"));
    }
    live(ocm, record, document, Some(claims.jti), now).await
}

async fn by_secret(ocm: &Ocm, secret: &SecretString, now: i64) -> Result<SharePrincipal, Unopened> {
    let record = secret::find(ocm, &*ocm.0.store, secret).await?;
    let record = record.ok_or(Unopened::Unknown("secret"))?;
    let document = OutDocument::of(&record)?;
    if document.mode == Mode::Strict {
        return Err(Unopened::Ended("strict"));
    }
    if !ocm.takes_secrets(now) {
        return Err(Unopened::Ended("legacy_off"));
    }
    metrics::counter!("ocm_legacy_basic_requests_total", "host" => record.recipient_host.clone()).increment(1);
    live(ocm, record, document, None, now).await
}

/// The principal of a share, if share, file and owner are still there.
async fn live(
    ocm: &Ocm,
    record: OutShareRecord,
    document: OutDocument,
    token: Option<String>,
    now: i64,
) -> Result<SharePrincipal, Unopened> {
    if record.state != OutShareState::Live {
        return Err(Unopened::Ended("revoked"));
    }
    if record.expires_at.is_some_and(|end| end <= now) {
        revoke::end(ocm, &record.id, revoke::Tell::Yes).await?;
        return Err(Unopened::Ended("share_expired"));
    }
    let inherited = lineage::inherited(&*ocm.0.store, document.parent.as_deref(), now).await?;
    let inherited = inherited.ok_or(Unopened::Ended("parent_ended"))?;
    let owner = UserId::new(record.owner.as_str());
    let Some(reached) = ocm.0.residents.reach(&owner, record.node).await? else {
        revoke::suspend_if_shut_out(ocm, &record, &owner).await?;
        return Err(Unopened::Ended("out_of_reach"));
    };
    let permissions = document.permissions.limited_to(inherited.permissions);
    Ok(SharePrincipal {
        share_id: record.id,
        owner,
        node: record.node,
        permissions: permissions.limited_to(reached.permissions),
        generation: record.generation,
        token,
    })
}

/// A transfer goes on when its token ends by time, but not when the share or the token was taken back, or the share allows it no
/// more.
async fn still_good(ocm: &Ocm, principal: &SharePrincipal, needs: SharePermissions) -> Result<bool, OcmError> {
    let (store, now) = (&*ocm.0.store, ocm.now());
    let Some(record) = store.find_out_share(&principal.share_id).await? else {
        return Ok(false);
    };
    if !is_live(&record, now) || record.generation != principal.generation {
        return Ok(false);
    }
    let document = OutDocument::of(&record)?;
    let Some(inherited) = lineage::inherited(store, document.parent.as_deref(), now).await? else {
        return Ok(false);
    };
    if let Some(jti) = &principal.token
        && let Some(issued) = store.find_issued_token(jti).await?
        && issued.revoked_at.is_some()
    {
        return Ok(false);
    }
    let reached = ocm.0.residents.reach(&principal.owner, record.node).await?;
    let permissions = document.permissions.limited_to(inherited.permissions);
    Ok(reached.is_some_and(|reached| permissions.limited_to(reached.permissions).allows(needs)))
}

fn refuse(ocm: &Ocm, request: &ShareRequest<'_>, unopened: Unopened, now: i64) -> ShareRefusal {
    let (reason, bearer) = match unopened {
        Unopened::Failed(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a share cannot be judged");
            return ShareRefusal::Unavailable;
        }
        Unopened::None => ("none", "Bearer realm=\"ocm\""),
        Unopened::Unknown(reason) => {
            note_wrong(ocm, request, now);
            (reason, "Bearer error=\"invalid_token\"")
        }
        Unopened::Ended(reason) => (reason, "Bearer error=\"invalid_token\""),
        Unopened::Expired => (
            "expired",
            "Bearer error=\"invalid_token\", error_description=\"expired\"",
        ),
    };
    metrics::counter!("ocm_dav_401_total", "reason" => reason).increment(1);
    let mut challenges = vec![bearer.to_owned()];
    if ocm.takes_secrets(now) {
        challenges.push("Basic realm=\"ocm\", charset=\"UTF-8\"".to_owned());
    }
    ShareRefusal::Unauthorized { challenges }
}

fn note_wrong(ocm: &Ocm, request: &ShareRequest<'_>, now: i64) {
    let text = match request.credential {
        None => return,
        Some(ShareCredential::Bearer(text) | ShareCredential::Basic { user: text, .. }) => text.expose_secret(),
    };
    ocm.0.provider.wrong_credentials.note(request.address, text, now);
}
