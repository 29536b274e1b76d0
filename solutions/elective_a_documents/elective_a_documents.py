# %% [markdown]
# # Elective A · Words and documents
#
# **The question of this notebook.** A text is a list of words, and a word is a number in a dictionary. Where do
# meanings come from, if nobody tells the machine any?
#
# How to work: placeholder.

# %%
import torch
import torch.nn.functional as F
from torch import Tensor

from aeutils.testing import elective_a as tests

torch.set_num_threads(1)

# %% [markdown]
# ### Exercise 1 · TF-IDF
# *Difficulty ●○○ · importance ●●● · 12 minutes · 3 points*


# %% nbgrader={"grade_id": "tf_idf", "solution": true}
def tf_idf(counts: Tensor, collection: Tensor) -> Tensor:
    """Turn each document's counts into a row of length 1: log(1 + count) · log(N / df).

    Args:
        counts: how often each word occurs in each document, floats (M, V).
        collection: counts of the N documents that are searched, (N, V). A word's document
            frequency df is the number of these documents that have the word.

    Returns:
        Rows of length 1, (M, V). A word that no document of the collection has weighs 0, and a
        row without any weight stays 0.
    """
    ### BEGIN SOLUTION
    df = (collection > 0).sum(dim=0)  # (V,)
    weight = torch.log(len(collection) / df.clamp_min(1)) * (df > 0)
    return F.normalize(torch.log1p(counts) * weight)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-tf_idf", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_a, grade

grade(elective_a.tf_idf, tf_idf)
### END HIDDEN TESTS
assert tests.tf_idf(tf_idf)

# %% [markdown]
# ### Exercise 2 · Surprising company
# *Difficulty ●●○ · importance ●●● · 15 minutes · 3 points*


# %% nbgrader={"grade_id": "ppmi", "solution": true}
def ppmi(pairs: Tensor, power: float = 0.75) -> Tensor:
    """Positive pointwise mutual information of words (rows) and the words around them (columns).

    PMI(w, c) = log( P(w, c) / (P(w) Pₐ(c)) ). P(w, c) is the pair's share of all counts, P(w) the
    share of row w, and Pₐ(c) = #(c)ᵃ / Σ #(c')ᵃ with #(c) the sum of column c and a = power.

    Args:
        pairs: how often context c stood near word w, floats >= 0, (V, C).
        power: the exponent a, in (0, 1].

    Returns:
        PMI where it is positive, else 0, (V, C). A pair that was never counted gets 0, also
        where a whole row or column is empty.
    """
    ### BEGIN SOLUTION
    total = pairs.sum()
    words = pairs.sum(dim=1, keepdim=True) / total
    contexts = pairs.sum(dim=0) ** power
    expected = words * contexts / contexts.sum()
    return torch.where(pairs > 0, pairs / total / expected, 1).log().clamp_min(0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-ppmi", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_a, grade

grade(elective_a.ppmi, ppmi)
### END HIDDEN TESTS
assert tests.ppmi(ppmi)

# %% [markdown]
# ### Exercise 3 · Do people agree?
# *Difficulty ●●○ · importance ●●○ · 12 minutes · 3 points*


# %% nbgrader={"grade_id": "spearman", "solution": true}
def spearman(a: Tensor, b: Tensor) -> float:
    """Spearman's ρ: the correlation of the ranks of a with the ranks of b.

    Args:
        a: floats (N,), N >= 2, for example the cosines of N pairs of words.
        b: floats (N,), for example what people said of the same pairs.

    Returns:
        A number from −1 to 1. Equal values share the mean of the ranks that they take together.
        Where all of a, or all of b, are equal, nothing can be said: 0.
    """
    ### BEGIN SOLUTION

    def ranks(values: Tensor) -> Tensor:
        below = (values[:, None] > values).sum(dim=1)  # (N,)
        equal = (values[:, None] == values).sum(dim=1)  # itself is one of them
        return below + (equal + 1).double() / 2

    x, y = ranks(a), ranks(b)
    x, y = x - x.mean(), y - y.mean()
    length = x.norm() * y.norm()
    return float(x @ y / length) if length > 0 else 0.0
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-spearman", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_a, grade

grade(elective_a.spearman, spearman)
### END HIDDEN TESTS
assert tests.spearman(spearman)

# %% [markdown]
# ### Exercise 4 · King, man, woman
# *Difficulty ●●○ · importance ●●○ · 12 minutes · 3 points*


# %% nbgrader={"grade_id": "analogy", "solution": true}
def analogy(vectors: Tensor, a: Tensor, b: Tensor, c: Tensor, exclude: bool = True) -> Tensor:
    """Answer questions "a is to b as c is to …" by the word whose direction is nearest to b − a + c.

    Args:
        vectors: one row for each word, floats (V, K), no row of zeros. Scale them to length 1
            before anything else.
        a: row numbers of the words a, int64 (Q,), one for each question.
        b: row numbers of the words b, (Q,).
        c: row numbers of the words c, (Q,).
        exclude: whether the three given words are forbidden as answers of their question.

    Returns:
        Row numbers of the answers, int64 (Q,): the largest cosine with b − a + c.
    """
    ### BEGIN SOLUTION
    unit = F.normalize(vectors)
    cosine = (unit[b] - unit[a] + unit[c]) @ unit.T  # (Q, V), up to a factor for each question
    if exclude:
        cosine = cosine.scatter(1, torch.stack([a, b, c], dim=1), -torch.inf)
    return cosine.argmax(dim=1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-analogy", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_a, grade

grade(elective_a.analogy, analogy)
### END HIDDEN TESTS
assert tests.analogy(analogy)

# %% [markdown]
# ### Exercise 5 · A loss for counts
# *Difficulty ●●○ · importance ●●● · 10 minutes · 3 points*


# %% nbgrader={"grade_id": "multinomial_nll", "solution": true}
def multinomial_nll(logits: Tensor, counts: Tensor) -> Tensor:
    """−Σ_v counts_v log p_v in nats per document, with p = softmax(logits), averaged over documents.

    Args:
        logits: what the decoder returns, one for each word, floats (N, V), of any size.
        counts: counts or log counts of the words, floats >= 0, (N, V).

    Returns:
        One number with a gradient, shape (). An empty document adds 0 to the sum and counts as a
        document.
    """
    ### BEGIN SOLUTION
    return -(counts * F.log_softmax(logits, dim=1)).sum(dim=1).mean()
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-multinomial_nll", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_a, grade

grade(elective_a.multinomial_nll, multinomial_nll)
### END HIDDEN TESTS
assert tests.multinomial_nll(multinomial_nll)

# %% [markdown]
# ### Exercise 6 · Noise makes bits
# *Difficulty ●○○ · importance ●●● · 10 minutes · 3 points*


# %% nbgrader={"grade_id": "noisy_code", "solution": true}
def noisy_code(logits: Tensor, noise: float, generator: torch.Generator) -> Tensor:
    """The code while training: sigmoid(logits + noise · n), with n ~ N(0, 1) for each number.

    Args:
        logits: what the encoder returns, floats (N, K).
        noise: standard deviation of the noise, >= 0.
        generator: the only source of randomness.

    Returns:
        Numbers from 0 to 1, (N, K), with a gradient to the logits.
    """
    ### BEGIN SOLUTION
    n = torch.randn(logits.shape, generator=generator, dtype=logits.dtype)
    return torch.sigmoid(logits + noise * n)
    ### END SOLUTION


def to_bits(logits: Tensor) -> Tensor:
    """The code afterwards: one bit for each logit, no noise.

    Args:
        logits: what the encoder returns, floats (N, K).

    Returns:
        Booleans (N, K), True where the noiseless code is above one half.
    """
    ### BEGIN SOLUTION
    return logits > 0
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-noisy_code", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_a, grade

grade(elective_a.noisy_code, noisy_code, to_bits)
### END HIDDEN TESTS
assert tests.noisy_code(noisy_code, to_bits)

# %% [markdown]
# ### Exercise 7 · Eight bits to a byte
# *Difficulty ●●● · importance ●●○ · 18 minutes · 3 points*


# %% nbgrader={"grade_id": "hamming", "solution": true}
def pack(bits: Tensor) -> Tensor:
    """Store eight bits in each byte, the first of the eight as the byte's highest bit.

    Args:
        bits: booleans (N, K), K a multiple of 8.

    Returns:
        Bytes, uint8 (N, K / 8). One row [True, False, False, False, False, False, True, True]
        becomes [131], because 131 = 128 + 2 + 1.
    """
    ### BEGIN SOLUTION
    place = torch.tensor([128, 64, 32, 16, 8, 4, 2, 1])
    return (bits.reshape(len(bits), -1, 8) * place).sum(dim=2).to(torch.uint8)
    ### END SOLUTION


def hamming(queries: Tensor, codes: Tensor) -> Tensor:
    """In how many bits does each query differ from each code? No loop over queries or codes.

    Args:
        queries: packed codes, uint8 (M, B).
        codes: packed codes, uint8 (N, B).

    Returns:
        Numbers from 0 to 8 B, int64 (M, N).
    """
    ### BEGIN SOLUTION
    ones = torch.tensor([byte.bit_count() for byte in range(256)])  # (256,)
    different = queries[:, None, :] ^ codes[None, :, :]  # (M, N, B)
    return ones[different.long()].sum(dim=2)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-hamming", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_a, grade

grade(elective_a.hamming, pack, hamming)
### END HIDDEN TESTS
assert tests.hamming(pack, hamming)

# %% [markdown]
# ### Exercise 8 · How good is a list?
# *Difficulty ●●○ · importance ●●● · 15 minutes · 3 points*


# %% nbgrader={"grade_id": "list_quality", "solution": true}
def list_quality(relevant: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Precision at k and average precision of ranked lists, one list a row.

    Args:
        relevant: booleans (Q, N): is the document at this rank, best first, one that was wanted?
        k: length of the top of the list, from 1 to N.

    Returns:
        precision: the share of wanted documents among the first k, (Q,).
        average: the mean of the precisions at each rank that holds a wanted document, (Q,); 0 for
            a list without any.
    """
    ### BEGIN SOLUTION
    hit = relevant.double()
    precision = hit.cumsum(dim=1) / torch.arange(1, hit.shape[1] + 1)  # at every rank, (Q, N)
    average = (precision * hit).sum(dim=1) / hit.sum(dim=1).clamp_min(1)
    return precision[:, k - 1], average
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-list_quality", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_a, grade

grade(elective_a.list_quality, list_quality)
### END HIDDEN TESTS
assert tests.list_quality(list_quality)
