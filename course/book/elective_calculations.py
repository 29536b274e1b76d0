"""Worked examples and controls of the electives' lessons: calculations of seconds.

`ELECTIVES` has them by the name under which pages show them; `course.book.calculations` adds them
to those of the weeks.
"""

from __future__ import annotations

import functools
import json
import math
import statistics
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import normalize

from aeutils import anomalies, data, embeddings, generation
from course.book import ROOT

OPPOSITES = """hot cold, good bad, big small, before after, open closed, left right, win lose,
old new, true false, high low, war peace, buy sell, white black, long short, easy hard, early late,
inside outside, input output, start end, up down, love hate, life death, strong weak, fast slow,
north south, first last, more less, day night, man woman"""
"""The pairs of the notebook of elective A."""


def tf_idf_weight(count: int, documents: int, having: int) -> float:
    """Return the weight of a word, `count` times in a document and in `having` of all documents."""
    return math.log(1 + count) * math.log(documents / having)


@functools.cache
def _association() -> Tensor:
    return embeddings.ppmi(data.load_words().pairs)


def association(word: str, context: str) -> float:
    """Return the positive pointwise mutual information of two words of the newsgroups."""
    words = data.load_words()
    return float(_association()[words.row(word), words.row(context)])


def opposites(partners: bool) -> float:
    """Return the mean cosine of opposites, or of their first words with partners of other pairs."""
    words = data.load_words()
    pairs = [pair.split() for pair in OPPOSITES.replace("\n", " ").split(",")]
    rows = torch.tensor([[words.row(w) for w in pair] for pair in pairs])
    torch.manual_seed(1)
    u, s, _ = torch.svd_lowrank(_association(), 110, niter=6)
    unit = normalize(u[:, :100] * s[:100].sqrt())
    cosine = unit[rows[:, 0]] @ unit[rows[:, 1]].T  # (pairs, pairs)
    if partners:
        return float(cosine.diagonal().mean())
    others = rows[:, 0][:, None] != rows[:, 1][None]
    return float(cosine[others & ~torch.eye(len(rows), dtype=torch.bool)].mean())


def nothing_in_common(same_group: bool) -> float:
    """Return which % of pairs of messages share no word, within a group or across groups."""
    docs = data.load_documents()
    some = torch.randperm(len(docs.x_train), generator=torch.Generator().manual_seed(0))[:1500]
    has, group = (docs.x_train[some] > 0).float(), docs.y_train[some]
    same = group[:, None] == group
    pairs = same & ~torch.eye(len(some), dtype=torch.bool) if same_group else ~same
    return 100 * float(((has @ has.T)[pairs] == 0).double().mean())


def average_precision(ranks: tuple[int, ...]) -> float:
    """Return the average precision of a list with right answers at these ranks."""
    relevant = torch.zeros(1, max(ranks), dtype=torch.bool)
    relevant[0, [rank - 1 for rank in ranks]] = True
    return float(embeddings.average_precision(relevant))


def gigabytes(codes: int, bits: int) -> float:
    """Return what codes of so many bits need."""
    return codes * bits / 8 / 1e9


def coin_finds(share: float, points: int) -> float:
    """Return in % how probably a coin that flags a share of points hits an event of so many."""
    return 100 * (1 - (1 - share) ** points)


def point_score(point: int) -> float:
    """Return the score of one of five points whose three windows score 0, 6 and 0."""
    return float(anomalies.point_scores(torch.tensor([0.0, 6.0, 0.0]), 3)[point])


def false_alarms(one_in: int, false_rate: float) -> float:
    """Return the false alarms for each anomaly, one of `one_in` rows being anomalous."""
    return (one_in - 1) * false_rate


def unit_price(mean: float, sigma: float, bits: bool = False) -> float:
    """Return what a unit's cloud costs above the prior, in nats or in bits."""
    log_var = torch.tensor([[2 * math.log(sigma)]])
    nats = float(generation.kl_to_prior(torch.tensor([[mean]]), log_var))
    return nats / math.log(2) if bits else nats


def floats_in_nats(numbers: int) -> float:
    """Return how many nats so many numbers of 32 bits can hold."""
    return numbers * 32 * math.log(2)


def shrunk_halfway(numbers: int) -> float:
    """Return the mean length half-way between two draws from N(0, 1), over that of a draw."""
    draws = torch.randn(2, 100_000, numbers, generator=torch.Generator().manual_seed(0))
    return float(draws.mean(dim=0).norm(dim=1).mean() / draws.norm(dim=2).mean())


def latent_factor(pixels: int, code: int, channels: int) -> float:
    """Return how many times fewer numbers a square code has than a square image of colours."""
    return 3 * pixels**2 / (channels * code**2)


@functools.cache
def _hidden_patches() -> dict:
    return json.loads((ROOT / "benchmarks" / "patches.json").read_text(encoding="utf-8"))


def hidden_patches(scene: str, method: str, what: str) -> float:
    """Return the median over seeds of what `python -m benchmarks.patches` recorded."""
    return statistics.median(row[what] for row in _hidden_patches()[scene][method])


ELECTIVES: dict[str, Callable[[], float]] = {
    **{
        f"patches/{scene}/{method}/{what}": partial(hidden_patches, scene, method, what)
        for scene, methods in _hidden_patches().items()
        for method in methods
        for what in ("probe", "knn", "spread")
    },
    "ea-weight/the": partial(tf_idf_weight, 10, 4, 3),
    "ea-weight/hockey": partial(tf_idf_weight, 1, 4, 1),
    "ea-company/the": partial(association, "hockey", "the"),
    "ea-company/game": partial(association, "hockey", "game"),
    "ea-opposites/partners": partial(opposites, True),
    "ea-opposites/control": partial(opposites, False),
    "ea-common/same group": partial(nothing_in_common, True),
    "ea-common/control": partial(nothing_in_common, False),
    "ea-average-precision": partial(average_precision, (1, 3, 6, 8)),
    "ea-gigabytes/bits": partial(gigabytes, 10**9, 128),
    "ea-gigabytes/numbers": partial(gigabytes, 10**9, 128 * 32),
    "eb-coin-finds/10": partial(coin_finds, 0.02, 10),
    "eb-coin-finds/100": partial(coin_finds, 0.02, 100),
    "eb-point/beside": partial(point_score, 1),
    "eb-point/middle": partial(point_score, 2),
    "eb-false-alarms": partial(false_alarms, 10_000, 0.01),
    "ec-unit/nats": partial(unit_price, 1.0, 0.5),
    "ec-unit/bits": partial(unit_price, 1.0, 0.5, bits=True),
    "ec-silent-unit": partial(unit_price, 0.0, 0.5),
    "ec-floats": partial(floats_in_nats, 20),
    "ec-halfway": partial(shrunk_halfway, 20),
    "ec-latent-factor": partial(latent_factor, 512, 64, 4),
}
"""The calculations by name."""
