use http::HeaderValue;

use super::*;

#[path = "tests/server.rs"]
pub(super) mod server;

use server::{Names, PUBLIC, Server, json};

const HOST: &str = "client.example";

fn url(text: &str) -> Url {
    Url::parse(text).expect("a URL")
}

fn fetcher(server: &Server, names: &Arc<Names>, reach: Reach) -> GuardedFetch {
    let names = Arc::clone(names) as Arc<dyn Network>;
    GuardedFetch::over(names, reach, vec![server.root.clone()]).expect("a client")
}

async fn get(server: &Server, names: &Arc<Names>, address: &str) -> Result<Fetched, FetchError> {
    fetcher(server, names, Reach::Public)
        .get(&url(address), None, 5 * 1024)
        .await
}

fn private() -> Vec<IpAddr> {
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "::",
        "fd00::1",
        "fe80::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
    ]
    .into_iter()
    .map(|text| text.parse().expect("an address"))
    .collect()
}

#[tokio::test]
async fn a_document_is_fetched_with_its_lifetime() {
    let server = Server::start(HOST, |path, head| {
        assert!(
            head.contains("\r\naccept: application/json\r\n") && !head.contains("authorization"),
            "{head}"
        );
        json(
            &format!("{{\"path\":\"{path}\"}}"),
            "cache-control: public, max-age=600\r\n",
        )
    })
    .await;
    let names = Names::new(&[&[PUBLIC]], server.address);
    let fetched = get(&server, &names, "https://client.example/a?b=1")
        .await
        .expect("fetched");
    assert_eq!(fetched.body, b"{\"path\":\"/a?b=1\"}");
    assert_eq!(fetched.max_age_s, Some(600));
    assert_eq!(names.connected(), [PUBLIC]);
}

#[tokio::test]
async fn d09_a_redirect_is_not_followed() {
    let server = Server::start(HOST, |path, _| match path {
        "/a" => "HTTP/1.1 302 Found\r\nlocation: https://client.example/b\r\ncontent-length: 0\r\n\r\n".to_owned(),
        _ => json("{}", ""),
    })
    .await;
    let names = Names::new(&[&[PUBLIC]], server.address);
    assert_eq!(
        get(&server, &names, "https://client.example/a").await,
        Err(FetchError::Status(302))
    );
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn d09_a_byte_too_many_is_too_many_with_and_without_a_length() {
    let server = Server::start(HOST, |path, _| {
        let body = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
        match path {
            "/fits" => json(&body(5 * 1024), ""),
            "/large" => json(&body(5 * 1024 + 1), ""),
            _ => format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{}",
                body(5 * 1024 + 1)
            ),
        }
    })
    .await;
    let names = Names::new(&[&[PUBLIC]], server.address);
    assert!(get(&server, &names, "https://client.example/fits").await.is_ok());
    for path in ["large", "endless"] {
        let outcome = get(&server, &names, &format!("https://client.example/{path}")).await;
        assert_eq!(outcome, Err(FetchError::TooLarge), "{path}");
    }
}

#[tokio::test]
async fn d09_only_https_and_only_plain_addresses() {
    let server = Server::start(HOST, |_, _| json("{}", "")).await;
    let names = Names::new(&[&[PUBLIC]], server.address);
    for address in [
        "http://client.example/a",
        "ftp://client.example/a",
        "file:///etc/passwd",
        "https://user@client.example/a",
        "data:application/json,{}",
    ] {
        assert_eq!(
            get(&server, &names, address).await,
            Err(FetchError::Forbidden),
            "{address}"
        );
    }
    assert_eq!((server.connections(), names.lookups()), (0, 0));
}

#[tokio::test]
async fn d09_no_private_address_is_connected_to_by_name() {
    let server = Server::start(HOST, |_, _| json("{}", "")).await;
    for address in private() {
        for answer in [vec![address], vec![PUBLIC, address], vec![address, PUBLIC]] {
            let names = Names::new(&[&answer], server.address);
            let outcome = get(&server, &names, "https://client.example/a").await;
            assert_eq!(outcome, Err(FetchError::Forbidden), "{answer:?}");
            assert_eq!(names.connected(), [] as [IpAddr; 0]);
        }
    }
    let nobody = Names::new(&[&[]], server.address);
    assert_eq!(
        get(&server, &nobody, "https://client.example/a").await,
        Err(FetchError::Forbidden)
    );
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn d09_no_private_address_is_connected_to_by_number() {
    let server = Server::start(HOST, |_, _| json("{}", "")).await;
    let names = Names::new(&[&[PUBLIC]], server.address);
    let port = server.address.port();
    for address in private() {
        let host: Host<&str> = match address {
            IpAddr::V4(address) => Host::Ipv4(address),
            IpAddr::V6(address) => Host::Ipv6(address),
        };
        let outcome = get(&server, &names, &format!("https://{host}:{port}/a")).await;
        assert_eq!(outcome, Err(FetchError::Forbidden), "{host}");
    }
    for host in ["2130706433", "0x7f.1", "127.1", "0177.0.0.1"] {
        let outcome = get(&server, &names, &format!("https://{host}:{port}/a")).await;
        assert_eq!(outcome, Err(FetchError::Forbidden), "{host}");
    }
    assert_eq!((server.connections(), names.lookups()), (0, 0));
}

#[tokio::test]
async fn d09_a_name_that_changes_its_address_gains_nothing() {
    let server = Server::start(HOST, |_, _| json("{}", "")).await;
    let names = Names::new(
        &[&[PUBLIC], &["127.0.0.1".parse().expect("an address")]],
        server.address,
    );
    let fetcher = fetcher(&server, &names, Reach::Public);
    let address = url("https://client.example/a");
    assert!(fetcher.get(&address, None, 100).await.is_ok());
    assert_eq!(
        names.lookups(),
        1,
        "the connection went to the address that was checked"
    );
    assert_eq!(fetcher.get(&address, None, 100).await, Err(FetchError::Forbidden));
    assert_eq!((names.lookups(), server.connections()), (2, 1));
    assert_eq!(names.connected(), [PUBLIC]);
}

#[tokio::test]
async fn other_answers_than_json_are_refused() {
    let server = Server::start(HOST, |path, _| match path {
        "/html" => "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\n{}".to_owned(),
        "/none" => "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_owned(),
        "/404" => "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}".to_owned(),
        "/jwks" => {
            "HTTP/1.1 200 OK\r\ncontent-type: Application/JWK-Set+JSON; charset=utf-8\r\ncontent-length: 2\r\n\r\n{}"
                .to_owned()
        }
        _ => String::new(),
    })
    .await;
    let names = Names::new(&[&[PUBLIC]], server.address);
    for (path, outcome) in [
        ("html", Err(FetchError::ContentType)),
        ("none", Err(FetchError::ContentType)),
        ("404", Err(FetchError::Status(404))),
        ("broken", Err(FetchError::Unreachable)),
        ("jwks", Ok(b"{}".to_vec())),
    ] {
        let fetched = get(&server, &names, &format!("https://client.example/{path}")).await;
        assert_eq!(fetched.map(|fetched| fetched.body), outcome, "{path}");
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let server = Server::start("other.example", |_, _| json("{}", "")).await;
    let names = Names::new(&[&[PUBLIC]], server.address);
    let outcome = get(&server, &names, "https://client.example/a").await;
    assert_eq!(outcome, Err(FetchError::Unreachable));
}

#[tokio::test]
async fn the_operator_may_name_private_networks() {
    let server = Server::start("issuer.internal", |_, head| {
        assert!(head.contains("\r\nauthorization: Bearer t\r\n"), "{head}");
        json("{}", "")
    })
    .await;
    let names = Names::new(&[&["10.0.0.1".parse().expect("an address")]], server.address);
    let fetcher = fetcher(&server, &names, Reach::Anywhere);
    assert!(
        fetcher
            .get(&url("https://issuer.internal/jwks"), Some("t"), 100)
            .await
            .is_ok()
    );
    for address in ["http://issuer.internal/jwks", "http://10.0.0.1/jwks"] {
        assert_eq!(
            fetcher.get(&url(address), None, 100).await,
            Err(FetchError::Forbidden),
            "{address}"
        );
    }
    let dead = format!("http://127.0.0.1:{}/jwks", server.address.port());
    assert_eq!(
        fetcher.get(&url(&dead), None, 100).await,
        Err(FetchError::Unreachable),
        "tried, but no HTTP there"
    );
}

#[test]
fn lifetimes_are_read_as_they_stand() {
    let read = |text: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(text));
        max_age(&headers)
    };
    assert_eq!(read("public, max-age=300"), Some(300));
    assert_eq!(read("Max-Age=\"7\""), Some(7));
    assert_eq!(read("max-age=300, no-store"), Some(0));
    assert_eq!(read("no-cache"), Some(0));
    assert_eq!(read("max-age=-1"), None);
    assert_eq!(read("private"), None);
    assert_eq!(max_age(&HeaderMap::new()), None);
}
