"""Answers to week 7's pairs and its contrastive loss."""

from autograder.bank import Exercise


def _pairs(
    first: str = "torch.randint(N, (n,), generator=g)",
    partner: str = "members if k < n // 2 else others",
    keep: str = "members != i",
    mix: str = "torch.randperm(n, generator=g)",
    same: str = "labels[a] == labels[b]",
    g: str = "generator",
    after: str = "",
) -> str:
    return f"""
def random_pairs(labels, n, generator):
    g, N = {g}, len(labels)
    alone = torch.stack([(labels == c).sum() for c in labels]) < 2
    firsts = {first}
    a, b = [], []
    for k, i in enumerate(firsts.tolist()):
        while k < n // 2 and alone[i]:
            i = int(torch.randint(N, (), generator=g))
        members = (labels == labels[i]).nonzero()[:, 0]
        members = members[{keep}]
        others = (labels != labels[i]).nonzero()[:, 0]
        choice = {partner}
        a.append(i)
        b.append(int(choice[torch.randint(len(choice), (), generator=g)]))
    mix = {mix}
    a, b = torch.tensor(a)[mix], torch.tensor(b)[mix]
    {after}
    return a, b, {same}
"""


RANDOM_PAIRS = Exercise(
    gives=("random_pairs",),
    right={
        "pair by pair": _pairs(),
        "draw many and keep some": """
def random_pairs(labels, n, generator):
    i = torch.randint(len(labels), (60 * n + 500,), generator=generator)
    j = torch.randint(len(labels), (60 * n + 500,), generator=generator)
    i, j = i[i != j], j[i != j]
    same = labels[i] == labels[j]
    rows = torch.cat([same.nonzero()[: n // 2, 0], (~same).nonzero()[: n - n // 2, 0]])
    rows = rows[torch.randperm(n, generator=generator)]
    return i[rows], j[rows], same[rows]
""",
        "from lists of all pairs": """
def random_pairs(labels, n, generator):
    N = len(labels)
    i, j = (t.flatten() for t in torch.meshgrid(torch.arange(N), torch.arange(N), indexing="ij"))
    i, j = i[i != j], j[i != j]
    same = labels[i] == labels[j]
    rows = []
    for kind, number in ((True, n // 2), (False, n - n // 2)):
        fits = torch.nonzero(same == kind).squeeze(1)
        rows.append(fits[torch.randint(len(fits), (number,), generator=generator)])
    rows = torch.cat(rows)[torch.randperm(n, generator=generator)]
    return [i[rows], j[rows], same[rows]]
""",
    },
    wrong={
        "self-pairs": _pairs(keep="members > -1"),
        "swapped": _pairs(same="labels[a] != labels[b]"),
        "wrong-name": _pairs(same="torch.arange(n) < n // 2"),
        "unbalanced": """
def random_pairs(labels, n, generator):
    i = torch.randint(len(labels), (n,), generator=generator)
    j = (i + torch.randint(1, len(labels), (n,), generator=generator)) % len(labels)
    return i, j, labels[i] == labels[j]
""",
        "label-leaked": _pairs(mix="torch.arange(n)"),
        "generator-ignored": _pairs(first="torch.randint(N, (n,))"),
        "same-every-time": _pairs(g="torch.Generator().manual_seed(0)"),
        "few-combinations": """
def random_pairs(labels, n, generator):
    kinds = labels.unique()
    a, b = [], []
    for k in range(n):
        i = int(torch.randint(len(labels), (), generator=generator))
        place = int((kinds == labels[i]).nonzero())
        wanted = kinds[place if k < n // 2 else (place + 1) % len(kinds)]
        choice = (labels == wanted).nonzero()[:, 0]
        choice = choice[choice != i]
        a.append(i)
        b.append(int(choice[torch.randint(len(choice), (), generator=generator)]))
    mix = torch.randperm(n, generator=generator)
    a, b = torch.tensor(a)[mix], torch.tensor(b)[mix]
    return a, b, labels[a] == labels[b]
""",
        "classes-missing": """
def random_pairs(labels, n, generator):
    i = torch.randint(len(labels), (80 * n + 500,), generator=generator)
    j = torch.randint(len(labels), (80 * n + 500,), generator=generator)
    i, j = i[i != j], j[i != j]
    same = labels[i] == labels[j]
    common = labels == labels.mode().values
    rows = (same & common[i]).nonzero()[: n // 2, 0]
    rows = torch.cat([rows, (~same).nonzero()[: n - n // 2, 0]])
    rows = rows[torch.randperm(n, generator=generator)]
    return i[rows], j[rows], same[rows]
""",
        "few-pairs": """
def random_pairs(labels, n, generator):
    i = torch.randint(len(labels), (9000,), generator=generator)
    j = torch.randint(len(labels), (9000,), generator=generator)
    i, j = i[i != j], j[i != j]
    same = labels[i] == labels[j]
    rows = [same.nonzero()[:95, 0].repeat(n)[: n // 2]]
    rows.append((~same).nonzero()[:95, 0].repeat(n)[: n - n // 2])
    rows = torch.cat(rows)[torch.randperm(n, generator=generator)]
    return i[rows], j[rows], same[rows]
""",
        "images-missing": """
def random_pairs(labels, n, generator):
    few = len(labels) - 1  # the last one is never drawn
    i = torch.randint(few, (90 * n + 500,), generator=generator)
    j = torch.randint(few, (90 * n + 500,), generator=generator)
    i, j = i[i != j], j[i != j]
    same = labels[i] == labels[j]
    rows = torch.cat([same.nonzero()[: n // 2, 0], (~same).nonzero()[: n - n // 2, 0]])
    rows = rows[torch.randperm(n, generator=generator)]
    return i[rows], j[rows], same[rows]
""",
        "no-rows": _pairs(after="a, b, labels = labels[a], labels[b], torch.arange(99)"),
    },
)


def _loss(
    near: str = "d2",
    far: str = "(margin - d).clamp_min(0) ** 2",
    end: str = "terms.mean()",
    d: str = "(a - b).norm(dim=1)",
    d2: str = "((a - b) ** 2).sum(1)",
    terms: str = "torch.where(same, near, far)",
) -> str:
    return f"""
def contrastive_loss(a, b, same, margin):
    d, d2 = {d}, {d2}
    near, far = {near}, {far}
    terms = {terms}
    return {end}
"""


_NAN = "((a - b) ** 2).sum(1).sqrt()"

CONTRASTIVE_LOSS = Exercise(
    gives=("contrastive_loss",),
    right={
        "where and norm": _loss(),
        "masks, a little under the root": """
def contrastive_loss(a, b, same, margin):
    y = same.float()
    squared = (a - b).pow(2).sum(dim=-1)
    distance = torch.sqrt(squared + 1e-12)
    return torch.mean(y * squared + (1 - y) * F.relu(margin - distance) ** 2)
""",
        "each kind by itself, float64": """
def contrastive_loss(a, b, same, margin):
    gap = (a - b).double()
    near = (gap[same] ** 2).sum()
    far = torch.linalg.vector_norm(gap[~same], dim=1)
    far = torch.maximum(margin - far, torch.zeros_like(far)).square().sum()
    return (near + far) / len(same)
""",
    },
    wrong={
        "not-squared": _loss(near="d"),
        "margin-on-positives": _loss(near="(d - margin).clamp_min(0) ** 2"),
        "negatives-not-squared": _loss(far="(margin - d).clamp_min(0)"),
        "squared-distance": _loss(far="(margin - d2).clamp_min(0) ** 2"),
        "squares-in-hinge": _loss(far="(margin ** 2 - d2).clamp_min(0)"),
        "margin-not-squared-twice": _loss(far="(margin - d2).clamp_min(0)"),
        "no-hinge": _loss(far="(margin - d) ** 2"),
        "hinge-wrong-way": _loss(far="(d - margin).clamp_min(0) ** 2"),
        "minus": _loss(far="-d2"),
        "positives-forgotten": _loss(near="0 * d"),
        "negatives-forgotten": _loss(far="0 * d"),
        "swapped": _loss(terms="torch.where(same, far, near)"),
        "both-terms": _loss(terms="near + far"),
        "sum": _loss(end="terms.sum()"),
        "halved": _loss(end="terms.mean() / 2"),
        "one-per-pair": _loss(end="terms"),
        "manhattan": _loss(d="(a - b).abs().sum(1)", d2="(a - b).abs().sum(1) ** 2"),
        "mean-over-numbers": _loss(
            d="((a - b) ** 2).mean(1).clamp_min(1e-12).sqrt()", d2="((a - b) ** 2).mean(1)"
        ),
        "nan-gradient": _loss(d=_NAN),
        "no-gradient": _loss(d="(a - b).detach().norm(dim=1)", d2="((a - b) ** 2).sum(1).detach()"),
    },
)
