"""What a page costs a reader: bytes, files, and seconds on a slow phone.

Chromium loads the page from a server on this machine that compresses text, as web hosts do, without
a cache and through its own throttle: 1.6 Mbit/s and 150 ms a round trip, which Lighthouse calls
*slow 4G*. The seconds that count are an estimate which depends little on how busy this machine is:
the bytes at that rate, four round trips, and four times the processor time that the page took here,
the least of three loads (a phone is about so much slower). The browser's own times, by the clock of
this machine, are shown beside it.
"""

from __future__ import annotations

import functools
import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from course.book.browser import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BITS_PER_SECOND, ROUND_TRIP, ROUND_TRIPS, SLOWER = 1_600_000, 0.150, 4, 4
MOST_BYTES, MOST_SECONDS = 1_000_000, 2.0
PHONE = {"width": 390, "height": 844}
TIMES = """() => {
  const page = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const files = performance.getEntriesByType("resource");
  return [paint ? paint.startTime : 0, page.loadEventEnd,
          files.length + 1, files.reduce((sum, f) => sum + f.encodedBodySize, 0)
          + page.encodedBodySize];
}"""


class Weight(NamedTuple):
    """What a page took.

    Attributes:
        paint, complete: seconds by the clock, to the first paint and to the end of loading.
        processor: seconds of the processor that the page's main thread used until then.
        files: how many were loaded, the page among them.
        size: their bytes, as they are sent.
        whole: bytes with the pictures further down, which are loaded when somebody scrolls there.
    """

    paint: float
    complete: float
    processor: float
    files: int
    size: int
    whole: int

    def estimate(self) -> float:
        """Return the seconds on a slow phone: transfer, round trips and a slow processor."""
        network = 8 * self.size / BITS_PER_SECOND + ROUND_TRIPS * ROUND_TRIP
        return network + SLOWER * self.processor


def weigh(site: Path, page: str = "index.html", loads: int = 3) -> Weight:
    """Load a page of the built site on the slow phone; return the load that computed least.

    Args:
        site: the built site's folder.
        page: relative to it.
        loads: how often it is loaded, each time without a cache.

    Raises:
        FileNotFoundError: there is no Chromium, or the site has not been built.
    """
    from playwright.sync_api import sync_playwright

    chromium = find_chromium()
    if chromium is None or not (site / page).exists():
        raise FileNotFoundError(f"needs Chromium, and {site / page}: run `make site` first")
    with _served(site) as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        found = [_load(browser, f"{address}/{page}") for _ in range(loads)]
        browser.close()
    return min(found, key=lambda weight: weight.processor)


def _load(browser: Browser, address: str) -> Weight:
    """Load an address once, in a context of its own."""
    tab = browser.new_context(viewport=PHONE).new_page()
    session = tab.context.new_cdp_session(tab)
    speed = BITS_PER_SECOND / 8
    network = {"offline": False, "latency": 1000 * ROUND_TRIP}
    network |= {"downloadThroughput": speed, "uploadThroughput": speed}
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.send("Network.emulateNetworkConditions", network)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    tab.goto(address, wait_until="load")
    tab.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    metrics = session.send("Performance.getMetrics")["metrics"]
    busy = next(m["value"] for m in metrics if m["name"] == "TaskDuration")
    *seconds, files, size = tab.evaluate(TIMES)
    session.send("Network.emulateNetworkConditions", {**network, **_UNLIMITED})
    tab.evaluate("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
    tab.wait_for_function("[...document.images].every(i => i.complete)")
    whole = tab.evaluate(TIMES)[-1]
    tab.context.close()
    return Weight(*(s / 1000 for s in seconds), busy, files, size, whole)


_UNLIMITED = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}


class _Host(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        """Send a file, text compressed."""
        path = Path(self.translate_path(self.path))
        if path.suffix not in {".html", ".css", ".js"} or not path.is_file():
            return super().do_GET()
        body = gzip.compress(path.read_bytes(), 6)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing for each file."""


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of this machine."""
    handler = functools.partial(_Host, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
