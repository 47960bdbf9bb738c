//! ID tokens (`OpenID` Connect Core §2).

use nc_proto::oauth::{
    jose::{Algorithm, Audience, IdClaims, token_hash},
    scope_list::ScopeList,
};
use serde_json::Map;

use super::issue::Order;
use crate::{Error, Provider, claims};

impl Order<'_> {
    /// The ID token that goes with an access token.
    pub(super) async fn id_token(&self, provider: &Provider, access_token: &str) -> Result<String, Error> {
        let settings = provider.settings().await?;
        let now = provider.now();
        let own = self.client.document.id_token_algorithm.as_deref();
        let algorithm = own
            .and_then(Algorithm::from_name)
            .unwrap_or(provider.config().algorithm);
        let mut others = Map::new();
        let told = claims::about(self.person, self.scopes, self.client, &settings);
        let asked = self.document.claims.as_ref().map(|claims| &claims.id_token);
        // What the scopes do not cover is not told, whoever asks.
        others.extend(told.into_iter().filter(|(name, _)| {
            settings.always_include_scope_claims || asked.is_some_and(|asked| asked.contains_key(name))
        }));
        let authentication = self.document.authentication.as_ref();
        if let Some(authentication) = authentication {
            if let Some(acr) = &authentication.acr {
                others.insert("acr".to_owned(), acr.clone().into());
            }
            if !authentication.amr.is_empty() {
                others.insert("amr".to_owned(), authentication.amr.clone().into());
            }
        }
        let lifetime = i64::try_from(provider.config().lifetimes.id_token.as_secs()).unwrap_or(0);
        let claims = IdClaims {
            iss: provider.config().issuer.clone(),
            sub: self.subject()?.to_owned(),
            aud: Audience::One(self.client.id().to_owned()),
            azp: Some(self.client.id().to_owned()),
            exp: now.saturating_add(lifetime),
            iat: now,
            auth_time: authentication.map(|authentication| authentication.auth_time),
            nonce: self.nonce.map(str::to_owned),
            at_hash: Some(token_hash(access_token, algorithm)),
            sid: self.grant.sid.clone(),
            others,
        };
        provider.keys().sign_with_known(algorithm, "JWT", &claims).await
    }

    /// Whether these scopes ask for one.
    pub(super) fn wants_id_token(scopes: &ScopeList) -> bool {
        scopes.contains("openid")
    }
}
