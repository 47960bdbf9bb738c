//! A request that waits for its user.

use axum::response::Response;
use http::HeaderMap;
use nc_proto::oauth::form::Form;
use nc_store::{Digest, TicketKind, TicketRecord, Unit};
use serde::{Deserialize, Serialize};

use super::{
    Browser,
    refusal::{Refusal, ended, forged},
    request::{self, Checked, Fault, Way},
    session::BrowserSecret,
};
use crate::{Endpoint, Error, random};

/// What of a request is kept: never a client's credentials.
const KEPT: [&str; 15] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "resource",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "claims",
    "login_hint",
    "dpop_jkt",
];

/// A request, as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PendingDocument {
    /// The browser that may answer it. `None` until one opens it: a post from another site brings no cookies.
    pub(super) browser: Option<String>,
    /// Its parameters.
    parameters: Vec<(String, String)>,
    /// Whether the client pushed it.
    pushed: bool,
    /// The session that was opened for this request.
    pub(super) signed_in: Option<String>,
    /// Whether consent is asked for in any case.
    pub(super) ask_consent: bool,
}

impl PendingDocument {
    /// A fresh one.
    pub(super) fn new(form: &Form, way: Way, browser: Option<&BrowserSecret>) -> Self {
        Self {
            browser: browser.map(BrowserSecret::name),
            parameters: kept(form),
            pushed: way == Way::Pushed,
            signed_in: None,
            ask_consent: false,
        }
    }

    /// The request.
    pub(super) fn form(&self) -> Form {
        form(&self.parameters)
    }

    /// How it came.
    pub(super) const fn way(&self) -> Way {
        if self.pushed { Way::Pushed } else { Way::Browser }
    }

    /// Stores it. Its `rid`.
    pub(super) async fn store(&self, browser: &Browser) -> Result<String, Error> {
        let rid = random::text::<32>()?;
        let lasts_s = i64::try_from(browser.config().lifetimes.request.as_secs()).unwrap_or(i64::MAX);
        let ticket = TicketRecord {
            kind: TicketKind::AuthorizeRequest,
            key: Digest::of(&rid),
            document: serde_json::to_string(self)?,
            expires_at: browser.now().saturating_add(lasts_s),
        };
        let unit = browser.store().begin().await?;
        unit.put_ticket(&ticket).await?;
        unit.commit().await?;
        Ok(rid)
    }
}

/// The parameters of a request that mean something, in their order.
pub(super) fn kept(form: &Form) -> Vec<(String, String)> {
    form.pairs()
        .filter(|(name, _)| KEPT.contains(name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The form with these parameters.
pub(super) fn form(parameters: &[(String, String)]) -> Form {
    let mut form = Form::default();
    for (name, value) in parameters {
        form.push(name, value.as_str());
    }
    form
}

/// A waiting request in the hands of its browser.
pub(super) struct Pending {
    /// Its name.
    pub(super) rid: String,
    /// What is stored.
    pub(super) document: PendingDocument,
    /// When it ends.
    pub(super) ends_at: i64,
    /// The browser.
    pub(super) secret: BrowserSecret,
}

impl Pending {
    /// The request that this browser began.
    pub(super) async fn find(browser: &Browser, headers: &HeaderMap, rid: &str) -> Result<Self, Refusal> {
        let now = browser.now();
        let found = browser
            .store()
            .find_ticket(TicketKind::AuthorizeRequest, Digest::of(rid), now)
            .await?;
        let ticket = found.ok_or_else(ended)?;
        let document: PendingDocument = serde_json::from_str(&ticket.document).map_err(Error::from)?;
        let secret = BrowserSecret::find(browser, headers)
            .filter(|secret| document.browser.as_ref() == Some(&secret.name()))
            .ok_or_else(forged)?;
        Ok(Self {
            rid: rid.to_owned(),
            document,
            ends_at: ticket.expires_at,
            secret,
        })
    }

    /// The same; a request that no browser has opened yet becomes this one's.
    pub(super) async fn open(browser: &Browser, headers: &HeaderMap, rid: &str) -> Result<Self, Refusal> {
        let secret = BrowserSecret::find(browser, headers).map_or_else(BrowserSecret::create, Ok)?;
        let unit = browser.store().begin().await?;
        let found = unit
            .find_ticket(TicketKind::AuthorizeRequest, Digest::of(rid), browser.now())
            .await?;
        let mut ticket = found.ok_or_else(ended)?;
        let mut document: PendingDocument = serde_json::from_str(&ticket.document).map_err(Error::from)?;
        match &document.browser {
            Some(name) if *name == secret.name() => {}
            Some(_) => return Err(forged()),
            None => {
                document.browser = Some(secret.name());
                ticket.document = serde_json::to_string(&document).map_err(Error::from)?;
                unit.put_ticket(&ticket).await?;
                unit.commit().await?;
            }
        }
        Ok(Self {
            rid: rid.to_owned(),
            document,
            ends_at: ticket.expires_at,
            secret,
        })
    }

    /// Judges it again.
    pub(super) async fn check(&self, browser: &Browser) -> Result<Checked, Refusal> {
        match request::check(browser, &self.document.form(), self.document.way()).await {
            Ok(checked) => Ok(checked),
            Err(fault) => Err(told(browser, fault)?.into()),
        }
    }

    /// Takes it out of the store, so that it is answered once.
    pub(super) async fn take(&self, browser: &Browser, unit: &dyn Unit) -> Result<(), Refusal> {
        let taken = unit
            .take_ticket(TicketKind::AuthorizeRequest, Digest::of(&self.rid), browser.now())
            .await?;
        taken.map(drop).ok_or_else(ended)
    }

    /// Notes for whom it goes on: the session that was opened for it.
    pub(super) async fn note_sign_in(
        &self,
        browser: &Browser,
        unit: &dyn Unit,
        session: String,
        ask_consent: bool,
    ) -> Result<(), Refusal> {
        let found = unit
            .find_ticket(TicketKind::AuthorizeRequest, Digest::of(&self.rid), browser.now())
            .await?;
        let mut ticket = found.ok_or_else(ended)?;
        let document = PendingDocument {
            signed_in: Some(session),
            ask_consent: self.document.ask_consent || ask_consent,
            ..self.document.clone()
        };
        ticket.document = serde_json::to_string(&document).map_err(Error::from)?;
        Ok(unit.put_ticket(&ticket).await?)
    }

    /// Lets it wait until then.
    pub(super) async fn wait_until(&self, browser: &Browser, unit: &dyn Unit, until: i64) -> Result<(), Refusal> {
        let found = unit
            .find_ticket(TicketKind::AuthorizeRequest, Digest::of(&self.rid), browser.now())
            .await?;
        let mut ticket = found.ok_or_else(ended)?;
        ticket.expires_at = until;
        Ok(unit.put_ticket(&ticket).await?)
    }

    /// The address where it goes on.
    pub(super) fn url(&self, browser: &Browser, endpoint: Endpoint, below: &str) -> String {
        url(browser, endpoint, below, &self.rid)
    }
}

/// The address of a page about a request.
pub(super) fn url(browser: &Browser, endpoint: Endpoint, below: &str, rid: &str) -> String {
    let rid: String = url::form_urlencoded::byte_serialize(rid.as_bytes()).collect();
    format!("{}{below}?rid={rid}", browser.config().url(endpoint))
}

/// The answer to a request that is not put to a user.
pub(super) fn told(browser: &Browser, fault: Fault) -> Result<Response, Refusal> {
    match fault {
        Fault::Page(error) => Err(error.into()),
        Fault::Told(back, error) => Ok(back.send(browser.config(), Err(error))?),
        Fault::Failed(error) => Err(error.into()),
    }
}
