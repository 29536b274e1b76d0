"""The report on a class in a real browser: on a desk, on a phone, light and dark, printed."""

import lab
import planted_class
import pytest

from autograder.__main__ import main

pytestmark = [
    pytest.mark.skipif(bool(lab.why_not()), reason=lab.why_not() or "a browser is here"),
    pytest.mark.filterwarnings("ignore"),
]
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    folder = planted_class.planted_class(tmp_path_factory.mktemp("report") / "course")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["report", "--names"]) == 0
    return folder / "reports"


@pytest.fixture(scope="module")
def chrome():
    with lab.browser() as chrome:
        yield chrome


@pytest.mark.parametrize("name", ["index", planted_class.WEEK])
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (1280, "dark"), (390, "dark")])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    reports, chrome, name, width, theme
):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    page = chrome.new_page(viewport={"width": width, "height": 800}, color_scheme=theme)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((reports / f"{name}.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
    found = axe.Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert {v["id"]: [n["html"][:160] for n in v["nodes"]][:3] for v in found} == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert len(asked) == 1
    page.close()


def test_it_prints(reports, chrome):
    page = chrome.new_page()
    page.goto((reports / f"{planted_class.WEEK}.html").as_uri())
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="print", color_scheme="dark")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"  # a dark screen does not print a dark page
    page.close()
