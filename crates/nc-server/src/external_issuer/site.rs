//! The page of a person who signs in at the issuer. Which clients there are, is known from the tokens that came.

use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use axum::response::Response;
use http::HeaderMap;
use nc_access::{ClientRules, Decision, PersonRules, external::Purpose};
use nc_auth::UserId;
use nc_proto::oauth::scope_list::ScopeList;
use nc_provider::{ElsewhereAccounts as _, Provider};
use nc_store::Digest;
use nc_web::ClientAddress;
use url::Url;

use super::{
    browser::{Browser, see_other},
    giving::Giving,
    session::Session,
};
use crate::{
    config::CloudAccessKind,
    user_page::{About, Changed, KnownClient, Provisioned, Site, Visitor},
};

#[derive(Clone)]
pub(super) struct ExternalSite {
    pub(super) giving: Arc<Giving>,
    pub(super) rules: Arc<ClientRules>,
    /// Where this server makes the tokens itself.
    pub(super) provider: Option<Provider>,
}

impl ExternalSite {
    fn issuer(&self) -> &str {
        let own = self.provider.as_ref().map(|provider| provider.config().issuer.as_str());
        own.unwrap_or_else(|| self.giving.sign_ins.party().issuer())
    }
}

#[async_trait]
impl Site for ExternalSite {
    fn about(&self) -> About {
        About {
            issuer: self.issuer().to_owned(),
            mode: "oauth",
            nextcloud: self.giving.accounts.nextcloud(),
            is_issuer: self.provider.is_some(),
        }
    }

    async fn find(&self, headers: &HeaderMap) -> anyhow::Result<Option<Box<dyn Visitor>>> {
        let session = self.giving.sessions.find(headers).await?;
        Ok(session.map(|session| {
            let visitor: Box<dyn Visitor> = Box::new(ExternalVisitor {
                site: self.clone(),
                session,
            });
            visitor
        }))
    }

    async fn sign_in(&self, _headers: &HeaderMap, next: &str) -> anyhow::Result<Response> {
        // Never the secret that somebody else may have put there before.
        let browser = Browser::create().context("no randomness")?;
        let purpose = Purpose::Page { next: next.to_owned() };
        let scope = ScopeList::from_tokens(["openid", "profile"])?;
        let sign_ins = &self.giving.sign_ins;
        let url = sign_ins.begin(browser.secret(), purpose, &scope, None).await?;
        let mut response = see_other(url.as_str());
        browser.set(&self.giving.own, &mut response);
        Ok(response)
    }
}

struct ExternalVisitor {
    site: ExternalSite,
    session: Session,
}

#[async_trait]
impl Visitor for ExternalVisitor {
    fn subject(&self) -> &str {
        &self.session.subject
    }

    fn name(&self) -> &str {
        &self.session.name
    }

    fn lasts(&self) -> (i64, i64) {
        (self.session.began_at, self.session.ends_at)
    }

    fn csrf(&self) -> String {
        self.session.csrf()
    }

    fn is_own_post(&self, headers: &HeaderMap, token: &str) -> bool {
        self.site.giving.sessions.is_own_post(&self.session, headers, token)
    }

    fn remember(&self, _response: &mut Response) {}

    async fn clients(&self, rules: &PersonRules) -> anyhow::Result<Vec<KnownClient>> {
        let mut clients: Vec<_> = rules.clients.iter().collect();
        clients.sort_by_key(|(_, rule)| std::cmp::Reverse(rule.last_used_at));
        let mut known = Vec::new();
        for (client_id, rule) in clients {
            let name = match &self.site.provider {
                Some(provider) => provider.client_name(client_id).await?,
                None => None,
            };
            let scopes = ScopeList::from_tokens(rule.scopes.iter().map(String::as_str))?;
            let allowed = scopes.iter().filter(|scope| rule.allows(scope));
            known.push(KnownClient {
                key: key(client_id),
                client_id: client_id.clone(),
                name: name.unwrap_or_else(|| client_id.clone()),
                // A client that is known by its metadata document.
                host: Url::parse(client_id)
                    .ok()
                    .and_then(|url| url.host_str().map(str::to_owned)),
                allowed: ScopeList::from_tokens(allowed)?,
                scopes,
                since: None,
                until: None,
            });
        }
        Ok(known)
    }

    async fn narrow(
        &self,
        client: &KnownClient,
        wanted: &ScopeList,
        _address: Option<ClientAddress>,
    ) -> anyhow::Result<Changed> {
        if wanted.is_empty() {
            return Ok(Changed::NothingLeft);
        }
        let id = client.client_id.clone();
        let decision = if client.scopes.is_subset(wanted) {
            Decision::Widen(id)
        } else {
            Decision::Narrow(id, wanted.clone())
        };
        self.site.rules.decide(self.subject(), &decision).await?;
        Ok(Changed::Done)
    }

    async fn disconnect(&self, client: &KnownClient, address: Option<ClientAddress>) -> anyhow::Result<Changed> {
        let id = client.client_id.clone();
        let decision = match &self.site.provider {
            Some(provider) => {
                provider
                    .end_client_of(&UserId::new(self.subject()), &id, address)
                    .await?;
                Decision::Forget(id)
            }
            None => Decision::End(id),
        };
        self.site.rules.decide(self.subject(), &decision).await?;
        Ok(Changed::Done)
    }

    async fn provisioned(&self) -> anyhow::Result<Provisioned> {
        let giving = &self.site.giving;
        let is_exchange = giving.kind == CloudAccessKind::TokenExchange;
        let subject = self.subject();
        if let Some(kept) = giving.vault.find_refresh(subject).await? {
            return Ok(Provisioned {
                kind: "refresh_token",
                state: match (kept.is_expired, kept.is_active) {
                    (true, _) => "expired",
                    (false, true) => "active",
                    (false, false) => "revoked",
                },
                account: None,
                since: Some(kept.created_at),
                until: kept.expires_at,
                scopes: Some(kept.scopes),
                can_give: !is_exchange,
                can_take_back: true,
                ends_clients: false,
            });
        }
        if let Some(kept) = giving.vault.find(subject).await? {
            return Ok(Provisioned {
                kind: "app_password",
                state: if kept.is_active { "active" } else { "revoked" },
                account: Some(kept.profile.uid),
                since: Some(kept.created_at),
                until: None,
                scopes: None,
                can_give: !is_exchange,
                can_take_back: true,
                ends_clients: false,
            });
        }
        Ok(Provisioned {
            kind: if is_exchange { "token_exchange" } else { "none" },
            state: if is_exchange { "active" } else { "none" },
            account: None,
            since: None,
            until: None,
            scopes: None,
            can_give: !is_exchange,
            can_take_back: false,
            ends_clients: false,
        })
    }

    async fn give(&self, _headers: &HeaderMap) -> anyhow::Result<Option<Response>> {
        let giving = &self.site.giving;
        if giving.kind == CloudAccessKind::TokenExchange {
            return Ok(None);
        }
        if !giving.links_given.count(self.subject()) {
            return Ok(Some(super::giving::too_many_links()));
        }
        let link = giving.link_from_page(self.subject()).await?;
        Ok(Some(see_other(&link)))
    }

    async fn take_back(&self) -> anyhow::Result<()> {
        let giving = &self.site.giving;
        if giving.give_up(self.subject()).await? {
            giving.note_taken_back(self.subject(), "").await;
        }
        Ok(())
    }

    async fn sign_out(&self, _address: Option<ClientAddress>, response: &mut Response) -> anyhow::Result<()> {
        self.site.giving.sessions.end(&self.session, response).await
    }
}

/// What names a client in addresses: its id may hold anything.
fn key(client_id: &str) -> String {
    let digest = hex::encode(Digest::of(&format!("client|{client_id}")).as_bytes());
    digest.chars().take(32).collect()
}
