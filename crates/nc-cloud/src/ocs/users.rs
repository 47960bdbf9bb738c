use axum::{
    Form,
    extract::{State, rejection::FormRejection},
    response::Response,
};
use nc_auth::UserId;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Failure, Ocs};
use crate::{
    Cloud, Error, SignedIn,
    accounts::{Account, Preference, is_mail_address},
    address::{Path, Query},
};

/// Profile fields that a person edits, with the scope in which Nextcloud shows them at first. Kept in one JSON object.
const PROFILE: [(&str, &str); 12] = [
    ("phone", "v2-local"),
    ("address", "v2-local"),
    ("website", "v2-local"),
    ("twitter", "v2-local"),
    ("bluesky", "v2-local"),
    ("fediverse", "v2-local"),
    ("organisation", "v2-local"),
    ("role", "v2-local"),
    ("headline", "v2-local"),
    ("biography", "v2-local"),
    ("profile_enabled", "v2-local"),
    ("pronouns", "v2-federated"),
];

/// Longest value of a profile field, in bytes.
const MAX_FIELD: usize = 4096;

/// Nextcloud's number for "no limit" and "not known".
const UNLIMITED: i64 = -3;

/// `GET …/cloud/user`: whose credential this is.
pub(super) async fn me(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn) -> Response {
    ocs.answer(record(&cloud, &signed_in.user).await)
}

/// `GET …/cloud/users/{id}`: one's own record. Other people's are no business of an ordinary user (P30).
pub(super) async fn get(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn, Path(id): Path<String>) -> Response {
    let user = UserId::new(id);
    ocs.answer(match may_see(&cloud, &signed_in, &user).await {
        Ok(true) => record(&cloud, &user).await,
        Ok(false) => Err(Failure::NOT_FOUND),
        Err(failure) => Err(failure),
    })
}

async fn may_see(cloud: &Cloud, signed_in: &SignedIn, user: &UserId) -> Result<bool, Failure> {
    Ok(*user == signed_in.user || cloud.is_administrator(&signed_in.user).await?)
}

/// `GET …/cloud/user/fields`: what a person may change.
pub(super) async fn fields(ocs: Ocs, _: SignedIn) -> Response {
    let fields = ["displayname", "email", "additional_mail"]
        .into_iter()
        .chain(PROFILE.iter().map(|(name, _)| *name));
    ocs.ok(&fields.collect())
}

/// Which part of a list is wanted.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    search: String,
    limit: Option<usize>,
    #[serde(default)]
    offset: usize,
}

impl Wanted {
    fn of(&self, ids: impl IntoIterator<Item = String>) -> Vec<String> {
        let search = self.search.to_lowercase();
        let found = ids.into_iter().filter(|id| id.to_lowercase().contains(&search));
        found.skip(self.offset).take(self.limit.unwrap_or(usize::MAX)).collect()
    }
}

/// What those are told who administer nothing and want to list accounts or groups.
const NOT_EVEN_SUB_ADMIN: &str = "Logged in account must be at least a sub admin";

/// Fails, with these words, for those who do not administer the cloud.
pub(super) async fn check_administers(
    cloud: &Cloud,
    signed_in: &SignedIn,
    refusal: &'static str,
) -> Result<(), Failure> {
    if cloud.is_administrator(&signed_in.user).await? {
        return Ok(());
    }
    Err(Failure::new(403, refusal))
}

/// `GET …/cloud/users`: every account, for administrators.
pub(super) async fn list(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Query(wanted): Query<Wanted>,
) -> Response {
    let list = async {
        check_administers(&cloud, &signed_in, NOT_EVEN_SUB_ADMIN).await?;
        let accounts = cloud.accounts().list().await?;
        Ok(json!({ "users": wanted.of(accounts.into_iter().map(|(id, _, _)| id)) }))
    };
    ocs.answer(list.await)
}

/// `GET …/cloud/users/details`: the records of all accounts, for administrators.
pub(super) async fn list_details(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Query(wanted): Query<Wanted>,
) -> Response {
    let list = async {
        check_administers(&cloud, &signed_in, NOT_EVEN_SUB_ADMIN).await?;
        let accounts = cloud.accounts().list().await?;
        // A disabled account has no record.
        let enabled = accounts.into_iter().filter(|(_, _, enabled)| *enabled);
        let mut records = Map::new();
        for id in wanted.of(enabled.map(|(id, _, _)| id)) {
            let record = record(&cloud, &UserId::new(id.as_str())).await?;
            records.insert(id, record);
        }
        Ok(json!({ "users": records }))
    };
    ocs.answer(list.await)
}

/// `GET …/cloud/groups/details`: every group with its number of members, for administrators.
pub(super) async fn list_group_details(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Query(wanted): Query<Wanted>,
) -> Response {
    let list = async {
        check_administers(&cloud, &signed_in, NOT_EVEN_SUB_ADMIN).await?;
        let mut details = Vec::new();
        for group in wanted.of(cloud.accounts().list_all_groups().await?) {
            let count = cloud.accounts().list_members(&group).await?.len();
            details.push(json!({
                "id": group, "displayname": group, "usercount": count, "disabled": 0, "canAdd": false, "canRemove": false
            }));
        }
        Ok(json!({ "groups": details }))
    };
    ocs.answer(list.await)
}

/// `GET …/cloud/groups`: every group, for administrators.
pub(super) async fn list_groups(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Query(wanted): Query<Wanted>,
) -> Response {
    let list = async {
        check_administers(&cloud, &signed_in, NOT_EVEN_SUB_ADMIN).await?;
        Ok(json!({ "groups": wanted.of(cloud.accounts().list_all_groups().await?) }))
    };
    ocs.answer(list.await)
}

/// `GET …/cloud/users/{id}/groups`.
pub(super) async fn groups(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Response {
    let user = UserId::new(id);
    let groups = async {
        if !may_see(&cloud, &signed_in, &user).await? {
            return Err(Failure::NOT_FOUND);
        }
        Ok(json!({ "groups": cloud.accounts().list_groups(&user).await? }))
    };
    ocs.answer(groups.await)
}

/// `GET …/cloud/groups/{group}/users`, and `GET …/cloud/groups/{group}`, which is the same: for the group's own members, and administrators.
pub(super) async fn members(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path(group): Path<String>,
) -> Response {
    let members = async {
        let members = cloud.accounts().list_members(&group).await?;
        let is_member = members.iter().any(|member| member == signed_in.user.as_str());
        // The same answer for a group that does not exist, so nobody can probe for names.
        if !is_member && !cloud.is_administrator(&signed_in.user).await? {
            return Err(Failure::new(403, ""));
        }
        Ok(json!({ "users": members }))
    };
    ocs.answer(members.await)
}

/// One change to a record.
#[derive(Debug, Deserialize)]
pub(super) struct Change {
    key: String,
    value: String,
}

/// `PUT …/cloud/users/{id}` with `key` and `value`.
pub(super) async fn update(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path(id): Path<String>,
    form: Result<Form<Change>, FormRejection>,
) -> Response {
    if id != signed_in.user.as_str() {
        return ocs.fail(&Failure::NOT_FOUND);
    }
    let Ok(Form(change)) = form else {
        return ocs.fail(&Failure::new(400, "key and value are needed, as a form"));
    };
    ocs.answer(change_own(&cloud, &signed_in.user, change).await.map(|()| json!([])))
}

const BAD_VALUE: Failure = Failure::new(101, "");

async fn change_own(cloud: &Cloud, user: &UserId, Change { key, value }: Change) -> Result<(), Failure> {
    let mut account = account(cloud, user).await?;
    if value.len() > MAX_FIELD || value.chars().any(|c| c.is_control() && c != '\n') {
        return Err(BAD_VALUE);
    }
    match key.as_str() {
        "displayname" | "display" if value.trim().is_empty() => return Err(BAD_VALUE),
        "displayname" | "display" => account.display_name = value,
        "email" if value.is_empty() => account.email = None,
        "email" if is_mail_address(&value) => account.email = Some(value),
        "email" => return Err(BAD_VALUE),
        "additional_mail" => account.add_mail(&value).map_err(|_| BAD_VALUE)?,
        key if PROFILE.iter().any(|(name, _)| *name == key) => {
            let mut profile = profile(&account);
            profile.insert(key.to_owned(), value.into());
            account.profile = Value::Object(profile).to_string();
        }
        key => {
            let preference = Preference::of_field(key).ok_or(Failure::new(113, ""))?;
            account.prefer(preference, &value).map_err(|_| BAD_VALUE)?;
        }
    }
    store(cloud, account).await
}

async fn store(cloud: &Cloud, mut account: Account) -> Result<(), Failure> {
    account.touch(cloud.now());
    let stored = cloud.accounts().update_profile(&account).await;
    stored.map_err(|error| match error {
        Error::Exists(_) => BAD_VALUE,
        error => error.into(),
    })
}

/// `PUT …/cloud/users/{id}/{collection}` with an entry as `key` and an empty `value`: takes the entry away.
pub(super) async fn remove_from_collection(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path((id, collection)): Path<(String, String)>,
    form: Result<Form<Change>, FormRejection>,
) -> Response {
    if id != signed_in.user.as_str() {
        return ocs.fail(&Failure::NOT_FOUND);
    }
    let Ok(Form(change)) = form else {
        return ocs.fail(&Failure::new(400, "key and value are needed, as a form"));
    };
    let removed = async {
        let mut account = account(&cloud, &signed_in.user).await?;
        match (collection.as_str(), change.value.as_str()) {
            ("additional_mail", "") if account.remove_mail(&change.key) => store(&cloud, account).await,
            ("additional_mail", _) => Err(BAD_VALUE),
            _ => Err(Failure::new(103, "")),
        }
    };
    ocs.answer(removed.await.map(|()| json!([])))
}

async fn account(cloud: &Cloud, user: &UserId) -> Result<Account, Failure> {
    cloud.find_user(user).await?.ok_or(Failure::NOT_FOUND)
}

fn profile(account: &Account) -> Map<String, Value> {
    serde_json::from_str(&account.profile).unwrap_or_default()
}

/// The whole record, with every field that clients know.
async fn record(cloud: &Cloud, user: &UserId) -> Result<Value, Failure> {
    let account = account(cloud, user).await?;
    let groups = cloud.accounts().list_groups(user).await?;
    let administered = cloud.accounts().list_administered_groups(user).await?;
    let used_bytes = cloud.used_bytes(user).await?;
    let profile = profile(&account);
    let mut record = Map::new();
    let mut set = |key: &str, value: Value| record.insert(key.to_owned(), value);
    set("enabled", true.into());
    set("id", account.id.as_str().into());
    set("firstLoginTimestamp", account.first_login_at.unwrap_or(-1).into());
    set("lastLoginTimestamp", account.last_login_at.unwrap_or(0).into());
    set("lastLogin", (account.last_login_at.unwrap_or(0) * 1000).into());
    set("backend", "Database".into());
    set("subadmin", administered.into());
    set("quota", quota(account.quota_bytes, used_bytes));
    set("manager", "".into());
    set("avatarScope", "v2-federated".into());
    set("email", account.email.clone().into());
    set("emailScope", "v2-federated".into());
    let additional = account.additional_mails();
    set("additional_mailScope", vec!["v2-federated"; additional.len()].into());
    set("additional_mail", additional.into());
    set("displayname", account.display_name.as_str().into());
    set("display-name", account.display_name.as_str().into());
    set("displaynameScope", "v2-federated".into());
    for (field, scope) in PROFILE {
        let default = if field == "profile_enabled" { "1" } else { "" };
        set(field, profile.get(field).cloned().unwrap_or_else(|| default.into()));
        set(&format!("{field}Scope"), scope.into());
    }
    set("groups", groups.into());
    let preferred = |which| account.preference(which);
    set(
        "language",
        preferred(Preference::Language)
            .unwrap_or_else(|| "en".to_owned())
            .into(),
    );
    set("locale", preferred(Preference::Locale).unwrap_or_default().into());
    set("timezone", preferred(Preference::Timezone).unwrap_or_default().into());
    set("notify_email", Value::Null);
    set(
        "backendCapabilities",
        json!({ "setDisplayName": true, "setPassword": false }),
    );
    Ok(Value::Object(record))
}

fn quota(limit: Option<i64>, used: u64) -> Value {
    let used = i64::try_from(used).unwrap_or(i64::MAX);
    let Some(limit) = limit else {
        return json!({ "free": UNLIMITED, "used": used, "total": UNLIMITED, "relative": 0, "quota": UNLIMITED });
    };
    // Percent with two digits, as Nextcloud rounds it.
    let hundredths = i128::from(used) * 10_000 / i128::from(limit.max(1));
    let relative = f64::from(i32::try_from(hundredths).unwrap_or(i32::MAX)) / 100.0;
    json!({ "free": (limit - used).max(0), "used": used, "total": limit, "relative": relative, "quota": limit })
}
