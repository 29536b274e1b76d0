"""Matplotlib's list of fonts: a sandbox reads this user's, and nothing in it that it cannot see."""

import copy
import json

import pytest

from autograder.hall.isolation import fonts
from autograder.hall.isolation.bubblewrap import NoSandbox, require
from autograder.hall.isolation.mounts import Mounts
from autograder.hall.isolation.sandbox import Sandbox
from autograder.hall.isolation.supervisor import Limits

OWN, SYSTEM, PRIVATE = "fonts/ttf/DejaVuSans.ttf", "/usr/share/fonts/a.ttf", "/home/me/b.ttf"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    fonts.font_lists.cache_clear()
    yield tmp_path
    fonts.font_lists.cache_clear()


def listed(*names):
    found = [{"fname": name, "name": "a"} for name in names]
    return json.dumps({"_version": 1, "ttflist": found, "afmlist": []})


def test_only_fonts_that_a_sandbox_sees(cache):
    (cache / "fontlist-v9.json").write_text(listed(OWN, SYSTEM, PRIVATE, "/usr/../home/c.ttf"))
    (copy,) = fonts.font_lists()
    assert copy.name == "fontlist-v9.json"
    kept = json.loads(copy.read_text())
    assert [font["fname"] for font in kept["ttflist"]] == [OWN, SYSTEM]
    assert kept["_version"] == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"ttflist": 3}', '{"ttflist": [1]}', "null"])
def test_a_list_that_cannot_be_read_is_left_out(cache, text):
    (cache / "fontlist-v9.json").write_text(text)
    assert fonts.font_lists() == ()


def test_without_a_list_there_is_none(cache):
    assert fonts.font_lists() == ()


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"MPLCONFIGDIR": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/matplotlib"),
    ],
)
def test_where_matplotlib_keeps_it(variables, folder):
    assert fonts.cache_of(variables).as_posix() == folder


def test_a_sandbox_makes_no_list_of_its_own(cache):
    try:
        require()
    except NoSandbox as reason:
        pytest.skip(str(reason))
    from matplotlib import font_manager

    marked = copy.copy(font_manager.fontManager)
    entry = font_manager.FontEntry(fname="/usr/m.ttf", name="Marked")
    marked.ttflist = [*marked.ttflist, entry]
    font_manager.json_dump(marked, cache / f"fontlist-v{marked.__version__}.json")
    fonts.font_lists.cache_clear()  # a trial of the sandbox has asked for it
    with Sandbox(Mounts(), Limits()) as sandbox:
        sandbox.ready()
        source = (
            "import matplotlib.font_manager as f\n"
            "print('Marked' in {entry.name for entry in f.fontManager.ttflist})\n"
            "print(f.findfont('DejaVu Sans')[-14:])"
        )
        sandbox.line.send({"do": "run", "show": True, "source": source})
        reply, _ = sandbox.line.receive()
    printed = "".join(output.get("text", "") for output in reply["outputs"])
    assert printed == "True\nDejaVuSans.ttf\n", reply
