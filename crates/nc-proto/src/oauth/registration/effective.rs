//! Client metadata that was checked, with every default filled in.

use std::collections::BTreeSet;

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;
use url::{Host, Url};

use super::RequestedMetadata;
use crate::oauth::{
    authorize::is_resource,
    cimd::is_public,
    client_auth::AuthMethod,
    error::RegistrationError,
    jose::{Algorithm, Jwk, JwkSet},
    redirect_uri::{ApplicationType, RedirectUri},
    scope_list::ScopeList,
};

/// The most redirect URIs.
const MAX_URIS: usize = 10;
/// The longest name, in characters.
const NAME_MAX: usize = 128;

/// A grant that a client may register for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AllowedGrant {
    /// Codes.
    AuthorizationCode,
    /// Refresh tokens.
    RefreshToken,
}

/// How access tokens look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFormat {
    /// Signed.
    Jwt,
    /// Opaque; Nextcloud's `oidc` app also says `Bearer`.
    Opaque,
}

/// Keys that a client signs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// Given as they are.
    Set(JwkSet),
    /// To be fetched from an https URL.
    At(String),
}

/// Metadata that holds for a client.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientMetadata {
    /// Where answers may be sent.
    pub redirect_uris: Vec<RedirectUri>,
    /// Its name for people.
    pub client_name: Option<String>,
    /// How it authenticates.
    pub auth_method: AuthMethod,
    /// What it may ask the token endpoint; always codes.
    pub grants: BTreeSet<AllowedGrant>,
    /// Where it runs.
    pub application_type: ApplicationType,
    /// Scopes it may ask for; `None` leaves that to the server.
    pub scope: Option<ScopeList>,
    /// How its ID tokens are signed.
    pub id_token_algorithm: Option<Algorithm>,
    /// Its keys.
    pub keys: Option<Keys>,
    /// Whom to ask.
    pub contacts: Vec<String>,
    /// Its picture; never fetched.
    pub logo_uri: Option<String>,
    /// Its privacy policy; never fetched.
    pub policy_uri: Option<String>,
    /// Its terms; never fetched.
    pub tos_uri: Option<String>,
    /// Where it wants to be told that a session ended.
    pub backchannel_logout_uri: Option<String>,
    /// Whether it has to be told which one.
    pub backchannel_logout_session_required: bool,
    /// How its access tokens look.
    pub token_format: Option<TokenFormat>,
    /// The resource it would like its tokens for. A wish only: an administrator decides.
    pub resource_url: Option<String>,
}

impl ClientMetadata {
    /// Checks what a client asked for when it has no id yet, or one that no resource can have.
    pub fn check(requested: &RequestedMetadata) -> Result<Self, RegistrationError> {
        Self::check_of(requested, None)
    }

    /// Checks what a client asked for. Its own id may be the resource of its wish.
    pub fn check_of(requested: &RequestedMetadata, client_id: Option<&str>) -> Result<Self, RegistrationError> {
        if requested.software_statement.is_some() {
            return Err(RegistrationError::InvalidSoftwareStatement);
        }
        let (redirect_uris, application_type) = check_redirects(requested)?;
        let keys = check_keys(requested)?;
        let auth_method = match (requested.token_endpoint_auth_method.as_deref(), application_type) {
            (Some("none"), _) | (None, ApplicationType::Native) => AuthMethod::None,
            (Some("client_secret_post"), _) | (None, ApplicationType::Web) => AuthMethod::ClientSecretPost,
            (Some("client_secret_basic"), _) => AuthMethod::ClientSecretBasic,
            (Some("private_key_jwt"), _) if keys.is_some() => AuthMethod::PrivateKeyJwt,
            _ => return Err(RegistrationError::AuthMethod),
        };
        let id_token_algorithm = match requested.id_token_signed_response_alg.as_deref() {
            None => None,
            Some(name) => Some(Algorithm::from_name(name).ok_or(RegistrationError::InvalidClientMetadata)?),
        };
        let token_format = match requested.token_type.as_deref() {
            None => None,
            Some("jwt") => Some(TokenFormat::Jwt),
            Some("opaque" | "Bearer") => Some(TokenFormat::Opaque),
            Some(_) => return Err(RegistrationError::InvalidClientMetadata),
        };
        let is_wish = |uri: &str| is_resource(uri) || client_id == Some(uri);
        if requested.resource_url.as_deref().is_some_and(|uri| !is_wish(uri)) {
            return Err(RegistrationError::InvalidClientMetadata);
        }
        Ok(Self {
            redirect_uris,
            client_name: requested.client_name.as_deref().map(check_name).transpose()?,
            auth_method,
            grants: check_grants(requested)?,
            application_type,
            scope: requested
                .scope
                .as_deref()
                .map(ScopeList::parse)
                .transpose()?
                .filter(|scope| !scope.is_empty()),
            id_token_algorithm,
            keys,
            contacts: requested.contacts.clone().unwrap_or_default(),
            logo_uri: check_link(requested.logo_uri.as_deref())?,
            policy_uri: check_link(requested.policy_uri.as_deref())?,
            tos_uri: check_link(requested.tos_uri.as_deref())?,
            backchannel_logout_uri: requested
                .backchannel_logout_uri
                .as_deref()
                .map(check_notice_uri)
                .transpose()?,
            backchannel_logout_session_required: requested.backchannel_logout_session_required.unwrap_or(false),
            token_format,
            resource_url: requested.resource_url.clone(),
        })
    }

    /// All values that hold, to be sent back (RFC 7591 §3.2.1).
    pub fn echo(&self) -> RequestedMetadata {
        let (jwks, jwks_uri) = match &self.keys {
            None => (None, None),
            Some(Keys::Set(set)) => (Some(set.to_value()), None),
            Some(Keys::At(uri)) => (None, Some(uri.clone())),
        };
        let grants = self.grants.iter().map(|grant| match grant {
            AllowedGrant::AuthorizationCode => "authorization_code".to_owned(),
            AllowedGrant::RefreshToken => "refresh_token".to_owned(),
        });
        let application_type = match self.application_type {
            ApplicationType::Native => "native",
            ApplicationType::Web => "web",
        };
        let token_type = self.token_format.map(|format| match format {
            TokenFormat::Jwt => "jwt".to_owned(),
            TokenFormat::Opaque => "opaque".to_owned(),
        });
        RequestedMetadata {
            redirect_uris: self.redirect_uris.iter().map(ToString::to_string).collect(),
            client_name: self.client_name.clone(),
            token_endpoint_auth_method: Some(self.auth_method.name().to_owned()),
            grant_types: Some(grants.collect()),
            response_types: Some(vec!["code".to_owned()]),
            application_type: Some(application_type.to_owned()),
            scope: self.scope.as_ref().map(ToString::to_string),
            id_token_signed_response_alg: self.id_token_algorithm.map(|algorithm| algorithm.name().to_owned()),
            jwks,
            jwks_uri,
            contacts: Some(self.contacts.clone()).filter(|contacts| !contacts.is_empty()),
            logo_uri: self.logo_uri.clone(),
            policy_uri: self.policy_uri.clone(),
            tos_uri: self.tos_uri.clone(),
            backchannel_logout_uri: self.backchannel_logout_uri.clone(),
            backchannel_logout_session_required: self
                .backchannel_logout_uri
                .as_ref()
                .map(|_| self.backchannel_logout_session_required),
            token_type,
            resource_url: self.resource_url.clone(),
            software_statement: None,
        }
    }
}

fn check_redirects(requested: &RequestedMetadata) -> Result<(Vec<RedirectUri>, ApplicationType), RegistrationError> {
    let uris = &requested.redirect_uris;
    if uris.is_empty() || uris.len() > MAX_URIS {
        return Err(RegistrationError::InvalidRedirectUri);
    }
    let parsed = uris
        .iter()
        .map(|uri| RedirectUri::parse(uri))
        .collect::<Result<Vec<_>, _>>()?;
    let application_type = match requested.application_type.as_deref() {
        None => ApplicationType::derive(&parsed),
        Some("native") => ApplicationType::Native,
        Some("web") => ApplicationType::Web,
        Some(_) => return Err(RegistrationError::InvalidClientMetadata),
    };
    let checked = uris.iter().map(|uri| RedirectUri::register(uri, application_type));
    Ok((checked.collect::<Result<_, _>>()?, application_type))
}

/// Grants that are not offered are left out, as RFC 7591 §2 allows: Visual Studio Code also asks for the device grant.
fn check_grants(requested: &RequestedMetadata) -> Result<BTreeSet<AllowedGrant>, RegistrationError> {
    let responses = requested.response_types.as_deref();
    if responses.is_some_and(|types| !types.iter().any(|kind| kind == "code")) {
        return Err(RegistrationError::Grants);
    }
    let Some(grants) = &requested.grant_types else {
        return Ok(BTreeSet::from([AllowedGrant::AuthorizationCode]));
    };
    let known = grants.iter().filter_map(|grant| match grant.as_str() {
        "authorization_code" => Some(AllowedGrant::AuthorizationCode),
        "refresh_token" => Some(AllowedGrant::RefreshToken),
        _ => None,
    });
    let known: BTreeSet<_> = known.collect();
    if known.contains(&AllowedGrant::AuthorizationCode) {
        Ok(known)
    } else {
        Err(RegistrationError::Grants)
    }
}

fn check_keys(requested: &RequestedMetadata) -> Result<Option<Keys>, RegistrationError> {
    match (&requested.jwks, &requested.jwks_uri) {
        (None, None) => Ok(None),
        (Some(set), None) => {
            // Unlike an issuer's set, a client's own must hold nothing that is left out: above all no private key.
            let keys = set
                .get("keys")
                .and_then(Value::as_array)
                .filter(|keys| !keys.is_empty());
            let keys = keys.ok_or(RegistrationError::InvalidClientMetadata)?;
            let keys = keys.iter().map(Jwk::from_value).collect::<Result<Vec<_>, _>>();
            let keys = keys.map_err(|_| RegistrationError::InvalidClientMetadata)?;
            Ok(Some(Keys::Set(JwkSet(keys))))
        }
        (None, Some(uri)) => Ok(check_link(Some(uri))?.map(Keys::At)),
        (Some(_), Some(_)) => Err(RegistrationError::InvalidClientMetadata),
    }
}

fn check_link(link: Option<&str>) -> Result<Option<String>, RegistrationError> {
    let Some(link) = link else {
        return Ok(None);
    };
    let plain = link.starts_with("https://") && link.bytes().all(|byte| byte.is_ascii_graphic());
    let url = Url::parse(link)
        .ok()
        .filter(|url| plain && url.username().is_empty() && url.password().is_none());
    url.map(|_| Some(link.to_owned())).ok_or(RegistrationError::Link)
}

/// Where a server may be told something: an https URL without fragment, and not one that names a private address. What a name
/// leads to is checked when it is connected to.
pub fn check_notice_uri(uri: &str) -> Result<String, RegistrationError> {
    let checked = check_link(Some(uri))?.ok_or(RegistrationError::Link)?;
    let url = Url::parse(uri).map_err(|_| RegistrationError::Link)?;
    let is_public = match url.host() {
        Some(Host::Domain(name)) => name != "localhost",
        Some(Host::Ipv4(address)) => is_public(address.into()),
        Some(Host::Ipv6(address)) => is_public(address.into()),
        None => false,
    };
    if is_public && url.fragment().is_none() {
        Ok(checked)
    } else {
        Err(RegistrationError::Link)
    }
}

/// The name of a client as it is shown: composed form, visible, and without characters that reorder or hide what stands
/// beside the name.
pub fn check_name(name: &str) -> Result<String, RegistrationError> {
    let name: String = name.nfc().collect();
    let deceives = |character: char| {
        character.is_control()
            || matches!(
                character,
                '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            )
            || matches!(character, '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let fits = (1..=NAME_MAX).contains(&name.chars().count()) && !name.trim().is_empty();
    if fits && !name.contains(deceives) {
        Ok(name)
    } else {
        Err(RegistrationError::ClientName)
    }
}
