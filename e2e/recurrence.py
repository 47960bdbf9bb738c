"""When series take place, by us, by python-dateutil and by recurring-ical-events: thousands of rules, in seven zones.

What differs on purpose, and is put right before comparing:

* `DTSTART` is always the first time and counts for `COUNT` (RFC 5545 §3.8.2.4, §3.3.10); dateutil leaves it out where
  the rule does not meet it.
* `BYWEEKNO` without a day keeps the weekday of `DTSTART` (RFC 5545 §3.3.10: what the rule does not say comes from
  `DTSTART`); dateutil takes all days of the week.
* `BYSETPOS` picks from a whole week also in the first one; dateutil begins to count at `DTSTART`.
* dateutil mistakes weeks 52 and 53 of the year before; they are compared with the standard library's ISO weeks
  in the tests of `nc-proto`.
* dateutil works without zones; a time that does not exist or comes twice is taken as RFC 5545 §3.3.5 says.

recurring-ical-events is built on dateutil and is asked about everything but those rules and times (`is_common`).
"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from dateutil.rrule import rrulestr
from harness import Tally

sys.path.insert(0, str(Path(__file__).resolve().parent / "recurrence"))
from rules import WEEKDAYS, series  # noqa: E402

EXPAND = os.environ["E2E_EXPAND"]
NUMBER = 2400
MOST = 40
FORMAT = "%Y%m%dT%H%M%SZ"
# The asker's zone, for days.
ASKER = "Europe/Berlin"
# dateutil follows rules that are met rarely to the year 9999, which takes long; so it is stopped.
HORIZON_DAYS = {"HOURLY": 1500, "MINUTELY": 60, "SECONDLY": 4}


def horizon(one):
    return timedelta(days=HORIZON_DAYS.get(one.parts["FREQ"], 12_000))


def instant(one, local):
    """RFC 5545 §3.3.5: before the gap, and the first of two."""
    zone = ZoneInfo(ASKER if one.is_days else one.zone or "UTC")
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def is_plain(one, local):
    """Whether the clock shows this time once."""
    zone = ZoneInfo(one.zone or "UTC")
    return len({local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}) == 1


def by_dateutil(one):
    """The first starts, as local times."""
    parts = dict(one.parts)
    start = one.first
    if "BYWEEKNO" in parts and not {"BYDAY", "BYMONTHDAY", "BYYEARDAY"} & parts.keys() and parts["FREQ"] == "YEARLY":
        parts["BYDAY"] = WEEKDAYS[start.weekday()]
    begin = start
    if "BYSETPOS" in parts and parts["FREQ"] == "WEEKLY":
        # What it takes from the start must not change with it.
        parts.setdefault("BYDAY", WEEKDAYS[start.weekday()])
        begin -= timedelta(days=(start.weekday() - WEEKDAYS.index(parts.get("WKST", "MO"))) % 7)
    try:
        rule = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=begin)
        rule = rule.replace(until=start + horizon(one))
        one.is_met = rule.after(start, inc=True) == start
        later = rule.xafter(start)
        times = [start, *islice(later, MOST)]
    except ValueError:
        times = [start]  # it sees that the interval never meets the hours
    if one.count is not None:
        return times[: one.count]
    if one.until is not None and one.is_days:
        return list(takewhile(lambda time: f"{time:%Y%m%d}" <= one.until, times))
    if one.until is not None:
        until = datetime.strptime(one.until, FORMAT).replace(tzinfo=UTC)
        return [time for time in times if instant(one, time) <= until]
    return times


def add_exceptions(one, times, number):
    """Every fourth series has times left out, and one that is added."""
    if number % 4 or len(times) < 4:
        return times
    as_written = [time.date() for time in times] if one.is_days else times
    one.excluded = [as_written[1], as_written[3]]
    gone = {times[1], times[3]}
    new = times[2] + timedelta(days=1)
    if instant(one, new) not in {instant(one, time) for time in gone}:
        one.added = [new.date() if one.is_days else new]
        times = [*times, new]
    # Also another time that is the same instant, because the clock jumps over it.
    gone = {instant(one, time) for time in gone}
    return sorted({time for time in times if instant(one, time) not in gone})


def is_common(one, times):
    """Whether recurring-ical-events can be asked."""
    parts = one.parts
    if parts["FREQ"] in HORIZON_DAYS:
        return False  # it takes minutes
    if "BYWEEKNO" in parts and "BYDAY" not in parts:
        return False
    if "BYSETPOS" in parts and parts["FREQ"] == "WEEKLY":
        return False
    if not one.is_met:
        return False
    return one.is_days or all(is_plain(one, time) for time in times)


def by_recurring(one, range_from, range_until):
    calendar = icalendar.Calendar.from_ical(one.text)
    events = recurring_ical_events.of(calendar).between(range_from, range_until)
    starts = []
    for event in events:
        start = event.start
        if not isinstance(start, datetime):
            start = datetime(start.year, start.month, start.day, tzinfo=ZoneInfo(ASKER))
        starts.append(start.astimezone(UTC).strftime(FORMAT))
    return sorted(set(starts))


def questions():
    asked = []
    for number, one in enumerate(series(20260701, NUMBER)):
        times = by_dateutil(one)
        if number % 2 and not one.is_met and len(times) > 1:
            # A start that the rule meets, as programs write it.
            one.start = times[1].date() if one.is_days else times[1]
            times = by_dateutil(one)
        # The last ones are left out: behind them dateutil was not asked any more.
        is_cut = len(times) > MOST
        times = add_exceptions(one, times, number)
        instants = sorted({instant(one, time) for time in times})
        first = instant(one, one.first)
        until = instants[-3] if is_cut else first + horizon(one) - timedelta(days=2)
        is_late = number % 5 == 0 and len(instants) > 6
        since = instants[len(instants) // 2] if is_late else first - timedelta(days=2)
        question = {"text": one.text, "kind": "VEVENT", "from": since.strftime(FORMAT), "until": until.strftime(FORMAT)}
        asked.append((one, times, instants, since, until, {**question, "zone": ASKER, "limit": 10_000}))
    return asked


def answers(asked):
    lines = "".join(json.dumps(question) + "\n" for *_, question in asked)
    done = subprocess.run([EXPAND], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    tally = Tally()
    with tally.part("our answers"):
        asked = questions()
        ours = answers(asked)
        tally.equal("an answer to every question", len(ours), len(asked))
    compared = 0
    with tally.part("python-dateutil"):
        for (one, _, instants, since, until, _), answer in zip(asked, ours, strict=True):
            what = f"{one.line('DTSTART', one.start)} {one.rule} EXDATE {one.excluded}"
            if "error" in answer or answer["truncated"]:
                tally.check(what, False, answer)
                continue
            expected = [time.strftime(FORMAT) for time in instants if since <= time < until]
            # What began before the range and lasts into it is ours to tell; dateutil knows only starts.
            found = [start for start, _ in answer["times"] if start >= since.strftime(FORMAT)]
            tally.equal(what, found, expected)
    with tally.part("recurring-ical-events"):
        for (one, times, _, since, until, _), answer in zip(asked, ours, strict=True):
            if not is_common(one, times) or "error" in answer:
                continue
            compared += 1
            found = sorted({start for start, _ in answer["times"]})
            what = f"{one.line('DTSTART', one.start)} {one.length} {one.rule} {since} {until}"
            tally.equal(what, found, by_recurring(one, since.astimezone(ZoneInfo(ASKER)), until.astimezone(ZoneInfo(ASKER))))
    tally.check("enough is compared with both", compared >= 1000, compared)
    tally.finish()


main()
