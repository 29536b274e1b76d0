"""Hand in a folder that is a link to another student's folder."""

import shutil


def submission(nb, folder):
    shutil.rmtree(folder)
    folder.symlink_to("../aaa_right/vault", target_is_directory=True)
