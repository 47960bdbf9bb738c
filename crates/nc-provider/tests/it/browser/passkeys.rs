//! The pages of passkeys. What authenticators do is tested with the booted cloud.

use std::net::IpAddr;

use nc_provider::Endpoint;

use super::{
    agent::{Agent, Page},
    flow::Request,
};
use crate::machine::world::{ROLES, World};

/// Questions for passkeys per minute and address.
const LIMIT: usize = 60;

/// What a browser gets that was never here.
async fn open(world: &World, below: &str, address: [u8; 4]) -> Page {
    let mut agent = Agent::new(world);
    agent.address = IpAddr::from(address);
    agent
        .open(&format!("{}{below}", world.path(Endpoint::ConnectedApps)))
        .await
}

#[tokio::test]
async fn who_is_not_signed_in_begins_a_sign_in_for_the_list_only_so_often() {
    for role in ROLES {
        let world = World::new(role).await;
        world.people.allow_passkeys();
        for _ in 0..LIMIT {
            let page = open(&world, "/passkeys", [192, 0, 2, 1]).await;
            assert!(page.path.ends_with("/signin"), "{}", page.path);
        }
        for below in ["/passkeys", "/passkeys/new"] {
            open(&world, below, [192, 0, 2, 1]).await.is_page(429);
            let other = open(&world, below, [192, 0, 2, 2]).await;
            assert!(other.path.ends_with("/signin"), "{}", other.path);
        }
        // The connected apps keep nothing for who only comes to see them.
        let page = open(&world, "", [192, 0, 2, 1]).await;
        assert!(page.path.ends_with("/signin"), "{}", page.path);
        world.pass(60);
        let page = open(&world, "/passkeys", [192, 0, 2, 1]).await;
        assert!(page.path.ends_with("/signin"), "{}", page.path);
    }
}

#[tokio::test]
async fn an_old_sign_in_begins_another_for_the_end_of_a_passkey_only_so_often() {
    for role in ROLES {
        let world = World::new(role).await;
        world.people.allow_passkeys();
        let public = |document: &mut nc_provider::ClientDocument| {
            document.auth_method = nc_proto::oauth::client_auth::AuthMethod::None;
        };
        world.client("app", public).await;
        let mut agent = Agent::new(&world);
        agent.connect(&Request::new("app"), "ann").await.code();
        world.pass(301);
        let path = world.path(Endpoint::ConnectedApps);
        let page = agent.open(&format!("{path}/passkeys")).await;
        page.is_page(200);
        let csrf = agent.open(&path).await;
        let mut remove = csrf.form("/confirm");
        remove.action = format!("{path}/passkeys/1/remove");
        for _ in 0..LIMIT {
            let page = agent.submit(&remove).await;
            assert!(page.path.ends_with("/signin"), "{}", page.path);
        }
        agent.submit(&remove).await.is_page(429);
    }
}
