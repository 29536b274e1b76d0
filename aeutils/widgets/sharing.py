"""Guesses that a student agrees to hand in: numbers only, in a cell of the notebook itself.

Nothing is sent by itself. ``share_predictions()`` replaces the source of its own cell by a call
that holds the guesses, so that whoever runs it reads what will be handed in, and takes it back by
deleting the cell. The report on a class reads such cells; it shows counts and quartiles.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from aeutils._internal.environment import headless_build, in_notebook, shell
from aeutils._internal.notebook import tell
from aeutils._internal.validate import check_text, describe
from aeutils.widgets.prediction_log import finite
from aeutils.widgets.predictions import answered

CELL = """\
# My guesses, handed in with this notebook. Deleting this cell takes them back.
from aeutils.widgets import share_predictions

share_predictions({guesses})
"""


def share_predictions(sent: Mapping[str, float] | None = None) -> None:
    """Hand the guesses of this notebook in with it. Nobody has to, and nothing is graded.

    Called without an argument it writes the guesses that have met their answer into its own cell:
    keys of questions and numbers, no name and no text. They are handed in when the notebook is
    saved and handed in; deleting the cell takes them back. A teacher can read them in the notebook,
    as everything else in it; the report on the class shows no single guess.

    Args:
        sent: what an earlier call has written; it is only looked at.

    Raises:
        TypeError: `sent` is not a dictionary of numbers by key.
        ValueError: one of its numbers is not finite.
    """
    if sent is not None:
        if not isinstance(sent, Mapping):
            raise TypeError(
                f"sent must be a dictionary of numbers by key, got {describe(sent)}; call "
                "share_predictions() without an argument and it is written for you"
            )
        for key, guess in sent.items():
            check_text(key, "the key of a guess")
            finite(guess, f"the guess {key!r}")
        tell(f"{len(sent)} of your guesses are handed in with this notebook. Thank you.")
    elif not headless_build():
        _write_cell({prediction.key: prediction.value for prediction in answered()})


def _write_cell(guesses: dict[str, float]) -> None:
    if not guesses:
        tell("No guess has met its answer yet, so there is nothing to hand in.")
        return
    text = CELL.format(guesses=json.dumps(guesses))
    if in_notebook():
        shell().set_next_input(text, replace=True)
        tell(
            f"This cell now holds {len(guesses)} of your guesses, and nothing else. Save the "
            "notebook to hand them in with it; delete the cell to take them back."
        )
    else:
        print(f"Put this into a cell of the notebook to hand your guesses in:\n\n{text}")
