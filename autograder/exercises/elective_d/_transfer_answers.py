"""Elective D: answers to the moved encoder, right and wrong ones."""

from __future__ import annotations

from collections.abc import Mapping

RIGHT = {
    "a deep copy, and train() overridden": """
        class Transferred(nn.Module):
            def __init__(self, encoder, n_features, n_classes, frozen):
                super().__init__()
                self.encoder = copy.deepcopy(encoder)
                self.encoder.requires_grad_(not frozen)
                self.head = nn.Linear(n_features, n_classes)
                self.frozen = frozen
                self.train()

            def train(self, mode=True):
                super().train(mode)
                if self.frozen:
                    self.encoder.eval()
                return self

            def forward(self, x):
                return self.head(self.encoder(x))
    """,
    "parameter by parameter; no gradient on the way forward": """
        class Transferred(nn.Module):
            def __init__(self, encoder, n_features, n_classes, frozen):
                super().__init__()
                self.frozen = frozen
                self.encoder = copy.deepcopy(encoder)
                self.head = nn.Linear(in_features=n_features, out_features=n_classes)
                for p in self.encoder.parameters():
                    p.requires_grad = not frozen
                if frozen:
                    self.encoder.eval()

            def train(self, mode=True):
                self.training = mode
                self.head.train(mode)
                self.encoder.train(mode and not self.frozen)
                return self

            def forward(self, x):
                if self.frozen:
                    with torch.no_grad():
                        features = self.encoder(x)
                else:
                    features = self.encoder(x)
                return F.linear(features, self.head.weight, self.head.bias)
    """,
    "through memory; modules one by one": """
        import io

        class Transferred(nn.Module):
            def __init__(self, encoder, n_features, n_classes, frozen):
                nn.Module.__init__(self)
                buffer = io.BytesIO()
                torch.save(encoder, buffer)
                buffer.seek(0)
                self.add_module("encoder", torch.load(buffer, weights_only=False))
                self.add_module("head", nn.Linear(n_features, n_classes, bias=True))
                self.is_frozen = bool(frozen)
                for p in self.encoder.parameters():
                    p.requires_grad_(not self.is_frozen)
                self.train()

            def train(self, mode=True):
                result = super().train(mode)
                for module in self.encoder.modules():
                    if self.is_frozen:
                        module.training = False
                return result

            def forward(self, x):
                z = self.encoder(x)
                return self.head(z.detach() if self.is_frozen else z)
    """,
    "a function puts it to sleep": """
        def sleep(module):
            for p in module.parameters():
                p.requires_grad_(False)
            module.eval()
            module.train = lambda mode=True: module

        class Transferred(nn.Module):
            def __init__(self, encoder, n_features, n_classes, frozen):
                super().__init__()
                self.encoder = copy.deepcopy(encoder).requires_grad_(True)
                self.head = nn.Linear(n_features, n_classes)
                if frozen:
                    sleep(self.encoder)

            def train(self, mode=True):
                return super().train(mode)

            def forward(self, x):
                return self.head(self.encoder(x))
    """,
}

WRONG: dict[str, str | Mapping[str, str]] = {
    "not-copied": {"copy.deepcopy(encoder)": "encoder"},
    "copied-on-the-surface": {"copy.deepcopy(encoder)": "copy.copy(encoder)"},
    "original-flags": {
        "copy.deepcopy(encoder)": "copy.deepcopy(encoder.requires_grad_(not frozen))"
    },
    "original-mode": {"copy.deepcopy(encoder)": "copy.deepcopy(encoder.eval())"},
    "original-inside": {"self.frozen = frozen": "self.frozen = frozen; self.original = encoder"},
    "other-weights": {
        "self.encoder.requires_grad_(not frozen)": (
            "self.encoder.requires_grad_(not frozen); "
            "[m.reset_parameters() for m in self.encoder.modules() "
            "if hasattr(m, 'reset_parameters')]"
        )
    },
    "not-frozen": {"requires_grad_(not frozen)": "requires_grad_(True)"},
    "left-as-it-came": {"self.encoder.requires_grad_(not frozen)": "pass"},
    "always-frozen": {"requires_grad_(not frozen)": "requires_grad_(False)"},
    "turned-round": {
        "requires_grad_(not frozen)": "requires_grad_(frozen)",
        "if self.frozen": "if not self.frozen",
    },
    "still-frozen": {
        "self.encoder.requires_grad_(not frozen)": (
            "[p.requires_grad_(False) for p in self.encoder.parameters() if frozen]"
        )
    },
    "head-frozen": {
        "self.frozen = frozen": "self.frozen = frozen; self.requires_grad_(not frozen)"
    },
    "batch-norm-counts": {"self.encoder.eval()": "pass"},
    "outermost-only": {"self.encoder.eval()": "self.encoder.training = False"},
    "eval-only-at-first": {
        "self.train()": "self.encoder.train(not frozen)",
        "if self.frozen": "if False",
    },
    "eval-only-after-train": {"self.train()": "pass"},
    "eval-when-fine-tuned": {"if self.frozen": "if True"},
    "nothing-in-training": {"super().train(mode)": "super().train(False)"},
    "mode-ignored": {"super().train(mode)": "super().train()"},
    "head-in-eval": {"self.encoder.eval()": "self.encoder.eval(); self.head.eval()"},
    "train-returns-none": {"return self\n": "return None\n"},
    "train-returns-another": {"return self\n": "return self.encoder\n"},
    "no-bias": {"nn.Linear(n_features, n_classes)": "nn.Linear(n_features, n_classes, bias=False)"},
    "head-turned-round": {"nn.Linear(n_features, n_classes)": "nn.Linear(n_classes, n_features)"},
    "head-not-linear": {
        "nn.Linear(n_features, n_classes)": (
            "nn.Sequential(nn.Linear(n_features, n_features), nn.ReLU(), "
            "nn.Linear(n_features, n_classes))"
        )
    },
    "no-head": {
        "self.head = nn.Linear": "self.classifier = nn.Linear",
        "self.head(self.encoder": "self.classifier(self.encoder",
    },
    "no-encoder": {
        "self.encoder = copy.deepcopy(encoder)": "self.body = copy.deepcopy(encoder)",
        "self.encoder.requires_grad_": "self.body.requires_grad_",
        "self.encoder.eval()": "self.body.eval()",
        "self.head(self.encoder(x))": "self.head(self.body(x))",
    },
    "features-returned": {"self.head(self.encoder(x))": "self.encoder(x)"},
    "softmax": {"self.head(self.encoder(x))": "self.head(self.encoder(x)).softmax(dim=1)"},
    "log-softmax": {"self.head(self.encoder(x))": "self.head(self.encoder(x)).log_softmax(dim=1)"},
    "activation-between": {"self.head(self.encoder(x))": "self.head(F.relu(self.encoder(x)))"},
    "classes-returned": {"self.head(self.encoder(x))": "self.head(self.encoder(x)).argmax(dim=1)"},
    "encoder-cut-off": {"self.encoder(x))": "self.encoder(x).detach())"},
}
