use axum::{body::Body, response::IntoResponse, routing::get};
use http::StatusCode;
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;
use crate::{ClientAddress, ClientOrigin};

async fn send(peer: &str, headers: &[(&str, &str)], path: &str) -> Response {
    let show = |address: Option<axum::Extension<ClientAddress>>, origin: Option<axum::Extension<ClientOrigin>>| async move {
        let https = origin.is_some_and(|origin| origin.https);
        address.map_or("inside".to_owned(), |address| format!("{} {https}", address.0.0))
    };
    let panicking = || async { std::hint::black_box(None::<Response>).expect("secret cause") };
    let own = || async { ([(header::CONTENT_SECURITY_POLICY, "default-src 'self'")], "page").into_response() };
    let router = Router::new()
        .route("/", get(show))
        .route("/panic", get(panicking))
        .route("/own", get(own));
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    request
        .extensions_mut()
        .insert(ConnectInfo::<SocketAddr>(peer.parse().unwrap()));
    let kit = Kit::new("10.0.0.1".parse().unwrap(), true);
    kit.wrap(router).oneshot(request).await.unwrap()
}

async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_panic_is_answered_without_its_text() {
    let response = send("192.0.2.1:5", &[], "/panic").await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(text(response).await, r#"{"message":"Internal Server Error"}"#);
}

#[tokio::test]
async fn every_answer_has_an_id_and_security_headers_also_404() {
    for path in ["/", "/nowhere"] {
        let response = send("192.0.2.1:5", &[], path).await;
        assert_eq!(response.headers()[REQUEST_ID].len(), 32);
        assert_eq!(
            response.headers()[header::STRICT_TRANSPORT_SECURITY],
            "max-age=31536000"
        );
        assert!(
            response.headers()[header::CONTENT_SECURITY_POLICY]
                .to_str()
                .unwrap()
                .starts_with("default-src 'none'")
        );
    }
    let response = send("192.0.2.1:5", &[], "/own").await;
    assert_eq!(
        response.headers()[header::CONTENT_SECURITY_POLICY],
        "default-src 'self'"
    );
}

#[tokio::test]
async fn only_a_trusted_proxy_speaks_for_its_client() {
    let headers = [
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-proto", "https"),
        ("x-request-id", "from-proxy-1"),
    ];
    let response = send("10.0.0.1:5", &headers, "/").await;
    assert_eq!(response.headers()[REQUEST_ID], "from-proxy-1");
    assert_eq!(text(response).await, "203.0.113.9 true");
    let response = send("192.0.2.1:5", &headers, "/").await;
    assert_ne!(response.headers()[REQUEST_ID], "from-proxy-1");
    assert_eq!(text(response).await, "192.0.2.1 false");
}
