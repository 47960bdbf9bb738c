"""The WebDAV suite litmus against the embedded cloud, signed in with an app password: in the own files, and in a folder of somebody else's."""

import re
import urllib.parse

from harness import BUILD, Cloud, Demo, Tally, run

SUITES = ["basic", "copymove", "props", "locks", "http"]


def shared_folder(demo, receiver):
    """A folder that one person shares with another, for everything. Its name in the receiver's files."""
    cloud = Cloud(demo.cloud_url, demo.user)
    cloud.send("MKCOL", f"/remote.php/dav/files/{demo.user['name']}/Shared")
    form = urllib.parse.urlencode({"path": "/Shared", "shareType": 0, "shareWith": receiver["name"], "permissions": 31})
    headers = {"content-type": "application/x-www-form-urlencoded", "ocs-apirequest": "true"}
    cloud.send("POST", "/ocs/v2.php/apps/files_sharing/api/v1/shares", form.encode(), headers)
    cloud.close()
    return "Shared"


def main():
    tally = Tally()
    folder = BUILD / "litmus"
    folder.mkdir(parents=True, exist_ok=True)
    with Demo() as demo:
        own, other = demo.info["users"]
        places = [
            (own, f"remote.php/dav/files/{own['name']}"),
            (own, "remote.php/webdav"),
            (other, f"remote.php/dav/files/{other['name']}/{shared_folder(demo, other)}"),
        ]
        for user, root in places:
            url = f"{demo.cloud_url}/{root}/"
            # The suite leaves its logs where it runs.
            ended = run(
                "litmus", "-k", url, user["name"], user["app_password"], environment={"TESTS": " ".join(SUITES)}, cwd=folder
            )
            (folder / f"{root.replace('/', '-')}.log").write_text(ended.stdout + ended.stderr)
            found = re.findall(r"summary for `(\w+)': of (\d+) tests run: (\d+) passed, (\d+) failed", ended.stdout)
            tally.equal(f"suites of {root}", [suite for suite, *_ in found], SUITES)
            for suite, ran, passed, failed in found:
                print(f"{root} {suite}: {passed} of {ran} passed")
                tally.passed += int(passed)
                tally.failed += int(failed)
            for line in ended.stdout.splitlines():
                if "FAIL" in line or "WARNING" in line:
                    print(f"  {line.strip()}")
    tally.finish()


main()
