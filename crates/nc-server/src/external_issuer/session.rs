//! Sessions of people who signed in at the issuer to see their page. They open that page and nothing else.

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderMap, header};
use nc_access::external::Believed;
use nc_proto::clock::Clock;
use nc_store::{Digest, SessionRecord, Store};
use nc_web::{cookies, csrf};
use serde::{Deserialize, Serialize};
use url::Url;

use super::browser::is_secret;
use crate::nextcloud_accounts::host_and_port;

/// Cookies do not tell ports apart, and the cloud may share a host with this server.
const NAME: &str = "mcp_user";
/// However much it is used.
const LASTS_S: i64 = 8 * 60 * 60;

/// What is stored of a sign-in.
#[derive(Serialize, Deserialize)]
struct Document {
    issuer: String,
    name: String,
}

/// The sessions of one issuer's people.
#[derive(Clone)]
pub(super) struct Sessions {
    pub(super) store: Arc<dyn Store>,
    pub(super) issuer: String,
    pub(super) own: Url,
    pub(super) clock: Clock,
}

/// Somebody who is signed in.
pub(super) struct Session {
    pub(super) subject: String,
    pub(super) name: String,
    pub(super) began_at: i64,
    pub(super) ends_at: i64,
    secret: String,
}

impl Sessions {
    /// Whose browser it is.
    pub(super) async fn find(&self, headers: &HeaderMap) -> anyhow::Result<Option<Session>> {
        let Some(secret) = self.secret(headers) else {
            return Ok(None);
        };
        let found = self.store.find_session(digest(secret), self.now()).await?;
        let Some(record) = found else { return Ok(None) };
        let document: Document = serde_json::from_str(&record.document)?;
        // Another issuer may use the same name for somebody else.
        if document.issuer != self.issuer {
            return Ok(None);
        }
        Ok(Some(Session {
            subject: record.subject,
            name: document.name,
            began_at: record.created_at,
            ends_at: record.expires_at,
            secret: secret.to_owned(),
        }))
    }

    /// Opens one in place of that of before, and gives it to the browser.
    pub(super) async fn open(
        &self,
        headers: &HeaderMap,
        believed: &Believed,
        response: &mut Response,
    ) -> anyhow::Result<()> {
        let (secret, sid) = (nc_access::secret()?, nc_access::secret()?);
        let now = self.now();
        let document = Document {
            issuer: self.issuer.clone(),
            name: believed.name.clone().unwrap_or_else(|| believed.subject.clone()),
        };
        let unit = self.store.begin().await?;
        if let Some(before) = self.secret(headers) {
            unit.delete_session(digest(before)).await?;
        }
        unit.insert_session(&SessionRecord {
            secret: digest(&secret),
            sid,
            subject: believed.subject.clone(),
            document: serde_json::to_string(&document)?,
            created_at: now,
            expires_at: now.saturating_add(LASTS_S),
        })
        .await?;
        unit.commit().await?;
        self.set(response, Some(&secret));
        Ok(())
    }

    /// Ends one, and takes the cookie back.
    pub(super) async fn end(&self, session: &Session, response: &mut Response) -> anyhow::Result<()> {
        let unit = self.store.begin().await?;
        unit.delete_session(digest(&session.secret)).await?;
        unit.commit().await?;
        self.set(response, None);
        Ok(())
    }

    /// Whether a post comes from a form that was shown in this session.
    pub(super) fn is_own_post(&self, session: &Session, headers: &HeaderMap, token: &str) -> bool {
        !csrf::is_cross_site(headers, &host_and_port(&self.own)) && csrf::is_valid(&session.secret, "user page", token)
    }

    fn set(&self, response: &mut Response, secret: Option<&str>) {
        let cookie = cookies::Cookie {
            name: NAME,
            value: secret.unwrap_or_default(),
            max_age_s: secret.map_or(0, |_| u32::try_from(LASTS_S).unwrap_or_default()),
            secure: self.own.scheme() == "https",
        };
        if let Some(value) = cookie.header_value() {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }

    fn secret<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        cookies::find(headers, NAME, self.own.scheme() == "https").filter(|value| is_secret(value))
    }

    fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }
}

impl Session {
    /// The token of its forms. It is made anew with each sign-in, as the secret is.
    pub(super) fn csrf(&self) -> String {
        csrf::token(&self.secret, "user page")
    }
}

/// Of this purpose, so that the secret of another kind of session opens nothing.
fn digest(secret: &str) -> Digest {
    Digest::of(&format!("user page|{secret}"))
}
