//! The page of a person whose tokens come from this server: its session is that of the authorization server.

use std::sync::Arc;

use async_trait::async_trait;
use axum::response::Response;
use http::HeaderMap;
use nc_access::{ClientRules, Decision, PersonRules};
use nc_proto::oauth::scope_list::ScopeList;
use nc_provider::{Account, ElsewhereAccounts as _, Narrowing, Provider};
use nc_web::ClientAddress;

use crate::{
    nextcloud_accounts::NextcloudAccounts,
    user_page::{About, Changed, KnownClient, PAGE, Provisioned, Site, Visitor},
};

#[derive(Clone)]
pub(super) struct OwnSite {
    pub(super) provider: Provider,
    pub(super) accounts: Arc<NextcloudAccounts>,
    pub(super) rules: Arc<ClientRules>,
}

#[async_trait]
impl Site for OwnSite {
    fn about(&self) -> About {
        About {
            issuer: self.provider.config().issuer.clone(),
            mode: "login_flow",
            nextcloud: self.accounts.nextcloud(),
            is_issuer: true,
        }
    }

    async fn find(&self, headers: &HeaderMap) -> anyhow::Result<Option<Box<dyn Visitor>>> {
        let account = self.provider.find_account(headers).await?;
        Ok(account.map(|account| {
            let visitor: Box<dyn Visitor> = Box::new(OwnVisitor {
                site: self.clone(),
                account,
            });
            visitor
        }))
    }

    async fn sign_in(&self, headers: &HeaderMap, next: &str) -> anyhow::Result<Response> {
        Ok(self.provider.sign_in_for(headers, next).await?)
    }
}

struct OwnVisitor {
    site: OwnSite,
    account: Account,
}

#[async_trait]
impl Visitor for OwnVisitor {
    fn subject(&self) -> &str {
        self.account.subject()
    }

    fn name(&self) -> &str {
        self.account.name()
    }

    fn lasts(&self) -> (i64, i64) {
        self.account.lasts()
    }

    fn csrf(&self) -> String {
        self.account.csrf()
    }

    fn is_own_post(&self, headers: &HeaderMap, token: &str) -> bool {
        self.account.is_own_post(&self.site.provider, headers, token)
    }

    fn remember(&self, response: &mut Response) {
        self.account.remember(&self.site.provider, response);
    }

    async fn clients(&self, _rules: &PersonRules) -> anyhow::Result<Vec<KnownClient>> {
        let clients = self.account.clients(&self.site.provider).await?;
        let known = clients.into_iter().map(|client| KnownClient {
            key: client.number.to_string(),
            client_id: client.client_id,
            name: client.name,
            host: Some(client.host).filter(|host| !host.is_empty()),
            allowed: client.scopes.clone(),
            scopes: client.scopes,
            since: Some(client.since),
            until: Some(client.until),
        });
        Ok(known.collect())
    }

    async fn narrow(
        &self,
        client: &KnownClient,
        wanted: &ScopeList,
        address: Option<ClientAddress>,
    ) -> anyhow::Result<Changed> {
        let number = client.key.parse()?;
        let narrowing = self.account.narrow(&self.site.provider, number, wanted, address);
        Ok(match narrowing.await? {
            Narrowing::Done => Changed::Done,
            Narrowing::Unknown => Changed::Unknown,
            Narrowing::NotAllowed => Changed::NothingLeft,
        })
    }

    async fn disconnect(&self, client: &KnownClient, address: Option<ClientAddress>) -> anyhow::Result<Changed> {
        let number = client.key.parse()?;
        if !self.account.disconnect(&self.site.provider, number, address).await? {
            return Ok(Changed::Unknown);
        }
        // It comes again only after the person allowed it anew.
        let forget = Decision::Forget(client.client_id.clone());
        self.site.rules.decide(self.subject(), &forget).await?;
        Ok(Changed::Done)
    }

    /// Who is signed in has given one: it is how one signs in.
    async fn provisioned(&self) -> anyhow::Result<Provisioned> {
        let kept = self.site.accounts.find(self.subject()).await?;
        Ok(Provisioned {
            kind: if kept.is_some() { "app_password" } else { "none" },
            state: match &kept {
                Some(kept) if kept.is_active => "active",
                Some(_) => "revoked",
                None => "none",
            },
            since: kept.as_ref().map(|kept| kept.created_at),
            until: None,
            scopes: None,
            can_give: true,
            can_take_back: kept.is_some(),
            ends_clients: true,
            account: kept.map(|kept| kept.profile.uid),
        })
    }

    async fn give(&self, headers: &HeaderMap) -> anyhow::Result<Option<Response>> {
        Ok(Some(self.site.provider.sign_in_for(headers, PAGE).await?))
    }

    async fn take_back(&self) -> anyhow::Result<()> {
        let subject = self.subject();
        self.site
            .provider
            .end_grants_of(subject, "the person took them back")
            .await?;
        Ok(())
    }

    async fn sign_out(&self, address: Option<ClientAddress>, response: &mut Response) -> anyhow::Result<()> {
        Ok(self.account.sign_out(&self.site.provider, address, response).await?)
    }
}
