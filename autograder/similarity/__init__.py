"""Answers to one exercise that share what few answers share.

Off by default. What is found is a reason to ask, and proves nothing
(``course/guide/honesty.md``).

Libraries were tried first. copydetect (winnowing over tokens of Pygments) is made for files: its
rows are counted in characters, it knows every name as `V`, torch's as well, and rarity counts for
nothing. On answers of this length none of its settings finds as many copies without showing many
times as many pairs that are none; ``python -m benchmarks.same_answers --copydetect`` measures that,
where it is installed.
"""

from autograder.similarity.section import similar_pairs, similar_section

__all__ = ["similar_pairs", "similar_section"]
