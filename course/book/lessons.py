"""Folding away what a reader of a lesson should not see by accident.

A lesson is plain Markdown. Two things in it are closed until opened: the answers to the questions
for discussion, and the body of a section whose heading begins with "Spoiler". Both are written as
``<details>``, which GitHub, JupyterLab and the site all understand.
"""

from __future__ import annotations

import re
import textwrap

WIDTH = 110
QUESTIONS = re.compile(r"^## Questions for discussion\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
QUESTION = re.compile(r"^(\d+\.) (\*.+?[?:.]\*)\s+(.*?)(?=^\d+\. |\Z)", re.MULTILINE | re.DOTALL)
SPOILER = re.compile(r"^(#+ Spoiler[^\n]*)\n\n(.*?)(?=^#{1,3} |\Z)", re.MULTILINE | re.DOTALL)


def fold(text: str) -> str:
    """Return a lesson with its answers and spoilers folded; what is folded already stays as it is.

    >>> print(fold("## Questions for discussion\\n\\n1. *Why?* Because.\\n"))
    ## Questions for discussion
    <BLANKLINE>
    1. *Why?*
       <details><summary>Answer</summary>
    <BLANKLINE>
       Because.
    <BLANKLINE>
       </details>
    <BLANKLINE>
    """
    text = QUESTIONS.sub(_fold_questions, text)
    return SPOILER.sub(_fold_spoiler, text)


def unfolded(text: str) -> list[str]:
    """Return what `fold` would still fold away: a line for each question or spoiler."""
    open_ones = []
    if part := QUESTIONS.search(text):
        open_ones += [m[2] for m in QUESTION.finditer(part[1]) if "<details>" not in m[3]]
    return open_ones + [m[1] for m in SPOILER.finditer(text) if "<details>" not in m[2]]


def _fold_questions(section: re.Match) -> str:
    def one(match: re.Match) -> str:
        number, question, answer = match.groups()
        if "<details>" in answer:
            return match[0]
        body = textwrap.indent(textwrap.fill(answer, WIDTH, break_on_hyphens=False), "   ")
        return (
            f"{number} {question}\n   <details><summary>Answer</summary>\n\n{body}\n\n"
            "   </details>\n"
        )

    body = QUESTION.sub(one, section[1])
    return f"## Questions for discussion\n{body.rstrip()}\n\n"


def _fold_spoiler(match: re.Match) -> str:
    heading, body = match.groups()
    if "<details>" in body:
        return match[0]
    return (
        f"{heading}\n\n<details><summary>Show the solution</summary>\n\n{body.strip()}\n\n"
        "</details>\n\n"
    )
