"""Answers to week 3's choice of a width, and to the network that copies."""

from autograder.bank import Exercise

_SPLIT = """order = torch.randperm(len(x_train), generator=generator)
    x_val, x_fit = x_train[order[:n_validation]], x_train[order[n_validation:]]"""

_LOOP = """for k in widths:
        if error(fit(x_fit, k), x_val) <= target:
            break"""


def _width(
    split: str = _SPLIT,
    loop: str = _LOOP,
    end: str = "return k, error(fit(x_train, k), x_test)",
    error: str = "float(((model(x) - x) ** 2).sum(dim=1).mean())",
) -> str:
    return f"""
def smallest_width(x_train, x_test, widths, target, n_validation, generator, fit):
    def error(model, x):
        return {error}
    {split}
    {loop}
    {end}
"""


SMALLEST_WIDTH = Exercise(
    gives=("smallest_width",),
    needs="from collections.abc import Callable\n",
    right={
        "loop with break": _width(),
        "all widths first, then the first that is good enough": """
def smallest_width(x_train, x_test, widths, target, n_validation, generator, fit):
    shuffled = x_train[torch.randperm(x_train.shape[0], generator=generator)]
    kept, held = shuffled[:-n_validation], shuffled[-n_validation:]
    sse = [(fit(kept, k)(held) - held).pow(2).flatten(1).sum(1).mean().item() for k in widths]
    good = [k for k, e in zip(widths, sse) if e <= target]
    best = good[0] if good else widths[-1]
    final = fit(x_train, best)
    return best, (final(x_test) - x_test).pow(2).sum().item() / len(x_test)
""",
        "a mask, measured in small batches": """
def smallest_width(x_train, x_test, widths, target, n_validation, generator, fit):
    held = torch.zeros(len(x_train), dtype=torch.bool)
    held[torch.randperm(len(x_train), generator=generator)[:n_validation]] = True
    def error(model, x):
        total = 0.0
        with torch.no_grad():
            for batch in x.split(4):
                total += torch.sum((model(batch) - batch) ** 2).item()
        return total / len(x)
    chosen = None
    for k in widths:
        if chosen is None and error(fit(x_train[~held], k), x_train[held]) <= target:
            chosen = k
    if chosen is None:
        chosen = widths[len(widths) - 1]
    model = fit(x_train, chosen)
    return [chosen, torch.tensor(error(model, x_test))]
""",
    },
    wrong={
        "chosen-on-test": _width(
            split="",
            loop="""for k in widths:
        model = fit(x_train, k)
        if error(model, x_test) <= target:
            break""",
            end="return k, error(model, x_test)",
        ),
        "training-error": _width(loop=_LOOP.replace("x_val)", "x_fit)")),
        "overlap": _width(
            split="order = torch.randperm(len(x_train), generator=generator)\n"
            "    x_val, x_fit = x_train[order[:n_validation]], x_train"
        ),
        "not-refitted": _width(end="return k, error(fit(x_fit, k), x_test)"),
        "validation-error": _width(end="return k, error(fit(x_fit, k), x_val)"),
        "widest": _width(
            loop="k = min(widths, key=lambda k: error(fit(x_fit, k), x_val))",
        ),
        "not-random": _width(split="x_val, x_fit = x_train[:n_validation], x_train[n_validation:]"),
        "split-per-width": _width(
            split="",
            loop="""for k in widths:
        order = torch.randperm(len(x_train), generator=generator)
        x_val, x_fit = x_train[order[:n_validation]], x_train[order[n_validation:]]
        if error(fit(x_fit, k), x_val) <= target:
            break""",
        ),
        "generator-ignored": _width(split=_SPLIT.replace("generator=generator", "")),
        "mean-over-pixels": _width(error="float(((model(x) - x) ** 2).mean())"),
        "not-at-most": _width(loop=_LOOP.replace("<=", "<")),
        "wrong-split": _width(
            split=_SPLIT.replace("[:n_validation]", "[n_validation:]", 1).replace(
                "x_train[order[n_validation:]]", "x_train[order[:n_validation]]"
            )
        ),
    },
)


def _copy(w: str, v: str, b: str = "torch.zeros(2 * d)", c: str = "torch.zeros(d)") -> str:
    return f"""
def copy_weights(d):
    one = torch.eye(d)
    return {w}, {b}, {v}, {c}
"""


COPY_WEIGHTS = Exercise(
    gives=("copy_weights",),
    right={
        "blocks": _copy("torch.cat([one, -one])", "torch.cat([one, -one], dim=1)"),
        "the two halves taken in turns": """
def copy_weights(d):
    w = torch.zeros(2 * d, d)
    for i in range(d):
        w[2 * i, i], w[2 * i + 1, i] = 1.0, -1.0
    return w, torch.zeros(2 * d), w.T.clone(), torch.zeros(d)
""",
        "scaled, numpy": """
def copy_weights(d):
    w = np.kron(np.array([[-4.0], [4.0]]), np.eye(d)).astype(np.float32)
    return w, np.zeros(2 * d, np.float32), w.T / 16, np.zeros(d, np.float32)
""",
    },
    wrong={
        "not-twice": _copy("one", "one", b="torch.zeros(d)"),
        "negative-lost": _copy(
            "torch.cat([one, one])", "torch.cat([one, torch.zeros(d, d)], dim=1)"
        ),
        "negative-half-lost": _copy("torch.cat([one, one])", "torch.cat([one, one], dim=1)"),
        "absolute": _copy("torch.cat([one, -one])", "torch.cat([one, one], dim=1)"),
        "sign": _copy("torch.cat([one, -one])", "torch.cat([-one, one], dim=1)"),
        "doubled": _copy("torch.cat([one, -one])", "2 * torch.cat([one, -one], dim=1)"),
        "halved": _copy("torch.cat([one, -one])", "torch.cat([one, -one], dim=1) / 2"),
        "transposed": _copy("torch.cat([one, -one], dim=1)", "torch.cat([one, -one])"),
        "nothing": _copy("torch.cat([one, one])", "torch.cat([one, -one], dim=1)"),
        "bias-trick": _copy(
            "torch.cat([one, one])",
            "torch.cat([one, torch.zeros(d, d)], dim=1)",
            b="torch.full((2 * d,), 100.0)",
            c="torch.full((d,), -100.0)",
        ),
    },
)
