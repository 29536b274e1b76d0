"""Answers to week 3's convolutional models."""

from autograder.bank import Exercise

_DOWN = """nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.GELU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.GELU(),
            nn.Flatten(), nn.Linear(1568, code_size)"""

_UP = """nn.Linear(code_size, 1568), nn.GELU(), nn.Unflatten(1, (32, 7, 7)),
            nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1), nn.GELU(),
            nn.ConvTranspose2d(16, 1, 3, stride=2, padding=1, output_padding=1)"""


def _conv(
    down: str = _DOWN,
    up: str = _UP,
    encode: str = "return self.encoder(x)",
    decode: str = "return self.decoder(z)",
    forward: str = "return self.decode(self.encode(x))",
) -> str:
    return f"""
class ConvAutoencoder(nn.Module):
    def __init__(self, code_size):
        super().__init__()
        self.encoder = nn.Sequential(
            {down}
        )
        self.decoder = nn.Sequential(
            {up}
        )
    def encode(self, x):
        {encode}
    def decode(self, z):
        {decode}
    def forward(self, x):
        {forward}
"""


_WRITTEN_OUT = """
class ConvAutoencoder(nn.Module):
    def __init__(self, code_size):
        super().__init__()
        self.c1 = nn.Conv2d(1, 16, (3, 3), (2, 2), (1, 1))
        self.c2 = nn.Conv2d(16, 32, 3, 2, 1)
        self.to_code = nn.Linear(32 * 49, code_size)
        self.from_code = nn.Linear(code_size, 32 * 49)
        self.t2 = nn.ConvTranspose2d(32, 16, 3, 2, 1, 1)
        self.t1 = nn.ConvTranspose2d(16, 1, 3, 2, 1, 1)
    def encode(self, x):
        h = F.gelu(self.c2(F.gelu(self.c1(x))))
        return self.to_code(h.view(h.shape[0], -1))
    def decode(self, z):
        h = F.gelu(self.from_code(z)).view(-1, 32, 7, 7)
        return self.t1(F.gelu(self.t2(h)))
    def forward(self, x):
        z = self.encode(x)
        return self.decode(z)
"""

CONV_AUTOENCODER = Exercise(
    gives=("ConvAutoencoder",),
    right={
        "two Sequentials": _conv(),
        "layer by layer, functional GELU": _WRITTEN_OUT,
        "decoder declared first, channels last before the code": """
class ConvAutoencoder(nn.Module):
    def __init__(self, code_size):
        super().__init__()
        self.up = nn.ModuleList([
            nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1),
            nn.ConvTranspose2d(16, 1, 3, stride=2, padding=1, output_padding=1)])
        self.down = nn.ModuleList([
            nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.Conv2d(16, 32, 3, stride=2, padding=1)])
        self.unfold, self.fold = nn.Linear(code_size, 1568), nn.Linear(1568, code_size)
        self.bend = nn.GELU()
    def encode(self, x):
        for layer in self.down:
            x = self.bend(layer(x))
        return self.fold(x.permute(0, 2, 3, 1).flatten(1))
    def decode(self, z):
        h = self.unfold(z).reshape(-1, 7, 7, 32).permute(0, 3, 1, 2)
        for layer in self.up:
            h = layer(self.bend(h))
        return h
    def forward(self, x):
        return self.decode(self.encode(x))
""",
    },
    wrong={
        "no-output-padding": _conv(up=_UP.replace(", output_padding=1", "")),
        "no-padding": _conv(
            down=_DOWN.replace(", padding=1", "").replace("1568", "1152"),
            up=_UP.replace("1568", "1152").replace("(32, 7, 7)", "(32, 6, 6)"),
        ),
        "stride-one": _conv(
            down=_DOWN.replace("32, 3, stride=2", "32, 3").replace("1568", "6272"),
            up=_UP.replace("1568", "6272")
            .replace("(32, 7, 7)", "(32, 14, 14)")
            .replace("32, 16, 3, stride=2, padding=1, output_padding=1", "32, 16, 3, padding=1"),
        ),
        "relu-code": _conv(down=_DOWN + ", nn.ReLU()"),
        "squashed-code": _conv(down=_DOWN + ", nn.Tanh()"),
        "squashed-output": _conv(up=_UP + ", nn.Sigmoid()"),
        "relu-output": _conv(up=_UP + ", nn.ReLU()"),
        "no-activation": _conv(down=_DOWN.replace("nn.GELU(),", "")),
        "skip-around-code": _conv(
            encode="self.seen = x; return self.encoder(x)",
            decode="return self.decoder(z) + 0.1 * self.seen",
        ),
        "forward-is-identity": _conv(forward="return x"),
        "images-mixed": _conv(
            encode="h = self.encoder[:4](x); "
            "return self.encoder[5](h.flatten(1).T.reshape(len(x), -1))"
        ),
        "batch-norm": _conv(
            down=_DOWN.replace("padding=1), nn.GELU()", "padding=1), nn.BatchNorm2d(16), nn.GELU()",
                               1)
        ),
        "forward-returns-code": _conv(forward="return self.encode(x)"),
        "wrong-layers": _conv(
            down=_DOWN.replace("16", "8"), up=_UP.replace("16", "8")
        ).replace("158", "1568"),
        "output-flat": _conv(decode="return self.decoder(z).flatten(1)"),
        "no-gradient": _conv(forward="return self.decode(self.encode(x).detach())"),
    },
)  # fmt: skip


def _block(
    forward: str = "return x + self.b(F.gelu(self.a(x)))",
    layers: str = "self.a = nn.Conv2d(channels, channels, 3, padding=1)\n"
    "        self.b = nn.Conv2d(channels, channels, 3, padding=1)",
) -> str:
    return f"""
class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        {layers}
    def forward(self, x):
        {forward}
"""


_SEQUENTIAL = """self.f = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1), nn.GELU(),
            nn.Conv2d(channels, channels, 3, padding=1))"""

RESIDUAL_BLOCK = Exercise(
    gives=("ResidualBlock",),
    right={
        "two layers": _block(),
        "a Sequential": _block("return self.f(x) + x", _SEQUENTIAL),
        "padding 'same', a copy added to": _block(
            "y = x.clone(); y += self.b(nn.GELU()(self.a(x))); return y",
            "self.b = nn.Conv2d(channels, channels, 3, padding='same')\n"
            "        self.a = nn.Conv2d(channels, channels, 3, padding='same')",
        ),
    },
    wrong={
        "not-added": _block("return self.f(x)", _SEQUENTIAL),
        "activation-after-sum": _block("return F.gelu(x + self.b(F.gelu(self.a(x))))"),
        "changed-its-argument": _block("x += self.b(F.gelu(self.a(x))); return x"),
        "one-convolution": _block("return x + self.a(F.gelu(self.a(x)))",
                                  "self.a = nn.Conv2d(channels, channels, 3, padding=1)"),
        "no-activation": _block("return x + self.b(self.a(x))"),
        "other-activation": _block("return x + self.b(torch.relu(self.a(x)))"),
        "activation-before-sum": _block("return x + F.gelu(self.b(F.gelu(self.a(x))))"),
        "activation-first": _block("return x + self.b(F.gelu(self.a(F.gelu(x))))"),
        "no-padding": _block("return self.b(F.gelu(self.a(x)))",
                             "self.a = nn.Conv2d(channels, channels, 3)\n"
                             "        self.b = nn.Conv2d(channels, channels, 3)"),
        "raised-RuntimeError": _block("return x + self.b(F.gelu(self.a(x)))",
                                      "self.a = nn.Conv2d(channels, channels, 3)\n"
                                      "        self.b = nn.Conv2d(channels, channels, 3)"),
        "concatenated": _block("return torch.cat([x, self.b(F.gelu(self.a(x)))], dim=1)"),
        "shortcut-convolution": _block(
            "return self.c(x) + self.b(F.gelu(self.a(x)))",
            "self.a = nn.Conv2d(channels, channels, 3, padding=1)\n"
            "        self.b = nn.Conv2d(channels, channels, 3, padding=1)\n"
            "        self.c = nn.Conv2d(channels, channels, 1)",
        ),
        "doubled": _block("y = x + self.b(F.gelu(self.a(x))); return x + y"),
    },
)  # fmt: skip
