"""Answers to week 2's models."""

from autograder.bank import Exercise

_MLP = """
def mlp(sizes):
    layers = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        layers += [nn.Linear(a, b), nn.GELU()]
    return nn.Sequential(*layers[:-1])
"""


MLP = Exercise(
    gives=("mlp",),
    right={
        "list and Sequential": _MLP,
        "own module with functional gelu": """
class Stack(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Linear(sizes[i], sizes[i + 1]) for i in range(len(sizes) - 1)
        )
    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.gelu(layer(x))
        return self.layers[-1](x)

def mlp(sizes):
    return Stack(sizes)
""",
        "one shared activation": """
def mlp(sizes):
    net, bend = nn.Sequential(nn.Linear(sizes[0], sizes[1])), nn.GELU()
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
        layers += [nn.Linear(a, b), nn.GELU()]
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
        layers += [nn.GELU(), nn.Linear(a, b)]
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
        layers += [nn.Linear(sizes[i], sizes[i + 1]), nn.GELU()]
    return nn.Sequential(*layers)
""",
        "other-activation": """
def mlp(sizes):
    layers = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
""",
        "sigmoid-at-end": _MLP.replace("*layers[:-1])", "*layers[:-1], nn.Sigmoid())"),
        "no-parameters": """
def mlp(sizes):
    layers = [nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:])]
    class Stack(nn.Module):
        def forward(self, x):
            for layer in layers[:-1]:
                x = F.gelu(layer(x))
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
            x = layer(x if i == 0 else F.gelu(x))
        return x
    def decode(self, z):
        for i, layer in enumerate(self.up):
            z = layer(z if i == 0 else F.gelu(z))
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
