"""Pages made by other processes: each comes when it is asked for, or the caller makes it."""

import os
import threading

import pytest

from autograder.plugin import ahead

PATHS = [f"s{number}" for number in range(20)]


def make(path):
    """Return a page that says which process made it; nobody can make that of s3."""
    if path == "s3":
        raise ValueError("a page that cannot be made")
    return f"{path} {os.getpid()}", {"output_extension": ".html", "include_css": lambda: ""}


@pytest.mark.skipif(not ahead.may_fork(), reason="this process cannot be copied")
def test_pages_come_from_other_processes_in_any_order_of_asking(monkeypatch):
    monkeypatch.setattr(ahead, "processors", lambda: 2)
    under_way = ahead.Ahead(make, PATHS)
    assert len(under_way.pages) == 8  # the others are begun when there is room
    for path in PATHS:
        if path == "s5":
            continue  # nbgrader passes over it
        page = under_way.take(path)
        if path == "s3":
            assert page is None
            continue
        html, resources = page
        assert html.split()[0] == path
        assert html.split()[1] != str(os.getpid())
        assert resources == {"output_extension": ".html"}
    assert under_way.take("s3") is None


def test_a_process_with_threads_is_not_copied(monkeypatch):
    monkeypatch.setattr(ahead, "processors", lambda: 2)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert ahead.Ahead(make, PATHS).take("s0") is None
    finally:
        stop.set()
        thread.join()


def test_a_few_pages_are_not_worth_it(monkeypatch):
    monkeypatch.setattr(ahead, "processors", lambda: 2)
    assert ahead.Ahead(make, PATHS[:3]).take("s0") is None
