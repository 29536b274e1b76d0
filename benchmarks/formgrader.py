"""How long formgrader's own pages take for a large class, with a simulated gradebook.

    python -m benchmarks.formgrader                      1,000 students, 7 weeks
    python -m benchmarks.formgrader --course FOLDER      kept by benchmarks.class_report --keep

Each page is opened in a real browser, as an instructor would. Seconds are those of computing, of
the server and of the browser: other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil

from autograder.units import notebooks
from benchmarks.class_report import ROOT, at_random, hand_in, release

SLOW = 3.0  # seconds, from which on a page is named in the guide
STILL = 1.5  # seconds without any computing, after which a page is taken for complete
LIMIT = 900  # seconds by the clock for one page
PATIENCE = 120  # seconds by the clock for the server to start


def computing(processes: list[psutil.Process]) -> float:
    """Return the seconds that processes have computed so far; those that ended do not count."""
    total = 0.0
    for process in processes:
        try:
            total += sum(process.cpu_times()[:2])
        except psutil.Error:
            continue
    return total


@contextmanager
def served(folder: Path, home: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Serve formgrader on a course folder; yield its address and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    command = [
        *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--IdentityProvider.token="),
    ]
    with (home / "server.txt").open("wb") as words:
        run = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)} | {p: str(home / p) for p in places},
            stdout=words,
            stderr=subprocess.STDOUT,
        )
    url, end = f"http://127.0.0.1:{port}", time.monotonic() + PATIENCE
    try:
        while True:
            try:
                urllib.request.urlopen(f"{url}/api/status", timeout=5).close()
                break
            except OSError:
                if run.poll() is not None or time.monotonic() > end:
                    text = (home / "server.txt").read_text(encoding="utf-8", errors="replace")
                    raise SystemExit(f"the server did not start:\n{text[-2000:]}") from None
                time.sleep(0.2)
        yield url, psutil.Process(run.pid)
    finally:
        run.terminate()
        run.wait()


def pages(folder: Path) -> dict[str, str]:
    """Return formgrader's pages, by what an instructor calls them."""
    with closing(sqlite3.connect(folder / "gradebook.db")) as db:
        rows = db.execute(
            "SELECT assignment.name, notebook.id, handed.student_id "
            "FROM submitted_notebook AS notebook "
            "JOIN submitted_assignment AS handed ON handed.id = notebook.assignment_id "
            "JOIN assignment ON assignment.id = handed.assignment_id ORDER BY 1, 3"
        ).fetchall()
    week, submission, student = rows[len(rows) // 2]
    return {
        "Manage Assignments": "manage_assignments",
        "submissions of a week": f"manage_submissions/{week}",
        "Manual Grading": "gradebook",
        "notebooks of a week": f"gradebook/{week}",
        "submissions of a notebook": f"gradebook/{week}/{week}",
        "one submission": f"submissions/{submission}/",
        "the next submission": f"submissions/{submission}/next",
        "Manage Students": "manage_students",
        "one student": f"manage_students/{student}",
    }


def measure(folder: Path, home: Path) -> dict[str, dict[str, float]]:
    """Open every page once; return the server's and the browser's seconds of computing."""
    from playwright.sync_api import sync_playwright

    found = {}
    with served(folder, home) as (url, server), sync_playwright() as play:
        chromium = next(p for n in ("chromium", "google-chrome") if (p := shutil.which(n)))
        chrome = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = chrome.new_page(viewport={"width": 1366, "height": 768})
        page.goto(f"{url}/formgrader/manage_students/nobody")  # imports and caches are warm
        browser = [p for p in psutil.Process().children(recursive=True) if p.pid != server.pid]
        for name, path in pages(folder).items():
            page.goto("about:blank")
            before = computing([server]), computing(browser)
            page.goto(f"{url}/formgrader/{path}", timeout=LIMIT * 1000, wait_until="networkidle")
            browser = [p for p in psutil.Process().children(recursive=True) if p.pid != server.pid]
            wait_until_still([server, *browser])
            rows = page.locator("table tbody tr").count()
            after = computing([server]), computing(browser)
            found[name] = {
                "server": round(after[0] - before[0], 1),
                "browser": round(max(0.0, after[1] - before[1]), 1),
                "rows": rows,
            }
            print(f"    {name}: {found[name]}", flush=True)
        chrome.close()
    return found


def wait_until_still(processes: list[psutil.Process]) -> None:
    """Wait until nothing was computed for a while: server and page have come to rest."""
    last, since, end = -1.0, time.monotonic(), time.monotonic() + LIMIT
    while time.monotonic() - since < STILL and time.monotonic() < end:
        now = computing(processes)
        if now - last > 0.03:
            last, since = now, time.monotonic()
        time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--weeks", type=int, default=7)
    parser.add_argument("--course", type=Path, help="a course folder that is there already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        folder = options.course or home / "course"
        if options.course is None:
            names = [n for n in notebooks(ROOT) if n.startswith("week")][: options.weeks]
            release(folder, names)
            for place, name in enumerate(names):
                print(f"simulating {name} …", flush=True)
                students = [f"s{number:04d}" for number in range(options.students)]
                hand_in(folder, name, students, at_random(place))
        for graded in folder.glob("autograded/*/*"):  # formgrader counts what was handed in
            (folder / "submitted" / graded.relative_to(folder / "autograded")).mkdir(
                parents=True, exist_ok=True
            )
        seconds = measure(folder, home)
    slow = [name for name, m in seconds.items() if m["server"] + m["browser"] > SLOW]
    print(json.dumps({"slow": slow, "seconds": seconds}, indent=1))


if __name__ == "__main__":
    main()
