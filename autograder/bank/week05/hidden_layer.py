"""Answers to week 5's Jacobians, the fast closed form, and the estimate."""

from autograder.bank import Exercise


def _jacobians(body: str) -> str:
    return f"def jacobians(encode, x):\n    {body}\n"


JACOBIANS = Exercise(
    gives=("jacobians",),
    needs="from collections.abc import Callable\n",
    right={
        "vmap of jacrev": _jacobians(
            "return torch.func.vmap(torch.func.jacrev(lambda r: encode(r[None])[0]))(x)"
        ),
        "forward mode": """
from torch.func import jacfwd, vmap
def jacobians(encode, x):
    def one(row):
        return encode(row.unsqueeze(0)).squeeze(0)
    return vmap(jacfwd(one))(x)
""",
        "loop over code numbers": """
def jacobians(encode, x):
    x = x.detach().requires_grad_()
    h = encode(x)
    rows = [torch.autograd.grad(h[:, k].sum(), x, create_graph=True)[0] for k in range(h.shape[1])]
    return torch.stack(rows, dim=1)
""",
        "the sum over images has the same Jacobian": """
def jacobians(encode, x):
    j = torch.autograd.functional.jacobian(lambda x: encode(x).sum(0), x, create_graph=True)
    return j.permute(1, 0, 2)
""",
    },
    wrong={
        "whole-batch": _jacobians("return torch.func.jacrev(encode)(x)"),
        "transposed": _jacobians(
            "return torch.func.vmap(torch.func.jacrev(lambda r: encode(r[None])[0]))(x).mT"
        ),
        "code-first": _jacobians("return torch.func.jacrev(lambda x: encode(x).sum(0))(x)"),
        "extra-dimension": _jacobians(
            "return torch.func.vmap(torch.func.jacrev(lambda r: encode(r[None])))(x)"
        ),
        "first-image-only": _jacobians(
            "return torch.func.jacrev(lambda r: encode(r[None])[0])(x[0])[None]"
        ),
        "no-gradient": """
def jacobians(encode, x):
    j = torch.autograd.functional.jacobian(lambda x: encode(x).sum(0), x)
    return j.permute(1, 0, 2)
""",
        "gradient-of-sum": """
def jacobians(encode, x):
    x = x.detach().requires_grad_()
    return torch.autograd.grad(encode(x).sum(), x, create_graph=True)[0]
""",
        "summed-over-images": _jacobians(
            "return torch.func.vmap(torch.func.jacrev(lambda r: encode(r[None])[0]))(x).sum(0)"
        ),
        "squared": _jacobians(
            "return torch.func.vmap(torch.func.jacrev(lambda r: encode(r[None])[0]))(x) ** 2"
        ),
    },
)


def _two(end: str, d: str = "h * (1 - h)", m: str = "(w1 @ w1.T) * (w2.T @ w2)") -> str:
    return f"""
def contractive_two_layers(x, w1, b1, w2):
    h = torch.sigmoid(x @ w1.T + b1)
    d = {d}
    m = {m}
    return {end}
"""


_FORM = "((d @ m) * d).sum(1).mean()"


TWO_LAYERS = Exercise(
    gives=("contractive_two_layers",),
    right={
        "a quadratic form": _two(_FORM),
        "the mean outer product": """
def contractive_two_layers(x, w1, b1, w2):
    a = F.linear(x, w1, b1)
    d = torch.sigmoid(a) * torch.sigmoid(-a)
    outer = d.T @ d / x.shape[0]
    return (outer * (w1 @ w1.T) * (w2.T @ w2)).sum()
""",
        "einsum, pair by pair": """
def contractive_two_layers(x, w1, b1, w2):
    h = (x @ w1.t() + b1).sigmoid()
    d = h - h.square()
    m = torch.einsum("md,nd->mn", w1, w1) * torch.einsum("km,kn->mn", w2, w2)
    return torch.einsum("bm,mn,bn->b", d, m, d).mean()
""",
    },
    wrong={
        "jacobian-built": """
def contractive_two_layers(x, w1, b1, w2):
    h = torch.sigmoid(x @ w1.T + b1)
    j = (w2 * (h * (1 - h))[:, None, :]) @ w1
    return (j ** 2).sum(dim=(1, 2)).mean()
""",
        "slope-missing": _two("m.sum()"),
        "diagonal-only": _two("(d ** 2 @ m.diagonal()).mean()"),
        "slope-squared": _two(_FORM, d="(h * (1 - h)) ** 2"),
        "matrix-product": _two(_FORM, m="(w1 @ w1.T) @ (w2.T @ w2)"),
        "norms-multiplied": _two("(d ** 2 @ (w1 ** 2).sum(1)).mean() * (w2 ** 2).sum()"),
        "h-not-slope": _two(_FORM, d="h"),
        "sum-over-batch": _two("((d @ m) * d).sum()"),
        "not-squared": _two("((d @ m) * d).sum(1).sqrt().mean()"),
        "second-layer-missing": _two("(d ** 2 @ (w1 ** 2).sum(1)).mean()"),
        "no-gradient": _two("((d @ m) * d).sum(1).mean().item()"),
        "bias-missing": """
def contractive_two_layers(x, w1, b1, w2):
    h = torch.sigmoid(x @ w1.T)
    d = h * (1 - h)
    return ((d @ ((w1 @ w1.T) * (w2.T @ w2))) * d).sum(1).mean()
""",
    },
)


def _hutchinson(
    draw: str = "v = torch.randint(2, h.shape, generator=generator).to(h.dtype) * 2 - 1",
    keep: str = "create_graph=True",
    each: str = "values.append((g ** 2).sum(1).mean())",
    after: str = "values = torch.stack(values)",
    estimate: str = "values.mean()",
    error: str = "values.detach().std() / probes ** 0.5",
) -> str:
    return f"""
def hutchinson(encode, x, probes, generator):
    x = x.clone().requires_grad_()
    h = encode(x)
    values = []
    for _ in range(probes):
        {draw}
        g = torch.autograd.grad(h, x, v, {keep})[0]
        {each}
    {after}
    return {estimate}, {error}
"""


HUTCHINSON = Exercise(
    gives=("hutchinson",),
    needs="from collections.abc import Callable\n",
    right={
        "signs": _hutchinson(),
        "normal probes": _hutchinson(
            draw="v = torch.randn(h.shape, generator=generator, dtype=h.dtype)"
        ),
        "forward mode, from the other side": """
def hutchinson(encode, x, probes, generator):
    values = []
    for _ in range(probes):
        v = torch.randn(x.shape, generator=generator, dtype=x.dtype)
        _, step = torch.func.jvp(encode, (x,), (v,))
        values.append(step.square().sum(dim=1).mean())
    values = torch.stack(values)
    return values.mean(), float(values.detach().var() / probes) ** 0.5
""",
        "all probes at once": """
def hutchinson(encode, x, probes, generator):
    n = len(x)
    copies = x.repeat(probes, 1).requires_grad_()
    h = encode(copies)
    v = torch.sign(torch.rand(h.shape, generator=generator, dtype=h.dtype) - 0.5)
    (g,) = torch.autograd.grad((h * v).sum(), copies, create_graph=True)
    means = g.pow(2).sum(1).reshape(probes, n).mean(1)
    return means.mean(), means.detach().std().item() / math.sqrt(probes)
""",
    },
    wrong={
        "probe-variance": _hutchinson(
            draw="v = 2 * torch.rand(h.shape, generator=generator, dtype=h.dtype) - 1"
        ),
        "probe-not-centred": _hutchinson(
            draw="v = torch.randint(2, h.shape, generator=generator).to(h.dtype)"
        ),
        "unit-length": _hutchinson(
            draw="v = F.normalize(torch.randn(h.shape, generator=generator, dtype=h.dtype))"
        ),
        "not-squared": _hutchinson(each="values.append(g.norm(dim=1).mean())"),
        "sum-over-batch": _hutchinson(each="values.append((g ** 2).sum())"),
        "sum-over-probes": _hutchinson(estimate="values.sum()"),
        "averaged-first": _hutchinson(
            each="values.append(g)",
            after="values = torch.stack(values); squares = (values ** 2).sum(2).mean(1)",
            estimate="(values.mean(0) ** 2).sum(1).mean()",
            error="squares.detach().std() / probes ** 0.5",
        ),
        "no-probe": _hutchinson(draw="v = torch.ones_like(h)"),
        "generator-ignored": _hutchinson(draw="v = torch.randn_like(h)"),
        "no-gradient": _hutchinson(keep="retain_graph=True"),
        "same-probe": _hutchinson(
            draw="v = torch.randn(h.shape[1], generator=generator, dtype=h.dtype).expand_as(h)"
        ),
        "deviation-not-error": _hutchinson(error="values.detach().std()"),
        "spread-of-images": _hutchinson(
            each="values.append((g ** 2).sum(1))",
            error="values.detach().std() / values.numel() ** 0.5",
        ),
        "variance": _hutchinson(error="values.detach().var() / probes"),
        "mean-over-pixels": _hutchinson(each="values.append((g ** 2).mean())"),
        "raised-RuntimeError": _hutchinson(
            draw="v = torch.randn(x.shape, generator=generator, dtype=x.dtype)"
        ),
    },
)
