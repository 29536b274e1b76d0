"""The feedback page: one summary, each exercise by its title, and nothing from the net."""

import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.server_extensions.formgrader import handlers
from repository import ROOT
from tiny_course import about
from traitlets.config import Config

from autograder import units
from autograder.attacks.evidence import Scripts
from autograder.config import configure, lesson_section
from autograder.hall.report import MIME, Criterion, Report
from autograder.plugin.config import exam_hall
from autograder.plugin.feedback import FeedbackExporter, HTMLExporter, SummariseReports
from autograder.plugin.intake import NOTE, UNREADABLE
from autograder.plugin.remarks import remark
from autograder.plugin.sanitise import clean_markdown
from autograder.plugin.summary import sentence
from autograder.plugin.titles import last_heading, notebook_title

LESSON = "https://www.example.org/ae/week01.html#misconceptions-seen-in-answers"
HOSTILE = "<img src=x onerror=alert(1)>"


def graded(title="Exercise 1 · Centre", message="use `dim=0`\nnot all", score=1.0, **answer):
    """Return a graded notebook of one exercise, as it leaves GetGrades."""
    report = Report(
        "center", [Criterion("mean", 2, 0, message, "m"), Criterion("values", 1, 1, "")]
    )
    solution = about("center", solution=True)
    solution["nbgrader"].update({"comment": None, **answer})
    test = about("test-center", points=3)
    test["nbgrader"]["score"] = score
    shown = {"text/plain": "1.0", "text/html": report.to_html(), MIME: report.as_dict()}
    return new_notebook(
        cells=[
            new_markdown_cell("# Week 1 · PCA\n\nLet $x^2$ be."),
            new_markdown_cell(f"### {title}\n\n*5 minutes*"),
            new_code_cell("def center(x):\n    return x", metadata=solution),
            new_code_cell(
                "assert tests.center(center)",
                metadata=test,
                outputs=[
                    new_output("stream", name="stdout", text="✘ as the notebook says"),
                    new_output("execute_result", data=shown, execution_count=1),
                ],
            ),
        ]
    )


def page(nb, lesson=None, **points):
    """Return the feedback page of a graded notebook."""
    c = Config()
    exam_hall(c)
    if lesson is not None:
        c.SummariseReports.lesson = lesson
    numbers = {"score": 1.0, "max_score": 3.0, "late_penalty": 0, **points}
    resources = {"nbgrader": {"assignment": "week01_pca", "notebook": "week01_pca", **numbers}}
    nb, resources = SummariseReports(config=c).preprocess(nb, resources)
    return FeedbackExporter(config=c).from_notebook_node(nb, resources)[0]


def words(html):
    return " ".join(re.sub(r"<style.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL).split())


def test_the_page_says_points_titles_and_reasons_once_at_the_top():
    text = page(graded())
    top, _, notebook = text.partition("Your notebook")
    said = words(top)
    assert "Week 1 · PCA 1 of 3 points" in said
    assert "Exercise 1 · Centre 1 of 3 ✘ −2 use dim=0 not all (mean)" in said
    assert '<a href="#test-center">Exercise 1 · Centre</a>' in top
    assert 'style="width:33%"' in top
    assert 'id="test-center"' in notebook
    assert "✘ lost mean (0 of 2) use dim=0 not all ✔ passed values (1 of 1)" in words(notebook)
    assert text.count("use <code>dim=0</code>") == 2  # not a third time, in the check's own table
    assert "✘ as the notebook says" in notebook


def test_the_page_fetches_and_runs_nothing():
    text = page(graded())
    assert "<script" not in text
    assert not re.findall(r"(?:src|href|url|@import)[=( ]*[\"']?(?:https?:)?//", text)
    assert "default-src 'none'" in text
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in text
    assert len(text) < 20_000


def test_formgrader_fetches_nothing_from_elsewhere():
    c = Config()
    exam_hall(c)
    c.HTMLExporter.template_name = "formgrade"  # as nbgrader's extension does
    c.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    names = ("assignment_id", "notebook_id", "submission_id", "student", "first_name", "last_name")
    resources = {**dict.fromkeys(names, "x"), "index": 0, "total": 1, "base_url": "/base"}
    text = HTMLExporter(config=c).from_notebook_node(graded(), {**resources, "notebook_path": ""})[
        0
    ]
    assert set(re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(/[^/]+)', text)) == {"/base"}
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
    assert "var MathJax" in text  # formgrader's script waits for it to end
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in text
    assert "full-credit" in text


def test_a_lost_point_links_to_the_lesson_where_there_is_one():
    here = page(
        graded(),
        lambda assignment, grade_id: lesson_section(
            "https://www.example.org/ae", assignment, grade_id
        ),
    )
    assert here.count(f'href="{LESSON}"') == 2
    assert "lesson" not in words(page(graded()))
    assert LESSON not in page(graded(score=3.0), lambda *names: LESSON)
    assert "javascript" not in page(graded(), lambda *names: "javascript:alert(1)")


@pytest.mark.parametrize(
    "site", ["www.example.org", "javascript:alert(1)", "https://", "ftp://a.b"]
)
def test_an_address_that_is_none_is_refused(site):
    with pytest.raises(ValueError, match=r"begins with https://.*Leave it out"):
        configure(Config(), site=site)


def test_late_points_assumptions_comments_and_points_by_hand_are_said():
    nb = graded(score=2.5, comment="Have another look.")
    remark(nb, f"The file was called {HOSTILE}.")
    nb.metadata["exam_hall"] = {"protected": False}
    said = words(page(nb, score=2.0, late_penalty=0.5))
    assert "2 of 3 points" in said
    assert "Handed in late. 0.5 points were taken off; before that there were 2.5." in said
    assert "What the grader assumed" in said
    assert "The file was called &lt;img" in said
    assert "Graded without a sandbox" in said
    assert "Read the comment on center" in said
    assert "Comment Have another look." in said
    assert "The check gave 1; the points were changed by hand." in said
    for nothing in (None, "", "No response."):
        assert "Read the comment" not in words(page(graded(comment=nothing)))


def test_a_test_without_a_report_is_told_by_how_it_ended():
    nb = graded()
    error = new_output("error", ename="AssertionError", evalue=f"{HOSTILE}\nmore", traceback=[])
    nb.cells[-1].outputs = [error]
    assert f"✘ −2 {HOSTILE.replace('<', '&lt;').replace('>', '&gt;')}" in words(page(nb))


def test_a_file_that_could_not_be_read_gets_one_box():
    nb = graded()
    nb.metadata[UNREADABLE] = f"it is {HOSTILE}"
    note = new_markdown_cell("said twice")
    note["id"] = NOTE
    nb.cells.insert(0, note)
    said = words(page(nb))
    assert "This submission could not be read. it is &lt;img" in said
    assert "said twice" not in said
    assert "Your exercises" not in said


def test_what_a_student_chose_is_text():
    nb = graded(title=HOSTILE, message=f"you gave {HOSTILE} `{HOSTILE}`")
    nb.cells[-1].metadata.nbgrader["grade_id"] = 'test"><script>alert(1)</script>'
    text = page(nb)
    summary = text.partition("Your notebook")[0]
    assert "<img" not in summary
    assert "<script" not in text
    assert " onerror=alert(1)>" not in summary


def test_a_students_texts_run_nothing_and_fetch_nothing():
    nb = graded()
    texts = (
        "# <script>vaultscript()</script> <img src=x onerror=vaultscript()>",
        "$\\text{<script>vaultscript()</script>}$ $$\\text{<img src=x onerror=vaultscript()>}$$",
        "$\\text{&lt;img src=x onerror=vaultscript()&gt;}$ $\\href{javascript:vaultscript()}{x}$",
        '$\\class{x" onclick="vaultscript()}{x}$ $\\color{red" onload="vaultscript()}x$',
        "![x](//vault.invalid/x.png) ![x](http://vault.invalid/x.png)",
    )
    nb.cells[1:1] = [new_markdown_cell(clean_markdown(text)) for text in texts]
    text = page(nb)
    scripts = Scripts()
    scripts.feed(text)
    assert scripts.found == []
    assert "vault.invalid" not in text


def test_formulas_that_a_cell_shows_are_mathematics():
    nb = graded()
    shown = {"text/latex": "$\\displaystyle x^3$", "text/plain": "<Math>"}
    nb.cells[2].outputs = [new_output("display_data", data=shown)]
    assert "<msup><mi>x</mi><mn>3</mn></msup>" in page(nb)


def test_every_lesson_has_the_section_that_pages_link_to():
    for name in units.notebooks(ROOT):
        address = lesson_section("https://www.example.org", name, "test-x")
        lesson = ROOT / "course" / f"{units.unit_of(name)}.md"
        assert address.startswith(f"https://www.example.org/{lesson.stem}.html#")
        headings = re.findall(r"^## (.*)$", lesson.read_text(encoding="utf-8"), re.MULTILINE)
        assert address.partition("#")[2] in [h.lower().replace(" ", "-") for h in headings]


def test_long_output_is_folded():
    nb = graded()
    nb.cells[-1].outputs[0].text = "a line & more\n" * 40
    text = page(nb)
    assert "<summary>40 lines of output</summary>" in text
    assert text.count("a line &amp; more") == 40


def test_metadata_of_a_submission_put_nothing_on_the_page():
    nb = graded()
    nb.metadata["exam"] = nb.cells[0].metadata["exam"] = {"summary": "FORGED"}
    assert "FORGED" not in page(nb)


def test_exercises_below_one_heading_are_told_apart():
    nb = graded()
    again = graded().cells[2:]
    again[0].metadata.nbgrader["grade_id"] = "second"
    again[1].metadata.nbgrader["grade_id"] = "test-second"
    nb.cells += again
    said = words(page(nb))
    assert "Exercise 1 · Centre (test-center) 1 of 3" in said
    assert "Exercise 1 · Centre (test-second) 1 of 3" in said


def test_headings_as_plain_text():
    assert last_heading("# A\n\n## *B* `c` #\n```\n# a comment\n```") == "B c"
    assert last_heading("no heading, #hashtag") == ""
    assert last_heading("# " + "x" * 500) == "x" * 120
    assert (
        notebook_title(
            new_notebook(
                cells=[
                    new_code_cell("# no"),
                    new_markdown_cell("## No"),
                    new_markdown_cell("# Yes"),
                ]
            )
        )
        == "Yes"
    )


def test_sentences_keep_lines_and_code_and_nothing_else():
    assert sentence("a\n`b<c`") == "a<br><code>b&lt;c</code>"
    assert sentence("`<b>\n</b>`") == "`&lt;b&gt;<br>&lt;/b&gt;`"
