//! Flows C, D and E with a stock Nextcloud 32: what changes after a share is made, what goes through it, and groups; in both
//! directions.

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, Method};
use nc_auth::{
    UserId,
    federation::{
        BodyStream, Federation as _, InShareState, NewOutShare, OutShare, OutShareChange, OutShareFilter, RemoteBody,
        RemoteKind, RemoteRequest, SharePrincipal,
    },
};
use nc_proto::{
    apps::sharing::SharePermissions,
    dav::{DavPath, Multistatus},
};
use serde_json::{Value, json};

use crate::{
    recipient::{basic, new_share},
    support::{Server, clock, nextcloud::Nextcloud, shelf::SECRET},
};

/// A server of ours and a Nextcloud that know each other's keys.
struct Pair {
    ours: Server,
    theirs: Nextcloud,
}

impl Pair {
    async fn start() -> Self {
        let clock = clock();
        let (ours, theirs) = (Server::start(&clock).await, Nextcloud::start(&clock).await);
        theirs.trust(&ours).await;
        Self { ours, theirs }
    }

    /// Alice shares the folder `Plans` there; the share with its secret.
    async fn given(&self, kind: RemoteKind, with: &str) -> (OutShare, String, Value) {
        let with = format!("{with}@{}", self.theirs.peer.url);
        let share = self.ours.ocm.share(NewOutShare {
            kind,
            ..new_share(&with)
        });
        let share = share.await.expect("a share");
        let seen = self.theirs.peer.take();
        let sent = seen.iter().find(|seen| seen.target == "/ocm/shares").expect("a share");
        let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
        let secret = body["protocol"]["options"]["sharedSecret"].as_str();
        (share, secret.expect("a secret").to_owned(), body)
    }

    /// What its secret opens here.
    async fn opened(&self, secret: &str) -> Option<SharePrincipal> {
        basic(&self.ours, secret, "").await.ok()
    }

    /// What alice shares.
    async fn outgoing(&self) -> usize {
        let filter = OutShareFilter::Sharer(UserId::new("alice"));
        self.ours.ocm.outgoing(&filter).await.expect("listed").len()
    }

    /// Eve there shares something.
    async fn sends(&self, kind: &str, with: &str, provider_id: &str) {
        let mut share = self.theirs.share(&self.ours, with, provider_id, SECRET);
        share["shareType"] = json!(kind);
        let answer = self.theirs.post(&format!("{}/ocm/shares", self.ours.url), &share).await;
        assert_eq!(answer.status(), 201, "{share}");
    }

    /// What waits for somebody, or was accepted.
    async fn incoming(&self, user: &str, pending: bool) -> Vec<i64> {
        let listed = self.ours.ocm.incoming(&UserId::new(user), pending).await;
        listed.expect("listed").iter().map(|share| share.number).collect()
    }

    async fn accept(&self, user: &str) -> i64 {
        let waiting = self.incoming(user, true).await;
        let taken = self.ours.ocm.accept(&UserId::new(user), waiting[0]).await;
        assert_eq!(taken.expect("accepted").state, InShareState::Accepted);
        waiting[0]
    }

    async fn decline(&self, user: &str, number: i64) {
        let declined = self.ours.ocm.decline(&UserId::new(user), number).await;
        declined.expect("declined");
    }

    /// What the Nextcloud is told now, none of which it refuses.
    async fn told(&self) -> Vec<(String, String, String)> {
        self.theirs.peer.take();
        self.ours.ocm.send_due().await.expect("sent");
        assert_eq!(self.theirs.refused(), Vec::<&str>::new());
        // Signing is deterministic: the same message again is signed for another second.
        self.ours.clock.advance(time::Duration::seconds(1));
        self.theirs.notified()
    }

    /// A request about what somebody took: status and body.
    async fn ask(&self, user: &str, method: Method, path: &DavPath, body: RemoteBody) -> (u16, Vec<u8>) {
        let mounts = self.ours.ocm.mounts(&UserId::new(user)).await.expect("mounts");
        let request = RemoteRequest {
            method,
            path: path.clone(),
            destination: None,
            headers: HeaderMap::new(),
            body,
        };
        let answer = self.ours.ocm.send(&mounts[0], request).await.expect("an answer");
        let pieces = answer.body.map(|piece| piece.expect("a piece"));
        let body = pieces.fold(Vec::new(), async |mut all, piece| {
            all.extend_from_slice(&piece);
            all
        });
        (answer.status.as_u16(), body.await)
    }
}

fn told(what: &str, provider_id: &str, secret: &str) -> Vec<(String, String, String)> {
    vec![(what.to_owned(), provider_id.to_owned(), secret.to_owned())]
}

#[tokio::test]
async fn ocm_fl03_what_changes_here_counts_for_a_nextcloud_and_what_it_declines_counts_here() {
    let pair = Pair::start().await;
    let (share, secret, _) = pair.given(RemoteKind::User, "carol").await;
    assert_eq!(
        pair.theirs
            .notify(&pair.ours, "SHARE_ACCEPTED", &share.id, &secret)
            .await,
        201
    );
    let opened = pair.opened(&secret).await.expect("it opens");
    assert_eq!(opened.permissions, SharePermissions::ALL);
    let less = OutShareChange {
        permissions: Some(SharePermissions::READ),
        ..OutShareChange::default()
    };
    pair.ours.ocm.change(share.number, less).await.expect("changed");
    let opened = pair.opened(&secret).await.expect("it opens");
    assert_eq!(opened.permissions, SharePermissions::READ);
    pair.told().await;

    pair.ours.ocm.revoke(share.number).await.expect("ended");
    assert_eq!(pair.opened(&secret).await, None);
    // Nextcloud finds its share by the secret.
    assert_eq!(pair.told().await, told("SHARE_UNSHARED", &share.id, &secret));

    let (share, secret, _) = pair.given(RemoteKind::User, "carol").await;
    assert!(pair.opened(&secret).await.is_some());
    assert_eq!(
        pair.theirs
            .notify(&pair.ours, "SHARE_DECLINED", &share.id, &secret)
            .await,
        201
    );
    assert_eq!((pair.outgoing().await, pair.opened(&secret).await), (0, None));
    assert_eq!(pair.told().await, [], "it knows");
}

#[tokio::test]
async fn ocm_fl03_what_changes_at_a_nextcloud_counts_here_and_it_hears_what_is_declined_here() {
    let pair = Pair::start().await;
    let root = DavPath::root();
    let put = || RemoteBody::Bytes(Bytes::from("from bob"));
    pair.sends("user", "bob", "4711").await;
    pair.accept("bob").await;
    assert_eq!(pair.told().await, told("SHARE_ACCEPTED", "4711", SECRET));
    assert_eq!(pair.ask("bob", Method::PUT, &root, put()).await.0, 204);
    // Nobody is told of other permissions: what it refuses is refused, and the share stays.
    pair.theirs.shelf.inner().may_write = false;
    assert_eq!(pair.ask("bob", Method::PUT, &root, put()).await.0, 403);
    let read = pair.ask("bob", Method::GET, &root, RemoteBody::Empty).await;
    assert_eq!(read, (200, b"from bob".to_vec()));

    assert_eq!(
        pair.theirs.notify(&pair.ours, "SHARE_UNSHARED", "4711", SECRET).await,
        201
    );
    assert!(pair.incoming("bob", false).await.is_empty());
    let mounts = pair.ours.ocm.mounts(&UserId::new("bob")).await.expect("mounts");
    assert!(mounts.is_empty());
    assert_eq!(pair.told().await, [], "it knows");

    for (provider_id, accepted) in [("4712", false), ("4713", true)] {
        pair.sends("user", "bob", provider_id).await;
        let number = if accepted {
            let number = pair.accept("bob").await;
            pair.told().await;
            number
        } else {
            pair.incoming("bob", true).await[0]
        };
        pair.decline("bob", number).await;
        assert_eq!(pair.told().await, told("SHARE_DECLINED", provider_id, SECRET));
        for pending in [false, true] {
            assert!(pair.incoming("bob", pending).await.is_empty(), "{provider_id}");
        }
        // It does not come twice, and nothing is left that could open the files.
        assert_eq!(pair.told().await, []);
    }
}

#[tokio::test]
async fn ocm_fl04_content_and_names_go_to_a_nextcloud_and_come_back_as_they_are() {
    let pair = Pair::start().await;
    pair.sends("user", "bob", "4711").await;
    pair.accept("bob").await;
    let root = DavPath::root();
    let read = pair.ask("bob", Method::GET, &root, RemoteBody::Empty).await;
    assert_eq!(read, (200, b"from eve".to_vec()), "a single file");
    assert_eq!(
        pair.theirs.notify(&pair.ours, "SHARE_UNSHARED", "4711", SECRET).await,
        201
    );

    pair.theirs.shelf.be_folder();
    pair.sends("user", "bob", "4712").await;
    pair.accept("bob").await;
    let names = ["été ☀.txt", "100% #?.txt", "a b+c&d;e=f.txt", "%41.txt", "e\u{301}.txt"];
    for name in names {
        let path = DavPath::from_names([name]);
        let body = RemoteBody::Bytes(Bytes::from(name));
        assert_eq!(pair.ask("bob", Method::PUT, &path, body).await.0, 201, "{name}");
        assert_eq!(pair.theirs.shelf.inner().files[&path], name, "{name}");
        let read = pair.ask("bob", Method::GET, &path, RemoteBody::Empty).await;
        assert_eq!(read, (200, name.as_bytes().to_vec()), "{name}");
    }
    let empty = DavPath::from_names(["empty"]);
    let body = RemoteBody::Bytes(Bytes::new());
    assert_eq!(pair.ask("bob", Method::PUT, &empty, body).await.0, 201);
    assert_eq!(
        pair.ask("bob", Method::GET, &empty, RemoteBody::Empty).await,
        (200, Vec::new())
    );

    let (_, listing) = pair
        .ask(
            "bob",
            Method::from_bytes(b"PROPFIND").expect("a method"),
            &root,
            RemoteBody::Empty,
        )
        .await;
    let listing = Multistatus::parse(&listing).expect("a listing");
    let mut listed: Vec<String> = listing
        .responses
        .iter()
        .filter_map(|line| {
            DavPath::decode(&line.href)
                .expect("an address")
                .name()
                .map(str::to_owned)
        })
        .filter(|name| name != "webdav")
        .collect();
    let mut expected: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    expected.push("empty".to_owned());
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected);

    // 100 MB, sent as they come.
    let piece = Bytes::from((0..1_u32 << 18).flat_map(u32::to_be_bytes).collect::<Vec<_>>());
    let pieces: Vec<_> = (0..100).map(|_| Ok(piece.clone())).collect();
    let stream: BodyStream = Box::pin(stream::iter(pieces));
    let large = DavPath::from_names(["large"]);
    let body = RemoteBody::Stream {
        stream,
        length: Some(100 << 20),
    };
    assert_eq!(pair.ask("bob", Method::PUT, &large, body).await.0, 201);
    let (status, read) = pair.ask("bob", Method::GET, &large, RemoteBody::Empty).await;
    let is_same = read.len() == 100 << 20 && read.chunks(piece.len()).all(|other| other == piece);
    assert!(status == 200 && is_same, "{status} {}", read.len());
    assert_eq!(pair.theirs.shelf.inner().files[&large], read);
}

#[tokio::test]
async fn ocm_fl05_a_group_at_a_nextcloud_opens_a_share_by_one_secret_until_it_ends() {
    let pair = Pair::start().await;
    let (share, secret, body) = pair.given(RemoteKind::Group, "team").await;
    assert_eq!(
        (&body["shareType"], &body["shareWith"]),
        (&json!("group"), &json!(format!("team@{}", pair.theirs.peer.url)))
    );
    // Its members accept one by one, all with the secret that there is.
    for member in ["carol", "dave"] {
        let status = pair
            .theirs
            .notify(&pair.ours, "SHARE_ACCEPTED", &share.id, &secret)
            .await;
        assert_eq!(status, 201, "{member}");
        assert!(pair.opened(&secret).await.is_some(), "{member}");
        pair.ours.clock.advance(time::Duration::seconds(1));
    }
    assert_eq!(pair.outgoing().await, 1);
    pair.ours.ocm.revoke(share.number).await.expect("ended");
    assert_eq!(pair.told().await, told("SHARE_UNSHARED", &share.id, &secret));
    assert_eq!(pair.opened(&secret).await, None);
}

#[tokio::test]
async fn ocm_fl05_members_of_a_group_here_answer_a_nextcloud_one_by_one() {
    let pair = Pair::start().await;
    pair.sends("group", "team", "4711").await;
    for member in ["alice", "bob", "carol"] {
        assert_eq!(pair.incoming(member, true).await.len(), 1, "{member}");
    }
    let number = pair.accept("bob").await;
    assert_eq!(pair.told().await, told("SHARE_ACCEPTED", "4711", SECRET));
    assert_eq!(pair.incoming("carol", true).await, [number]);
    pair.accept("carol").await;
    assert_eq!(pair.told().await, [], "for the other server it is one share");
    for member in ["bob", "carol"] {
        let read = pair.ask(member, Method::GET, &DavPath::root(), RemoteBody::Empty).await;
        assert_eq!(read, (200, b"from eve".to_vec()), "{member}");
    }
    // Who gives it up ends it for nobody else.
    pair.decline("bob", number).await;
    pair.decline("alice", number).await;
    assert_eq!(pair.told().await, []);
    assert!(
        pair.ours
            .ocm
            .mounts(&UserId::new("bob"))
            .await
            .expect("mounts")
            .is_empty()
    );
    let read = pair
        .ask("carol", Method::GET, &DavPath::root(), RemoteBody::Empty)
        .await;
    assert_eq!(read.0, 200);
    pair.decline("carol", number).await;
    assert_eq!(pair.told().await, told("SHARE_DECLINED", "4711", SECRET));
}
