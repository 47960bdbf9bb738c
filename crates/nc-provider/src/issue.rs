//! Tokens for other parts of this process, in place of the two events of Nextcloud's `oidc` app.

use nc_auth::{UserId, token::AuthContext};
use nc_proto::oauth::{scope_list::ScopeList, token::TokenResponse};
use nc_store::GrantRecord;

use crate::{
    Audit, Client, Error, Event, GrantDocument, Provider, RefreshDocument, Resource, consents, random,
    tokens::{Next, Order},
    verifier,
};

impl Provider {
    /// Tokens for a client and a user of this server, without asking the user (`TokenGenerationRequestEvent`).
    ///
    /// The scopes are the client's default ones and `extra_scopes`, all within what the client may have. A refresh token
    /// comes only where the user allowed the client something, or need not be asked: without that it could not be used.
    ///
    /// # Errors
    /// [`Error::Invalid`] when client, user or resource are unknown or do not go together.
    pub async fn issue(
        &self,
        client_id: &str,
        user: &UserId,
        extra_scopes: &ScopeList,
        resource: Option<&str>,
    ) -> Result<TokenResponse, Error> {
        match self.issue_now(client_id, user, extra_scopes, resource).await {
            Err(Error::KeyMissing) => {
                self.keys().make_missing().await?;
                self.issue_now(client_id, user, extra_scopes, resource).await
            }
            other => other,
        }
    }

    async fn issue_now(
        &self,
        client_id: &str,
        user: &UserId,
        extra_scopes: &ScopeList,
        resource: Option<&str>,
    ) -> Result<TokenResponse, Error> {
        let refuse = |what: &str| Error::Invalid(what.to_owned());
        let client = self
            .find_client(client_id)
            .await?
            .ok_or_else(|| refuse("there is no such client"))?;
        let person = self.sign_in().directory().find_person(user).await?;
        let person = person.filter(|person| client.admits(person));
        let person = person.ok_or_else(|| refuse("the user is unknown, disabled, or not one of the client's"))?;
        let settings = self.settings().await?;
        let default = client.document.default_resource.as_deref();
        let uri = resource.or(default).or(settings.default_resource_identifier.as_deref());
        let mut resources = Vec::new();
        if let Some(uri) = uri {
            let found = Resource::find(self.config(), self.store(), uri).await?;
            let found = found.filter(|resource| client.may_name(resource));
            resources.push(found.ok_or_else(|| refuse("the resource is unknown or not the client's"))?);
        }
        let default = client.document.default_scopes.as_deref().unwrap_or_default();
        let wanted = ScopeList::from_tokens(default.iter().map(String::as_str)).unwrap_or_default();
        let allowed = client.allowed(&wanted.union(extra_scopes), &self.config().public_scopes);
        let scopes = resources
            .iter()
            .fold(allowed, |scopes, resource| resource.narrow(&scopes));
        if scopes.is_empty() {
            return Err(refuse("no scope is left that the client may have"));
        }
        let now = self.now();
        let words: Vec<String> = scopes.iter().map(str::to_owned).collect();
        let document = GrantDocument {
            scopes: words.clone(),
            resources: resources.iter().map(|resource| resource.uri.clone()).collect(),
            ..GrantDocument::default()
        };
        let subject = self.subject(user).await?;
        let may_refresh = self.gives_refresh_tokens(&settings, &client, &scopes)
            && self.has_consent(&client, &subject, &document.resources).await?;
        let grant = GrantRecord {
            id: random::text::<16>()?,
            subject: Some(subject),
            client_id: client.id().to_owned(),
            sid: None,
            document: serde_json::to_string(&document)?,
            created_at: now,
            revoked_at: None,
        };
        let absolute = i64::try_from(self.config().lifetimes.refresh_absolute.as_secs()).unwrap_or(i64::MAX);
        let next = may_refresh.then(|| Next {
            parent: None,
            document: RefreshDocument {
                scopes: words,
                family_ends_at: now.saturating_add(absolute),
            },
        });
        let order = Order {
            client: &client,
            grant: &grant,
            document: &document,
            person: &person,
            scopes: &scopes,
            resources: &resources,
            nonce: None,
            next,
        };
        let unit = self.store().begin().await?;
        unit.insert_grant(&grant).await?;
        let issued = order.issue(self, unit.as_ref()).await?;
        Audit::new(Event::Issued)
            .with("what", "in process")
            .with("client", client.id())
            .with("subject", grant.subject.clone())
            .with("grant", grant.id.as_str())
            .with("scope", scopes.to_string())
            .append(unit.as_ref(), now)
            .await?;
        unit.commit().await?;
        Ok(issued.response)
    }

    /// Whether a refresh for these resources would find that the client is allowed anything.
    async fn has_consent(&self, client: &Client, subject: &str, resources: &[String]) -> Result<bool, Error> {
        if consents::is_granted_automatically(client) {
            return Ok(true);
        }
        let none = [String::new()];
        for resource in if resources.is_empty() { &none[..] } else { resources } {
            let consent = self.store().find_consent(subject, client.id(), resource).await?;
            if consent.is_none_or(|consent| consent.expires_at <= self.now()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whose access token it is (`TokenValidationRequestEvent`). `None` for any other token, and for one that is bound to
    /// a key, since nobody proves it here. Audience and scopes are told, and for the caller to check.
    pub async fn validate(&self, token: &str) -> Result<Option<AuthContext>, Error> {
        let Some(digest) = self.access_token_digest(token).await? else {
            return Ok(None);
        };
        let Some(live) = self.find_live(digest).await?.filter(|live| !live.document.dpop) else {
            return Ok(None);
        };
        let person = self.owner(&live).await?;
        Ok(person.map(|person| verifier::context(live, person)))
    }
}
