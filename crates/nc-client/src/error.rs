//! Why a call failed, by what the caller can do about it.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use nc_proto::dav::ETag;
use time::OffsetDateTime;

use crate::transport::{TransportError, TransportFailure};

mod explained;
mod from_answer;
mod reason;

pub(crate) use explained::explain_write;
pub(crate) use from_answer::{Condition, Context, content_type, from_answer, is_maintenance, retry_after};
pub use reason::Reason;

/// What a call was about, as the caller named it: `note 42`, `"/Docs/a.txt"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(Cow<'static, str>);

impl Subject {
    /// A thing with a fixed name, such as "the account".
    pub const fn named(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A thing of a kind, such as `note 42`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Cow::Owned(text.into()))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The state that a refused write met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Current {
    /// Version now.
    pub etag: Option<ETag>,
    /// Time of the last change.
    pub modified: Option<OffsetDateTime>,
    /// The beginning of the content, for small texts.
    pub content_head: Option<String>,
}

/// Why a call to Nextcloud failed, by what the caller can do about it.
///
/// The texts are for people and for models: they name what was asked for and hold Nextcloud's own reason if it gave
/// one, but no internal addresses, no markup and no secrets.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Look for the right name or id.
    #[error("{subject} was not found{reason}")]
    NotFound {
        /// What.
        subject: Subject,
        /// Nextcloud's words.
        reason: Reason,
    },
    /// Choose another name, or say that the old one may be replaced.
    #[error("{subject} exists already; choose another name or allow replacing it")]
    AlreadyExists {
        /// What.
        subject: Subject,
        /// What is there.
        current: Box<Current>,
    },
    /// Read it again, then decide.
    #[error("{subject} changed since it was read; read it again, then retry{}", current_etag(.current))]
    Conflict {
        /// What.
        subject: Subject,
        /// What it is now.
        current: Box<Current>,
    },
    /// The request needs a state that is not given.
    #[error("{subject}: a condition of the request does not hold{reason}")]
    PreconditionFailed {
        /// What.
        subject: Subject,
        /// Nextcloud's words.
        reason: Reason,
    },
    /// Wait, or ask who holds it.
    #[error("{subject} is locked{}; try again later", .owner.as_deref().map(|o| format!(" by {o}")).unwrap_or_default())]
    Locked {
        /// What.
        subject: Subject,
        /// Who holds the lock, if that is known.
        owner: Option<String>,
    },
    /// Ask for the right.
    #[error("no permission for {subject}{reason}")]
    Forbidden {
        /// What.
        subject: Subject,
        /// Nextcloud's words.
        reason: Reason,
    },
    /// Make room.
    #[error("no space left for {subject}{}", .free_bytes.map(|free| format!(": {free} bytes are free")).unwrap_or_default())]
    Quota {
        /// What.
        subject: Subject,
        /// Space left, if that is known.
        free_bytes: Option<u64>,
    },
    /// Ask for less.
    #[error("{subject} is too large{}", .limit_bytes.map(|limit| format!(": the limit is {limit} bytes")).unwrap_or_default())]
    TooLarge {
        /// What.
        subject: Subject,
        /// The limit, if that is known.
        limit_bytes: Option<u64>,
    },
    /// Wait.
    #[error("Nextcloud asks to slow down; try again {}", in_seconds(*.retry_after))]
    RateLimited {
        /// For how long.
        retry_after: Option<Duration>,
    },
    /// Sign in again. Nothing more is sent with this credential.
    #[error("Nextcloud refused the sign-in; check the login name and use a valid app password")]
    Unauthorized,
    /// Give an app password: the token is good, but this interface takes none.
    #[error("the interface of the app {app} on this Nextcloud takes no access token, only an app password")]
    BearerRefused {
        /// The app's name.
        app: &'static str,
    },
    /// Check address and network.
    #[error("Nextcloud cannot be reached: {kind}")]
    Unreachable {
        /// How far it went.
        kind: TransportFailure,
        /// What the library below says.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// Try again, perhaps with less at once.
    #[error("Nextcloud did not answer in time for {subject}")]
    Timeout {
        /// What.
        subject: Subject,
    },
    /// Wait until the operator is done.
    #[error("Nextcloud is in maintenance; try again {}", in_seconds(*.retry_after))]
    Maintenance {
        /// For how long.
        retry_after: Option<Duration>,
    },
    /// Try again later, or tell the operator.
    #[error("Nextcloud failed with status {status} for {subject}{reason}")]
    ServerError {
        /// What.
        subject: Subject,
        /// HTTP status.
        status: u16,
        /// Nextcloud's words.
        reason: Reason,
    },
    /// Do without, or ask the operator to install it.
    #[error("the app {app} is not installed on this Nextcloud, or not for this user")]
    AppMissing {
        /// Its name.
        app: &'static str,
    },
    /// Something else than a Nextcloud answered, or a proxy stands before it.
    #[error("the answer for {subject} could not be understood: {what} (status {status})")]
    BadAnswer {
        /// What was asked for.
        subject: Subject,
        /// What came.
        what: Cow<'static, str>,
        /// HTTP status.
        status: u16,
    },
    /// Correct the argument.
    #[error("{argument}: {why}")]
    InvalidInput {
        /// Its name.
        argument: &'static str,
        /// What is wrong, and what is allowed.
        why: String,
    },
    /// Look before trying again.
    #[error("the answer got lost, so it is not known whether {subject} was changed; check it before trying again")]
    OutcomeUnknown {
        /// What.
        subject: Subject,
    },
    /// Correct the configured address.
    #[error("Nextcloud lives at another address{}; correct the configured one", .address.as_deref().map(|a| format!(", {a}")).unwrap_or_default())]
    Moved {
        /// The right address, if the answer tells it.
        address: Option<String>,
    },
    /// Do without, or ask the operator for a newer version.
    #[error("this Nextcloud cannot do that with {what}: {why}")]
    Unsupported {
        /// What it is about.
        what: &'static str,
        /// Which version could.
        why: String,
    },
    /// Another refusal; the words tell more.
    #[error("Nextcloud refused the request for {subject} with status {status}{reason}")]
    Refused {
        /// What.
        subject: Subject,
        /// HTTP status.
        status: u16,
        /// Nextcloud's words.
        reason: Reason,
    },
}

impl Error {
    /// A name for machines that never changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::AlreadyExists { .. } => "already_exists",
            Self::Conflict { .. } => "conflict",
            Self::PreconditionFailed { .. } => "precondition_failed",
            Self::Locked { .. } => "locked",
            Self::Forbidden { .. } => "forbidden",
            Self::Quota { .. } => "quota_exceeded",
            Self::TooLarge { .. } => "too_large",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unauthorized => "unauthorized",
            Self::BearerRefused { .. } => "bearer_refused",
            Self::Unreachable { .. } => "unreachable",
            Self::Timeout { .. } => "timeout",
            Self::Maintenance { .. } => "maintenance",
            Self::ServerError { .. } => "server_error",
            Self::AppMissing { .. } => "app_missing",
            Self::BadAnswer { .. } => "bad_answer",
            Self::InvalidInput { .. } => "invalid_input",
            Self::OutcomeUnknown { .. } => "outcome_unknown",
            Self::Moved { .. } => "moved",
            Self::Unsupported { .. } => "unsupported",
            Self::Refused { .. } => "refused",
        }
    }

    /// Whether the same call may succeed later without anything being changed by the caller.
    pub const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Locked { .. }
                | Self::RateLimited { .. }
                | Self::Unreachable { .. }
                | Self::Timeout { .. }
                | Self::Maintenance { .. }
                | Self::ServerError { .. }
        )
    }

    /// How long Nextcloud asks to wait, if it does.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Maintenance { retry_after } => *retry_after,
            _ => None,
        }
    }

    /// An argument that cannot be used.
    pub fn invalid(argument: &'static str, why: impl Into<String>) -> Self {
        Self::InvalidInput {
            argument,
            why: why.into(),
        }
    }

    /// A thing that is another version than it should be.
    pub fn conflict(subject: Subject, etag: ETag) -> Self {
        let current = Current {
            etag: Some(etag),
            ..Current::default()
        };
        Self::Conflict {
            subject,
            current: Box::new(current),
        }
    }

    /// A thing that is not there.
    pub(crate) fn not_found(subject: Subject) -> Self {
        Self::NotFound {
            subject,
            reason: Reason::none(),
        }
    }

    /// An answer that makes no sense.
    pub(crate) fn bad_answer(subject: Subject, status: u16, what: impl Into<Cow<'static, str>>) -> Self {
        Self::BadAnswer {
            subject,
            what: what.into(),
            status,
        }
    }

    pub(crate) fn unreachable(error: TransportError) -> Self {
        Self::Unreachable {
            kind: error.kind,
            source: Arc::from(error.source),
        }
    }
}

fn in_seconds(wait: Option<Duration>) -> String {
    wait.map_or_else(|| "later".to_owned(), |wait| format!("in {} s", wait.as_secs().max(1)))
}

fn current_etag(current: &Current) -> String {
    current
        .etag
        .as_ref()
        .map(|etag| format!(" (its etag is now {etag})"))
        .unwrap_or_default()
}
