//! What is left of access after it was taken away.

use nc_auth::{UserId, federation::OutShareFilter};
use nc_testkit::app::send;
use reqwest::StatusCode;
use serde_json::json;

use super::credentials::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn ocm_n073_who_was_shut_out_and_is_back_has_no_tokens_of_before_around() {
    let scene = Scene::start().await;
    let token = scene.token().await;
    let open = async |token: &str| {
        let bearer = format!("Bearer {token}");
        scene.home.status("GET", "/public.php/webdav/one.txt", &bearer).await
    };
    assert_eq!(open(&token).await, 200);
    let alice = UserId::new("alice");
    // Nothing is asked in between.
    for enabled in [false, true] {
        assert!(scene.home.cloud.set_enabled(&alice, enabled).await.expect("set"));
    }
    assert_eq!(open(&token).await, 401);
    // The share itself waited, and the other server gets a new token by itself.
    assert_eq!(scene.away.read("bob", "/Plans/one.txt").await.1, b"one");
    assert_eq!(open(&scene.token().await).await, 200);
    assert_eq!(open(&token).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn ocm_n074_after_the_end_of_a_share_a_new_token_is_an_invalid_grant_and_its_place_says_revoked() {
    let scene = Scene::start().await;
    let token = scene.token().await;
    let api = "/ocs/v2.php/apps/files_sharing/api/v1/shares";
    let of_alice = |method: &str, path: &str| {
        let request = scene.home.request(method, path).header("ocs-apirequest", "true");
        request.header("authorization", scene.home.alice.basic())
    };
    let listed = send(of_alice("GET", &format!("{api}?format=json"))).await.message();
    let number = &listed["ocs"]["data"][0]["id"];
    let number = number.as_str().map_or_else(|| number.to_string(), str::to_owned);
    let ended = send(of_alice("DELETE", &format!("{api}/{number}?format=json"))).await;
    assert_eq!(ended.status, 200, "{}", ended.text);
    // The other server was not told: what waits for it is not sent here.
    let before = scene.record.all().len();
    let refused = scene.away.dav("bob", "GET", "/Plans/one.txt", "").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let text = refused.text().await.expect("text");
    assert!(text.contains("access was revoked by the sender"), "{text}");
    let passed = scene.record.all().split_off(before);
    let seen: Vec<(&str, u16)> = passed
        .iter()
        .filter(|passed| passed.uri.path().starts_with("/ocm/token") || passed.uri.path().starts_with("/public.php"))
        .map(|passed| (passed.uri.path(), passed.status.as_u16()))
        .collect();
    let is_refused = |(path, status): &(&str, u16)| path.ends_with("/one.txt") && *status == 401;
    assert!(seen.first().is_some_and(is_refused), "{seen:?}");
    let exchanges: Vec<_> = passed
        .iter()
        .filter(|passed| passed.uri.path() == "/ocm/token")
        .collect();
    assert_eq!(exchanges.len(), 1, "{seen:?}");
    let answer: serde_json::Value = serde_json::from_slice(&exchanges[0].response_body).expect("JSON");
    assert_eq!(
        (exchanges[0].status.as_u16(), &answer["error"]),
        (400, &json!("invalid_grant"))
    );

    // Its place stays, says so, and asks nobody any more.
    let before = scene.record.all().len();
    let listing = scene
        .away
        .dav("bob", "PROPFIND", "/", "")
        .await
        .text()
        .await
        .expect("text");
    assert!(listing.contains("/remote.php/dav/files/bob/Plans"), "{listing}");
    let inside = scene.away.dav("bob", "PROPFIND", "/Plans/", "").await;
    assert_eq!(inside.status(), StatusCode::FORBIDDEN);
    assert!(
        inside
            .text()
            .await
            .expect("text")
            .contains("access was revoked by the sender")
    );
    assert_eq!(scene.record.all().len(), before);
    let old = scene
        .home
        .with("GET", "/public.php/webdav/one.txt", &format!("Bearer {token}"))
        .await;
    assert_eq!(old.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_the_other_server_keeps_its_owner_out_no_longer_than_the_share_lasts() {
    let scene = Scene::start().await;
    let info = "<d:lockinfo xmlns:d='DAV:'><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>";
    let lock = scene.away.dav("bob", "LOCK", "/Plans/one.txt", info).await;
    assert_eq!(lock.status(), StatusCode::OK);
    let put = async |text: &'static str| {
        let request = scene.home.request("PUT", "/remote.php/dav/files/alice/Plans/one.txt");
        let request = request.header("authorization", scene.home.alice.basic()).body(text);
        send(request).await.status.as_u16()
    };
    assert_eq!(put("too early").await, 423);
    let shares = scene.home.cloud.federated().expect("joined").shares.clone();
    assert!(shares.is_live(&scene.share).await.expect("asked"));
    let number = shares
        .outgoing(&OutShareFilter::Sharer(UserId::new("alice")))
        .await
        .expect("listed")[0]
        .number;
    shares.revoke(number).await.expect("ended");
    assert!(!shares.is_live(&scene.share).await.expect("asked"));
    assert_eq!(put("mine again").await, 204);
}
