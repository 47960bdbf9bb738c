//! Accounts of the embedded cloud, administered from the shell.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    admin::{admin, refused},
    program::Program,
};

const PASSWORD: &str = "correct horse battery staple";

fn one(data: &Path, user: &str) -> Value {
    let listed = admin(data, &["user:list"]);
    let found = listed
        .as_array()
        .expect("accounts")
        .iter()
        .find(|account| account["user"] == user);
    found.cloned().expect("the account")
}

#[test]
fn accounts_are_made_changed_and_shut_out_while_the_cloud_stands_still() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let (code, why) = refused(data, &["user:list"]);
    assert!(code == Some(2) && why.contains("there is no cloud in"), "{why}");

    let made = admin(
        data,
        &["user:add", "alice", "--display-name", "Alice", "--group", "admin"],
    );
    assert!(
        made["password"].as_str().is_some_and(|password| password.len() >= 16),
        "{made}"
    );
    assert_eq!(refused(data, &["user:add", "ALICE"]).0, Some(1));
    assert_eq!(refused(data, &["user:add", "a/b"]).0, Some(2));
    let file = data.join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).expect("written");
    let file = file.to_str().expect("a path");
    // What the operator knows is not shown.
    assert_eq!(
        admin(data, &["user:add", "bob", "--password-file", file]),
        json!({ "user": "bob" })
    );
    assert_eq!(
        admin(data, &["user:resetpassword", "alice", "--password-file", file]),
        json!({ "user": "alice" })
    );
    assert!(admin(data, &["user:resetpassword", "bob"])["password"].is_string());
    assert_eq!(refused(data, &["user:resetpassword", "carol"]).0, Some(1));

    admin(data, &["group:adduser", "staff", "alice"]);
    admin(data, &["group:removeuser", "admin", "alice"]);
    assert_eq!(refused(data, &["group:removeuser", "admin", "alice"]).0, Some(1));
    assert_eq!(refused(data, &["group:adduser", "staff", "carol"]).0, Some(1));
    // Whom a group belongs to is known as long as it has members.
    for (code, wrong) in [(1, ["nobody", "bob"]), (1, ["staff", "carol"]), (1, ["admin", "bob"])] {
        let line = [&["group:addsubadmin"][..], &wrong].concat();
        assert_eq!(refused(data, &line).0, Some(code), "{wrong:?}");
    }
    admin(data, &["group:addsubadmin", "staff", "bob"]);
    assert_eq!(one(data, "bob")["subadmin"], json!(["staff"]));
    admin(data, &["group:removesubadmin", "staff", "bob"]);
    assert_eq!(refused(data, &["group:removesubadmin", "staff", "bob"]).0, Some(1));
    let factor = admin(data, &["twofactorauth:enable", "alice"]);
    assert!(
        factor["uri"]
            .as_str()
            .is_some_and(|uri| uri.starts_with("otpauth://totp/")),
        "{factor}"
    );
    let alice = one(data, "alice");
    assert_eq!(
        (
            &alice["displayName"],
            &alice["groups"],
            &alice["secondFactor"],
            &alice["disabled"]
        ),
        (&json!("Alice"), &json!(["staff"]), &json!(true), &json!(false))
    );
    admin(data, &["twofactorauth:disable", "alice"]);
    assert_eq!(refused(data, &["twofactorauth:disable", "alice"]).0, Some(1));
    assert_eq!(admin(data, &["user:passkeys:list", "alice"]), json!([]));
    assert_eq!(refused(data, &["user:passkeys:list", "carol"]).0, Some(1));
    assert_eq!(refused(data, &["user:passkeys:remove", "alice", "1"]).0, Some(1));
    admin(data, &["user:disable", "alice"]);
    assert_eq!(one(data, "alice")["disabled"], true);
    admin(data, &["user:enable", "alice"]);
    assert_eq!(refused(data, &["user:disable", "carol"]).0, Some(1));
    let made = admin(data, &["user:auth-tokens:add", "alice", "--name", "phone"]);
    assert_eq!(made["appPassword"].as_str().map(str::len), Some(72));

    let audit = admin(data, &["oidc:audit"]).to_string();
    assert!(
        audit.contains("second factor removed") && audit.contains("account disabled"),
        "{audit}"
    );
    assert!(!audit.contains(PASSWORD) && !audit.contains(made["appPassword"].as_str().expect("text")));
}

#[test]
fn preferences_are_set_shown_and_taken_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    admin(data, &["user:add", "alice"]);
    let all = |lang: Option<&str>, timezone: Option<&str>| json!({ "lang": lang, "locale": null, "timezone": timezone, "first_day_of_week": null });
    assert_eq!(admin(data, &["user:setting", "alice"]), all(None, None));
    assert_eq!(
        admin(data, &["user:setting", "alice", "core", "lang", "de"]),
        json!({ "lang": "de" })
    );
    admin(data, &["user:setting", "alice", "core", "timezone", "Europe/Vienna"]);
    assert_eq!(
        admin(data, &["user:setting", "alice", "core"]),
        all(Some("de"), Some("Europe/Vienna"))
    );
    assert_eq!(
        admin(data, &["user:setting", "alice", "core", "lang", "--delete"]),
        json!({ "lang": null })
    );
    assert_eq!(
        admin(data, &["user:setting", "alice", "core", "timezone"]),
        json!({ "timezone": "Europe/Vienna" })
    );
    for (code, wrong) in [
        (2, &["alice", "core", "timezone", "Mars/Base"][..]),
        (2, &["alice", "core", "enabled", "false"]),
        (2, &["alice", "files", "quota", "1"]),
        (1, &["nobody", "core", "lang", "de"]),
    ] {
        let line = [&["user:setting"][..], wrong].concat();
        assert_eq!(refused(data, &line).0, Some(code), "{wrong:?}");
    }
    assert!(admin(data, &["oidc:audit"]).to_string().contains("a preference set"));
}

#[test]
fn while_a_cloud_runs_its_clients_are_administered_and_its_accounts_are_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let path = data.to_str().expect("a path");
    let mut cloud = Program::new(&["cloud", "--data", path, "--port", "0", "--user", "alice", "--json"]).start();
    let _announced = cloud.read_line();
    admin(
        data,
        &["oidc:create", "Wiki", "https://wiki.example/cb", "--client-id", "wiki"],
    );
    assert_eq!(admin(data, &["oidc:list"])[0]["clientId"], "wiki");
    for command in [&["user:list"][..], &["user:add", "bob"], &["user:disable", "alice"]] {
        let (code, why) = refused(data, command);
        assert_eq!(code, Some(1));
        assert!(why.contains("a running cloud has") && why.contains("stop it"), "{why}");
    }
}
