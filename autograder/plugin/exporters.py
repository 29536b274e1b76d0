"""nbgrader's exporter, which comes to life just before the loop over submissions."""

from __future__ import annotations

from typing import Any, cast

from nbconvert.exporters import NotebookExporter
from nbgrader.converters import Autograde

from autograder.hall.isolation.bubblewrap import NoSandbox, require
from autograder.plugin.nbgrader_internals import UnknownNbgrader, take_over
from autograder.plugin.preprocessor import UNPROTECTED, ExamHall


class ExamExporter(NotebookExporter):
    """Refuses to start without a sandbox; else lets the exam hall take over nbgrader's converter.

    Attributes:
        settings: what the instructor set about grading.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.optimistic_validation = True  # once after all preprocessors, not after each
        self.settings = ExamHall(parent=self).settings()
        try:
            if self.settings.protected:
                require()
            else:
                self.log.warning('c.ExamHall.sandbox = "none": every submission is %s', UNPROTECTED)
            # Imported here, because every command reads the configuration, and one grades.
            from autograder.plugin.converter import ExamAutograde

            take_over(cast(Autograde, self.parent), ExamAutograde)
        except (NoSandbox, UnknownNbgrader) as refusal:
            self.log.error("%s", refusal)  # nbgrader itself would end without a word
            raise

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Return a notebook after all preprocessors; what was sanitised ahead, as it was then.

        Args:
            filename: path of the notebook.
            resources: nbgrader's names and settings of this conversion.
            kw: as for nbconvert's exporter.
        """
        converter: Any = self.parent
        known = converter.sanitised.pop(filename, None) if converter.in_turn else None
        return known or super().from_filename(filename, resources, **kw)
