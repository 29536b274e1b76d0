"""Visible tests of elective A: weights of words, vectors, and how they are judged."""

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
    passed,
    run,
)

LOG2, LOG3, LOG4, LOG6 = (math.log(n) for n in (2, 3, 4, 6))


def _of_length_one(*rows: list[float]) -> Tensor:
    """Return rows divided by their lengths."""
    table = torch.tensor(rows, dtype=torch.float64)
    return table / table.square().sum(dim=1, keepdim=True).sqrt().clamp_min(1e-9)


def tf_idf(tf_idf: Callable) -> bool:
    """Three documents in a collection of four; of five words one is everywhere and one nowhere."""
    #                            the  cat  dog  emu  fox
    collection = torch.tensor([[1.0, 3.0, 0.0, 0.0, 2.0], [2.0, 0.0, 1.0, 0.0, 0.0]])
    collection = torch.cat([collection, torch.tensor([[1.0, 0, 1, 0, 1], [3, 0, 0, 0, 0]])])
    counts = torch.tensor([[5.0, 1, 3, 0, 0], [0, 1, 1, 2, 3], [4, 0, 0, 1, 0]])
    name, what = "tf_idf", "the rows of three documents"
    table = expect_shape(run(tf_idf, counts, collection, name=name), (3, 5), what)
    expect(
        bool(torch.isfinite(table).all()),
        f"{what} are not finite: a word that is in no document has df = 0, and a row without any "
        "weight has length 0; both shall give 0",
        "nan-for-empty",
    )
    # log(1 + count) is log 2 for 1 and 2 log 2 for 3; log(4 / df) is 2 log 2 for cat, log 2 for dog
    # and fox, and 0 for the. So the rows are in the proportions 2 : 2 and 2 : 1 : 2.
    right = _of_length_one([0, 2, 2, 0, 0], [0, 2, 1, 0, 2], [0, 0, 0, 0, 0])
    terms = [[LOG6, LOG2, LOG4, 0, 0], [0, LOG2, LOG2, LOG3, LOG4], [math.log(5), 0, 0, LOG2, 0]]

    def rows(weights: list[float], times: Tensor | None = None) -> Tensor:
        """Return what other weights of the five words give."""
        table = torch.tensor(terms) if times is None else times
        return _of_length_one(*(table * torch.tensor(weights)).tolist())

    usual = [0, LOG4, LOG2, 0, LOG2]
    root5 = math.sqrt(5)
    columns = [[0, 0.5**0.5, 2 / root5, 0, 0], [0, 0.5**0.5, 1 / root5, 0, 1], [0, 0, 0, 0, 0]]
    totals = [math.log(4 / 7), math.log(4 / 3), LOG2, 0, math.log(4 / 3)]
    five = [math.log(5 / 4), math.log(5), math.log(5 / 2), 0, math.log(5 / 2)]
    own = [math.log(3 / 2)] * 4 + [LOG3]
    one_more = [math.log(4 / 5), LOG2, math.log(4 / 3), LOG4, math.log(4 / 3)]
    sklearn = [1, 1 + math.log(5 / 2), 1 + math.log(5 / 3), 1 + math.log(5), 1 + math.log(5 / 3)]
    outside = torch.tensor([[0, 1, 1 + LOG3, 0, 0], [0, 1, 1, 1 + LOG2, 1 + LOG3], [0] * 5])
    known = [
        Mistake("not-normalised", torch.tensor(terms) * torch.tensor(usual), "give rows length 1"),
        Mistake("sum-is-one", [[0, 0.5, 0.5, 0, 0], [0, 0.4, 0.2, 0, 0.4], [0] * 5], "√Σx² is 1"),
        Mistake("columns", columns, "columns have length 1 instead of rows: dim=1"),
        Mistake("unseen-word", rows([0, LOG4, LOG2, LOG4, LOG2]), "emu is unseen and weighs 0"),
        Mistake("total-counts", rows(totals), "df is a number of documents; cat's is 1, not 3"),
        Mistake("words-for-documents", rows(five), "N is 4 documents, not 5 words"),
        Mistake("own-documents", rows(own), "count df in `collection`, not in `counts`"),
        Mistake("smoothed", rows(one_more), "log(N / df), without a 1 added to df"),
        Mistake("one-added", rows(sklearn), "log(N / df), without any 1 added"),
        Mistake("idf-not-logged", rows([1, 4, 2, 0, 2]), "N / df without its logarithm"),
        Mistake("no-idf", rows([1, 1, 1, 1, 1]), "multiply log(1 + count) by log(N / df)"),
        Mistake("not-logged", rows(usual, counts), "take log(1 + count), not the count"),
        Mistake("one-outside", rows(usual, outside), "log(1 + count), not 1 + log(count)"),
    ]
    expect_close(table, right, what, known, show_expected=True)
    return passed(name, "rare words weigh more, words of all documents nothing, rows have length 1")


def ppmi(ppmi: Callable) -> bool:
    """Two words and three contexts, one of them empty; then another power, and an empty row."""
    pairs = torch.tensor([[13.0, 0.0, 0.0], [3.0, 1.0, 0.0]])
    name, what = "ppmi", "the PPMI of [[13, 0, 0], [3, 1, 0]]"
    table = expect_shape(run(ppmi, pairs, name=name), (2, 3), what)
    expect(
        not bool(torch.isinf(table).any()),
        f"{what} is infinite where a pair was never counted: log 0",
        "log-of-zero",
    )
    expect(
        not bool(torch.isnan(table).any()),
        f"{what} is NaN in a column without counts: 0 / 0",
        "nan-for-empty",
    )
    # 16 and 1 to the power 0.75 are 8 and 1, of which the shares are 8/9 and 1/9:
    # (13/13) / (8/9) = 9/8, (3/4) / (8/9) = 27/32 < 1, (1/4) / (1/9) = 9/4
    log = math.log

    def logs(first: float, second: float, third: float) -> list[list[float]]:
        """Return the table of three ratios, at 0 where a ratio is below 1."""
        return [[max(log(first), 0), 0, 0], [max(log(second), 0), max(log(third), 0), 0]]

    first, second = (n**0.75 / (13**0.75 + 4**0.75) for n in (13, 4))
    plain = [13 / 17 / (first * 16 / 17), 3 / 17 / (second * 16 / 17), 1 / 17 / (second / 17)]
    both = [13 / 17 / (first * 8 / 9), 3 / 17 / (second * 8 / 9), 1 / 17 / (second / 9)]
    share = [(17 / 16) ** 0.75, 0.75 * (17 / 16) ** 0.75, 0.25 * 17**0.75]
    known = [
        Mistake(
            "not-clamped", [[log(9 / 8), 0, 0], [log(27 / 32), log(9 / 4), 0]], "negative: clamp"
        ),
        Mistake("power-ignored", logs(17 / 16, 51 / 64, 17 / 4), "`power` has no effect"),
        Mistake("power-on-words", logs(*plain), "the power belongs to columns, not to rows"),
        Mistake("power-on-both", logs(*both), "the power belongs to columns alone"),
        Mistake("power-of-share", logs(*share), "divide #(c)ᵃ by the sum of all #(c')ᵃ"),
        Mistake("unsmoothed-total", logs(17 / 8, 51 / 32, 17 / 4), "divide #(c)ᵃ by Σ #(c')ᵃ"),
        Mistake("total-missing", logs(153 / 8, 459 / 32, 153 / 4), "P(w, c) is a share"),
        Mistake("log2", [[log(9 / 8) / LOG2, 0, 0], [0, log(9 / 4) / LOG2, 0]], "natural logs"),
        Mistake("one-more", logs(17 / 8, 59 / 32, 13 / 4), "log(1 + ratio); log(ratio)"),
        Mistake("no-log", [[9 / 8, 0, 0], [27 / 32, 9 / 4, 0]], "the logarithm is missing"),
    ]
    expect_close(table, logs(9 / 8, 27 / 32, 9 / 4), what, known, show_expected=True)
    pairs = torch.tensor([[13.0, 0.0], [3.0, 1.0], [0.0, 0.0]])
    what = "the PPMI of [[13, 0], [3, 1], [0, 0]] with power=0.5"
    table = expect_shape(run(ppmi, pairs, 0.5, name=name), (3, 2), what)
    expect(
        bool(torch.isfinite(table).all()),
        f"{what} is not finite in a row without counts: 0 / 0",
        "nan-for-empty",
    )
    wrong = [[log(9 / 8), 0], [0, log(9 / 4)], [0, 0]]
    known = [Mistake("power-frozen", wrong, "the power is 0.75 whatever `power` says")]
    right = [[log(5 / 4), 0], [0, log(5 / 4)], [0, 0]]
    expect_close(table, right, what, known, show_expected=True)
    return passed(name, "positive PMI of smoothed contexts, and 0 where nothing was counted")


def spearman(spearman: Callable) -> bool:
    """Five pairs of words, to two of which people said the same; then people who say one thing."""
    cosines = torch.tensor([0.9, 0.1, 0.2, 0.5, 0.3])  # ranks 5, 1, 2, 4, 3
    people = torch.tensor([9.0, 4.0, 1.0, 4.0, 3.0])  # ranks 5, 3.5, 1, 3.5, 2
    name, what = "spearman", "ρ of 0.9, 0.1, 0.2, 0.5, 0.3 and 9, 4, 1, 4, 3"
    # less their mean 3: 2, −2, −1, 1, 0 and 2, 0.5, −2, 0.5, −1
    right = (4 - 1 + 2 + 0.5) / math.sqrt(10 * 9.5)
    shared = "4 and 4 share the mean of their ranks, 3.5"
    known = [
        Mistake("pearson", 3.2 / math.sqrt(0.4 * 34.8), "this correlates the values; rank both"),
        Mistake(
            "one-side-ranked", 1.4 / math.sqrt(0.4 * 9.5), "the values of the cosines; rank both"
        ),
        Mistake("one-side-ranked", 13 / math.sqrt(10 * 34.8), "rank what people say, too"),
        Mistake("sorted-places", 0.3, "argsort alone gives no ranks; argsort it once more"),
        Mistake("order-of-appearance", 0.7, f"the first 4 got rank 3, the second rank 4; {shared}"),
        Mistake("order-of-appearance", 0.4, f"the first 4 got rank 4, the second rank 3; {shared}"),
        Mistake("ties-min", 6 / math.sqrt(88), f"4 and 4 got rank 3; {shared}"),
        Mistake("ties-max", 5 / math.sqrt(108), f"4 and 4 got rank 4; {shared}"),
        Mistake("dense", 4 / math.sqrt(52), f"4 and 4 got rank 3 and 9 got rank 4; {shared}"),
        Mistake("shortcut", 1 - 6 * 8.5 / 120, "1 − 6 Σd² / (n (n² − 1)) is wrong with ties"),
        Mistake("kendall", 0.5, "this is Kendall's τ: correlate the ranks"),
        Mistake("kendall", 5 / math.sqrt(90), "this is Kendall's τ: correlate the ranks"),
        Mistake("not-centred", 50.5 / math.sqrt(55 * 54.5), "subtract the mean of the ranks"),
        Mistake("ddof", right * 4 / 5, "n at one place and n − 1 at the other"),
        Mistake("ddof", right * 5 / 4, "n at one place and n − 1 at the other"),
        Mistake("covariance", 5.5 / 5, "divide by both standard deviations"),
        Mistake("sign", -right, "the sign: large goes with large"),
    ]
    value = run(spearman, cosines, people, name=name)
    expect_close(value, right, what, known, show_expected=True)
    for a, b in ((cosines, torch.full((5,), 4.0)), (torch.full((5,), 0.3), people)):
        what = "ρ where all of one side are equal"
        known = [Mistake("nan-for-constant", math.nan, "0 / 0")]
        value = expect_shape(run(spearman, a, b, name=name), (), what)
        expect(not bool(torch.isnan(value)), f"{what} is NaN: 0 / 0; it is 0", "nan-for-constant")
        expect_close(value, 0.0, what, show_expected=True)
    return passed(name, "ranks, shared ones where values are equal, and 0 where all are")


def analogy(analogy: Callable) -> bool:
    """Words as arrows at angles, of different lengths; four questions, then one among opposites."""
    angles = torch.tensor([0.0, 60.0, 90.0, 125.0, 200.0, 340.0, 40.0]) * math.pi / 180
    lengths = torch.tensor([1.0, 3.0, 1.0, 1.0, 1.0, 2.0, 1.0])[:, None]
    vectors = lengths * torch.stack([angles.cos(), angles.sin()], dim=1)
    a, b, c = torch.tensor([[0, 1, 2], [2, 1, 0], [1, 2, 3], [0, 5, 6]]).T
    # b − a + c points to 105°, −5°, 138° and 23°
    name, what = "analogy", "the answers with exclude="
    known = [
        Mistake("always-excluded", [3, 5, 4, 1], "the given words are forbidden here, too"),
        Mistake("a-minus-b", [0, 0, 2, 1], "these are nearest to a − b + c; it is b − a + c"),
        Mistake("c-subtracted", [4, 4, 5, 4], "these are nearest to b − a − c; it is b − a + c"),
        Mistake("roles-of-a-and-c", [0, 2, 6, 5], "nearest to b − c + a; it is b − a + c"),
        Mistake("not-scaled-first", [2, 6, 4, 0], "b − a + c of rows of length 1"),
        Mistake("long-words-win", [1, 5, 3, 1], "long words win: scale the candidates, too"),
        Mistake("dot-product", [1, 1, 4, 5], "dot products; scale all rows to length 1 first"),
        Mistake("euclidean", [1, 1, 4, 0], "Euclidean distances; scale rows to length 1 first"),
        Mistake("least-similar", [5, 4, 5, 4], "these are the least similar words"),
    ]
    value = run(analogy, vectors, a, b, c, False, name=name)
    found = expect_shape(value, (4,), what + "False", _one_each(4, 7))
    expect_close(found, [2, 0, 3, 6], what + "False", known, show_expected=True)
    known = [
        Mistake("exclude-ignored", [2, 0, 3, 6], "given words are among the answers"),
        Mistake("only-c-excluded", [3, 5, 2, 0], "only c is forbidden; forbid a, b and c"),
        Mistake("a-not-excluded", [3, 5, 4, 0], "only b and c are forbidden; forbid a, b and c"),
        Mistake("b-not-excluded", [3, 5, 2, 1], "only a and c are forbidden; forbid a, b and c"),
        Mistake("excluded-for-all", [4, 4, 4, 4], "every question forbids its own three words"),
        Mistake("top-three-dropped", [6, 1, 1, 5], "the best three are not always a, b and c"),
    ]
    value = run(analogy, vectors, a, b, c, name=name)
    found = expect_shape(value, (4,), what + "True", _one_each(4, 7))
    expect_close(found, [3, 5, 4, 1], what + "True", known, show_expected=True)
    # b − a + c is (−2, 1); the words that are left have the cosines −1/√5 and −3/5
    around = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [2.0, 1.0]])
    value = run(analogy, around, *torch.tensor([[0], [1], [2]]), name=name)
    what = "the answer where all other cosines are negative"
    why = "a forbidden word wins: 0, or −1, is not low enough; −∞ is"
    known = [Mistake("zero-for-excluded", [0], why)]
    expect_close(value, [3], what, known, show_expected=True)
    return passed(name, "the direction b − a + c, and which words may be the answer")


def _one_each(questions: int, words: int) -> list[Mistake]:
    """Return the usual wrong shapes."""
    return [Mistake("scores", (questions, words), "one word for each question: argmax over words")]
