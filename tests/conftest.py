"""One thread, and every call of `aeutils` checked against its type hints while the tests run."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch
from beartype import BeartypeConf
from beartype.claw import beartype_package

# Violations are TypeErrors, as for bad input in general; an int will do where a float is expected.
beartype_package("aeutils", conf=BeartypeConf(violation_type=TypeError, is_pep484_tower=True))

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _same_start(monkeypatch):
    """Every test starts from the same random numbers, outside grading."""
    monkeypatch.delenv("AEUTILS_SEALED", raising=False)
    torch.manual_seed(0)
