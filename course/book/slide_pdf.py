"""A deck as PDF, one page a slide.

reveal.js lays its pages out after the page has loaded, over several frames, and says when it is
done. `chromium --print-to-pdf` does not wait for that: with Chromium 150 it printed one blank page.
So the browser is driven by Playwright, which waits.
"""

from __future__ import annotations

from pathlib import Path

from course.book.browser import find_chromium

PATIENCE = 120_000  # milliseconds until a deck is laid out
NOTICE = 'addEventListener("pdf-ready", () => { window.laidOut = true; }, true);'


def print_pdf(deck: Path, output: Path) -> int:
    """Write a built deck as PDF; return the number of its pages.

    Args:
        deck: the built deck.
        output: the file, whose folder is made if need be.

    Raises:
        FileNotFoundError: there is no Chromium.
        playwright.sync_api.TimeoutError: the deck was not laid out in two minutes.
    """
    from playwright.sync_api import sync_playwright

    program = find_chromium()
    if program is None:
        raise FileNotFoundError("needs Chromium: install the package `chromium`, or Chrome")
    output.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.add_init_script(NOTICE)
        page.goto(f"{deck.resolve().as_uri()}?print-pdf&theme=light")
        page.wait_for_function("window.laidOut", timeout=PATIENCE)
        page.evaluate("window.MathJax && MathJax.startup && MathJax.startup.promise")
        pages = page.locator(".pdf-page").count()
        page.pdf(path=output, prefer_css_page_size=True, print_background=True)
        browser.close()
    return pages
