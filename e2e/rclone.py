"""rclone, as its own manual sets it up for Nextcloud: copy, check and sync, both ways."""

import filecmp
import os
import random
import shutil
import time
import urllib.parse
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import Cloud, Demo, Tally, run

SMALL_FILES = 1000
BIG_BYTES = 200 * 1000 * 1000
FOLDERS = ["plain", "with space", "ümlaut/deep/er", "100% #1 & more", "日本 🚀"]


class Rclone:
    def __init__(self, demo):
        hidden = run("rclone", "obscure", demo.user["app_password"]).stdout.strip()
        self.environment = {
            "RCLONE_CONFIG": os.devnull,
            "RCLONE_CONFIG_NC_TYPE": "webdav",
            "RCLONE_CONFIG_NC_VENDOR": "nextcloud",
            "RCLONE_CONFIG_NC_URL": f"{demo.cloud_url}/remote.php/dav/files/{demo.user['name']}",
            "RCLONE_CONFIG_NC_USER": demo.user["name"],
            "RCLONE_CONFIG_NC_PASS": hidden,
        }

    def __call__(self, *arguments):
        started = time.monotonic()
        ended = run("rclone", *arguments, "--retries", "1", "--low-level-retries", "3", environment=self.environment)
        print(f"rclone {' '.join(map(str, arguments))[:60]}: {time.monotonic() - started:.1f} s")
        return ended


def fill(folder, chance):
    for index in range(SMALL_FILES):
        path = folder / FOLDERS[index % len(FOLDERS)] / f"file {index:04} {chance.choice(['a', 'ü', '+', '%25'])}.dat"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(chance.choice([0, 1, 100, 4000])))
        # Times of another day, which must travel with the files.
        when = 1_700_000_000 + index * 60
        os.utime(path, (when, when))
    with open(folder / "big.bin", "wb") as big:
        for _ in range(BIG_BYTES // 1_000_000):
            big.write(chance.randbytes(1_000_000))


def change(folder, chance):
    """Some files go, some change, some come."""
    files = sorted(path for path in folder.rglob("*.dat"))
    for path in chance.sample(files, 60):
        path.unlink()
    remaining = sorted(path for path in folder.rglob("*.dat"))
    for path in chance.sample(remaining, 60):
        path.write_bytes(chance.randbytes(777))
    for index in range(30):
        path = folder / "new ones" / f"{index}.dat"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(chance.randbytes(50))


def same(left, right):
    """Where two trees differ, byte for byte."""

    def files(root):
        return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}

    names = files(left)
    if names != files(right):
        return sorted(names ^ files(right))[:5]
    _, differing, unreadable = filecmp.cmpfiles(left, right, names, shallow=False)
    return (differing + unreadable)[:5]


def main():
    tally = Tally()
    chance = random.Random(1)
    with Demo() as demo, TemporaryDirectory(prefix="nextcloud-mcp-") as scratch:
        rclone = Rclone(demo)
        here, there = Path(scratch) / "here", Path(scratch) / "there"
        fill(here, chance)

        def succeeds(what, *arguments):
            ended = rclone(*arguments)
            tally.equal(what, (ended.returncode, "ERROR" in ended.stderr), (0, False)) or print(ended.stderr[-2000:])
            return ended

        def settled(what, source, target):
            """A second run finds nothing to do, so sizes, times and checksums came through."""
            ended = rclone("copy", source, target, "--dry-run")
            tally.equal(what, ended.stderr.count("Skipped copy") + ended.stderr.count("Skipped update"), 0)

        succeeds("copy to the cloud", "copy", here, "nc:backup", "--transfers", "8")
        succeeds("check by checksum", "check", here, "nc:backup")
        settled("nothing is left to copy", here, "nc:backup")
        listed = succeeds("hashes", "hashsum", "sha1", "nc:backup/plain")
        tally.check("the cloud keeps checksums", len(listed.stdout.split()) > 100 and "UNSUPPORTED" not in listed.stdout)

        change(here, chance)
        succeeds("sync to the cloud", "sync", here, "nc:backup", "--transfers", "8")
        succeeds("check after the sync", "check", here, "nc:backup")

        succeeds("copy from the cloud", "copy", "nc:backup", there, "--transfers", "8")
        tally.equal("the same bytes came back", same(here, there), [])
        settled("nothing is left to fetch", "nc:backup", there)

        cloud = Cloud(demo.cloud_url, demo.user)
        gone = next((here / "plain").iterdir())
        path = f"{cloud.files}/backup/plain/"
        status, _, _ = cloud.send("DELETE", path + urllib.parse.quote(gone.name))
        tally.equal("deleted in the cloud", status, 204)
        status, _, _ = cloud.send("PUT", path + "from%20elsewhere.txt", b"hello")
        tally.equal("written in the cloud", status, 201)
        gone.unlink()
        (here / "plain" / "from elsewhere.txt").write_bytes(b"hello")
        succeeds("sync from the cloud", "sync", "nc:backup", there, "--transfers", "8")
        tally.equal("the same bytes after the sync", same(here, there), [])

        succeeds("move a folder in the cloud", "moveto", "nc:backup/plain", "nc:backup/moved")
        shutil.move(here / "plain", here / "moved")
        succeeds("check after the move", "check", here, "nc:backup")
        succeeds("purge", "purge", "nc:backup")
        tally.check("nothing is left", rclone("lsf", "nc:backup").returncode != 0)
    tally.finish()


main()
