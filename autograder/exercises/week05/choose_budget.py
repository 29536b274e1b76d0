"""Week 5: how long to train, chosen on held-out images, with the whole curve beside the choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_pair, to_tensor
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw, Part
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "choose_budget",
    signature="def choose_budget(train, budgets, x_fit, x_val, x_test):",
    setup="from collections.abc import Callable\n",
    right={
        "models in a dictionary": """
            def error(model, x):
                return float(((model(x) - x) ** 2).sum(dim=1).mean())
            models = {b: train(x_fit, b) for b in budgets}
            curve = [error(models[b], x_val) for b in budgets]
            best = budgets[curve.index(min(curve))]
            return curve, best, error(models[best], x_test)
        """,
        "the best so far": """
            curve, kept = [], None
            for b in budgets:
                model = train(x_fit, b)
                with torch.no_grad():
                    curve.append((model(x_val) - x_val).square().sum().item() / len(x_val))
                if kept is None or curve[-1] < kept[0]:
                    kept = curve[-1], b, model
            with torch.no_grad():
                return curve, kept[1], (kept[2](x_test) - x_test).square().sum(1).mean().item()
        """,
        "in small batches, argmin": """
            def error(model, x):
                return sum(float((model(r) - r).pow(2).sum()) for r in x.split(3)) / len(x)
            made = [train(x_fit, b) for b in budgets]
            curve = torch.tensor([error(m, x_val) for m in made], dtype=torch.float64)
            place = int(curve.argmin())
            return curve.tolist(), budgets[place], torch.tensor(error(made[place], x_test))
        """,
    },
    wrong={
        "chosen-on-test": {"best = budgets[curve.index(min(curve))]": (
            "tests = [error(models[b], x_test) for b in budgets]\n"
            "    best = budgets[tests.index(min(tests))]"
        )},
        "curve-of-test-errors": {"(models[b], x_val)": "(models[b], x_test)"},
        "training-error": {"(models[b], x_val)": "(models[b], x_fit)"},
        "point-only": {"return curve, best": "return [min(curve)], best"},
        "sorted": {"return curve, best": "return sorted(curve), best"},
        "longest": {"budgets[curve.index(min(curve))]": "max(budgets)"},
        "largest-error": {"min(curve)": "max(curve)"},
        "place-for-budget": {
            "budgets[curve.index(min(curve))]": "curve.index(min(curve))",
            "models[best]": "models[budgets[best]]",
        },
        "not-the-smallest": """
            def error(model, x):
                return float(((model(x) - x) ** 2).sum(dim=1).mean())
            curve, kept = [], None
            for b in budgets:
                model = train(x_fit, b)
                curve.append(error(model, x_val))
                if kept is None or curve[-1] < curve[max(0, len(curve) - 2)]:
                    kept = b, model
            return curve, kept[0], error(kept[1], x_test)
        """,
        "later-of-equals": """
            def error(model, x):
                return float(((model(x) - x) ** 2).sum(dim=1).mean())
            curve, kept = [], None
            for b in budgets:
                model = train(x_fit, b)
                curve.append(error(model, x_val))
                if curve[-1] <= min(curve):
                    kept = b, model
            return curve, kept[0], error(kept[1], x_test)
        """,
        "last-model": """
            def error(model, x):
                return float(((model(x) - x) ** 2).sum(dim=1).mean())
            curve = []
            for b in budgets:
                model = train(x_fit, b)
                curve.append(error(model, x_val))
            return curve, budgets[curve.index(min(curve))], error(model, x_test)
        """,
        "validation-error": {"error(models[best], x_test)": "min(curve)"},
        "trained-again": {"error(models[best], x_test)": "error(train(x_fit, best), x_test)"},
        "held-out-images-fitted": {"train(x_fit, b)": "train(torch.cat([x_fit, x_val]), b)"},
        "test-images-looked-at": {
            "error(models[best], x_test)": "[error(models[b], x_test) for b in budgets]"
            "[budgets.index(best)]"
        },
        "mean-over-pixels": {".sum(dim=1).mean()": ".mean()"},
    },
)  # fmt: skip

BUDGETS = [1, 2, 4, 8, 16]
# What a model of each budget costs: on images it was fitted to, held out, on test images.
FITTED = [9.0, 7.0, 5.0, 3.0, 1.0]
HELD_OUT = [10.0, 8.0, 6.0, 6.0, 7.0]
TEST = [9.5, 5.5, 6.5, 7.5, 8.5]
BEST = 4
EARLY = [10.0, 5.0, 7.0, 6.0, 8.0]  # held-out errors of which the second is the smallest
D, N_FIT, N_VAL, N_TEST = 5, 12, 7, 9


class Story(NamedTuple):
    """What happened: the result, and every training and measurement in order.

    Attributes:
        curve: what came back as the curve.
        budget: what came back as the budget.
        error: what came back as the test error.
        trained: budget and numbers of the images of each training.
        tested: which trainings' models were measured on test images.
    """

    curve: Any
    budget: Any
    error: Any
    trained: list[tuple[int, set[int]]]
    tested: set[int]


@remote_call
def _tell(choose_budget, x_fit, x_val, x_test, budgets, costs):
    import torch

    trained: list = []
    tested: list = []

    def numbers(x):
        return [round(v) for v in x[:, 0].tolist()]

    def train(x, budget):
        seen, place = numbers(x), len(trained)
        trained.append([int(budget), seen])
        fitted, held_out, test = costs[int(budget)]

        def model(rows):
            which = numbers(rows)
            if any(i >= 1000 for i in which):
                tested.append(place)
            cost = [test if i >= 1000 else fitted if i in seen else held_out for i in which]
            wrong = rows.clone()
            wrong[:, 1:] += (torch.tensor(cost) / (rows.shape[1] - 1)).sqrt()[:, None]
            return wrong

        return model

    result = choose_budget(train, list(budgets), x_fit.clone(), x_val.clone(), x_test.clone())
    return result, trained, tested


def tell(choose_budget: Callable, held_out: Sequence[float] = HELD_OUT) -> Story:
    """Let the student's function choose among models with known errors that remember images.

    The first number of an image is its own: from 0 fitted or held out, from 1000 in the test set.
    """
    x = torch.rand(N_FIT + N_VAL + N_TEST, D, generator=grader_generator(40))
    x[:, 0] = torch.cat([torch.arange(float(N_FIT + N_VAL)), 1000 + torch.arange(float(N_TEST))])
    parts = x.split([N_FIT, N_VAL, N_TEST])
    costs = {b: list(c) for b, *c in zip(BUDGETS, FITTED, held_out, TEST, strict=True)}
    name = "choose_budget"
    told: Any = run(lambda: _tell(choose_budget, *parts, BUDGETS, costs), name=name)
    result, trained, tested = told
    curve, budget, error = to_pair(result, name, ["the curve", "the budget", "the test error"])
    expect(len(trained) > 0, "`train` was never called", "never-trained")
    return Story(
        *(curve, budget, error),
        [(int(b), {int(i) for i in seen}) for b, seen in trained],
        {int(place) for place in tested},
    )


@EXERCISE.criterion("the curve and the choice", points=1)
def curve_and_choice(choose_budget: Callable) -> None:
    """Held-out errors that fall, stay equal and rise again."""
    story = tell(choose_budget)
    expect(
        all(seen <= set(range(N_FIT)) for _, seen in story.trained),
        "`train` got images that were held out: they can no longer judge",
        "held-out-images-fitted",
    )
    found = to_tensor(story.curve, "the curve")
    expect(
        found.numel() == len(BUDGETS),
        f"the curve has {found.numel()} numbers for {len(BUDGETS)} budgets: report all of them, "
        "not the best alone",
        "point-only",
    )
    ordered = sorted(HELD_OUT)
    known = [
        Mistake("training-error", FITTED, "errors of images that `train` had seen"),
        Mistake("curve-of-test-errors", TEST, "errors of test images; the held-out ones choose"),
        Mistake("sorted", ordered, "the errors are sorted: keep them in the order of the budgets"),
        Mistake("sorted", ordered[::-1], "the errors are sorted: keep the order of the budgets"),
        Mistake("mean-over-pixels", [e / D for e in HELD_OUT], "averaged over pixels; sum them"),
        Mistake("total", [e * N_VAL for e in HELD_OUT], "summed over images; take their mean"),
    ]
    expect_close(story.curve, HELD_OUT, "the curve of held-out errors", known, rtol=1e-3)
    chosen = [
        Mistake("chosen-on-test", 2, "the best on the test images, which must not choose"),
        Mistake("longest", 16, "the longest training; its held-out error is not the smallest"),
        Mistake("largest-error", 1, "the budget of the largest error"),
        Mistake("later-of-equals", 8, "of equal errors the smaller budget wins"),
    ]
    # A place is looked for by its type: 2 is a place here, and a budget as well.
    places = story.budget == HELD_OUT.index(min(HELD_OUT)) and story.tested == {BUDGETS.index(BEST)}
    expect(not places, "a place in the list came back; return the budget", "place-for-budget")
    expect_close(story.budget, BEST, "the budget", chosen)
    early = tell(choose_budget, EARLY)
    expect_close(early.curve, EARLY, "the curve of other held-out errors", rtol=1e-3)
    expect(
        float(to_tensor(early.budget, "the budget").reshape(())) == 2,
        "where the second of five held-out errors is the smallest, its budget was not chosen: "
        "compare each error with the smallest so far",
        "not-the-smallest",
    )


@EXERCISE.criterion("the test images, once", points=1)
def test_images_once(choose_budget: Callable) -> None:
    """One training for each budget; one model meets the test images."""
    story = tell(choose_budget)
    budgets = [b for b, _ in story.trained]
    expect(
        len(budgets) <= len(BUDGETS),
        f"`train` was called {len(budgets)} times for {len(BUDGETS)} budgets: keep the models",
        "trained-again",
    )
    expect(
        len(story.tested) <= 1,
        f"{len(story.tested)} models were measured on the test images; measure the chosen one only",
        "test-images-looked-at" if story.budget == BEST else "chosen-on-test",
    )
    place = BUDGETS.index(BEST)
    known = [
        Mistake(
            "validation-error", HELD_OUT[place], "the held-out error; it chose, so it flatters"
        ),
        Mistake("last-model", TEST[-1], "the last model's error; take the chosen one's"),
        Mistake("mean-over-pixels", TEST[place] / D, "averaged over pixels; sum them"),
        Mistake("total", TEST[place] * N_TEST, "summed over images; take their mean"),
    ]
    expect_close(story.error, TEST[place], "the test error of the chosen model", known, rtol=1e-3)


def stage(seed: int) -> dict[str, Any]:
    """Make `train`, whose models move an image towards the mean, least of all after 4 epochs."""

    def train(x, budget):
        mean, share = x.mean(0), (abs(int(budget) - 4) + 1) / 10

        def model(rows):
            return rows + (mean.to(rows.dtype) - rows) * share

        return model

    return {"train": train}


def chosen(
    result: Any, _: object, budgets: list[int], x_fit: Tensor, x_val: Tensor, x_test: Tensor
) -> str:
    """Return what is wrong with a curve, a budget and a test error."""
    shares = torch.tensor([(abs(b - 4) + 1) / 10 for b in budgets], dtype=torch.float64)
    mean = x_fit.double().mean(0)
    held_out, test = (((x.double() - mean) ** 2).sum(1).mean() for x in (x_val, x_test))
    curve = torch.stack([to_tensor(e, "an error").double().reshape(()) for e in result[0]])
    best = int(shares.argmin())
    if curve.shape != shares.shape or not torch.allclose(curve, held_out * shares**2, rtol=1e-3):
        return "the curve is wrong"
    if int(to_tensor(result[1], "the budget")) != budgets[best]:
        return f"{result[1]} is not the best budget"
    error = to_tensor(result[2], "the error").double().reshape(())
    return "" if torch.allclose(error, test * shares[best] ** 2, rtol=1e-3) else "the test error"


@EXERCISE.conduct(holds=chosen, stage=stage, sizes=(12, 4, 70))
def arguments(new: Draw, n: int) -> Arguments:
    """Images in three parts, and budgets of which one is best."""
    return {
        "train": Part("train"),
        "budgets": [1, 2, 4, 9],
        "x_fit": new.normal(n, 5),
        "x_val": new.normal(n, 5) + 0.2,
        "x_test": new.normal(n, 5) + 0.1,
    }
