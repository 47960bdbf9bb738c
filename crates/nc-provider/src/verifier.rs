//! Our own access tokens, believed from the store: what was taken back is refused at once.

use async_trait::async_trait;
use nc_auth::{
    UserId,
    token::{AuthContext, TokenRefusal, TokenUse, VerifyToken},
};
use nc_proto::oauth::{
    bearer::{Scheme, TokenKind},
    error::BearerError,
    jose::{AccessClaims, Compact},
};
use nc_store::{AccessTokenRecord, Digest, GrantRecord};
use secrecy::ExposeSecret as _;

use crate::{AccessDocument, Client, Error, Person, Provider, tokens::Opaque};

/// A live access token.
#[derive(Debug)]
pub(crate) struct Live {
    /// As it is stored.
    pub(crate) record: AccessTokenRecord,
    /// Its family.
    pub(crate) grant: GrantRecord,
    /// What it says.
    pub(crate) document: AccessDocument,
}

impl Live {
    /// Whether it was issued to this client, and the rights in it were given to no other.
    pub(crate) fn is_only_of(&self, client_id: &str) -> bool {
        self.document.claims.client_id == client_id && self.grant.client_id == client_id
    }
}

impl Provider {
    /// The digest under which an access token is stored; `None` when it cannot be one of ours.
    pub(crate) async fn access_token_digest(&self, token: &str) -> Result<Option<Digest>, Error> {
        match TokenKind::of(token) {
            TokenKind::OpaqueAccess => Ok(Opaque::Access.digest(token)),
            TokenKind::Jwt => {
                let Some(token) = Compact::read(token).ok().filter(|token| token.header.is_access_token()) else {
                    return Ok(None);
                };
                if !self.keys().verify(&token).await? {
                    return Ok(None);
                }
                let claims = AccessClaims::read(&token.payload).ok();
                Ok(claims.map(|claims| Digest::of(&claims.jti)))
            }
            TokenKind::NotForApis | TokenKind::Other => Ok(None),
        }
    }

    /// The token with this digest, if it is neither ended nor taken back.
    pub(crate) async fn find_live(&self, digest: Digest) -> Result<Option<Live>, Error> {
        let found = self.store().find_access_token(digest).await?;
        self.live(found)
    }

    /// The same with what the store found.
    pub(crate) fn live(&self, found: Option<(AccessTokenRecord, GrantRecord)>) -> Result<Option<Live>, Error> {
        let now = self.now();
        let found = found.filter(|(record, grant)| {
            record.expires_at > now && record.revoked_at.is_none() && grant.revoked_at.is_none()
        });
        let Some((record, grant)) = found else {
            return Ok(None);
        };
        Ok(Some(Live {
            document: serde_json::from_str(&record.document)?,
            record,
            grant,
        }))
    }

    /// The client of a live token. `None`: it is gone or disabled, or after an exchange the one is to which the person gave
    /// the rights.
    pub(crate) async fn find_clients_of(&self, live: &Live) -> Result<Option<Client>, Error> {
        let (client_id, first) = (&live.document.claims.client_id, &live.grant.client_id);
        if first != client_id && self.find_stored_client(first).await?.is_none() {
            return Ok(None);
        }
        self.find_stored_client(client_id).await
    }

    /// The person of a live token, who must be there and enabled, as its client must be.
    pub(crate) async fn owner(&self, live: &Live) -> Result<Option<Person>, Error> {
        if self.find_clients_of(live).await?.is_none() {
            return Ok(None);
        }
        self.person_of(live).await
    }

    async fn person_of(&self, live: &Live) -> Result<Option<Person>, Error> {
        match &live.grant.subject {
            Some(subject) => self.person(subject).await,
            None => Ok(None),
        }
    }

    /// Both [`Self::find_live`] and [`Self::find_clients_of`].
    async fn find_live_and_client(&self, digest: Digest) -> Result<Option<(Live, Client)>, Error> {
        let Some((token, grant, client)) = self.store().find_access_token_and_client(digest).await? else {
            return Ok(None);
        };
        let Some(live) = self.live(Some((token, grant)))? else {
            return Ok(None);
        };
        let client = if live.is_only_of(&client.client_id) {
            self.usable_client(client)?
        } else {
            self.find_clients_of(&live).await?
        };
        Ok(client.map(|client| (live, client)))
    }

    /// A token of ours that is good for what it comes with, its client and its person.
    pub(crate) async fn believe(&self, token: &TokenUse<'_>) -> Result<(Live, Client, Person), TokenRefusal> {
        let text = token.presented.token.expose_secret();
        let digest = self.access_token_digest(text).await.map_err(unavailable)?;
        let digest = digest.ok_or(BearerError::InvalidToken)?;
        let found = self.find_live_and_client(digest).await.map_err(unavailable)?;
        let (live, client) = found.ok_or(BearerError::InvalidToken)?;
        if !live.document.claims.aud.contains(token.audience) {
            return Err(BearerError::InvalidToken.into());
        }
        // A token that is bound to a key is good with a proof of that key only, and no other takes one.
        match (token.presented.scheme, &live.document.claims.cnf) {
            (Scheme::Bearer, None) if !live.document.dpop => {}
            (Scheme::Dpop, Some(bound)) => self.check_proof(token, &bound.jkt).await?,
            _ => return Err(BearerError::InvalidToken.into()),
        }
        let person = self.person_of(&live).await.map_err(unavailable)?;
        let person = person.ok_or(BearerError::InvalidToken)?;
        Ok((live, client, person))
    }
}

pub(crate) fn context(live: Live, person: Person) -> AuthContext {
    let claims = live.document.claims;
    AuthContext {
        issuer: claims.iss.as_str().into(),
        subject: claims.sub.as_str().into(),
        user: UserId::new(person.uid),
        client: claims.client_id.as_str().into(),
        resources: claims.aud.iter().map(str::to_owned).collect(),
        scopes: claims.scope,
        sid: claims.sid.map(Into::into),
        jti: Some(claims.jti.as_str().into()),
        acr: claims.acr,
        amr: claims.amr,
        auth_time: claims.auth_time,
        issued_at: Some(claims.iat),
        expires_at: live.record.expires_at,
    }
}

/// Neither yes nor no: what failed is on our side.
fn unavailable(error: impl Into<Error>) -> TokenRefusal {
    let error = error.into();
    tracing::error!(error = &error as &dyn std::error::Error, "a token cannot be verified");
    TokenRefusal::Unavailable { retry_after_s: 1 }
}

#[async_trait]
impl VerifyToken for Provider {
    async fn verify(&self, token: &TokenUse<'_>) -> Result<AuthContext, TokenRefusal> {
        let (live, _, person) = self.believe(token).await?;
        Ok(context(live, person))
    }
}
