"""Events and contacts as different programs write them, for the walks of `dav_clients.py`."""

from datetime import timedelta

BERLIN = """BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE"""


def event(uid, summary, start, kind=0, extra=()):
    """An event; `kind` varies what is in it."""
    stamp = start.strftime("%Y%m%dT%H%M%S")
    end = (start + timedelta(hours=1)).strftime("%Y%m%dT%H%M%S")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//walk//EN"]
    times = [f"DTSTART:{stamp}Z", f"DTEND:{end}Z"]
    if kind % 5 == 1:
        lines += BERLIN.split("\n")
        times = [f"DTSTART;TZID=Europe/Berlin:{stamp}", "DURATION:PT45M"]
    elif kind % 5 == 2:
        day, next_day = start.strftime("%Y%m%d"), (start + timedelta(days=1)).strftime("%Y%m%d")
        times = [f"DTSTART;VALUE=DATE:{day}", f"DTEND;VALUE=DATE:{next_day}"]
    elif kind % 5 == 3:
        times += ["RRULE:FREQ=WEEKLY;COUNT=4", f"EXDATE:{(start + timedelta(days=7)).strftime('%Y%m%dT%H%M%SZ')}"]
    lines += ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *times, f"SUMMARY:{summary}"]
    lines += ["DESCRIPTION:NOTE-MARK", "X-FOREIGN;X-PARAM=\"a;b\":kept \\, as it is", *extra]
    if kind % 3 == 0:
        lines += ["BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Now", "TRIGGER:-PT15M", "X-SNOOZE:1", "END:VALARM"]
    lines += ["END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(lines)


def card(uid, index):
    """A contact of version 3.0, or of 4.0 for every fourth."""
    version = "4.0" if index % 4 == 3 else "3.0"
    lines = ["BEGIN:VCARD", f"VERSION:{version}", "PRODID:-//example//walk//EN", f"UID:{uid}", f"FN:Person {index} Ü"]
    lines += [f"N:{index};Person;;;", f"EMAIL;TYPE=HOME:person{index}@example.org", f"item1.TEL;TYPE=CELL:+49 170 {index}"]
    lines += ["item1.X-ABLabel:Boat", "NOTE:NOTE-MARK", "X-FOREIGN;X-PARAM=\"a;b\":kept \\, as it is", "CATEGORIES:One,Two"]
    lines += ["END:VCARD", ""]
    return "\r\n".join(lines)


def uid_of(text):
    return next(line[4:].strip() for line in text.splitlines() if line.upper().startswith("UID:"))
