"""What every function owes: each misconduct is seen and costs one point at most."""

import types
import zlib

import pytest
import torch

from autograder.exercises import bank, derive
from autograder.exercises.conduct.beside import broom, entry
from autograder.exercises.conduct.cases import order_of
from autograder.exercises.conduct.charge import charge, look, look_closely
from autograder.exercises.conduct.declare import LINES, Breach, Conduct
from autograder.exercises.conduct.messages import NUMBERS, STATE
from autograder.hall.report import Criterion, Report

EXERCISES = [(week, name) for week in bank.weeks() for name in bank.exercises(week)]


def answer_of(week, name, code, function):
    found = bank.objects(week, name, code)
    return found[bank.exercises(week)[name].defines.index(function)]


def sample(week, name):
    """Return each misconduct once for each function, by another right answer each time."""
    groups = {}
    for one in derive.derived(week, name):
        groups.setdefault((one.function, one.misconduct), []).append(one)
    return [
        group[zlib.crc32(f"{name} {key}".encode()) % len(group)] for key, group in groups.items()
    ]


@pytest.mark.parametrize(("week", "name"), EXERCISES)
def test_every_function_says_what_it_owes(week, name):
    exercise = bank.exercises(week)[name]
    assert set(exercise.owed) == set(exercise.defines)
    for conduct in exercise.owed.values():
        assert conduct.right or conduct.holds or conduct.methods
        assert all(reason for reason in (conduct.allows or {}).values())


@pytest.mark.parametrize(("week", "name"), EXERCISES)
def test_declared_arguments_are_those_of_right_answers(week, name):
    """An answer that raises at once is not looked at: a wrong declaration would see nothing."""
    exercise = bank.exercises(week)[name]
    code = next(iter(exercise.right.values()))
    for function, conduct in exercise.owed.items():
        told = entry.try_out(answer_of(week, name, code, function), order_of(conduct))
        assert "raised" not in (told if conduct.methods is not None else told[0]), function


@pytest.mark.parametrize(("week", "name"), EXERCISES)
def test_right_answers_break_nothing(week, name):
    exercise = bank.exercises(week)[name]
    for label, code in exercise.right.items():
        for function, conduct in exercise.owed.items():
            found = look_closely(conduct, answer_of(week, name, code, function))
            assert not found, f"{label}: {found}"


@pytest.mark.parametrize(("week", "name"), EXERCISES)
def test_every_misconduct_is_seen_for_what_it_is(week, name):
    for one in sample(week, name):
        conduct = bank.exercises(week)[name].owed[one.function]
        found = look(conduct, answer_of(week, name, one.code, one.function))
        assert found, f"{one.right} that {one.misconduct} was not seen"
        assert found[0].line in one.lines, f"{one.right} that {one.misconduct}: {found}"


# Cheap checks of each kind: two results, two functions, a gradient, a generator, modules, a model.
FEW = [
    *(("week01", "center"), ("week03", "quantise"), ("week02", "bernoulli_nll")),
    *(("week04", "mask"), ("week02", "mlp"), ("week01", "linear_autoencoder")),
    *(("week05", "weight_penalty"), ("week02", "train_epoch")),
]


@pytest.mark.parametrize(("week", "name"), FEW)
def test_a_misconduct_costs_one_point_at_most(week, name):
    for one in sample(week, name):
        assert derive.judged(one) == "", f"{one.right} that {one.misconduct}"


def test_a_misconduct_is_explained_with_its_cure():
    one = next(d for d in derive.derived("week01", "center") if d.misconduct == "seeds torch")
    report = bank.assess("week01", "center", one.code)
    assert (report.earned, report.points) == (2, 3)
    assert report.criteria[-1].name.endswith(", and what every function owes")
    assert "leave seeding to the caller" in report.first_message


def test_every_line_has_a_message():
    assert set(STATE) | set(NUMBERS) | {"wrong-dtype"} == set(LINES)


def test_an_allowance_names_a_line():
    with pytest.raises(ValueError, match="no line of conduct"):
        Conduct("f", lambda new, n: {}, allows={"sings": "it is fun"})


def report(*earned):
    return Report(
        "f", [Criterion(str(i), 1, e, "", "" if e else "slip") for i, e in enumerate(earned)]
    )


SEEDED = ("f", Breach("seeded", "it seeded", lasting=True))
ROWS = ("f", Breach("many-rows", "it went wrong", lasting=False))


@pytest.mark.parametrize(
    ("earned", "found", "left"),
    [
        ((1, 1, 1), [SEEDED, ROWS], 2),  # one point for all of them
        ((1, 0, 1), [SEEDED], 1),
        ((1, 0, 1), [ROWS], 2),  # wrong numbers are the criteria's business
        ((0, 0, 0), [SEEDED], 0),
        ((1, 1, 1), [], 3),
    ],
)
def test_what_a_breach_costs(earned, found, left):
    it = report(*earned)
    charge(it, found)
    assert it.earned == left
    assert it.points == 3


def test_what_a_criterion_has_charged_is_not_charged_again():
    it = report(1, 0, 1)
    it.criteria[1].mistake = "generator-ignored"
    charge(it, [("f", Breach("drew-elsewhere", "it drew", lasting=True))])
    assert it.earned == 2


@pytest.mark.parametrize("told", [None, [], [{}], "nothing", [{"raised": 3}], [{"drawn": 1}]])
def test_a_strange_reply_takes_nothing_and_gives_nothing(told, monkeypatch):
    from autograder.exercises.conduct import charge as module

    monkeypatch.setattr(module, "try_out", lambda *_: told)
    conduct = bank.exercises("week01")["center"].owed["center"]
    assert look(conduct, len) == []


def test_nothing_that_is_right_goes_to_the_students_side():
    for week, name in EXERCISES:
        for conduct in bank.exercises(week)[name].owed.values():
            order = order_of(conduct)
            assert set(order) <= {"kind", "models", "cases"}
            for case in order.get("cases", []):
                assert not any(callable(v) for v in case["args"])


@pytest.mark.parametrize(("week", "name"), FEW)
def test_the_global_state_is_as_before(week, name):
    every = sample(week, name)
    before = torch.get_rng_state(), torch.get_default_dtype(), torch.is_grad_enabled()
    for one in every:
        look(
            bank.exercises(week)[name].owed[one.function],
            answer_of(week, name, one.code, one.function),
        )
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (torch.get_default_dtype(), torch.is_grad_enabled())


CENTER = """
def center(x):
    mean = x.mean(0)
    return x - mean, mean
"""
STYLES = {
    "a named tuple": """
from collections import namedtuple
Both = namedtuple("Both", "rows mean")
def center(x):
    return Both(x - x.mean(0), x.mean(0))
""",
    "views of wider tensors": """
def center(x):
    mean = x.mean(0)
    pair = torch.stack([x - mean, x], -1)
    return pair[..., 0], torch.stack([mean, mean], -1)[..., 0]
""",
    "a partial": CENTER
    + """
import functools
center = functools.partial(lambda f, x: f(x), center)
""",
    "a callable object": """
class Centre:
    def __call__(self, x):
        return x - x.mean(0), x.mean(0)
center = Centre()
""",
    "numpy and in-place work on a copy": """
def center(x):
    array = x.numpy().copy()
    mean = array.mean(0)
    array -= mean
    return torch.from_numpy(array), torch.from_numpy(mean)
""",
    "prints and warnings": """
import warnings
def center(x):
    print("centring")
    warnings.warn("hm")
    return x - x.mean(0), x.mean(0)
""",
}


@pytest.mark.filterwarnings("ignore:hm")
@pytest.mark.parametrize("style", STYLES)
def test_style_costs_nothing(style, capsys):
    scope = {"torch": torch}
    exec(STYLES[style], scope)
    found = bank.exercises("week01")["center"](scope["center"])
    assert found.earned == found.points, found.to_text()


def test_twenty_runs_give_the_same_scores():
    for week, name in FEW:
        exercise = bank.exercises(week)[name]
        code = next(iter(exercise.wrong.values()))
        scores = {bank.assess(week, name, code).earned for _ in range(20)}
        assert len(scores) == 1, name


def test_a_wrong_helper_is_charged_once():
    """A right `class_ratio` after a wrong `class_similarity` earns its own points."""
    ratio = bank.exercises("week06")["class_ratio"]
    wrong = bank.exercises("week06")["class_similarity"].wrong["self-pairs"]
    scope = types.SimpleNamespace()
    names = {"__name__": "__main__"}
    exec(bank.PRELUDE + wrong + "\n" + ratio.right["as the docstring says"], names)
    scope.report = ratio(names["class_ratio"])
    assert scope.report.earned == scope.report.points, scope.report.to_text()
    exec(ratio.wrong["inverted"], names)
    assert ratio(names["class_ratio"]).earned == 0


def test_a_wrong_divergence_is_charged_once():
    """A right `negative_elbo` after a wrong `kl_to_prior` earns its own points, and no more."""
    elbo = bank.exercises("elective_c")["negative_elbo"]
    costs = "(mean.square() + log_var.exp() - 1 - log_var) / 2"
    calls = elbo.right["torch's own, the formula"].replace(costs, "kl_to_prior(mean, log_var)")
    for label in ("half-missing", "sign", "std-given", "summed-over-units"):
        names = {"__name__": "__main__"}
        exec(bank.PRELUDE + bank.exercises("elective_c")["kl_to_prior"].wrong[label], names)
        before = names["kl_to_prior"]
        exec(calls, names)
        report = elbo(names["negative_elbo"])
        assert report.earned == report.points, report.to_text()
        assert names["kl_to_prior"] is before
        exec(calls.replace("beta * sent", "sent"), names)
        assert elbo(names["negative_elbo"]).earned == 2, label
        exec(calls.replace("sent).mean()", "sent).sum()"), names)
        assert elbo(names["negative_elbo"]).earned == 0, label


WRITERS = {
    "the caller's tensor comes back": "x -= x.mean(0); return x, mean",
    "a view of it": "x -= x.mean(0); return x[:], mean",
    "an array over it": "x -= x.mean(0); return x.numpy(), mean",
    "spoiled after the result": "y = x - mean; x.fill_(1); return y, mean",
}


@pytest.mark.parametrize("how", WRITERS)
def test_writing_into_an_argument_costs_one_point_whatever_comes_back(how):
    scope = {"torch": torch}
    exec(f"def center(x):\n    mean = x.mean(0); {WRITERS[how]}\n", scope)
    found = bank.exercises("week01")["center"](scope["center"])
    assert found.points - found.earned == 1, found.to_text()
    assert "changed-its-argument" in found.mistakes


def test_a_mask_that_is_spoiled_before_the_gradient_costs_one_point():
    one = next(
        d
        for d in derive.derived("week07", "contrastive_loss")
        if d.misconduct == "writes into its argument" and "each kind" in d.right
    )
    assert derive.judged(one) == ""


def swept(code):
    space = {"torch": torch}
    exec(code, space)
    return broom.swept(space["part"], ["seeded"])


def test_a_view_of_an_argument_is_one_after_cleaning_up_as_well():
    """The broom gives copies to an answer, and an exercise may owe a view of what was given."""
    series = torch.arange(12.0)[4:8]
    view = swept("def part(x):\n    torch.manual_seed(0)\n    return x[1:].unfold(0, 2, 1)\n")(
        series
    )
    assert view.data_ptr() == series[1:].data_ptr()
    assert torch.equal(view, torch.tensor([[5.0, 6.0], [6.0, 7.0]]))


@pytest.mark.parametrize("how", ["x.neg_()", "x.clone()", "x.double()", "x.view(torch.int32)"])
def test_what_is_no_view_of_an_unchanged_argument_comes_back_as_it_is(how):
    given = torch.arange(1.0, 5.0)
    value = swept(f"def part(x):\n    return {how}\n")(given)
    assert value.data_ptr() != given.data_ptr()
    assert torch.equal(value, eval(how, {"torch": torch, "x": given.clone()}))


def test_a_detached_result_stays_detached():
    leaf = torch.ones(3, requires_grad=True)
    assert not swept("def part(x):\n    return x.detach()\n")(leaf).requires_grad
