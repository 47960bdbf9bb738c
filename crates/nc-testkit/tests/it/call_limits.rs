//! So many calls a minute.

use nc_testkit::own_issuer_app::{OwnIssuerApp, Person};
use serde_json::json;

const SCOPES: &str = "notes:read";

async fn search(app: &OwnIssuerApp, token: &str) -> nc_testkit::app::Reply {
    app.call(token, "nc_notes_search_notes", json!({ "query": "a" })).await
}

#[tokio::test]
async fn a_client_that_calls_too_often_waits_and_the_others_do_not() {
    let app = OwnIssuerApp::boot_with(&[("MCP_CALLS_PER_MINUTE_PER_CLIENT", "3")]).await;
    let (alice, bob) = (app.token(&app.alice, SCOPES).await, app.token(&app.bob, SCOPES).await);
    let other = app.client("jwt").await;
    let tokens = Person::new(&app, &app.alice).tokens(&other, SCOPES).await;
    let through_another = tokens["access_token"].as_str().expect("a token");
    for _ in 0..3 {
        search(&app, &alice).await.structured();
    }
    app.recorder.take();
    let refused = search(&app, &alice).await;
    assert_eq!(refused.status, 429);
    let wait: u64 = refused.headers["retry-after"]
        .to_str()
        .expect("text")
        .parse()
        .expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(
        refused.message()["error"]["message"]
            .as_str()
            .expect("a message")
            .contains("too many calls")
    );
    assert!(app.recorder.take().is_empty(), "the cloud was asked");
    // Not a call: lists can still be read.
    assert!(!app.tools(&alice).await.is_empty());
    search(&app, &bob).await.structured();
    search(&app, through_another).await.structured();
    app.clock
        .advance(time::Duration::seconds(i64::try_from(wait).expect("seconds")));
    search(&app, &alice).await.structured();
}

#[tokio::test]
async fn all_together_wait_when_there_are_too_many() {
    let app = OwnIssuerApp::boot_with(&[("MCP_CALLS_PER_MINUTE", "2")]).await;
    let (alice, bob) = (app.token(&app.alice, SCOPES).await, app.token(&app.bob, SCOPES).await);
    search(&app, &alice).await.structured();
    search(&app, &bob).await.structured();
    assert_eq!(search(&app, &bob).await.status, 429);
    assert_eq!(search(&app, &alice).await.status, 429);
    app.clock.advance(time::Duration::minutes(1));
    search(&app, &alice).await.structured();
}
