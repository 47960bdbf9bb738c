//! Signing out.

use nc_proto::oauth::client_auth::AuthMethod;
use nc_provider::Endpoint;

use super::{
    agent::{Agent, Page},
    flow::{Request, STATE, every_world, redeem},
};
use crate::machine::world::{As, NOTES, World};

const BACK: &str = "https://app.example/bye?x=1";

async fn worlds() -> Vec<World> {
    let worlds = every_world().await;
    for world in &worlds {
        let with_logout = |client: &mut nc_provider::Client| client.document.logout_uris = vec![BACK.to_owned()];
        world.change_client("app", with_logout).await;
    }
    worlds
}

/// Connects; ID token and access token.
async fn connect(agent: &mut Agent<'_>) -> (String, String) {
    let page = agent.connect(&Request::new("app").with("resource", NOTES), "ann").await;
    let tokens = redeem(agent.world, &page.code()).await;
    let text = |name: &str| tokens[name].as_str().expect("text").to_owned();
    (text("id_token"), text("access_token"))
}

async fn log_out(agent: &mut Agent<'_>, parameters: &[(&str, &str)]) -> Page {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    let path = format!("{}?{}", agent.world.path(Endpoint::Logout), query.finish());
    agent.open(&path).await
}

async fn is_signed_in(agent: &mut Agent<'_>) -> bool {
    let page = agent
        .ask(&Request::new("app").with("prompt", "none").with("resource", NOTES))
        .await;
    page.told().contains_key("code")
}

#[tokio::test]
async fn a_client_with_a_hint_ends_the_session_and_its_tokens_and_gets_the_browser_back() {
    for world in worlds().await {
        let mut agent = Agent::new(&world);
        let (hint, token) = connect(&mut agent).await;
        // An expired hint is as good.
        world.pass(240);
        let (_, fresh) = connect(&mut agent).await;
        world.pass(240);
        assert!(world.is_live(&fresh, NOTES).await && !world.is_live(&token, NOTES).await);
        let parameters = [
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", BACK),
            ("state", STATE),
            ("client_id", "app"),
        ];
        let page = log_out(&mut agent, &parameters).await;
        assert!(page.left_for.as_ref().expect("sent back").starts_with(BACK));
        assert_eq!(page.told()["state"], STATE);
        assert_eq!(page.redirects, [303]);
        assert!(!world.is_live(&fresh, NOTES).await);
        assert_eq!(agent.session(), None);
        assert!(!is_signed_in(&mut agent).await);
        assert_eq!(world.audited("session.signed_out").await, 1);
    }
}

#[tokio::test]
async fn l01_an_address_that_is_not_registered_or_comes_without_hint_is_not_followed() {
    for world in worlds().await {
        for address in [
            "https://evil.example/",
            "https://app.example/bye",
            "https://app.example/bye?x=1&y=2",
        ] {
            let mut agent = Agent::new(&world);
            let (hint, _) = connect(&mut agent).await;
            let parameters = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", address)];
            log_out(&mut agent, &parameters).await.is_page(200);
            assert!(!is_signed_in(&mut agent).await);
        }
        let mut agent = Agent::new(&world);
        connect(&mut agent).await;
        let page = log_out(&mut agent, &[("post_logout_redirect_uri", BACK), ("client_id", "app")]).await;
        page.is_page(200);
        agent.submit(&page.form("/confirm")).await.is_page(200);
        log_out(&mut agent, &[("post_logout_redirect_uri", BACK)])
            .await
            .is_page(200);
        // One that an administrator allowed for all is followed.
        let (hint, _) = connect(&mut agent).await;
        world.set("logout_uris", r#"["https://portal.example/"]"#).await;
        let parameters = [
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", "https://portal.example/"),
        ];
        let page = log_out(&mut agent, &parameters).await;
        assert_eq!(page.left_for.as_deref(), Some("https://portal.example/"));
    }
}

#[tokio::test]
async fn l02_a_hint_that_does_not_verify_is_refused_and_the_session_lives_on() {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    let encode = |value: &serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    for world in worlds().await {
        let mut agent = Agent::new(&world);
        let (hint, access) = connect(&mut agent).await;
        let payload = hint.split('.').nth(1).expect("a payload");
        let claims: serde_json::Value =
            serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON");
        let with = |name: &str, value: &str| {
            let mut claims = claims.clone();
            claims[name] = value.into();
            claims
        };
        let sign = async |claims: serde_json::Value| {
            let algorithm = nc_proto::oauth::jose::Algorithm::Es256;
            world
                .provider
                .keys()
                .sign(algorithm, "JWT", &claims)
                .await
                .expect("signed")
        };
        let unsigned = format!(
            "{}.{payload}.",
            encode(&serde_json::json!({ "alg": "none", "typ": "JWT" }))
        );
        let mut changed = hint.clone();
        let middle = changed.len() - 10;
        let flipped = if &hint[middle..=middle] == "A" { "B" } else { "A" };
        changed.replace_range(middle..=middle, flipped);
        let page = |text: String| text.replace(char::is_whitespace, "");
        let mut texts = Vec::new();
        for bad in [
            unsigned,
            changed,
            sign(with("iss", "https://evil.example")).await,
            sign(with("aud", "nobody")).await,
            access,
            "garbage".to_owned(),
            "a.b.c".to_owned(),
        ] {
            let parameters = [("id_token_hint", bad.as_str()), ("post_logout_redirect_uri", BACK)];
            let answer = log_out(&mut agent, &parameters).await;
            answer.is_page(400);
            texts.push(page(answer.html));
            assert!(is_signed_in(&mut agent).await, "{bad}");
        }
        let parameters = [("id_token_hint", hint.as_str()), ("client_id", "other")];
        let answer = log_out(&mut agent, &parameters).await;
        texts.push(page(answer.html));
        assert!(is_signed_in(&mut agent).await);
        texts.dedup();
        assert_eq!(texts.len(), 1, "one text for all");
    }
}

#[tokio::test]
async fn l03_without_a_hint_the_person_is_asked() {
    for world in worlds().await {
        let mut agent = Agent::new(&world);
        let (_, token) = connect(&mut agent).await;
        let page = log_out(&mut agent, &[]).await;
        page.is_page(200);
        assert!(page.html.contains("Ann Maria Example"), "{}", page.html);
        let form = page.form("/confirm");
        agent.submit(&form.clone().fill("csrf", "")).await.is_page(403);
        let foreign = |headers: &mut http::HeaderMap| {
            headers.insert("origin", "https://evil.example".parse().expect("a value"));
        };
        agent.submit_with(&form, foreign).await.is_page(403);
        assert!(is_signed_in(&mut agent).await && world.is_live(&token, NOTES).await);
        agent.submit(&form).await.is_page(200);
        assert!(!is_signed_in(&mut agent).await && !world.is_live(&token, NOTES).await);
        agent.submit(&form).await.is_page(403);
        log_out(&mut agent, &[]).await.is_page(200);
    }
}

#[tokio::test]
async fn a_hint_of_another_session_asks_and_ends_nothing_by_itself() {
    for world in worlds().await {
        let mut other = Agent::new(&world);
        let (hint, other_token) = connect(&mut other).await;
        let mut agent = Agent::new(&world);
        let (_, token) = connect(&mut agent).await;
        let page = log_out(&mut agent, &[("id_token_hint", hint.as_str())]).await;
        assert!(page.html.contains("Client app"), "{}", page.html);
        assert!(is_signed_in(&mut agent).await && is_signed_in(&mut other).await);
        agent.submit(&page.form("/confirm")).await.is_page(200);
        assert!(!world.is_live(&token, NOTES).await && world.is_live(&other_token, NOTES).await);
        assert!(!is_signed_in(&mut agent).await && is_signed_in(&mut other).await);
    }
}

#[tokio::test]
async fn everywhere_ends_every_session_and_every_grant() {
    for world in worlds().await {
        let mut other = Agent::new(&world);
        let (_, other_token) = connect(&mut other).await;
        let mut agent = Agent::new(&world);
        connect(&mut agent).await;
        let page = log_out(&mut agent, &[]).await;
        agent
            .submit(&page.form("/confirm").add("everywhere", "1"))
            .await
            .is_page(200);
        assert!(!world.is_live(&other_token, NOTES).await);
        assert!(!is_signed_in(&mut agent).await && !is_signed_in(&mut other).await);
    }
}

#[tokio::test]
async fn a_page_of_another_site_signs_nobody_out_with_a_hint_of_its_own() {
    for world in worlds().await {
        let mut attacker = Agent::new(&world);
        let (hint, _) = connect(&mut attacker).await;
        let mut agent = Agent::new(&world);
        let (_, token) = connect(&mut agent).await;
        // The browser sends no cookies with this post, and would take those that come back.
        let path = world.path(Endpoint::Logout);
        let page = agent.submit_from_elsewhere(&path, &[("id_token_hint", &hint)]).await;
        page.form("/confirm");
        assert!(is_signed_in(&mut agent).await && world.is_live(&token, NOTES).await);
    }
}

#[tokio::test]
async fn a_client_that_posts_its_hint_ends_the_session_not_only_the_cookie() {
    for world in worlds().await {
        let mut agent = Agent::new(&world);
        let (hint, token) = connect(&mut agent).await;
        let cookies = agent.cookies.clone();
        let path = world.path(Endpoint::Logout);
        let parameters = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BACK)];
        let page = agent.submit_from_elsewhere(&path, &parameters).await;
        assert!(page.left_for.as_ref().expect("sent back").starts_with(BACK));
        assert!(!world.is_live(&token, NOTES).await);
        assert!(!is_signed_in(&mut agent).await);
        agent.cookies = cookies;
        assert!(!is_signed_in(&mut agent).await, "somebody who kept the cookie");
    }
}

#[tokio::test]
async fn a_hint_from_who_has_no_session_ends_what_its_client_holds_and_nothing_of_others() {
    for world in worlds().await {
        let public = |document: &mut nc_provider::ClientDocument| document.auth_method = AuthMethod::None;
        world.client("other", public).await;
        let mut agent = Agent::new(&world);
        let (hint, token) = connect(&mut agent).await;
        let page = agent
            .connect(&Request::new("other").with("resource", NOTES), "ann")
            .await;
        let other = world.redeem(&As::Public("other"), &page.code()).await;
        let signed_out = [
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", BACK),
            ("state", STATE),
        ];
        // A server of the client asks, or a page of another site, whose requests come without cookies.
        let page = log_out(&mut Agent::new(&world), &signed_out[..1]).await;
        page.is_page(200);
        assert!(
            page.html.contains("Nobody is signed in with this browser."),
            "{}",
            page.html
        );
        for claim in ["You are signed out,", "too."] {
            assert!(!page.html.contains(claim), "{}", page.html);
        }
        let path = world.path(Endpoint::Logout);
        for page in [
            log_out(&mut Agent::new(&world), &signed_out).await,
            Agent::new(&world).submit_from_elsewhere(&path, &signed_out).await,
        ] {
            assert!(page.left_for.as_ref().expect("sent back").starts_with(BACK));
            assert_eq!(page.told()["state"], STATE);
            assert!(!page.headers.contains_key(http::header::SET_COOKIE));
        }
        assert!(!world.is_live(&token, NOTES).await);
        assert!(world.is_live(&other.get("access_token"), NOTES).await);
        assert!(is_signed_in(&mut agent).await);
        assert_eq!(world.audited("session.signed_out").await, 0);
        assert_eq!(world.audited("token.revoked").await, 1);
        // The browser itself signs out of all, by the same hint.
        log_out(&mut agent, &signed_out[..1]).await.is_page(200);
        assert!(!world.is_live(&other.get("access_token"), NOTES).await);
        assert!(!is_signed_in(&mut agent).await);
    }
}
