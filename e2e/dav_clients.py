"""Calendars and address books with clients that others wrote: `caldav`, caldav-server-tester, vdirsyncer."""

import random
import re
import sys
import threading
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import caldav
from dav_samples import card, event, uid_of
from dav_tester import compare
from harness import Cloud, Demo, Tally, run

BIN = Path(sys.executable).parent
ITEMS = 500


def client_of(demo, user):
    return caldav.DAVClient(url=f"{demo.cloud_url}/remote.php/dav/", username=user["name"], password=user["app_password"])


def walk_caldav(tally, demo):
    """The client `caldav` as its manual shows it."""
    client = client_of(demo, demo.user)
    principal = client.principal()
    tally.check("the principal is found", demo.user["name"] in str(principal.url))
    calendar = principal.make_calendar(name="Walk & talk")
    names = {str(one.get_display_name()) for one in principal.calendars()}
    tally.check("a calendar is made and listed", "Walk & talk" in names, names)

    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 3, 27, 9, 30, tzinfo=berlin)
    calendar.save_event(dtstart=start, dtend=start + timedelta(hours=1), summary="Daily", rrule={"FREQ": "DAILY", "COUNT": 5})
    calendar.save_event(dtstart=date(2026, 3, 28), dtend=date(2026, 3, 29), summary="All day")
    calendar.save_todo(summary="Do it", due=date(2026, 3, 30))
    found = calendar.search(
        start=datetime(2026, 3, 28, tzinfo=berlin), end=datetime(2026, 3, 31, tzinfo=berlin), event=True, expand=True
    )
    starts = sorted(str(one.icalendar_component["DTSTART"].dt) for one in found)
    # The clocks change on March 29: nine thirty stays nine thirty.
    wanted = ["2026-03-28", "2026-03-28 09:30:00+01:00", "2026-03-29 09:30:00+02:00", "2026-03-30 09:30:00+02:00"]
    in_berlin = sorted(local(one.icalendar_component["DTSTART"].dt, berlin) for one in found)
    tally.equal("occurrences keep their local time over a change of clocks", in_berlin, wanted) or print(starts)

    expanded = calendar.search(
        start=datetime(2026, 3, 28, tzinfo=timezone.utc),
        end=datetime(2026, 3, 30, tzinfo=timezone.utc),
        event=True,
        expand=False,
        server_expand=True,
    )
    ids = [one for item in expanded for one in item.icalendar_instance.walk("VEVENT") if "RRULE" in one]
    tally.equal("the server expands", ids, [])

    todos = calendar.todos()
    tally.equal("an open task is found", [str(todo.icalendar_component["SUMMARY"]) for todo in todos], ["Do it"])
    todos[0].complete()
    tally.equal("a completed task is not open", calendar.todos(), [])
    tally.equal("and is found among all", len(calendar.todos(include_completed=True)), 1)

    daily = next(one for one in calendar.events() if "Daily" in one.data)
    daily.icalendar_component["LOCATION"] = "Here"
    daily.save()
    again = calendar.event_by_uid(str(daily.icalendar_component["UID"]))
    tally.equal("a change lands", str(again.icalendar_component["LOCATION"]), "Here")

    token = calendar.objects_by_sync_token(load_objects=True)
    again.delete()
    changes = calendar.objects_by_sync_token(sync_token=token.sync_token)
    tally.equal("a deletion is among the changes", len(list(changes)), 1)
    calendar.delete()
    names = {str(one.get_display_name()) for one in principal.calendars()}
    tally.check("a deleted calendar is not listed", "Walk & talk" not in names, names)


def local(when, zone):
    return str(when.astimezone(zone)) if isinstance(when, datetime) else str(when)


def walk_scheduling(tally, demo):
    """Two people: an invitation, its answer, busy times."""
    first, second = demo.info["users"][:2]
    ours, theirs = client_of(demo, first).principal(), client_of(demo, second).principal()
    address = next(str(one) for one in theirs.calendar_user_address_set() if str(one).startswith("mailto:"))
    organizer = next(str(one) for one in ours.calendar_user_address_set() if str(one).startswith("mailto:"))
    start = datetime(2027, 1, 12, 10, 0, tzinfo=timezone.utc)
    text = event("meeting-1", "Plan", start, extra=[f"ORGANIZER:{organizer}", f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:{address}"])
    calendar = next(one for one in ours.calendars() if str(one.url).rstrip("/").endswith("personal"))
    calendar.save_event(text)
    inbox = theirs.schedule_inbox().get_items()
    tally.equal("the invitation is in the other inbox", len(inbox), 1)
    copies = [one for one in personal(theirs).events() if "meeting-1" in one.data]
    tally.equal("and in the other calendar", len(copies), 1)
    copy = copies[0]
    copy.data = copy.data.replace("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED")
    copy.save()
    mine = calendar.event_by_uid("meeting-1")
    tally.check("the answer reaches the organiser", "PARTSTAT=ACCEPTED" in unfolded(mine.data), mine.data)
    busy = ours.freebusy_request(start - timedelta(hours=1), start + timedelta(hours=3), [address])
    tally.check("busy times are told", "20270112T100000Z" in busy[address].data, busy[address].data)
    mine.delete()
    copies = [one for one in personal(theirs).events() if "meeting-1" in one.data and "STATUS:CANCELLED" not in one.data]
    tally.equal("a cancelled meeting is gone or cancelled for the other", copies, [])


def personal(principal):
    return next(one for one in principal.calendars() if str(one.url).rstrip("/").endswith("personal"))


def unfolded(text):
    return re.sub(r"\r?\n[ \t]", "", text)


class Device:
    """A folder of events and one of contacts that vdirsyncer keeps the same as the cloud's."""

    def __init__(self, name, scratch, demo):
        self.name = name
        self.home = scratch / name
        self.events = self.home / "events" / "personal"
        self.cards = self.home / "cards" / "contacts"
        for folder in (self.events, self.cards):
            folder.mkdir(parents=True)
        self.config = self.home / "config"
        login = f'username = "{demo.user["name"]}"\npassword = "{demo.user["app_password"]}"\n'
        pairs = []
        for what, folder, kind, suffix in [("events", self.events, "caldav", "ics"), ("cards", self.cards, "carddav", "vcf")]:
            pairs.append(
                f'[pair {what}]\na = "{what}_here"\nb = "{what}_there"\ncollections = ["{folder.name}"]\n'
                f'conflict_resolution = null\n\n'
                f'[storage {what}_here]\ntype = "filesystem"\npath = "{folder.parent}"\nfileext = ".{suffix}"\n\n'
                f'[storage {what}_there]\ntype = "{kind}"\nurl = "{demo.cloud_url}/remote.php/dav/"\n{login}\n'
            )
        self.config.write_text(f'[general]\nstatus_path = "{self.home / "status"}"\n\n' + "\n".join(pairs))

    def __call__(self, *command):
        return run(BIN / "vdirsyncer", "-c", self.config, *command, timeout=300)

    def sync(self):
        """Syncs until nothing is left to do; what it said if that never happens."""
        for _ in range(6):
            ended = self("sync")
            if ended.returncode == 0:
                return None
        return ended.stderr[-1500:]

    def items(self):
        """What the folders hold, by UID: vdirsyncer names files as it likes."""
        found = {}
        for folder in (self.events, self.cards):
            for path in folder.iterdir():
                text = path.read_bytes().decode()
                found.setdefault(uid_of(text), []).append((path, same_lines(text)))
        return found


def same_lines(text):
    """The text without what clients may change in writing it: line ends.

    Cards of version 4.0 come down as 3.0: vdirsyncer does not say which version it wants, and 3.0 is then what RFC 6352,
    section 10.4 and Nextcloud mean.
    """
    return "\n".join(unfolded(text).replace("VERSION:4.0", "VERSION:3.0").split())


def walk_vdirsyncer(tally, demo, scratch):
    chance = random.Random(5)
    devices = [Device(name, scratch, demo) for name in ("one", "two")]
    cloud = Cloud(demo.cloud_url, demo.user, timeout=60)
    home = f"/remote.php/dav/calendars/{demo.user['name']}/personal"
    for device in devices:
        ended = device("discover", "--no-list")
        tally.equal(f"{device.name} discovers", ended.returncode, 0) or print(ended.stderr[-1500:])
    one, two = devices
    tally.equal("the first sync of one", one.sync(), None)
    for path in [*one.events.iterdir(), *one.cards.iterdir()]:
        path.unlink()
    run_empty = one("sync", "--force-delete")
    tally.equal("the cloud is emptied", run_empty.returncode, 0) or print(run_empty.stderr[-1500:])

    start = datetime(2026, 1, 5, 8, 0, tzinfo=timezone.utc)
    for index in range(ITEMS):
        begins = start + timedelta(hours=7 * index)
        (one.events / f"{index}.ics").write_bytes(event(f"event-{index}", f"Event {index} ü", begins, index).encode())
        (one.cards / f"{index}.vcf").write_bytes(card(f"card-{index}", index).encode())
    written = {uid: items[0][1] for uid, items in one.items().items()}
    tally.equal(f"{ITEMS} events and {ITEMS} contacts go up", one.sync(), None)
    tally.equal("and come down", two.sync(), None)
    arrived = {uid: items[0][1] for uid, items in two.items().items()}
    tally.equal("as they were written", differences(written, arrived), [])

    # Each side changes, deletes and adds others; a third writer works in the cloud meanwhile.
    numbers = list(range(ITEMS))
    chance.shuffle(numbers)
    wanted = set(written)
    changes = {}
    for device, mine in ((one, numbers[:120]), (two, numbers[120:240])):
        items = device.items()
        for index in mine[:80]:
            for kind in ("event", "card"):
                path, _ = items[f"{kind}-{index}"][0]
                changed = path.read_bytes().decode().replace("NOTE-MARK", f"changed by {device.name}")
                path.write_bytes(changed.encode())
                changes[f"{kind}-{index}"] = f"changed by {device.name}"
        for index in mine[80:]:
            for kind in ("event", "card"):
                items[f"{kind}-{index}"][0][0].unlink()
                wanted.discard(f"{kind}-{index}")
        for index in range(30):
            uid = f"event-new-{device.name}-{index}"
            (device.events / f"new-{index}.ics").write_bytes(event(uid, "New", start + timedelta(days=index)).encode())
            uid_card = f"card-new-{device.name}-{index}"
            (device.cards / f"new-{index}.vcf").write_bytes(card(uid_card, index).encode())
            wanted |= {uid, uid_card}

    def third_writer():
        for index in range(60):
            uid = f"event-cloud-{index}"
            body = event(uid, "From elsewhere", start + timedelta(hours=index)).encode()
            headers = {"Content-Type": "text/calendar; charset=utf-8", "If-None-Match": "*"}
            status, _, _ = cloud.send("PUT", f"{home}/{uid}.ics", body, headers)
            tally.check("written in the cloud meanwhile", status == 201, status)
            wanted.add(uid)

    ends = {}
    at_once = [threading.Thread(target=lambda device=device: ends.update({device.name: device.sync()})) for device in devices]
    at_once.append(threading.Thread(target=third_writer))
    for thread in at_once:
        thread.start()
    for thread in at_once:
        thread.join()
    for _ in range(2):
        for device in devices:
            tally.equal(f"{device.name} comes to rest", device.sync(), None)

    first, second = one.items(), two.items()
    for device, items in (("one", first), ("two", second)):
        tally.equal(f"nothing is lost on {device}", sorted(wanted - set(items))[:5], [])
        tally.equal(f"nothing came back on {device}", sorted(set(items) - wanted)[:5], [])
        twice = [uid for uid, found in items.items() if len(found) > 1]
        tally.equal(f"nothing is there twice on {device}", twice[:5], [])
        lost = [uid for uid, mark in changes.items() if "".join(mark.split()) not in "".join(items[uid][0][1].split())]
        tally.equal(f"every change is on {device}", lost[:5], [])
    texts = [{uid: found[0][1] for uid, found in items.items()} for items in (first, second)]
    tally.equal("both sides hold the same", differences(*texts), [])
    status, _, body = cloud.send("PROPFIND", home, headers={"Depth": "1", "Content-Type": "application/xml"})
    hrefs = set(re.findall(r"<d:href>([^<]*\.ics)</d:href>", body.decode()))
    events = {uid for uid in wanted if uid.startswith("event-")}
    tally.equal("the cloud holds as many events", (status, len(hrefs)), (207, len(events)))
    cloud.close()


def differences(left, right):
    return [(uid, left.get(uid), right.get(uid)) for uid in sorted(set(left) | set(right)) if left.get(uid) != right.get(uid)][:2]


def main():
    tally = Tally()
    with Demo() as demo, TemporaryDirectory(prefix="nextcloud-mcp-") as scratch:
        with tally.part("caldav"):
            walk_caldav(tally, demo)
        with tally.part("scheduling"):
            walk_scheduling(tally, demo)
        with tally.part("caldav-server-tester"):
            compare(tally, demo, BIN, Path(scratch))
        with tally.part("vdirsyncer"):
            walk_vdirsyncer(tally, demo, Path(scratch))
    tally.finish()


main()
