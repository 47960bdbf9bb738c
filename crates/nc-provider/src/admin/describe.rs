//! How clients, resources and claims are shown: with the names of Nextcloud's `oidc` app where it has them.

use serde_json::{Value, json};

use super::{ClaimOfClient, number_of};
use crate::{Client, Resource};

/// A client, without its secret, which is not known any more.
pub fn describe_client(client: &Client, resources: &[Resource]) -> Value {
    let (document, number) = (&client.document, client.record.number);
    let uris = document
        .redirect_uris
        .iter()
        .map(|uri| json!({ "id": number_of(number, uri), "client_id": number, "redirect_uri": uri }));
    let mut own = resources
        .iter()
        .filter(|resource| resource.owner.as_deref() == Some(client.id()));
    json!({
        "id": number,
        "name": document.name,
        "clientId": client.id(),
        "kind": client.record.kind.word(),
        "redirectUris": uris.collect::<Vec<_>>(),
        "logoutRedirectUris": document.logout_uris,
        "signingAlg": document.id_token_algorithm,
        "type": if client.is_public() { "public" } else { "confidential" },
        "authMethod": document.auth_method.name(),
        "flowType": if document.legacy_flows { "code id_token" } else { "code" },
        "groups": document.groups,
        "tokenType": match document.tokens_are_jwt {
            Some(true) => Some("jwt"),
            Some(false) => Some("opaque"),
            None => None,
        },
        "allowedScopes": document.allowed_scopes.as_ref().map(|scopes| scopes.join(" ")).unwrap_or_default(),
        "emailRegex": document.email_regex.as_deref().unwrap_or_default(),
        "resourceUrl": own.next().map(|resource| resource.uri.as_str()).unwrap_or_default(),
        "defaultResource": document.default_resource,
        "resources": document.resources,
        "exchangeTargets": document.exchange_targets,
        "autoGrant": document.auto_grant,
        "requirePar": document.require_par,
        "requireDpop": document.require_dpop,
        "adminScopes": document.admin_scopes,
        "backchannelLogoutUri": document.backchannel_logout_uri,
        "backchannelLogoutSessionRequired": document.backchannel_logout_session_required,
        "dcr": client.is_self_described(),
        "issuedAt": client.record.created_at,
        "lastTokenAt": client.record.last_token_at,
        "expiresAt": client.record.expires_at,
        "disabled": client.record.disabled,
    })
}

/// A claim with its client.
pub fn describe_claim(found: &ClaimOfClient) -> Value {
    json!({
        "id": found.claim.id,
        "clientId": found.client_number,
        "clientUid": found.client_id,
        "name": found.claim.name,
        "scope": found.claim.scope,
        "function": found.claim.function,
        "parameter": found.claim.parameter,
    })
}

/// A resource server.
pub fn describe_resource(resource: &Resource) -> Value {
    let document = &resource.document;
    json!({
        "uri": resource.uri,
        "owner": resource.owner,
        "scopes": document.scopes,
        "tokenType": document.token_format,
        "signingAlg": document.algorithm,
        "claims": document.claims,
        "openToDynamicClients": document.open_to_dynamic_clients,
        "scopeMapping": document.scope_mapping,
    })
}
