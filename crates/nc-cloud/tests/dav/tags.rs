use http::StatusCode;
use nc_auth::UserId;
use nc_cloud::accounts::NewUser;
use nc_proto::dav::{Element, FilterFiles, Name, PropPatch, Propfind, props};

use crate::wire::{Answer, HOME, Wire};

const TAGS: &str = "/remote.php/dav/systemtags";
const RELATIONS: &str = "/remote.php/dav/systemtags-relations/files";
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

impl Wire {
    /// Makes a tag and gives its number.
    async fn create_tag(&self, name: &str) -> String {
        let body = serde_json::json!({ "name": name, "userVisible": true, "userAssignable": true });
        let answer = self.send("POST", TAGS, &JSON, body.to_string()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{name}");
        let address = answer.header("content-location");
        address.rsplit('/').next().unwrap().to_owned()
    }

    async fn tag_file(&self, file: &str, tag: &str) -> StatusCode {
        self.send("PUT", &format!("{RELATIONS}/{file}/{tag}"), &[], "")
            .await
            .status
    }

    async fn prop(&self, path: &str, name: &Name) -> Option<Element> {
        let question = Propfind::Prop(vec![name.clone()]).to_document();
        let address = format!("{HOME}{path}");
        let answer = self.send("PROPFIND", &address, &[("depth", "0")], question).await;
        answer.multistatus().responses[0].prop(name).cloned()
    }

    async fn number(&self, path: &str) -> String {
        self.prop(path, &props::FILEID).await.unwrap().content()
    }

    async fn tag_names(&self, path: &str) -> Vec<String> {
        let tags = self.prop(path, &props::SYSTEM_TAGS).await.unwrap();
        tags.elements().map(Element::content).collect()
    }

    async fn filter(&self, folder: &str, filter: FilterFiles) -> Answer {
        let body = FilterFiles {
            props: vec![props::FILEID],
            ..filter
        };
        self.send("REPORT", &format!("{HOME}{folder}"), &[], body.to_document())
            .await
    }
}

fn hrefs(answer: &Answer) -> Vec<String> {
    let responses = answer.multistatus().responses;
    responses.into_iter().map(|response| response.href).collect()
}

#[tokio::test]
async fn files_are_found_by_all_of_the_tags_that_are_asked_for() {
    let wire = Wire::boot().await;
    wire.make_folder("/d").await;
    for path in ["/d/both.txt", "/d/one.txt", "/other.txt"] {
        wire.put(path, "x").await;
    }
    let (red, blue) = (wire.create_tag("red & <hot>").await, wire.create_tag("blue").await);
    for (path, tag) in [
        ("/d/both.txt", &red),
        ("/d/both.txt", &blue),
        ("/d/one.txt", &red),
        ("/other.txt", &red),
    ] {
        let id = wire.number(path).await;
        assert_eq!(wire.tag_file(&id, tag).await, StatusCode::CREATED);
    }
    assert_eq!(wire.tag_names("/d/both.txt").await, ["blue", "red & <hot>"]);
    let by = |tags: &[&String]| FilterFiles {
        system_tags: tags.iter().map(ToString::to_string).collect(),
        ..FilterFiles::default()
    };
    let found = wire.filter("/d", by(&[&red])).await;
    assert_eq!(
        hrefs(&found),
        [format!("{HOME}/d/both.txt"), format!("{HOME}/d/one.txt")]
    );
    assert_eq!(
        hrefs(&wire.filter("/", by(&[&red, &blue])).await),
        [format!("{HOME}/d/both.txt")]
    );
    let patch = PropPatch::default().set(props::FAVORITE, "1").to_document();
    wire.send("PROPPATCH", &format!("{HOME}/other.txt"), &[], patch).await;
    let marked = FilterFiles {
        favorite: true,
        ..by(&[&red])
    };
    assert_eq!(hrefs(&wire.filter("/", marked).await), [format!("{HOME}/other.txt")]);
    let unknown = wire.filter("/", by(&[&"999".to_owned()])).await;
    assert_eq!(unknown.status, StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn tags_move_along_and_survive_the_trash_and_a_copy_has_none() {
    let wire = Wire::boot().await;
    wire.put("/a.txt", "x").await;
    let (id, tag) = (wire.number("/a.txt").await, wire.create_tag("kept").await);
    wire.tag_file(&id, &tag).await;
    let to = [("destination", "/remote.php/dav/files/alice/b.txt")];
    wire.send("COPY", &format!("{HOME}/a.txt"), &to, "").await;
    assert!(wire.tag_names("/b.txt").await.is_empty());
    wire.send("DELETE", &format!("{HOME}/a.txt"), &[], "").await;
    let address = format!("{RELATIONS}/{id}");
    let gone = wire.send("PROPFIND", &address, &[], "").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let trash = "/remote.php/dav/trashbin/alice/trash";
    let question = Propfind::Prop(vec![props::SYSTEM_TAGS]).to_document();
    let listed = wire
        .send("PROPFIND", trash, &[("depth", "1")], question)
        .await
        .multistatus();
    let tags = listed.responses[1].prop(&props::SYSTEM_TAGS).unwrap();
    assert_eq!(tags.elements().map(Element::content).collect::<Vec<_>>(), ["kept"]);
    let back = [("destination", "/remote.php/dav/trashbin/alice/restore/a")];
    wire.send("MOVE", &listed.responses[1].href, &back, "").await;
    assert_eq!(wire.tag_names("/a.txt").await, ["kept"]);
}

#[tokio::test]
async fn somebody_elses_files_have_no_tags_and_no_comments_here() {
    let wire = Wire::boot().await;
    let bob = NewUser::new("bob", "Bob", "builder".into());
    wire.cloud.create_user(&bob).await.unwrap();
    let home = wire.cloud.content().home(&UserId::new("bob")).await.unwrap();
    let path = nc_proto::dav::DavPath::plain("/secret.txt").unwrap();
    let options = nc_cloud::content::WriteOptions::default();
    let secret = home.write(&path, b"x", options).await.unwrap().entry;
    let tag = wire.create_tag("shared").await;
    home.tag(secret.id, tag.parse().unwrap()).await.unwrap();
    let id = secret.id.to_string();
    for (method, address) in [
        ("PROPFIND", format!("{RELATIONS}/{id}")),
        ("PUT", format!("{RELATIONS}/{id}/{tag}")),
        ("DELETE", format!("{RELATIONS}/{id}/{tag}")),
        ("PROPFIND", format!("/remote.php/dav/comments/files/{id}")),
        ("PROPFIND", format!("/remote.php/dav/versions/alice/versions/{id}")),
    ] {
        let answer = wire.send(method, &address, &[], "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {address}");
    }
    let body = serde_json::json!({ "actorType": "users", "verb": "comment", "message": "hi" });
    let address = format!("/remote.php/dav/comments/files/{id}");
    let comment = wire.send("POST", &address, &JSON, body.to_string()).await;
    assert_eq!(comment.status, StatusCode::NOT_FOUND);
    let filter = FilterFiles {
        system_tags: vec![tag.clone()],
        ..FilterFiles::default()
    };
    assert!(hrefs(&wire.filter("/", filter).await).is_empty());
    for area in ["trashbin/bob/trash", "versions/bob", "trashbin/nobody/trash"] {
        let address = format!("/remote.php/dav/{area}");
        for method in ["PROPFIND", "DELETE", "GET"] {
            let answer = wire.send(method, &address, &[], "").await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {address}");
        }
    }
    assert_eq!(home.list_tags_of(secret.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn only_administrators_have_tags_that_are_not_for_everybody() {
    let wire = Wire::boot_with(|_, alice| alice.groups = vec!["admin".to_owned()]).await;
    let hidden = serde_json::json!({ "name": "hidden", "userVisible": false, "userAssignable": false });
    let made = wire.send("POST", TAGS, &JSON, hidden.to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let tag = made.header("content-location").to_owned();
    // The same name once more, of another kind.
    let visible = wire.create_tag("hidden").await;
    wire.put("/a.txt", "x").await;
    let id = wire.number("/a.txt").await;
    assert_eq!(
        wire.tag_file(&id, tag.rsplit('/').next().unwrap()).await,
        StatusCode::CREATED
    );
    assert!(
        wire.tag_names("/a.txt").await.is_empty(),
        "the property shows what everybody sees"
    );
    let patch = PropPatch::default()
        .set(Name::oc("user-visible"), "false")
        .to_document();
    let address = format!("{TAGS}/{visible}");
    let changed = wire.send("PROPPATCH", &address, &[], patch).await;
    assert_eq!(changed.status, StatusCode::MULTI_STATUS);
    assert_eq!(wire.send("DELETE", &tag, &[], "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(wire.send("PROPFIND", &tag, &[], "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_tag_cannot_take_the_name_of_another() {
    let wire = Wire::boot().await;
    wire.create_tag("one").await;
    let two = wire.create_tag("two").await;
    let address = format!("{TAGS}/{two}");
    for (name, status) in [("one", StatusCode::CONFLICT), (" ", StatusCode::BAD_REQUEST)] {
        let patch = PropPatch::default().set(Name::oc("display-name"), name).to_document();
        assert_eq!(wire.send("PROPPATCH", &address, &[], patch).await.status, status);
    }
    let patch = PropPatch::default().set(Name::nc("color"), "#FF0000").to_document();
    assert_eq!(
        wire.send("PROPPATCH", &address, &[], patch).await.status,
        StatusCode::MULTI_STATUS
    );
    for (kind, body, status) in [
        ("text/plain", "{\"name\":\"x\"}", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/json", "[", StatusCode::BAD_REQUEST),
        (
            "application/json; charset=utf-8",
            "{\"name\":\"x\"}",
            StatusCode::CREATED,
        ),
    ] {
        let answer = wire.send("POST", TAGS, &[("content-type", kind)], body).await;
        assert_eq!(answer.status, status, "{kind} {body}");
    }
}
