//! Requests that cannot be read, to every route: each is refused in the form of its interface, none by words of the framework.

use axum::body::Body;
use http::{Request, header};
use http_body_util::BodyExt;
use nc_auth::basic;
use nc_cloud::routes::Surface;
use serde_json::Value;
use tower::ServiceExt;

use super::{Wire, concrete};

/// Content types, and bodies that are none of them.
const BODIES: [(&str, &[u8]); 5] = [
    ("application/json", b"{\"a\":"),
    ("application/json", b"[]"),
    ("application/x-www-form-urlencoded", b"%FF=%FF&limit=x&limit=1"),
    ("multipart/form-data; boundary=b", b"--b\r\nnothing"),
    ("image/png", b"\x00\xff"),
];

const EMPTY: (&str, &[u8]) = ("application/json", b"{}");

/// Numbers that are none, and names twice.
const QUERY: &str = "limit=x&limit=1&offset=x&pruneBefore=x&chunkSize=x&exclude=a&exclude=b&details=a&details=b&path=a&path=b\
    &search=a&search=b&user=a&user=b&size=a&size=b";

/// The status, and what is wrong with the answer if it is not one of the interface's own.
async fn answer(wire: &Wire, sent: &Sent<'_>) -> (u16, Option<String>) {
    let request = Request::builder()
        .method(sent.method)
        .uri(&sent.address)
        .header(header::AUTHORIZATION, basic::header_value("root", "root's password"))
        .header("ocs-apirequest", "true")
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, sent.body.0)
        .body(Body::from(sent.body.1))
        .unwrap();
    let (parts, body) = wire.router.clone().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let status = parts.status.as_u16();
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let kind = kind.map_or("", |value| value.to_str().unwrap());
    let is_json = || kind.starts_with("application/json") && serde_json::from_slice::<Value>(&body).is_ok();
    let is_own = match sent.surface {
        _ if status == 500 => false,
        _ if status < 400 || body.is_empty() => true,
        Surface::Dav => kind.starts_with("application/xml") || is_json(),
        Surface::Page => kind.starts_with("text/html") || is_json(),
        Surface::Ocs | Surface::App | Surface::Plain => is_json(),
    };
    let Sent {
        method,
        address,
        body: (sent, _),
        ..
    } = sent;
    let wrong = || {
        format!(
            "{method} {address} {sent}: {status} {kind} {}",
            String::from_utf8_lossy(&body)
        )
    };
    (status, (!is_own).then(wrong))
}

struct Sent<'a> {
    surface: Surface,
    method: &'a str,
    address: String,
    body: (&'a str, &'static [u8]),
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_in_the_form_of_the_interface() {
    let wire = Wire::boot().await;
    let mut refused = 0;
    let mut wrong = Vec::new();
    for route in wire.cloud.declared_routes() {
        let path = concrete(&route.path, "1");
        let values = ["%FF", "x", "99999999999999999999"];
        let addresses = values.map(|value| concrete(&route.path, value)).into_iter();
        let addresses = addresses.chain([format!("{path}?{QUERY}")]);
        let requests: Vec<_> = addresses
            .map(|address| (address, EMPTY))
            .chain(BODIES.map(|body| (path.clone(), body)))
            .collect();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            for (address, body) in requests.clone() {
                let surface = route.surface;
                let sent = Sent {
                    surface,
                    method,
                    address,
                    body,
                };
                let (status, fault) = answer(&wire, &sent).await;
                refused += u32::from(status == 400);
                wrong.extend(fault);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused > 100, "only {refused} were refused");
}
