//! The client that the MCP server is at an issuer elsewhere: while it runs, it is replaced when it ends or is forgotten.

use futures_util::future::join_all;
use nc_testkit::external_app::ExternalApp;
use serde_json::{Value, json};

use crate::{
    external_start::{Place, mode},
    foreign_issuer::{ForeignIssuer, with},
    sign_in_answers::{Three, id_header},
};

impl Place {
    /// With a client that registers itself.
    async fn start_registered(&self, members: Value) -> ExternalApp {
        self.introspects(200, json!({ "active": false }));
        self.issuer.registers(members);
        let mcp = self.start(&[self.discovery()]).await.expect("it starts");
        self.introspects(200, self.introspected(&mcp));
        assert_eq!(self.registrations(), 1);
        mcp
    }

    fn discovery(&self) -> (&'static str, &str) {
        ("OIDC_DISCOVERY_URL", &self.issuer.discovery_url)
    }

    fn kept(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.file()).expect("a file")).expect("JSON")
    }

    fn keep(&self, client: &Value) {
        use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
        let file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(self.file());
        file.expect("a file")
            .write_all(client.to_string().as_bytes())
            .expect("written");
    }

    /// How often somebody registered since the last look.
    fn registrations(&self) -> usize {
        count(&self.issuer.posted(), "/register")
    }

    fn advance(&self, seconds: i64) {
        self.cloud.clock.advance(time::Duration::seconds(seconds));
    }
}

fn count(posted: &[(String, String)], path: &str) -> usize {
    posted.iter().filter(|(known, _)| known == path).count()
}

#[tokio::test]
async fn a_client_is_replaced_before_its_secret_ends_while_the_server_runs() {
    let place = Place::new().await;
    let now = place.cloud.clock.now().unix_timestamp();
    let mcp = place
        .start_registered(json!({ "client_secret_expires_at": now + 3600 }))
        .await;
    place.advance(3299);
    place.introspects(200, place.introspected(&mcp));
    assert_eq!(mcp.list("opaque-one").await.status, 200);
    assert_eq!(
        (place.registrations(), &place.kept()["client_id"]),
        (0, &json!("client-1"))
    );
    place
        .issuer
        .registers(json!({ "client_secret_expires_at": now + 7200 }));
    place.advance(1);
    let tokens: Vec<String> = (0..20).map(|number| format!("opaque-{number}")).collect();
    place.introspects(200, place.introspected(&mcp));
    for reply in join_all(tokens.iter().map(|token| mcp.list(token))).await {
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    assert_eq!(
        (place.registrations(), &place.kept()["client_id"]),
        (1, &json!("client-2"))
    );
    assert_eq!(mode(&place.file()), 0o600);
    // An issuer that cannot be reached then is asked again a minute later, and the old one is used until it ends.
    place.advance(3600);
    place.issuer.set_down(true);
    assert_eq!(mcp.list("opaque-down").await.status, 503);
    place.issuer.set_down(false);
    place.issuer.posted();
    place.introspects(200, place.introspected(&mcp));
    assert_eq!(
        (mcp.list("opaque-up").await.status.as_u16(), place.registrations()),
        (200, 0)
    );
    place.advance(60);
    place.introspects(200, place.introspected(&mcp));
    assert_eq!(
        (mcp.list("opaque-later").await.status.as_u16(), place.registrations()),
        (200, 1)
    );
}

#[tokio::test]
async fn a_client_that_the_issuer_forgot_is_registered_anew_once_in_ten_minutes() {
    let place = Place::new().await;
    let mcp = place.start_registered(json!({})).await;
    place.issuer.forget_client();
    let tokens: Vec<String> = (0..20).map(|number| format!("opaque-{number}")).collect();
    for reply in join_all(tokens.iter().map(|token| mcp.list(token))).await {
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    assert_eq!(
        (place.registrations(), &place.kept()["client_id"]),
        (1, &json!("client-2"))
    );
    assert_eq!(
        (&place.kept()["issuer"], mode(&place.file())),
        (&json!(place.issuer.url), 0o600)
    );
    // An issuer that forgets all its clients does not get one a second.
    place.issuer.forget_client();
    for (after_s, status, registrations) in [(0, 503, 0), (599, 503, 0), (1, 200, 1)] {
        place.advance(after_s);
        place.introspects(200, place.introspected(&mcp));
        let reply = mcp.list(&format!("opaque-after-{after_s}")).await;
        assert_eq!(
            (reply.status.as_u16(), place.registrations()),
            (status, registrations),
            "{after_s}"
        );
    }
}

#[tokio::test]
async fn a_token_exchange_is_repeated_by_the_client_that_is_registered_anew() {
    let place = Place::new().await;
    let given = json!({ "access_token": "other", "token_type": "Bearer", "expires_in": 300 });
    place.exchanges(200, given);
    let mcp = place.start_registered(json!({})).await;
    place.issuer.forget_client();
    assert_eq!(mcp.list(&place.token(&mcp, "one")).await.status, 200);
    let posted = place.issuer.posted();
    let paths: Vec<&str> = posted.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["/token", "/register", "/token"]);
    assert_eq!(posted[0].1, posted[2].1);
}

#[tokio::test]
async fn a_client_that_an_administrator_made_is_never_replaced() {
    let place = Place::new().await;
    place.introspects(200, json!({ "active": false }));
    // It registers clients, and knows none.
    place.issuer.registers(json!({}));
    let mcp = place.start_with_client(&[]).await.expect("it starts");
    assert_eq!(mcp.list("opaque").await.status, 503);
    place.advance(601);
    assert_eq!(mcp.list("opaque").await.status, 503);
    assert_eq!(place.registrations(), 0);
    assert!(!place.file().exists());
}

#[tokio::test]
async fn a_refusal_that_is_not_about_the_client_registers_nobody() {
    let place = Place::new().await;
    let mcp = place.start_registered(json!({})).await;
    for (number, (status, body)) in [
        (401, Value::Null),
        (401, json!({ "error": "invalid_token" })),
        (400, json!({ "error": "unauthorized_client" })),
        (403, json!({ "error": "invalid_client" })),
        (500, json!({ "error": "invalid_client" })),
    ]
    .into_iter()
    .enumerate()
    {
        place.introspects(status, body.clone());
        let reply = mcp.list(&format!("opaque-{number}")).await;
        assert_eq!(
            (reply.status.as_u16(), place.registrations()),
            (503, 0),
            "{status} {body}"
        );
    }
}

#[tokio::test]
async fn a_sign_in_that_the_former_client_began_ends_without_a_code_being_sent() {
    let issuer = ForeignIssuer::boot().await;
    issuer.registers(json!({}));
    let three = Three::boot_at(issuer, false).await;
    let mut begun = three.begin().await;
    assert_eq!(begun.get("client_id"), "client-1");
    three.issuer.forget_client();
    // Somebody else's sign-in finds out.
    let mut other = three.begin().await;
    three.gives(None, Some("a refresh token"));
    assert_eq!(other.come_back().await.reply.status, 400);
    let paths: Vec<String> = three.issuer.posted().into_iter().map(|(path, _)| path).collect();
    assert!(paths.contains(&"/register".to_owned()), "{paths:?}");
    let page = begun.come_back().await;
    assert_eq!(page.reply.status, 400, "{}", page.reply.text);
    assert!(three.issuer.posted().is_empty());
    assert!(!three.is_provisioned().await);
    // A new one is the new client's, and works.
    let mut begun = three.begin().await;
    assert_eq!(begun.get("client_id"), "client-2");
    let key = &three.issuer.key;
    let id_token = key.sign(&id_header(key), &three.claims(&begun));
    three.gives(Some(&id_token), Some("a refresh token"));
    let page = begun.come_back().await;
    assert_eq!(page.reply.status, 200, "{}", page.reply.text);
    assert!(three.is_provisioned().await);
}

#[tokio::test]
async fn a_file_of_the_former_server_is_taken_for_the_issuer_of_the_settings_if_answers_come_here() {
    let place = Place::new().await;
    place.introspects(200, json!({ "active": false }));
    place.issuer.registers(json!({}));
    let mut mcp = place.start(&[place.discovery()]).await.expect("it starts");
    let here = format!("{}/oauth/callback", mcp.url);
    let door = mcp.close().await;
    place.issuer.posted();
    let former = with(place.kept(), "issuer", Value::Null);
    // Answers for somebody else's client would go there, not here.
    for uris in [
        json!([]),
        json!([format!("{here}/x")]),
        json!(["https://elsewhere.example/oauth/callback"]),
    ] {
        place.keep(&with(former.clone(), "redirect_uris", uris));
        let mcp = place.start(&[place.discovery()]).await.expect("it starts");
        assert_eq!(place.registrations(), 1);
        drop(mcp);
    }
    place.issuer.registers(json!({}));
    place.keep(&with(
        former,
        "redirect_uris",
        json!(["https://elsewhere.example/", here]),
    ));
    let mut mcp = place.start_at(door, &[place.discovery()]).await.expect("it starts");
    assert_eq!(place.registrations(), 0);
    assert_eq!(
        (&place.kept()["client_id"], &place.kept()["issuer"]),
        (&json!("client-1"), &json!(place.issuer.url))
    );
    // From then on it belongs to that issuer.
    let door = mcp.close().await;
    let other = ForeignIssuer::boot().await;
    other.registers(json!({}));
    let settings = [("OIDC_DISCOVERY_URL", other.discovery_url.as_str())];
    drop(place.start_at(door, &settings).await.expect("it starts"));
    assert_eq!(count(&other.posted(), "/register"), 1);
}
