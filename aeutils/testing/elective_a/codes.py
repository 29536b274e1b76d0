"""Visible tests of elective A: a loss for counts, codes of bits, and ranked lists."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    passed,
    run,
    to_pair,
    to_tensor,
)
from aeutils.testing.draws import expect_drawn


def _gradient(value: object, leaf: Tensor) -> Tensor:
    """Return the gradient of a result's sum; zeros where there is none."""
    if not isinstance(value, Tensor) or not value.requires_grad:
        return torch.zeros_like(leaf)
    (found,) = torch.autograd.grad(value.sum(), leaf, allow_unused=True)
    return torch.zeros_like(leaf) if found is None else found


def multinomial_nll(multinomial_nll: Callable) -> bool:
    """Three documents of three words, one of them empty; then large logits."""
    name, ln2, ln3 = "multinomial_nll", math.log(2), math.log(3)
    # p = (1/2, 1/4, 1/4) with counts 2, 1, 0; p = (1/3, 1/3, 1/3) with 0, 0, 2; an empty document
    logits = torch.tensor([[3 + ln2, 3.0, 3.0], [0.0, 0.0, 0.0], [1.0, -2.0, 5.0]])
    counts = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 2.0], [0.0, 0.0, 0.0]])
    one, two = 2 * ln2 + math.log(4), 2 * ln3
    right = (one + two) / 3
    sigmoid = [math.log1p(math.exp(-v)) for v in (3 + ln2, 3.0, 0.0)]
    known = [
        Mistake("sign", -right, "the sign: *minus* the log-likelihood"),
        Mistake("one-per-document", [one, two, 0.0], "one number a document; average them"),
        Mistake("sum-over-documents", one + two, "summed over documents; average over them"),
        Mistake("mean-over-words", right / 3, "averaged over words, too; sum over words"),
        Mistake("empty-dropped", (one + two) / 2, "the empty document is a document as well"),
        Mistake(
            "counts-normalised", (one / 3 + two / 2) / 3, "the counts were divided by their sum"
        ),
        Mistake("per-word", (one + two) / 5, "divided by the words; divide by the documents"),
        Mistake("no-softmax", -(9 + 2 * ln2) / 3, "logits are not log p: take log_softmax"),
        Mistake(
            "sigmoid",
            (2 * sigmoid[0] + sigmoid[1] + 2 * sigmoid[2]) / 3,
            "a sigmoid for each word; the words of a document share one softmax",
        ),
        Mistake("with-constant", right - ln3 / 3, "leave the multinomial coefficient out"),
        Mistake("base-two", right / ln2, "logarithm to base 2; use the natural one"),
    ]
    what = "the loss of documents with 4 ln 2, 2 ln 3 and 0"
    value = run(multinomial_nll, logits.clone(), counts.clone(), name=name)
    expect(
        bool(torch.isfinite(to_tensor(value, what)).all()),
        f"{what} is NaN or infinite: was something divided by the length of an empty document?",
        "nan-for-empty",
    )
    expect_close(value, right, what, known, show_expected=True)
    leaf = torch.zeros(1, 4, requires_grad=True)
    loss = run(multinomial_nll, leaf, torch.tensor([[4.0, 0.0, 0.0, 0.0]]), name=name)
    slope, no_slope = [[-3.0, 1.0, 1.0, 1.0]], torch.zeros(1, 4)
    lost = "there is none: use torch operations from end to end, without `.item()` or `.detach()`"
    lost_gradient = Mistake("no-gradient", no_slope, lost)
    expect_close(_gradient(loss, leaf), slope, "the gradient", [lost_gradient], show_expected=True)
    far = torch.tensor([[1e4, -1e4]]), torch.tensor([[0.0, 1.0]])
    value = run(multinomial_nll, *far, name=name)
    what = "the loss of the second word at logits of 10000 and −10000"
    expect(
        bool(torch.isfinite(to_tensor(value, what)).all()),
        f"{what} is NaN or infinite: p rounded to 0 before its logarithm was taken; `log_softmax` "
        "stays with the logits",
        "overflow",
    )
    expect_close(value, 2e4, what, rtol=1e-3, show_expected=True)
    return passed(name, "summed over words, averaged over documents, for logits of any size")


def _noise(noisy_code: Callable) -> None:
    """What was added to 20,000 logits has mean 0, the deviation asked for, and tails."""
    logits = torch.linspace(-2.0, 2.0, 20_000).reshape(200, 100)
    code = expect_drawn(
        noisy_code,
        logits,
        0.4,
        name="noisy_code",
        what="the code",
        same="two calls with one generator gave the same code: draw noise, and do not seed inside",
        ignored="two generators with seed 3 gave different codes: pass `generator=generator`",
    ).double()
    expect(
        float(code.min()) > 0 and float(code.max()) < 1,
        "numbers of the code are below 0, above 1 or cut off there: add the noise to the logits, "
        "*before* the sigmoid",
        "noise-after",
    )
    pushes = (code / (1 - code)).log() - logits.double()
    whole = 0.05 * float(pushes.abs().mean())
    for dim, what, mistake in (
        (1, "all numbers of a row get the same noise", "one-per-row"),
        (0, "all rows get the same noise", "same-for-all"),
    ):
        alike = float(pushes.std(dim=dim).mean()) < whole
        expect(not alike, f"{what}: the draws need the shape of the logits", mistake)
    expect(abs(float(pushes.mean())) < 0.02, "the mean of the noise is not 0", "wrong-mean")
    known = [
        Mistake("variance", math.sqrt(0.4), "noise was taken for a variance"),
        Mistake("sigma-squared", 0.16, "noise is not to be squared"),
        Mistake("noise-ignored", 1.0, "n was not multiplied by `noise`"),
    ]
    what = "the standard deviation of what was added to the logits, for noise = 0.4,"
    expect_close(pushes.std(), 0.4, what, known, rtol=0.05, show_expected=True)
    inner = pushes[logits.abs() < 0.5].std()
    expect(
        abs(float(inner) - 0.4) < 0.03,
        "logits near 0 get less noise than others: *add* the noise, do not multiply by it",
        "multiplied",
    )


def noisy_code(noisy_code: Callable, to_bits: Callable) -> bool:
    """Three logits without noise; the noise on 20,000; a gradient; four bits."""
    name, ln3 = "noisy_code", math.log(3)
    logits = torch.tensor([[0.0, ln3, -ln3]])
    known = [
        Mistake("no-sigmoid", logits, "the logits came back; the code is their sigmoid"),
        Mistake("tanh", [[0.0, 0.8, -0.8]], "tanh; the sigmoid gives 0 to 1"),
        Mistake(
            "thresholded",
            [[0.0, 1.0, 0.0]],
            "bits have no gradient; while training the code is a sigmoid",
        ),
    ]
    none = torch.Generator().manual_seed(1)
    value = run(noisy_code, logits.clone(), 0.0, none, name=name)
    what = "the code of the logits 0, ln 3, −ln 3 with noise = 0"
    expect_close(value, [[0.5, 0.75, 0.25]], what, known, show_expected=True)
    _noise(noisy_code)
    leaf = logits.clone().requires_grad_()
    slope = _gradient(run(noisy_code, leaf, 0.0, none, name=name), leaf)
    lost = "there is none: `.detach()`, `torch.normal(logits, …)` and a threshold stop it"
    known = [Mistake("no-gradient", torch.zeros(1, 3), lost)]
    right = [[0.25, 0.1875, 0.1875]]
    expect_close(slope, right, "the gradient, s (1 − s),", known, show_expected=True)
    half = "the *logits* were compared with one half"
    known = [
        Mistake("all-true", [[True] * 5], "all are True: a sigmoid is always above 0"),
        Mistake("half-of-logits", [[False, False, False, True, True]], half),
        Mistake(
            "half-included", [[False, True, True, True, True]], "one half is not *above* one half"
        ),
        Mistake("inverted", [[True, False, False, False, False]], "True and False are swapped"),
        Mistake("row-mean", [[False, False, False, False, True]], "compared with the row's mean"),
    ]
    given = torch.tensor([[-3.0, 0.0, 0.2, 1.0, 9.0]])
    bits = [run(to_bits, given.clone(), name="to_bits") for _ in range(8)]
    same = all(torch.equal(to_tensor(b, "bits"), to_tensor(bits[0], "bits")) for b in bits)
    expect(same, "two calls gave different bits: afterwards nothing is random", "random-bits")
    what = "the bits of the logits −3, 0, 0.2, 1 and 9"
    got = expect_close(bits[0], [[False, False, True, True, True]], what, known, show_expected=True)
    expect(
        got.dtype == torch.bool,
        f"bits should be booleans, but they are {got.dtype}",
        "not-booleans",
    )
    return passed(name, "noise before the sigmoid, from the generator, with a gradient; and bits")


def hamming(pack: Callable, hamming: Callable) -> bool:
    """Two rows of two bytes; two queries and three codes; more than 255 bits."""
    rows = [[1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1], [0] * 8 + [1] * 7 + [0]]
    bits = torch.tensor(rows).bool()
    known = [
        Mistake("lowest-first", [[193, 128], [0, 127]], "the *first* of the eight is worth 128"),
        Mistake("seven-bits", [[65, 0], [0, 127]], "one place too low: the first is worth 128"),
        Mistake("bits-counted", [[3, 1], [0, 7]], "bits were counted; weigh them: 128, 64, …, 1"),
        Mistake("signed", [[-125, 1], [0, -2]], "int8 ends at 127; return uint8"),
        Mistake("bytes-turned", [[1, 131], [254, 0]], "the bytes stand in the wrong order"),
    ]
    given, right = bits.clone(), [[131, 1], [0, 254]]
    value = run(pack, given, name="pack")
    got = expect_close(value, right, "the bytes of 2 rows of 16 bits", known, show_expected=True)
    expect_unchanged(bits, given, "pack")
    expect(
        got.dtype == torch.uint8, f"bytes should be uint8, but they are {got.dtype}", "not-bytes"
    )
    queries = torch.tensor([[131, 1], [0, 255]]).byte()
    codes = torch.tensor([[131, 0], [124, 254], [0, 255]]).byte()  # 124 turns every bit of 131
    right = [[1, 16, 10], [11, 6, 0]]
    numbers, bytewise = [[1, 510, 385], [386, 125, 0]], [[1, 2, 2], [2, 2, 0]]
    known = [
        Mistake("not-counted", numbers, "the numbers of the XOR; count the bits set in them"),
        Mistake("bytes-counted", bytewise, "different *bytes*; count the different bits in them"),
        Mistake("equal-bits", [[15, 0, 6], [5, 10, 16]], "equal bits; count the different ones"),
        Mistake("and", [[3, 0, 1], [0, 7, 8]], "bits set in both (AND); different ones (XOR)"),
        Mistake("high-bit-missing", [[1, 14, 8], [9, 6, 0]], "each byte's highest bit is missing"),
        Mistake("share", [[v / 16 for v in row] for row in right], "divided by the number of bits"),
    ]
    shapes = [
        Mistake("transposed", (3, 2), "rows of the result belong to queries, columns to codes"),
        Mistake("not-summed", (2, 3, 2), "one number for each byte: sum over the bytes"),
        Mistake("one-for-each", (2,), "every query with *every* code"),
    ]
    what = "the distances of 2 queries and 3 codes"
    value = run(hamming, queries.clone(), codes.clone(), name="hamming")
    expect_shape(value, (2, 3), what, shapes)
    got = expect_close(value, right, what, known, show_expected=True)
    expect(
        got.dtype == torch.int64,
        f"{what} should be int64, but they are {got.dtype}",
        "not-integers",
    )
    ones, zeros = torch.full((1, 40), 255).byte(), torch.zeros(1, 40).byte()
    known = [Mistake("wrapped", [[64]], "320 − 256: added up in uint8, which ends at 255")]
    value = run(hamming, ones, zeros, name="hamming")
    expect_close(value, [[320]], "the distance of 40 bytes", known, show_expected=True)
    return passed("hamming", "eight bits to a byte, and every query with every code")


def list_quality(list_quality: Callable) -> bool:
    """Hits at ranks 2, 3 and 5; none; one at rank 1."""
    name = "list_quality"
    relevant = torch.tensor([[0, 1, 1, 0, 1], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0]]).bool()
    given = relevant.clone()
    parts = ("the precision at 3", "the average precision")
    found = to_pair(run(list_quality, given, 3, name=name), name, parts)
    expect_unchanged(relevant, given, name)
    # the precisions at the ranks 2, 3 and 5 of the first list are 1/2, 2/3 and 3/5
    precision, average = [2 / 3, 0.0, 1 / 3], [(1 / 2 + 2 / 3 + 3 / 5) / 3, 0.0, 1.0]
    means = sum(precision) / 3, sum(average) / 3
    top = 1 / 2 + 2 / 3
    every = [(1 / 2 + 2 / 3 + 2 / 4 + 3 / 5) / 5, 0.0, (1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5]
    known = [
        [
            Mistake("swapped", average, "this is the average precision; precision comes first"),
            Mistake("one-rank-late", [0.5, 0.0, 0.25], "four ranks: rank k has the index k − 1"),
            Mistake("one-rank-early", [0.5, 0.0, 0.5], "two ranks: rank k has the index k − 1"),
            Mistake("recall", [2 / 3, 0.0, 1.0], "divided by the wanted documents; divide by k"),
            Mistake("hits-counted", [2.0, 0.0, 1.0], "the number of hits; divide by k"),
            Mistake("divided-by-length", [0.4, 0.0, 0.2], "divided by N; divide by k"),
            Mistake("any-hit", [1.0, 0.0, 1.0], "whether there is a hit; the share of hits"),
            Mistake("ranks-from-zero", [1.0, 0.0, 0.5], "the first rank is 1, not 0"),
            Mistake("mean-over-lists", means[0], "the mean over lists; one number for each"),
        ],
        [
            Mistake("all-ranks", every, "averaged over *all* ranks; those with a hit only"),
            Mistake("divided-by-all", [0.353333, 0.0, 0.2], "divided by N; by the number of hits"),
            Mistake("sum", [3 * average[0], 0.0, 1.0], "the sum over the hits; take their mean"),
            Mistake("cut-at-k", [top / 2, 0.0, 1.0], "hits beyond rank k count as well"),
            Mistake("cut-at-k", [top / 3, 0.0, 1.0], "hits beyond rank k count as well"),
            Mistake("reciprocal-rank", [0.5, 0.0, 1.0], "the first hit only; all of them count"),
            Mistake("not-cumulated", [31 / 90, 0.0, 1.0], "1 / rank; (hits so far) / rank"),
            Mistake("last-only", [0.6, 0.0, 1.0], "the last hit only; all of them count"),
            Mistake("nan-for-none", [average[0], math.nan, 1.0], "0 / 0 for a list without a hit"),
            Mistake("one-for-none", [average[0], 1.0, 1.0], "a list without a hit gets 0"),
            Mistake("mean-over-lists", means[1], "the mean over lists; one number for each"),
        ],
    ]
    for value, wanted, mistakes, part in zip(
        found, (precision, average), known, parts, strict=True
    ):
        what = f"{part} of three lists"
        finite = bool(torch.isfinite(to_tensor(value, what).double()).all())
        expect(finite, f"{what} is NaN or infinite: 0 / 0, or a rank 0?", "nan-for-none")
        expect_close(value, wanted, what, mistakes, show_expected=True)
    return passed(name, "hits at ranks 2, 3 and 5, a list without any, and one at the top")
