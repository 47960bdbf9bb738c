//! With whom something could be shared.

use std::collections::BTreeMap;

use axum::{extract::State, response::Response};
use serde_json::{Value, json};

use super::{ShareType, federated::split_address, input::Input};
use crate::{
    BaseUrl, Cloud, SignedIn,
    accounts::{Account, is_mail_address},
    ocs::{Failure, Ocs},
};

/// Results of a kind on a page, and at most.
const USUAL_PAGE: i64 = 200;

/// Most people in one answer.
const MOST_RECOMMENDED: usize = 5;

/// `GET …/sharees`: accounts and groups by a part of their names, and addresses of mail and of other servers as they are.
pub(super) async fn search(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    base: BaseUrl,
    signed_in: SignedIn,
    input: Input,
) -> Response {
    ocs.answer(search_now(&cloud, &base, &signed_in, &input).await)
}

async fn search_now(cloud: &Cloud, own: &BaseUrl, signed_in: &SignedIn, input: &Input) -> Result<Value, Failure> {
    let page = input.integer("page")?.unwrap_or(1);
    if page < 1 {
        return Err(Failure::new(400, "Invalid page"));
    }
    let per_page = input.integer("perPage")?.unwrap_or(USUAL_PAGE);
    if per_page < 1 {
        return Err(Failure::new(400, "Invalid perPage argument"));
    }
    if !input.has("itemType") {
        return Err(Failure::new(400, "Missing itemType"));
    }
    let text = input.text("search").unwrap_or_default();
    let text = text.trim();
    let types = input.integers("shareType").filter(|types| !types.is_empty());
    let wants = |kind: ShareType| match &types {
        Some(types) => types.contains(&kind.number()),
        None => !kind.is_public(),
    };
    let part = Part { page, per_page };
    let (mut exact_users, mut users) = (Vec::new(), Vec::new());
    if wants(ShareType::User) {
        for account in cloud.accounts().search(text, u8::MAX).await? {
            if account.id == signed_in.user.as_str() {
                continue;
            }
            let found = if is_exact(&account, text) {
                &mut exact_users
            } else {
                &mut users
            };
            found.push(user(&account));
        }
    }
    let (mut exact_groups, mut groups) = (Vec::new(), Vec::new());
    if wants(ShareType::Group) {
        let folded = text.to_lowercase();
        for group in cloud.accounts().list_all_groups().await? {
            let name = group.to_lowercase();
            if name == folded {
                exact_groups.push(json!({ "label": group, "value": { "shareType": 1, "shareWith": group } }));
            } else if name.contains(&folded) {
                groups.push(json!({ "label": group, "value": { "shareType": 1, "shareWith": group } }));
            }
        }
    }
    let mut emails = Vec::new();
    if wants(ShareType::Mail) && is_mail_address(text) {
        let value = json!({ "shareType": 4, "shareWith": text });
        emails.push(json!({ "label": text, "uuid": text, "value": value }));
    }
    let is_joined = cloud.federated().is_some();
    let remote = |kind| match split_address(text) {
        Some((name, host)) if is_joined && wants(kind) && host != own.authority() => {
            part.first(vec![on_other_server(kind, text, name, &host)])
        }
        _ => Vec::new(),
    };
    Ok(json!({
        "exact": {
            "users": part.first(exact_users), "groups": part.first(exact_groups), "remotes": remote(ShareType::Remote),
            "remote_groups": remote(ShareType::RemoteGroup),
            "emails": part.first(emails), "circles": [], "rooms": []
        },
        "users": part.of(users), "groups": part.of(groups), "remotes": [], "remote_groups": [], "emails": [],
        "lookup": [], "circles": [], "rooms": [], "lookupEnabled": false
    }))
}

/// Whom an address means. Whether somebody is there, only the other server knows.
fn on_other_server(kind: ShareType, text: &str, name: &str, host: &str) -> Value {
    let id = if kind == ShareType::Remote { "uuid" } else { "guid" };
    json!({
        "label": format!("{name} ({host})"), id: name, "name": name,
        "value": { "shareType": kind.number(), "shareWith": text, "server": host }
    })
}

/// Which part of a list is wanted.
struct Part {
    page: i64,
    per_page: i64,
}

impl Part {
    fn of(&self, found: Vec<Value>) -> Vec<Value> {
        let per_page = usize::try_from(self.per_page).unwrap_or(usize::MAX);
        let skipped = usize::try_from(self.page - 1)
            .unwrap_or(usize::MAX)
            .saturating_mul(per_page);
        found.into_iter().skip(skipped).take(per_page).collect()
    }

    /// What is meant exactly stands on the first page.
    fn first(&self, found: Vec<Value>) -> Vec<Value> {
        if self.page == 1 { found } else { Vec::new() }
    }
}

fn is_exact(account: &Account, text: &str) -> bool {
    let same = |other: &str| other.to_lowercase() == text.to_lowercase();
    same(&account.id) || same(&account.display_name) || account.email.as_deref().is_some_and(same)
}

fn user(account: &Account) -> Value {
    json!({
        "label": account.display_name, "subline": "", "icon": "icon-user",
        "value": { "shareType": 0, "shareWith": account.id },
        "shareWithDisplayNameUnique": account.email.as_deref().unwrap_or(&account.id), "status": []
    })
}

/// `GET …/sharees_recommended`: with whom the one who asks shares most.
pub(super) async fn recommend(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn) -> Response {
    let recommended = async {
        let mut counts: BTreeMap<(ShareType, String), usize> = BTreeMap::new();
        for share in cloud.shares().list_by(&signed_in.user, false).await? {
            if let Some(with) = share.share_with.filter(|_| share.share_type != ShareType::Link) {
                *counts.entry((share.share_type, with)).or_default() += 1;
            }
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let mut of_kind = BTreeMap::new();
        for ((kind, with), count) in counts {
            let label = match kind {
                ShareType::User => cloud
                    .display_name(&nc_auth::UserId::new(with.as_str()))
                    .await?
                    .to_string(),
                _ => with.clone(),
            };
            let list: &mut Vec<Value> = of_kind.entry(kind).or_default();
            if list.len() < MOST_RECOMMENDED {
                let value = json!({ "shareType": kind.number(), "shareWith": with });
                list.push(json!({ "count": count, "label": label, "value": value }));
            }
        }
        let mut take = |kind| of_kind.remove(&kind).unwrap_or_default();
        Ok(json!({
            "exact": {
                "users": take(ShareType::User), "groups": take(ShareType::Group), "remotes": [], "remote_groups": [],
                "emails": take(ShareType::Mail)
            },
            "users": [], "groups": [], "remotes": [], "remote_groups": [], "emails": []
        }))
    };
    ocs.answer(recommended.await)
}
