//! Invitations between two clouds as people live them: by the pages, in a browser without scripts.

mod other;

use nc_testkit::{
    app::Reply,
    browser::Form,
    cloud_app::CloudApp,
    site::Site,
    tab::{Page, Tab},
};
use reqwest::StatusCode;
use serde_json::Value;
use time::OffsetDateTime;
use url::Url;

use other::Other;

const ACCEPT: &str = "/apps/ocm/accept";
const LIST: &str = "/apps/ocm/invitations";
const CONNECTED: &str = "/apps/oidc/connected";
/// Not let through by the guard: for sites that are no trial.
const GUARDED: (&str, &str) = ("OCM_ALLOW_PRIVATE", "false");

fn clock() -> nc_proto::clock::Clock {
    nc_proto::clock::Clock::manual(OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("a time"))
}

async fn site(settings: &[(&str, &str)]) -> Site {
    Site::boot(&clock(), settings).await
}

/// A browser in which somebody has signed in to see a page, and the page.
async fn signed_in(site: &Site, name: &'static str, path: &str) -> (Tab, Page) {
    let mut tab = Tab::new();
    let sign_in = tab.open("GET", &format!("{}{path}", site.url), None).await;
    assert_eq!(sign_in.at.path(), "/apps/oidc/signin");
    let page = tab.submit(&sign_in, &site.person(name)).await;
    assert_eq!(page.reply.status, StatusCode::OK, "{}", page.reply.text);
    (tab, page)
}

/// The fields of the first form of a page, with another one.
fn fields(page: &Page, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields = Form::find(&page.reply.text).fields;
    fields.extend(
        more.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    fields
}

async fn post(tab: &mut Tab, page: &Page, more: &[(&str, &str)]) -> Page {
    let action = Form::find(&page.reply.text).action;
    tab.open("POST", &action, Some(&fields(page, more))).await
}

/// Makes an invitation on the page about them.
async fn make(tab: &mut Tab, page: &Page) -> String {
    let made = post(tab, page, &[]).await.reply.text;
    let area = made.split_once("<textarea").and_then(|(_, rest)| rest.split_once('>'));
    let text = area.and_then(|(_, rest)| rest.split_once("</textarea>"));
    text.unwrap_or_else(|| panic!("no invitation: {made}")).0.to_owned()
}

/// An invitation of somebody there, made by the page.
async fn invitation(site: &Site, name: &'static str) -> String {
    let (mut tab, page) = signed_in(site, name, LIST).await;
    make(&mut tab, &page).await
}

fn link(token: &str, provider: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("token", token)
        .append_pair("providerDomain", provider);
    format!("{ACCEPT}?{}", query.finish())
}

fn host(site: &Site) -> &str {
    site.url.split_once("//").expect("a scheme").1
}

/// What is between the tags of the page, in one line.
fn words(reply: &Reply) -> String {
    let main = reply.text.split_once("<main>").expect("a page").1;
    let mut words = String::new();
    for piece in main.split('<') {
        words.push_str(piece.split_once('>').map_or(piece, |(_, text)| text));
        words.push(' ');
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_become_contacts_of_each_other_by_their_pages() {
    let (a, b) = (site(&[]).await, site(&[]).await);
    let (mut alice, list) = signed_in(&a, "alice", LIST).await;
    assert!(words(&list.reply).contains("Nobody yet"), "{}", list.reply.text);
    let text = make(&mut alice, &list).await;

    let (mut bob, paste) = signed_in(&b, "bob", ACCEPT).await;
    let question = post(&mut bob, &paste, &[("invitation", &format!("  {text}\n"))]).await;
    let told = words(&question.reply);
    assert!(told.contains(&format!("Somebody on {} wants", host(&a))), "{told}");
    assert!(told.contains("User name bob Name bob Email none"), "{told}");
    let done = post(&mut bob, &question, &[("decision", "accept")]).await;
    assert_eq!(done.reply.status, StatusCode::OK);
    let told = words(&done.reply);
    assert!(told.contains("alice is now among your contacts"), "{told}");
    assert!(told.contains(&format!("alice@{}", host(&a))), "{told}");

    for (tab, at, other, name) in [(&mut alice, &a, &b, "bob"), (&mut bob, &b, &a, "alice")] {
        let list = tab.open("GET", &format!("{}{LIST}", at.url), None).await;
        let told = words(&list.reply);
        assert!(told.contains(&format!("{name} , {name}@{}", host(other))), "{told}");
        assert!(!list.reply.text.contains(&text), "an invitation is shown once");
    }
    // It counts once, whoever comes.
    let (mut carol, paste) = signed_in(&b, "carol", ACCEPT).await;
    let question = post(&mut carol, &paste, &[("invitation", &text)]).await;
    let refused = post(&mut carol, &question, &[("decision", "accept")]).await;
    assert_eq!(refused.reply.status, StatusCode::BAD_REQUEST);
    let told = words(&refused.reply);
    assert!(
        told.contains("This invitation was taken already; ask for another one."),
        "{told}"
    );
    let list = carol.open("GET", &format!("{}{LIST}", b.url), None).await;
    assert!(words(&list.reply).contains("Nobody yet"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_the_announced_page_leads_through_the_sign_in_to_the_question() {
    let (a, b) = (site(&[]).await, site(&[]).await);
    let document: Value = b
        .anonymous("GET", "/.well-known/ocm")
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let dialog = document["inviteAcceptDialog"].as_str().expect("announced");
    assert_eq!(dialog, format!("{}{ACCEPT}", b.url));
    let text = invitation(&a, "alice").await;
    let invite = nc_proto::ocm::InviteToken::parse(&text).expect("an invitation");
    let token = secrecy::ExposeSecret::expose_secret(&invite.token).to_owned();
    for prefix in ["", "/index.php"] {
        let (mut bob, question) = signed_in(&b, "bob", &format!("{prefix}{}", link(&token, &a.url))).await;
        assert!(words(&question.reply).contains(host(&a)), "{}", question.reply.text);
        // Who was signed in to see it has left the secret of the link nowhere in the data.
        for file in files(&b.cloud.config().data_dir) {
            let bytes = std::fs::read(&file).unwrap_or_default();
            let holds = bytes.windows(token.len()).any(|window| window == token.as_bytes());
            assert!(!holds, "{}", file.display());
        }
        let cancelled = post(&mut bob, &question, &[("decision", "cancel")]).await;
        assert_eq!(cancelled.at.path(), LIST);
        assert!(words(&cancelled.reply).contains("Nobody yet"));
    }
    let (mut bob, question) = signed_in(&b, "bob", &link(&token, host(&a))).await;
    let done = post(&mut bob, &question, &[("decision", "accept")]).await;
    assert!(
        words(&done.reply).contains("alice is now among your contacts"),
        "{}",
        done.reply.text
    );
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_before_the_one_who_is_asked_says_so() {
    let other = Other::start(StatusCode::OK, "Eve").await;
    let here = site(&[]).await;
    let path = link("t0ken", &other.host);
    let stranger = Tab::new().open("GET", &format!("{}{path}", here.url), None).await;
    assert_eq!(stranger.at.path(), "/apps/oidc/signin");
    let (mut bob, question) = signed_in(&here, "bob", &path).await;
    let (mut carol, of_carol) = signed_in(&here, "carol", &path).await;
    let good = fields(&question, &[("decision", "accept")]);
    let action = Url::parse(&Form::find(&question.reply.text).action).expect("an address");

    // Without a session: to the sign-in.
    let nobody = Tab::new().open("POST", action.as_str(), Some(&good)).await;
    assert_eq!(nobody.at.path(), "/apps/oidc/signin");
    let with_token = |token: Option<&str>| {
        let mut form: Vec<_> = good.iter().filter(|(name, _)| name != "csrf").cloned().collect();
        form.extend(token.map(|token| ("csrf".to_owned(), token.to_owned())));
        form
    };
    let of = |page: &Page| {
        fields(page, &[])
            .into_iter()
            .find(|(name, _)| name == "csrf")
            .expect("a token")
            .1
    };
    for token in [None, Some(""), Some("0"), Some(of(&of_carol).as_str())] {
        let refused = bob.step("POST", &action, Some(&with_token(token))).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{token:?}");
    }
    let mut twice = good.clone();
    twice.push(("csrf".to_owned(), of(&question)));
    assert_eq!(
        bob.step("POST", &action, Some(&twice)).await.status,
        StatusCode::FORBIDDEN
    );
    // The form of the first person, in the browser of the second one.
    let refused = carol.step("POST", &action, Some(&good)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    // From another site, whose browser says so.
    let cookies = bob.cookies.iter().map(|(name, value)| format!("{name}={value}"));
    let forged = here
        .anonymous("POST", ACCEPT)
        .header("cookie", cookies.collect::<Vec<_>>().join("; "))
        .header("origin", "https://evil.example")
        .form(&good);
    assert_eq!(forged.send().await.expect("an answer").status(), StatusCode::FORBIDDEN);
    // In the same browser, after somebody else has signed in.
    let mut shared = Tab::new();
    shared.cookies.clone_from(&bob.cookies);
    let sign_in = shared
        .open("GET", &format!("{}/apps/oidc/signin", here.url), None)
        .await;
    shared.submit(&sign_in, &here.person("carol")).await;
    let refused = shared.step("POST", &action, Some(&good)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(other.requests(), 0);

    // The session of bob ended when carol signed in with his browser; his own form in a session of his own works.
    let (mut bob, question) = signed_in(&here, "bob", &path).await;
    let done = post(&mut bob, &question, &[("decision", "accept")]).await;
    assert_eq!(done.reply.status, StatusCode::OK, "{}", done.reply.text);
    let sent = other.accepted();
    assert_eq!(sent.len(), 1);
    let told = [&sent[0]["token"], &sent[0]["userID"], &sent[0]["name"]];
    assert_eq!(told, ["t0ken", "bob", "bob"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ocm_n091_hostile_servers_of_an_invitation_are_refused_without_a_connection() {
    let other = Other::start(StatusCode::OK, "Eve").await;
    let here = site(&[GUARDED]).await;
    let port = other.host.rsplit_once(':').expect("a port").1;
    let (mut bob, _) = signed_in(&here, "bob", ACCEPT).await;
    for provider in [
        format!("user@127.0.0.1:{port}"),
        format!("https://user:pw@127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}/x"),
        format!("127.0.0.1:{port}?x"),
        format!("public.example#@127.0.0.1:{port}"),
        "file:///etc/passwd".to_owned(),
        "gopher://127.0.0.1".to_owned(),
        "localhost.".to_owned(),
        String::new(),
    ] {
        let page = bob
            .open("GET", &format!("{}{}", here.url, link("t", &provider)), None)
            .await;
        assert_eq!(page.reply.status, StatusCode::BAD_REQUEST, "{provider}");
        assert!(words(&page.reply).contains("This link cannot be used"), "{provider}");
        let text = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("t@{provider}"));
        let paste = bob.open("GET", &format!("{}{ACCEPT}", here.url), None).await;
        let refused = post(&mut bob, &paste, &[("invitation", &text), ("decision", "accept")]).await;
        // What stands before the last `@` is the token; the rest may be a host that is refused later.
        assert_eq!(refused.reply.status, StatusCode::BAD_REQUEST, "{provider}");
        here.clock.advance(time::Duration::seconds(60));
    }
    for name in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ] {
        let path = link("t", &format!("{name}:{port}"));
        let question = bob.open("GET", &format!("{}{path}", here.url), None).await;
        assert_eq!(question.reply.status, StatusCode::OK, "{name}");
        let refused = post(&mut bob, &question, &[("decision", "accept")]).await;
        assert_eq!(refused.reply.status, StatusCode::BAD_REQUEST, "{name}");
        let told = words(&refused.reply);
        assert!(
            told.contains("at an address that is not asked from here."),
            "{name}: {told}"
        );
        here.clock.advance(time::Duration::seconds(60));
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_other_server_refuses_is_told_in_a_sentence() {
    let here = site(&[]).await;
    let (mut bob, _) = signed_in(&here, "bob", ACCEPT).await;
    for (status, wanted) in [
        (
            StatusCode::BAD_REQUEST,
            "does not know this invitation, or its time is over",
        ),
        (
            StatusCode::FORBIDDEN,
            "The other server does not take messages from this one.",
        ),
        (
            StatusCode::CONFLICT,
            "This invitation was taken already; ask for another one.",
        ),
        (
            StatusCode::NOT_IMPLEMENTED,
            "The other server does not take invitations.",
        ),
    ] {
        let other = Other::start(status, "Eve").await;
        let question = bob
            .open("GET", &format!("{}{}", here.url, link("t", &other.host)), None)
            .await;
        let refused = post(&mut bob, &question, &[("decision", "accept")]).await;
        assert_eq!(refused.reply.status, StatusCode::BAD_REQUEST, "{status}");
        assert!(
            words(&refused.reply).contains(wanted),
            "{status}: {}",
            words(&refused.reply)
        );
        assert_eq!(other.accepted().len(), 1);
        here.clock.advance(time::Duration::seconds(60));
    }
    // One that fails, and one that is away, may be asked again with the same form.
    let failing = Other::start(StatusCode::INTERNAL_SERVER_ERROR, "Eve").await;
    for provider in [failing.host.as_str(), "127.0.0.1:1"] {
        let question = bob
            .open("GET", &format!("{}{}", here.url, link("t", provider)), None)
            .await;
        let away = post(&mut bob, &question, &[("decision", "accept")]).await;
        assert_eq!(away.reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(
            words(&away.reply).contains("The other server does not answer"),
            "{}",
            words(&away.reply)
        );
        assert_eq!(
            fields(&away, &[])[1],
            fields(&question, &[])[1],
            "the invitation is still there"
        );
    }
    here.clock.advance(time::Duration::seconds(60));
    let silent = Other::silent().await;
    let question = bob
        .open("GET", &format!("{}{}", here.url, link("t", &silent.host)), None)
        .await;
    let refused = post(&mut bob, &question, &[("decision", "accept")]).await;
    assert!(
        words(&refused.reply).contains("does not speak Open Cloud Mesh."),
        "{}",
        words(&refused.reply)
    );
    // The own invitation, and what is none.
    let own = invitation(&here, "alice").await;
    let paste = bob.open("GET", &format!("{}{ACCEPT}", here.url), None).await;
    for (text, wanted) in [
        (own.as_str(), "This invitation is from this server"),
        ("hello", "This is no invitation."),
    ] {
        let refused = post(&mut bob, &paste, &[("invitation", text), ("decision", "accept")]).await;
        assert_eq!(refused.reply.status, StatusCode::BAD_REQUEST);
        assert!(words(&refused.reply).contains(wanted), "{}", words(&refused.reply));
    }
    let picky = site(&[("OCM_DENY", failing.host.as_str())]).await;
    let (mut bob, question) = signed_in(&picky, "bob", &link("t", &failing.host)).await;
    let asked = failing.connections();
    let refused = post(&mut bob, &question, &[("decision", "accept")]).await;
    assert!(
        words(&refused.reply).contains("are not allowed here."),
        "{}",
        words(&refused.reply)
    );
    assert_eq!(failing.connections(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn ocm_n099_texts_of_the_other_server_are_shown_as_text() {
    let hostile = "<script>alert(1)</script>\u{202e}gnp\"'&";
    let other = Other::start(StatusCode::OK, hostile).await;
    let here = site(&[]).await;
    let (mut bob, question) = signed_in(&here, "bob", &link("<b>\"'&t", &other.host)).await;
    assert!(!question.reply.text.contains("<b>\""), "{}", question.reply.text);
    let done = post(&mut bob, &question, &[("decision", "accept")]).await;
    assert_eq!(
        other.accepted()[0]["token"],
        "<b>\"'&t",
        "and what is sent is what was given"
    );
    let list = bob.open("GET", &format!("{}{LIST}", here.url), None).await;
    for page in [question, done, list] {
        let (text, headers) = (&page.reply.text, &page.reply.headers);
        assert!(!text.contains("<script") && !text.contains('\u{202e}'), "{text}");
        let policy = headers["content-security-policy"].to_str().expect("text");
        assert!(
            policy.contains("script-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert_eq!(
            (&headers["cache-control"], &headers["referrer-policy"]),
            (
                &"no-store".parse().expect("a value"),
                &"same-origin".parse().expect("a value")
            )
        );
        if page.at.path() == LIST || text.contains("Invitation accepted") {
            assert!(text.contains("&#60;script&#62;alert(1)"), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_makes_this_server_ask_others_only_so_often() {
    let here = site(&[]).await;
    let other = Other::start(StatusCode::CONFLICT, "Eve").await;
    let (mut bob, question) = signed_in(&here, "bob", &link("t", &other.host)).await;
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(
            post(&mut bob, &question, &[("decision", "accept")])
                .await
                .reply
                .status
                .as_u16(),
        );
    }
    assert_eq!(statuses, [400, 400, 400, 400, 400, 429, 429]);
    assert_eq!(other.accepted().len(), 5);
    let (mut carol, question) = signed_in(&here, "carol", &link("t", &other.host)).await;
    let of_carol = post(&mut carol, &question, &[("decision", "accept")]).await;
    assert_eq!(of_carol.reply.status, StatusCode::BAD_REQUEST, "each has an own count");
    let refused = post(&mut bob, &question, &[("decision", "accept")]).await;
    assert_eq!(
        refused.reply.status,
        StatusCode::FORBIDDEN,
        "the form of somebody else does not count either"
    );
    // A minute later, and with the own form.
    here.clock.advance(time::Duration::seconds(60));
    let question = bob
        .open("GET", &format!("{}{}", here.url, link("t", &other.host)), None)
        .await;
    let again = post(&mut bob, &question, &[("decision", "accept")]).await;
    assert_eq!(again.reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(other.accepted().len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_makes_so_many_invitations() {
    let here = site(&[]).await;
    let (mut alice, list) = signed_in(&here, "alice", LIST).await;
    let mut made = std::collections::BTreeSet::new();
    for _ in 0..10 {
        made.insert(make(&mut alice, &list).await);
    }
    assert_eq!(made.len(), 10, "each is another one");
    assert_eq!(
        post(&mut alice, &list, &[]).await.reply.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    let mut without: Vec<(String, String)> = fields(&list, &[]);
    without.retain(|(name, _)| name != "csrf");
    let action = Url::parse(&Form::find(&list.reply.text).action).expect("an address");
    here.clock.advance(time::Duration::seconds(60));
    assert_eq!(
        alice.step("POST", &action, Some(&without)).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_are_there_only_where_other_servers_are_spoken_with() {
    let here = site(&[]).await;
    let (_, connected) = signed_in(&here, "alice", CONNECTED).await;
    assert!(
        connected.reply.text.contains(&format!("{}{LIST}", here.url)),
        "{}",
        connected.reply.text
    );
    let alone = CloudApp::boot().await;
    for prefix in ["", "/index.php"] {
        for path in [ACCEPT, LIST] {
            for method in ["GET", "POST"] {
                let address = format!("{}{prefix}{path}", alone.url).parse().expect("an address");
                let reply = Tab::new().step(method, &address, Some(&[])).await;
                assert_eq!(reply.status, StatusCode::NOT_FOUND, "{method} {prefix}{path}");
            }
        }
    }
}
