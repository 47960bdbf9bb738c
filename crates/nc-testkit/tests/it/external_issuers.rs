//! Tokens of issuers that the operator trusts, at the cloud's interfaces.

use nc_auth::UserId;
use nc_testkit::{
    app::send,
    cloud_app::{CloudApp, cookies_of},
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{
    foreign_issuer::{World, with},
    tokens::{NOTES, OCS, interfaces},
};

async fn status(app: &CloudApp, path: &str, token: &str) -> u16 {
    app.status("GET", path, &format!("Bearer {token}")).await
}

#[tokio::test]
async fn a_token_of_a_trusted_issuer_opens_every_interface_to_its_user() {
    let world = World::boot().await;
    let token = world.issuer.token(&world.claims());
    for (method, path, good) in interfaces(&world.app.alice) {
        let reply = world.app.with(method, &path, &format!("Bearer {token}")).await;
        assert_eq!(reply.status.as_u16(), good, "{path}: {}", reply.text);
        assert!(cookies_of(&reply.headers).is_empty(), "{path}");
    }
    // Its scopes count like those of ours.
    assert_eq!(world.app.status("POST", NOTES, &format!("Bearer {token}")).await, 403);
    let about = with(world.claims(), "scope", json!("openid"));
    assert_eq!(status(&world.app, NOTES, &world.issuer.token(&about)).await, 403);
    // A spelling with dots is understood.
    let dotted = with(world.claims(), "scope", json!("notes.read"));
    assert_eq!(status(&world.app, NOTES, &world.issuer.token(&dotted)).await, 200);
}

#[tokio::test]
async fn an_account_is_made_at_first_sight_and_once() {
    let lines = "check_bearer = true\nbearer_provisioning = true\ngroup_provisioning = true\n";
    let world = World::boot_with(lines, &[]).await;
    let token = world.issuer.token(&world.claims());
    let expected = hex::encode(Sha256::digest("7_0_alice"));
    let bearer = format!("Bearer {token}");
    let both = tokio::join!(world.app.with("GET", OCS, &bearer), world.app.with("GET", OCS, &bearer));
    for reply in [both.0, both.1] {
        let user = &reply.message()["ocs"]["data"];
        assert_eq!(
            (user["id"].as_str(), user["displayname"].as_str()),
            (Some(expected.as_str()), Some("Ann"))
        );
        // What an issuer says makes nobody an administrator.
        assert_eq!(user["groups"], json!(["staff"]));
    }
    let home = format!("/remote.php/dav/files/{expected}/");
    assert_eq!(
        world.app.status("PROPFIND", &home, &format!("Bearer {token}")).await,
        207
    );
    assert_eq!(status(&world.app, NOTES, &token).await, 200);
    // The same person of the cloud is somebody else.
    let own = world.app.with("GET", OCS, &world.app.alice.basic()).await;
    assert!(!own.text.contains(&expected));
    let user = UserId::new(expected);
    world.app.cloud.set_enabled(&user, false).await.expect("set");
    assert_eq!(status(&world.app, OCS, &token).await, 401);
}

#[tokio::test]
async fn a_mail_address_that_is_taken_or_is_none_keeps_nobody_out() {
    let world = World::boot_with("check_bearer = true\nbearer_provisioning = true\n", &[]).await;
    for (sub, email) in [("one", "alice@example.org"), ("two", "not an address")] {
        let claims = with(with(world.claims(), "sub", json!(sub)), "email", json!(email));
        let token = format!("Bearer {}", world.issuer.token(&claims));
        let reply = world.app.with("GET", OCS, &token).await;
        assert_eq!(reply.status.as_u16(), 200, "{}", reply.text);
        assert!(!reply.text.contains(email), "{}", reply.text);
    }
}

#[tokio::test]
async fn an_issuer_is_believed_only_as_far_as_its_switches_go() {
    // Unknown people stay out unless accounts may be made; with accounts of their own, so do those of the cloud.
    let world = World::boot_with("check_bearer = true\n", &[]).await;
    assert_eq!(status(&world.app, OCS, &world.issuer.token(&world.claims())).await, 401);
    let world = World::boot_with("unique_uid = false\n", &[]).await;
    assert_eq!(status(&world.app, OCS, &world.issuer.token(&world.claims())).await, 401);
    let lines = "check_bearer = true\nunique_uid = false\nrestrict_login_to_groups = true\ngroup_whitelist_regex = \"^cloud-\"\n";
    let world = World::boot_with(lines, &[]).await;
    assert_eq!(status(&world.app, OCS, &world.issuer.token(&world.claims())).await, 401);
    let member = with(world.claims(), "groups", json!(["cloud-users"]));
    assert_eq!(status(&world.app, OCS, &world.issuer.token(&member)).await, 200);
}

#[tokio::test]
async fn own_tokens_can_be_switched_off_without_the_others() {
    let lines = "check_bearer = true\nunique_uid = false\n";
    let world = World::boot_with(lines, &[("EMBEDDED_CLOUD_BEARER_VALIDATION", "false")]).await;
    let own = world.app.oauth_token(&world.app.alice, "openid notes:read").await;
    assert_eq!(world.app.status("GET", NOTES, &own.bearer()).await, 401);
    assert_eq!(
        status(&world.app, NOTES, &world.issuer.token(&world.claims())).await,
        200
    );
}

#[tokio::test]
async fn clients_are_told_of_every_issuer() {
    let world = World::boot().await;
    let path = "/.well-known/oauth-protected-resource";
    let resource = send(world.app.request("GET", path)).await.message();
    assert_eq!(
        resource["authorization_servers"],
        json!([world.app.url, world.issuer.url])
    );
}
