//! Scopes arrive whole, and signed tokens say what they should.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{Request, header};
use nc_proto::oauth::{
    jose::{Algorithm, token_hash},
    scope_list::ScopeList,
};
use nc_provider::{Endpoint, Role};
use nc_store::{AccessTokenRecord, Digest};
use serde_json::{Value, json};

use super::world::{As, NOTES, ROLES, World, all_scopes};

const APP: As<'_> = As::Post("app");

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("a part");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

fn set(scope: &Value) -> ScopeList {
    ScopeList::parse(scope.as_str().expect("text")).expect("scopes")
}

/// As many scopes of the form `xNNN:read` as fit into exactly `bytes`.
fn scopes_of(bytes: usize) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    let mut left = bytes + 1;
    while left > 0 {
        let length = if left > 240 {
            119
        } else if left > 120 {
            left / 2 - 1
        } else {
            left - 1
        };
        let index = scopes.len();
        scopes.push(format!("x{index:03}:{}", "r".repeat(length - 5)));
        left -= length + 1;
    }
    assert_eq!(scopes.join(" ").len(), bytes);
    scopes
}

#[tokio::test]
async fn s02_all_21_scopes_arrive_in_the_token_the_introspection_and_the_user_info() {
    let reference = all_scopes();
    assert_eq!((reference.len(), reference.join(" ").len()), (21, 247));
    let scopes: Vec<&str> = reference.iter().map(String::as_str).collect();
    let expected = ScopeList::from_tokens(scopes.iter().copied()).expect("scopes");
    for role in ROLES {
        for format in ["jwt", "opaque"] {
            let world = World::new(role).await;
            world.set("default_token_type", format).await;
            world.client("app", |_| {}).await;
            let code = world.code("app", &scopes, &[]).await;
            let answer = world.redeem(&APP, &code).await;
            let token = answer.get("access_token");
            assert_eq!(set(&answer.json()["scope"]), expected);
            assert_eq!(token.starts_with("nca_"), format == "opaque");
            if format == "jwt" {
                assert_eq!(set(&part(&token, 1)["scope"]), expected);
            }
            let told = world
                .post(Endpoint::Introspect, &APP, &[("token", &token)])
                .await
                .json();
            assert_eq!(set(&told["scope"]), expected);
            let request =
                Request::get(world.path(Endpoint::UserInfo)).header(header::AUTHORIZATION, format!("Bearer {token}"));
            let info = world
                .send(request.body(axum::body::Body::empty()).expect("a request"))
                .await
                .json();
            assert_eq!(set(&info["scope"]), expected);
            let userinfo = world.provider.config().url(Endpoint::UserInfo);
            assert_eq!(
                world.verify(&token, &userinfo).await.expect("believed").scopes,
                expected
            );
        }
    }
}

#[tokio::test]
async fn a11_lists_up_to_the_limits_are_never_cut() {
    for role in ROLES {
        for (bytes, format) in [
            (511, "jwt"),
            (512, "jwt"),
            (513, "jwt"),
            (513, "opaque"),
            (4096, "opaque"),
        ] {
            let world = World::new(role).await;
            world.set("default_token_type", format).await;
            let scopes = scopes_of(bytes);
            world
                .client("app", |document| document.allowed_scopes = Some(scopes.clone()))
                .await;
            let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
            let expected = scopes.join(" ");
            let code = world.code("app", &scopes, &[]).await;
            let answer = world.redeem(&APP, &code).await;
            assert_eq!(answer.get("scope"), expected, "{bytes}");
            let token = answer.get("access_token");
            let told = world
                .post(Endpoint::Introspect, &APP, &[("token", &token)])
                .await
                .json();
            assert_eq!(told["scope"], expected, "{bytes}");
            if format == "jwt" {
                assert_eq!(part(&token, 1)["scope"], expected);
            }
        }
    }
}

#[tokio::test]
async fn a10_a_list_that_no_signed_token_can_hold_is_an_invalid_scope_and_less_of_it_is_good() {
    for role in ROLES {
        let world = World::signing(
            role,
            &[Algorithm::Rs256],
            |config| config.algorithm = Algorithm::Rs256,
            |store| store,
        )
        .await;
        world.set("default_token_type", "jwt").await;
        // As long as ids are that this server makes up.
        let id = "a".repeat(64);
        let app = As::Post(&id);
        let scopes = scopes_of(4096);
        let allowed: Vec<String> = scopes.iter().cloned().chain(["offline_access".to_owned()]).collect();
        world
            .client(&id, |document| document.allowed_scopes = Some(allowed))
            .await;
        let all: Vec<&str> = scopes.iter().map(String::as_str).collect();
        let answer = world.redeem(&app, &world.code(&id, &all, &[]).await).await;
        answer.is(400, "invalid_scope");
        assert!(answer.text().contains("6 KiB"), "{}", answer.text());
        // The same for a refresh, whose token stays good for fewer scopes.
        world.set("default_token_type", "opaque").await;
        world.set("provide_refresh_token_always", "true").await;
        let opaque = world.redeem(&app, &world.code(&id, &all, &[]).await).await;
        let refresh = opaque.get("refresh_token");
        world.set("default_token_type", "jwt").await;
        world.refresh(&app, &refresh).await.is(400, "invalid_scope");
        let fewer = all[..20].join(" ");
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.as_str()),
            ("scope", fewer.as_str()),
        ];
        let narrowed = world.token(&app, &form).await;
        assert_eq!(part(&narrowed.get("access_token"), 1)["scope"], fewer);
    }
}

#[tokio::test]
async fn a10_lists_above_the_limits_are_refused_at_the_token_endpoint() {
    for role in ROLES {
        let world = World::new(role).await;
        let scopes = scopes_of(4096);
        world
            .client("app", |document| document.allowed_scopes = Some(scopes.clone()))
            .await;
        let scopes: Vec<&str> = scopes
            .iter()
            .map(String::as_str)
            .chain(["offline_access"])
            .take(256)
            .collect();
        // The longest list is asked for as it is; one byte more is refused, as are 257 scopes and one of 129 bytes.
        let whole = scopes_of(4096).join(" ");
        let code = world.code("app", &scopes[..scopes.len() - 1], &[]).await;
        world.set("provide_refresh_token_always", "true").await;
        let refresh = world.redeem(&APP, &code).await.get("refresh_token");
        let attempt = async |scope: &str| {
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh.as_str()),
                ("scope", scope),
            ];
            world.token(&APP, &form).await
        };
        attempt(&format!("{whole}r")).await.is(400, "invalid_scope");
        let many: Vec<String> = (0..257).map(|index| format!("s{index}")).collect();
        attempt(&many.join(" ")).await.is(400, "invalid_scope");
        attempt(&"s".repeat(129)).await.is(400, "invalid_scope");
        assert_eq!(attempt(&whole).await.get("scope"), whole);
    }
}

#[tokio::test]
async fn a_signed_access_token_follows_rfc_9068() {
    for role in ROLES {
        let world = World::new(role).await;
        world
            .client("app", |document| document.tokens_are_jwt = Some(true))
            .await;
        let code = world
            .code("app", &["openid", "profile", "email", "notes:read"], &[NOTES])
            .await;
        let token = world.redeem(&APP, &code).await.get("access_token");
        let header = part(&token, 0);
        assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("ES256")));
        let keys = world.get(&world.path(Endpoint::Jwks)).await.json();
        assert!(
            keys["keys"]
                .as_array()
                .expect("keys")
                .iter()
                .any(|key| key["kid"] == header["kid"])
        );
        let claims = part(&token, 1);
        let now = world.now();
        for (name, value) in [
            ("iss", json!(world.provider.config().issuer)),
            ("aud", json!(NOTES)),
            ("exp", json!(now + 300)),
            ("iat", json!(now)),
            ("client_id", json!("app")),
            ("azp", json!("app")),
            ("auth_time", json!(now - 5)),
            ("acr", json!("1")),
            ("amr", json!(["pwd"])),
            ("sid", json!("session-1")),
            ("preferred_username", json!("ann")),
            ("scope", json!("email notes:read openid profile")),
        ] {
            assert_eq!(claims[name], value, "{name}");
        }
        for name in ["name", "email", "groups", "roles"] {
            assert!(claims.get(name).is_none(), "{name}");
        }
        assert!(
            BASE64_URL_SAFE_NO_PAD
                .decode(claims["jti"].as_str().expect("text"))
                .expect("base64url")
                .len()
                >= 16
        );
        // What it says is believed only as long as its row is there.
        let jti = claims["jti"].as_str().expect("text");
        assert!(world.is_live(&token, NOTES).await);
        assert!(!world.is_live(&token, super::world::FILES).await);
        let unit = world.store.begin().await.expect("a unit");
        assert!(unit.revoke_access_token(Digest::of(jti), now).await.expect("revoked"));
        unit.commit().await.expect("committed");
        assert!(!world.is_live(&token, NOTES).await);
    }
}

#[tokio::test]
async fn an_id_token_is_for_its_client_and_for_no_api() {
    for role in ROLES {
        let world = World::new(role).await;
        world
            .client("app", |document| document.id_token_algorithm = Some("EdDSA".to_owned()))
            .await;
        let ask = |grant: &mut nc_provider::GrantDocument, _: &mut nc_provider::CodeDocument| {
            let claims = r#"{"id_token":{"email":null,"groups":null}}"#;
            grant.claims = Some(nc_proto::oauth::authorize::ClaimsRequest::parse(claims).expect("claims"));
        };
        let (code, _) = world.code_with("app", &["openid", "email", "profile"], &[], ask).await;
        let answer = world.redeem(&APP, &code).await;
        let (token, access) = (answer.get("id_token"), answer.get("access_token"));
        assert_eq!(part(&token, 0)["typ"], "JWT");
        let claims = part(&token, 1);
        for (name, value) in [
            ("iss", json!(world.provider.config().issuer)),
            ("aud", json!("app")),
            ("azp", json!("app")),
            ("nonce", json!("n-1")),
            ("exp", json!(world.now() + 300)),
            ("auth_time", json!(world.now() - 5)),
            ("acr", json!("1")),
            ("amr", json!(["pwd"])),
            ("sid", json!("session-1")),
            ("at_hash", json!(token_hash(&access, Algorithm::EdDsa))),
            ("email", json!("ann@home.example")),
            // Asked for, but no scope covers it; covered, but not asked for.
            ("groups", Value::Null),
            ("name", Value::Null),
        ] {
            assert_eq!(claims[name], value, "{name}");
        }
        let userinfo = world.provider.config().url(Endpoint::UserInfo);
        assert!(world.is_live(&access, &userinfo).await);
        assert!(!world.is_live(&token, &userinfo).await && !world.is_live(&token, "https://app.example").await);
        world.set("always_include_scope_claims", "true").await;
        let code = world.code("app", &["openid", "profile"], &[]).await;
        let claims = part(&world.redeem(&APP, &code).await.get("id_token"), 1);
        assert_eq!(
            (&claims["name"], &claims["email"]),
            (&json!("Ann Maria Example"), &Value::Null)
        );
    }
}

#[tokio::test]
async fn a_row_without_its_grant_key_does_not_make_a_token() {
    let world = World::new(Role::Cloud).await;
    world.client("app", |_| {}).await;
    let (_, grant) = world.code_with("app", &["openid"], &[NOTES], |_, _| {}).await;
    // A token of the right form that nobody issued.
    let made_up = format!("nca_{}", "A".repeat(49));
    let record = AccessTokenRecord {
        token: Digest::of(&made_up),
        grant,
        document: "{}".to_owned(),
        expires_at: world.now() + 100,
        revoked_at: None,
    };
    let unit = world.store.begin().await.expect("a unit");
    unit.insert_access_token(&record).await.expect("stored");
    unit.commit().await.expect("committed");
    assert!(
        !world.is_live(&made_up, NOTES).await,
        "its checksum is wrong, so it is not even looked up"
    );
}
