//! Login Flow v2 through the wire: a program, a browser, and people who try to break it.

#![cfg(test)]

use axum::{Router, body::Body};
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use nc_auth::{UserId, basic};
use nc_cloud::{Cloud, CloudConfig, accounts::NewUser};
use nc_proto::{
    clock::Clock,
    login_flow::{Granted, Started},
};
use secrecy::ExposeSecret;
use time::{Duration, OffsetDateTime};
use tower::ServiceExt;

const HOST: &str = "http://cloud.example.org";

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
    fn location(&self) -> &str {
        self.headers[header::LOCATION]
            .to_str()
            .unwrap()
            .strip_prefix(HOST)
            .unwrap()
    }

    fn csrf(&self) -> String {
        let rest = self.body.split_once(r#"name="csrf" value=""#).expect("a form").1;
        rest.split('"').next().unwrap().to_owned()
    }
}

/// A browser: keeps one cookie, sends forms.
#[derive(Default, Clone)]
struct Browser {
    cookie: Option<String>,
}

impl Wire {
    async fn boot() -> Self {
        Self::boot_with(Vec::new()).await
    }

    async fn boot_with(user_agents: Vec<regex::Regex>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap());
        let mut config = CloudConfig::new(dir.path());
        config.clock = clock.clone();
        config.login_flow_user_agents = user_agents;
        let cloud = Cloud::open(config).await.unwrap();
        cloud
            .create_user(&NewUser::new("alice", "Alice <A>", "wonderland".into()))
            .await
            .unwrap();
        Self {
            router: cloud.router(),
            cloud,
            clock,
            _dir: dir,
        }
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "cloud.example.org");
        if !body.is_empty() {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    async fn start(&self) -> Started {
        let answer = self
            .send(
                "POST",
                "/index.php/login/v2",
                &[("user-agent", "Notebook <b>1</b>")],
                "",
            )
            .await;
        assert_eq!(answer.status, StatusCode::OK);
        serde_json::from_str(&answer.body).unwrap()
    }

    async fn poll(&self, token: &str) -> Answer {
        self.send("POST", "/login/v2/poll", &[], &format!("token={token}"))
            .await
    }

    async fn browse(
        &self,
        browser: &mut Browser,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut headers = headers.to_vec();
        let cookie = browser.cookie.clone().unwrap_or_default();
        if !cookie.is_empty() {
            headers.push(("cookie", &cookie));
        }
        let answer = self.send(method, path, &headers, body).await;
        if let Some(set) = answer.headers.get(header::SET_COOKIE) {
            browser.cookie = set.to_str().unwrap().split(';').next().map(ToOwned::to_owned);
        }
        answer
    }

    /// A browser with the flow's sign-in page open, and that page.
    async fn open(&self, started: &Started) -> (Browser, Answer) {
        let mut browser = Browser::default();
        let link = started.login.strip_prefix(HOST).unwrap();
        let answer = self.browse(&mut browser, "GET", link, &[], "").await;
        assert_eq!(
            (answer.status, answer.location()),
            (StatusCode::SEE_OTHER, "/login/v2/flow?user=&direct=0")
        );
        let page = self.browse(&mut browser, "GET", answer.location(), &[], "").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        (browser, page)
    }

    async fn sign_in(&self, browser: &mut Browser, page: &Answer, password: &str) -> Answer {
        let form = format!("csrf={}&user=alice&password={password}", page.csrf());
        self.browse(browser, "POST", "/login/v2/flow", &[], &form).await
    }

    /// A browser that is signed in, and its grant page.
    async fn signed_in(&self, started: &Started) -> (Browser, Answer) {
        let (mut browser, page) = self.open(started).await;
        let answer = self.sign_in(&mut browser, &page, "wonderland").await;
        assert_eq!(
            (answer.status, answer.location()),
            (StatusCode::SEE_OTHER, "/login/v2/grant")
        );
        let page = self.browse(&mut browser, "GET", "/login/v2/grant", &[], "").await;
        (browser, page)
    }

    async fn grant(&self, browser: &mut Browser, page: &Answer) -> Answer {
        let form = format!("csrf={}&decision=grant", page.csrf());
        self.browse(browser, "POST", "/login/v2/grant", &[], &form).await
    }
}

#[tokio::test]
async fn the_granted_app_password_works_and_is_given_out_once() {
    let wire = Wire::boot().await;
    let started = wire.start().await;
    assert_eq!(
        (started.poll.token.len(), started.poll.endpoint.as_str()),
        (128, "http://cloud.example.org/login/v2/poll")
    );
    assert_eq!(wire.poll(&started.poll.token).await.status, StatusCode::NOT_FOUND);
    let (mut browser, page) = wire.signed_in(&started).await;
    assert!(page.body.contains("Notebook &#60;b&#62;1&#60;/b&#62;"), "{}", page.body);
    assert!(page.body.contains("Alice &#60;A&#62;"), "{}", page.body);
    assert_eq!(wire.poll(&started.poll.token).await.status, StatusCode::NOT_FOUND);
    let done = wire.grant(&mut browser, &page).await;
    assert_eq!(done.status, StatusCode::OK);
    assert!(done.body.contains("Account connected"), "{}", done.body);
    let answer = wire.poll(&started.poll.token).await;
    assert_eq!(
        (answer.status, &answer.headers[header::CACHE_CONTROL]),
        (StatusCode::OK, &"no-store".parse().unwrap())
    );
    let granted: Granted = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((granted.server.as_str(), granted.login_name.as_str()), (HOST, "alice"));
    let authorization = basic::header_value("alice", &granted.app_password);
    let headers = [("authorization", authorization.as_str()), ("ocs-apirequest", "true")];
    assert_eq!(
        wire.send("GET", "/ocs/v2.php/cloud/user", &headers, "").await.status,
        StatusCode::OK
    );
    assert_eq!(wire.poll(&started.poll.token).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        wire.browse(&mut browser, "GET", "/login/v2/grant", &[], "")
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn many_polls_at_once_give_out_one_app_password() {
    let wire = Wire::boot().await;
    let started = wire.start().await;
    let (mut browser, page) = wire.signed_in(&started).await;
    wire.grant(&mut browser, &page).await;
    let polls = (0..20).map(|_| wire.poll(&started.poll.token));
    let answers = futures_util::future::join_all(polls).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.status == StatusCode::OK).count(),
        1
    );
}

#[tokio::test]
async fn wrong_unknown_and_missing_poll_tokens_look_alike() {
    let wire = Wire::boot().await;
    let started = wire.start().await;
    let pending = wire.poll(&started.poll.token).await;
    let login_token = started.login.rsplit('/').next().unwrap();
    for token in ["", "x", login_token, &"x".repeat(128), "%00", &"y".repeat(10_000)] {
        let answer = wire.poll(token).await;
        assert_eq!(
            (answer.status, &answer.body),
            (StatusCode::NOT_FOUND, &pending.body),
            "{token}"
        );
    }
    let answer = wire.send("POST", "/login/v2/poll", &[], "").await;
    assert_eq!((answer.status, &answer.body), (StatusCode::NOT_FOUND, &pending.body));
}

#[tokio::test]
async fn after_twenty_minutes_every_step_has_run_out() {
    let wire = Wire::boot().await;
    let started = wire.start().await;
    let (mut browser, page) = wire.signed_in(&started).await;
    let granted = wire.start().await;
    let (mut other, other_page) = wire.signed_in(&granted).await;
    wire.grant(&mut other, &other_page).await;
    wire.clock.advance(Duration::minutes(20));
    assert_eq!(wire.grant(&mut browser, &page).await.status, StatusCode::NOT_FOUND);
    assert_eq!(wire.poll(&granted.poll.token).await.status, StatusCode::NOT_FOUND);
    let link = started.login.strip_prefix(HOST).unwrap();
    assert_eq!(wire.send("GET", link, &[], "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_form_without_the_page_s_token_or_from_another_site_is_refused() {
    let wire = Wire::boot().await;
    let started = wire.start().await;
    let (mut browser, page) = wire.signed_in(&started).await;
    let post = "/login/v2/grant";
    for form in ["decision=grant", "csrf=&decision=grant", "csrf=0000&decision=grant"] {
        let answer = wire.browse(&mut browser, "POST", post, &[], form).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{form}");
    }
    let form = format!("csrf={}&decision=grant", page.csrf());
    for header in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        assert_eq!(
            wire.browse(&mut browser, "POST", post, &[header], &form).await.status,
            StatusCode::FORBIDDEN
        );
    }
    assert_eq!(wire.send("POST", post, &[], &form).await.status, StatusCode::NOT_FOUND);
    assert_eq!(wire.poll(&started.poll.token).await.status, StatusCode::NOT_FOUND);
    assert_eq!(wire.grant(&mut browser, &page).await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_grants_without_having_signed_in() {
    let wire = Wire::boot().await;
    let started = wire.start().await;
    let (mut browser, page) = wire.open(&started).await;
    let before = browser.clone();
    let answer = wire.browse(&mut browser, "GET", "/login/v2/grant", &[], "").await;
    assert_eq!(
        (answer.status, answer.location()),
        (StatusCode::SEE_OTHER, "/login/v2/flow")
    );
    // The token of the sign-in form is not one of the grant form.
    assert_eq!(wire.grant(&mut browser, &page).await.status, StatusCode::FORBIDDEN);
    // Whoever planted the cookie before sign-in has nothing after it.
    wire.sign_in(&mut browser, &page, "wonderland").await;
    let answer = wire
        .browse(&mut before.clone(), "GET", "/login/v2/grant", &[], "")
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    // Opening the link in another browser begins anew, without the first one's sign-in.
    let (mut second, _) = wire.open(&started).await;
    let answer = wire.browse(&mut second, "GET", "/login/v2/grant", &[], "").await;
    assert_eq!(answer.location(), "/login/v2/flow");
}

#[tokio::test]
async fn cancelling_ends_the_flow() {
    let wire = Wire::boot().await;
    let started = wire.start().await;
    let (mut browser, page) = wire.signed_in(&started).await;
    let form = format!("csrf={}&decision=refuse", page.csrf());
    let answer = wire.browse(&mut browser, "POST", "/login/v2/grant", &[], &form).await;
    assert!(answer.body.contains("Not connected"), "{}", answer.body);
    assert_eq!(wire.poll(&started.poll.token).await.status, StatusCode::NOT_FOUND);
    assert_eq!(wire.grant(&mut browser, &page).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn guessing_passwords_on_the_page_is_stopped() {
    let wire = Wire::boot().await;
    let started = wire.start().await;
    let (mut browser, page) = wire.open(&started).await;
    for guess in 0..10 {
        let answer = wire.sign_in(&mut browser, &page, &format!("guess{guess}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(
            answer.body.contains(r#"role="alert">Wrong user name or password."#),
            "{}",
            answer.body
        );
    }
    let answer = wire.sign_in(&mut browser, &page, "wonderland").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.body.contains("Try again in 5 min."), "{}", answer.body);
    wire.clock.advance(Duration::minutes(5));
    assert_eq!(
        wire.sign_in(&mut browser, &page, "wonderland").await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn starting_flows_without_end_is_stopped() {
    let wire = Wire::boot().await;
    for _ in 0..60 {
        wire.start().await;
    }
    let answer = wire.send("POST", "/index.php/login/v2", &[], "").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn an_app_password_cannot_sign_in_to_make_another() {
    let wire = Wire::boot().await;
    let started = wire.start().await;
    let (mut browser, page) = wire.signed_in(&started).await;
    wire.grant(&mut browser, &page).await;
    let granted: Granted = serde_json::from_str(&wire.poll(&started.poll.token).await.body).unwrap();
    let started = wire.start().await;
    let (mut browser, page) = wire.open(&started).await;
    let answer = wire.sign_in(&mut browser, &page, &granted.app_password).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("This is an app password"), "{}", answer.body);
}

#[tokio::test]
async fn c10_the_second_factor_is_asked_for_and_each_code_is_good_once() {
    let wire = Wire::boot().await;
    let uri = wire.cloud.set_up_second_factor(&UserId::new("alice")).await.unwrap();
    let secret = uri.split_once("secret=").unwrap().1.split('&').next().unwrap();
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let code_at = |seconds: i64| {
        let now = wire.clock.now().unix_timestamp() + seconds;
        totp.generate(u64::try_from(now).unwrap()).to_string()
    };
    let started = wire.start().await;
    let (mut browser, page) = wire.open(&started).await;
    let answer = wire.sign_in(&mut browser, &page, "wonderland").await;
    assert_eq!(
        (answer.status, answer.location()),
        (StatusCode::SEE_OTHER, "/login/v2/code")
    );
    // Half of the way opens nothing.
    let grant = wire.browse(&mut browser, "GET", "/login/v2/grant", &[], "").await;
    assert_eq!(grant.location(), "/login/v2/flow");
    let page = wire.browse(&mut browser, "GET", "/login/v2/code", &[], "").await;
    let enter = async |browser: &mut Browser, page: &Answer, code: &str| {
        let form = format!("csrf={}&code={code}", page.csrf());
        wire.browse(browser, "POST", "/login/v2/code", &[], &form).await
    };
    for wrong in ["000000", "", &code_at(-60), &code_at(60), "abc"] {
        assert_eq!(
            enter(&mut browser, &page, wrong).await.status,
            StatusCode::FORBIDDEN,
            "{wrong}"
        );
    }
    let code = code_at(30);
    let answer = enter(&mut browser, &page, &code).await;
    assert_eq!(
        (answer.status, answer.location()),
        (StatusCode::SEE_OTHER, "/login/v2/grant")
    );
    let page = wire.browse(&mut browser, "GET", "/login/v2/grant", &[], "").await;
    assert_eq!(wire.grant(&mut browser, &page).await.status, StatusCode::OK);
    assert_eq!(wire.poll(&started.poll.token).await.status, StatusCode::OK);
    // Seen over the shoulder, the code and those before it are worth nothing.
    let again = wire.start().await;
    let (mut browser, page) = wire.open(&again).await;
    wire.sign_in(&mut browser, &page, "wonderland").await;
    let page = wire.browse(&mut browser, "GET", "/login/v2/code", &[], "").await;
    for used in [code.as_str(), &code_at(0)] {
        assert_eq!(enter(&mut browser, &page, used).await.status, StatusCode::FORBIDDEN);
    }
    for _ in 0..10 {
        enter(&mut browser, &page, "000000").await;
    }
    wire.clock.advance(Duration::seconds(60));
    let fresh = enter(&mut browser, &page, &code_at(0)).await;
    assert_eq!(
        fresh.status,
        StatusCode::TOO_MANY_REQUESTS,
        "guessing codes must be stopped"
    );
}

#[tokio::test]
async fn guessing_codes_from_ever_new_addresses_is_stopped_and_holds_up_nobody_else() {
    let wire = Wire::boot().await;
    let bob = NewUser::new("bob", "Bob", "wonderland".into());
    wire.cloud.create_user(&bob).await.unwrap();
    for user in ["alice", "bob"] {
        wire.cloud.set_up_second_factor(&UserId::new(user)).await.unwrap();
    }
    let enter = async |user: &str, from: u8| {
        let started = wire.start().await;
        let (mut browser, page) = wire.open(&started).await;
        let form = format!("csrf={}&user={user}&password=wonderland", page.csrf());
        wire.browse(&mut browser, "POST", "/login/v2/flow", &[], &form).await;
        let page = wire.browse(&mut browser, "GET", "/login/v2/code", &[], "").await;
        let request = Request::post("/login/v2/code")
            .header("host", "cloud.example.org")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", browser.cookie.clone().unwrap())
            .extension(nc_web::ClientAddress([192, 0, 2, from].into()))
            .body(Body::from(format!("csrf={}&code=000000", page.csrf())));
        wire.router.clone().oneshot(request.unwrap()).await.unwrap().status()
    };
    for from in 1..=10 {
        assert_eq!(enter("alice", from).await, StatusCode::FORBIDDEN, "{from}");
    }
    assert_eq!(enter("alice", 11).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(enter("bob", 11).await, StatusCode::FORBIDDEN);
    wire.clock.advance(Duration::seconds(300));
    assert_eq!(enter("alice", 11).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_program_ends_the_flow_with_an_app_password_that_is_there() {
    let wire = Wire::boot().await;
    let alice = UserId::new("alice");
    let password = wire.cloud.create_app_password(&alice, "old").await.unwrap();
    let started = wire.start().await;
    let (mut browser, page) = wire.open(&started).await;
    let form = |password: &str| format!("stateToken={}&user=alice&password={password}", page.csrf());
    let apptoken = "/index.php/login/v2/apptoken";
    let forged = format!("stateToken=0000&user=alice&password={}", password.expose_secret());
    for wrong in [form("wonderland"), form(&"x".repeat(72)), forged] {
        let answer = wire.browse(&mut browser, "POST", apptoken, &[], &wrong).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(wire.poll(&started.poll.token).await.status, StatusCode::NOT_FOUND);
    let form = form(password.expose_secret());
    let done = wire.browse(&mut browser, "POST", apptoken, &[], &form).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let granted: Granted = serde_json::from_str(&wire.poll(&started.poll.token).await.body).unwrap();
    assert_eq!(granted.app_password, password.expose_secret());
    assert_eq!(wire.poll(&started.poll.token).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_program_that_is_not_allowed_is_named_to_the_person_and_gets_nothing() {
    let wire = Wire::boot_with(vec![regex::Regex::new("^Mozilla").unwrap()]).await;
    let started = wire.start().await;
    let mut browser = Browser::default();
    let link = started.login.strip_prefix(HOST).unwrap();
    wire.browse(&mut browser, "GET", link, &[], "").await;
    for step in ["/login/v2/flow", "/login/v2/grant"] {
        let page = wire.browse(&mut browser, "GET", step, &[], "").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{step}");
        assert!(page.body.contains("Notebook &#60;b&#62;1"), "{}", page.body);
    }
    assert_eq!(wire.poll(&started.poll.token).await.status, StatusCode::NOT_FOUND);
    let wire = Wire::boot_with(vec![regex::Regex::new("^Notebook").unwrap()]).await;
    let started = wire.start().await;
    wire.signed_in(&started).await;
}

#[tokio::test]
async fn polls_are_limited_by_address() {
    let wire = Wire::boot().await;
    let started = wire.start().await;
    for _ in 0..1200 {
        assert_eq!(wire.poll(&started.poll.token).await.status, StatusCode::NOT_FOUND);
    }
    let answer = wire.poll(&started.poll.token).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn c12_a_poll_gives_nothing_twice_nothing_late_and_nothing_for_another_token() {
    let wire = Wire::boot().await;
    let started = wire.start().await;
    let late = wire.start().await;
    for flow in [&started, &late] {
        let (mut browser, page) = wire.signed_in(flow).await;
        wire.grant(&mut browser, &page).await;
    }
    assert_eq!(wire.poll(&"a".repeat(128)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(wire.poll(&started.poll.token).await.status, StatusCode::OK);
    assert_eq!(wire.poll(&started.poll.token).await.status, StatusCode::NOT_FOUND);
    wire.clock.advance(Duration::seconds(1201));
    assert_eq!(wire.poll(&late.poll.token).await.status, StatusCode::NOT_FOUND);
}
