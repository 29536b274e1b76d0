"""Predictions: what is asked and shown, what is kept, and that nothing shows twice."""

import inspect
import json
import re
import sys
import types
import xml.etree.ElementTree as ET

import pytest
import torch

from aeutils._internal import notebook
from aeutils.widgets import calibration, predict, predictions, reveal


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working folder of its own and a kernel that has just started."""
    folder = tmp_path / "week01_pca"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    restart(monkeypatch)
    return folder


def restart(monkeypatch):
    monkeypatch.setattr(predictions, "_notebook", predictions._Notebook())


@pytest.fixture
def outputs(monkeypatch):
    """Pretend to be in a notebook; return the list of what is published as (HTML, text)."""
    shown = []

    def publish(text, markup, name=None, update=False, numbers=None):
        shown.append((markup, text, name, update))

    for module in (
        "aeutils._internal.notebook",
        "aeutils.widgets.predictions",
        "aeutils.widgets.prediction_log",
    ):
        monkeypatch.setattr(f"{module}.publish", publish)
    monkeypatch.setattr("aeutils.widgets.predictions.in_notebook", lambda: True)
    return shown


def stored(folder):
    return json.loads((folder / "predictions.json").read_text(encoding="utf-8"))


def test_without_a_guess_the_default_stands_in_and_no_file_appears(folder, capsys):
    p = predict("k", "How many?", 1, 784, default=400)
    assert (p.value, p.guess) == (400, None)
    reveal("k", 150)
    out, err = capsys.readouterr()
    assert "No guess yet; default used: 400." in out
    assert "No guess was committed; the default 400 stood in. The answer is 150" in out
    assert err == ""
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("low", "high", "middle"), [(0, 10, 5), (1, 10_000, 100), (-5, 5, 0)])
def test_the_default_of_the_default_is_the_middle(low, high, middle):
    assert predict("k", "?", low, high).value == pytest.approx(middle)


def test_a_guess_is_kept_over_a_restart_and_shown_against_the_answer(folder, monkeypatch, capsys):
    predict("k", "How many?", 1, 784, guess=300)
    assert stored(folder)["k"]["guess"] == 300
    restart(monkeypatch)
    p = predict("k", "How many?", 1, 784, default=400)
    assert p.value == 300
    reveal("k", torch.tensor(150), note="Fewer than one in five.")
    out = capsys.readouterr().out
    assert "Your guess: 300." in out
    assert "You guessed 300. The answer is 150: too high by a factor of 2." in out
    assert "Fewer than one in five." in out
    assert stored(folder)["k"]["actual"] == 150


def test_reveal_works_after_a_restart_without_asking_again(monkeypatch, capsys):
    predict("k", "How many?", 0, 10, guess=3)
    restart(monkeypatch)
    reveal("k", 5)
    assert "too low by 2." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("low", "high", "unit", "guess", "actual", "words"),
    [
        (1, 60, "", 13.3, 13.33, "spot on."),
        (1, 60, "", 30, 13.3, "too high by 16.7."),
        (50, 200, "%", 80, 103, "The answer is 103 %: too low by 23 %."),
        (1, 60, "", 50, 2, "too high by a factor of 25."),
        (1, 1000, "s", 10, 100, "too low by a factor of 10."),
        (-1, 1, "", 0.5, -0.5, "too high by 1."),
    ],
)
def test_the_verdict_in_words(low, high, unit, guess, actual, words, capsys):
    predict("k", "?", low, high, unit=unit, guess=guess)
    reveal("k", actual)
    assert words in capsys.readouterr().out


def test_a_guess_may_change_until_the_answer_was_shown(capsys):
    predict("k", "?", 0, 10, guess=3)
    assert predict("k", "?", 0, 10, guess=4).value == 4
    reveal("k", 9)
    assert predict("k", "?", 0, 10, guess=9).value == 4
    assert "your first guess, 4, stays" in capsys.readouterr().out
    assert predict("k", "?", 0, 10, guess=4).value == 4


def test_a_guess_outside_a_changed_range_is_asked_again():
    predict("k", "?", 0, 100, guess=90)
    assert predict("k", "?", 0, 10, default=5).guess is None


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: predict("k", "?", 5, 5), ValueError, "low must be less"),
        (lambda: predict("k", "?", 0, 10, guess=11), ValueError, "between 0 and 10, got 11"),
        (lambda: predict("k", "?", 0, 10, default=-1), ValueError, "default"),
        (lambda: predict("k", "?", 0, float("inf")), ValueError, "finite"),
        (lambda: predict("k", "?", 0, 1e300), ValueError, "at most 1e"),
        (lambda: predict("k", " ", 0, 1), ValueError, "question must not be empty"),
        (lambda: reveal("nothing", 3), ValueError, "'nothing'.*run the cell"),
        # Past the type check of the tests, which a student does not have:
        (lambda: inspect.unwrap(predict)(3, "?", 0, 1), TypeError, r"key must be a text.* 3 \(int"),
        (lambda: inspect.unwrap(predict)("k", 3, 0, 1), TypeError, "question must be a text"),
        (lambda: inspect.unwrap(reveal)(3, 1), TypeError, "key must be a text"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("answer", [float("nan"), torch.ones(2)])
def test_an_answer_must_be_one_number(answer):
    predict("k", "?", 0, 10)
    with pytest.raises((TypeError, ValueError), match=r"actual|float"):
        reveal("k", answer)


ENTRY = {"key": "k", "question": "?", "low": 1, "high": 999, "unit": "", "default": 5, "guess": 3}
DAMAGED = [
    "{",
    "[1]",
    "[" * 100_000,
    '{"k": 3}',
    '{"k": {"guess": 3}}',
    json.dumps({"k": ENTRY | {"guess": "3"}}),
    json.dumps({"k": ENTRY | {"guess": 0}}),
    json.dumps({"k": ENTRY | {"guess": 10**400}}),
    json.dumps({"k": ENTRY | {"question": 1}}),
    json.dumps({"k": ENTRY | {"unit": None}}),
    json.dumps({"k": ENTRY | {"low": 3, "high": 3, "default": 3, "actual": 3}}),
    json.dumps({"k": ENTRY | {"low": 9, "high": 1}}),
    json.dumps({"k": ENTRY | {"low": -1e308, "high": 1e308, "actual": 3}}),
    json.dumps({"k": ENTRY | {"actual": float("nan")}}),
    json.dumps({"other": ENTRY}),
]
EMPTY_RANGE = ENTRY | {"key": "bad", "low": 3, "high": 3, "default": 3, "actual": 3}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_moved_aside_with_a_message(damage, folder, capsys):
    (folder / "predictions.json").write_text(damage)
    p = predict("k", "?", 0, 10, guess=7)
    out, err = capsys.readouterr()
    assert p.value == 7
    assert "predictions.json was damaged. It is kept as predictions.json.bak" in out
    assert err == ""
    assert (folder / "predictions.json.bak").read_text() == damage
    assert stored(folder)["k"]["guess"] == 7


@pytest.mark.parametrize("damage", DAMAGED)
def test_calibration_survives_a_damaged_file(damage, folder):
    (folder / "predictions.json").write_text(damage)
    assert "No guess has met its answer" in repr(calibration())
    assert "<table>" in calibration()._repr_html_()


def test_good_entries_of_a_damaged_file_stay(folder, monkeypatch, capsys):
    good = ENTRY | {"actual": 5}
    (folder / "predictions.json").write_text(json.dumps({"k": good, "bad": EMPTY_RANGE}))
    assert len(calibration().rows) == 1
    assert "the entries that can be read stay" in capsys.readouterr().out
    assert stored(folder) == {"k": good}
    restart(monkeypatch)
    assert len(calibration().rows) == 1
    assert capsys.readouterr().out == ""


def test_a_folder_that_cannot_be_written_is_remembered_in_memory(folder, monkeypatch, capsys):
    def fail(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.write_text", fail)
    predict("k", "?", 0, 10, guess=7)
    reveal("k", 5)
    out, err = capsys.readouterr()
    assert "cannot be written here (Permission denied); it is remembered" in out
    assert "You guessed 7" in out
    assert err == ""
    assert "7" in repr(calibration())
    assert list(folder.iterdir()) == []


def test_two_notebooks_in_one_folder_do_not_lose_each_others_guesses(folder, monkeypatch):
    first = predictions._notebook
    predict("a", "?", 0, 10, guess=1)
    restart(monkeypatch)
    predict("b", "?", 0, 10, guess=2)
    monkeypatch.setattr(predictions, "_notebook", first)
    predict("c", "?", 0, 10, guess=3)
    assert {key: entry["guess"] for key, entry in stored(folder).items()} == {
        "a": 1,
        "b": 2,
        "c": 3,
    }


def test_while_nbgrader_executes_there_is_no_file_and_no_widget(folder, monkeypatch, outputs):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setitem(sys.modules, "ipywidgets", None)  # importing it would raise
    (folder / "predictions.json").write_text("damaged")
    predict("k", "Is a < b?", 0, 10, default=4)
    reveal("k", 5)
    predict("g", "?", 0, 10, guess=4)
    assert [p.name for p in folder.iterdir()] == ["predictions.json"]
    assert (folder / "predictions.json").read_text() == "damaged"
    assert len(outputs) == 3
    assert "Is a &lt; b?" in outputs[0][0]


def test_the_question_is_visible_without_the_widget(outputs, monkeypatch):
    monkeypatch.setattr("aeutils.widgets.predictions._show_box", lambda prediction: None)
    predict("k", "How many axes?", 1, 784, unit="axes", default=400)
    markup = outputs[0][0]
    assert "How many axes? (between 1 axes and 784 axes)" in markup
    assert "No guess yet; default used: 400 axes." in markup


def test_the_box_commits_and_updates_the_question(folder, outputs, monkeypatch):
    import ipywidgets

    boxes = []
    monkeypatch.setattr("IPython.display.display", boxes.append)
    p = predict("k", "How many?", 1, 784, unit="axes", default=400)
    box, unit, button, state = boxes[0].children
    assert isinstance(box, ipywidgets.BoundedFloatText)
    assert (box.min, box.max, box.value, unit.value) == (1, 784, 400, "axes")
    assert p.guess is None
    box.value = 120
    button.click()
    assert p.value == 120
    assert stored(folder)["k"]["guess"] == 120
    assert "Committed: 120 axes" in state.value
    assert 'role="status"' in state.value
    markup, _, name, update = outputs[-1]
    assert "Your guess: 120 axes." in markup
    assert update
    assert name == outputs[0][2]
    reveal("k", 150)
    predict("k", "How many?", 1, 784, unit="axes", default=400)
    assert len(boxes) == 1  # answered: nothing left to commit
    ipywidgets.Widget.close_all()


def test_no_box_replaces_a_guess_that_met_its_answer(folder, outputs, monkeypatch):
    import ipywidgets

    boxes = []
    monkeypatch.setattr("IPython.display.display", boxes.append)
    first = predict("k", "How many?", 0, 10)
    again = predict("k", "How many?", 0, 10)  # the cell ran twice: two boxes
    for value, shown in ((3, 1), (4, 0), (5, 1)):  # until then either of them counts
        boxes[shown].children[0].value = value
        boxes[shown].children[2].click()
        assert stored(folder)["k"]["guess"] == value
    reveal("k", 9)
    for shown in boxes:
        box, _, button, state = shown.children
        box.value = 9
        button.click()
        assert "your first guess, 5, stays" in state.value
        assert button.disabled
    assert (stored(folder)["k"]["guess"], stored(folder)["k"]["actual"]) == (5, 9)
    assert predict("k", "How many?", 0, 10).value == 5
    assert 9 not in (first.guess, again.guess)
    ipywidgets.Widget.close_all()


def test_without_ipywidgets_the_question_still_shows(outputs, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert predict("k", "?", 0, 10).value == 5
    assert len(outputs) == 1


def test_reveal_draws_an_accessible_number_line(outputs):
    predict("k", "5 < 6 & so on?", 1, 784, guess=400)
    reveal("k", 150, note="<b>")
    markup = outputs[-1][0]
    svg = ET.fromstring(re.search(r"<svg.*</svg>", markup).group(0))
    assert svg.attrib["role"] == "img"
    assert "You guessed 400. The answer is 150" in svg.attrib["aria-label"]
    assert {"your guess 400", "answer 150"} <= {t.text for t in svg.iter("text")}
    assert "5 &lt; 6 &amp; so on?" in markup
    assert "<b>" not in markup


def test_calibration_counts_guesses_and_not_defaults():
    assert "No guess has met its answer" in calibration().summary()
    for key, guess, actual in (("a", 3, 5), ("b", 9, 5), ("c", 5, 5)):
        predict(key, f"Question <{key}>", 0, 10, guess=guess)
        reveal(key, actual)
    predict("d", "?", 0, 10)
    reveal("d", 3)
    predict("e", "?", 0, 10, guess=2)  # not revealed yet
    table = calibration()
    assert "3 guesses: 1 too high, 1 too low, 1 within 1 %" in table.summary()
    assert "off by 20 % of the number line" in table.summary()
    assert "1 more had no guess" in table.summary()
    markup = table._repr_html_()
    assert "Question &lt;a&gt;" in markup
    assert "▼ 20 % too low" in markup
    assert "▲ 40 % too high" in markup
    assert markup.count('scope="row"') == 3
    assert "Question <a>" in repr(table)


@pytest.mark.parametrize("actual", [0, -5, 1e-90, 1e99])
def test_an_answer_far_off_the_line_never_prints_infinity(actual, outputs, monkeypatch):
    monkeypatch.setattr("aeutils.widgets.predictions._show_box", lambda prediction: None)
    predict("k", "?", 1, 10_000, guess=100)
    reveal("k", actual)
    table = calibration()
    shown = "".join([outputs[-1][0], outputs[-1][1], repr(table), table._repr_html_()])
    assert not re.search(r"\b(inf|nan)\b", shown)
    counts = "1 too high, 0 too low" if actual < 100 else "0 too high, 1 too low"
    assert counts in table.summary()
    if actual <= 0:
        assert "▲ 100 % too high" in table._repr_html_()


def test_calibration_reads_the_weeks_beside_it(folder, monkeypatch):
    predict("w1", "First week?", 0, 10, guess=3)
    reveal("w1", 5)
    for name in ("week02_mlp", "week03_vae"):
        (folder.parent / name).mkdir()
    (folder.parent / "week03_vae" / "predictions.json").write_text("damaged")
    (folder.parent / "week02b").mkdir()
    good = ENTRY | {"key": "good", "question": "Good?", "actual": 5}
    partly = json.dumps({"bad": EMPTY_RANGE, "good": good})
    (folder.parent / "week02b" / "predictions.json").write_text(partly)
    monkeypatch.chdir(folder.parent / "week02_mlp")
    restart(monkeypatch)
    assert "First week?" in repr(calibration())
    assert "Good?" in repr(calibration())
    assert (folder.parent / "week02b" / "predictions.json").read_text() == partly
    assert (folder.parent / "week03_vae" / "predictions.json").read_text() == "damaged"


def test_a_prediction_shows_itself_in_later_cells_only(outputs, monkeypatch):
    monkeypatch.setattr("aeutils.widgets.predictions._show_box", lambda prediction: None)
    cell = types.SimpleNamespace(number=7)
    for module in ("aeutils.widgets.predictions", "aeutils.widgets.prediction_log"):
        monkeypatch.setattr(f"{module}.cell_number", lambda: cell.number)
    p = predict("k", "?", 0, 10)
    p._ipython_display_()
    assert len(outputs) == 1
    cell.number = 8
    p._ipython_display_()
    assert len(outputs) == 2


def test_outside_a_notebook_text_goes_to_standard_output(capsys):
    notebook.publish("text", "<p>markup</p>")
    assert capsys.readouterr() == ("text\n", "")
