"""What the pages tell a reader to type exists: modules, subcommands, options, targets, paths.

A command is looked at in blocks of a shell and in code between backticks. Our own command lines are
asked themselves: each parses the arguments and is stopped before it does anything.
"""

import argparse
import functools
import importlib
import inspect
import re
import shlex
import sys
from importlib.machinery import PathFinder
from typing import NamedTuple

import pytest
from nbgrader.apps.nbgraderapp import NbGraderApp
from repository import ROOT

from autograder import units

OUR_FOLDERS = ("aeutils", "autograder", "benchmarks", "course", "notebooks", "solutions", "tests")
MADE = ("course/misconceptions.md", "course/guide/exercises.md")  # for the instructors' site
SHELLS = ("", "bash", "console", "powershell", "sh")
FENCE = re.compile(r"^( *)```([^\n`]*)\n(.*?)^ *```[ \t]*$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)(`{1,2})(?!`)((?:(?!\n\s*\n).)+?)(?<!`)\1(?!`)", re.DOTALL)
PATH = re.compile(rf"(?:{'|'.join(OUR_FOLDERS)})/[^\s`]*")
ENDS = {"&&", "||", "|", ";", "&", "\N{HORIZONTAL ELLIPSIS}"}
UNITS = {units.unit_of(name) for name in units.notebooks(ROOT)}


class Code(NamedTuple):
    """A line of a page that is code, and the number of the line."""

    line: int
    text: str


def pages():
    """Return every page that is read as it lies here."""
    top = sorted(ROOT.glob("*.md")) + sorted((ROOT / "benchmarks").glob("*.md"))
    made = [ROOT / path for path in MADE]
    return top + [path for path in sorted((ROOT / "course").rglob("*.md")) if path not in made]


def shell_lines(text):
    """Yield the lines of shell blocks."""
    for fence in FENCE.finditer(text):
        if fence[2].strip() in SHELLS:
            first = text.count("\n", 0, fence.start(3)) + 1
            for number, line in enumerate(fence[3].splitlines(), start=first):
                yield Code(number, line.strip())


def inline_code(text):
    """Yield what stands between backticks, outside blocks; it may go over the end of a line."""
    rest = FENCE.sub(lambda fence: re.sub(r"[^\n]", " ", fence[0]), text)
    for match in INLINE.finditer(rest):
        yield Code(rest.count("\n", 0, match.start()) + 1, " ".join(match[2].split()))


def commands(text):
    """Yield the commands of a line: lists of words."""
    try:
        words = shlex.split(text.replace(";", " ; "), comments=True)
    except ValueError:  # an open quote: a sentence
        words = text.split()
    command = []
    for word in [*words, ";"]:
        if word in ENDS:
            yield command
            command = []
        else:
            command.append(word)


def faults(text):
    """Yield a line number, what stands there, and why it cannot be."""
    for code in [*shell_lines(text), *inline_code(text)]:
        for command in commands(code.text):
            yield from ((code.line, code.text, why) for why in command_faults(command))
    for code in inline_code(text):
        if PATH.fullmatch(code.text) and not path_exists(code.text):
            yield code.line, code.text, "there is no such path"


def command_faults(words):
    """Yield what is wrong with one command."""
    for place, word in enumerate(words):
        program, rest = re.split(r"[/\\]", word)[-1], words[place + 1 :]
        if program in {"python", "python3", "py"} and rest[:1] == ["-m"] and len(rest) > 1:
            yield from module_faults(rest[1], tuple(rest[2:]))
            return
        if program == "make" and place == 0:
            unknown = [t for t in rest if re.fullmatch(r"[a-z][\w-]*", t) and t not in targets()]
            yield from (f"Makefile has no target {target}" for target in unknown)
            return
        if program == "nbgrader" and (place == 0 or words[0] == "systemd-run"):
            yield from nbgrader_faults(rest)
            return


def module_faults(module, arguments):
    """Yield why ``python -m module arguments`` cannot be run."""
    missing = [word for word in arguments if PATH.fullmatch(word) and not path_exists(word)]
    yield from (f"there is no {path}" for path in missing)
    if module.split(".")[0] in OUR_FOLDERS:
        fault = refusal(module, arguments)
        if fault:
            yield fault
    elif PathFinder.find_spec(module.split(".")[0]) is None:  # asks no import hook
        yield f"there is no module {module}"


@functools.cache
def refusal(module, arguments):
    """Return what one of our command lines says against these arguments, or nothing."""
    path = ROOT / module.replace(".", "/")
    path = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
    if not path.exists():
        return f"there is no module {module}"
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    main = getattr(importlib.import_module(name), "main", None)
    if main is None:
        return f"{module} has no main"
    if not arguments:  # the command line as such
        return ""
    return parse(main, list(arguments))


class Understood(Exception):
    """The arguments were parsed; nothing else is wanted of the program."""


def parse(main, arguments):
    """Call `main` as far as the end of its parsing; return the parser's complaint, or nothing."""
    parse_args, complaint = argparse.ArgumentParser.parse_args, []

    def stop(parser, *given):
        parse_args(parser, *given)
        raise Understood

    def error(parser, message):
        complaint.append(message)
        raise Understood

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", stop)
        patch.setattr(argparse.ArgumentParser, "error", error)
        patch.setattr(argparse.ArgumentParser, "print_help", lambda *_: None)
        patch.setattr(sys, "argv", ["program", *arguments])
        try:
            main(*([arguments] if inspect.signature(main).parameters else []))
        except (Understood, SystemExit):
            return "; ".join(complaint)
    return "its main parses nothing"


@functools.cache
def targets():
    """Return the targets of the Makefile."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][\w-]*):", text, flags=re.MULTILINE))


def nbgrader_faults(words):
    """Yield unknown subcommands and options of nbgrader; those of plug-ins have a dot."""
    app, name = NbGraderApp, "nbgrader"
    while words and getattr(app, "subcommands", None) and re.fullmatch(r"[a-z_]+", words[0]):
        if words[0] not in app.subcommands:
            yield f"{name} has no subcommand {words[0]}"
            return
        app, name = app.subcommands[words[0]][0], f"{name} {words[0]}"
        app = importlib.import_module(app.rpartition(".")[0]) if isinstance(app, str) else app
        words = words[1:]
    for word in words:
        option = re.fullmatch(r"--([\w-]+)(=.*)?", word)
        if option and option[1] not in options(app) | {"help"}:
            yield f"{name} has no option --{option[1]}"


@functools.cache
def options(app):
    """Return the short names of a subcommand's options."""
    made = app()
    names = [*made.aliases, *made.flags]
    return {name for key in names for name in ([key] if isinstance(key, str) else key)}


def path_exists(path):
    """Tell whether a path is there, is made, or stands for others."""
    week = re.search(r"week\d\d|elective_[a-z]", path)
    if path in MADE or re.search(r"NN|<|…|STUDENT|WEEK", path) or (week and week[0] not in UNITS):
        return True
    if "*" in path:
        return any(ROOT.glob(path))
    return (ROOT / path).exists()


@pytest.mark.parametrize("path", pages(), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_page_names_only_commands_and_paths_that_exist(path):
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT).as_posix()
    assert [f"{name}, line {line}: `{code}`: {why}" for line, code, why in faults(text)] == []


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("python -m autograder misspelt", "invalid choice: 'misspelt'"),
        ("python -m autograder build --young", "unrecognized arguments: --young"),
        ("python -m course.book site --edition lecturers", "invalid choice: 'lecturers'"),
        ("python -m benchmarks.figures autoencoders", "invalid choice: 'autoencoders'"),
        ("python -m tests --slow", "unrecognized arguments: --slow"),
        (".venv/bin/python -m autograder.nothing", "there is no module autograder.nothing"),
        ("python -m nothing", "there is no module nothing"),
        ("python -m pytest tests/nothing.py", "there is no tests/nothing.py"),
        ("make demo nothing", "Makefile has no target nothing"),
        ("nbgrader misspelt week01_pca", "nbgrader has no subcommand misspelt"),
        ("nbgrader db assignment misspelt", "nbgrader db assignment has no subcommand misspelt"),
        ("nbgrader autograde week01_pca --forced", "nbgrader autograde has no option --forced"),
    ],
)
def test_an_unknown_command_is_found_with_its_line(code, why):
    for text, line in [(f"One\n`{code}` here.\n", 2), (f"```bash\n# a\n{code}  # b\n```\n", 3)]:
        ((number, found, reason),) = faults(text)
        assert number == line
        assert code in found
        assert why in reason


def test_an_unknown_path_is_found():
    text = "| a |\n| `autograder/nothing.py` and `autograder/hall/` and `autograder/no*.py` |\n"
    assert [code for _, code, _ in faults(text)] == ["autograder/nothing.py", "autograder/no*.py"]


def test_what_stands_for_something_else_is_let_through():
    for code in [
        "python -m autograder build weekNN_topic",
        "python -m autograder --help",
        "python -m aeutils fetch mnist --root DIR",
        "make",
        "nbgrader db assignment add … --duedate",
        "nbgrader autograde WEEK --force",
        "nbgrader autograde week01_pca --ExamHall.scheduler=tcp://192.0.2.10:8786",
        "autograder/exercises/week99/twice.py",
        "solutions/weekNN_topic/weekNN_topic.py",
        "course/misconceptions.md",
        "benchmarks/*.md",
    ]:
        assert list(faults(f"`{code}`\n```\n{code}\n```\n")) == [], code
