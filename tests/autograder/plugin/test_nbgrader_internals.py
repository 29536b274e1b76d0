"""What the plug-in needs of nbgrader is there; what another release lacks is said by name."""

import nbgrader
import pytest
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


def test_one_engine_for_each_address_and_the_old_way_afterwards():
    before = module.api.create_engine
    with module.one_engine():
        first = module.api.create_engine("sqlite://")
        assert module.api.create_engine("sqlite://") is first
    assert module.api.create_engine is before
