//! Stored credentials in the hands of an administrator, while the server runs.

use std::time::Duration;

use nc_server::{
    config::Database,
    credentials::{self, Whose},
    provider_data::ProviderData,
};
use nc_testkit::{
    app::send,
    own_issuer_app::{OwnIssuerApp, Person},
};
use serde_json::json;

const SCOPES: &str = "openid offline_access notes:read";

#[tokio::test]
async fn a_revoked_credential_ends_what_lives_from_it_and_is_taken_back_at_the_cloud() {
    let app = OwnIssuerApp::boot().await;
    let client = app.client("opaque").await;
    let search = json!({ "query": "a" });
    let tokens = Person::new(&app, &app.alice).tokens(&client, SCOPES).await;
    let token = tokens["access_token"].as_str().expect("a token");
    app.recorder.take();
    app.call(token, "nc_notes_search_notes", search.clone())
        .await
        .structured();
    let app_password = app.credentials_sent().remove(0);
    let of_bob = app.token(&app.bob, SCOPES).await;

    // As the command line does, beside the running server.
    let data = ProviderData::open(&app.folder.path().join("mcp"), &[], &Database::InFolder)
        .await
        .expect("the data");
    let before = credentials::list(&data).await.expect("a list");
    let told: Vec<_> = before.iter().map(|one| (one.uid.as_str(), one.state)).collect();
    assert_eq!(told, [("alice", "active"), ("bob", "active")]);
    let unknown = credentials::revoke(&data, Whose::Subject("alice"), "test", &app.clock).await;
    assert_eq!(unknown.expect("nothing"), 0, "a uid is no subject");
    let revoked = credentials::revoke(&data, Whose::User("alice"), "test", &app.clock).await;
    assert_eq!(revoked.expect("revoked"), 1);

    assert_eq!(send(app.message(token, "tools/list", json!({}))).await.status, 401);
    let refresh = tokens["refresh_token"].as_str().expect("a refresh token");
    assert_eq!(app.refresh(&client, refresh).await.status, 400);
    app.call(&of_bob, "nc_notes_search_notes", search.clone())
        .await
        .structured();

    assert!(app.is_taken(&app_password).await, "the server has not looked yet");
    let upkeep = tokio::spawn(app.issuer.clone().keep_up());
    for _ in 0..100 {
        if !app.is_taken(&app_password).await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    upkeep.abort();
    assert!(!app.is_taken(&app_password).await);
    let anew = app.token(&app.alice, SCOPES).await;
    app.call(&anew, "nc_notes_search_notes", search).await.structured();
    let report = app.issuer.provider().store().verify_audit().await.expect("a report");
    assert_eq!(report.broken, None);
}

/// An app password that nextcloud-mcp-server got for less than everything carries that with it.
#[tokio::test]
async fn a_token_allows_no_more_than_the_app_password_was_given_for() {
    let app = OwnIssuerApp::boot().await;
    let token = app.token(&app.alice, "openid notes:read files:read").await;
    let search = json!({ "query": "a" });
    app.call(&token, "nc_notes_search_notes", search.clone())
        .await
        .structured();
    let all = app.tools(&token).await;
    let store = app.issuer.provider().store();
    let limit = async |scopes: &[&str]| {
        let unit = store.begin().await.expect("a unit");
        let kept = unit.list_credentials(0, 10).await.expect("a list");
        for mut record in kept.into_iter().filter(|record| !record.issuer.is_empty()) {
            record.document = json!({ "uid": "alice", "scopes": scopes }).to_string();
            unit.put_credential(&record).await.expect("kept");
        }
        unit.commit().await.expect("committed");
    };
    limit(&["notes:read", "notes:write", "calendar:read"]).await;
    app.call(&token, "nc_notes_search_notes", search.clone())
        .await
        .structured();
    let files = json!({ "path": "/" });
    let refused = app.call(&token, "nc_webdav_list_directory", files).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    let some = app.tools(&token).await;
    assert!(
        some.len() < all.len() && !some.iter().any(|name| name.starts_with("nc_calendar")),
        "{some:?}"
    );

    limit(&[]).await;
    let refused = app.call(&token, "nc_notes_search_notes", search.clone()).await;
    assert_eq!(refused.status, 403, "an empty list grants nothing");
    assert!(!app.tools(&token).await.iter().any(|name| name.starts_with("nc_notes")));

    // Whoever signs in anew gives a new one, for what the consent page says.
    let anew = app.token(&app.alice, "openid notes:read").await;
    app.call(&anew, "nc_notes_search_notes", search).await.structured();
}
