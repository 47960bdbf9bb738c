//! Pushed authorization requests.

use nc_proto::oauth::redirect_uri::ApplicationType;
use nc_provider::Endpoint;
use nc_store::ClientKind;

use super::{
    agent::Agent,
    flow::{Request, STATE, scopes_of, world_with},
};
use crate::machine::world::{As, REDIRECT, ROLES, World};

/// Pushes a request as the public client `app`; its name.
async fn push(world: &World, request: &Request) -> String {
    let request = request.clone().without("client_id");
    let answer = world.post(Endpoint::Par, &As::Public("app"), &request.fields()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.json()["expires_in"], 60);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()["request_uri"].as_str().expect("text").to_owned()
}

fn named(client: &str, uri: &str) -> Request {
    let all = Request::new(client);
    let names: Vec<String> = all.fields().iter().map(|(name, _)| (*name).to_owned()).collect();
    let bare = names
        .iter()
        .filter(|name| *name != "client_id")
        .fold(all, |request, name| request.without(name));
    bare.with("request_uri", uri)
}

#[tokio::test]
async fn a24_a_pushed_request_is_good_once_for_its_client_and_for_a_minute() {
    for role in ROLES {
        let world = world_with(role, ApplicationType::Web, |_| {}).await;
        let other = |document: &mut nc_provider::ClientDocument| {
            document.auth_method = nc_proto::oauth::client_auth::AuthMethod::None;
        };
        world.client("other", other).await;
        let uri = push(&world, &Request::new("app").with("scope", "notes:read")).await;
        assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:"), "{uri}");
        let mut agent = Agent::new(&world);
        assert_eq!(agent.ask(&named("other", &uri)).await.error(), "invalid_request_uri");
        // What else the browser brings does not count.
        let page = agent
            .connect(&named("app", &uri).with("scope", "files:write"), "ann")
            .await;
        assert_eq!(page.told()["state"], STATE);
        assert_eq!(scopes_of(&world, &page.code()).await, ["notes:read"]);
        let again = agent.ask(&named("app", &uri)).await;
        assert_eq!(again.error(), "invalid_request_uri");
        assert_eq!(again.told()["iss"], world.provider.config().issuer);
        let uri = push(&world, &Request::new("app")).await;
        world.pass(60);
        assert_eq!(agent.ask(&named("app", &uri)).await.error(), "invalid_request_uri");
        let nothing = named("app", "urn:ietf:params:oauth:request_uri:nothing");
        assert_eq!(agent.ask(&nothing).await.error(), "invalid_request_uri");
        agent.ask(&named("nobody", &uri)).await.is_page(400);
        // Nobody knows where to send the answer.
        let two = vec![REDIRECT.to_owned(), "https://app.example/two".to_owned()];
        world
            .change_client("app", |client| client.document.redirect_uris = two)
            .await;
        agent.ask(&nothing).await.is_page(400);
    }
}

#[tokio::test]
async fn a_request_is_judged_when_it_is_pushed() {
    for role in ROLES {
        let world = world_with(role, ApplicationType::Web, |_| {}).await;
        world.client("secret", |_| {}).await;
        for (request, error) in [
            (
                Request::new("app").with("redirect_uri", "https://evil.example/cb"),
                "invalid_request",
            ),
            (
                Request::new("app").with("response_type", "token"),
                "unsupported_response_type",
            ),
            (Request::new("app").with("scope", "nonsense"), "invalid_scope"),
            (
                Request::new("app").with("resource", "https://evil.example"),
                "invalid_target",
            ),
            (Request::new("app").with("request", "x.y.z"), "request_not_supported"),
            (Request::new("app").with("request_uri", "urn:x"), "invalid_request"),
        ] {
            let fields = request.without("client_id");
            let answer = world.post(Endpoint::Par, &As::Public("app"), &fields.fields()).await;
            answer.is(400, error);
        }
        let good = Request::new("secret").without("client_id");
        world
            .post(Endpoint::Par, &As::Nobody, &good.fields())
            .await
            .is(401, "invalid_client");
        world
            .post(Endpoint::Par, &As::Public("secret"), &good.fields())
            .await
            .is(401, "invalid_client");
        assert_eq!(
            world
                .post(Endpoint::Par, &As::Post("secret"), &good.fields())
                .await
                .status,
            201
        );
    }
}

#[tokio::test]
async fn a_client_that_has_to_push_may_not_ask_through_the_browser() {
    for role in ROLES {
        let pushes = |document: &mut nc_provider::ClientDocument| document.require_par = true;
        let world = world_with(role, ApplicationType::Web, pushes).await;
        let mut agent = Agent::new(&world);
        assert_eq!(agent.ask(&Request::new("app")).await.error(), "invalid_request");
        let uri = push(&world, &Request::new("app")).await;
        agent.connect(&named("app", &uri), "ann").await.code();
    }
}

#[tokio::test]
async fn pushed_requests_are_bounded_in_size_and_number() {
    for role in ROLES {
        let world = world_with(role, ApplicationType::Web, |_| {}).await;
        world.client("secret", |_| {}).await;
        let long = "x".repeat(17 * 1024);
        let request = Request::new("app").with("login_hint", &long).without("client_id");
        let answer = world.post(Endpoint::Par, &As::Public("app"), &request.fields()).await;
        answer.is(400, "invalid_request");
        for _ in 1..60 {
            push(&world, &Request::new("app")).await;
        }
        let request = Request::new("app").without("client_id");
        let late = world.post(Endpoint::Par, &As::Public("app"), &request.fields()).await;
        assert_eq!((late.status.as_u16(), late.header("retry-after")), (429, Some("60")));
        // Who proves to be somebody is counted apart.
        let answer = world.post(Endpoint::Par, &As::Post("secret"), &request.fields()).await;
        assert_eq!(answer.status, 201);
        world.pass(60);
        push(&world, &Request::new("app")).await;
    }
}

#[tokio::test]
async fn clients_that_registered_themselves_share_what_their_address_may_push() {
    for role in ROLES {
        let world = World::new(role).await;
        world.client("known", |_| {}).await;
        for (id, kind) in [("one", ClientKind::Dynamic), ("other", ClientKind::Document)] {
            world.client_of(id, kind, |_| {}).await;
        }
        let request = Request::new("").without("client_id");
        let push = async |id: &str| world.post(Endpoint::Par, &As::Post(id), &request.fields()).await;
        for round in 0..60 {
            let answer = push(if round % 2 == 0 { "one" } else { "other" }).await;
            assert_eq!(answer.status, 201, "{round}: {}", answer.text());
        }
        for id in ["one", "other"] {
            let late = push(id).await;
            assert_eq!((late.status.as_u16(), late.header("retry-after")), (429, Some("60")));
        }
        // One that an administrator made is counted apart.
        assert_eq!(push("known").await.status, 201);
        world.pass(60);
        assert_eq!(push("one").await.status, 201);
    }
}
