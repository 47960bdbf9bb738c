"""The WebDAV suite litmus against the embedded cloud, signed in with an app password: in the own files, and in a folder of somebody else's."""

import urllib.parse

from harness import BUILD, Cloud, Demo, Tally
from litmus_suites import litmus


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
    with Demo() as demo:
        own, other = demo.info["users"]
        places = [
            (own, f"remote.php/dav/files/{own['name']}"),
            (own, "remote.php/webdav"),
            (other, f"remote.php/dav/files/{other['name']}/{shared_folder(demo, other)}"),
        ]
        for user, root in places:
            url = f"{demo.cloud_url}/{root}/"
            log = BUILD / "litmus" / f"{root.replace('/', '-')}.log"
            litmus(tally, url, (user["name"], user["app_password"]), log, root)
    tally.finish()


main()
