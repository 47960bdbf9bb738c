"""caldav-server-tester asks a server feature by feature; what it finds is compared with what is committed."""

import json
from pathlib import Path

from harness import run

EXPECTED = Path(__file__).resolve().parent / "dav" / "server-tester.json"


def compare(tally, demo, programs, scratch):
    """Every feature has full support, but for those that `e2e/dav/server-tester.json` names with a reason."""
    first, second = demo.info["users"][:2]
    sections = {
        name: {
            "caldav_url": f"{demo.cloud_url}/remote.php/dav/",
            "caldav_username": user["name"],
            "caldav_password": user["app_password"],
        }
        for name, user in (("default", first), ("second", second))
    }
    config = scratch / "caldav.json"
    config.write_text(json.dumps(sections))
    ended = run(
        programs / "caldav-server-tester",
        "--format",
        "json",
        "--config-section",
        "default",
        "--config-section",
        "second",
        environment={"CALDAV_CONFIG_FILE": str(config), "HOME": str(scratch)},
        timeout=900,
    )
    if not tally.check("it came to an end", ended.returncode == 0, ended.stderr[-1500:]):
        return
    found = json.loads(ended.stdout[ended.stdout.find("{") :])["features"]
    expected = json.loads(EXPECTED.read_text())
    # What it does not name has the support that it takes for granted.
    tally.check("it looked at something", len(found) >= 10, found)
    for feature, result in sorted(found.items()):
        support = result.get("support", "full")
        wanted = expected.get(feature, {}).get("support", "full")
        tally.check(f"{feature} is {wanted}", support == wanted, result)
    gone = sorted(set(expected) - set(found))
    tally.equal("nothing is excused that is good", gone, [])
