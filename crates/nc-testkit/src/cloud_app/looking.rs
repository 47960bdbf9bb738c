//! What the provider has stored, for tests that cannot see it from outside.

use nc_store::Digest;

use super::CloudApp;
use crate::app::TestUser;

impl CloudApp {
    async fn subject(&self, user: &TestUser) -> Option<String> {
        let base = &self.provider.config().account_base;
        let found = self.provider.store().find_subject(base, user.name).await;
        found.expect("the store works")
    }

    /// Names of what a person granted and that is not taken back.
    ///
    /// # Panics
    /// When the store fails.
    pub async fn grants_of(&self, user: &TestUser) -> Vec<String> {
        let Some(subject) = self.subject(user).await else {
            return Vec::new();
        };
        let grants = self.provider.store().list_grants(&subject).await;
        grants
            .expect("the store works")
            .into_iter()
            .map(|grant| grant.id)
            .collect()
    }

    /// Takes back what the test accounts granted to a client.
    ///
    /// # Panics
    /// When the store fails.
    pub async fn end_grants_of_client(&self, client_id: &str) {
        for user in [&self.alice, &self.bob, &self.root] {
            let Some(subject) = self.subject(user).await else {
                continue;
            };
            let unit = self.provider.store().begin().await.expect("a unit");
            let now = self.provider.now();
            let ended = unit.revoke_grants(&subject, Some(client_id), None, now).await;
            ended.expect("ended");
            unit.commit().await.expect("committed");
        }
    }

    /// Whether a code was never shown to the token endpoint. It stays as it is.
    ///
    /// # Panics
    /// When the store fails.
    pub async fn is_code_unspent(&self, code: &str) -> bool {
        let unit = self.provider.store().begin().await.expect("a unit");
        let spent = unit.spend_code(Digest::of(code)).await.expect("the store works");
        spent.is_some_and(|spent| !spent.again)
    }
}
