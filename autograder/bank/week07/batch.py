"""Answers to week 7's losses of a whole batch: all pairs, and supervised contrastive."""

from autograder.bank import Exercise


def _all(
    pairs: str = "torch.triu_indices(len(z), len(z), offset=1)",
    near: str = "d[same] ** 2",
    far: str = "(margin - d[~same]).clamp_min(0) ** 2",
    d: str = "(z[i] - z[j]).norm(dim=1)",
    end: str = "(near.sum() / max(len(near), 1) + far.sum() / max(len(far), 1)) / 2",
) -> str:
    return f"""
def all_pairs_loss(z, labels, margin):
    i, j = {pairs}
    d = {d}
    same = labels[i] == labels[j]
    near, far = {near}, {far}
    return {end}
"""


ALL_PAIRS_LOSS = Exercise(
    gives=("all_pairs_loss",),
    right={
        "pairs i < j": _all(),
        "the whole square without its diagonal": """
def all_pairs_loss(z, labels, margin):
    squared = ((z[:, None] - z[None]) ** 2).sum(2)
    distance = (squared + 1e-12).sqrt()
    other = ~torch.eye(len(z), dtype=torch.bool)
    same = labels[:, None] == labels[None]
    near, far = same & other, ~same
    attract = (squared * near).sum() / near.sum().clamp_min(1)
    repel = (F.relu(margin - distance).square() * far).sum() / far.sum().clamp_min(1)
    return 0.5 * attract + 0.5 * repel
""",
        "pdist": """
def all_pairs_loss(z, labels, margin):
    d = F.pdist(z)
    i, j = torch.triu_indices(len(z), len(z), 1)
    same = labels[i] == labels[j]
    total = 0 * z.sum()
    if same.any():
        total = total + d[same].pow(2).mean()
    if (~same).any():
        total = total + (margin - d[~same]).clamp(min=0).pow(2).mean()
    return total / 2
""",
    },
    wrong={
        "self-pairs": _all(pairs="torch.cartesian_prod(*2 * [torch.arange(len(z))]).T"),
        "half-self-pairs": _all(pairs="torch.triu_indices(len(z), len(z))"),
        "one-mean": _all(end="torch.cat([near, far]).mean()"),
        "divided-by-all": _all(end="2 * (near.sum() + far.sum()) / len(z) ** 2"),
        "sum-of-means": _all(end="near.sum() / max(len(near), 1) + far.sum() / max(len(far), 1)"),
        "sum": _all(end="near.sum() + far.sum()"),
        "swapped": _all(near="d[~same] ** 2", far="(margin - d[same]).clamp_min(0) ** 2"),
        "not-squared": _all(near="d[same]"),
        "margin-on-positives": _all(near="(d[same] - margin).clamp_min(0) ** 2"),
        "negatives-not-squared": _all(far="(margin - d[~same]).clamp_min(0)"),
        "squared-distance": _all(far="(margin - d[~same] ** 2).clamp_min(0) ** 2"),
        "no-hinge": _all(far="(margin - d[~same]) ** 2"),
        "only-positives": _all(end="near.sum() / max(len(near), 1) / 2"),
        "neighbours-only": _all(pairs="(torch.arange(len(z) - 1), torch.arange(1, len(z)))"),
        "nan-empty": _all(end="(near.mean() + far.mean()) / 2"),
        "nan-gradient": _all(d="((z[i] - z[j]) ** 2).sum(1).sqrt()"),
        "no-gradient": _all(d="(z[i] - z[j]).detach().norm(dim=1)"),
    },
)


def _supcon(
    units: str = "F.normalize(z)",
    table: str = "u @ u.T / temperature",
    below: str = "s.masked_fill(own, -torch.inf)",
    positive: str = "(labels[:, None] == labels) & ~own",
    each: str = "-(logs.masked_fill(~p, 0)).sum(1) / p.sum(1).clamp_min(1)",
    end: str = "each[p.any(1)].mean()",
) -> str:
    return f"""
def supcon_loss(z, labels, temperature):
    u = {units}
    s = {table}
    own = torch.eye(len(z), dtype=torch.bool)
    logs = s - ({below}).logsumexp(1, keepdim=True)
    p = {positive}
    each = {each}
    return {end}
"""


_SHARES = "logs.exp().masked_fill(~p, 0).sum(1)"

SUPCON_LOSS = Exercise(
    gives=("supcon_loss",),
    right={
        "logsumexp": _supcon(),
        "image by image": """
def supcon_loss(z, labels, temperature):
    u = z / z.norm(dim=1, keepdim=True)
    losses = []
    for i in range(len(z)):
        others = torch.arange(len(z)) != i
        logs = ((u[others] @ u[i]) / temperature).log_softmax(0)
        mine = labels[others] == labels[i]
        if mine.any():
            losses.append(-logs[mine].mean())
    return torch.stack(losses).mean()
""",
        "without the diagonal column": """
def supcon_loss(z, labels, temperature):
    n = len(z)
    u = F.normalize(z.double(), dim=1)
    others = torch.stack([torch.cat([torch.arange(i), torch.arange(i + 1, n)]) for i in range(n)])
    s = (u @ u.T).gather(1, others) / temperature
    s = s - s.max(dim=1, keepdim=True).values
    log_share = s - s.exp().sum(1, keepdim=True).log()
    positive = (labels[others] == labels[:, None]).double()
    partners = positive.sum(1)
    usable = partners > 0
    mean = (positive * log_share).sum(1)[usable] / partners[usable]
    return -mean.mean()
""",
    },
    wrong={
        "self-in-sum": _supcon(below="s"),
        "self-as-positive": _supcon(below="s", positive="labels[:, None] == labels"),
        "negatives-below": _supcon(below="s.masked_fill(labels[:, None] == labels, -torch.inf)"),
        "log-of-mean": _supcon(each=f"-({_SHARES} / p.sum(1)).clamp_min(1e-300).log()"),
        "log-of-sum": _supcon(each=f"-({_SHARES}).clamp_min(1e-300).log()"),
        "sum-over-positives": _supcon(each="-(logs.masked_fill(~p, 0)).sum(1)"),
        "divided-by-batch": _supcon(each="-(logs.masked_fill(~p, 0)).sum(1) / len(z)"),
        "not-normalised": _supcon(units="z"),
        "columns-normalised": _supcon(units="F.normalize(z, dim=0)"),
        "times-temperature": _supcon(table="u @ u.T * temperature"),
        "sign": _supcon(end="-each[p.any(1)].mean()"),
        "sum": _supcon(end="each[p.any(1)].sum()"),
        "scaled": _supcon(end="temperature * each[p.any(1)].mean()"),
        "alone-counted": _supcon(end="each.mean()"),
        "nan-alone": _supcon(
            each="-(logs.masked_fill(~p, 0)).sum(1) / p.sum(1)", end="each.mean()"
        ),
        "nan-diagonal": _supcon(
            table="(u @ u.T / temperature).fill_diagonal_(-torch.inf)",
            each="-(logs * p).sum(1) / p.sum(1).clamp_min(1)",
        ),
        "overflow": """
def supcon_loss(z, labels, temperature):
    u = F.normalize(z)
    e = (u @ u.T / temperature).exp()
    own = torch.eye(len(z), dtype=torch.bool)
    share = e / e.masked_fill(own, 0).sum(1, keepdim=True)
    p = (labels[:, None] == labels) & ~own
    each = -share.log().masked_fill(~p, 0).sum(1) / p.sum(1).clamp_min(1)
    return each[p.any(1)].mean()
""",
    },
)
