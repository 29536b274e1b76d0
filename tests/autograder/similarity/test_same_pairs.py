"""Who is a pair, and who is not."""

import random
import re
import time

from autograder.similarity.pairs import FEW, compare

STUB = "def norm(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
NATURAL = "def norm(x):\n    return (x - x.mean(0)) / x.std(0).clamp(min=1e-6)"
ODD = """\
def norm(x):
    columns = []
    for j in range(x.shape[1]):
        column = x[:, j]
        centre = sum(column.tolist()) / len(column)
        spread = math.sqrt(sum((v - centre) ** 2 for v in column.tolist()) / (len(column) - 1))
        columns.append((column - centre) / max(spread, 1e-6))
    return torch.stack(columns, dim=1)
"""
ODD_RENAMED = """\
def norm(data):
    done = []  # my own way
    print("start")
    for k in range(data.shape[1]):
        part = data[:, k]
        amount = len(part)
        m = sum(part.tolist()) / amount
        var = sum((q - m) ** 2 for q in part.tolist()) / (amount - 1)
        s = math.sqrt(var)
        done.append((part - m) / max(s, 1e-6))
    return torch.stack(done, dim=1)
"""


def of_class(**answers):
    """Return a class of 40 in which all others wrote the natural answer."""
    return {f"s{i}": NATURAL for i in range(40 - len(answers))} | answers


def names(comparison):
    return [(pair.first, pair.second) for pair in comparison.pairs]


def test_a_renamed_copy_is_found():
    found = compare(of_class(ann=ODD, ben=ODD_RENAMED), [STUB])
    assert names(found) == [("ann", "ben")]
    assert found.pairs[0].share > 0.6
    assert found.answers == 40


def test_one_natural_answer_says_nothing():
    assert compare(of_class(), [STUB]).pairs == []
    assert compare(of_class(), [STUB, NATURAL]).long_enough == 0


def test_what_is_given_is_subtracted():
    assert compare(of_class(ann=ODD, ben=ODD_RENAMED), [STUB, ODD]).pairs == []


def test_what_more_than_a_few_have_makes_nobody_a_pair():
    few = {f"c{i}": ODD for i in range(FEW)}
    assert len(compare(of_class(**few), [STUB]).pairs) == FEW * (FEW - 1) // 2
    assert compare(of_class(**few, one_more=ODD), [STUB]).pairs == []


def test_blank_and_empty_answers_are_no_pairs():
    answers = {"ann": STUB, "ben": STUB, "cho": "", "dev": ""}
    assert compare(answers, [STUB]).pairs == []
    assert compare({}, [STUB]).pairs == []


def test_two_people_are_no_class():
    """Where two are all, nothing is rare."""
    assert compare({"ann": ODD, "ben": ODD}, [STUB]).pairs == []


def test_a_known_mistake_is_less_rare():
    answers = of_class(ann=ODD, ben=ODD_RENAMED)
    plain, known = compare(answers, [STUB]), compare(answers, [STUB], [ODD] * 5)
    assert plain.pairs[0].bits > sum(pair.bits for pair in known.pairs)


def test_a_large_class_takes_seconds():
    """Everybody's answer is another one, and long; one pair of them is a copy."""
    draw = random.Random(0)
    signs, calls = "+-*/@", ["mean", "sum", "std", "amax", "norm", "prod", "median"]

    def answer():
        lines = [
            f"    v{i} = x.{draw.choice(calls)}({draw.randrange(3)}) {draw.choice(signs)} "
            f"torch.{draw.choice(calls)}(x {draw.choice(signs)} {draw.randrange(99)})"
            for i in range(15)
        ]
        end = " + ".join(f"v{i} * {draw.randrange(99)} * v{i}" for i in range(15))
        return "\n".join(["def norm(x):", *lines, f"    return {end}"])

    answers = {f"s{i:04}": answer() for i in range(1_000)}
    answers["s0007"] = re.sub(r"\bx\b", "data", answers["s0004"].replace("v", "w"))
    start = time.process_time()
    found = compare(answers, [STUB])
    assert time.process_time() - start < 10
    assert names(found) == [("s0004", "s0007")]
