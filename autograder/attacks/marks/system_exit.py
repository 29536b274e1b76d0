"""Leave the tests by SystemExit, KeyboardInterrupt and GeneratorExit instead of failing them."""

from autograder.attacks.course import answer

RAISE = "def {}(*_):\n    raise {}"


def submission(nb, folder):
    return answer(
        nb,
        squares=RAISE.format("squares", "SystemExit(0)"),
        double=RAISE.format("double", "KeyboardInterrupt"),
        shout=RAISE.format("shout", "GeneratorExit"),
        spell=RAISE.format("spell", "StopAsyncIteration"),
    )
