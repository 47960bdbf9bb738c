//! Signing in on the way.

use nc_proto::oauth::redirect_uri::ApplicationType;
use nc_provider::{Checked, Person};

use super::{
    agent::Agent,
    flow::{Request, every_world, id_claims, redeem, world_with},
};
use crate::machine::world::{ROLES, World};

async fn web(role: nc_provider::Role) -> World {
    let world = world_with(role, ApplicationType::Web, |_| {}).await;
    world.people.put(Person {
        uid: "bob".to_owned(),
        display_name: "Bob Example".to_owned(),
        ..Person::default()
    });
    world
}

#[tokio::test]
async fn a13_prompt_none_tells_what_is_missing() {
    for world in every_world().await {
        let mut agent = Agent::new(&world);
        let silent = Request::new("app").with("prompt", "none");
        assert_eq!(agent.ask(&silent).await.error(), "login_required");
        let page = agent.ask(&Request::new("app")).await;
        agent.sign_in(&page, "ann").await.is_page(200);
        assert_eq!(agent.ask(&silent).await.error(), "consent_required");
        agent.connect(&Request::new("app"), "ann").await.code();
        agent.ask(&silent).await.code();
        // The session ends after eight hours.
        world.pass(8 * 3600 - 1);
        agent.ask(&silent).await.code();
        world.pass(1);
        assert_eq!(agent.ask(&silent).await.error(), "login_required");
    }
}

#[tokio::test]
async fn a15_max_age_asks_for_a_new_sign_in_whose_time_is_told() {
    for world in every_world().await {
        let mut agent = Agent::new(&world);
        let first = agent.connect(&Request::new("app"), "ann").await;
        let signed_in_at = id_claims(&world, &first.code()).await["auth_time"]
            .as_i64()
            .expect("a time");
        assert_eq!(signed_in_at, world.now());
        world.pass(100);
        let request = Request::new("app").with("max_age", "100");
        let page = agent.ask(&request).await;
        assert_eq!(id_claims(&world, &page.code()).await["auth_time"], signed_in_at);
        world.pass(1);
        assert_eq!(
            agent.ask(&request.clone().with("prompt", "none")).await.error(),
            "login_required"
        );
        let sessions = agent.session().cloned();
        for (name, value) in [
            ("max_age", "100"),
            ("max_age", "0"),
            ("prompt", "login"),
            ("prompt", "select_account"),
        ] {
            let page = agent.ask(&Request::new("app").with(name, value)).await;
            assert!(page.path.contains("/signin"), "{name}={value}: {}", page.path);
            // Going on without signing in leads back.
            let around = page.path.replace("/signin", "/consent");
            assert!(agent.open(&around).await.path.contains("/signin"), "{name}={value}");
            let page = agent.sign_in(&page, "ann").await;
            let claims = id_claims(&world, &page.code()).await;
            assert_eq!(claims["auth_time"], world.now(), "{name}={value}");
            world.pass(101);
        }
        assert_ne!(agent.session().cloned(), sessions);
    }
}

#[tokio::test]
async fn a18_two_tabs_end_at_their_own_clients_with_their_own_scopes() {
    for world in every_world().await {
        let other = |document: &mut nc_provider::ClientDocument| {
            document.auth_method = nc_proto::oauth::client_auth::AuthMethod::None;
            document.redirect_uris = vec!["https://other.example/back".to_owned()];
        };
        world.client("other", other).await;
        let mut agent = Agent::new(&world);
        let one = agent
            .ask(&Request::new("app").with("scope", "notes:read").with("state", "one"))
            .await;
        let two = Request::new("other").with("redirect_uri", "https://other.example/back");
        let two = agent.ask(&two.with("scope", "files:read").with("state", "two")).await;
        let one = agent.sign_in(&one, "ann").await;
        // The sign-in in the other tab went through already; the form that is open there still works.
        let two = agent.sign_in(&two, "ann").await;
        assert_eq!(two.form("/consent/grant").scopes(), ["files:read"]);
        let two = agent.allow(&two).await;
        let one = agent.allow(&one).await;
        let left = |page: &super::agent::Page| page.left_for.clone().expect("sent back");
        assert!(left(&one).starts_with("https://app.example/cb?"), "{}", left(&one));
        assert!(left(&two).starts_with("https://other.example/back?"), "{}", left(&two));
        assert_eq!(
            (one.told()["state"].as_str(), two.told()["state"].as_str()),
            ("one", "two")
        );
        assert_eq!(redeem(&world, &one.code()).await["scope"], "notes:read");
    }
}

#[tokio::test]
async fn wrong_passwords_and_app_passwords_open_no_session_and_are_throttled() {
    for role in ROLES {
        let world = web(role).await;
        let mut agent = Agent::new(&world);
        let page = agent.ask(&Request::new("app")).await;
        let form = page.form("/signin").fill("user", "ann");
        let page = agent.submit(&form.clone().fill("password", "ann-app")).await;
        page.is_page(403);
        assert!(page.html.contains("app password"), "{}", page.html);
        for _ in 0..5 {
            let page = agent.submit(&page.form("/signin").fill("password", "guess")).await;
            page.is_page(403);
            assert!(page.html.contains("Wrong user name or password"), "{}", page.html);
            assert_eq!(page.form("/signin").get("user"), "ann");
        }
        let right = form.fill("password", "ann-password");
        let page = agent.submit(&right).await;
        page.is_page(429);
        assert!(page.html.contains("Try again in 1 min"), "{}", page.html);
        // The accounts have a limit of their own.
        world.pass(60);
        let page = agent.submit(&right).await;
        page.is_page(429);
        assert!(page.html.contains("Try again in 2 min"), "{}", page.html);
        assert_eq!(agent.session(), None);
    }
}

#[tokio::test]
async fn a_password_that_was_not_judged_leaves_the_delay_as_it_was() {
    for role in ROLES {
        for (unjudged, status) in [(Some(Checked::Throttled { retry_after_s: 90 }), 429), (None, 503)] {
            let world = web(role).await;
            let mut agent = Agent::new(&world);
            let page = agent.ask(&Request::new("app")).await;
            let form = page.form("/signin").fill("user", "ann").fill("password", "guess");
            let attempts = [vec![Some(Checked::Wrong); 4], vec![unjudged.clone(); 2]].concat();
            world.people.will_answer(attempts);
            for status in [403, 403, 403, 403, status, status] {
                agent.submit(&form).await.is_page(status);
            }
            // Neither one failure more nor one less: the next is the fifth.
            world.people.will_answer([Some(Checked::Wrong)]);
            agent.submit(&form).await.is_page(403);
            let late = agent.submit(&form).await;
            late.is_page(429);
            assert!(late.html.contains("Try again in 1 min"), "{}", late.html);
            world.pass(60);
            world.people.will_answer([unjudged, Some(Checked::Wrong)]);
            agent.submit(&form).await.is_page(status);
            agent.submit(&form).await.is_page(403);
            let late = agent.submit(&form).await;
            late.is_page(429);
            assert!(late.html.contains("Try again in 2 min"), "{}", late.html);
            // A right one makes up for all.
            world.pass(120);
            let right = form.clone().fill("password", "ann-password");
            let page = agent.submit(&right).await;
            assert!(page.path.contains("/consent"), "{}", page.path);
        }
    }
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_told() {
    for role in ROLES {
        let world = web(role).await;
        world.people.want_second_factor("ann");
        let mut agent = Agent::new(&world);
        let page = agent.ask(&Request::new("app")).await;
        let page = agent.sign_in(&page, "ann").await;
        assert!(page.path.contains("/signin/second-factor"), "{}", page.path);
        assert_eq!(agent.session(), None);
        let around = page.path.replace("/signin/second-factor", "/consent");
        assert!(agent.open(&around).await.path.contains("/signin?"));
        let form = page.form("/signin/second-factor");
        let wrong = agent.submit(&form.clone().fill("code", "12345")).await;
        wrong.is_page(403);
        assert!(wrong.html.contains("Wrong code"), "{}", wrong.html);
        // Another browser cannot go on where this one stopped.
        let mut thief = Agent::new(&world);
        thief.submit(&form.clone().fill("code", "654321")).await.is_page(403);
        let page = agent.submit(&form.fill("code", "123 456")).await;
        let page = agent.allow(&page).await;
        let claims = id_claims(&world, &page.code()).await;
        assert_eq!(claims["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
        assert_eq!(claims["acr"], "2");
    }
}

#[tokio::test]
async fn the_session_is_new_at_every_sign_in_and_an_old_cookie_opens_nothing() {
    for world in every_world().await {
        let mut agent = Agent::new(&world);
        agent.connect(&Request::new("app"), "ann").await.code();
        let old = agent.cookies.clone();
        let page = agent.ask(&Request::new("app").with("prompt", "login")).await;
        agent.sign_in(&page, "ann").await.code();
        let mut thief = Agent::new(&world);
        thief.cookies = old;
        assert_eq!(
            thief.ask(&Request::new("app").with("prompt", "none")).await.error(),
            "login_required"
        );
        // A cookie that somebody made up is not taken over.
        let mut fixed = Agent::new(&world);
        for name in agent.cookies.keys() {
            fixed.cookies.insert(name.clone(), "A".repeat(43));
        }
        let page = fixed.ask(&Request::new("app")).await;
        fixed.sign_in(&page, "ann").await.code();
        assert_ne!(fixed.session(), Some(&"A".repeat(43)));
    }
}

#[tokio::test]
async fn another_account_signs_in_and_is_asked_afresh() {
    for world in every_world().await {
        let mut agent = Agent::new(&world);
        let ann = id_claims(&world, &agent.connect(&Request::new("app"), "ann").await.code()).await;
        let page = agent.ask(&Request::new("app").with("prompt", "login")).await;
        let page = agent.sign_in(&page, "bob").await;
        assert!(page.html.contains("Bob Example"), "{}", page.html);
        let bob = id_claims(&world, &agent.allow(&page).await.code()).await;
        assert_ne!((&ann["sub"], &ann["sid"]), (&bob["sub"], &bob["sid"]));
        // Ann allowed it before; as another account than the running one she is asked all the same.
        let page = agent.ask(&Request::new("app").with("prompt", "login")).await;
        let page = agent.sign_in(&page, "ann").await;
        page.form("/consent/grant");
    }
}

#[tokio::test]
async fn a_disabled_user_is_refused_before_and_after_the_sign_in() {
    for role in ROLES {
        let world = web(role).await;
        let mut agent = Agent::new(&world);
        agent.connect(&Request::new("app"), "ann").await.code();
        world.people.disable("ann");
        let silent = Request::new("app").with("prompt", "none");
        assert_eq!(agent.ask(&silent).await.error(), "login_required");
        let page = agent.ask(&Request::new("app")).await;
        agent.sign_in(&page, "ann").await.is_page(403);
    }
}

#[tokio::test]
async fn a_sign_in_form_of_another_browser_or_site_is_refused() {
    for role in ROLES {
        let world = web(role).await;
        let mut agent = Agent::new(&world);
        let page = agent.ask(&Request::new("app")).await;
        let form = page
            .form("/signin")
            .fill("user", "ann")
            .fill("password", "ann-password");
        let mut thief = Agent::new(&world);
        thief.submit(&form).await.is_page(403);
        thief.open(&page.path).await.is_page(403);
        let foreign = |headers: &mut http::HeaderMap| {
            headers.insert("origin", "https://evil.example".parse().expect("a value"));
        };
        agent.submit_with(&form, foreign).await.is_page(403);
        agent.submit(&form.clone().fill("csrf", "")).await.is_page(403);
        assert_eq!((agent.session(), thief.session()), (None, None));
        agent.submit(&form).await.form("/consent/grant");
    }
}

#[tokio::test]
async fn a18_two_tabs_that_sign_in_at_the_same_moment_both_get_on() {
    for world in every_world().await {
        let mut agent = Agent::new(&world);
        agent.connect(&Request::new("app"), "ann").await.code();
        let again = Request::new("app").with("prompt", "login");
        let one = agent.ask(&again).await;
        let other = agent.ask(&again).await;
        let mut tab = Agent::new(&world);
        tab.cookies.clone_from(&agent.cookies);
        let (one, other) = tokio::join!(agent.sign_in(&one, "ann"), tab.sign_in(&other, "ann"));
        for page in [one, other] {
            assert!(page.status.as_u16() < 400, "{} {}", page.status, page.html);
        }
    }
}

#[tokio::test]
async fn a_changed_password_ends_the_sessions_that_the_former_one_opened() {
    use nc_auth::UserId;
    use nc_provider::admin::Admin;
    for role in ROLES {
        let world = web(role).await;
        let mut agent = Agent::new(&world);
        agent.connect(&Request::new("app"), "ann").await.code();
        let mut other = Agent::new(&world);
        other.connect(&Request::new("app"), "bob").await.code();
        let admin = Admin::new(&*world.store, world.now(), "command line");
        let base = &world.provider.config().account_base;
        assert_eq!(admin.end_sessions(base, &UserId::new("ann")).await.expect("ended"), 1);
        assert_eq!(admin.end_sessions(base, &UserId::new("nobody")).await.expect("none"), 0);
        let silent = Request::new("app").with("prompt", "none");
        assert_eq!(agent.ask(&silent).await.error(), "login_required");
        other.ask(&silent).await.code();
    }
}
