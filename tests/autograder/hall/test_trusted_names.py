"""Which names of a release a test may trust."""

import ast

import pytest

from autograder.hall.examiner.trusted_names import (
    ReleasedCell,
    TrustedNames,
    bound,
    loaded,
    statements,
)

RELEASE = [
    ReleasedCell("import numpy as np\nfrom math import pi, tau as two_pi"),
    ReleasedCell("%matplotlib inline\ndata = np.arange(5)\ndata = data * 2"),
    ReleasedCell("def answer(x):\n    import os\n    return x\nlimit = 3", "answer", exercise=True),
    ReleasedCell("result = answer(data)\nfollow = result + 1\nsize = len(data)"),
    ReleasedCell("def helper(x):\n    return answer(x) + 1\nvia = helper(2)\nclass Box:\n    pass"),
    ReleasedCell("slow = train(data)\n", skipped=True),
    ReleasedCell("assert answer(1) == 1", "test-answer", test=True),
    ReleasedCell("later = 7"),
    ReleasedCell("this is not python"),
]


@pytest.fixture
def prelude():
    return TrustedNames(RELEASE)


def provided(prelude, name, before=6):
    """Return the source of what is executed when a test asks for a name."""
    done = []
    prelude.provide(name, before, lambda node: done.append(ast.unparse(node)))
    return done


def test_answers_are_what_the_exercise_cells_define(prelude):
    assert prelude.release.answers == {"answer", "limit"}


def test_imports_functions_and_classes_are_executed_alone(prelude):
    assert provided(prelude, "np") == ["import numpy as np"]
    assert provided(prelude, "two_pi") == ["from math import pi, tau as two_pi"]
    assert provided(prelude, "helper")[0].startswith("def helper")
    assert provided(prelude, "Box")[0].startswith("class Box")
    assert provided(prelude, "np") == []  # once is enough


def test_data_brings_every_statement_that_no_student_touches(prelude):
    assert provided(prelude, "data") == [
        "data = np.arange(5)",
        "data = data * 2",
        "size = len(data)",
    ]


@pytest.mark.parametrize("name", ["answer", "limit", "result", "follow", "via", "slow", "unknown"])
def test_what_depends_on_an_answer_is_the_students(prelude, name):
    assert provided(prelude, name) == []


def test_later_cells_are_not_run_ahead(prelude):
    assert "later = 7" not in provided(prelude, "later", before=6)


def test_star_imports_are_tried_for_unknown_names():
    prelude = TrustedNames([ReleasedCell("from math import *")])
    assert provided(prelude, "sqrt") == ["from math import *"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a, (b, *c) = x", {"a", "b", "c"}),
        ("for i in x:\n    j = i", {"i", "j"}),
        ("with open(f) as g: h = 1", {"g", "h"}),
        ("if x:\n    import os.path as p\nelse:\n    p = None", {"p"}),
        ("import os.path", {"os"}),
        ("[k for k in x]", set()),
        ("def f():\n    inside = 1", {"f"}),
        ("(w := 3)", {"w"}),
        ("try:\n    t = 1\nexcept E as e:\n    pass", {"t", "e"}),
    ],
)
def test_bound_names(source, names):
    (node,) = statements(source)
    assert bound(node) == names


def test_loaded_names_include_those_inside_functions():
    (node,) = statements("def f(x=a):\n    return b + x")
    assert {"a", "b"} <= loaded(node)
