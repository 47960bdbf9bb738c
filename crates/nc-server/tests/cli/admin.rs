use std::path::Path;

use serde_json::{Value, json};

use crate::program::{Program, text};

/// Runs an administrator's command and reads its JSON.
pub(crate) fn admin(data: &Path, arguments: &[&str]) -> Value {
    let data = data.to_str().expect("a path");
    let mut all = vec!["admin", "--json", "--data", data];
    all.extend(arguments);
    let output = Program::new(&all).output();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Runs one that is refused, and says with which code and why.
pub(crate) fn refused(data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let data = data.to_str().expect("a path");
    let mut all = vec!["admin", "--data", data];
    all.extend(arguments);
    let output = Program::new(&all).output();
    assert!(output.stdout.is_empty(), "{arguments:?} printed data");
    (output.status.code(), text(&output.stderr).to_owned())
}

#[test]
fn clients_are_made_changed_listed_and_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let created = admin(
        data,
        &[
            "oidc:create",
            "Wiki",
            "https://wiki.example/cb",
            "--client_id",
            "wiki",
            "--token_type",
            "jwt",
            "--allowed_scopes",
            "openid notes:read",
        ],
    );
    let secret = created["clientSecret"].as_str().expect("a secret");
    assert_eq!((secret.len(), &created["clientId"]), (64, &json!("wiki")));
    assert_eq!(created["allowedScopes"], "notes:read openid");
    let changed = admin(
        data,
        &[
            "oidc:change",
            "wiki",
            "--first-party",
            "--auto-grant",
            "--groups",
            "staff,the others",
            "--name",
            "The wiki",
        ],
    );
    assert_eq!(
        (&changed["autoGrant"], &changed["groups"]),
        (&json!(true), &json!(["staff", "the others"]))
    );
    let listed = admin(data, &["oidc:list"]);
    assert_eq!(
        (listed.as_array().map(Vec::len), &listed[0]["name"]),
        (Some(1), &json!("The wiki"))
    );
    assert!(!listed.to_string().contains(secret), "it is shown once");
    let renewed = admin(data, &["oidc:renew-secret", "wiki"]);
    assert!(renewed["clientSecret"] != secret && renewed["clientSecret"].is_string());
    let service = admin(
        data,
        &[
            "oidc:create",
            "Robot",
            "--service",
            "--resource_url",
            "https://robot.example/",
        ],
    );
    assert_eq!(
        (&service["kind"], &service["resourceUrl"]),
        (&json!("service"), &json!("https://robot.example/"))
    );
    admin(data, &["oidc:remove", "wiki"]);
    assert_eq!(
        refused(data, &["oidc:remove", "wiki"]),
        (Some(1), "error: there is no such client\n".to_owned())
    );
    let (code, why) = refused(data, &["oidc:create", "Wiki", "javascript:alert(1)"]);
    assert!(code == Some(2) && why.contains("javascript"), "{why}");
}

#[test]
fn claims_logout_uris_resources_and_settings_are_administered() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    admin(
        data,
        &["oidc:create", "Wiki", "https://wiki.example/cb", "--client-id", "wiki"],
    );

    let claim = admin(
        data,
        &["oidc:create-claim", "wiki", "is_staff", "profile", "isInGroup", "staff"],
    );
    assert_eq!(admin(data, &["oidc:list-claims"]), json!([claim]));
    admin(data, &["oidc:remove-claim", &claim["id"].to_string()]);
    assert_eq!(admin(data, &["oidc:list-claims", "wiki"]), json!([]));
    let functions = admin(data, &["oidc:list-claim-functions"]);
    assert!(
        functions
            .as_array()
            .is_some_and(|functions| functions.contains(&json!("getUserGroups")))
    );

    admin(
        data,
        &[
            "oidc:create-logout-redirect-uri",
            "https://wiki.example/bye",
            "--client",
            "wiki",
        ],
    );
    admin(data, &["oidc:create-logout-redirect-uri", "https://all.example/bye"]);
    assert_eq!(
        admin(data, &["oidc:list-logout-redirect-uris"])
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    admin(
        data,
        &[
            "oidc:remove-logout-redirect-uri",
            "https://wiki.example/bye",
            "--client",
            "wiki",
        ],
    );
    admin(data, &["oidc:remove-logout-redirect-uri", "https://all.example/bye"]);
    assert_eq!(admin(data, &["oidc:list-logout-redirect-uris"]), json!([]));

    let api = "https://api.example/";
    let added = admin(
        data,
        &[
            "oidc:resource",
            "add",
            api,
            "--scopes",
            "a:read a:write",
            "--owner",
            "wiki",
            "--map-scope",
            "b:read=a:read",
        ],
    );
    assert_eq!(
        (&added["scopes"], &added["scopeMapping"]),
        (&json!(["a:read", "a:write"]), &json!([["b:read", "a:read"]]))
    );
    assert_eq!(admin(data, &["oidc:resource", "list"]), json!([added]));
    admin(data, &["oidc:resource", "remove", api]);

    assert_eq!(
        admin(data, &["oidc:config", "set", "expire_time", "60"]),
        json!({ "expire_time": "60" })
    );
    assert_eq!(admin(data, &["oidc:config", "get"]), json!({ "expire_time": "60" }));
    assert_eq!(
        refused(data, &["oidc:config", "set", "expire_time", "86400"]).0,
        Some(2)
    );
    assert_eq!(refused(data, &["oidc:config", "set", "made_up", "1"]).0, Some(1));
    admin(data, &["oidc:config", "unset", "expire_time"]);
    assert_eq!(admin(data, &["oidc:config", "get", "expire_time"]), json!({}));

    let token = admin(data, &["oidc:initial-access-token", "create", "--expires-in", "60"]);
    let file = data.join("token");
    std::fs::write(&file, token["token"].as_str().expect("a token")).expect("written");
    let file = file.to_str().expect("a path");
    admin(data, &["oidc:initial-access-token", "remove", file]);
    assert_eq!(refused(data, &["oidc:initial-access-token", "remove", file]).0, Some(1));

    let entries = admin(data, &["oidc:audit", "--limit", "100"]);
    let entries = entries.as_array().expect("entries");
    assert!(
        entries.len() > 9 && entries.iter().all(|entry| entry["about"]["by"] == "command line"),
        "{entries:?}"
    );
    // By these numbers `audit verify` names them.
    let numbers: Vec<i64> = entries.iter().filter_map(|entry| entry["number"].as_i64()).collect();
    assert!(
        numbers.len() == entries.len() && numbers.is_sorted_by(|a, b| a > b),
        "{numbers:?}"
    );
}

#[test]
fn keys_are_rotated_and_a_backup_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let states = |keys: &Value, state: &str| {
        let keys = keys.as_array().expect("keys");
        keys.iter().filter(|key| key["state"] == state).count()
    };
    let rotated = admin(data, &["oidc:rotate-keys"]);
    assert!(
        states(&rotated, "active") > 0 && states(&rotated, "next") > 0,
        "{rotated}"
    );
    let replaced = admin(data, &["oidc:rotate-keys", "--emergency"]);
    assert_eq!(states(&replaced, "next"), 0);
    assert!(
        replaced
            .as_array()
            .expect("keys")
            .iter()
            .all(|key| !rotated.to_string().contains(&key["kid"].to_string()))
    );
    let copy = data.join("copy.db");
    let copy = copy.to_str().expect("a path");
    admin(data, &["oidc:backup", copy]);
    assert_eq!(refused(data, &["oidc:backup", copy]).0, Some(1), "nothing is replaced");
    assert_eq!(
        refused(&data.join("none"), &["oidc:list"]).0,
        Some(2),
        "no folder is made by mistake"
    );
}

#[test]
fn the_audit_log_is_verified_with_the_keys_that_it_was_written_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let empty = json!({ "good": 0, "older_than_the_chain": 0 });
    assert_eq!(admin(data, &["audit", "verify"]), empty);
    for value in ["900", "899"] {
        admin(data, &["oidc:config", "set", "expire_time", value]);
    }
    assert_eq!(admin(data, &["audit", "verify"])["good"], 2);
    let key = std::fs::read(data.join("cloud.key")).expect("a key");
    std::fs::remove_file(data.join("cloud.key")).expect("removed");
    let (code, why) = refused(data, &["audit", "verify"]);
    assert_eq!(code, Some(1));
    assert!(why.contains("not configured"), "{why}");
    std::fs::write(data.join("cloud.key"), key).expect("written");
    assert_eq!(admin(data, &["audit", "verify"])["good"], 2);
}

#[test]
fn credentials_of_nobody_are_listed_and_not_revoked() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    assert_eq!(admin(data, &["credentials", "list"]), json!([]));
    assert_eq!(admin(data, &["credentials", "reseal"]), json!({ "resealed": 0 }));
    assert_eq!(refused(data, &["credentials", "revoke", "nobody"]).0, Some(1));
    assert_eq!(refused(data, &["credentials", "revoke", "--user", "nobody"]).0, Some(1));
    assert_eq!(refused(data, &["credentials", "revoke"]).0, Some(2));
    // What only tells a wrong key is nobody's.
    assert_eq!(admin(data, &["credentials", "list"]), json!([]));
}
