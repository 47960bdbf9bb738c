"""The MCP conformance suite, twice for each revision.

Against the fixture server every check must pass. Against the product the checks that cannot apply are listed in
`conformance/product.toml`, each scenario with its reason; one that is not listed fails, and so does a listed one that
passes.
"""

import json
import os
import shutil
import tomllib
from pathlib import Path

from harness import BUILD, ROOT, Demo, Server, Tally, run

REVISIONS = ["2026-07-28", "2025-11-25"]
# Optional extensions that this server does not declare; the requirement sets do not score them either.
EXTENSIONS = ("tasks-", "sep-2640-")


def results(url, revision, output):
    """The worst status of each check, by scenario."""
    shutil.rmtree(output, ignore_errors=True)
    suite = Path(os.environ["E2E_NODE_FOLDER"]) / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
    ended = run(
        os.environ["E2E_NODE"], suite, "server", "--url", url, "--requirements", revision, "-o", output, timeout=300
    )
    (output.parent / f"{output.name}.log").write_text(ended.stdout + ended.stderr)
    order = ["SUCCESS", "INFO", "SKIPPED", "WARNING", "FAILURE"]
    found = {}
    for file in sorted(output.glob("server-*/checks.json")):
        # server-<scenario>-<date>T<time>Z
        scenario = file.parent.name.removeprefix("server-")[: -len("-2026-01-01T00-00-00-000Z")]
        if scenario.startswith(EXTENSIONS):
            continue
        checks = found.setdefault(scenario, {})
        for check in json.loads(file.read_text()):
            worst = max(checks.get(check["id"], (check["status"], "")), (check["status"], ""), key=lambda c: order.index(c[0]))
            detail = check.get("errorMessage") or checks.get(check["id"], ("", ""))[1]
            checks[check["id"]] = (worst[0], detail)
    return found


def compare(tally, name, found, expected):
    tally.check(f"{name} ran", len(found) >= 25, f"only {len(found)} scenarios left results")
    for scenario, checks in found.items():
        excused = set(expected.get(scenario, {}).get("checks", []))
        for check, (status, detail) in checks.items():
            bad = status in ("FAILURE", "WARNING")
            if check in excused:
                tally.check(f"{name} {scenario} {check}", bad, "is listed as impossible but passes: remove it from the list")
                excused.discard(check)
            else:
                tally.check(f"{name} {scenario} {check}", not bad, f"{status} {detail}")
        for check in excused:
            tally.check(f"{name} {scenario} {check}", False, "is listed but was not run")
    for scenario, excuse in expected.items():
        tally.check(f"{name} {scenario} has a reason", excuse.get("reason"))
    for scenario in set(expected) - set(found):
        tally.check(f"{name} {scenario}", False, "is listed but was not run")


def main():
    tally = Tally()
    expected = tomllib.loads((ROOT / "e2e/conformance/product.toml").read_text())
    folder = BUILD / "conformance"
    folder.mkdir(parents=True, exist_ok=True)
    with Server(program="conformance_fixture") as fixtures:
        for revision in REVISIONS:
            with tally.part(f"fixtures {revision}"):
                found = results(fixtures.info["mcp_url"], revision, folder / f"fixtures-{revision}")
                compare(tally, f"fixtures {revision}", found, {})
    with Demo() as demo:
        for revision in REVISIONS:
            with tally.part(f"product {revision}"):
                found = results(demo.mcp_url, revision, folder / f"product-{revision}")
                compare(tally, f"product {revision}", found, expected.get(revision, {}))
    tally.finish()


main()
