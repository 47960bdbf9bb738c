use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    routing::{any, get},
};
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use nc_auth::{Scope, UserId, basic};
use nc_web::ClientAddress;
use secrecy::{ExposeSecret, SecretString};
use tower::ServiceExt;

use super::*;
use crate::{CloudConfig, SignedIn, accounts::NewUser, auth::SignedInBy};

struct Wire {
    cloud: Cloud,
    router: Router,
    app_password: SecretString,
    _dir: tempfile::TempDir,
}

async fn who(signed_in: Option<axum::Extension<SignedIn>>) -> String {
    signed_in.map_or("nobody".to_owned(), |who| who.user.to_string())
}

impl Wire {
    async fn boot() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let cloud = Cloud::open(CloudConfig::new(dir.path())).await.unwrap();
        let mut alice = NewUser::new("Alice", "Alice", "wonderland".into());
        alice.email = Some("alice@example.org".to_owned());
        cloud.create_user(&alice).await.unwrap();
        cloud
            .create_user(&NewUser::new("bob", "Bob", "builder".into()))
            .await
            .unwrap();
        let app_password = cloud.create_app_password(&UserId::new("Alice"), "test").await.unwrap();
        let files = Access::scoped(Scope::FilesRead, Scope::FilesWrite);
        let router = Router::new()
            .merge(
                Routes::new(Surface::Dav, &cloud)
                    .subtree("/remote.php/dav", files, &any(who))
                    .into_router(),
            )
            .merge(
                Routes::new(Surface::Ocs, &cloud)
                    .at("/user", Access::Own, get(who))
                    .at("/capabilities", Access::Optional, get(who))
                    .into_router(),
            )
            .merge(
                Routes::new(Surface::App, &cloud)
                    .at("/apps/a", Access::Own, get(who))
                    .at("/open", Access::Public, get(who))
                    .into_router(),
            )
            .with_state(cloud.clone());
        Self {
            cloud,
            router,
            app_password,
            _dir: dir,
        }
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, String) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request
            .extensions_mut()
            .insert(ClientAddress("192.0.2.7".parse().unwrap()));
        request
            .extensions_mut()
            .insert(ConnectInfo::<SocketAddr>("192.0.2.7:4711".parse().unwrap()));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn as_user(&self, path: &str, login: &str, password: &str) -> (StatusCode, String) {
        let authorization = basic::header_value(login, password);
        let headers = [("authorization", authorization.as_str()), ("ocs-apirequest", "true")];
        let (status, _, body) = self.send("GET", path, &headers).await;
        (status, body)
    }
}

#[tokio::test]
async fn every_way_to_name_the_user_leads_to_the_same_id() {
    let wire = Wire::boot().await;
    let app_password = wire.app_password.expose_secret();
    for login in ["Alice", "alice", "alice@example.org", "ALICE@example.org"] {
        for password in ["wonderland", app_password] {
            let answer = wire.as_user("/ocs/v2.php/user?format=json", login, password).await;
            assert_eq!(answer, (StatusCode::OK, "Alice".to_owned()), "{login}");
        }
    }
}

#[tokio::test]
async fn a_wrong_or_foreign_password_is_refused_in_each_surface_own_words() {
    let wire = Wire::boot().await;
    let app_password = wire.app_password.expose_secret();
    for (login, password) in [
        ("Alice", "builder"),
        ("bob", app_password),
        ("nobody", "x"),
        ("Alice", ""),
    ] {
        assert_eq!(
            wire.as_user("/apps/a", login, password).await.0,
            StatusCode::UNAUTHORIZED,
            "{login}"
        );
    }
    let wrong = basic::header_value("Alice", "nope");
    let headers = [("authorization", wrong.as_str()), ("ocs-apirequest", "true")];
    let (status, headers_dav, body) = wire.send("PROPFIND", "/remote.php/dav/files/Alice/", &headers).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        headers_dav[header::WWW_AUTHENTICATE],
        r#"Basic realm="Nextcloud", charset="UTF-8""#
    );
    assert!(
        body.contains("<s:exception>Sabre\\DAV\\Exception\\NotAuthenticated</s:exception>"),
        "{body}"
    );
    let (status, headers_ocs, body) = wire.send("GET", "/ocs/v2.php/user?format=json", &headers).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        headers_ocs[header::WWW_AUTHENTICATE],
        r#"Basic realm="Authorisation Required""#
    );
    assert!(body.contains(r#""statuscode":997"#), "{body}");
    let (_, _, body) = wire.send("GET", "/index.php/apps/a", &headers).await;
    assert_eq!(body, r#"{"message":""}"#);
    let (_, _, body) = wire.send("GET", "/apps/a", &[]).await;
    assert_eq!(body, r#"{"message":"Current user is not logged in"}"#);
}

#[tokio::test]
async fn an_optional_route_answers_anonymously_to_a_bad_credential() {
    let wire = Wire::boot().await;
    assert_eq!(
        wire.as_user("/ocs/v2.php/capabilities", "Alice", "nope").await,
        (StatusCode::OK, "nobody".to_owned())
    );
    assert_eq!(
        wire.as_user("/ocs/v2.php/capabilities", "Alice", "wonderland").await.1,
        "Alice"
    );
    assert_eq!(wire.as_user("/open", "Alice", "wonderland").await.1, "nobody");
}

#[tokio::test]
async fn two_credentials_tokens_and_missing_ocs_headers_are_refused() {
    let wire = Wire::boot().await;
    let good = basic::header_value("Alice", "wonderland");
    let good = ("authorization", good.as_str());
    let ocs = ("ocs-apirequest", "true");
    assert_eq!(
        wire.send("GET", "/ocs/v2.php/user?format=json", &[good, good, ocs])
            .await
            .0,
        StatusCode::BAD_REQUEST
    );
    let bearer = ("authorization", "Bearer x");
    assert_eq!(
        wire.send("GET", "/ocs/v2.php/user?format=json", &[good, bearer, ocs])
            .await
            .0,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        wire.send("GET", "/ocs/v2.php/user?format=json", &[bearer, ocs]).await.0,
        StatusCode::UNAUTHORIZED
    );
    let (status, _, body) = wire.send("GET", "/ocs/v2.php/user?format=json", &[good]).await;
    assert_eq!(
        (status, body.as_str()),
        (StatusCode::PRECONDITION_FAILED, r#"{"message":"CSRF check failed"}"#)
    );
    assert_eq!(wire.send("GET", "/apps/a", &[good]).await.0, StatusCode::OK);
    assert_eq!(
        wire.send("GET", "/apps/a", &[("cookie", "nc_session_id=x")]).await.0,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn guessing_is_stopped_and_app_passwords_go_on_working() {
    let wire = Wire::boot().await;
    for guess in 0..10 {
        assert_eq!(
            wire.as_user("/apps/a", "Alice", &format!("guess{guess}")).await.0,
            StatusCode::UNAUTHORIZED
        );
    }
    assert_eq!(
        wire.as_user("/apps/a", "Alice", "guess10").await.0,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(
        wire.as_user("/apps/a", "Alice", "wonderland").await.0,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(
        wire.as_user("/apps/a", "Alice", wire.app_password.expose_secret())
            .await
            .0,
        StatusCode::OK
    );
    assert_eq!(wire.as_user("/apps/a", "bob", "builder").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_revoked_app_password_is_refused_at_once() {
    let wire = Wire::boot().await;
    let password = wire.app_password.expose_secret();
    assert_eq!(wire.as_user("/apps/a", "Alice", password).await.0, StatusCode::OK);
    let signed_in = wire
        .cloud
        .authenticator()
        .check(&nc_auth::LoginName::new("Alice"), &wire.app_password, None)
        .await;
    let SignedInBy::AppPassword(id) = signed_in.unwrap().by else {
        panic!("signed in by another credential");
    };
    assert!(wire.cloud.revoke_app_password(id).await.unwrap());
    assert_eq!(
        wire.as_user("/apps/a", "Alice", password).await.0,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn guesses_sent_all_at_once_are_stopped_too() {
    let wire = Wire::boot().await;
    let guesses: Vec<_> = (0..40).map(|guess| format!("guess{guess}")).collect();
    let answers = guesses.iter().map(|guess| wire.as_user("/apps/a", "Alice", guess));
    let answers = futures_util::future::join_all(answers).await;
    let looked_at = answers.iter().filter(|(status, _)| *status == StatusCode::UNAUTHORIZED);
    assert_eq!(looked_at.count(), 10);
    assert!(answers.iter().all(|(status, _)| *status != StatusCode::OK));
}

#[tokio::test]
async fn a_made_up_forwarded_address_is_no_way_round_the_limit() {
    let mut wire = Wire::boot().await;
    wire.router = nc_web::Kit::new(nc_web::TrustedProxies::loopback(), false).wrap(wire.router);
    let mut last = StatusCode::OK;
    for guess in 0_u8..11 {
        let authorization = basic::header_value("Alice", &format!("guess{guess}"));
        let spoofed = format!("203.0.113.{guess}");
        let headers = [
            ("authorization", authorization.as_str()),
            ("x-forwarded-for", spoofed.as_str()),
        ];
        last = wire.send("GET", "/apps/a", &headers).await.0;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn concurrent_first_requests_of_one_client_all_pass() {
    let wire = Wire::boot().await;
    let answers = (0..40).map(|_| wire.as_user("/apps/a", "Alice", "wonderland"));
    let answers = futures_util::future::join_all(answers).await;
    assert!(answers.iter().all(|(status, _)| *status == StatusCode::OK));
}

#[tokio::test]
async fn a_disabled_account_is_shut_out() {
    let wire = Wire::boot().await;
    let mut write = wire.cloud.db().write().await.unwrap();
    sqlx::query("UPDATE accounts SET enabled = 0 WHERE id = 'Alice'")
        .execute(&mut *write)
        .await
        .unwrap();
    write.commit().await.unwrap();
    for password in ["wonderland", wire.app_password.expose_secret()] {
        assert_eq!(
            wire.as_user("/apps/a", "Alice", password).await.0,
            StatusCode::UNAUTHORIZED
        );
    }
}

#[tokio::test]
async fn another_site_s_page_cannot_make_a_browser_write() {
    let wire = Wire::boot().await;
    let good = basic::header_value("Alice", "wonderland");
    let good = ("authorization", good.as_str());
    let file = "/remote.php/dav/files/Alice/a.txt";
    for site in ["cross-site", "same-site"] {
        let (status, _, _) = wire.send("PUT", file, &[good, ("sec-fetch-site", site)]).await;
        assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{site}");
    }
    for origin in ["https://evil.example", "null"] {
        let (status, _, _) = wire.send("PUT", file, &[good, ("origin", origin)]).await;
        assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{origin}");
    }
    let cross = ("sec-fetch-site", "cross-site");
    for headers in [
        vec![good],
        vec![good, ("origin", "http://localhost")],
        vec![good, cross, ("ocs-apirequest", "true")],
        vec![good, ("sec-fetch-site", "none")],
    ] {
        assert_eq!(wire.send("PUT", file, &headers).await.0, StatusCode::OK, "{headers:?}");
    }
    assert_eq!(wire.send("GET", file, &[good, cross]).await.0, StatusCode::OK);
}
