//! Names that strangers chose, wherever they are shown.

use nc_auth::basic;
use nc_cloud::accounts::NewUser;
use nc_proto::dav::Element;
use nc_testkit::site::Site;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{ALL, clock};

const NAME: &str = r#"<img src=x onerror=alert(1)>&"'"#;
const OWNER: &str = r#"<script>alert(1)</script>&"'"#;

#[tokio::test(flavor = "multi_thread")]
async fn ocm_n099_markup_in_names_of_strangers_is_text_wherever_it_is_shown() {
    let clock = clock();
    let (a, b) = (Site::boot(&clock, &[]).await, Site::boot(&clock, &[]).await);
    let password = "the long password of mallory";
    a.cloud
        .create_user(&NewUser::new("mallory", OWNER, password.into()))
        .await
        .expect("an account");
    let of_mallory = |method: &str, path: &str| {
        let request = a.anonymous(method, path).header("ocs-apirequest", "true");
        request.header("authorization", basic::header_value("mallory", password))
    };
    let folder = "/remote.php/dav/files/mallory/%3Cimg%20src=x%20onerror=alert(1)%3E&%22'";
    assert_eq!(
        of_mallory("MKCOL", folder).send().await.expect("an answer").status(),
        201
    );
    let path = format!("{folder}/a.txt");
    assert_eq!(
        of_mallory("PUT", &path)
            .body("a")
            .send()
            .await
            .expect("an answer")
            .status(),
        201
    );
    let wish = json!({ "path": format!("/{NAME}"), "shareType": 6, "shareWith": b.address("bob"), "permissions": ALL });
    let made = of_mallory("POST", "/ocs/v2.php/apps/files_sharing/api/v1/shares?format=json").json(&wish);
    let made = made.send().await.expect("an answer");
    assert_eq!(made.status(), StatusCode::OK, "{:?}", made.text().await);

    let is_text = |what: &str, xml: &str, at_least_once: bool| {
        assert!(!xml.contains("<img") && !xml.contains("<script"), "{what}: {xml}");
        Element::parse(xml.as_bytes()).unwrap_or_else(|error| panic!("{what}: {error} {xml}"));
        assert_eq!(xml.contains("&lt;img"), at_least_once, "{what}: {xml}");
    };
    let ocs = async |path: &str| {
        let request = b.request(
            "bob",
            "GET",
            &format!("/ocs/v2.php/apps/files_sharing/api/v1{path}?format=xml"),
        );
        request.send().await.expect("an answer").text().await.expect("text")
    };
    is_text("pending", &ocs("/remote_shares/pending").await, true);
    let (number, place) = b.accept("bob").await;
    assert_eq!(place, format!("/{NAME}"));
    is_text("accepted", &ocs("/remote_shares").await, true);
    is_text("one", &ocs(&format!("/remote_shares/{number}")).await, true);

    let everything = "<d:propfind xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns' xmlns:nc='http://nextcloud.org/ns'><d:prop>\
        <d:displayname/><d:resourcetype/><oc:owner-id/><oc:owner-display-name/><nc:mount-type/><oc:share-types/>\
        <nc:sharees/></d:prop></d:propfind>";
    let inside = "/%3Cimg%20src=x%20onerror=alert(1)%3E&%22'";
    for (path, depth) in [("/", "1"), (inside, "0"), (inside, "1")] {
        let request = b.request("bob", "PROPFIND", &format!("/remote.php/dav/files/bob{path}"));
        let answer = request
            .header("depth", depth)
            .body(everything)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::MULTI_STATUS, "{path}");
        is_text(path, &answer.text().await.expect("text"), true);
    }
    // An error tells the name, too.
    let missing = b.dav("bob", "GET", &format!("{inside}/%3Cimg%3E"), "").await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    let missing = missing.text().await.expect("text");
    assert!(!missing.contains("<img"), "{missing}");

    // JSON has no markup, and says that it is JSON.
    let request = b.request(
        "bob",
        "GET",
        "/ocs/v2.php/apps/files_sharing/api/v1/remote_shares?format=json",
    );
    let answer = request.send().await.expect("an answer");
    assert!(
        answer.headers()["content-type"]
            .to_str()
            .expect("text")
            .starts_with("application/json")
    );
    let told: Value = answer.json().await.expect("JSON");
    assert_eq!(told["ocs"]["data"][0]["name"], format!("/{NAME}"));

    // A file is downloaded, and never a page here.
    let file = b.dav("bob", "GET", &format!("{inside}/a.txt"), "").await;
    assert_eq!(file.headers()["x-content-type-options"], "nosniff");
    assert_eq!(file.headers()["content-security-policy"], "default-src 'none'; sandbox");
    assert!(
        file.headers()["content-disposition"]
            .to_str()
            .expect("text")
            .starts_with("attachment")
    );
}
