"""The WebDAV suite litmus, run at one address."""

import re

from harness import run

SUITES = ["basic", "copymove", "props", "locks", "http"]


def litmus(tally, url, account, log, root):
    """Runs it as somebody (name and password), counts what it tried, and writes all that it said to the file `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    # The suite leaves its logs where it runs.
    ended = run("litmus", "-k", url, *account, environment={"TESTS": " ".join(SUITES)}, cwd=log.parent)
    log.write_text(ended.stdout + ended.stderr)
    found = re.findall(r"summary for `(\w+)': of (\d+) tests run: (\d+) passed, (\d+) failed", ended.stdout)
    tally.equal(f"suites of {root}", [suite for suite, *_ in found], SUITES)
    for suite, ran, passed, failed in found:
        print(f"{root} {suite}: {passed} of {ran} passed")
        tally.passed += int(passed)
        tally.failed += int(failed)
    for line in ended.stdout.splitlines():
        if "FAIL" in line or "WARNING" in line:
            print(f"  {line.strip()}")
