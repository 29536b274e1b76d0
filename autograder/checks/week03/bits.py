"""Hidden checks of week 3's compression: bits in, bits out, all in float64."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import Mistake, expect, expect_close, run, to_tensor
from autograder.checks import grader_generator as generator
from autograder.report import Report, check


@check({"numbers for numbers": 1, "bits for bits": 1})
def compression_factor(report: Report, compression_factor: Callable) -> None:
    """Ratios worked out by hand."""
    name = "compression_factor"

    def known(values: int, k: int, bits: int = 1, code: int = 1) -> list[Mistake]:
        right = values * bits / (k * code)
        return [
            Mistake("inverted", 1 / right, "inverted: above 1 should mean that bits were saved"),
            Mistake("bits-ignored", values / k, "the bits of pixels and code numbers were ignored"),
            Mistake("bits-swapped", values * code / (k * bits), "the two bits are swapped"),
            Mistake("saving", 1 - 1 / right, "the share that is saved; the factor is asked for"),
            Mistake("percent", 100 * right, "in percent; a plain factor is asked for"),
            Mistake("rounded", right // 1, "rounded down: use / and not //"),
            Mistake("difference", values * bits - k * code, "the difference, not the ratio"),
        ]

    with report.criterion("numbers for numbers"):
        for shape, k in (((1, 28, 28), 30), ((3, 32, 32), 100), ((12, 10), 7)):
            side = Mistake("one-side", shape[-1] / k, "one side of the image; take all its pixels")
            plane = Mistake(
                "channels-ignored", shape[-1] * shape[-2] / k, "the channels are not counted"
            )
            rows = Mistake("one-side", shape[0] / k, "only the first size of the shape was used")
            expect_close(
                run(compression_factor, shape, k, 1, 1, name=name),
                math.prod(shape) / k,
                f"the factor of {shape} to {k} numbers of as many bits",
                [*known(math.prod(shape), k), side, plane, rows],
            )
    with report.criterion("bits for bits"):
        for bits, code in ((8, 32), (8, 3), (1, 16)):
            expect_close(
                run(compression_factor, (1, 28, 28), 30, bits, code, name=name),
                784 * bits / (30 * code),
                f"the factor of 784 pixels of {bits} bits to 30 numbers of {code} bits",
                known(784, 30, bits, code),
            )
        expect_close(
            run(compression_factor, (1, 28, 28), 30, name=name),
            784 * 8 / (30 * 32),
            "the factor with the default bits",
            known(784, 30, 8, 32),
        )


@check({"the nearest whole number of steps": 1, "and back": 1})
def quantise(report: Report, quantise: Callable, dequantise: Callable) -> None:
    """Rounding in float64, negative numbers, one step for all or one for each column."""
    z = 3 * torch.randn(40, 4, generator=generator(50))
    steps = {"0.7": 0.7, "one for each column": torch.tensor([0.25, 0.6, 1.5, 3.0])}
    with report.criterion("the nearest whole number of steps"):
        for text, step in steps.items():
            ratio = z.double() / torch.as_tensor(step).double()
            right = ratio.round()
            times = z.double() * torch.as_tensor(step).double()
            known = [
                Mistake("floor", ratio.floor(), "rounded down; take the nearest"),
                Mistake("truncated", ratio.trunc(), "cut towards zero; round before the type"),
                Mistake("ceiling", ratio.ceil(), "rounded up; take the nearest"),
                Mistake("multiplied", times.round(), "multiplied by the step; divide by it"),
                Mistake("multiplied", times, "multiplied by the step; divide by it"),
                Mistake("not-rounded", ratio, "not rounded to whole numbers"),
                Mistake(
                    "not-counted",
                    right * torch.as_tensor(step).double(),
                    "these are multiples of the step; return how many steps",
                ),
                Mistake("step-ignored", z.round(), "the step was not used"),
                Mistake("step-ignored", z.trunc(), "the step was not used"),
                Mistake("magnitude", right.abs(), "the signs were lost"),
                Mistake("clipped", right.clamp(min=0), "negative symbols were cut off"),
            ]
            got = expect_close(
                run(quantise, z.clone(), step, name="quantise"),
                right,
                f"the symbols for a step of {text}",
                known,
            )
            expect(
                not got.is_floating_point(),
                f"the symbols are of type {str(got.dtype).removeprefix('torch.')}; return int64",
                "not-integers",
            )
    with report.criterion("and back"):
        symbols = (z / 0.3).round().long()
        for text, step in steps.items():
            s = torch.as_tensor(step).double()
            right = symbols.double() * s
            known = [
                Mistake("divided", symbols.double() / s, "divided by the step; multiply by it"),
                Mistake("not-scaled", symbols.double(), "the symbols came back; multiply"),
                Mistake("half-step", right + s / 2, "half a step too high: that belongs to floor"),
                Mistake("half-step", right - s / 2, "half a step too low"),
            ]
            got = run(dequantise, symbols.clone(), step, name="dequantise")
            known.append(Mistake("truncated-back", right.trunc(), "cut to whole numbers"))
            expect_close(got, right, f"the numbers for a step of {text}", known)


@check({"the formula": 1, "symbols that never came": 1})
def entropy(report: Report, entropy: Callable) -> None:
    """−Σ p log₂ p in plain Python."""

    def shannon(counts: list[int]) -> float:
        total = sum(counts)
        return -sum(n / total * math.log2(n / total) for n in counts if n)

    with report.criterion("the formula"):
        for counts in ([5, 3, 9, 1], [40, 7], [2, 2, 2, 2, 2]):
            right, total = shannon(counts), sum(counts)
            mean = sum(math.log2(n / total) for n in counts) / len(counts)
            known = [
                Mistake("nats", right * math.log(2), "in nats: use log₂ for bits"),
                Mistake("base-ten", right * math.log10(2), "with log₁₀: use log₂ for bits"),
                Mistake("sign", -right, "the sign: *minus* the sum"),
                Mistake(
                    "not-normalised",
                    -sum(n * math.log2(n) for n in counts),
                    "counts were used as probabilities: divide by the total",
                ),
                Mistake("total-bits", right * total, "bits of all symbols; divide by their number"),
                Mistake("mean-over-kinds", right / len(counts), "averaged over kinds; sum"),
                Mistake("not-weighted", -mean, "each kind counts the same; weight it by p"),
                Mistake("not-weighted", -mean * len(counts), "log p was not weighted by p"),
                Mistake("uniform", math.log2(len(counts)), "all kinds taken as equally frequent"),
                Mistake("one-per-kind", [-n / total * math.log2(n / total) for n in counts],
                        "one number for each kind; sum them"),
            ]  # fmt: skip
            if len(set(counts)) == 1:
                known = known[:2]
            expect_close(
                run(entropy, torch.tensor(counts), name="entropy"),
                right,
                f"the entropy of counts {counts}",
                known,
            )
    with report.criterion("symbols that never came"):
        for counts in ([6, 0, 2, 0], [0, 0, 9], [0, 1, 1, 0, 0, 0]):
            right, total = shannon(counts), sum(counts)
            got = to_tensor(run(entropy, torch.tensor(counts), name="entropy"), "the entropy")
            expect(
                bool(torch.isfinite(got).all()),
                f"the entropy of counts {counts} is {got.flatten().tolist()[0]}: 0 · log 0 must "
                "count as 0",
                "log-of-zero",
            )
            smoothed = [n + 1 for n in counts]
            known = [
                Mistake("smoothed", shannon(smoothed), "one was added to every count"),
                Mistake("nats", right * math.log(2), "in nats: use log₂ for bits"),
                Mistake("not-normalised", -sum(n * math.log2(n) for n in counts if n),
                        "counts were used as probabilities: divide by the total"),
                Mistake("sign", -right, "the sign: *minus* the sum"),
            ]  # fmt: skip
            expect_close(got, right, f"the entropy of counts {counts}", known, rtol=1e-5, atol=1e-5)


def _lengths(train: Tensor, symbols: Tensor, smooth: float = 1.0, base: float = 2.0) -> list:
    """Return the code length of every row, in plain Python, column by column."""
    rows = [0.0] * len(symbols)
    for column, other in zip(train.T.tolist(), symbols.T.tolist(), strict=True):
        a, b, counts = min(column), max(column), Counter(column)
        total = len(column) + smooth * (b - a + 1)
        for i, s in enumerate(other):
            n = counts[min(max(s, a), b)] + smooth
            rows[i] -= math.log(n / total, base) if n else -math.inf
    return rows


@check(
    {
        "lengths of codes, per pixel": 1,
        "probabilities from the training codes": 1,
        "a table for each column": 1,
        "symbols that never came in training": 1,
    }
)
def bits_per_pixel(report: Report, bits_per_pixel: Callable) -> None:
    """Code lengths in plain Python, for columns of different ranges and habits."""
    name, pixels = "bits_per_pixel", 50
    wide = torch.tensor([0.6, 2.0, 5.0])
    shift = torch.tensor([0, 30, -20])

    def draw(n: int, seed: int) -> Tensor:
        return (torch.randn(n, 3, generator=generator(seed)) * wide).round().long() + shift

    train, own = draw(60, 51), draw(30, 52)
    low, high = train.min(0).values, train.max(0).values
    inside = torch.maximum(torch.minimum(own, high), low)

    def answer(symbols: Tensor, of: Tensor = train) -> Tensor:
        got = run(bits_per_pixel, of.clone(), symbols.clone(), pixels, name=name)
        return to_tensor(got, "the bits per pixel")

    def known(t: Tensor, s: Tensor) -> list[Mistake]:
        lengths = _lengths(t, s)
        right, n, k = sum(lengths) / len(s) / pixels, len(s), s.shape[1]
        plain = sum(_lengths(t, t, 0.0)) / len(t) / pixels
        flat = [c.reshape(-1, 1) for c in (t, s)]
        table = sum(_lengths(*flat)) / len(s) / pixels
        spread = high.max() - low.min() + 1
        wide_total = sum(
            -math.log2((Counter(c)[v] + 1) / (len(c) + int(spread)))
            for c, o in zip(t.T.tolist(), s.T.tolist(), strict=True)
            for v in o
        )
        return [
            Mistake("per-image", right * pixels, "bits per image; divide by its pixels"),
            Mistake("nats", right * math.log(2), "in nats: use log₂ for bits"),
            Mistake("sign", -right, "the sign: *minus* log₂ p"),
            Mistake("total", right * n, "the total of all images; take their mean"),
            Mistake("total", right * n * pixels, "the total of all images; take their mean"),
            Mistake("mean-over-columns", right / k, "averaged over columns; sum them"),
            Mistake("one-table", table, "one table for all columns: each has its own"),
            Mistake("training-entropy", plain,
                    "the entropy of the training symbols; measure the other ones"),
            Mistake("training-codes", sum(_lengths(t, t)) / len(t) / pixels,
                    "the length of the training codes; measure the other ones"),
            Mistake("counted-on-test", sum(_lengths(s, s)) / n / pixels,
                    "probabilities counted on the very codes that are measured"),
            Mistake("counted-on-test", sum(_lengths(s, s, 0.0)) / n / pixels,
                    "probabilities counted on the very codes that are measured"),
            Mistake("swapped", sum(_lengths(s, t)) / len(t) / pixels,
                    "training and measured codes are swapped"),
            Mistake("common-range", wide_total / n / pixels,
                    "all columns were given one common range; each has its own"),
            Mistake("no-smoothing", sum(_lengths(t, s, 0.0)) / n / pixels,
                    "one is to be added to every count"),
        ]  # fmt: skip

    def expected(symbols: Tensor, of: Tensor = train) -> float:
        return sum(_lengths(of, symbols)) / len(symbols) / pixels

    # only symbols that did come in training: nothing hangs on smoothing's zeros or on clipping
    seen = torch.stack([train[:20, 0], train[5:25, 1], train[9:29, 2]], dim=1)
    with report.criterion("lengths of codes, per pixel"):
        one, column = train[:, :1], seen[:, :1]
        expect_close(
            answer(column, one), expected(column, one), "the bits per pixel of codes of one number",
            [m for m in known(one, column) if m.name not in ("one-table", "mean-over-columns")],
        )  # fmt: skip
    with report.criterion("probabilities from the training codes"):
        expect_close(
            answer(inside), expected(inside), "the bits per pixel", known(train, inside), rtol=1e-3
        )
    with report.criterion("a table for each column"):
        expect_close(
            answer(seen), expected(seen), "the bits per pixel", known(train, seen), rtol=1e-3
        )
    with report.criterion("symbols that never came in training"):
        holes = torch.tensor([[0, 2], [0, 2], [4, 3], [4, 5]])
        new = torch.tensor([[2, 4], [1, 2]])
        got = answer(new, holes)
        expect(
            bool(torch.isfinite(got).all()),
            "infinite or NaN for a symbol between those of training: add one to every count",
            "no-smoothing",
        )
        right = expected(new, holes)
        present = -sum(
            math.log2((Counter(c)[v] + 1) / (len(c) + len(set(c))))
            for c, o in zip(holes.T.tolist(), new.T.tolist(), strict=True)
            for v in o
        ) / 2 / pixels  # fmt: skip
        expect_close(
            got,
            right,
            "the bits per pixel of symbols that fall into gaps of the training symbols",
            [
                Mistake("gaps-left-out", present, "the probabilities do not add up to 1: the "
                        "whole numbers in the gaps belong to the alphabet"),
                *known(holes, new),
            ],
        )  # fmt: skip
        far = torch.tensor([[-9, 2], [99, 70]])
        got = answer(far, holes)
        expect(
            bool(torch.isfinite(got).all()),
            "infinite or NaN for a symbol outside the training range: move it to the nearer end",
            "not-clipped",
        )
        both = torch.cat([holes, far])
        stretched = 0.0
        for c, o, all_of in zip(holes.T.tolist(), far.T.tolist(), both.T.tolist(), strict=True):
            size = max(all_of) - min(all_of) + 1
            stretched -= sum(math.log2((Counter(c)[v] + 1) / (len(c) + size)) for v in o)
        expect_close(
            got,
            expected(far, holes),
            "the bits per pixel of symbols outside the training range",
            [
                Mistake("not-clipped", stretched / 2 / pixels,
                        "the range was stretched by the measured codes; move them to its end"),
                *known(holes, far),
            ],
        )  # fmt: skip
