//! The accounts, as the provider sees them. `nc-server` joins them to the embedded cloud or to another Nextcloud.

mod elsewhere;
mod issuer;
mod passkeys;

use std::{error::Error, sync::Arc};

use async_trait::async_trait;
use nc_auth::{LoginName, UserId};
use nc_web::ClientAddress;
use secrecy::SecretString;

pub use elsewhere::{ElsewhereAccounts, GrantedElsewhere, PolledElsewhere, StartedElsewhere};
pub use issuer::{CameBack, IssuerAccounts, NotBack};
pub use passkeys::{FreshPasskey, KeptPasskey, PasskeyRecord, Passkeys};

/// The accounts could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("the accounts cannot be asked")]
pub struct DirectoryError(#[source] pub Box<dyn Error + Send + Sync>);

/// A group of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub display_name: String,
}

/// A person, as of now.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// The id of the account.
    pub uid: String,
    /// Name for people.
    pub display_name: String,
    /// Main mail address.
    pub email: Option<String>,
    /// Every mail address, the main one first.
    pub emails: Vec<String>,
    /// Groups, in order of id.
    pub groups: Vec<Group>,
    /// Ids of the groups that the person administers, who need not be in them.
    pub administered_groups: Vec<String>,
    /// Whether the person administers the cloud.
    pub is_admin: bool,
    /// Storage limit as text.
    pub quota: Option<String>,
    /// Language, as in `de`.
    pub language: Option<String>,
    /// Locale, as in `de_DE`.
    pub locale: Option<String>,
    /// Time zone, as in `Europe/Berlin`.
    pub timezone: Option<String>,
    /// First day of the week, 0 is Sunday.
    pub first_day_of_week: Option<u8>,
    /// Web site.
    pub website: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// Postal address.
    pub address: Option<String>,
    /// URL of the picture.
    pub picture: Option<String>,
    /// When any of this changed, Unix seconds.
    pub updated_at: Option<i64>,
}

/// Finds people.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The person of an account. `None`: there is none, or it is disabled.
    async fn find_person(&self, uid: &UserId) -> Result<Option<Person>, DirectoryError>;

    /// Claims that these accounts never have; discovery leaves them out.
    fn lacks(&self) -> &'static [&'static str] {
        &[]
    }
}

/// What came of a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// It was right.
    Right {
        /// Whose it is.
        uid: UserId,
        /// Whether a second factor has to be given too.
        needs_second_factor: bool,
    },
    /// It was wrong, or there is no such enabled account.
    Wrong,
    /// Right, but an app password, which opens no browser session.
    AppPassword,
    /// Too many failures.
    Throttled {
        /// Seconds to wait.
        retry_after_s: i64,
    },
}

/// Accounts whose passwords are here.
#[async_trait]
pub trait LocalAccounts: Directory {
    /// Checks a name and password.
    async fn check_password(
        &self,
        login: &LoginName,
        password: &SecretString,
        address: Option<ClientAddress>,
    ) -> Result<Checked, DirectoryError>;

    /// Checks the code of a second factor. Each is good once; failures are throttled like passwords.
    async fn check_second_factor(
        &self,
        uid: &UserId,
        code: &str,
        address: Option<ClientAddress>,
    ) -> Result<Checked, DirectoryError>;

    /// Where their passkeys are kept, if they may have any.
    fn passkeys(&self) -> Option<&dyn Passkeys> {
        None
    }
}

/// How people sign in.
#[derive(Clone)]
pub enum SignIn {
    /// With their password, here.
    Local(Arc<dyn LocalAccounts>),
    /// At another Nextcloud.
    Elsewhere(Arc<dyn ElsewhereAccounts>),
    /// At an issuer elsewhere.
    Issuer(Arc<dyn IssuerAccounts>),
}

impl SignIn {
    /// The people.
    pub fn directory(&self) -> &dyn Directory {
        match self {
            Self::Local(accounts) => accounts.as_ref(),
            Self::Elsewhere(accounts) => accounts.as_ref(),
            Self::Issuer(accounts) => accounts.as_ref(),
        }
    }
}
