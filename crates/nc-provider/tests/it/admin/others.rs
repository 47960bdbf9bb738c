use std::time::Duration;

use nc_provider::admin::{AdminError, InitialAccess};
use nc_store::{Digest, TicketKind};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::Office;

#[tokio::test]
async fn settings_apply_within_a_second_and_bad_values_are_refused() {
    let office = Office::open().await;
    let provider = &office.world.provider;
    assert_eq!(provider.settings().await.expect("read").expire_time_s, 300);
    assert_eq!(
        office.done("POST", "/expire", &json!({ "expireTime": 600 })).await,
        json!({ "expire_time": "600" })
    );
    assert_eq!(provider.settings().await.expect("read").expire_time_s, 600);
    office
        .done(
            "POST",
            "/restrictUserInformation",
            &json!({ "restrictUserInformation": ["phone", "address"] }),
        )
        .await;
    office
        .done(
            "POST",
            "/overwriteEmailVerified",
            &json!({ "overwriteEmailVerified": true }),
        )
        .await;
    office
        .done("POST", "/refreshExpire", &json!({ "refreshExpireTime": "never" }))
        .await;
    let settings = provider.settings().await.expect("read");
    assert_eq!(settings.restrict_user_information, ["phone", "address"]);
    assert!(settings.overwrite_email_verified);
    let (status, text) = office.refused("POST", "/expire", &json!({ "expireTime": 86400 })).await;
    assert_eq!(
        (status, text.as_str()),
        (400, "expire_time must be at most 900 seconds")
    );
    assert_eq!(office.refused("POST", "/expire", &json!({})).await.0, 400);
    assert_eq!(provider.settings().await.expect("read").expire_time_s, 600);

    // The command line, in another process: the server notices by itself.
    office
        .admin()
        .put_setting("expire_time", Some("60"))
        .await
        .expect("put");
    office.world.pass(1);
    assert_eq!(provider.settings().await.expect("read").expire_time_s, 60);
    office.admin().put_setting("expire_time", None).await.expect("put");
    office.world.pass(1);
    assert_eq!(provider.settings().await.expect("read").expire_time_s, 300);
    let unknown = office.admin().put_setting("logout_uris", Some("[]")).await;
    assert!(matches!(unknown, Err(AdminError::Missing("setting"))));
}

#[tokio::test]
async fn keys_are_rotated_and_replaced_in_an_emergency() {
    let office = Office::open().await;
    let kids = |answer: &Value| -> Vec<String> {
        let keys = answer["public_key"]["keys"].as_array().expect("keys").clone();
        keys.iter()
            .map(|key| key["kid"].as_str().expect("a kid").to_owned())
            .collect()
    };
    let rotated = kids(&office.done("POST", "/genKeys", &json!({})).await);
    let replaced = kids(&office.done("POST", "/genKeys", &json!({ "emergency": true })).await);
    assert!(
        rotated.len() > replaced.len(),
        "the former keys are still published after a rotation"
    );
    assert!(
        replaced.iter().all(|kid| !rotated.contains(kid)),
        "none is left after an emergency"
    );
}

#[tokio::test]
async fn claims_are_given_changed_and_taken_away() {
    let office = Office::open().await;
    let client = office.new_client().await;
    let new = json!({ "clientId": client["id"], "name": "is_staff", "scope": "profile", "function": "isInGroup", "parameter": "staff" });
    let claim = office.done("POST", "/customClaim", &new).await;
    assert_eq!(
        (&claim["clientUid"], &claim["parameter"]),
        (&client["clientId"], &json!("staff"))
    );
    for (name, value) in [
        ("name", json!("sub")),
        ("name", json!("groups")),
        ("name", json!("a b")),
        ("scope", json!("two scopes")),
        ("function", json!("getPassword")),
        ("parameter", json!("")),
    ] {
        let mut bad = new.clone();
        bad[name] = value.clone();
        assert_eq!(
            office.refused("POST", "/customClaim", &bad).await.0,
            400,
            "{name} {value}"
        );
    }
    let renamed = json!({ "id": claim["id"], "name": "lang", "scope": "openid", "function": "getUserLanguage" });
    let renamed = office.done("PATCH", "/customClaim", &renamed).await;
    assert_eq!(office.done("GET", "/customClaim", &Value::Null).await, json!([renamed]));
    office
        .done("DELETE", &format!("/customClaim/{}", renamed["id"]), &Value::Null)
        .await;
    assert_eq!(office.done("GET", "/customClaim", &Value::Null).await, json!([]));
    assert_eq!(
        office
            .refused("DELETE", &format!("/customClaim/{}", renamed["id"]), &Value::Null)
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn logout_uris_for_every_client_are_kept_in_a_list() {
    let office = Office::open().await;
    let uri = json!({ "redirectUri": "https://wiki.example/bye" });
    let uris = office.done("POST", "/logoutRedirect", &uri).await;
    assert_eq!(uris[0]["redirectUri"], "https://wiki.example/bye");
    assert_eq!(office.refused("POST", "/logoutRedirect", &uri).await.0, 409);
    assert_eq!(
        office
            .refused("POST", "/logoutRedirect", &json!({ "redirectUri": "javascript:x" }))
            .await
            .0,
        400
    );
    let left = office
        .done("DELETE", &format!("/logoutRedirect/{}", uris[0]["id"]), &Value::Null)
        .await;
    assert_eq!(left, json!([]));
}

#[tokio::test]
async fn an_initial_access_token_is_stored_as_a_digest_and_ends() {
    let office = Office::open().await;
    let access = InitialAccess {
        resources: vec!["https://api.example/notes".to_owned()],
    };
    let made = office
        .admin()
        .create_initial_access_token(access, Duration::from_mins(1))
        .await
        .expect("made");
    let key = Digest::of(made.token.expose_secret());
    let kind = TicketKind::InitialAccessToken;
    let now = office.world.now();
    assert!(
        office
            .world
            .store
            .find_ticket(kind, key, now + 59)
            .await
            .expect("read")
            .is_some()
    );
    assert!(
        office
            .world
            .store
            .find_ticket(kind, key, now + 60)
            .await
            .expect("read")
            .is_none()
    );
    office
        .admin()
        .remove_initial_access_token(&made.token)
        .await
        .expect("removed");
    assert!(office.admin().remove_initial_access_token(&made.token).await.is_err());
    let forever = office
        .admin()
        .create_initial_access_token(InitialAccess::default(), Duration::MAX)
        .await;
    assert!(forever.is_err());
}

#[tokio::test]
async fn upkeep_deletes_what_has_ended() {
    let office = Office::open().await;
    let admin = office.admin();
    admin
        .create_initial_access_token(InitialAccess::default(), Duration::from_mins(1))
        .await
        .expect("made");
    assert_eq!(office.world.provider.upkeep().await.expect("done"), 0);
    office.world.pass(60);
    assert_eq!(office.world.provider.upkeep().await.expect("done"), 1);
}

#[tokio::test]
async fn every_setting_that_does_something_can_be_set() {
    let office = Office::open().await;
    for (key, value) in [("require_dpop_nonce", "true"), ("allow_plain_challenge", "true")] {
        office.admin().put_setting(key, Some(value)).await.expect(key);
    }
    office.world.provider.forget_settings();
    let settings = office.world.provider.settings().await.expect("read");
    assert!(settings.require_dpop_nonce && settings.allow_plain_challenge);
}

#[tokio::test]
async fn an_algorithm_that_no_key_here_signs_with_is_refused_at_once() {
    let office = Office::open().await;
    for name in ["RS384", "ES512", "HS256", "none"] {
        let new = json!({
            "name": "Wiki", "redirectUri": "https://wiki.example/cb", "signingAlg": name, "type": "confidential",
        });
        assert_eq!(office.refused("POST", "/clients", &new).await.0, 400, "{name}");
        let resource = nc_provider::Resource {
            uri: "https://api.example/x".to_owned(),
            owner: None,
            document: nc_provider::ResourceDocument {
                algorithm: Some(name.to_owned()),
                ..nc_provider::ResourceDocument::default()
            },
        };
        assert!(office.admin().put_resource(resource).await.is_err(), "{name}");
    }
}
