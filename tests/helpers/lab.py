"""JupyterLab with a browser in front of it: started, driven as a person would, and stopped.

:class:`Lab` runs the server on a folder, on this machine only, with settings of its own, so that
nothing of the user's is read or changed. :class:`Notebook` is an open notebook in a page.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # Every cell is in the page, whether it is in sight or not.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}
DARK = {"@jupyterlab/apputils-extension/themes": {"theme": "JupyterLab Dark"}}
SECONDS = 1000  # Playwright counts milliseconds


def why_not() -> str:
    """Return why no browser can be driven here, or ""."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "playwright is not installed: pip install playwright"
    if chromium() is None:
        return "no Chromium found: apt-get install chromium, or set CHROMIUM to its path"
    return ""


def chromium() -> str | None:
    """Return the path of a Chromium browser, or None."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


@contextmanager
def browser():
    """Yield a headless browser; closed at the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        # Chromium's own sandbox cannot be had by root, who runs the tests in a container.
        arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        it = play.chromium.launch(executable_path=chromium(), args=arguments)
        try:
            yield it
        finally:
            it.close()


class Lab:
    """A JupyterLab server on `folder`; use as a context manager."""

    def __init__(self, folder: Path, home: Path, dark: bool = False, **environment: str) -> None:
        self.folder, self.home, self.environment = folder, home, environment
        self.settings = SETTINGS | (DARK if dark else {})

    def __enter__(self) -> "Lab":
        places = {
            name: str(self.home / name.lower())
            for name in (
                "JUPYTER_CONFIG_DIR",
                "JUPYTER_DATA_DIR",
                "JUPYTER_RUNTIME_DIR",
                "JUPYTERLAB_SETTINGS_DIR",
                "JUPYTERLAB_WORKSPACES_DIR",
                "IPYTHONDIR",
            )
        }
        for place in places.values():
            Path(place).mkdir(parents=True, exist_ok=True)
        for name, values in self.settings.items():
            path = Path(places["JUPYTERLAB_SETTINGS_DIR"]) / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values), encoding="utf-8")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        scripts = str(Path(sys.executable).parent)
        self.words = self.home / "server.txt"
        with self.words.open("wb") as words:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                    *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"),
                    *("--ServerApp.port_retries=0", "--IdentityProvider.token="),
                    "--ServerApp.terminals_enabled=False",
                ],
                cwd=self.folder,
                env={
                    # A student's machine: progress bars are off where CI is set.
                    **{name: value for name, value in os.environ.items() if name != "CI"},
                    **places,
                    "PATH": os.pathsep.join([scripts, os.environ.get("PATH", "")]),
                    "OMP_NUM_THREADS": "1",
                    **self.environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/api/status", timeout=5):
                    return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    self.__exit__()
                    raise RuntimeError(f"JupyterLab did not start:\n{self.said()}") from None
                time.sleep(0.2)

    def __exit__(self, *_: object) -> None:
        """Stop the server, and with it its kernels; what does not stop is killed."""
        for how, seconds in ((signal.SIGINT, 0.2), (signal.SIGTERM, 10), (signal.SIGKILL, 10)):
            try:
                os.killpg(self.process.pid, how)
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
            except ProcessLookupError:
                break

    def said(self) -> str:
        """Return the end of what the server has written."""
        return self.words.read_text(encoding="utf-8", errors="replace")[-3000:]


class Notebook:
    """A notebook open in a page: cells are found by what is written in them."""

    def __init__(self, lab: Lab, page, path: str) -> None:
        self.page, self.path = page, path
        page.goto(f"{lab.url}/lab/tree/{path}?reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60 * SECONDS)
        for _ in range(3):  # what is run before the kernel is connected would be dropped
            self.wait_until_idle()
            page.wait_for_timeout(500)

    def wait_until_idle(self, seconds: float = 60) -> None:
        """Wait for a kernel that is ready and has nothing to do, and no cell that waits for it."""
        self.page.wait_for_timeout(300)  # a cell just run shows its star
        self.page.wait_for_function(
            "![...document.querySelectorAll('.jp-InputPrompt')]"
            ".some((prompt) => prompt.textContent.includes('*'))",
            timeout=seconds * SECONDS,
        )
        self.page.wait_for_selector(
            ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-ExecutionIndicator"
            '[data-status="idle"]',
            timeout=seconds * SECONDS,
            state="attached",
        )

    def cell(self, text: str):
        """Return the code cell whose source holds `text`."""
        cells = self.page.locator(".jp-CodeCell").filter(
            has=self.page.locator(".jp-InputArea-editor", has_text=text)
        )
        return cells.first

    def command(self, menu: str, entry: str) -> None:
        """Choose an entry of a menu of the menu bar."""
        self.page.locator(".lm-MenuBar-itemLabel", has_text=menu).first.click()
        self.page.locator(".lm-Menu-itemLabel").get_by_text(entry, exact=True).first.click()

    def run_all(self, seconds: float = 120) -> None:
        """Run all cells, also past an error, and wait for the end.

        Ctrl+Enter on a selection of all cells stops at the first error as well, so each is told.
        """
        self.command("Run", "Run All Cells")
        self.wait_until_idle(seconds)

    def run(self, text: str, seconds: float = 30):
        """Run the cell that holds `text`; return it when it has ended."""
        cell = self.start(self.cell(text))
        self.wait_until_idle(seconds)
        return cell

    def start(self, cell):
        """Run a cell and return it at once; a key that a busy page has dropped is pressed again."""
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.inner_text()
        for _ in range(5):
            cell.scroll_into_view_if_needed()
            cell.locator(".jp-InputArea-editor").click(position={"x": 200, "y": 8})
            self.page.keyboard.press("Control+Enter")
            end = time.monotonic() + 3
            while time.monotonic() < end:
                if "*" in (now := prompt.inner_text()) or now != before:
                    return cell
                self.page.wait_for_timeout(50)
        raise AssertionError(f"the cell was not run; its prompt is {before!r}")

    def write(self, text: str, source: str):
        """Replace the source of the cell that holds `text` by typing, and return the cell."""
        place = self.cell(text).evaluate(
            "(cell) => [...document.querySelectorAll('.jp-CodeCell')].indexOf(cell)"
        )
        return self._type(self.page.locator(".jp-CodeCell").nth(place), source)

    def add(self, source: str):
        """Add a code cell at the end, run it, and return it."""
        page = self.page
        page.locator(".jp-CodeCell").last.locator(".jp-InputPrompt").click()
        page.keyboard.press("Escape")
        before = page.locator(".jp-Cell").count()
        # To the very end, whatever kind of cell it is.
        page.locator(".jp-Cell").last.locator(".jp-InputPrompt").click()
        page.keyboard.press("b")
        page.wait_for_function(f"document.querySelectorAll('.jp-Cell').length > {before}")
        return self.start(self._type(page.locator(".jp-Cell").last, source))

    def _type(self, cell, source: str):
        """Replace the source of a cell; a page that is still at work may take the focus away."""
        editor = cell.locator(".cm-content")
        for _ in range(5):
            cell.scroll_into_view_if_needed()
            editor.click()
            self.page.keyboard.press("Control+a")
            self.page.keyboard.insert_text(source)
            self.page.wait_for_timeout(100)
            if "".join(editor.inner_text().split()) == "".join(source.split()):
                return cell
        raise AssertionError(f"could not type into the cell; it holds {editor.inner_text()!r}")

    def save(self) -> None:
        """Save, and wait until the title says so."""
        self.page.keyboard.press("Control+s")
        self.page.wait_for_selector(".jp-mod-current.jp-mod-dirty", state="detached")
        self.page.wait_for_timeout(300)
