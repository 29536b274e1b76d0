"""Elective D: answers to the moving average, right and wrong ones."""

from __future__ import annotations

from collections.abc import Mapping

WEIGHTS = "old.mul_(decay).add_(new, alpha=1 - decay)"
BUFFERS = "zip(average.buffers(), model.buffers())"
RESULT = "(average - left * start) / (1 - left)"

RIGHT = {
    "mul_ and add_": f"""
        def ema_update(average, model, decay):
            with torch.no_grad():
                for old, new in zip(average.parameters(), model.parameters()):
                    {WEIGHTS}
                for kept, fresh in {BUFFERS}:
                    kept.copy_(fresh)

        def without_start(average, start, decay, steps):
            left = decay**steps
            return {RESULT}
    """,
    "lerp_; the other weights summed up": """
        @torch.no_grad()
        def ema_update(average, model, decay):
            for a, m in zip(average.parameters(), model.parameters()):
                a.lerp_(m, 1 - decay)
            for a, m in zip(average.buffers(), model.buffers()):
                a.data = m.clone()

        def without_start(average, start, decay, steps):
            weights = sum((1 - decay) * decay**i for i in range(steps))
            return start + (average - start) / weights
    """,
    "a dictionary of all numbers; numpy, float64": """
        def ema_update(average, model, decay):
            learned = {name for name, _ in average.named_parameters()}
            state, other = average.state_dict(), model.state_dict()
            for name in state:
                mixed = other[name]
                if name in learned:
                    mixed = decay * state[name] + (1 - decay) * other[name]
                state[name] = mixed
            average.load_state_dict(state)

        def without_start(average, start, decay, steps):
            a, s = average.double().numpy(), start.double().numpy()
            share = np.power(decay, steps)
            return torch.as_tensor(np.divide(a - share * s, 1 - share))
    """,
    "data by name; step by step": """
        def ema_update(average, model, decay):
            new = dict(model.named_parameters())
            for name, p in average.named_parameters():
                p.data = p.data * decay + new[name].data * (1 - decay)
            new = dict(model.named_buffers())
            for name, b in average.named_buffers():
                b.data.copy_(new[name])

        def without_start(average, start, decay, steps):
            of_start = 1.0
            for _ in range(steps):
                of_start *= decay
            of_others = 1.0 - of_start
            return average / of_others - start * (of_start / of_others)
    """,
    "all tensors at a time": """
        def ema_update(average, model, decay):
            old, new = list(average.parameters()), list(model.parameters())
            with torch.no_grad():
                torch._foreach_mul_(old, decay)
                torch._foreach_add_(old, new, alpha=1 - decay)
                torch._foreach_copy_(list(average.buffers()), list(model.buffers()))

        def without_start(average, start, decay, steps):
            left = torch.tensor(decay, dtype=torch.float64).pow(steps)
            return torch.lerp(average.double(), start.double(), -left / (1 - left))
    """,
}

WRONG: dict[str, str | Mapping[str, str]] = {
    "swapped": {WEIGHTS: "old.mul_(1 - decay).add_(new, alpha=decay)"},
    "moved-the-model": {WEIGHTS: "new.mul_(1 - decay).add_(old, alpha=decay)"},
    "nothing-changed": {WEIGHTS: "old = decay * old + (1 - decay) * new"},
    "model-copied": {WEIGHTS: "old.copy_(new)"},
    "share-missing": {WEIGHTS: "old.mul_(decay).add_(new)"},
    "decay-missing": {WEIGHTS: "old.add_(new, alpha=1 - decay)"},
    "decay-ignored": {WEIGHTS: "old.mul_(0.99).add_(new, alpha=0.01)"},
    "frozen-left": {WEIGHTS: f"if old.requires_grad: {WEIGHTS}"},
    "first-alone": {WEIGHTS: f"{WEIGHTS}; break"},
    "biases-left": {WEIGHTS: f"if old.ndim > 1: {WEIGHTS}"},
    "without-no-grad": {"with torch.no_grad():": "if True:"},
    "replaced": {
        "with torch.no_grad():": (
            "with torch.no_grad():\n"
            "        for name, p in list(average.named_parameters()):\n"
            "            place, _, name = name.rpartition('.')\n"
            "            fresh = nn.Parameter(p.clone(), p.requires_grad)\n"
            "            setattr(average.get_submodule(place), name, fresh)"
        )
    },
    "requires-grad-changed": {
        "with torch.no_grad():": "average.requires_grad_(False)\n    with torch.no_grad():"
    },
    "buffers-left": {"kept.copy_(fresh)": "pass"},
    "buffers-averaged": {
        "kept.copy_(fresh)": (
            "kept.copy_(kept * decay + fresh * (1 - decay) if fresh.ndim else fresh)"
        )
    },
    "counts-left": {"kept.copy_(fresh)": "kept.copy_(fresh if fresh.ndim else kept)"},
    "shared-memory": {"kept.copy_(fresh)": "kept.data = fresh"},
    "mode-changed": {"with torch.no_grad():": "average.eval()\n    with torch.no_grad():"},
    "only-divided": {RESULT: "average / (1 - left)"},
    "not-divided": {RESULT: "average - left * start"},
    "start-whole": {RESULT: "(average - start) / (1 - left)"},
    "one-step": {"decay**steps": "decay"},
    "product": {"decay**steps": "decay * steps"},
    "steps-off": {"decay**steps": "decay ** (steps - 1)"},
    "steps-more": {"decay**steps": "decay ** (steps + 1)"},
    "share-for-decay": {"decay**steps": "(1 - decay) ** steps"},
    "added": {"(average - left": "(average + left"},
    "divided-by-left": {"/ (1 - left)": "/ left"},
    "roles-swapped": {RESULT: "(start - left * average) / (1 - left)"},
    "no-decay": {"decay**steps": "math.exp(steps * math.log(decay))"},
    "changed-its-argument": {
        f"return {RESULT}": ("average -= left * start\n    average /= 1 - left\n    return average")
    },
}
