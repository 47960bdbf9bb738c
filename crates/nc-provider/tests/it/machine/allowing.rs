//! Clients where an operator lists which there may be.

use std::sync::Arc;

use axum::body::Body;
use http::{Request, header};
use nc_provider::{Endpoint, KeyOptions, KeyRing, Provider, ProviderConfig, SignIn};
use nc_store::Sealer;
use serde_json::json;
use tower::ServiceExt as _;
use zeroize::Zeroizing;

use super::world::{As, REDIRECT, ROLES, World};

fn list(names: &[&str]) -> impl Fn(&mut ProviderConfig) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    move |config| config.allowed_clients.clone_from(&names)
}

async fn registers(world: &World, uris: &[&str]) -> u16 {
    let body = json!({"client_name": "x", "redirect_uris": uris, "token_endpoint_auth_method": "none"});
    let request = Request::post(world.path(Endpoint::Register)).header(header::CONTENT_TYPE, "application/json");
    let answer = world
        .send(request.body(Body::from(body.to_string())).expect("a request"))
        .await;
    if answer.status != 201 {
        answer.is(400, "dynamic_registration_not_allowed");
    }
    answer.status.as_u16()
}

async fn asks(world: &World, client: &str) -> u16 {
    let path = format!(
        "{}?client_id={client}&redirect_uri={REDIRECT}&response_type=code&scope=openid&code_challenge={}&code_challenge_method=S256",
        world.path(Endpoint::Authorize),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    );
    world.get(&path).await.status.as_u16()
}

#[tokio::test]
async fn clients_that_an_administrator_made_are_allowed_by_their_id() {
    for role in ROLES {
        let world = World::with(role, list(&["listed", "app.example"]), |store| store).await;
        for id in ["listed", "other"] {
            world.client(id, |_| {}).await;
        }
        assert_eq!((asks(&world, "listed").await, asks(&world, "other").await), (303, 400));
        let code = world.code("other", &["openid"], &[]).await;
        world.redeem(&As::Post("other"), &code).await.is(401, "invalid_client");
        let code = world.code("listed", &["openid"], &[]).await;
        assert_eq!(world.redeem(&As::Post("listed"), &code).await.status, 200);
    }
}

#[tokio::test]
async fn an_entry_with_a_redirect_uri_leaves_its_client_no_other() {
    let asks = async |world: &World, uri: &str| {
        let path = format!(
            "{}?client_id=listed&redirect_uri={uri}&response_type=code&scope=openid&code_challenge={}&code_challenge_method=S256",
            world.path(Endpoint::Authorize),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        );
        world.get(&path).await.status.as_u16()
    };
    let uris = ["https://app.example/cb", "https://app.example/other"];
    for role in ROLES {
        for (entries, expected) in [
            (&["listed|https://app.example/cb"][..], [303, 400]),
            (
                &["listed|https://app.example/cb", "listed|https://app.example/other"],
                [303, 303],
            ),
            (&["listed|https://app.example/cb", "listed"], [303, 303]),
            (&["listed|https://app.example/third"], [400, 400]),
            (&["other|https://app.example/cb"], [400, 400]),
            (&["listed"], [303, 303]),
        ] {
            let world = World::with(role, list(entries), |store| store).await;
            world
                .client("listed", |document| {
                    document.redirect_uris = uris.map(str::to_owned).to_vec();
                })
                .await;
            for (uri, expected) in uris.into_iter().zip(expected) {
                assert_eq!(asks(&world, uri).await, expected, "{entries:?} {uri}");
            }
        }
    }
}

#[tokio::test]
async fn clients_register_themselves_only_where_all_they_lead_to_is_listed() {
    for role in ROLES {
        let world = World::with(role, list(&["app.example", ".below.example"]), |store| store).await;
        assert_eq!(registers(&world, &["https://app.example/cb"]).await, 201);
        assert_eq!(
            registers(&world, &["https://app.example/a", "https://x.below.example/b"]).await,
            201
        );
        for uris in [
            &["https://app.example/cb", "https://evil.example/cb"][..],
            &["https://below.example/cb"],
            &["https://app.example.evil.example/cb"],
            &["http://127.0.0.1/cb"],
            &["com.example.app:/cb"],
        ] {
            assert_eq!(registers(&world, uris).await, 400, "{uris:?}");
        }
        let open = World::new(role).await;
        assert_eq!(registers(&open, &["http://127.0.0.1/cb"]).await, 201);
    }
}

#[tokio::test]
async fn tokens_of_a_client_that_is_no_longer_listed_are_worth_nothing() {
    for role in ROLES {
        let world = World::new(role).await;
        world.client("app", |_| {}).await;
        let code = world.code("app", &["openid"], &[]).await;
        let token = world.redeem(&As::Post("app"), &code).await.get("access_token");
        for (names, status) in [(&["app"][..], 200), (&["other"], 401)] {
            let provider = again(&world, list(names)).await;
            let request = Request::get(world.path(Endpoint::UserInfo));
            let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            let request = request.body(Body::empty()).expect("a request");
            let answer = provider.router().oneshot(request).await.expect("answered");
            assert_eq!(answer.status(), status, "{names:?}");
        }
    }
}

/// The same server, started again with another configuration.
async fn again(world: &World, change: impl Fn(&mut ProviderConfig)) -> Provider {
    let mut config = world.provider.config().clone();
    change(&mut config);
    let sealer = Arc::new(Sealer::new(&[Zeroizing::new([7; 32])]).expect("a key"));
    let options = KeyOptions {
        algorithms: world.provider.keys().algorithms().to_vec(),
        rsa_bits: 2048,
        ..KeyOptions::default()
    };
    let keys = KeyRing::open(
        Arc::clone(&world.store),
        Arc::clone(&sealer),
        world.clock.clone(),
        options,
    );
    let keys = keys.await.expect("a key ring");
    let people = Arc::clone(&world.people);
    let store = Arc::clone(&world.store);
    Provider::new(config, store, sealer, keys, SignIn::Local(people), world.clock.clone())
}
