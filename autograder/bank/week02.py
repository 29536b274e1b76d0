"""Answers to week 2: the vanilla autoencoder."""

from autograder.bank import Exercise

_MLP = """
def mlp(sizes):
    layers = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
"""

MLP = Exercise(
    gives=("mlp",),
    right={
        "list and Sequential": _MLP,
        "own module with functional relu": """
class Stack(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Linear(sizes[i], sizes[i + 1]) for i in range(len(sizes) - 1)
        )
    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)

def mlp(sizes):
    return Stack(sizes)
""",
        "one shared activation": """
def mlp(sizes):
    net, bend = nn.Sequential(nn.Linear(sizes[0], sizes[1])), nn.ReLU(inplace=True)
    for i in range(1, len(sizes) - 1):
        net.append(bend)
        net.append(nn.Linear(sizes[i], sizes[i + 1]))
    return net
""",
    },
    wrong={
        "activation-at-end": """
def mlp(sizes):
    layers = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers)
""",
        "no-activation": """
def mlp(sizes):
    return nn.Sequential(*(nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:])))
""",
        "activation-first": """
def mlp(sizes):
    layers = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        layers += [nn.ReLU(), nn.Linear(a, b)]
    return nn.Sequential(*layers)
""",
        "one-layer": """
def mlp(sizes):
    return nn.Sequential(nn.Linear(sizes[0], sizes[-1]))
""",
        "layer-missing": """
def mlp(sizes):
    layers = []
    for i in range(len(sizes) - 2):
        layers += [nn.Linear(sizes[i], sizes[i + 1]), nn.ReLU()]
    return nn.Sequential(*layers)
""",
        "other-activation": """
def mlp(sizes):
    layers = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        layers += [nn.Linear(a, b), nn.Tanh()]
    return nn.Sequential(*layers[:-1])
""",
        "sigmoid-at-end": _MLP.replace("*layers[:-1])", "*layers[:-1], nn.Sigmoid())"),
        "no-parameters": """
def mlp(sizes):
    layers = [nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:])]
    class Stack(nn.Module):
        def forward(self, x):
            for layer in layers[:-1]:
                x = layer(x).relu()
            return layers[-1](x)
    return Stack()
""",
    },
)


def _auto(init: str, encode: str, decode: str, forward: str) -> str:
    return f"""
class Autoencoder(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        {init}
    def encode(self, x):
        {encode}
    def decode(self, z):
        {decode}
    def forward(self, x):
        {forward}
"""


_HALVES = "self.encoder, self.decoder = mlp(sizes), mlp(sizes[::-1])"
_BOTH = "return self.decode(self.encode(x))"

AUTOENCODER = Exercise(
    gives=("Autoencoder",),
    needs=_MLP,
    right={
        "two stacks": _auto(_HALVES, "return self.encoder(x)", "return self.decoder(z)", _BOTH),
        "written out": """
class Autoencoder(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.down = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.up = nn.ModuleList(nn.Linear(b, a) for a, b in reversed(list(zip(sizes, sizes[1:]))))
    def encode(self, x):
        for i, layer in enumerate(self.down):
            x = layer(x if i == 0 else torch.relu(x))
        return x
    def decode(self, z):
        for i, layer in enumerate(self.up):
            z = layer(z if i == 0 else torch.relu(z))
        return z
    def forward(self, x):
        return self.decode(self.encode(x))
""",
    },
    wrong={
        "not-mirrored": _auto(
            "self.encoder = mlp(sizes); self.decoder = mlp([sizes[-1], sizes[0]])",
            "return self.encoder(x)",
            "return self.decoder(z)",
            _BOTH,
        ),
        "relu-code": _auto(
            _HALVES, "return torch.relu(self.encoder(x))", "return self.decoder(z)", _BOTH
        ),
        "squashed-output": _auto(
            _HALVES, "return self.encoder(x)", "return torch.sigmoid(self.decoder(z))", _BOTH
        ),
        "relu-output": _auto(
            _HALVES, "return self.encoder(x)", "return torch.relu(self.decoder(z))", _BOTH
        ),
        "forward-returns-code": _auto(
            _HALVES, "return self.encoder(x)", "return self.decoder(z)", "return self.encoder(x)"
        ),
        "raised-RuntimeError": _auto(
            "self.encoder, self.decoder = mlp(sizes), mlp(sizes)",
            "return self.encoder(x)",
            "return self.decoder(z)",
            _BOTH,
        ),
        "forward-is-identity": _auto(
            _HALVES, "return self.encoder(x)", "return self.decoder(z)", "return x"
        ),
        "no-gradient": _auto(
            _HALVES,
            "return self.encoder(x)",
            "return self.decoder(z)",
            "return self.decode(self.encode(x).detach())",
        ),
        "not-encoded": _auto(
            _HALVES, "return self.decoder(self.encoder(x))", "return z", "return self.encode(x)"
        ),
    },
)


def _bernoulli(body: str) -> str:
    return f"def bernoulli_nll(logits, x):\n    {body}\n"


BERNOULLI = Exercise(
    gives=("bernoulli_nll",),
    right={
        "softplus": _bernoulli(
            "return (F.softplus(logits) - x * logits).flatten(1).sum(dim=1).mean()"
        ),
        "torch's own, divided": _bernoulli(
            "return F.binary_cross_entropy_with_logits(logits, x, reduction='sum') / len(x)"
        ),
        "max trick, float64, loop": """
def bernoulli_nll(logits, x):
    total = 0.0
    for a, t in zip(logits.double(), x.double()):
        total = total + (a.clamp(min=0) - a * t + torch.log1p(torch.exp(-a.abs()))).sum()
    return total / len(x)
""",
        "two logsigmoids": _bernoulli(
            "return -(x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum() / len(x)"
        ),
    },
    wrong={
        "mean-over-pixels": _bernoulli("return F.binary_cross_entropy_with_logits(logits, x)"),
        "sum-over-images": _bernoulli("return (F.softplus(logits) - x * logits).sum()"),
        "overflow": _bernoulli(
            "p = torch.sigmoid(logits); "
            "return -(torch.xlogy(x, p) + torch.xlogy(1 - x, 1 - p)).flatten(1).sum(1).mean()"
        ),
        "epsilon": _bernoulli(
            "p = torch.sigmoid(logits); "
            "return -(x * (p + 1e-8).log() + (1 - x) * (1 - p + 1e-8).log())"
            ".flatten(1).sum(1).mean()"
        ),
        "sign": _bernoulli("return (x * logits - F.softplus(logits)).flatten(1).sum(1).mean()"),
        "ink-only": _bernoulli("return -(x * F.logsigmoid(logits)).flatten(1).sum(1).mean()"),
        "sigmoid-twice": _bernoulli(
            "return F.binary_cross_entropy_with_logits(logits.sigmoid(), x, reduction='sum')"
            " / len(x)"
        ),
        "only-rows": _bernoulli("return (F.softplus(logits) - x * logits).sum(1).mean()"),
        "one-per-image": _bernoulli("return (F.softplus(logits) - x * logits).flatten(1).sum(1)"),
        "squared-error": _bernoulli(
            "return ((logits.sigmoid() - x) ** 2).flatten(1).sum(1).mean()"
        ),
    },
)


def _poisson(body: str) -> str:
    return f"def poisson_nll(log_rate, x):\n    {body}\n"


POISSON = Exercise(
    gives=("poisson_nll",),
    right={
        "formula": _poisson("return (log_rate.exp() - x * log_rate).flatten(1).sum(1).mean()"),
        "torch's own, divided": _poisson(
            "return F.poisson_nll_loss(log_rate, x, log_input=True, reduction='sum') / len(x)"
        ),
        "numpy, float64": _poisson(
            "a, t = log_rate.double().numpy(), x.double().numpy(); "
            "return (np.exp(a) - t * a).sum() / a.shape[0]"
        ),
    },
    wrong={
        "rate-not-log": _poisson("return (log_rate - x * log_rate.log()).sum(1).mean()"),
        "with-constant": _poisson(
            "return (log_rate.exp() - x * log_rate + torch.lgamma(x + 1)).sum(1).mean()"
        ),
        "sign": _poisson("return (x * log_rate - log_rate.exp()).sum(1).mean()"),
        "mean-over-pixels": _poisson("return (log_rate.exp() - x * log_rate).mean()"),
        "swapped": _poisson("return (x.exp() - x * log_rate).sum(1).mean()"),
        "no-exponential": _poisson("return (log_rate - x * log_rate).sum(1).mean()"),
        "log-again": _poisson("return (log_rate.exp() - x * log_rate.log()).sum(1).mean()"),
        "squared-error": _poisson("return ((log_rate.exp() - x) ** 2).sum(1).mean()"),
        "sum-over-images": _poisson("return (log_rate.exp() - x * log_rate).sum()"),
    },
)


def _tanh(body: str) -> str:
    return f"def tanh_cross_entropy(a, x):\n    {body}\n"


TANH = Exercise(
    gives=("tanh_cross_entropy",),
    needs=BERNOULLI.right["softplus"],
    right={
        "twice the logit": _tanh("return bernoulli_nll(2 * a, x)"),
        "own softplus": _tanh(
            "return (x * F.softplus(-2 * a) + (1 - x) * F.softplus(2 * a)).sum(1).mean()"
        ),
        "torch's own": _tanh(
            "return F.binary_cross_entropy_with_logits(a + a, x, reduction='none').sum(1).mean()"
        ),
    },
    wrong={
        "half-logit": _tanh("return bernoulli_nll(a, x)"),
        "overflow": _tanh(
            "p = (1 + torch.tanh(a)) / 2; "
            "return -(torch.xlogy(x, p) + torch.xlogy(1 - x, 1 - p)).sum(1).mean()"
        ),
        "log-of-tanh": _tanh(
            "y = torch.tanh(a); return -(x * y.log() + (1 - x) * (1 - y).log()).sum(1).mean()"
        ),
        "tanh-as-logit": _tanh("return bernoulli_nll(torch.tanh(a), x)"),
        "four-times": _tanh("return bernoulli_nll(4 * a, x)"),
        "rescaled-pixels": _tanh("return bernoulli_nll(2 * a, 2 * x - 1)"),
        "squared-error": _tanh("return ((torch.tanh(a) - x) ** 2).sum(1).mean()"),
        "mean-over-pixels": _tanh("return F.binary_cross_entropy_with_logits(2 * a, x)"),
    },
)


def _epoch(
    loss: str = "((model(batch) - batch) ** 2).sum(dim=1).mean()",
    order: str = "torch.randperm(len(x), generator=generator)",
    pieces: str = "order.split(batch_size)",
    zero: str = "optimizer.zero_grad()",
    step: str = "optimizer.step()",
    count: str = "total += loss.item() * len(batch)",
    end: str = "return total / len(x)",
    after: str = "",
) -> str:
    return f"""
def train_epoch(model, x, optimizer, batch_size, generator):
    total = 0.0
    order = {order}
    for piece in {pieces}:
        batch = x[piece]
        loss = {loss}
        {zero}
        loss.backward()
        {step}
        {count}
        {after}
    {end}
"""


TRAIN_EPOCH = Exercise(
    gives=("train_epoch",),
    right={
        "split": _epoch(),
        "slices, zero_grad at the end": """
def train_epoch(model, x, optimizer, batch_size, generator):
    n = x.shape[0]
    order = torch.randperm(n, generator=generator)
    errors = []
    optimizer.zero_grad()
    for start in range(0, n, batch_size):
        batch = x[order[start:start + batch_size]]
        per_image = (model(batch) - batch).pow(2).flatten(1).sum(1)
        per_image.mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        errors.append(per_image.detach())
    return torch.cat(errors).mean()
""",
        "gradients by autograd.grad": """
def train_epoch(model, x, optimizer, batch_size, generator):
    total = 0.0
    for piece in torch.split(torch.randperm(len(x), generator=generator), batch_size):
        batch = x[piece]
        summed = F.mse_loss(model(batch), batch, reduction="sum")
        parameters = [p for g in optimizer.param_groups for p in g["params"]]
        for p, g in zip(parameters, torch.autograd.grad(summed / len(piece), parameters)):
            p.grad = g
        optimizer.step()
        total += float(summed.detach())
    return total / len(x)
""",
    },
    wrong={
        "not-zeroed": _epoch(zero="pass"),
        "no-step": _epoch(step="pass"),
        "not-shuffled": _epoch(order="torch.arange(len(x))"),
        "last-batch-dropped": _epoch(
            pieces="[p for p in order.split(batch_size) if len(p) == batch_size]"
        ),
        "one-batch-only": _epoch(after="return total / len(x)"),
        "mean-over-pixels": _epoch(loss="F.mse_loss(model(batch), batch)"),
        "sum-over-batch": _epoch(loss="((model(batch) - batch) ** 2).sum()"),
        "mean-of-means": _epoch(
            count="total += loss.item()", end="return total / math.ceil(len(x) / batch_size)"
        ),
        "last-batch": _epoch(count="total = loss.item()", end="return total"),
        "uphill": _epoch(loss="-((model(batch) - batch) ** 2).sum(dim=1).mean()"),
        "sum-of-means": _epoch(count="total += loss.item()", end="return total"),
    },
)


def _error(
    before: str = "was = model.training; model.eval()",
    grad: str = "with torch.no_grad():",
    pieces: str = "x.split(batch_size)",
    add: str = "total += ((model(batch) - batch) ** 2).sum().item()",
    after: str = "model.train(was)",
    end: str = "return total / len(x)",
) -> str:
    return f"""
def reconstruction_error(model, x, batch_size=500):
    {before}
    total = 0.0
    count = 0
    {grad}
        for batch in {pieces}:
            {add}
    {after}
    {end}
"""


RECONSTRUCTION_ERROR = Exercise(
    gives=("reconstruction_error",),
    right={
        "split and sum": _error(),
        "decorator, one tensor of errors": """
@torch.no_grad()
def reconstruction_error(model, x, batch_size=500):
    mode = model.training
    model.train(False)
    errors = [((model(x[i:i + batch_size]) - x[i:i + batch_size]) ** 2).flatten(1).sum(1)
              for i in range(0, len(x), batch_size)]
    if mode:
        model.train()
    return torch.cat(errors).double().mean()
""",
        "inference mode, weighted means": """
def reconstruction_error(model, x, batch_size=500):
    mode, total = model.training, 0.0
    model.eval()
    try:
        with torch.inference_mode():
            for batch in torch.split(x, batch_size):
                total += F.mse_loss(model(batch), batch).item() * batch.numel()
    finally:
        model.train(mode)
    return total / x.shape[0]
""",
    },
    wrong={
        "mean-of-means": _error(
            add="total += ((model(batch) - batch) ** 2).sum(1).mean().item(); count += 1",
            end="return total / count",
        ),
        "mean-over-pixels": _error(
            add="total += ((model(batch) - batch) ** 2).mean(1).sum().item()"
        ),
        "total": _error(end="return total"),
        "train-mode": _error(before="was = model.training"),
        "mode-changed": _error(after="pass"),
        "mode-forced": _error(after="model.train()"),
        "gradients-on": _error(grad="if True:"),
        "last-batch-dropped": _error(
            pieces="[b for b in x.split(batch_size) if len(b) == batch_size]"
        ),
        "rooted": _error(add="total += (model(batch) - batch).norm(dim=1).sum().item()"),
        "first-batch-only": _error(
            add="total += ((model(batch) - batch) ** 2).sum().item(); break",
            end="return total / min(batch_size, len(x))",
        ),
    },
)


def _tied(
    init: str = "",
    encode: str = "return torch.tanh(x @ self.w.T + self.b)",
    decode: str = "return z @ self.w + self.c",
    weight: str = "torch.randn(k, d) / d ** 0.5",
    image_bias: str = "self.c = nn.Parameter(torch.zeros(d))",
) -> str:
    return f"""
class TiedAutoencoder(nn.Module):
    def __init__(self, d, k):
        super().__init__()
        self.w = nn.Parameter({weight})
        self.b = nn.Parameter(torch.zeros(k))
        {image_bias}
        {init}
    def encode(self, x):
        {encode}
    def decode(self, z):
        {decode}
    def forward(self, x):
        return self.decode(self.encode(x))
"""


TIED = Exercise(
    gives=("TiedAutoencoder",),
    right={
        "three parameters": _tied(),
        "a linear layer and its weight": """
class TiedAutoencoder(nn.Module):
    def __init__(self, d, k):
        super().__init__()
        self.layer = nn.Linear(d, k)
        self.bias = nn.Parameter(torch.rand(d))
    def encode(self, x):
        return self.layer(x).tanh()
    def decode(self, z):
        return F.linear(z, self.layer.weight.T, self.bias)
    def forward(self, x):
        return self.decode(self.encode(x))
""",
        "the matrix the other way round": """
class TiedAutoencoder(nn.Module):
    def __init__(self, d, k):
        super().__init__()
        self.v = nn.Parameter(torch.empty(d, k).normal_(0, 0.1))
        self.b = nn.Parameter(torch.zeros(k))
        self.c = nn.Parameter(torch.full((d,), 0.5))
    def encode(self, x):
        return torch.tanh(torch.einsum("nd,dk->nk", x, self.v) + self.b)
    def decode(self, z):
        return torch.einsum("nk,dk->nd", z, self.v) + self.c
    def forward(self, x):
        z = self.encode(x)
        return self.decode(z)
""",
    },
    wrong={
        "untied": """
class TiedAutoencoder(nn.Module):
    def __init__(self, d, k):
        super().__init__()
        self.down, self.up = nn.Linear(d, k), nn.Linear(k, d)
        self.up.weight = nn.Parameter(self.down.weight.T.clone())
    def encode(self, x):
        return torch.tanh(self.down(x))
    def decode(self, z):
        return self.up(z)
    def forward(self, x):
        return self.decode(self.encode(x))
""",
        "inverse": _tied(decode="return z @ torch.linalg.pinv(self.w).T + self.c"),
        "no-activation": _tied(encode="return x @ self.w.T + self.b"),
        "other-activation": _tied(encode="return torch.relu(x @ self.w.T + self.b)"),
        "activation-on-output": _tied(decode="return torch.tanh(z @ self.w + self.c)"),
        "detached-decoder": _tied(decode="return z @ self.w.detach() + self.c"),
        "detached-encoder": _tied(encode="return torch.tanh(x @ self.w.detach().T + self.b)"),
        "bias-missing": _tied(image_bias="self.c = 0.0"),
        "not-random": _tied(weight="torch.full((k, d), 0.1)"),
    },
)

EXERCISES = {
    "mlp": MLP,
    "autoencoder": AUTOENCODER,
    "bernoulli_nll": BERNOULLI,
    "poisson_nll": POISSON,
    "tanh_cross_entropy": TANH,
    "train_epoch": TRAIN_EPOCH,
    "reconstruction_error": RECONSTRUCTION_ERROR,
    "tied_autoencoder": TIED,
}
