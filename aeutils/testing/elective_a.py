"""Visible tests of elective A: words and documents."""

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


def _drawn(noisy_code: Callable, logits: Tensor, noise: float) -> Tensor:
    """Call the function three times; look at what holds for all of them; return the first."""
    name, shape = "noisy_code", logits.shape
    given, generator = logits.clone(), torch.Generator().manual_seed(3)
    first, second = (
        expect_shape(run(noisy_code, given, noise, generator, name=name), shape, "the code").clone()
        for _ in range(2)
    )
    expect_unchanged(logits, given, name)
    again = run(noisy_code, logits.clone(), noise, torch.Generator().manual_seed(3), name=name)
    expect(
        not torch.equal(first, second),
        "two calls with one generator gave the same code: draw noise, and do not seed inside",
        "same-every-time",
    )
    expect(
        torch.equal(first, to_tensor(again, "the code")),
        "two generators with seed 3 gave different codes: pass `generator=generator`",
        "generator-ignored",
    )
    return first.double()


def _noise(noisy_code: Callable) -> None:
    """What was added to 20,000 logits has mean 0, the deviation asked for, and tails."""
    logits = torch.linspace(-2.0, 2.0, 20_000).reshape(200, 100)
    code = _drawn(noisy_code, logits, 0.4)
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
