"""The page of the sources treats every topic of theirs, and its links lead to existing sections."""

import re

import pytest

from autograder import units
from course.book import COURSE, ROOT, navigation, notebooks

PAGE = (COURSE / "sources.md").read_text(encoding="utf-8")

# Every topic of each document, in its order, by words that the bold title of its line must hold.
TOPICS = {
    "The essay": (
        "label cost",
        "without labels, useful elsewhere",
        "encoder, embedding, decoder",
        "784 numbers",
        "less computation",
        "shifted six",
        "with labels, or without",
        "information bottleneck",
        "ResNet",
        "compression factor",
        "blur",
        "clean-up",
        "five that becomes a six",
        "class-similarity table",
        "untrained and a trained",
        "no label was seen",
        "generative models of images and video",
        "CIFAR-10",
    ),
    "The handout": (
        "encoder, latent space, decoder",
        "ReLU and tanh",
        "how large the latent space",
        "mirrored decoder",
        "gradient descent",
        "vanilla",
        "undercomplete",
        "denoising",
        "identity",
        "mean squared error",
        "cross-entropy and Poisson",
        "L1 and L2",
        "contractive",
        "what embeddings are",
        "one-hot vectors and bags of words",
        "curse of dimensionality",
        "matrix factorisation",
        "Word2Vec and GloVe",
        "distributional hypothesis",
        "hand-made features",
        "convolutional networks",
        "object detection and face recognition",
        "recommender systems",
        "similarity preservation",
        "synonyms, antonyms, hypernyms",
        "analogies",
        "Euclidean, cosine and Manhattan",
        "intrinsic and extrinsic",
        "text classification",
        "sentiment, named entities, question answering, machine translation",
        "dimensionality reduction",
        "visualisation",
        "t-SNE and UMAP",
        "feature extraction, pre-training and transfer",
        "invariance",
        "clustering",
        "similarity search",
        "inpainting and super-resolution",
        "audio and speech",
        "word embeddings by autoencoders",
        "image compression",
        "compression against quality",
        "anomaly detection",
        "fraud, intrusion detection, quality control",
        "salt-and-pepper and speckle",
        "time series",
        "trained on noisy examples",
        "learning objectives",
    ),
    "The Sys-AI slides": (
        "new features",
        "beyond linear combinations",
        "500 × 500",
        "sparsity, invariance",
        "noise tolerance",
        "generates",
        "transfer learning",
        "quality of a reconstruction",
        "less information",
        "similarity and novelty",
        "as large as the input",
        "there for the training",
        "inverse",
        "divergence",
        "discriminator",
        "pipeline of training",
        "36 numbers",
        "cheaper than labels",
        "convolutions are more efficient",
        "computation they take",
        "five rows",
        "codes as grey bars",
        "semi-supervised text classification",
        "spacecraft telemetry",
        "semantic hashing",
        "cat plus pig",
        "interpretability, speed, design, theory",
        "long-term impact",
    ),
    "The latent-space slides": (
        "recap of supervised learning",
        "feature space",
        "encoder and decoder",
        "one letter",
        "reconstruction error takes the place",
        "pointless",
        "summaries",
        "generative use",
        "only the encoder or the decoder",
        "compressed data",
        "larger error",
        "smaller space removes noise",
        "unsupervised classification",
        "labelling function",
        "semi-supervised",
        "cognitive remark",
        "I-JEPA",
        "journey",
        "damaged input",
    ),
}


def lines_of(source: str) -> list[str]:
    """Return the list items of a source's section, each in one line."""
    section = PAGE.split(f"\n## {source}\n")[1].split("\n## ")[0].split("\n[")[0]
    return [" ".join(item.split()) for item in re.split(r"^- ", section, flags=re.MULTILINE)[1:]]


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as the site and GitHub make them."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", prose, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("source", TOPICS)
def test_every_topic_has_its_line_in_the_order_of_the_source(source):
    titles = [re.match(r"\*\*(.+?)\*\*", line)[1].rstrip(".?") for line in lines_of(source)]
    assert len(titles) == len(TOPICS[source]), "a topic was added or lost: change the list as well"
    for topic, title in zip(TOPICS[source], titles, strict=True):
        assert topic.lower() in title.lower(), f"{source}: {topic}"


@pytest.mark.parametrize("source", TOPICS)
def test_every_topic_says_where_it_is_treated(source):
    for line in lines_of(source):
        same = "The same sections." in line  # as the line above it
        assert same or re.search(r"\]\(\w+\.md|\[[Ee]lective D\]", line), line


def test_links_lead_to_headings():
    links = re.findall(r"\]\(([\w/-]+\.md)(?:#([\w-]+))?\)", PAGE)
    links += re.findall(r"^\[[^\]]+\]: (\S+?\.md)(?:#(\S+))?$", PAGE, flags=re.MULTILINE)
    assert len(links) > 100
    for page, anchor in links:
        text = (COURSE / page).read_text(encoding="utf-8")
        assert not anchor or anchor in anchors(text), f"{page}#{anchor}"


def test_the_last_elective_is_linked_as_soon_as_it_is_there():
    there = (COURSE / "elective_d.md").exists()
    target = "elective_d.md" if there else "README.md#syllabus"
    assert PAGE.rstrip().endswith(f"\n[elective d]: {target}")


def test_sections_of_notebooks_exist():
    titles = {units.title_of(units.unit_of(name)).split()[1]: name for name in notebooks.names()}
    named = re.findall(r"notebook ([1-9A-Z]),\s+sections? ((?:\d+(?:, | and | to )?)+)", PAGE)
    assert len(named) > 50
    for letter, numbers in named:
        name = titles[letter]
        source = (ROOT / "solutions" / name / f"{name}.py").read_text(encoding="utf-8")
        for number in re.findall(r"\d+", numbers):
            assert re.search(rf"^# ## {number} · ", source, re.MULTILINE), (name, number)


def test_sections_of_notebooks_are_links_on_the_site():
    linked = navigation.linked_notebooks("(notebook 3, section 5; notebook A,\nsections 1 and 2)")
    assert "[notebook 3](notebooks/week03_undercomplete.ipynb), section 5" in linked
    assert "[notebook A](notebooks/elective_a_documents.ipynb), sections 1 and 2" in linked
