//! Redeeming an authorization code (RFC 6749 §4.1.3).

use nc_proto::oauth::{
    error::TokenError,
    pkce::{Challenge, PlainMethod},
    token::TokenResponse,
};
use nc_store::{Digest, GrantRecord, SpentCode, Unit};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Asked, checks};
use crate::{
    Audit, CodeDocument, Event, GrantDocument, Provider, RefreshDocument,
    machine::fault::Fault,
    tokens::{Next, Order},
};

/// Redeems a code. It is spent before anything else happens, and stays spent whatever comes of it.
pub(super) async fn redeem(
    provider: &Provider,
    asked: &Asked,
    code: &SecretString,
    redirect_uri: Option<&str>,
    verifier: Option<&SecretString>,
) -> Result<TokenResponse, Fault> {
    // Nothing but a code is taken for one.
    if !code.expose_secret().starts_with("ncc_") {
        return Err(TokenError::InvalidGrant.into());
    }
    let unit = provider.store().begin().await?;
    let Some(spent) = unit.spend_code(Digest::of(code.expose_secret())).await? else {
        return Err(TokenError::InvalidGrant.into());
    };
    let grant = unit
        .find_grant(&spent.record.grant)
        .await?
        .ok_or(TokenError::InvalidGrant)?;
    let outcome = if spent.again {
        Err(TokenError::InvalidGrant.into())
    } else {
        issue(provider, unit.as_ref(), asked, &spent, &grant, redirect_uri, verifier).await
    };
    match &outcome {
        Ok(_) => {}
        // Nothing is known about the code then; the unit leaves nothing behind.
        Err(Fault::Internal(_)) => return outcome,
        Err(_) => end_family(provider, unit.as_ref(), asked, &spent, &grant).await?,
    }
    unit.commit().await?;
    if outcome.is_err() {
        provider.release(grant.subject.as_deref()).await;
    }
    outcome
}

/// A code that was used twice, or by somebody who should not have it, is in wrong hands: so is all that came from it.
async fn end_family(
    provider: &Provider,
    unit: &dyn Unit,
    asked: &Asked,
    spent: &SpentCode,
    grant: &GrantRecord,
) -> Result<(), Fault> {
    let now = provider.now();
    unit.revoke_grant(&grant.id, now).await?;
    let event = if spent.again { Event::Reused } else { Event::Revoked };
    Audit::new(event)
        .with("what", if spent.again { "code used again" } else { "code refused" })
        .with("client", grant.client_id.as_str())
        .with("caller", asked.client.id())
        .with("subject", grant.subject.clone())
        .with("sid", grant.sid.clone())
        .with("grant", grant.id.as_str())
        .with_address(provider, asked.posted.address)
        .append(unit, now)
        .await?;
    Ok(())
}

async fn issue(
    provider: &Provider,
    unit: &dyn Unit,
    asked: &Asked,
    spent: &SpentCode,
    grant: &GrantRecord,
    redirect_uri: Option<&str>,
    verifier: Option<&SecretString>,
) -> Result<TokenResponse, Fault> {
    let now = provider.now();
    let settings = provider.settings().await?;
    let code: CodeDocument = serde_json::from_str(&spent.record.document)?;
    let mut document: GrantDocument = serde_json::from_str(&grant.document)?;
    let client = &asked.client;
    if code.client_id != client.id() || grant.client_id != client.id() {
        return Err(TokenError::InvalidGrant.into());
    }
    if spent.record.expires_at <= now || grant.revoked_at.is_some() {
        return Err(TokenError::InvalidGrant.into());
    }
    if !is_same_address(asked, code.redirect_uri.as_deref(), redirect_uri) {
        return Err(TokenError::InvalidGrant.into());
    }
    let plain = if settings.allow_plain_challenge {
        PlainMethod::On
    } else {
        PlainMethod::Off
    };
    let challenge = Challenge::read(Some(&code.challenge), Some(&code.challenge_method), plain)
        .map_err(|_| TokenError::InvalidGrant)?;
    if !verifier.is_some_and(|verifier| challenge.accepts(verifier.expose_secret())) {
        return Err(TokenError::InvalidGrant.into());
    }
    document.dpop_jkt = checks::bound_key(asked, &document)?;
    unit.update_grant(&grant.id, &serde_json::to_string(&document)?).await?;
    let resources = checks::resources(provider, unit, asked, &document.resources).await?;
    let person = checks::person(provider, client, grant).await?;
    let granted = checks::allowed(provider, asked, &document.scopes)?;
    let scopes = checks::narrow(&granted, &resources);
    let lifetimes = &provider.config().lifetimes;
    let absolute = i64::try_from(lifetimes.refresh_absolute.as_secs()).unwrap_or(i64::MAX);
    let next = provider
        .gives_refresh_tokens(&settings, client, &granted)
        .then(|| Next {
            parent: None,
            document: RefreshDocument {
                scopes: granted.iter().map(str::to_owned).collect(),
                family_ends_at: now.saturating_add(absolute),
            },
        });
    let order = Order {
        client,
        grant,
        document: &document,
        person: &person,
        scopes: &scopes,
        resources: &resources,
        nonce: code.nonce.as_deref(),
        next,
    };
    let issued = order.issue(provider, unit).await?;
    Audit::new(Event::Issued)
        .with("client", client.id())
        .with("subject", grant.subject.clone())
        .with("sid", grant.sid.clone())
        .with("grant", grant.id.as_str())
        .with("scope", scopes.to_string())
        .with_address(provider, asked.posted.address)
        .append(unit, now)
        .await?;
    Ok(issued.response)
}

/// Byte for byte the address of the authorization request. If that named none, the client's only one may be named now.
fn is_same_address(asked: &Asked, then: Option<&str>, now: Option<&str>) -> bool {
    match (then, now) {
        (Some(then), now) => now == Some(then),
        (None, None) => true,
        (None, Some(now)) => matches!(asked.client.document.redirect_uris.as_slice(), [only] if only == now),
    }
}
