"""What a student's notebook shows cannot run in the browser of whoever reads it."""

import base64

import pytest
from jinja2 import Environment

from autograder.plugin.sanitise import (
    clean_html,
    clean_markdown,
    clean_outputs,
    plain_text,
    safe_markdown,
)

PNG = base64.b64encode(b"\x89PNG....").decode()


def shown(**output):
    return clean_outputs([output], 3)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)></svg>",
        "<iframe src='https://example.org'></iframe>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<p style='background:url(https://example.org/x)'>x</p>",
        "<p style='position:fixed;top:0'>x</p>",
        "<form action='/x'><input name=a></form>",
        "<meta http-equiv=refresh content='0;url=x'>",
        "<img src='https://example.org/seen.png'>",
        "<img src='data:image/svg+xml;base64,AAAA\" onload=\"x'>",
        "<details ontoggle=alert(1) open>x</details>",
        "<math><mtext></mtext><script>alert(1)</script></math>",
    ],
)
@pytest.mark.parametrize("clean", [clean_html, clean_markdown])
def test_nothing_that_runs_loads_or_covers_survives(text, clean):
    got = clean(text).lower()
    for bad in ("<script", "<svg", "<iframe", "<form", "<meta", "javascript:", "position", "url("):
        assert bad not in got.replace("&lt;", "«"), got
    for attribute in (" onerror=", " onload=", " ontoggle="):
        assert attribute not in got.split("&lt;")[0], got
    assert "src=" not in got.split("&lt;")[0] or "https" not in got


def test_tables_pictures_and_details_survive():
    text = (
        f'<table><tr><th scope="col">a</th></tr></table><img alt="A digit" src="data:image/png;'
        f'base64,{PNG}"><details><summary>More</summary><b style="color: red">x</b></details>'
    )
    got = clean_html(text)
    for kept in ('scope="col"', 'alt="A digit"', PNG, "<summary>More", "color: red"):
        assert kept in got


def test_mathematics_and_code_in_markdown_stay_readable():
    assert clean_markdown("$a > b$ & `x -> y` > quote") == "$a > b$ & `x -> y` > quote"
    assert clean_markdown("**bold** <b>too</b> $a<b$") == "**bold** <b>too</b> $a&lt;b$"


def test_streams_results_and_errors_are_kept():
    assert shown(output_type="stream", name="stdout", text="hi")[0].text == "hi"
    result = shown(output_type="execute_result", data={"text/plain": "2"}, metadata={})[0]
    assert (result.data["text/plain"], result.execution_count) == ("2", 3)
    error = shown(output_type="error", ename="E", evalue="v", traceback=["a", "b"])[0]
    assert error.traceback == ["a", "b"]


@pytest.mark.parametrize(
    "output",
    [
        3,
        {},
        {"output_type": "stream", "name": "evil", "text": "x"},
        {"output_type": "display_data", "data": {"application/javascript": "alert(1)"}},
        {"output_type": "display_data", "data": {"image/svg+xml": "<svg onload=x>"}},
        {"output_type": "display_data", "data": {"image/png": '"><script>alert(1)</script>'}},
        {"output_type": "display_data", "data": {"text/plain": {"a": 1}}},
        {"output_type": "display_data", "data": "x"},
        {
            "output_type": "execute_result",
            "data": {"application/vnd.autograder.report+json": {"earned": 99}},
        },
    ],
    ids=repr,
)
def test_other_outputs_are_dropped(output):
    assert clean_outputs([output], 1) == []


def test_odd_types_inside_outputs_do_no_harm():
    got = shown(output_type="error", ename=3, evalue=None, traceback="text")[0]
    assert (got.ename, got.evalue, got.traceback) == ("", "", [])


def test_pictures_pass_as_checked_base64():
    got = shown(output_type="display_data", data={"image/png": PNG + "\n"}, metadata={})[0]
    assert got.data["image/png"] == PNG


def test_plain_text_has_no_colours():
    outputs = clean_outputs(
        [
            {"output_type": "stream", "name": "stdout", "text": "out\n"},
            {
                "output_type": "error",
                "ename": "E",
                "evalue": "v",
                "traceback": ["frame", "\x1b[0;31m✘ wrong\x1b[0m"],
            },
        ],
        1,
    )
    assert plain_text(outputs) == "out\n✘ wrong\n"


@pytest.mark.parametrize("place", ["//example.org/a.png", "https://example.org/a.png"])
def test_pictures_in_markdown_are_fetched_from_nowhere(place):
    template = Environment()
    template.filters["markdown"] = safe_markdown
    page = template.from_string("{{ text | markdown }}").render(text=f"![a picture]({place})")
    assert "<img" in page
    assert "example.org" not in page
