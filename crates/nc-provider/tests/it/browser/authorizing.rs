//! Authorization requests, before anybody is asked.

use nc_proto::oauth::redirect_uri::ApplicationType;
use nc_provider::{Endpoint, ResourceDocument};

use super::{
    agent::{Agent, Page},
    flow::{Request, STATE, every_world, redeem, scopes_of, world_with},
};
use crate::machine::world::{FILES, NOTES, REDIRECT, ROLES, World};

async fn web(role: nc_provider::Role) -> World {
    world_with(role, ApplicationType::Web, |_| {}).await
}

/// What the client is told when it sends this.
async fn told(world: &World, request: &Request) -> String {
    let page = Agent::new(world).ask(request).await;
    assert_carries_state_and_issuer(world, &page);
    page.error()
}

#[track_caller]
fn assert_carries_state_and_issuer(world: &World, page: &Page) {
    let told = page.told();
    assert_eq!(told["state"], STATE);
    assert_eq!(told["iss"], world.provider.config().issuer);
    assert_eq!(page.redirects.last(), Some(&303));
}

#[tokio::test]
async fn s03_all_parameters_survive_sign_in_and_consent_of_a_new_client() {
    for world in every_world().await {
        let mut agent = Agent::new(&world);
        let request = Request::new("app").with("resource", NOTES).with("login_hint", "ann");
        let page = agent.ask(&request).await;
        assert!(page.path.contains("/signin?rid="), "{}", page.path);
        if world.nextcloud.is_none() {
            assert_eq!(page.form("/signin").get("user"), "ann");
        }
        let page = agent.sign_in(&page, "ann").await;
        page.is_page(200);
        assert!(
            page.html.contains("Client app") && page.html.contains("Ann Maria Example"),
            "{}",
            page.html
        );
        assert!(
            page.html.contains(NOTES) && page.html.contains("app.example"),
            "{}",
            page.html
        );
        let page = agent.allow(&page).await;
        assert_carries_state_and_issuer(&world, &page);
        let location = page.left_for.as_ref().expect("sent back");
        assert!(location.starts_with(&format!("{REDIRECT}?code=ncc_")), "{location}");
        let tokens = redeem(&world, &page.code()).await;
        assert_eq!(tokens["scope"], "notes:read notes:write openid");
        let token = tokens["access_token"].as_str().expect("text");
        let context = world.verify(token, NOTES).await.expect("believed");
        assert_eq!(context.user.as_str(), "ann");
        assert!(!world.is_live(token, FILES).await);
    }
}

#[tokio::test]
async fn a01_r_f16_r_f25_an_unknown_client_gets_a_page_and_no_redirect() {
    for role in ROLES {
        let world = web(role).await;
        world.change_client("app", |client| client.record.disabled = true).await;
        for client in ["nobody", "app"] {
            Agent::new(&world).ask(&Request::new(client)).await.is_page(400);
        }
        Agent::new(&world)
            .ask(&Request::new("app").without("client_id"))
            .await
            .is_page(400);
        world
            .change_client("app", |client| client.record.disabled = false)
            .await;
        let end = world.now() + 10;
        world
            .change_client("app", |client| client.record.expires_at = Some(end))
            .await;
        assert!(
            Agent::new(&world)
                .ask(&Request::new("app"))
                .await
                .path
                .contains("/signin")
        );
        world.pass(10);
        Agent::new(&world).ask(&Request::new("app")).await.is_page(400);
    }
}

#[tokio::test]
async fn a02_r_f5_a_redirect_uri_that_is_not_registered_gets_a_page() {
    for role in ROLES {
        let world = web(role).await;
        for uri in [
            "https://evil.example/cb",
            "https://app.example/c",
            "https://app.example/cb2",
            "https://app.example/cb/",
            "https://app.example/cb?x=1",
            "https://app.example:444/cb",
            "http://app.example/cb",
        ] {
            Agent::new(&world)
                .ask(&Request::new("app").with("redirect_uri", uri))
                .await
                .is_page(400);
        }
        let without = Request::new("app").without("redirect_uri");
        assert!(Agent::new(&world).ask(&without).await.path.contains("/signin"));
        let two = ["https://app.example/cb", "https://app.example/two"]
            .map(str::to_owned)
            .to_vec();
        world
            .change_client("app", |client| client.document.redirect_uris = two)
            .await;
        Agent::new(&world).ask(&without).await.is_page(400);
    }
}

#[tokio::test]
async fn a03_r_f5_a_redirect_uri_in_disguise_gets_a_page() {
    for role in ROLES {
        let change = |document: &mut nc_provider::ClientDocument| {
            document.redirect_uris.push("http://localhost:9999/cb".to_owned());
        };
        let world = world_with(role, ApplicationType::Native, change).await;
        for uri in [
            "http://evil@localhost:9999/cb",
            "http://localhost:9999//cb",
            "http://localhost:9999/./cb",
            "http://localhost:9999/%2e/cb",
            "http://localhost:9999/CB",
            "http://localhost:9999@evil.example/cb",
            "http://localhost.evil.example:9999/cb",
            "https://app.example/./cb",
            "https://app.example//cb",
            "https://APP.example/cb",
            "https://app.example\\@evil.example/cb",
        ] {
            Agent::new(&world)
                .ask(&Request::new("app").with("redirect_uri", uri))
                .await
                .is_page(400);
        }
    }
}

#[tokio::test]
async fn a04_r_f5_the_port_of_a_loopback_address_is_free_for_native_clients_only() {
    for role in ROLES {
        for (application_type, is_allowed) in [(ApplicationType::Native, true), (ApplicationType::Web, false)] {
            let change = |document: &mut nc_provider::ClientDocument| {
                document.redirect_uris = vec!["http://127.0.0.1:1/cb".to_owned(), "http://localhost/cb".to_owned()];
            };
            let world = world_with(role, application_type, change).await;
            for uri in ["http://127.0.0.1:54321/cb", "http://localhost:5/cb"] {
                let mut agent = Agent::new(&world);
                let request = Request::new("app").with("redirect_uri", uri);
                let page = agent.ask(&request).await;
                if is_allowed {
                    let page = agent.sign_in(&page, "ann").await;
                    assert!(page.html.contains("program on this device"), "{}", page.html);
                    let page = agent.allow(&page).await;
                    let location = page.left_for.as_ref().expect("sent back");
                    assert!(location.starts_with(&format!("{uri}?code=")), "{location}");
                } else {
                    page.is_page(400);
                }
            }
            let other = Request::new("app").with("redirect_uri", "http://[::1]:1/cb");
            Agent::new(&world).ask(&other).await.is_page(400);
        }
    }
}

#[tokio::test]
async fn a05_a_redirect_uri_with_fragment_or_control_characters_gets_a_page() {
    for role in ROLES {
        let world = web(role).await;
        for end in ["#", "#x", "\r\nX: y", "\0", "\t", " ", "é"] {
            let uri = format!("{REDIRECT}{end}");
            Agent::new(&world)
                .ask(&Request::new("app").with("redirect_uri", &uri))
                .await
                .is_page(400);
        }
    }
}

#[tokio::test]
async fn a06_a_parameter_that_is_given_twice_gets_a_page() {
    for role in ROLES {
        let world = web(role).await;
        for (name, value) in [
            ("redirect_uri", REDIRECT),
            ("client_id", "app"),
            ("state", "x"),
            ("scope", "openid"),
        ] {
            let twice = Request::new("app").add(name, value);
            Agent::new(&world).ask(&twice).await.is_page(400);
            let fields = twice.fields();
            let path = world.path(Endpoint::Authorize);
            Agent::new(&world)
                .submit_from_elsewhere(&path, &fields)
                .await
                .is_page(400);
        }
        let long = Request::new("app").with("unknown", &"x".repeat(16 * 1024));
        Agent::new(&world).ask(&long).await.is_page(400);
        let path = world.path(Endpoint::Authorize);
        Agent::new(&world)
            .submit_from_elsewhere(&path, &long.fields())
            .await
            .is_page(400);
        let unknown = Request::new("app").with("unknown", "x");
        assert!(Agent::new(&world).ask(&unknown).await.path.contains("/signin"));
    }
}

#[tokio::test]
async fn a07_other_response_types_are_refused() {
    for role in ROLES {
        let world = web(role).await;
        for kind in ["token", "id_token token", "none", "", "code id_token", "Code"] {
            let request = Request::new("app").with("response_type", kind);
            assert_eq!(told(&world, &request).await, "unsupported_response_type", "{kind}");
        }
        let request = Request::new("app").without("response_type");
        assert_eq!(told(&world, &request).await, "unsupported_response_type");
    }
}

#[tokio::test]
async fn a08_a_request_without_a_good_challenge_is_refused() {
    for role in ROLES {
        let world = web(role).await;
        let good = "a".repeat(43);
        for request in [
            Request::new("app").without("code_challenge"),
            Request::new("app").with("code_challenge_method", "plain"),
            Request::new("app").without("code_challenge_method"),
            Request::new("app").with("code_challenge", &good[1..]),
            Request::new("app").with("code_challenge", &"a".repeat(129)),
            Request::new("app").with("code_challenge", &format!("{good}+")),
        ] {
            assert_eq!(told(&world, &request).await, "invalid_request", "{request:?}");
        }
        world.set("allow_plain_challenge", "true").await;
        let plain = Request::new("app").with("code_challenge_method", "plain");
        assert!(Agent::new(&world).ask(&plain).await.path.contains("/signin"));
    }
}

#[tokio::test]
async fn a09_unknown_scopes_are_refused_and_disallowed_ones_never_become_a_default() {
    for role in ROLES {
        let only_files = |document: &mut nc_provider::ClientDocument| {
            document.allowed_scopes = Some(vec!["openid".to_owned(), "files:read".to_owned()]);
        };
        let world = world_with(role, ApplicationType::Web, only_files).await;
        for scope in ["openid nonsense:read", "nonsense", "notes:read notes:write", "", " "] {
            let request = Request::new("app").with("scope", scope);
            if scope.is_empty() {
                continue;
            }
            assert_eq!(told(&world, &request).await, "invalid_scope", "{scope}");
        }
        let mut agent = Agent::new(&world);
        let some = Request::new("app").with("scope", "openid notes:read files.read");
        let page = agent.connect(&some, "ann").await;
        assert_eq!(scopes_of(&world, &page.code()).await, ["files:read", "openid"]);
        let none = Request::new("app").without("scope");
        let page = agent.connect(&none, "ann").await;
        assert_eq!(scopes_of(&world, &page.code()).await, ["files:read", "openid"]);
        // A scope that nobody defines stays unknown, whoever asks; an administrator's scopes need the flag.
        let admin = |client: &mut nc_provider::Client| {
            client.document.allowed_scopes = Some(vec!["openid".to_owned(), "admin:read".to_owned()]);
        };
        world.change_client("app", admin).await;
        let request = Request::new("app").with("scope", "admin:read");
        assert_eq!(told(&world, &request).await, "invalid_scope");
        world
            .change_client("app", |client| client.document.admin_scopes = true)
            .await;
        assert!(agent.ask(&request).await.path.contains("/consent"));
    }
}

#[tokio::test]
async fn a10_a_scope_over_the_limits_is_refused_and_never_cut_off() {
    for role in ROLES {
        let many: Vec<String> = (0..257).map(|number| format!("s{number}:read")).collect();
        let long: Vec<String> = (0..40)
            .map(|number| format!("{}{number:02}", "l".repeat(100)))
            .collect();
        let longest = "x".repeat(128);
        let all: Vec<String> = many.iter().chain(&long).cloned().chain([longest.clone()]).collect();
        let change = |document: &mut nc_provider::ClientDocument| document.allowed_scopes = Some(all);
        let world = world_with(role, ApplicationType::Web, change).await;
        let padded = |bytes: usize| {
            let text = long[..39].join(" ");
            format!("{text}{}", " ".repeat(bytes - text.len()))
        };
        let path = world.path(Endpoint::Authorize);
        for (scope, is_good) in [
            (many[..256].join(" "), true),
            (many.join(" "), false),
            (padded(4096), true),
            (padded(4097), false),
            (longest.clone(), true),
            (format!("{longest}x"), false),
        ] {
            let request = Request::new("app").with("scope", &scope);
            let mut agent = Agent::new(&world);
            let page = agent.ask(&request).await;
            if is_good {
                assert!(page.path.contains("/signin"), "{}: {:?}", scope.len(), page.left_for);
                let page = agent.sign_in(&page, "ann").await;
                let asked = scope.split(' ').filter(|scope| !scope.is_empty()).count();
                assert_eq!(page.form("/consent/grant").scopes().len(), asked);
            } else {
                assert_eq!(page.error(), "invalid_scope", "{}", scope.len());
            }
            let by_post = Agent::new(&world).submit_from_elsewhere(&path, &request.fields()).await;
            assert_eq!(by_post.path.contains("/signin"), is_good, "{}", scope.len());
        }
    }
}

#[tokio::test]
async fn a11_513_bytes_of_scopes_all_arrive_in_the_token() {
    for role in ROLES {
        let names: Vec<String> = (0..27)
            .map(|number| format!("custom{number:03}:readx{number:03}"))
            .collect();
        let text = format!("{} {}", names.join(" "), "y".repeat(513 - 27 * 19));
        let names: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        assert_eq!((text.len() >= 513, names.len() >= 27), (true, true), "{}", text.len());
        let allowed = names.clone();
        let change = |document: &mut nc_provider::ClientDocument| document.allowed_scopes = Some(allowed);
        let world = world_with(role, ApplicationType::Web, change).await;
        let page = Agent::new(&world)
            .connect(&Request::new("app").with("scope", &text), "ann")
            .await;
        let mut expected = names;
        expected.sort_unstable();
        assert_eq!(scopes_of(&world, &page.code()).await, expected);
    }
}

#[tokio::test]
async fn a12_a_resource_that_the_client_may_not_name_is_refused() {
    for world in every_world().await {
        let closed = "https://closed.example/api";
        let document = ResourceDocument {
            scopes: vec!["notes:read".to_owned()],
            ..ResourceDocument::default()
        };
        world.resource(closed, None, &document).await;
        for uri in [
            "/notes",
            "notes",
            "https://api.example/notes#x",
            "https://api.example/note",
            closed,
        ] {
            let request = Request::new("app").with("resource", uri);
            assert_eq!(told(&world, &request).await, "invalid_target", "{uri}");
        }
        let both = Request::new("app").with("resource", NOTES).add("resource", closed);
        assert_eq!(told(&world, &both).await, "invalid_target");
        world
            .change_client("app", |client| client.document.resources.push(closed.to_owned()))
            .await;
        assert!(Agent::new(&world).ask(&both).await.path.contains("/signin"));
    }
}

#[tokio::test]
async fn a_resource_narrows_the_scopes_to_those_that_it_defines() {
    for world in every_world().await {
        let mut agent = Agent::new(&world);
        let asked = Request::new("app").with("scope", "openid profile notes:read files:read");
        let page = agent.connect(&asked.clone().with("resource", NOTES), "ann").await;
        assert_eq!(
            scopes_of(&world, &page.code()).await,
            ["notes:read", "openid", "profile"]
        );
        let both = asked.clone().with("resource", NOTES).add("resource", FILES);
        let page = agent.connect(&both, "ann").await;
        assert_eq!(
            scopes_of(&world, &page.code()).await,
            ["files:read", "notes:read", "openid", "profile"]
        );
        let nothing = asked.clone().with("scope", "files:read").with("resource", NOTES);
        assert_eq!(agent.ask(&nothing).await.error(), "invalid_scope");
        // Without one: the client's own default, else that of the settings, else user info only.
        let page = agent.connect(&asked, "ann").await;
        let tokens = redeem(&world, &page.code()).await;
        let token = tokens["access_token"].as_str().expect("text");
        let user_info = world.provider.config().url(Endpoint::UserInfo);
        assert!(world.is_live(token, &user_info).await && !world.is_live(token, NOTES).await);
        world.set("default_resource_identifier", FILES).await;
        let page = agent.connect(&asked, "ann").await;
        assert_eq!(
            scopes_of(&world, &page.code()).await,
            ["files:read", "openid", "profile"]
        );
        let own = |client: &mut nc_provider::Client| client.document.default_resource = Some(NOTES.to_owned());
        world.change_client("app", own).await;
        let page = agent.connect(&asked, "ann").await;
        assert_eq!(
            scopes_of(&world, &page.code()).await,
            ["notes:read", "openid", "profile"]
        );
    }
}

#[tokio::test]
async fn a14_prompt_none_with_another_value_is_refused() {
    for role in ROLES {
        let world = web(role).await;
        for prompt in ["none login", "login none", "none consent", "sometimes"] {
            let request = Request::new("app").with("prompt", prompt);
            assert_eq!(told(&world, &request).await, "invalid_request", "{prompt}");
        }
        // The first failure wins: scope and resource come before.
        let both = Request::new("app")
            .with("prompt", "none login")
            .with("scope", "nonsense");
        assert_eq!(told(&world, &both).await, "invalid_scope");
        let both = Request::new("app").with("max_age", "x").with("resource", "nonsense");
        assert_eq!(told(&world, &both).await, "invalid_target");
    }
}

#[tokio::test]
async fn a16_request_objects_are_refused() {
    for role in ROLES {
        let world = web(role).await;
        let request = Request::new("app").with("request", "eyJhbGciOiJub25lIn0.e30.");
        assert_eq!(told(&world, &request).await, "request_not_supported");
        let request = Request::new("app").with("request_uri", "https://app.example/request.jwt");
        assert_eq!(told(&world, &request).await, "request_uri_not_supported");
    }
}

#[tokio::test]
async fn a17_state_and_issuer_come_with_every_answer_however_it_is_sent() {
    for world in every_world().await {
        let mut agent = Agent::new(&world);
        let request = Request::new("app").with("response_mode", "form_post");
        let page = agent.connect(&request, "ann").await;
        page.is_page(200);
        let form = page.form("/cb");
        assert_eq!((form.action.as_str(), form.get("state")), (REDIRECT, STATE));
        assert_eq!(form.get("iss"), world.provider.config().issuer);
        assert_eq!(redeem(&world, form.get("code")).await["token_type"], "Bearer");
        assert!(page.policy().contains("script-src 'nonce-"), "{}", page.policy());
        let page = agent.ask(&request.clone().with("scope", "nonsense")).await;
        let form = page.form("/cb");
        assert_eq!((form.get("error"), form.get("state")), ("invalid_scope", STATE));
        assert_eq!(form.get("iss"), world.provider.config().issuer);
        let page = agent.ask(&request.with("response_mode", "fragment")).await;
        assert_carries_state_and_issuer(&world, &page);
        assert_eq!(page.error(), "invalid_request");
        // An existing query stays.
        let with_query = "https://app.example/cb?tenant=a%20b".to_owned();
        world
            .change_client("app", |client| client.document.redirect_uris = vec![with_query.clone()])
            .await;
        let page = agent
            .connect(&Request::new("app").with("redirect_uri", &with_query), "ann")
            .await;
        assert_carries_state_and_issuer(&world, &page);
        assert!(
            page.left_for
                .expect("sent back")
                .starts_with(&format!("{with_query}&code="))
        );
        // One that is too long is not sent back at all.
        let page = agent
            .ask(
                &Request::new("app")
                    .without("redirect_uri")
                    .with("state", &"s".repeat(2049)),
            )
            .await;
        assert_eq!(
            (page.error().as_str(), page.told().get("state")),
            ("invalid_request", None)
        );
    }
}

#[tokio::test]
async fn a23_the_authorization_endpoint_is_closed_to_scripts_of_other_origins() {
    for role in ROLES {
        let world = web(role).await;
        for endpoint in [Endpoint::Authorize, Endpoint::Consent, Endpoint::SignIn] {
            let request = http::Request::options(world.path(endpoint))
                .header("origin", "https://app.example")
                .header("access-control-request-method", "GET");
            let answer = world
                .send(request.body(axum::body::Body::empty()).expect("a request"))
                .await;
            assert_eq!(answer.header("access-control-allow-origin"), None);
            assert_ne!(answer.status, 200);
        }
        let request = http::Request::get(Request::new("app").path(&world)).header("origin", "https://app.example");
        let answer = world
            .send(request.body(axum::body::Body::empty()).expect("a request"))
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("access-control-allow-origin")),
            (303, None)
        );
    }
}

#[tokio::test]
async fn a25_a_forged_host_header_changes_no_address() {
    for role in ROLES {
        let world = web(role).await;
        let request = http::Request::get(Request::new("app").path(&world))
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("forwarded", "host=evil.example");
        let answer = world
            .send(request.body(axum::body::Body::empty()).expect("a request"))
            .await;
        let location = answer.header("location").expect("sent on");
        assert!(
            location.starts_with(&world.provider.config().url(Endpoint::SignIn)),
            "{location}"
        );
        let wrong = Request::new("app").with("scope", "nonsense").path(&world);
        let request = http::Request::get(wrong).header("host", "evil.example");
        let answer = world
            .send(request.body(axum::body::Body::empty()).expect("a request"))
            .await;
        let location = answer.header("location").expect("sent back");
        assert!(!location.contains("evil"), "{location}");
    }
}

#[tokio::test]
async fn a_client_without_the_code_grant_may_not_ask() {
    for role in ROLES {
        let world = web(role).await;
        world
            .change_client("app", |client| client.document.grants.clear())
            .await;
        assert_eq!(told(&world, &Request::new("app")).await, "unauthorized_client");
    }
}

#[tokio::test]
async fn a_request_by_post_goes_on_in_the_browser_that_sent_it() {
    for world in every_world().await {
        let path = world.path(Endpoint::Authorize);
        let mut agent = Agent::new(&world);
        agent.connect(&Request::new("app"), "ann").await.code();
        // The session is found although the post brought no cookie.
        let page = agent.submit_from_elsewhere(&path, &Request::new("app").fields()).await;
        assert_carries_state_and_issuer(&world, &page);
        assert!(page.code().starts_with("ncc_"));
        let silent = Request::new("app").with("prompt", "none");
        let page = agent.submit_from_elsewhere(&path, &silent.fields()).await;
        page.code();
        let page = Agent::new(&world).submit_from_elsewhere(&path, &silent.fields()).await;
        assert_eq!(page.error(), "login_required");
    }
}

#[tokio::test]
async fn sixty_requests_a_minute_are_answered_for_each_address() {
    for role in ROLES {
        let world = web(role).await;
        let mut agent = Agent::new(&world);
        for _ in 0..60 {
            agent.ask(&Request::new("app").with("scope", "nonsense")).await.error();
        }
        let page = agent.ask(&Request::new("app")).await;
        page.is_page(429);
        assert!(page.headers.contains_key("retry-after"));
        agent.address = std::net::IpAddr::from([203, 0, 113, 5]);
        assert!(agent.ask(&Request::new("app")).await.path.contains("/signin"));
        agent.address = std::net::IpAddr::from([198, 51, 100, 7]);
        world.pass(60);
        assert!(agent.ask(&Request::new("app")).await.path.contains("/signin"));
    }
}
