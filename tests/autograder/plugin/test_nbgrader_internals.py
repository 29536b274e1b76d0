"""What the plug-in needs of nbgrader is there; what another release lacks is said by name."""

import sqlite3

import nbgrader
import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde

from autograder.plugin import nbgrader_internals as module
from autograder.plugin.converter import ExamAutograde


def test_this_nbgrader_has_all_that_is_needed():
    missing = module.missing_in_nbgrader()
    assert not missing, (
        f"nbgrader {nbgrader.__version__} has no {', '.join(missing)}. The plug-in was made for "
        f"nbgrader {module.SEEN}: see autograder/plugin/nbgrader_internals.py, which is the only "
        "file that uses undocumented parts, and the class in converter.py that overrides them"
    )


def test_what_we_override_is_listed():
    ours = {name for name in vars(ExamAutograde) if name in dir(Autograde)}
    ours -= {"__module__", "__doc__", "__annotations__", "_trait_default_generators"}
    ours = {name for name in ours if not name.startswith("__") and not name.startswith("_trait")}
    ours -= {"_all_trait_default_generators", "_descriptors", "_instance_inits", "_traits"}
    ours -= {"_static_immutable_initial_values", "assignments"}
    assert ours <= set(module.NEEDED[Autograde])


def test_another_nbgrader_is_refused_in_words(monkeypatch):
    needed = {Autograde: ("start", "a_method_that_went_away"), module.api: ("gone",)}
    monkeypatch.setattr(module, "NEEDED", needed)
    with pytest.raises(
        module.UnknownNbgrader,
        match=r"has no Autograde\.a_method_that_went_away, nbgrader\.api\.gone, which",
    ):
        module.take_over(object(), ExamAutograde)


def test_a_gradebook_that_is_kept_open_is_like_a_new_one_and_sees_what_others_write(tmp_path):
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    before = module.api.create_engine, Gradebook.__init__
    with module.gradebook_kept_open():
        with Gradebook(url) as first:
            first.add_student("ann")
            engine, names = first.engine, set(vars(first))
        with Gradebook(url) as again:
            assert again.engine is engine
            assert set(vars(again)) == names, "nbgrader's Gradebook.__init__ sets other attributes"
            assert [student.id for student in again.students] == ["ann"]
            again.add_student("bob")
        other = sqlite3.connect(tmp_path / "gradebook.db")
        other.execute("update student set first_name = 'Ann' where id = 'ann'")
        other.commit()
        other.close()
        with Gradebook(url) as third:
            assert third.find_student("ann").first_name == "Ann"
            assert len(third.students) == 2
        with Gradebook(url, "another_course") as elsewhere:
            assert elsewhere.course_id == "another_course"
    assert (module.api.create_engine, Gradebook.__init__) == before
    assert engine.pool.checkedin() == 0, "a connection stays open after the run"
