//! Who a client is, at the token endpoint and those like it.

use std::sync::{Arc, LazyLock};

use nc_auth::{
    assertion::{AssertionRefusal, verify_assertion},
    verifier::JwkSource,
};
use nc_proto::oauth::{
    assertion::Assertion,
    client_auth::{AuthMethod, ClientCredential},
    error::TokenError,
    jose::{Algorithm, Jwk, JwkSet},
    registration::{ClientMetadata, RequestedMetadata},
};
use nc_store::Digest;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    Client, ClientDocument, Error, Provider, SigningKey, limits,
    machine::{fault::Fault, request::Posted},
};

/// So many failures in an hour, from wherever, are told to the operator.
const FAILURES_WORTH_AN_ALARM: u32 = 100;

impl Provider {
    /// The client that a request comes from. Every failure has the same answer, after the same work: which clients
    /// there are is nobody's business.
    ///
    /// Failures are counted for each client and address.
    pub(crate) async fn authenticate_client(&self, posted: &Posted) -> Result<Client, Fault> {
        let credential = ClientCredential::read(&posted.form, posted.authorization()?)?;
        let client_id = named(&credential);
        let key = limits::key(&client_id, posted.address);
        self.limits().failures.check(key, self.now()).map_err(Fault::TooMany)?;
        if client_id.starts_with("https://") && self.store().find_client(&client_id).await?.is_none() {
            // Another name each time passes every limit that counts by name.
            let unknown = &self.limits().unknown_documents;
            let key = limits::key("", posted.address);
            unknown.take(key, self.now()).map_err(Fault::TooMany)?;
        }
        match self.check_credential(&credential).await {
            Err(Fault::Token(TokenError::InvalidClient)) => {
                self.count_failure(&client_id, posted).await?;
                Err(TokenError::InvalidClient.into())
            }
            other => other,
        }
    }

    /// Notes a failed attempt at a token.
    pub(crate) async fn count_failure(&self, client_id: &str, posted: &Posted) -> Result<(), Error> {
        let now = self.now();
        self.limits()
            .failures
            .count(limits::key(client_id, posted.address), now);
        let of_client = self
            .limits()
            .failures_of_client
            .count(limits::key(client_id, None), now);
        if of_client == FAILURES_WORTH_AN_ALARM {
            // A name that was sent may be anything; one that is stored is a client's.
            if let Some(client) = self.store().find_client(client_id).await? {
                tracing::warn!(
                    client = client.client_id,
                    "{FAILURES_WORTH_AN_ALARM} failed requests for tokens in an hour in the name of one client"
                );
            } else {
                tracing::warn!(
                    "{FAILURES_WORTH_AN_ALARM} failed requests for tokens in an hour in a name that no client has"
                );
            }
        }
        Ok(())
    }

    async fn check_credential(&self, credential: &ClientCredential) -> Result<Client, Fault> {
        match credential {
            ClientCredential::None { client_id } => {
                let client = self.find_client(client_id).await?;
                let client = client.filter(|client| client.document.auth_method == AuthMethod::None);
                client.ok_or_else(|| TokenError::InvalidClient.into())
            }
            ClientCredential::Basic { client_id, secret } => {
                self.check_secret(client_id, secret, AuthMethod::ClientSecretBasic)
                    .await
            }
            ClientCredential::Post { client_id, secret } => {
                self.check_secret(client_id, secret, AuthMethod::ClientSecretPost).await
            }
            ClientCredential::Assertion { client_id, assertion } => {
                self.check_assertion(client_id.as_deref(), assertion.expose_secret())
                    .await
            }
        }
    }

    async fn check_assertion(&self, named: Option<&str>, assertion: &str) -> Result<Client, Fault> {
        let assertion = Assertion::read(assertion)?;
        let client = self.find_client(&assertion.claims.sub).await?;
        let client = client.filter(|client| client.document.auth_method == AuthMethod::PrivateKeyJwt);
        let keys = client.as_ref().and_then(|client| self.client_keys(client));
        // A client that is unknown, or has no key, costs the same verification as a wrong key.
        let keys = match keys {
            Some(keys) => keys,
            None => stand_in(&assertion)?,
        };
        match verify_assertion(&assertion, &keys, &self.config().issuer, named, self.now(), self).await {
            Ok(()) => client.ok_or_else(|| TokenError::InvalidClient.into()),
            Err(AssertionRefusal::Memory(_)) => {
                Err(Error::Internal("assertions that were seen cannot be remembered").into())
            }
            Err(AssertionRefusal::Invalid | AssertionRefusal::Unavailable) => Err(TokenError::InvalidClient.into()),
        }
    }

    async fn check_secret(&self, client_id: &str, secret: &SecretString, way: AuthMethod) -> Result<Client, Fault> {
        let settings = self.settings().await?;
        let client = self.find_client(client_id).await?;
        if client.is_none() {
            // To read what is stored takes longer than the rest of all this.
            std::hint::black_box(serde_json::from_str::<ClientDocument>(&STORED_STAND_IN)?);
        }
        // A client that is unknown, or has no secret, costs the same comparison as a wrong secret.
        let stored = client.as_ref().and_then(|client| client.record.secret);
        let right = stored
            .unwrap_or(Digest::from_bytes([0; 32]))
            .matches(secret.expose_secret());
        let offered = way != AuthMethod::ClientSecretBasic || !settings.disable_auth_client_secret_basic;
        let client = client.filter(|client| right && stored.is_some() && offered && client.document.auth_method == way);
        client.ok_or_else(|| TokenError::InvalidClient.into())
    }
}

/// What would be stored of a client, if it had registered.
static STORED_STAND_IN: LazyLock<String> = LazyLock::new(|| {
    let requested = RequestedMetadata {
        redirect_uris: vec!["https://app.example/callback".to_owned()],
        client_name: Some("An application".to_owned()),
        ..RequestedMetadata::default()
    };
    let checked = ClientMetadata::check(&requested).ok();
    let document = checked.map(|metadata| ClientDocument::from_metadata(&metadata, ""));
    serde_json::to_string(&document).unwrap_or_default()
});

/// A key that would be the one of this assertion, if anybody had it.
fn stand_in(assertion: &Assertion<'_>) -> Result<Arc<JwkSource>, Error> {
    static KEY: LazyLock<Option<Jwk>> = LazyLock::new(|| {
        let key = SigningKey::generate(Algorithm::Es256, 2048).ok()?;
        Some(key.public().clone())
    });
    let mut key = KEY.clone().ok_or(Error::Internal("a key cannot be made"))?;
    key.kid.clone_from(&assertion.token.header.kid);
    Ok(Arc::new(JwkSource::fixed(JwkSet(vec![key]))))
}

/// The client that a credential names.
fn named(credential: &ClientCredential) -> String {
    match credential {
        ClientCredential::None { client_id }
        | ClientCredential::Basic { client_id, .. }
        | ClientCredential::Post { client_id, .. } => client_id.clone(),
        ClientCredential::Assertion { assertion, .. } => {
            let read = Assertion::read(assertion.expose_secret());
            read.map(|assertion| assertion.claims.sub).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t15_what_stands_in_for_an_unknown_client_is_read_as_one_that_is_known() {
        let document: ClientDocument = serde_json::from_str(&STORED_STAND_IN).expect("a document");
        assert_eq!(document.redirect_uris.len(), 1);
        assert!(STORED_STAND_IN.len() > 500, "{}", *STORED_STAND_IN);
    }
}
