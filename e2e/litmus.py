"""The WebDAV suite litmus against the embedded cloud, signed in with an app password."""

import re

from harness import BUILD, Demo, Tally, run

SUITES = ["basic", "copymove", "props", "locks", "http"]


def main():
    tally = Tally()
    folder = BUILD / "litmus"
    folder.mkdir(parents=True, exist_ok=True)
    with Demo() as demo:
        user = demo.user
        for root in [f"remote.php/dav/files/{user['name']}", "remote.php/webdav"]:
            url = f"{demo.cloud_url}/{root}/"
            # The suite leaves its logs where it runs.
            ended = run(
                "litmus", "-k", url, user["name"], user["app_password"], environment={"TESTS": " ".join(SUITES)}, cwd=folder
            )
            (folder / f"{root.split('/')[1]}.log").write_text(ended.stdout + ended.stderr)
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
