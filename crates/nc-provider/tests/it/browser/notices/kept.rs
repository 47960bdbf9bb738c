//! Ends of sessions that nobody was there to tell of.

use std::time::Duration;

use nc_auth::UserId;
use nc_provider::{Role, admin::Admin};
use serde_json::Value;

use super::{Client, connect, log_out, read, tells, world};
use crate::{
    browser::{agent::Agent, flow::Request},
    documents::server::PUBLIC,
    machine::world::{ROLES, World},
};

/// How long a process sees to a notice alone.
const SEEN_TO_S: i64 = 120;

/// Waits until nothing is stored that is still to be told.
async fn nothing_left(world: &World) {
    for _ in 0..2000 {
        let far = world.now() + 2 * SEEN_TO_S;
        if world
            .store
            .list_due_logout_notices(far, 1)
            .await
            .expect("asked")
            .is_empty()
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("a notice is still stored");
}

/// The session that the client was told of.
async fn told(world: &World, client: &mut Client) -> Value {
    read(world, &client.next().await).await.1["sid"].clone()
}

#[tokio::test]
async fn what_was_not_told_before_a_stop_is_told_by_the_next_server() {
    for role in ROLES {
        let mut away = Client::start(&[503]).await;
        let world = World::with(
            role,
            |config| config.lifetimes.notice_pause = Duration::from_hours(1),
            |store| store,
        )
        .await;
        tells(&world, &away, &[PUBLIC]);
        world
            .client("app", |document| {
                document.auth_method = nc_proto::oauth::client_auth::AuthMethod::None;
                document.backchannel_logout_uri = Some(super::URI.to_owned());
            })
            .await;
        let mut agent = Agent::new(&world);
        let hint = connect(&mut agent, "app").await;
        log_out(&mut agent, &hint).await;
        let sid = told(&world, &mut away).await;
        drop(agent);

        let world = world.restart().await;
        let mut back = Client::start(&[200]).await;
        tells(&world, &back, &[PUBLIC]);
        // The server of before may be at it still.
        assert_eq!(world.provider.tell_waiting().await.expect("asked"), 0);
        world.pass(SEEN_TO_S + 1);
        let keeping = tokio::spawn(world.provider.clone().keep_up());
        assert_eq!(told(&world, &mut back).await, sid);
        nothing_left(&world).await;
        keeping.abort();
        world.pass(SEEN_TO_S + 1);
        assert_eq!(world.provider.tell_waiting().await.expect("asked"), 0);
        assert!(back.is_silent());
    }
}

#[tokio::test]
async fn a_session_that_runs_out_is_told_of_once() {
    for role in ROLES {
        let mut client = Client::start(&[200]).await;
        let (world, _) = world(role, &client, &[PUBLIC]).await;
        let mut early = Agent::new(&world);
        connect(&mut early, "app").await;
        world.pass(60 * 60);
        let mut late = Agent::new(&world);
        connect(&mut late, "app").await;
        world.pass(7 * 60 * 60);
        world.provider.upkeep().await.expect("kept up");
        let first = told(&world, &mut client).await;
        world.provider.upkeep().await.expect("kept up");
        nothing_left(&world).await;
        assert!(client.is_silent(), "the other session goes on");
        world.pass(60 * 60);
        world.provider.upkeep().await.expect("kept up");
        assert_ne!(told(&world, &mut client).await, first);
        nothing_left(&world).await;
        assert!(client.is_silent());
    }
}

#[tokio::test]
async fn sessions_that_another_process_ends_are_told_of_by_the_server() {
    let mut client = Client::start(&[200]).await;
    let (world, _) = world(Role::Cloud, &client, &[PUBLIC]).await;
    for _ in 0..2 {
        connect(&mut Agent::new(&world), "app").await;
    }
    // As the command line does after a new password, while nothing runs that could tell.
    let admin = Admin::new(&*world.store, world.now(), "command line");
    let base = world.provider.config().account_base.clone();
    assert_eq!(admin.end_sessions(&base, &UserId::new("ann")).await.expect("ended"), 2);
    assert!(client.is_silent());
    let world = world.restart().await;
    tells(&world, &client, &[PUBLIC]);
    // Two that look at the same moment do not tell twice.
    let (one, two) = tokio::join!(world.provider.tell_waiting(), world.provider.tell_waiting());
    assert_eq!(one.expect("asked") + two.expect("asked"), 2);
    let first = told(&world, &mut client).await;
    assert_ne!(told(&world, &mut client).await, first);
    nothing_left(&world).await;
    assert!(client.is_silent());
}

#[tokio::test]
async fn what_nobody_can_be_told_in_a_day_is_given_up() {
    let mut client = Client::start(&[200]).await;
    let (world, _) = world(Role::Cloud, &client, &[PUBLIC]).await;
    connect(&mut Agent::new(&world), "app").await;
    let admin = Admin::new(&*world.store, world.now(), "command line");
    let base = world.provider.config().account_base.clone();
    admin.end_sessions(&base, &UserId::new("ann")).await.expect("ended");
    world.pass(24 * 60 * 60);
    assert_eq!(world.provider.tell_waiting().await.expect("asked"), 0);
    assert!(client.is_silent());
    assert!(world.provider.upkeep().await.expect("kept up") >= 1);
    nothing_left(&world).await;
    let before = world.now() - 60;
    assert!(
        world
            .store
            .list_due_logout_notices(before, 1)
            .await
            .expect("asked")
            .is_empty()
    );
}

#[tokio::test]
async fn whoever_signs_in_next_with_a_browser_ends_the_session_of_before() {
    let mut client = Client::start(&[200]).await;
    let (world, _) = world(Role::Cloud, &client, &[PUBLIC]).await;
    let mut bob = crate::machine::world::ann();
    bob.uid = "bob".to_owned();
    world.people.put(bob);
    let mut agent = Agent::new(&world);
    connect(&mut agent, "app").await;
    let page = agent.ask(&Request::new("quiet").with("prompt", "login")).await;
    let page = agent.sign_in(&page, "bob").await;
    assert!(page.path.contains("/consent"), "{}", page.path);
    told(&world, &mut client).await;
    nothing_left(&world).await;
    assert!(client.is_silent());
}
