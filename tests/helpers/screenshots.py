"""The pictures of the main screens in course/images: ``python tests/helpers/screenshots.py``.

With ``--look FOLDER`` it photographs the same screens in both themes and three sizes instead, for a
person to look through; nothing in course/images changes then.
"""

import argparse
import contextlib
import html
import io
import re
import shutil
import tempfile
from pathlib import Path

import classroom
import gallery
import lab
import nbformat
import planted_class
import real_class
from PIL import Image
from repository import ROOT

from autograder.__main__ import main as main_of_autograder

IMAGES = ROOT / "course" / "images"
SIZES = {"laptop": (1366, 768), "projector": (1920, 1080), "narrow": (700, 900)}
LARGEST = 200_000  # bytes of one picture
TERMINAL = "margin:0;padding:14px;background:#16191d;color:#ececec;font:15px/1.5 monospace"
TERMINAL += ";white-space:pre-wrap"
LOOK = ("w1-sse-32", "plots.reconstruction_grid(rows", "plots.lines(", "passport.show")


def keep(data: bytes, path: Path) -> None:
    """Write a picture; in 256 colours if that is what it takes to stay small."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    for colours in (None, 256, 64, 24):
        made = picture if colours is None else picture.quantize(colours, dither=0)
        file = io.BytesIO()
        made.save(file, format="png", optimize=True)
        if file.tell() <= LARGEST:
            break
    path.write_bytes(file.getvalue())
    print(f"{path.name}  {file.tell() / 1000:.0f} kB  {picture.size[0]} × {picture.size[1]}")


def output(nb: lab.Notebook, text: str):
    """Return the outputs of a cell, scrolled into sight."""
    wrapper = nb.cell(text).locator(".jp-Cell-outputWrapper").first
    wrapper.scroll_into_view_if_needed()
    nb.page.wait_for_timeout(300)
    return wrapper


def solved_week(path: Path, wrong: bool) -> None:
    """Write week 1 as a student has it who has solved it, or has one of the answers wrong."""
    release, solution = (
        nbformat.read(ROOT / place / "week01_pca" / "week01_pca.ipynb", as_version=4)
        for place in ("notebooks", "solutions")
    )
    answers = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in solution.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    for cell in release.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers:
            marks = r" *### (BEGIN|END) SOLUTION\n?"
            cell.source = re.sub(marks, "", answers[name]).rstrip()
        if wrong and name == "components_needed":
            cell.source = cell.source.replace(" + 1, len", ", len")
    panel = nbformat.v4.new_code_cell("from aeutils import widgets\n\nwidgets.checklist()")
    first = next(i for i, cell in enumerate(release.cells) if cell.cell_type == "code")
    release.cells.insert(first, panel)
    nbformat.write(release, path)


def take(folder: Path, dark: bool, size: str, look: Path | None) -> None:
    """Photograph the widgets, and a week's notebook, in one theme and size."""
    (folder / "nb").mkdir()
    gallery.write(folder / "nb" / "gallery.ipynb")
    solved_week(folder / "nb" / "week01_pca.ipynb", wrong=look is None)
    width, height = SIZES[size]
    theme = "dark" if dark else "light"
    with lab.Lab(folder / "nb", folder, dark=dark) as server, lab.browser() as chrome:
        page = chrome.new_page(viewport={"width": max(width, 1200), "height": height})
        nb = lab.Notebook(server, page, "gallery.ipynb")
        nb.run_all()
        page.set_viewport_size({"width": width, "height": height})
        for name, source in gallery.WIDGETS.items():
            shown = output(nb, source[:25])
            if name == "explorer":
                nb.cell(source[:25]).locator("canvas").press("ArrowRight")
            if name == "map":
                shown.locator("svg g[tabindex]").nth(20).focus()
            page.wait_for_timeout(300)
            if look is not None:
                keep(shown.screenshot(), look / f"{theme}-{size}-{name}.png")
            elif name in ("explorer", "painter", "drawing", "training"):
                keep(shown.screenshot(), IMAGES / f"widget_{name}.png")
        page.set_viewport_size({"width": max(width, 1200), "height": height})
        nb = lab.Notebook(server, page, "week01_pca.ipynb")
        for text in ("widgets.checklist()", "import torch", "def center", "tests.center"):
            nb.run(text)
        for text in ("def principal_axes", "tests.principal_axes", "def components_needed"):
            nb.run(text)
        nb.run("tests.components_needed")
        if look is not None:
            nb.run_all()
        page.set_viewport_size({"width": width, "height": height})  # a narrow bar hides the state
        if look is not None:
            for text in ("widgets.checklist()", "tests.components_needed", *LOOK):
                output(nb, text)
                name = text.replace(".", "_").strip("()_")
                keep(page.screenshot(), look / f"{theme}-{size}-week1-{name}.png")
            return
        keep(output(nb, "widgets.checklist()").screenshot(), IMAGES / "progress_panel.png")
        nb.cell("def components_needed").scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        keep(page.screenshot(), IMAGES / "student_wrong_answer.png")


def take_formgrader(folder: Path) -> None:
    """Photograph formgrader as an instructor sees it, and a student's feedback page."""
    course = classroom.graded_course(folder / "course")
    with lab.Lab(course, folder) as server, lab.browser() as chrome:
        width, height = SIZES["laptop"]
        page = chrome.new_page(viewport={"width": width, "height": height})
        page.goto(f"{server.url}/formgrader/manage_submissions/week01_pca")
        page.get_by_text("dev_global_mean").wait_for()
        keep(page.screenshot(), IMAGES / "formgrader_class.png")
        page.goto(f"{server.url}/formgrader/gradebook/week01_pca/week01_pca")
        link = page.locator("table a.name-shown", has_text="Dev").or_(
            page.locator("table a.name-shown", has_text="dev_")
        )
        link.first.wait_for(state="attached")
        page.goto(server.url + link.first.get_attribute("href"))
        page.locator("#test-center").wait_for()
        page.wait_for_timeout(1000)  # formgrader's script scrolls to where the cursor is
        page.locator("#test-center").scroll_into_view_if_needed()
        page.mouse.wheel(0, 300)
        page.wait_for_timeout(500)
        keep(page.screenshot(), IMAGES / "formgrader_submission.png")
        feedback = course / "feedback" / "dev_global_mean" / "week01_pca" / "week01_pca.html"
        page.goto(feedback.as_uri())
        keep(page.screenshot(), IMAGES / "feedback_page.png")


def take_report(folder: Path) -> None:
    """Photograph the top of a report on a class, and the slides of one misconception."""
    course = planted_class.planted_class(folder / "planted")
    (course / "course").mkdir()
    shutil.copy(ROOT / "course" / "week03.md", course / "course")
    with contextlib.chdir(course):
        main_of_autograder(["report", planted_class.WEEK, "--slides"])
    with lab.browser() as chrome:
        page = chrome.new_page(viewport={"width": 1100, "height": 1000})
        page.goto((course / "reports" / f"{planted_class.WEEK}.html").as_uri())
        keep(page.screenshot(), IMAGES / "report_week.png")
        page.set_viewport_size({"width": 1280, "height": 720})
        page.goto((course / "reports" / f"{planted_class.WEEK}-slides.html").as_uri())
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        # One below the other, without the empty ground above and below, so that all can be read.
        middle = {"x": 0, "y": 150, "width": 1280, "height": 400}
        sheet = Image.new("RGB", (966, 4 * 303 + 3), "#767676")
        for place in range(4):
            page.evaluate(f"Reveal.slide({place + 1})")
            page.wait_for_timeout(300)
            slide = Image.open(io.BytesIO(page.screenshot(clip=middle))).resize((960, 300))
            sheet.paste(slide, (3, 3 + place * 303))
        data = io.BytesIO()
        sheet.save(data, format="png")
        keep(data.getvalue(), IMAGES / "report_slides.png")


def take_dispute(folder: Path) -> None:
    """Photograph what a dry run says, after the check of a graded class was changed."""
    kit = real_class.graded_kit(folder / "kit")
    real_class.change_check(kit)
    command = ["regrade", real_class.ASSIGNMENT, "--dry-run"]
    said = real_class.run(kit, *command).stdout.splitlines()
    lines = [f"$ python -m autograder {' '.join(command)}", *said[:8], "…", *said[-1:]]
    text = html.escape("\n".join(lines))
    with lab.browser() as chrome:
        page = chrome.new_page(viewport={"width": 1000, "height": 320})
        page.set_content(f"<pre style='{TERMINAL}'>{text}</pre>")
        keep(page.locator("pre").screenshot(), IMAGES / "regrade_dry_run.png")


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--look", type=Path, help="folder for pictures in all themes and sizes")
    options = parser.parse_args()
    if lab.why_not():
        raise SystemExit(lab.why_not())
    if options.look is None:
        runs = [(False, "laptop")]
    else:
        options.look.mkdir(parents=True, exist_ok=True)
        runs = [(False, "laptop"), (True, "projector"), (True, "narrow")]
    for dark, size in runs:
        folder = Path(tempfile.mkdtemp())
        try:
            take(folder, dark, size, options.look)
            if options.look is None:
                take_formgrader(folder)
                take_report(folder)
                take_dispute(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
