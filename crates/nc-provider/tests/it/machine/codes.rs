//! Redeeming codes.

use http::StatusCode;
use nc_proto::oauth::client_auth::AuthMethod;
use nc_provider::Endpoint;
use nc_web::ClientAddress;

use super::world::{As, NOTES, REDIRECT, ROLES, VERIFIER, World, code_form};

async fn world(role: nc_provider::Role) -> World {
    let world = World::new(role).await;
    world.client("app", |_| {}).await;
    world.client("other", |_| {}).await;
    world
        .client("public", |document| document.auth_method = AuthMethod::None)
        .await;
    world
}

const SCOPES: &[&str] = &["openid", "notes:read", "offline_access"];

#[tokio::test]
async fn t01_a_code_is_good_once_and_its_second_use_ends_the_family() {
    for role in ROLES {
        let world = world(role).await;
        let code = world.code("app", SCOPES, &[NOTES]).await;
        let first = world.redeem(&As::Post("app"), &code).await;
        let (access, refresh) = (first.get("access_token"), first.get("refresh_token"));
        assert!(world.is_live(&access, NOTES).await);
        world.redeem(&As::Post("app"), &code).await.is(400, "invalid_grant");
        assert!(!world.is_live(&access, NOTES).await);
        world.refresh(&As::Post("app"), &refresh).await.is(400, "invalid_grant");
        assert_eq!(world.audited("token.reused").await, 1);
    }
}

#[tokio::test]
async fn t01_a_code_that_is_used_again_after_a_sweep_still_ends_the_family() {
    for role in ROLES {
        let world = world(role).await;
        let code = world.code("app", SCOPES, &[NOTES]).await;
        let first = world.redeem(&As::Post("app"), &code).await;
        let (access, refresh) = (first.get("access_token"), first.get("refresh_token"));
        world.pass(61);
        world.provider.upkeep().await.expect("kept up");
        assert!(world.is_live(&access, NOTES).await);
        world.redeem(&As::Post("app"), &code).await.is(400, "invalid_grant");
        assert!(!world.is_live(&access, NOTES).await);
        world.refresh(&As::Post("app"), &refresh).await.is(400, "invalid_grant");
        assert_eq!(world.audited("token.reused").await, 1);
        // A month later nothing of it is left, and nothing is ended twice.
        world.pass(31 * 24 * 60 * 60);
        world.provider.upkeep().await.expect("kept up");
        world.redeem(&As::Post("app"), &code).await.is(400, "invalid_grant");
        assert_eq!(world.audited("token.reused").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t02_of_twenty_parallel_redemptions_one_succeeds_and_then_the_family_dies() {
    for round in 0..10 {
        let world = std::sync::Arc::new(world(ROLES[round % 2]).await);
        let code = world.code("public", SCOPES, &[NOTES]).await;
        let tasks: Vec<_> = (0..20)
            .map(|index| {
                let (world, code) = (std::sync::Arc::clone(&world), code.clone());
                tokio::spawn(async move {
                    // Each from its own address: the limit for failures is not what is tested here.
                    let mut request = world.form(Endpoint::Token, &As::Public("public"), &code_form(&code));
                    request
                        .extensions_mut()
                        .insert(ClientAddress([198, 51, 100, index].into()));
                    world.send(request).await
                })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.expect("ended"));
        }
        let (good, bad): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::OK);
        assert_eq!(good.len(), 1, "round {round}");
        for answer in bad {
            answer.is(400, "invalid_grant");
        }
        assert!(!world.is_live(&good[0].get("access_token"), NOTES).await);
        let refreshed = world
            .refresh(&As::Public("public"), &good[0].get("refresh_token"))
            .await;
        assert!(refreshed.status.is_client_error(), "{}", refreshed.text());
    }
}

#[tokio::test]
async fn t03_a_code_of_another_client_is_refused_and_burnt() {
    for role in ROLES {
        let world = world(role).await;
        let code = world.code("app", SCOPES, &[NOTES]).await;
        world.redeem(&As::Post("other"), &code).await.is(400, "invalid_grant");
        world.redeem(&As::Post("app"), &code).await.is(400, "invalid_grant");
    }
}

#[tokio::test]
async fn t04_another_redirect_uri_and_none_are_refused() {
    for role in ROLES {
        let world = world(role).await;
        for uri in [
            None,
            Some("https://app.example/cb/"),
            Some("https://app.example/CB"),
            Some("https://app.example/cb?x=1"),
        ] {
            let code = world.code("app", SCOPES, &[]).await;
            let mut form = vec![
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("code_verifier", VERIFIER),
            ];
            form.extend(uri.map(|uri| ("redirect_uri", uri)));
            world.token(&As::Post("app"), &form).await.is(400, "invalid_grant");
        }
        // When the authorization request named none, the only registered one may be named now, and no other.
        for (uri, good) in [
            (None, true),
            (Some(REDIRECT), true),
            (Some("https://app.example/other"), false),
        ] {
            let (code, _) = world
                .code_with("app", SCOPES, &[], |_, code| code.redirect_uri = None)
                .await;
            let mut form = vec![
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("code_verifier", VERIFIER),
            ];
            form.extend(uri.map(|uri| ("redirect_uri", uri)));
            let answer = world.token(&As::Post("app"), &form).await;
            assert_eq!(answer.status == StatusCode::OK, good, "{uri:?}");
        }
    }
}

#[tokio::test]
async fn t05_r_f28_a_wrong_a_missing_and_a_short_verifier_are_refused() {
    for role in ROLES {
        let world = world(role).await;
        let wrong = format!("e{}", &VERIFIER[1..]);
        for verifier in [None, Some(wrong.as_str()), Some(&VERIFIER[..42]), Some("")] {
            let code = world.code("app", SCOPES, &[]).await;
            let mut form = vec![
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("redirect_uri", REDIRECT),
            ];
            form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
            world.token(&As::Post("app"), &form).await.is(400, "invalid_grant");
        }
    }
}

#[tokio::test]
async fn t06_a_verifier_does_not_make_up_for_a_missing_challenge() {
    for role in ROLES {
        let world = world(role).await;
        for method in ["S256", "plain", ""] {
            let (code, _) = world
                .code_with("app", SCOPES, &[], |_, code| {
                    code.challenge.clear();
                    code.challenge_method = method.to_owned();
                })
                .await;
            world.redeem(&As::Post("app"), &code).await.is(400, "invalid_grant");
        }
    }
}

#[tokio::test]
async fn t07_a_code_lives_for_a_minute() {
    for role in ROLES {
        let world = world(role).await;
        let (young, old) = (
            world.code("app", SCOPES, &[]).await,
            world.code("app", SCOPES, &[]).await,
        );
        world.pass(59);
        assert_eq!(world.redeem(&As::Post("app"), &young).await.status, StatusCode::OK);
        world.pass(2);
        world.redeem(&As::Post("app"), &old).await.is(400, "invalid_grant");
    }
}

#[tokio::test]
async fn t08_t09_codes_and_refresh_tokens_are_not_taken_for_each_other() {
    for role in ROLES {
        let world = world(role).await;
        let code = world.code("app", SCOPES, &[]).await;
        world.refresh(&As::Post("app"), &code).await.is(400, "invalid_grant");
        let refresh = world.redeem(&As::Post("app"), &code).await.get("refresh_token");
        world.redeem(&As::Post("app"), &refresh).await.is(400, "invalid_grant");
        assert_eq!(world.refresh(&As::Post("app"), &refresh).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn t23_a_success_is_not_kept_and_says_what_it_is() {
    for role in ROLES {
        let world = world(role).await;
        for who in [As::Post("app"), As::Public("public")] {
            let (As::Post(id) | As::Public(id)) = who else {
                unreachable!()
            };
            let code = world.code(id, SCOPES, &[NOTES]).await;
            let answer = world.redeem(&who, &code).await;
            assert_eq!(answer.get("token_type"), "Bearer");
            assert_eq!(answer.get("scope"), "notes:read offline_access openid");
            assert_eq!(answer.json()["expires_in"], 300);
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            assert_eq!(answer.header("pragma"), Some("no-cache"));
            assert_eq!(answer.header("content-type"), Some("application/json"));
        }
    }
}

#[tokio::test]
async fn a_resource_that_was_not_granted_is_an_invalid_target() {
    for role in ROLES {
        let world = world(role).await;
        let code = world.code("app", SCOPES, &[NOTES]).await;
        let form = [&code_form(&code)[..], &[("resource", "https://api.example/files")]].concat();
        world.token(&As::Post("app"), &form).await.is(400, "invalid_target");
    }
}

#[tokio::test]
async fn every_prefix_serves_the_same_endpoint() {
    let world = world(nc_provider::Role::Cloud).await;
    for prefix in nc_provider::Role::Cloud.prefixes() {
        let code = world.code("app", SCOPES, &[]).await;
        let mut request = world.form(Endpoint::Token, &As::Post("app"), &code_form(&code));
        *request.uri_mut() = format!("{prefix}/token").parse().expect("a path");
        assert_eq!(world.send(request).await.status, StatusCode::OK);
    }
}
