//! Every call of the client, and what no request may lack or carry.

use nc_client::{
    Client, Credential, FileQuery, Grant, ListOptions, LoginFlow, NewNote, NoteId, NotePatch, NotesFilter, Overwrite,
    ReadOptions, SettingsPatch, WriteMode, WriteOptions,
};

use crate::scripted::{Reply, Seen, Server, account, credential, nextcloud};

const CAPABILITIES: &str = r#"{"ocs":{"meta":{"status":"ok","statuscode":200},"data":{"version":{"major":32},
    "capabilities":{"notes":{"api_version":["1.4"],"version":"5.0.2"},"files":{"chunked_upload":{"max_size":100}}}}}}"#;

const NOTE: &str =
    r#"{"id":1,"etag":"0123456789abcdef0123456789abcdef","modified":1,"title":"t","category":"","content":"c"}"#;

const FILE: &str = r#"<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:response>
    <d:href>/remote.php/dav/files/carol/a.txt</d:href><d:propstat><d:prop><oc:fileid>1</oc:fileid><d:getetag>"e"</d:getetag>
    <d:getcontentlength>4</d:getcontentlength><d:getcontenttype>text/plain</d:getcontenttype><oc:permissions>RGDNVW</oc:permissions>
    <d:resourcetype/></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"#;

/// Answers well enough that calls go on to their last request, and sets a cookie with each answer.
fn willing(seen: &Seen, _: usize) -> Reply {
    let cookie = ("set-cookie", "nc_session_id=carol; Path=/; HttpOnly");
    let json = |text: &str| Reply::new(200, &[("content-type", "application/json"), cookie], text);
    let target = seen.target.split('?').next().unwrap_or_default();
    match (seen.method.as_str(), target) {
        (_, "/status.php") => json(r#"{"installed":true,"versionstring":"32.0.1"}"#),
        (_, "/index.php/login/v2") => {
            let host = seen.header("host").expect("a host");
            json(&format!(
                r#"{{"poll":{{"token":"t","endpoint":"http://{host}/login/v2/poll"}},"login":"http://{host}/login/v2/flow/x"}}"#
            ))
        }
        (_, "/index.php/login/v2/poll") => json(r#"{"server":"","loginName":"carol","appPassword":"p"}"#),
        (_, "/ocs/v2.php/cloud/user") => account("carol"),
        (_, "/ocs/v2.php/cloud/capabilities") => json(CAPABILITIES),
        (_, target) if target.starts_with("/ocs/") => {
            json(r#"{"ocs":{"meta":{"status":"ok","statuscode":200},"data":[]}}"#)
        }
        ("GET", "/index.php/apps/notes/api/v1/notes") => json(&format!("[{NOTE}]")),
        (_, target) if target.ends_with("/settings") => json(r#"{"notesPath":"Notes","fileSuffix":".md"}"#),
        (_, target) if target.contains("/notes/api/") => json(NOTE),
        ("PROPFIND" | "SEARCH" | "REPORT" | "PROPPATCH", _) => {
            Reply::new(207, &[("content-type", "application/xml"), cookie], FILE)
        }
        ("GET", _) => Reply::new(
            200,
            &[("content-type", "text/plain"), ("etag", "\"e\""), cookie],
            "text",
        ),
        _ => Reply::new(201, &[("etag", "\"e\""), ("oc-etag", "\"e\""), cookie], ""),
    }
}

/// Calls everything that there is to call. What comes of it is tried elsewhere.
async fn call_everything(client: &Client) {
    let path = |text: &str| nc_client::FilePath::parse(text).expect("path");
    let etag = nc_client::ETag::parse("\"e\"").expect("etag");
    let (file, other) = (path("/a.txt"), path("/b/c.txt"));
    let nextcloud = client.nextcloud();
    nextcloud.status().await.expect("status");
    client.user().await.expect("user");
    client.capabilities().await.expect("capabilities");
    client.is_still_accepted().await.expect("an answer");
    client.confirm_user(Some("carol")).await.expect("carol");

    let flow = LoginFlow::start(nextcloud, "nextcloud-mcp on a laptop")
        .await
        .expect("a flow");
    flow.poll().await.expect("granted");
    let resumed = LoginFlow::resume(nextcloud, flow.token().clone());
    resumed.poll().await.expect("granted");

    let notes = client.notes();
    let _ = notes.list(&NotesFilter::default()).await;
    let _ = notes.pages(&NotesFilter::default()).next().await;
    let _ = notes.get(NoteId(1)).await;
    let _ = notes.create(&NewNote::default()).await;
    let patch = NotePatch {
        title: Some("t".to_owned()),
        ..NotePatch::default()
    };
    let _ = notes.update(NoteId(1), &patch, &etag).await;
    let _ = notes.append(NoteId(1), "more").await;
    let _ = notes.settings().await;
    let _ = notes.change_settings(&SettingsPatch::default()).await;
    let _ = notes.attachment(NoteId(1), "a.png", 100).await;
    let _ = notes.delete(NoteId(1)).await;

    let files = client.files();
    let (create, write) = (WriteMode::CreateNew, WriteOptions::default());
    let _ = files.list(&file, &ListOptions::default()).await;
    let _ = files.stat(&file).await;
    let _ = files.read(&file, &ReadOptions::default()).await;
    let _ = files.download(&file).await;
    let _ = files.write(&file, b"small".to_vec(), &create, &write).await;
    let _ = files.write(&file, vec![b'x'; 40], &WriteMode::Overwrite, &write).await;
    let _ = files.create_directory(&other, true).await;
    let _ = files.copy_to(&file, &other, Overwrite::Never).await;
    let _ = files.move_to(&file, &other, Overwrite::Never).await;
    let _ = files.search(&FileQuery::default()).await;
    let _ = files.favorites(10).await;
    let _ = files.set_favorite(&file, true).await;
    let _ = files.delete(&file, Some(&etag)).await;
}

#[tokio::test]
async fn every_call_says_that_it_is_one_of_a_program_and_carries_no_cookie() {
    let server = Server::start_raw(willing).await;
    let mut config = server.config();
    config.upload.whole_up_to_bytes = 20;
    config.upload.part_bytes = 20;
    let nextcloud = nextcloud(config);
    for credential in [credential("carol"), Credential::Bearer("token".into())] {
        let client = nextcloud.client(credential);
        call_everything(&client).await;
        let _ = client.revoke_app_password().await;
    }
    let grant = Grant {
        login_name: "carol".to_owned(),
        app_password: "p".into(),
    };
    nextcloud.client(grant.credential()).user().await.expect("user");
    let seen = server.all_seen();
    for seen in &seen {
        assert_eq!(seen.header("ocs-apirequest"), Some("true"), "{}", seen.line());
        assert_eq!(seen.header("cookie"), None, "{}", seen.line());
    }
    // That the calls above went as far as they are meant to.
    for expected in [
        "GET /status.php",
        "POST /index.php/login/v2",
        "POST /index.php/login/v2/poll",
        "GET /ocs/v2.php/cloud/user",
        "GET /ocs/v2.php/cloud/capabilities",
        "DELETE /ocs/v2.php/core/apppassword",
        "GET /index.php/apps/notes/api/v1/notes",
        "POST /index.php/apps/notes/api/v1/notes",
        "GET /index.php/apps/notes/api/v1/notes/1",
        "PUT /index.php/apps/notes/api/v1/notes/1",
        "DELETE /index.php/apps/notes/api/v1/notes/1",
        "GET /index.php/apps/notes/api/v1/settings",
        "PUT /index.php/apps/notes/api/v1/settings",
        "GET /index.php/apps/notes/api/v1.4/attachment/1",
        "PROPFIND /remote.php/dav/files/carol/a.txt",
        "GET /remote.php/dav/files/carol/a.txt",
        "PUT /remote.php/dav/files/carol/a.txt",
        "MKCOL /remote.php/dav/files/carol/b",
        "COPY /remote.php/dav/files/carol/a.txt",
        "MOVE /remote.php/dav/files/carol/a.txt",
        "DELETE /remote.php/dav/files/carol/a.txt",
        "PROPPATCH /remote.php/dav/files/carol/a.txt",
        "REPORT /remote.php/dav/files/carol/",
        "SEARCH /remote.php/dav/",
        "MKCOL /remote.php/dav/uploads/carol/",
        "PUT /remote.php/dav/uploads/carol/",
        "MOVE /remote.php/dav/uploads/carol/",
    ] {
        let found = seen.iter().any(|seen| seen.line().starts_with(expected));
        let lines = || seen.iter().map(Seen::line).collect::<Vec<_>>().join("\n");
        assert!(found, "{expected} is missing in\n{}", lines());
    }
}
