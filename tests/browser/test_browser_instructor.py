"""As an instructor, in a real browser: formgrader shows the class, a comment reaches a student."""

import re

import classroom
import lab
import pytest
from tiny_course import no_sandbox

from autograder import demo

pytestmark = [
    pytest.mark.skipif(bool(lab.why_not()), reason=lab.why_not() or "a browser is here"),
    pytest.mark.skipif(bool(no_sandbox()), reason=f"no sandbox: {no_sandbox()}"),
    pytest.mark.filterwarnings("ignore"),
]
COMMENT = "Think again about what is one number per pixel."


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return classroom.graded_course(tmp_path_factory.mktemp("instructor") / "course")


@pytest.fixture(scope="module")
def page(course, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with lab.Lab(course, home) as server, lab.browser() as chrome:
        page = chrome.new_page(viewport={"width": 1366, "height": 768}, base_url=server.url)
        page.set_default_timeout(30 * lab.SECONDS)
        yield page


def feedback_page(course, student):
    return course / "feedback" / student / demo.ASSIGNMENT / f"{demo.ASSIGNMENT}.html"


def test_formgrader_lists_the_class_with_its_points(page):
    page.goto("/formgrader/manage_submissions/week01_pca")
    page.get_by_text("dev_global_mean").wait_for()
    rows = page.locator("table tbody tr").all_inner_texts()
    assert len(rows) == len(classroom.STUDENTS)
    score = {row.split("\t")[1].strip(): row for row in rows}
    assert "24 / 24" in score["ada_perfect"]
    assert "0 / 24" in score["cho_blank"]
    assert "22 / 24" in score["dev_global_mean"]


def test_a_comment_on_a_submission_reaches_the_feedback_page(course, page):
    page.goto("/formgrader/gradebook/week01_pca/week01_pca")
    page.locator("a.name-hidden", has_text="Submission").first.wait_for()
    names = page.locator("table a.name-shown").evaluate_all(
        "(all) => all.map((a) => [a.textContent, a.getAttribute('href')])"
    )
    hrefs = {name.strip(): href for name, href in names}
    mine = next(href for name, href in hrefs.items() if "Dev" in name or "dev_" in name)
    page.goto(mine)
    page.locator('#test-center[placeholder="1"]').wait_for()  # of 3; the page fills it in late
    assert "this is one number for all pixels; use dim=0" in page.locator("body").inner_text()

    # Comments are fetched apart from scores; what is written before they came is saved by nobody.
    page.wait_for_function("formgrader.comments.loaded")
    box = page.locator("#center-comment")
    box.fill(COMMENT)
    with page.expect_response(re.compile("/formgrader/api/comment/")) as stored:
        box.press("Tab")
    assert stored.value.ok

    page.goto("/formgrader/manage_submissions/week01_pca")
    row = page.locator("table tbody tr", has_text="dev_global_mean")
    row.wait_for()
    assert COMMENT not in feedback_page(course, "dev_global_mean").read_text(encoding="utf-8")
    with page.expect_response(re.compile("generate_feedback"), timeout=90_000) as made:
        row.locator("a:has(.glyphicon-comment)").click()
    assert made.value.json()["success"] is True
    text = feedback_page(course, "dev_global_mean").read_text(encoding="utf-8")
    assert COMMENT in text
    assert "this is one number for all pixels; use dim=0" in text


def requests_of(page):
    """Return a list that fills with the address of everything a page asks for."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


def test_formgrader_asks_only_its_own_server(page):
    asked = requests_of(page)
    page.goto("/formgrader/gradebook/week01_pca/week01_pca")
    link = page.locator("table a.name-shown").first
    link.wait_for(state="attached")
    page.goto(link.get_attribute("href"))
    page.locator("#test-center").wait_for()
    # Formgrader's script puts the cursor there when it believes that formulas are ready.
    page.wait_for_function("document.activeElement.classList.contains('tabbable')")
    assert page.evaluate("typeof formgrader.keyboard_manager") == "object"  # it ran to its end
    assert page.locator("math").count() > 10
    server = page.url.partition("/formgrader")[0]
    assert {url for url in asked if not url.startswith(server)} == set()
    assert len(asked) > 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_feedback_page_is_accessible_and_asks_for_nothing(course, page, scheme, width):
    """axe-core, which a Python package carries, finds nothing serious on the page."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    browser_page = page.context.browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    asked = requests_of(browser_page)
    address = feedback_page(course, "dev_global_mean").as_uri()
    browser_page.goto(address, wait_until="networkidle")
    assert {url for url in asked if not url.startswith("data:")} == {address}
    assert browser_page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = (
        axe.Axe()
        .run(browser_page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
        .response["violations"]
    )
    serious = {
        f"{v['id']}: {v['help']}": [n["html"][:120] for n in v["nodes"]][:3]
        for v in found
        if v["impact"] in ("serious", "critical")
    }
    browser_page.close()
    assert serious == {}


def test_the_feedback_page_leads_from_a_lost_point_to_its_exercise(course, page):
    browser_page = page.context.browser.new_page(viewport={"width": 1280, "height": 900})
    browser_page.goto(feedback_page(course, "dev_global_mean").as_uri())
    top = browser_page.locator("#summary")
    assert "22 of 24 points" in " ".join(top.inner_text().split())
    row = top.locator("li", has_text="Exercise 1 · Centre the cloud").first
    assert "one number for all pixels" in row.inner_text()
    row.locator("a").first.click()
    target = browser_page.locator(":target")
    assert target.get_attribute("id") == "test-center"
    assert "1 of 3" in target.inner_text()
    target.get_by_text("Back to the summary").click()
    assert browser_page.evaluate("scrollY") < 50
    browser_page.close()
