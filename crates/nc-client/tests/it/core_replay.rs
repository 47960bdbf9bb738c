use nc_client::{Error, LoginFlow, Poll};

use crate::replay::Replay;

#[tokio::test]
async fn the_account_is_read() {
    let (replay, client) = Replay::start("core", &["cloud-user-by-accept-header"]);
    let user = client.user().await.expect("user");
    assert_eq!((user.id.as_str(), user.display_name.as_str()), ("carol", "Carol"));
    assert_eq!(user.email.as_deref(), Some("carol@example.org"));
    assert_eq!(user.groups, ["team"]);
    assert_eq!(user.quota.expect("quota").free_bytes(), None);
    client.user().await.expect("again");
    replay.done();
    assert_eq!(replay.count(), 1, "the second answer comes from memory");
}

#[tokio::test]
async fn the_capabilities_are_read() {
    let (replay, client) = Replay::start("core", &["capabilities-user-json"]);
    let capabilities = client.capabilities().await.expect("capabilities");
    assert_eq!(capabilities.version.string, "32.0.1");
    let notes = capabilities.notes().expect("notes");
    assert_eq!(notes.api_version, ["0.2", "1.3", "1.4"]);
    assert_eq!(notes.notes_path.as_deref(), Some("Notes"));
    assert_eq!(capabilities.chunked_upload().max_size, Some(104_857_600));
    assert!(capabilities.has("deck") && capabilities.has("tables") && capabilities.has("cookbook"));
    assert!(!capabilities.has("spreed"));
    replay.done();
}

#[tokio::test]
async fn a_wrong_password_is_a_refused_sign_in_and_is_not_sent_again() {
    let (replay, client) = Replay::start("core", &["cloud-user-wrong-password"]);
    assert!(matches!(client.user().await, Err(Error::Unauthorized)));
    assert!(matches!(client.user().await, Err(Error::Unauthorized)));
    assert!(matches!(client.capabilities().await, Err(Error::Unauthorized)));
    assert!(matches!(client.files().favorites(1).await, Err(Error::Unauthorized)));
    replay.done();
    assert_eq!(replay.count(), 1);
}

#[tokio::test]
async fn an_app_password_takes_itself_back() {
    let (replay, client) = Replay::start("core", &["app-password-delete"]);
    client.revoke_app_password().await.expect("revoked");
    assert!(client.is_rejected());
    replay.done();
}

#[tokio::test]
async fn an_account_password_cannot_be_taken_back_and_the_reason_is_passed_on() {
    let (replay, client) = Replay::start("core", &["app-password-delete-with-account-password"]);
    let error = client.revoke_app_password().await.expect_err("refused");
    assert_eq!(error.code(), "forbidden");
    assert_eq!(
        error.to_string(),
        "no permission for the app password (Nextcloud says: no app password in use)"
    );
    assert!(!client.is_rejected());
    replay.done();
}

#[tokio::test]
async fn a_login_flow_starts_and_waits() {
    let (replay, client) = Replay::start("core", &["login-flow-v2-start", "login-flow-v2-poll-pending"]);
    let flow = LoginFlow::start(client.nextcloud(), "nextcloud-mcp on a laptop")
        .await
        .expect("started");
    assert!(
        flow.login_url()
            .as_str()
            .starts_with("https://cloud.example.org/login/v2/flow/")
    );
    assert!(matches!(flow.poll().await.expect("poll"), Poll::Pending));
    replay.done();
}
