"""Guesses are handed in only by whoever asks for it, as numbers, in a cell that says so."""

import math
from types import SimpleNamespace

import pytest

from aeutils.widgets import predict, predictions, reveal, share_predictions, sharing


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(predictions, "_notebook", predictions._Notebook())
    return tmp_path


@pytest.fixture
def cell(folder, monkeypatch):
    """Pretend to be in a notebook; return what its own cell is replaced by."""
    replaced = []

    def set_next_input(text, replace):
        assert replace
        replaced.append(text)

    monkeypatch.setattr(sharing, "in_notebook", lambda: True)
    monkeypatch.setattr(sharing, "shell", lambda: SimpleNamespace(set_next_input=set_next_input))
    return replaced


def guess_some():
    predict("a", "How many?", 0, 10, guess=3)
    predict("b", "How many more?", 0, 10, guess=7.5)
    predict("open", "Not yet?", 0, 10, guess=1)
    predict("none", "No guess?", 0, 10)
    for key, answer in {"a": 4, "b": 5, "none": 5}.items():
        reveal(key, answer)


def test_the_cell_holds_guesses_that_met_their_answer_and_nothing_else(cell, capsys):
    guess_some()
    share_predictions()
    (text,) = cell
    assert 'share_predictions({"a": 3.0, "b": 7.5})\n' in text
    assert "How many" not in text
    assert "2 of your guesses" in capsys.readouterr().out
    exec(text)  # what the cell does when it is run again, and when it is graded
    assert "2 of your guesses are handed in" in capsys.readouterr().out
    assert len(cell) == 1


def test_outside_a_notebook_the_cell_is_printed(folder, capsys):
    guess_some()
    share_predictions()
    assert 'share_predictions({"a": 3.0, "b": 7.5})' in capsys.readouterr().out


def test_without_guesses_or_while_graded_nothing_is_written(cell, monkeypatch, capsys):
    share_predictions()
    assert "nothing to hand in" in capsys.readouterr().out
    guess_some()
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    share_predictions()
    assert cell == []


@pytest.mark.parametrize(
    ("sent", "error", "says"),
    [
        ([1, 2], TypeError, "sent"),
        ({"a": "much"}, TypeError, "'a'"),
        ({"a": math.nan}, ValueError, "finite"),
    ],
)
def test_what_was_changed_by_hand_is_refused_with_a_reason(folder, sent, error, says):
    with pytest.raises(error, match=says):
        share_predictions(sent)
