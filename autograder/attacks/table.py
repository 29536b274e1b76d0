"""`python -m autograder attacks`: every attack, what it tries, and how far it gets."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import sys
import tempfile
import textwrap
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from autograder.attacks import course, stock
from autograder.attacks.harness import run_class
from autograder.attacks.targets import GROUPS, TARGETS, Attack, attacks
from autograder.attacks.verdict import Verdict
from autograder.hall.isolation.bubblewrap import bwrap, trial

VERSION = importlib.metadata.version("nbgrader")
TRIES = 78  # characters


def print_table(
    record: Path,
    with_stock: bool = False,
    names: list[str] | None = None,
    fresh: bool = False,
) -> int:
    """Run the corpus and print one line per attack; return 0 only if this grader stopped all.

    Args:
        record: file for the results with stock nbgrader. What it holds of an attack that has not
            changed since is not run again.
        with_stock: also attack nbgrader by itself.
        names: attacks to run (default: all).
        fresh: attack stock nbgrader again, whatever the record holds.
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
    kept = Record(record, fresh)
    ours, trouble = _run_ours(chosen)
    theirs = _run_stock(chosen, kept) if with_stock else {}
    for group in GROUPS:
        _print_group(group, [a for a in chosen if a.group == group], ours, theirs)
    for line in trouble:
        print(f"harm that cannot be laid at one door: {line}")
    print(f"\nthis grader: {_totals(ours)}")
    if with_stock:
        print(f"nbgrader {VERSION}: {_totals(theirs)}")
        if not names:
            kept.finish(ours, theirs, trouble)
            print(f"written: {record}")
    return 0 if not trouble and all(v.stopped for v in ours.values()) else 1


class Record:
    """Results in a file: totals, and for each attack what came of it."""

    def __init__(self, path: Path, fresh: bool) -> None:
        self.path, self.attacks = path, {}
        with suppress(OSError, ValueError, KeyError):
            known = json.loads(path.read_text(encoding="utf-8"))
            if known["nbgrader"] == VERSION and not fresh:
                self.attacks = known["attacks"]
        self.totals: dict = {}

    def known(self, attack: Attack) -> Verdict | None:
        """Return what came of an attack on stock nbgrader, if nothing has changed since."""
        entry = self.attacks.get(_key(attack), {})
        if entry.get("text") != _hash(attack) or "stock verdict" not in entry:
            return None
        return Verdict(**entry["stock verdict"])

    def keep(self, attack: Attack, stock_verdict: Verdict) -> None:
        """Note what came of an attack on stock nbgrader."""
        self.attacks[_key(attack)] = {
            "tries": attack.tries,
            "text": _hash(attack),
            "stock nbgrader": stock_verdict.word,
            "stock verdict": asdict(stock_verdict),
        }
        self._write()

    def finish(
        self, ours: dict[Attack, Verdict], theirs: dict[Attack, Verdict], trouble: list[str]
    ) -> None:
        """Write the results of a complete run."""
        self.attacks = {_key(a): self.attacks[_key(a)] for a in ours if _key(a) in self.attacks}
        for attack, verdict in ours.items():
            self.attacks.setdefault(_key(attack), {})["this grader"] = verdict.word
        self.totals = {
            "this grader": _count(ours),
            "stock nbgrader": _count(theirs),
            "harm to others with this grader": trouble,
        }
        self._write()

    def _write(self) -> None:
        results = {"nbgrader": VERSION, "totals": self.totals, "attacks": self.attacks}
        text = json.dumps(results, indent=1, ensure_ascii=False)
        self.path.write_text(text + "\n", encoding="utf-8")


def _key(attack: Attack) -> str:
    return f"{attack.group}/{attack.name}"


def _hash(attack: Attack) -> str:
    """Return a hash of the attack and of the course that it is aimed at."""
    texts = [attack.path.read_bytes(), Path(course.__file__).read_bytes()]
    return hashlib.sha256(b"".join(texts)).hexdigest()[:16]


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


def _run_stock(chosen: list[Attack], kept: Record) -> dict[Attack, Verdict]:
    found = {a: verdict for a in chosen if (verdict := kept.known(a)) is not None}
    for name, target in stock.STOCK.items():
        some = [a for a in chosen if a.target == name and a not in found]
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
                kept.keep(attack, found[attack])
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
