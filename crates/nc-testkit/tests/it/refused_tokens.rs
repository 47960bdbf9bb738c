//! The MCP server before a cloud whose app interfaces take no tokens, whatever header comes with them.

use nc_access::{AppPassword, Profile, TakenOver};
use nc_auth::{Grants, LoginName, Scope, ScopeSet};
use nc_testkit::{
    app::{Reply, TestUser, send},
    cloud_app::{CloudApp, Format},
    external_app::{Door, ExternalApp, make_client},
    recorder::Sent,
};
use serde_json::{Value, json};
use tempfile::TempDir;

const ALL: &str = "openid profile notes:read notes:write files:read files:write";

struct Both {
    cloud: CloudApp,
    mcp: ExternalApp,
    _data: TempDir,
}

impl Both {
    async fn boot(emulated: &str, settings: &[(&str, &str)]) -> Self {
        let cloud = CloudApp::boot_with(&[
            ("EMBEDDED_CLOUD_REGISTRATION", "open"),
            ("EMBEDDED_CLOUD_EMULATE_STOCK_CORS", emulated),
        ])
        .await;
        let data = tempfile::tempdir().expect("a folder");
        let door = Door::new();
        let (id, secret) = make_client(&cloud, &door.mcp_url, &[&cloud.url]).await;
        let usual = [
            ("NEXTCLOUD_OIDC_CLIENT_ID", id.as_str()),
            ("NEXTCLOUD_OIDC_CLIENT_SECRET", &secret),
        ];
        let mcp = ExternalApp::open(door, &cloud, data.path(), &[&usual, settings].concat()).await;
        Self {
            cloud,
            mcp: mcp.expect("a server"),
            _data: data,
        }
    }

    async fn token(&self, user: &TestUser) -> String {
        let client = self.cloud.client(Format::Jwt).await;
        let asked = [("scope", ALL), ("resource", self.mcp.mcp_url.as_str())];
        let tokens = self.cloud.authorize(user, &client, &asked).await;
        tokens.access_token().to_owned()
    }

    async fn write(&self, token: &str) -> Reply {
        let note = json!({ "title": "New", "content": "text", "category": "" });
        self.mcp.call(token, "nc_notes_create_note", note).await
    }

    async fn look(&self, token: &str) -> Reply {
        self.mcp.call(token, "nc_webdav_list_directory", json!({})).await
    }

    /// What was sent since the last time, without what everybody may ask.
    fn sent(&self) -> Vec<Sent> {
        let mut sent = self.mcp.recorder.take();
        sent.retain(|sent| sent.headers.contains_key("authorization"));
        sent
    }
}

fn subject(token: &str) -> String {
    let payload = token.split('.').nth(1).expect("a payload");
    let payload: Value = serde_json::from_slice(&crate::forged_tokens::decode(payload)).expect("JSON");
    payload["sub"].as_str().expect("a subject").to_owned()
}

fn with_password(sent: &Sent) -> bool {
    sent.headers["authorization"].as_bytes().starts_with(b"Basic ")
}

fn at_notes(sent: &Sent) -> bool {
    sent.path.contains("/apps/notes/")
}

#[tokio::test]
async fn c13_the_call_that_meets_the_refusal_succeeds_with_the_kept_app_password() {
    let both = Both::boot("always", &[]).await;
    let token = both.token(&both.cloud.alice).await;
    both.mcp.keep_app_password(&subject(&token), &both.cloud.alice).await;
    both.write(&token).await.structured();
    let sent = both.sent();
    assert!(sent.iter().filter(|sent| with_password(sent)).all(at_notes), "{sent:?}");
    let tries: Vec<bool> = sent.iter().filter(|sent| at_notes(sent)).map(with_password).collect();
    assert_eq!(tries, [false, true], "one attempt each");
    // From then on at once, and only there.
    both.write(&token).await.structured();
    both.look(&token).await.structured();
    let sent = both.sent();
    assert!(sent.iter().any(at_notes));
    assert!(
        sent.iter().all(|sent| with_password(sent) == at_notes(sent)),
        "{sent:?}"
    );
    assert!(both.mcp.recorder.take().iter().all(|sent| sent.breach().is_none()));
}

#[tokio::test]
async fn c13_without_an_app_password_the_person_is_told_what_to_do_and_the_rest_works() {
    let both = Both::boot("always", &[]).await;
    let token = both.token(&both.cloud.alice).await;
    for _ in 0..2 {
        let refusal = both.write(&token).await.error_text();
        assert!(refusal.starts_with("provisioning_required: "), "{refusal}");
        assert!(
            refusal.contains("notes") && refusal.contains("app password"),
            "{refusal}"
        );
    }
    let sent = both.sent();
    assert_eq!(sent.iter().filter(|sent| at_notes(sent)).count(), 1, "known for a day");
    both.look(&token).await.structured();
    // Nobody else's is used, and an account's own one at once.
    both.mcp.keep_app_password(&subject(&token), &both.cloud.bob).await;
    let refusal = both.write(&token).await.error_text();
    assert!(refusal.starts_with("provisioning_required: "), "{refusal}");
    assert!(!both.sent().iter().any(at_notes));
    both.mcp.keep_app_password(&subject(&token), &both.cloud.alice).await;
    both.write(&token).await.structured();
}

#[tokio::test]
async fn c13_an_app_password_that_the_person_took_back_is_not_used_again() {
    let both = Both::boot("always", &[]).await;
    let token = both.token(&both.cloud.alice).await;
    let subject = subject(&token);
    both.mcp.keep_app_password(&subject, &both.cloud.alice).await;
    both.write(&token).await.structured();
    let end = both.cloud.request("DELETE", "/ocs/v2.php/core/apppassword");
    let end = end.header("authorization", both.cloud.alice.basic());
    assert_eq!(send(end.header("ocs-apirequest", "true")).await.status, 200);
    let refusal = both.write(&token).await.error_text();
    assert!(refusal.starts_with("provisioning_required: "), "{refusal}");
    let kept = both.mcp.vault.find(&subject).await.expect("a vault").expect("a row");
    assert!(!kept.is_active);
    both.sent();
    both.write(&token).await.error_text();
    assert!(!both.sent().iter().any(with_password));
    both.look(&token).await.structured();
}

#[tokio::test]
async fn c13_an_app_password_stands_in_only_for_what_it_was_given_for() {
    let both = Both::boot("always", &[]).await;
    let token = both.token(&both.cloud.alice).await;
    let alice = &both.cloud.alice;
    let given = TakenOver {
        profile: Profile {
            uid: alice.name.to_owned(),
            ..Profile::default()
        },
        app_password: AppPassword {
            login: LoginName::new(alice.name),
            password: alice.app_password.as_str().into(),
        },
        limit: Grants::Only(ScopeSet::EMPTY.with(Scope::NotesRead)),
        given_at: 0,
        is_active: true,
    };
    assert!(both.mcp.vault.take_over(&subject(&token), &given).await.expect("kept"));
    let refusal = both.write(&token).await.error_text();
    assert!(refusal.starts_with("provisioning_required: "), "{refusal}");
    assert!(!both.sent().iter().any(with_password));
    let query = json!({ "query": "of" });
    both.mcp.call(&token, "nc_notes_search_notes", query).await.structured();
    let sent = both.sent();
    assert!(sent.iter().any(with_password));
    assert!(sent.iter().all(|sent| sent.method == "GET"), "{sent:?}");
}

#[tokio::test]
async fn c13_the_header_alone_is_enough_at_a_stock_cloud() {
    let both = Both::boot("header", &[]).await;
    let token = both.token(&both.cloud.alice).await;
    both.mcp.keep_app_password(&subject(&token), &both.cloud.alice).await;
    both.write(&token).await.structured();
    let sent = both.sent();
    assert!(!sent.iter().any(with_password), "{sent:?}");
    assert!(
        !sent.iter().any(|sent| sent.path.contains("/cloud/user")),
        "nothing is asked in advance: {sent:?}"
    );
}

#[tokio::test]
async fn an_operator_can_prefer_app_passwords_for_those_who_gave_one() {
    let both = Both::boot("off", &[("MCP_PREFER_APP_PASSWORD", "true")]).await;
    let (alice, bob) = (both.token(&both.cloud.alice).await, both.token(&both.cloud.bob).await);
    both.mcp.keep_app_password(&subject(&alice), &both.cloud.alice).await;
    both.sent();
    both.write(&alice).await.structured();
    both.look(&alice).await.structured();
    assert!(both.sent().iter().all(with_password));
    both.write(&bob).await.structured();
    assert!(!both.sent().iter().any(with_password));
    // The scopes of the client's token hold all the same.
    let client = both.cloud.client(Format::Jwt).await;
    let asked = [("scope", "openid notes:read"), ("resource", both.mcp.mcp_url.as_str())];
    let reading = both.cloud.authorize(&both.cloud.alice, &client, &asked).await;
    assert_eq!(both.write(reading.access_token()).await.status, 403);
}

#[tokio::test]
async fn a_preferred_app_password_that_has_ended_gives_way_to_tokens() {
    let both = Both::boot("off", &[("MCP_PREFER_APP_PASSWORD", "true")]).await;
    let token = both.token(&both.cloud.alice).await;
    both.mcp.keep_app_password(&subject(&token), &both.cloud.alice).await;
    let end = both.cloud.request("DELETE", "/ocs/v2.php/core/apppassword");
    let end = end.header("authorization", both.cloud.alice.basic());
    assert_eq!(send(end.header("ocs-apirequest", "true")).await.status, 200);
    both.write(&token).await.error_text();
    both.sent();
    both.write(&token).await.structured();
    assert!(!both.sent().iter().any(with_password));
}
