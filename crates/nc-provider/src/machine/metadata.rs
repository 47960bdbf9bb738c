//! How the server describes itself (`OpenID` Connect Discovery, RFC 8414): the same bytes at every path.

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, header};
use nc_proto::oauth::{client_auth::AuthMethod, dpop, jose::Algorithm, metadata::ServerMetadata, token::EXCHANGE};
use nc_store::ClientKind;
use nc_web::ClientAddress;

use super::fault::Fault;
use crate::{Endpoint, Error, Provider, RegistrationMode, Settings, SignIn, limits};

const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Answers with the document.
pub(super) async fn answer(State(provider): State<Provider>, address: Option<Extension<ClientAddress>>) -> Response {
    let address = address.map(|Extension(address)| address);
    if let Err(seconds) = provider
        .limits()
        .metadata
        .take(limits::key("", address), provider.now())
    {
        return Fault::TooMany(seconds).into_response();
    }
    match document(&provider).await {
        Ok(body) => json(body),
        Err(error) => Fault::from(error).into_response(),
    }
}

/// A public document that may be kept for a while.
pub(super) fn json(body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, CACHE),
    ];
    (StatusCode::OK, headers, body).into_response()
}

async fn document(provider: &Provider) -> Result<Vec<u8>, Error> {
    let settings = provider.settings().await?;
    let has_services = provider.store().count_clients(ClientKind::Service).await? > 0;
    Ok(serde_json::to_vec(&describe(provider, &settings, has_services))?)
}

fn describe(provider: &Provider, settings: &Settings, has_services: bool) -> ServerMetadata {
    let config = provider.config();
    let url = |endpoint| config.url(endpoint);
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let names = |algorithms: &[Algorithm]| algorithms.iter().map(|algorithm| algorithm.name().to_owned()).collect();
    let mut grants = words(&["authorization_code", "refresh_token", EXCHANGE]);
    if has_services {
        grants.push("client_credentials".to_owned());
    }
    let mut methods = vec![
        AuthMethod::ClientSecretBasic,
        AuthMethod::ClientSecretPost,
        AuthMethod::PrivateKeyJwt,
    ];
    methods.retain(|way| *way != AuthMethod::ClientSecretBasic || !settings.disable_auth_client_secret_basic);
    // What some clients may that an administrator made; none may without one of them.
    let (mut responses, mut modes) = (words(&["code"]), words(&["query", "form_post"]));
    if settings.legacy_flows {
        responses.extend(words(&["code id_token", "id_token"]));
        modes.push("fragment".to_owned());
        grants.push("implicit".to_owned());
    }
    let tells = provider.notices().map(|_| true);
    let methods: Vec<String> = methods.into_iter().map(|way| way.name().to_owned()).collect();
    let with_public = [vec![AuthMethod::None.name().to_owned()], methods.clone()].concat();
    let mut challenges = words(&["S256"]);
    if settings.allow_plain_challenge {
        challenges.push("plain".to_owned());
    }
    ServerMetadata {
        issuer: config.issuer.clone(),
        authorization_endpoint: url(Endpoint::Authorize),
        token_endpoint: url(Endpoint::Token),
        userinfo_endpoint: Some(url(Endpoint::UserInfo)),
        jwks_uri: Some(url(Endpoint::Jwks)),
        registration_endpoint: Some(url(Endpoint::Register)).filter(|_| settings.registration != RegistrationMode::Off),
        introspection_endpoint: Some(url(Endpoint::Introspect)).filter(|_| settings.introspection_enabled),
        introspection_endpoint_auth_methods_supported: if settings.introspection_enabled {
            methods
        } else {
            Vec::new()
        },
        revocation_endpoint: Some(url(Endpoint::Revoke)),
        pushed_authorization_request_endpoint: Some(url(Endpoint::Par)),
        end_session_endpoint: Some(url(Endpoint::Logout)),
        scopes_supported: config.public_scopes.clone(),
        backchannel_logout_supported: tells,
        backchannel_logout_session_supported: tells,
        response_types_supported: responses,
        response_modes_supported: modes,
        grant_types_supported: grants,
        subject_types_supported: words(&["public"]),
        // Where people sign in elsewhere, how well they do is not known.
        acr_values_supported: match provider.sign_in() {
            SignIn::Local(_) => words(&["1", "2"]),
            SignIn::Elsewhere(_) | SignIn::Issuer(_) => Vec::new(),
        },
        id_token_signing_alg_values_supported: names(&[Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa]),
        token_endpoint_auth_methods_supported: with_public,
        token_endpoint_auth_signing_alg_values_supported: names(&Algorithm::ALL),
        display_values_supported: words(&["page"]),
        claim_types_supported: words(&["normal"]),
        claims_supported: claims(provider.sign_in().directory().lacks()),
        claims_parameter_supported: Some(true),
        request_parameter_supported: Some(false),
        request_uri_parameter_supported: Some(false),
        code_challenge_methods_supported: challenges,
        authorization_response_iss_parameter_supported: true,
        // Without a way to fetch documents no client is known by one.
        client_id_metadata_document_supported: provider.fetch().is_some(),
        dpop_signing_alg_values_supported: names(&dpop::ALGORITHMS),
    }
}

fn claims(lacking: &[&str]) -> Vec<String> {
    let claims = CLAIMS.iter().filter(|claim| !lacking.contains(claim));
    claims.map(|claim| (*claim).to_owned()).collect()
}

/// Claims that tokens and the user info may tell.
const CLAIMS: [&str; 28] = [
    "iss",
    "sub",
    "aud",
    "azp",
    "exp",
    "iat",
    "auth_time",
    "acr",
    "amr",
    "nonce",
    "at_hash",
    "sid",
    "preferred_username",
    "scope",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "updated_at",
    "website",
    "phone_number",
    "address",
    "picture",
    "quota",
    "email",
    "email_verified",
    "groups",
    "roles",
];
