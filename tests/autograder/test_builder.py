"""The builder refuses what must never reach a student, and names the cell."""

import pytest
from repository import ROOT

from autograder.builder import build as builder
from autograder.builder.rules import check_release, check_source
from autograder.builder.source import read_source, weeks
from autograder.plugin.overwrite_guard import KeepWorkExporter, refuse_to_overwrite, typed_answers

GOOD = '''
# %% [markdown]
# # A week
# ![a digit that looks like a six](six.png)

# %% nbgrader={"grade_id": "double", "solution": true}
def double(x: float, times: int = 1) -> float:
    """Return twice x."""
    ### BEGIN SOLUTION
    result = x * 2 ** times + 0 * times
    return result
    ### END SOLUTION

# %% nbgrader={"grade_id": "test-double", "points": 2}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade
grade(double)
### END HIDDEN TESTS
assert tests.double(double)
'''


def notebook(tmp_path, text):
    path = tmp_path / "week99_toy.py"
    path.write_text(text, encoding="utf-8")
    return read_source(path)


def problems(tmp_path, text):
    nb = notebook(tmp_path, text)
    found = check_source(nb)
    return [str(p) for p in found or check_release(nb, builder.make_release(nb, "week99_toy"))]


def test_good_source_has_no_problems(tmp_path):
    assert problems(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("assert tests.double(double)", "tests.double(double)"), "must end in a statement"),
        (("assert tests.double(double)", "done = True"), "shows students no test"),
        (("test-double", "double"), "grade id 'double' is already used"),
        (("![a digit that looks like a six]", "![]"), "image without alt text"),
        (("![a digit that looks like a six](six.png)", "<img src='a.png'>"), "image without alt"),
        (("# # A week", "# Hint: `result = x * 2**times + 0*times`"), "leaks the solution of"),
        (
            (
                '"""Return twice x."""',
                '"""Return twice x.\n\n    return x * 2 ** times + 0 * times\n    """',
            ),
            "leaks the solution of 'double'",
        ),
        (("    ### BEGIN SOLUTION\n", ""), "answer cell without"),
        (("### BEGIN HIDDEN TESTS\n", ""), "test cell without"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refusals_name_the_cell(tmp_path, change, message):
    assert change[0] in GOOD
    found = problems(tmp_path, GOOD.replace(*change))
    assert any(message in line and line.startswith("cell ") for line in found), found


def test_refuses_an_exercise_without_a_test_cell(tmp_path):
    found = problems(tmp_path, GOOD[: GOOD.index('# %% nbgrader={"grade_id": "test-double"')])
    assert any("no graded test cell follows" in line for line in found)


def test_refuses_a_stub_with_another_signature(tmp_path):
    inside = GOOD.replace(
        'def double(x: float, times: int = 1) -> float:\n    """Return twice x."""\n'
        "    ### BEGIN SOLUTION",
        '### BEGIN SOLUTION\ndef double(x: float, times: int = 1) -> float:\n    """Twice x."""',
    ).replace("    ### END SOLUTION", "### END SOLUTION")
    assert any(
        "the stub has no function but the solution has double(" in line
        for line in problems(tmp_path, inside)
    )


def test_refuses_a_release_whose_signature_was_changed(tmp_path):
    nb = notebook(tmp_path, GOOD)
    release = builder.make_release(nb, "week99_toy")
    stub = next(c for c in release.cells if "def double" in c.source)
    stub.source = stub.source.replace("times: int = 1", "times: int = 2")
    found = [str(p) for p in check_release(nb, release)]
    assert len(found) == 1
    assert "times: int=2" in found[0]


def test_same_source_gives_the_same_notebook(tmp_path):
    a, b = notebook(tmp_path, GOOD), notebook(tmp_path, GOOD)
    assert a == b
    assert builder.make_release(a, "week99_toy") == builder.make_release(b, "week99_toy")


def test_what_a_reader_left_in_the_folder_is_not_in_the_build(tmp_path):
    look = "# %%\nimport os\nprint(sorted(os.listdir()))\n"
    nb = notebook(tmp_path, look)
    for name in ("passport.json", "predictions.json", "digits.csv"):
        (tmp_path / name).write_text("{}")
    builder.execute(nb, tmp_path)
    assert nb.cells[0].outputs[0].text == "['digits.csv', 'week99_toy.py']\n"


def test_release_shows_neither_solution_nor_hidden_test(tmp_path):
    nb = notebook(tmp_path, GOOD)
    text = str(builder.make_release(nb, "week99_toy"))
    assert "raise NotImplementedError()" in text
    assert "2 ** times" not in text
    assert "autograder" not in text


@pytest.fixture
def course(tmp_path):
    """A course folder with one week built from its source."""
    import shutil

    source = weeks(ROOT)[0]
    name = source.stem
    for path in (source, *builder.products(ROOT, source)):
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True) if not target.parent.exists() else None
        shutil.copy(path, target)
    return tmp_path, name


def test_course_in_step_is_not_stale(course):
    assert builder.stale(course[0]) == []


def test_stale_names_the_file_and_the_cell(course):
    root, name = course
    source = root / "solutions" / name / f"{name}.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("# # Week 1", "# # Week one"), encoding="utf-8")
    lines = builder.stale(root)
    assert [line.split(": ")[0] for line in lines] == [
        f"solutions/{name}/{name}.ipynb",
        f"notebooks/{name}/{name}.ipynb",
    ]
    assert all("stale: " in line and "cell number 1" in line for line in lines)


def test_stale_names_missing_and_stray_notebooks(course):
    root, name = course
    (root / "notebooks" / name / f"{name}.ipynb").rename(root / "notebooks" / name / "old.ipynb")
    lines = builder.stale(root)
    assert any("missing" in line for line in lines)
    assert any("old.ipynb: has no source" in line for line in lines)


def test_stale_sees_a_text_source_in_the_release(course):
    root, name = course
    (root / "notebooks" / name / f"{name}.py").write_text("the solution", encoding="utf-8")
    assert any(f"{name}.py: has no source" in line for line in builder.stale(root))


def test_empty_folder_is_not_taken_for_a_course(tmp_path):
    assert "is this the course's top folder?" in builder.stale(tmp_path)[0]


def test_typed_answers_are_never_overwritten(course):
    root, name = course
    path = root / "notebooks" / name / f"{name}.ipynb"
    assert typed_answers(path) == []
    refuse_to_overwrite(path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("raise NotImplementedError()", "return 7", 1), encoding="utf-8")
    before = path.read_bytes()
    assert typed_answers(path) == ["center"]
    with pytest.raises(Exception, match="holds typed answers \\(center\\)"):
        builder.build(root, root / "solutions" / name / f"{name}.py")
    assert path.read_bytes() == before


def test_release_exporter_looks_before_nbgrader_removes(course):
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    root, name = course
    path = root / "notebooks" / name / f"{name}.ipynb"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("raise NotImplementedError()", "return 7", 1), encoding="utf-8")
    config = Config()
    config.GenerateAssignment.exporter_class = KeepWorkExporter
    config.GenerateAssignment.force = True
    config.CourseDirectory.source_directory = "solutions"
    config.CourseDirectory.release_directory = "notebooks"
    directory = CourseDirectory(root=str(root), assignment_id=name, config=config)
    converter = GenerateAssignment(coursedir=directory, config=config)
    with pytest.raises(Exception, match="holds typed answers"):
        converter.start()
    assert "return 7" in path.read_text(encoding="utf-8")
