//! Passkeys: made on a page, and good for a sign-in only as `WebAuthn` says.

mod person;

use nc_auth::UserId;
use nc_cloud::accounts::{KeptPasskey, MAX_PASSKEYS, NewPasskey};
use nc_testkit::{
    authenticator::Authenticator,
    browser::{Browser, Form},
    cloud_app::{CloudApp, Format},
};
use serde_json::json;
use time::Duration;

use person::{NEW, PASSKEYS, Person, filled, options, unescaped};

/// The start of what is said about every answer that is worth nothing.
const REFUSED: &str = "This passkey cannot be used here.";
const LATE: &str = "That took too long";

#[tokio::test]
async fn a_passkey_is_made_and_signs_in_as_two_factors() {
    let app = CloudApp::boot_with_host_name().await;
    let mut person = Person::with_passkey(&app, &app.alice, "Laptop").await;
    assert_eq!(app.cloud.list_passkeys(&UserId::new("alice")).await.unwrap().len(), 1);
    for is_synced in [false, true] {
        if is_synced {
            person = Person::new(&app, &app.bob);
            person.key.is_synced = true;
            person.register("Phone").await;
        }
        app.clock.advance(Duration::minutes(1));
        let mut other = Browser::new(&app);
        let (page, verifier) = person::page(&mut other, &[("max_age", "30")]).await;
        let claims = person::finish(&mut other, person.sign(&page), &verifier).await;
        let key = if is_synced { "swk" } else { "hwk" };
        assert_eq!(claims["amr"], json!([key, "user", "mfa"]));
        assert_eq!(claims["acr"], "2");
        assert_eq!(claims["auth_time"], app.clock.now().unix_timestamp());
        let subject = app.provider.subject(&UserId::new(person.user.name)).await;
        assert_eq!(claims["sub"], subject.unwrap());
        // The session is good for the next request, and the list tells of it.
        let list = other.open("GET", PASSKEYS, None).await.text;
        assert!(list.contains("Last used") && !list.contains("never"), "{list}");
    }
    let of_bob = app.cloud.list_passkeys(&UserId::new("bob")).await.unwrap();
    assert_eq!(of_bob[0].last_used_at, Some(app.clock.now().unix_timestamp()));
}

#[tokio::test]
async fn only_the_pages_that_ask_for_a_passkey_have_a_script_and_exactly_that_one() {
    let app = CloudApp::boot_with_host_name().await;
    let person = Person::with_passkey(&app, &app.alice, "Laptop").await;
    let mut browser = Browser::new(&app);
    let (address, _) = browser.authorization(&app.client(Format::Jwt).await, &[("scope", "openid")]);
    let sign_in = browser.open("GET", &address, None).await;
    let asking = browser.open("GET", &person::link(&sign_in.text), None).await;
    let mut own = person.browser;
    let list = own.open("GET", PASSKEYS, None).await;
    let new = own.open("GET", NEW, None).await;
    let policy = |reply: &nc_testkit::app::Reply| reply.headers["content-security-policy"].to_str().unwrap().to_owned();
    for page in [&sign_in, &list] {
        assert!(
            policy(page).contains("; script-src 'none'; ") && !page.text.contains("<script"),
            "{}",
            page.text
        );
    }
    for page in [&asking, &new] {
        let policy = policy(page);
        let (_, scripts) = policy.split_once("; script-src ").unwrap();
        let scripts = scripts.split_once(';').unwrap().0;
        assert!(scripts.starts_with("'sha256-") && !scripts.contains(' '), "{policy}");
        assert!(
            policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(page.text.matches("<script").count(), 1);
        assert!(page.text.contains("<noscript>"), "{}", page.text);
    }
    // The way back to the password is there, for the same request.
    assert!(asking.text.contains("/apps/oidc/signin?rid="), "{}", asking.text);
}

#[tokio::test]
async fn an_answer_is_good_once() {
    let app = CloudApp::boot_with_host_name().await;
    let mut person = Person::with_passkey(&app, &app.alice, "Laptop").await;
    person.key.counter = 7;
    let mut browser = Browser::new(&app);
    let (page, _) = person::page(&mut browser, &[]).await;
    let answer = person.sign(&page);
    let consent = browser.open("POST", &answer.action, Some(&answer.fields)).await;
    assert!(consent.text.contains("Allow"), "{}", consent.text);
    // The same post again, and the same answer to another challenge.
    let again = browser.open("POST", &answer.action, Some(&answer.fields)).await;
    assert!(again.status == 403 && again.text.contains(LATE), "{}", again.text);
    let credential = answer
        .fields
        .iter()
        .find(|(name, _)| name == "credential")
        .unwrap()
        .1
        .clone();
    let later = filled(&again.text, &credential);
    let later = browser.open("POST", &later.action, Some(&later.fields)).await;
    assert!(later.status == 403 && later.text.contains(REFUSED), "{}", later.text);
}

#[tokio::test]
async fn an_answer_for_another_place_of_another_person_or_without_the_person_is_refused() {
    let app = CloudApp::boot_with_host_name().await;
    let bob = Person::with_passkey(&app, &app.bob, "Laptop").await;
    let person = Person::with_passkey(&app, &app.alice, "Laptop").await;
    let (origin, rp_id, handle) = (
        person.key.origin.clone(),
        person.key.rp_id.clone(),
        person.key.handle.clone(),
    );
    let mut person = person;
    let wrongs: [fn(&mut Authenticator, &Authenticator); 8] = [
        |key, _| key.origin = "https://evil.example".to_owned(),
        |key, _| key.origin = "http://localhost:1".to_owned(),
        |key, _| key.origin = key.origin.replace("http://localhost", "http://evil.localhost"),
        |key, _| key.rp_id = "evil.example".to_owned(),
        |key, _| key.verifies = false,
        |key, _| key.is_synced = true,
        |key, bob| key.handle.clone_from(&bob.handle),
        |key, bob| key.credential_id.clone_from(&bob.credential_id),
    ];
    for (index, wrong) in wrongs.into_iter().enumerate() {
        let id = person.key.credential_id.clone();
        wrong(&mut person.key, &bob.key);
        let mut browser = Browser::new(&app);
        let (page, _) = person::page(&mut browser, &[]).await;
        let answer = person.sign(&page);
        let reply = browser.open("POST", &answer.action, Some(&answer.fields)).await;
        assert!(
            reply.status == 403 && reply.text.contains(REFUSED),
            "{index}: {}",
            reply.text
        );
        app.clock.advance(Duration::minutes(2));
        person.key.origin.clone_from(&origin);
        person.key.rp_id.clone_from(&rp_id);
        person.key.handle.clone_from(&handle);
        person.key.credential_id = id;
        (person.key.verifies, person.key.is_synced) = (true, false);
    }
    let mut browser = Browser::new(&app);
    for nonsense in [
        "",
        "{}",
        "null",
        r#"{"id":"AA","rawId":"AA","type":"public-key","response":{}}"#,
    ] {
        let (page, _) = person::page(&mut browser, &[]).await;
        let form = filled(&page, nonsense);
        let reply = browser.open("POST", &form.action, Some(&form.fields)).await;
        assert!(
            reply.status == 403 && reply.text.contains(REFUSED),
            "{nonsense}: {}",
            reply.text
        );
    }
    let (page, verifier) = person::page(&mut browser, &[]).await;
    person::finish(&mut browser, person.sign(&page), &verifier).await;
}

#[tokio::test]
async fn a_new_passkey_for_another_place_or_without_the_person_is_refused() {
    let app = CloudApp::boot_with_host_name().await;
    let wrongs: [fn(&mut Authenticator); 3] = [
        |key| key.origin = "https://evil.example".to_owned(),
        |key| key.rp_id = "evil.example".to_owned(),
        |key| key.verifies = false,
    ];
    for wrong in wrongs {
        let mut person = Person::new(&app, &app.alice);
        wrong(&mut person.key);
        let reply = person.register("Laptop").await;
        assert!(reply.status == 400 && reply.text.contains(REFUSED), "{}", reply.text);
    }
    assert!(app.cloud.list_passkeys(&UserId::new("alice")).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_challenge_is_of_one_browser_and_one_request_for_five_minutes() {
    let app = CloudApp::boot_with_host_name().await;
    let person = Person::with_passkey(&app, &app.alice, "Laptop").await;
    let (mut one, mut other) = (Browser::new(&app), Browser::new(&app));
    let (first, _) = person::page(&mut one, &[]).await;
    let (second, _) = person::page(&mut one, &[]).await;
    let (foreign, _) = person::page(&mut other, &[]).await;
    // The answer to one challenge in the form of another one.
    for (page, browser) in [(&second, &mut one), (&foreign, &mut other)] {
        let form = filled(page, &person.key.sign(&options(&first)).to_string());
        let reply = browser.open("POST", &form.action, Some(&form.fields)).await;
        assert!(reply.status == 403 && reply.text.contains(REFUSED), "{}", reply.text);
    }
    // A form of one browser in another one.
    let answer = person.sign(&first);
    let reply = other.open("POST", &answer.action, Some(&answer.fields)).await;
    assert!(
        reply.status == 403 && reply.text.contains("cannot be used"),
        "{}",
        reply.text
    );
    // Without the token of the form.
    let mut forged = person.sign(&first);
    forged.fields.retain(|(name, _)| name != "csrf");
    assert_eq!(one.open("POST", &forged.action, Some(&forged.fields)).await.status, 403);
    app.clock.advance(Duration::minutes(5));
    let late = one.open("POST", &answer.action, Some(&answer.fields)).await;
    assert!(late.status == 403 && late.text.contains(LATE), "{}", late.text);
    let answer = person.sign(&late.text);
    let reply = one.open("POST", &answer.action, Some(&answer.fields)).await;
    assert!(reply.text.contains("Allow"), "{}", reply.text);
}

#[tokio::test]
async fn removed_and_unknown_passkeys_and_those_of_disabled_and_deleted_accounts_look_the_same() {
    let app = CloudApp::boot_with_host_name().await;
    let alice = Person::with_passkey(&app, &app.alice, "Laptop").await;
    let bob = Person::with_passkey(&app, &app.bob, "Laptop").await;
    let root = Person::with_passkey(&app, &app.root, "Laptop").await;
    let mut unknown = Person::new(&app, &app.alice);
    unknown.key.handle.clone_from(&alice.key.handle);
    let mut own = alice.browser;
    let list = own.open("GET", PASSKEYS, None).await.text;
    let form = Form::find(&list);
    let mut forged = form.fields.clone();
    forged.retain(|(name, _)| name != "csrf");
    assert_eq!(own.open("POST", &form.action, Some(&forged)).await.status, 403);
    // Nobody removes what is another one's.
    let mut thief = bob.browser;
    let theirs = Form::find(&thief.open("GET", PASSKEYS, None).await.text);
    assert_eq!(thief.open("POST", &form.action, Some(&theirs.fields)).await.status, 404);
    let reply = own.open("POST", &form.action, Some(&form.fields)).await;
    assert!(
        reply.text.contains("Removed.") && reply.text.contains("There is none yet"),
        "{}",
        reply.text
    );
    app.cloud.set_enabled(&UserId::new("bob"), false).await.unwrap();
    let mut write = app.cloud.db().write().await.unwrap();
    let deleted = sqlx::query("DELETE FROM accounts WHERE id = 'root'")
        .execute(&mut *write)
        .await;
    assert_eq!(deleted.unwrap().rows_affected(), 1);
    write.commit().await.unwrap();
    let mut said = Vec::new();
    for key in [&unknown.key, &alice.key, &bob.key, &root.key] {
        let mut browser = Browser::new(&app);
        let (page, _) = person::page(&mut browser, &[]).await;
        let form = filled(&page, &key.sign(&options(&page)).to_string());
        let reply = browser.open("POST", &form.action, Some(&form.fields)).await;
        assert_eq!(reply.status, 403);
        let (_, text) = reply.text.split_once("role=\"alert\">").unwrap();
        said.push(text.split('<').next().unwrap().to_owned());
    }
    assert!(
        said.iter().all(|text| text.starts_with(REFUSED) && *text == said[0]),
        "{said:?}"
    );
    app.cloud.set_enabled(&UserId::new("bob"), true).await.unwrap();
    let mut browser = Browser::new(&app);
    let (page, verifier) = person::page(&mut browser, &[]).await;
    let form = filled(&page, &bob.key.sign(&options(&page)).to_string());
    person::finish(&mut browser, form, &verifier).await;
}

#[tokio::test]
async fn a_counter_that_goes_back_is_refused_and_told_to_the_audit_log() {
    let app = CloudApp::boot_with_host_name().await;
    let mut person = Person::new(&app, &app.alice);
    person.key.counter = 5;
    person.register("Key ring").await;
    for (counter, is_good) in [(6, true), (6, false), (5, false), (0, false), (7, true)] {
        person.key.counter = counter;
        let mut browser = Browser::new(&app);
        let (page, _) = person::page(&mut browser, &[]).await;
        let answer = person.sign(&page);
        let reply = browser.open("POST", &answer.action, Some(&answer.fields)).await;
        assert_eq!(reply.text.contains("Allow"), is_good, "{counter}: {}", reply.text);
        assert_eq!(reply.text.contains(REFUSED), !is_good, "{counter}");
    }
    let log = app.provider.store().list_audit(100).await.unwrap();
    let told = |what: &str| log.iter().filter(|entry| entry.document.contains(what)).count();
    assert_eq!([told("counter went back"), told("\"added\"")], [3, 1]);
}

#[tokio::test]
async fn a_credential_is_registered_once_and_an_account_has_twenty_at_most() {
    let app = CloudApp::boot_with_host_name().await;
    let mut alice = Person::with_passkey(&app, &app.alice, "Laptop").await;
    let reply = alice.register("Again").await;
    assert!(reply.text.contains("registered already"), "{}", reply.text);
    let mut bob = Person::new(&app, &app.bob);
    std::mem::swap(&mut bob.key, &mut alice.key);
    let reply = bob.register("Stolen").await;
    assert!(reply.text.contains("registered already"), "{}", reply.text);
    assert!(app.cloud.list_passkeys(&UserId::new("bob")).await.unwrap().is_empty());
    let user = UserId::new("alice");
    for number in 1..=MAX_PASSKEYS {
        let new = NewPasskey {
            user: &user,
            credential_id: &number.to_be_bytes(),
            name: "\u{202e} ",
            credential: "{}",
        };
        let expected = if number < MAX_PASSKEYS {
            KeptPasskey::Kept
        } else {
            KeptPasskey::TooMany
        };
        assert_eq!(app.cloud.add_passkey(&new).await.unwrap(), expected, "{number}");
    }
    // A name of nothing that can be seen is none.
    assert_eq!(app.cloud.list_passkeys(&user).await.unwrap()[1].name, "Passkey");
    let page = alice.browser.open("GET", NEW, None).await.text;
    assert!(
        page.contains("may have 20 passkeys") && !page.contains("data-options"),
        "{page}"
    );
}

#[tokio::test]
async fn passkeys_are_added_and_removed_only_soon_after_a_sign_in() {
    let app = CloudApp::boot_with_host_name().await;
    let mut person = Person::with_passkey(&app, &app.alice, "Laptop").await;
    let list = person.browser.open("GET", PASSKEYS, None).await.text;
    let new = person.browser.open("GET", NEW, None).await.text;
    app.clock.advance(Duration::seconds(300));
    for (form, address) in [(Form::find(&list), PASSKEYS), (Form::find(&new), NEW)] {
        let asked = person.browser.open("POST", &form.action, Some(&form.fields)).await;
        assert!(asked.text.contains(r#"name="password""#), "{address}: {}", asked.text);
    }
    assert!(
        person
            .browser
            .open("GET", NEW, None)
            .await
            .text
            .contains(r#"name="password""#)
    );
    assert_eq!(app.cloud.list_passkeys(&UserId::new("alice")).await.unwrap().len(), 1);
    // A passkey is a sign-in as well, and leads back to the page that was wanted.
    let sign_in = person.browser.open("GET", NEW, None).await;
    let page = person.browser.open("GET", &person::link(&sign_in.text), None).await;
    let answer = person.sign(&page.text);
    let back = person.browser.open("POST", &answer.action, Some(&answer.fields)).await;
    assert!(back.text.contains("<h1>Add a passkey</h1>"), "{}", back.text);
    // What this browser has already is not made again.
    let known = &options(&back.text)["excludeCredentials"];
    assert_eq!(known.as_array().map(Vec::len), Some(1), "{known}");
}

#[tokio::test]
async fn an_authenticator_is_asked_for_a_key_that_names_the_account_itself_and_verifies() {
    let app = CloudApp::boot_with_host_name().await;
    let mut person = Person::new(&app, &app.alice);
    let page = person.new_page().await;
    let asked = options(&page);
    assert_eq!(asked["rp"]["id"], "localhost");
    assert_eq!(asked["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(asked["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(asked["attestation"], "none");
    let (page, _) = person::page(&mut Browser::new(&app), &[]).await;
    let asked = options(&page);
    assert_eq!(
        (&asked["rpId"], &asked["userVerification"]),
        (&json!("localhost"), &json!("required"))
    );
    assert_eq!(asked["allowCredentials"], json!([]));
}

#[tokio::test]
async fn wrong_answers_make_the_next_one_wait() {
    let app = CloudApp::boot_with_host_name().await;
    let mut person = Person::with_passkey(&app, &app.alice, "Laptop").await;
    let mut browser = Browser::new(&app);
    let mut last = 0;
    for attempt in 0..6 {
        // The sixth is right, and comes too soon.
        person.key.verifies = attempt == 5;
        let (page, _) = person::page(&mut browser, &[]).await;
        let answer = person.sign(&page);
        let reply = browser.open("POST", &answer.action, Some(&answer.fields)).await;
        last = reply.status.as_u16();
        assert_eq!(last, if attempt == 5 { 429 } else { 403 }, "{}", reply.text);
    }
    assert_eq!(last, 429);
    app.clock.advance(Duration::minutes(2));
    let (page, verifier) = person::page(&mut browser, &[]).await;
    person::finish(&mut browser, person.sign(&page), &verifier).await;
}

#[tokio::test]
async fn where_the_server_has_no_host_name_nothing_is_offered() {
    let app = CloudApp::boot().await;
    let mut browser = Browser::new(&app);
    let (address, _) = browser.authorization(&app.client(Format::Jwt).await, &[("scope", "openid")]);
    let page = browser.open("GET", &address, None).await.text;
    assert!(!page.contains("passkey"), "{page}");
    let mut person = Person::new(&app, &app.alice);
    for address in ["/apps/oidc/signin/passkey", NEW] {
        let reply = person.browser.open("GET", address, None).await;
        assert!(
            reply.status == 404 && reply.text.contains("need an address with a host name"),
            "{}",
            reply.text
        );
    }
    let list = person.sign_in(PASSKEYS).await;
    assert!(unescaped(&list).contains("need an address with a host name"), "{list}");
    assert!(!list.contains(NEW), "{list}");
}
