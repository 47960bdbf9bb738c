//! Authorization codes.

use nc_proto::oauth::scope_list::ScopeList;
use nc_store::{CodeRecord, Digest, GrantRecord, Unit};

use super::{request::Checked, session::SignedIn};
use crate::{CodeDocument, Error, GrantDocument, Provider, random};

/// Prefix of codes, so that none is ever taken for another kind of token.
const PREFIX: &str = "ncc_";

/// Makes a grant and its code. No token exists before the code is redeemed.
pub(super) async fn issue(
    provider: &Provider,
    unit: &dyn Unit,
    checked: &Checked,
    session: &SignedIn,
    scopes: &ScopeList,
) -> Result<String, Error> {
    let now = provider.now();
    let request = &checked.request;
    let grant = GrantRecord {
        id: random::text::<16>()?,
        subject: Some(session.subject.clone()),
        client_id: checked.client.id().to_owned(),
        sid: Some(session.sid.clone()),
        document: serde_json::to_string(&GrantDocument {
            scopes: scopes.iter().map(str::to_owned).collect(),
            resources: checked.resources.iter().map(|resource| resource.uri.clone()).collect(),
            authentication: Some(session.authentication.clone()),
            claims: request.claims.clone(),
            dpop_jkt: request.dpop_jkt.clone(),
        })?,
        created_at: now,
        revoked_at: None,
    };
    unit.insert_grant(&grant).await?;
    let code = format!("{PREFIX}{}", random::text::<32>()?);
    let lasts_s = i64::try_from(provider.config().lifetimes.code.as_secs()).unwrap_or(i64::MAX);
    unit.insert_code(&CodeRecord {
        code: Digest::of(&code),
        grant: grant.id,
        document: serde_json::to_string(&CodeDocument {
            client_id: checked.client.id().to_owned(),
            redirect_uri: checked.named_redirect_uri.clone(),
            challenge: request.challenge.value().to_owned(),
            challenge_method: request.challenge.method().name().to_owned(),
            nonce: request.nonce.clone(),
        })?,
        expires_at: now.saturating_add(lasts_s),
    })
    .await?;
    Ok(code)
}
