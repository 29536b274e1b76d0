"""Fork servers import what each side needs: students what they are given, examiners less."""

from autograder.hall.imports import imported_modules
from autograder.hall.isolation.mounts import Mounts
from autograder.hall.isolation.supervisor import Limits
from autograder.hall.job import GradingJob

CELLS = [
    ("import json, os.path\nfrom decimal import Decimal as D, Context", False),
    ("import colorsys\nimport fractions as fr\nfrom string import *", False),
    ("def helper(x):\n    return fr.Fraction(x)", False),
    ("print(json.dumps(1), colorsys)", False),
    ("import statistics\nassert helper(D(answer)) == 1", True),
]


def job(*cells):
    released = tuple({"source": source, "test": test} for source, test in cells)
    return GradingJob(
        assignment="ps",
        cells=(),
        released=released,
        mounts=Mounts(),
        limits=Limits(),
        protected=True,
        warm=("wave",),
    )


def test_students_get_all_that_the_notebook_imports_and_what_is_named():
    modules = imported_modules(job(*CELLS), tests=False)
    assert {"json", "os.path", "decimal", "colorsys", "fractions", "string", "wave"} <= {*modules}
    assert "statistics" not in modules


def test_examiners_get_what_tests_use_by_itself_or_through_a_helper():
    modules = {*imported_modules(job(*CELLS), tests=True)}
    assert {"decimal", "fractions", "string", "statistics"} <= modules
    assert not {"json", "os.path", "colorsys", "wave"} & modules
