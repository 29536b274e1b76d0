"""Every citation is in the list of references, and every entry of the list is cited."""

import re

import pytest

from course.book import COURSE, citations


def test_every_citation_is_listed():
    assert citations.unlisted() == []


def test_every_entry_is_cited():
    assert citations.uncited() == []


def test_an_entry_names_every_week_that_cites_it():
    assert citations.weeks_missing() == []


def test_an_entry_has_authors_years_and_an_address_that_reads_like_one():
    found = citations.entries()
    assert len(found) > 100
    for entry in found:
        for address in re.findall(r"<([^>]+)>|\]\(([^)]+)\)", entry.text):
            assert re.match(r"https://[\w.-]+/\S+$", "".join(address)), entry.text
    with_address = [entry for entry in found if "https://" in entry.text]
    assert len(with_address) > 0.8 * len(found)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("as Rifai et al. (2011) say", ("Rifai", "2011")),
        ("sure (Alain and Bengio, 2014).", ("Alain", "2014")),
        ("sure (Kingma & Welling, 2014; and more)", ("Kingma", "2014")),
        ("* D. P. Kingma and\n      M. Welling (2014). Auto-encoding", ("Kingma", "2014")),
        ("(Wattenberg, Viégas and Johnson, 2016)", ("Wattenberg", "2016")),
        ("L. van der Maaten and G. Hinton (2008)", ("van der Maaten", "2008")),
    ],
)
def test_a_citation_is_read_in_every_form_that_pages_use(text, key):
    assert [use.key for use in citations.uses(text)] == [key]


def test_a_date_is_no_citation():
    assert list(citations.uses("It snowed in January 2015, and in York (2015).")) == []


def test_a_paper_of_two_years_may_be_cited_by_either():
    (entry,) = citations.entries("- A. Author (2021; early access 2019). Title. *Journal*.\n")
    assert entry.keys == {("Author", "2021"), ("Author", "2019")}


def test_the_source_documents_have_their_names():
    text = (COURSE / "references.md").read_text(encoding="utf-8")
    section = text.split("## The course's source documents")[1].split("\n## ")[0]
    for name in ("essay", "handout", "Sys-AI slides", "latent-space slides"):
        assert f"- *The {name}*: " in section
