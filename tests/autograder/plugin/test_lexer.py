"""The quick lexer finds the tokens that IPython's finds."""

import random

import nbformat
import pytest
from IPython.lib.lexers import IPython3Lexer
from repository import ROOT

from autograder import units
from autograder.plugin.lexer import QuickPython

ALPHABET = (
    *(
        '"""',
        "'''",
        '"',
        "'",
        'f"',
        "f'''",
        "rb'",
        'b"',
        "{",
        "}",
        "!r",
        ":",
        ":=",
        "\\",
        "\n",
        " ",
    ),
    *(
        "  ",
        "def ",
        "class ",
        "import ",
        "from ",
        "as ",
        "async ",
        "lambda",
        "match ",
        "lazy ",
        "x",
    ),
    *("%%time\n", "%%html\n", " %", "%%", "!ls", "?", "??", "0x1", "1.5e3", "1_0", "@", "#c"),
    *("lazy ", "é"),
    *("\x00", "$", "=", "print", "self", "__init__", "None", ".", "(", ")", "\\N{DASH}", "%(a)s"),
)


def tokens(lexer, text):
    """Return all tokens of a text."""
    return list(lexer.get_tokens(text))


@pytest.mark.parametrize("name", units.notebooks(ROOT))
def test_tokens_of_the_notebooks_are_the_same(name):
    nb = nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4)
    for cell in nb.cells:
        assert tokens(QuickPython(), cell.source) == tokens(IPython3Lexer(), cell.source)


@pytest.mark.parametrize("seed", range(4))
def test_tokens_of_nonsense_are_the_same(seed):
    rng = random.Random(seed)
    for _ in range(500):
        text = "".join(rng.choices(ALPHABET, k=rng.randint(0, 40)))
        assert tokens(QuickPython(), text) == tokens(IPython3Lexer(), text), repr(text)
