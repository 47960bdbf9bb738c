//! The recorded requests of `CalDAV`.

use crate::{
    dav_replay::{Step, replay},
    differences::Difference,
};

const INTENDED: &[Difference] = &[
    Difference {
        exchanges: &[
            "calendar-home-depth-1",
            "share-calendar-home-of-sharee",
            "deleted-calendar-in-home",
        ],
        begins: &[
            "6 entries in the recording, 5 here",
            "7 entries in the recording, 6 here",
            "11 entries in the recording, 10 here",
            "entry /remote.php/dav/calendars/carol/contact_birthdays is missing",
            "entry /remote.php/dav/calendars/dave/contact_birthdays is missing",
        ],
        reason: "there is no calendar of birthdays",
    },
    Difference {
        exchanges: &["calendar-depth-0-after-proppatch"],
        begins: &["property {http://owncloud.org/ns}owner-principal"],
        reason: "a calendar has the same properties by itself as in the home",
    },
    Difference {
        exchanges: &["put-event-duplicate-uid-other-name"],
        begins: &["error has"],
        reason: "the condition of RFC 4791 §5.3.2.1 is named",
    },
    Difference {
        exchanges: &["sync-collection-initial-with-limit"],
        begins: &["status 507 in the recording, 207"],
        reason: "a first sync can be had in pieces, RFC 6578 §3.6",
    },
    Difference {
        exchanges: &["sync-collection-invalid-token"],
        begins: &["status 207 in the recording, 403"],
        reason: "a token that was never given is refused, RFC 6578 §3.2, and not taken for a state without changes",
    },
    Difference {
        exchanges: &["calendar-query-bad-time-range"],
        begins: &["status 500 in the recording, 403"],
        reason: "RFC 4791 §7.8: valid-filter",
    },
    Difference {
        exchanges: &["multiget-two-and-one-missing"],
        begins: &["2 entries in the recording, 3 here"],
        reason: "RFC 4791 §7.9: what is missing is named",
    },
    Difference {
        exchanges: &["free-busy-query-on-calendar"],
        begins: &["line FREEBUSY"],
        reason: "the kind of busy is written out",
    },
    Difference {
        exchanges: &["outbox-free-busy-for-attendee"],
        begins: &["header Content-Type is application/xml in the recording"],
        reason: "the content type of every other XML answer",
    },
    Difference {
        exchanges: &["invite-organizer-copy-has-schedule-status"],
        begins: &[
            "line ATTENDEE;CN=Dave;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;SCHEDULE-STATUS=5.0",
            "line ATTENDEE;CN=Dave;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;SCHEDULE-STATUS=1.2",
        ],
        reason: "the recorded server could not send mail; the invitation itself was delivered",
    },
    Difference {
        exchanges: &["invite-attendee-copy-get"],
        begins: &["line CALSCALE:GREGORIAN is missing"],
        reason: "a copy has the lines that the organizer wrote",
    },
    Difference {
        exchanges: &["invite-attendee-calendar-has-copy"],
        begins: &["property {urn:ietf:params:xml:ns:caldav}schedule-tag"],
        reason: "RFC 6638 §3.2.10: copies of invitations have a tag of their own",
    },
    Difference {
        exchanges: &["share-calendar-unknown-user"],
        begins: &["status 200 in the recording, 403"],
        reason: "nobody waits for a share that is not there",
    },
];

const STEPS: &[Step] = &[
    Step {
        before: "put-event-lf-line-ends",
        method: "PUT",
        path: "/remote.php/dav/calendars/carol/fx-work/nostamp.ics",
        body: "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:ev-nostamp@example.org\r\nDTSTART:20261124T100000Z\r\n\
               DTEND:20261124T110000Z\r\nSUMMARY:Standup\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    },
    Step {
        before: "deleted-calendar-in-home",
        method: "MKCALENDAR",
        path: "/remote.php/dav/calendars/carol/fx-plain",
        body: "",
    },
    Step {
        before: "deleted-calendar-in-home",
        method: "MKCOL",
        path: "/remote.php/dav/calendars/carol/fx-sub",
        body: "<d:mkcol xmlns:d='DAV:' xmlns:cs='http://calendarserver.org/ns/'><d:set><d:prop><d:resourcetype>\
               <d:collection/><cs:subscribed/></d:resourcetype><cs:source><d:href>https://example.org/x.ics</d:href>\
               </cs:source></d:prop></d:set></d:mkcol>",
    },
];

#[tokio::test]
async fn the_recorded_requests_of_calendars_are_answered_alike() {
    replay("caldav", 82, STEPS, INTENDED).await;
}
