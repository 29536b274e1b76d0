"""Every example in a docstring of the package gives what it says."""

import doctest
import importlib
import pkgutil

import pytest

import aeutils

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(aeutils.__path__, "aeutils.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # an example may write a file beside its notebook
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0
