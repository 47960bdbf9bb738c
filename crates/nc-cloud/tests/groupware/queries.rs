use nc_proto::dav::calendar::{
    CalendarDataRequest, CalendarQuery, CompFilter, PropFilter, TimeRange, parse_utc, props as cal,
};
use nc_proto::dav::{TextMatch, props};

use crate::wire::{PERSONAL, Wire, event, event_with, todo};

fn range(start: &str, end: &str) -> TimeRange {
    TimeRange {
        start: parse_utc(start),
        end: parse_utc(end),
    }
}

async fn find(wire: &Wire, filter: CompFilter) -> Vec<String> {
    let query = CalendarQuery {
        properties: vec![props::GETETAG],
        data: None,
        filter: CompFilter::calendar(filter),
        timezone: None,
    };
    let body = String::from_utf8(query.to_xml()).unwrap();
    let names = wire.report("alice", PERSONAL, &body).await.names();
    names.iter().map(|name| name.replace(PERSONAL, "")).collect()
}

#[tokio::test]
async fn a_query_finds_by_time_kind_and_text() {
    let wire = Wire::boot().await;
    wire.put("alice", &format!("{PERSONAL}one.ics"), event("one", "Straße"))
        .await;
    wire.put(
        "alice",
        &format!("{PERSONAL}daily.ics"),
        event_with("daily", "RRULE:FREQ=DAILY;COUNT=3\r\n"),
    )
    .await;
    wire.put("alice", &format!("{PERSONAL}task.ics"), todo("task")).await;
    let on = |day: &str| CompFilter::within("VEVENT", range(&format!("{day}T000000Z"), &format!("{day}T235959Z")));
    assert_eq!(find(&wire, on("20261124")).await, ["one.ics", "daily.ics"]);
    assert_eq!(find(&wire, on("20261126")).await, ["daily.ics"]);
    assert!(find(&wire, on("20261127")).await.is_empty());
    assert_eq!(find(&wire, CompFilter::exists("VTODO")).await, ["task.ics"]);
    let text = |text| {
        let summary = PropFilter::text("SUMMARY", TextMatch::contains(text));
        CompFilter::all("VEVENT", None, vec![summary], Vec::new())
    };
    assert_eq!(find(&wire, text("STRASSE")).await, ["one.ics"]);
    let without = CompFilter::all("VEVENT", None, vec![PropFilter::is_not_defined("SUMMARY")], Vec::new());
    assert_eq!(find(&wire, without).await, ["daily.ics"]);
}

#[tokio::test]
async fn a_query_gives_occurrences_or_parts_when_asked() {
    let wire = Wire::boot().await;
    let series = event_with("daily", "SUMMARY:Daily\r\nRRULE:FREQ=DAILY\r\n");
    wire.put("alice", &format!("{PERSONAL}daily.ics"), series).await;
    let within = range("20261201T000000Z", "20261203T000000Z");
    let ask = |data| CalendarQuery {
        properties: Vec::new(),
        data: Some(data),
        filter: CompFilter::calendar(CompFilter::within("VEVENT", within)),
        timezone: None,
    };
    let text = async |query: CalendarQuery| {
        let body = String::from_utf8(query.to_xml()).unwrap();
        let answer = wire.report("alice", PERSONAL, &body).await.multistatus();
        answer.responses[0].prop_text(&cal::CALENDAR_DATA).unwrap()
    };
    let expanded = text(ask(CalendarDataRequest::expanded(within.bounds()))).await;
    assert_eq!(expanded.matches("BEGIN:VEVENT").count(), 2, "{expanded}");
    assert!(expanded.contains("RECURRENCE-ID:20261202T100000Z") && !expanded.contains("RRULE"));
    let body = "<c:calendar-query xmlns:c='urn:ietf:params:xml:ns:caldav' xmlns:d='DAV:'><d:prop><c:calendar-data>\
        <c:comp name='VCALENDAR'><c:prop name='VERSION'/><c:comp name='VEVENT'><c:prop name='UID'/><c:prop name='SUMMARY' \
        novalue='yes'/></c:comp></c:comp></c:calendar-data></d:prop><c:filter><c:comp-filter name='VCALENDAR'/></c:filter>\
        </c:calendar-query>";
    let answer = wire.report("alice", PERSONAL, body).await.multistatus();
    let part = answer.responses[0].prop_text(&cal::CALENDAR_DATA).unwrap();
    let part = part.replace("\r\n", "\n");
    assert_eq!(
        part,
        "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:daily\nSUMMARY:\nEND:VEVENT\nEND:VCALENDAR"
    );
}

#[tokio::test]
async fn people_are_found_by_name_and_properties_lead_to_others() {
    let wire = Wire::boot().await;
    let search = "<d:principal-property-search xmlns:d='DAV:'><d:property-search><d:prop><d:displayname/></d:prop>\
        <d:match>bo</d:match></d:property-search><d:prop><d:displayname/></d:prop></d:principal-property-search>";
    let found = wire
        .report("alice", "/remote.php/dav/principals/users/", search)
        .await
        .names();
    assert_eq!(found, ["/remote.php/dav/principals/users/bob/"]);
    // Where some clients ask.
    assert_eq!(wire.report("alice", "/remote.php/dav/", search).await.names(), found);
    let expand = "<d:expand-property xmlns:d='DAV:'><d:property name='current-user-principal' namespace='DAV:'>\
        <d:property name='displayname' namespace='DAV:'/></d:property></d:expand-property>";
    let answer = wire
        .report("alice", "/remote.php/dav/principals/users/alice/", expand)
        .await
        .text();
    assert!(answer.contains("<d:displayname>Alice</d:displayname>"), "{answer}");
}
