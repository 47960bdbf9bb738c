use super::*;
use crate::content::Document;

const SERIES: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20261201T100000Z\r\n\
    DTEND:20261201T110000Z\r\nRRULE:FREQ=DAILY;COUNT=5\r\nSUMMARY:Planning\r\n\
    ORGANIZER;CN=Carol:mailto:carol@example.org\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:carol@example.org\r\n\
    ATTENDEE;CN=Dave;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;SCHEDULE-STATUS=1.2:mailto:dave@example.org\r\n\
    BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

const DAVE: &str = "mailto:dave@example.org";

fn series() -> Component {
    Document::parse(SERIES.as_bytes()).unwrap().root().unwrap().clone()
}

fn text(calendar: &Component) -> String {
    String::from_utf8(calendar.to_bytes()).unwrap().replace("\r\n ", "")
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_225_978, 0).unwrap()
}

#[test]
fn an_invitation_has_neither_the_organizers_alarms_nor_what_their_server_noted() {
    let sent = text(&request(&series(), "MAILTO:Dave@example.org").unwrap());
    assert!(!sent.contains("VALARM") && !sent.contains("SCHEDULE-STATUS"), "{sent}");
    assert!(sent.contains("ATTENDEE;CN=Dave;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:dave@example.org"));
    assert!(request(&series(), "mailto:eve@example.org").is_none());
}

#[test]
fn who_is_uninvited_from_one_occurrence_does_not_see_it() {
    let mut calendar = series();
    let without = "BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID:20261203T100000Z\r\nDTSTART:20261203T150000Z\r\n\
        SUMMARY:Among us\r\nORGANIZER:mailto:carol@example.org\r\nEND:VEVENT\r\n";
    let part = Document::parse(without.as_bytes()).unwrap().root().unwrap().clone();
    calendar.add_component(part);
    let sent = text(&request(&calendar, DAVE).unwrap());
    assert!(
        sent.contains("EXDATE:20261203T100000Z") && !sent.contains("Among us"),
        "{sent}"
    );
}

#[test]
fn an_attendee_keeps_their_own_alarms_over_a_change() {
    let sent = request(&series(), DAVE).unwrap();
    let mut own = sent.clone();
    let mut alarm = Component::new("VALARM");
    alarm.add(Property::new("TRIGGER", "-P1D"));
    own.components_mut().next().unwrap().add_component(alarm);
    assert!(text(&copy(&sent, Some(&own))).contains("TRIGGER:-P1D"));
}

#[test]
fn an_answer_reaches_the_organizers_object_and_touches_one_line() {
    let mut own = request(&series(), DAVE).unwrap();
    let old = own.clone();
    let part = own.components_mut().next().unwrap();
    let dave = part
        .properties_mut()
        .filter(|property| property.is("ATTENDEE"))
        .nth(1)
        .unwrap();
    dave.set_parameter("PARTSTAT", "ACCEPTED");
    assert!(is_answer(Some(&old), &own, DAVE) && !is_answer(Some(&own), &own, DAVE));
    let answer = reply(&own, DAVE, false, now());
    assert!(!text(&answer).contains("ATTENDEE;PARTSTAT=ACCEPTED:mailto:carol"));
    let mut organizers = series();
    assert!(apply_reply(&mut organizers, &answer, DAVE));
    let changed = "ATTENDEE;CN=Dave;PARTSTAT=ACCEPTED;SCHEDULE-STATUS=2.0:mailto:dave@example.org";
    let before = "ATTENDEE;CN=Dave;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;SCHEDULE-STATUS=1.2:mailto:dave@example.org";
    assert_eq!(text(&organizers), SERIES.replace("\r\n ", "").replace(before, changed));
    assert!(!apply_reply(&mut organizers, &answer, DAVE));
}

#[test]
fn an_answer_to_one_occurrence_leaves_the_series_alone() {
    let declined = "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID:20261202T100000Z\r\n\
        DTSTART:20261202T100000Z\r\nATTENDEE;PARTSTAT=DECLINED:mailto:dave@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let declined = Document::parse(declined.as_bytes()).unwrap().root().unwrap().clone();
    let mut organizers = series();
    assert!(apply_reply(&mut organizers, &declined, DAVE));
    let parts: Vec<String> = parts(&organizers).map(text).collect();
    assert_eq!(parts.len(), 2);
    assert!(parts[0].contains("PARTSTAT=NEEDS-ACTION") && parts[0].contains("RRULE"));
    assert!(parts[1].contains("DTEND:20261202T110000Z") && parts[1].contains("PARTSTAT=DECLINED"));
    assert!(!parts[1].contains("RRULE"));
}

#[test]
fn only_what_matters_to_people_is_news() {
    let mut renamed = series();
    renamed
        .components_mut()
        .next()
        .unwrap()
        .set_text("SUMMARY", Some("Plan"));
    assert!(is_news(&series(), &renamed));
    let mut private = series();
    private.components_mut().next().unwrap().set_text("X-MINE", Some("1"));
    assert!(!is_news(&series(), &private));
}

#[test]
fn a_cancelled_copy_says_so_and_a_person_can_leave_sending_to_their_program() {
    let cancelled = text(&cancelled(&series(), now()));
    assert!(cancelled.contains("STATUS:CANCELLED") && cancelled.contains("SEQUENCE:1"));
    let by = |agent| Agent::of(&Property::new("ATTENDEE", DAVE).with("SCHEDULE-AGENT", agent));
    assert_eq!(
        [by("CLIENT"), by("NONE"), by("server")],
        [Agent::Client, Agent::None, Agent::Server]
    );
}
