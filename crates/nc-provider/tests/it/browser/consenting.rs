//! The consent page.

use nc_proto::oauth::{client_auth::AuthMethod, redirect_uri::ApplicationType};
use nc_provider::{Endpoint, Person};
use nc_store::ClientKind;

use super::{
    agent::Agent,
    flow::{Request, every_world, scopes_of, world_with},
};
use crate::machine::world::{NOTES, ROLES, World};

async fn web(role: nc_provider::Role) -> World {
    let world = world_with(role, ApplicationType::Web, |_| {}).await;
    world.people.put(Person {
        uid: "bob".to_owned(),
        ..Person::default()
    });
    world
}

async fn asked<'a>(world: &'a World, request: &Request) -> (Agent<'a>, super::agent::Page) {
    let mut agent = Agent::new(world);
    let page = agent.ask(request).await;
    let page = agent.sign_in(&page, "ann").await;
    (agent, page)
}

#[tokio::test]
async fn s04_scopes_that_are_unticked_are_not_in_the_token() {
    for world in every_world().await {
        let (mut agent, page) = asked(&world, &Request::new("app").with("resource", NOTES)).await;
        let form = page.form("/consent/grant");
        assert_eq!(form.scopes(), ["openid", "notes:read", "notes:write"]);
        let page = agent.submit(&form.untick("notes:write")).await;
        assert_eq!(scopes_of(&world, &page.code()).await, ["notes:read", "openid"]);
        // What was allowed is not asked for again, what was not is.
        let less = Request::new("app")
            .with("resource", NOTES)
            .with("scope", "notes:read openid");
        agent.ask(&less).await.code();
        agent
            .ask(&Request::new("app").with("resource", NOTES))
            .await
            .form("/consent/grant");
    }
}

#[tokio::test]
async fn a19_a_consent_that_does_not_come_from_the_page_is_refused_and_grants_nothing() {
    for world in every_world().await {
        let (mut ann, page) = asked(&world, &Request::new("app")).await;
        let form = page.form("/consent/grant");
        let mut bob = Agent::new(&world);
        let page = bob.ask(&Request::new("app")).await;
        let of_bob = bob.sign_in(&page, "bob").await.form("/consent/grant");
        let foreign = |name: &'static str, value: &'static str| {
            move |headers: &mut http::HeaderMap| drop(headers.insert(name, value.parse().expect("a value")))
        };
        ann.submit(&form.clone().fill("csrf", "")).await.is_page(403);
        ann.submit(&form.clone().fill("csrf", of_bob.get("csrf")))
            .await
            .is_page(403);
        ann.submit(&form.clone().fill("rid", of_bob.get("rid")))
            .await
            .is_page(403);
        ann.submit(&of_bob).await.is_page(403);
        bob.submit(&form).await.is_page(403);
        ann.submit_with(&form, foreign("origin", "https://evil.example"))
            .await
            .is_page(403);
        ann.submit_with(&form, foreign("origin", "null")).await.is_page(403);
        ann.submit_with(&form, foreign("sec-fetch-site", "cross-site"))
            .await
            .is_page(403);
        Agent::new(&world).submit(&form).await.is_page(403);
        let deny = form.clone().by_other_button().fill("csrf", of_bob.get("csrf"));
        ann.submit(&deny).await.is_page(403);
        assert_eq!(
            world.audited("consent.granted").await + world.audited("consent.denied").await,
            0
        );
        // Signed in as somebody else meanwhile: the page that is open shows the wrong account.
        let page = ann.ask(&Request::new("app").with("prompt", "login")).await;
        ann.sign_in(&page, "bob").await;
        ann.submit(&form).await.is_page(403);
        assert_eq!(world.audited("consent.granted").await, 0);
        bob.submit(&of_bob).await.code();
    }
}

#[tokio::test]
async fn a20_a_scope_that_was_not_asked_for_is_ignored() {
    for world in every_world().await {
        let (mut agent, page) = asked(&world, &Request::new("app").with("scope", "openid notes:read")).await;
        let form = page
            .form("/consent/grant")
            .add("scope", "files:write")
            .add("scope", "admin:write");
        let page = agent.submit(&form).await;
        assert_eq!(scopes_of(&world, &page.code()).await, ["notes:read", "openid"]);
    }
}

#[tokio::test]
async fn a21_no_page_may_be_framed_and_forms_lead_to_one_origin() {
    const TARGET: &str = "form-action 'self' https://app.example";
    for world in every_world().await {
        let mut agent = Agent::new(&world);
        let first = agent.ask(&Request::new("app")).await;
        let second = agent.sign_in(&first, "ann").await;
        // From the page that leads to the Nextcloud nothing is sent to the client.
        let target = if world.nextcloud.is_some() {
            "form-action 'self'"
        } else {
            TARGET
        };
        for (page, target) in [(first, target), (second, TARGET)] {
            for part in ["frame-ancestors 'none'", "script-src 'none'", target] {
                assert!(page.policy().contains(part), "{}", page.policy());
            }
            assert_eq!(page.headers["x-frame-options"], "DENY");
            assert_eq!(page.headers["cache-control"], "no-store");
            assert_eq!(page.headers["referrer-policy"], "same-origin");
        }
    }
}

#[tokio::test]
async fn a22_a_hostile_client_name_is_shown_as_text() {
    for role in ROLES {
        let hostile =
            |document: &mut nc_provider::ClientDocument| document.name = "<script>alert(1)</script>".to_owned();
        let world = world_with(role, ApplicationType::Web, hostile).await;
        let (_, page) = asked(&world, &Request::new("app")).await;
        assert!(
            !page.html.contains("<script") && page.html.contains("&#60;script&#62;"),
            "{}",
            page.html
        );
    }
}

#[tokio::test]
async fn a26_only_members_of_the_clients_groups_get_a_code() {
    for role in ROLES {
        let staff = |document: &mut nc_provider::ClientDocument| document.groups = vec!["staff".to_owned()];
        let world = world_with(role, ApplicationType::Web, staff).await;
        world.people.put(Person {
            uid: "bob".to_owned(),
            ..Person::default()
        });
        Agent::new(&world).connect(&Request::new("app"), "ann").await.code();
        let mut bob = Agent::new(&world);
        let page = bob.ask(&Request::new("app")).await;
        assert_eq!(bob.sign_in(&page, "bob").await.error(), "access_denied");
        assert_eq!(
            bob.ask(&Request::new("app").with("prompt", "none")).await.error(),
            "access_denied"
        );
    }
}

#[tokio::test]
async fn a27_the_answer_to_a_post_is_303() {
    for world in every_world().await {
        let mut agent = Agent::new(&world);
        let page = agent.ask(&Request::new("app")).await;
        assert_eq!(page.redirects, [303]);
        let page = agent.sign_in(&page, "ann").await;
        assert_eq!(page.redirects, [303]);
        let page = agent.allow(&page).await;
        assert_eq!(page.redirects, [303]);
    }
}

#[tokio::test]
async fn a_refusal_is_told_and_grants_nothing() {
    for world in every_world().await {
        let (mut agent, page) = asked(&world, &Request::new("app")).await;
        let form = page.form("/consent/grant");
        let page = agent.submit(&form.clone().by_other_button()).await;
        assert_eq!(page.error(), "access_denied");
        assert_eq!(world.audited("consent.denied").await, 1);
        agent.submit(&form).await.is_page(404);
        let mut page = agent.ask(&Request::new("app")).await;
        if world.nextcloud.is_some() {
            // What nothing was granted with is not kept, and nobody is signed in without it.
            page = agent.sign_in(&page, "ann").await;
        }
        page.form("/consent/grant");
    }
}

#[tokio::test]
async fn a_request_is_answered_once_and_within_a_quarter_of_an_hour() {
    for world in every_world().await {
        let (mut agent, page) = asked(&world, &Request::new("app")).await;
        let form = page.form("/consent/grant");
        agent.submit(&form).await.code();
        agent.submit(&form).await.is_page(404);
        agent.open(&page.path).await.is_page(404);
        let page = agent.ask(&Request::new("app").with("prompt", "consent")).await;
        world.pass(15 * 60 - 1);
        let last = agent.open(&page.path).await;
        world.pass(1);
        agent.submit(&last.form("/consent/grant")).await.is_page(404);
    }
}

#[tokio::test]
async fn an_answer_without_any_scope_asks_again() {
    for world in every_world().await {
        let (mut agent, page) = asked(&world, &Request::new("app").with("scope", "notes:read")).await;
        let form = page.form("/consent/grant");
        let page = agent.submit(&form.clone().untick("notes:read")).await;
        page.is_page(400);
        agent.submit(&form).await.code();
    }
}

#[tokio::test]
async fn consent_is_asked_for_again_when_it_ended_or_the_client_changed() {
    for role in ROLES {
        let two_hosts = |document: &mut nc_provider::ClientDocument| {
            document.redirect_uris.push("https://second.example/cb".to_owned());
        };
        let world = world_with(role, ApplicationType::Web, two_hosts).await;
        let mut agent = Agent::new(&world);
        let asks = async |agent: &mut Agent<'_>, request: &Request| {
            let mut page = agent.ask(request).await;
            if page.path.contains("/signin") {
                page = agent.sign_in(&page, "ann").await;
            }
            let asks = page.left_for.is_none();
            if asks {
                agent.allow(&page).await.code();
            }
            asks
        };
        let request = Request::new("app");
        assert!(asks(&mut agent, &request).await);
        assert!(!asks(&mut agent, &request).await);
        let reordered = request.clone().with("scope", "notes:write openid notes:read");
        assert!(!asks(&mut agent, &reordered).await);
        assert!(asks(&mut agent, &request.clone().with("prompt", "consent")).await);
        assert!(asks(&mut agent, &request.clone().with("scope", "openid files:read")).await);
        assert!(!asks(&mut agent, &request).await, "what was allowed before stays");
        assert!(
            asks(&mut agent, &request.clone().with("resource", NOTES)).await,
            "another resource"
        );
        let elsewhere = request.clone().with("redirect_uri", "https://second.example/cb");
        assert!(asks(&mut agent, &elsewhere).await, "another host");
        assert!(!asks(&mut agent, &request).await);
        world
            .change_client("app", |client| client.document.name = "Other".to_owned())
            .await;
        assert!(asks(&mut agent, &request).await, "another name");
        let changed = |client: &mut nc_provider::Client| client.document.document_hash = Some("1".to_owned());
        world.change_client("app", changed).await;
        assert!(asks(&mut agent, &request).await, "another document");
        world.pass(7_776_000 - 1);
        assert!(!asks(&mut agent, &request).await);
        world.pass(1);
        assert!(asks(&mut agent, &request).await, "after 90 days");
    }
}

#[tokio::test]
async fn only_first_party_clients_with_a_secret_are_allowed_without_a_question() {
    for role in ROLES {
        for (kind, method, is_asked) in [
            (ClientKind::FirstParty, AuthMethod::ClientSecretPost, false),
            (ClientKind::FirstParty, AuthMethod::None, true),
            (ClientKind::Admin, AuthMethod::ClientSecretPost, true),
            (ClientKind::Dynamic, AuthMethod::ClientSecretPost, true),
            (ClientKind::Document, AuthMethod::ClientSecretPost, true),
        ] {
            let world = World::new(role).await;
            let change = |document: &mut nc_provider::ClientDocument| {
                document.auto_grant = true;
                document.auth_method = method;
            };
            world.client_of("app", kind, change).await;
            let (_, page) = asked(&world, &Request::new("app")).await;
            assert_eq!(page.left_for.is_none(), is_asked, "{kind:?} {method:?}");
        }
    }
}

#[tokio::test]
async fn a_client_that_registered_itself_is_shown_as_such() {
    for role in ROLES {
        let world = World::new(role).await;
        world.client_of("app", ClientKind::Dynamic, |_| {}).await;
        let (_, page) = asked(&world, &Request::new("app")).await;
        assert!(page.html.contains("self-registered, unverified"), "{}", page.html);
    }
}

#[tokio::test]
async fn thirty_answers_a_minute_are_taken_from_each_address() {
    for world in every_world().await {
        let (mut agent, page) = asked(&world, &Request::new("app")).await;
        let form = page.form("/consent/grant");
        for _ in 0..30 {
            agent.submit(&form.clone().fill("csrf", "x")).await.is_page(403);
        }
        agent.submit(&form).await.is_page(429);
        world.pass(60);
        agent.submit(&form).await.code();
    }
}

#[tokio::test]
async fn the_second_spelling_of_the_paths_of_the_cloud_works_too() {
    let world = web(nc_provider::Role::Cloud).await;
    let path = Request::new("app").path(&world);
    let page = Agent::new(&world).open(&format!("/index.php{path}")).await;
    assert!(page.path.starts_with(&world.path(Endpoint::SignIn)), "{}", page.path);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_consent_that_is_sent_twice_at_once_gives_one_code() {
    for world in every_world().await {
        for round in 0..4 {
            let request = Request::new("app").with("prompt", "consent");
            let (agent, page) = asked(&world, &request).await;
            let form = page.form("/consent/grant");
            let granted = world.audited("consent.granted").await;
            let browsers = [(); 4].map(|()| Agent {
                world: &world,
                cookies: agent.cookies.clone(),
                address: agent.address,
            });
            let [mut a, mut b, mut c, mut d] = browsers;
            let pages = tokio::join!(a.submit(&form), b.submit(&form), c.submit(&form), d.submit(&form));
            let pages = [pages.0, pages.1, pages.2, pages.3];
            let (codes, ended): (Vec<_>, Vec<_>) = pages.into_iter().partition(|page| page.left_for.is_some());
            assert_eq!(codes.len(), 1, "round {round}");
            for page in ended {
                page.is_page(404);
            }
            codes[0].code();
            assert_eq!(world.audited("consent.granted").await, granted + 1);
            world.pass(60);
        }
    }
}

#[tokio::test]
async fn a_page_about_two_requests_says_that_there_is_none() {
    for world in every_world().await {
        let (mut agent, _) = asked(&world, &Request::new("app").with("prompt", "consent")).await;
        for endpoint in [Endpoint::Consent, Endpoint::SignIn] {
            let path = world.path(endpoint);
            let unknown = agent.open(&format!("{path}?rid=unknown")).await;
            let two = agent.open(&format!("{path}?rid=a&rid=b")).await;
            two.is_page(404);
            assert_eq!(two.html, unknown.html, "{path}");
        }
    }
}
