//! Interfaces that take no Bearer token: an app password of the same person in its place.
//!
//! A stock Nextcloud asks for a password at controllers that are marked `@CORS`, unless a request carries `OCS-APIRequest`;
//! some releases and configurations ask for it always. Nothing is asked in advance. Where an app's interface refuses a token
//! in these words, OCS is asked whether the token is good; if it is, that app is asked with the app password for a day.
//! Pages are never read for a CSRF token, and no session is ever used.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use http::{HeaderMap, Method, StatusCode};
use moka::sync::Cache;
use nc_proto::account::CloudUser;
use time::{Duration, OffsetDateTime};

use crate::{
    Credential, Error, Subject,
    account::Account,
    answer::Answer,
    error::content_type,
    nextcloud::{Nextcloud, ocs_data},
    request::Request,
    send::{Reading, send_as},
};

/// How long it is believed that an app's interface takes no token.
const BELIEVED_FOR: Duration = Duration::hours(24);

/// People of whom it is remembered.
const MOST_PEOPLE: u64 = 10_000;

/// What Nextcloud's `CORSMiddleware` answers.
const REFUSAL: &str = "CORS requires basic auth";

/// An app password that is kept for somebody.
#[derive(Debug, Clone)]
pub struct KeptAppPassword {
    /// Id of the account that it opens.
    pub user: String,
    /// The app password, as HTTP Basic.
    pub credential: Credential,
}

/// The app password that is still to come.
pub type PendingAppPassword<'a> = Pin<Box<dyn Future<Output = Option<KeptAppPassword>> + Send + 'a>>;

/// What stands in for one person's Bearer token where no token is taken.
pub trait Fallback: Send + Sync {
    /// A name for the person that stays the same when the token changes.
    fn person(&self) -> &str;

    /// The app password that is kept for that person now. `None`: none is.
    fn app_password(&self) -> PendingAppPassword<'_>;
}

impl fmt::Debug for dyn Fallback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Fallback").field(&self.person()).finish()
    }
}

/// Whose tokens which apps refuse, on the version of the server that is there.
pub(crate) struct BearerRefusals {
    known: Cache<(Arc<str>, &'static str), Refused>,
    version: Mutex<String>,
}

#[derive(Debug, Clone)]
struct Refused {
    version: String,
    at: OffsetDateTime,
    /// Whose token it was, as the server names that person.
    user: Arc<str>,
}

impl BearerRefusals {
    pub(crate) fn new() -> Self {
        Self {
            known: Cache::builder().max_capacity(MOST_PEOPLE).build(),
            version: Mutex::default(),
        }
    }

    /// Notes the server's version, as often as it is told.
    pub(crate) fn note_version(&self, version: &str) {
        // Operators can hide it from strangers.
        if !version.is_empty() {
            version.clone_into(&mut self.version.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn version(&self) -> String {
        self.version.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The account whose tokens `app` is known to refuse.
    fn find(&self, person: &str, app: &'static str, now: OffsetDateTime) -> Option<Arc<str>> {
        let refused = self.known.get(&(Arc::from(person), app))?;
        let holds = now - refused.at < BELIEVED_FOR && refused.version == self.version();
        holds.then_some(refused.user)
    }

    fn note(&self, person: &str, app: &'static str, user: &str, now: OffsetDateTime) -> Arc<str> {
        let user: Arc<str> = user.into();
        let refused = Refused {
            version: self.version(),
            at: now,
            user: Arc::clone(&user),
        };
        self.known.insert((Arc::from(person), app), refused);
        user
    }
}

/// Whether an answer refuses the token because it is one, and not because it is a bad one.
pub(crate) fn refuses_bearer(request: &Request<'_>, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> bool {
    let with_token = request
        .account
        .is_some_and(|account| matches!(account.credential, Credential::Bearer(_)));
    let message = || {
        let body: HashMap<String, serde_json::Value> = serde_json::from_slice(body).ok()?;
        Some(body.len() == 1 && body.get("message")? == REFUSAL)
    };
    status == StatusCode::UNAUTHORIZED
        && with_token
        && request.context.app.is_some()
        && content_type(headers).contains("json")
        && message().unwrap_or_default()
}

/// Sends a request to an app's interface, with the app password where that takes no token.
pub(crate) async fn send(mut request: Request<'_>, reading: Reading) -> Result<Answer, Error> {
    let (Some(fallback), Some(app)) = (request.fallback, request.context.app) else {
        return send_as(&mut request, reading).await;
    };
    let nextcloud = request.nextcloud;
    let refusals = nextcloud.bearer_refusals();
    let now = nextcloud.clock().now();
    let user = if let Some(user) = refusals.find(fallback.person(), app, now) {
        user
    } else {
        match send_as(&mut request, reading).await {
            Err(Error::BearerRefused { .. }) => {}
            answered => return answered,
        }
        let user = owner(nextcloud, request.account).await?;
        tracing::info!(
            app,
            "the app's interface takes no access token; it is asked with the app password for a day"
        );
        refusals.note(fallback.person(), app, &user, now)
    };
    let refused = Error::BearerRefused { app };
    let Some(kept) = fallback.app_password().await else {
        return Err(refused);
    };
    if kept.user != *user {
        tracing::warn!("the app password that is kept for a person opens another account than the access token");
        return Err(refused);
    }
    if request.sent && !request.payload.is_repeatable() {
        return Err(refused);
    }
    let account = nextcloud.accounts().get(kept.credential);
    let mut again = request.signed_in_as(&account);
    match send_as(&mut again, reading).await {
        // The app password has ended, and the token opens nothing here.
        Err(Error::Unauthorized) => Err(refused),
        answered => answered,
    }
}

/// Whose a token is, asked where tokens are always taken.
async fn owner(nextcloud: &Nextcloud, account: Option<&Account>) -> Result<String, Error> {
    let segments = ["ocs", "v2.php", "cloud", "user"].map(str::to_owned).to_vec();
    let subject = Subject::named("the account");
    let question = Request::new(nextcloud, account, Method::GET, segments, subject);
    let mut question = question.query("format", "json").header("accept", "application/json");
    let whole = send_as(&mut question, Reading::Whole).await?.into_whole().await?;
    Ok(ocs_data::<CloudUser>(&question.context, &whole)?.id)
}
