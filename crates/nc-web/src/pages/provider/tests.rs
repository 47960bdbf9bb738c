use axum::response::{IntoResponse, Response};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{StatusCode, header};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};

use super::*;
use crate::pages::policy::Policy;

const HOSTILE: &str = "<script>alert(1)</script>\"'&";
const TARGET: Option<&str> = Some("https://app.example.com");

fn sign_in(error: Option<&'static str>) -> SignIn<'static> {
    SignIn {
        status: StatusCode::OK,
        action: "/sign-in",
        client: Some(HOSTILE),
        server: "cloud.example.org",
        login: HOSTILE,
        error,
        csrf: "token",
        rid: Some("request"),
        passkey: Some("/passkey?rid=request"),
        form_target: TARGET,
    }
}

fn second_factor(error: Option<&'static str>) -> SecondFactor<'static> {
    SecondFactor {
        status: StatusCode::OK,
        action: "/second-factor",
        user: HOSTILE,
        server: "cloud.example.org",
        error,
        csrf: "token",
        rid: Some("request"),
        form_target: TARGET,
    }
}

fn consent<'a>(scopes: &'a [ScopeChoice<'a>]) -> Consent<'a> {
    Consent {
        action_grant: "/consent/grant",
        action_deny: "/consent/deny",
        client_name: HOSTILE,
        client_host: Some(HOSTILE),
        redirect_host: HOSTILE,
        resource: Some(HOSTILE),
        account: HOSTILE,
        server: "cloud.example.org",
        registration: Some("self-registered, unverified"),
        is_loopback: false,
        scopes,
        error: None,
        csrf: "token",
        rid: "request",
        form_target: TARGET,
    }
}

fn connected_apps<'a>(apps: &'a [ConnectedApp<'a>]) -> ConnectedApps<'a> {
    ConnectedApps {
        account: HOSTILE,
        server: "cloud.example.org",
        done: Some(HOSTILE),
        error: None,
        apps,
        pages: &[],
        action_sign_out: "/sign-out",
        csrf: "token",
    }
}

fn connected_app<'a>(scopes: &'a [ScopeChoice<'a>]) -> ConnectedApp<'a> {
    ConnectedApp {
        name: HOSTILE,
        host: HOSTILE,
        resource: Some(HOSTILE),
        scopes,
        since: "3 March 2026",
        until: None,
        action_narrow: Some("/narrow"),
        action_revoke: "/revoke",
    }
}

/// Every page that has no script, with texts from outside that try to be one.
fn pages() -> Vec<Response> {
    let scopes = [ScopeChoice {
        name: HOSTILE,
        checked: true,
    }];
    let apps = [connected_app(&scopes)];
    vec![
        sign_in(Some(HOSTILE)).into_response(),
        second_factor(Some(HOSTILE)).into_response(),
        consent(&scopes).into_response(),
        connected_apps(&apps).into_response(),
        LogoutQuestion {
            action: "/logout",
            client: Some(HOSTILE),
            account: HOSTILE,
            server: "cloud.example.org",
            csrf: "token",
        }
        .into_response(),
        SignedOut {
            text: HOSTILE,
            back: Some(("/", HOSTILE)),
        }
        .into_response(),
        StartElsewhere {
            action: "/signin",
            client: Some(HOSTILE),
            server: HOSTILE,
            nextcloud: HOSTILE,
            csrf: "token",
            rid: Some("request"),
            form_target: None,
        }
        .into_response(),
        waiting().into_response(),
        passkeys(&[PasskeyEntry {
            name: HOSTILE,
            since: "3 March 2026",
            last_used: None,
            action_remove: "/passkeys/1/remove",
        }])
        .into_response(),
        StartAgain {
            status: StatusCode::GONE,
            text: HOSTILE,
            href: None,
        }
        .into_response(),
    ]
}

fn waiting() -> Waiting<'static> {
    Waiting {
        login_url: "https://cloud.example.org/login/v2/flow/token",
        refresh_url: "/oauth/signin/wait?rid=request",
        refresh_s: 5,
        nextcloud: HOSTILE,
        cancel: None,
        user_agent: HOSTILE,
        form_target: TARGET,
    }
}

fn form_post(form_target: Option<&'static str>) -> FormPost<'static> {
    FormPost {
        action: "https://app.example.com/back",
        client: HOSTILE,
        fields: &[("code", "ncc_1"), ("state", HOSTILE)],
        nonce: "n0nce",
        form_target,
    }
}

fn passkeys<'a>(passkeys: &'a [PasskeyEntry<'a>]) -> Passkeys<'a> {
    Passkeys {
        account: HOSTILE,
        server: "cloud.example.org",
        done: None,
        passkeys,
        obstacle: Some(HOSTILE),
        new: "/passkeys/new",
        connected: "/connected",
        csrf: "token",
    }
}

/// The pages that ask the browser for a passkey.
fn asking_for_passkeys() -> [Response; 2] {
    let sign_in = PasskeySignIn {
        status: StatusCode::OK,
        action: "/sign-in/passkey",
        client: Some(HOSTILE),
        server: "cloud.example.org",
        options: HOSTILE,
        password: "/sign-in",
        error: Some(HOSTILE),
        csrf: "token",
        rid: Some("request"),
        form_target: TARGET,
    };
    let new = NewPasskey {
        action: "/passkeys/new",
        account: HOSTILE,
        server: "cloud.example.org",
        options: HOSTILE,
        back: "/passkeys",
        name: HOSTILE,
        error: Some(HOSTILE),
        csrf: "token",
    };
    [sign_in.into_response(), new.into_response()]
}

async fn text(response: Response) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

/// What lies in the page besides the style sheet.
async fn main_part(response: Response) -> String {
    text(response).await.split_once("<main>").unwrap().1.to_owned()
}

fn policy(response: &Response) -> &str {
    response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap()
}

#[tokio::test]
async fn a22_names_from_outside_are_escaped_on_every_page() {
    for page in pages() {
        let html = text(page).await;
        assert!(!html.contains("<script"), "{html}");
        assert!(
            html.contains("&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#38;"),
            "{html}"
        );
    }
}

#[tokio::test]
async fn every_page_is_never_stored_framed_or_referred_to_and_says_its_language() {
    for page in pages() {
        let headers = page.headers();
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(headers[header::REFERRER_POLICY], "same-origin");
        assert_eq!(headers[header::X_FRAME_OPTIONS], "DENY");
        assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert!(text(page).await.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    }
}

#[test]
fn the_policy_lets_a_form_lead_to_the_redirect_uri_and_to_no_other_place() {
    let style = Policy::default().header().unwrap();
    let style = style
        .split(['\'', ';'])
        .find(|part| part.starts_with("sha256-"))
        .unwrap();
    let expected = |target: &str, script: &str| {
        format!(
            "default-src 'none'; style-src '{style}'; img-src data:; script-src {script}; base-uri 'none'; \
             frame-ancestors 'none'; form-action 'self'{target}"
        )
    };
    let target = " https://app.example.com";
    assert_eq!(policy(&sign_in(None).into_response()), expected(target, "'none'"));
    assert_eq!(policy(&second_factor(None).into_response()), expected(target, "'none'"));
    assert_eq!(policy(&consent(&[]).into_response()), expected(target, "'none'"));
    assert_eq!(policy(&waiting().into_response()), expected(target, "'none'"));
    assert_eq!(policy(&connected_apps(&[]).into_response()), expected("", "'none'"));
    assert_eq!(
        policy(&form_post(TARGET).into_response()),
        expected(target, "'nonce-n0nce'")
    );
}

#[test]
fn a_page_whose_policy_would_say_more_is_not_shown() {
    let mut page = consent(&[]);
    page.form_target = Some("https://app.example.com; script-src 'unsafe-inline'");
    assert_eq!(page.into_response().status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        form_post(Some("*")).into_response().status(),
        StatusCode::INTERNAL_SERVER_ERROR
    );
}

#[tokio::test]
async fn the_form_post_page_has_one_script_and_a_button_for_browsers_without() {
    let html = text(form_post(TARGET).into_response()).await;
    assert_eq!(html.matches("<script").count(), 1, "{html}");
    assert!(
        html.contains("<script nonce=\"n0nce\">document.forms[0].submit()</script>"),
        "{html}"
    );
    assert!(html.contains("<noscript><button type=\"submit\">"), "{html}");
    assert!(html.contains("name=\"code\" value=\"ncc_1\""), "{html}");
    assert!(html.contains("name=\"state\" value=\"&#60;script&#62;"), "{html}");
}

#[tokio::test]
async fn pages_that_ask_for_a_passkey_have_one_script_of_which_the_policy_has_the_hash() {
    for page in asking_for_passkeys() {
        let policy = policy(&page).to_owned();
        let html = text(page).await;
        assert_eq!(html.matches("<script").count(), 1, "{html}");
        let script = html
            .split_once("<script>")
            .unwrap()
            .1
            .split_once("</script>")
            .unwrap()
            .0;
        let hash = BASE64_STANDARD.encode(Sha256::digest(script));
        assert!(policy.contains(&format!("; script-src 'sha256-{hash}'; ")), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("nonce"), "{policy}");
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        let without = html
            .split_once("<noscript>")
            .unwrap()
            .1
            .split_once("</noscript>")
            .unwrap()
            .0;
        assert!(without.contains("needs a script"), "{without}");
        // What comes from outside stays text, in the options too.
        assert!(html.contains("data-options=\"&#60;script&#62;alert(1)"), "{html}");
    }
}

#[tokio::test]
async fn an_error_is_announced_and_tied_to_its_field() {
    for page in [
        sign_in(Some("wrong")).into_response(),
        second_factor(Some("wrong")).into_response(),
    ] {
        let html = text(page).await;
        assert!(
            html.contains("<p class=\"error\" id=\"error\" role=\"alert\">wrong</p>"),
            "{html}"
        );
        assert!(html.contains("aria-describedby=\"error"), "{html}");
        assert!(html.contains("aria-invalid=\"true\""), "{html}");
        assert!(html.contains("<title>Error: "), "{html}");
    }
}

#[tokio::test]
async fn the_second_factor_may_be_filled_in_by_the_device() {
    let html = main_part(second_factor(None).into_response()).await;
    assert!(
        html.contains("inputmode=\"numeric\" autocomplete=\"one-time-code\""),
        "{html}"
    );
    assert!(!html.contains("aria-invalid"), "{html}");
}

#[tokio::test]
async fn consent_shows_changes_and_staying_connected_apart_and_locks_openid() {
    let scopes = [
        ("notes:read", true),
        ("openid", true),
        ("files:write", false),
        ("custom", true),
        ("offline_access", true),
    ]
    .map(|(name, checked)| ScopeChoice { name, checked });
    let html = text(consent(&scopes).into_response()).await;
    let groups: Vec<_> = html.split("<fieldset").skip(1).collect();
    assert_eq!(groups.len(), 3, "{html}");
    let has = |group: usize, what: &str| assert!(groups[group].contains(what), "{what} in {}", groups[group]);
    has(0, "<legend>May see</legend>");
    has(0, "value=\"openid\" checked disabled>");
    has(0, "<input type=\"hidden\" name=\"scope\" value=\"openid\">");
    has(0, "value=\"notes:read\" checked><span>Read notes<");
    has(0, "<code>custom</code>");
    assert!(groups[0].find("openid") < groups[0].find("notes:read"), "{}", groups[0]);
    has(1, "<legend>May change</legend>");
    has(1, "value=\"files:write\"><span>Create, change, move and delete files<");
    has(2, "<legend>Stay connected</legend>");
    has(2, "value=\"offline_access\" checked>");
    assert!(html.contains("formaction=\"/consent/deny\""), "{html}");
    assert!(html.contains("self-registered, unverified"), "{html}");
    assert!(!html.contains("program on this device"), "{html}");
}

#[tokio::test]
async fn consent_warns_of_programs_on_this_device() {
    let page = Consent {
        is_loopback: true,
        ..consent(&[])
    };
    assert!(text(page.into_response()).await.contains("program on this device"));
}

#[tokio::test]
async fn connected_apps_show_first_who_the_person_is() {
    let names = [
        "email",
        "notes:read",
        "notes:write",
        "offline_access",
        "openid",
        "profile",
    ];
    let scopes = names.map(|name| ScopeChoice { name, checked: true });
    let html = main_part(connected_apps(&[connected_app(&scopes)]).into_response()).await;
    let mut places = Vec::new();
    for name in [
        "openid",
        "profile",
        "email",
        "notes:read",
        "notes:write",
        "offline_access",
    ] {
        places.push(html.find(&format!("type=\"checkbox\" name=\"scope\" value=\"{name}\"")));
    }
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{places:?} {html}"
    );
}

#[tokio::test]
async fn without_the_right_to_change_scopes_connected_apps_only_list_them() {
    let scopes = [("notes:read", true), ("notes:write", false)].map(|(name, checked)| ScopeChoice { name, checked });
    let apps = [ConnectedApp {
        action_narrow: None,
        ..connected_app(&scopes)
    }];
    let html = main_part(connected_apps(&apps).into_response()).await;
    assert!(html.contains("<li>Read notes</li>"), "{html}");
    assert!(!html.contains("delete notes"), "{html}");
    assert!(!html.contains("checkbox"), "{html}");
    assert!(html.contains("action=\"/revoke\""), "{html}");
    assert!(
        text(connected_apps(&[]).into_response())
            .await
            .contains("No app is connected")
    );
}

#[test]
fn the_waiting_page_asks_again_by_itself() {
    assert_eq!(
        waiting().into_response().headers()[header::REFRESH],
        "5; url=/oauth/signin/wait?rid=request"
    );
}
