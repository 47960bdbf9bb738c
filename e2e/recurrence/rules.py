"""Series of every kind, always the same ones: what is compared in `recurrence.py`."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

# Zones, and days on which their clocks change, with times that do not exist or come twice on them.
ZONES = {
    "Europe/Berlin": ["20260329T023000", "20261025T023000", "20260328T023000", "20251025T030000"],
    "America/New_York": ["20260308T023000", "20261101T013000", "20260307T020000", "20251101T013000"],
    "Australia/Lord_Howe": ["20261004T021500", "20260405T014500", "20261003T020000", "20260404T013000"],
    "Asia/Kolkata": ["20260329T023000", "20240229T120000"],
    "America/Sao_Paulo": ["20171014T003000", "20171015T003000", "20180217T233000", "20181103T001500"],
    "Africa/Casablanca": ["20260215T023000", "20260322T023000", "20250223T023000", "20250406T020000"],
    "Pacific/Apia": ["20111229T120000", "20111231T090000", "20110924T033000", "20120331T033000"],
}
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


@dataclass
class Series:
    """One series. `start` is a `date` for days; `zone` is None for UTC."""

    start: date | datetime
    zone: str | None
    parts: dict
    count: int | None = None
    until: str | None = None
    length: timedelta | None = None
    excluded: list = field(default_factory=list)
    added: list = field(default_factory=list)
    # Whether the rule gives its own start.
    is_met: bool = False

    @property
    def is_days(self):
        return not isinstance(self.start, datetime)

    @property
    def rule(self):
        parts = dict(self.parts)
        if self.count is not None:
            parts["COUNT"] = self.count
        if self.until is not None:
            parts["UNTIL"] = self.until
        return ";".join(f"{name}={value}" for name, value in parts.items())

    @property
    def first(self):
        return datetime(self.start.year, self.start.month, self.start.day) if self.is_days else self.start

    def line(self, name, when):
        if self.is_days:
            return f"{name};VALUE=DATE:{when:%Y%m%d}"
        if self.zone is None:
            return f"{name}:{when:%Y%m%dT%H%M%S}Z"
        return f"{name};TZID={self.zone}:{when:%Y%m%dT%H%M%S}"

    @property
    def text(self):
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN", "BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z"]
        lines.append(self.line("DTSTART", self.start))
        if self.length is not None:
            lines.append(self.line("DTEND", self.start + self.length))
        lines.append(f"RRULE:{self.rule}")
        lines += [self.line("EXDATE", when) for when in self.excluded]
        lines += [self.line("RDATE", when) for when in self.added]
        return "\r\n".join([*lines, "END:VEVENT", "END:VCALENDAR", ""])


def series(seed, number):
    """`number` series, the same for the same seed."""
    chance = random.Random(seed)
    return [one(chance) for _ in range(number)]


def one(chance):
    zone = chance.choice(list(ZONES))
    kind = chance.choices(["zoned", "utc", "days"], [8, 1, 2])[0]
    if chance.random() < 0.4:
        start = datetime.strptime(chance.choice(ZONES[zone]), "%Y%m%dT%H%M%S")
    else:
        start = datetime(chance.randint(2005, 2027), 1, 1) + timedelta(
            days=chance.randrange(365), hours=chance.randrange(24), minutes=chance.choice([0, 0, 15, 30, 45])
        )
    if chance.random() < 0.06:
        start = start.replace(year=2024, month=2, day=29)
    frequency = chance.choices(
        ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"], [6, 7, 6, 5, 2, 1, 1]
    )[0]
    if kind == "days":
        start = start.date()
        if frequency in ("HOURLY", "MINUTELY", "SECONDLY"):
            frequency = "DAILY"
    result = Series(start, zone if kind == "zoned" else None, parts(chance, frequency, start))
    ends(chance, result)
    if kind == "days":
        result.length = chance.choice([None, timedelta(days=1), timedelta(days=3)])
    else:
        result.length = chance.choice([None, timedelta(minutes=45), timedelta(hours=2), timedelta(hours=26)])
    return result


def parts(chance, frequency, start):
    chosen = {"FREQ": frequency}
    if chance.random() < 0.5:
        chosen["INTERVAL"] = chance.choice({"SECONDLY": [7, 3600, 86400], "MINUTELY": [7, 90, 1440], "HOURLY": [5, 24, 25]}.get(frequency, [2, 3, 4, 5]))
    if chance.random() < 0.25:
        chosen["WKST"] = chance.choice(WEEKDAYS)
    {"YEARLY": yearly, "MONTHLY": monthly, "WEEKLY": weekly, "DAILY": daily}.get(frequency, by_time)(chance, chosen)
    if frequency in ("YEARLY", "MONTHLY", "WEEKLY", "DAILY") and isinstance(start, datetime) and chance.random() < 0.2:
        chosen["BYHOUR"] = some(chance, range(24), 3)
        if chance.random() < 0.5:
            chosen["BYMINUTE"] = some(chance, [0, 15, 30, 45], 2)
    if any(name.startswith("BY") for name in chosen) and chance.random() < 0.25 and frequency in ("YEARLY", "MONTHLY", "WEEKLY", "DAILY"):
        # One that every set has: dateutil looks for one that none has to the year 9999.
        sure = chance.choice(["1", "-1"])
        chosen["BYSETPOS"] = chance.choice([sure, f"{sure},{chance.choice([2, 3, -2, -3])}"])
    return chosen


def some(chance, values, most):
    values = list(values)
    return ",".join(str(value) for value in sorted(chance.sample(values, chance.randint(1, min(most, len(values))))))


def weekdays(chance, ordinals=()):
    days = chance.sample(WEEKDAYS, chance.randint(1, 3))
    # dateutil takes plain and numbered days together for both at once, RFC 5545 for either; so they are not mixed.
    if ordinals and chance.random() < 0.6:
        return ",".join(f"{chance.choice(ordinals)}{day}" for day in days)
    return ",".join(days)


def yearly(chance, chosen):
    form = chance.randrange(7)
    if form in (1, 2):
        chosen["BYMONTH"] = some(chance, range(1, 13), 3)
    if form == 2 or form == 3:
        chosen["BYDAY"] = weekdays(chance, [1, 2, -1, -2, 5])
    if form == 4:
        # dateutil takes a week of the year before for one of this year where it has to know whether that had 52 or 53.
        chosen["BYWEEKNO"] = some(chance, [1, 2, 10, 20, 30, 50, 51], 2)
        if chance.random() < 0.7:
            chosen["BYDAY"] = weekdays(chance)
    if form == 5:
        chosen["BYYEARDAY"] = some(chance, [1, 59, 60, 61, 100, 200, 365, 366, -1, -2, -366], 3)
    if form == 6:
        chosen["BYMONTHDAY"] = some(chance, [1, 13, 28, 29, 30, 31, -1, -2], 2)
        chosen["BYMONTH"] = some(chance, [1, 2, 3, 6, 11, 12], 3)
        if chance.random() < 0.3:
            chosen["BYDAY"] = weekdays(chance)


def monthly(chance, chosen):
    form = chance.randrange(5)
    if form in (1, 3):
        chosen["BYDAY"] = weekdays(chance, [1, 2, 3, 4, 5, -1, -2] if form == 1 else ())
    if form in (2, 3):
        chosen["BYMONTHDAY"] = some(chance, [1, 2, 7, 13, 15, 28, 29, 30, 31, -1, -2, -7], 4)
    if form == 4:
        chosen["BYMONTH"] = some(chance, range(1, 13), 4)


def weekly(chance, chosen):
    if chance.random() < 0.7:
        chosen["BYDAY"] = weekdays(chance)
    if chance.random() < 0.2:
        chosen["BYMONTH"] = some(chance, range(1, 13), 4)


def daily(chance, chosen):
    for name, value in [("BYDAY", weekdays(chance)), ("BYMONTH", some(chance, range(1, 13), 4)), ("BYMONTHDAY", some(chance, [1, 2, 15, 29, 31, -1], 3))]:
        if chance.random() < 0.25:
            chosen[name] = value


def by_time(chance, chosen):
    if chance.random() < 0.4:
        chosen["BYHOUR"] = some(chance, range(24), 4)
    if chance.random() < 0.3 and chosen["FREQ"] == "HOURLY":
        chosen["BYMINUTE"] = some(chance, [0, 10, 30, 59], 3)
    if chance.random() < 0.3 and chosen["FREQ"] != "SECONDLY":
        chosen["BYSECOND"] = some(chance, [0, 10, 59], 2)
    if chance.random() < 0.3:
        chosen["BYDAY"] = weekdays(chance)


def ends(chance, result):
    """COUNT, UNTIL in its forms, or no end."""
    how = chance.random()
    if how < 0.35:
        result.count = chance.choice([1, 2, 5, 10, 30])
    elif how < 0.6:
        spans = {"YEARLY": 4000, "MONTHLY": 700, "WEEKLY": 200, "DAILY": 60, "HOURLY": 8, "MINUTELY": 1, "SECONDLY": 0.02}
        last = result.first + timedelta(days=spans[result.parts["FREQ"]] * chance.random())
        if result.is_days:
            result.until = f"{last:%Y%m%d}"
        else:
            result.until = f"{last:%Y%m%dT%H%M%S}Z"
