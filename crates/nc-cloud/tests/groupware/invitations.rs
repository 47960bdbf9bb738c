use http::StatusCode;

use crate::wire::{PERSONAL, Wire, event_with};

const TO_BOB: &str = "ORGANIZER;CN=Alice:mailto:alice@example.org\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.org\r\n\
    ATTENDEE;CN=Bob;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob@example.org\r\n";

const BOBS: &str = "/remote.php/dav/calendars/bob/personal/";
const BOBS_INBOX: &str = "/remote.php/dav/calendars/bob/inbox/";
const ALICES_INBOX: &str = "/remote.php/dav/calendars/alice/inbox/";

fn plain(text: &str) -> String {
    text.replace("\r\n ", "").replace("\n ", "")
}

async fn only(wire: &Wire, who: &str, folder: &str) -> String {
    let mut names = wire.list(who, folder).await;
    assert_eq!(names.len(), 2, "{names:?}");
    names.remove(1)
}

async fn read(wire: &Wire, who: &str, path: &str) -> String {
    let answer = wire.get(who, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    plain(&answer.text())
}

#[tokio::test]
async fn an_invitation_an_answer_a_change_and_a_cancellation_reach_the_other_one() {
    let wire = Wire::boot().await;
    let path = format!("{PERSONAL}plan.ics");
    let alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n";
    let tag = wire
        .put(
            "alice",
            &path,
            event_with("plan", &format!("SUMMARY:Plan\r\n{TO_BOB}{alarm}")),
        )
        .await;
    assert_eq!(tag, "", "the stored text is not the one that was sent");
    let hers = read(&wire, "alice", &path).await;
    assert!(
        hers.contains("SCHEDULE-STATUS=1.2:mailto:bob@example.org") && hers.contains("VALARM"),
        "{hers}"
    );

    let copy = only(&wire, "bob", BOBS).await;
    let message = only(&wire, "bob", BOBS_INBOX).await;
    assert!(copy.contains("/sabredav-"), "{copy}");
    let his = read(&wire, "bob", &copy).await;
    assert!(
        his.contains("SUMMARY:Plan") && !his.contains("METHOD") && !his.contains("VALARM"),
        "{his}"
    );
    assert!(read(&wire, "bob", &message).await.contains("METHOD:REQUEST"));
    assert_eq!(
        wire.send("bob", "DELETE", &message, &[], "").await.status,
        StatusCode::NO_CONTENT
    );

    let accepted = his
        .replace("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED")
        .replace("END:VEVENT", &format!("{alarm}END:VEVENT"));
    wire.put("bob", &copy, accepted).await;
    let hers = read(&wire, "alice", &path).await;
    assert!(
        hers.contains("ATTENDEE;CN=Bob;PARTSTAT=ACCEPTED;SCHEDULE-STATUS=2.0"),
        "{hers}"
    );
    let reply = only(&wire, "alice", ALICES_INBOX).await;
    let reply = read(&wire, "alice", &reply).await;
    assert!(
        reply.contains("METHOD:REPLY") && !reply.contains("ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice"),
        "{reply}"
    );

    wire.put(
        "alice",
        &path,
        hers.replace("T100000Z", "T150000Z").replace("T110000Z", "T160000Z"),
    )
    .await;
    let his = read(&wire, "bob", &copy).await;
    assert!(
        his.contains("DTSTART:20261124T150000Z") && his.contains("TRIGGER:-PT5M"),
        "{his}"
    );
    assert_eq!(wire.list("bob", BOBS_INBOX).await.len(), 2);

    wire.send("alice", "DELETE", &path, &[], "").await;
    assert!(read(&wire, "bob", &copy).await.contains("STATUS:CANCELLED"));
    let messages = wire.list("bob", BOBS_INBOX).await;
    assert_eq!(messages.len(), 3);
    assert!(read(&wire, "bob", &messages[2]).await.contains("METHOD:CANCEL"));
}

#[tokio::test]
async fn deleting_a_copy_declines_unless_the_program_says_otherwise() {
    let wire = Wire::boot().await;
    for (uid, header, expected) in [
        ("loud", "T", "PARTSTAT=DECLINED"),
        ("silent", "F", "PARTSTAT=NEEDS-ACTION"),
    ] {
        let path = format!("{PERSONAL}{uid}.ics");
        wire.put("alice", &path, event_with(uid, TO_BOB)).await;
        let copy = only(&wire, "bob", BOBS).await;
        wire.send("bob", "DELETE", &copy, &[("schedule-reply", header)], "")
            .await;
        let hers = read(&wire, "alice", &path).await;
        assert!(hers.contains(&format!("ATTENDEE;CN=Bob;{expected}")), "{hers}");
    }
}

#[tokio::test]
async fn who_is_taken_off_the_list_is_told_and_who_is_unknown_is_named() {
    let wire = Wire::boot().await;
    let path = format!("{PERSONAL}plan.ics");
    wire.put("alice", &path, event_with("plan", TO_BOB)).await;
    let copy = only(&wire, "bob", BOBS).await;
    let others = "ORGANIZER:mailto:alice@example.org\r\nATTENDEE:mailto:nobody@example.net\r\nATTENDEE:mailto:carol@example.org\r\n";
    wire.put("alice", &path, event_with("plan", others)).await;
    assert!(read(&wire, "bob", &copy).await.contains("STATUS:CANCELLED"));
    let hers = read(&wire, "alice", &path).await;
    assert!(hers.contains("SCHEDULE-STATUS=3.7:mailto:nobody@example.net"), "{hers}");
    assert!(hers.contains("SCHEDULE-STATUS=1.2:mailto:carol@example.org"), "{hers}");
    only(&wire, "carol", "/remote.php/dav/calendars/carol/personal/").await;
}

#[tokio::test]
async fn nothing_is_sent_where_the_program_sends_by_itself() {
    let wire = Wire::boot().await;
    for (uid, agent) in [("client", "CLIENT"), ("none", "NONE")] {
        let lines = TO_BOB.replace("ATTENDEE;CN=Bob", &format!("ATTENDEE;SCHEDULE-AGENT={agent};CN=Bob"));
        let tag = wire
            .put("alice", &format!("{PERSONAL}{uid}.ics"), event_with(uid, &lines))
            .await;
        assert!(!tag.is_empty(), "the text is the one that was sent");
    }
    assert_eq!(wire.list("bob", BOBS).await.len(), 1);
    assert_eq!(wire.list("bob", BOBS_INBOX).await.len(), 1);
}

#[tokio::test]
async fn nobody_speaks_for_another_organizer_or_attendee() {
    let wire = Wire::boot().await;
    let path = format!("{PERSONAL}plan.ics");
    wire.put("alice", &path, event_with("plan", TO_BOB)).await;
    let before = read(&wire, "alice", &path).await;
    // Carol was not invited, and says that she or Bob answered.
    for answer in [
        "ORGANIZER:mailto:alice@example.org\r\nATTENDEE;PARTSTAT=DECLINED:mailto:carol@example.org\r\n",
        "ORGANIZER:mailto:alice@example.org\r\nATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.org\r\n",
    ] {
        let carols = "/remote.php/dav/calendars/carol/personal/forged.ics";
        wire.put("carol", carols, event_with("plan", answer)).await;
        assert_eq!(read(&wire, "alice", &path).await, before);
    }
    // Carol says that she organizes Bob's event, and cancels it.
    let bobs = "/remote.php/dav/calendars/bob/personal/own.ics";
    wire.put("bob", bobs, event_with("own", "SUMMARY:Mine\r\n")).await;
    let carols = "/remote.php/dav/calendars/carol/personal/own.ics";
    let lines = TO_BOB.replace("alice@", "carol@");
    wire.put("carol", carols, event_with("own", &lines)).await;
    assert!(
        read(&wire, "bob", bobs).await.contains("SUMMARY:Mine"),
        "an own event was overwritten"
    );
    wire.send("carol", "DELETE", carols, &[], "").await;
    assert!(!read(&wire, "bob", bobs).await.contains("CANCELLED"));
}

#[tokio::test]
async fn people_see_when_others_are_busy_and_not_with_what() {
    let wire = Wire::boot().await;
    wire.put("bob", &format!("{BOBS}a.ics"), event_with("a", "SUMMARY:Doctor\r\n"))
        .await;
    let ask = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VFREEBUSY\r\nUID:f\r\nDTSTART:20261124T000000Z\r\n\
        DTEND:20261125T000000Z\r\nORGANIZER:mailto:alice@example.org\r\nATTENDEE:mailto:bob@example.org\r\n\
        ATTENDEE:mailto:nobody@example.net\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n";
    let outbox = "/remote.php/dav/calendars/alice/outbox/";
    let text = wire.send("alice", "POST", outbox, &[], ask).await.text();
    assert!(
        text.contains("20261124T100000Z/20261124T110000Z") && !text.contains("Doctor"),
        "{text}"
    );
    assert!(text.contains("2.0;Success") && text.contains("3.7;"), "{text}");
    let forged = ask.replace("mailto:alice", "mailto:bob");
    let answer = wire.send("alice", "POST", outbox, &[], forged).await;
    assert_eq!(answer.condition(), "organizer-allowed");
}
