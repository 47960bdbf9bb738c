//! ID tokens through the browser, for clients for which an administrator switched that on.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use nc_proto::oauth::jose::{Algorithm, Compact, token_hash};
use nc_provider::{
    Endpoint,
    admin::{Admin, AdminError, ClientChange, NewAdminClient, WhichClient},
};
use nc_store::ClientKind;
use serde_json::{Value, json};

use super::{
    agent::Agent,
    flow::{Request, STATE, every_world, redeem},
};
use crate::machine::world::{As, REDIRECT, ROLES, World, code_form};

/// The worlds, in which `app` may.
async fn worlds() -> Vec<World> {
    let worlds = every_world().await;
    for world in &worlds {
        world
            .change_client("app", |client| client.document.legacy_flows = true)
            .await;
    }
    worlds
}

fn implicit() -> Request {
    Request::new("app")
        .with("response_type", "id_token")
        .with("scope", "openid profile")
        .without("code_challenge")
        .without("code_challenge_method")
}

fn hybrid() -> Request {
    Request::new("app").with("response_type", "code id_token")
}

/// The claims of an ID token, whose signature is one of this server's.
async fn claims(world: &World, token: &str) -> Value {
    let read = Compact::read(token).expect("a token");
    assert!(read.header.is_typ("jwt"));
    assert!(world.provider.keys().verify(&read).await.expect("verified"));
    let payload = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON")
}

#[tokio::test]
async fn a07_without_the_switch_id_tokens_are_no_response_type() {
    for world in every_world().await {
        for request in [implicit(), hybrid(), hybrid().with("response_mode", "fragment")] {
            let page = Agent::new(&world).ask(&request).await;
            assert_eq!(page.error(), "unsupported_response_type", "{request:?}");
        }
    }
}

#[tokio::test]
async fn a07_with_the_switch_access_tokens_still_never_come_and_errors_go_behind_the_hash() {
    for world in worlds().await {
        for (request, error) in [
            (hybrid().with("response_type", "token"), "unsupported_response_type"),
            (
                hybrid().with("response_type", "id_token token"),
                "unsupported_response_type",
            ),
            (
                hybrid().with("response_type", "code token"),
                "unsupported_response_type",
            ),
            (
                hybrid().with("response_type", "code id_token token"),
                "unsupported_response_type",
            ),
            (hybrid().with("response_type", "none"), "unsupported_response_type"),
            (hybrid().without("nonce"), "invalid_request"),
            (implicit().without("nonce"), "invalid_request"),
            (hybrid().without("code_challenge"), "invalid_request"),
            (implicit().with("response_mode", "query"), "invalid_request"),
            (implicit().with("scope", "profile"), "invalid_scope"),
            (implicit().with("prompt", "none"), "login_required"),
            (implicit().with("resource", "https://nobody.example/"), "invalid_target"),
        ] {
            let page = Agent::new(&world).ask(&request).await;
            let told = page.told_in_fragment();
            assert_eq!(told["error"], error, "{request:?}");
            assert_eq!(told["state"], STATE);
            assert_eq!(told["iss"], world.provider.config().issuer);
            assert!(!told.contains_key("id_token") && !told.contains_key("code"));
        }
        // For codes all stays as it was.
        let page = Agent::new(&world)
            .ask(&Request::new("app").with("response_mode", "fragment"))
            .await;
        assert_eq!(page.error(), "invalid_request");
    }
}

#[tokio::test]
async fn an_implicit_request_gets_an_id_token_that_tells_what_the_scopes_cover() {
    for world in worlds().await {
        let mut agent = Agent::new(&world);
        let page = agent.connect(&implicit(), "ann").await;
        let told = page.told_in_fragment();
        let names: Vec<&str> = told.keys().map(String::as_str).collect();
        assert_eq!(names, ["id_token", "iss", "state"]);
        assert_eq!(told["state"], STATE);
        assert!(page.left_for.expect("sent back").starts_with(&format!("{REDIRECT}#")));
        let claims = claims(&world, &told["id_token"]).await;
        for (name, value) in [
            ("iss", json!(world.provider.config().issuer)),
            ("aud", json!("app")),
            ("azp", json!("app")),
            ("nonce", json!("n-1")),
            ("iat", json!(world.now())),
            ("exp", json!(world.now() + 300)),
            ("name", json!("Ann Maria Example")),
        ] {
            assert_eq!(claims[name], value, "{name}");
        }
        assert!(claims["sid"].is_string() && claims["auth_time"].is_i64());
        for name in ["at_hash", "c_hash", "email"] {
            assert!(claims.get(name).is_none(), "{name}");
        }
        // Nobody is asked again, and nothing else came of it.
        let again = agent.ask(&implicit().with("prompt", "none")).await;
        assert!(again.told_in_fragment().contains_key("id_token"));
        let subject = claims["sub"].as_str().expect("text");
        assert_eq!(world.store.list_grants(subject).await.expect("read"), []);
    }
}

#[tokio::test]
async fn a_hybrid_request_gets_a_code_that_the_id_token_is_tied_to_and_that_needs_its_verifier() {
    for world in worlds().await {
        let mut agent = Agent::new(&world);
        let told = agent.connect(&hybrid(), "ann").await.told_in_fragment();
        let names: Vec<&str> = told.keys().map(String::as_str).collect();
        assert_eq!(names, ["code", "id_token", "iss", "state"]);
        let front = claims(&world, &told["id_token"]).await;
        assert_eq!(front["c_hash"], token_hash(&told["code"], Algorithm::Es256));
        assert_eq!(front["nonce"], "n-1");
        assert!(front.get("at_hash").is_none() && front.get("name").is_none());

        let tokens = redeem(&world, &told["code"]).await;
        let back = claims(&world, tokens["id_token"].as_str().expect("text")).await;
        for name in ["iss", "sub", "aud", "nonce", "sid", "auth_time"] {
            assert_eq!(back[name], front[name], "{name}");
        }
        let access = tokens["access_token"].as_str().expect("text");
        assert_eq!(back["at_hash"], token_hash(access, Algorithm::Es256));

        let told = agent.ask(&hybrid().with("response_type", "id_token code")).await;
        let code = told.told_in_fragment()["code"].clone();
        let without: Vec<_> = code_form(&code)
            .into_iter()
            .filter(|(name, _)| *name != "code_verifier")
            .collect();
        world.token(&As::Public("app"), &without).await.is(400, "invalid_grant");
        // Burnt by that.
        world.redeem(&As::Public("app"), &code).await.is(400, "invalid_grant");
    }
}

#[tokio::test]
async fn both_come_as_a_form_where_that_is_asked_for() {
    for world in worlds().await {
        let mut agent = Agent::new(&world);
        for (request, fields) in [
            (hybrid(), &["code", "id_token", "state", "iss"][..]),
            (implicit(), &["id_token", "state", "iss"]),
        ] {
            let request = request.with("response_mode", "form_post");
            let page = agent.ask(&request).await;
            let page = if page.path.contains("/signin") {
                agent.sign_in(&page, "ann").await
            } else {
                page
            };
            let page = if page.path.contains("/consent") && page.html.contains("/consent/grant") {
                agent.allow(&page).await
            } else {
                page
            };
            page.is_page(200);
            let form = page.form(REDIRECT);
            let names: Vec<&str> = form.fields.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, fields);
            claims(&world, form.get("id_token")).await;
        }
        let page = agent
            .ask(&hybrid().without("nonce").with("response_mode", "form_post"))
            .await;
        assert_eq!(page.form(REDIRECT).get("error"), "invalid_request");
    }
}

#[tokio::test]
async fn who_takes_openid_out_of_the_form_gives_no_id_token() {
    for world in worlds().await {
        let mut agent = Agent::new(&world);
        let page = agent.ask(&hybrid()).await;
        let page = agent.sign_in(&page, "ann").await;
        let form = page.form("/consent/grant").untick("openid");
        let told = agent.submit(&form).await.told_in_fragment();
        assert_eq!(told["error"], "access_denied");
        assert!(!told.contains_key("code"));
    }
}

#[tokio::test]
async fn strangers_never_get_the_switch() {
    for role in ROLES {
        let world = World::new(role).await;
        let body = json!({
            "client_name": "App", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
            "response_types": ["code", "id_token", "code id_token"],
            "grant_types": ["authorization_code", "implicit"],
        });
        let request = http::Request::post(world.path(Endpoint::Register))
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(axum::body::Body::from(body.to_string()))
            .expect("a request");
        let registered = world.send(request).await.json();
        assert_eq!(registered["response_types"], json!(["code"]));
        let id = registered["client_id"].as_str().expect("text");
        // Not even an administrator gives it to one.
        let admin = Admin::new(&*world.store, world.now(), "root");
        let change = vec![ClientChange::LegacyFlows(true)];
        let refused = admin.change_client(WhichClient::Id(id), change).await;
        assert!(matches!(refused, Err(AdminError::Invalid(_))), "{refused:?}");
        // And what stands in the database by some mistake does not count.
        for (id, kind) in [("dynamic", ClientKind::Dynamic), ("document", ClientKind::Document)] {
            world.client_of(id, kind, |document| document.legacy_flows = true).await;
        }
        for id in [id, "dynamic", "document"] {
            for request in [hybrid(), implicit()] {
                let page = Agent::new(&world).ask(&request.with("client_id", id)).await;
                assert_eq!(page.error(), "unsupported_response_type", "{id}");
            }
        }
    }
}

#[tokio::test]
async fn a_pushed_request_is_judged_by_the_same_switch() {
    for world in worlds().await {
        world.client("without", |_| {}).await;
        let form = |id: &'static str| {
            let request = hybrid().with("client_id", id);
            request
                .fields()
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect::<Vec<_>>()
        };
        let push = async |who: As<'_>, form: Vec<(String, String)>| {
            let form: Vec<(&str, &str)> = form
                .iter()
                .filter(|(name, _)| name != "client_id")
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            world.post(Endpoint::Par, &who, &form).await
        };
        push(As::Post("without"), form("without"))
            .await
            .is(400, "unsupported_response_type");
        let pushed = push(As::Public("app"), form("app")).await.json();
        let uri = pushed["request_uri"].as_str().expect("text").to_owned();
        let path = format!(
            "{}?client_id=app&request_uri={}",
            world.path(Endpoint::Authorize),
            url::form_urlencoded::byte_serialize(uri.as_bytes()).collect::<String>()
        );
        let mut agent = Agent::new(&world);
        let page = agent.open(&path).await;
        let page = agent.sign_in(&page, "ann").await;
        let told = agent.allow(&page).await.told_in_fragment();
        assert!(told.contains_key("code") && told.contains_key("id_token"));
    }
}

#[tokio::test]
async fn the_server_says_that_it_is_possible_while_a_client_may() {
    for role in ROLES {
        let world = World::new(role).await;
        let admin = Admin::new(&*world.store, world.now(), "root");
        for id in ["one", "two"] {
            let new = NewAdminClient {
                client_id: Some(id.to_owned()),
                ..NewAdminClient::new("App", vec![REDIRECT.to_owned()])
            };
            admin.create_client(new).await.expect("created");
        }
        let says = async |yes: bool| {
            world.pass(1);
            let document = world.get("/.well-known/openid-configuration").await.json();
            let (responses, modes) = if yes {
                (
                    json!(["code", "code id_token", "id_token"]),
                    json!(["query", "form_post", "fragment"]),
                )
            } else {
                (json!(["code"]), json!(["query", "form_post"]))
            };
            assert_eq!(document["response_types_supported"], responses);
            assert_eq!(document["response_modes_supported"], modes);
            let grants = document["grant_types_supported"].to_string();
            assert_eq!(grants.contains("\"implicit\""), yes);
        };
        let switch = async |id: &str, on: bool| {
            let change = vec![ClientChange::LegacyFlows(on)];
            admin.change_client(WhichClient::Id(id), change).await.expect("changed");
        };
        says(false).await;
        switch("one", true).await;
        switch("two", true).await;
        switch("two", true).await;
        says(true).await;
        switch("two", false).await;
        says(true).await;
        admin.remove_client(WhichClient::Id("one")).await.expect("removed");
        says(false).await;
        assert_eq!(admin.list_settings().await.expect("read"), []);
    }
}
