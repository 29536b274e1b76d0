"""Elective A: eight bits to a byte, and in how many bits two codes differ."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
    to_pair,
    to_tensor,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "hamming",
    defines=("pack", "hamming"),
    right={
        "places, and a table of 256 counts": """
            def pack(bits):
                place = torch.tensor([128, 64, 32, 16, 8, 4, 2, 1])
                return (bits.reshape(len(bits), -1, 8) * place).sum(dim=2).to(torch.uint8)

            def hamming(queries, codes):
                ones = torch.tensor([byte.bit_count() for byte in range(256)])
                different = queries[:, None, :] ^ codes
                return ones[different.long()].sum(dim=2)
        """,
        "shifts": """
            def pack(bits):
                out = torch.zeros(len(bits), bits.shape[1] // 8, dtype=torch.uint8)
                for i in range(8):
                    out |= bits[:, i::8].to(torch.uint8) << (7 - i)
                return out

            def hamming(queries, codes):
                different = queries[:, None] ^ codes[None]
                total = torch.zeros(len(queries), len(codes), dtype=torch.int64)
                for i in range(8):
                    total += ((different >> i) & 1).sum(dim=2)
                return total
        """,
        "numpy, one matrix product": """
            def pack(bits):
                return torch.from_numpy(np.packbits(bits.numpy(), axis=1))

            def hamming(queries, codes):
                a = np.unpackbits(queries.numpy(), axis=1).astype(np.int64)
                b = np.unpackbits(codes.numpy(), axis=1).astype(np.int64)
                return torch.from_numpy(a @ (1 - b).T + (1 - a) @ b.T)
        """,
        "doubling, byte after byte": """
            def pack(bits):
                rows = bits.int().view(len(bits), -1, 8)
                value = rows[:, :, 0]
                for i in range(1, 8):
                    value = 2 * value + rows[:, :, i]
                return value.byte()

            def hamming(queries, codes):
                columns = []
                for b in range(queries.shape[1]):
                    x = (queries[:, b, None] ^ codes[:, b]).long()
                    x = x - ((x >> 1) & 0x55)
                    x = (x & 0x33) + ((x >> 2) & 0x33)
                    columns.append((x & 0x0F) + (x >> 4))
                return torch.stack(columns).sum(dim=0)
        """,
    },
    wrong={
        "lowest-first": {"[128, 64, 32, 16, 8, 4, 2, 1]": "[1, 2, 4, 8, 16, 32, 64, 128]"},
        "interleaved": {
            "bits.reshape(len(bits), -1, 8)": "bits.reshape(len(bits), 8, -1).transpose(1, 2)"
        },
        "seven-bits": {"[128, 64, 32, 16, 8, 4, 2, 1]": "[64, 32, 16, 8, 4, 2, 1, 0]"},
        "bits-counted": {" * place": ""},
        "not-bytes": {".to(torch.uint8)": ""},
        "signed": {".to(torch.uint8)": ".to(torch.int8)"},
        "not-counted": {"ones[different.long()]": "different"},
        "bytes-counted": {"ones[different.long()]": "(different != 0)"},
        "equal-bits": {"ones[different.long()]": "(8 - ones)[different.long()]"},
        "and": {" ^ ": " & "},
        "high-bit-missing": {"byte.bit_count()": "(byte & 127).bit_count()"},
        "wrapped": {
            "ones[different.long()].sum(dim=2)": (
                "ones.to(torch.uint8)[different.long()].sum(dim=2, dtype=torch.uint8).long()"
            )
        },
        "not-integers": {".sum(dim=2)\n": ".sum(dim=2).float()\n"},
        "transposed": {"queries[:, None, :] ^ codes": "codes[:, None, :] ^ queries"},
        "one-for-each": {
            "queries[:, None, :] ^ codes": "queries ^ codes[:len(queries)]",
            ".sum(dim=2)\n": ".sum(dim=1)\n",
        },
        "share": {".sum(dim=2)\n": ".sum(dim=2) / (8 * codes.shape[1])\n"},
        "loop": {
            "different = queries[:, None, :] ^ codes": "",
            "ones[different.long()].sum(dim=2)": (
                "torch.stack([ones[(query ^ codes).long()].sum(dim=1) for query in queries])"
            ),
        },
    },
)


def drawn(rows: int, columns: int, seed: int) -> Tensor:
    """Return random bytes."""
    return torch.randint(0, 256, (rows, columns), generator=grader_generator(seed)).byte()


def bytes_of(bits: Tensor, how: str = "") -> Tensor:
    """Return the bytes by reading eight digits as a number of base 2, or what a mistake makes."""
    rows = []
    for row in bits.tolist():
        digits = ["01"[bool(b)] for b in row]
        n = len(digits) // 8
        eights = [digits[8 * i : 8 * i + 8] for i in range(n)]
        if how == "interleaved":
            eights = [digits[i::n] for i in range(n)]
        if how in ("lowest-first", "both-turned"):
            eights = [eight[::-1] for eight in eights]
        if how in ("bytes-turned", "both-turned"):
            eights = eights[::-1]
        values = [int("".join(eight), 2) for eight in eights]
        rows.append(
            {
                "seven-bits": [v >> 1 for v in values],
                "wrapped": [v - 256 if v > 127 else v for v in values],
                "bits-counted": [eight.count("1") for eight in eights],
            }.get(how, values)
        )
    return torch.tensor(rows)


OF_PACK = {
    "lowest-first": "the bits of each byte are turned round: the first of the eight is the highest "
    "bit, 128",
    "interleaved": "a byte took every (K / 8)-th bit; it takes eight that follow one another",
    "bytes-turned": "the bytes stand in the wrong order",
    "both-turned": "the whole row is turned round: the first bit is the highest of the first byte",
    "seven-bits": "one place too low: the highest bit is worth 128, the lowest 1",
    "bits-counted": "the number of bits in each byte; weigh them by 128, 64, …, 1",
}


@EXERCISE.criterion("eight bits to a byte", points=1)
def eight(pack: Callable, hamming: Callable) -> None:
    """Three bytes a row; all bytes there are."""
    few = torch.rand(9, 24, generator=grader_generator(110)) < 0.5
    every = torch.tensor([[d == "1" for d in f"{v:08b}"] for v in range(256)])
    for bits, what in ((few, "three bytes a row"), (every, "the numbers from 0 to 255")):
        given = bits.clone()
        found = run(pack, given, name="pack")
        shapes = [
            Mistake("not-summed", (len(bits), bits.shape[1] // 8, 8), "eight numbers for a byte"),
            Mistake("not-packed", bits.shape, "one number for each bit; one for eight bits"),
        ]
        got = expect_shape(found, (len(bits), bits.shape[1] // 8), f"the bytes, {what},", shapes)
        signed = bytes_of(bits, "wrapped")
        over = "128 became −128: a signed byte, int8; return uint8, from 0 to 255"
        known = [Mistake(how, bytes_of(bits, how), why) for how, why in OF_PACK.items()]
        known.append(Mistake("signed", signed, over))
        expect_close(got, bytes_of(bits), f"the bytes, {what},", known)
        expect_unchanged(bits, given, "pack")
        expect(
            got.dtype == torch.uint8,
            f"the bytes are of type {str(got.dtype).removeprefix('torch.')}; return uint8, which "
            "takes an eighth of int64's memory",
            "not-bytes",
        )


def table(queries: Tensor, codes: Tensor, how: str = "") -> Tensor:
    """Return the distances by whole numbers of 8 B digits, or what a mistake makes of them."""
    one = {"and": int.__and__, "or": int.__or__}.get(how, int.__xor__)

    def number(row: list[int]) -> int:
        return int.from_bytes(bytes(row), "big")

    size = queries.shape[1]
    low = number([127] * size)
    rows = []
    for query in queries.tolist():
        row = []
        for code in codes.tolist():
            pairs = list(zip(query, code, strict=True))
            different = one(number(query), number(code))
            count = different.bit_count()
            row.append(
                {
                    "not-counted": sum(a ^ b for a, b in pairs),
                    "bytes-counted": sum(a != b for a, b in pairs),
                    "equal-bits": 8 * size - count,
                    "high-bit-missing": (different & low).bit_count(),
                    "wrapped": count % 256,
                    "subtracted": sum(abs(a - b) for a, b in pairs),
                    "share": count / (8 * size),
                }.get(how, count)
            )
        rows.append(row)
    return torch.tensor(rows, dtype=torch.float64)


OF_HAMMING = {
    "not-counted": "the numbers of the XOR were added up; count the bits that are set in them",
    "subtracted": "the bytes were taken for numbers and subtracted; count different bits",
    "bytes-counted": "different *bytes* were counted; count the different bits in them",
    "equal-bits": "the number of *equal* bits; the different ones",
    "and": "bits that are set in both (AND); those that differ (XOR)",
    "or": "bits that are set in one or both (OR); those that differ (XOR)",
    "high-bit-missing": "the highest bit of each byte was not counted",
    "wrapped": "the count starts again at 0 after 255: it was added up in uint8; use int64",
    "share": "divided by the number of bits; return the number of different ones",
}
WHAT = "the Hamming distances"


def expect_distances(found: object, queries: Tensor, codes: Tensor) -> Tensor:
    """Compare distances with those of whole numbers; return them."""
    m, n, size = len(queries), len(codes), queries.shape[1]
    shapes = [
        Mistake("transposed", (n, m), "rows of the result belong to queries, columns to codes"),
        Mistake("not-summed", (m, n, size), "one number for each byte: sum over the bytes"),
        Mistake("one-for-each", (m,), "every query with *every* code"),
    ]
    got = expect_shape(found, (m, n), WHAT, shapes)
    known = [Mistake(how, table(queries, codes, how), why) for how, why in OF_HAMMING.items()]
    return expect_close(got, table(queries, codes), WHAT, known)


@EXERCISE.criterion("different bits", points=1)
def different_bits(pack: Callable, hamming: Callable) -> None:
    """Five queries and seven codes; every byte there is; more than 255 different bits."""
    every = torch.arange(256).byte()[:, None]
    ends = torch.tensor([0, 255, 128, 85]).byte()
    for queries, codes in (
        (drawn(5, 3, 111), drawn(7, 3, 112)),
        (ends[:, None], every),
        (ends[:3, None].repeat(1, 40), ends[:2, None].repeat(1, 40)),
    ):
        given = queries.clone(), codes.clone()
        got = expect_distances(run(hamming, *given, name="hamming"), queries, codes)
        for before, after in zip((queries, codes), given, strict=True):
            expect_unchanged(before, after, "hamming")
        expect(
            got.dtype == torch.int64,
            f"{WHAT} are of type {str(got.dtype).removeprefix('torch.')}; return int64",
            "not-integers",
        )


@remote_call
def _steps(hamming, queries, codes):
    """Return the distances, and how many lines of Python they took."""
    import sys

    steps, before = [0], sys.gettrace()

    def step(frame, event, argument):
        steps[0] += 1
        return step

    sys.settrace(step)
    try:
        found = hamming(queries, codes)
    finally:
        sys.settrace(before)
    return found, steps[0]


def steps_of(hamming: Callable, queries: Tensor, codes: Tensor) -> int:
    """Return the number of lines that run for these, once all distances are right."""
    given = queries.clone(), codes.clone()
    found = run(lambda: _steps(hamming, *given), name="hamming")
    distances, steps = to_pair(found, "the count", ("distances", "lines"))
    expect_distances(distances, queries, codes)
    return int(to_tensor(steps, "a number of lines"))


@EXERCISE.criterion("no loop over queries or codes", points=1)
def economy(pack: Callable, hamming: Callable) -> None:
    """Lines of Python are counted as they run: ten times as many rows, no more lines."""
    queries, codes = drawn(60, 4, 113), drawn(70, 4, 114)
    steps_of(hamming, queries[:2], codes[:3])  # tables that are made once are made here
    few = steps_of(hamming, queries[:6], codes[:7])
    for q, c, what in ((queries, codes[:7], "queries"), (queries[:6], codes, "codes")):
        many = steps_of(hamming, q, c)
        expect(
            many <= few + 25,
            f"{few} lines of Python ran for 6 queries and 7 codes, and {many} for ten times as "
            f"many {what}: a loop over {what}. `queries[:, None] ^ codes` compares all at once",
            "loop",
        )


@EXERCISE.conduct(right=bytes_of)
def arguments(new: Draw, n: int) -> Arguments:
    """Codes of 16 bits."""
    return {"bits": new.uniform(0, 1, n, 16) < 0.5}


@EXERCISE.conduct("hamming", right=table)
def arguments_of_hamming(new: Draw, n: int) -> Arguments:
    """Queries, and two codes more."""
    return {
        "queries": new.integers(0, 256, n, 3).byte(),
        "codes": new.integers(0, 256, n + 2, 3).byte(),
    }
