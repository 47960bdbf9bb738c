use http::StatusCode;
use nc_auth::basic;
use serde_json::json;

use crate::{
    elsewhere::Elsewhere,
    wire::{Answer, Wire, id},
};

/// alice's folder `S` with `a.txt` and `sub`, shared with somebody elsewhere.
pub(crate) struct Shared {
    pub(crate) wire: Wire,
    pub(crate) elsewhere: Elsewhere,
    pub(crate) share: String,
}

impl Shared {
    pub(crate) async fn boot(permissions: u8) -> Self {
        let wire = Wire::boot().await;
        let elsewhere = Elsewhere::default();
        wire.cloud.federate(elsewhere.federated()).unwrap();
        wire.make_folder("alice", "/S").await;
        wire.make_folder("alice", "/S/sub").await;
        wire.put("alice", "/S/a.txt", "a").await;
        wire.put("alice", "/private.txt", "p").await;
        let node = node(&wire, "alice", "/S").await;
        let share = elsewhere.add("alice", node, permissions);
        Self { wire, elsewhere, share }
    }

    pub(crate) fn bearer(&self) -> String {
        format!("Bearer token-{}", self.share)
    }

    pub(crate) fn secret(&self) -> String {
        basic::header_value(&format!("secret-{}", self.share), "")
    }

    /// A request with the share's token.
    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let bearer = self.bearer();
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend_from_slice(headers);
        self.wire.send("", method, path, &all, body.to_owned()).await
    }

    pub(crate) async fn status(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> u16 {
        self.send(method, path, headers, body).await.status.as_u16()
    }
}

pub(crate) async fn node(wire: &Wire, who: &str, path: &str) -> i64 {
    wire.property(who, path, "oc:fileid").await.unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_share_is_read_and_written_at_both_mounts_with_token_and_secret() {
    let shared = Shared::boot(31).await;
    let id = shared.share.clone();
    let bases = [
        "/public.php/webdav".to_owned(),
        format!("/public.php/webdav/{id}"),
        format!("/ocm/dav/{id}"),
    ];
    for (number, base) in bases.iter().enumerate() {
        for authorization in [shared.bearer(), shared.secret()] {
            let headers = [("authorization", authorization.as_str()), ("depth", "1")];
            let listed = shared
                .wire
                .send("", "PROPFIND", &format!("{base}/"), &headers, "")
                .await;
            assert_eq!(
                listed.hrefs(),
                [format!("{base}/"), format!("{base}/sub/"), format!("{base}/a.txt")]
            );
            assert!(!listed.text().contains("alice"), "{}", listed.text());
            let read = shared
                .wire
                .send("", "GET", &format!("{base}/a.txt"), &headers, "")
                .await;
            assert_eq!(read.text(), "a");
        }
        let send = |method: &'static str, path: &str, body: &'static str| {
            let path = format!("{base}{path}");
            let shared = &shared;
            async move { shared.status(method, &path, &[], body).await }
        };
        assert_eq!(send("PUT", &format!("/new{number}.txt"), "new").await, 201);
        assert_eq!(send("MKCOL", &format!("/folder{number}"), "").await, 201);
        assert_eq!(send("PUT", &format!("/new{number}.txt"), "newer").await, 204);
        let to = format!("https://cloud.example.org{base}/folder{number}/moved.txt");
        let headers = [("destination", to.as_str()), ("host", "cloud.example.org")];
        assert_eq!(
            shared
                .status("MOVE", &format!("{base}/new{number}.txt"), &headers, "")
                .await,
            201
        );
        let to = format!("{base}/copy{number}.txt");
        let headers = [("destination", to.as_str())];
        assert_eq!(shared.status("COPY", &format!("{base}/a.txt"), &headers, "").await, 201);
        let path = format!("/S/folder{number}/moved.txt");
        assert_eq!(shared.wire.read("alice", &path).await.as_deref(), Some("newer"));
        assert_eq!(send("DELETE", &format!("/folder{number}"), "").await, 204);
        assert_eq!(shared.wire.read("alice", &path).await, None);
        assert_eq!(send("DELETE", &format!("/copy{number}.txt"), "").await, 204);
    }
    assert_eq!(shared.wire.list("alice", "/S").await, ["sub", "a.txt"]);
}

#[tokio::test]
async fn what_receivers_ask_for_is_answered() {
    let shared = Shared::boot(31).await;
    let question = "<d:propfind xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns' xmlns:s='http://open-collaboration-services.org/ns' \
                    xmlns:m='http://open-cloud-mesh.org/ns'><d:prop><d:getlastmodified/><d:getcontentlength/><d:getcontenttype/>\
                    <oc:permissions/><s:share-permissions/><m:share-permissions/><d:resourcetype/><d:getetag/>\
                    <d:quota-available-bytes/></d:prop></d:propfind>";
    let answer = shared
        .send("PROPFIND", "/public.php/webdav/a.txt", &[("depth", "0")], question)
        .await;
    let text = answer.text();
    for part in [
        "<d:getcontentlength>1<",
        "<d:getcontenttype>text/plain<",
        "<oc:permissions>RGDNVW<",
        ">19<",
        "[&quot;share&quot;,&quot;read&quot;,&quot;write&quot;]",
        "getlastmodified>",
        "getetag>",
    ] {
        let bare = text.replace('"', "&quot;");
        assert!(bare.contains(part), "{part}: {text}");
    }
    let folder = shared
        .send("PROPFIND", "/public.php/webdav/", &[("depth", "0")], question)
        .await
        .text();
    assert!(folder.contains("quota-available-bytes>"), "{folder}");
    assert!(folder.contains("<d:collection/>"), "{folder}");
    shared.elsewhere.allow(&shared.share, 1);
    let less = shared
        .send("PROPFIND", "/public.php/webdav/a.txt", &[("depth", "0")], question)
        .await
        .text();
    assert!(less.contains("<oc:permissions>G<"), "{less}");
    assert_eq!(shared.status("OPTIONS", "/public.php/webdav/", &[], "").await, 200);
    assert_eq!(shared.status("HEAD", "/public.php/webdav/a.txt", &[], "").await, 200);
}

#[tokio::test]
async fn a_single_file_is_the_root_of_its_mount() {
    let shared = Shared::boot(1).await;
    let node = node(&shared.wire, "alice", "/S/a.txt").await;
    let file = shared.elsewhere.add("alice", node, 31);
    let token = format!("Bearer token-{file}");
    let send = |method: &'static str, path: String, body: &'static str| {
        let (shared, token) = (&shared, token.clone());
        async move {
            let headers = [("authorization", token.as_str()), ("depth", "1")];
            shared.wire.send("", method, &path, &headers, body).await
        }
    };
    for base in [
        "/public.php/webdav".to_owned(),
        format!("/public.php/webdav/{file}"),
        format!("/ocm/dav/{file}"),
    ] {
        assert_eq!(send("PROPFIND", format!("{base}/"), "").await.hrefs().join(" "), base);
        assert_eq!(send("GET", base.clone(), "").await.text(), "a");
        assert_eq!(
            send("PUT", format!("{base}/"), "b").await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(send("GET", format!("{base}/"), "").await.text(), "b");
        assert_eq!(
            send("PUT", format!("{base}/"), "a").await.status,
            StatusCode::NO_CONTENT
        );
        for method in ["PUT", "MKCOL"] {
            assert_eq!(
                send(method, format!("{base}/x"), "").await.status,
                StatusCode::CONFLICT,
                "{method}"
            );
        }
        let lock = "<d:lockinfo xmlns:d='DAV:'><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>";
        assert_eq!(
            send("LOCK", format!("{base}/x"), lock).await.status,
            StatusCode::CONFLICT
        );
        assert_eq!(send("GET", format!("{base}/x"), "").await.status, StatusCode::NOT_FOUND);
        assert_eq!(
            send("DELETE", format!("{base}/"), "").await.status,
            StatusCode::FORBIDDEN
        );
    }
}

#[tokio::test]
async fn locks_and_properties_of_a_share_are_its_own() {
    let shared = Shared::boot(31).await;
    let info = "<d:lockinfo xmlns:d='DAV:'><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>";
    let path = "/public.php/webdav/a.txt";
    let locked = shared.send("LOCK", path, &[], info).await;
    assert_eq!(locked.status, StatusCode::OK, "{}", locked.text());
    let token = locked.header("lock-token");
    let condition = format!("({token})");
    assert_eq!(
        shared.wire.dav("alice", "PUT", "/S/a.txt", "x").await.status,
        StatusCode::LOCKED
    );
    assert_eq!(shared.status("PUT", path, &[], "x").await, 423);
    assert_eq!(shared.status("PUT", path, &[("if", &condition)], "b").await, 204);
    // Somebody else's token is no key, also where it is known.
    let theirs = [("lock-token", token)];
    let other = "/remote.php/dav/files/alice/S/a.txt";
    let written = shared
        .wire
        .send("alice", "PUT", other, &[("if", &condition)], "x")
        .await;
    assert_eq!(written.status, StatusCode::LOCKED);
    assert_eq!(shared.status("UNLOCK", path, &theirs, "").await, 204);
    // But whoever owns the files is not kept out of them.
    let locked = shared.send("LOCK", path, &[], info).await;
    let token = locked.header("lock-token");
    let theirs = [("lock-token", token)];
    assert_eq!(
        shared.wire.send("alice", "UNLOCK", other, &theirs, "").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        shared.wire.dav("alice", "PUT", "/S/a.txt", "b").await.status,
        StatusCode::NO_CONTENT
    );
    let locked = shared.wire.send("alice", "LOCK", other, &[], info).await;
    let held = locked.header("lock-token");
    assert_eq!(shared.status("UNLOCK", path, &[("lock-token", held)], "").await, 409);
    assert_eq!(
        shared
            .wire
            .send("alice", "UNLOCK", other, &[("lock-token", held)], "")
            .await
            .status
            .as_u16(),
        204
    );

    let patch = |name: &str| {
        format!(
            "<d:propertyupdate xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns' xmlns:x='urn:x'><d:set><d:prop>\
             <{name}>1</{name}></d:prop></d:set></d:propertyupdate>"
        )
    };
    let set = shared.send("PROPPATCH", path, &[], &patch("x:mark")).await;
    assert!(set.text().contains("200 OK"), "{}", set.text());
    let question = "<d:propfind xmlns:d='DAV:'><d:prop><mark xmlns='urn:x'/></d:prop></d:propfind>";
    let told = shared.send("PROPFIND", path, &[("depth", "0")], question).await.text();
    assert!(told.contains("200 OK"), "{told}");
    let own = shared
        .wire
        .send("alice", "PROPFIND", other, &[("depth", "0")], question)
        .await
        .text();
    assert!(own.contains("404 Not Found"), "{own}");
    // A favourite is somebody's with an account.
    let favourite = shared.send("PROPPATCH", path, &[], &patch("oc:favorite")).await.text();
    assert!(favourite.contains("403 Forbidden"), "{favourite}");
    assert_eq!(
        shared
            .wire
            .property("alice", "/S/a.txt", "oc:favorite")
            .await
            .as_deref(),
        Some("0")
    );
}

#[tokio::test]
async fn what_people_with_accounts_say_and_mark_is_not_told() {
    let shared = Shared::boot(31).await;
    let question = "<d:propfind xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns' xmlns:nc='http://nextcloud.org/ns'><d:prop>\
                    <oc:comments-count/><oc:favorite/><oc:owner-id/><nc:system-tags/><oc:share-types/></d:prop></d:propfind>";
    let answer = shared
        .send("PROPFIND", "/public.php/webdav/a.txt", &[("depth", "0")], question)
        .await;
    let text = answer.text();
    for name in ["comments-count", "favorite", "owner-id", "system-tags"] {
        let missing = text.rsplit("<d:propstat>").next().unwrap();
        assert!(missing.contains(name) && missing.contains("404"), "{name}: {text}");
    }
    let filter = "<oc:filter-files xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns'><d:prop/>\
                  <oc:filter-rules><oc:favorite>1</oc:favorite></oc:filter-rules></oc:filter-files>";
    assert_eq!(shared.status("REPORT", "/public.php/webdav/", &[], filter).await, 415);
    for method in ["SEARCH", "POST", "PATCH", "ACL", "MKCALENDAR"] {
        assert_eq!(
            shared.status(method, "/public.php/webdav/", &[], "").await,
            403,
            "{method}"
        );
    }
}

#[tokio::test]
async fn links_are_opened_as_before_beside_shares() {
    let shared = Shared::boot(31).await;
    let link = shared
        .wire
        .share("alice", json!({ "path": "/private.txt", "shareType": 3 }))
        .await;
    let token = link["token"].as_str().unwrap();
    let opened = basic::header_value(token, "");
    let read = shared
        .wire
        .send("", "GET", "/public.php/webdav/", &[("authorization", &opened)], "")
        .await;
    assert_eq!(read.text(), "p");
    // A link's token opens no share's mount, as a Bearer opens no link.
    for authorization in [opened.clone(), format!("Bearer {token}")] {
        let path = format!("/ocm/dav/{}/a.txt", shared.share);
        let answer = shared
            .wire
            .send("", "GET", &path, &[("authorization", &authorization)], "")
            .await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{authorization}");
    }
    let bearer = format!("Bearer {token}");
    let answer = shared
        .wire
        .send("", "GET", "/public.php/webdav/", &[("authorization", &bearer)], "")
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    // Who sends nothing is asked for both.
    let asked = shared.wire.send("", "GET", "/public.php/webdav/", &[], "").await;
    let challenges: Vec<_> = asked.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(challenges.len(), 2, "{challenges:?}");
    assert!(id(&link).parse::<i64>().unwrap() < 1_000_000_000);
}

#[tokio::test]
async fn a_cloud_that_is_joined_to_none_serves_no_such_mounts() {
    let wire = Wire::boot().await;
    for path in ["/ocm/dav", "/ocm/dav/", "/ocm/dav/7c084226/a.txt"] {
        let answer = wire.send("", "GET", path, &[("authorization", "Bearer x")], "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let answer = wire
        .send("", "GET", "/public.php/webdav/", &[("authorization", "Bearer x")], "")
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let elsewhere = Elsewhere::default();
    wire.cloud.federate(elsewhere.federated()).unwrap();
    assert!(wire.cloud.federate(elsewhere.federated()).is_err());
}

#[tokio::test]
async fn a_lock_of_a_guest_ends_with_the_share_and_after_half_an_hour() {
    let info = "<d:lockinfo xmlns:d='DAV:'><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>";
    let path = "/public.php/webdav/a.txt";
    let own = "/remote.php/dav/files/alice/S/a.txt";
    let question = "<d:propfind xmlns:d='DAV:'><d:prop><d:lockdiscovery/></d:prop></d:propfind>";
    for ending in ["revoked", "time"] {
        let shared = Shared::boot(31).await;
        let locked = shared.send("LOCK", path, &[("timeout", "Second-86400")], info).await;
        assert_eq!(locked.status, StatusCode::OK, "{}", locked.text());
        assert!(locked.text().contains("Second-1800"), "{}", locked.text());
        let put = async || shared.wire.dav("alice", "PUT", "/S/a.txt", "x").await.status;
        let tokens = async || {
            let told = shared
                .wire
                .send("alice", "PROPFIND", own, &[("depth", "0")], question)
                .await;
            told.text().matches("opaquelocktoken:").count()
        };
        assert_eq!((put().await, tokens().await), (StatusCode::LOCKED, 1), "{ending}");
        if ending == "time" {
            shared.wire.clock.advance(time::Duration::minutes(31));
        } else {
            shared.elsewhere.end(&shared.share);
        }
        assert_eq!((tokens().await, put().await), (0, StatusCode::NO_CONTENT), "{ending}");
        let relocked = shared.wire.send("alice", "LOCK", own, &[], info).await;
        assert_eq!(relocked.status, StatusCode::OK, "{ending}");
    }
}

#[tokio::test]
async fn the_federation_hears_who_is_shut_out() {
    let shared = Shared::boot(31).await;
    let alice = nc_auth::UserId::new("alice");
    for (enabled, heard) in [(true, 0), (false, 1), (true, 1)] {
        assert!(shared.wire.cloud.set_enabled(&alice, enabled).await.unwrap());
        assert_eq!(shared.elsewhere.state().disabled.len(), heard, "{enabled}");
    }
    shared.elsewhere.state().fails = Some(nc_auth::federation::FederationError::Failed("down".to_owned()));
    // Said, and the account is shut out all the same.
    assert!(shared.wire.cloud.set_enabled(&alice, false).await.is_err());
    assert_eq!(
        shared
            .wire
            .send("alice", "GET", "/remote.php/dav/files/alice/S/a.txt", &[], "")
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );
}
