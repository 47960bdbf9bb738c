//! Refreshing.

use std::sync::Arc;

use http::StatusCode;
use nc_auth::UserId;
use nc_proto::oauth::client_auth::AuthMethod;
use nc_provider::{Endpoint, Role};
use nc_store::ClientKind;
use nc_web::ClientAddress;

use super::world::{As, FILES, NOTES, ROLES, World};

const SCOPES: &[&str] = &["openid", "notes:read", "notes:write", "offline_access"];
const APP: As<'_> = As::Post("app");
const OURS: As<'_> = As::Post("ours");

async fn world(role: Role) -> World {
    let world = World::new(role).await;
    world.client("app", |_| {}).await;
    world.client("other", |_| {}).await;
    world
        .client("public", |document| document.auth_method = AuthMethod::None)
        .await;
    world
}

async fn start(world: &World, resources: &[&str]) -> (String, String) {
    let code = world.code("app", SCOPES, resources).await;
    let answer = world.redeem(&APP, &code).await;
    (answer.get("access_token"), answer.get("refresh_token"))
}

#[tokio::test]
async fn t10_r_f29_a_refresh_token_used_again_after_the_grace_ends_its_family() {
    for role in ROLES {
        let world = world(role).await;
        let (_, first) = start(&world, &[NOTES]).await;
        let second = world.refresh(&APP, &first).await;
        let (access, newest) = (second.get("access_token"), second.get("refresh_token"));
        world.pass(11);
        assert!(world.is_live(&access, NOTES).await);
        world.refresh(&APP, &first).await.is(400, "invalid_grant");
        assert!(!world.is_live(&access, NOTES).await);
        world.refresh(&APP, &newest).await.is(400, "invalid_grant");
        assert_eq!(world.audited("token.reused").await, 1);
    }
}

#[tokio::test]
async fn t10_a_refresh_token_that_ended_long_ago_still_ends_its_family() {
    for role in ROLES {
        let world = world(role).await;
        let (_, first) = start(&world, &[NOTES]).await;
        // Used every ten days, so that the family lives on when the first token's own month is over.
        let mut newest = first.clone();
        let mut access = String::new();
        for _ in 0..4 {
            world.pass(10 * 24 * 60 * 60);
            world.provider.upkeep().await.expect("kept up");
            let next = world.refresh(&APP, &newest).await;
            (access, newest) = (next.get("access_token"), next.get("refresh_token"));
        }
        world.pass(60);
        world.provider.upkeep().await.expect("kept up");
        assert!(world.is_live(&access, NOTES).await);
        world.refresh(&APP, &first).await.is(400, "invalid_grant");
        assert!(!world.is_live(&access, NOTES).await);
        world.refresh(&APP, &newest).await.is(400, "invalid_grant");
        assert_eq!(world.audited("token.reused").await, 1);
    }
}

#[tokio::test]
async fn a_refresh_token_that_nobody_used_just_ends() {
    for role in ROLES {
        let world = world(role).await;
        let (_, first) = start(&world, &[NOTES]).await;
        world.pass(31 * 24 * 60 * 60);
        world.refresh(&APP, &first).await.is(400, "invalid_grant");
        world.provider.upkeep().await.expect("kept up");
        world.refresh(&APP, &first).await.is(400, "invalid_grant");
        assert_eq!(world.audited("token.reused").await, 0);
    }
}

#[tokio::test]
async fn t11_within_the_grace_one_live_leaf_remains() {
    for role in ROLES {
        let world = world(role).await;
        let (_, first) = start(&world, &[NOTES]).await;
        let unseen = world.refresh(&APP, &first).await;
        world.pass(10);
        let again = world.refresh(&APP, &first).await;
        assert!(!world.is_live(&unseen.get("access_token"), NOTES).await);
        assert!(world.is_live(&again.get("access_token"), NOTES).await);
        // The sibling is the one leaf.
        let next = world.refresh(&APP, &again.get("refresh_token")).await;
        assert_eq!(next.status, StatusCode::OK, "{}", next.text());
        // What was given up turns up after all: then two have it.
        world
            .refresh(&APP, &unseen.get("refresh_token"))
            .await
            .is(400, "invalid_grant");
        assert!(!world.is_live(&next.get("access_token"), NOTES).await);
    }
}

#[tokio::test]
async fn t11_the_grace_is_as_long_as_the_operator_says() {
    for (grace, within, after) in [(0, None, 0), (60, Some(60), 61)] {
        let world = World::with(
            Role::Cloud,
            |config| config.lifetimes.refresh_grace = std::time::Duration::from_secs(grace),
            |store| store,
        )
        .await;
        world.client("app", |_| {}).await;
        if let Some(seconds) = within {
            let (_, first) = start(&world, &[NOTES]).await;
            world.refresh(&APP, &first).await.get("refresh_token");
            world.pass(seconds);
            world.refresh(&APP, &first).await.get("refresh_token");
        }
        let (_, first) = start(&world, &[NOTES]).await;
        world.refresh(&APP, &first).await.get("refresh_token");
        world.pass(after);
        world.refresh(&APP, &first).await.is(400, "invalid_grant");
        assert_eq!(world.audited("token.reused").await, 1, "{grace}");
    }
}

#[tokio::test]
async fn t11_the_grace_ends_when_the_successor_was_used_and_is_not_stretched_by_a_replay() {
    for role in ROLES {
        let world = world(role).await;
        let (_, first) = start(&world, &[]).await;
        let second = world.refresh(&APP, &first).await.get("refresh_token");
        world.refresh(&APP, &second).await.get("refresh_token");
        world.refresh(&APP, &first).await.is(400, "invalid_grant");
        assert_eq!(world.audited("token.reused").await, 1);

        let (_, first) = start(&world, &[]).await;
        world.refresh(&APP, &first).await.get("refresh_token");
        world.pass(8);
        world.refresh(&APP, &first).await.get("refresh_token");
        world.pass(8);
        world.refresh(&APP, &first).await.is(400, "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t11_parallel_refreshes_leave_one_live_leaf() {
    for round in 0..10 {
        let world = Arc::new(world(ROLES[round % 2]).await);
        let (_, first) = start(&world, &[NOTES]).await;
        let tasks: Vec<_> = (0..8)
            .map(|index| {
                let (world, first) = (Arc::clone(&world), first.clone());
                tokio::spawn(async move {
                    let form = [("grant_type", "refresh_token"), ("refresh_token", first.as_str())];
                    let mut request = world.form(Endpoint::Token, &APP, &form);
                    request
                        .extensions_mut()
                        .insert(ClientAddress([198, 51, 100, index].into()));
                    world.send(request).await
                })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.expect("ended"));
        }
        let mut live = 0;
        for answer in answers {
            live += usize::from(world.is_live(&answer.get("access_token"), NOTES).await);
        }
        assert_eq!(live, 1, "round {round}");
    }
}

#[tokio::test]
async fn t12_r_f29_another_client_and_an_unauthenticated_one_get_nothing() {
    for role in ROLES {
        let world = world(role).await;
        let (access, refresh) = start(&world, &[NOTES]).await;
        world
            .refresh(&As::Post("other"), &refresh)
            .await
            .is(400, "invalid_grant");
        world
            .refresh(&As::Public("public"), &refresh)
            .await
            .is(400, "invalid_grant");
        world
            .refresh(&As::Public("app"), &refresh)
            .await
            .is(401, "invalid_client");
        world.refresh(&As::Nobody, &refresh).await.is(401, "invalid_client");
        assert!(
            world.is_live(&access, NOTES).await,
            "a foreign attempt does not end the family"
        );
        assert_eq!(world.refresh(&APP, &refresh).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn t13_neither_scope_nor_resource_grows() {
    for role in ROLES {
        let world = world(role).await;
        let (_, mut refresh) = start(&world, &[NOTES]).await;
        let attempt = async |refresh: &str, name: &str, value: &str| {
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh),
                (name, value),
            ];
            world.token(&APP, &form).await
        };
        attempt(&refresh, "scope", "notes:read files:read")
            .await
            .is(400, "invalid_scope");
        attempt(&refresh, "resource", FILES).await.is(400, "invalid_target");
        attempt(&refresh, "resource", "not a uri")
            .await
            .is(400, "invalid_target");
        let narrowed = attempt(&refresh, "scope", "notes:read openid").await;
        assert_eq!(narrowed.get("scope"), "notes:read openid");
        refresh = narrowed.get("refresh_token");
        attempt(&refresh, "scope", "notes:read files:read")
            .await
            .is(400, "invalid_scope");
        // The next refresh token is worth what the last one was (RFC 6749 §6).
        let same = attempt(&refresh, "resource", NOTES).await;
        assert_eq!(same.get("scope"), "notes:read notes:write offline_access openid");
        assert!(same.json()["id_token"].is_string());
        let without = attempt(&same.get("refresh_token"), "scope", "notes:read").await;
        assert!(
            without.json()["id_token"].is_null(),
            "an ID token comes with openid only"
        );
    }
}

#[tokio::test]
async fn t14_a_scope_of_two_resources_has_to_be_allowed_for_each_of_them() {
    const ARCHIVE: &str = "https://api.example/archive";
    let both_define_it = |config: &mut nc_provider::ProviderConfig| {
        config
            .resources
            .push((ARCHIVE.to_owned(), vec!["notes:read".to_owned()]));
    };
    for role in ROLES {
        let world = World::with(role, both_define_it, |store| store).await;
        world.client("app", |_| {}).await;
        let (_, refresh) = start(&world, &[NOTES, ARCHIVE]).await;
        let subject = world.provider.subject(&UserId::new("ann")).await.expect("a subject");
        let found = world.store.find_consent(&subject, "app", ARCHIVE).await.expect("read");
        let mut consent = found.expect("there");
        consent.scopes.retain(|scope| scope != "notes:read");
        let unit = world.store.begin().await.expect("a unit");
        unit.put_consent(&consent).await.expect("stored");
        unit.commit().await.expect("committed");
        let for_both = world.refresh(&APP, &refresh).await;
        assert_eq!(for_both.get("scope"), "notes:write offline_access openid");
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", &for_both.get("refresh_token")),
            ("resource", NOTES),
        ];
        let for_notes = world.token(&APP, &form).await;
        assert_eq!(for_notes.get("scope"), "notes:read notes:write offline_access openid");
    }
}

#[tokio::test]
async fn t14_a_scope_that_the_client_lost_is_lost_at_the_next_refresh() {
    for role in ROLES {
        let world = world(role).await;
        world
            .resource(
                "https://api.example/admin",
                None,
                &nc_provider::ResourceDocument {
                    scopes: vec!["admin:write".to_owned(), "notes:read".to_owned()],
                    open_to_dynamic_clients: true,
                    ..nc_provider::ResourceDocument::default()
                },
            )
            .await;
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let may_administer = |on: bool| {
            world.change_client("app", move |client| {
                client.document.allowed_scopes = Some(words(&["admin:write", "notes:read", "offline_access"]));
                client.document.admin_scopes = on;
            })
        };
        may_administer(true).await;
        let scopes = ["admin:write", "notes:read", "offline_access"];
        let code = world.code("app", &scopes, &["https://api.example/admin"]).await;
        let late = world.code("app", &scopes, &["https://api.example/admin"]).await;
        let first = world.redeem(&APP, &code).await;
        assert_eq!(first.get("scope"), "admin:write notes:read offline_access");
        may_administer(false).await;
        let second = world.refresh(&APP, &first.get("refresh_token")).await;
        assert_eq!(second.get("scope"), "notes:read offline_access");
        assert_eq!(
            world.redeem(&APP, &late).await.get("scope"),
            "notes:read offline_access"
        );
        world
            .change_client("app", |client| {
                client.document.allowed_scopes = Some(words(&["files:read"]));
            })
            .await;
        world
            .refresh(&APP, &second.get("refresh_token"))
            .await
            .is(400, "invalid_grant");
    }
}

#[tokio::test]
async fn t14_what_changed_since_is_seen_at_the_next_refresh() {
    for role in ROLES {
        let world = world(role).await;
        let subject = world.provider.subject(&UserId::new("ann")).await.expect("a subject");
        // The user.
        let (_, refresh) = start(&world, &[]).await;
        world.people.disable("ann");
        world.refresh(&APP, &refresh).await.is(400, "invalid_grant");
        world.people.put(super::world::ann());
        let refresh = world.refresh(&APP, &refresh).await.get("refresh_token");
        // The groups.
        world
            .change_client("app", |client| client.document.groups = vec!["admins".to_owned()])
            .await;
        world.refresh(&APP, &refresh).await.is(400, "invalid_grant");
        world
            .change_client("app", |client| client.document.groups = vec!["staff".to_owned()])
            .await;
        let refresh = world.refresh(&APP, &refresh).await.get("refresh_token");
        // A narrower consent.
        let mut consent = world
            .store
            .find_consent(&subject, "app", "")
            .await
            .expect("read")
            .expect("there");
        consent.scopes.retain(|scope| scope != "notes:write");
        let unit = world.store.begin().await.expect("a unit");
        unit.put_consent(&consent).await.expect("stored");
        unit.commit().await.expect("committed");
        let narrower = world.refresh(&APP, &refresh).await;
        assert_eq!(narrower.get("scope"), "notes:read offline_access openid");
        let refresh = narrower.get("refresh_token");
        // No consent.
        let unit = world.store.begin().await.expect("a unit");
        unit.delete_consents(&subject, "app").await.expect("deleted");
        unit.commit().await.expect("committed");
        world.refresh(&APP, &refresh).await.is(400, "invalid_grant");
        // No client.
        let unit = world.store.begin().await.expect("a unit");
        unit.delete_client("app").await.expect("deleted");
        unit.commit().await.expect("committed");
        world.refresh(&APP, &refresh).await.is(401, "invalid_client");
    }
}

#[tokio::test]
async fn a_refresh_token_ends_when_it_is_idle_and_its_family_in_any_case() {
    const DAY: i64 = 24 * 60 * 60;
    for role in ROLES {
        let world = world(role).await;
        // Ours, so that no consent runs out meanwhile.
        world
            .client_of("ours", ClientKind::FirstParty, |document| document.auto_grant = true)
            .await;
        let code = world.code("ours", SCOPES, &[]).await;
        let mut refresh = world.redeem(&OURS, &code).await.get("refresh_token");
        let idle = refresh.clone();
        // Six times 29 days.
        for _ in 0..6 {
            world.pass(29 * DAY);
            refresh = world.refresh(&OURS, &refresh).await.get("refresh_token");
        }
        world.pass(6 * DAY);
        world.refresh(&OURS, &refresh).await.is(400, "invalid_grant");
        assert_eq!(world.audited("token.reused").await, 0);
        world.refresh(&OURS, &idle).await.is(400, "invalid_grant");

        let code = world.code("public", SCOPES, &[]).await;
        let answer = world.redeem(&As::Public("public"), &code).await;
        assert_eq!(answer.json()["refresh_expires_in"], 14 * DAY);
        world.pass(14 * DAY);
        world
            .refresh(&As::Public("public"), &answer.get("refresh_token"))
            .await
            .is(400, "invalid_grant");
    }
}

#[tokio::test]
async fn who_gets_a_refresh_token_is_a_rule_of_the_role() {
    for role in ROLES {
        let world = world(role).await;
        world
            .client("once", |document| {
                document.grants = [nc_provider::GrantType::AuthorizationCode].into();
            })
            .await;
        let given = async |client: &str, scopes: &[&str]| {
            let code = world.code(client, scopes, &[]).await;
            world.redeem(&As::Post(client), &code).await.json()["refresh_token"].is_string()
        };
        assert!(given("once", &["openid", "offline_access"]).await);
        assert!(!given("once", &["openid"]).await);
        assert_eq!(given("app", &["openid"]).await, role == Role::McpServer);
        world.set("provide_refresh_token_always", "true").await;
        assert!(given("once", &["openid"]).await);
    }
}
