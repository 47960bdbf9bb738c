//! A reverse proxy that makes the mistakes which proxies make.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, mpsc},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode, header};
use nc_client::{BaseUrl, ClientConfig, HttpTransport, Transport as _};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
    server::TlsStream,
};

/// The path below which the server is served as well. The proxy takes it away.
pub(crate) const BELOW: &str = "/apps/nextcloud-mcp";

/// What the proxy does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    None,
    StripsAuthorization,
    RedirectsToHttps,
    RedirectsToAPortal,
    AnswersPostsWithAPage,
    WantsABrowser,
    LosesResourceMetadata,
    LosesIssuerMetadata,
    ServesAPageForDocuments,
    ChangesTheIssuer,
    HidesPkce,
    SendsAnInnerHost,
    HidesTheChallenge,
    AsksForAPassword,
    HasAClockOfItsOwn,
    ReachesNobody,
    KnowsNoEndpoint,
    AnswersTokensWithAPage,
    RefusesPreflights,
    RefusesDeletes,
}

struct Inner {
    upstream: Mutex<String>,
    mistake: Mutex<Mistake>,
    transport: HttpTransport,
}

/// A running proxy.
pub(crate) struct Between {
    /// Its address: scheme, host and port.
    pub(crate) url: String,
    /// The authority of its certificate in PEM form, if it has one.
    pub(crate) authority: String,
    inner: Arc<Inner>,
}

impl Between {
    /// Over plain HTTP.
    pub(crate) fn start() -> Self {
        Self::boot(None)
    }

    /// Over TLS, as `localhost`, with a certificate of an authority that nobody knows.
    pub(crate) fn start_with_tls() -> Self {
        Self::boot(Some(acceptor()))
    }

    /// Where requests go.
    pub(crate) fn leads_to(&self, url: &str) {
        url.trim_end_matches('/')
            .clone_into(&mut self.inner.upstream.lock().expect("a lock"));
    }

    pub(crate) fn makes(&self, mistake: Mistake) {
        *self.inner.mistake.lock().expect("a lock") = mistake;
    }

    fn boot(tls: Option<(TlsAcceptor, String)>) -> Self {
        let base = BaseUrl::parse("http://127.0.0.1").expect("an address");
        let mut config = ClientConfig::new(base);
        config.proxy_from_environment = false;
        let inner = Arc::new(Inner {
            upstream: Mutex::default(),
            mistake: Mutex::new(Mistake::None),
            transport: HttpTransport::new(&config).expect("a client"),
        });
        let router = Router::new().fallback(pass).with_state(Arc::clone(&inner));
        let (acceptor, authority) = tls.map_or((None, String::new()), |(acceptor, pem)| (Some(acceptor), pem));
        let (send, address) = mpsc::channel();
        let is_tls = acceptor.is_some();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                send.send(listener.local_addr().expect("an address").port())
                    .expect("sent");
                let served = match acceptor {
                    None => axum::serve(listener, router).await,
                    Some(acceptor) => axum::serve(Tls { listener, acceptor }, router).await,
                };
                served.expect("served");
            });
        });
        let port = address.recv().expect("a port");
        let url = if is_tls {
            format!("https://localhost:{port}")
        } else {
            format!("http://127.0.0.1:{port}")
        };
        Self { url, authority, inner }
    }
}

struct Tls {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl axum::serve::Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (stream, address) = self.listener.accept().await.expect("a connection");
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

fn acceptor() -> (TlsAcceptor, String) {
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("key")).expect("authority");
    let key = KeyPair::generate().expect("key");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &authority).expect("certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("configuration");
    (TlsAcceptor::from(Arc::new(config)), authority.pem())
}

fn page(status: StatusCode) -> Response {
    let body = "<!doctype html><title>A page</title><p>For people.";
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response()
}

async fn pass(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let mistake = *inner.mistake.lock().expect("a lock");
    let path = request.uri().path().to_owned();
    let is_endpoint = path == "/mcp";
    let is_post = request.method() == Method::POST;
    match mistake {
        Mistake::RedirectsToHttps => {
            let host = request.headers()[header::HOST].to_str().expect("text");
            let there = format!("https://{host}{path}");
            return (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, there)]).into_response();
        }
        Mistake::RedirectsToAPortal => {
            let there = "https://login.example.org/sign-in?rd=secret".to_owned();
            return (StatusCode::FOUND, [(header::LOCATION, there)]).into_response();
        }
        Mistake::AnswersPostsWithAPage if is_post => return page(StatusCode::FORBIDDEN),
        Mistake::WantsABrowser => {
            let mut response = page(StatusCode::FORBIDDEN);
            let value = HeaderValue::from_static("challenge");
            response.headers_mut().insert("cf-mitigated", value);
            return response;
        }
        Mistake::LosesResourceMetadata if path.starts_with("/.well-known/oauth-protected-resource") => {
            return page(StatusCode::NOT_FOUND);
        }
        Mistake::LosesIssuerMetadata if path.contains("oauth-authorization-server") || path.contains("openid-conf") => {
            return page(StatusCode::NOT_FOUND);
        }
        Mistake::ServesAPageForDocuments if path.starts_with("/.well-known/") => return page(StatusCode::OK),
        Mistake::AsksForAPassword => {
            let asks = [(header::WWW_AUTHENTICATE, "Basic realm=\"staff\"")];
            return (StatusCode::UNAUTHORIZED, asks).into_response();
        }
        Mistake::ReachesNobody => return page(StatusCode::BAD_GATEWAY),
        Mistake::KnowsNoEndpoint if is_endpoint => return page(StatusCode::NOT_FOUND),
        Mistake::AnswersTokensWithAPage if path == "/oauth/token" && is_post => return page(StatusCode::OK),
        Mistake::RefusesPreflights if request.method() == Method::OPTIONS => {
            return StatusCode::METHOD_NOT_ALLOWED.into_response();
        }
        Mistake::RefusesDeletes if request.method() == Method::DELETE => return page(StatusCode::FORBIDDEN),
        _ => {}
    }
    let (mut parts, body) = request.into_parts();
    match mistake {
        Mistake::StripsAuthorization => drop(parts.headers.remove(header::AUTHORIZATION)),
        Mistake::SendsAnInnerHost => {
            parts.headers.insert(header::HOST, HeaderValue::from_static("mcp:8000"));
        }
        _ => {}
    }
    // As a proxy that serves it below a path of another site.
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let target = target.strip_prefix(BELOW).unwrap_or(target);
    let target = format!("{}{target}", inner.upstream.lock().expect("a lock"));
    parts.uri = target.parse().expect("an address");
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    let request = Request::from_parts(parts, nc_client::Body::from(body));
    let answer = inner.transport.send(request).await.expect("an answer");
    let (mut parts, body) = answer.map(Body::new).into_parts();
    let mut body = to_bytes(body, usize::MAX).await.expect("a body").to_vec();
    let is_issuer = path.contains("oauth-authorization-server");
    match mistake {
        Mistake::ChangesTheIssuer if is_issuer => {
            replace(&mut body, "\"issuer\":\"http://", "\"issuer\":\"http://old.");
        }
        Mistake::HidesPkce if is_issuer => replace(&mut body, "\"S256\"", "\"plain\""),
        Mistake::HidesTheChallenge => drop(parts.headers.remove(header::WWW_AUTHENTICATE)),
        Mistake::HasAClockOfItsOwn => {
            let date = HeaderValue::from_static("Thu, 01 Jan 2015 00:00:00 GMT");
            parts.headers.insert(header::DATE, date);
        }
        _ => {}
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::TRANSFER_ENCODING);
    Response::from_parts(parts, Body::from(body))
}

fn replace(body: &mut Vec<u8>, from: &str, to: &str) {
    let text = String::from_utf8(std::mem::take(body)).expect("text");
    assert!(text.contains(from), "no {from} in {text}");
    *body = text.replace(from, to).into_bytes();
}
