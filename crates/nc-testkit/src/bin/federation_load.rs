//! Exchanges the secret of a share for access tokens as often as it can, and says how often in a second and where the time goes.
//!
//! Everything is in this process: a cloud as it ships on a real socket, and another server that signs each request anew. So what
//! is counted is the work of both sides on this machine.

use std::{
    io::{self, Write as _},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use axum::{Json, Router, body::Bytes, routing::get};
use clap::Parser;
use nc_ocm::signature::{Found, Message, Rules, SigningAlgorithm, SigningKey, VerifyingKey, read};
use nc_proto::clock::Clock;
use nc_testkit::site::Site;
use serde_json::{Value, json};

/// Exchanges that are timed, one at a time and then several: a server takes 600 messages a minute from one address.
const EXCHANGES: u64 = 280;
/// Requests at the same time.
const AT_ONCE: usize = 8;

#[derive(Parser)]
struct Options {
    /// Seconds for each row.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
}

/// Another server.
struct Peer {
    url: String,
    key: SigningKey,
    secret: Arc<Mutex<Option<String>>>,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let wanted = Duration::from_secs(Options::parse().seconds);
    let mut out = io::stdout();
    writeln!(
        out,
        "Open Cloud Mesh, one process, two threads for client and server together\n"
    )?;
    for algorithm in SigningAlgorithm::ALL {
        let name = algorithm.jwk_name();
        let key = SigningKey::generate(algorithm)?;
        let (sign, verify) = (time_of(wanted, || sign(&key).map(drop))?, time_of_verify(wanted, &key)?);
        writeln!(
            out,
            "{name:<8} signatures verified a second, one thread: {:.0}",
            1e6 / verify
        )?;
        let peer = Peer::start(key).await?;
        let settings = [("OCM_TOKEN_REQUESTS_PER_SHARE_PER_MINUTE", "1000000")];
        let site = Site::boot(&Clock::system(), &settings).await;
        let form = peer.shared(&site).await?;
        let alone = exchanges(1, &peer, &site, &form).await?;
        let many = exchanges(AT_ONCE, &peer, &site, &form).await?;
        writeln!(
            out,
            "{name:<8} exchanges a second, one at a time: {alone:.0}; {AT_ONCE} at a time: {many:.0}"
        )?;
        let token = SigningKey::generate(SigningAlgorithm::Es256)?;
        let claims =
            json!({"iss": site.url, "sub": "alice", "aud": "zoe", "client_id": "x", "iat": 1, "exp": 2, "jti": "y"});
        let issue = time_of(wanted, || {
            token.sign_jws(&json!({"typ": "at+jwt", "kid": "k"}), &claims).map(drop)
        })?;
        let whole = 1e6 / alone;
        let rest = whole - sign - verify - issue;
        writeln!(
            out,
            "{name:<8} of {whole:.0} µs: request signed {sign:.0}, checked {verify:.0}, token signed {issue:.0}, \
             the rest (HTTP both ways, two transactions of the database) {rest:.0}\n"
        )?;
    }
    Ok(())
}

/// Microseconds of one, over and over.
fn time_of<Failed>(wanted: Duration, once: impl Fn() -> Result<(), Failed>) -> Result<f64>
where
    Failed: std::error::Error + Send + Sync + 'static,
{
    let started = Instant::now();
    let mut done = 0_u32;
    while started.elapsed() < wanted {
        once()?;
        done += 1;
    }
    Ok(started.elapsed().as_secs_f64() * 1e6 / f64::from(done))
}

const TARGET: &str = "https://cloud.example.org/ocm/token";
const BODY: &[u8] =
    b"grant_type=authorization_code&client_id=peer.example.org&code=0123456789012345678901234567890123456789012";
const KEY_ID: &str = "https://peer.example.org/ocm#k1";
const NOW: i64 = 1_785_060_500;

fn sign(key: &SigningKey) -> Result<http::HeaderMap, nc_ocm::OcmError> {
    let mut headers = key.sign_rfc9421("POST", TARGET, BODY, KEY_ID, NOW)?;
    headers.insert("content-length", BODY.len().into());
    Ok(headers)
}

fn time_of_verify(wanted: Duration, key: &SigningKey) -> Result<f64> {
    let headers = sign(key)?;
    let set = json!({ "keys": [key.public_jwk(KEY_ID)] }).to_string();
    let rules = Rules {
        now: NOW,
        skew: Duration::from_mins(1),
        window: Duration::from_mins(5),
    };
    time_of(wanted, || {
        let message = Message {
            method: "POST",
            target_uri: TARGET,
            headers: &headers,
            body: BODY,
        };
        let key = VerifyingKey::from_set(set.as_bytes(), KEY_ID, false).map_err(io::Error::other)?;
        match read(&message, &rules).map_err(io::Error::other)? {
            Found::Rfc9421(signature) => signature.verify(&key).map_err(io::Error::other),
            _ => Err(io::Error::other("it is signed")),
        }
    })
}

impl Peer {
    async fn start(key: SigningKey) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let secret = Arc::new(Mutex::new(None));
        let resource = |name: &str| json!({ "name": name, "shareTypes": ["user"], "protocols": { "webdav": "/dav/", "webdav-receive": { "uri": "relative" } } });
        let document = json!({
            "enabled": true, "apiVersion": "1.4.0", "version": "1.4.0", "endPoint": format!("{url}/ocm"), "provider": "Peer",
            "resourceTypes": [resource("file"), resource("folder")], "criteria": [],
            "capabilities": ["exchange-token", "http-sig", "notifications", "protocol-object"],
            "tokenEndPoint": format!("{url}/token"), "jwksUri": format!("{url}/jwks"),
        });
        let keys = json!({ "keys": [key.public_jwk(&format!("{url}/ocm#k1"))] });
        let kept = Arc::clone(&secret);
        let take = move |body: Bytes| {
            let share: Value = serde_json::from_slice(&body).unwrap_or_default();
            let secret = share["protocol"]["webdav"]["sharedSecret"].as_str().map(str::to_owned);
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = secret;
            async {
                (
                    http::StatusCode::CREATED,
                    Json(json!({ "recipientDisplayName": "Zoe" })),
                )
            }
        };
        let router = Router::new()
            .route("/.well-known/ocm", get(move || async move { Json(document) }))
            .route("/jwks", get(move || async move { Json(keys) }))
            .route("/ocm/shares", axum::routing::post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, key, secret })
    }

    /// Lets alice share a folder with somebody here; the form of a token request.
    async fn shared(&self, site: &Site) -> Result<String> {
        ensure!(
            site.status("alice", "MKCOL", "/Shared", "").await.is_success(),
            "no folder"
        );
        site.share("alice", "/Shared", 6, &format!("zoe@{}", self.url), 1).await;
        let secret = self.secret.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let secret = secret.context("no share came")?;
        let host = self.url.trim_start_matches("http://");
        Ok(format!("grant_type=authorization_code&client_id={host}&code={secret}"))
    }
}

/// Exchanges a second.
async fn exchanges(at_once: usize, peer: &Peer, site: &Site, form: &str) -> Result<f64> {
    let (begun, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let started = Instant::now();
    let one = async || -> Result<()> {
        let http = client()?;
        let (url, key_id) = (format!("{}/ocm/token", site.url), format!("{}/ocm#k1", peer.url));
        loop {
            let number = begun.fetch_add(1, Ordering::Relaxed);
            if number >= EXCHANGES {
                return Ok(());
            }
            // ES256 signs differently each time; Ed25519 needs another body to be no repetition.
            let body = format!("{form}&n={at_once}-{number}");
            let now = site.clock.now().unix_timestamp();
            let headers = peer.key.sign_rfc9421("POST", &url, body.as_bytes(), &key_id, now)?;
            let request = http.post(&url).headers(headers);
            let request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body);
            let answer = request.send().await?;
            let status = answer.status();
            let text = answer.text().await?;
            ensure!(status == 200, "{status}: {text}");
            done.fetch_add(1, Ordering::Relaxed);
        }
    };
    futures_util::future::try_join_all((0..at_once).map(|_| one())).await?;
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let done = done.load(Ordering::Relaxed) as f64;
    Ok(done / started.elapsed().as_secs_f64())
}

#[expect(clippy::disallowed_methods, reason = "a client that knows nothing of ours")]
fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().build()
}
