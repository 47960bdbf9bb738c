//! Access tokens, opaque or signed (RFC 9068); each has a row in the store, so each can be taken back at once.

use nc_proto::oauth::{
    jose::{AccessClaims, Actor, Audience, Confirmation},
    scope_list::ScopeList,
};
use nc_store::{AccessTokenRecord, Digest};
use secrecy::SecretString;
use serde_json::Value;

use super::Opaque;
use crate::{
    AccessDocument, Authentication, Client, Endpoint, Error, Person, Provider, Resource, Settings, claims, random,
};

/// What an access token is to say.
#[derive(Debug)]
pub(crate) struct Access<'a> {
    /// Its family.
    pub(crate) grant: &'a str,
    /// Whose it is.
    pub(crate) subject: &'a str,
    /// The person; none when the client acts for itself.
    pub(crate) person: Option<&'a Person>,
    /// The client it is issued to.
    pub(crate) client: &'a Client,
    /// What it allows.
    pub(crate) scopes: &'a ScopeList,
    /// For which resources; for none, it is for the user info.
    pub(crate) resources: &'a [Resource],
    /// How the person signed in.
    pub(crate) authentication: Option<&'a Authentication>,
    /// In which session.
    pub(crate) sid: Option<&'a str>,
    /// Thumbprint of the key that it is bound to.
    pub(crate) jkt: Option<&'a str>,
    /// Who acts, after an exchange.
    pub(crate) act: Option<Actor>,
    /// A time that it must not outlive.
    pub(crate) not_after: Option<i64>,
}

/// A fresh access token.
#[derive(Debug)]
pub(crate) struct Minted {
    /// As the client gets it.
    pub(crate) token: SecretString,
    /// As it is stored.
    pub(crate) record: AccessTokenRecord,
    /// Its lifetime.
    pub(crate) expires_in_s: u64,
}

impl Access<'_> {
    /// Makes the token. Nothing is stored yet.
    pub(crate) async fn mint(self, provider: &Provider) -> Result<Minted, Error> {
        let settings = provider.settings().await?;
        let now = provider.now();
        let lifetime_end = now.saturating_add(settings.expire_time_s.into());
        let exp = self.not_after.map_or(lifetime_end, |end| end.min(lifetime_end));
        let is_signed = self.is_signed(&settings);
        let algorithm = self
            .resources
            .iter()
            .find_map(Resource::algorithm)
            .unwrap_or(provider.config().algorithm);
        let claims = self.claims(provider, now, exp)?;
        let (token, digest) = if is_signed {
            let body = self.body(&claims, &settings)?;
            let digest = Digest::of(&claims.jti);
            let token = provider.keys().sign_with_known(algorithm, "at+jwt", &body).await?;
            (token.into(), digest)
        } else {
            Opaque::Access.make()?
        };
        let document = AccessDocument {
            dpop: claims.cnf.is_some(),
            claims,
        };
        Ok(Minted {
            token,
            record: AccessTokenRecord {
                token: digest,
                grant: self.grant.to_owned(),
                document: serde_json::to_string(&document)?,
                expires_at: exp,
                revoked_at: None,
            },
            expires_in_s: u64::try_from(exp.saturating_sub(now)).unwrap_or(0),
        })
    }

    /// The resource decides, else the client, else the settings.
    fn is_signed(&self, settings: &Settings) -> bool {
        let by_resource = self
            .resources
            .iter()
            .find_map(|resource| resource.document.token_format.as_deref());
        by_resource.map_or_else(
            || {
                self.client
                    .document
                    .tokens_are_jwt
                    .unwrap_or(settings.default_token_is_jwt)
            },
            |format| format == "jwt",
        )
    }

    fn claims(&self, provider: &Provider, now: i64, exp: i64) -> Result<AccessClaims, Error> {
        let mut audience: Vec<String> = self.resources.iter().map(|resource| resource.uri.clone()).collect();
        if audience.is_empty() {
            audience.push(provider.config().url(Endpoint::UserInfo));
        }
        let audience = match <[String; 1]>::try_from(audience) {
            Ok([one]) => Audience::One(one),
            Err(many) => Audience::Many(many),
        };
        let client_id = self.client.id().to_owned();
        Ok(AccessClaims {
            iss: provider.config().issuer.clone(),
            sub: self.subject.to_owned(),
            aud: audience,
            exp,
            iat: now,
            nbf: None,
            jti: random::text::<16>()?,
            azp: Some(client_id.clone()),
            client_id,
            scope: self.scopes.clone(),
            auth_time: self.authentication.map(|authentication| authentication.auth_time),
            acr: self
                .authentication
                .and_then(|authentication| authentication.acr.clone()),
            amr: self
                .authentication
                .map(|authentication| authentication.amr.clone())
                .unwrap_or_default(),
            sid: self.sid.map(str::to_owned),
            preferred_username: self.person.map(|person| person.uid.clone()),
            cnf: self.jkt.map(|jkt| Confirmation { jkt: jkt.to_owned() }),
            act: self.act.clone(),
        })
    }

    /// The claims as they are signed: with the groups that the resources are told.
    fn body(&self, claims: &AccessClaims, settings: &Settings) -> Result<Value, Error> {
        let mut body = serde_json::to_value(claims)?;
        let told = |name: &str| {
            self.resources
                .iter()
                .any(|resource| resource.document.claims.iter().any(|claim| claim == name))
        };
        if let (Some(person), Some(members)) = (self.person, body.as_object_mut()) {
            if told("groups") {
                members.insert(
                    "groups".to_owned(),
                    claims::groups(person, settings.group_claim_type).into(),
                );
            }
            for name in ["roles", "entitlements"] {
                if told(name) {
                    members.insert(name.to_owned(), claims::groups(person, settings.role_claim_type).into());
                }
            }
        }
        Ok(body)
    }
}
