"""One thread, and every call of `aeutils` checked against its type hints while the tests run."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch
from beartype import BeartypeConf, BeartypeDecorPlace
from beartype.claw import beartype_package

# Violations are TypeErrors, as for bad input in general; an int will do where a float is expected.
# FIRST: below all other decorators, because a sealed function hides what it wraps.
CONF = BeartypeConf(
    violation_type=TypeError,
    is_pep484_tower=True,
    claw_decor_place_func=BeartypeDecorPlace.FIRST,
    claw_decor_place_type=BeartypeDecorPlace.FIRST,
)
beartype_package("aeutils", conf=CONF)

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _same_start(monkeypatch):
    """Every test starts from the same random numbers, outside grading."""
    monkeypatch.delenv("AEUTILS_SEALED", raising=False)
    torch.manual_seed(0)
