//! Tokens and app passwords at every interface. The issuer is a list of made-up tokens: what a real one issues is tried
//! where issuer and cloud are assembled.

#![cfg(test)]

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use axum::{Router, body::Body};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use nc_auth::{
    UserId, basic,
    token::{AuthContext, TokenRefusal, TokenUse, VerifyToken},
};
use nc_cloud::{Cloud, CloudConfig, accounts::NewUser, auth::TokenIssuers, routes::Access};
use nc_proto::{
    clock::Clock,
    oauth::{error::BearerError, scope_list::ScopeList},
};
use secrecy::ExposeSecret;
use serde_json::Value;
use time::OffsetDateTime;
use tower::ServiceExt;

#[path = "tokens/group_administrators.rs"]
mod group_administrators;

const RESOURCE: &str = "https://cloud.example.org";
const OCS: &str = "/ocs/v2.php/cloud/user?format=json";
const NOTES: &str = "/index.php/apps/notes/api/v1/notes";
const FILES: &str = "/remote.php/dav/files/alice/";

/// Knows some tokens by heart: text → user and scopes.
struct Known(HashMap<String, (String, String)>);

#[async_trait]
impl VerifyToken for Known {
    async fn verify(&self, token: &TokenUse<'_>) -> Result<AuthContext, TokenRefusal> {
        assert_eq!(token.audience, RESOURCE);
        assert!(token.url.as_str().starts_with(RESOURCE), "{}", token.url);
        let text = token.presented.token.expose_secret();
        if text == "nca_nonce" {
            return Err(TokenRefusal::Nonce("fresh".to_owned()));
        }
        if text == "nca_later" {
            return Err(TokenRefusal::Unavailable { retry_after_s: 7 });
        }
        let (user, scopes) = self.0.get(text).ok_or(BearerError::InvalidToken)?;
        Ok(AuthContext {
            issuer: RESOURCE.into(),
            subject: user.as_str().into(),
            user: UserId::new(user.as_str()),
            client: "client".into(),
            scopes: ScopeList::parse(scopes).expect("scopes"),
            resources: vec![RESOURCE.to_owned()],
            sid: None,
            jti: None,
            acr: (text != "nca_root_by_password").then(|| "2".to_owned()),
            amr: Vec::new(),
            auth_time: None,
            issued_at: None,
            expires_at: i64::MAX,
        })
    }
}

struct Wire {
    cloud: Cloud,
    router: Router,
    clock: Clock,
    _dir: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn challenges(&self) -> Vec<&str> {
        let all = self.headers.get_all("www-authenticate").iter();
        all.map(|value| value.to_str().unwrap()).collect()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }
}

impl Wire {
    async fn boot() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap());
        let mut config = CloudConfig::new(dir.path());
        config.clock = clock.clone();
        let cloud = Cloud::open(config).await.unwrap();
        for name in ["alice", "bob"] {
            let user = NewUser::new(name, name, format!("{name}'s password").into());
            cloud.create_user(&user).await.unwrap();
        }
        let mut root = NewUser::new("root", "Root", "root's password".into());
        root.groups = vec!["admin".to_owned()];
        cloud.create_user(&root).await.unwrap();
        let all = "openid profile admin:read admin:write notes:read notes:write files:read files:write sharing:read";
        let tokens = [
            ("nca_openid", "alice", "openid"),
            ("nca_profile", "alice", "openid profile"),
            ("nca_notes", "alice", "notes:read"),
            ("nca_only_notes", "alice", "notes:read notes:write"),
            ("nca_all", "alice", all),
            ("nca_bob", "bob", all),
            ("nca_root", "root", all),
            ("nca_root_by_password", "root", all),
            ("nca_gone", "nobody", all),
            ("eyJ.e30.c2ln", "alice", all),
        ];
        let known = tokens.map(|(text, user, scopes)| (text.to_owned(), (user.to_owned(), scopes.to_owned())));
        let issuers = TokenIssuers {
            verifier: Arc::new(Known(known.into())),
            issuers: vec![RESOURCE.to_owned()],
            resource: RESOURCE.to_owned(),
        };
        cloud.believe(issuers.clone()).unwrap();
        assert!(
            cloud.believe(issuers).is_err(),
            "whose tokens are believed must not change"
        );
        Self {
            router: cloud.router(),
            cloud,
            clock,
            _dir: dir,
        }
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !body.is_empty() {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    async fn with(&self, method: &str, path: &str, authorization: &str) -> Answer {
        self.send(method, path, &[("authorization", authorization)], "").await
    }

    async fn status(&self, method: &str, path: &str, authorization: &str) -> u16 {
        self.with(method, path, authorization).await.status.as_u16()
    }

    /// With Basic, as a program of Nextcloud's sends it.
    async fn basic(&self, method: &str, path: &str, login: &str, password: &str, body: &str) -> Answer {
        let authorization = basic::header_value(login, password);
        let headers = [("authorization", authorization.as_str()), ("ocs-apirequest", "true")];
        self.send(method, path, &headers, body).await
    }
}

#[tokio::test]
async fn c01_a_token_opens_every_interface_alike_and_sets_no_cookie() {
    let wire = Wire::boot().await;
    for (method, path, status) in [("GET", OCS, 200), ("GET", NOTES, 200), ("PROPFIND", FILES, 207)] {
        for token in ["Bearer nca_all", "Bearer eyJ.e30.c2ln"] {
            let answer = wire.with(method, path, token).await;
            assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.body);
            assert!(!answer.headers.contains_key("set-cookie"), "{path}");
            assert_eq!(answer.headers["access-control-allow-origin"], "*", "{path}");
            assert!(
                !answer.headers.contains_key("access-control-allow-credentials"),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn c02_a_bad_token_is_refused_in_each_surface_form_and_never_anonymous() {
    let wire = Wire::boot().await;
    for token in ["nca_x", "eyJ.e30.x", "ncr_x", "ncc_x", "opaque", "nca_gone"] {
        for path in [OCS, NOTES, FILES, "/ocs/v2.php/cloud/capabilities?format=json"] {
            let headers = [
                ("authorization", format!("Bearer {token}")),
                ("cookie", "nc_session_id=abc; oc_sessionPassphrase=def".to_owned()),
                ("ocs-apirequest", "true".to_owned()),
            ];
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            for method in ["GET", "POST"] {
                let answer = wire.send(method, path, &headers, "").await;
                assert_eq!(answer.status.as_u16(), 401, "{method} {path} {token}");
                let bearer = answer
                    .challenges()
                    .into_iter()
                    .find(|value| value.starts_with("Bearer "));
                let bearer = bearer.unwrap_or_else(|| panic!("no challenge at {path}"));
                assert!(bearer.contains(r#"error="invalid_token""#), "{bearer}");
                let metadata = r#"resource_metadata="https://cloud.example.org/.well-known/oauth-protected-resource""#;
                assert!(bearer.contains(metadata), "{bearer}");
                assert!(!answer.headers.contains_key("set-cookie"));
            }
        }
    }
    let dav = wire.with("PROPFIND", FILES, "Bearer nca_x").await;
    assert!(
        dav.challenges().iter().any(|value| value.starts_with("Basic ")),
        "{:?}",
        dav.challenges()
    );
    assert!(dav.body.contains("NotAuthenticated"), "{}", dav.body);
    let ocs = wire
        .with("GET", "/ocs/v1.php/cloud/user?format=json", "Bearer nca_x")
        .await;
    assert_eq!(
        (ocs.status.as_u16(), &ocs.json()["ocs"]["meta"]["statuscode"]),
        (401, &997.into())
    );
    assert!(wire.with("GET", NOTES, "Bearer nca_x").await.json()["message"].is_string());
}

#[tokio::test]
async fn c03_cookies_alone_open_nothing() {
    let wire = Wire::boot().await;
    for path in [OCS, NOTES, FILES] {
        for method in ["GET", "POST", "PUT"] {
            let headers = [
                ("cookie", "nc_session_id=abc"),
                ("origin", "https://app.example"),
                ("ocs-apirequest", "true"),
            ];
            let answer = wire.send(method, path, &headers, "").await;
            assert_eq!(answer.status.as_u16(), 401, "{method} {path}");
            assert!(
                !answer.headers.contains_key("set-cookie"),
                "a session must not be ended"
            );
        }
    }
}

#[tokio::test]
async fn c05_every_route_is_closed_to_a_token_that_only_says_who() {
    let wire = Wire::boot().await;
    let declared = wire.cloud.declared_routes();
    let mut closed = 0;
    for route in &declared {
        let path = route.path.replace("{*path}", "x").replace("{*rest}", "x");
        let path = path
            .split('/')
            .map(|part| if part.starts_with('{') { "1" } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        if matches!(route.access, Access::Public | Access::Optional) {
            continue;
        }
        closed += 1;
        for method in [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "MKCOL", "MOVE",
        ] {
            let answer = wire.with(method, &path, "Bearer nca_openid").await;
            assert_eq!(answer.status.as_u16(), 403, "{method} {path} {:?}", route.access);
        }
        assert_eq!(wire.status("GET", &path, "Bearer nca_x").await, 401, "{path}");
        assert_eq!(wire.send("GET", &path, &[], "").await.status.as_u16(), 401, "{path}");
    }
    assert!(closed > 30, "only {closed} routes");
    let public: Vec<&str> = declared
        .iter()
        .filter(|route| matches!(route.access, Access::Public | Access::Optional))
        .map(|route| route.path.as_str())
        .filter(|path| !path.contains("login/v2") && !path.starts_with("/index.php"))
        .collect();
    // Whoever opens another one to everybody sees it here.
    assert_eq!(
        public,
        [
            // What their owners published, found only by a name that cannot be guessed.
            "/remote.php/dav/public-calendars",
            "/remote.php/dav/public-calendars/",
            "/remote.php/dav/public-calendars/{*path}",
            // What links open: the token, and the link's own password.
            "/public.php/dav/files",
            "/public.php/dav/files/",
            "/public.php/dav/files/{*path}",
            "/public.php/webdav",
            "/public.php/webdav/",
            "/public.php/webdav/{*path}",
            // What is shared with people on other servers: the share's own credential.
            "/ocm/dav",
            "/ocm/dav/",
            "/ocm/dav/{*path}",
            "/ocs/v1.php/config",
            "/ocs/v2.php/config",
            "/ocs/v1.php/cloud/capabilities",
            "/ocs/v2.php/cloud/capabilities",
            "/ocs/v1.php/{*rest}",
            "/ocs/v2.php/{*rest}",
            "/",
            "/status.php",
            "/.well-known/caldav",
            "/.well-known/carddav",
            "/.well-known/{service}",
            "/204",
            // Drawn from what was asked for; it looks nothing up.
            "/avatar/{user}/{size}",
            "/avatar/{user}/{size}/dark",
            "/.well-known/oauth-protected-resource",
            "/.well-known/oauth-protected-resource/{*path}",
            "/s/{token}",
            "/s/{token}/authenticate/showshare",
            "/s/{token}/download",
        ]
    );
}

#[tokio::test]
async fn c05_a_missing_scope_is_named() {
    let wire = Wire::boot().await;
    for (method, path, scope) in [
        ("POST", NOTES, "notes:write"),
        ("PROPFIND", FILES, "files:read"),
        ("PUT", "/remote.php/dav/files/alice/a.txt", "files:write"),
        ("GET", "/ocs/v1.php/cloud/users", "admin:read"),
        ("GET", "/ocs/v2.php/core/autocomplete/get", "sharing:read"),
    ] {
        let answer = wire.with(method, path, "Bearer nca_notes").await;
        assert_eq!(answer.status.as_u16(), 403, "{path}");
        let challenge = answer.challenges().join("");
        assert!(
            challenge.contains(r#"error="insufficient_scope""#) && challenge.contains(&format!(r#"scope="{scope}""#)),
            "{challenge}"
        );
    }
    assert_eq!(wire.status("GET", NOTES, "Bearer nca_notes").await, 200);
    assert_eq!(wire.status("GET", OCS, "Bearer nca_notes").await, 200);
    assert_eq!(wire.status("GET", OCS, "Bearer nca_profile").await, 200);
    assert_eq!(wire.status("GET", NOTES, "Bearer nca_profile").await, 403);
}

#[tokio::test]
async fn c07_the_scheme_is_read_leniently_and_the_rest_strictly() {
    let wire = Wire::boot().await;
    for path in [OCS, NOTES] {
        for good in ["bearer nca_all", "BEARER nca_all", "Bearer  nca_all"] {
            assert_eq!(wire.status("GET", path, good).await, 200, "{good}");
        }
        for bad in [
            "Bearer nca_all trailing",
            "Bearer\tnca_all",
            "Bearer nca_all, Basic eDp5",
            "Bearer",
        ] {
            assert_eq!(wire.status("GET", path, bad).await, 400, "{bad}");
        }
        let basic = basic::header_value("alice", "alice's password");
        let two = [("authorization", basic.as_str()), ("authorization", "Bearer nca_all")];
        assert_eq!(wire.send("GET", path, &two, "").await.status.as_u16(), 400);
        assert_eq!(wire.status("GET", path, &format!("{basic}, Bearer nca_all")).await, 400);
    }
    assert_eq!(wire.status("PROPFIND", FILES, "Bearer nca_all trailing").await, 400);
}

#[tokio::test]
async fn c08_what_needs_a_confirmed_password_takes_no_token() {
    let wire = Wire::boot().await;
    for (method, path) in [
        ("PUT", "/ocs/v2.php/cloud/users/root"),
        ("GET", "/ocs/v2.php/core/getapppassword"),
        ("DELETE", "/ocs/v2.php/core/apppassword"),
        ("POST", "/ocs/v2.php/core/apppassword/rotate"),
        ("PUT", "/ocs/v2.php/core/apppassword/confirm"),
    ] {
        assert_eq!(wire.status(method, path, "Bearer nca_root").await, 403, "{path}");
    }
}

#[tokio::test]
async fn administration_needs_the_scope_and_an_administrator() {
    let wire = Wire::boot().await;
    let users = "/ocs/v2.php/cloud/users?format=json";
    let listed = wire.with("GET", users, "Bearer nca_root").await;
    assert_eq!(
        listed.json()["ocs"]["data"]["users"],
        serde_json::json!(["alice", "bob", "root"])
    );
    let bob = wire
        .with("GET", "/ocs/v2.php/cloud/users/bob?format=json", "Bearer nca_root")
        .await;
    assert_eq!(bob.json()["ocs"]["data"]["id"], "bob");
    for path in [users, "/ocs/v2.php/cloud/groups", "/ocs/v2.php/cloud/users/bob"] {
        assert_eq!(wire.status("GET", path, "Bearer nca_all").await, 403, "{path}");
        // A password alone is too weak a sign-in for this.
        let weak = wire.status("GET", path, "Bearer nca_root_by_password").await;
        assert_eq!(weak, 403, "{path}");
    }
    let own = wire
        .basic("GET", "/ocs/v2.php/cloud/users/alice", "alice", "alice's password", "")
        .await;
    assert_eq!(own.status.as_u16(), 200);
    let other = wire
        .basic("GET", "/ocs/v2.php/cloud/users/bob", "alice", "alice's password", "")
        .await;
    assert_eq!(other.status.as_u16(), 404);
    assert_eq!(
        wire.basic("GET", users, "alice", "alice's password", "")
            .await
            .status
            .as_u16(),
        403
    );
    assert_eq!(
        wire.basic("GET", users, "root", "root's password", "")
            .await
            .status
            .as_u16(),
        200
    );
}

#[tokio::test]
async fn what_files_are_notes_is_not_for_a_token_without_scopes_for_files_to_say() {
    let wire = Wire::boot().await;
    let settings = "/index.php/apps/notes/api/v1/settings";
    let put =
        async |token: &str, body: &'static str| wire.send("PUT", settings, &[("authorization", token)], body).await;
    for body in ["notesPath=Documents", "fileSuffix=.pdf"] {
        let refused = put("Bearer nca_only_notes", body).await;
        assert_eq!(refused.status.as_u16(), 403, "{body}");
        let challenge = refused.headers["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains(r#"scope="files:read files:write""#), "{challenge}");
    }
    let before = wire.with("GET", settings, "Bearer nca_only_notes").await.json();
    assert_eq!(
        (&before["notesPath"], &before["fileSuffix"]),
        (&"Notes".into(), &".md".into())
    );
    // What stays as it is needs nothing, and with the scopes it may change.
    let same = put("Bearer nca_only_notes", "notesPath=Notes&noteMode=preview").await;
    assert_eq!(same.status.as_u16(), 200);
    let changed = put("Bearer nca_all", "notesPath=Documents").await;
    assert_eq!(changed.json()["notesPath"], "Documents");
}

#[tokio::test]
async fn c09_a_preflight_is_answered_the_same_everywhere_and_allows_no_cookies() {
    let wire = Wire::boot().await;
    let preflight = |headers: &'static str| {
        [
            ("origin", "https://app.example"),
            ("access-control-request-method", "PUT"),
            ("access-control-request-headers", headers),
        ]
    };
    for path in [
        OCS,
        NOTES,
        FILES,
        "/remote.php/webdav/a.txt",
        "/ocs/v2.php/cloud/capabilities",
    ] {
        let answer = wire.send("OPTIONS", path, &preflight("authorization"), "").await;
        assert_eq!(answer.status.as_u16(), 204, "{path}");
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        let allowed = answer.headers["access-control-allow-headers"]
            .to_str()
            .unwrap()
            .to_lowercase();
        for header in [
            "authorization",
            "content-type",
            "accept",
            "if-match",
            "ocs-apirequest",
            "depth",
            "destination",
            "overwrite",
        ] {
            assert!(allowed.split(", ").any(|name| name == header), "{header} at {path}");
        }
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    }
    // Pages are for the person in front of them, not for scripts of others.
    let page = wire
        .send("OPTIONS", "/login/v2/grant", &preflight("authorization"), "")
        .await;
    assert!(!page.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn answers_to_passwords_are_not_shared_with_other_origins() {
    let wire = Wire::boot().await;
    let authorization = basic::header_value("alice", "alice's password");
    let headers = [
        ("authorization", authorization.as_str()),
        ("origin", "https://evil.example"),
        ("ocs-apirequest", "true"),
    ];
    for (method, path) in [("GET", OCS), ("GET", NOTES), ("PROPFIND", FILES)] {
        let answer = wire.send(method, path, &headers, "").await;
        assert!(answer.status.is_success(), "{path}");
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{path}");
    }
    // A token needs no header against forged requests: no browser adds one by itself.
    assert_eq!(wire.status("GET", OCS, "Bearer nca_all").await, 200);
    let without = [("authorization", authorization.as_str())];
    assert_eq!(wire.send("GET", OCS, &without, "").await.status.as_u16(), 412);
    let cross = [("authorization", "Bearer nca_all"), ("sec-fetch-site", "cross-site")];
    let put = wire.send("PUT", "/remote.php/dav/files/alice/a.txt", &cross, "x").await;
    assert_eq!(put.status.as_u16(), 201);
}

#[tokio::test]
async fn c11_a_disabled_account_s_tokens_and_passwords_end_at_once() {
    let wire = Wire::boot().await;
    let alice = UserId::new("alice");
    let app_password = wire.cloud.create_app_password(&alice, "test").await.unwrap();
    let app_password = app_password.expose_secret();
    let answers = async || {
        [
            wire.status("GET", NOTES, "Bearer nca_all").await,
            wire.basic("GET", NOTES, "alice", app_password, "")
                .await
                .status
                .as_u16(),
            wire.status("GET", NOTES, &format!("Bearer {app_password}")).await,
            wire.basic("GET", NOTES, "alice", "alice's password", "")
                .await
                .status
                .as_u16(),
        ]
    };
    assert_eq!(answers().await, [200; 4]);
    assert!(wire.cloud.set_enabled(&alice, false).await.unwrap());
    assert_eq!(answers().await, [401; 4]);
    assert!(wire.cloud.set_enabled(&alice, true).await.unwrap());
    assert_eq!(answers().await, [200; 4]);
    assert!(!wire.cloud.set_enabled(&UserId::new("nobody"), false).await.unwrap());
}

#[tokio::test]
async fn proofs_are_asked_for_and_an_issuer_that_is_away_is_no_refusal() {
    let wire = Wire::boot().await;
    let nonce = wire.with("GET", NOTES, "DPoP nca_nonce").await;
    assert_eq!(
        (nonce.status.as_u16(), &nonce.headers["dpop-nonce"]),
        (401, &"fresh".parse().unwrap())
    );
    assert!(
        nonce.challenges()[0].starts_with(r#"DPoP error="use_dpop_nonce""#),
        "{:?}",
        nonce.challenges()
    );
    let later = wire.with("GET", NOTES, "Bearer nca_later").await;
    assert_eq!(
        (later.status.as_u16(), &later.headers["retry-after"]),
        (503, &"7".parse().unwrap())
    );
}

#[tokio::test]
async fn the_interfaces_say_who_issues_their_tokens() {
    let wire = Wire::boot().await;
    let whole = wire.send("GET", "/.well-known/oauth-protected-resource", &[], "").await;
    assert_eq!(whole.headers["access-control-allow-origin"], "*");
    assert_eq!(whole.headers["cache-control"], "public, max-age=300");
    let document = whole.json();
    assert_eq!(document["resource"], RESOURCE);
    assert_eq!(document["authorization_servers"], serde_json::json!([RESOURCE]));
    let scopes = document["scopes_supported"].to_string();
    assert!(
        scopes.contains("notes:read") && scopes.contains("files:write"),
        "{scopes}"
    );
    assert!(!scopes.contains("admin"), "{scopes}");
    let scopes = async |path: &str| {
        let path = format!("/.well-known/oauth-protected-resource/{path}");
        let answer = wire.send("GET", &path, &[], "").await;
        (answer.status.as_u16(), answer.json()["scopes_supported"].to_string())
    };
    let notes = (200, r#"["notes:read","notes:write"]"#.to_owned());
    assert_eq!(scopes("apps/notes/api").await, notes);
    assert_eq!(scopes("index.php/apps/notes/api/v1/notes").await, notes);
    assert_eq!(scopes("remote.php/webdav").await.1, r#"["files:read","files:write"]"#);
    assert_eq!(scopes("apps/nothing").await.0, 404);
    let challenge = wire.send("GET", OCS, &[], "").await;
    assert!(
        challenge.challenges()[0].starts_with("Bearer resource_metadata="),
        "{:?}",
        challenge.challenges()
    );
}

#[tokio::test]
async fn an_app_password_works_as_basic_and_as_bearer() {
    let wire = Wire::boot().await;
    let password = wire
        .cloud
        .create_app_password(&UserId::new("alice"), "test")
        .await
        .unwrap();
    let bearer = format!("Bearer {}", password.expose_secret());
    for (method, path, status) in [("GET", OCS, 200), ("GET", NOTES, 200), ("PROPFIND", FILES, 207)] {
        assert_eq!(wire.status(method, path, &bearer).await, status, "{path}");
        let basic = wire.basic(method, path, "alice", password.expose_secret(), "").await;
        assert_eq!(basic.status.as_u16(), status, "{path}");
    }
    let proof = format!("DPoP {}", password.expose_secret());
    assert_eq!(wire.status("GET", NOTES, &proof).await, 401);
    let wrong = format!("Bearer {}", "x".repeat(72));
    assert_eq!(wire.status("GET", NOTES, &wrong).await, 401);
}

#[tokio::test]
async fn a_scoped_app_password_opens_only_what_it_names() {
    let wire = Wire::boot().await;
    let scopes = "files:read".parse().unwrap();
    let alice = UserId::new("alice");
    let password = wire
        .cloud
        .create_scoped_app_password(&alice, "test", &scopes)
        .await
        .unwrap();
    let ask = async |method, path| {
        let answer = wire.basic(method, path, "alice", password.expose_secret(), "").await;
        answer.status.as_u16()
    };
    assert_eq!(ask("PROPFIND", FILES).await, 207);
    assert_eq!(ask("GET", OCS).await, 200);
    for (method, path) in [
        ("PUT", "/remote.php/dav/files/alice/a.txt"),
        ("GET", NOTES),
        ("GET", "/ocs/v2.php/cloud/users/alice"),
        ("PUT", "/ocs/v2.php/cloud/users/alice"),
        ("GET", "/ocs/v2.php/core/getapppassword"),
        ("POST", "/ocs/v2.php/core/apppassword/rotate"),
    ] {
        assert_eq!(ask(method, path).await, 403, "{method} {path}");
    }
    // Ending itself is no right over anything.
    assert_eq!(ask("DELETE", "/ocs/v2.php/core/apppassword").await, 200);
    assert_eq!(ask("PROPFIND", FILES).await, 401);
}

#[tokio::test]
async fn app_passwords_are_made_rotated_confirmed_and_ended() {
    let wire = Wire::boot().await;
    let make = "/ocs/v2.php/core/getapppassword?format=json";
    let made = wire.basic("GET", make, "alice", "alice's password", "").await.json();
    let first = made["ocs"]["data"]["apppassword"].as_str().unwrap().to_owned();
    assert_eq!(first.len(), 72);
    assert_eq!(wire.basic("GET", make, "alice", &first, "").await.status.as_u16(), 403);
    let rotate = "/ocs/v2.php/core/apppassword/rotate?format=json";
    assert_eq!(
        wire.basic("POST", rotate, "alice", "alice's password", "")
            .await
            .status
            .as_u16(),
        403
    );
    let rotated = wire.basic("POST", rotate, "alice", &first, "").await.json();
    let second = rotated["ocs"]["data"]["apppassword"].as_str().unwrap().to_owned();
    assert_eq!(wire.basic("GET", NOTES, "alice", &first, "").await.status.as_u16(), 401);
    assert_eq!(
        wire.basic("GET", NOTES, "alice", &second, "").await.status.as_u16(),
        200
    );
    let confirm = "/ocs/v2.php/core/apppassword/confirm?format=json";
    let right = wire
        .basic("PUT", confirm, "alice", &second, "password=alice's+password")
        .await;
    assert_eq!(right.json()["ocs"]["data"]["lastLogin"], 1_800_000_000);
    for wrong in [
        "password=nope",
        "password=bob's+password",
        &format!("password={second}"),
    ] {
        assert_eq!(
            wire.basic("PUT", confirm, "alice", &second, wrong)
                .await
                .status
                .as_u16(),
            403
        );
    }
    let end = "/ocs/v2.php/core/apppassword";
    assert_eq!(
        wire.basic("DELETE", end, "alice", &second, "").await.status.as_u16(),
        200
    );
    assert_eq!(
        wire.basic("GET", NOTES, "alice", &second, "").await.status.as_u16(),
        401
    );
}

#[tokio::test]
async fn c10_with_a_second_factor_the_password_alone_opens_nothing() {
    let wire = Wire::boot().await;
    let alice = UserId::new("alice");
    let app_password = wire.cloud.create_app_password(&alice, "test").await.unwrap();
    assert_eq!(
        wire.basic("GET", NOTES, "alice", "alice's password", "")
            .await
            .status
            .as_u16(),
        200
    );
    let uri = wire.cloud.set_up_second_factor(&alice).await.unwrap();
    assert!(uri.starts_with("otpauth://totp/"), "{uri}");
    for (method, path, good) in [("GET", OCS, 200), ("GET", NOTES, 200), ("PROPFIND", FILES, 207)] {
        let refused = wire.basic(method, path, "alice", "alice's password", "").await;
        let wrong = wire.basic(method, path, "alice", "wrong", "").await;
        assert_eq!(refused.status.as_u16(), 401, "{path}");
        assert_eq!(refused.body, wrong.body, "a right password must not look different");
        let app = wire
            .basic(method, path, "alice", app_password.expose_secret(), "")
            .await;
        assert_eq!(app.status.as_u16(), good, "{path}");
        assert_eq!(wire.status(method, path, "Bearer nca_all").await, good, "{path}");
    }
    assert!(wire.cloud.remove_second_factor(&alice).await.unwrap());
    assert_eq!(
        wire.basic("GET", NOTES, "alice", "alice's password", "")
            .await
            .status
            .as_u16(),
        200
    );
    let _ = &wire.clock;
}
