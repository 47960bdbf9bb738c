//! Signing in on a page: password, then the code of the second factor where there is one.

use nc_auth::{LoginName, UserId};
use nc_web::ClientAddress;
use secrecy::{ExposeSecret, SecretString};

use super::{Authenticator, Refusal};
use crate::{
    Cloud, Error,
    accounts::{SecondFactors, looks_like_app_password},
};

/// What came of a password or code on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordCheck {
    /// It was right.
    Right {
        /// Whose it is.
        user: UserId,
        /// Whether the code of the second factor has to be given too.
        needs_second_factor: bool,
    },
    /// Wrong, or there is no such enabled account.
    Wrong,
    /// An app password, which signs nobody in on a page.
    AppPassword,
    /// Too many failures.
    Throttled {
        /// Seconds to wait.
        retry_after_s: i64,
    },
}

impl Cloud {
    /// Checks the account password of a person at a page. Never remembered, always counted when wrong.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn check_account_password(
        &self,
        login: &LoginName,
        password: &SecretString,
        address: Option<ClientAddress>,
    ) -> Result<PasswordCheck, Error> {
        let authenticator = self.authenticator();
        if looks_like_app_password(password.expose_secret()) {
            // Told apart only when it is right: so probing learns nothing, and the owner what went wrong (P162).
            return outcome(
                authenticator
                    .check(login, password, address)
                    .await
                    .map(|_| PasswordCheck::AppPassword),
            );
        }
        outcome(authenticator.sign_in(login, password, address).await)
    }

    /// Checks the code of a person's second factor. Each is good once; wrong ones are throttled like passwords.
    ///
    /// # Errors
    /// Those of the database; [`Error::Internal`] when the secret does not open.
    pub async fn check_second_factor(
        &self,
        user: &UserId,
        code: &str,
        address: Option<ClientAddress>,
    ) -> Result<PasswordCheck, Error> {
        let attempt = match self.authenticator().throttle.begin_code(user, address) {
            Ok(attempt) => attempt,
            Err(refusal) => return outcome(Err(refusal)),
        };
        let Some(account) = self.find_user(user).await? else {
            return Ok(PasswordCheck::Wrong);
        };
        let factors = SecondFactors(self.db());
        if !factors.use_code(user, code, self.now(), self.sealer()).await? {
            return Ok(PasswordCheck::Wrong);
        }
        attempt.succeeded();
        self.authenticator().note_login(user, account.last_login_at).await?;
        Ok(PasswordCheck::Right {
            user: user.clone(),
            needs_second_factor: false,
        })
    }

    /// Gives an account a second factor: the URI that an authenticator app reads, shown once. From now on its password
    /// opens pages only together with a code, and nothing else.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such user.
    pub async fn set_up_second_factor(&self, user: &UserId) -> Result<String, Error> {
        let issuer = self.config().public_url.as_ref().and_then(url::Url::host_str);
        let set_up = SecondFactors(self.db())
            .set_up(user, issuer.unwrap_or("Nextcloud"), self.sealer())
            .await;
        self.authenticator().forget();
        set_up
    }

    /// Takes an account's second factor away. Whether there was one.
    pub async fn remove_second_factor(&self, user: &UserId) -> Result<bool, Error> {
        SecondFactors(self.db()).remove(user).await
    }

    /// Whether an account has a second factor.
    pub async fn has_second_factor(&self, user: &UserId) -> Result<bool, Error> {
        SecondFactors(self.db()).is_on(user).await
    }
}

impl Authenticator {
    async fn sign_in(
        &self,
        login: &LoginName,
        password: &SecretString,
        address: Option<ClientAddress>,
    ) -> Result<PasswordCheck, Refusal> {
        if login.as_str().len() > super::MAX_LOGIN_LENGTH {
            return Ok(PasswordCheck::Wrong);
        }
        let (attempt, account) = self.verify_account_password(login, password, address).await?;
        attempt.succeeded();
        let user = account.user_id();
        let needs_second_factor = SecondFactors(&self.db).is_on(&user).await?;
        if !needs_second_factor {
            self.note_login(&user, account.last_login_at).await?;
        }
        Ok(PasswordCheck::Right {
            user,
            needs_second_factor,
        })
    }
}

fn outcome(checked: Result<PasswordCheck, Refusal>) -> Result<PasswordCheck, Error> {
    match checked {
        Ok(check) => Ok(check),
        Err(Refusal::Throttled { retry_after_s }) => Ok(PasswordCheck::Throttled { retry_after_s }),
        Err(Refusal::Failed(error)) => {
            tracing::error!(error = error.as_ref() as &dyn std::error::Error, "sign-in failed");
            Err(Error::Internal("a password could not be checked"))
        }
        Err(_) => Ok(PasswordCheck::Wrong),
    }
}
