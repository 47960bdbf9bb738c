//! What the provider tells of a person of the embedded cloud: everything that the cloud knows, and nothing else is promised.

use nc_auth::{UserId, basic};
use nc_proto::oauth::client_auth::AuthMethod;
use nc_provider::admin::{Admin, ClientChange, NewAdminClient, NewClaim, NewClientKind, WhichClient};
use nc_testkit::{
    app::{Reply, TestUser, send},
    cloud_app::{CloudApp, REDIRECT},
};
use serde_json::{Value, json};

use crate::tokens::OCS;

const SCOPES: &str = "openid profile email groups roles";

/// A client that is told more than others: by `email_regex` and claims of its own.
async fn client(app: &CloudApp, email_regex: Option<&str>, claims: &[(&str, Option<&str>)]) -> String {
    let admin = Admin::new(app.provider.store(), app.provider.now(), "test");
    let new = NewAdminClient {
        name: "Wiki".to_owned(),
        kind: NewClientKind::Ordinary,
        redirect_uris: vec![REDIRECT.to_owned()],
        auth_method: AuthMethod::None,
        jwks: None,
        client_id: None,
        secret: None,
        id_token_algorithm: None,
        changes: vec![ClientChange::EmailRegex(email_regex.map(str::to_owned))],
    };
    let made = admin.create_client(new).await.expect("a client");
    let id = made.client.id().to_owned();
    for (number, (function, parameter)) in claims.iter().enumerate() {
        let claim = NewClaim {
            scope: "profile".to_owned(),
            name: format!("c{number}"),
            function: (*function).to_owned(),
            parameter: parameter.map(str::to_owned),
        };
        admin.put_claim(WhichClient::Id(&id), claim).await.expect("a claim");
    }
    id
}

async fn told(app: &CloudApp, user: &TestUser, client: &str) -> Value {
    let tokens = app.authorize(user, client, &[("scope", SCOPES)]).await;
    app.with("GET", "/apps/oidc/userinfo", &tokens.bearer()).await.message()
}

/// Changes the person's own record, with the account's password.
async fn put(app: &CloudApp, user: &TestUser, path: &str, key: &str, value: &str) -> Reply {
    let password = basic::header_value(user.name, &user.password);
    let path = format!("/ocs/v2.php/cloud/users/{}{path}?format=json", user.name);
    let request = app.request("PUT", &path).header("authorization", password);
    send(
        request
            .header("ocs-apirequest", "true")
            .form(&[("key", key), ("value", value)]),
    )
    .await
}

async fn record(app: &CloudApp, user: &TestUser) -> Value {
    let request = app.request("GET", OCS).header("authorization", user.basic());
    send(request.header("ocs-apirequest", "true")).await.message()["ocs"]["data"].clone()
}

#[tokio::test]
async fn every_function_of_claims_tells_what_the_cloud_knows_of_the_person() {
    let app = CloudApp::boot().await;
    let alice = UserId::new("alice");
    for group in ["team", "staff"] {
        app.cloud.add_to_group(&alice, group).await.expect("added");
    }
    // One is in a group and does not administer it; the other administers it and is not in it.
    let root = UserId::new("root");
    let made = app.cloud.add_group_administrator(&root, "team").await;
    made.expect("an administrator of a group");
    let functions = [
        ("isAdmin", None, json!(false), json!(true)),
        ("isGroupAdmin", Some("team"), json!(false), json!(true)),
        ("hasRole", Some("team"), json!(true), json!(false)),
        ("isInGroup", Some("admin"), json!(false), json!(true)),
        (
            "getUserEmail",
            None,
            json!("alice@example.org"),
            json!("root@example.org"),
        ),
        ("getUserGroups", None, json!(["staff", "team"]), json!(["admin"])),
        (
            "getUserGroupsDisplayName",
            None,
            json!(["staff", "team"]),
            json!(["admin"]),
        ),
        ("getUserGroupsString", None, json!("staff, team"), json!("admin")),
        (
            "getUserGroupsDisplayNameString",
            None,
            json!("staff, team"),
            json!("admin"),
        ),
        ("getUserLanguage", None, json!("de"), json!("en")),
        ("getUserLocale", None, json!("de_AT"), json!("en")),
        ("getUserFDOW", None, json!(1), json!(0)),
        ("getUserTimezone", None, json!("Europe/Vienna"), json!("UTC")),
    ];
    assert_eq!(
        functions.each_ref().map(|(function, ..)| *function),
        *Admin::claim_functions(),
        "every function is tried"
    );
    for (key, value) in [("language", "de"), ("locale", "de_AT"), ("timezone", "Europe/Vienna")] {
        let changed = put(&app, &app.alice, "", key, value).await;
        assert_eq!(changed.status.as_u16(), 200, "{key}: {}", changed.text);
        assert_eq!(record(&app, &app.alice).await[key], value);
    }
    let claims = functions
        .each_ref()
        .map(|(function, parameter, ..)| (*function, *parameter));
    let client = client(&app, None, &claims).await;
    let (of_alice, of_root) = (
        told(&app, &app.alice, &client).await,
        told(&app, &app.root, &client).await,
    );
    for (number, (function, _, alice, root)) in functions.iter().enumerate() {
        let name = format!("c{number}");
        assert_eq!((&of_alice[&name], &of_root[&name]), (alice, root), "{function}");
    }
    // What is chosen goes before what is usual, until it is taken back.
    for (value, day) in [("6", json!(6)), ("", json!(1))] {
        assert_eq!(
            put(&app, &app.alice, "", "first_day_of_week", value)
                .await
                .status
                .as_u16(),
            200
        );
        assert_eq!(told(&app, &app.alice, &client).await["c11"], day);
    }
}

#[tokio::test]
async fn the_user_info_holds_what_discovery_promises_of_people() {
    let app = CloudApp::boot().await;
    let client = client(&app, None, &[]).await;
    app.cloud
        .add_to_group(&UserId::new("alice"), "team")
        .await
        .expect("added");
    app.clock.advance(time::Duration::seconds(100));
    for (key, value) in [
        ("displayname", "Ann Mary Example"),
        ("phone", "+431234"),
        ("website", "https://ann.example"),
        ("address", "Vienna"),
    ] {
        assert_eq!(
            put(&app, &app.alice, "", key, value).await.status.as_u16(),
            200,
            "{key}"
        );
    }
    let changed_at = app.clock.now().unix_timestamp();
    app.clock.advance(time::Duration::seconds(100));
    let info = told(&app, &app.alice, &client).await;
    let document = send(app.request("GET", "/.well-known/openid-configuration"))
        .await
        .message();
    let promised = document["claims_supported"].as_array().expect("claims").clone();
    // Of the sign-in and the token; and a storage limit, which this account has not.
    let of_tokens = [
        "iss",
        "aud",
        "azp",
        "exp",
        "iat",
        "auth_time",
        "acr",
        "amr",
        "nonce",
        "at_hash",
        "sid",
        "quota",
    ];
    for claim in &promised {
        let claim = claim.as_str().expect("text");
        assert!(
            of_tokens.contains(&claim) || !info[claim].is_null(),
            "{claim} is promised, and not in {info}"
        );
    }
    for claim in info.as_object().expect("members").keys() {
        assert!(promised.contains(&json!(claim)), "{claim} is told, and not promised");
    }
    assert_eq!(info["updated_at"], changed_at);
    assert_eq!(
        (&info["family_name"], &info["phone_number"]),
        (&json!("Example"), &json!("+431234"))
    );
}

#[tokio::test]
async fn the_picture_of_a_person_is_there_for_everybody_and_of_nobody_as_well() {
    let app = CloudApp::boot().await;
    let client = client(&app, None, &[]).await;
    let told = async || told(&app, &app.alice, &client).await["picture"].clone();
    let picture = told().await;
    let address = picture.as_str().expect("an address");
    let path = address.strip_prefix(&app.url).expect("an address of the cloud");
    assert_eq!(path, "/index.php/avatar/alice/64");
    let shown = async |path: &str| send(app.request("GET", path)).await;
    let alice = shown(path).await;
    assert_eq!(alice.status.as_u16(), 200);
    for (name, value) in [
        ("content-type", "image/svg+xml"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "public, max-age=86400, immutable"),
        ("x-nc-iscustomavatar", "0"),
    ] {
        assert_eq!(alice.headers[name], value, "{name}");
    }
    assert!(!alice.headers.contains_key("set-cookie"));
    assert!(
        alice.text.contains(">A</text>") && alice.text.contains("width=\"64\""),
        "{}",
        alice.text
    );
    // It says nothing of whether there is such an account, nor of its name.
    app.cloud
        .set_enabled(&UserId::new("bob"), false)
        .await
        .expect("disabled");
    for (path, letter) in [
        ("/avatar/bob/64", "B"),
        ("/avatar/nobody/64", "N"),
        ("/index.php/avatar/%3Cscript%3E/64", "S"),
        ("/avatar/alice/64/dark", "A"),
    ] {
        let other = shown(path).await;
        assert_eq!(
            (other.status.as_u16(), other.headers.len()),
            (200, alice.headers.len()),
            "{path}"
        );
        assert!(
            other.text.contains(&format!(">{letter}</text>")),
            "{path}: {}",
            other.text
        );
        assert_eq!(other.text.matches("<script").count(), 0);
    }
    for (size, width) in [("1", 64), ("65", 512), ("4096", 512), ("x", 64)] {
        let other = shown(&format!("/index.php/avatar/alice/{size}")).await;
        assert!(other.text.contains(&format!("width=\"{width}\"")), "{size}");
    }
    let admin = Admin::new(app.provider.store(), app.provider.now(), "test");
    let set = admin.put_setting("restrict_user_information", Some("avatar"));
    set.await.expect("set");
    app.provider.forget_settings();
    assert!(told().await.is_null(), "what is kept back is not told");
}

#[tokio::test]
async fn a_client_s_expression_chooses_among_all_addresses_of_a_person() {
    let app = CloudApp::boot().await;
    let client = client(&app, Some(r"@work\.example$"), &[]).await;
    assert_eq!(told(&app, &app.alice, &client).await["email"], "alice@example.org");
    let added = put(&app, &app.alice, "", "additional_mail", "alice@work.example").await;
    assert_eq!(added.status.as_u16(), 200, "{}", added.text);
    assert_eq!(
        record(&app, &app.alice).await["additional_mail"],
        json!(["alice@work.example"])
    );
    let info = told(&app, &app.alice, &client).await;
    assert_eq!(
        (&info["email"], &info["email_verified"]),
        (&json!("alice@work.example"), &json!(false))
    );
    // Nobody signs in with it, and others do not see it.
    let login = basic::header_value("alice@work.example", &app.alice.password);
    let request = app.request("GET", OCS).header("ocs-apirequest", "true");
    assert_eq!(send(request.header("authorization", login)).await.status.as_u16(), 401);
    let removed = put(&app, &app.alice, "/additional_mail", "alice@work.example", "").await;
    assert_eq!(removed.status.as_u16(), 200, "{}", removed.text);
    assert_eq!(record(&app, &app.alice).await["additional_mail"], json!([]));
    assert_eq!(told(&app, &app.alice, &client).await["email"], "alice@example.org");
    let again = put(&app, &app.alice, "/additional_mail", "alice@work.example", "").await;
    assert_eq!(again.status.as_u16(), 400);
}

#[tokio::test]
async fn preferences_that_mean_nothing_and_those_of_others_are_refused() {
    let app = CloudApp::boot().await;
    for (key, value) in [
        ("language", "../de"),
        ("locale", "de-AT"),
        ("timezone", "Mars/Base"),
        ("timezone", "W. Europe Standard Time"),
        ("first_day_of_week", "7"),
        ("additional_mail", "no address"),
        ("updated_at", "1"),
        ("lang", "de"),
    ] {
        let refused = put(&app, &app.alice, "", key, value).await;
        assert_eq!(refused.status.as_u16(), 400, "{key} {value}: {}", refused.text);
    }
    let record = record(&app, &app.alice).await;
    assert_eq!((&record["language"], &record["timezone"]), (&json!("en"), &json!("")));
    let password = basic::header_value("alice", &app.alice.password);
    for path in [
        "/ocs/v2.php/cloud/users/bob",
        "/ocs/v2.php/cloud/users/bob/additional_mail",
    ] {
        let request = app.request("PUT", path).header("authorization", &password);
        let form = [("key", "language"), ("value", "de")];
        let reply = send(request.header("ocs-apirequest", "true").form(&form)).await;
        assert_eq!(reply.status.as_u16(), 404, "{path}");
    }
}
