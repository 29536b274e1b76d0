"""Answers to one exercise that share what few answers share.

Off by default. What is found is a reason to ask, and proves nothing
(``course/guide/honesty.md``).

Libraries were tried first. copydetect (winnowing over tokens of Pygments) is made for files: its
rows have 25 characters, it knows no name but `V`, not even torch's, and rewards no rarity. On
answers of this length it finds fewer copies and more pairs that are none, at each setting tried:
``python -m benchmarks.same_answers --copydetect`` measures it beside ours where it is installed.
"""

from autograder.similarity.section import similar_pairs, similar_section

__all__ = ["similar_pairs", "similar_section"]
