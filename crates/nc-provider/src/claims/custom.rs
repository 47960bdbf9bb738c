//! Claims that an administrator gives a client of its own, by the functions of Nextcloud's `oidc` app.

use nc_proto::oauth::scope_list::ScopeList;
use serde_json::{Map, Value};

use super::about::groups;
use crate::{ClaimValue, Client, CustomClaim, Person};

/// The functions, by the names that administrators use.
pub const CUSTOM_CLAIM_FUNCTIONS: [&str; 13] = [
    "isAdmin",
    "isGroupAdmin",
    "hasRole",
    "isInGroup",
    "getUserEmail",
    "getUserGroups",
    "getUserGroupsDisplayName",
    "getUserGroupsString",
    "getUserGroupsDisplayNameString",
    "getUserLanguage",
    "getUserLocale",
    "getUserFDOW",
    "getUserTimezone",
];

/// Stands between groups in one text, as in Nextcloud's `oidc` app.
const SEPARATOR: &str = ", ";

/// Names that mean something already: in tokens (RFC 7519, RFC 9068, RFC 9449, `OpenID` Connect Core) or in the user info.
const RESERVED: [&str; 47] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "azp",
    "client_id",
    "scope",
    "auth_time",
    "acr",
    "amr",
    "nonce",
    "at_hash",
    "c_hash",
    "s_hash",
    "sid",
    "cnf",
    "act",
    "may_act",
    "typ",
    "events",
    "active",
    "username",
    "token_type",
    "groups",
    "roles",
    "entitlements",
    "preferred_username",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
    "quota",
    "zoneinfo",
    "locale",
];

/// Whether a custom claim may have this name.
pub fn is_custom_claim_name(name: &str) -> bool {
    !name.is_empty() && !RESERVED.contains(&name)
}

/// Adds the client's own claims of these scopes.
pub(super) fn add(claims: &mut Map<String, Value>, person: &Person, scopes: &ScopeList, client: &Client) {
    for claim in &client.document.custom_claims {
        if scopes.contains(&claim.scope)
            && is_custom_claim_name(&claim.name)
            && let Some(value) = value(claim, person)
        {
            claims.insert(claim.name.clone(), value);
        }
    }
}

fn value(claim: &CustomClaim, person: &Person) -> Option<Value> {
    let parameter = claim.parameter.as_deref().unwrap_or_default();
    let group = || person.groups.iter().find(|group| group.id == parameter);
    Some(match claim.function.as_str() {
        "isAdmin" => person.is_admin.into(),
        "isGroupAdmin" => person.administered_groups.iter().any(|group| group == parameter).into(),
        "hasRole" | "isInGroup" => group().is_some().into(),
        "getUserEmail" => person.email.clone()?.into(),
        "getUserGroups" => groups(person, ClaimValue::Gid).into(),
        "getUserGroupsDisplayName" => groups(person, ClaimValue::DisplayName).into(),
        "getUserGroupsString" => groups(person, ClaimValue::Gid).join(SEPARATOR).into(),
        "getUserGroupsDisplayNameString" => groups(person, ClaimValue::DisplayName).join(SEPARATOR).into(),
        "getUserLanguage" => person.language.clone()?.into(),
        "getUserLocale" => person.locale.clone()?.into(),
        "getUserFDOW" => person.first_day_of_week?.into(),
        "getUserTimezone" => person.timezone.clone()?.into(),
        _ => return None,
    })
}
