"""Submissions from a learning platform into nbgrader's folders, and feedback pages back to it.

`archives` opens what was downloaded; `moodle`, `canvas`, `github` and `plain` know how a
platform names its files, `roster` and `names` who somebody is. `plan` puts that together before
anything is written; `write`, `feedback` and `report` act on it; `command` is the command line.
"""
