use async_trait::async_trait;
use nc_auth::{LoginName, UserId};
use nc_cloud::{
    ADMINISTRATORS, Cloud, Error,
    accounts::{AccountInGroups, KeptPasskey, MAX_PASSKEYS, NewPasskey, Passkey, Preference},
    auth::PasswordCheck,
    picture_path,
};
use nc_provider::{
    Checked, Directory, DirectoryError, FreshPasskey, Group, KeptPasskey as Kept, LocalAccounts, PasskeyRecord,
    Passkeys, Person,
};
use nc_web::ClientAddress;
use secrecy::SecretString;
use serde_json::{Map, Value};

/// The cloud's accounts as the provider asks for them.
pub(super) struct CloudAccounts {
    pub(super) cloud: Cloud,
    /// The cloud's address, as clients reach it.
    pub(super) address: String,
}

#[async_trait]
impl Directory for CloudAccounts {
    async fn find_person(&self, uid: &UserId) -> Result<Option<Person>, DirectoryError> {
        let found = self.cloud.find_user_with_groups(uid).await.map_err(failed)?;
        let Some(AccountInGroups {
            account,
            groups,
            administered_groups,
        }) = found
        else {
            return Ok(None);
        };
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
            administered_groups,
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
            picture: Some(format!("{}{}", self.address, picture_path(&account.id))),
            display_name: account.display_name,
            email: account.email,
            uid: account.id,
        }))
    }
}

/// Groups of the embedded cloud have no names beside their ids.
fn group(id: String) -> Group {
    Group {
        display_name: id.clone(),
        id,
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
        checked(self.cloud.check_account_password(login, password, address).await)
    }

    async fn check_second_factor(
        &self,
        uid: &UserId,
        code: &str,
        address: Option<ClientAddress>,
    ) -> Result<Checked, DirectoryError> {
        checked(self.cloud.check_second_factor(uid, code, address).await)
    }

    fn passkeys(&self) -> Option<&dyn Passkeys> {
        Some(self)
    }
}

#[async_trait]
impl Passkeys for CloudAccounts {
    fn most_passkeys(&self) -> usize {
        usize::try_from(MAX_PASSKEYS).unwrap_or(usize::MAX)
    }

    async fn list_passkeys(&self, uid: &UserId) -> Result<Vec<PasskeyRecord>, DirectoryError> {
        let listed = self.cloud.list_passkeys(uid).await.map_err(failed)?;
        Ok(listed.into_iter().map(record).collect())
    }

    async fn find_passkey(&self, credential_id: &[u8]) -> Result<Option<PasskeyRecord>, DirectoryError> {
        Ok(self
            .cloud
            .find_passkey(credential_id)
            .await
            .map_err(failed)?
            .map(record))
    }

    async fn add_passkey(&self, fresh: &FreshPasskey<'_>) -> Result<Kept, DirectoryError> {
        let new = NewPasskey {
            user: fresh.uid,
            credential_id: fresh.credential_id,
            name: fresh.name,
            credential: fresh.credential,
        };
        Ok(match self.cloud.add_passkey(&new).await.map_err(failed)? {
            KeptPasskey::Kept => Kept::Kept,
            KeptPasskey::Known => Kept::Known,
            KeptPasskey::TooMany => Kept::TooMany,
        })
    }

    async fn use_passkey(&self, record: &PasskeyRecord, credential: &str) -> Result<bool, DirectoryError> {
        let passkey = Passkey {
            number: record.number,
            user_id: record.uid.to_string(),
            credential_id: record.credential_id.clone(),
            name: record.name.clone(),
            credential: record.credential.clone(),
            created_at: record.created_at,
            last_used_at: record.last_used_at,
        };
        self.cloud.use_passkey(&passkey, credential).await.map_err(failed)
    }

    async fn remove_passkey(&self, uid: &UserId, number: i64) -> Result<bool, DirectoryError> {
        self.cloud.remove_passkey(uid, number).await.map_err(failed)
    }
}

fn record(passkey: Passkey) -> PasskeyRecord {
    PasskeyRecord {
        number: passkey.number,
        uid: UserId::new(passkey.user_id),
        credential_id: passkey.credential_id,
        name: passkey.name,
        credential: passkey.credential,
        created_at: passkey.created_at,
        last_used_at: passkey.last_used_at,
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
