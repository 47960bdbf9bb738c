//! App passwords of another Nextcloud: each is kept while something needs it, and then taken back.

use nc_provider::Endpoint;

use super::{
    agent::Agent,
    flow::{Request, id_claims, redeem, refresh_token, waiting, world_elsewhere},
    nextcloud::Failing,
};
use crate::machine::world::As;

#[tokio::test]
async fn s05_a_consent_that_is_denied_takes_the_app_password_back() {
    let world = world_elsewhere().await;
    let mut agent = Agent::new(&world);
    let page = agent.ask(&Request::new("app")).await;
    let page = agent.sign_in(&page, "ann").await;
    assert_eq!(world.nextcloud().alive(), 1);
    let form = page.form("/consent/grant").by_other_button();
    assert_eq!(agent.submit(&form).await.error(), "access_denied");
    assert_eq!((world.nextcloud().alive(), world.nextcloud().kept()), (0, 0));
    // Nobody is signed in without one.
    let page = agent.ask(&Request::new("app")).await;
    assert!(page.path.contains("/signin?rid="), "{}", page.path);
}

#[tokio::test]
async fn a_denied_consent_leaves_what_another_app_needs() {
    let world = world_elsewhere().await;
    let mut agent = Agent::new(&world);
    let page = agent.connect(&Request::new("app"), "ann").await;
    let token = refresh_token(&world, &page).await;
    let page = agent.ask(&Request::new("app").with("prompt", "consent")).await;
    let form = page.form("/consent/grant").by_other_button();
    assert_eq!(agent.submit(&form).await.error(), "access_denied");
    assert_eq!(world.nextcloud().kept(), 1);
    assert_eq!(world.refresh(&As::Public("app"), &token).await.status, 200);
}

#[tokio::test]
async fn s06_of_two_sign_ins_of_one_person_one_app_password_remains() {
    let world = world_elsewhere().await;
    let mut subjects = Vec::new();
    let mut agents = [Agent::new(&world), Agent::new(&world)];
    for agent in &mut agents {
        let page = agent.connect(&Request::new("app"), "ann").await;
        subjects.push(id_claims(&world, &page.code()).await["sub"].clone());
        assert_eq!((world.nextcloud().alive(), world.nextcloud().kept()), (1, 1));
    }
    assert_eq!(subjects[0], subjects[1]);
    let page = agents[0].ask(&Request::new("app").with("prompt", "login")).await;
    agents[0].sign_in(&page, "ann").await.code();
    assert_eq!((world.nextcloud().alive(), world.nextcloud().kept()), (1, 1));
}

#[tokio::test]
async fn s06_an_app_password_that_the_nextcloud_refuses_ends_all_grants_and_the_client_signs_in_again() {
    let world = world_elsewhere().await;
    let mut agent = Agent::new(&world);
    let tokens = redeem(&world, &agent.connect(&Request::new("app"), "ann").await.code()).await;
    let text = |name: &str| tokens[name].as_str().expect("text").to_owned();
    let (access, refresh) = (text("access_token"), text("refresh_token"));
    let user_info = world.provider.config().url(Endpoint::UserInfo);
    let context = world.verify(&access, &user_info).await.expect("believed");
    assert_eq!(
        world
            .provider
            .end_grants_of(&context.subject, "a test")
            .await
            .expect("ended"),
        1
    );
    assert!(!world.is_live(&access, &user_info).await);
    world
        .refresh(&As::Public("app"), &refresh)
        .await
        .is(400, "invalid_grant");
    assert_eq!((world.nextcloud().alive(), world.nextcloud().kept()), (0, 0));
    assert_eq!(world.audited("token.revoked").await, 1);
    let silent = Request::new("app").with("prompt", "none");
    assert_eq!(agent.ask(&silent).await.error(), "login_required");
    // Once more changes nothing.
    assert_eq!(
        world
            .provider
            .end_grants_of(&context.subject, "a test")
            .await
            .expect("ended"),
        0
    );
    let page = agent.connect(&Request::new("app"), "ann").await;
    assert_eq!(
        world
            .refresh(&As::Public("app"), &refresh_token(&world, &page).await)
            .await
            .status,
        200
    );
    assert_eq!(world.nextcloud().kept(), 1);
}

#[tokio::test]
async fn an_app_password_that_cannot_be_kept_is_taken_back() {
    let world = world_elsewhere().await;
    let nextcloud = world.nextcloud();
    let (mut agent, page) = waiting(&world, &Request::new("app")).await;
    nextcloud.grant(&page.link(), "ann");
    nextcloud.fail_at(Failing::Keep);
    let (_, url) = page.refresh();
    agent.refresh(&page).await.is_page(503);
    assert_eq!((nextcloud.alive(), nextcloud.kept(), agent.session()), (0, 0, None));
    // It is consumed, so there is nothing to wait for.
    nextcloud.work_again();
    let page = agent.open(&url).await;
    assert!(page.path.contains("/oauth/signin?rid="), "{}", page.path);
    agent.sign_in(&page, "ann").await.form("/consent/grant");
    assert_eq!((nextcloud.alive(), nextcloud.kept()), (1, 1));
}

#[tokio::test]
async fn another_account_takes_the_place_of_the_first_and_each_keeps_what_it_needs() {
    let world = world_elsewhere().await;
    world.people.put(nc_provider::Person {
        uid: "bob".to_owned(),
        ..nc_provider::Person::default()
    });
    let mut agent = Agent::new(&world);
    let ann = refresh_token(&world, &agent.connect(&Request::new("app"), "ann").await).await;
    let page = agent.ask(&Request::new("app").with("max_age", "0")).await;
    let page = agent.sign_in(&page, "bob").await;
    assert!(page.html.contains("bob"), "{}", page.html);
    assert_eq!(world.nextcloud().kept(), 2);
    let form = page.form("/consent/grant").by_other_button();
    assert_eq!(agent.submit(&form).await.error(), "access_denied");
    assert_eq!(world.nextcloud().kept(), 1);
    assert_eq!(world.refresh(&As::Public("app"), &ann).await.status, 200);
}

#[tokio::test]
async fn the_end_of_the_last_grant_takes_the_app_password_back() {
    for how in ["revoke", "reuse", "code", "disconnect", "everywhere"] {
        let world = world_elsewhere().await;
        let mut agent = Agent::new(&world);
        let page = agent.connect(&Request::new("app"), "ann").await;
        let code = page.code();
        let token = refresh_token(&world, &page).await;
        assert_eq!(world.nextcloud().kept(), 1, "{how}");
        let app = As::Public("app");
        match how {
            "revoke" => {
                world.post(Endpoint::Revoke, &app, &[("token", &token)]).await;
            }
            "reuse" => {
                assert_eq!(world.refresh(&app, &token).await.status, 200);
                world.pass(11);
                world.refresh(&app, &token).await.is(400, "invalid_grant");
            }
            "code" => world.redeem(&app, &code).await.is(400, "invalid_grant"),
            "disconnect" => {
                let page = agent.open(&world.path(Endpoint::ConnectedApps)).await;
                let page = agent.submit(&page.form("/revoke")).await;
                page.is_page(200);
                assert!(page.html.contains("you are signed out as well"), "{}", page.html);
                assert_eq!(agent.session(), None);
            }
            _ => {
                let page = agent.open(&world.path(Endpoint::Logout)).await;
                let form = page.form("/confirm").fill("everywhere", "1");
                agent.submit(&form).await.is_page(200);
            }
        }
        assert_eq!((world.nextcloud().alive(), world.nextcloud().kept()), (0, 0), "{how}");
    }
}

#[tokio::test]
async fn the_upkeep_takes_back_what_ended_by_itself_and_what_could_not_be_taken_back() {
    let world = world_elsewhere().await;
    let nextcloud = world.nextcloud();
    let mut agent = Agent::new(&world);
    let token = refresh_token(&world, &agent.connect(&Request::new("app"), "ann").await).await;
    world.provider.upkeep().await.expect("kept up");
    assert_eq!(nextcloud.kept(), 1);
    nextcloud.fail_at(Failing::Forget);
    let app = As::Public("app");
    let answer = world.post(Endpoint::Revoke, &app, &[("token", &token)]).await;
    assert_eq!((answer.status.as_u16(), nextcloud.kept()), (200, 1));
    world.provider.upkeep().await.expect("kept up");
    assert_eq!(nextcloud.kept(), 1);
    nextcloud.work_again();
    world.provider.upkeep().await.expect("kept up");
    assert_eq!((nextcloud.kept(), nextcloud.alive()), (0, 0));

    // Nobody comes back to the consent page.
    let page = agent.ask(&Request::new("app").with("prompt", "login consent")).await;
    let page = agent.sign_in(&page, "ann").await;
    world.pass(899);
    world.provider.upkeep().await.expect("kept up");
    assert_eq!(nextcloud.kept(), 1, "the page still waits");
    world.pass(1);
    world.provider.upkeep().await.expect("kept up");
    assert_eq!(nextcloud.kept(), 0);
    agent.submit(&page.form("/consent/grant")).await.is_page(404);

    // The refresh token of a public client is good for 14 days.
    agent.connect(&Request::new("app"), "ann").await.code();
    let page = agent.connect(&Request::new("app"), "ann").await;
    refresh_token(&world, &page).await;
    world.pass(14 * 24 * 3600 - 1);
    world.provider.upkeep().await.expect("kept up");
    assert_eq!(nextcloud.kept(), 1);
    world.pass(1);
    world.provider.upkeep().await.expect("kept up");
    assert_eq!((nextcloud.kept(), nextcloud.alive()), (0, 0));
}

#[tokio::test]
async fn a_sign_in_while_the_last_grant_ends_keeps_its_new_app_password() {
    let world = world_elsewhere().await;
    let nextcloud = world.nextcloud();
    let mut agent = Agent::new(&world);
    let token = refresh_token(&world, &agent.connect(&Request::new("app"), "ann").await).await;
    let (mut other, page) = waiting(&world, &Request::new("app")).await;
    nextcloud.grant(&page.link(), "ann");
    nextcloud.hold_forgetting();
    let (app, form) = (As::Public("app"), [("token", token.as_str())]);
    let ending = world.post(Endpoint::Revoke, &app, &form);
    let coming = async {
        while nextcloud.asked_to_forget() == 0 {
            tokio::task::yield_now().await;
        }
        let signing_in = other.refresh(&page);
        let letting_go = async {
            // Whoever would not wait has time enough to be too early.
            for _ in 0..100 {
                if nextcloud.asked_to_keep() > 1 {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
            nextcloud.let_forgetting_go();
        };
        tokio::join!(signing_in, letting_go).0
    };
    let (_, page) = tokio::join!(ending, coming);
    assert_eq!((nextcloud.alive(), nextcloud.kept()), (1, 1));
    let token = refresh_token(&world, &page).await;
    assert_eq!(world.refresh(&As::Public("app"), &token).await.status, 200);
    world.provider.upkeep().await.expect("kept up");
    assert_eq!(nextcloud.kept(), 1);
}
