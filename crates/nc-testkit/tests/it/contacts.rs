//! Contacts through the tools, at the embedded cloud: nothing that another program wrote is lost, and no newer version.

use nc_testkit::{app::send, own_issuer_app::OwnIssuerApp};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

const SCOPES: &str = "openid profile contacts:read contacts:write";

/// As a phone writes it: groups, labels, types in its own order, folded lines, properties that nobody else knows.
const CARD: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//iPhone OS 26.0//EN\r\nN:Lovelace;Ada;;Countess;\r\nFN:Ada Lovelace\r\nitem1.EMAIL;type=INTERNET;type=pref:ada@example.org\r\nitem1.X-ABLabel:_$!<Other>!$_\r\nTEL;type=CELL;type=VOICE:+49 170 1\r\nNOTE:a note that is so long that the phone had to fold the line on which it st\r\n ands\\, twice\r\nBDAY;X-APPLE-OMIT-YEAR=1604:1604-12-10\r\nX-SOCIALPROFILE;type=twitter;x-user=ada:https://example.com/ada\r\nPHOTO;ENCODING=b;TYPE=JPEG:cGljdHVyZQ==\r\nX-IMAGETYPE:PHOTO\r\nUID:ada\r\nREV:2026-01-01T00:00:00Z\r\nEND:VCARD\r\n";

struct Person {
    app: OwnIssuerApp,
    token: String,
}

impl Person {
    async fn new() -> Self {
        let app = OwnIssuerApp::boot().await;
        let token = app.token(&app.alice, SCOPES).await;
        Self { app, token }
    }

    fn cloud(&self, method: &str, name: &str) -> RequestBuilder {
        let path = format!(
            "{}/remote.php/dav/addressbooks/users/alice/contacts/{name}",
            self.app.cloud_url
        );
        let request = self.app.request(method, &path);
        request.header("authorization", self.app.alice.basic())
    }

    async fn has_card(&self, name: &str, text: &str) {
        let request = self
            .cloud("PUT", name)
            .header("content-type", "text/vcard; charset=utf-8");
        let reply = send(request.body(text.to_owned())).await;
        assert_eq!(reply.status, 201, "{reply:?}");
    }

    async fn card(&self, name: &str) -> String {
        let reply = send(self.cloud("GET", name)).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.text
    }

    async fn call(&self, tool: &str, arguments: Value) -> Value {
        let reply = self.app.call(&self.token, tool, arguments).await;
        assert_ne!(reply.result()["isError"], true, "{tool}: {reply:?}");
        reply.structured()
    }

    async fn refusal(&self, tool: &str, arguments: Value) -> String {
        let reply = self.app.call(&self.token, tool, arguments).await;
        let result = reply.result();
        assert_eq!(result["isError"], true, "{tool}: {reply:?}");
        result["content"][0]["text"].as_str().expect("text").to_owned()
    }

    async fn update(&self, data: Value) -> Value {
        let change = json!({ "addressbook": "contacts", "uid": "ada", "contact_data": data });
        self.call("nc_contacts_update_contact", change).await["contact"].clone()
    }
}

#[tokio::test]
async fn each_single_field_changes_its_own_line_and_no_other() {
    let person = Person::new().await;
    for (at, (data, from, to)) in [
        (json!({ "fn": "Ada, King" }), "FN:Ada Lovelace", "FN:Ada\\, King"),
        (
            json!({ "given_name": "Augusta" }),
            "N:Lovelace;Ada;",
            "N:Lovelace;Augusta;",
        ),
        (json!({ "prefix": null }), ";Countess;", ";;"),
        (
            json!({ "emails": [{ "value": "new@example.org" }] }),
            "ada@example.org",
            "new@example.org",
        ),
        (
            json!({ "phones": [{ "value": "+49 170 1", "type": "cell,voice" }] }),
            "",
            "",
        ),
        (json!({ "tel": [] }), "TEL;type=CELL;type=VOICE:+49 170 1\r\n", ""),
        (
            json!({ "birthday": "1815-12-10" }),
            "BDAY;X-APPLE-OMIT-YEAR=1604:1604-12-10",
            "BDAY:1815-12-10",
        ),
        (json!({ "birthday": "--12-10" }), "", ""),
        (
            json!({ "title": "Countess" }),
            "REV:2026-01-01T00:00:00Z\r\n",
            "REV:2026-01-01T00:00:00Z\r\nTITLE:Countess\r\n",
        ),
        (
            json!({ "custom_fields": { "X-IMAGETYPE": null } }),
            "X-IMAGETYPE:PHOTO\r\n",
            "",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("card-{at}.vcf");
        person.has_card(&name, CARD).await;
        person.update(data.clone()).await;
        assert_eq!(person.card(&name).await, CARD.replacen(from, to, 1), "{data}");
        let gone = json!({ "addressbook": "contacts", "uid": "ada" });
        person.call("nc_contacts_delete_contact", gone).await;
    }
}

#[tokio::test]
async fn a_contact_is_found_by_its_uid_whatever_its_card_is_called() {
    let person = Person::new().await;
    person.has_card("0B1C-%20x.vcf", CARD).await;
    let shown = person.update(json!({ "role": "Analyst" })).await;
    assert_eq!((&shown["uid"], &shown["role"]), (&json!("ada"), &json!("Analyst")));
    assert_eq!(shown["birthday"], "--12-10");
    assert_eq!(shown["emails"][0]["label"], "Other");
    assert_eq!(shown["custom_fields"]["X-IMAGETYPE"], "PHOTO");
}

#[tokio::test]
async fn a_picture_is_told_and_comes_only_when_asked_for() {
    let person = Person::new().await;
    person.has_card("ada.vcf", CARD).await;
    let arguments = json!({ "addressbook": "contacts" });
    let listed = person.call("nc_contacts_list_contacts", arguments).await;
    let ada = &listed["contacts"][0];
    assert_eq!((&ada["has_photo"], &ada["photo"]), (&json!(true), &Value::Null));
    assert_eq!(ada["photo_info"], "image/jpeg, 7 bytes");
    let arguments = json!({ "query": "ada", "include_photos": true });
    let found = person.call("nc_contacts_search_contacts", arguments).await;
    assert_eq!(found["contacts"][0]["photo"], "data:image/jpeg;base64,cGljdHVyZQ==");
}

#[tokio::test]
async fn a_newer_version_is_never_overwritten() {
    let person = Person::new().await;
    person.has_card("ada.vcf", CARD).await;
    let first = person.update(json!({ "note": "one" })).await;
    let now = person.update(json!({ "note": "two" })).await;
    let stale =
        json!({ "addressbook": "contacts", "uid": "ada", "contact_data": { "note": "three" }, "etag": first["etag"] });
    let words = person.refusal("nc_contacts_update_contact", stale).await;
    assert!(words.starts_with("conflict: "), "{words}");
    let etag = now["etag"].as_str().expect("an etag");
    assert!(words.contains(etag), "{words} does not name {etag}");
    let stale = json!({ "addressbook": "contacts", "uid": "ada", "etag": first["etag"] });
    let words = person.refusal("nc_contacts_delete_contact", stale).await;
    assert!(words.starts_with("conflict: "), "{words}");
    assert!(person.card("ada.vcf").await.contains("NOTE:two\r\n"));
}

#[tokio::test]
async fn changes_of_one_contact_at_the_same_time_all_land() {
    let person = Person::new().await;
    person.has_card("ada.vcf", CARD).await;
    let fields = ["title", "role", "organization", "additional_names", "suffix", "note"];
    let changes = fields.map(|field| person.update(json!({ (field): format!("new {field}") })));
    futures_util::future::join_all(changes).await;
    let text = person.card("ada.vcf").await;
    for field in fields {
        assert!(text.contains(&format!("new {field}")), "{field} is lost: {text}");
    }
}

#[tokio::test]
async fn groups_are_listed_apart_and_are_not_found_as_persons() {
    let person = Person::new().await;
    person.has_card("ada.vcf", CARD).await;
    let group = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:team\r\nFN:Ada's team\r\nX-ADDRESSBOOKSERVER-KIND:group\r\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:ada\r\nEND:VCARD\r\n";
    person.has_card("team.vcf", group).await;
    let arguments = json!({ "addressbook": "contacts" });
    let listed = person.call("nc_contacts_list_contacts", arguments).await;
    assert_eq!(listed["total_count"], 1);
    assert_eq!(
        listed["groups"],
        json!([{ "uid": "team", "name": "Ada's team", "members": ["ada"] }])
    );
    let found = person
        .call("nc_contacts_search_contacts", json!({ "query": "ada" }))
        .await;
    assert_eq!(found["total_count"], 1);
}

#[tokio::test]
async fn what_the_server_keeps_is_not_changed_and_the_words_say_why() {
    let person = Person::new().await;
    let system = "z-server-generated--system";
    for (tool, arguments) in [
        (
            "nc_contacts_create_contact",
            json!({ "addressbook": system, "uid": "x", "contact_data": { "fn": "x" } }),
        ),
        (
            "nc_contacts_update_contact",
            json!({ "addressbook": system, "uid": "bob", "contact_data": { "fn": "x" } }),
        ),
        (
            "nc_contacts_delete_contact",
            json!({ "addressbook": system, "uid": "bob" }),
        ),
        ("nc_contacts_delete_addressbook", json!({ "name": system })),
    ] {
        let words = person.refusal(tool, arguments).await;
        assert!(words.starts_with("forbidden: "), "{tool}: {words}");
        assert!(!words.contains("remote.php"), "{tool}: {words}");
    }
    let found = person
        .call("nc_contacts_search_contacts", json!({ "query": "bob" }))
        .await;
    assert_eq!(
        found["total_count"], 0,
        "the book of all accounts is not searched unless it is named: {found}"
    );
    let named = json!({ "query": "bob", "addressbook": system });
    let found = person.call("nc_contacts_search_contacts", named).await;
    assert_eq!(found["contacts"][0]["uid"], "bob");
}
