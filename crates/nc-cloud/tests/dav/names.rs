use http::StatusCode;
use nc_proto::dav::{DavPath, Depth, Propfind, check_name, props};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use crate::wire::{HOME, Wire};

const ODD: [&str; 14] = [
    "a%20b.txt",
    "100% sure",
    "issue #1?",
    "a & b + c = d",
    "\"it's\" <b>",
    " space at both ends ",
    ".hidden",
    "con.txt",
    "U\u{308}bung",
    "\u{dc}bung",
    "party 🎉👩‍👩‍👧",
    "semi;colon,comma",
    "a:b|c*d",
    "~me@home$[x]{y}(z)",
];

async fn goes_all_ways(wire: &Wire, name: &str) {
    let path = DavPath::from_names(["remote.php", "dav", "files", "alice", name]);
    let address = path.encode();
    let put = wire
        .send("PUT", &address, &[("if-none-match", "*")], name.to_owned())
        .await;
    assert_eq!(put.status, StatusCode::CREATED, "{name:?}");
    let question = Propfind::Prop(vec![props::DISPLAYNAME]).to_document();
    let list = wire
        .send("PROPFIND", HOME, &[("depth", Depth::One.as_str())], question)
        .await
        .multistatus();
    let entry = list
        .responses
        .iter()
        .find(|entry| DavPath::decode(&entry.href).unwrap() == path);
    let shown = entry.expect(name).prop(&props::DISPLAYNAME).unwrap().content();
    assert_eq!(shown, name);
    let folder = format!("{HOME}/moved%20here");
    let target = format!(
        "http://cloud.example.org{folder}/{}",
        address.rsplit('/').next().unwrap()
    );
    let moved = wire
        .send("MOVE", &address, &[("destination", &target), ("overwrite", "F")], "")
        .await;
    assert_eq!(moved.status, StatusCode::CREATED, "{name:?}");
    let target = target.strip_prefix("http://cloud.example.org").unwrap();
    let read = wire.send("GET", target, &[], "").await;
    assert_eq!(read.body, name.as_bytes(), "{name:?}");
    let on_disk = wire.dir.path().join("data/alice/files/moved here").join(name);
    assert_eq!(std::fs::read(on_disk).unwrap(), name.as_bytes());
    assert_eq!(
        wire.send("DELETE", target, &[], "").await.status,
        StatusCode::NO_CONTENT,
        "{name:?}"
    );
}

#[tokio::test]
async fn odd_names_go_through_every_method() {
    let wire = Wire::boot().await;
    wire.make_folder("/moved%20here").await;
    for name in ODD {
        goes_all_ways(&wire, name).await;
    }
    let mut runner = TestRunner::deterministic();
    let strategy = "\\PC{1,40}".prop_filter("storable", |name: &String| {
        check_name(name).is_ok()
            && nc_cloud::content::check_storable(name).is_ok()
            && !name.contains(['\u{fffe}', '\u{ffff}'])
    });
    for _ in 0..60 {
        let name = strategy.new_tree(&mut runner).unwrap().current();
        goes_all_ways(&wire, &name).await;
    }
}

#[tokio::test]
async fn names_that_cannot_be_stored_are_refused_with_the_reason() {
    let wire = Wire::boot().await;
    let too_long = "n".repeat(251);
    for (name, reason) in [
        ("a%5Cb.txt", "\"\\\" is not allowed inside a file or folder name."),
        (".htaccess", "Filename is a reserved word"),
        ("x.part", "\".part\" is a forbidden file type."),
        ("a%0Ab", "The name contains a character that is not allowed."),
        (too_long.as_str(), "Filename is too long"),
    ] {
        for method in ["PUT", "MKCOL"] {
            let answer = wire.send(method, &format!("{HOME}/{name}"), &[], "").await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{method} {name}");
            assert_eq!(answer.error().reason.as_deref(), Some(reason), "{method} {name}");
        }
    }
}

#[tokio::test]
async fn nothing_leads_out_of_the_users_files() {
    let wire = Wire::boot().await;
    wire.put("/a.txt", "mine").await;
    for path in ["/..", "/%2e%2e/bob/a.txt", "/x%2F..%2F..%2Fa", "/a.txt%00"] {
        let answer = wire.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        let headers = [("destination", &*format!("{HOME}{path}"))];
        let moved = wire.send("MOVE", &format!("{HOME}/a.txt"), &headers, "").await;
        assert!(moved.status.is_client_error(), "{path}");
    }
    for destination in [
        "/remote.php/dav/files/bob/x",
        "/remote.php/dav/uploads/alice/x",
        "/etc/passwd",
        "http://h/",
        "/remote.php/dav/files/Alice/x",
        "/remote.php/dav/files/bob%2Fx",
        "/remote.php/dav/files/alice%2F..%2Fbob/x",
        "/remote.php/dav/files/alice/..;/bob/../x",
        "/remote.php/dav/files/alice/%2e%2E/bob/x",
        "//remote.php/dav/files//bob/x",
        "/remote.php/webdav/../dav/files/bob/x",
        "https://user:pw@h/remote.php/dav/files/bob/x",
    ] {
        let headers = [("destination", destination)];
        let moved = wire.send("MOVE", &format!("{HOME}/a.txt"), &headers, "").await;
        let refused = matches!(moved.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND);
        assert!(refused, "{destination}: {}", moved.status);
    }
    for source in [
        "/remote.php/dav/files/Alice/a.txt",
        "/remote.php/dav/files/alice%2Fa.txt",
        "/remote.php/dav%2Ffiles/alice/a.txt",
    ] {
        assert_eq!(
            wire.send("GET", source, &[], "").await.status,
            StatusCode::NOT_FOUND,
            "{source}"
        );
    }
    // What is encoded twice is a name, not a way.
    assert_eq!(wire.get("/%252e%252e/a.txt").await.status, StatusCode::NOT_FOUND);
    assert_eq!(wire.text("/a.txt").await, "mine");
}

#[tokio::test]
async fn nothing_is_nested_deeper_than_it_can_be_removed() {
    let wire = Wire::boot().await;
    let parents = [("x-nc-webdav-auto-mkcol", "1")];
    let nested = |top: &str, levels: usize| format!("{HOME}/{top}{}", "/d".repeat(levels - 1));
    let too_deep = wire.send("PUT", &nested("a", 257), &parents, "x").await;
    assert_eq!(too_deep.status, StatusCode::BAD_REQUEST);
    assert_eq!(wire.get("/a").await.status, StatusCode::NOT_FOUND);
    for top in ["a", "b"] {
        let made = wire.send("PUT", &nested(top, 200), &parents, "x").await;
        assert_eq!(made.status, StatusCode::CREATED, "{top}");
    }
    // The longest path is not the deepest one.
    let long = format!("{HOME}/b/{}/{0}/{0}", "n".repeat(240));
    assert_eq!(wire.send("PUT", &long, &parents, "x").await.status, StatusCode::CREATED);
    let inside = nested("a", 100) + "/b";
    for method in ["MOVE", "COPY"] {
        let headers = [("destination", inside.as_str())];
        let moved = wire.send(method, &format!("{HOME}/b"), &headers, "").await;
        assert_eq!(moved.status, StatusCode::BAD_REQUEST, "{method}");
    }
    for top in ["a", "b"] {
        let deleted = wire.send("DELETE", &format!("{HOME}/{top}"), &[], "").await;
        assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(wire.leftovers(), 0);
}

#[tokio::test]
async fn somebody_elses_files_are_closed_to_every_method() {
    let wire = Wire::boot().await;
    let bob = nc_cloud::accounts::NewUser::new("bob", "Bob", "builder".into());
    wire.cloud.create_user(&bob).await.unwrap();
    let home = wire.cloud.content().home(&nc_auth::UserId::new("bob")).await.unwrap();
    let path = DavPath::plain("secret.txt").unwrap();
    home.write(&path, b"bob's", nc_cloud::content::WriteOptions::default())
        .await
        .unwrap();
    let destination = [("destination", "/remote.php/dav/files/alice/x")];
    for method in [
        "GET",
        "HEAD",
        "PUT",
        "PROPFIND",
        "PROPPATCH",
        "MKCOL",
        "DELETE",
        "MOVE",
        "COPY",
        "LOCK",
        "UNLOCK",
        "REPORT",
    ] {
        let mut answers = Vec::new();
        for owner in ["bob", "nobody"] {
            let address = format!("/remote.php/dav/files/{owner}/secret.txt");
            let answer = wire.send(method, &address, &destination, "").await;
            assert!(answer.status.is_client_error(), "{method} {owner}: {}", answer.status);
            answers.push(answer.status);
        }
        assert_eq!(answers[0], answers[1], "{method} tells whether a user exists");
    }
    assert_eq!(home.read(&path).await.unwrap().1, b"bob's");
}

#[tokio::test]
async fn behind_a_subpath_addresses_have_it_once() {
    let wire = Wire::boot_with(|config, _| config.public_url = Some("https://h/cloud".parse().unwrap())).await;
    wire.put("/a.txt", "a").await;
    let list = wire.send("PROPFIND", HOME, &[("depth", "1")], "").await.multistatus();
    let addresses: Vec<&str> = list.responses.iter().map(|entry| entry.href.as_str()).collect();
    assert_eq!(
        addresses,
        [
            "/cloud/remote.php/dav/files/alice/",
            "/cloud/remote.php/dav/files/alice/a.txt"
        ]
    );
    for destination in [
        "https://h/cloud/remote.php/dav/files/alice/b.txt",
        "/cloud/remote.php/dav/files/alice/c.txt",
    ] {
        let headers = [("destination", destination)];
        let copied = wire.send("COPY", &format!("{HOME}/a.txt"), &headers, "").await;
        assert_eq!(copied.status, StatusCode::CREATED, "{destination}");
    }
}
