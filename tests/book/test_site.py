"""Site and slides build without a warning, load nothing from elsewhere, give nothing away.

Needs the extra `site` (`make site` installs it). axe-core runs in Chromium where there is one.
"""

import re

import nbformat
import pytest
from built_site import build

from autograder import units
from autograder.builder.rules import leaks
from autograder.editions import for_students
from course.book import ROOT, checks, notebooks
from course.book.browser import ask, find_chromium
from course.book.lists import SENTENCES
from course.book.slide_checks import unreadable
from course.book.slide_pdf import print_pdf
from course.book.source_tree import mistakes_page


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return build("site", tmp_path_factory.mktemp("site") / "site")


def test_it_has_lessons_notebooks_reference_glossary_and_search(site):
    for week in notebooks.names():
        assert (site / "notebooks" / f"{week}.html").exists()
    for page in ("index", "README", "glossary", "mistakes", "references", "search", "week01"):
        assert (site / f"{page}.html").exists(), page
    assert (site / "searchindex.js").stat().st_size > 100_000
    reference = (site / "reference" / "losses.html").read_text(encoding="utf-8")
    assert "two_layer_penalty" in reference
    assert "‖J(x_i)‖²_F" in reference


def test_every_link_inside_it_leads_somewhere(site):
    assert checks.broken_links(site) == []


def test_a_broken_link_would_be_found(tmp_path):
    (tmp_path / "a.html").write_text('<p id="here"><a href="b.html">b</a><a href="#gone">c</a>')
    assert [line.split(": ")[1] for line in checks.broken_links(tmp_path)] == [
        "b.html leads nowhere",
        "#gone has no such place",
    ]


def test_it_loads_nothing_from_elsewhere(site):
    assert checks.foreign_resources(site) == []
    assert (site / "_static" / "mathjax" / "tex-chtml.js").exists()
    assert 'src="../_static/mathjax' in (site / "notebooks" / "week01_pca.html").read_text("utf-8")


def test_notebooks_show_figures_and_no_solution(site):
    page = (site / "notebooks" / "week01_pca.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64") >= 5
    assert "raise" in page
    assert "NotImplementedError" in page
    for name in notebooks.names():
        shown = notebooks.to_read(name)
        assert list(leaks(notebooks.solution(name), shown)) == []
        assert "autograder" not in nbformat.writes(shown)
        for cell in shown.cells:
            if "raise NotImplementedError" in cell.source:
                assert cell.outputs == []


def test_nothing_of_the_instructors_is_on_it(site):
    pages = {p.relative_to(site).as_posix() for p in site.rglob("*") if p.is_file()}
    assert not [p for p in pages if p.startswith(("guide", "instructors", "misconceptions"))]
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "BEGIN SOLUTION" not in text, path.name
        assert "BEGIN HIDDEN" not in text, path.name


def test_the_index_of_mistakes_names_them_and_shows_no_code():
    page = mistakes_page()
    assert "**own mean**" in page
    assert "`project`" in page
    assert "```" not in page
    assert not re.search(r"\breturn\b|\btorch\.", page)


def test_what_is_the_instructors_alone():
    from pathlib import PurePosixPath as Path

    for name in ("guide/rubric.md", "slides/week01.md", "misconceptions.md", "instructors.md"):
        assert not for_students(Path(name))
    for name in ("week01.md", "images/week01-sixes.png", "glossary.md"):
        assert for_students(Path(name))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", ["index.html", "week05.html", "notebooks/week01_pca.html"])
def test_axe_finds_nothing(site, page, theme):
    if find_chromium() is None or checks.find_axe() is None:
        pytest.skip("needs Chromium and axe-core")
    assert checks.axe(site, page, theme) == []


FADING = """
await MathJax.startup.promise;
await new Promise((done) => setTimeout(done, 300));
const wide = [...document.querySelectorAll(".bd-article mjx-container[display='true']")]
  .filter((formula) => formula.scrollWidth > formula.clientWidth + 1);
const inText = "mjx-container:not([display='true'], .wide)";
return [
  document.documentElement.scrollWidth <= innerWidth,
  wide.length,
  wide.filter((formula) => !formula.classList.contains("more-right")).length,
  document.querySelectorAll(".picture.more-right").length,
  [...document.querySelectorAll(inText)].filter((f) => f.matches(".more-right")).length,
];
"""


def test_what_is_wider_than_a_phone_fades_where_it_goes_on(site):
    if find_chromium() is None:
        pytest.skip("needs Chromium")
    page = site / "week05.html"
    fits, wide, unmarked, pictures, in_text = ask(page, FADING, size=(390, 844))
    assert fits, "the page itself must not scroll sideways"
    assert (wide > 0, unmarked, in_text) == (True, 0, 0)
    assert pictures > 3


def test_every_listed_page_says_what_one_finds_there(site):
    page = (site / "more.html").read_text(encoding="utf-8")
    listed = re.findall(r"<li><p><a [^>]*>.*?</a>(.*?)</p>", page, re.DOTALL)
    assert len(listed) >= 8
    assert all(text.startswith(": ") for text in listed), listed
    guide = {f"guide/{path.stem}" for path in (ROOT / "course" / "guide").glob("*.md")}
    assert guide <= SENTENCES.keys()


@pytest.fixture(scope="module")
def slides(tmp_path_factory):
    return build("slides", tmp_path_factory.mktemp("slides") / "slides")


@pytest.mark.parametrize("deck", units.pages(ROOT / "course" / "slides"), ids=lambda p: p.stem)
def test_slides_ask_the_notebooks_questions_and_have_notes(slides, deck):
    page = (slides / f"{deck.stem}.html").read_text(encoding="utf-8")
    text = deck.read_text(encoding="utf-8")
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert page.count('<aside class="notes">') == len(titles) + 1, "every slide has notes"
    assert len(set(titles)) == len(titles), "no two slides have one title"
    name = next(n for n in notebooks.names() if n.startswith(deck.stem))
    asked = re.findall(r"\{question\} (\S+)", text)
    assert set(asked) <= {question.key for question in notebooks.questions(name)}
    assert len(asked) >= 3
    assert page.count('class="countdown"') == len(asked)


@pytest.mark.parametrize("deck", units.pages(ROOT / "course" / "slides"), ids=lambda p: p.stem)
def test_slides_can_be_read_from_the_last_row(slides, deck):
    if find_chromium() is None:
        pytest.skip("needs Chromium")
    assert unreadable(slides / f"{deck.stem}.html") == []


def test_a_deck_is_printed_with_a_page_for_each_slide(slides, tmp_path):
    if find_chromium() is None:
        pytest.skip("needs Chromium")
    pytest.importorskip("playwright", reason="playwright is not installed")
    text = (slides / "week01.html").read_text(encoding="utf-8")
    printed = tmp_path / "pdf" / "week01.pdf"
    pages = print_pdf(slides / "week01.html", printed)
    assert pages == text.count('<aside class="notes">')  # every slide has notes
    content = printed.read_bytes()
    assert len(re.findall(rb"/Type ?/Page\b", content)) == pages
    assert len(content) > 10_000 * pages, "the pages are blank"


def test_a_slide_that_is_too_small_would_be_found(slides, tmp_path):
    if find_chromium() is None:
        pytest.skip("needs Chromium")
    small = '<p style="font-size: 12px">small</p>' + "<p>long</p>" * 30 + "</section>"
    page = (slides / "week01.html").read_text(encoding="utf-8").replace("</section>", small, 1)
    (slides / "bad.html").write_text(page, encoding="utf-8")
    found = unreadable(slides / "bad.html")
    (slides / "bad.html").unlink()
    assert len(found) == 2, found
    assert "“small” is 11 pixels high" in found[0]
    assert "reaches" in found[1]


def test_slides_bring_their_own_reveal(slides):
    assert (slides / "_static" / "revealjs" / "dist" / "reveal.js").exists()
