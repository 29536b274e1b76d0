"""What is changed to hide a copy changes no fingerprint; what makes an answer its own does."""

import time

import pytest

from autograder.similarity.fingerprints import fingerprints, places
from autograder.similarity.tokens import LONGEST, LOOKED_AT, statements

ORIGINAL = """\
def spread(points, weights):
    centre = (weights[:, None] * points).sum(0) / weights.sum()
    total = 0.0
    for point, weight in zip(points, weights):
        total = total + weight * torch.dot(point - centre, point - centre)
    return total / weights.sum()
"""
DISGUISES = {
    "renamed": """\
def spread(a, b):
    c = (b[:, None] * a).sum(0) / b.sum()
    d = 0.0
    for e, f in zip(a, b):
        d = d + f * torch.dot(e - c, e - c)
    return d / b.sum()
""",
    "annotated and described": '''\
def spread(points: Tensor, weights: Tensor = None) -> Tensor:
    """How far they lie from each other."""
    # first the centre
    centre: Tensor = (weights[:, None] * points).sum(0) / weights.sum()
    total: float = 0.0  # so far

    for point, weight in zip(points, weights):
        total = total + weight * torch.dot(point - centre, point - centre)
    return total / weights.sum()
''',
    "re-ordered": """\
def spread(points, weights):
    total = 0.0
    centre = (weights[:, None] * points).sum(0) / weights.sum()
    for point, weight in zip(points, weights):
        total = total + weight * torch.dot(point - centre, point - centre)
    return total / weights.sum()
""",
    "laid out anew": """\
def spread(points, weights):
    centre = (
        (weights[:, None] * points).sum(0)
        / weights.sum()
    ); total = 0.0
    for (point, weight) in zip(points, weights,):
        total += weight * torch.dot(
            point - centre,
            point - centre,
        )
    return (total / weights.sum())
""",
    "with prints and imports": """\
import math
from torch import Tensor
def spread(points, weights):
    print("points", points.shape)
    centre = (weights[:, None] * points).sum(0) / weights.sum()
    total = 0.0
    for point, weight in zip(points, weights):
        print(total)
        total = total + weight * torch.dot(point - centre, point - centre)
    return total / weights.sum()
""",
    "taken apart": """\
def spread(points, weights):
    weighted = weights[:, None] * points
    numerator = weighted.sum(0)
    centre = numerator / weights.sum()
    total = 0.0
    for point, weight in zip(points, weights):
        term = weight * torch.dot(point - centre, point - centre)
        total = total + term
    denominator = weights.sum()
    result = total / denominator
    return result
""",
}


@pytest.mark.parametrize("how", DISGUISES)
def test_disguises_change_no_fingerprint(how):
    assert fingerprints(DISGUISES[how]) == fingerprints(ORIGINAL)


@pytest.mark.parametrize("change", ["\t", "\r\n", "mixed"])
def test_layout_of_lines_changes_no_fingerprint(change):
    text = {
        "\t": ORIGINAL.replace("    ", "\t"),
        "\r\n": ORIGINAL.replace("\n", "\r\n"),
        "mixed": ORIGINAL.replace("        ", "\t  ").replace("    ", " \t "),
    }[change]
    assert fingerprints(text) == fingerprints(ORIGINAL)


@pytest.mark.parametrize(
    ("old", "new"),
    [(".sum(0)", ".sum(1)"), ("torch.dot", "torch.mul"), (" - centre", " + centre"), ("0.0", "7")],
)
def test_other_content_changes_fingerprints(old, new):
    assert fingerprints(ORIGINAL.replace(old, new)) != fingerprints(ORIGINAL)


def test_words_of_others_stay_although_a_name_of_the_answer_is_the_same():
    """`mean` is a parameter here, and still torch's word after a point and before `=`."""
    found = statements("def f(x, mean, dim):\n    return x.mean(dim=dim) - mean")[0]
    assert [(t.text, t.own) for t in found[0] if t.text in ("mean", "dim")] == [
        ("mean", False),
        ("dim", False),
        ("dim", True),
        ("mean", True),
    ]


def test_attributes_that_an_answer_gives_are_its_own():
    one = "self.encoder = nn.Linear(784, 32)\nreturn self.encoder(x).relu()"
    two = "self.squeeze = nn.Linear(784, 32)\nreturn self.squeeze(x).relu()"
    assert fingerprints(one) == fingerprints(two)


def test_places_are_those_of_the_source():
    spans, docstrings = places('def f(x):\n    """Say."""\n    return torch.einsum("nd->n", x)')
    text = 'def f(x):\n    """Say."""\n    return torch.einsum("nd->n", x)'
    words = {text[start:end] for found in spans.values() for start, end in found}
    assert words == {"return", "torch", ".", "einsum", "(", '"nd->n"', ",", "x", ")"}
    assert [text[start:end] for start, end in docstrings] == ['"""Say."""']


def test_comments_above_an_answer_do_not_push_it_out_of_sight():
    above = "# a line of nothing\n" * (2 * LONGEST // 20)
    assert fingerprints(above + ORIGINAL) == fingerprints(ORIGINAL)


HOSTILE = {
    "10 MB": "x = 1 + 2 * 3 - 4\n" * 600_000,
    "one line of 10 MB": "x" + " + x" * 2_500_000,
    "null bytes": "def f(x):\0\n    return x\0 + 1\0" * 100,
    "nested brackets": "(" * 100_000 + ")" * 100_000,
    "nested brackets, one a line": "[\n" * 100_000,
    "only closed ones": "))]}" * 10_000,
    "unclosed text": "x = '''" + "never closed\n" * 10_000,
    "unclosed text in a line": "x = 'never closed\n" * 10_000,
    "escaped quotes": "x = '" + "\\'" * 10_000,
    "many quotes": "'\"" * 10_000,
    "mixed tabs": "if x:\n\tif y:\n        z\n\t  w\n a\n" * 1_000,
    "half a surrogate pair": "x = '\ud800' + 1 + 2 + 3",
    "no Python at all": "!pip install x\n%timeit y\n?? $ € \N{SNOWMAN}\n" * 500,
    "lines go on": "x = \\\n" * 5_000,
    "numbers": "1e" * 5_000,
    "other line ends": "x = 1 + 2\x0c\x0b\x85\u2028y = 2 + 3" * 500,
    "once and once": "".join(f"x{i + 1} = x{i} + x{i}\n" for i in range(1_000)),
    "chain": "x0 = 1\n" + "".join(f"x{i + 1} = 2 * x{i}\n" for i in range(1_000)),
    "lambdas": "lambda x: " * 1_000,
    "nothing": "",
    "only blanks": " \n\t\n" * 1_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_is_read_in_bounded_time(kind):
    start = time.process_time()
    assert len(fingerprints(HOSTILE[kind])) <= 600
    spans, docstrings = places(HOSTILE[kind])
    assert time.process_time() - start < 2
    within = [span for found in spans.values() for span in found] + docstrings
    assert all(0 <= start < end <= LOOKED_AT for start, end in within)


def test_what_stands_before_the_damage_is_compared():
    assert fingerprints(ORIGINAL) <= fingerprints(ORIGINAL + "\nx = '''never closed")
