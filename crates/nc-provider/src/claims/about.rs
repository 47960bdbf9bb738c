//! What is told about a person, by scope (`OpenID` Connect Core §5.4), in the user info and in ID tokens.

use nc_proto::oauth::scope_list::ScopeList;
use serde_json::{Map, Value, json};

use super::{custom, email};
use crate::{ClaimValue, Client, Person, Settings};

/// The claims that these scopes stand for, without what is kept back. `sub` is not among them.
pub(crate) fn about(
    person: &Person,
    scopes: &ScopeList,
    client: &Client,
    settings: &Settings,
    kept_back: &[String],
) -> Map<String, Value> {
    let mut claims = Map::new();
    // Custom claims first: none of them can stand in for one of ours.
    custom::add(&mut claims, person, scopes, client);
    claims.insert("preferred_username".to_owned(), person.uid.clone().into());
    if scopes.contains("profile") {
        profile(&mut claims, person, kept_back);
    }
    if scopes.contains("email")
        && let Some(address) = email::choose(person, client.document.email_regex.as_deref())
    {
        claims.insert("email".to_owned(), address.into());
        claims.insert("email_verified".to_owned(), settings.overwrite_email_verified.into());
    }
    if scopes.contains("groups") {
        claims.insert("groups".to_owned(), groups(person, settings.group_claim_type).into());
    }
    if scopes.contains("roles") {
        claims.insert("roles".to_owned(), groups(person, settings.role_claim_type).into());
    }
    claims
}

/// The groups of a person, as claims name them.
pub(crate) fn groups(person: &Person, value: ClaimValue) -> Vec<String> {
    let name = |group: &crate::Group| match value {
        ClaimValue::Gid => group.id.clone(),
        ClaimValue::DisplayName => group.display_name.clone(),
    };
    person.groups.iter().map(name).collect()
}

fn profile(claims: &mut Map<String, Value>, person: &Person, restricted: &[String]) {
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    };
    let open = |word: &str| !restricted.iter().any(|own| own == word);
    let text = |value: &Option<String>| value.clone().filter(|value| !value.is_empty()).map(Value::from);
    add("updated_at", person.updated_at.map(Value::from));
    add("name", Some(person.display_name.clone().into()));
    let words: Vec<&str> = person.display_name.split_whitespace().collect();
    // A guess, as Nextcloud's `oidc` app makes it: accounts only have one name.
    if let [first, middle @ .., last] = words.as_slice() {
        add("given_name", Some((*first).into()));
        add("family_name", Some((*last).into()));
        add(
            "middle_name",
            Some(middle.join(" ").into()).filter(|_| !middle.is_empty()),
        );
    }
    add("website", text(&person.website).filter(|_| open("website")));
    add("phone_number", text(&person.phone).filter(|_| open("phone")));
    let address = text(&person.address).filter(|_| open("address"));
    add("address", address.map(|address| json!({"formatted": address})));
    add("picture", text(&person.picture).filter(|_| open("avatar")));
    add("quota", text(&person.quota));
}
