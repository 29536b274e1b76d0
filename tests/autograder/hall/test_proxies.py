"""Tests on one side, a student's code on the other: what a test sees of it."""

import os
import random

import numpy as np
import pytest
import torch

from autograder.exercises import model_access
from autograder.hall import report as report_module
from autograder.hall.examiner.examiner import Examiner
from autograder.hall.examiner.names import Names
from autograder.hall.failure import CheckFailed
from autograder.hall.isolation.bubblewrap import bwrap, trial
from autograder.hall.isolation.mounts import Mounts
from autograder.hall.isolation.sandbox import Sandbox
from autograder.hall.isolation.supervisor import Limits
from autograder.hall.protocol import remote_call
from autograder.hall.protocol.codec import CannotCross
from autograder.hall.protocol.proxies import RpcClient, is_proxy

PROTECTED = not trial(bwrap(), os.environ.get("PATH", ""))

STUDENT = """
import numpy as np, torch
from torch import nn

def mean(x): return x.mean(0)
def add_one(x):
    x += 1
def insort(values): values.sort()
def boom(x): raise ValueError("secret " + repr(x))
class Odd(KeyError): pass
def odd(): raise Odd("k")
def stub(): raise NotImplementedError()
def loud(): print("hello"); return 1
def quit_now(): raise SystemExit(3)
def noise(): return np.random.rand(), torch.rand(1)
class Net(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.layer = nn.Linear(d, 2)
    def forward(self, x): return self.layer(x)
class Everything:
    def __eq__(self, other): return True
    def __bool__(self): return True
    def __len__(self): return 3
    def __str__(self): return "anything"
def everything(): return Everything()
class Lying:
    def __len__(self): return 3
    def __iter__(self): return iter([])
def disguised(x): return type(f"Got_{x}", (), {})()
def disguised_error(x): raise type(f"Got_{x}", (ValueError,), {})(x)
def stop(x): raise StopIteration
def generate():
    yield from range(4)
def len(x): return 7
def resize(x): x.data = torch.zeros(2, 4)
def widen(x): x.data = x.data.double()
def row_only(x): x.data = x.data[:1].clone()
def reshape(x): x.shape = (3, 2)
def reread(x): x.dtype = np.int32
def halve(x): x *= 0.5
answer = 42
"""


@pytest.fixture(scope="module")
def client():
    with Sandbox(Mounts(), Limits(), protected=PROTECTED) as sandbox:
        sandbox.ready()
        client = RpcClient(sandbox.line, {"Odd", "Net", "Everything", "SystemExit"})
        assert client.run(STUDENT)["error"] is None
        yield client


@pytest.fixture
def names(client):
    return Names(client, {"mean"}, trusted=lambda name: {}[name])


def test_functions_take_and_return_values(names):
    assert torch.equal(names["mean"](torch.tensor([[1.0], [3.0]])), torch.tensor([2.0]))
    assert np.array_equal(names["mean"](np.array([[1.0], [3.0]])), [2.0])
    assert names["answer"] == 42


@pytest.mark.parametrize("make", [torch.zeros, np.zeros])
def test_changes_in_place_show_on_this_side(names, make):
    x = make(3)
    names["add_one"](x)
    assert (x == 1).all()


def test_a_new_shape_of_an_argument_shows_on_this_side(names):
    """A change that broadcasts must not be mistaken for one of every row."""
    x = torch.arange(6.0).reshape(2, 3)
    names["row_only"](x)
    assert torch.equal(x, torch.arange(3.0).reshape(1, 3))
    x = torch.zeros(3, 2)
    names["resize"](x)
    assert x.shape == (2, 4)
    array = np.arange(6.0).reshape(2, 3)
    names["reshape"](array)
    assert array.shape == (3, 2)
    assert np.array_equal(array.ravel(), np.arange(6.0))


def test_a_new_dtype_of_an_argument_shows_on_this_side(names):
    x = torch.tensor([1.5, 2.5])
    names["widen"](x)
    assert x.dtype == torch.float64
    assert x.tolist() == [1.5, 2.5]
    array = np.array([1.0, 2.0], dtype=np.float32)
    names["reread"](array)
    assert array.dtype == np.int32
    assert array.tolist() == np.array([1.0, 2.0], dtype=np.float32).view(np.int32).tolist()


def test_a_change_in_place_reaches_every_view(names):
    """The argument keeps its memory, so that the caller's views see the change as well."""
    x = torch.ones(4)
    view = x[:2]
    names["halve"](x)
    assert view.tolist() == [0.5, 0.5]
    leaf = torch.ones(3, requires_grad=True)
    names["halve"](leaf.detach())
    assert leaf.tolist() == [0.5, 0.5, 0.5]
    array = np.ones(4)
    half = array[:2]
    names["halve"](array)
    assert half.tolist() == [0.5, 0.5]


def test_lists_sorted_in_place_are_sorted_here(names):
    values = [3, 1, 2]
    names["insort"](values)
    assert values == [1, 2, 3]


def test_exceptions_arrive_as_their_nearest_built_in_type(names):
    with pytest.raises(ValueError, match="secret 3") as raised:
        names["boom"](3)
    assert raised.value.student_line == 8
    with pytest.raises(KeyError) as raised:
        names["odd"]()
    assert raised.value.student_type == "Odd"
    with pytest.raises(NotImplementedError, match=r"^$"):
        names["stub"]()
    with pytest.raises(RuntimeError) as raised:
        names["quit_now"]()
    assert raised.value.student_type == "SystemExit"


def test_printing_can_be_tested(names, capsys):
    assert names["loud"]() == 1
    assert capsys.readouterr().out == "hello\n"


def test_modules_work_by_values(names):
    net = names["Net"](3)
    x = torch.randn(5, 3)
    state = net.state_dict()
    assert torch.allclose(net(x), x @ state["layer.weight"].T + state["layer.bias"], atol=1e-6)
    net.load_state_dict({name: torch.ones_like(value) for name, value in state.items()})
    assert all((p == 1).all() for p in net.parameters())
    assert sum(p.numel() for p in net.parameters()) == 8
    assert net.layer.in_features == 3
    assert net.eval().training is False


def test_gradients_come_from_a_remote_call(names):
    found = model_access.gradients(names["Net"](2), torch.randn(5, 2))
    assert set(found) == {"layer.weight", "layer.bias"}


def test_a_tests_own_optimiser_fails_loudly(names):
    net = names["Net"](3)
    loss = net(torch.ones(1, 3)).sum()
    with pytest.raises(CannotCross, match="remote call"):
        loss.backward()


@pytest.mark.parametrize(
    "use",
    [
        lambda e: e == 3,
        lambda e: e != 3,
        lambda e: bool(e),
        lambda e: e < 3,
        lambda e: e + 1,
        lambda e: float(e),
        lambda e: np.allclose(e, 1),
        lambda e: 3 in e,
        lambda e: isinstance(e, int),
        lambda e: torch.as_tensor(e),
    ],
)
def test_an_object_that_equals_everything_passes_no_comparison(names, use):
    with pytest.raises(TypeError):
        use(names["everything"]())


def test_lengths_text_and_items_of_objects_are_values(names):
    thing = names["everything"]()
    assert len(thing) == 3
    assert str(thing) == "anything"
    assert type(thing).__name__ == "Everything"
    assert list(names["generate"]()) == [0, 1, 2, 3]


def test_an_object_is_held_to_the_length_it_gave(names):
    thing = names["everything"]()
    assert len(thing) == 3
    with pytest.raises(TypeError):
        list(thing)
    lying = names["Lying"]()
    assert len(lying) == 3
    with pytest.raises(CannotCross, match="two different lengths"):
        list(lying)


def test_names_that_the_student_did_not_type_are_not_shown(names):
    thing = names["disguised"](20771)
    assert type(thing).__name__ == "object"
    with pytest.raises(ValueError, match="20771") as raised:
        names["disguised_error"](20771)
    assert raised.value.student_type == "ValueError"


def test_stop_iteration_does_not_end_a_loop_of_the_test(names):
    with pytest.raises(RuntimeError):
        all(map(names["stop"], [1, 2]))


def test_functions_of_the_test_do_not_cross(names):
    with pytest.raises(CannotCross, match="remote call"):
        names["mean"](lambda x: x)


def test_built_in_names_are_never_the_students(names):
    with pytest.raises(KeyError):
        names["len"]
    assert eval("len([1, 2])", names) == 2


def test_deleting_and_restoring_a_name_reaches_the_student(names, client):
    client.run("def outer(): return inner()\ndef inner(): return 5")
    exec("kept = inner\ndel inner", names)
    with pytest.raises(NameError):
        names["outer"]()
    exec("inner = kept", names)
    assert names["outer"]() == 5


def test_replacing_a_students_function_is_refused_by_name(names):
    with pytest.raises(CannotCross, match="'mean'"):
        exec("mean\ndef mean(x): return 0", names)


def test_helpers_of_remote_calls(names):
    net = names["Net"](2)
    assert remote_call.is_a(net, "torch.nn.modules.module.Module")
    assert not remote_call.is_a(net, "dict")
    assert remote_call.signature(names["boom"]) == ["x"]
    assert "x.mean(0)" in remote_call.source(names["mean"])
    assert remote_call.is_a(3, "int")


def test_files_of_the_student_are_read_in_a_remote_call(names, client):
    client.run("open('out.txt', 'w').write('written')")
    assert remote_call.read_file(names["mean"], "out.txt") == b"written"


def test_undefined_names_are_name_errors(names):
    with pytest.raises(NameError, match="nowhere"):
        eval("nowhere + 1", names)


# --- whole test cells -----------------------------------------------------------------------------

HIDDEN = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")


@pytest.fixture
def examine(client, monkeypatch):
    """Run one test cell for 4 points after some released cells; return its report."""
    for module, name in ((random, "seed"), (np.random, "seed"), (torch, "manual_seed")):
        monkeypatch.setattr(module, name, getattr(module, name))  # an examiner replaces them
    monkeypatch.setattr(report_module, "show", report_module.show)

    def run(source, *released):
        cells = [{"source": text} for text in released]
        cells.append({"source": source, "grade_id": "test-it", "test": True})
        return Examiner(client, cells).test(source, "test-it", 4.0, HIDDEN)

    return run


def test_a_passing_cell_earns_its_points(examine):
    report = examine("import torch\nassert mean(torch.ones(2, 3)).shape == (3,)")
    assert (report.earned, report.points) == (4, 4)


def test_a_failed_visible_line_is_quoted(examine):
    report = examine("assert answer == 42\nassert answer == 43")
    assert report.earned == 0
    assert "line 2 of the test, `assert answer == 43`" in report.first_message


def test_a_failed_hidden_line_shows_its_message_and_nothing_else(examine):
    report = examine(
        "### BEGIN HIDDEN TESTS\n"
        "import torch\n"
        "assert float(mean(torch.tensor([[9.5]]))) == 1234.5, 'try one row'\n"
        "### END HIDDEN TESTS"
    )
    assert report.first_message == "a hidden test failed: try one row (after calling mean)"
    report = examine(
        "### BEGIN HIDDEN TESTS\nwanted = 1234.5\nassert answer == wanted, f'{wanted}'\n"
        "### END HIDDEN TESTS"
    )
    assert "1234" not in report.first_message


def test_the_text_of_a_students_exception_never_reaches_the_message(examine):
    report = examine("boom(20771)")
    assert report.first_message == "boom raised ValueError (line 8 of your cell)"


@pytest.mark.parametrize(
    ("last", "earned"),
    [
        *(("1.5", 1.5), ("4", 4), ("np.float64(2)", 2), ("np.longdouble(1)", 1), ("None", 4)),
        *(("'text'", 4), ("everything()", 4), ("answer == 42", 4), ("np.array(3)", 3)),
        *(("answer == 41", 0), ("2 * (answer == 42) + 1", 3)),
    ],
)
def test_a_closing_expression_is_partial_credit(examine, last, earned):
    assert examine(f"import numpy as np\n{last}").earned == earned


@pytest.mark.parametrize(
    "last", ["float('nan')", "-1", "4.1", "2 * [1]", "0j + 1", "10**400", "np.zeros(0) * 2", "mean"]
)
def test_impossible_credit_earns_nothing_and_is_named(examine, last):
    report = examine(f"import numpy as np\n{last}")
    assert report.earned == 0
    assert "between 0 and 4 points" in report.first_message


def test_stub_and_missing_name_are_explained(examine):
    assert "not implemented yet" in examine("stub()").first_message
    assert "nowhere is not defined" in examine("nowhere(3)").first_message


def test_names_of_the_release_are_computed_on_the_trusted_side(examine, client):
    client.run("x = 'forged'\ndef helper(v): return 'forged'")
    report = examine(
        "assert helper(x) == 6 and np.pi > 3",
        "import numpy as np",
        "x = 1\nx += 2",
        "def helper(v):\n    return 2 * v",
    )
    assert report.earned == 4, report.first_message


def test_seeds_reach_the_student(examine):
    cell = (
        "import numpy as np, torch\nnp.random.seed(3); torch.manual_seed(3)\nfirst = noise()\n"
        "np.random.seed(3); torch.manual_seed(3)\nassert noise() == first"
    )
    assert examine(cell, "import torch").earned == 4


def test_a_student_that_ends_the_process_loses_only_what_was_tested():
    with Sandbox(Mounts(), Limits(), protected=PROTECTED) as sandbox:
        sandbox.ready()
        client = RpcClient(sandbox.line)
        client.run("import os\ndef gone(): os._exit(0)")
        names = Names(client, set(), trusted=lambda name: {}[name])
        with pytest.raises(CheckFailed, match="process ended"):
            names["gone"]()


def test_handles_have_the_students_type_name_in_messages(names):
    assert is_proxy(names["Net"])
    assert repr(names["Net"]) == "<the student's Net>"
