"""Indices that nbgrader's gradebook lacks, so that large classes do not wait for whole tables.

nbgrader looks for the notebooks of a submission and for the grades and comments of a notebook.
Its tables have indices that begin with the other column of each pair, so every such look reads a
whole table. Indices change no row, and nbgrader's own upgrades of the gradebook leave them alone.
"""

from __future__ import annotations

from sqlalchemy import create_engine, inspect, text

INDICES = {
    "autograder_grade_notebook": ("grade", "notebook_id"),
    "autograder_comment_notebook": ("comment", "notebook_id"),
    "autograder_submitted_notebook_assignment": ("submitted_notebook", "assignment_id"),
    "autograder_submitted_assignment_student": ("submitted_assignment", "student_id"),
    "autograder_base_cell_notebook": ("base_cell", "notebook_id"),
    "autograder_source_cell_notebook": ("source_cell", "notebook_id"),
}
"""Name of each index: its table and column."""


def add_indices(url: str) -> list[str]:
    """Add to a gradebook the indices that it lacks.

    Args:
        url: address of the database, as in `CourseDirectory.db_url`.

    Returns:
        Names of those that were added.
    """
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            tables = inspect(connection)
            there = tables.get_table_names()
            added = []
            for name, (table, column) in INDICES.items():
                if table in there and name not in {i["name"] for i in tables.get_indexes(table)}:
                    connection.execute(text(f'CREATE INDEX "{name}" ON "{table}" ("{column}")'))
                    added.append(name)
            return added
    finally:
        engine.dispose()
