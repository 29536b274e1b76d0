"""How the book is made: site, slides and figures from the lessons, and the claims in them.

``python -m course.book --help`` lists the commands. Nothing here is needed to read the book: the
pages in ``course/`` are plain Markdown.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COURSE = ROOT / "course"
