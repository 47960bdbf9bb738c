//! The exchange of secrets for access tokens, through HTTP.

use axum::{extract::Request, middleware::map_request};
use nc_auth::federation::Federation as _;
use nc_web::ClientAddress;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    draft::Key,
    recipient::{FORM, Given, Recipient, answer, bearer, new_share, scene_with},
    support::{Options, Server, clock, http},
};

struct Scene {
    server: Server,
    recipient: Recipient,
    given: Given,
}

impl Scene {
    async fn start() -> Self {
        Self::with(Options::new(&clock())).await
    }

    async fn with(options: Options) -> Self {
        let (server, recipient, given) = scene_with(options).await;
        Self {
            server,
            recipient,
            given,
        }
    }

    /// What a signed form is answered.
    async fn post(&self, body: &str) -> (u16, Value) {
        answer(self.recipient.signed(&self.server, "/ocm/token", FORM, body)).await
    }

    async fn is_refused(&self, body: &str, error: &str) {
        let (status, answer) = self.post(body).await;
        assert_eq!((status, &answer["error"]), (400, &json!(error)), "{answer}");
        assert!(!answer.to_string().contains(&self.given.secret), "{answer}");
    }

    async fn good(&self) {
        assert_eq!(self.recipient.exchange(&self.server, &self.given.secret).await.0, 200);
    }
}

#[tokio::test]
async fn a_secret_is_exchanged_for_a_token_that_opens_the_share() {
    let scene = Scene::start().await;
    let form = scene.recipient.form(&scene.given.secret);
    let request = scene.recipient.signed(&scene.server, "/ocm/token", FORM, &form);
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["pragma"], "no-cache");
    let body: Value = response.json().await.expect("JSON");
    assert_eq!(
        (&body["token_type"], &body["expires_in"]),
        (&json!("Bearer"), &json!(600))
    );
    let token = body["access_token"].as_str().expect("a token");
    assert!(!token.contains(&scene.given.secret));
    let principal = bearer(&scene.server, token).await.expect("opened");
    assert_eq!(
        (principal.share_id, principal.owner.as_str(), principal.node),
        (scene.given.share.id.clone(), "alice", 41)
    );
}

#[tokio::test]
async fn ocm_n001_an_unknown_code_is_an_invalid_grant() {
    let scene = Scene::start().await;
    let unknown = "x".repeat(43);
    scene.is_refused(&scene.recipient.form(&unknown), "invalid_grant").await;
    // Signed or not, and by whomever.
    let unsigned = scene.server.request("POST", "/ocm/token").header("content-type", FORM);
    let (status, body) = answer(unsigned.body(scene.recipient.form(&unknown))).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
}

#[tokio::test]
async fn ocm_n002_the_code_of_a_revoked_share_is_an_invalid_grant() {
    let scene = Scene::start().await;
    scene.good().await;
    scene
        .server
        .ocm
        .revoke(scene.given.share.number)
        .await
        .expect("revoked");
    scene
        .is_refused(&scene.recipient.form(&scene.given.secret), "invalid_grant")
        .await;
}

#[tokio::test]
async fn ocm_n003_the_code_of_an_expired_share_is_an_invalid_grant() {
    let scene = Scene::start().await;
    let mut new = new_share(&scene.recipient.address("carol"));
    new.expires_at = Some(scene.server.clock.now().unix_timestamp() + 100);
    let given = scene.recipient.given_by(&scene.server, new).await.expect("shared");
    let (status, body) = scene.recipient.exchange(&scene.server, &given.secret).await;
    assert_eq!(
        (status, &body["expires_in"]),
        (200, &json!(100)),
        "a token ends with its share"
    );
    scene.server.clock.advance(time::Duration::seconds(100));
    scene
        .is_refused(&scene.recipient.form(&given.secret), "invalid_grant")
        .await;
}

/// A public link, an access token, an app password: whatever opens something else is unknown here.
#[tokio::test]
async fn ocm_n004_the_token_of_a_public_link_is_an_invalid_grant() {
    let scene = Scene::start().await;
    scene
        .is_refused(&scene.recipient.form("gX9bWqZ3tYk2mNr"), "invalid_grant")
        .await;
}

#[tokio::test]
async fn ocm_n005_an_access_token_is_an_invalid_grant() {
    let scene = Scene::start().await;
    let token = scene.recipient.token(&scene.server, &scene.given.secret).await;
    scene.is_refused(&scene.recipient.form(&token), "invalid_grant").await;
}

#[tokio::test]
async fn ocm_n006_an_app_password_or_oauth_token_is_an_invalid_grant() {
    let scene = Scene::start().await;
    for other in ["Abcde-fGhij-kLmno-Pqrst-uVwxy", "ncat_0123456789abcdef"] {
        scene.is_refused(&scene.recipient.form(other), "invalid_grant").await;
    }
}

#[tokio::test]
async fn ocm_n007_a_client_id_that_is_not_the_recipient_is_an_invalid_client() {
    let scene = Scene::start().await;
    let secret = &scene.given.secret;
    for other in [
        "elsewhere.example.org",
        "127.0.0.1:1",
        &scene.given.share.id,
        "not%20a%20host",
    ] {
        let form = format!("grant_type=authorization_code&client_id={other}&code={secret}");
        scene.is_refused(&form, "invalid_client").await;
    }
}

#[tokio::test]
async fn ocm_n008_case_and_default_port_of_the_client_id_do_not_count() {
    let scene = Scene::start().await;
    // 127.0.0.1 has no letters, but its scheme and its numbers have several spellings.
    let (_, port) = scene.recipient.peer.host.split_once(':').expect("a port");
    for client_id in [
        format!("HTTP://127.0.0.1:{port}/"),
        format!("0X7F.1:{port}"),
        format!("127.1:{port}"),
    ] {
        let secret = &scene.given.secret;
        let form = format!("grant_type=authorization_code&client_id={client_id}&code={secret}");
        let (status, body) = scene.post(&form).await;
        assert_eq!(status, 200, "{client_id}: {body}");
    }
}

#[tokio::test]
async fn ocm_n009_a_missing_client_id_is_an_invalid_request() {
    let scene = Scene::start().await;
    let form = format!("grant_type=authorization_code&code={}", scene.given.secret);
    scene.is_refused(&form, "invalid_request").await;
}

#[tokio::test]
async fn ocm_n010_a_missing_code_or_grant_type_is_an_invalid_request() {
    let scene = Scene::start().await;
    let (host, secret) = (&scene.recipient.peer.host, &scene.given.secret);
    scene
        .is_refused(&format!("client_id={host}&code={secret}"), "invalid_request")
        .await;
    scene
        .is_refused(
            &format!("grant_type=authorization_code&client_id={host}"),
            "invalid_request",
        )
        .await;
    scene.is_refused("", "invalid_request").await;
}

#[tokio::test]
async fn ocm_n011_other_grants_are_not_supported() {
    let scene = Scene::start().await;
    let (host, secret) = (&scene.recipient.peer.host, &scene.given.secret);
    for grant in ["refresh_token", "client_credentials", "ocm_share", "AUTHORIZATION_CODE"] {
        let form = format!("grant_type={grant}&client_id={host}&code={secret}");
        scene.is_refused(&form, "unsupported_grant_type").await;
    }
    let with_alias = Scene::with(Options::new(&clock()).config(|config| config.ocm_share_grant = true)).await;
    let form = with_alias
        .recipient
        .form(&with_alias.given.secret)
        .replace("authorization_code", "ocm_share");
    assert_eq!(with_alias.post(&form).await.0, 200);
}

#[tokio::test]
async fn ocm_n012_a_json_body_is_an_invalid_request() {
    let scene = Scene::start().await;
    let body = json!({"grant_type": "authorization_code", "client_id": scene.recipient.peer.host,
        "code": scene.given.secret});
    for (content_type, body) in [
        ("application/json", body.to_string()),
        (FORM, body.to_string()),
        ("text/plain", scene.recipient.form(&scene.given.secret)),
    ] {
        let request = scene.recipient.signed(&scene.server, "/ocm/token", content_type, &body);
        let (status, body) = answer(request).await;
        assert_eq!(
            (status, &body["error"]),
            (400, &json!("invalid_request")),
            "{content_type}"
        );
    }
}

#[tokio::test]
async fn ocm_n013_a_code_given_twice_is_an_invalid_request() {
    let scene = Scene::start().await;
    let form = scene.recipient.form(&scene.given.secret);
    for twice in [
        format!("{form}&code=x"),
        format!("{form}&%63ode={}", scene.given.secret),
    ] {
        scene.is_refused(&twice, "invalid_request").await;
    }
}

#[tokio::test]
async fn ocm_n014_other_methods_are_not_allowed() {
    let scene = Scene::start().await;
    for method in ["GET", "PUT", "DELETE"] {
        let (status, _) = answer(scene.server.request(method, "/ocm/token")).await;
        assert_eq!(status, 405, "{method}");
    }
}

#[tokio::test]
async fn ocm_n015_a_body_over_the_limit_is_too_large() {
    let scene = Scene::start().await;
    let form = format!(
        "{}&x={}",
        scene.recipient.form(&scene.given.secret),
        "x".repeat(8 << 10)
    );
    assert_eq!(scene.post(&form).await.0, 413);
}

#[tokio::test]
async fn ocm_n016_parameters_in_the_query_string_are_ignored() {
    let scene = Scene::start().await;
    let target = format!("/ocm/token?{}", scene.recipient.form(&scene.given.secret));
    let (status, body) = answer(scene.recipient.signed(&scene.server, &target, FORM, "")).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_request")));
}

#[tokio::test]
async fn ocm_n017_an_unsigned_request_gets_no_token() {
    let scene = Scene::start().await;
    let form = scene.recipient.form(&scene.given.secret);
    let request = scene.server.request("POST", "/ocm/token").header("content-type", FORM);
    let (status, body) = answer(request.body(form.clone())).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_client")), "it can sign");
    assert!(body.get("access_token").is_none());
    // A strict share demands a signature also of a server that stopped signing.
    let url = scene.recipient.peer.url.clone();
    scene.recipient.says(|answers| {
        answers.discovery["capabilities"] = json!(["exchange-token"]);
        answers.discovery["tokenEndPoint"] = json!(format!("{url}/ocm/token"));
    });
    scene.server.clock.advance(time::Duration::days(2));
    let request = scene.server.request("POST", "/ocm/token").header("content-type", FORM);
    let (status, body) = answer(request.body(form)).await;
    assert_eq!(
        (status, &body["error"]),
        (400, &json!("invalid_client")),
        "it is strict"
    );
}

#[tokio::test]
async fn ocm_n018_another_server_gets_no_token_for_a_share_that_is_not_its_own() {
    let scene = Scene::start().await;
    let other = Recipient::start().await;
    // With its own name the client is another one, and with the recipient's name the signer is.
    for client in [&other.peer.host, &scene.recipient.peer.host] {
        let secret = &scene.given.secret;
        let form = format!("grant_type=authorization_code&client_id={client}&code={secret}");
        let (status, body) = answer(other.signed(&scene.server, "/ocm/token", FORM, &form)).await;
        assert_eq!((status, &body["error"]), (400, &json!("invalid_client")), "{client}");
    }
    // A key of its own under the recipient's name.
    let form = scene.recipient.form(&scene.given.secret);
    let stolen = scene
        .recipient
        .signed_with(&Key::ed25519(9), &scene.server, "/ocm/token", FORM, &form);
    let (status, body) = answer(stolen).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_client")));
}

#[tokio::test]
async fn ocm_n019_an_exact_replay_is_refused() {
    let scene = Scene::start().await;
    let form = scene.recipient.form(&scene.given.secret);
    let signed = scene
        .recipient
        .draft(&scene.server, "/ocm/token", &form)
        .sign(&scene.recipient.key);
    let send = || {
        let request = scene.server.request("POST", "/ocm/token").header("content-type", FORM);
        answer(signed.clone().into_request(request))
    };
    assert_eq!(send().await.0, 200);
    scene.server.clock.advance(time::Duration::seconds(299));
    let (status, body) = send().await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_client")));
    assert!(body.get("access_token").is_none());
}

#[tokio::test]
async fn ocm_n020_the_same_request_signed_anew_gets_another_token_and_the_old_one_stays_good() {
    let scene = Scene::start().await;
    let first = scene.recipient.token(&scene.server, &scene.given.secret).await;
    let second = scene.recipient.token(&scene.server, &scene.given.secret).await;
    assert_ne!(first, second);
    let jti = |principal: nc_auth::federation::SharePrincipal| principal.token.expect("a token");
    let names = [
        jti(bearer(&scene.server, &first).await.expect("good still")),
        jti(bearer(&scene.server, &second).await.expect("good")),
    ];
    assert_ne!(names[0], names[1]);
}

#[tokio::test]
async fn ocm_n021_guessing_codes_is_slowed_down() {
    let scene = Scene::start().await;
    let mut statuses = Vec::new();
    for guess in 0..40 {
        let request = scene.server.request("POST", "/ocm/token").header("content-type", FORM);
        let form = scene.recipient.form(&format!("guess{guess:038}"));
        statuses.push(request.body(form).send().await.expect("an answer"));
    }
    assert!(statuses[..20].iter().all(|answer| answer.status() == 400));
    let last = statuses.last().expect("an answer");
    assert_eq!(last.status(), 429);
    assert!(last.headers().contains_key("retry-after"));
    scene.server.clock.advance(time::Duration::minutes(5));
    scene.good().await;
}

#[tokio::test]
async fn ocm_n021_a_server_that_asks_too_often_waits_and_other_shares_do_not() {
    let options = Options::new(&clock()).config(|config| config.token_requests_per_share_per_minute = 3);
    let scene = Scene::with(options).await;
    let other = scene
        .recipient
        .given_by(&scene.server, new_share(&scene.recipient.address("carol")))
        .await;
    for _ in 0..3 {
        scene.good().await;
    }
    let (status, _) = scene.recipient.exchange(&scene.server, &scene.given.secret).await;
    assert_eq!(status, 429);
    let other = other.expect("shared").secret;
    assert_eq!(scene.recipient.exchange(&scene.server, &other).await.0, 200);
    scene.server.clock.advance(time::Duration::minutes(1));
    scene.good().await;
}

#[tokio::test]
async fn ocm_n021_guesses_from_everywhere_together_have_a_limit_too() {
    let scene = Scene::start().await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let door = format!("http://{}/ocm/token", listener.local_addr().expect("an address"));
    let router = scene.server.ocm.router().layer(map_request(from_elsewhere));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let http = http();
    let guess = async |number: u32| {
        // Twenty from each address, which is less than one address may.
        let request = http.post(&door).header("content-type", FORM);
        let request = request.header("x-address", format!("203.0.113.{}", number / 20));
        let form = scene.recipient.form(&format!("guess{number:038}"));
        let answer = request.body(form).send().await.expect("an answer");
        (answer.status().as_u16(), answer.headers().contains_key("retry-after"))
    };
    for number in 0..600 {
        assert_eq!(guess(number).await, (400, false), "{number}");
    }
    assert_eq!(guess(600).await, (429, true));
    assert_eq!(guess(640).await, (429, true), "an address that never asked before");
    // Who knows a secret is not held up by those who guess.
    scene.good().await;
    scene.server.clock.advance(time::Duration::minutes(1));
    assert_eq!(guess(641).await, (400, false));
    serving.abort();
}

/// Has a request come from the address that it names.
async fn from_elsewhere(mut request: Request) -> Request {
    let address = request
        .headers()
        .get("x-address")
        .and_then(|value| value.to_str().ok()?.parse().ok());
    request
        .extensions_mut()
        .insert(ClientAddress(address.expect("an address")));
    request
}

#[tokio::test]
async fn a_server_whose_keys_cannot_be_fetched_gets_no_token() {
    let scene = Scene::start().await;
    scene.recipient.says(|answers| answers.keys = json!("not a set"));
    let (status, body) = scene.recipient.exchange(&scene.server, &scene.given.secret).await;
    assert!(
        status == 502 || (status, &body["error"]) == (400, &json!("invalid_client")),
        "{status} {body}"
    );
    assert!(body.get("access_token").is_none());
}
