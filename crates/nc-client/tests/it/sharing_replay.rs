//! Sharing against recorded traffic.

use nc_client::{Error, FilePath, NewShare, ShareId, SharePatch, SharePermissions, ShareQuery, ShareType, ShareeQuery};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::replay::{Replay, exchange};

fn path(text: &str) -> FilePath {
    FilePath::parse(text).expect("a path")
}

fn new(text: &str, share_type: ShareType, share_with: Option<&str>) -> NewShare {
    NewShare {
        path: path(text),
        share_type,
        share_with: share_with.map(str::to_owned),
        permissions: SharePermissions::READ,
        password: None,
        expire_date: None,
        label: None,
        note: None,
        hide_download: false,
        no_download: false,
    }
}

/// Shares as recorded and gives the error.
async fn refused(name: &str, new: &NewShare) -> Error {
    let (replay, client) = Replay::start("sharing", &[name]);
    let error = client.sharing().create(new).await.expect_err(name);
    replay.done();
    error
}

/// As recorded, and with nothing of a changed share left to the imagination.
fn get(id: i64, change: impl Fn(&mut Value)) -> Value {
    let mut recorded = exchange("sharing", "share-get");
    recorded["request"]["path"] =
        Value::String(format!("/ocs/v2.php/apps/files_sharing/api/v1/shares/{id}?format=json"));
    let mut body: Value = serde_json::from_str(recorded["response"]["body"].as_str().expect("a body")).expect("JSON");
    body["ocs"]["data"][0]["id"] = Value::String(id.to_string());
    change(&mut body["ocs"]["data"][0]);
    recorded["response"]["body"] = Value::String(body.to_string());
    recorded
}

#[tokio::test]
async fn a_file_is_shared_with_a_person() {
    let (replay, client) = Replay::start("sharing", &["share-create-user"]);
    let made = client
        .sharing()
        .create(&new("/doc.txt", ShareType::User, Some("dave")))
        .await;
    replay.done();
    let made = made.expect("a share");
    assert_eq!((made.id, made.permissions), (ShareId(74), SharePermissions::READ));
    assert_eq!(made.share_with_displayname.as_deref(), Some("Dave"));
}

#[tokio::test]
async fn a_link_has_what_was_asked_for_and_the_server_adds_the_right_to_share_on() {
    let (replay, client) = Replay::start("sharing", &["share-create-link-password-expire-label"]);
    let link = NewShare {
        password: Some(SecretString::from("a-Long-link-passphrase-9")),
        expire_date: Some("2027-03-01".to_owned()),
        label: Some("For partners".to_owned()),
        hide_download: true,
        ..new("/Team", ShareType::Link, None)
    };
    let made = client.sharing().create(&link).await.expect("a link");
    replay.done();
    assert!(made.has_password && made.url.is_some());
    assert!(!format!("{made:?}").contains("password-hash"), "{made:?}");
    assert_eq!(
        made.permissions.without(link.permissions),
        SharePermissions::SHARE,
        "more than was asked for"
    );
}

#[tokio::test]
async fn a_receiver_and_the_type_have_to_fit_before_anything_is_sent() {
    let (replay, client) = Replay::start("sharing", &[]);
    for wrong in [
        new("/doc.txt", ShareType::Link, Some("dave")),
        new("/doc.txt", ShareType::User, None),
    ] {
        let error = client.sharing().create(&wrong).await.expect_err("refused");
        assert!(
            matches!(
                error,
                Error::InvalidInput {
                    argument: "share_with",
                    ..
                }
            ),
            "{error}"
        );
    }
    assert_eq!(replay.count(), 0);
}

#[tokio::test]
async fn refusals_pass_the_servers_words_on() {
    let nobody = new("/doc.txt", ShareType::User, Some("nobody-here"));
    let error = refused("share-create-unknown-user", &nobody).await;
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
    assert!(error.to_string().contains("valid account to share with"), "{error}");
    let myself = new("/doc.txt", ShareType::User, Some("carol"));
    let error = refused("share-create-with-self", &myself).await;
    assert!(matches!(error, Error::Forbidden { .. }), "{error}");
    let late = NewShare {
        expire_date: Some("yesterday".to_owned()),
        ..new("/doc.txt", ShareType::Link, None)
    };
    let error = refused("share-create-link-bad-expire", &late).await;
    assert!(error.to_string().contains("in the past"), "{error}");
}

#[tokio::test]
async fn lists_are_read_whole_and_received_shares_are_told_from_own_ones() {
    for (name, query) in [
        ("shares-list-empty", ShareQuery::default()),
        (
            "shares-list-by-path",
            ShareQuery {
                path: Some(path("/doc.txt")),
                ..ShareQuery::default()
            },
        ),
        (
            "shares-list-by-path-reshares",
            ShareQuery {
                path: Some(path("/doc.txt")),
                reshares: true,
                ..ShareQuery::default()
            },
        ),
        (
            "shares-shared-with-me",
            ShareQuery {
                shared_with_me: true,
                ..ShareQuery::default()
            },
        ),
        (
            "shares-pending-list",
            ShareQuery {
                pending: true,
                ..ShareQuery::default()
            },
        ),
    ] {
        let recorded = exchange("sharing", name);
        let body: Value = serde_json::from_str(recorded["response"]["body"].as_str().expect("a body")).expect("JSON");
        let (replay, client) = Replay::start("sharing", &[name]);
        let listed = client.sharing().list(&query).await.expect(name);
        replay.done();
        assert_eq!(
            listed.len(),
            body["ocs"]["data"].as_array().expect("a list").len(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn each_field_is_changed_by_a_request_of_its_own_and_the_share_is_read_again() {
    let update = |name: &str| exchange("sharing", name);
    let before = get(75, |_| ());
    let after = get(75, |share| {
        share["permissions"] = json!(31);
        share["note"] = json!("Please read");
    });
    let exchanges = vec![
        before,
        update("share-update-permissions"),
        update("share-update-expire-date"),
        update("share-update-note"),
        after,
    ];
    let asked = |name: &str| -> String {
        let body = exchange("sharing", name)["request"]["body"]
            .as_str()
            .expect("a body")
            .to_owned();
        url::form_urlencoded::parse(body.as_bytes())
            .next()
            .expect("a field")
            .1
            .into_owned()
    };
    let patch = SharePatch {
        permissions: SharePermissions::from_bits(asked("share-update-permissions").parse().expect("a number")),
        expire_date: Some(asked("share-update-expire-date")),
        note: Some(asked("share-update-note")),
        ..SharePatch::default()
    };
    let (replay, client) = Replay::start_with(exchanges);
    let changed = client.sharing().update(ShareId(75), &patch).await.expect("changed");
    replay.done();
    assert_eq!(changed.changed, ["permissions", "expire_date", "note"]);
    assert!(changed.refused.is_none());
    assert_eq!(changed.share.note, "Please read");
}

#[tokio::test]
async fn a_change_that_stops_halfway_says_how_far_it_came() {
    let past = exchange("sharing", "share-update-link-expire-past");
    let mut allowed = exchange("sharing", "share-update-permissions");
    allowed["request"]["path"] = past["request"]["path"].clone();
    let (replay, client) = Replay::start_with(vec![get(80, |_| ()), allowed, past.clone(), get(80, |_| ())]);
    let body = past["request"]["body"].as_str().expect("a body");
    let date = body.split_once('=').expect("a field").1.to_owned();
    let recorded = exchange("sharing", "share-update-permissions");
    let mask = recorded["request"]["body"]
        .as_str()
        .expect("a body")
        .split_once('=')
        .expect("a field")
        .1;
    let patch = SharePatch {
        permissions: SharePermissions::from_bits(mask.parse().expect("a number")),
        expire_date: Some(date),
        ..SharePatch::default()
    };
    let changed = client.sharing().update(ShareId(80), &patch).await.expect("half of it");
    replay.done();
    assert_eq!(changed.changed, ["permissions"]);
    let (field, error) = changed.refused.expect("a refusal");
    assert_eq!(field, "expire_date");
    assert!(error.to_string().contains("past"), "{error}");
}

#[tokio::test]
async fn a_change_of_nothing_is_refused_before_anything_is_sent() {
    let (replay, client) = Replay::start("sharing", &[]);
    let error = client.sharing().update(ShareId(1), &SharePatch::default()).await;
    assert!(matches!(error, Err(Error::InvalidInput { .. })));
    assert_eq!(replay.count(), 0);
}

#[tokio::test]
async fn shares_end_and_unknown_ones_are_not_found() {
    let mut gone = exchange("sharing", "share-delete-link");
    gone["request"]["path"] = json!("/ocs/v2.php/apps/files_sharing/api/v1/shares/74?format=json");
    let (replay, client) = Replay::start_with(vec![get(74, |_| ()), gone]);
    assert_eq!(
        client.sharing().delete(ShareId(74)).await.expect("ended").id,
        ShareId(74)
    );
    replay.done();
    let (replay, client) = Replay::start("sharing", &["share-get-unknown"]);
    let error = client.sharing().delete(ShareId(99_999_999)).await.expect_err("unknown");
    replay.done();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
    let (replay, client) = Replay::start("sharing", &["share-pending-accept-unknown"]);
    let error = client.sharing().accept(ShareId(99_999_999)).await.expect_err("unknown");
    replay.done();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn people_are_searched_here_and_in_no_directory_elsewhere() {
    let mut recorded = exchange("sharing", "sharees-search-exact");
    let asked = recorded["request"]["path"].as_str().expect("a path").to_owned();
    recorded["request"]["path"] = Value::String(format!("{asked}&lookup=false&page=1&perPage=20"));
    let (replay, client) = Replay::start_with(vec![recorded]);
    let query = ShareeQuery {
        search: "dave".to_owned(),
        is_folder: true,
        types: vec![ShareType::User, ShareType::Group],
        page: 0,
        per_page: 20,
    };
    let found = client.sharing().sharees(&query).await.expect("hits");
    replay.done();
    assert_eq!(found.exact.users[0].value.share_with, "dave");
}

#[tokio::test]
async fn without_the_tags_that_hide_files_no_share_is_shown() {
    let mut tags = exchange("trash-versions-tags-comments", "systemtags-list");
    tags["response"]["status"] = json!(403);
    let (replay, client) = Replay::hiding(vec![tags], &["private"]);
    let error = client.sharing().list(&ShareQuery::default()).await.expect_err("hidden");
    replay.done();
    assert!(error.to_string().contains("EXCLUDED_TAGS"), "{error}");
}
