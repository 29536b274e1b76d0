"""What plugs into nbgrader: intake, converter, preprocessors, exporters, late days, platforms.

Everything here imports nbgrader; what grades a submission is in ``autograder.hall``, which does
not. `config` is where a course's ``nbgrader_config.py`` comes in, `converter` is nbgrader's loop
over submissions, `preprocessor` is where a submission is graded in its turn.
"""
