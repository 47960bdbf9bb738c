use std::time::{Duration, Instant};

use http::StatusCode;

use crate::wire::{PERSONAL, Wire, event, event_with};

fn query(range: &str) -> String {
    format!(
        "<c:calendar-query xmlns:c='urn:ietf:params:xml:ns:caldav' xmlns:d='DAV:'><d:prop><c:calendar-data><c:expand {range}/>\
         </c:calendar-data></d:prop><c:filter><c:comp-filter name='VCALENDAR'><c:comp-filter name='VEVENT'>\
         <c:time-range {range}/></c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"
    )
}

#[tokio::test]
async fn an_event_of_every_second_for_ever_costs_a_bounded_time() {
    let wire = Wire::boot().await;
    let body = event_with("often", "RRULE:FREQ=SECONDLY\r\n");
    wire.put("alice", &format!("{PERSONAL}often.ics"), body).await;
    let never = event_with("never", "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30\r\n");
    wire.put("alice", &format!("{PERSONAL}never.ics"), never).await;
    let range = "start='20261124T000000Z' end='21261124T000000Z'";
    let begun = Instant::now();
    let answer = wire.report("alice", PERSONAL, &query(range)).await;
    assert!(answer.names().iter().any(|name| name.ends_with("often.ics")));
    let busy = format!(
        "<c:free-busy-query xmlns:c='urn:ietf:params:xml:ns:caldav'><c:time-range {range}/></c:free-busy-query>"
    );
    let answer = wire.report("alice", PERSONAL, &busy).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn objects_that_are_too_large_or_make_no_sense_are_refused_by_name() {
    let wire = Wire::boot().await;
    let path = format!("{PERSONAL}a.ics");
    let large = event_with("a", &format!("DESCRIPTION:{}\r\n", "x".repeat(10_000_001)));
    let deep = "BEGIN:VCALENDAR\r\n".repeat(5000);
    let two = event("a", "x").replace("END:VCALENDAR", "BEGIN:VTODO\r\nUID:a\r\nEND:VTODO\r\nEND:VCALENDAR");
    let mixed = event("a", "x").replace("END:VCALENDAR", "BEGIN:VEVENT\r\nUID:b\r\nEND:VEVENT\r\nEND:VCALENDAR");
    for (body, status, condition) in [
        (large, 403, "max-resource-size"),
        (deep, 415, ""),
        (String::new(), 415, ""),
        (
            "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n".to_owned(),
            403,
            "valid-calendar-object-resource",
        ),
        (two, 403, "valid-calendar-object-resource"),
        (mixed, 403, "valid-calendar-object-resource"),
    ] {
        let answer = wire.send("alice", "PUT", &path, &[], body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.condition().as_str()),
            (status, condition)
        );
    }
    let latin = event("a", "caf").replace("caf", "caf\u{0}").into_bytes();
    let latin: Vec<u8> = latin
        .into_iter()
        .map(|byte| if byte == 0 { 0xe9 } else { byte })
        .collect();
    assert_eq!(wire.send("alice", "PUT", &path, &[], latin).await.status.as_u16(), 415);
    assert_eq!(wire.get("alice", &path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_object_of_100_000_lines_is_stored_and_found() {
    let wire = Wire::boot().await;
    let lines = "X-LINE;A=b:x\r\n".repeat(100_000);
    let path = format!("{PERSONAL}long.ics");
    wire.put("alice", &path, event_with("long", &lines)).await;
    let range = "start='20261124T000000Z' end='20261125T000000Z'";
    assert_eq!(wire.report("alice", PERSONAL, &query(range)).await.names(), [path]);
}

#[tokio::test]
async fn xml_that_is_deep_large_or_has_entities_is_refused() {
    let wire = Wire::boot().await;
    let nested = |depth: usize| {
        let inner = "<c:comp-filter name='A'>".repeat(depth);
        let end = "</c:comp-filter>".repeat(depth);
        format!(
            "<c:calendar-query xmlns:c='urn:ietf:params:xml:ns:caldav'><c:filter><c:comp-filter name='VCALENDAR'>{inner}{end}\
             </c:comp-filter></c:filter></c:calendar-query>"
        )
    };
    let entities = "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><d:sync-collection xmlns:d='DAV:'>&a;</d:sync-collection>";
    for body in [nested(5000), entities.to_owned(), "<x".to_owned(), " ".repeat(2 << 20)] {
        let answer = wire.report("alice", PERSONAL, &body).await;
        assert!(answer.status.is_client_error(), "{}", answer.status);
        assert!(!answer.text().contains("root:"));
    }
    let unknown = "<x:report xmlns:x='urn:x'/>";
    let answer = wire.report("alice", PERSONAL, unknown).await;
    assert_eq!(
        (answer.status.as_u16(), answer.condition().as_str()),
        (415, "supported-report")
    );
}

#[tokio::test]
async fn names_and_times_that_mean_nothing_are_refused_by_name() {
    let wire = Wire::boot().await;
    for (range, condition) in [
        ("start='tomorrow'", "valid-filter"),
        ("start='20261124T000000Z' end='20261123T000000Z'", "valid-filter"),
        ("", "valid-filter"),
    ] {
        let answer = wire.report("alice", PERSONAL, &query(range)).await;
        assert_eq!(
            (answer.status, answer.condition().as_str()),
            (StatusCode::FORBIDDEN, condition),
            "{range}"
        );
    }
    let collation = "<c:calendar-query xmlns:c='urn:ietf:params:xml:ns:caldav'><c:filter><c:comp-filter name='VCALENDAR'>\
        <c:comp-filter name='VEVENT'><c:prop-filter name='SUMMARY'><c:text-match collation='i;made-up'>x</c:text-match>\
        </c:prop-filter></c:comp-filter></c:comp-filter></c:filter></c:calendar-query>";
    let answer = wire.report("alice", PERSONAL, collation).await;
    assert_eq!(answer.condition(), "supported-collation");
    for name in ["a%00.ics", "..%2fa.ics", "%ff.ics", &"x".repeat(300)] {
        let answer = wire
            .send("alice", "PUT", &format!("{PERSONAL}{name}"), &[], event("a", "x"))
            .await;
        assert!(answer.status.is_client_error(), "{name}: {}", answer.status);
    }
    let long = "<d:propertyupdate xmlns:d='DAV:'><d:set><d:prop><d:displayname>".to_owned()
        + &"x".repeat(200_000)
        + "</d:displayname></d:prop></d:set></d:propertyupdate>";
    let answer = wire.send("alice", "PROPPATCH", PERSONAL, &[], long).await.multistatus();
    assert_eq!(answer.responses[0].propstats[0].status, 507);
}

const DAV: &str = "xmlns:c='urn:ietf:params:xml:ns:caldav' xmlns:d='DAV:'";

#[tokio::test]
async fn an_address_that_is_named_often_is_told_once() {
    let wire = Wire::boot().await;
    let path = format!("{PERSONAL}daily.ics");
    wire.put("alice", &path, event_with("daily", "RRULE:FREQ=DAILY\r\n"))
        .await;
    let body = |range: &str| {
        format!(
            "<c:calendar-multiget {DAV}><d:prop><c:calendar-data><c:expand {range}/></c:calendar-data></d:prop>{}\
             </c:calendar-multiget>",
            format!("<d:href>{path}</d:href>").repeat(10_000),
        )
    };
    let range = "start='20261124T000000Z' end='20361124T000000Z'";
    let answer = wire.report("alice", PERSONAL, &body(range)).await;
    assert_eq!(answer.names(), [path.as_str()]);
    assert!(answer.text().matches("BEGIN:VEVENT").count() > 3000);
}

#[tokio::test]
async fn a_long_series_of_a_large_event_is_not_written_out() {
    let wire = Wire::boot().await;
    let lines = format!("RRULE:FREQ=DAILY\r\nDESCRIPTION:{}\r\n", "x".repeat(1_000_000));
    wire.put("alice", &format!("{PERSONAL}large.ics"), event_with("large", &lines))
        .await;
    for (range, written) in [
        ("start='20261124T000000Z' end='20261127T000000Z'", 3),
        ("start='20261124T000000Z' end='20361124T000000Z'", 1),
    ] {
        let answer = wire.report("alice", PERSONAL, &query(range)).await;
        let text = answer.text();
        assert_eq!(text.matches("BEGIN:VEVENT").count(), written, "{range}");
        assert_eq!(text.contains("RRULE"), written == 1, "as it is");
    }
}

#[tokio::test]
async fn an_answer_with_too_much_text_is_refused_or_comes_in_parts() {
    let wire = Wire::boot().await;
    let mut hrefs = String::new();
    for number in 0..20 {
        let path = format!("{PERSONAL}{number}.ics");
        let lines = format!("DESCRIPTION:{}\r\n", "x".repeat(3_500_000));
        wire.put("alice", &path, event_with(&number.to_string(), &lines)).await;
        hrefs.extend(["<d:href>", &path, "</d:href>"]);
    }
    let data = "<d:prop><c:calendar-data/></d:prop>";
    let filter = "<c:filter><c:comp-filter name='VCALENDAR'/></c:filter>";
    for body in [
        format!("<c:calendar-multiget {DAV}>{data}{hrefs}</c:calendar-multiget>"),
        format!("<c:calendar-query {DAV}>{data}{filter}</c:calendar-query>"),
    ] {
        let answer = wire.report("alice", PERSONAL, &body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(answer.condition(), "number-of-matches-within-limits");
    }
    let (mut token, mut told) = (String::new(), Vec::new());
    for part in [19, 1] {
        let body = format!(
            "<d:sync-collection {DAV}><d:sync-token>{token}</d:sync-token><d:sync-level>1</d:sync-level>{data}\
             </d:sync-collection>"
        );
        let answer = wire.send("alice", "REPORT", PERSONAL, &[], body).await.multistatus();
        let whole = answer.responses.iter().filter(|response| response.status.is_none());
        let names: Vec<_> = whole.map(|response| response.href.clone()).collect();
        assert_eq!(names.len(), part);
        assert_eq!(answer.responses.len() > part, part > 1, "it says that there is more");
        told.extend(names);
        token = answer.sync_token.unwrap();
    }
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 20);
}
