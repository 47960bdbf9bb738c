use http::StatusCode;
use nc_auth::{UserId, basic, federation::ShareRefusal};
use secrecy::ExposeSecret;

use crate::{elsewhere::CHALLENGE, mounts::Shared, wire::API};

/// Interfaces of people with accounts.
fn of_users(share: &str) -> Vec<(&'static str, String)> {
    vec![
        ("PROPFIND", "/remote.php/dav/files/alice/".to_owned()),
        ("PROPFIND", "/remote.php/webdav/".to_owned()),
        ("PROPFIND", "/remote.php/dav/calendars/alice/".to_owned()),
        ("PROPFIND", "/remote.php/dav/addressbooks/users/alice/".to_owned()),
        ("PROPFIND", "/remote.php/dav/trashbin/alice/trash/".to_owned()),
        ("PROPFIND", "/remote.php/dav/".to_owned()),
        ("GET", "/ocs/v2.php/cloud/user?format=json".to_owned()),
        ("GET", format!("{API}/shares?format=json")),
        ("GET", format!("{API}/remote_shares?format=json")),
        ("GET", "/index.php/apps/notes/api/v1/notes".to_owned()),
        ("GET", format!("/remote.php/dav/files/alice/S/a.txt?share={share}")),
    ]
}

#[tokio::test]
async fn ocm_n062_a_token_of_a_share_opens_nothing_of_a_user() {
    let shared = Shared::boot(31).await;
    for (method, path) in of_users(&shared.share) {
        let answer = shared.send(method, &path, &[("ocs-apirequest", "true")], "").await;
        assert_eq!(
            answer.status,
            StatusCode::UNAUTHORIZED,
            "{method} {path}: {}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn ocm_n062_credentials_of_a_user_open_no_share() {
    let shared = Shared::boot(31).await;
    let password = shared
        .wire
        .cloud
        .create_app_password(&UserId::new("alice"), "test")
        .await
        .unwrap();
    let password = password.expose_secret();
    for authorization in [
        format!("Bearer {password}"),
        basic::header_value("alice", password),
        basic::header_value(password, ""),
        basic::header_value("alice", "the password of alice"),
        format!("DPoP token-{}", shared.share),
        format!("Digest token-{}", shared.share),
    ] {
        for path in [
            "/public.php/webdav/a.txt".to_owned(),
            format!("/ocm/dav/{}/a.txt", shared.share),
        ] {
            let headers = [("authorization", authorization.as_str())];
            let answer = shared.wire.send("", "GET", &path, &headers, "").await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
            assert!(!answer.text().contains(password));
        }
    }
}

#[tokio::test]
async fn ocm_n063_a_token_in_the_query_counts_for_nothing() {
    let shared = Shared::boot(31).await;
    let token = format!("token-{}", shared.share);
    for path in [
        format!("/public.php/webdav/a.txt?access_token={token}"),
        format!("/ocm/dav/{}/a.txt?access_token={token}&token={token}", shared.share),
    ] {
        let answer = shared.wire.send("", "GET", &path, &[], "").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(!answer.text().contains(&token));
    }
}

#[tokio::test]
async fn ocm_n064_a_token_is_neither_user_name_nor_password() {
    let shared = Shared::boot(31).await;
    let token = format!("token-{}", shared.share);
    for (user, password) in [
        (token.as_str(), ""),
        (token.as_str(), token.as_str()),
        ("alice", &token),
        ("x", &token),
    ] {
        let authorization = basic::header_value(user, password);
        for path in [
            "/public.php/webdav/a.txt".to_owned(),
            format!("/ocm/dav/{}/a.txt", shared.share),
        ] {
            let headers = [("authorization", authorization.as_str())];
            let answer = shared.wire.send("", "GET", &path, &headers, "").await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{user} {path}");
        }
    }
}

#[tokio::test]
async fn ocm_n065_the_secret_of_a_share_is_no_login() {
    let shared = Shared::boot(31).await;
    let secret = format!("secret-{}", shared.share);
    for authorization in [
        format!("Bearer {secret}"),
        basic::header_value(&secret, ""),
        basic::header_value("alice", &secret),
        basic::header_value(&secret, &secret),
    ] {
        for (method, path) in of_users(&shared.share) {
            // So that none is refused because of those before.
            shared.wire.clock.advance(time::Duration::hours(2));
            let headers = [("authorization", authorization.as_str()), ("ocs-apirequest", "true")];
            let answer = shared.wire.send("", method, &path, &headers, "").await;
            assert_eq!(
                answer.status,
                StatusCode::UNAUTHORIZED,
                "{method} {path}: {}",
                answer.text()
            );
        }
    }
}

#[tokio::test]
async fn two_credentials_are_none() {
    let shared = Shared::boot(31).await;
    let (bearer, secret) = (shared.bearer(), shared.secret());
    for (one, other) in [(&bearer, &bearer), (&bearer, &secret), (&secret, &bearer)] {
        let headers = [("authorization", one.as_str()), ("authorization", other.as_str())];
        let answer = shared
            .wire
            .send("", "GET", "/public.php/webdav/a.txt", &headers, "")
            .await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let joined = format!("{bearer}, {secret}");
    let answer = shared
        .wire
        .send("", "GET", "/public.php/webdav/a.txt", &[("authorization", &joined)], "")
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn ocm_n071_a_token_of_one_share_does_not_open_another() {
    let shared = Shared::boot(31).await;
    let other = crate::mounts::node(&shared.wire, "alice", "/private.txt").await;
    let other = shared.elsewhere.add("alice", other, 31);
    assert_eq!(shared.status("GET", &format!("/ocm/dav/{other}"), &[], "").await, 401);
    assert_eq!(
        shared
            .status("GET", &format!("/ocm/dav/{}/a.txt", shared.share), &[], "")
            .await,
        200
    );
    assert_eq!(shared.status("GET", "/ocm/dav", &[], "").await, 404);
    // Where the credential chooses, another share's id is a name like any other.
    assert_eq!(
        shared
            .status("GET", &format!("/public.php/webdav/{other}"), &[], "")
            .await,
        404
    );
}

#[tokio::test]
async fn a_mix_up_of_shares_elsewhere_opens_nothing_here() {
    let mut shared = Shared::boot(31).await;
    let other = crate::mounts::node(&shared.wire, "alice", "/private.txt").await;
    let other = shared.elsewhere.add("alice", other, 31);
    shared.elsewhere.state().mixes_up = true;
    for path in [format!("/ocm/dav/{other}"), "/ocm/dav/none/a.txt".to_owned()] {
        assert_eq!(shared.status("GET", &path, &[], "").await, 401, "{path}");
    }
    // Nor is a whole home ever opened, whatever a record says.
    let home = crate::mounts::node(&shared.wire, "alice", "/").await;
    shared.share = shared.elsewhere.add("alice", home, 31);
    for path in ["/public.php/webdav/", "/public.php/webdav/private.txt"] {
        assert_eq!(shared.status("PROPFIND", path, &[], "").await, 404, "{path}");
    }
}

#[tokio::test]
async fn ocm_n100_no_answer_of_a_mount_holds_a_secret_or_a_token() {
    let shared = Shared::boot(17).await;
    let (token, secret) = (format!("token-{}", shared.share), format!("secret-{}", shared.share));
    let mut answers = Vec::new();
    for authorization in [
        shared.bearer(),
        shared.secret(),
        format!("Bearer {token} {secret}"),
        format!("Bearer {token}x"),
        basic::header_value(&secret, &token),
    ] {
        for method in [
            "GET",
            "PUT",
            "PROPFIND",
            "PROPPATCH",
            "DELETE",
            "MOVE",
            "LOCK",
            "UNLOCK",
            "REPORT",
            "SEARCH",
            "X",
        ] {
            for path in [
                "/public.php/webdav/a.txt",
                "/public.php/webdav/",
                "/public.php/webdav/none/x",
                "/ocm/dav/x",
            ] {
                let headers = [
                    ("authorization", authorization.as_str()),
                    ("destination", "https://x.example.org/"),
                ];
                answers.push(shared.wire.send("", method, path, &headers, "<x").await);
            }
        }
    }
    for answer in &answers {
        let told = format!("{:?} {}", answer.headers, answer.text());
        assert!(!told.contains(&token) && !told.contains(&secret), "{told}");
    }
    assert!(answers.iter().any(|answer| answer.status.is_success()));
    assert!(answers.iter().any(|answer| answer.status == StatusCode::UNAUTHORIZED));
}

#[tokio::test]
async fn a_refusal_is_passed_on_as_it_is() {
    let shared = Shared::boot(31).await;
    let answer = shared
        .wire
        .send(
            "",
            "GET",
            "/ocm/dav/none/a.txt",
            &[("authorization", "Bearer wrong")],
            "",
        )
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("www-authenticate")),
        (401, CHALLENGE)
    );
    assert!(
        !answer.text().contains("wrong") && !answer.text().contains("none"),
        "{}",
        answer.text()
    );
    shared.elsewhere.state().refuses = Some(ShareRefusal::TooManyAttempts { retry_after_s: 30 });
    let answer = shared.send("GET", "/public.php/webdav/a.txt", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, "30"));
    shared.elsewhere.state().refuses = Some(ShareRefusal::Unavailable);
    assert_eq!(shared.status("GET", "/public.php/webdav/a.txt", &[], "").await, 503);
}
