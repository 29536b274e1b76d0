"""What a page costs a reader: bytes, files, and seconds on a slow phone.

Chromium loads the page from a server on this machine, without a cache, through its own throttle:
1.6 Mbit/s and 150 ms for each round trip, which is what Lighthouse calls *slow 4G*, with a
processor four times slower. Times are the browser's own, from the start of the navigation.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from course.book import checks

BITS_PER_SECOND, ROUND_TRIP, SLOWER = 1_600_000, 0.150, 4
MOST_BYTES, MOST_SECONDS = 1_000_000, 2.0
PHONE = {"width": 390, "height": 844}
TIMES = """() => {
  const page = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const files = performance.getEntriesByType("resource");
  return [paint ? paint.startTime : 0, page.domContentLoadedEventEnd, page.loadEventEnd,
          files.length + 1, files.reduce((sum, f) => sum + f.encodedBodySize, 0)
          + page.encodedBodySize];
}"""


class Weight(NamedTuple):
    """What a page took: seconds to the first paint, to be usable and to be complete; and its size.

    Attributes:
        paint, usable, complete: seconds.
        files: how many were loaded, the page among them.
        size: their bytes, uncompressed as our server sends them.
        whole: bytes with the pictures further down, which are loaded when somebody scrolls there.
    """

    paint: float
    usable: float
    complete: float
    files: int
    size: int
    whole: int

    def computed(self) -> float:
        """Return the seconds that arithmetic gives: the bytes, and four round trips."""
        return 8 * self.size / BITS_PER_SECOND + 4 * ROUND_TRIP


def weigh(site: Path, page: str = "index.html") -> Weight:
    """Load a page of the built site on the slow phone.

    Raises:
        FileNotFoundError: there is no Chromium, or the site has not been built.
    """
    from playwright.sync_api import sync_playwright

    chromium = checks.find_chromium()
    if chromium is None or not (site / page).exists():
        raise FileNotFoundError(f"needs Chromium, and {site / page}: run `make site` first")
    with _served(site) as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page(viewport=PHONE)
        session = tab.context.new_cdp_session(tab)
        speed = BITS_PER_SECOND / 8
        network = {"offline": False, "latency": 1000 * ROUND_TRIP}
        network |= {"downloadThroughput": speed, "uploadThroughput": speed}
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        session.send("Network.emulateNetworkConditions", network)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        tab.goto(f"{address}/{page}", wait_until="load")
        tab.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
        *seconds, files, size = tab.evaluate(TIMES)
        session.send("Network.emulateNetworkConditions", {**network, **_UNLIMITED})
        tab.evaluate("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
        tab.wait_for_load_state("networkidle")
        whole = tab.evaluate(TIMES)[-1]
        browser.close()
    return Weight(*(s / 1000 for s in seconds), files, size, whole)


_UNLIMITED = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing for each file."""


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of this machine."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
