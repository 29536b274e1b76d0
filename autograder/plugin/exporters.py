"""nbgrader's exporter, which comes to life just before the loop over submissions."""

from __future__ import annotations

from typing import Any, cast

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
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

    def run_preprocessors(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Return a notebook after the preprocessors that are registered now.

        nbconvert's own way copies the notebook twice and checks it against nbformat's schema. What
        comes in here was made by :mod:`autograder.plugin.intake`, and nobody else holds it.

        Args:
            nb: the notebook, which is changed.
            resources: nbgrader's names and settings of this conversion.
        """
        for preprocessor in self._preprocessors:
            nb, resources = preprocessor(nb, resources)
        return nb, resources
