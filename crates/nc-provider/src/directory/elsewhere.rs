//! Accounts of another Nextcloud, which shows its own sign-in pages and hands out an app password (Login Flow v2).

use async_trait::async_trait;
use nc_auth::{LoginName, UserId};
use secrecy::SecretString;
use url::Url;

use super::{Directory, DirectoryError};

/// Accounts of another Nextcloud, at which people sign in (Login Flow v2).
#[async_trait]
pub trait ElsewhereAccounts: Directory {
    /// The Nextcloud as people know it: host, with the port where it is not the usual one.
    fn nextcloud(&self) -> String;

    /// What this server calls itself there (`User-Agent`): the name of the app password, and what an administrator may
    /// have to allow.
    fn user_agent(&self) -> String;

    /// Starts a sign-in.
    async fn start(&self) -> Result<StartedElsewhere, DirectoryError>;

    /// Asks once what came of it. An app password is given once: what is not kept must be discarded.
    async fn poll(&self, token: &SecretString) -> Result<PolledElsewhere, DirectoryError>;

    /// Keeps the credential of a person; the one before is replaced and taken back at the Nextcloud.
    async fn keep(&self, subject: &str, granted: GrantedElsewhere) -> Result<(), DirectoryError>;

    /// Takes a credential back that is not kept.
    async fn discard(&self, granted: GrantedElsewhere) -> Result<(), DirectoryError>;

    /// Takes back what was kept for this subject, here and at the Nextcloud. Nothing kept is no error.
    async fn forget(&self, subject: &str) -> Result<(), DirectoryError>;
}

/// A sign-in that was started.
#[derive(Debug)]
pub struct StartedElsewhere {
    /// The page of the Nextcloud, as browsers reach it.
    pub login_url: String,
    /// What asks for the outcome.
    pub token: SecretString,
}

impl StartedElsewhere {
    /// Whether the page is one for browsers. A link to anything else could run in our own page.
    pub fn is_web_page(&self) -> bool {
        Url::parse(&self.login_url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
    }
}

/// What came of a sign-in so far.
#[derive(Debug)]
pub enum PolledElsewhere {
    /// The person has not finished; or the Nextcloud does not know this sign-in, which it does not tell apart.
    Pending,
    /// It was refused or has run out.
    Ended,
    /// The person signed in and agreed.
    Granted(GrantedElsewhere),
}

/// Who signed in, and the app password that was made.
#[derive(Debug)]
pub struct GrantedElsewhere {
    /// The account, whatever name was typed.
    pub uid: UserId,
    /// The name that belongs to the app password.
    pub login: LoginName,
    /// The app password.
    pub app_password: SecretString,
}
