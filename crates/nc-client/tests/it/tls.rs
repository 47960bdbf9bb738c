//! Private certificate authorities: refused, then trusted because the operator says so.

use std::sync::{Arc, Mutex};

use nc_client::{BaseUrl, ClientConfig, Error, HttpTransport, Tls, TransportFailure, Verification};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::AsyncReadExt;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::scripted::{Reply, account, credential, nextcloud, serve};

/// A server for `localhost` with a certificate of its own authority. Gives its port and the authority in PEM form.
async fn start() -> (u16, String) {
    let (acceptor, authority) = acceptor(&[]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let port = listener.local_addr().expect("address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                let script = |seen: &crate::scripted::Seen, _: usize| match seen.target.as_str() {
                    target if target.contains("/cloud/user") => account("carol"),
                    _ => Reply::new(404, &[], ""),
                };
                tokio::spawn(serve(stream, 0, Arc::new(script), Arc::new(Mutex::default())));
            }
        }
    });
    (port, authority)
}

/// TLS for `localhost` that speaks `protocols`, and its authority in PEM form.
fn acceptor(protocols: &[&str]) -> (TlsAcceptor, String) {
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("key")).expect("authority");
    let key = KeyPair::generate().expect("key");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &authority).expect("certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("configuration");
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    (TlsAcceptor::from(Arc::new(config)), authority.pem())
}

fn config(host: &str, port: u16, tls: Tls) -> ClientConfig {
    let mut config = ClientConfig::new(BaseUrl::parse(&format!("https://{host}:{port}")).expect("base"));
    config.proxy_from_environment = false;
    config.tls = tls;
    config
}

#[tokio::test]
async fn an_unknown_authority_is_refused_and_one_that_was_added_is_trusted() {
    let (port, authority) = start().await;
    let plain = config("localhost", port, Tls::default());
    // A machine without any certificates cannot even begin.
    if HttpTransport::new(&plain).is_ok() {
        let error = nextcloud(plain)
            .client(credential("carol"))
            .user()
            .await
            .expect_err("unknown authority");
        assert!(
            matches!(
                error,
                Error::Unreachable {
                    kind: TransportFailure::Tls,
                    ..
                }
            ),
            "{error:?}"
        );
        assert_eq!(error.to_string(), "Nextcloud cannot be reached: no trusted connection");
    }
    let extra = Tls {
        extra_roots_pem: authority.clone().into_bytes(),
        ..Tls::default()
    };
    let user = nextcloud(config("localhost", port, extra.clone()))
        .client(credential("carol"))
        .user()
        .await;
    assert_eq!(user.expect("trusted").id, "carol");
    // Trust in the authority is not trust in any name.
    let error = nextcloud(config("127.0.0.1", port, extra))
        .client(credential("carol"))
        .user()
        .await;
    assert!(
        matches!(
            error,
            Err(Error::Unreachable {
                kind: TransportFailure::Tls,
                ..
            })
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn only_the_explicit_switch_turns_checking_off() {
    let (port, _) = start().await;
    let off = Tls {
        verification: Verification::DangerouslyOff,
        ..Tls::default()
    };
    let user = nextcloud(config("localhost", port, off))
        .client(credential("carol"))
        .user()
        .await;
    assert_eq!(user.expect("unchecked").id, "carol");
}

#[tokio::test]
async fn a_file_without_certificates_is_refused_with_its_name() {
    for content in [
        "not a certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let tls = Tls {
            extra_roots_pem: content.as_bytes().to_vec(),
            ..Tls::default()
        };
        let error = HttpTransport::new(&config("localhost", 1, tls)).expect_err(content);
        assert!(error.to_string().contains("CA file"), "{error}");
    }
}

#[tokio::test]
async fn http_2_is_spoken_where_the_server_can() {
    let (acceptor, authority) = acceptor(&["h2", "http/1.1"]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let port = listener.local_addr().expect("address").port();
    let tls = Tls {
        extra_roots_pem: authority.into_bytes(),
        ..Tls::default()
    };
    let client = nextcloud(config("localhost", port, tls)).client(credential("carol"));
    let call = tokio::spawn(async move { client.user().await.map(drop) });
    let (stream, _) = listener.accept().await.expect("connection");
    let mut stream = acceptor.accept(stream).await.expect("handshake");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await.expect("preface");
    assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    call.abort();
}
