"""What a student's process says of its own time: believed up to the time it was waited for."""

import pytest

from autograder.hall.protocol.proxies import RpcClient


class Answers:
    """A line whose other side says what it likes about its time."""

    def __init__(self, seconds):
        self.seconds = seconds

    def send(self, tree, buffers=()):
        pass

    def receive(self):
        return {"error": None, "values": [1, []], "printed": "", "seconds": self.seconds}, []


@pytest.mark.parametrize("told", ["1", -1.0, 1e9, float("nan"), None, True, [0.1]])
def test_a_process_cannot_say_that_it_worked_longer_than_it_was_waited_for(told):
    client = RpcClient(Answers(told))
    assert client.request("call") == 1
    assert client.working == 0.0 < client.waited


def test_the_time_of_a_students_function_is_counted():
    client = RpcClient(Answers(1e-9))
    client.request("call")
    assert client.working == 1e-9
