//! Issuing an access token for a share.

use nc_auth::UserId;
use nc_proto::ocm::TokenErrorCode;
use nc_store::{IssuedTokenRecord, OutShareRecord};
use secrecy::SecretString;
use serde_json::json;

use super::{access_token::Claims, document::OutDocument, lineage, list::is_live, revoke};
use crate::{Ocm, OcmError, signature::SigningAlgorithm};

/// An access token.
pub(super) struct Issued {
    pub(super) token: SecretString,
    /// Its life in seconds.
    pub(super) expires_in: i64,
}

/// Why there is none.
#[derive(Debug)]
pub(super) enum NotIssued {
    /// What the other server did wrong.
    Refused(TokenErrorCode),
    /// The cause is here.
    Failed(OcmError),
}

impl<E: Into<OcmError>> From<E> for NotIssued {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

const INVALID_GRANT: NotIssued = NotIssued::Refused(TokenErrorCode::InvalidGrant);

/// Issues a token to the server that a share is for. It has proved who it is.
pub(super) async fn issue(ocm: &Ocm, share: &OutShareRecord) -> Result<Issued, NotIssued> {
    let now = ocm.now();
    if share.expires_at.is_some_and(|end| end <= now) {
        revoke::end(ocm, &share.id, revoke::Tell::Yes).await?;
        return Err(INVALID_GRANT);
    }
    let owner = UserId::new(share.owner.as_str());
    let jti = ocm.0.random.text::<32>()?;
    let unit = ocm.0.store.begin().await?;
    // In the unit: whoever shuts the owner out meanwhile takes back this token, too.
    if ocm.0.residents.reach(&owner, share.node).await?.is_none() {
        drop(unit);
        revoke::suspend_if_shut_out(ocm, share, &owner).await?;
        return Err(INVALID_GRANT);
    }
    // Read again: it may have ended since the secret was looked up, and nothing changes in it from here on.
    let share = unit
        .find_out_share(&share.id)
        .await?
        .filter(|share| is_live(share, now));
    let share = share.ok_or(INVALID_GRANT)?;
    let document = OutDocument::of(&share)?;
    let inherited = lineage::inherited(&*unit, document.parent.as_deref(), now).await?;
    let inherited = inherited.ok_or(INVALID_GRANT)?;
    let ttl = i64::try_from(ocm.0.config.token_ttl.as_secs()).unwrap_or(i64::MAX);
    let end = lineage::earlier(share.expires_at, inherited.expires_at);
    let expires_in = end.map_or(ttl, |end| ttl.min(end - now));
    let live = unit.list_live_tokens(&share.id, now).await?;
    let most = ocm.0.config.live_tokens_per_share.max(1);
    for oldest in live.iter().take((live.len() + 1).saturating_sub(most)) {
        unit.revoke_issued_token(&oldest.jti, now).await?;
    }
    let claims = Claims {
        iss: ocm.issuer(),
        sub: document.file_owner,
        aud: document.share_with,
        client_id: share.id.clone(),
        iat: now,
        exp: now + expires_in,
        jti,
    };
    let token = sign(ocm, &claims).await?;
    let issued = IssuedTokenRecord {
        jti: claims.jti,
        share: share.id,
        generation: share.generation,
        client_host: share.recipient_host,
        issued_at: now,
        expires_at: claims.exp,
        revoked_at: None,
    };
    unit.insert_issued_token(&issued).await?;
    unit.commit().await?;
    Ok(Issued { token, expires_in })
}

async fn sign(ocm: &Ocm, claims: &Claims) -> Result<SecretString, OcmError> {
    let algorithm = if ocm.0.config.token_ed25519 {
        SigningAlgorithm::Ed25519
    } else {
        SigningAlgorithm::Es256
    };
    let own = ocm.keys().active(algorithm).await?;
    let header = json!({"typ": "at+jwt", "kid": own.kid});
    Ok(SecretString::from(own.key.sign_jws(&header, &claims.to_value())?))
}
