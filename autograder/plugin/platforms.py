"""Grades for a learning platform: exporters for `nbgrader export`, one row a student.

    nbgrader export --exporter autograder.platforms.Moodle --to moodle.csv
    nbgrader export --exporter autograder.platforms.Canvas --to canvas.csv \\
        --Canvas.template=exported-from-canvas.csv

nbgrader's own CSV has one row for each student *and* week, which neither platform imports.
"""

from __future__ import annotations

import csv
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins.export import ExportPlugin
from traitlets import Bool, Unicode

from autograder.plugin.tables import read_table

MOODLE = ["Username", "Email address", "First name", "Last name"]
CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]


class _Wide(ExportPlugin):
    """One row a student, one column an assignment."""

    default = ""
    missing_is_zero = Bool(True, help="0 for what was not handed in; else an empty cell").tag(
        config=True
    )

    def export(self, gradebook: Gradebook) -> None:
        """Write the file; nbgrader's --to, --assignment and --student are respected."""
        wanted = [str(name) for name in self.assignment]
        assignments = [a for a in gradebook.assignments if not wanted or a.name in wanted]
        chosen = [str(name) for name in self.student]
        students = [s for s in gradebook.students if not chosen or s.id in chosen]
        scores = {
            (s.id, a.name): self._score(gradebook, a.name, s.id)
            for s in students
            for a in assignments
        }
        rows = self.rows(students, [(a.name, a.max_score) for a in assignments], scores)
        path = Path(self.to or self.default)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        self.log.info("Exported %d students to %s", len(students), path)

    def rows(self, students: list, assignments: list, scores: dict) -> list[list[str]]:
        """Return the rows of the file, headings first."""
        raise NotImplementedError

    def _score(self, gradebook: Gradebook, assignment: str, student: str) -> str:
        try:
            found = gradebook.find_submission(assignment, student)
        except MissingEntry:
            return "0" if self.missing_is_zero else ""
        return f"{max(0.0, found.score - (found.late_submission_penalty or 0.0)):g}"


class Moodle(_Wide):
    """For *Grades › Import › CSV file*: map by *Email address* or by *Username*."""

    default = "moodle.csv"

    def rows(self, students: list, assignments: list, scores: dict) -> list[list[str]]:
        """Return headings that Moodle offers for mapping, then one row a student.

        Args:
            students: of the gradebook.
            assignments: pairs of name and points that can be earned.
            scores: by student and assignment.
        """
        names = [name for name, _ in assignments]
        people = [[s.id, s.email or "", s.first_name or "", s.last_name or ""] for s in students]
        return [MOODLE + names] + [
            [*person, *(scores[person[0], name] for name in names)] for person in people
        ]


class Canvas(_Wide):
    """For *Grades › Import*. Canvas' own export, as a template, knows IDs and sections."""

    default = "canvas.csv"
    template = Unicode("", help="CSV file from Grades › Export of the same course").tag(config=True)

    def rows(self, students: list, assignments: list, scores: dict) -> list[list[str]]:
        """Return the template's people with our columns, or people as nbgrader knows them.

        Args:
            students: of the gradebook.
            assignments: pairs of name and points that can be earned.
            scores: by student and assignment.

        Raises:
            ValueError: the template lacks a column.
        """
        head, points, people = self._people(students)
        columns = [self._column(head, name) for name, _ in assignments]
        table = [CANVAS + columns]
        if points:
            possible = [f"{most:g}" for _, most in assignments]
            table.append([*points, *possible])
        known = {s.id for s in students}
        for person in people:
            student = next((person[i] for i in (3, 2, 1) if person[i] in known), None)
            if student is not None:
                table.append([*person, *(scores[student, name] for name, _ in assignments)])
        absent = known - {cell for row in table for cell in row[1:4]}
        if absent:
            self.log.warning("Not in the template, so left out: %s", ", ".join(sorted(absent)))
        return table

    def _people(self, students: list) -> tuple[list[str], list[str], list[list[str]]]:
        if not self.template:
            people = [
                [", ".join(n for n in (s.last_name, s.first_name) if n) or s.id, "", "", s.id, ""]
                for s in students
            ]
            return CANVAS, [], people
        table = read_table(Path(self.template))
        head, rows = table.head, table.rows
        missing = [name for name in CANVAS if name not in head]
        if missing:
            raise ValueError(f"{self.template} has no column {', '.join(missing)}")
        places = [head.index(name) for name in CANVAS]
        first = [row for row in rows if row[0].strip() == "Points Possible"]
        people = [[row[i] for i in places] for row in rows if row not in first]
        points = [first[0][0], "", "", "", ""] if first else []
        return head, points, people

    @staticmethod
    def _column(head: list[str], name: str) -> str:
        """Return the heading that Canvas gave an assignment, as in `week01_pca (1234)`."""
        return next((cell for cell in head if cell.split(" (")[0] == name), name)
