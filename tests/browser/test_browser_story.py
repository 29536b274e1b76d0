"""An instructor's week in a real browser: grade, report, slides, a dispute, and back again."""

import sqlite3

import lab
import pytest
import real_class
from real_class import ASSIGNMENT, DISPUTED, PLANTED, STUDENTS
from tiny_course import no_sandbox

pytestmark = [
    pytest.mark.skipif(bool(lab.why_not()), reason=lab.why_not() or "a browser is here"),
    pytest.mark.skipif(bool(no_sandbox()), reason=f"no sandbox: {no_sandbox()}"),
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.timeout(1800),  # the class is graded three times
]


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    return real_class.graded_kit(tmp_path_factory.mktemp("story") / "kit")


@pytest.fixture(scope="module")
def page():
    with lab.browser() as chrome:
        yield chrome.new_page(viewport={"width": 1280, "height": 720})


def must(kit, *arguments):
    """Run a command of the grader that has to work; return what it prints."""
    done = real_class.run(kit, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def first_things(kit, page):
    """Make the report again and open it; return what to start the next lecture with."""
    must(kit, "report", ASSIGNMENT)
    page.goto((kit / "reports" / f"{ASSIGNMENT}.html").as_uri())
    return page.locator(".top ol li").all_inner_texts()


def gradebook(kit):
    with sqlite3.connect(kit / "gradebook.db") as book:
        return list(book.iterdump())


def test_the_report_and_its_slides_show_what_was_planted(kit, page):
    items = first_things(kit, page)
    assert len(items) == len(PLANTED)
    for place, (_, mistake, count) in enumerate(PLANTED):
        assert f"{count} of {STUDENTS}" in items[place]
        page.locator(".top ol li a").nth(place).click()
        card = page.locator(":target")
        assert card.locator("h4 code").inner_text() == mistake
        assert f"{count} of them wrote the same" in card.inner_text()

    try:
        must(kit, "report", ASSIGNMENT, "--slides")
    except AssertionError as problem:
        if "pip install" in str(problem):
            pytest.skip("the extra `site` is not installed: make site")
        raise
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((kit / "reports" / f"{ASSIGNMENT}-slides.html").as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    titles = []
    for _ in range(page.evaluate("Reveal.getTotalSlides()")):
        shown = page.locator("section.present")
        titles.append(shown.locator("h1, h2").inner_text())
        assert shown.locator("aside.notes").count() == 1
        assert shown.evaluate(  # nothing reaches beyond the slide, of 1280 × 720
            "(slide) => slide.scrollHeight <= 720 && slide.scrollWidth <= 1280"
        )
        page.keyboard.press("ArrowRight")
    expected = ["Week 1 · From your answers"]
    for _, _, count in PLANTED:
        expected += ["Predict", "What does this give?", f"{count} of {STUDENTS} read this"]
        expected.append("What mends it")
    assert titles == [*expected, "Say it yourself"]
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_a_dispute_changes_the_points_it_is_about_and_can_be_undone(kit, page):
    before, things = gradebook(kit), first_things(kit, page)
    real_class.change_check(kit)

    said = must(kit, "regrade", ASSIGNMENT, "--dry-run")
    exercise, _, count = DISPUTED
    assert f"{STUDENTS} graded again: {count} would get more points, 0 fewer" in said
    changed = [line for line in said.splitlines() if line.startswith("    ") and "→" in line]
    assert changed == [f"    {exercise}, the mean image: 0 → 1"] * count
    assert gradebook(kit) == before

    must(kit, "regrade", ASSIGNMENT)
    now = first_things(kit, page)
    assert now[:2] == things[:2]
    assert not any("without a leading 1" in item for item in now)

    (record,) = (kit / "regrades").glob("*.json")
    must(kit, "regrade", "--undo", str(record.relative_to(kit)))
    assert first_things(kit, page) == things
    assert gradebook(kit) == before
