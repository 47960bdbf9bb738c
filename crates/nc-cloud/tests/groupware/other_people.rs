use http::StatusCode;
use nc_proto::dav::{Name, props::CURRENT_USER_PRIVILEGE_SET};

use crate::wire::{PERSONAL, Wire, card, event};

const CONTACTS: &str = "/remote.php/dav/addressbooks/users/alice/contacts/";

fn share(inside: &str) -> String {
    format!("<oc:share xmlns:oc='http://owncloud.org/ns' xmlns:d='DAV:'>{inside}</oc:share>")
}

fn with(principal: &str, access: &str) -> String {
    share(&format!(
        "<oc:set><d:href>principal:principals/{principal}</d:href>{access}</oc:set>"
    ))
}

#[tokio::test]
async fn what_is_not_shared_is_not_there_for_others() {
    let wire = Wire::boot().await;
    wire.put("alice", &format!("{PERSONAL}a.ics"), event("a", "secret"))
        .await;
    wire.put("alice", &format!("{CONTACTS}a.vcf"), card("a", "Secret"))
        .await;
    let places = [
        PERSONAL.to_owned(),
        format!("{PERSONAL}a.ics"),
        format!("{CONTACTS}a.vcf"),
        "/remote.php/dav/calendars/alice/inbox/".to_owned(),
        "/remote.php/dav/calendars/alice/trashbin/objects/".to_owned(),
        "/remote.php/dav/calendars/alice/".to_owned(),
        "/remote.php/dav/calendars/bob/personal_shared_by_alice/a.ics".to_owned(),
        "/remote.php/dav/public-calendars/personal".to_owned(),
        "/remote.php/dav/public-calendars/alice/a.ics".to_owned(),
    ];
    for place in &places {
        for method in ["GET", "PROPFIND", "DELETE", "PROPPATCH", "REPORT"] {
            let body = match method {
                "PROPPATCH" => "<d:propertyupdate xmlns:d='DAV:'/>",
                "REPORT" => "<d:sync-collection xmlns:d='DAV:'><d:sync-token/><d:prop/></d:sync-collection>",
                _ => "",
            };
            let answer = wire.send("bob", method, place, &[("depth", "1")], body).await;
            let refused = [StatusCode::NOT_FOUND, StatusCode::FORBIDDEN].contains(&answer.status);
            assert!(refused, "{method} {place}: {}", answer.status);
            assert!(!answer.text().to_lowercase().contains("secret"), "{method} {place}");
        }
        let stolen = wire.send("bob", "PUT", place, &[], event("b", "mine")).await;
        assert!(stolen.status.is_client_error(), "PUT {place}: {}", stolen.status);
    }
    let destination = [("destination", "/remote.php/dav/calendars/bob/personal/a.ics")];
    for method in ["MOVE", "COPY"] {
        let answer = wire.send("bob", method, &places[1], &destination, "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    let multiget = format!(
        "<c:calendar-multiget xmlns:c='urn:ietf:params:xml:ns:caldav' xmlns:d='DAV:'><d:prop><c:calendar-data/></d:prop>\
         <d:href>{}</d:href></c:calendar-multiget>",
        places[1]
    );
    let answer = wire
        .report("bob", "/remote.php/dav/calendars/bob/personal/", &multiget)
        .await;
    assert_eq!(answer.multistatus().responses[0].status, Some(404));
}

#[tokio::test]
async fn a_share_to_read_shows_everything_and_changes_nothing() {
    let wire = Wire::boot().await;
    wire.put("alice", &format!("{PERSONAL}a.ics"), event("a", "Lunch"))
        .await;
    let shared = wire.send("alice", "POST", PERSONAL, &[], with("users/bob", "")).await;
    assert_eq!(shared.status, StatusCode::OK);
    let theirs = "/remote.php/dav/calendars/bob/personal_shared_by_alice/";
    assert!(
        wire.list("bob", "/remote.php/dav/calendars/bob/")
            .await
            .contains(&theirs.to_owned())
    );
    assert!(
        wire.get("bob", &format!("{theirs}a.ics"))
            .await
            .text()
            .contains("Lunch")
    );
    for (method, path) in [("PUT", "b.ics"), ("PUT", "a.ics"), ("DELETE", "a.ics")] {
        let answer = wire
            .send("bob", method, &format!("{theirs}{path}"), &[], event("a", "Dinner"))
            .await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
    }
    let resharing = wire.send("bob", "POST", theirs, &[], with("users/carol", "")).await;
    assert_eq!(resharing.status, StatusCode::NOT_FOUND);
    // Out of sight for Bob, still there for Alice.
    assert_eq!(
        wire.send("bob", "DELETE", theirs, &[], "").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        wire.get("bob", &format!("{theirs}a.ics")).await.status,
        StatusCode::NOT_FOUND
    );
    assert!(
        wire.get("alice", &format!("{PERSONAL}a.ics"))
            .await
            .text()
            .contains("Lunch")
    );
}

#[tokio::test]
async fn a_group_can_write_what_is_shared_with_it_until_it_is_not() {
    let wire = Wire::boot().await;
    let theirs = "/remote.php/dav/calendars/bob/personal_shared_by_alice/";
    let all = with("groups/team", "<oc:read-write/>");
    assert_eq!(
        wire.send("alice", "POST", PERSONAL, &[], all).await.status,
        StatusCode::OK
    );
    wire.put("bob", &format!("{theirs}b.ics"), event("b", "by Bob")).await;
    assert!(
        wire.get("alice", &format!("{PERSONAL}b.ics"))
            .await
            .text()
            .contains("by Bob")
    );
    let colour = "<d:propertyupdate xmlns:d='DAV:'><d:set><d:prop><d:displayname>Hers</d:displayname></d:prop></d:set>\
                  </d:propertyupdate>";
    wire.send("bob", "PROPPATCH", theirs, &[], colour).await.multistatus();
    let name = async |who, path| {
        let body = "<d:propfind xmlns:d='DAV:'><d:prop><d:displayname/></d:prop></d:propfind>";
        let answer = wire
            .send(who, "PROPFIND", path, &[("depth", "0")], body)
            .await
            .multistatus();
        answer.responses[0].prop_text(&Name::dav("displayname")).unwrap()
    };
    assert_eq!(
        (name("bob", theirs).await, name("alice", PERSONAL).await),
        ("Hers".to_owned(), "Personal".to_owned())
    );
    let carols = "/remote.php/dav/calendars/carol/personal_shared_by_alice/";
    assert_eq!(
        wire.get("carol", &format!("{carols}b.ics")).await.status,
        StatusCode::NOT_FOUND
    );
    let end = share("<oc:remove><d:href>principal:principals/groups/team</d:href></oc:remove>");
    wire.send("alice", "POST", PERSONAL, &[], end).await;
    assert_eq!(
        wire.get("bob", &format!("{theirs}b.ics")).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn sharing_with_nobody_known_is_refused() {
    let wire = Wire::boot().await;
    let answer = wire
        .send("alice", "POST", PERSONAL, &[], with("users/nobody", ""))
        .await;
    assert_eq!(
        (answer.status, answer.condition().as_str()),
        (StatusCode::FORBIDDEN, "recognized-principal")
    );
}

#[tokio::test]
async fn who_knows_the_token_reads_a_published_calendar_and_nothing_else() {
    let wire = Wire::boot().await;
    wire.put("alice", &format!("{PERSONAL}a.ics"), event("a", "Concert"))
        .await;
    let publish = "<cs:publish-calendar xmlns:cs='http://calendarserver.org/ns/'/>";
    assert_eq!(
        wire.send("alice", "POST", PERSONAL, &[], publish).await.status,
        StatusCode::ACCEPTED
    );
    let body = "<d:propfind xmlns:d='DAV:' xmlns:cs='http://calendarserver.org/ns/'><d:prop><cs:publish-url/></d:prop>\
                </d:propfind>";
    let answer = wire
        .send("alice", "PROPFIND", PERSONAL, &[("depth", "0")], body)
        .await
        .multistatus();
    let url = answer.responses[0].propstats[0].props[0]
        .find_text(&Name::dav("href"))
        .unwrap();
    assert!(wire.get("", &format!("{url}a.ics")).await.text().contains("Concert"));
    assert!(wire.get("", &format!("{url}?export")).await.text().contains("Concert"));
    let propfind = wire
        .send("", "PROPFIND", &url, &[("depth", "1")], "")
        .await
        .multistatus();
    assert_eq!(propfind.responses.len(), 2);
    assert!(propfind.responses[0].prop(&CURRENT_USER_PRIVILEGE_SET).is_none());
    for method in ["PUT", "DELETE", "MOVE", "POST", "PROPPATCH", "MKCALENDAR"] {
        let body = if method == "PROPPATCH" {
            "<d:propertyupdate xmlns:d='DAV:'/>"
        } else {
            ""
        };
        let answer = wire.send("", method, &format!("{url}a.ics"), &[], body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method}");
    }
    assert_eq!(
        wire.send(
            "",
            "PROPFIND",
            "/remote.php/dav/public-calendars/",
            &[("depth", "1")],
            ""
        )
        .await
        .status
        .as_u16(),
        405
    );
    let end = "<cs:unpublish-calendar xmlns:cs='http://calendarserver.org/ns/'/>";
    wire.send("alice", "POST", PERSONAL, &[], end).await;
    assert_eq!(wire.get("", &format!("{url}a.ics")).await.status, StatusCode::NOT_FOUND);
}
