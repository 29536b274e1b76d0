"""Claims as data: the numbers in the book's sentences, and where each comes from.

``python -m course.book claims`` works every number out anew, writes course/claims.json and puts the
numbers into the sentences. ``--check`` writes nothing and prints each sentence that is not true.

A claim names its source, one of three:

- a benchmark: an entry of benchmarks/results.json, which `python -m benchmarks.figures` measures;
- a notebook: what an executed notebook printed. The builder runs it, nbval runs it again;
- a function of course/book/measured.py, which takes seconds and is run again by the tests.

and the sentences it stands in: a page and some words of it, with ``{}`` where the number is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from course.book import COURSE, ROOT, measured, notebooks

FILE = COURSE / "claims.json"
EMBEDDED = "mnist, the 5,000 + 1,000 embedded digits"
NUMBER = r"[−-]?\d[\d,]*(?:\.\d+)?"


@dataclass(frozen=True)
class Claim:
    """One number.

    `shown` is the format of the number in sentences; `tolerance` is how far another run may be off
    before the claim counts as untrue; `scale` is what the source is multiplied with; a `slow` claim
    is measured by the command and not again by the tests.
    """

    shown: str
    source: str | tuple[str, str] | Callable[[], tuple[float, dict]]
    sentences: tuple[str, ...] = ()
    tolerance: float = 0.0
    scale: float = 1.0
    dataset: str = ""
    seeds: tuple[int, ...] = ()
    control: dict = field(default_factory=dict)
    slow: bool = False


def bench(path: str, shown: str, *sentences: str, **more) -> Claim:
    """Return a claim about benchmarks/results.json, `path` being keys joined by slashes."""
    return Claim(shown, path, sentences, **more)


def printed(notebook: str, pattern: str, shown: str, *sentences: str, **more) -> Claim:
    """Return a claim about what a notebook printed; `pattern` has one group, the number."""
    more = {"dataset": EMBEDDED, "tolerance": 0.0, **more}
    return Claim(shown, (notebook, pattern), sentences, **more)


def again(function: Callable, shown: str, *sentences: str, **more) -> Claim:
    """Return a claim that a function of `measured` works out."""
    return Claim(shown, function, sentences, **more)


W1, W2, W3, W4, W5, W6 = (f"course/week{n:02d}.md: " for n in range(1, 7))
N1, N2, N3 = "week01_pca", "week02_vanilla", "week03_undercomplete"
N4, N5, N6 = "week04_denoising", "week05_contractive", "week06_evaluation"
N7 = "week07_siamese"


def answer(notebook: str, question: str, shown: str, *sentences: str, **more) -> Claim:
    """Return a claim about the answer to a prediction, the question beginning so."""
    pattern = re.escape(question) + r"[^\n]*?The answer is (−?-?\d+(?:\.\d+)?)"
    return printed(notebook, pattern, shown, *sentences, **more)


_TABLE = "table-all-ten/details/controls/"
_BITS = "compression-gain/details/bits-per-pixel/"


def _bits_row(sse: str) -> dict[str, Claim]:
    """The row of week 3's table of bits for one error."""
    kinds = ["autoencoder", "pca", "jpeg-scan", "jpeg-mosaic", "jpeg-whole-file"]
    claims = {}
    for place, kind in enumerate(kinds):
        cells = ["*"] * 5
        cells[place] = "{}"
        row = f"{W3}| {sse} | " + " | ".join(cells) + " |"
        claims[f"w3-bits-{sse}-{kind}"] = bench(
            f"{_BITS}sse {sse}/{kind}", ".3f", row, tolerance=0.01
        )
    return claims


def _table_row(name: str, words: str) -> dict[str, Claim]:
    """The row of week 6's table of whole MNIST for one code."""
    places = {"mean-ratio": ".2f", "mean-ratio-centred": ".2f", "pair-auc": ".2f"}
    claims = {}
    for place, (kind, shown) in enumerate(places.items()):
        cells = ["*"] * 5
        cells[place + 1] = "{}"
        row = f"{W6}| {words} | " + " | ".join(cells) + " |"
        claims[f"w6-whole-{name.lower().replace(' ', '-')}-{kind}"] = bench(
            f"{_TABLE}{name}/{kind}", shown, row, tolerance=0.02
        )
    return claims


def _strangers_row(digit: int) -> dict[str, Claim]:
    """The row of week 3's table of strangers for one digit."""
    claims = {}
    for place, (what, shown) in enumerate(
        {"known": ".1f", "strangers": ".1f", "auc": ".2f"}.items()
    ):
        cells = ["*"] * 3
        cells[place] = "{}"
        claims[f"w3-stranger-{digit}-{what}"] = again(
            partial(measured.strangers, digit, False, what),
            shown,
            f"{W3}| {digit} | " + " | ".join(cells) + " |",
            dataset=EMBEDDED,
            tolerance=0.05,
        )
    return claims


CLAIMS: dict[str, Claim] = {
    # --- front page -------------------------------------------------------------------------------
    "bank-wrong": again(
        partial(measured.bank_counts, "wrong"), ",.0f", "README.md: {} wrong answers for"
    ),
    "bank-exercises": again(
        partial(measured.bank_counts, "exercises"),
        ",.0f",
        "README.md: wrong answers for {} exercises",
    ),
    "bank-right": again(
        partial(measured.bank_counts, "right"),
        ",.0f",
        "README.md: {} differently written right ones pass",
    ),
    "attacks": again(
        partial(measured.attacks, "this grader", "attacks"),
        ".0f",
        "README.md: of a corpus of {} attacks",
        dataset="benchmarks/attacks.json",
    ),
    "attacks-stopped": again(
        partial(measured.attacks, "this grader", "stopped"),
        ".0f",
        "README.md: one small file each, it stops {}, and stock",
        dataset="benchmarks/attacks.json",
    ),
    "attacks-stock": again(
        partial(measured.attacks, "stock nbgrader", "stopped"),
        ".0f",
        "README.md: stock nbgrader 0.9.6 stops {}:",
        dataset="benchmarks/attacks.json",
    ),
    "pca32-sse": bench(
        "pca30-sse/details/pca32-raw",
        ".2f",
        "README.md: PCA with 32 axes has {}, or",
        tolerance=0.005,
    ),
    "pca32-sse-clamped": bench(
        "pca30-sse/details/pca32-clamped",
        ".2f",
        "README.md: or {} with the same clamp",
        tolerance=0.005,
    ),
    # --- week 1 -----------------------------------------------------------------------------------
    "w1-axes-80": again(
        partial(measured.axes_for, 0.80),
        ".0f",
        W1 + "{} axes for 80 %,",
        dataset=EMBEDDED,
    ),
    "w1-axes-95": again(
        partial(measured.axes_for, 0.95),
        ".0f",
        W1 + "{} for 95 % of the variance",
        dataset=EMBEDDED,
    ),
    "w1-sse-32": again(
        measured.sse_32, ".1f", W1 + "test SSE {} with 32 axes", dataset=EMBEDDED, tolerance=0.05
    ),
    "w1-closer": printed(
        N1, r"(\d+) of 900 test images of other digits", ".0f", W1 + "yet {} of 900 other digits"
    ),
    "w1-pairs": again(
        measured.sixes_and_eights,
        ".0f",
        W1 + "of a test six and a test eight the claim holds in {} %",
        W1 + "| {} % of pairs;",
        dataset=EMBEDDED,
        tolerance=0.5,
    ),
    "w1-four-points": again(
        measured.four_points, ".1f", W1 + "their mean is {}, and", tolerance=1e-6
    ),
    "w1-factor": again(
        partial(measured.factor, value=1, code=1),
        ".1f",
        W1 + '"a compression factor of {}"',
        tolerance=1e-9,
    ),
    "w1-factor-bits": again(
        partial(measured.factor, value=8, code=32),
        ".1f",
        W1 + "so in bits the factor is {}.",
        tolerance=1e-9,
    ),
    "w1-linear-vs-pca": answer(N1, "Error of the linear autoencoder", ".1f"),
    # --- week 2 -----------------------------------------------------------------------------------
    "w2-nll": again(
        partial(measured.one_logit, -2.0, "loss"),
        ".2f",
        W2 + r"$-\log p = {}$ nats",
        tolerance=1e-6,
    ),
    "w2-nll-slope": again(
        partial(measured.one_logit, -2.0, "nll"), ".2f", W2 + "$p - x = {}$.", tolerance=1e-6
    ),
    "w2-square-slope": again(
        partial(measured.one_logit, -2.0, "square"),
        ".2f",
        W2 + r"$2(p-x)\,p(1-p) = {}$, a fifth",
        tolerance=1e-6,
    ),
    "w2-square-slope-8": again(
        partial(measured.one_logit, -8.0, "square"), ".4f", W2 + "$-1.00$ and ${}$:", tolerance=1e-6
    ),
    "w2-ae-sse": answer(N2, "Mean SSE per test image of the autoencoder", ".2f"),
    "w2-changed": answer(N2, "How many of the test images have another", ".0f"),
    "w2-map-knn": answer(N2, "How many of 100 test digits fall among", ".1f"),
    # --- week 3 -----------------------------------------------------------------------------------
    "w3-parameters": again(partial(measured.conv_parameters, False), ",.0f", W3 + "101,952 of {}."),
    "w3-linear-parameters": again(
        partial(measured.conv_parameters, True), ",.0f", W3 + "with $K=32$, {} of 111,521"
    ),
    **_strangers_row(2),
    **_strangers_row(9),
    **_strangers_row(1),
    "w3-stranger-0-network": again(
        partial(measured.strangers, 0, True),
        ".2f",
        W3 + "has the same trouble: AUC {} when the zero",
        dataset=EMBEDDED,
        tolerance=0.05,
        seeds=(0,),
        slow=True,
    ),
    "w3-stranger-1-network": again(
        partial(measured.strangers, 1, True),
        ".2f",
        W3 + "when the zero is held back, {} for the one",
        dataset=EMBEDDED,
        tolerance=0.1,
        seeds=(0,),
        slow=True,
    ),
    "w3-length-0": again(
        partial(measured.code_length, 3 / 7),
        ".2f",
        W3 + r"$\log_2 (7/3) = {}$ bits",
        tolerance=1e-9,
    ),
    "w3-length-1": again(
        partial(measured.code_length, 1 / 7), ".2f", W3 + "1 costs ${}$", tolerance=1e-9
    ),
    "w3-pca-paper": bench("pca30-sse/value", ".2f", W3 + "(13.87) | {} |", tolerance=0.005),
    "w3-pca-clamped": bench(
        "pca30-sse/details/pca30-clamped",
        ".2f",
        W3 + "PCA, clamped to [0, 1] | {} |",
        tolerance=0.005,
    ),
    "w3-hinton": bench(
        "hinton-sse/value",
        ".2f",
        W3 + "this one, 18 epochs (median of 3 seeds) | {} |",
        tolerance=0.1,
        seeds=(0, 1, 2),
    ),
    **{k: v for sse in ("3.5", "4", "5", "7", "10") for k, v in _bits_row(sse).items()},
    "w3-pca-wins": answer(N3, "From how many code numbers on does PCA", ".0f"),
    "w3-conv-sse": answer(N3, "SSE per test image of the convolutional", ".2f"),
    "w3-axes": answer(N3, "How many PCA axes reach", ".0f"),
    "w3-changed": answer(N3, "Of 1,000 test digits, how many change", ".0f"),
    "w3-bits": answer(N3, "At an SSE of 10, PCA needs", ".1f"),
    # --- week 4 -----------------------------------------------------------------------------------
    "w4-noise": printed(
        N4, r"10 log10\(1 / 0\.5²\)\s+([\d.]+) dB", ".2f", W4 + r"$10\log_{10} 4 = {}$ dB"
    ),
    "w4-clamp": again(
        measured.clamped_noise,
        ".1f",
        W4 + "A clamp brings that to {} dB",
        W4 + "which is {} dB. So",
        tolerance=0.05,
    ),
    "w4-two-decibels": again(
        partial(measured.psnr_share, 2),
        ".0f",
        W4 + "2 dB more is {} % less squared error",
        tolerance=0.5,
    ),
    "w4-linear": answer(N4, "PSNR of the linear least squares", ".1f"),
    "w4-dae-gain": answer(N4, "Decibels of the autoencoder beyond", ".2f"),
    "w4-sigma": answer(N4, "PSNR of the σ = 1 network", ".1f"),
    "w4-cosine": answer(N4, "Mean cosine between the network", ".2f"),
    "w4-whole-gaussian": bench("denoising-gaussian/value", ".2f", tolerance=0.15, seeds=(0, 1, 2)),
    "w4-whole-salt-pepper": bench(
        "denoising-salt-pepper/value", ".2f", tolerance=0.15, seeds=(0, 1, 2)
    ),
    # --- week 5 -----------------------------------------------------------------------------------
    "w5-small-l1": printed(N5, r"L1\s+[\d.]+\s+(\d+)%", ".0f", W5 + "below 0.01 ({} % with L1,"),
    "w5-small-plain": printed(N5, r"plain\s+[\d.]+\s+(\d+)%", ".0f", W5 + "with L2, {} % without)"),
    "w5-l1-on": printed(
        N5,
        r"L1\s+[\d.]+\s+\d+%\s+[\d.]+\s+(\d+)%",
        ".0f",
        W5 + "With L1, {} % of the code entries are on",
    ),
    "w5-plain-on": printed(
        N5, r"plain\s+[\d.]+\s+\d+%\s+[\d.]+\s+(\d+)%", ".0f", W5 + "without it {} %."
    ),
    "w5-kl": again(measured.kl_example, ".3f", W5 + r"0.9\ln 1.8 = {}$ nats", tolerance=1e-9),
    "w5-variance-signs": again(
        partial(measured.probe_variance, False),
        ".0f",
        W5 + "gives 5 or 1, variance {};",
        tolerance=0.1,
    ),
    "w5-variance-normal": again(
        partial(measured.probe_variance, True),
        ".0f",
        W5 + "a normal one has variance {}.",
        tolerance=0.5,
    ),
    "w5-ratio": answer(N5, "How many times more does the contractive", ".1f"),
    "w5-ratio-pca32": printed(
        N5,
        r"PCA-32\s+32\.00\s+[\d.]+\s+[\d.]+\s+[\d.]+\s+([\d.]+)",
        ".1f",
        "course/slides/week05.md: PCA-32 has {}, the plain",
        W5 + "| PCA-32 | 0.81 | {} | * |",
    ),
    "w5-ratio-plain": printed(
        N5,
        r"plain\s+32\.\d+\s+[\d.]+\s+[\d.]+\s+[\d.]+\s+([\d.]+)",
        ".1f",
        "course/slides/week05.md: the plain autoencoder {}. And",
        W5 + "| plain | 1.46 | {} | * |",
    ),
    "w5-speed": answer(N5, "784-256-32, batch of 256", ".0f", tolerance=12),
    "w5-background": answer(N5, "Squared error, a fifth of the training pixels", ".0f"),
    "w5-contractive-speed": bench("contractive-speed/value", ".0f", tolerance=6),
    **{
        f"w5-dirty-{i}": printed(
            N5,
            re.escape(name) + r"\s+([\d.]+)\s+[\d.]+",
            ".1f",
            f"{W5}| {name} | {{}} | * |",
        )
        for i, name in enumerate(
            ("squared error", "absolute error", "correntropy, σ = 0.5", "correntropy, σ = 0.2")
        )
    },
    # --- week 6 -----------------------------------------------------------------------------------
    "w6-untrained": printed(
        N6, r"untrained {14}\s*([\d.]+)", ".2f", W6 + "| untrained network | {} |"
    ),
    "w6-untrained-centred": answer(
        N6,
        "Mean ratio of the *untrained* network",
        ".2f",
        W6 + "| untrained network, mean code subtracted | {} |",
        W6 + "centred, the untrained network has {}, and",
        control={"shuffled labels": 1.0},
    ),
    "w6-pca32": printed(
        N6,
        r"PCA-32 {17}([\d.]+)\s+[\d.]+\s+[\d.]+\s+[\d.]+",
        ".2f",
        W6 + "| PCA-32 | {} | 0.96 |",
        control={"shuffled labels": 1.0},
    ),
    "w6-pca2": printed(
        N6,
        r"PCA-2 {18}([\d.]+)\s+[\d.]+\s+[\d.]+\s+[\d.]+",
        ".2f",
        W6 + "| PCA-2 | {} | 0.40 |",
        control={"shuffled labels": 1.0},
    ),
    "w6-sixes": answer(N6, "Of 100 sixes: how many", ".0f"),
    "w6-sixes-euclidean": printed(
        N6,
        r"moved by 3:[^\n]*euclidean\s+([\d.]+)",
        ".0f",
        "course/slides/week06.md: By Euclidean distance after three: {}.",
    ),
    "w6-corners-probe": printed(
        N6,
        r"opposite corners\s+[\d.]+\s+([\d.]+)",
        ".2f",
        "course/slides/week06.md: kNN 1.00, linear probe {}. A measure",
        W6 + "kNN 1.00, linear probe {}, ratio 0.995",
    ),
    "w6-axes": answer(N6, "PCA with how many axes has", ".0f"),
    "w6-gaps": answer(N6, "On the t-SNE map: second gap", ".1f"),
    "w6-ships": again(
        partial(measured.renormalised, 0.25, 0.02),
        ".2f",
        W6 + "$(1+0.25)/(1+0.02)={}$",
        tolerance=1e-9,
    ),
    "w6-standard-error": again(
        partial(measured.standard_error, 0.95, 1000),
        ".3f",
        W6 + "The standard error at 0.95 is {}.",
        tolerance=1e-9,
    ),
    "w6-table-speed": bench(
        "table-speed/value", ".0f", W6 + "of 1,000 codes it is {} times as fast", tolerance=6
    ),
    "w6-table-seconds": bench(
        "table-seconds/value", ".2f", W6 + "70,000 codes of 32 numbers take {} s", tolerance=0.05
    ),
    "w6-whole-cpu": bench(
        "table-training/value", ".0f", W6 + "no labels, {} s of CPU;", tolerance=15
    ),
    # --- week 7 -----------------------------------------------------------------------------------
    "w7-self": answer(N7, "1-NN accuracy (%) of images that are", ".0f"),
    "w7-left-out": printed(
        N7,
        r"left out of its own neighbours:\s+([\d.]+) % right",
        ".1f",
        "course/slides/week07.md: Without itself: {} %. Leave",
        "course/week07.md: without, {} % on 2,000 images",
    ),
    "w7-positives": answer(N7, "kNN-5 accuracy (%) after training on pairs", ".0f"),
    "w7-random": answer(N7, "kNN-5 accuracy (%) of the network trained on random", ".1f"),
    "w7-flow": answer(N7, "PCA-32, 100 labels, after propagation", ".1f"),
    "w7-recall": answer(N7, "Recall of 10 neighbours (%)", ".0f"),
    # --- whole MNIST, week 6 ----------------------------------------------------------------------
    **_table_row("raw pixels", "raw pixels"),
    **_table_row("PCA-2", "PCA-2"),
    **_table_row("PCA-32", "PCA-32"),
}


def measure(claim: Claim) -> dict:
    """Return the entry of a claim: its value, how it is written, and where it comes from."""
    control = dict(claim.control)
    if isinstance(claim.source, str):
        results = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
        first, *rest = claim.source.split("/")
        entry = value = results[first]
        for key in rest:
            value = value[key]
        command, dataset, seeds = entry["command"], entry["claim"], entry["seeds"]
        control = control or entry["details"].get("controls-in-short", {})
    elif isinstance(claim.source, tuple):
        name, pattern = claim.source
        found = re.search(pattern, notebooks.printed(name))
        if found is None:
            raise LookupError(f"{name} prints nothing like {pattern!r}")
        value = float(found[1].replace("−", "-").replace(",", ""))
        command = f"python -m autograder build {name}"
        dataset, seeds = claim.dataset, [1]
    else:
        value, control = claim.source()
        command = "python -m course.book claims"
        dataset, seeds = claim.dataset or "none, a calculation", list(claim.seeds)
    value = value * claim.scale
    return {
        "value": round(value, 6),
        "shown": format(value, claim.shown),
        "command": command,
        "dataset": dataset,
        "seeds": seeds,
        "tolerance": claim.tolerance,
        "control": control,
    }


def measure_all() -> dict[str, dict]:
    """Return the entries of all claims, each worked out anew."""
    return {name: measure(claim) for name, claim in CLAIMS.items()}


def read() -> dict[str, dict]:
    """Return the recorded entries."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def write(entries: dict[str, dict]) -> None:
    """Record the entries, and put their numbers into the sentences."""
    text = json.dumps(entries, indent=1, ensure_ascii=False) + "\n"
    FILE.write_text(text, encoding="utf-8", newline="\n")
    for name, entry in entries.items():
        for where in CLAIMS[name].sentences:
            page, sentence = where.split(": ", 1)
            path = ROOT / page
            before = path.read_text(encoding="utf-8")
            put = lambda m, shown=entry["shown"]: m[1] + _as_in(m[2], shown) + m[3]  # noqa: E731
            after = pattern(sentence).sub(put, before)
            if after != before:
                path.write_text(after, encoding="utf-8", newline="\n")


def pattern(sentence: str) -> re.Pattern:
    """Return what finds a sentence on a page, however its lines break; ``*`` is any table cell."""
    before, after = sentence.split("{}")
    left, right = (
        r"\s+".join(re.escape(word) if word != "*" else r"[^|\n]+?" for word in part.split())
        for part in (before, after)
    )
    gap = [r"\s+" if part[:1].isspace() or part[-1:].isspace() else "" for part in (before, after)]
    return re.compile(
        f"({left}{gap[0] if before else ''})({NUMBER})({gap[1] if after else ''}{right})"
    )


def _as_in(old: str, shown: str) -> str:
    """Write a negative number with the sign that the sentence uses."""
    return shown.replace("-", "−") if "−" in old else shown


def untrue(entries: dict[str, dict], root: Path = ROOT) -> list[str]:
    """Return each sentence that does not say what was recorded, or is not on its page any more."""
    lines = [f"{name}: not recorded" for name in CLAIMS if name not in entries]
    for name, claim in CLAIMS.items():
        if name not in entries:
            continue
        shown = entries[name]["shown"]
        for where in claim.sentences:
            page, sentence = where.split(": ", 1)
            text = (root / page).read_text(encoding="utf-8")
            found = list(pattern(sentence).finditer(text))
            if not found:
                lines.append(f"{name}: {page} no longer has the sentence “{sentence}”")
            for match in found:
                if match[2].replace("−", "-") != shown:
                    said = " ".join(match[0].split())
                    lines.append(f"{name}: {page} says “{said}”, but it is {shown}")
    return lines


def moved(entries: dict[str, dict]) -> list[str]:
    """Work the cheap claims out anew; return each sentence that they no longer bear out."""
    lines = []
    for name, claim in CLAIMS.items():
        if claim.slow:
            continue
        now = measure(claim)
        off = abs(now["value"] - entries[name]["value"])
        if off > claim.tolerance + 1e-9:
            where = claim.sentences[0] if claim.sentences else "the slides"
            was = entries[name]["shown"]
            lines.append(f"{name}: it is {now['value']:g}, not {was}: {where.replace('{}', was)}")
    return lines
