//! An issuer elsewhere at which people sign in (`OpenID` Connect); tokens for clients are still made here.

use async_trait::async_trait;
use http::StatusCode;
use nc_auth::UserId;

use super::{Directory, DirectoryError};

/// An issuer elsewhere, at which people sign in.
#[async_trait]
pub trait IssuerAccounts: Directory {
    /// Its host, as people know it.
    fn host(&self) -> String;

    /// Its origin, to which the browser is sent.
    fn origin(&self) -> String;

    /// Begins a sign-in. The answer has to come with the same `browser`, and brings `rid` back. Where the browser has to go.
    async fn begin(&self, browser: &str, rid: &str) -> Result<String, DirectoryError>;

    /// Who came back with this query.
    async fn finish(&self, browser: &str, query: &str) -> Result<CameBack, NotBack>;
}

/// Somebody who signed in at the issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameBack {
    /// The request that waits; empty when the person comes to see the own account.
    pub rid: String,
    /// The issuer's name for the person.
    pub uid: UserId,
}

/// Nobody came back: what the person is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotBack {
    /// Status of the page.
    pub status: StatusCode,
    /// A few words.
    pub title: &'static str,
    /// What happened and what to do.
    pub text: String,
}
