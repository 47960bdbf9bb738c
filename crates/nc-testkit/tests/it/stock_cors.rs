//! The embedded cloud with the ways of a stock Nextcloud: tokens at controllers that are marked `@CORS`.

use nc_testkit::{
    app::{Reply, send},
    cloud_app::{CloudApp, Format},
};

use crate::tokens::NOTES;

const OCS: &str = "/ocs/v2.php/cloud/user?format=json";
const REFUSAL: &str = r#"{"message":"CORS requires basic auth"}"#;

async fn ask(cloud: &CloudApp, path: &str, authorization: &str, headers: &[(&str, &str)]) -> Reply {
    let request = cloud.request("GET", path).header("authorization", authorization);
    let request = headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value));
    send(request).await
}

async fn boot(emulated: &str) -> CloudApp {
    CloudApp::boot_with(&[
        ("EMBEDDED_CLOUD_REGISTRATION", "open"),
        ("EMBEDDED_CLOUD_EMULATE_STOCK_CORS", emulated),
    ])
    .await
}

#[tokio::test]
async fn c13_a_token_is_refused_at_a_cors_route_as_on_a_stock_nextcloud() {
    let header = [("ocs-apirequest", "true")];
    // What is answered without and with the header.
    for (emulated, expected) in [("off", [200, 200]), ("header", [401, 200]), ("always", [401, 401])] {
        let cloud = boot(emulated).await;
        for format in [Format::Jwt, Format::Opaque] {
            let token = cloud.token_of(&cloud.alice, "openid notes:read", format).await.bearer();
            for path in [NOTES, "/apps/notes/api/v0.2/notes", "/apps/notes/api/v1.4/settings"] {
                for (headers, status) in [(&header[..0], expected[0]), (&header[..], expected[1])] {
                    let reply = ask(&cloud, path, &token, headers).await;
                    assert_eq!(reply.status, status, "{emulated} {path} {headers:?}");
                    if status == 401 {
                        assert_eq!(reply.text, REFUSAL);
                        assert!(!reply.headers.contains_key("www-authenticate"));
                    }
                }
            }
            assert_eq!(
                cloud.status("GET", OCS, &token).await,
                200,
                "OCS takes tokens either way"
            );
        }
    }
}

#[tokio::test]
async fn c13_passwords_and_other_interfaces_are_not_concerned() {
    let cloud = boot("always").await;
    assert_eq!(cloud.status("GET", NOTES, &cloud.alice.basic()).await, 200);
    let token = cloud
        .token_of(&cloud.alice, "openid files:read", Format::Jwt)
        .await
        .bearer();
    assert_eq!(
        cloud.status("PROPFIND", "/remote.php/dav/files/alice/", &token).await,
        207
    );
    // An app password as a Bearer is one as well.
    let bearer = format!("Bearer {}", cloud.alice.app_password);
    let reply = ask(&cloud, NOTES, &bearer, &[("ocs-apirequest", "true")]).await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (401, REFUSAL));
}

#[tokio::test]
async fn c13_a_bad_token_looks_the_same_at_a_cors_route_and_is_told_apart_at_ocs() {
    let cloud = boot("always").await;
    let reply = ask(&cloud, NOTES, "Bearer nca_made-up", &[("ocs-apirequest", "true")]).await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (401, REFUSAL));
    assert_eq!(cloud.status("GET", OCS, "Bearer nca_made-up").await, 401);
}
