"""nbgrader's configuration of this course: stock commands work from this folder, no flags needed.

Instructors change what follows; students never need this file.
"""

from autograder.config import configure
from autograder.plugin.overwrite_guard import KeepWorkExporter

c = get_config()  # noqa: F821  (nbgrader defines it)
configure(c)

c.CourseDirectory.course_id = "autoencoders_embeddings"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
# The text sources of the solutions lie beside them and must never be released.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "week*.py",
    "elective_*.py",
    "passport.json",
    "predictions.json",
    "*.bak",
]

# Releasing again rebuilds notebooks/, but never over answers that somebody typed there.
c.GenerateAssignment.force = True
c.GenerateAssignment.exporter_class = KeepWorkExporter
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}

# --- yours to set -------------------------------------------------------------------------------
# Address of the course's site, to which feedback pages then link what lost points; above, instead
# of `configure(c)`:
#     configure(c, site="https://www.example.org/autoencoders")
# Gradebook (default: gradebook.db in this folder):
#     c.CourseDirectory.db_url = "sqlite:////path/to/gradebook.db"
# Students: `nbgrader db student import students.csv` (columns id, first_name, last_name, email),
# and refuse submissions of anybody else:
#     c.Autograde.create_student = False
# Late penalty: 10% of the score for every day begun, after one hour of grace:
#     c.AssignLatePenalties.plugin_class = "autograder.late.PerDay"
#     c.PerDay.share = 0.1
#     c.PerDay.grace_hours = 1
