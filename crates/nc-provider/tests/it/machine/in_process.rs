//! Tokens for other parts of the process.

use nc_auth::UserId;
use nc_proto::oauth::scope_list::ScopeList;
use nc_provider::Role;

use super::world::{FILES, NOTES, World};

#[tokio::test]
async fn tokens_are_issued_and_believed_in_process() {
    let world = World::new(Role::Cloud).await;
    world
        .client("app", |document| {
            document.default_scopes = Some(vec!["notes:read".to_owned()]);
            document.allowed_scopes = Some(vec![
                "notes:read".to_owned(),
                "notes:write".to_owned(),
                "openid".to_owned(),
            ]);
        })
        .await;
    let ann = UserId::new("ann");
    let extra = ScopeList::parse("notes:write files:read openid").expect("scopes");
    let issued = world
        .provider
        .issue("app", &ann, &extra, Some(NOTES))
        .await
        .expect("issued");
    assert_eq!(
        issued.scope.expect("scopes").to_string(),
        "notes:read notes:write openid"
    );
    assert!(issued.id_token.is_some() && issued.refresh_token.is_none());
    let context = world
        .provider
        .validate(&issued.access_token)
        .await
        .expect("asked")
        .expect("believed");
    assert_eq!((context.user.as_str(), context.client.as_ref()), ("ann", "app"));
    assert_eq!(context.resources, [NOTES]);
    assert!(world.is_live(&issued.access_token, NOTES).await && !world.is_live(&issued.access_token, FILES).await);
    for other in [issued.id_token.expect("an ID token").as_str(), "ncr_x", "ncc_x", "x"] {
        assert!(
            world.provider.validate(other).await.expect("asked").is_none(),
            "{other}"
        );
    }
    world.people.disable("ann");
    assert!(
        world
            .provider
            .validate(&issued.access_token)
            .await
            .expect("asked")
            .is_none()
    );
    for (client, user, resource) in [
        ("nobody", "ann", None),
        ("app", "zoe", None),
        ("app", "ann", Some("https://x.example")),
    ] {
        world.people.put(super::world::ann());
        let refused = world.provider.issue(client, &UserId::new(user), &extra, resource).await;
        assert!(refused.is_err(), "{client} {user} {resource:?}");
    }
}

#[tokio::test]
async fn a_refresh_token_comes_only_where_it_can_be_used() {
    let world = World::new(Role::Cloud).await;
    let wants = |document: &mut nc_provider::ClientDocument| {
        document.default_scopes = Some(vec!["notes:read".to_owned(), "offline_access".to_owned()]);
    };
    world.client("app", wants).await;
    let first_party = |document: &mut nc_provider::ClientDocument| {
        wants(document);
        document.auto_grant = true;
    };
    world
        .client_of("own", nc_store::ClientKind::FirstParty, first_party)
        .await;
    let issue = async |client: &str| {
        let (ann, none) = (UserId::new("ann"), ScopeList::default());
        let issued = world.provider.issue(client, &ann, &none, Some(NOTES)).await;
        issued.expect("issued").refresh_token
    };
    assert_eq!(
        issue("app").await,
        None,
        "Ann allowed it nothing, so nothing could be refreshed"
    );
    let token = issue("own").await.expect("a refresh token");
    let refreshed = world.refresh(&super::world::As::Post("own"), &token).await;
    assert_eq!(refreshed.get("scope"), "notes:read offline_access");
    world.code("app", &["notes:read", "offline_access"], &[NOTES]).await;
    let token = issue("app").await.expect("a refresh token");
    let refreshed = world.refresh(&super::world::As::Post("app"), &token).await;
    assert_eq!(refreshed.get("scope"), "notes:read offline_access");
}
