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

/// What was logged while the guard lived.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn one_log_line_and_one_count_per_request_without_anything_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _logged = tracing::subscriber::set_default(subscriber);
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let counted = recorder.handle();
    let _counting = metrics::set_default_local_recorder(&recorder);

    let who = crate::Identified {
        user: nc_auth::UserId::new("alice"),
        client: Some("pocket".into()),
    };
    let handler = || async move { (axum::Extension(who), "hunter2").into_response() };
    let router = Kit::default().wrap(Router::new().route("/notes/{id}", get(handler)));
    let request = Request::builder()
        .uri("/notes/private-title?token=hunter2")
        .header("authorization", "Basic aHVudGVyMg==");
    let request = request.body(Body::from("hunter2")).unwrap();
    router.oneshot(request).await.unwrap();

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(log.lines().count(), 1, "{log}");
    for part in [
        "http.route=\"/notes/{id}\"",
        "http.method=\"GET\"",
        "http.status=200",
        "user=\"alice\"",
        "client=\"pocket\"",
    ] {
        assert!(log.contains(part), "{part} in {log}");
    }
    let counted = counted.render();
    let expected = r#"mcp_http_requests_total{method="GET",endpoint="/notes/{id}",status_code="200"} 1"#;
    assert!(counted.contains(expected), "{counted}");
    assert!(
        counted.contains(r#"mcp_http_requests_in_progress{method="GET"} 0"#),
        "{counted}"
    );
    assert!(counted.contains("mcp_http_request_duration_seconds"), "{counted}");
    for secret in ["hunter2", "aHVudGVyMg", "private-title"] {
        assert!(!log.contains(secret) && !counted.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn made_up_methods_are_one_label() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let counted = recorder.handle();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let router: Router = Kit::default().wrap(Router::new());
    for method in ["BREW", "WHEN"] {
        let request = Request::builder().method(method).uri("/x").body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap();
    }
    let counted = counted.render();
    assert!(
        counted.contains(r#"mcp_http_requests_total{method="OTHER",endpoint="none",status_code="404"} 2"#),
        "{counted}"
    );
}
