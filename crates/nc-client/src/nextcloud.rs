//! One Nextcloud, and a handle for one credential on it.

use std::sync::Arc;

use http::Method;
use nc_proto::{
    account::CloudUser, capabilities::Capabilities, clock::Clock, dav::ETag, ocs::Envelope, status::ServerStatus,
};
use serde::de::DeserializeOwned;

use crate::{
    ClientConfig, Credential, Error, Subject,
    account::{Account, Accounts},
    answer::{self, Whole},
    error::{Context, Reason, content_type},
    fallback::{BearerRefusals, Fallback},
    fresh::Fetched,
    random::Jitter,
    request::Request,
    transport::Transport,
};

/// One Nextcloud: a pool of connections and what is known about it. It knows no user; [`Self::client`] makes a handle
/// for one.
#[derive(Clone)]
pub struct Nextcloud(Arc<Inner>);

struct Inner {
    config: ClientConfig,
    transport: Arc<dyn Transport>,
    clock: Clock,
    accounts: Accounts,
    bearer_refusals: BearerRefusals,
    jitter: Jitter,
}

impl Nextcloud {
    /// The Nextcloud of `config`, reached by `transport`.
    pub fn new(config: ClientConfig, transport: Arc<dyn Transport>, clock: Clock) -> Self {
        let jitter = Jitter::new(config.retry.jitter_seed);
        Self(Arc::new(Inner {
            config,
            transport,
            clock,
            accounts: Accounts::new(),
            bearer_refusals: BearerRefusals::new(),
            jitter,
        }))
    }

    /// A cheap handle for one credential. What is known about the credential is shared by all its handles.
    pub fn client(&self, credential: Credential) -> Client {
        Client {
            nextcloud: self.clone(),
            account: self.0.accounts.get(credential),
            fallback: None,
        }
    }

    /// The server's state, as everybody may see it.
    ///
    /// # Errors
    /// As for every call.
    pub async fn status(&self) -> Result<ServerStatus, Error> {
        let subject = Subject::named("the server's status");
        let request = Request::new(self, None, Method::GET, vec!["status.php".to_owned()], subject);
        let status: ServerStatus = request.read_object().await?;
        self.0.bearer_refusals.note_version(&status.version_string);
        Ok(status)
    }

    /// Its settings.
    pub fn config(&self) -> &ClientConfig {
        &self.0.config
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn transport(&self) -> &dyn Transport {
        &*self.0.transport
    }

    pub(crate) fn accounts(&self) -> &Accounts {
        &self.0.accounts
    }

    pub(crate) fn bearer_refusals(&self) -> &BearerRefusals {
        &self.0.bearer_refusals
    }

    pub(crate) fn jitter(&self) -> &Jitter {
        &self.0.jitter
    }
}

impl std::fmt::Debug for Nextcloud {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("Nextcloud")
            .field(&self.0.config.base_url.to_string())
            .finish()
    }
}

/// A handle for one credential on one Nextcloud.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) nextcloud: Nextcloud,
    pub(crate) account: Arc<Account>,
    fallback: Option<Arc<dyn Fallback>>,
}

impl Client {
    /// Lets `fallback` stand in for this handle's token at interfaces of apps that take none.
    #[must_use]
    pub fn with_fallback(mut self, fallback: Arc<dyn Fallback>) -> Self {
        self.fallback = Some(fallback);
        self
    }

    /// Who the credential belongs to. Asked once, then believed for five minutes.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] if the credential is not valid; otherwise as for every call.
    pub async fn user(&self) -> Result<Arc<CloudUser>, Error> {
        self.check_standing()?;
        let fetch = async |_: Option<ETag>| {
            let request = self.ocs(Method::GET, &["cloud", "user"], Subject::named("the account"));
            let (user, _): (CloudUser, _) = read_ocs(request).await?;
            if user.id.is_empty() {
                return Err(Error::bad_answer(
                    Subject::named("the account"),
                    200,
                    "an account without id",
                ));
            }
            if self.account.is_first_look() && !self.account.credential.looks_like_app_password() {
                tracing::warn!(
                    "a credential does not look like an app password; Nextcloud takes about a second to check an \
                     account's password, so make an app password in its security settings"
                );
            }
            Ok(Fetched::New(user, None))
        };
        self.account.user.get(self.nextcloud.clock(), fetch).await
    }

    /// What the server and its apps can do for this user. Asked once, then believed for five minutes.
    ///
    /// # Errors
    /// As for every call.
    pub async fn capabilities(&self) -> Result<Arc<Capabilities>, Error> {
        // Without a valid sign-in the server answers with a part of them, which must not be taken for all.
        self.user().await?;
        let fetch = async |known: Option<ETag>| {
            let subject = Subject::named("the capabilities");
            let request = self
                .ocs(Method::GET, &["cloud", "capabilities"], subject)
                .public()
                .if_none_match(known.as_ref());
            match read_ocs_unless_unchanged(request).await? {
                Some((capabilities, headers)) => {
                    let capabilities: Capabilities = capabilities;
                    self.nextcloud
                        .bearer_refusals()
                        .note_version(&capabilities.version.string);
                    let etag = headers.get(http::header::ETAG).and_then(|value| value.to_str().ok());
                    Ok(Fetched::New(capabilities, etag.and_then(ETag::parse)))
                }
                None => Ok(Fetched::Unchanged),
            }
        };
        self.account.capabilities.get(self.nextcloud.clock(), fetch).await
    }

    /// The name that this credential signs in with, if it has one.
    pub fn login_name(&self) -> Option<&str> {
        match &self.account.credential {
            Credential::Basic { login, .. } => Some(login),
            Credential::Bearer(_) => None,
        }
    }

    /// The Nextcloud that it is for.
    pub const fn nextcloud(&self) -> &Nextcloud {
        &self.nextcloud
    }

    /// Whether Nextcloud refused the credential, so that nothing is sent with it.
    pub fn is_rejected(&self) -> bool {
        self.account.is_rejected()
    }

    /// Whether Nextcloud took the credential before.
    pub fn is_proven(&self) -> bool {
        self.account.is_proven()
    }

    /// Lets a rejected credential be tried once more, because a person asked for that.
    pub fn forgive(&self) {
        self.nextcloud.accounts().forgive(&self.account);
    }

    /// Asks the Nextcloud now whether it takes the credential, whatever is remembered.
    ///
    /// # Errors
    /// When it cannot be asked: then nothing is known.
    pub async fn is_still_accepted(&self) -> Result<bool, Error> {
        self.forgive();
        let request = self.ocs(Method::GET, &["cloud", "user"], Subject::named("the account"));
        match read_ocs::<CloudUser>(request).await {
            Ok(_) => Ok(true),
            Err(Error::Unauthorized) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn check_standing(&self) -> Result<(), Error> {
        if self.is_rejected() {
            Err(Error::Unauthorized)
        } else {
            Ok(())
        }
    }

    /// A request to an OCS interface, always version 2, always JSON.
    pub(crate) fn ocs(&self, method: Method, path: &[&str], subject: Subject) -> Request<'_> {
        let segments = ["ocs", "v2.php"]
            .iter()
            .chain(path)
            .map(|segment| (*segment).to_owned())
            .collect();
        self.request(method, segments, subject).query("format", "json")
    }

    /// A request to the interface of an app. `/index.php` works everywhere, pretty addresses do not.
    pub(crate) fn app(&self, app: &'static str, method: Method, path: &[&str], subject: Subject) -> Request<'_> {
        let segments = ["index.php", "apps", app]
            .iter()
            .chain(path)
            .map(|segment| (*segment).to_owned())
            .collect();
        self.request(method, segments, subject).of_app(app)
    }

    pub(crate) fn request(&self, method: Method, segments: Vec<String>, subject: Subject) -> Request<'_> {
        let mut request = Request::new(&self.nextcloud, Some(&self.account), method, segments, subject);
        request.fallback = self.fallback.as_deref();
        request
    }
}

/// Sends an OCS request and takes the data out of the envelope.
pub(crate) async fn read_ocs<T: DeserializeOwned>(request: Request<'_>) -> Result<(T, http::HeaderMap), Error> {
    let subject = request.context.subject.clone();
    let answer = read_ocs_unless_unchanged(request).await?;
    answer.ok_or_else(|| Error::bad_answer(subject, 304, "nothing changed, but nothing is known"))
}

async fn read_ocs_unless_unchanged<T: DeserializeOwned>(
    request: Request<'_>,
) -> Result<Option<(T, http::HeaderMap)>, Error> {
    let context = request.context.clone();
    let whole = request.header("accept", "application/json").read().await?;
    if whole.status == http::StatusCode::NOT_MODIFIED {
        return Ok(None);
    }
    let data = ocs_data(&context, &whole)?;
    Ok(Some((data, whole.headers)))
}

/// The data in the envelope of an OCS answer.
pub(crate) fn ocs_data<T: DeserializeOwned>(context: &Context, whole: &Whole) -> Result<T, Error> {
    let envelope: Envelope<serde_json::Value> = answer::json(whole)?;
    let meta = envelope.ocs.meta;
    if !meta.is_success() {
        // HTTP 200 with a failure inside: version 1 does so, and some apps.
        let status = http::StatusCode::from_u16(meta.http_status()).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        let now = time::OffsetDateTime::UNIX_EPOCH;
        debug_assert!(content_type(&whole.headers).contains("json") || content_type(&whole.headers).is_empty());
        return Err(
            match crate::error::from_answer(context, status, &whole.headers, &whole.body, now) {
                Error::ServerError { subject, status, .. } => Error::ServerError {
                    subject,
                    status,
                    reason: Reason::from_words(&meta.message),
                },
                error => error,
            },
        );
    }
    serde_json::from_value(envelope.ocs.data).map_err(|error| {
        tracing::debug!(%error, "the data of an OCS answer has another form than is due");
        whole.bad("JSON of another form than is due")
    })
}
