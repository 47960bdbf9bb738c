use nc_auth::UserId;
use sqlx::FromRow;

use super::Accounts;
use crate::Error;

/// An account as external issuers are asked about it; also a disabled one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Standing {
    /// Whether it may be used.
    pub enabled: bool,
    /// The number of the external provider that it was made for. `None`: it was made here.
    pub provider: Option<i64>,
}

impl Accounts<'_> {
    /// How an account stands, disabled or not. `None`: there is none.
    pub async fn find_standing(self, id: &UserId) -> Result<Option<Standing>, Error> {
        let query = sqlx::query_as(
            "SELECT accounts.enabled, account_origins.provider FROM accounts \
             LEFT JOIN account_origins ON account_origins.user_id = accounts.id WHERE accounts.id = ?",
        );
        Ok(query.bind(id.as_str()).fetch_optional(self.0.reader()).await?)
    }
}
