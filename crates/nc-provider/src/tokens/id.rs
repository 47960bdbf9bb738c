//! ID tokens (`OpenID` Connect Core §2).

use nc_proto::oauth::{
    jose::{Algorithm, Audience, IdClaims, token_hash},
    scope_list::ScopeList,
};
use serde_json::Map;

use crate::{Client, Error, GrantDocument, Person, Provider, claims};

/// What an ID token is to say.
#[derive(Debug)]
pub(crate) struct IdToken<'a> {
    /// For whom.
    pub(crate) client: &'a Client,
    /// About whom.
    pub(crate) person: &'a Person,
    /// The person's subject identifier.
    pub(crate) subject: &'a str,
    /// In which session.
    pub(crate) sid: Option<&'a str>,
    /// What the user allowed.
    pub(crate) scopes: &'a ScopeList,
    /// The act of giving that it belongs to.
    pub(crate) document: &'a GrantDocument,
    /// Ties it to the request.
    pub(crate) nonce: Option<&'a str>,
    /// What it comes with.
    pub(crate) beside: Beside<'a>,
}

/// What an ID token comes with, and is tied to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Beside<'a> {
    /// An access token, with which all else can be asked for.
    AccessToken(&'a str),
    /// A code.
    Code(&'a str),
    /// Nothing.
    Nothing,
}

impl IdToken<'_> {
    /// The token. Never makes a key, so that it can be called in a unit of work.
    pub(crate) async fn sign(&self, provider: &Provider) -> Result<String, Error> {
        let settings = provider.settings().await?;
        let now = provider.now();
        let own = self.client.document.id_token_algorithm.as_deref();
        let algorithm = own
            .and_then(Algorithm::from_name)
            .unwrap_or(provider.config().algorithm);
        let mut others = Map::new();
        let kept_back = provider.kept_back(self.subject, &settings).await?;
        let told = claims::about(self.person, self.scopes, self.client, &settings, &kept_back);
        let asked = self.document.claims.as_ref().map(|claims| &claims.id_token);
        // Who gets an ID token and nothing else cannot ask for the rest (OpenID Connect Core §5.4).
        let is_all = settings.always_include_scope_claims || matches!(self.beside, Beside::Nothing);
        // What the scopes do not cover is not told, whoever asks.
        others.extend(
            told.into_iter()
                .filter(|(name, _)| is_all || asked.is_some_and(|asked| asked.contains_key(name))),
        );
        let authentication = self.document.authentication.as_ref();
        if let Some(authentication) = authentication {
            if let Some(acr) = &authentication.acr {
                others.insert("acr".to_owned(), acr.clone().into());
            }
            if !authentication.amr.is_empty() {
                others.insert("amr".to_owned(), authentication.amr.clone().into());
            }
        }
        if let Beside::Code(code) = self.beside {
            others.insert("c_hash".to_owned(), token_hash(code, algorithm).into());
        }
        let at_hash = match self.beside {
            Beside::AccessToken(token) => Some(token_hash(token, algorithm)),
            Beside::Code(_) | Beside::Nothing => None,
        };
        let lifetime = i64::try_from(provider.config().lifetimes.id_token.as_secs()).unwrap_or(0);
        let claims = IdClaims {
            iss: provider.config().issuer.clone(),
            sub: self.subject.to_owned(),
            aud: Audience::One(self.client.id().to_owned()),
            azp: Some(self.client.id().to_owned()),
            exp: now.saturating_add(lifetime),
            iat: now,
            auth_time: authentication.map(|authentication| authentication.auth_time),
            nonce: self.nonce.map(str::to_owned),
            at_hash,
            sid: self.sid.map(str::to_owned),
            others,
        };
        provider.keys().sign_with_known(algorithm, "JWT", &claims).await
    }
}
