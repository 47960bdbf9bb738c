use std::net::IpAddr;

use super::{
    super::tests::server::{Names, PUBLIC, Server},
    *,
};

const HOST: &str = "recipes.example";
const LIMIT: usize = 64 * 1024;

fn html(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn redirect(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

async fn get(server: &Server, names: &Arc<Names>, address: &str) -> Result<Page, PageError> {
    let names = Arc::clone(names) as Arc<dyn Network>;
    let fetch = PageFetch::over(names, Hosts::Public, vec![server.root.clone()]).expect("a client");
    fetch
        .get(&Url::parse(address).expect("a URL"), Wanted::Page, LIMIT)
        .await
}

#[tokio::test]
async fn p143_a_page_is_fetched_through_a_few_redirects_without_credentials() {
    let server = Server::start(HOST, |path, head| {
        let head = head.to_ascii_lowercase();
        assert!(
            !head.contains("\r\nauthorization:") && !head.contains("\r\ncookie:") && !head.contains("\r\nreferer:")
        );
        assert!(head.contains("\r\naccept-encoding: identity\r\n"), "{head}");
        match path {
            "/a" => redirect("b"),
            "/b" => redirect("https://recipes.example/c"),
            path => html(path),
        }
    })
    .await;
    let names = Names::new(&[&[PUBLIC]], server.address);
    let page = get(&server, &names, "https://recipes.example/a").await.expect("a page");
    assert_eq!((page.body.as_slice(), page.url.path()), (b"/c".as_slice(), "/c"));
    assert_eq!((names.lookups(), server.connections()), (3, 3));
}

#[tokio::test]
async fn p143_a_redirect_to_what_may_not_be_fetched_is_not_followed() {
    for target in [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::ffff:169.254.169.254]/",
        "https://localhost/",
        "https://metadata.google.internal/",
        "file:///etc/passwd",
        "gopher://recipes.example/",
        "https://a:b@recipes.example/",
        "//user@recipes.example/",
    ] {
        let to = target.to_owned();
        let server = Server::start(HOST, move |_, _| redirect(&to)).await;
        let names = Names::new(&[&[PUBLIC]], server.address);
        let outcome = get(&server, &names, "https://recipes.example/a").await;
        assert!(matches!(outcome, Err(PageError::Refused(_))), "{target}: {outcome:?}");
        assert_eq!((names.lookups(), server.connections()), (1, 1), "{target}");
    }
}

#[tokio::test]
async fn p143_redirects_end_after_five() {
    let server = Server::start(HOST, |path, _| {
        let n: usize = path.trim_start_matches('/').parse().unwrap_or(0);
        if n == 0 {
            html("end")
        } else {
            redirect(&format!("/{}", n - 1))
        }
    })
    .await;
    let names = Names::new(&[&[PUBLIC]], server.address);
    assert!(get(&server, &names, "https://recipes.example/5").await.is_ok());
    let before = server.connections();
    assert_eq!(
        get(&server, &names, "https://recipes.example/99").await,
        Err(PageError::Redirects)
    );
    assert_eq!(server.connections(), before + 6);
}

#[tokio::test]
async fn p143_names_of_private_addresses_are_not_connected_to_at_any_hop() {
    for private in [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
    ] {
        let private: IpAddr = private.parse().expect("an address");
        let server = Server::start(HOST, |_, _| redirect("https://recipes.example/b")).await;
        for answers in [
            &[&[private][..]][..],
            &[&[PUBLIC, private][..]],
            &[&[private, PUBLIC][..]],
        ] {
            let names = Names::new(answers, server.address);
            assert_eq!(
                get(&server, &names, "https://recipes.example/a").await,
                Err(PageError::Private)
            );
            assert!(names.connected().is_empty());
        }
        assert_eq!(server.connections(), 0);
        // The name is public when it is asked first and private at the second hop.
        let names = Names::new(&[&[PUBLIC], &[private]], server.address);
        assert_eq!(
            get(&server, &names, "https://recipes.example/a").await,
            Err(PageError::Private)
        );
        assert_eq!((names.connected(), server.connections()), (vec![PUBLIC], 1));
    }
}

#[tokio::test]
async fn p143_a_name_is_asked_once_for_check_and_connection() {
    let server = Server::start(HOST, |_, _| html("page")).await;
    let private: IpAddr = "127.0.0.1".parse().expect("an address");
    let names = Names::new(&[&[PUBLIC], &[private]], server.address);
    assert!(get(&server, &names, "https://recipes.example/a").await.is_ok());
    assert_eq!((names.lookups(), names.connected()), (1, vec![PUBLIC]));
}

#[tokio::test]
async fn other_kinds_statuses_and_sizes_are_refused() {
    let server = Server::start(HOST, |path, _| match path {
        "/json" => "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}".to_owned(),
        "/none" => "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab".to_owned(),
        "/packed" => html("").replace("\r\n\r\n", "\r\ncontent-encoding: gzip\r\n\r\n"),
        "/large" => html(&"x".repeat(LIMIT + 1)),
        "/endless" => format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n{}",
            "x".repeat(LIMIT + 1)
        ),
        "/nowhere" => "HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
        _ => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
    })
    .await;
    let names = Names::new(&[&[PUBLIC]], server.address);
    for (path, error) in [
        ("json", PageError::Kind),
        ("none", PageError::Kind),
        ("packed", PageError::Kind),
        ("large", PageError::TooLarge),
        ("endless", PageError::TooLarge),
        ("nowhere", PageError::Redirects),
        ("absent", PageError::Status(404)),
    ] {
        let outcome = get(&server, &names, &format!("https://recipes.example/{path}")).await;
        assert_eq!(outcome, Err(error), "{path}");
    }
}
