//! Authorization codes.

use nc_proto::oauth::scope_list::ScopeList;
use nc_store::{CodeRecord, Digest, GrantRecord, Unit};

use super::{request::Checked, session::SignedIn};
use crate::{CodeDocument, Error, GrantDocument, Provider, random};

/// Prefix of codes, so that none is ever taken for another kind of token.
const PREFIX: &str = "ncc_";

/// A fresh code, which is worth nothing before it is stored.
pub(super) fn make() -> Result<String, Error> {
    Ok(format!("{PREFIX}{}", random::text::<32>()?))
}

/// What a user gives.
pub(super) fn grant_document(checked: &Checked, session: &SignedIn, scopes: &ScopeList) -> GrantDocument {
    GrantDocument {
        scopes: scopes.iter().map(str::to_owned).collect(),
        resources: checked.resources.iter().map(|resource| resource.uri.clone()).collect(),
        authentication: Some(session.authentication.clone()),
        claims: checked.request.claims.clone(),
        dpop_jkt: checked.request.dpop_jkt.clone(),
    }
}

/// Stores a grant and its code. No token exists before the code is redeemed.
pub(super) async fn store(
    provider: &Provider,
    unit: &dyn Unit,
    checked: &Checked,
    session: &SignedIn,
    scopes: &ScopeList,
    code: &str,
) -> Result<(), Error> {
    let now = provider.now();
    let request = &checked.request;
    let challenge = request.challenge.as_ref();
    let challenge = challenge.ok_or(Error::Internal("a code needs a challenge"))?;
    let grant = GrantRecord {
        id: random::text::<16>()?,
        subject: Some(session.subject.clone()),
        client_id: checked.client.id().to_owned(),
        sid: Some(session.sid.clone()),
        document: serde_json::to_string(&grant_document(checked, session, scopes))?,
        created_at: now,
        revoked_at: None,
    };
    unit.insert_grant(&grant).await?;
    let lasts_s = i64::try_from(provider.config().lifetimes.code.as_secs()).unwrap_or(i64::MAX);
    unit.insert_code(&CodeRecord {
        code: Digest::of(code),
        grant: grant.id,
        document: serde_json::to_string(&CodeDocument {
            client_id: checked.client.id().to_owned(),
            redirect_uri: checked.named_redirect_uri.clone(),
            challenge: challenge.value().to_owned(),
            challenge_method: challenge.method().name().to_owned(),
            nonce: request.nonce.clone(),
        })?,
        expires_at: now.saturating_add(lasts_s),
    })
    .await?;
    Ok(())
}
