"""Answers to week 1's error measure and linear autoencoder."""

from autograder.bank import Exercise

SQUARED_ERROR = Exercise(
    gives=("squared_error_per_image", "compression_factor"),
    right={
        "flatten and sum": """
def squared_error_per_image(x_hat, x):
    return ((x_hat - x) ** 2).flatten(1).sum(dim=1)

def compression_factor(d, k):
    return d / k
""",
        "loop, floats": """
def squared_error_per_image(x_hat, x):
    errors = []
    for a, b in zip(x_hat, x):
        errors.append(float(((a - b) * (a - b)).sum()))
    return torch.tensor(errors)

def compression_factor(d, k):
    return float(d) / float(k)
""",
        "mse_loss in float64": """
def squared_error_per_image(x_hat, x):
    e = F.mse_loss(x_hat.double(), x.double(), reduction="none")
    return e.reshape(len(e), -1).sum(-1)

def compression_factor(d, k):
    return torch.tensor(d / k)
""",
    },
    wrong={
        "mean-not-sum": """
def squared_error_per_image(x_hat, x):
    return ((x_hat - x) ** 2).flatten(1).mean(dim=1)

def compression_factor(d, k):
    return d / k
""",
        "grand-total": """
def squared_error_per_image(x_hat, x):
    return ((x_hat - x) ** 2).sum()

def compression_factor(d, k):
    return d / k
""",
        "grand-mean": """
def squared_error_per_image(x_hat, x):
    return F.mse_loss(x_hat, x)

def compression_factor(d, k):
    return d / k
""",
        "summed-over-images": """
def squared_error_per_image(x_hat, x):
    return ((x_hat - x) ** 2).flatten(1).sum(dim=0)

def compression_factor(d, k):
    return d / k
""",
        "rooted": """
def squared_error_per_image(x_hat, x):
    return (x_hat - x).flatten(1).norm(dim=1)

def compression_factor(d, k):
    return d / k
""",
        "absolute": """
def squared_error_per_image(x_hat, x):
    return (x_hat - x).abs().flatten(1).sum(dim=1)

def compression_factor(d, k):
    return d / k
""",
        "only-rows": """
def squared_error_per_image(x_hat, x):
    return ((x_hat - x) ** 2).sum(dim=1)

def compression_factor(d, k):
    return d / k
""",
        "upside-down": """
def squared_error_per_image(x_hat, x):
    return ((x_hat - x) ** 2).flatten(1).sum(dim=1)

def compression_factor(d, k):
    return k / d
""",
        "whole-division": """
def squared_error_per_image(x_hat, x):
    return ((x_hat - x) ** 2).flatten(1).sum(dim=1)

def compression_factor(d, k):
    return d // k
""",
    },
)


def _linear(init: str, encode: str, decode: str, forward: str) -> str:
    return f"""
class LinearAutoencoder(nn.Module):
    def __init__(self, d, k):
        super().__init__()
        {init}

    def encode(self, x):
        {encode}

    def decode(self, z):
        {decode}

    def forward(self, x):
        {forward}
"""


_LAYERS = "self.encoder = nn.Linear(d, k); self.decoder = nn.Linear(k, d)"


_THROUGH = "return self.decode(self.encode(x))"


LINEAR_AUTOENCODER = Exercise(
    gives=("LinearAutoencoder",),
    right={
        "two layers": _linear(
            _LAYERS, "return self.encoder(x)", "return self.decoder(z)", _THROUGH
        ),
        "own parameters, matrix products": """
class LinearAutoencoder(nn.Module):
    def __init__(self, d, k):
        super().__init__()
        self.we = nn.Parameter(torch.randn(d, k) / d ** 0.5)
        self.be = nn.Parameter(torch.zeros(k))
        self.wd = nn.Parameter(torch.randn(k, d) / k ** 0.5)
        self.bd = nn.Parameter(torch.full((d,), 0.1))
    def encode(self, x):
        return x @ self.we + self.be
    def decode(self, z):
        return z @ self.wd + self.bd
    def forward(self, x):
        z = self.encode(x)
        return self.decode(z)
""",
        "in a Sequential": """
class LinearAutoencoder(nn.Module):
    def __init__(self, d, k):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(d, k), nn.Linear(k, d))
    def encode(self, x):
        return self.net[0](x)
    def decode(self, z):
        return self.net[1](z)
    def forward(self, x):
        return self.net(x)
""",
    },
    wrong={
        "nonlinear-encode": _linear(
            _LAYERS, "return torch.relu(self.encoder(x))", "return self.decoder(z)", _THROUGH
        ),
        "nonlinear-decode": _linear(
            _LAYERS, "return self.encoder(x)", "return torch.sigmoid(self.decoder(z))", _THROUGH
        ),
        "no-bottleneck": _linear(
            "self.encoder = nn.Linear(d, d); self.decoder = nn.Linear(d, d)",
            "return self.encoder(x)",
            "return self.decoder(z)",
            _THROUGH,
        ),
        "no-bias": _linear(
            _LAYERS.replace(")", ", bias=False)"),
            "return self.encoder(x)",
            "return self.decoder(z)",
            _THROUGH,
        ),
        "forward-returns-code": _linear(
            _LAYERS, "return self.encoder(x)", "return self.decoder(z)", "return self.encode(x)"
        ),
        "no-parameters": _linear(
            "self.layers = [nn.Linear(d, k), nn.Linear(k, d)]",
            "return self.layers[0](x)",
            "return self.layers[1](z)",
            _THROUGH,
        ),
        "extra-layers": _linear(
            _LAYERS + "; self.middle = nn.Linear(k, k)",
            "return self.middle(self.encoder(x))",
            "return self.decoder(z)",
            _THROUGH,
        ),
        "no-gradient": _linear(
            _LAYERS, "return self.encoder(x).detach()", "return self.decoder(z)", _THROUGH
        ),
        "forward-is-identity": _linear(
            _LAYERS, "return self.encoder(x)", "return self.decoder(z)", "return x"
        ),
        "raised-AttributeError": """
class LinearAutoencoder(nn.Module):
    def __init__(self, d, k):
        super().__init__()
        encoder = nn.Linear(d, k)
        decoder = nn.Linear(k, d)
    def encode(self, x):
        return self.encoder(x)
    def decode(self, z):
        return self.decoder(z)
    def forward(self, x):
        return self.decode(self.encode(x))
""",
    },
)
