"""Answers to week 4's corruptions."""

from autograder.bank import Exercise

_N = "torch.randn(x.shape, generator=generator)"
_U = "torch.rand(x.shape, generator=generator)"
# a shape with one number for each image, and one without the batch
_PER_IMAGE = "(len(x),) + (1,) * (x.ndim - 1)"


def _gaussian(body: str) -> str:
    return f"def gaussian(x, sigma, generator):\n    {body}\n"


GAUSSIAN = Exercise(
    gives=("gaussian",),
    right={
        "one line": _gaussian(f"return x + sigma * {_N}"),
        "normal_ on an empty tensor": _gaussian(
            "noise = torch.empty_like(x).normal_(0, sigma, generator=generator); return x + noise"
        ),
        "torch.normal, float64": _gaussian(
            "return x.double() + torch.normal(torch.zeros(x.shape, dtype=torch.float64), sigma, "
            "generator=generator)"
        ),
        "image by image": _gaussian(
            "return torch.stack([row + sigma * torch.randn(row.shape, generator=generator)"
            " for row in x])"
        ),
    },
    wrong={
        "variance": _gaussian(f"return x + sigma ** 0.5 * {_N}"),
        "sigma-squared": _gaussian(f"return x + sigma ** 2 * {_N}"),
        "uniform": _gaussian(f"return x + sigma * {_U}"),
        "clipped": _gaussian(f"return (x + sigma * {_N}).clamp(0, 1)"),
        "clipped-before": _gaussian(f"return x.clamp(0, 1) + sigma * {_N}"),
        "one-per-image": _gaussian(
            f"return x + sigma * torch.randn({_PER_IMAGE}, generator=generator)"
        ),
        "same-for-all": _gaussian(
            "return x + sigma * torch.randn(x.shape[1:], generator=generator)"
        ),
        "one-per-row": _gaussian(
            "return x + sigma * torch.randn(*x.shape[:-1], 1, generator=generator)"
        ),
        "generator-ignored": _gaussian("return x + sigma * torch.randn_like(x)"),
        "same-every-time": _gaussian(
            "generator.manual_seed(0); return x + sigma * torch.randn(x.shape, generator=generator)"
        ),
        "changed-its-argument": _gaussian(f"x += sigma * {_N}; return x"),
        "multiplied": _gaussian(f"return x * (1 + sigma * {_N})"),
        "noise-only": _gaussian(f"return sigma * {_N}"),
        "wrong-mean": _gaussian(f"return x + sigma * {_N}.abs()"),
    },
)


def _salt(body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.strip().split("\n"))
    return f"def salt_and_pepper(x, share, generator):\n{lines}\n"


SALT_AND_PEPPER = Exercise(
    gives=("salt_and_pepper",),
    right={
        "one throw, two masks": _salt(f"""
u = {_U}
return x.masked_fill(u < share, 1.0).masked_fill(u < share / 2, 0.0)
"""),
        "where, pepper at the other end": _salt(f"""
u = {_U}
out = torch.where(u < share / 2, torch.ones_like(x), x)
return torch.where(u > 1 - share / 2, torch.zeros_like(x), out)
"""),
        "which pixels, then which colour": _salt(f"""
hit = {_U} < share
colour = ({_U} < 0.5).to(x.dtype)
return torch.where(hit, colour, x)
"""),
        "exactly the share, by a permutation": _salt("""
out = x.clone().flatten()
places = torch.randperm(out.numel(), generator=generator)[: round(share * out.numel())]
half = len(places) // 2
out[places[:half]] = 0.0
out[places[half:]] = 1.0
return out.reshape(x.shape)
"""),
    },
    wrong={
        "salt-only": _salt(f"return x.masked_fill({_U} < share, 1.0)"),
        "pepper-only": _salt(f"return x.masked_fill({_U} < share, 0.0)"),
        "half-share": _salt(f"""
u = {_U}
return x.masked_fill(u < share / 2, 1.0).masked_fill(u < share / 4, 0.0)
"""),
        "double-share": _salt(f"""
salt = {_U} < share
pepper = {_U} < share
return x.masked_fill(salt, 1.0).masked_fill(pepper, 0.0)
"""),
        "overlapping": _salt(f"""
out = x.masked_fill({_U} < share / 2, 1.0)
return out.masked_fill({_U} < share / 2, 0.0)
"""),
        "kept-share": _salt(f"""
hit = {_U} > share
return torch.where(hit, ({_U} < 0.5).to(x.dtype), x)
"""),
        "one-per-image": _salt(f"""
u = torch.rand({_PER_IMAGE}, generator=generator).expand(x.shape)
return x.masked_fill(u < share, 1.0).masked_fill(u < share / 2, 0.0)
"""),
        "same-for-all": _salt("""
u = torch.rand(x.shape[1:], generator=generator)
return torch.where(u < share / 2, 0.0, torch.where(u < share, 1.0, x))
"""),
        "grey": _salt(f"return torch.where({_U} < share, {_U}, x)"),
        "added": _salt(f"""
u = {_U}
return x + (u < share / 2).float() - (u > 1 - share / 2).float()
"""),
        "min-and-max": _salt(f"""
u = {_U}
return torch.where(u < share / 2, x.min(), torch.where(u < share, x.max(), x))
"""),
        "changed-its-argument": _salt(f"""
u = {_U}
x[u < share] = 1.0
x[u < share / 2] = 0.0
return x
"""),
        "generator-ignored": _salt("""
u = torch.rand_like(x)
return x.masked_fill(u < share, 1.0).masked_fill(u < share / 2, 0.0)
"""),
    },
)


def _speckle(body: str) -> str:
    return f"def speckle(x, sigma, generator):\n    {body}\n"


SPECKLE = Exercise(
    gives=("speckle",),
    right={
        "a factor": _speckle(f"return x * (1 + sigma * {_N})"),
        "added in proportion": _speckle(f"return x + x * {_N} * sigma"),
        "torch.normal": _speckle(
            "return x * torch.normal(torch.ones(x.shape), sigma, generator=generator)"
        ),
    },
    wrong={
        "additive": _speckle(f"return x + sigma * {_N}"),
        "signal-lost": _speckle(f"return x * sigma * {_N}"),
        "variance": _speckle(f"return x * (1 + math.sqrt(sigma) * {_N})"),
        "sigma-squared": _speckle(f"return x * (1 + sigma ** 2 * {_N})"),
        "uniform": _speckle(f"return x * (1 + sigma * (2 * {_U} - 1))"),
        "wrong-mean": _speckle(f"return x * (1 + sigma * {_N}.abs())"),
        "clipped": _speckle(f"return (x * (1 + sigma * {_N})).clamp(0, 1)"),
        "one-per-image": _speckle(
            f"return x * (1 + sigma * torch.randn({_PER_IMAGE}, generator=generator))"
        ),
        "same-for-all": _speckle(
            "return x * (1 + sigma * torch.randn(x.shape[1:], generator=generator))"
        ),
        "generator-ignored": _speckle("return x * (1 + sigma * torch.randn(x.shape))"),
        "changed-its-argument": _speckle(f"x *= 1 + sigma * {_N}; return x"),
    },
)


def _mask(body: str) -> str:
    return f"def mask(x, share, generator):\n    {body}\n"


MASK = Exercise(
    gives=("mask",),
    right={
        "masked_fill": _mask(f"return x.masked_fill({_U} < share, 0.0)"),
        "times 0 or 1": _mask(f"return x * ({_U} >= share)"),
        "bernoulli": _mask(
            "return x * torch.bernoulli(torch.full(x.shape, 1 - share), generator=generator)"
        ),
    },
    wrong={
        "kept-share": _mask(f"return x * ({_U} < share)"),
        "rescaled": _mask(f"return x * ({_U} >= share) / (1 - share)"),
        "not-zero": _mask(f"return torch.where({_U} < share, x.mean(), x)"),
        "one-per-image": _mask(
            f"return x * (torch.rand({_PER_IMAGE}, generator=generator) >= share)"
        ),
        "same-for-all": _mask("return x * (torch.rand(x.shape[1:], generator=generator) >= share)"),
        "one-per-row": _mask(
            "return x * (torch.rand(*x.shape[:-1], 1, generator=generator) >= share)"
        ),
        "generator-ignored": _mask("return x * (torch.rand_like(x) >= share)"),
        "changed-its-argument": _mask(f"x[{_U} < share] = 0; return x"),
        "same-every-time": _mask("torch.manual_seed(0); return x * (torch.rand(x.shape) >= share)"),
        "others-changed": _mask(f"return x * {_U} * ({_U} >= share)"),
        "wrong-share": _mask(f"return x * ({_U} >= 0.5)"),
    },
)
