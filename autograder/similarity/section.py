"""The part of a report that shows answers which share what few share, both texts side by side."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from autograder.plugin.sanitise import clean_html
from autograder.similarity.answers import Answers, read_answers
from autograder.similarity.fingerprints import places
from autograder.similarity.pairs import FEW, LEAST, RARE, Comparison, Pair, compare
from autograder.similarity.tokens import LOOKED_AT

MOST_SHOWN = 40  # pairs
LONGEST_SHOWN = 4_000  # characters of one answer; shorter than what the allow-list cuts off

TEMPLATE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string("""\
<section class="similar" id="same-answers">
<style>
.similar .texts {display: grid; grid-template-columns: 1fr 1fr; gap: 0.8em}
.similar pre {white-space: pre-wrap; overflow-wrap: anywhere; margin: 0.3em 0; padding: 0.5em;
  border: 1px solid #767676; background: #fff; color: #1a1a1a}
.similar pre b {background: #ffe9a8; color: #1a1a1a}
@media (max-width: 700px) {.similar .texts {grid-template-columns: 1fr}}
</style>
<h2>Same answers</h2>
<p><strong>What such a pair cannot prove.</strong> It says that two texts agree where few others do,
once names, comments, layout, printing and the order of statements are left aside. It does not say
who wrote them, who had them from whom, or that a rule was broken: there may be one natural way to
write it, help that was allowed, a common source (the lesson, a tutor, a book, a language model)
that is not known here, or the same mistake, made twice. It is a reason to ask two people to explain
their cells, and no reason to take a point. It clears nobody either: a copy of a right answer that
is known here is not shown.</p>
<p>This part is off unless an instructor asks for it, and is for instructors alone: do not hand it
on to students. {{ shown_names }}</p>
<p>{{ pairs|length + left_out }} pair{{ "" if pairs|length == 1 else "s" }} found
{%- if left_out %}; the {{ pairs|length }} that share the most are shown{% endif %}.
Everything released, the solution and the known right answers were subtracted. Of what is left, a
pair shares at least {{ least }} fingerprints (five tokens in a row), {{ rare }} of them rare. What
more than {{ few }} people wrote is a natural answer, and makes nobody a pair.</p>
{% for pair in pairs %}
<h3>{{ pair.exercise }}: {{ pair.first.name }} and {{ pair.second.name }}</h3>
<p>{{ pair.count }} fingerprints are shared, {{ pair.rare }} of them rare: {{ pair.percent }} %, by
weight, of what is left of the answer that has less. They are in bold. {{ pair.also }}</p>
<div class="texts">
{% for one in (pair.first, pair.second) %}
<div><strong>{{ one.name }}</strong>
<pre>{{ one.text }}</pre></div>
{% endfor %}
</div>
{% endfor %}
<table><caption>How much there was to compare</caption>
<thead><tr><th scope="col">exercise</th><th scope="col">answers</th>
<th scope="col">of which enough is left</th><th scope="col">pairs</th></tr></thead>
<tbody>
{% for exercise, compared in table %}
<tr><th scope="row">{{ exercise }}</th><td>{{ compared.answers }}</td>
<td>{{ compared.long_enough }}</td><td>{{ compared.pairs|length }}</td></tr>
{% endfor %}
</tbody></table>
</section>
""")


def similar_pairs(course: Path, assignment: str) -> list[tuple[Answers, Comparison]]:
    """Compare all programmed answers to an assignment.

    Args:
        course: the course's folder.
        assignment: its name.

    Returns:
        For each exercise, in the notebook's order, what was compared and what came of it.

    Raises:
        ValueError: there is no such assignment, or nobody handed anything in.
    """
    read = read_answers(course, assignment)
    return [(answers, compare(answers.by, answers.given, answers.known)) for answers in read]


def similar_section(course: Path, assignment: str, names: bool) -> str:
    """Return the part of a report on answers that share what few share, as HTML.

    Args:
        course: the course's folder.
        assignment: its name.
        names: whether students' ids are shown; else they are numbered in the order they come.

    Returns:
        A `section`; whatever students wrote is escaped in it.

    Raises:
        ValueError: there is no such assignment, or nobody handed anything in.
    """
    compared = similar_pairs(course, assignment)
    found = [(answers, pair) for answers, result in compared for pair in result.pairs]
    found.sort(key=lambda one: -one[1].bits)
    numbers: dict[str, int] = {}
    for _, pair in found:
        for who in (pair.first, pair.second):
            numbers.setdefault(who, len(numbers) + 1)
    called = {who: _visible(who) if names else f"student {n}" for who, n in numbers.items()}
    together: dict[tuple[str, str], list[str]] = {}
    for answers, pair in found:
        together.setdefault((pair.first, pair.second), []).append(answers.exercise)
    return TEMPLATE.render(
        pairs=[
            _shown(answers, pair, called, together[pair.first, pair.second])
            for answers, pair in found[:MOST_SHOWN]
        ],
        left_out=max(0, len(found) - MOST_SHOWN),
        table=[(answers.exercise, result) for answers, result in compared],
        shown_names="Names are shown, because they were asked for."
        if names
        else "Names are hidden, but for what students wrote into their own texts.",
        least=LEAST,
        few=FEW,
        rare=RARE,
    )


def _shown(answers: Answers, pair: Pair, called: dict[str, str], exercises: list[str]) -> dict:
    also = [name for name in exercises if name != answers.exercise]
    first, second = (
        {"name": called[who], "text": _marked(answers.by[who], pair.shared)}
        for who in (pair.first, pair.second)
    )
    return {
        "exercise": answers.exercise,
        "first": first,
        "second": second,
        "count": len(pair.shared),
        "rare": pair.rare,
        "percent": round(100 * pair.share),
        "also": f"The same two are a pair in {', '.join(also)}." if also else "",
    }


def _marked(source: str, shared: Iterable[str]) -> Markup:
    """Return a student's text with the shared parts in bold, fit to be shown on a page."""
    source = source[:LOOKED_AT]
    spans, docstrings = places(source)
    bold = [span for mark in shared for span in spans.get(mark, ())]
    kinds = bytearray(len(source))  # of each character: 1 in bold, 2 in a docstring
    for start, end in bold:
        kinds[start:end] = b"\1" * (end - start)
    for start, end in docstrings:
        kinds[start:end] = b"\2" * (end - start)
    for place in range(1, len(source) - 1):  # spaces between two bold words are bold
        if source[place] == " " and kinds[place - 1] == 1 and kinds[place] == 0:
            kinds[place] = 1 if 1 in kinds[place : place + 2] else 0
    text = _visible(source)
    parts, room = [], LONGEST_SHOWN
    for kind, group in groupby(range(len(text)), kinds.__getitem__):
        here = list(group)
        part = html.escape(text[here[0] : here[-1] + 1][: max(0, room)])
        if kind == 2:
            part = "&quot;&quot;&quot;…&quot;&quot;&quot;"
        else:
            room -= len(here)
        parts.append(f"<b>{part}</b>" if kind == 1 else part)
        if room <= 0:
            parts.append(" … [cut off]")
            break
    return Markup(clean_html("".join(parts)))


def _visible(text: str) -> str:
    """Replace characters that steer how others are shown, one for one."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co") and sign not in "\n\t"
        else sign
        for sign in text
    )
