//! Signing in at another Nextcloud on the way (Login Flow v2).

use nc_provider::Endpoint;

use super::{
    agent::Agent,
    flow::{Request, id_claims, waiting, world_elsewhere},
    nextcloud::Failing,
};
use crate::machine::world::As;

#[tokio::test]
async fn the_pages_name_who_asks_and_where_to_go_and_need_no_script() {
    let world = world_elsewhere().await;
    let mut agent = Agent::new(&world);
    let page = agent.ask(&Request::new("app")).await;
    page.is_page(200);
    for text in ["Client app", "Example", "nextcloud.example:8443"] {
        assert!(page.html.contains(text), "{text}: {}", page.html);
    }
    assert_eq!(page.forms().len(), 1);
    assert_eq!(world.nextcloud().polls(), 0);
    let page = agent.submit(&page.form("/signin")).await;
    page.is_page(200);
    assert!(page.html.contains("rel=\"noopener\"") && page.html.contains("Example (mcp.example)"));
    assert!(page.link().starts_with("https://nextcloud.example:8443/login/v2/flow/"));
    let (seconds, url) = page.refresh();
    assert_eq!(seconds, 2);
    assert!(url.starts_with("https://mcp.example/oauth/signin/wait?rid="), "{url}");
    for page in [&page, &agent.open(&url).await] {
        assert!(page.policy().contains("script-src 'none'") && page.policy().contains("frame-ancestors 'none'"));
        assert_eq!(page.headers["cache-control"], "no-store");
        assert!(!page.html.contains("poll-token"), "{}", page.html);
    }
}

#[tokio::test]
async fn a_sign_in_is_told_as_done_elsewhere_and_the_consent_page_shows_the_account() {
    let world = world_elsewhere().await;
    let (mut agent, page) = waiting(&world, &Request::new("app")).await;
    // Not yet.
    let page = agent.refresh(&page).await;
    assert!(page.link().contains("/login/v2/flow/"));
    assert_eq!(agent.session(), None);
    world.nextcloud().grant(&page.link(), "ann");
    let page = agent.refresh(&page).await;
    assert_eq!(page.redirects, [303]);
    assert!(page.path.contains("/oauth/consent?rid="), "{}", page.path);
    assert!(page.html.contains("Ann Maria Example") && page.html.contains("nextcloud.example:8443"));
    let signed_in_at = world.now();
    world.pass(60);
    let claims = id_claims(&world, &agent.allow(&page).await.code()).await;
    assert_eq!(claims["amr"], serde_json::json!(["ext"]));
    assert_eq!(claims["auth_time"], signed_in_at);
    assert_eq!(claims.get("acr"), None);
    assert_eq!((world.nextcloud().alive(), world.nextcloud().kept()), (1, 1));
    assert_eq!(world.audited("session.signed_in").await, 1);
    // The session is good for the next request, without another sign-in.
    let silent = Request::new("app").with("prompt", "none");
    agent.ask(&silent).await.code();
}

#[tokio::test]
async fn s05_a_sign_in_of_another_browser_is_refused() {
    let world = world_elsewhere().await;
    let mut agent = Agent::new(&world);
    let page = agent.ask(&Request::new("app")).await;
    let form = page.form("/signin");
    let mut thief = Agent::new(&world);
    thief.open(&page.path).await.is_page(403);
    thief.submit(&form).await.is_page(403);
    let waiting = agent.submit(&form).await;
    let (_, url) = waiting.refresh();
    world.nextcloud().grant(&waiting.link(), "ann");
    world.pass(2);
    // Also one that has a cookie, but for a request of its own.
    let own = thief.ask(&Request::new("app")).await;
    thief.open(&url).await.is_page(403);
    let mixed = own.form("/signin").fill("rid", form.get("rid"));
    thief.submit(&mixed).await.is_page(403);
    assert_eq!((thief.session(), world.nextcloud().polls()), (None, 0));
    let foreign = |headers: &mut http::HeaderMap| {
        headers.insert("origin", "https://evil.example".parse().expect("a value"));
    };
    agent.submit_with(&form, foreign).await.is_page(403);
    agent.submit(&form.clone().fill("csrf", "")).await.is_page(403);
    agent.open(&url).await.form("/consent/grant");
}

#[tokio::test]
async fn s05_e06_a_flow_that_is_finished_after_1201_seconds_starts_again_and_its_app_password_is_taken_back() {
    let world = world_elsewhere().await;
    let (mut agent, page) = waiting(&world, &Request::new("app")).await;
    let (_, url) = page.refresh();
    world.pass(1199);
    let page = agent.open(&url).await;
    world.nextcloud().grant(&page.link(), "ann");
    world.pass(2 + 60);
    let page = agent.open(&url).await;
    page.is_page(410);
    assert!(page.html.contains("Start again"), "{}", page.html);
    assert_eq!((agent.session(), world.nextcloud().alive()), (None, 0));
    // The request is still good.
    let path = page
        .html
        .split("href=\"")
        .find(|part| part.contains("/signin?rid="))
        .expect("a link");
    let page = agent.open(path.split('"').next().expect("an address")).await;
    let page = agent.sign_in(&page, "ann").await;
    agent.allow(&page).await.code();
}

#[tokio::test]
async fn a_refused_sign_in_starts_again() {
    let world = world_elsewhere().await;
    let (mut agent, page) = waiting(&world, &Request::new("app")).await;
    world.nextcloud().refuse(&page.link());
    let page = agent.refresh(&page).await;
    page.is_page(410);
    assert!(page.html.contains("Start again") && !page.headers.contains_key("refresh"));
}

#[tokio::test]
async fn a_nextcloud_that_is_away_is_waited_for() {
    let world = world_elsewhere().await;
    let nextcloud = world.nextcloud();
    nextcloud.fail_at(Failing::Start);
    let mut agent = Agent::new(&world);
    let asked = agent.ask(&Request::new("app")).await;
    let page = agent.submit(&asked.form("/signin")).await;
    page.is_page(503);
    assert!(
        page.html.contains("nextcloud.example:8443 did not answer"),
        "{}",
        page.html
    );
    nextcloud.work_again();
    let page = agent.submit(&asked.form("/signin")).await;
    nextcloud.grant(&page.link(), "ann");
    nextcloud.fail_at(Failing::Poll);
    let page = agent.refresh(&page).await;
    page.is_page(200);
    assert_eq!(nextcloud.polls(), 1);
    nextcloud.work_again();
    agent.refresh(&page).await.form("/consent/grant");
    assert_eq!(nextcloud.kept(), 1);
}

#[tokio::test]
async fn a_nextcloud_that_goes_away_after_the_sign_in_costs_a_repetition_only() {
    let world = world_elsewhere().await;
    let nextcloud = world.nextcloud();
    let (mut agent, page) = waiting(&world, &Request::new("app")).await;
    nextcloud.grant(&page.link(), "ann");
    nextcloud.fail_at(Failing::Find);
    let page = agent.refresh(&page).await;
    page.is_page(503);
    assert!(page.headers.contains_key("retry-after") && page.path.contains("/oauth/consent?rid="));
    nextcloud.work_again();
    let page = agent.open(&page.path).await;
    let code = agent.allow(&page).await.code();
    let app = As::Public("app");
    nextcloud.fail_at(Failing::Find);
    world.redeem(&app, &code).await.is(503, "server_error");
    nextcloud.work_again();
    let token = world.redeem(&app, &code).await.get("refresh_token");
    nextcloud.fail_at(Failing::Find);
    world.refresh(&app, &token).await.is(503, "server_error");
    nextcloud.work_again();
    assert_eq!(world.refresh(&app, &token).await.status, 200);
    assert_eq!((nextcloud.alive(), nextcloud.kept()), (1, 1));
}

#[tokio::test]
async fn two_tabs_ask_once_and_go_on_together() {
    let world = world_elsewhere().await;
    let nextcloud = world.nextcloud();
    let (agent, page) = waiting(&world, &Request::new("app")).await;
    let (_, url) = page.refresh();
    // Too early: nobody is asked.
    let mut one = Agent::new(&world);
    one.cookies = agent.cookies.clone();
    one.open(&url).await.link();
    assert_eq!(nextcloud.polls(), 0);
    world.pass(2);
    nextcloud.grant(&page.link(), "ann");
    nextcloud.hold_polls();
    let mut two = Agent::new(&world);
    two.cookies = agent.cookies.clone();
    let first = one.open(&url);
    let second = async {
        while nextcloud.polls() == 0 {
            tokio::task::yield_now().await;
        }
        let page = two.open(&url).await;
        world.pass(30);
        let later = two.open(&url).await;
        nextcloud.let_polls_go();
        (page, later)
    };
    let (first, (second, later)) = tokio::join!(first, second);
    first.form("/consent/grant");
    assert!(second.link() == page.link() && later.link() == page.link());
    assert_eq!((nextcloud.polls(), nextcloud.alive()), (1, 1));
    // The other tab has the cookie by now, as tabs of one browser do.
    two.cookies.clone_from(&one.cookies);
    two.open(&url).await.form("/consent/grant");
    assert_eq!(nextcloud.polls(), 1);
}

#[tokio::test]
async fn a_flow_is_asked_about_every_two_seconds_at_most() {
    let world = world_elsewhere().await;
    let (mut agent, page) = waiting(&world, &Request::new("app")).await;
    let (_, url) = page.refresh();
    for second in 0..60 {
        agent.open(&url).await.link();
        assert_eq!(world.nextcloud().polls(), second / 2);
        world.pass(1);
    }
    agent.open(&url).await.link();
    world.pass(2);
    let page = agent.open(&url).await;
    assert_eq!((world.nextcloud().polls(), page.refresh().0), (30, 5));
}

#[tokio::test]
async fn a_browser_that_goes_away_while_the_nextcloud_answers_loses_no_app_password() {
    let world = world_elsewhere().await;
    let nextcloud = world.nextcloud();
    let (mut agent, page) = waiting(&world, &Request::new("app")).await;
    let (_, url) = page.refresh();
    nextcloud.grant(&page.link(), "ann");
    world.pass(2);
    nextcloud.hold_polls();
    let asked = async {
        while nextcloud.polls() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = agent.open(&url) => panic!("it was held"),
        () = asked => {}
    }
    nextcloud.let_polls_go();
    while nextcloud.kept() == 0 {
        tokio::task::yield_now().await;
    }
    agent.open(&url).await.form("/consent/grant");
    assert_eq!((nextcloud.polls(), nextcloud.alive()), (1, 1));
}

#[tokio::test]
async fn s05_a_person_who_gives_up_while_waiting_is_told_to_the_client() {
    for is_granted in [false, true] {
        let world = world_elsewhere().await;
        let nextcloud = world.nextcloud();
        let (mut agent, page) = waiting(&world, &Request::new("app")).await;
        let form = page.form("/signin/cancel");
        agent.submit(&form.clone().fill("csrf", "")).await.is_page(403);
        if is_granted {
            nextcloud.grant(&page.link(), "ann");
        }
        assert_eq!(agent.submit(&form).await.error(), "access_denied");
        agent.submit(&form).await.is_page(404);
        let (_, url) = page.refresh();
        world.pass(2);
        agent.open(&url).await.is_page(404);
        assert_eq!(nextcloud.kept(), 0);
    }
}

#[tokio::test]
async fn the_store_holds_neither_the_link_nor_what_fetches_the_app_password() {
    let world = world_elsewhere().await;
    let (mut agent, page) = waiting(&world, &Request::new("app")).await;
    world.nextcloud().grant(&page.link(), "ann");
    let copy = tempfile::tempdir().expect("a folder");
    for name in ["before", "after"] {
        let file = copy.path().join(name);
        world.store.back_up(&file).await.expect("copied");
        let bytes = std::fs::read(file).expect("readable");
        for secret in ["poll-token", "app-password", "login/v2", "page-1"] {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} {name}");
        }
        if name == "before" {
            agent.refresh(&page).await.form("/consent/grant");
        }
    }
}

#[tokio::test]
async fn a_page_that_is_no_web_page_is_linked_to_by_nobody() {
    let world = world_elsewhere().await;
    world.nextcloud().name_page_with("javascript");
    let (_, page) = waiting(&world, &Request::new("app")).await;
    page.is_page(503);
    assert!(!page.html.contains("javascript:"), "{}", page.html);
}

#[tokio::test]
async fn a_page_that_is_sent_again_goes_on_with_the_same_sign_in() {
    let world = world_elsewhere().await;
    let mut agent = Agent::new(&world);
    let form = agent.ask(&Request::new("app")).await.form("/signin");
    let first = agent.submit(&form).await.link();
    assert_eq!(agent.submit(&form).await.link(), first);
    world.nextcloud().grant(&first, "ann");
    world.pass(1201);
    assert_ne!(agent.submit(&form).await.link(), first);
}

#[tokio::test]
async fn ten_sign_ins_a_minute_are_started_from_each_address() {
    let world = world_elsewhere().await;
    let mut agent = Agent::new(&world);
    let form = agent.ask(&Request::new("app")).await.form("/signin");
    for _ in 0..10 {
        agent.submit(&form).await.is_page(200);
    }
    let page = agent.submit(&form).await;
    page.is_page(429);
    assert!(page.headers.contains_key("retry-after"));
    let mut other = Agent::new(&world);
    other.address = std::net::IpAddr::from([198, 51, 100, 8]);
    let page = other.ask(&Request::new("app")).await;
    other.submit(&page.form("/signin")).await.is_page(200);
}

#[tokio::test]
async fn who_comes_to_see_the_own_account_signs_in_there_too() {
    let world = world_elsewhere().await;
    let mut agent = Agent::new(&world);
    agent.connect(&Request::new("app"), "ann").await.code();
    let mut other = Agent::new(&world);
    let page = other.open(&world.path(Endpoint::ConnectedApps)).await;
    assert!(page.path.ends_with("/oauth/signin"), "{}", page.path);
    let page = other.sign_in(&page, "ann").await;
    assert!(page.path.ends_with("/oauth/connected"), "{}", page.path);
    assert!(page.html.contains("Client app"), "{}", page.html);
}
