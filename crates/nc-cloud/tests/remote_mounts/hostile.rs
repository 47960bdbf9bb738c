use http::StatusCode;

use crate::town::Town;

const BASE: &str = "/remote.php/dav/files/eve/Shared";

fn response(href: &str, props: &str) -> String {
    format!(
        "<d:response><d:href>{href}</d:href><d:propstat><d:prop>{props}</d:prop><d:status>HTTP/1.1 200 OK</d:status>\
         </d:propstat></d:response>"
    )
}

fn multistatus(responses: &str) -> String {
    format!(
        "<?xml version='1.0'?><d:multistatus xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns'>{responses}</d:multistatus>"
    )
}

#[tokio::test]
async fn a_listing_cannot_name_anything_outside_of_the_share() {
    let town = Town::build().await;
    let folder = "<d:resourcetype><d:collection/></d:resourcetype>";
    let lies = [
        format!("{BASE}/"),
        format!("{BASE}/good.txt"),
        format!("{BASE}/deep/er.txt"),
        format!("{BASE}/../private.txt"),
        format!("{BASE}/%2e%2e/private.txt"),
        format!("{BASE}/a%2fb"),
        "/remote.php/dav/files/bob/own.txt".to_owned(),
        "/etc/passwd".to_owned(),
        "https://elsewhere.example/x".to_owned(),
        "opaque:thing".to_owned(),
    ];
    let lines: String = lies.iter().map(|href| response(href, folder)).collect();
    town.line.script(207, &[], &multistatus(&lines));
    assert_eq!(
        town.here.list("bob", "/Shared").await,
        ["/Shared/", "/Shared/good.txt/"]
    );
}

#[tokio::test]
async fn a_server_cannot_say_who_somebody_is_here_or_what_number_a_file_has() {
    let town = Town::build().await;
    let props = "<d:resourcetype/><oc:fileid>1</oc:fileid><oc:id>00000001oc</oc:id><oc:owner-id>bob</oc:owner-id>\
                 <oc:permissions>SRMGDNVWCK</oc:permissions><oc:favorite>1</oc:favorite>\
                 <d:current-user-principal><d:href>/remote.php/dav/principals/users/carol/</d:href></d:current-user-principal>";
    let line = response(&format!("{BASE}/plan.txt"), props);
    town.line.script(207, &[], &multistatus(&line));
    for (name, value) in [
        ("oc:owner-id", Some("eve@there.example")),
        ("oc:favorite", Some("0")),
        ("d:current-user-principal", None),
        ("oc:permissions", Some("SMGDNVW")),
    ] {
        let found = town.here.property("bob", "/Shared/plan.txt", name).await;
        assert_eq!(found.as_deref(), value, "{name}");
    }
    let number = town
        .here
        .property("bob", "/Shared/plan.txt", "oc:fileid")
        .await
        .unwrap();
    assert!(number.parse::<i64>().unwrap() >= 1 << 52, "{number}");
    let all = town
        .here
        .dav("bob", "PROPFIND", "/Shared/plan.txt", &[("depth", "0")], "")
        .await;
    assert!(!all.text().contains("carol"), "{}", all.text());
}

#[tokio::test]
async fn addresses_in_properties_lead_here_or_nowhere() {
    let town = Town::build().await;
    let props = format!(
        "<x:related xmlns:x='urn:x'><d:href>{BASE}/other.txt</d:href><d:href>/remote.php/dav/files/eve/private.txt</d:href>\
         </x:related>"
    );
    let line = response(&format!("{BASE}/plan.txt"), &props);
    town.line.script(207, &[], &multistatus(&line));
    let answer = town
        .here
        .dav("bob", "PROPFIND", "/Shared/plan.txt", &[("depth", "0")], "")
        .await;
    assert!(
        answer.text().contains("/remote.php/dav/files/bob/Shared/other.txt"),
        "{}",
        answer.text()
    );
    assert!(!answer.text().contains("eve/"), "{}", answer.text());
}

#[tokio::test]
async fn nonsense_is_no_listing() {
    let town = Town::build().await;
    for (status, body, due) in [
        (200, "<html>", StatusCode::BAD_GATEWAY),
        (302, "", StatusCode::BAD_GATEWAY),
        (404, "", StatusCode::NOT_FOUND),
        (403, "<b>words of a stranger</b>", StatusCode::FORBIDDEN),
        (418, "", StatusCode::BAD_REQUEST),
        (500, "", StatusCode::SERVICE_UNAVAILABLE),
        (429, "", StatusCode::SERVICE_UNAVAILABLE),
        (507, "", StatusCode::INSUFFICIENT_STORAGE),
    ] {
        town.line.script(
            status,
            &[("location", "http://127.0.0.1/"), ("retry-after", "17")],
            body,
        );
        let answer = town.here.dav("bob", "PROPFIND", "/Shared", &[], "").await;
        assert_eq!(answer.status, due, "{status}");
        assert!(!answer.text().contains("stranger"), "{}", answer.text());
        assert_eq!(answer.header("location"), "");
        if due == StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(answer.header("retry-after"), "17");
        }
        // The own files are there all the same.
        town.clock.advance(time::Duration::seconds(31));
        assert_eq!(town.here.list("bob", "/").await, ["/", "/Shared/"]);
    }
}

#[tokio::test]
async fn a_file_comes_without_the_headers_of_a_stranger() {
    let town = Town::build().await;
    let theirs = [
        ("content-type", "text/html"),
        ("set-cookie", "nc_session=stolen"),
        ("content-security-policy", "default-src *"),
        ("content-disposition", "inline"),
        ("access-control-allow-origin", "*"),
        ("location", "https://elsewhere.example/"),
        ("www-authenticate", "Basic"),
        ("oc-fileid", "00000001oc"),
    ];
    town.line.script(200, &theirs, "<script>");
    let answer = town.here.dav("bob", "GET", "/Shared/plan.txt", &[], "").await;
    assert_eq!(answer.status, StatusCode::OK);
    for name in [
        "set-cookie",
        "access-control-allow-origin",
        "location",
        "www-authenticate",
        "oc-fileid",
    ] {
        assert_eq!(answer.header(name), "", "{name}");
    }
    assert!(answer.header("content-disposition").starts_with("attachment"));
    assert_eq!(answer.header("content-security-policy"), "default-src 'none'; sandbox");
}

#[tokio::test]
async fn a_path_cannot_leave_the_share() {
    let town = Town::build().await;
    town.line.asked();
    for path in [
        "/Shared/../private.txt",
        "/Shared/%2e%2e/private.txt",
        "/Shared/..%2fprivate.txt",
        "/Shared/%252e%252e/private.txt",
    ] {
        let answer = town.here.dav("bob", "GET", path, &[], "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!answer.text().contains("private\n"), "{path}");
    }
    assert!(town.line.asked().iter().all(|asked| !asked.contains("/..")));
}
