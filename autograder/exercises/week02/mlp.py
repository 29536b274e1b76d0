"""Week 2: a stack of linear layers with a GELU between them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import gelu

from aeutils.testing.checking import Mistake, expect, expect_close, expect_shape, run, to_tensor
from autograder.exercises import GRADER_SEED, Exercise, close, grader_generator, model_access
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "mlp",
    signature="def mlp(sizes):",
    right={
        "list and Sequential": """
            layers = []
            for a, b in zip(sizes[:-1], sizes[1:]):
                layers += [nn.Linear(a, b), nn.GELU()]
            return nn.Sequential(*layers[:-1])
        """,
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
            net, bend = nn.Sequential(nn.Linear(sizes[0], sizes[1])), nn.GELU()
            for i in range(1, len(sizes) - 1):
                net.append(bend)
                net.append(nn.Linear(sizes[i], sizes[i + 1]))
            return net
        """,
    },
    wrong={
        "activation-at-end": {"layers[:-1]": "layers"},
        "no-activation": """
            return nn.Sequential(*(nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:])))
        """,
        "activation-first": {
            "nn.Linear(a, b), nn.GELU()": "nn.GELU(), nn.Linear(a, b)",
            "layers[:-1]": "layers",
        },
        "one-layer": "return nn.Sequential(nn.Linear(sizes[0], sizes[-1]))",
        "layer-missing": """
            layers = []
            for i in range(len(sizes) - 2):
                layers += [nn.Linear(sizes[i], sizes[i + 1]), nn.GELU()]
            return nn.Sequential(*layers)
        """,
        "layer-shared": """
            made, layers = {}, []
            for a, b in zip(sizes[:-1], sizes[1:]):
                layers += [made.setdefault((a, b), nn.Linear(a, b)), nn.GELU()]
            return nn.Sequential(*layers[:-1])
        """,
        "bias-missing": """
            layers = []
            for a, b in zip(sizes[:-1], sizes[1:]):
                layers += [nn.Linear(a, b, bias=b != sizes[-1]), nn.GELU()]
            return nn.Sequential(*layers[:-1])
        """,
        "other-activation": {"GELU": "ReLU"},
        "sigmoid-at-end": {"*layers[:-1])": "*layers[:-1], nn.Sigmoid())"},
        "no-parameters": """
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

SIZES = [7, 5, 5, 5, 3]
X = torch.randn(40, 7, generator=grader_generator()) * 3
BENT = "nothing bends: a stack of linear layers alone is one linear layer"


def stack(parameters: list[Tensor], x: Tensor, bend: Callable[[Tensor], Tensor] = gelu) -> Tensor:
    """Return the output of linear layers (weight, bias, weight, …) with `bend` between them."""
    for i in range(0, len(parameters), 2):
        x = (bend(x) if i else x) @ parameters[i].double().T + parameters[i + 1].double()
    return x


def identity(h: Tensor) -> Tensor:
    """Return h: no activation."""
    return h


def parts(mlp: Callable) -> tuple[object, list[Tensor]]:
    """Return a network and its parameters in order."""
    net = run(mlp, list(SIZES), name="mlp")
    return net, list(model_access.parameters(net).values())


@EXERCISE.criterion("layers", points=1)
def layers(mlp: Callable) -> None:
    """The shapes of the parameters and of the output."""
    torch.manual_seed(GRADER_SEED)
    net, parameters = parts(mlp)
    shapes = [tuple(p.shape) for p in parameters]
    wanted = [shape for a, b in pairwise(SIZES) for shape in ((b, a), (b,))]
    found = f"widths {SIZES} gave parameters of shapes {shapes}, expected {wanted}"
    none = f"no parameters: keep the layers in an nn.Sequential; {found}"
    expect(bool(shapes), none, "no-parameters")
    expect(len(shapes) != 2, f"one layer from first to last width only; {found}", "one-layer")
    weights = sum(len(s) == 2 for s in shapes)
    biases = f"a layer has no bias; {found}"
    expect(weights < len(SIZES) - 1 or len(shapes) >= len(wanted), biases, "bias-missing")
    once = set(shapes) == set(wanted) and len(shapes) < len(wanted)
    shared = f"equal widths share one layer; each step has weights of its own; {found}"
    expect(not once, shared, "layer-shared")
    expect(len(shapes) >= len(wanted), f"a layer is missing; {found}", "layer-missing")
    expect(shapes == wanted, found, "wrong-layers")
    expect_shape(model_access.call(net, "forward", X), (40, 3), "the output for 40 rows")


@EXERCISE.criterion("a GELU between layers", points=1)
def between(mlp: Callable) -> None:
    """The function itself, against the same weights in float64."""
    net, parameters = parts(mlp)
    x = X.double()
    out = to_tensor(model_access.call(net, "forward", X), "the output").double()
    right = stack(parameters, x)
    first = "a GELU before the first layer spoils negative inputs"
    known = [
        Mistake("no-activation", stack(parameters, x, identity), BENT),
        Mistake("other-activation", stack(parameters, x, torch.tanh), "tanh, not GELU"),
        Mistake("other-activation", stack(parameters, x, torch.relu), "ReLU, not GELU"),
        Mistake("other-activation", stack(parameters, x, torch.sigmoid), "sigmoid, not GELU"),
        Mistake("activation-first", stack(parameters, gelu(x)), first),
    ]
    # What happens after the last layer is the next criterion's business.
    at_end = gelu(right)
    wanted = at_end if close(out, at_end) else right
    expect_close(out, wanted, "the output", known, rtol=1e-3, atol=1e-4)


@EXERCISE.criterion("nothing after the last layer", points=1)
def at_the_end(mlp: Callable) -> None:
    """The last layer is linear."""
    net, parameters = parts(mlp)
    right = stack(parameters, X.double())
    hardly = "a GELU after the last layer: outputs can hardly be negative"
    known = [
        Mistake("activation-at-end", gelu(right), hardly),
        Mistake("sigmoid-at-end", right.sigmoid(), "a sigmoid after the last layer"),
        Mistake("softmax-at-end", right.softmax(1), "a softmax after the last layer"),
        Mistake("no-activation", stack(parameters, X.double(), identity), "nothing bends"),
    ]
    got = model_access.call(net, "forward", X)
    expect_close(got, right, "the output", known, rtol=1e-3, atol=1e-4)


def rows(new: Draw, n: int, sizes: list[int]) -> dict[str, Tensor]:
    """Return what the network takes."""
    return {"forward": new.normal(n, sizes[0])}


@EXERCISE.conduct(methods=rows)
def arguments(new: Draw, n: int) -> Arguments:
    """Widths."""
    return {"sizes": [new.alternate(8, 6), 5, new.alternate(2, 3)]}
