"""A class of week 3 with known misconceptions, as grading would have left it in a course folder.

The reports are those of the hidden checks on answers of the bank; only the grading run is spared.
"""

import json
from pathlib import Path

from ready_run import nbgrader

from benchmarks.class_report import RIGHT, STUB, hand_in, release

WEEK = "week03_undercomplete"
PLANTED = (("quantise", "floor", 12), ("entropy", "nats", 9), ("residual_block", "not-added", 7))
RARE = {"smallest_width": "training-error", "compression_factor": "inverted"}
RARE |= {"conv_autoencoder": "stride-one", "bits_per_pixel": "nats"}
ABSENT, UNTOUCHED, BLANK, HOSTILE = 0, 1, 2, 3  # places in the class
EVIL = """def copy_weights(d):
    author = "Last0003"  # my name is First0003
    html = "<script>alert('pwned')</script><img src=x onerror=alert(1)>"
    word = "\\u202egnp.exe"
    return 0"""


def names(size=40):
    """Return the ids of a class."""
    return [f"s{number:04d}" for number in range(size)]


def pick(number, exercise, labels):
    """Say what a student answers: the weak, who come after the first four, share the mistakes.

    The last three are good and fail at *copy_weights*, which therefore gets a warning.
    """
    if number == ABSENT:
        return ""
    if number == UNTOUCHED:
        return STUB
    if number == HOSTILE and exercise == "copy_weights":
        return "not-twice"
    for place, (name, mistake, count) in enumerate(PLANTED):
        if name == exercise and 4 + place <= number < 4 + place + count:
            return mistake
    if exercise == "copy_weights":
        return "negative-lost" if number > 36 else RIGHT
    return RARE[exercise] if exercise in RARE and number in (7, 8, 9, 20) else RIGHT


def planted_class(folder: Path, size: int = 40) -> Path:
    """Make the course folder with its graded class, and return it."""
    release(folder, [WEEK], nbgrader)
    hand_in(folder, WEEK, names(size), pick, wrong=3)
    edit(folder, BLANK, "quantise", lambda stub: "# I do not know\npass", lost=True)
    edit(folder, HOSTILE, "copy_weights", lambda _: EVIL)
    return folder


def graded(folder: Path, number: int, week: str = WEEK) -> Path:
    """Return the path of a student's graded notebook."""
    return folder / "autograded" / f"s{number:04d}" / week / f"{week}.ipynb"


def edit(folder: Path, number: int, exercise: str, change, lost: bool = False) -> None:
    """Change a student's answer; with `lost`, its report is that of an exercise without one."""
    path = graded(folder, number)
    nb = json.loads(path.read_text(encoding="utf-8"))
    for cell in nb["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if name == exercise:
            cell["source"] = change("".join(cell["source"]))
        if name == f"test-{exercise}" and lost:
            (report,) = [
                value
                for key, value in cell["outputs"][-1]["data"].items()
                if key.endswith("report+json")
            ]
            for criterion in report["criteria"]:
                criterion |= {"earned": 0, "mistake": "wrong-values", "message": "got None"}
    path.write_text(json.dumps(nb), encoding="utf-8")
