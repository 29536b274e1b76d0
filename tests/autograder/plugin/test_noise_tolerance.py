"""Right answers earn full marks whatever they print, warn or draw; grading again gives the same."""

import nbformat
import pytest
from nbgrader.api import Gradebook
from ready_run import nbgrader
from tiny_course import FILE, NAME, RIGHT, answered, make_course, no_sandbox, submit

from autograder.plugin.reports import reports

pytestmark = pytest.mark.skipif(bool(no_sandbox()), reason=f"no sandbox here: {no_sandbox()}")

NOISE = """\
import sys, warnings, logging
from tqdm import tqdm
import matplotlib.pyplot as plt
warnings.simplefilter("always")
print("\\x1b[31mstarting\\x1b[0m", file=sys.stderr)
warnings.warn("a warning")
logging.warning("a logged warning")
for _ in tqdm(range(3)):
    pass
plt.plot([1, 2])
12345
"""
INSIDE = "    import warnings, sys; print('called'); warnings.warn('w'); sys.stderr.write('x')\n"
UNSURE = {
    "doubled": (
        "import random, numpy as np\n"
        "def doubled(numbers):\n"
        "    wrong = random.random() < 0.5\n"
        "    return [2 * n + wrong for n in numbers]"
    ),
    "centred": "def centred(x):\n    return x - x.mean() + (np.random.rand() < 0.5)",
    "vowels": (
        "def vowels(text):\n"
        "    return sum(letter in set('aeiou') for letter in text.lower()) - (hash(text) % 2)"
    ),
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A noisy student, and ten who hand in the same answers that depend on chance."""
    folder = make_course(tmp_path_factory.mktemp("fair"))
    noisy = answered(folder, {n: a.replace(":\n", ":\n" + INSIDE, 1) for n, a in RIGHT.items()})
    for cell in noisy.cells:
        if cell.cell_type == "code" and not cell.metadata.nbgrader.grade:
            cell.source = NOISE + cell.source + "\n" + NOISE
    submit(folder, "noisy", noisy)
    for i in range(10):
        submit(folder, f"unsure{i}", answered(folder, UNSURE))
    for command in ("autograde", "generate_feedback"):
        done = nbgrader(folder, command, NAME)
        assert done.returncode == 0, done.stderr
    return folder


def graded(course, student):
    return nbformat.read(course / "autograded" / student / NAME / FILE, as_version=4)


def test_noise_costs_nothing(course):
    found = reports(graded(course, "noisy"))
    assert {name: r.earned for name, r in found.items()} == {
        name: r.points for name, r in found.items()
    }


def test_noise_is_shown_to_its_author(course):
    page = (course / "feedback" / "noisy" / NAME / "ps.html").read_text(encoding="utf-8")
    for shown in ("starting", "a warning", "a logged warning", "data:image/png;base64", "12345"):
        assert shown in page


def test_ten_gradings_of_chance_give_one_score(course):
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", None) as gradebook:
        scores = {gradebook.find_submission(NAME, f"unsure{i}").score for i in range(10)}
    assert len(scores) == 1
    told = {
        tuple(r.first_message for r in reports(graded(course, f"unsure{i}")).values())
        for i in range(10)
    }
    assert len(told) == 1
