"""Rows of one table, and how each of them was trained: is the table about models or recipes?

A comparison names what it compares. Whatever else differs between its rows is either equal, or has
a reason that stands beside the table.

>>> import torch
>>> from aeutils import losses, models, training
>>> def trained(epochs):
...     training.seed_everything(0)
...     model = models.Autoencoder(sizes=(6, 4, 2))
...     return training.fit(model, torch.rand(50, 6), epochs=epochs, progress=False)
>>> rows = {"short": trained(1), "long": trained(2), "raw pixels": "not trained"}
>>> Comparison.of("example", rows, compared="loss", rate_chosen="by hand").undeclared()
['images seen', 'steps']
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from aeutils._internal.notebook import publish
from aeutils._internal.validate import check_text, describe
from aeutils.training.history import History
from aeutils.training.recipe import NOT_SAID, UNNAMED, Recipe

COMPARISON = "application/vnd.aeutils.comparison+json"
"""Kind of the output that keeps a comparison for the pages of the book; no page shows it."""

COLUMNS = {
    "model": "model",
    "data": "data",
    "images_seen": "images seen",
    "steps": "steps",
    "batch_size": "batch",
    "loss": "loss",
    "shown": "shown",
    "optimiser": "optimiser",
    "lr": "learning rate",
    "lr_chosen": "rate chosen",
    "weight_decay": "weight decay",
    "parameters": "parameters",
    "seeds": "seeds",
}
BUDGET = ("data", "images seen", "steps")
"""What a training may spend; a table whose rows differ in it needs a reason."""


@dataclass(frozen=True)
class Comparison:
    """Models side by side, with how they came about.

    Attributes:
        name: of the table, such as "w7-hundred".
        rows: for each row its recipe, or in words how it came about without training.
        compared: what the rows are meant to differ in, headings of `COLUMNS`.
        reasons: for anything else that differs, a heading of `COLUMNS`, why.
    """

    name: str
    rows: Mapping[str, Recipe | str]
    compared: tuple[str, ...]
    reasons: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        name: str,
        rows: Mapping[str, History | Recipe | str],
        *,
        compared: str | tuple[str, ...],
        rate_chosen: str | Mapping[str, str] | None = None,
        reasons: Mapping[str, str] | None = None,
    ) -> Comparison:
        """Return the comparison of some training runs.

        Args:
            name: of the table.
            rows: for each row what `fit` returned, a recipe, or a text where nothing was trained.
            compared: heading, or headings, of `COLUMNS`.
            rate_chosen: how the learning rate of all rows was chosen, or of each, by row. A recipe
                that says so itself is left as it is.
            reasons: why anything else differs, by heading of `COLUMNS`.

        Returns:
            The comparison.

        Raises:
            TypeError: a row is none of the three.
            ValueError: a heading is none of `COLUMNS`, a history has no recipe, or `rate_chosen`
                names a row that is not there.
        """
        check_text(name, "name")
        wanted = (compared,) if isinstance(compared, str) else tuple(compared)
        reasons = dict(reasons or {})
        for heading in (*wanted, *reasons):
            if heading not in COLUMNS.values():
                raise ValueError(
                    f"{heading!r} is no column; there are {', '.join(COLUMNS.values())}"
                )
        chosen = {} if isinstance(rate_chosen, str | None) else dict(rate_chosen)
        if unknown := chosen.keys() - rows.keys():
            raise ValueError(f"rate_chosen names {', '.join(sorted(unknown))}, which is no row")
        said = rate_chosen if isinstance(rate_chosen, str) else None
        made = {row: recipe_of(row, how, chosen.get(row, said)) for row, how in rows.items()}
        return cls(name, made, wanted, reasons)

    def trained(self) -> dict[str, Recipe]:
        """Return the rows that were trained in steps."""
        return {row: how for row, how in self.rows.items() if isinstance(how, Recipe)}

    def differing(self) -> list[str]:
        """Return the headings of the columns in which trained rows differ."""
        return [
            heading
            for attribute, heading in COLUMNS.items()
            if len({getattr(recipe, attribute) for recipe in self.trained().values()}) > 1
        ]

    def undeclared(self) -> list[str]:
        """Return what differs without being compared or having a reason, and what is unsaid."""
        known = {*self.compared, *self.reasons}
        unnamed = [
            f"a name for the {what} of {row!r}"
            for row, recipe in self.trained().items()
            for what in ("loss", "shown")
            if UNNAMED in getattr(recipe, what)
        ]
        unsaid = [
            f"how the learning rate of {row!r} was chosen"
            for row, recipe in self.trained().items()
            if recipe.lr_chosen == NOT_SAID
        ]
        return [heading for heading in self.differing() if heading not in known] + unnamed + unsaid

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON can hold it: lists, because notebooks sort dictionaries."""
        rows = [
            [row, how if isinstance(how, str) else asdict(how)] for row, how in self.rows.items()
        ]
        return {
            "name": self.name,
            "rows": rows,
            "compared": list(self.compared),
            "reasons": [list(reason) for reason in self.reasons.items()],
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Comparison:
        """Return the comparison that `as_dict` wrote down.

        Args:
            kept: what it returned.
        """
        rows = {row: how if isinstance(how, str) else Recipe(**how) for row, how in kept["rows"]}
        return cls(kept["name"], rows, tuple(kept["compared"]), dict(kept["reasons"]))

    def sentences(self) -> list[str]:
        """Return what a reader should know of it: what is equal, what is compared, what is not."""
        trained = list(self.trained().values())
        lines = [f"Compared: {', '.join(self.compared)}."]
        if len(trained) > 1 and not {"images seen", "steps"} & set(self.differing()):
            first = trained[0]
            lines.append(
                f"Equal for all trained rows: {first.images_seen:,} images seen in "
                f"{first.steps:,} steps."
            )
        for reason in dict.fromkeys(self.reasons.values()):
            headings = [heading for heading, why in self.reasons.items() if why == reason]
            lines.append(f"Not equal: {', '.join(headings)}. {reason}")
        if undeclared := self.undeclared():
            lines.append(f"NOT a fair comparison, and nobody says why: {', '.join(undeclared)}.")
        return lines

    def same(self) -> str:
        """Return what all trained rows have in common as a sentence; none without such rows."""
        trained = list(self.trained().values())
        if not trained:
            return ""
        shared = [a for a, heading in COLUMNS.items() if heading not in self.differing()]
        words = zip(shared, trained[0].words(shared), strict=True)
        told = "; ".join(f"{COLUMNS[attribute]} {text}" for attribute, text in words)
        return (
            f"{'The same in all trained rows' if len(trained) > 1 else 'The trained row'}: {told}."
        )

    def table(self) -> list[list[str]]:
        """Return the cells of "how each row was trained", the headings first."""
        cells = [["row", *COLUMNS.values(), "CPU s"]]
        for row, how in self.rows.items():
            if isinstance(how, str):
                cells.append([row, how, *[""] * len(COLUMNS)])
            else:
                cells.append([row, *how.words(COLUMNS), f"{how.cpu_seconds:.1f}"])
        return cells


def compare(
    name: str,
    rows: Mapping[str, History | Recipe | str],
    *,
    compared: str | tuple[str, ...],
    rate_chosen: str | Mapping[str, str],
    reasons: Mapping[str, str] | None = None,
) -> None:
    """Show under a table or figure how each of its rows was trained, folded away.

    Args:
        name: of the table, such as "w7-hundred"; the book lists all comparisons by it.
        rows: for each row what `fit` returned, a recipe, or a text where nothing was trained.
        compared: what the rows are meant to differ in: a heading, or headings, of the table.
        rate_chosen: how the learning rate was chosen, of all rows or, by row, of each. No loop can
            know it.
        reasons: why anything else differs, by heading.

    Raises:
        TypeError: a row is no history, recipe or text.
        ValueError: a heading is none of the table's, a history has no recipe, or `rate_chosen`
            names a row that is not there.
    """
    comparison = Comparison.of(
        name, rows, compared=compared, rate_chosen=rate_chosen, reasons=reasons
    )
    notes, kept = comparison.sentences(), {COMPARISON: comparison.as_dict()}
    publish(table_text(comparison, notes), table_html(comparison, notes), kept=kept)


def table_text(comparison: Comparison, notes: Sequence[str] = ()) -> str:
    """Return "how each row was trained" as lines of text.

    Args:
        comparison: the rows.
        notes: sentences below the table.
    """
    lines = [" | ".join(line) for line in comparison.table()]
    return "\n".join(["How each row was trained", *lines, *notes])


def table_html(comparison: Comparison, notes: Sequence[str] = ()) -> str:
    """Return "how each row was trained" as a table that is folded away.

    Columns in which all trained rows agree stand in a sentence below it.

    Args:
        comparison: the rows.
        notes: sentences below the table.
    """
    left = 'style="text-align:left;padding:0.1em 0.6em"'
    columns = [attribute for attribute, h in COLUMNS.items() if h in comparison.differing()]
    heads = ["row", *(COLUMNS[attribute] for attribute in columns), "CPU s"]
    head = "".join(f'<th scope="col" {left}>{html.escape(text)}</th>' for text in heads)
    body = ""
    for row, how in comparison.rows.items():
        if isinstance(how, str):
            cells = f'<td {left} colspan="{len(heads) - 1}">{html.escape(how)}</td>'
        else:
            texts = [*how.words(columns), f"{how.cpu_seconds:.1f}"]
            cells = "".join(f"<td {left}>{html.escape(text)}</td>" for text in texts)
        body += f'<tr><th scope="row" {left}>{html.escape(row)}</th>{cells}</tr>'
    lines = [*notes, *filter(None, [comparison.same()])]
    below = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return (
        "<details><summary style='color:inherit'>How each row was trained</summary>"
        '<div tabindex="0" style="overflow-x:auto"><table style="margin:0">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"{f'<ul>{below}</ul>' if below else ''}</details>"
    )


def recipe_of(
    row: str, how: History | Recipe | str, rate_chosen: str | None = None
) -> Recipe | str:
    """Return the recipe of a row, or what stands in the place of one.

    Args:
        row: its name, for the messages.
        how: what `fit` returned, a recipe, or a text where nothing was trained.
        rate_chosen: how its learning rate was chosen, if the recipe does not say.

    Returns:
        The recipe or the text.

    Raises:
        TypeError: `how` is none of the three.
        ValueError: the history has no recipe.
    """
    if isinstance(how, History):
        if how.recipe is None:
            raise ValueError(f"the history of {row!r} has no recipe; watch it by a RecipeRecorder")
        how = how.recipe
    if not isinstance(how, Recipe | str):
        raise TypeError(f"row {row!r} must be a History, a Recipe or a text, got {describe(how)}")
    return how.with_rate_chosen(rate_chosen) if isinstance(how, Recipe) else how
