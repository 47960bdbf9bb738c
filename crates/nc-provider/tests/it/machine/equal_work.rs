//! Answers that must not tell anything take the same questions to the store.

use std::sync::Arc;

use nc_proto::oauth::client_auth::AuthMethod;
use nc_provider::{Endpoint, ResourceDocument, Role};

use super::{
    counting::Counting,
    world::{Answer, As, ROLES, World},
};

const API: &str = "https://api.example/shop";

async fn counted(role: Role) -> (World, Arc<Counting>) {
    let mut counting = None;
    let world = World::with(
        role,
        |_| {},
        |store| {
            let wrapped = Counting::new(store);
            counting = Some(Arc::clone(&wrapped));
            wrapped
        },
    )
    .await;
    (world, counting.expect("wrapped"))
}

#[tokio::test]
async fn t15_a_wrong_secret_and_an_unknown_client_cost_and_answer_the_same() {
    for role in ROLES {
        let (world, store) = counted(role).await;
        world.client("app", |_| {}).await;
        world
            .client("basic", |document| document.auth_method = AuthMethod::ClientSecretBasic)
            .await;
        world
            .client("public", |document| document.auth_method = AuthMethod::None)
            .await;
        world.client("stopped", |_| {}).await;
        world
            .change_client("stopped", |client| client.record.disabled = true)
            .await;
        let attempt = async |id: &str, secret: &str| -> (Answer, Vec<&'static str>) {
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", "x"),
                ("client_id", id),
                ("client_secret", secret),
            ];
            store.take();
            let answer = world.token(&As::Nobody, &form).await;
            (answer, store.take())
        };
        attempt("app", "wrong").await;
        let (wrong, work) = attempt("app", "wrong").await;
        wrong.is(401, "invalid_client");
        assert_eq!(work, ["find_client"]);
        for (id, secret) in [
            ("unknown", "wrong"),
            ("public", "wrong"),
            ("basic", "basic-secret"),
            ("stopped", "stopped-secret"),
        ] {
            let (other, other_work) = attempt(id, secret).await;
            assert_eq!(
                (other.status, &other.body, &other.headers),
                (wrong.status, &wrong.body, &wrong.headers),
                "{id}"
            );
            assert_eq!(other_work, work, "{id}");
        }
    }
}

#[tokio::test]
async fn i02_i03_every_inactive_answer_costs_the_same() {
    for role in ROLES {
        let (world, store) = counted(role).await;
        for id in ["app", "server", "third"] {
            world
                .client(id, |document| document.resources = vec![API.to_owned()])
                .await;
        }
        let document = ResourceDocument {
            scopes: vec!["notes:read".to_owned()],
            ..ResourceDocument::default()
        };
        world.resource(API, Some("server"), &document).await;
        let code = world
            .code("app", &["openid", "notes:read", "offline_access"], &[API])
            .await;
        let first = world.redeem(&As::Post("app"), &code).await;
        let (spent, ended) = (first.get("refresh_token"), first.get("access_token"));
        let second = world.refresh(&As::Post("app"), &spent).await;
        let (live, refresh) = (second.get("access_token"), second.get("refresh_token"));
        let ask = async |who: &'static str, token: &str| {
            store.take();
            let answer = world
                .post(Endpoint::Introspect, &As::Post(who), &[("token", token)])
                .await;
            assert_eq!(answer.text(), "{\"active\":false}");
            store.take()
        };
        ask("third", "unknown").await;
        let work = ask("third", "unknown").await;
        assert!(
            work.contains(&"find_access_token") && work.contains(&"find_refresh_token"),
            "{work:?}"
        );
        for token in [
            live.as_str(),
            &refresh,
            &spent,
            &ended,
            "nca_malformed",
            "a.b.c",
            "ncc_x",
        ] {
            assert_eq!(ask("third", token).await, work, "{token}");
        }
        for token in [refresh.as_str(), &spent, &ended, "x"] {
            assert_eq!(ask("server", token).await, work, "{token}");
        }
    }
}
