"""A Chromium without a screen: what a page looks like once its scripts have run."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu"),
    *("--allow-file-access-from-files", "--disable-background-networking"),
)


def find_chromium() -> str | None:
    """Return a Chromium that can run without a screen, if there is one."""
    return next((found for name in CHROMIUM if (found := shutil.which(name))), None)


def chromium(address: str, *options: str, size: tuple[int, int] = (1366, 900)) -> str:
    """Open a page and do what the options say; return what Chromium printed.

    Args:
        address: a file: address, with a query if need be.
        options: such as ``--dump-dom``.
        size: width and height of the window in pixels.

    Raises:
        FileNotFoundError: there is no Chromium.
    """
    program = find_chromium()
    if program is None:
        raise FileNotFoundError("needs Chromium: install the package `chromium`, or Chrome")
    with tempfile.TemporaryDirectory() as profile:
        command = [
            *(program, *OPTIONS, f"--user-data-dir={profile}"),
            *(f"--window-size={size[0]},{size[1]}", "--virtual-time-budget=30000"),
            *(*options, address),
        ]
        done = subprocess.run(command, capture_output=True, timeout=180, check=False)
    return done.stdout.decode(errors="replace")


def ask(
    page: Path,
    script: str,
    *,
    query: str = "",
    first: str = "",
    size: tuple[int, int] = (1366, 900),
) -> Any:
    """Run a script on a page and return its answer.

    Args:
        page: an HTML file; a copy beside it is opened, with the script at its end.
        script: the body of an asynchronous function, which returns something for JSON.
        query: such as ``?theme=dark``.
        first: HTML that goes to the beginning of the page's head.
        size: of the window.

    Raises:
        FileNotFoundError: there is no Chromium.
        RuntimeError: the script did not finish.
    """
    run = (
        '<script>addEventListener("load", () => setTimeout(async () => {'
        f"const answer = await (async () => {{{script}}})();"
        'const out = document.createElement("pre"); out.id = "answer";'
        "out.textContent = JSON.stringify(answer); document.body.replaceChildren(out);"
        "}, 800));</script>"
    )
    source = page.read_text(encoding="utf-8")
    whole = source.replace("<head>", f"<head>{first}", 1)
    copy = page.with_name(f"asked-{page.name}")
    copy.write_text(whole.replace("</body>", run + "</body>"), encoding="utf-8")
    try:
        dom = chromium(copy.resolve().as_uri() + query, "--dump-dom", size=size)
    finally:
        copy.unlink()
    answer = re.search(r'<pre id="answer">(.*?)</pre>', dom, re.DOTALL)
    if answer is None:
        raise RuntimeError(f"the script did not finish on {page.name}")
    return json.loads(html.unescape(answer[1]))
