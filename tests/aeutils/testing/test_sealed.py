"""The sealed reference: closed in its own week, open in every other, and without a side door."""

import importlib
import inspect
import pkgutil

import pytest

import aeutils
from aeutils.testing.sealed import ReferenceSealed, exercise


@exercise("week01_pca")
def double(x: float, *, times: int = 1) -> float:
    """Return x doubled."""
    return x * 2**times


@exercise("week02_vanilla")
class Box:
    """Hold a value."""

    def __init__(self, value: int = 3) -> None:
        self.value = value

    def get(self) -> int:
        return self.value


class Crate(Box):
    pass


def test_without_a_seal_the_mark_does_nothing():
    assert double(3, times=2) == 12
    assert Box(5).get() == 5
    assert isinstance(Box(), Box)


def test_a_sealed_function_says_what_to_do(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "week01_pca")
    with pytest.raises(ReferenceSealed, match=r"double is the reference .* week01_pca .*implement"):
        double(3)
    assert Box(5).get() == 5  # another week's


def test_a_sealed_class_cannot_be_made_nor_inherited_from(monkeypatch):
    made = Box(5)
    monkeypatch.setenv("AEUTILS_SEALED", "week02_vanilla")
    for sealed in (Box, Crate):
        with pytest.raises(ReferenceSealed, match="Box is the reference"):
            sealed(1)
    assert made.get() == 5
    assert double(3) == 6


def test_several_weeks_can_be_sealed_and_a_part_of_a_name_is_no_name(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "week02_vanilla,week01_pca")
    with pytest.raises(ReferenceSealed):
        double(3)
    with pytest.raises(ReferenceSealed):
        Box()
    monkeypatch.setenv("AEUTILS_SEALED", "week01")
    assert double(3) == 6


def test_help_still_shows_name_text_and_signature():
    assert double.__name__ == "double"
    assert double.__doc__ == "Return x doubled."
    assert [*inspect.signature(double).parameters] == ["x", "times"]
    assert [*inspect.signature(Box).parameters] == ["value"]


def test_there_is_no_wrapped_original():
    assert not hasattr(double, "__wrapped__")
    assert not hasattr(Box.__init__, "__wrapped__")


def marked():
    """Every function, and the __init__ of every class, of aeutils that is marked as an exercise."""
    modules = [
        importlib.import_module(m.name)
        for m in pkgutil.walk_packages(aeutils.__path__, "aeutils.")
        if not m.name.endswith(("__main__", ".preload"))
    ]
    for module in modules:
        for value in vars(module).values():
            call = value.__init__ if isinstance(value, type) else value
            if getattr(getattr(call, "__code__", None), "co_name", "") == "guarded":
                yield call


def test_no_reference_of_the_package_has_a_side_door():
    names = {call.__qualname__ for call in marked()}
    assert {"center", "principal_axes", "fit", "gaussian_nll", "Autoencoder.__init__"} <= names
    for call in marked():
        assert not hasattr(call, "__wrapped__"), call


def test_bad_types_are_still_found_below_the_seal():
    """The hook of conftest.py checks type hints; it must look through the mark."""
    from aeutils.pca import center

    with pytest.raises(TypeError, match="violates type hint"):
        center("no tensor")
