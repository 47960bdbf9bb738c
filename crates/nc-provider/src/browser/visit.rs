//! A sign-in under way, however it is done.

use axum::response::Response;
use http::HeaderMap;
use nc_store::Unit;
use nc_web::ClientAddress;

use super::{
    Browser, account,
    answer::see_other,
    pending::Pending,
    refusal::{Refusal, forged},
    request::Checked,
    session::{BrowserSecret, Opened, SignedIn},
};
use crate::{Audit, Authentication, Endpoint, Event};

/// A sign-in: for a request, or to see the own account.
pub(super) struct Visit {
    /// The browser.
    pub(super) secret: BrowserSecret,
    /// The request.
    pub(super) request: Option<(Pending, Checked)>,
}

/// Who comes in.
pub(super) struct Entering<'a> {
    /// Who was signed in with this browser so far.
    pub(super) before: Option<&'a SignedIn>,
    /// Subject identifier.
    pub(super) subject: &'a str,
    /// How and when.
    pub(super) authentication: &'a Authentication,
    /// From where.
    pub(super) address: Option<ClientAddress>,
}

impl Visit {
    /// The one that this browser began.
    pub(super) async fn find(browser: &Browser, headers: &HeaderMap, rid: &str) -> Result<Self, Refusal> {
        if rid.is_empty() {
            let secret = BrowserSecret::find(browser, headers).ok_or_else(forged)?;
            return Ok(Self { secret, request: None });
        }
        let pending = Pending::find(browser, headers, rid).await?;
        let checked = pending.check(browser).await?;
        Ok(Self {
            secret: BrowserSecret::find(browser, headers).ok_or_else(forged)?,
            request: Some((pending, checked)),
        })
    }

    /// The same; who comes to see the own account may come with a browser that was never here.
    pub(super) async fn open(browser: &Browser, headers: &HeaderMap, rid: &str) -> Result<Self, Refusal> {
        if rid.is_empty() && BrowserSecret::find(browser, headers).is_none() {
            let secret = BrowserSecret::create()?;
            return Ok(Self { secret, request: None });
        }
        Self::find(browser, headers, rid).await
    }

    /// The name of its request.
    pub(super) fn rid(&self) -> Option<&str> {
        self.request.as_ref().map(|(pending, _)| pending.rid.as_str())
    }

    /// What the client that asks calls itself.
    pub(super) fn client(&self) -> Option<&str> {
        let request = self.request.as_ref();
        request.map(|(_, checked)| checked.client.document.name.as_str())
    }

    /// What a form, or a record, of this visit is for.
    pub(super) fn purpose(&self, step: &str) -> String {
        format!("{step}|{}", self.rid().unwrap_or_default())
    }

    /// What `form-action` has to name besides ourselves.
    pub(super) fn form_target(&self) -> Option<String> {
        self.request
            .as_ref()
            .and_then(|(_, checked)| checked.back.form_target())
    }

    /// The address of a page of the sign-in.
    pub(super) fn url(&self, browser: &Browser, below: &str) -> String {
        match &self.request {
            Some((pending, _)) => pending.url(browser, Endpoint::SignIn, below),
            None => format!("{}{below}", browser.config().url(Endpoint::SignIn)),
        }
    }

    /// The address of what comes after it.
    pub(super) fn next(&self, browser: &Browser) -> String {
        match &self.request {
            Some((pending, _)) => pending.url(browser, Endpoint::Consent, ""),
            None => browser.config().url(Endpoint::ConnectedApps),
        }
    }

    /// Opens the session, commits the unit and goes on.
    pub(super) async fn enter(
        &self,
        browser: &Browser,
        unit: Box<dyn Unit>,
        entering: Entering<'_>,
    ) -> Result<Response, Refusal> {
        let Entering {
            before,
            subject,
            authentication,
            address,
        } = entering;
        let asked = match &self.request {
            Some(_) => None,
            None => account::take_page(browser, unit.as_ref(), &self.secret).await?,
        };
        let next = match asked {
            Some(path) => format!("{}{path}", browser.config().issuer),
            None => self.next(browser),
        };
        let opened = Opened::open(browser, unit.as_ref(), before, subject, authentication).await?;
        if let Some((pending, _)) = &self.request {
            // Somebody else than before: nothing that was allowed before is taken for granted.
            let is_other = before.is_some_and(|before| before.subject != subject);
            pending
                .note_sign_in(browser, unit.as_ref(), opened.name(), is_other)
                .await?;
        }
        Audit::new(Event::SignedIn)
            .with("subject", subject)
            .with_address(browser, address)
            .append(unit.as_ref(), browser.now())
            .await?;
        unit.commit().await?;
        let mut response = see_other(&next);
        opened.set(browser, &mut response);
        Ok(response)
    }
}
