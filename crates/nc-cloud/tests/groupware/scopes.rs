use http::StatusCode;

use crate::wire::{Answer, PERSONAL, Wire, card, event, todo};

#[tokio::test]
async fn a_credential_for_something_else_opens_neither_calendars_nor_address_books() {
    let wire = Wire::boot().await;
    for (who, path) in [
        ("alice_files", PERSONAL),
        ("alice_contacts", PERSONAL),
        ("alice_calendar", "/remote.php/dav/addressbooks/users/alice/contacts/"),
    ] {
        for method in ["PROPFIND", "PUT", "REPORT"] {
            let answer = wire.send(who, method, path, &[], "").await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{who} {method}");
        }
    }
    let reading = wire
        .send(
            "alice_reading",
            "PUT",
            &format!("{PERSONAL}a.ics"),
            &[],
            event("a", "x"),
        )
        .await;
    assert_eq!(reading.status, StatusCode::FORBIDDEN);
    assert_eq!(
        wire.send("", "PROPFIND", PERSONAL, &[], "").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn scopes_of_tasks_are_for_tasks_and_those_of_calendars_for_events() {
    let wire = Wire::boot().await;
    let (an_event, a_task) = (format!("{PERSONAL}e.ics"), format!("{PERSONAL}t.ics"));
    wire.put("alice", &an_event, event("e", "Private")).await;
    wire.put("alice", &a_task, todo("t")).await;
    assert_eq!(wire.get("alice_todo", &an_event).await.status, StatusCode::NOT_FOUND);
    assert_eq!(wire.get("alice_todo", &a_task).await.status, StatusCode::OK);
    assert_eq!(wire.get("alice_calendar", &a_task).await.status, StatusCode::NOT_FOUND);
    assert_eq!(wire.get("alice_calendar", &an_event).await.status, StatusCode::OK);
    let seen = wire.list("alice_todo", PERSONAL).await;
    assert_eq!(seen, [PERSONAL, &a_task]);
    let export = wire.get("alice_todo", &format!("{PERSONAL}?export")).await.text();
    assert!(export.contains("Buy milk") && !export.contains("Private"));
    let (changes, _) = wire.changes("alice_todo", PERSONAL, "", "").await;
    assert_eq!(changes, [("t.ics".to_owned(), true)]);
    for body in [
        "<c:calendar-query xmlns:c='urn:ietf:params:xml:ns:caldav' xmlns:d='DAV:'><d:prop><c:calendar-data/></d:prop>\
         <c:filter><c:comp-filter name='VCALENDAR'/></c:filter></c:calendar-query>"
            .to_owned(),
        format!(
            "<c:calendar-multiget xmlns:c='urn:ietf:params:xml:ns:caldav' xmlns:d='DAV:'><d:prop><c:calendar-data/>\
             </d:prop><d:href>{an_event}</d:href></c:calendar-multiget>"
        ),
    ] {
        let text = wire.report("alice_todo", PERSONAL, &body).await.text();
        assert!(!text.contains("Private"), "{text}");
    }
    let busy = "<c:free-busy-query xmlns:c='urn:ietf:params:xml:ns:caldav'><c:time-range start='20261124T000000Z' \
                end='20261125T000000Z'/></c:free-busy-query>";
    assert_lacks(&wire.report("alice_todo", PERSONAL, busy).await, "calendar:read");
    for (method, path, body) in [
        ("PUT", format!("{PERSONAL}new.ics"), event("n", "x")),
        ("PUT", an_event.clone(), todo("e")),
    ] {
        let answer = wire.send("alice_todo", method, &path, &[], body).await;
        assert_lacks(&answer, "calendar:write");
    }
    assert_eq!(
        wire.send("alice_todo", "DELETE", &an_event, &[], "").await.status,
        StatusCode::NOT_FOUND
    );
    let deleted = wire.send("alice_todo", "DELETE", PERSONAL, &[], "").await;
    assert_lacks(&deleted, "calendar:write");
    wire.put("alice_todo", &a_task, todo("t")).await;
    let contact = "/remote.php/dav/addressbooks/users/alice/contacts/a.vcf";
    wire.put("alice_contacts", contact, card("a", "Ann")).await;
}

#[tokio::test]
async fn a_credential_for_tasks_makes_lists_of_tasks_only() {
    let wire = Wire::boot().await;
    let make = |component: &str| {
        format!(
            "<c:mkcalendar xmlns:c='urn:ietf:params:xml:ns:caldav' xmlns:d='DAV:'><d:set><d:prop>\
             <c:supported-calendar-component-set><c:comp name='{component}'/></c:supported-calendar-component-set>\
             </d:prop></d:set></c:mkcalendar>"
        )
    };
    let mkcalendar = async |component: &str| {
        let path = format!("/remote.php/dav/calendars/alice/{component}");
        wire.send("alice_todo", "MKCALENDAR", &path, &[], make(component)).await
    };
    assert_lacks(&mkcalendar("VEVENT").await, "calendar:write");
    assert_eq!(mkcalendar("VTODO").await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn what_only_the_handler_can_refuse_names_the_scopes_as_the_gate_does() {
    let wire = Wire::boot().await;
    let (an_event, a_task) = (format!("{PERSONAL}e.ics"), format!("{PERSONAL}t.ics"));
    wire.put("alice", &an_event, event("e", "Private")).await;
    wire.put("alice", &a_task, todo("t")).await;
    let task = wire
        .send("alice_calendar", "PUT", &format!("{PERSONAL}n.ics"), &[], todo("n"))
        .await;
    assert_lacks(&task, "todo:write");
    let over_task = wire.send("alice_calendar", "PUT", &a_task, &[], event("t", "x")).await;
    assert_lacks(&over_task, "todo:write");
    let outbox = "/remote.php/dav/calendars/alice/outbox/";
    let asked = wire.send("alice_todo", "POST", outbox, &[], "").await;
    assert_lacks(&asked, "calendar:read");
    let named = wire.send("alice_todo", "PROPPATCH", PERSONAL, &[], RENAME).await;
    assert_lacks(&named, "calendar:write");
    let searched = wire.send("alice_todo", "SEARCH", "/remote.php/dav/", &[], "").await;
    assert_lacks(&searched, "files:read");
    // Nobody is told of scopes when the reason is another one.
    let outside = wire
        .send(
            "alice",
            "PUT",
            "/remote.php/dav/calendars/bob/x/e.ics",
            &[],
            event("e", "x"),
        )
        .await;
    assert!(!outside.status.is_success());
    assert_eq!(outside.header("www-authenticate"), "");
}

#[tokio::test]
async fn a_credential_for_tasks_leaves_a_calendar_that_is_shared_alone() {
    let wire = Wire::boot().await;
    let share = "<oc:share xmlns:oc='http://owncloud.org/ns' xmlns:d='DAV:'><oc:set>\
                 <d:href>principal:principals/users/bob</d:href><oc:read-write/></oc:set></oc:share>";
    let shared = wire.send("alice", "POST", PERSONAL, &[], share).await;
    assert_eq!(shared.status, StatusCode::OK);
    let theirs = "/remote.php/dav/calendars/bob/personal_shared_by_alice/";
    for (method, body) in [("PROPPATCH", RENAME), ("DELETE", "")] {
        let refused = wire.send("bob_todo", method, theirs, &[], body).await;
        assert_lacks(&refused, "calendar:write");
        let done = wire.send("bob_calendar", method, theirs, &[], body).await;
        assert!(done.status.is_success(), "{method}: {}", done.text());
    }
}

#[tokio::test]
async fn who_is_in_which_group_is_told_to_its_members_only() {
    let wire = Wire::boot().await;
    let body = "<d:propfind xmlns:d='DAV:'><d:prop><d:group-member-set/><d:group-membership/></d:prop></d:propfind>";
    let related = async |who: &str, principal: &str| {
        let path = format!("/remote.php/dav/principals/{principal}/");
        let answer = wire.send(who, "PROPFIND", &path, &[("depth", "0")], body).await;
        let all = answer.text();
        let own = format!("/remote.php/dav/principals/{principal}/</d:href>");
        let hrefs = all.split("<d:href>").skip(1).filter(|rest| !rest.starts_with(&own));
        hrefs.count()
    };
    for (who, principal, expected) in [
        ("alice", "groups/team", 2),
        ("carol", "groups/team", 0),
        ("carol_todo", "groups/team", 0),
        ("carol", "users/carol", 1),
        ("carol", "users/alice", 0),
    ] {
        assert_eq!(related(who, principal).await, expected, "{who} about {principal}");
    }
}

const RENAME: &str = "<d:propertyupdate xmlns:d='DAV:'><d:set><d:prop><d:displayname>x</d:displayname></d:prop></d:set>\
                      </d:propertyupdate>";

/// RFC 6750 §3.1: 403, with the scopes to ask for.
fn assert_lacks(answer: &Answer, scope: &str) {
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text());
    let challenge = answer.header("www-authenticate");
    assert!(
        challenge.starts_with("Bearer ")
            && challenge.contains(r#"error="insufficient_scope""#)
            && challenge.contains(&format!(r#"scope="{scope}""#)),
        "{challenge}"
    );
}
