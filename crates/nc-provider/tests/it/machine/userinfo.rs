//! Who a token's user is.

use axum::body::Body;
use http::{Request, StatusCode, header};
use nc_provider::{CustomClaim, Endpoint, Role};
use serde_json::{Value, json};

use super::world::{Answer, As, NOTES, ROLES, World};

async fn world(role: Role) -> World {
    let world = World::new(role).await;
    world.client("app", |_| {}).await;
    world
}

async fn token(world: &World, scopes: &[&str], resources: &[&str]) -> String {
    let code = world.code("app", scopes, resources).await;
    world.redeem(&As::Post("app"), &code).await.get("access_token")
}

async fn ask(world: &World, token: &str) -> Answer {
    let request = Request::get(world.path(Endpoint::UserInfo)).header(header::AUTHORIZATION, format!("Bearer {token}"));
    world.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn u01_no_bogus_or_expired_token_is_answered_with_a_challenge() {
    for role in ROLES {
        let world = world(role).await;
        let none = world.get(&world.path(Endpoint::UserInfo)).await;
        assert_eq!(none.status, StatusCode::UNAUTHORIZED);
        assert_eq!(none.header("www-authenticate"), Some("Bearer"));
        let token = token(&world, &["openid"], &[]).await;
        assert_eq!(ask(&world, &token).await.status, StatusCode::OK);
        world.pass(300);
        for bad in [token.as_str(), "bogus", "nca_x", "eyJhbGciOiJub25lIn0.e30.", "ncr_abc"] {
            let answer = ask(&world, bad).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{bad}");
            let challenge = answer.header("www-authenticate").expect("a challenge");
            assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{challenge}");
        }
    }
}

#[tokio::test]
async fn u02_a_token_for_another_resource_or_without_openid_is_refused() {
    for role in ROLES {
        let world = world(role).await;
        let other = token(&world, &["openid", "notes:read"], &[NOTES]).await;
        ask(&world, &other).await.is(401, "invalid_token");
        let without = token(&world, &["notes:read", "profile"], &[]).await;
        let answer = ask(&world, &without).await;
        answer.is(403, "insufficient_scope");
        assert!(
            answer
                .header("www-authenticate")
                .expect("a challenge")
                .contains("insufficient_scope")
        );
    }
}

#[tokio::test]
async fn u03_a_token_in_the_query_is_not_seen_and_two_are_refused() {
    for role in ROLES {
        let world = world(role).await;
        let token = token(&world, &["openid"], &[]).await;
        let path = format!("{}?access_token={token}", world.path(Endpoint::UserInfo));
        assert_eq!(world.get(&path).await.status, StatusCode::UNAUTHORIZED);
        let posted = world
            .post(Endpoint::UserInfo, &As::Nobody, &[("access_token", &token)])
            .await;
        assert_eq!(posted.status, StatusCode::OK, "{}", posted.text());
        let mut both = world.form(Endpoint::UserInfo, &As::Nobody, &[("access_token", &token)]);
        both.headers_mut().insert(
            header::AUTHORIZATION,
            format!("Bearer {token}").parse().expect("a value"),
        );
        world.send(both).await.is(400, "invalid_request");
    }
}

#[tokio::test]
async fn each_scope_tells_its_claims_and_no_more() {
    for role in ROLES {
        let world = world(role).await;
        let read = async |scopes: &[&str]| ask(&world, &token(&world, scopes, &[]).await).await.json();
        let bare = read(&["openid"]).await;
        let names: Vec<&String> = bare.as_object().expect("an object").keys().collect();
        assert_eq!(names, ["preferred_username", "scope", "sub"]);
        assert_eq!(bare["preferred_username"], "ann");
        assert!(uuid::Uuid::parse_str(bare["sub"].as_str().expect("text")).is_ok());
        let all = read(&["openid", "profile", "email", "groups", "roles"]).await;
        for (name, value) in [
            ("name", json!("Ann Maria Example")),
            ("given_name", json!("Ann")),
            ("middle_name", json!("Maria")),
            ("family_name", json!("Example")),
            ("website", json!("https://ann.example")),
            ("phone_number", json!("+49 30 1")),
            ("address", json!({"formatted": "Street 1"})),
            ("picture", json!("https://cloud.example/avatar/ann")),
            ("quota", json!("5 GB")),
            ("email", json!("ann@home.example")),
            ("email_verified", json!(false)),
            ("groups", json!(["staff"])),
            ("roles", json!(["staff"])),
            ("scope", json!("email groups openid profile roles")),
        ] {
            assert_eq!(all[name], value, "{name}");
        }
    }
}

#[tokio::test]
async fn settings_and_the_client_change_what_is_told() {
    let world = world(Role::Cloud).await;
    world.set("restrict_user_information", "avatar phone").await;
    world.set("group_claim_type", "displayname").await;
    world.set("overwrite_email_verified", "true").await;
    let claim = |name: &str, function: &str, parameter: Option<&str>| CustomClaim {
        id: 1,
        scope: "profile".to_owned(),
        name: name.to_owned(),
        function: function.to_owned(),
        parameter: parameter.map(str::to_owned),
    };
    world
        .change_client("app", |client| {
            client.document.email_regex = Some("@work\\.".to_owned());
            client.document.custom_claims = vec![
                claim("admin", "isAdmin", None),
                claim("staff", "isInGroup", Some("staff")),
                claim("boss", "isGroupAdmin", Some("staff")),
                claim("guest", "hasRole", Some("guests")),
                claim("lang", "getUserLanguage", None),
                claim("zone", "getUserTimezone", None),
                claim("list", "getUserGroups", None),
                claim("sub", "getUserEmail", None),
                claim("groups", "getUserEmail", None),
            ];
        })
        .await;
    let told = ask(
        &world,
        &token(&world, &["openid", "profile", "email", "groups", "roles"], &[]).await,
    )
    .await
    .json();
    for (name, value) in [
        ("picture", Value::Null),
        ("phone_number", Value::Null),
        ("website", json!("https://ann.example")),
        ("groups", json!(["All the staff"])),
        ("roles", json!(["All the staff"])),
        ("email", json!("ann@work.example")),
        ("email_verified", json!(true)),
        ("admin", json!(false)),
        ("staff", json!(true)),
        ("boss", json!(true)),
        ("guest", json!(false)),
        ("lang", json!("de")),
        ("zone", Value::Null),
        ("list", json!(["staff"])),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
    assert_ne!(told["sub"], "ann@home.example");
    let without = ask(&world, &token(&world, &["openid"], &[]).await).await.json();
    assert!(without.get("admin").is_none(), "custom claims have a scope as well");
}
