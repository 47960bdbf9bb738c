//! The two cookies: which browser it is, and who signed in with it.

use axum::response::Response;
use http::{HeaderMap, header};
use nc_store::{Digest, LogoutNoticeRecord, SessionRecord, Unit};
use nc_web::{cookies, csrf};

use super::refusal;
use crate::{Authentication, Error, Person, Provider, Role, random};

/// Bytes of a secret, in characters of base64url.
const SECRET_CHARACTERS: usize = 43;

/// The cookie that names the browser.
pub(super) struct BrowserSecret(String);

impl BrowserSecret {
    /// The secret of a request.
    pub(super) fn find(provider: &Provider, headers: &HeaderMap) -> Option<Self> {
        let name = browser_cookie(provider.config().role);
        cookies::find(headers, name, provider.config().is_https())
            .filter(|value| is_secret(value))
            .map(|value| Self(value.to_owned()))
    }

    /// A fresh one.
    pub(super) fn create() -> Result<Self, Error> {
        random::text::<32>().map(Self)
    }

    /// What is stored in place of it.
    pub(super) fn name(&self) -> String {
        hex::encode(Digest::of(&format!("browser|{}", self.0)).as_bytes())
    }

    /// The key of something that this browser may continue, and no other.
    pub(super) fn key(&self, purpose: &str) -> Digest {
        Digest::of(&format!("{purpose}|{}", self.0))
    }

    /// The token of a form.
    pub(super) fn csrf(&self, purpose: &str) -> String {
        csrf::token(&self.0, purpose)
    }

    /// Fails unless a post comes from the form that was shown to this browser for this purpose.
    pub(super) fn check(
        &self,
        provider: &Provider,
        headers: &HeaderMap,
        purpose: &str,
        token: &str,
    ) -> Result<(), refusal::Refusal> {
        let is_own = csrf::is_valid(&self.0, purpose, token) && is_same_site(provider, headers);
        is_own.then_some(()).ok_or_else(refusal::forged)
    }

    /// Gives it to the browser, for as long as a session lasts.
    pub(super) fn set(&self, provider: &Provider, response: &mut Response) {
        set_cookie(
            provider,
            response,
            browser_cookie(provider.config().role),
            Some(&self.0),
        );
    }
}

/// Whether the browser itself does not say that a post comes from somewhere else.
pub(super) fn is_same_site(provider: &Provider, headers: &HeaderMap) -> bool {
    !csrf::is_cross_site(headers, provider.config().authority())
}

/// Somebody who is signed in with this browser.
pub(super) struct SignedIn {
    /// Digest of the cookie.
    pub(super) secret: Digest,
    /// Public name of the session.
    pub(super) sid: String,
    /// Subject identifier.
    pub(super) subject: String,
    /// When the session began, Unix seconds.
    pub(super) began_at: i64,
    /// When it ends.
    pub(super) ends_at: i64,
    /// How and when.
    pub(super) authentication: Authentication,
    /// Who, as of now.
    pub(super) person: Person,
}

impl SignedIn {
    /// Who is signed in. A person who was disabled since is not.
    pub(super) async fn find(provider: &Provider, headers: &HeaderMap) -> Result<Option<Self>, Error> {
        let name = session_cookie(provider.config().role);
        let Some(secret) = cookies::find(headers, name, provider.config().is_https()).filter(|value| is_secret(value))
        else {
            return Ok(None);
        };
        let found = provider
            .store()
            .find_session(Digest::of(secret), provider.now())
            .await?;
        let Some(record) = found else { return Ok(None) };
        let Some(person) = provider.person(&record.subject).await? else {
            return Ok(None);
        };
        Ok(Some(Self {
            authentication: serde_json::from_str(&record.document)?,
            began_at: record.created_at,
            ends_at: record.expires_at,
            secret: record.secret,
            sid: record.sid,
            subject: record.subject,
            person,
        }))
    }

    /// What is stored in place of the cookie.
    pub(super) fn name(&self) -> String {
        hex::encode(self.secret.as_bytes())
    }

    /// What people call the account.
    pub(super) fn account(&self) -> &str {
        if self.person.display_name.is_empty() {
            &self.person.uid
        } else {
            &self.person.display_name
        }
    }
}

/// A session that was just opened, with its cookie.
pub(super) struct Opened {
    secret: String,
    /// Who is to be told, once it is for good, that a session ended with this.
    notices: Vec<LogoutNoticeRecord>,
}

impl Opened {
    /// Opens a session in place of `before`. The secret is always a new one; the public name stays when the same person
    /// signs in again, so that a logout ends all that was given under it.
    pub(super) async fn open(
        provider: &Provider,
        unit: &dyn Unit,
        before: Option<&SignedIn>,
        subject: &str,
        authentication: &Authentication,
    ) -> Result<Self, Error> {
        let secret = random::text::<32>()?;
        let now = provider.now();
        let lasts_s = i64::try_from(provider.config().lifetimes.session.as_secs()).unwrap_or(i64::MAX);
        // Another tab may have ended it meanwhile, and have its name.
        let ended = match before {
            Some(before) => unit.delete_session(before.secret).await?,
            None => None,
        };
        let mut notices = Vec::new();
        let sid = match ended {
            Some(ended) if ended.subject == subject => ended.sid,
            other => {
                // Somebody else signs in with this browser, whose session is over with that.
                if let Some(ended) = other {
                    notices = provider
                        .queue_signed_out(unit, &ended.subject, Some(&ended.sid))
                        .await?;
                }
                random::text::<16>()?
            }
        };
        unit.insert_session(&SessionRecord {
            secret: Digest::of(&secret),
            sid,
            subject: subject.to_owned(),
            document: serde_json::to_string(authentication)?,
            created_at: now,
            expires_at: now.saturating_add(lasts_s),
        })
        .await?;
        Ok(Self { secret, notices })
    }

    /// What is stored in place of the cookie.
    pub(super) fn name(&self) -> String {
        hex::encode(Digest::of(&self.secret).as_bytes())
    }

    /// Gives it to the browser, after the unit was committed.
    pub(super) fn set(self, provider: &Provider, response: &mut Response) {
        provider.tell_signed_out(self.notices);
        set_cookie(
            provider,
            response,
            session_cookie(provider.config().role),
            Some(&self.secret),
        );
    }
}

/// The cloud and the MCP server may share a host, and cookies do not tell ports apart.
const fn session_cookie(role: Role) -> &'static str {
    match role {
        Role::Cloud => "nc_oidc",
        Role::McpServer => "mcp_as",
    }
}

const fn browser_cookie(role: Role) -> &'static str {
    match role {
        Role::Cloud => "nc_oidc_browser",
        Role::McpServer => "mcp_as_browser",
    }
}

/// Takes the session's cookie back.
pub(super) fn forget_session(provider: &Provider, response: &mut Response) {
    set_cookie(provider, response, session_cookie(provider.config().role), None);
}

fn is_secret(value: &str) -> bool {
    value.len() == SECRET_CHARACTERS
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn set_cookie(provider: &Provider, response: &mut Response, name: &str, value: Option<&str>) {
    let lasts_s = u32::try_from(provider.config().lifetimes.session.as_secs()).unwrap_or(u32::MAX);
    let cookie = cookies::Cookie {
        name,
        value: value.unwrap_or_default(),
        max_age_s: value.map_or(0, |_| lasts_s),
        secure: provider.config().is_https(),
    };
    if let Some(value) = cookie.header_value() {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
