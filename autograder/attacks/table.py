"""`python -m autograder attacks`: every attack, what it tries, and how far it gets."""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
import tempfile
import textwrap
from pathlib import Path

from autograder.attacks import stock
from autograder.attacks.harness import GROUPS, TARGETS, Attack, Verdict, attacks, run_class
from autograder.hall.sandbox import bwrap, trial

TRIES = 78  # characters


def print_table(record: Path, with_stock: bool = False, names: list[str] | None = None) -> int:
    """Run the corpus and print one line per attack; return 0 only if this grader stopped all.

    Args:
        record: file for the results, written by a complete run with stock nbgrader.
        with_stock: also attack nbgrader by itself.
        names: attacks to run (default: all).
    """
    problem = trial(bwrap(), os.environ.get("PATH", ""))
    if problem:
        print(f"attacks are only run inside a sandbox, and there is none: {problem}")
        return 1
    chosen = [a for a in attacks() if not names or a.name in names]
    unknown = set(names or []) - {a.name for a in chosen}
    if unknown:
        print(f"no such attack: {', '.join(sorted(unknown))}")
        return 2
    ours, trouble = _run_ours(chosen)
    theirs = _run_stock(chosen) if with_stock else {}
    for group in GROUPS:
        _print_group(group, [a for a in chosen if a.group == group], ours, theirs)
    for line in trouble:
        print(f"harm that cannot be laid at one door: {line}")
    print(f"\nthis grader: {_totals(ours)}")
    if with_stock:
        print(f"nbgrader {importlib.metadata.version('nbgrader')}: {_totals(theirs)}")
        if not names:
            _record(record, chosen, ours, theirs, trouble)
            print(f"written: {record}")
    return 0 if not trouble and all(v.stopped for v in ours.values()) else 1


def _run_ours(chosen: list[Attack]) -> tuple[dict[Attack, Verdict], list[str]]:
    found, trouble = {}, []
    for name, target in TARGETS.items():
        some = [a for a in chosen if a.target == name]
        if not some:
            continue
        print(f"grading {len(some)} attackers of {name} …", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="attacks-") as scratch:
            try:
                outcome = run_class(Path(scratch) / "course", target, some)
            except Exception as error:
                trouble.append(f"{name} could not be graded: {error!r}")
                found.update({a: Verdict(damage=["the class could not be graded"]) for a in some})
                continue
        trouble += outcome.trouble
        found.update({a: outcome.verdicts[a.name] for a in some})
    return found, trouble


def _run_stock(chosen: list[Attack]) -> dict[Attack, Verdict]:
    found = {}
    for name, target in stock.STOCK.items():
        some = [a for a in chosen if a.target == name]
        if not some:
            continue
        with tempfile.TemporaryDirectory(prefix="attacks-stock-") as scratch:
            base = Path(scratch) / "course"
            stock.prepare_stock(base, target)
            for place, attack in enumerate(some, start=1):
                print(f"stock nbgrader, {name}, {place} of {len(some)}", end="\r", file=sys.stderr)
                try:
                    found[attack] = stock.run_stock(attack, base)
                except Exception as error:
                    found[attack] = Verdict(damage=[f"could not be run: {error!r}"])
        print(file=sys.stderr)
    return found


def _print_group(
    group: str, some: list[Attack], ours: dict[Attack, Verdict], theirs: dict[Attack, Verdict]
) -> None:
    if not some:
        return
    stock_head = f"{'stock nbgrader':<18}" if theirs else ""
    print(f"\n{group:<26}{'this grader':<18}{stock_head}what it tries")
    for attack in some:
        line = f"{attack.name:<26}{ours[attack].word:<18}"
        line += f"{theirs[attack].word:<18}" if theirs else ""
        print(line + textwrap.shorten(attack.tries, TRIES, placeholder=" …"))
        if not ours[attack].stopped:
            print(f"{'':<26}{ours[attack].reached}")


def _count(verdicts: dict[Attack, Verdict]) -> dict[str, int]:
    """Count the attacks that got marks, leaked, or did damage (one may do several)."""
    return {
        "attacks": len(verdicts),
        "stopped": sum(v.stopped for v in verdicts.values()),
        "full marks": sum("full marks" in v.marks for v in verdicts.values()),
        "some marks": sum(bool(v.marks) and "full marks" not in v.marks for v in verdicts.values()),
        "leaked": sum(bool(v.leaks) for v in verdicts.values()),
        "damage": sum(bool(v.damage) for v in verdicts.values()),
    }


def _totals(verdicts: dict[Attack, Verdict]) -> str:
    count = _count(verdicts)
    rest = ", ".join(f"{n} {name}" for name, n in list(count.items())[2:] if n)
    return f"{count['stopped']} of {count['attacks']} attacks stopped" + (rest and f" ({rest})")


def _record(
    path: Path,
    chosen: list[Attack],
    ours: dict[Attack, Verdict],
    theirs: dict[Attack, Verdict],
    trouble: list[str],
) -> None:
    results = {
        "nbgrader": importlib.metadata.version("nbgrader"),
        "totals": {"this grader": _count(ours), "stock nbgrader": _count(theirs)},
        "trouble": trouble,
        "attacks": {
            f"{a.group}/{a.name}": {
                "tries": a.tries,
                "this grader": ours[a].word,
                "stock nbgrader": theirs[a].word,
                "stock nbgrader in full": theirs[a].reached[:300],
            }
            for a in chosen
        },
    }
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
