"""Elective A: a is to b as c is to which word?"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect_close, expect_shape, expect_unchanged, run
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "analogy",
    signature="def analogy(vectors, a, b, c, exclude=True):",
    right={
        "one table": """
            unit = F.normalize(vectors)
            cosine = (unit[b] - unit[a] + unit[c]) @ unit.T
            if exclude:
                cosine = cosine.scatter(1, torch.stack([a, b, c], dim=1), -torch.inf)
            return cosine.argmax(dim=1)
        """,
        "the nearest on the sphere, one mask": """
            unit = vectors.double() / vectors.double().norm(dim=1, keepdim=True)
            distance = torch.cdist(unit[b] - unit[a] + unit[c], unit)
            word = torch.arange(len(vectors))
            given = (word == a[:, None]) | (word == b[:, None]) | (word == c[:, None])
            return distance.masked_fill(given & exclude, torch.inf).argmin(dim=1)
        """,
        "question by question": """
            unit = [row / row.norm() for row in vectors]
            answers = []
            for i, j, k in zip(a.tolist(), b.tolist(), c.tolist()):
                goal = unit[j] - unit[i] + unit[k]
                best, word = -math.inf, -1
                for v, row in enumerate(unit):
                    score = float(goal @ row)
                    if score > best and not (exclude and v in (i, j, k)):
                        best, word = score, v
                answers.append(word)
            return torch.tensor(answers)
        """,
        "numpy, cosines in order": """
            x = vectors.double().numpy()
            x = x / np.linalg.norm(x, axis=1)[:, None]
            goal = x[b.numpy()] - x[a.numpy()] + x[c.numpy()]
            order = np.argsort(-(goal @ x.T), axis=1).tolist()
            out = []
            for row, *given in zip(order, a.tolist(), b.tolist(), c.tolist()):
                out.append(next(v for v in row if not exclude or v not in given))
            return np.array(out)
        """,
    },
    wrong={
        "a-minus-b": {"unit[b] - unit[a] +": "unit[a] - unit[b] +"},
        "c-subtracted": {"+ unit[c]": "- unit[c]"},
        "roles-of-a-and-c": {"- unit[a] + unit[c]": "- unit[c] + unit[a]"},
        "not-scaled-first": {
            "(unit[b] - unit[a] + unit[c])": "(vectors[b] - vectors[a] + vectors[c])"
        },
        "long-words-win": {"@ unit.T": "@ vectors.T"},
        "dot-product": {"F.normalize(vectors)": "vectors"},
        "euclidean": {
            "F.normalize(vectors)": "vectors",
            "(unit[b] - unit[a] + unit[c]) @ unit.T": (
                "-torch.cdist(unit[b] - unit[a] + unit[c], unit)"
            ),
        },
        "least-similar": {"-torch.inf": "torch.inf", "argmax": "argmin"},
        "exclude-ignored": {"if exclude:": "if False:"},
        "always-excluded": {"if exclude:": "if True:"},
        "only-c-excluded": {"torch.stack([a, b, c], dim=1)": "c[:, None]"},
        "a-not-excluded": {"[a, b, c]": "[b, c]"},
        "b-not-excluded": {"[a, b, c]": "[a, c]"},
        "excluded-for-all": {
            "cosine = cosine.scatter(1, torch.stack([a, b, c], dim=1), -torch.inf)": (
                "cosine[:, torch.cat([a, b, c])] = -torch.inf"
            )
        },
        "zero-for-excluded": {"-torch.inf": "0.0"},
        "top-three-dropped": {
            "cosine = cosine.scatter(1, torch.stack([a, b, c], dim=1), -torch.inf)": (
                "return cosine.argsort(dim=1, descending=True)[:, 3]"
            )
        },
    },
)

NAME, WHAT = EXERCISE.name, "the answers"
MESSAGES = {
    "zero-for-excluded": "a given word wins where all other cosines are below 0: was its "
    "cosine set to 0? Set it to −∞",
    "exclude-ignored": "with exclude=True an answer is one of the three words of its question",
    "always-excluded": "the three given words are forbidden though exclude is False",
    "only-c-excluded": "c is never the answer, but a or b is; all three are forbidden",
    "a-not-excluded": "b and c are never the answer, but a is; all three are forbidden",
    "b-not-excluded": "a and c are never the answer, but b is; all three are forbidden",
    "excluded-for-all": "the words of all questions are forbidden in every question; each question "
    "forbids its own three alone",
    "top-three-dropped": "the three best were dropped, but they are not always the three given "
    "words; forbid these by their row numbers",
    "a-minus-b": "the nearest to a − b + c; it is b − a + c",
    "c-subtracted": "the nearest to b − a − c; it is b − a + c",
    "roles-of-a-and-c": "the nearest to b − c + a; it is b − a + c",
    "not-scaled-first": "b − a + c was made of vectors as long as they come; scale them to length "
    "1 before",
    "long-words-win": "long vectors win: divide by the length of the candidates",
    "dot-product": "dot products of vectors as long as they come; scale them to length 1 first",
    "euclidean": "the nearest by Euclidean distance of vectors as long as they come; by cosine",
    "least-similar": "the least similar words",
    "scores": "the cosines of the answers; return their row numbers",
}
Question = tuple[int, int, int]


def goal_of(x: list[list[float]], question: Question, how: str) -> list[float]:
    """Return b − a + c, or what a mistake makes of it."""
    i, j, k = question
    signs = {"a-minus-b": (1, -1, 1), "c-subtracted": (-1, 1, -1), "roles-of-a-and-c": (1, 1, -1)}
    p, q, r = signs.get(how, (-1, 1, 1))
    return [p * s + q * t + r * u for s, t, u in zip(x[i], x[j], x[k], strict=True)]


def score_of(goal: list[float], word: list[float], how: str) -> float:
    """Return minus the angle between two vectors, or what a mistake ranks words by."""
    if how == "euclidean":
        return -math.dist(goal, word)
    dot = sum(p * q for p, q in zip(goal, word, strict=True))
    if how in ("long-words-win", "dot-product"):
        return dot
    cosine = dot / ((math.hypot(*goal) or 1.0) * math.hypot(*word))
    angle = math.acos(max(-1.0, min(1.0, cosine)))
    return {"scores": cosine, "least-similar": angle}.get(how, -angle)


def forbidden_in(questions: list[Question], place: int, exclude: bool, how: str) -> set[int]:
    """Return the words that cannot be the answer to a question, or what a mistake forbids."""
    i, j, k = questions[place]
    if how == "always-excluded":
        return {i, j, k}
    if not exclude or how in ("exclude-ignored", "top-three-dropped"):
        return set()
    return {
        "only-c-excluded": {k},
        "a-not-excluded": {j, k},
        "b-not-excluded": {i, k},
        "excluded-for-all": {word for question in questions for word in question},
    }.get(how, {i, j, k})


def answers(
    vectors: Tensor, a: Tensor, b: Tensor, c: Tensor, exclude: bool = True, how: str = ""
) -> Tensor:
    """Return the answers by angles in plain Python, or what a mistake makes of them."""
    raw = vectors.double().tolist()
    unit = [[x / math.hypot(*row) for x in row] for row in raw]
    questions = list(zip(a.tolist(), b.tolist(), c.tolist(), strict=True))
    found: list[float] = []
    for place, question in enumerate(questions):
        source = raw if how in ("not-scaled-first", "dot-product", "euclidean") else unit
        words = raw if how in ("long-words-win", "dot-product", "euclidean") else unit
        goal = goal_of(source, question, how)
        score = [score_of(goal, word, how) for word in words]
        for word in forbidden_in(questions, place, exclude, how):
            score[word] = -math.pi / 2 if how == "zero-for-excluded" else -math.inf
        order = sorted(range(len(score)), key=score.__getitem__, reverse=True)
        best = order[3 if how == "top-three-dropped" and exclude else 0]
        found.append(score[best] if how == "scores" else best)
    return torch.tensor(found, dtype=torch.float64 if how == "scores" else torch.int64)


def random_words(words: int, seed: int) -> Tensor:
    """Return directions in space, of very different lengths."""
    rng = grader_generator(seed)
    return (
        torch.randn(words, 3, generator=rng) * (2 * torch.rand(words, 1, generator=rng) - 1).exp()
    )


# The first of three words lies between the others, which makes it its own answer in the role of a.
CLOSE = 1.5 * torch.tensor([[1.0, 0.0, 0.1], [0.9, 0.3, 0.1], [1.0, -0.3, 0.1]])
WORDS = torch.cat([CLOSE, random_words(16, 431)])
TRIPLES = torch.stack(
    [torch.randperm(19, generator=grader_generator(440 + i))[:3] for i in range(9)]
)
TRIPLES = torch.cat([torch.tensor([[0, 1, 2], [1, 2, 0], [2, 0, 1]]), TRIPLES])


def expect_answers(
    analogy: Callable, vectors: Tensor, triples: Tensor, exclude: bool | None, at_once: bool = True
) -> None:
    """Compare the student's answers with those by angles.

    Args:
        analogy: the student's function.
        vectors: one row for each word.
        triples: the words a, b, c of each question, (Q, 3).
        exclude: what is asked for; None leaves it to the default.
        at_once: whether all questions are asked in one call, or each in a call of its own.
    """
    parts = [triples] if at_once else list(triples[:, None])
    setting = [] if exclude is None else [exclude]
    found = []
    for part in parts:
        given = vectors.clone(), *(part[:, i].clone() for i in range(3))
        value = run(analogy, *given, *setting, name=NAME)
        shapes = [
            Mistake("scores", (len(part), len(vectors)), "one answer for each question: argmax"),
            Mistake("one-too-many", (len(part), 1), "one number for each question, (Q,)"),
        ]
        found.append(expect_shape(value, (len(part),), WHAT, shapes))
        for before, after in zip((vectors, *part.T), given, strict=True):
            expect_unchanged(before, after, NAME)
    allowed, (a, b, c) = exclude is not False, triples.T
    known = [
        Mistake(how, answers(vectors, a, b, c, allowed, how), why)
        for how, why in MESSAGES.items()
        if at_once or how != "excluded-for-all"
    ]
    what = f"{WHAT} with exclude={allowed}"
    expect_close(torch.cat(found), answers(vectors, a, b, c, allowed), what, known)


@EXERCISE.criterion("the direction b − a + c", points=1)
def directions(analogy: Callable) -> None:
    """Every word may be the answer."""
    expect_answers(analogy, WORDS, TRIPLES, False)


@EXERCISE.criterion("the given words are forbidden", points=1)
def forbidden(analogy: Callable) -> None:
    """One question at a time, with the default and without."""
    expect_answers(analogy, WORDS, TRIPLES, None, at_once=False)
    expect_answers(analogy, WORDS, TRIPLES[:4], True, at_once=False)


# The words a, b, c of one question, at 0°, 100° and 120°, and three on the far side of b − a + c.
ANGLES = torch.tensor([250.0, 100, 0, 20, 120, 300]) * math.pi / 180
AROUND = (
    torch.stack([ANGLES.cos(), ANGLES.sin()], dim=1) * torch.tensor([3.0, 1, 2, 1, 1, 4])[:, None]
)


@EXERCISE.criterion("in every question its own", points=1)
def each_its_own(analogy: Callable) -> None:
    """Many questions at a time; and one whose allowed words all have a negative cosine."""
    expect_answers(analogy, WORDS, TRIPLES, True)
    expect_answers(analogy, AROUND, torch.tensor([[2, 1, 4], [1, 3, 0]]), True)


@EXERCISE.conduct(right=answers, dtypes=[torch.int64])
def arguments(new: Draw, n: int) -> Arguments:
    """As many questions as are asked for, and a few more words."""
    triples = torch.stack([new.order(n + 7)[:3] for _ in range(n)])
    return {
        "vectors": new.normal(n + 7, 4) * new.uniform(0.3, 3, n + 7, 1),
        "a": triples[:, 0].clone(),
        "b": triples[:, 1].clone(),
        "c": triples[:, 2].clone(),
        "exclude": new.alternate(True, False),
    }
