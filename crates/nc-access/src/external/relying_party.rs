//! This server as a place where people sign in with the issuer: `OpenID` Connect Core §3.1, RFC 6749 §§4.1 and 6, RFC 7009.

use std::sync::Arc;

use nc_auth::{
    fetch::Posted,
    verifier::{IdTokenRefusal, IdTokenVerifier, JwkSource},
};
use nc_proto::{
    clock::Clock,
    oauth::{
        authorize::IssuerParameter,
        form::Form,
        jose::Algorithm,
        pkce::Challenge,
        scope_list::ScopeList,
        token::{Grant, TokenRequest, TokenResponse},
    },
};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{Discovered, OwnClient, client::error_code};

/// Path of the one address to which the issuer sends browsers back.
pub const CALLBACK: &str = "/oauth/callback";
/// Asks for a name for people in the ID token (`OpenID` Connect Core §5.5), where it is not anyhow.
const NAME: &str = r#"{"id_token":{"name":null,"preferred_username":null}}"#;
/// Life of an access token about which the issuer says nothing.
const UNSAID_S: i64 = 60;

/// The issuer, as the place where people sign in.
pub struct RelyingParty {
    issuer: String,
    authorization: Url,
    token: Url,
    revocation: Option<Url>,
    parameter: IssuerParameter,
    redirect_uri: String,
    client: Arc<OwnClient>,
    keys: Arc<JwkSource>,
    clock: Clock,
}

/// What a sign-in asks for.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Ties the answer to this server's record.
    pub state: &'a str,
    /// Ties the ID token to it.
    pub nonce: &'a str,
    /// Hash of the secret that redeems the code.
    pub challenge: &'a Challenge,
    /// Scopes.
    pub scope: &'a ScopeList,
    /// For which resource the access token shall be.
    pub resource: Option<&'a str>,
    /// Whether the person has to be asked for agreement.
    pub consent: bool,
    /// Whether a name for people is wanted.
    pub name: bool,
}

/// Tokens that the issuer gave. Never printed.
pub struct Tokens {
    /// For the resource that was asked for.
    pub access_token: SecretString,
    /// When it ends, Unix seconds.
    pub access_ends_at: i64,
    /// For further access tokens.
    pub refresh_token: Option<SecretString>,
    /// When that one ends, if the issuer says so.
    pub refresh_ends_at: Option<i64>,
    /// What was granted; `None`: what was asked for.
    pub scope: Option<ScopeList>,
}

/// A sign-in that was believed.
pub struct Believed {
    /// The issuer's name for the person.
    pub subject: String,
    /// A name for people to read, where the issuer tells one.
    pub name: Option<String>,
    /// When the person signed in there, as far as is told.
    pub auth_time: Option<i64>,
    /// What came with it.
    pub tokens: Tokens,
}

/// Why the issuer gives nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// It cannot be asked, or answers something else.
    #[error("the issuer cannot be asked")]
    Unavailable,
    /// It does not take the code or the refresh token.
    #[error("the issuer takes the grant no more")]
    InvalidGrant,
    /// It does not take this server, or what it asks for.
    #[error("the issuer refuses this server")]
    Refused,
    /// The ID token is not acceptable.
    #[error("the issuer's ID token is not acceptable")]
    IdToken,
}

impl RelyingParty {
    /// Signs in with `client`, which is registered with [`CALLBACK`] below `own`, this server's address without a slash at the
    /// end.
    pub fn new(issuer: &Discovered, client: &Arc<OwnClient>, keys: Arc<JwkSource>, own: &str, clock: Clock) -> Self {
        Self {
            issuer: issuer.issuer.clone(),
            authorization: issuer.authorization.clone(),
            token: issuer.token.clone(),
            revocation: issuer.revocation.clone(),
            parameter: if issuer.names_itself {
                IssuerParameter::Announced
            } else {
                IssuerParameter::NotAnnounced
            },
            redirect_uri: format!("{own}{CALLBACK}"),
            client: Arc::clone(client),
            keys,
            clock,
        }
    }

    /// This server's client there, at this moment.
    pub fn client_id(&self) -> Arc<str> {
        self.client.id()
    }

    /// Who it is.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether its answers have to name it.
    pub const fn issuer_parameter(&self) -> IssuerParameter {
        self.parameter
    }

    /// The origin to which the browser is sent.
    pub fn origin(&self) -> String {
        self.authorization.origin().ascii_serialization()
    }

    /// Where the browser has to go.
    pub fn sign_in_url(&self, question: &Question<'_>) -> Url {
        let mut url = self.authorization.clone();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client.id())
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", &question.scope.to_string())
            .append_pair("state", question.state)
            .append_pair("nonce", question.nonce)
            .append_pair("code_challenge", question.challenge.value())
            .append_pair("code_challenge_method", question.challenge.method().name());
        if let Some(resource) = question.resource {
            query.append_pair("resource", resource);
        }
        if question.consent {
            query.append_pair("prompt", "consent");
        }
        if question.name {
            query.append_pair("claims", NAME);
        }
        drop(query);
        url
    }

    /// Redeems a code, and believes the ID token only when all of it fits.
    ///
    /// # Errors
    /// [`IssuerError`].
    pub async fn redeem(
        &self,
        code: &str,
        verifier: &SecretString,
        nonce: &str,
        resource: Option<&str>,
    ) -> Result<Believed, IssuerError> {
        let grant = Grant::Code {
            code: code.into(),
            redirect_uri: Some(self.redirect_uri.clone()),
            verifier: Some(verifier.clone()),
        };
        // The one that asked is the one whom the ID token has to be for, also when it is replaced meanwhile.
        let client = self.client.id();
        let response = self.ask(grant, resource).await?;
        let id_token = response.id_token.clone();
        let tokens = self.tokens(response);
        let Some(id_token) = id_token else {
            self.give_up(&tokens).await;
            return Err(IssuerError::IdToken);
        };
        let verifier = IdTokenVerifier::for_client(
            self.issuer.as_str(),
            &*client,
            Arc::clone(&self.keys),
            &Algorithm::ALL,
            self.clock.clone(),
        );
        let access_token = tokens.access_token.expose_secret();
        let claims = verifier.verify(&id_token, Some(nonce), Some(access_token)).await;
        let claims = match claims {
            Ok(claims) if !claims.sub.is_empty() => claims,
            Ok(_) | Err(IdTokenRefusal::Invalid) => {
                self.give_up(&tokens).await;
                return Err(IssuerError::IdToken);
            }
            Err(IdTokenRefusal::Unavailable) => {
                self.give_up(&tokens).await;
                return Err(IssuerError::Unavailable);
            }
        };
        let text = |name: &str| Some(claims.others.get(name)?.as_str()?.to_owned()).filter(|text| !text.is_empty());
        Ok(Believed {
            name: text("name").or_else(|| text("preferred_username")),
            auth_time: claims.auth_time,
            subject: claims.sub,
            tokens,
        })
    }

    /// Other tokens for a refresh token.
    ///
    /// # Errors
    /// [`IssuerError`].
    pub async fn refresh(&self, token: &SecretString, resource: Option<&str>) -> Result<Tokens, IssuerError> {
        let grant = Grant::Refresh {
            refresh_token: token.clone(),
        };
        Ok(self.tokens(self.ask(grant, resource).await?))
    }

    /// Takes back what was given and is not kept.
    pub async fn give_up(&self, tokens: &Tokens) {
        let (token, hint) = match &tokens.refresh_token {
            Some(token) => (token, "refresh_token"),
            None => (&tokens.access_token, "access_token"),
        };
        if let Err(error) = self.revoke(token, hint).await {
            tracing::warn!(%error, "tokens that are not kept could not be taken back at the issuer");
        }
    }

    /// Takes a token back (RFC 7009). Nothing is wrong with one that the issuer does not know, or where it offers no
    /// revocation.
    ///
    /// # Errors
    /// [`IssuerError`]: it is still good, as far as is known.
    pub async fn revoke(&self, token: &SecretString, hint: &str) -> Result<(), IssuerError> {
        let Some(url) = &self.revocation else { return Ok(()) };
        let mut form = Form::default();
        form.push("token", token.expose_secret());
        form.push("token_type_hint", hint);
        match self.client.ask(url, &form).await {
            Ok(posted) if posted.status == 200 => Ok(()),
            Ok(posted) if posted.status == 400 || posted.status == 401 => Err(IssuerError::Refused),
            Ok(_) | Err(_) => Err(IssuerError::Unavailable),
        }
    }

    async fn ask(&self, grant: Grant, resource: Option<&str>) -> Result<TokenResponse, IssuerError> {
        let request = TokenRequest {
            grant,
            scope: None,
            resources: resource.map(str::to_owned).into_iter().collect(),
        };
        let posted = self.client.ask(&self.token, &request.form()).await;
        let posted = posted.map_err(|error| {
            tracing::warn!(%error, "the issuer's token endpoint cannot be asked");
            IssuerError::Unavailable
        })?;
        match posted.status {
            200 => read(&posted).ok_or_else(|| {
                tracing::warn!("the issuer's token endpoint answered with something else than a Bearer token");
                IssuerError::Unavailable
            }),
            400 | 401 => {
                let code = error_code(&posted);
                // The issuer's words are for its own log.
                tracing::warn!(status = posted.status, "the issuer gives no tokens");
                Err(match code.as_deref() {
                    Some("invalid_grant") => IssuerError::InvalidGrant,
                    _ => IssuerError::Refused,
                })
            }
            status => {
                tracing::warn!(status, "the issuer gives no tokens now");
                Err(IssuerError::Unavailable)
            }
        }
    }

    fn tokens(&self, response: TokenResponse) -> Tokens {
        let now = self.clock.now().unix_timestamp();
        let after = |seconds: u64| now.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX));
        Tokens {
            access_ends_at: response.expires_in.map_or(now.saturating_add(UNSAID_S), after),
            access_token: response.access_token.into(),
            refresh_token: response
                .refresh_token
                .filter(|token| !token.is_empty())
                .map(SecretString::from),
            refresh_ends_at: response.refresh_expires_in.filter(|seconds| *seconds > 0).map(after),
            scope: response.scope,
        }
    }
}

fn read(posted: &Posted) -> Option<TokenResponse> {
    let response: TokenResponse = serde_json::from_slice(&posted.body).ok()?;
    let usable = !response.access_token.is_empty() && response.token_type.eq_ignore_ascii_case("bearer");
    usable.then_some(response)
}
