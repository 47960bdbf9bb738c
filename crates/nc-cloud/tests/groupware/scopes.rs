use http::StatusCode;

use crate::wire::{PERSONAL, Wire, card, event, todo};

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
    assert_eq!(
        wire.report("alice_todo", PERSONAL, busy).await.status,
        StatusCode::FORBIDDEN
    );
    for (method, path, body) in [
        ("PUT", format!("{PERSONAL}new.ics"), event("n", "x")),
        ("PUT", an_event.clone(), todo("e")),
    ] {
        let answer = wire.send("alice_todo", method, &path, &[], body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(
        wire.send("alice_todo", "DELETE", &an_event, &[], "").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        wire.send("alice_todo", "DELETE", PERSONAL, &[], "").await.status,
        StatusCode::FORBIDDEN
    );
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
    for (component, status) in [("VEVENT", StatusCode::FORBIDDEN), ("VTODO", StatusCode::CREATED)] {
        let path = format!("/remote.php/dav/calendars/alice/{component}");
        let answer = wire.send("alice_todo", "MKCALENDAR", &path, &[], make(component)).await;
        assert_eq!(answer.status, status, "{component}");
    }
}
