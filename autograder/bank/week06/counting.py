"""Answers to week 6's counting measures: pair AUC, retrieval, neighbour overlap."""

from autograder.bank import Exercise


def _auc(body: str) -> str:
    return f"""
def auc(same, diff):
    w = same[:, None] > diff
    t = same[:, None] == diff
    return {body}
"""


AUC = Exercise(
    gives=("auc",),
    right={
        "table of comparisons": _auc("float((w.double() + 0.5 * t.double()).mean())"),
        "searchsorted": """
def auc(same, diff):
    d = torch.sort(diff)[0]
    lo = torch.searchsorted(d, same)
    hi = torch.searchsorted(d, same, right=True)
    return (lo + hi).sum().item() / 2 / len(same) / len(diff)
""",
        "signs, a tensor": """
def auc(same, diff):
    return (1 + torch.sign(same[:, None] - diff[None]).double().mean()) / 2
""",
        "mean ranks": """
def auc(same, diff):
    every = torch.cat([same, diff]).double()
    _, place, count = every.unique(return_inverse=True, return_counts=True)
    rank = (count.cumsum(0) - (count - 1) / 2)[place]
    s, d = len(same), len(diff)
    return float((rank[:s].sum() - s * (s + 1) / 2) / (s * d))
""",
    },
    wrong={
        "ties-lose": _auc("float(w.double().mean())"),
        "ties-win": _auc("float((w | t).double().mean())"),
        "swapped": _auc("float(1 - (w.double() + 0.5 * t.double()).mean())"),
        "count": _auc("float((w.double() + 0.5 * t.double()).sum())"),
        "wrong-number": _auc("float((w.double() + 0.5 * t.double()).sum() / len(same))"),
        "gini": _auc("float(w.double().mean() - (~w & ~t).double().mean())"),
        "paired": """
def auc(same, diff):
    n = min(len(same), len(diff))
    return float((same[:n] > diff[:n]).double().mean())
""",
        "above-the-mean": _auc("float((same > diff.mean()).double().mean())"),
        "mean-difference": _auc("float(same.mean() - diff.mean())"),
        "changed-its-argument": """
def auc(same, diff):
    diff[:] = diff.sort().values
    lo = torch.searchsorted(diff, same)
    hi = torch.searchsorted(diff, same, right=True)
    return float((lo + hi).double().mean() / (2 * len(diff)))
""",
    },
)


def _map(
    units: str = "F.normalize(z.double())",
    score: str = "u @ u.T",
    hide: str = "s.fill_diagonal_(-torch.inf)",
    order: str = "s.argsort(dim=1, descending=True)[:, :-1]",
    each: str = "(p * hit).sum(1) / hit.sum(1)",
    give: str = "float(each.mean())",
) -> str:
    return f"""
def mean_average_precision(z, labels):
    u = {units}
    s = {score}
    {hide}
    order = {order}
    hit = (labels[order] == labels[:, None]).double()
    p = hit.cumsum(1) / torch.arange(1, hit.shape[1] + 1)
    each = {each}
    return {give}
"""


MEAN_AVERAGE_PRECISION = Exercise(
    gives=("mean_average_precision",),
    right={
        "one table": _map(),
        "query by query": """
def mean_average_precision(z, labels):
    u = z.double() / z.double().norm(dim=1, keepdim=True)
    total = 0.0
    for i in range(len(z)):
        rest = [j for j in range(len(z)) if j != i]
        rest.sort(key=lambda j: -float(u[i] @ u[j]))
        found, precisions = 0, []
        for rank, j in enumerate(rest, start=1):
            if labels[j] == labels[i]:
                found += 1
                precisions.append(found / rank)
        total += sum(precisions) / found
    return total / len(z)
""",
        "float32, positions of the hits": """
def mean_average_precision(z, labels):
    u = z / z.norm(dim=1, keepdim=True)
    out = []
    for i in range(len(z)):
        keep = torch.arange(len(z)) != i
        order = torch.argsort(-(u[keep] @ u[i]))
        places = torch.nonzero(labels[keep][order] == labels[i])[:, 0] + 1
        out.append((torch.arange(1, len(places) + 1) / places).mean())
    return torch.stack(out).mean()
""",
    },
    wrong={
        "query-included": _map(hide="pass", order="s.argsort(dim=1, descending=True)"),
        "first-dropped": _map(
            hide="pass", order="s.argsort(dim=1, descending=True, stable=True)[:, 1:]"
        ),
        "ascending": _map(hide="s.fill_diagonal_(torch.inf)", order="s.argsort(dim=1)[:, :-1]"),
        "not-normalised": _map(units="z.double()"),
        "euclidean": _map(score="-torch.cdist(z.double(), z.double())"),
        "all-ranks": _map(each="p.mean(1)"),
        "divided-by-all": _map(each="(p * hit).mean(1)"),
        "precision-at-r": _map(each="p.gather(1, hit.sum(1, keepdim=True).long() - 1)[:, 0]"),
        "reciprocal-rank": _map(each="1 / (1 + hit.argmax(1))"),
        "sum": _map(each="(p * hit).sum(1)"),
        "one-per-query": _map(give="each"),
        "mean-over-classes": _map(
            give="float(torch.stack([each[labels == c].mean() for c in labels.unique()]).mean())"
        ),
    },
)


def _overlap(
    table: str = "torch.cdist(z, z)",
    near: str = ".fill_diagonal_(torch.inf).topk(k, largest=False).indices",
    spaces: str = "(a, b)",
    count: str = "(p[:, :, None] == q[:, None, :]).sum()",
    give: str = "float(shared) / (k * len(a))",
) -> str:
    return f"""
def neighbour_overlap(a, b, k):
    p, q = ({table}{near} for z in {spaces})
    shared = {count}
    return {give}
"""


NEIGHBOUR_OVERLAP = Exercise(
    gives=("neighbour_overlap",),
    right={
        "all against all": _overlap(),
        "sets": """
def neighbour_overlap(a, b, k):
    def near(z):
        z = z.double()
        rows = []
        for i in range(len(z)):
            d = ((z - z[i]) ** 2).sum(1)
            d[i] = float("inf")
            rows.append(set(d.argsort()[:k].tolist()))
        return rows
    return sum(len(p & q) / k for p, q in zip(near(a), near(b))) / len(a)
""",
        "membership tables": """
def neighbour_overlap(a, b, k):
    member = []
    for z in (a, b):
        d = torch.cdist(z, z) + torch.diag(torch.full((len(z),), torch.inf))
        m = torch.zeros(len(z), len(z))
        m.scatter_(1, d.argsort(dim=1)[:, :k], 1.0)
        member.append(m)
    return ((member[0] * member[1]).sum(1) / k).mean()
""",
    },
    wrong={
        "self-counted": _overlap(near=".topk(k, largest=False).indices"),
        "one-too-few": _overlap(
            near=".topk(k, largest=False).indices[:, 1:]", give="float(shared) / (k * len(a))"
        ),
        "jaccard": """
def neighbour_overlap(a, b, k):
    p, q = (torch.cdist(z, z).fill_diagonal_(torch.inf).topk(k, largest=False).indices
            for z in (a, b))
    s = (p[:, :, None] == q[:, None, :]).sum(dim=(1, 2))
    return float((s / (2 * k - s)).mean())
""",
        "same-place": _overlap(count="(p == q).sum()"),
        "all-or-nothing": """
def neighbour_overlap(a, b, k):
    p, q = (torch.cdist(z, z).fill_diagonal_(torch.inf).topk(k, largest=False).indices
            for z in (a, b))
    return float((p.sort(1).values == q.sort(1).values).all(1).double().mean())
""",
        "any": _overlap(
            count="(p[:, :, None] == q[:, None, :]).flatten(1).any(1).sum()",
            give="float(shared) / len(a)",
        ),
        "count": _overlap(give="float(shared) / len(a)"),
        "not-averaged": _overlap(give="float(shared) / k"),
        "divided-by-n": _overlap(give="float(shared) / (len(a) * (len(a) - 1))"),
        "farthest": _overlap(near=".topk(k).indices"),
        "cosine": _overlap(table="(1 - F.normalize(z) @ F.normalize(z).T)"),
        "manhattan": _overlap(table="torch.cdist(z, z, p=1)"),
        "one-space": _overlap(spaces="(a, a)"),
    },
)
