"""Login Flow v2 as a person lives it, in a browser, in light and dark; pictures of every page in `build/screens`."""

import json
import os
import shutil
import urllib.parse
from pathlib import Path

from harness import BUILD, Cloud, Demo, Tally, run

POLL = {"Content-Type": "application/x-www-form-urlencoded"}


def start(cloud, agent):
    status, _, body = cloud.send("POST", "/index.php/login/v2", headers={"User-Agent": agent})
    assert status == 200, f"the flow does not start: {status} {body[:300]}"
    return json.loads(body)


def poll(cloud, flow):
    endpoint = urllib.parse.urlsplit(flow["poll"]["endpoint"]).path
    status, _, body = cloud.send("POST", endpoint, urllib.parse.urlencode({"token": flow["poll"]["token"]}), POLL)
    return status, body


def browse(flow, user, scheme, decision):
    """What the browser saw on each page."""
    screens = BUILD / "screens"
    screens.mkdir(parents=True, exist_ok=True)
    script = Path(os.environ["E2E_NODE_FOLDER"]) / "login_flow.mjs"
    wanted = {
        "chromium": shutil.which("chromium"),
        "login": flow["login"],
        "name": user["name"],
        "password": user["password"],
        "scheme": scheme,
        "decision": decision,
        "screens": str(screens),
    }
    ended = run(os.environ["E2E_NODE"], script, json.dumps(wanted), timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return json.loads(ended.stdout)


def granted(tally, cloud, demo, scheme):
    user = demo.user
    flow = start(cloud, "Pocket Notes (e2e)")
    tally.equal("nothing to fetch yet", poll(cloud, flow)[0], 404)
    seen = browse(flow, user, scheme, "grant")
    tally.check("the program is named", "Pocket Notes" in seen["sign_in"], seen["sign_in"])
    tally.check("a wrong password is told", "wrong" in seen["refused"].lower() or "not" in seen["refused"].lower(), seen["refused"])
    tally.check("the grant names program and account", "Pocket Notes" in seen["grant"] and user["name"] in seen["grant"].lower(), seen["grant"])
    tally.check("it ends well", "connected" in seen["end"].lower() and "not" not in seen["end"].lower().split(), seen["end"])
    tally.equal("no complaint of the browser", seen["complaints"], [])
    tally.equal("nothing is wider than a phone", seen["overflow"], [])
    status, body = poll(cloud, flow)
    tally.equal("the result can be fetched", status, 200)
    result = json.loads(body)
    tally.equal("server and name", (result["server"], result["loginName"]), (demo.cloud_url, user["name"]))
    tally.equal("but only once", poll(cloud, flow)[0], 404)

    connected = {"name": result["loginName"], "app_password": result["appPassword"]}
    program = Cloud(demo.cloud_url, connected)
    status, _, body = program.send("GET", "/ocs/v2.php/cloud/user?format=json")
    tally.equal("the app password signs in", (status, json.loads(body)["ocs"]["data"]["id"]), (200, user["name"]))
    tally.equal("and opens the files", program.send("PROPFIND", f"{program.files}/", headers={"Depth": "0"})[0], 207)
    tally.equal("it can be given back", program.send("DELETE", "/ocs/v2.php/core/apppassword")[0], 200)
    tally.equal("and then is worth nothing", program.send("GET", "/ocs/v2.php/cloud/user?format=json")[0], 401)


def refused(tally, cloud, demo):
    flow = start(cloud, "Unwanted Program")
    seen = browse(flow, demo.user, "light", "refuse")
    tally.check("the end says so", "not" in seen["end"].lower(), seen["end"])
    tally.equal("nothing can be fetched", poll(cloud, flow)[0], 404)


def main():
    tally = Tally()
    with Demo() as demo:
        cloud = Cloud(demo.cloud_url, demo.user)
        for header in ["Authorization", "Accept"]:
            cloud.headers.pop(header)
        for scheme in ["light", "dark"]:
            with tally.part(f"granted, {scheme}"):
                granted(tally, cloud, demo, scheme)
        with tally.part("refused"):
            refused(tally, cloud, demo)
    tally.finish()


main()
