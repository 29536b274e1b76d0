"""`python -m autograder bank --mutants`: kill rates, survivors, and how many got a diagnosis.

A diagnosis is what says more than that something is wrong. Three kinds are counted: the name of a
mistake; the answer's own exception, whose message names its kind, its line and the arguments of the
call; and a wrong shape, whose message says which shape came and which should have come. Of the last
two the shares are printed as well. Reviewed equivalents are counted, not judged again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from autograder.exercises import bank
from autograder.exercises.mutants import mutants
from autograder.exercises.mutation_testing import Outcome, equivalents, judge_all, processors

HEADS = {
    "mutants": "mutants",
    "equivalent": "equivalent",
    "hidden": "hidden kill",
    "visible": "visible kill",
    "diagnosed": "diagnosed",
    "exception": "by exception",
    "shape": "by shape",
    "seconds": "CPU seconds",
}
SHARES = ("hidden", "visible", "diagnosed", "exception", "shape")


def print_mutants(weeks: Iterable[str] = (), verbose: bool = False, record: str = "") -> int:
    """Print rates by week and the survivors; return 1 if one is not reviewed.

    Args:
        weeks: for example "week05"; all by default.
        verbose: also print the rates of exercises, what only the visible tests let through, and
            what was noticed without a diagnosis.
        record: a JSON file that gets the rates, or "".

    Returns:
        A command's exit status.
    """
    weeks = list(weeks) or bank.weeks()
    begin = time.monotonic()
    every = [m for week in weeks for name in bank.exercises(week) for m in mutants(week, name)]
    known = equivalents()
    found = judge_all([mutant for mutant in every if mutant.key not in known])
    same = [mutant.key.split(" | ")[0] for mutant in every if mutant.key in known]
    minutes = (time.monotonic() - begin) / 60
    rates = by_week(found, weeks, same)
    print_rates(rates)
    if verbose:
        names = dict.fromkeys(o.exercise for o in found)
        print_rates({name: of(found, name, same) for name in names})
        print_more(found)
    print(f"{minutes:.1f} minutes")
    if record:
        kept: dict[str, Any] = {
            "command": "python -m autograder bank --mutants",
            "date": str(date.today()),
        }
        kept |= {"processors": processors(), "minutes": round(minutes, 1), "rates": rates}
        text = json.dumps(kept, indent=1)
        Path(record).write_text(text + "\n", encoding="utf-8")
    survived = [o.key for o in found if not o.hidden]
    for key in survived:
        print("✘ survived:", key)
    return 1 if survived else 0


def by_week(
    found: Sequence[Outcome], weeks: Iterable[str], same: Sequence[str] = ()
) -> dict[str, dict[str, Any]]:
    """Return the rates of each week, and of all.

    Args:
        found: what became of each mutant that is not equivalent.
        weeks: for example "week05".
        same: exercises of the equivalent ones.
    """
    return {**{week: of(found, week, same) for week in weeks}, "all": of(found, "", same)}


def of(found: Sequence[Outcome], start: str, same: Sequence[str] = ()) -> dict[str, Any]:
    """Return the rates of those exercises whose name starts so.

    Args:
        found: what became of each mutant that is not equivalent.
        start: for example "week05" or "week05.kl_sparsity".
        same: exercises of the equivalent ones.
    """
    real = [o for o in found if o.exercise.startswith(start)]
    equivalent = sum(exercise.startswith(start) for exercise in same)
    killed = [o for o in real if o.hidden]
    return {
        "mutants": len(real) + equivalent,
        "equivalent": equivalent,
        "hidden": share(o.hidden for o in real),
        "visible": share(o.visible for o in real),
        "diagnosed": share(o.diagnosed for o in killed),
        "exception": share(o.kind == "exception" for o in killed),
        "shape": share(o.kind == "shape" for o in killed),
        "seconds": round(sum(o.seconds for o in real), 1),
    }


def share(those: Iterable[bool]) -> float:
    """Return a percentage, to one decimal, and never 100 if one is not true.

    Args:
        those: what is counted, where it is true.

    Returns:
        How many of a hundred are true.
    """
    every = list(those)
    return int(1000 * sum(every) / max(len(every), 1)) / 10


def print_rates(rates: dict[str, dict[str, Any]]) -> None:
    """Print a table.

    Args:
        rates: by the name of a row.
    """
    print(f"{'':<30}" + "".join(f"{head:>14}" for head in HEADS.values()))
    for name, row in rates.items():
        cells = [f"{v:.1f} %" if k in SHARES else str(v) for k, v in row.items()]
        print(f"{name:<30}" + "".join(f"{cell:>14}" for cell in cells))


def print_more(found: Sequence[Outcome]) -> None:
    """Print what visible tests let through, and what has no diagnosis.

    Args:
        found: what became of each mutant.
    """
    for outcome in found:
        if not outcome.visible:
            print("    visible lets through", outcome.key)
        if outcome.hidden and not outcome.diagnosed:
            print(f"    vague {outcome.key}: {outcome.message}")
