"""Trainings at the same time: the same bits as one after another, and they can be stopped."""

import importlib
import os
import signal
import threading
import time

import pytest
import torch

from aeutils import models, training
from aeutils.training import side_by_side

module = importlib.import_module("aeutils.training.side_by_side")
X = torch.rand(300, 20, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def two_processors(monkeypatch):
    monkeypatch.setattr(module, "processors", lambda: 2)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def networks(n):
    made = {}
    for i in range(n):
        training.seed_everything(0)
        made[i] = models.Autoencoder((20, 16, 4))
    return made


def noise_of(seed):
    generator = torch.Generator().manual_seed(seed)
    return lambda x: x + torch.randn(x.shape, generator=generator)


def weights(made):
    return {i: torch.cat([p.flatten() for p in made[i].parameters()]) for i in made}


def test_the_same_bits_as_one_after_another():
    one, other = networks(5), networks(5)

    def trained(made):
        return lambda i: training.fit(
            made[i], X, epochs=3, batch_size=50, corrupt=noise_of(i), progress=False
        )

    alone = {i: trained(one)(i) for i in one}
    together = side_by_side(trained(other), other)
    assert list(together) == list(range(5))
    for i in range(5):
        assert torch.equal(weights(one)[i], weights(other)[i])
        assert alone[i] == together[i]
        assert alone[i].recipe == together[i].recipe


def test_two_run_at_the_same_time_and_no_more():
    both, most, lock, inside = threading.Barrier(2, timeout=10), [0], threading.Lock(), set()

    def run(i):
        with lock:
            inside.add(i)
            most[0] = max(most[0], len(inside))
        both.wait()
        with lock:
            inside.discard(i)
        return threading.get_ident()

    threads = side_by_side(run, range(6))
    assert most == [2]
    assert len(set(threads.values())) <= 2


@pytest.mark.parametrize(("processors", "threads"), [(1, 1), (2, 2), (4, 3)])
def test_nothing_is_started_where_there_is_no_free_processor(monkeypatch, processors, threads):
    monkeypatch.setattr(module, "processors", lambda: processors)
    torch.set_num_threads(threads)
    main = threading.get_ident()
    assert side_by_side(lambda i: threading.get_ident(), "ab") == {"a": main, "b": main}
    assert side_by_side(lambda i: i, []) == {}


def test_a_failure_stops_the_others_and_is_what_one_sees():
    stopped = []

    def run(i):
        if i == 1:
            raise ZeroDivisionError("run 1")
        try:
            for _ in range(10_000):
                time.sleep(0.001)
        except KeyboardInterrupt:
            stopped.append(i)
            raise

    start = time.perf_counter()
    with pytest.raises(ZeroDivisionError, match="run 1"):
        side_by_side(run, range(4))
    assert time.perf_counter() - start < 5  # not the ten seconds of run 0
    assert stopped == [0]  # and runs 2 and 3 never began


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer's signal")
def test_an_interruption_stops_all_of_them():
    started, stopped = [], []

    def run(i):
        started.append(i)
        try:
            while True:
                time.sleep(0.001)
        except KeyboardInterrupt:
            stopped.append(i)
            raise

    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        side_by_side(run, range(3))
    assert sorted(stopped) == sorted(started) == [0, 1]


@pytest.mark.parametrize("processors", [1, 2])
def test_a_run_that_draws_from_the_global_generator_is_named(monkeypatch, processors):
    monkeypatch.setattr(module, "processors", lambda: processors)
    with pytest.warns(RuntimeWarning, match="make the networks before"):
        side_by_side(lambda i: torch.rand(1), range(2))


def test_names_must_differ():
    with pytest.raises(ValueError, match=r"names that differ, got \['a', 'a'\]"):
        side_by_side(lambda name: name, ["a", "a"])


def test_each_run_has_its_own_processor_time():
    made = networks(2)

    def busy(x):
        end = time.thread_time() + 0.4
        while time.thread_time() < end:
            pass
        return x

    def run(i):
        corrupt = busy if i == 1 else None
        return training.fit(made[i], X, steps=1, corrupt=corrupt, progress=False)

    quick, slow = (history.recipe.cpu_seconds for history in side_by_side(run, made).values())
    assert quick < 0.3 < slow
