//! What becomes of the metadata that a client registers, and what it is told about it.

use nc_proto::oauth::{
    client_auth::AuthMethod,
    error::RegistrationError,
    redirect_uri::ApplicationType,
    registration::{ClientMetadata, RequestedMetadata},
    scope_list::ScopeList,
};
use serde::{Deserialize, Serialize};

use crate::{
    ClientDocument, Error, GrantType, Provider, Resource, Settings, clients::allowed::allows_registration, random,
};

/// The name of a client that gave none.
const UNNAMED: &str = "Unnamed application";
const ID_CHARACTERS: usize = 64;

/// What is stored with an initial access token (RFC 7591 §3), which an administrator hands out. It may be used until it
/// ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InitialAccessDocument {
    /// Resources that clients may have which register with it.
    pub resources: Vec<String>,
}

/// Why a client is not registered.
#[derive(Debug)]
pub(crate) enum Unfit {
    /// Its metadata is to blame.
    Metadata(RegistrationError),
    /// Something broke here.
    Internal(Error),
}

impl From<RegistrationError> for Unfit {
    fn from(error: RegistrationError) -> Self {
        Self::Metadata(error)
    }
}

impl From<Error> for Unfit {
    fn from(error: Error) -> Self {
        Self::Internal(error)
    }
}

/// What is stored about a client with this metadata. `resources` are those that an administrator allowed it beforehand; a client
/// that is known already has an id.
pub(crate) async fn document(
    provider: &Provider,
    requested: &RequestedMetadata,
    resources: &[String],
    client_id: Option<&str>,
) -> Result<ClientDocument, Unfit> {
    let mut metadata = ClientMetadata::check_of(requested, client_id)?;
    if let Some(scope) = &metadata.scope {
        // Scopes that are not ours are left out, as RFC 7591 §2 allows; none is added.
        let public = &provider.config().public_scopes;
        let known = ScopeList::from_tokens(scope.iter().filter(|scope| public.iter().any(|own| own == scope)))
            .map_err(RegistrationError::from)?;
        if known.is_empty() {
            return Err(RegistrationError::Scope.into());
        }
        metadata.scope = Some(known);
    }
    let signs = |algorithm| provider.keys().algorithms().contains(&algorithm);
    if metadata.id_token_algorithm.is_some_and(|algorithm| !signs(algorithm)) {
        return Err(RegistrationError::InvalidClientMetadata.into());
    }
    let mut document = ClientDocument::from_metadata(&metadata, UNNAMED);
    if provider.config().registered_scopes_are_a_default {
        document = document.with_scopes_as_default();
    }
    document.resources = resources.to_vec();
    if !allows_registration(&provider.config().allowed_clients, &document) {
        return Err(RegistrationError::NotAllowed.into());
    }
    document.default_resource = default_resource(provider, &document).await?;
    Ok(document)
}

/// The resource that a client wished for, if it may have it. The wish alone gives it nothing.
async fn default_resource(provider: &Provider, document: &ClientDocument) -> Result<Option<String>, Error> {
    let Some(wish) = &document.requested_resource else {
        return Ok(None);
    };
    let found = Resource::find(provider.config(), provider.store(), wish).await?;
    let may = found.is_some_and(|found| found.document.open_to_dynamic_clients || document.resources.contains(wish));
    Ok(may.then(|| wish.clone()))
}

/// All values that hold for a client (RFC 7591 §3.2.1), defaults included.
pub(crate) fn describe(provider: &Provider, settings: &Settings, document: &ClientDocument) -> RequestedMetadata {
    let word = |text: &str| Some(text.to_owned());
    let grants = document.grants.iter().filter_map(|grant| match grant {
        GrantType::AuthorizationCode => word("authorization_code"),
        GrantType::RefreshToken => word("refresh_token"),
        GrantType::TokenExchange | GrantType::ClientCredentials => None,
    });
    let scopes = document
        .allowed_scopes
        .as_ref()
        .or(document.default_scopes.as_ref())
        .unwrap_or(&provider.config().public_scopes);
    let is_jwt = document.tokens_are_jwt.unwrap_or(settings.default_token_is_jwt);
    let algorithm = document.id_token_algorithm.as_deref();
    RequestedMetadata {
        redirect_uris: document.redirect_uris.clone(),
        client_name: Some(document.name.clone()),
        token_endpoint_auth_method: word(document.auth_method.name()),
        grant_types: Some(grants.collect()),
        response_types: Some(vec!["code".to_owned()]),
        application_type: word(match document.application_type {
            ApplicationType::Native => "native",
            ApplicationType::Web => "web",
        }),
        scope: Some(scopes.join(" ")),
        id_token_signed_response_alg: word(algorithm.unwrap_or(provider.config().algorithm.name())),
        jwks: document.jwks.clone(),
        jwks_uri: document.jwks_uri.clone(),
        contacts: Some(document.contacts.clone()).filter(|contacts| !contacts.is_empty()),
        logo_uri: document.logo_uri.clone(),
        policy_uri: document.policy_uri.clone(),
        tos_uri: document.tos_uri.clone(),
        backchannel_logout_uri: document.backchannel_logout_uri.clone(),
        backchannel_logout_session_required: document
            .backchannel_logout_uri
            .as_ref()
            .map(|_| document.backchannel_logout_session_required),
        token_type: word(if is_jwt { "jwt" } else { "opaque" }),
        resource_url: document.requested_resource.clone(),
        software_statement: None,
    }
}

/// Whether a client with this way to authenticate has a secret.
pub(crate) const fn has_secret(method: AuthMethod) -> bool {
    matches!(method, AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost)
}

/// A fresh client id: 64 letters and digits.
pub(crate) fn client_id() -> Result<String, Error> {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut id = String::with_capacity(ID_CHARACTERS);
    while id.len() < ID_CHARACTERS {
        let bytes = random::bytes::<ID_CHARACTERS>()?;
        // The values above are thrown away, so that every character is as likely as the others.
        let usable = bytes.iter().filter(|byte| **byte < 62 * 4);
        let letters = usable.map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
        id.extend(letters.take(ID_CHARACTERS - id.len()));
    }
    Ok(id)
}
