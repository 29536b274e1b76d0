"""Answers to week 5's contractive penalty: by a loop, and for one sigmoid layer."""

from autograder.bank import Exercise


def _loop(
    ready: str = "x = x.clone().requires_grad_()",
    h: str = "model.encode(x)",
    before: str = "mode = model.training; model.eval()",
    after: str = "model.train(mode)",
    by: str = "x",
    each: str = "for j in range(h.shape[1]):",
    output: str = "h[:, j].sum()",
    keep: str = "create_graph=True",
    add: str = "total = total + (g ** 2).sum()",
    end: str = "return total / len(x)",
) -> str:
    return f"""
def contractive_loop(model, x):
    {before}
    {ready}
    h = {h}
    {after}
    total = 0.0
    {each}
        g = torch.autograd.grad({output}, {by}, {keep})[0]
        {add}
    {end}
"""


LOOP = Exercise(
    gives=("contractive_loop",),
    right={
        "one gradient per code number": _loop(),
        "image by image": """
def contractive_loop(model, x):
    norms = []
    mode = model.training
    model.train(False)
    for row in x:
        row = row[None].detach().requires_grad_(True)
        code = model.encode(row)[0]
        rows = [torch.autograd.grad(c, row, create_graph=True)[0] for c in code]
        norms.append(sum(r.pow(2).sum() for r in rows))
    model.train(mode)
    return torch.stack(norms).mean()
""",
        "unit vectors from the left, every module's mode kept": """
def contractive_loop(model, x):
    x = x.detach().requires_grad_()
    modes = [(m, m.training) for m in model.modules()]
    try:
        model.eval()
        h = model.encode(x)
    finally:
        for m, mode in modes:
            m.training = mode
    squares = torch.zeros(len(x), dtype=x.dtype)
    for e in torch.eye(h.shape[1], dtype=h.dtype):
        (g,) = torch.autograd.grad(h, x, e.expand_as(h), create_graph=True)
        squares = squares + g.square().sum(dim=1)
    return squares.mean()
""",
    },
    wrong={
        "decoder-jacobian": _loop(
            ready="z = model.encode(x).detach().requires_grad_()", h="model.decode(z)", by="z"
        ),
        "whole-autoencoder": _loop(h="model(x)"),
        "not-squared": _loop(
            add="total = total + (g ** 2).sum(1)", end="return total.sqrt().mean()"
        ),
        "sum-over-batch": _loop(end="return total"),
        "no-gradient": _loop(keep="retain_graph=True"),
        "summed-outputs": _loop(each="for j in range(1):", output="h.sum()"),
        "mean-over-code": _loop(end="return total / h.numel()"),
        "mean-over-entries": _loop(end="return total / len(x) / h.shape[1] / x.shape[1]"),
        "absolute-values": _loop(add="total = total + g.abs().sum()"),
        "last-output-only": _loop(add="total = (g ** 2).sum()"),
        "batch-norm-coupled": _loop(before="", after=""),
        "mode-changed": _loop(after=""),
        "grads-left-behind": """
def contractive_loop(model, x):
    x = x.clone().requires_grad_()
    h = model.encode(x)
    total = 0.0
    for j in range(h.shape[1]):
        x.grad = None
        h[:, j].sum().backward(create_graph=True)
        total = total + (x.grad ** 2).sum()
    return total / len(x)
""",
        "one-per-image": _loop(add="total = total + (g ** 2).sum(1)", end="return total"),
    },
)


def _sigmoid(end: str, a: str = "x @ weight.T + bias", slope: str = "h * (1 - h)") -> str:
    return f"""
def contractive_sigmoid(x, weight, bias):
    a = {a}
    h = torch.sigmoid(a)
    d = {slope}
    return {end}
"""


SIGMOID = Exercise(
    gives=("contractive_sigmoid",),
    right={
        "row norms": _sigmoid("(d ** 2 @ (weight ** 2).sum(1)).mean()"),
        "the Jacobian written out": """
def contractive_sigmoid(x, weight, bias):
    h = torch.sigmoid(F.linear(x, weight, bias))
    j = (h - h ** 2)[:, :, None] * weight[None]
    return j.pow(2).flatten(1).sum(1).mean()
""",
        "einsum and a mean slope": """
def contractive_sigmoid(x, weight, bias):
    h = 1 / (1 + torch.exp(-(torch.einsum("nd,kd->nk", x, weight) + bias)))
    mean_square = ((h * (1 - h)) ** 2).mean(dim=0)
    return torch.dot(mean_square, weight.norm(dim=1) ** 2)
""",
    },
    wrong={
        "slope-missing": _sigmoid("(weight ** 2).sum()"),
        "slope-not-squared": _sigmoid("(d @ (weight ** 2).sum(1)).mean()"),
        "slope-of-preactivation": _sigmoid(
            "(d ** 2 @ (weight ** 2).sum(1)).mean()", slope="a * (1 - a)"
        ),
        "sum-over-batch": _sigmoid("(d ** 2 @ (weight ** 2).sum(1)).sum()"),
        "not-squared": _sigmoid("(d ** 2 @ (weight ** 2).sum(1)).sqrt().mean()"),
        "bias-missing": _sigmoid("(d ** 2 @ (weight ** 2).sum(1)).mean()", a="x @ weight.T"),
        "transposed-weights": _sigmoid("(d ** 2 @ (weight ** 2).sum(0)).mean()"),
        "norms-multiplied": _sigmoid("(d ** 2).sum(1).mean() * (weight ** 2).sum()"),
        "slope-of-tanh": _sigmoid("(d ** 2 @ (weight ** 2).sum(1)).mean()", slope="1 - h ** 2"),
        "mean-over-code": _sigmoid("(d ** 2 * (weight ** 2).sum(1)).mean()"),
        "no-gradient": _sigmoid("(d ** 2 @ (weight ** 2).sum(1)).mean().item()"),
        "h-not-slope": _sigmoid("(h ** 2 @ (weight ** 2).sum(1)).mean()"),
        "sigmoid-twice": _sigmoid(
            "(d ** 2 @ (weight ** 2).sum(1)).mean()",
            slope="torch.sigmoid(h) * (1 - torch.sigmoid(h))",
        ),
    },
)
