//! Who is signed in with a browser, for pages that others serve about the own account.

use axum::response::Response;
use http::HeaderMap;
use nc_auth::UserId;
use nc_proto::oauth::scope_list::ScopeList;
use nc_store::{Digest, TicketKind, TicketRecord, Unit};
use nc_web::ClientAddress;
use serde::{Deserialize, Serialize};

use super::{
    answer::see_other,
    connected,
    connections::{self, Connection, Unchanged},
    logout::account_purpose,
    session::{BrowserSecret, SignedIn, forget_session},
};
use crate::{Audit, Endpoint, Error, Event, Provider, random};

/// How long it is remembered which page somebody wanted to see: as long as a sign-in at another Nextcloud may take.
const PAGE_WAITS_S: i64 = 40 * 60;

/// A person who is signed in with a browser.
pub struct Account {
    session: SignedIn,
    secret: BrowserSecret,
}

/// A client that a person allowed something.
#[derive(Debug, Clone)]
pub struct ConnectedClient {
    /// Its number, which names it to [`Account::narrow`] and [`Account::disconnect`].
    pub number: i64,
    /// Its id on the wire.
    pub client_id: String,
    /// What it calls itself.
    pub name: String,
    /// The host that says most about who it is.
    pub host: String,
    /// What it may do.
    pub scopes: ScopeList,
    /// When the person allowed it, Unix seconds.
    pub since: i64,
    /// When that ends.
    pub until: i64,
}

/// What came of narrowing a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Narrowing {
    /// Done.
    Done,
    /// There is no such client.
    Unknown,
    /// Nothing at all, or more than the client may have.
    NotAllowed,
}

/// The page that somebody wanted to see before they had to sign in.
#[derive(Serialize, Deserialize)]
struct Wanted {
    /// The path, sealed: what stands behind its `?` may be somebody's secret.
    sealed: String,
}

impl Provider {
    /// Who is signed in with the browser of a request.
    ///
    /// # Errors
    /// When the store or the accounts cannot be asked.
    pub async fn find_account(&self, headers: &HeaderMap) -> Result<Option<Account>, Error> {
        let Some(session) = SignedIn::find(self, headers).await? else {
            return Ok(None);
        };
        let secret = BrowserSecret::find(self, headers).map_or_else(BrowserSecret::create, Ok)?;
        Ok(Some(Account { session, secret }))
    }

    /// To the sign-in, and from there to `path`, a path of this server.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_in_for(&self, headers: &HeaderMap, path: &str) -> Result<Response, Error> {
        let secret = BrowserSecret::find(self, headers).map_or_else(BrowserSecret::create, Ok)?;
        let key = page_key(&secret);
        let sealed = self.sealer().seal(&place(key), path.as_bytes(), random::bytes()?)?;
        let wanted = Wanted {
            sealed: hex::encode(sealed),
        };
        let unit = self.store().begin().await?;
        unit.put_ticket(&TicketRecord {
            kind: TicketKind::SignIn,
            key,
            document: serde_json::to_string(&wanted)?,
            expires_at: self.now().saturating_add(PAGE_WAITS_S),
        })
        .await?;
        unit.commit().await?;
        let mut response = see_other(&self.config().url(Endpoint::SignIn));
        secret.set(self, &mut response);
        Ok(response)
    }
}

impl Provider {
    /// What a client calls itself.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn client_name(&self, client_id: &str) -> Result<Option<String>, Error> {
        let client = self.find_stored_client(client_id).await?;
        Ok(client.map(|client| client.document.name))
    }

    /// Ends all that an account allowed a client, at once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end_client_of(
        &self,
        user: &UserId,
        client_id: &str,
        address: Option<ClientAddress>,
    ) -> Result<(), Error> {
        let base = &self.config().account_base;
        let Some(subject) = self.store().find_subject(base, user.as_str()).await? else {
            return Ok(());
        };
        let now = self.now();
        let unit = self.store().begin().await?;
        unit.delete_consents(&subject, client_id).await?;
        unit.revoke_grants(&subject, Some(client_id), None, now).await?;
        Audit::new(Event::Revoked)
            .with("client", client_id)
            .with("subject", subject.as_str())
            .with("what", "consent")
            .with_address(self, address)
            .append(unit.as_ref(), now)
            .await?;
        unit.commit().await?;
        self.release(Some(&subject)).await;
        Ok(())
    }
}

impl Account {
    /// Subject identifier of the person.
    pub fn subject(&self) -> &str {
        &self.session.subject
    }

    /// The id of the account.
    pub fn user(&self) -> UserId {
        UserId::new(self.session.person.uid.as_str())
    }

    /// What people call the account.
    pub fn name(&self) -> &str {
        self.session.account()
    }

    /// When the session began and when it ends, Unix seconds.
    pub const fn lasts(&self) -> (i64, i64) {
        (self.session.began_at, self.session.ends_at)
    }

    /// The token of the forms on pages for this person in this browser.
    pub fn csrf(&self) -> String {
        self.secret.csrf(&account_purpose(&self.session))
    }

    /// Gives the browser what its forms are recognised by. To be called on every page with a form.
    pub fn remember(&self, provider: &Provider, response: &mut Response) {
        self.secret.set(provider, response);
    }

    /// Whether a post comes from a form that was shown to this person in this browser.
    pub fn is_own_post(&self, provider: &Provider, headers: &HeaderMap, token: &str) -> bool {
        let purpose = account_purpose(&self.session);
        self.secret.check(provider, headers, &purpose, token).is_ok()
    }

    /// The clients that the person allowed something, the newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn clients(&self, provider: &Provider) -> Result<Vec<ConnectedClient>, Error> {
        let connections = Connection::list(provider, &self.session.subject).await?;
        let tell = |connection: Connection| ConnectedClient {
            number: connection.client.record.number,
            client_id: connection.client.id().to_owned(),
            name: connection.client.document.name.clone(),
            host: connected::host(&connection),
            since: connection.created_at(),
            until: connection.expires_at(),
            scopes: connection.scopes,
        };
        Ok(connections.into_iter().rev().map(tell).collect())
    }

    /// Takes scopes from a client, at once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn narrow(
        &self,
        provider: &Provider,
        number: i64,
        wanted: &ScopeList,
        address: Option<ClientAddress>,
    ) -> Result<Narrowing, Error> {
        match connections::change(provider, &self.session, number, wanted, address).await {
            Ok(_) => Ok(Narrowing::Done),
            Err(Unchanged::Unknown) => Ok(Narrowing::Unknown),
            Err(Unchanged::NotAllowed) => Ok(Narrowing::NotAllowed),
            Err(Unchanged::Failed(error)) => Err(error),
        }
    }

    /// Ends all that a client was allowed, at once. Whether there was anything.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn disconnect(
        &self,
        provider: &Provider,
        number: i64,
        address: Option<ClientAddress>,
    ) -> Result<bool, Error> {
        connections::revoke(provider, &self.session, number, address).await
    }

    /// Ends the session of this browser. What clients were allowed stays.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_out(
        &self,
        provider: &Provider,
        address: Option<ClientAddress>,
        response: &mut Response,
    ) -> Result<(), Error> {
        let unit = provider.store().begin().await?;
        let sid = self.session.sid.as_str();
        let notices = provider
            .queue_signed_out(unit.as_ref(), self.subject(), Some(sid))
            .await?;
        unit.delete_session(self.session.secret).await?;
        Audit::new(Event::SignedOut)
            .with("subject", self.subject())
            .with("sid", self.session.sid.as_str())
            .with_address(provider, address)
            .append(unit.as_ref(), provider.now())
            .await?;
        unit.commit().await?;
        provider.tell_signed_out(notices);
        forget_session(provider, response);
        Ok(())
    }
}

/// The page that somebody wanted to see with this browser, once. What cannot be opened any more is nothing to fail for.
pub(super) async fn take_page(
    provider: &Provider,
    unit: &dyn Unit,
    secret: &BrowserSecret,
) -> Result<Option<String>, Error> {
    let key = page_key(secret);
    let taken = unit.take_ticket(TicketKind::SignIn, key, provider.now()).await?;
    let wanted = taken.and_then(|ticket| serde_json::from_str::<Wanted>(&ticket.document).ok());
    let sealed = wanted.and_then(|wanted| hex::decode(wanted.sealed).ok());
    let opened = sealed.and_then(|sealed| provider.sealer().open(&place(key), &sealed).ok());
    Ok(opened.and_then(|path| String::from_utf8(path.to_vec()).ok()))
}

/// What a sealed path is bound to.
fn place(key: Digest) -> String {
    format!("ticket/page/{}", hex::encode(key.as_bytes()))
}

fn page_key(secret: &BrowserSecret) -> Digest {
    secret.key("page after the sign-in")
}
