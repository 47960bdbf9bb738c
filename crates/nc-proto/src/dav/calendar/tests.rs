use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::dav::{Collation, MatchKind, TextMatch};

fn moment() -> impl Strategy<Value = DateTime<Utc>> {
    (-62_135_596_800_i64..250_000_000_000).prop_map(|seconds| DateTime::from_timestamp(seconds, 0).unwrap())
}

fn closed() -> impl Strategy<Value = std::ops::Range<DateTime<Utc>>> {
    (moment(), 1_i64..100_000_000).prop_map(|(start, length)| start..start + TimeDelta::seconds(length))
}

fn time_range() -> impl Strategy<Value = TimeRange> {
    (closed(), 0..3).prop_map(|(range, open)| TimeRange {
        start: (open != 1).then_some(range.start),
        end: (open != 2).then_some(range.end),
    })
}

fn name() -> impl Strategy<Value = String> {
    "[A-Z][A-Z-]{0,11}"
}

fn text_match() -> impl Strategy<Value = TextMatch> {
    let collation = prop_oneof![
        Just(Collation::AsciiCasemap),
        Just(Collation::Octet),
        Just(Collation::UnicodeCasemap),
        Just(Collation::Other("i;made-up".to_owned())),
    ];
    let kind = prop_oneof![
        Just(MatchKind::Equals),
        Just(MatchKind::Contains),
        Just(MatchKind::StartsWith),
        Just(MatchKind::EndsWith),
    ];
    ("[a-zü<&\" ]{0,12}", collation, any::<bool>(), kind).prop_map(|(text, collation, negate, kind)| TextMatch {
        text,
        collation,
        negate,
        kind,
    })
}

fn param_filter() -> impl Strategy<Value = ParamFilter> {
    let test = prop_oneof![
        Just(ParamTest::IsNotDefined),
        Just(ParamTest::IsDefined),
        text_match().prop_map(ParamTest::Text),
    ];
    (name(), test).prop_map(|(name, test)| ParamFilter { name, test })
}

fn prop_filter() -> impl Strategy<Value = PropFilter> {
    let all = (
        prop::option::of(time_range()),
        prop::option::of(text_match()),
        prop::collection::vec(param_filter(), 0..3),
    );
    let all = all.prop_map(|(time_range, text, parameters)| PropTest::All {
        time_range,
        text,
        parameters,
    });
    let test = prop_oneof![Just(PropTest::IsNotDefined), all];
    (name(), test).prop_map(|(name, test)| PropFilter { name, test })
}

fn comp_filter() -> impl Strategy<Value = CompFilter> {
    let leaf = prop_oneof![
        name().prop_map(|name| CompFilter {
            name,
            test: CompTest::IsNotDefined
        }),
        name().prop_map(CompFilter::exists),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let inside = prop::collection::vec(inner, 0..3);
        let properties = prop::collection::vec(prop_filter(), 0..3);
        (name(), prop::option::of(time_range()), properties, inside)
            .prop_map(|(name, range, properties, components)| CompFilter::all(name, range, properties, components))
    })
}

fn selection() -> impl Strategy<Value = CompSelection> {
    let properties = prop::collection::vec((name(), any::<bool>()), 1..3).prop_map(|all| {
        let all = all.into_iter();
        all.map(|(name, without_value)| PropSelection { name, without_value })
            .collect()
    });
    let leaf = (name(), prop::option::of(properties)).prop_map(|(name, properties)| CompSelection {
        name,
        properties,
        components: None,
    });
    leaf.prop_recursive(2, 6, 2, |inner| {
        (name(), prop::option::of(prop::collection::vec(inner, 1..3))).prop_map(|(name, components)| CompSelection {
            name,
            properties: None,
            components,
        })
    })
}

fn data() -> impl Strategy<Value = CalendarDataRequest> {
    (
        prop::option::of(selection()),
        prop::option::of(closed()),
        prop::option::of(closed()),
        prop::option::of(closed()),
    )
        .prop_map(|(selection, expand, limit, busy)| CalendarDataRequest {
            selection,
            expand,
            limit_recurrence_set: limit,
            limit_freebusy_set: busy,
            ..CalendarDataRequest::default()
        })
}

fn properties() -> impl Strategy<Value = Vec<Name>> {
    prop::collection::vec("[a-z][a-z-]{0,9}", 0..4)
        .prop_map(|names| names.iter().map(|name| Name::new("DAV:", name)).collect())
}

proptest! {
    #[test]
    fn queries_survive_a_round_trip(
        properties in properties(),
        data in prop::option::of(data()),
        filter in comp_filter(),
        timezone in prop::option::of("(BEGIN:)?[A-Za-z/]{1,12}"),
    ) {
        let query = CalendarQuery { properties, data, filter: CompFilter::calendar(filter), timezone };
        prop_assert_eq!(CalendarQuery::parse(&query.to_xml()), Ok(query));
    }

    #[test]
    fn multigets_and_busy_queries_survive_a_round_trip(
        properties in properties(),
        data in prop::option::of(data()),
        hrefs in prop::collection::vec("/[a-z%&<0-9/.]{0,20}", 0..5),
        range in closed(),
    ) {
        let multiget = CalendarMultiget { properties, data, hrefs };
        prop_assert_eq!(CalendarMultiget::parse(&multiget.to_xml()), Ok(multiget));
        let busy = FreeBusyQuery { start: range.start, end: range.end };
        prop_assert_eq!(FreeBusyQuery::parse(&busy.to_xml()), Ok(busy));
    }

    #[test]
    fn shares_survive_a_round_trip(
        set in prop::collection::vec(("[a-z:/]{1,20}", any::<bool>(), prop::option::of("[a-z<&]{1,9}")), 0..3),
        remove in prop::collection::vec("[a-z:/]{1,20}", 0..3),
    ) {
        let set = set.into_iter().map(|(href, write, name)| ShareSet {
            href,
            access: if write { ShareAccess::ReadWrite } else { ShareAccess::Read },
            common_name: name.clone(),
            summary: name,
        });
        let request = ShareRequest { set: set.collect(), remove };
        prop_assert_eq!(ShareRequest::parse(&request.to_xml()), Ok(request));
    }

    #[test]
    fn nothing_that_is_sent_makes_a_reader_fail_badly(body in "\\PC{0,200}") {
        let body = body.as_bytes();
        let _ = (CalendarQuery::parse(body), CalendarMultiget::parse(body), FreeBusyQuery::parse(body));
        let _ = (ShareRequest::parse(body), MakeCalendar::parse(body), MakeCollection::parse(body));
    }
}

#[test]
fn a_collection_is_made_with_its_kind_and_properties() {
    let calendar = Name::constant(crate::dav::CALDAV, "calendar");
    let make = MakeCollection::of_kinds([calendar.clone()]).with(dav_props::DISPLAYNAME, "Work & Co");
    assert_eq!(make.kinds(), [Name::dav("collection"), calendar]);
    assert_eq!(MakeCollection::parse(&make.to_xml()), Ok(make));
    let make = MakeCalendar::default().with(props::CALENDAR_COLOR, "#0082c9");
    assert_eq!(MakeCalendar::parse(&make.to_xml()), Ok(make));
    assert_eq!(MakeCalendar::parse(b""), Ok(MakeCalendar::default()));
}

#[test]
fn apples_own_share_is_understood() {
    let body =
        b"<cs:share xmlns:cs='http://calendarserver.org/ns/' xmlns:d='DAV:'><cs:set><d:href>mailto:a@b.c</d:href>\
        <cs:read-write/></cs:set></cs:share>";
    let share = ShareRequest::parse(body).unwrap();
    assert_eq!(share.set[0].access, ShareAccess::ReadWrite);
    assert_eq!(share.set[0].href, "mailto:a@b.c");
}

#[test]
fn a_time_that_is_not_utc_or_runs_backwards_is_refused() {
    for range in [
        "start='2026-01-01' end='2026-02-01'",
        "start='20260101T000000' end='20260201T000000'",
        "start='20260201T000000Z' end='20260101T000000Z'",
        "start='20260101T250000Z' end='20260201T000000Z'",
        "",
    ] {
        let body = format!(
            "<c:calendar-query xmlns:c='urn:ietf:params:xml:ns:caldav'><c:filter><c:comp-filter name='VCALENDAR'>\
             <c:comp-filter name='VEVENT'><c:time-range {range}/></c:comp-filter></c:comp-filter></c:filter>\
             </c:calendar-query>"
        );
        assert!(CalendarQuery::parse(body.as_bytes()).is_err(), "{range}");
    }
}
