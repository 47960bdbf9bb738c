//! Exchanging tokens, and tokens for programs.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::StatusCode;
use nc_proto::oauth::{
    client_auth::AuthMethod,
    token::{ACCESS_TOKEN_TYPE, EXCHANGE},
};
use nc_provider::{Endpoint, GrantType, ResourceDocument, Role};
use nc_store::ClientKind;
use serde_json::{Value, json};

use super::world::{Answer, As, NOTES, ROLES, World};

const MCP: &str = "https://mcp.example/mcp";
const CLOUD: &str = "https://cloud.example/api";
const SERVER: As<'_> = As::Post("server");

async fn world(role: Role) -> World {
    let world = World::new(role).await;
    world
        .client("app", |document| document.resources = vec![MCP.to_owned()])
        .await;
    for (id, method) in [("server", AuthMethod::ClientSecretPost), ("open", AuthMethod::None)] {
        world
            .client(id, |document| {
                document.auth_method = method;
                document.grants.insert(GrantType::TokenExchange);
                document.exchange_targets = vec![CLOUD.to_owned()];
                document.allowed_scopes = Some(vec!["notes:read".to_owned(), "notes:write".to_owned()]);
            })
            .await;
    }
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mcp = ResourceDocument {
        scopes: words(&["notes:read", "notes:write", "deck:read", "files:read"]),
        ..ResourceDocument::default()
    };
    let cloud = ResourceDocument {
        scopes: words(&["notes:read", "notes:write", "files:read"]),
        scope_mapping: vec![("deck:read".to_owned(), "notes:write".to_owned())],
        token_format: Some("jwt".to_owned()),
        claims: words(&["groups"]),
        ..ResourceDocument::default()
    };
    world.resource(MCP, Some("server"), &mcp).await;
    world.resource(CLOUD, None, &cloud).await;
    world
}

async fn subject(world: &World, scopes: &[&str], resource: &str) -> Answer {
    let code = world.code("app", scopes, &[resource]).await;
    world.redeem(&As::Post("app"), &code).await
}

async fn exchange(world: &World, who: &As<'_>, token: &str, more: &[(&str, &str)]) -> Answer {
    let form = [
        ("grant_type", EXCHANGE),
        ("subject_token", token),
        ("subject_token_type", ACCESS_TOKEN_TYPE),
    ];
    let form = [&form[..], more].concat();
    world.token(who, &form).await
}

const TO_CLOUD: [(&str, &str); 1] = [("resource", CLOUD)];

fn payload(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON")
}

#[tokio::test]
async fn t25_what_cannot_be_exchanged_is_refused() {
    for role in ROLES {
        let world = world(role).await;
        let tokens = subject(&world, &["openid", "notes:read", "offline_access"], MCP).await;
        let access = tokens.get("access_token");
        let foreign = subject(&world, &["notes:read"], NOTES).await.get("access_token");
        exchange(&world, &SERVER, &foreign, &TO_CLOUD)
            .await
            .is(400, "invalid_grant");
        exchange(&world, &SERVER, &tokens.get("id_token"), &TO_CLOUD)
            .await
            .is(400, "invalid_request");
        exchange(&world, &SERVER, &tokens.get("refresh_token"), &TO_CLOUD)
            .await
            .is(400, "invalid_request");
        exchange(&world, &As::Public("open"), &access, &TO_CLOUD)
            .await
            .is(400, "unauthorized_client");
        exchange(&world, &As::Post("app"), &access, &TO_CLOUD)
            .await
            .is(400, "unauthorized_client");
        exchange(&world, &SERVER, &access, &[("resource", NOTES)])
            .await
            .is(400, "invalid_target");
        exchange(&world, &SERVER, &access, &[("audience", "nobody")])
            .await
            .is(400, "invalid_target");
        exchange(&world, &SERVER, &access, &[]).await.is(400, "invalid_target");
        exchange(&world, &SERVER, "bogus", &TO_CLOUD)
            .await
            .is(400, "invalid_grant");
        let of_id = [
            ("resource", CLOUD),
            ("requested_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        ];
        exchange(&world, &SERVER, &access, &of_id)
            .await
            .is(400, "invalid_request");
        let good = exchange(&world, &SERVER, &access, &TO_CLOUD).await;
        assert_eq!(good.status, StatusCode::OK, "{}", good.text());
        world.pass(300);
        exchange(&world, &SERVER, &access, &TO_CLOUD)
            .await
            .is(400, "invalid_grant");
    }
}

#[tokio::test]
async fn t25_scopes_are_mapped_and_narrowed_by_everybody_concerned() {
    for role in ROLES {
        let world = world(role).await;
        let scopes = ["openid", "notes:read", "deck:read", "files:read"];
        let access = subject(&world, &scopes, MCP).await.get("access_token");
        // `deck:read` becomes `notes:write`; `files:read` is not the caller's, `openid` neither.
        let all = exchange(&world, &SERVER, &access, &TO_CLOUD).await;
        assert_eq!(all.get("scope"), "notes:read notes:write");
        let wider = [("resource", CLOUD), ("scope", "notes:read files:read admin:write")];
        assert_eq!(
            exchange(&world, &SERVER, &access, &wider).await.get("scope"),
            "notes:read"
        );
        let nothing = [("resource", CLOUD), ("scope", "files:read")];
        exchange(&world, &SERVER, &access, &nothing)
            .await
            .is(400, "invalid_scope");
    }
}

#[tokio::test]
async fn t26_the_new_token_names_all_parties_and_ends_no_later() {
    for role in ROLES {
        let world = world(role).await;
        let subject = subject(&world, &["openid", "notes:read"], MCP).await;
        world.pass(100);
        let answer = exchange(&world, &SERVER, &subject.get("access_token"), &[("audience", CLOUD)]).await;
        assert_eq!(answer.get("issued_token_type"), ACCESS_TOKEN_TYPE);
        assert!(answer.json().get("refresh_token").is_none() && answer.json().get("id_token").is_none());
        assert_eq!(answer.json()["expires_in"], 200);
        let claims = payload(&answer.get("access_token"));
        assert_eq!(claims["act"], json!({"sub": "server", "client_id": "app"}));
        assert_eq!(
            (&claims["aud"], &claims["client_id"]),
            (&json!(CLOUD), &json!("server"))
        );
        assert_eq!(
            (&claims["sid"], &claims["groups"]),
            (&json!("session-1"), &json!(["staff"]))
        );
        assert_eq!(claims["sub"], payload(&subject.get("id_token"))["sub"]);
        assert!(world.is_live(&answer.get("access_token"), CLOUD).await);
        assert_eq!(world.audited("token.exchanged").await, 1);
        // It ends with the family that it comes from.
        let form = [("token", subject.get("access_token"))];
        world
            .post(Endpoint::Revoke, &As::Post("app"), &[("token", &form[0].1)])
            .await;
        exchange(&world, &SERVER, &subject.get("access_token"), &TO_CLOUD)
            .await
            .is(400, "invalid_grant");
    }
}

#[tokio::test]
async fn t26_no_more_than_two_parties_act_one_after_the_other() {
    for role in ROLES {
        let world = world(role).await;
        // A token for the server itself, so that it can be exchanged again and again.
        world
            .change_client("server", |client| {
                client.document.exchange_targets = vec![MCP.to_owned()];
            })
            .await;
        let first = subject(&world, &["notes:read"], MCP).await.get("access_token");
        let again = async |token: &str| exchange(&world, &SERVER, token, &[("resource", MCP)]).await;
        let second = again(&first).await.get("access_token");
        let third = again(&second).await.get("access_token");
        again(&third).await.is(400, "invalid_grant");
    }
}

#[tokio::test]
async fn programs_get_tokens_for_themselves_without_anything_of_a_users() {
    for role in ROLES {
        let world = world(role).await;
        let own = |document: &mut nc_provider::ClientDocument| {
            document.grants = [GrantType::ClientCredentials].into();
            document.allowed_scopes = Some(vec!["notes:read".to_owned(), "openid".to_owned()]);
            document.default_scopes = Some(vec!["notes:read".to_owned()]);
        };
        world.client_of("robot", ClientKind::Service, own).await;
        world.client("like", own).await;
        let form = |more: &[(&'static str, &'static str)]| [&[("grant_type", "client_credentials")], more].concat();
        let robot = As::Post("robot");
        let answer = world.token(&robot, &form(&[("resource", NOTES)])).await;
        assert_eq!(answer.get("scope"), "notes:read");
        assert!(answer.json().get("refresh_token").is_none() && answer.json().get("id_token").is_none());
        let told = world
            .post(Endpoint::Introspect, &robot, &[("token", &answer.get("access_token"))])
            .await
            .json();
        assert_eq!(
            (&told["active"], &told["sub"], &told["username"]),
            (&json!(true), &json!("robot"), &Value::Null)
        );
        assert!(
            !world.is_live(&answer.get("access_token"), NOTES).await,
            "there is no account to act for"
        );
        for scope in ["openid", "notes:read openid", "files:read", "admin:read"] {
            world
                .token(&robot, &form(&[("scope", scope)]))
                .await
                .is(400, "invalid_scope");
        }
        world
            .token(&robot, &form(&[("resource", MCP)]))
            .await
            .is(400, "invalid_target");
        for who in [As::Post("like"), As::Post("app"), As::Public("open")] {
            world.token(&who, &form(&[])).await.is(400, "unauthorized_client");
        }
    }
}

#[tokio::test]
async fn what_is_allowed_at_another_resource_of_the_token_is_not_carried_on() {
    const OTHER: &str = "https://other.example/api";
    for role in ROLES {
        let world = world(role).await;
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let with = |scopes: &[&str]| ResourceDocument {
            scopes: words(scopes),
            ..ResourceDocument::default()
        };
        world.resource(MCP, Some("server"), &with(&["notes:read"])).await;
        world.resource(OTHER, None, &with(&["notes:write"])).await;
        world
            .change_client("app", |client| {
                client.document.resources = vec![MCP.to_owned(), OTHER.to_owned()];
            })
            .await;
        let code = world.code("app", &["notes:read", "notes:write"], &[MCP, OTHER]).await;
        let tokens = world.redeem(&As::Post("app"), &code).await;
        assert_eq!(tokens.get("scope"), "notes:read notes:write");
        let exchanged = exchange(&world, &SERVER, &tokens.get("access_token"), &TO_CLOUD).await;
        assert_eq!(exchanged.get("scope"), "notes:read");
    }
}

#[tokio::test]
async fn an_exchanged_token_ends_with_the_client_that_the_user_gave_the_rights_to() {
    for role in ROLES {
        let world = world(role).await;
        let access = subject(&world, &["notes:read"], MCP).await.get("access_token");
        let exchanged = exchange(&world, &SERVER, &access, &TO_CLOUD).await.get("access_token");
        assert!(world.is_live(&exchanged, CLOUD).await);
        world.change_client("app", |client| client.record.disabled = true).await;
        assert!(!world.is_live(&exchanged, CLOUD).await);
    }
}
