use async_trait::async_trait;
use nc_auth::{
    UserId,
    external::{Accounts, AccountsFailed, ExternalProvider, NewAccount, Standing},
};
use nc_cloud::{
    ADMINISTRATORS, Cloud, Error,
    accounts::{NewUser, is_mail_address},
};

/// The cloud's accounts as external issuers lead to them.
pub(super) struct ExternalAccounts(pub(super) Cloud);

#[async_trait]
impl Accounts for ExternalAccounts {
    async fn find(&self, user: &UserId, provider: &ExternalProvider) -> Result<Standing, AccountsFailed> {
        let standing = self
            .0
            .accounts()
            .find_standing(user)
            .await
            .map_err(|error| failed(&error))?;
        Ok(match standing {
            None => Standing::Absent,
            Some(account) if !account.enabled => Standing::Refused,
            Some(account) => match account.provider {
                None => Standing::Elsewhere,
                Some(number) if number == provider.number => Standing::OfProvider,
                // One issuer never speaks for the people of another.
                Some(_) => Standing::Refused,
            },
        })
    }

    async fn provision(&self, account: &NewAccount, provider: &ExternalProvider) -> Result<bool, AccountsFailed> {
        let password = nc_cloud::random_password().map_err(|error| failed(&error))?;
        let name = account.display_name.as_deref().filter(|name| !name.trim().is_empty());
        // Nobody learns the password: the account opens by tokens only, until an administrator sets another.
        let mut new = NewUser::new(account.user.as_str(), name.unwrap_or(account.user.as_str()), password);
        new.email = account.email.clone().filter(|email| is_mail_address(email));
        let groups = account.groups.iter().filter(|group| *group != ADMINISTRATORS);
        new.groups = groups.cloned().collect();
        new.provider = Some(provider.number);
        let mut made = self.0.create_user(&new).await;
        if matches!(made, Err(Error::Exists(_))) && new.email.take().is_some() {
            // The address may be somebody else's; the person still comes in.
            made = self.0.create_user(&new).await;
        }
        match made {
            Ok(()) => {
                tracing::info!(
                    provider = provider.identifier,
                    "made an account for a user of an external issuer"
                );
                Ok(true)
            }
            // Two first requests at once made one account.
            Err(Error::Exists(_)) => Ok(self.find(&account.user, provider).await? == Standing::OfProvider),
            Err(Error::Invalid(why)) => {
                tracing::warn!(
                    provider = provider.identifier,
                    why,
                    "no account for a user of an external issuer"
                );
                Ok(false)
            }
            Err(error) => Err(failed(&error)),
        }
    }
}

fn failed(error: &Error) -> AccountsFailed {
    tracing::error!(error = error as &dyn std::error::Error, "the accounts cannot be asked");
    AccountsFailed
}
