use async_trait::async_trait;
use nc_auth::{LoginName, UserId};
use nc_cloud::{ADMINISTRATORS, Cloud, Error, accounts::Preference, auth::PasswordCheck};
use nc_provider::{Checked, Directory, DirectoryError, Group, LocalAccounts, Person};
use nc_web::ClientAddress;
use secrecy::SecretString;
use serde_json::{Map, Value};

/// The cloud's accounts as the provider asks for them.
pub(super) struct CloudAccounts(pub(super) Cloud);

#[async_trait]
impl Directory for CloudAccounts {
    async fn find_person(&self, uid: &UserId) -> Result<Option<Person>, DirectoryError> {
        let Some(account) = self.0.find_user(uid).await.map_err(failed)? else {
            return Ok(None);
        };
        let groups = self.0.accounts().list_groups(uid).await.map_err(failed)?;
        let profile: Map<String, Value> = serde_json::from_str(&account.profile).unwrap_or_default();
        let field = |name: &str| {
            let text = profile.get(name).and_then(Value::as_str);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        // Where nothing was chosen the `oidc` app says the same.
        let preferred = |which, usual: &str| Some(account.preference(which).unwrap_or_else(|| usual.to_owned()));
        Ok(Some(Person {
            is_admin: groups.iter().any(|group| group == ADMINISTRATORS),
            groups: groups.into_iter().map(group).collect(),
            emails: account
                .email
                .iter()
                .cloned()
                .chain(account.additional_mails())
                .collect(),
            language: preferred(Preference::Language, "en"),
            locale: preferred(Preference::Locale, "en"),
            timezone: preferred(Preference::Timezone, "UTC"),
            first_day_of_week: Some(account.first_day_of_week()),
            updated_at: Some(account.updated_at()),
            quota: account.quota_bytes.map(|bytes| bytes.to_string()),
            website: field("website"),
            phone: field("phone"),
            address: field("address"),
            // The cloud serves no pictures of people.
            picture: None,
            display_name: account.display_name,
            email: account.email,
            uid: account.id,
        }))
    }

    fn lacks(&self) -> &'static [&'static str] {
        &["picture"]
    }
}

/// Groups of the embedded cloud have no names beside their ids, and nobody who administers only one.
fn group(id: String) -> Group {
    Group {
        display_name: id.clone(),
        id,
        is_admin: false,
    }
}

#[async_trait]
impl LocalAccounts for CloudAccounts {
    async fn check_password(
        &self,
        login: &LoginName,
        password: &SecretString,
        address: Option<ClientAddress>,
    ) -> Result<Checked, DirectoryError> {
        checked(self.0.check_account_password(login, password, address).await)
    }

    async fn check_second_factor(
        &self,
        uid: &UserId,
        code: &str,
        address: Option<ClientAddress>,
    ) -> Result<Checked, DirectoryError> {
        checked(self.0.check_second_factor(uid, code, address).await)
    }
}

fn checked(check: Result<PasswordCheck, Error>) -> Result<Checked, DirectoryError> {
    Ok(match check.map_err(failed)? {
        PasswordCheck::Right {
            user,
            needs_second_factor,
        } => Checked::Right {
            uid: user,
            needs_second_factor,
        },
        PasswordCheck::Wrong => Checked::Wrong,
        PasswordCheck::AppPassword => Checked::AppPassword,
        PasswordCheck::Throttled { retry_after_s } => Checked::Throttled { retry_after_s },
    })
}

fn failed(error: Error) -> DirectoryError {
    DirectoryError(Box::new(error))
}
