//! Giving up tokens.

use http::StatusCode;
use nc_provider::{Endpoint, Role};

use super::world::{As, NOTES, ROLES, World};

const SCOPES: &[&str] = &["openid", "notes:read", "offline_access"];
const APP: As<'_> = As::Post("app");

async fn world(role: Role, format: &str) -> World {
    let world = World::new(role).await;
    world.set("default_token_type", format).await;
    world.client("app", |_| {}).await;
    world.client("other", |_| {}).await;
    world
}

async fn tokens(world: &World) -> (String, String, String) {
    let code = world.code("app", SCOPES, &[NOTES]).await;
    let answer = world.redeem(&APP, &code).await;
    (
        answer.get("access_token"),
        answer.get("refresh_token"),
        answer.get("id_token"),
    )
}

#[tokio::test]
async fn r01_a_refresh_token_takes_its_family_along() {
    for role in ROLES {
        for format in ["opaque", "jwt"] {
            let world = world(role, format).await;
            let (access, refresh, _) = tokens(&world).await;
            assert!(world.is_live(&access, NOTES).await);
            let answer = world.post(Endpoint::Revoke, &APP, &[("token", &refresh)]).await;
            assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0));
            assert!(!world.is_live(&access, NOTES).await);
            world.refresh(&APP, &refresh).await.is(400, "invalid_grant");
            assert_eq!(world.audited("token.revoked").await, 1);
        }
    }
}

#[tokio::test]
async fn r01_an_access_token_goes_alone_or_with_its_family_as_is_set() {
    for role in ROLES {
        let world = world(role, "opaque").await;
        let (access, refresh, _) = tokens(&world).await;
        world.post(Endpoint::Revoke, &APP, &[("token", &access)]).await;
        assert!(!world.is_live(&access, NOTES).await);
        let refreshed = world.refresh(&APP, &refresh).await;
        world.set("revoke_family_with_access_token", "true").await;
        let (access, refresh) = (refreshed.get("access_token"), refreshed.get("refresh_token"));
        world.post(Endpoint::Revoke, &APP, &[("token", &access)]).await;
        assert!(!world.is_live(&access, NOTES).await);
        world.refresh(&APP, &refresh).await.is(400, "invalid_grant");
    }
}

#[tokio::test]
async fn r02_what_is_unknown_or_anothers_is_answered_alike_and_left_alone() {
    for role in ROLES {
        let world = world(role, "opaque").await;
        let (access, refresh, _) = tokens(&world).await;
        for token in [access.as_str(), refresh.as_str(), "unknown", "nca_x", "a.b.c"] {
            let answer = world
                .post(Endpoint::Revoke, &As::Post("other"), &[("token", token)])
                .await;
            assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0), "{token}");
        }
        assert!(world.is_live(&access, NOTES).await);
        assert_eq!(world.refresh(&APP, &refresh).await.status, StatusCode::OK);
        assert_eq!(world.audited("token.revoked").await, 0);
    }
}

#[tokio::test]
async fn r03_a_wrong_hint_hides_nothing() {
    for role in ROLES {
        let world = world(role, "opaque").await;
        let (access, refresh, _) = tokens(&world).await;
        let form = [("token", access.as_str()), ("token_type_hint", "refresh_token")];
        world.post(Endpoint::Revoke, &APP, &form).await;
        assert!(!world.is_live(&access, NOTES).await);
        let form = [("token", refresh.as_str()), ("token_type_hint", "access_token")];
        world.post(Endpoint::Revoke, &APP, &form).await;
        world.refresh(&APP, &refresh).await.is(400, "invalid_grant");
    }
}

#[tokio::test]
async fn an_access_token_goes_alone_and_an_id_token_cannot_go() {
    for role in ROLES {
        let world = world(role, "jwt").await;
        let (access, refresh, id_token) = tokens(&world).await;
        world
            .post(Endpoint::Revoke, &APP, &[("token", &id_token)])
            .await
            .is(400, "unsupported_token_type");
        world.post(Endpoint::Revoke, &APP, &[("token", &access)]).await;
        assert!(!world.is_live(&access, NOTES).await);
        assert_eq!(world.refresh(&APP, &refresh).await.status, StatusCode::OK);
        world.post(Endpoint::Revoke, &APP, &[]).await.is(400, "invalid_request");
        world
            .post(Endpoint::Revoke, &As::Public("app"), &[("token", &access)])
            .await
            .is(401, "invalid_client");
        assert_eq!(
            world.get(&world.path(Endpoint::Revoke)).await.status,
            StatusCode::METHOD_NOT_ALLOWED
        );
    }
}

#[tokio::test]
async fn an_address_in_the_audit_log_is_told_again_and_not_found_by_trying_all() {
    use sha2::{Digest as _, Sha256};
    for role in ROLES {
        let world = World::new(role).await;
        world.client("app", |_| {}).await;
        for _ in 0..2 {
            let code = world.code("app", &["openid"], &[]).await;
            world.redeem(&As::Post("app"), &code).await.get("access_token");
        }
        let log = world.store.list_audit(100).await.expect("read");
        let told: Vec<String> = log
            .iter()
            .filter(|entry| entry.event == "token.issued")
            .map(|entry| {
                let about: serde_json::Value = serde_json::from_str(&entry.document).expect("JSON");
                about["address"].as_str().expect("an address").to_owned()
            })
            .collect();
        assert_eq!(told.len(), 2);
        assert_eq!(told[0], told[1]);
        for plain in ["192.0.2.1", "audit address\x00192.0.2.1"] {
            let hash = hex::encode(Sha256::digest(plain));
            assert!(!hash.starts_with(&told[0]), "anybody can make this one");
        }
    }
}
