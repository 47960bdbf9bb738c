//! What a client says of itself anew, and what an administrator decided about it.

use std::{sync::Mutex, time::Duration};

use nc_auth::fetch::{Fetch, FetchError, Fetched};
use nc_provider::{
    ResourceDocument,
    admin::{Admin, ClientChange, WhichClient},
};
use nc_store::{ClientKind, Store};
use url::Url;

use super::*;
use crate::machine::world::As;

/// Answers with the document that stands here, after something else has happened.
struct Slow {
    document: Mutex<String>,
    meanwhile: Mutex<Option<Arc<dyn Store>>>,
}

#[async_trait::async_trait]
impl Fetch for Slow {
    async fn get(&self, _: &Url, _: Option<&str>, _: usize) -> Result<Fetched, FetchError> {
        let store = self.meanwhile.lock().expect("not poisoned").take();
        if let Some(store) = store {
            let admin = Admin::new(&*store, 0, "root");
            let stop = vec![ClientChange::Disabled(true)];
            admin.change_client(WhichClient::Id(ID), stop).await.expect("stopped");
        }
        let body = self.document.lock().expect("not poisoned").clone().into_bytes();
        Ok(Fetched { body, max_age_s: None })
    }
}

async fn slow(role: Role, more: &str) -> (World, Arc<Slow>) {
    let world = World::new(role).await;
    let slow = Arc::new(Slow {
        document: Mutex::new(document(ID, more)),
        meanwhile: Mutex::default(),
    });
    let _same = world.provider.clone().with_fetch(Arc::clone(&slow) as Arc<dyn Fetch>);
    (world, slow)
}

#[tokio::test]
async fn a_document_gives_its_client_no_scope_that_is_not_offered_to_all() {
    for role in ROLES {
        let more = ",\"scope\":\"openid notes:read internal:write\",\"id_token_signed_response_alg\":\"ES512\"";
        let (world, _) = slow(role, more).await;
        let internal = ResourceDocument {
            scopes: vec!["internal:write".to_owned()],
            open_to_dynamic_clients: true,
            ..ResourceDocument::default()
        };
        world.resource("https://api.example/internal", None, &internal).await;
        assert!(authorize(&world, ID).await.is_ok());
        let client = world.find_client(ID).await.document;
        assert_eq!(
            client.allowed_scopes,
            Some(vec!["notes:read".to_owned(), "openid".to_owned()])
        );
        assert_eq!(client.id_token_algorithm, None, "nothing here signs with it");
    }
}

#[tokio::test]
async fn a_new_document_does_not_undo_what_an_administrator_decided() {
    for role in ROLES {
        let (world, slow) = slow(role, "").await;
        assert!(authorize(&world, ID).await.is_ok());
        let admin = Admin::new(&*world.store, world.now(), "root");
        let decided = vec![
            ClientChange::Groups(vec!["staff".to_owned()]),
            ClientChange::AllowedScopes(Some(vec!["openid".to_owned()])),
            ClientChange::RequireDpop(true),
        ];
        let changed = admin.change_client(WhichClient::Id(ID), decided).await;
        changed.expect("changed");
        *slow.document.lock().expect("not poisoned") = document(ID, ",\"scope\":\"openid notes:write\"");
        world.pass(301);
        let _ = authorize(&world, ID).await;
        let client = world.find_client(ID).await.document;
        assert_eq!(client.groups, ["staff"]);
        assert_eq!(client.allowed_scopes, Some(vec!["openid".to_owned()]));
        assert!(client.require_dpop);
    }
}

#[tokio::test]
async fn a_new_document_does_not_bring_back_an_address_that_an_administrator_removed() {
    for role in ROLES {
        let (world, slow) = slow(role, "").await;
        let two = |more: &str| {
            let uris = format!("[\"https://client.example/removed\",\"{REDIRECT}\"]");
            document(ID, more).replace(&format!("[\"{REDIRECT}\"]"), &uris)
        };
        *slow.document.lock().expect("not poisoned") = two("");
        assert!(authorize(&world, ID).await.is_ok());
        assert_eq!(world.find_client(ID).await.document.redirect_uris.len(), 2);
        let admin = Admin::new(&*world.store, world.now(), "root");
        let remove = ClientChange::RemoveRedirectUri("https://client.example/removed".to_owned());
        let changed = admin.change_client(WhichClient::Id(ID), vec![remove]).await;
        changed.expect("changed");
        *slow.document.lock().expect("not poisoned") = two(" ");
        world.pass(301);
        assert!(authorize(&world, ID).await.is_ok());
        let client = world.find_client(ID).await.document;
        assert_eq!(client.redirect_uris, [REDIRECT]);
    }
}

#[tokio::test]
async fn nobody_makes_room_with_a_client_that_an_administrator_decided_about() {
    for role in ROLES {
        let named = |number: u32| format!("https://client.example/{number}");
        let server = Server::start(HOST, |path, _| {
            json(&document(&format!("https://client.example{path}"), ""), "")
        })
        .await;
        let names = Names::new(&[&[PUBLIC]], server.address);
        let world = world_with(role, |config| config.max_dynamic_clients = 2, &server, &names).await;
        assert!(authorize(&world, &named(0)).await.is_ok());
        assert!(authorize(&world, &named(1)).await.is_ok());
        let admin = Admin::new(&*world.store, world.now(), "root");
        for (number, change) in [
            (0, ClientChange::Disabled(true)),
            (1, ClientChange::Groups(vec!["staff".to_owned()])),
        ] {
            let changed = admin.change_client(WhichClient::Id(&named(number)), vec![change]).await;
            changed.expect("changed");
        }
        for number in 2..5 {
            world.pass(1);
            assert!(authorize(&world, &named(number)).await.is_ok(), "{number}");
        }
        assert!(authorize(&world, &named(0)).await.is_err(), "it stays disabled");
        assert!(world.find_client(&named(0)).await.record.disabled);
        assert_eq!(world.find_client(&named(1)).await.document.groups, ["staff"]);
        // Those that nobody decided about make room, and it is written down.
        for (number, is_there) in [(2, false), (3, false), (4, true)] {
            let found = world.store.find_client(&named(number)).await.expect("found");
            assert_eq!(found.is_some(), is_there, "{number}");
        }
        let log = world.store.list_audit(100).await.expect("read");
        let evictions = log
            .iter()
            .filter(|entry| entry.document.contains("evicted, never used"));
        assert_eq!(evictions.count(), 2);
    }
}

#[tokio::test]
async fn a_client_that_is_disabled_while_its_document_is_fetched_stays_so() {
    for role in ROLES {
        let (world, slow) = slow(role, "").await;
        assert!(authorize(&world, ID).await.is_ok());
        *slow.document.lock().expect("not poisoned") = document(ID, ",\"scope\":\"openid\"");
        *slow.meanwhile.lock().expect("not poisoned") = Some(Arc::clone(&world.store));
        world.pass(301);
        assert!(authorize(&world, ID).await.is_err());
        assert!(world.find_client(ID).await.record.disabled);
    }
}

#[tokio::test]
async fn a_client_that_made_room_for_others_comes_back_at_once() {
    for role in ROLES {
        let (world, _) = slow(role, "").await;
        assert!(authorize(&world, ID).await.is_ok());
        let unit = world.store.begin().await.expect("a unit");
        let evicted = unit.evict_unused_client(ClientKind::Document).await.expect("evicted");
        unit.commit().await.expect("committed");
        assert_eq!(evicted.as_deref(), Some(ID));
        assert!(authorize(&world, ID).await.is_ok());
    }
}

#[tokio::test]
async fn nobody_makes_the_server_fetch_without_end_by_naming_clients_to_the_token_endpoint() {
    let server = Server::start(HOST, |_, _| {
        "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned()
    })
    .await;
    for endpoint in [Endpoint::Token, Endpoint::Revoke, Endpoint::Par] {
        let names = Names::new(&[&[PUBLIC]], server.address);
        let world = world(Role::Cloud, &[], &server, &names).await;
        let ask = async |number: u32| {
            let id = format!("https://client.example/{number}");
            let form = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("token", "x")];
            world.post(endpoint, &As::Public(&id), &form).await
        };
        for number in 0..60 {
            ask(number).await.is(401, "invalid_client");
        }
        let late = ask(60).await;
        assert_eq!(
            (late.status, late.header("retry-after")),
            (StatusCode::TOO_MANY_REQUESTS, Some("60"))
        );
        assert_eq!(names.lookups(), 60);
        world.pass(60);
        ask(61).await.is(401, "invalid_client");
    }
    // So that connections which are still being closed do not outlive the test.
    tokio::time::sleep(Duration::ZERO).await;
}
