"""Hand in links that lead round in a circle, out to the root of the disk, and nowhere."""

from autograder.attacks.course import first


def submission(nb, folder):
    (folder / "circle").symlink_to(".", target_is_directory=True)
    (folder / "root").symlink_to("/", target_is_directory=True)
    (folder / "nowhere").symlink_to("missing")
    return first(nb, "import os\nprint([name for name in os.walk('.')][:100])")
