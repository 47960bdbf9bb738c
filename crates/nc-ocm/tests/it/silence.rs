//! Nothing that is logged or answered holds a secret or a token.

use std::sync::{Mutex, OnceLock, PoisonError};

use nc_auth::{
    UserId,
    federation::{
        Federation, NewOutShare, RemoteBody, RemoteKind, RemoteRequest, ShareAuth, ShareCredential, ShareRequest,
    },
};
use nc_proto::{apps::sharing::SharePermissions, dav::DavPath};
use secrecy::SecretString;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter as _;

use crate::support::{
    Server, clock,
    nextcloud::{Nextcloud, send},
};

static LOGGED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// From now on everything that is logged is kept, down to traces of ours.
fn keep_logs() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(|| LOGGED.make_writer());
        tracing::subscriber::set_global_default(subscriber.finish()).expect("the first");
    });
}

fn wish(with: String) -> NewOutShare {
    NewOutShare {
        sharer: UserId::new("alice"),
        node: 41,
        kind: RemoteKind::User,
        share_with: with,
        permissions: SharePermissions::ALL,
        expires_at: None,
        note: String::new(),
    }
}

#[tokio::test]
async fn ocm_n100_no_secret_and_no_token_is_logged_or_answered() {
    keep_logs();
    let clock = clock();
    let (a, b) = (Server::start(&clock).await, Server::start(&clock).await);
    let nextcloud = Nextcloud::start(&clock).await;
    nextcloud.trust(&a).await;
    let mut answers = Vec::new();

    // A share that is exchanged: its secret and token are read where the receiver sends them.
    let made = a.ocm.share(wish(b.address("bob"))).await.expect("a share");
    let bob = UserId::new("bob");
    let waiting = b.ocm.incoming(&bob, true).await.expect("listed");
    answers.push(format!("{waiting:?}"));
    answers.push(format!(
        "{:?}",
        b.ocm.accept(&bob, waiting[0].number).await.expect("accepted")
    ));
    let mounts = b.ocm.mounts(&bob).await.expect("mounts");
    let request = || RemoteRequest {
        method: http::Method::GET,
        path: DavPath::root(),
        destination: None,
        headers: http::HeaderMap::new(),
        body: RemoteBody::Empty,
    };
    answers.push(format!(
        "{:?}",
        b.ocm.send(&mounts[0], request()).await.map(|answer| answer.status)
    ));

    // A share that its secret opens.
    let open = a
        .ocm
        .share(wish(format!("carol@{}", nextcloud.peer.url)))
        .await
        .expect("a share");
    let seen = nextcloud.peer.take();
    let sent = seen.iter().find(|seen| seen.target == "/ocm/shares").expect("a share");
    let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
    let secret = body["protocol"]["options"]["sharedSecret"]
        .as_str()
        .expect("a secret")
        .to_owned();

    // Requests with secrets in every place where one may come.
    let form = format!("grant_type=authorization_code&client_id=other.example.org&code={secret}");
    for (path, body) in [
        ("/ocm/token", form.as_str()),
        ("/ocm/token", "code=x"),
        (&format!("/ocm/token?{form}"), ""),
        ("/ocm/token", &format!("{form}&code={secret}")),
        ("/ocm/token", &format!("{form}\u{0}")),
    ] {
        let request = a
            .request("POST", path)
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(body.to_owned()).send().await.expect("an answer");
        assert!(answer.status().is_client_error(), "{path}: {}", answer.status());
        answers.push(answer.text().await.expect("text"));
    }
    let notification = |given: &str| {
        json!({ "notificationType": "SHARE_DECLINED", "resourceType": "file", "providerId": "nothing",
            "notification": { "sharedSecret": given } })
    };
    for url in [format!("{}/ocm/notifications", a.url), format!("{}/ocm/shares", a.url)] {
        for body in [
            notification(&secret),
            nextcloud.share(&a, "nobody", "1", &secret),
            json!({ "sharedSecret": secret }),
        ] {
            answers.push(nextcloud.post(&url, &body).await.text().await.expect("text"));
            let unsigned = send(&url, http::HeaderMap::new(), body.to_string()).await;
            answers.push(unsigned.text().await.expect("text"));
            let broken = send(&url, http::HeaderMap::new(), format!("{body}}}")).await;
            answers.push(broken.text().await.expect("text"));
        }
    }
    let (good, bad) = (
        SecretString::from(secret.clone()),
        SecretString::from(format!("{secret}x")),
    );
    let empty = SecretString::from("");
    for credential in [
        ShareCredential::Bearer(&bad),
        ShareCredential::Basic {
            user: &bad,
            password: &empty,
        },
        ShareCredential::Basic {
            user: &good,
            password: &empty,
        },
    ] {
        let request = ShareRequest {
            credential: Some(credential),
            share_id: None,
            address: None,
        };
        answers.push(format!("{:?}", a.ocm.authenticate(&request).await));
        answers.push(format!("{credential:?} {request:?}"));
    }
    a.ocm.revoke(open.number).await.expect("ended");
    a.ocm.revoke(made.number).await.expect("ended");
    answers.push(format!(
        "{:?}",
        b.ocm.send(&mounts[0], request()).await.map(|answer| answer.status)
    ));
    answers.push(format!("{:?} {:?}", a.ocm, b.ocm));

    let logged = String::from_utf8_lossy(&LOGGED.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    assert!(logged.len() > 100, "something is logged");
    for (place, text) in answers
        .iter()
        .map(|answer| ("an answer", answer))
        .chain([("the log", &logged)])
    {
        assert!(!text.contains(&secret), "{place} holds a secret");
        // Tokens of ours are JWTs with this beginning, whatever they say.
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("eyJ")).collect();
        assert!(lines.is_empty(), "{place} holds a token: {lines:?}");
        for name in [
            "authorization: B",
            "\"authorization\": \"B",
            "code=",
            "sharedSecret\":\"",
            "signature=\"",
        ] {
            let lines: Vec<&str> = text
                .lines()
                .filter(|line| line.to_ascii_lowercase().contains(&name.to_ascii_lowercase()))
                .collect();
            assert!(lines.is_empty(), "{place} holds `{name}`: {lines:?}");
        }
    }
}
