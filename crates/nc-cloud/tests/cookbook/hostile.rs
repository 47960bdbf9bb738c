//! Imports that try to reach what is not public, and pages that try to hurt. Each is refused in words, and changes nothing.

use std::{net::IpAddr, time::Duration};

use http::StatusCode;
use nc_proto::public_url::Hosts;

use crate::{
    web::{PUBLIC, Reply, Web},
    wire::Wire,
};

const RECIPE: &str = r#"<script type="application/ld+json">{"@type":"Recipe","name":"Taken in"}</script>"#;

/// The refusal of an import, after which there is no recipe.
async fn refused(wire: &Wire, url: &str) -> String {
    let text = wire.import(url).await.refusal(StatusCode::BAD_REQUEST);
    assert!(wire.names().await.is_empty(), "{url}");
    text
}

#[tokio::test]
async fn p143_no_spelling_of_a_private_address_is_asked() {
    let web = Web::start(|_| Reply::html(RECIPE)).await;
    let wire = Wire::with_web(&web).await;
    let port = web.address().port();
    for host in [
        "127.0.0.1",
        "2130706433",
        "0177.0.0.1",
        "0x7f000001",
        "0x7f.1",
        "127.1",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "[fd00::1]",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "localhost",
        "LOCALHOST.",
        "a.localhost",
        "nas",
        "nas.local",
        "nas.lan",
        "metadata.google.internal",
        "１２７.0.0.1",
        "127。0。0。1",
        "user@127.0.0.1",
        "user:password@recipes.example",
        "93.184.215.14",
    ] {
        for url in [format!("http://{host}:{port}/"), format!("https://{host}/")] {
            let text = refused(&wire, &url).await;
            assert!(text.starts_with("The provided URL is not allowed"), "{url}: {text}");
        }
    }
    for url in [
        "file:///etc/passwd",
        "gopher://recipes.example/_x",
        "ftp://recipes.example/",
        "data:text/html,x",
        "//recipes.example/",
        "recipes",
    ] {
        assert!(
            refused(&wire, url).await.starts_with("The provided URL is not allowed"),
            "{url}"
        );
    }
    assert!(web.requests().is_empty());
}

#[tokio::test]
async fn p143_no_name_of_a_private_address_is_asked() {
    let web = Web::start(|_| Reply::html(RECIPE)).await;
    let wire = Wire::with_web(&web).await;
    for address in [
        "127.0.0.1",
        "169.254.169.254",
        "10.1.2.3",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "fd00::1",
        "100.64.0.1",
    ] {
        let private: IpAddr = address.parse().unwrap();
        for answers in [&[private][..], &[PUBLIC, private], &[private, PUBLIC]] {
            web.name("rebind.example", &[answers]);
            let text = refused(&wire, "http://rebind.example/").await;
            assert_eq!(
                text,
                "The provided URL is not allowed: the host is not on the public internet."
            );
        }
    }
    assert!(web.requests().is_empty());
}

#[tokio::test]
async fn p143_a_name_that_changes_after_the_check_gains_nothing() {
    let private: IpAddr = "127.0.0.1".parse().unwrap();
    let web = Web::start(|path| match path {
        "/" => Reply::redirect("/again"),
        _ => Reply::html(RECIPE),
    })
    .await;
    let wire = Wire::with_web(&web).await;
    // Public when it is checked; whoever asked again for the connection would get the private one, and the next hop does.
    web.name("rebind.example", &[&[PUBLIC], &[private]]);
    refused(&wire, "http://rebind.example/").await;
    assert_eq!(web.requests(), ["/"]);
}

#[tokio::test]
async fn p143_redirects_to_private_places_and_in_circles_are_not_followed() {
    let web = Web::start(|path| match path {
        "/loop" => Reply::redirect("/loop"),
        "/file" => Reply::redirect("file:///etc/passwd"),
        "/number" => Reply::redirect("http://2130706433/"),
        "/local" => Reply::redirect("http://localhost/"),
        "/name" => Reply::redirect("http://private.example/secret"),
        "/credentials" => Reply::redirect("http://a:b@recipes.example/page"),
        _ => Reply::html(RECIPE),
    })
    .await;
    web.name("private.example", &[&["10.0.0.1".parse().unwrap()]]);
    let wire = Wire::with_web(&web).await;
    for path in ["file", "number", "local", "name", "credentials"] {
        let text = refused(&wire, &format!("http://recipes.example/{path}")).await;
        assert!(text.starts_with("The provided URL is not allowed"), "{text}");
    }
    let text = refused(&wire, "http://recipes.example/loop").await;
    assert_eq!(text, "The page could not be fetched: the address redirects too often.");
    assert_eq!(web.requests().iter().filter(|path| *path == "/loop").count(), 6);
    assert!(!web.requests().iter().any(|path| path == "/secret" || path == "/page"));
}

#[tokio::test]
async fn pages_that_are_too_large_endless_silent_or_packed_are_not_taken_in() {
    let head = |more: &str| format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n{more}\r\n").into_bytes();
    let web = Web::start(move |path| match path {
        "/large" => Reply::html(&(RECIPE.to_owned() + &"x".repeat(50 << 20))),
        "/endless" => Reply::Endless(head(""), vec![b'x'; 64 << 10]),
        "/silent" => Reply::Silence,
        "/packed" => Reply::Bytes([head("content-encoding: gzip\r\n"), b"\x1f\x8b\x08".to_vec()].concat()),
        "/json" => Reply::of("application/json", RECIPE.as_bytes()),
        "/broken" => Reply::Bytes(b"not http at all\r\n\r\n".to_vec()),
        _ => Reply::status("500 Internal Server Error"),
    })
    .await;
    let fetch = web.fetch(Hosts::Public);
    let wire = Wire::configured(|config| config.pages = Some(fetch)).await;
    for (path, why) in [
        ("large", "the answer is too large"),
        ("endless", "the answer is too large"),
        ("packed", "the answer is of another kind"),
        ("json", "the answer is of another kind"),
        ("broken", "the server did not answer"),
        ("error", "the server answered 500"),
    ] {
        let text = refused(&wire, &format!("http://recipes.example/{path}")).await;
        assert_eq!(text, format!("The page could not be fetched: {why}."), "{path}");
    }
    // Nothing ever comes, so the limit is all that ends it.
    let impatient = web.fetch(Hosts::Public).within(Duration::from_millis(50));
    let wire = Wire::configured(|config| config.pages = Some(impatient)).await;
    let text = refused(&wire, "http://recipes.example/silent").await;
    assert_eq!(text, "The page could not be fetched: the server did not answer.");
}

#[tokio::test]
async fn pages_that_cannot_be_read_say_so() {
    let web = Web::start(|path| match path {
        "/plain" => Reply::html("<p>Nothing here"),
        "/broken" => Reply::html("<script type='application/ld+json'>{\"@type\":\"Recipe\",\"name\":</script>"),
        "/deep" => Reply::html(&format!(
            "<script type='application/ld+json'>{}</script>",
            "{\"@graph\":[".repeat(100_000)
        )),
        "/nested" => Reply::html(&"<div>".repeat(200_000)),
        "/nameless" => {
            Reply::html("<script type='application/ld+json'>{\"@type\":\"Recipe\",\"name\":\"<b></b>\"}</script>")
        }
        _ => Reply::of("text/html", &[0xff; 4096]),
    })
    .await;
    let wire = Wire::with_web(&web).await;
    for (path, why) in [
        ("plain", "no recipe was found in the page"),
        ("broken", "the structured data of the page cannot be read"),
        ("deep", "the structured data of the page cannot be read"),
        ("nested", "the page is nested too deeply"),
        ("bytes", "no recipe was found in the page"),
    ] {
        let text = refused(&wire, &format!("http://recipes.example/{path}")).await;
        assert_eq!(text, format!("No recipe can be imported: {why}."), "{path}");
    }
    let nameless = wire.import("http://recipes.example/nameless").await;
    nameless.refusal(StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wire.names().await.is_empty());
}

#[tokio::test]
async fn a_stranger_makes_the_cloud_fetch_nothing() {
    let web = Web::start(|_| Reply::html(RECIPE)).await;
    let wire = Wire::with_web(&web).await;
    let answer = wire
        .send(
            "Basic bm9ib2R5Om5vYm9keQ==",
            "POST",
            "/apps/cookbook/api/v1/import",
            &[],
            br#"{"url":"http://a.example/"}"#.to_vec(),
        )
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(web.requests().is_empty());
}
