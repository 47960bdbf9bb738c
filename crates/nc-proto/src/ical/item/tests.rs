use super::*;
use crate::{
    content::Document,
    ical::{
        Duration,
        event::Event,
        todo::{Todo, TodoState},
        zones::{Zone, Zones},
    },
};

fn component(lines: &str) -> Component {
    let document = Document::parse(lines.as_bytes()).expect("a component");
    document.root().expect("a component").clone()
}

#[test]
fn an_event_is_read_as_it_is_meant() {
    let component = component(
        "BEGIN:VEVENT\nUID:1\nSUMMARY:Dinner\\, late\nDESCRIPTION:  \nLOCATION;LANGUAGE=de:Ort\nSTATUS:confirmed\nCLASS:Private\nPRIORITY:0\nURL:https://cloud.example.org/a\\,b\nCOLOR:red\nCATEGORIES:A,B\\,C\nCATEGORIES:B\\,C, D\nTRANSP:transparent\nSEQUENCE:3\nDTSTART;VALUE=DATE:20260701\nDTEND;VALUE=DATE:20260703\nRRULE:FREQ=DAILY;COUNT=2\nRELATED-TO:2\nATTACH;FMTTYPE=text/plain;X-FILENAME=a.txt;ENCODING=BASE64;VALUE=BINARY:aGVsbG8=\nATTACH:https://cloud.example.org/f/1\nCREATED:odd\nLAST-MODIFIED:20260101T000000Z\nORGANIZER;CN=\"Ada; L\":MAILTO:ada@example.org\nATTENDEE;PARTSTAT=accepted;CUTYPE=room;RSVP=true:urn:uuid:1\nATTENDEE;EMAIL=bob@example.org:/principals/bob\nEND:VEVENT\n",
    );
    let event = Event::of(&component);
    assert_eq!(event.summary().as_deref(), Some("Dinner, late"));
    assert_eq!(event.description(), None);
    assert_eq!(event.location().as_deref(), Some("Ort"));
    assert_eq!(event.status().as_deref(), Some("CONFIRMED"));
    assert_eq!(event.class().as_deref(), Some("PRIVATE"));
    assert_eq!((event.priority(), event.sequence()), (None, 3));
    assert_eq!(event.categories(), ["A", "B,C", "D"]);
    assert!(event.is_all_day() && event.is_transparent() && event.is_series());
    assert_eq!(event.rule().and_then(|rule| rule.count), Some(2));
    assert_eq!((event.created(), event.last_modified().is_some()), (None, true));
    assert_eq!(event.relations()[0].kind, "PARENT");
    let span = event
        .span(&Zones::default(), &Zone::Utc)
        .expect("times")
        .expect("a span");
    assert_eq!(span.end().0.to_string(), "20260703");
    let attachments = event.attachments();
    assert_eq!(
        (attachments[0].size_bytes, attachments[0].name),
        (Some(5), Some("a.txt"))
    );
    assert_eq!(attachments[1].uri, Some("https://cloud.example.org/f/1"));
    let organizer = event.organizer().expect("an organizer");
    assert_eq!(
        (organizer.email(), organizer.name()),
        (Some("ada@example.org"), Some("Ada; L"))
    );
    assert!(organizer.is("mailto:ADA@example.org") && organizer.is("ada@example.org"));
    let attendees = event.attendees();
    assert_eq!(attendees[0].participation(), "ACCEPTED");
    assert_eq!(
        (attendees[0].kind().as_str(), attendees[0].is_answer_wanted()),
        ("ROOM", true)
    );
    assert_eq!(
        (attendees[0].email(), attendees[1].email()),
        (None, Some("bob@example.org"))
    );
    assert_eq!(attendees[1].role(), "REQ-PARTICIPANT");
}

#[test]
fn odd_alarms_are_read_as_far_as_they_go() {
    let component = component(
        "BEGIN:VEVENT\nBEGIN:VALARM\nACTION:display\nTRIGGER;RELATED=END:-PT15M\nREPEAT:2\nDURATION:PT5M\nEND:VALARM\nBEGIN:VALARM\nTRIGGER;VALUE=DATE-TIME:20260701T080000Z\nACKNOWLEDGED:20260701T080100Z\nEND:VALARM\nBEGIN:VALARM\nACTION:NONE\nTRIGGER;VALUE=DATE-TIME:19760401T005545Z\nEND:VALARM\nBEGIN:VALARM\nACTION:X-THROW\nEND:VALARM\nBEGIN:VALARM\nACTION:AUDIO\nTRIGGER:soon\nEND:VALARM\nBEGIN:VALARM\nTRIGGER:P1D\nEND:VALARM\nEND:VEVENT\n",
    );
    let alarms = Item::of(&component).alarms();
    let minutes = |minutes: i64| Duration {
        days: 0,
        seconds: minutes * 60,
    };
    assert_eq!(alarms.len(), 6);
    assert_eq!(alarms[0].trigger, Some(Trigger::FromEnd(minutes(-15))));
    assert_eq!(alarms[0].repeat, Some((2, minutes(5))));
    assert!(matches!(alarms[1].trigger, Some(Trigger::At(When::Utc(_)))));
    assert!(alarms[1].acknowledged.is_some() && alarms[2].is_none());
    assert_eq!((alarms[3].trigger.clone(), alarms[4].trigger.clone()), (None, None));
    assert_eq!(
        alarms[5].trigger,
        Some(Trigger::FromStart(Duration { days: 1, seconds: 0 }))
    );
}

#[test]
fn a_todo_is_done_by_whatever_says_so() {
    for (lines, state, is_open) in [
        ("", TodoState::NeedsAction, true),
        ("STATUS:IN-PROCESS", TodoState::InProcess, true),
        ("PERCENT-COMPLETE:40", TodoState::InProcess, true),
        ("PERCENT-COMPLETE:100", TodoState::Completed, false),
        ("COMPLETED:20260701T080000Z", TodoState::Completed, false),
        ("STATUS:completed", TodoState::Completed, false),
        (
            "STATUS:NEEDS-ACTION\nPERCENT-COMPLETE:100",
            TodoState::NeedsAction,
            false,
        ),
        ("STATUS:CANCELLED\nPERCENT-COMPLETE:100", TodoState::Cancelled, false),
        ("STATUS:odd\nPERCENT-COMPLETE:900", TodoState::NeedsAction, true),
    ] {
        let text = if lines.is_empty() {
            String::new()
        } else {
            format!("{lines}\n")
        };
        let component = component(&format!("BEGIN:VTODO\n{text}END:VTODO\n"));
        let todo = Todo::of(&component);
        assert_eq!((todo.state(), todo.is_open()), (state, is_open), "{lines}");
    }
}

#[test]
fn a_todo_is_due_by_date_or_by_duration() {
    for (lines, due) in [
        ("DUE;VALUE=DATE:20260701", Some("20260701")),
        (
            "DTSTART;TZID=Europe/Berlin:20260328T120000\nDURATION:P1DT1H",
            Some("20260329T130000"),
        ),
        ("DURATION:P1D", None),
    ] {
        let component = component(&format!("BEGIN:VTODO\n{lines}\nEND:VTODO\n"));
        let found = Todo::of(&component).due(&Zones::default()).map(|due| due.to_string());
        assert_eq!(found.as_deref(), due, "{lines}");
    }
}
