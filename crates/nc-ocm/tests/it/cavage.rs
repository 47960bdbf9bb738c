//! Signatures as draft-cavage says, the way Nextcloud 31 to 34 sign, through HTTP.

use aws_lc_rs::signature::RsaKeyPair;
use nc_ocm::net::{list_peers, reset_peer_key};
use nc_proto::ocm::PeerHost;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use crate::{
    draft::{Cavage, Signed, rsa},
    stage::{Stage, nextcloud_32},
};

/// As HTTP writes a time.
pub(crate) fn http_date(at: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(at).expect("a time");
    time.format(&Rfc2822).expect("a date").replace("+0000", "GMT")
}

struct Legacy {
    stage: Stage,
    key: RsaKeyPair,
}

impl Legacy {
    async fn start() -> Self {
        let (key, pem) = rsa();
        let stage = Stage::start().await;
        stage.peer_says(|answers| answers.discovery = nextcloud_32(&stage.peer.url, &pem));
        Self { stage, key }
    }

    fn draft(&self) -> Cavage {
        self.draft_at(self.stage.now())
    }

    fn draft_at(&self, at: i64) -> Cavage {
        let host = &self.stage.server.host;
        let body = b"{\"notificationType\":\"SHARE_DECLINED\"}";
        Cavage::new(
            self.stage.key_id("signature"),
            host,
            "/ocm/notifications",
            http_date(at),
            body,
        )
    }

    async fn is_accepted(&self, signed: Signed) {
        assert_eq!(self.stage.send(signed).await, (200, "Cavage".to_owned()));
    }

    async fn is_refused(&self, what: &str, signed: Signed) {
        self.stage.is_refused_or_junk(what, signed).await;
    }
}

#[tokio::test]
async fn messages_of_nextcloud_are_accepted_with_both_algorithms() {
    let legacy = Legacy::start().await;
    legacy.is_accepted(legacy.draft().sign(&legacy.key)).await;
    let mut draft = legacy.draft_at(legacy.stage.now() - 1);
    draft.algorithm = "rsa-sha256";
    legacy.is_accepted(draft.sign(&legacy.key)).await;
}

#[tokio::test]
async fn ocm_n053_dates_have_bounds() {
    let legacy = Legacy::start().await;
    let now = legacy.stage.now();
    for (at, what) in [(now - 301, "old"), (now + 61, "ahead")] {
        legacy.is_refused(what, legacy.draft_at(at).sign(&legacy.key)).await;
    }
    assert_eq!(legacy.stage.peer.requests(), 0);
    for at in [now - 300, now + 60] {
        legacy.is_accepted(legacy.draft_at(at).sign(&legacy.key)).await;
    }
    for date in ["", "yesterday", "1785060500"] {
        let mut draft = legacy.draft();
        draft.date = date.to_owned();
        legacy.is_refused(date, draft.sign(&legacy.key)).await;
    }
}

#[tokio::test]
async fn ocm_n053_weak_digests_and_algorithms_are_refused() {
    use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let legacy = Legacy::start().await;
    let mut draft = legacy.draft();
    let sha1 = digest(&SHA1_FOR_LEGACY_USE_ONLY, &draft.body);
    draft.digest = format!("SHA-1={}", BASE64_STANDARD.encode(sha1));
    legacy.is_refused("SHA-1", draft.sign(&legacy.key)).await;
    draft.digest = "MD5=1B2M2Y8AsgTpgAmy7PhCfg==".to_owned();
    legacy.is_refused("MD5", draft.sign(&legacy.key)).await;
    for algorithm in ["hs2019", "rsa-sha1", "hmac-sha256", "none"] {
        let mut draft = legacy.draft();
        draft.algorithm = algorithm;
        legacy.is_refused(algorithm, draft.sign(&legacy.key)).await;
    }
}

#[tokio::test]
async fn ocm_n053_every_part_has_to_be_listed() {
    let legacy = Legacy::start().await;
    for missing in ["(request-target)", "content-length", "date", "digest", "host"] {
        let mut draft = legacy.draft();
        draft.listed.retain(|name| *name != missing);
        legacy.is_refused(missing, draft.sign(&legacy.key)).await;
    }
    assert_eq!(legacy.stage.peer.requests(), 0);
}

#[tokio::test]
async fn ocm_n053_a_new_key_under_a_known_name_is_refused_until_the_operator_forgets_the_old_one() {
    let legacy = Legacy::start().await;
    legacy.is_accepted(legacy.draft().sign(&legacy.key)).await;
    let (new, pem) = rsa();
    let stage = &legacy.stage;
    stage.peer_says(|answers| answers.discovery = nextcloud_32(&stage.peer.url, &pem));
    stage.advance(25 * 3600);
    legacy.is_refused("new key, old name", legacy.draft().sign(&new)).await;
    let mut renamed = legacy.draft();
    renamed.key_id = stage.key_id("signature2");
    stage.peer_says(|answers| answers.discovery["publicKey"]["keyId"] = renamed.key_id.clone().into());
    legacy.is_refused("new key, new name", renamed.sign(&new)).await;
    stage.peer_says(|answers| answers.discovery["publicKey"]["keyId"] = stage.key_id("signature").into());
    legacy.is_accepted(legacy.draft().sign(&legacy.key)).await;

    let store = stage.server.store.as_ref();
    let host = PeerHost::parse(&stage.peer.host).expect("a host");
    let key_id = stage.key_id("signature");
    let known = list_peers(store).await.expect("listed");
    assert_eq!((known.len(), known[0].cavage_key_id.as_ref()), (1, Some(&key_id)));
    let reset = async |host: &PeerHost| reset_peer_key(store, host, stage.now()).await.expect("reset");
    let other = PeerHost::parse("other.example").expect("a host");
    assert!(!reset(&other).await);
    assert!(reset(&host).await);
    assert!(!reset(&host).await, "there is none any more");
    let unsigned = legacy.draft().sign(&legacy.key).without("signature").without("digest");
    assert_eq!(stage.send(unsigned).await.0, 401, "it still has to sign");
    // The new key under the old name, although the old document may still be remembered.
    stage.advance(31);
    legacy.is_accepted(legacy.draft().sign(&new)).await;
    legacy.is_refused("the old key", legacy.draft().sign(&legacy.key)).await;
}

#[tokio::test]
async fn ocm_n053_a_server_whose_key_is_known_has_to_sign() {
    let legacy = Legacy::start().await;
    let unsigned = || legacy.draft().sign(&legacy.key).without("signature").without("digest");
    assert_eq!(legacy.stage.send(unsigned()).await, (200, "Unsigned".to_owned()));
    legacy.is_accepted(legacy.draft().sign(&legacy.key)).await;
    assert_eq!(legacy.stage.send(unsigned()).await.0, 400);
}

#[tokio::test]
async fn what_was_changed_on_the_way_or_signed_for_another_server_is_refused() {
    let legacy = Legacy::start().await;
    let good = legacy.draft().sign(&legacy.key);
    let mut body = good.body.clone();
    body[3] ^= 1;
    legacy.is_refused("body", good.clone().with_body(&body)).await;
    let value = good.value("signature");
    for (what, changed) in [
        ("signature", value.replacen("signature=\"", "signature=\"AAAA", 1)),
        ("algorithm", value.replace("rsa-sha512", "rsa-sha256")),
        ("list", value.replace("date digest", "digest date")),
        ("another server's key", value.replace("http://127", "http://128")),
    ] {
        let status = legacy.stage.send(good.clone().set("signature", changed)).await.0;
        assert!([400, 401, 403].contains(&status), "{what}: {status}");
    }
    assert_eq!(legacy.stage.send_to("/ocm/shares", good.clone()).await.0, 401, "path");
    let mut elsewhere = legacy.draft();
    elsewhere.host = "elsewhere.example".to_owned();
    legacy
        .is_refused(
            "another host",
            elsewhere.sign(&legacy.key).set("host", "elsewhere.example"),
        )
        .await;
    legacy.is_accepted(good.clone()).await;
    legacy.is_refused("again", good).await;
}
