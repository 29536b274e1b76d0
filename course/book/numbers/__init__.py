"""The numbers of the book, a module for every week: which they are and where each stands."""

from course.book.claim import Claim
from course.book.numbers import front, week1, week2, week3, week4, week5, week6, week7

CLAIMS: dict[str, Claim] = {}
for _module in (front, week1, week2, week3, week4, week5, week6, week7):
    if twice := CLAIMS.keys() & _module.CLAIMS.keys():
        raise ValueError(f"two claims are called {', '.join(sorted(twice))}")
    CLAIMS |= _module.CLAIMS
