//! Lines that were written for the commands of Nextcloud's app `oidc`, as its documentation has them.

use serde_json::json;

use crate::admin::{admin, refused};

const ID: &str = "0123456789abcdef0123456789abcdef";
const SECRET: &str = "fedcba9876543210fedcba9876543210";

#[test]
fn lines_that_make_clients_for_the_app_make_them_here() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let wiki = admin(
        data,
        &[
            "oidc:create",
            "--algorithm=RS256",
            "--flow=code",
            "--type=confidential",
            "--token_type=jwt",
            "--allowed_scopes=openid profile roles",
            "--email_regex=.*@example\\.org$",
            &format!("--client_id={ID}"),
            &format!("--client_secret={SECRET}"),
            "--resource_url=https://wiki.example/mcp",
            "Wiki",
            "https://wiki.example/cb",
            "https://wiki.example/other",
        ],
    );
    assert_eq!((&wiki["clientId"], &wiki["clientSecret"]), (&json!(ID), &json!(SECRET)));
    assert_eq!(
        (
            &wiki["signingAlg"],
            &wiki["type"],
            &wiki["tokenType"],
            &wiki["flowType"]
        ),
        (&json!("RS256"), &json!("confidential"), &json!("jwt"), &json!("code"))
    );
    assert_eq!(wiki["allowedScopes"], "openid profile roles");
    assert_eq!(
        (&wiki["emailRegex"], &wiki["resourceUrl"]),
        (&json!(".*@example\\.org$"), &json!("https://wiki.example/mcp"))
    );
    assert_eq!(wiki["redirectUris"].as_array().map(Vec::len), Some(2));
    let phone = admin(
        data,
        &[
            "oidc:create",
            "Phone",
            "https://phone.example/cb",
            "-a",
            "RS256",
            "-f",
            "code",
            "-t",
            "public",
        ],
    );
    assert_eq!(
        (&phone["type"], &phone["clientSecret"]),
        (&json!("public"), &json!(null))
    );
    let gateway = admin(
        data,
        &[
            "oidc:create",
            "Gateway",
            "https://gateway.example/cb",
            "--tex_enabled",
            "--tex_target_resource=https://a.example",
            "--tex_target_resource",
            "https://b.example",
        ],
    );
    assert_eq!(
        gateway["exchangeTargets"],
        json!(["https://a.example", "https://b.example"])
    );
    assert_eq!(admin(data, &["oidc:list"]).as_array().map(Vec::len), Some(3));
    admin(data, &["oidc:remove", ID]);
    assert_eq!(admin(data, &["oidc:list"]).as_array().map(Vec::len), Some(2));
    // What the app can and this cannot is refused rather than left out.
    for wrong in [
        &["-a", "HS256"][..],
        &["-f", "id_token token"],
        &["--tex_enabled"],
        &["--tex_target_resource=https://a.example"],
        &["--client_secret=short"],
        &["--tex_allowed_scopes=openid"],
    ] {
        let line = [&["oidc:create", "Other", "https://other.example/cb"][..], wrong].concat();
        assert_eq!(refused(data, &line).0, Some(2), "{wrong:?}");
    }
}

#[test]
fn lines_about_claims_work_as_in_the_app_and_as_they_did() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let wiki = ["oidc:create", "Wiki", "https://wiki.example/cb", "--client_id", "wiki"];
    admin(data, &wiki);
    let first = admin(
        data,
        &[
            "oidc:create-claim",
            "is_staff",
            "profile",
            "wiki",
            "isInGroup",
            "-p",
            "staff",
        ],
    );
    assert_eq!(
        (
            &first["name"],
            &first["scope"],
            &first["clientUid"],
            &first["parameter"]
        ),
        (&json!("is_staff"), &json!("profile"), &json!("wiki"), &json!("staff"))
    );
    let line = [
        "oidc:create-claim",
        "is_boss",
        "roles",
        "wiki",
        "hasRole",
        "--parameter=boss",
    ];
    let second = admin(data, &line);
    let third = admin(
        data,
        &["oidc:create-claim", "tongue", "profile", "wiki", "getUserLanguage"],
    );
    assert_eq!(admin(data, &["oidc:list-claim"]), json!([first, second, third]));
    // As before: the client first, and the group without a flag.
    for line in [
        &["oidc:create-claim", "wiki", "is_staff", "profile", "isInGroup", "staff"][..],
        &[
            "oidc:create-claim",
            "wiki",
            "is_staff",
            "profile",
            "isInGroup",
            "-p",
            "staff",
        ],
    ] {
        assert_eq!(admin(data, line), first, "{line:?}");
    }
    assert_eq!(
        admin(data, &["oidc:list-claims", "wiki"]).as_array().map(Vec::len),
        Some(3)
    );
    admin(data, &["oidc:remove-claim", "wiki", "is_staff"]);
    admin(data, &["oidc:remove-claim", &second["id"].to_string()]);
    assert_eq!(admin(data, &["oidc:list-claim"]), json!([third]));
    let functions = admin(data, &["oidc:list-claim-functions"]);
    assert_eq!(functions.as_array().map(Vec::len), Some(13));
    for wrong in [
        &["oidc:remove-claim", "wiki", "is_staff"][..],
        &["oidc:remove-claim", "nobody", "tongue"],
        &["oidc:remove-claim", "tongue"],
        &["oidc:create-claim", "a", "profile", "nobody", "getUserEmail"],
        &[
            "oidc:create-claim",
            "a",
            "profile",
            "wiki",
            "isInGroup",
            "staff",
            "-p",
            "staff",
        ],
    ] {
        assert_ne!(refused(data, wrong).0, Some(0), "{wrong:?}");
    }
    assert_eq!(admin(data, &["oidc:list-claim"]), json!([third]));
}

#[test]
fn lines_about_places_after_logout_work_as_in_the_app_and_as_they_did() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let place = "https://wiki.example/bye";
    admin(data, &["oidc:create-logout-redirect-uri", place]);
    for list in ["oidc:list-logout-redirect-uri", "oidc:list-logout-redirect-uris"] {
        assert_eq!(admin(data, &[list])[0]["redirectUri"], place);
    }
    admin(data, &["oidc:remove-logout-redirect-uri", place]);
    assert_eq!(admin(data, &["oidc:list-logout-redirect-uri"]), json!([]));
}
