"""The benchmark of drawn images, on few images: what is drawn, measured, walked and kept."""

import copy
import dataclasses
import statistics
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import distributions

from aeutils import data, generation, models, training
from benchmarks import recipes, results, samples, tables
from benchmarks.samples import ADVERSARIAL, PLAIN, VARIATIONAL

EPOCHS = 2
CODE = {
    PLAIN: 8,
    "variational, 2": 2,
    "variational, 8": 8,
    VARIATIONAL: 20,
    "variational, 20, β = 4": 20,
    "kernel, 8": 8,
    ADVERSARIAL: 8,
}


def few(n_train, n_test):
    """The first images of a real data set."""
    mnist = data.load("mnist", size="small")
    return data.Dataset(
        *("mnist", "small", mnist.x_train[:n_train], mnist.y_train[:n_train]),
        *(mnist.x_test[:n_test], mnist.y_test[:n_test], mnist.classes, "a slice"),
    )


@pytest.fixture(scope="module")
def judge():
    """A classifier of 300 images that knows most digits."""
    return samples.Judge(few(300, 120), epochs=30)


@pytest.fixture(scope="module")
def whole():
    """One whole run on few images, and all that went in and out of its parts."""
    seen = SimpleNamespace(
        images=few(60, 40), trained=[], made={}, judged=[], medians=[], walked=[]
    )
    with pytest.MonkeyPatch.context() as patch:

        def watch(module, name, note):
            original = getattr(module, name)

            def watched(*given, **how):
                found = original(*given, **how)
                note(found, *given)
                return found

            patch.setattr(module, name, watched)

        for name, where in (("fit", 1), ("fit_encoder", 1), ("fit_adversarial", 2)):
            watch(training, name, lambda _, *given, w=where: seen.trained.append(given[w]))
        watch(samples.pca.PCA, "fit", lambda _, __, x: seen.trained.append(x))
        watch(samples, "medians", lambda _, of_seeds: seen.medians.append(of_seeds))
        watch(
            samples.Judge, "of_images", lambda found, _, *given: seen.judged.append((*given, found))
        )
        make_all = samples.generators

        def generators(x, seed):
            def kept(name, make):
                seen.made[seed, name] = make()
                return seen.made[seed, name]

            made = make_all(x, seed, epochs=EPOCHS)
            return {name: lambda n=name, m=make: kept(n, m) for name, make in made.items()}

        def walks(judge, spaces):
            seen.walked.append(spaces)
            return {"slant, pixels": {"amount": float(len(seen.walked)), "kept": 50.0}}

        patch.setattr(samples, "generators", generators)
        patch.setattr(samples, "walks", walks)
        seen.new = samples.run(seen.images)
    return seen


# ------------------------------------------------------------------------- losses and networks


def test_losses_are_those_of_distributions():
    draw = torch.Generator().manual_seed(0)
    logits, x = torch.randn(30, 5, generator=draw), torch.rand(30, 5, generator=draw).round()
    z = 3 + torch.randn(30, 2, generator=draw)
    expected = -distributions.Bernoulli(logits=logits).log_prob(x).sum(dim=1).mean()
    torch.testing.assert_close(samples.cross_entropy(logits, x), expected)
    training.seed_everything(5)
    got = samples.kernel_loss((logits, z), x)
    training.seed_everything(5)
    apart = generation.mmd(z, torch.randn(30, 2))  # as many draws as codes
    torch.testing.assert_close(got, expected + samples.KERNEL * apart)


def test_the_kernel_sees_the_codes_that_are_decoded():
    training.seed_everything(0)
    model, x = samples.WithCode((6, 5, 2)), torch.rand(10, 6)
    logits, z = model(x)
    assert torch.equal(z, model.encode(x))
    assert torch.equal(logits, model.decode(z))


def test_what_no_recipe_notes_is_as_the_rows_say(monkeypatch):
    asked = []

    def note(*given, **how):
        asked.append(how)
        return training.History()

    monkeypatch.setattr(training, "fit", note)
    monkeypatch.setattr(training, "fit_adversarial", note)
    draw = torch.Generator().manual_seed(0)
    x = torch.rand(20, 784, generator=draw)
    mean, log_var = torch.randn(2, 20, 3, generator=draw)
    for name, make in samples.generators(x, 0).items():
        make()
        if name.startswith("variational"):
            beta = 4.0 if "β = 4" in name else 1.0
            got = asked[-1]["loss"]((torch.zeros(20, 784), mean, log_var), x)
            expected = generation.negative_elbo(torch.zeros(20, 784), x, mean, log_var, beta)
            assert float(got) == float(expected)
    # the discriminator learns more slowly than what it judges
    assert asked[-1]["discriminator_lr"] == pytest.approx(asked[-1]["lr"] / 3)


@pytest.fixture(scope="module")
def made():
    x = few(60, 1).x_train.flatten(1)
    return x, {name: make() for name, make in samples.generators(x, 3, EPOCHS).items()}


@pytest.mark.parametrize("name", CODE)
def test_codes_are_drawn_from_the_prior_or_from_the_gaussian_of_training_codes(name, made):
    x, networks = made
    network = networks[name]
    with torch.no_grad():
        codes = network.encode(x)
        z = network.draw(40_000, torch.Generator().manual_seed(0))
        again = network.draw(40_000, torch.Generator().manual_seed(0))
        other = network.draw(40_000, torch.Generator().manual_seed(1))
        images = network.decode(z[:50])
    assert codes.shape == (60, CODE[name])
    assert torch.equal(z, again)
    assert not torch.equal(z, other)
    assert images.shape == (50, 784)
    assert 0 <= images.min() <= images.max() <= 1
    mean, covariance = np.zeros(CODE[name]), np.eye(CODE[name])
    if name == PLAIN:
        mean, covariance = codes.numpy().mean(axis=0), np.cov(codes.numpy().T)
    root = np.sqrt(np.diag(covariance))  # the unit of each number of the code
    assert np.abs((z.numpy().mean(axis=0) - mean) / root).max() < 0.03
    assert np.abs((np.cov(z.numpy().T) - covariance) / np.outer(root, root)).max() < 0.04


def test_a_gaussian_of_codes_is_not_the_prior(made):
    """Otherwise the test above could not tell one from the other."""
    x, networks = made
    with torch.no_grad():
        assert abs(float(networks[PLAIN].encode(x).std(dim=0).mean()) - 1) > 0.1


def test_networks_follow_their_seed():
    x = few(30, 1).x_train.flatten(1)

    def weights(name, seed):
        return samples.generators(x, seed, 1)[name]().model.encoder[0].weight

    for name in ("variational, 2", PLAIN, "kernel, 8", ADVERSARIAL):
        assert torch.equal(weights(name, 0), weights(name, 0))
        assert not torch.equal(weights(name, 0), weights(name, 1))


# ----------------------------------------------------------------------------------- the judge


def test_the_classifier_is_the_same_in_every_run():
    images = few(30, 10)
    first, second = (samples.Judge(images, epochs=1) for _ in range(2))
    assert torch.equal(first.model.last.weight, second.model.last.weight)


def test_what_is_said_of_images_is_what_other_computations_find(judge, monkeypatch):
    monkeypatch.setattr(samples, "FEW", 7)
    draw = torch.Generator().manual_seed(0)
    images, real = torch.rand(90, 784, generator=draw), judge.x_test
    got = judge.of_images(images, real)
    with torch.no_grad():
        a, b = (judge.model.features(rows).double().numpy() for rows in (images, real))
    # The trace of the root is the sum of the singular values of the one set times the other.
    (from_a, from_b), (n, m) = (rows - rows.mean(axis=0) for rows in (a, b)), (len(a), len(b))
    common = np.linalg.norm(from_a @ from_b.T, ord="nuc") / np.sqrt((n - 1) * (m - 1))
    spread = a.var(axis=0, ddof=1).sum() + b.var(axis=0, ddof=1).sum()
    apart = ((a.mean(axis=0) - b.mean(axis=0)) ** 2).sum() + spread - 2 * common
    assert got["frechet"] == pytest.approx(apart, rel=1e-4)
    each = [min(float((image - x).norm()) for x in judge.x) for image in images[:7]]
    assert got["nearest"] == pytest.approx(statistics.mean(each), rel=1e-5)
    with torch.no_grad():
        sure = judge.model(images[:7].reshape(-1, 1, 28, 28)).softmax(dim=1).amax(dim=1)
    assert got["sure"] == pytest.approx(float(sure.mean()), rel=1e-5)


def test_what_is_said_of_a_code_is_of_the_test_images(judge):
    images, where = judge.images, {}
    for rows, labels in ((judge.x, images.y_train), (judge.x_test, images.y_test)):
        where |= {row.numpy().tobytes(): y for row, y in zip(rows, labels.tolist(), strict=True)}

    def label(rows):  # a perfect code
        return torch.tensor([[10.0 * where[row.numpy().tobytes()]] for row in rows])

    grey = SimpleNamespace(encode=label, decode=lambda z: torch.full((len(z), 784), 0.25).logit())
    draw = torch.Generator().manual_seed(0)
    got = judge.of_code(samples.Generator(grey, None, None), draw)
    assert got["knn"] == 1
    flat, real = judge.features(torch.full((9, 784), 0.25)), judge.features(judge.x_test)
    assert got["rebuilt"] == pytest.approx(generation.frechet_distance(flat, real), rel=1e-3)
    assert got["gaussian"] == pytest.approx(got["rebuilt"], rel=1e-3)  # whatever the code, grey
    expected = ((judge.x_test.double().numpy() - 0.25) ** 2).sum(axis=1).mean()
    assert got["sse"] == pytest.approx(expected, rel=1e-5)
    silent = SimpleNamespace(encode=lambda rows: rows[:, :1] * 0, decode=grey.decode)
    assert judge.of_code(samples.Generator(silent, None, None), draw)["knn"] < 0.3


def test_controls_are_halves_of_the_test_images_copies_and_noise(judge, monkeypatch):
    given = []

    def note(images, real):
        given.append((images, real))
        return {}

    monkeypatch.setattr(judge, "of_images", note)
    assert list(samples.controls(judge, 0)) == [
        "test images, half against half",
        "training images",
        "noise",
    ]
    (half, other), (copies, real), (noise, same) = given
    bytes_of = lambda rows: sorted(row.numpy().tobytes() for row in rows)  # noqa: E731
    assert len(half) == len(other) == 60
    assert bytes_of(torch.cat([half, other])) == bytes_of(judge.x_test)
    assert real is same is judge.x_test
    # as many as are compared with, none twice
    assert len(copies) == len(noise) == len(judge.x_test)
    assert len(set(bytes_of(copies))) == len(copies)
    assert set(bytes_of(copies)) <= set(bytes_of(judge.x))
    assert 0 <= noise.min() < 0.01
    assert 0.99 < noise.max() <= 1
    assert float(noise.mean()) == pytest.approx(0.5, abs=0.01)
    samples.controls(judge, 0)
    samples.controls(judge, 1)
    for i in range(3):
        assert torch.equal(given[i][0], given[i + 3][0])
        assert not torch.equal(given[i][0], given[i + 6][0])


def test_copies_win_two_columns_and_noise_is_far_from_everything(judge):
    found = samples.controls(judge, 0)
    assert found["training images"]["nearest"] == 0
    assert found["test images, half against half"]["nearest"] > 1
    assert found["noise"]["frechet"] > 3 * found["training images"]["frechet"]
    assert found["noise"]["nearest"] > 10


# ----------------------------------------------------------------------------------- the walks

PIXELS = {"pixels": (lambda x: x, lambda z: z.clamp(0, 1))}
MEASURES = {"slant": generation.slant, "thickness": generation.thickness}


def strokes(slopes, width=3.0):
    """Images of one stroke each, which moves so many pixels to the right for each row upwards."""
    x, y = torch.arange(28.0) - 13.5, 13.5 - torch.arange(28.0)[:, None]
    off = (x - slopes[:, None, None] * y).abs()
    return ((width + 1) / 2 - off).clamp(0, 1).mul(y.abs() < 8).flatten(1)


def as_images(rows):
    return rows.reshape(-1, 1, 28, 28)


def direction_and_step(judge, values):
    """Return what a loop over the digits 0 to 4 finds in pixels: a direction, and the step."""
    more, less = [], []
    for digit in range(5):
        own = [i for i, y in enumerate(judge.images.y_train.tolist()) if y == digit]
        middle = sorted(values[own].tolist())[(len(own) - 1) // 2]
        more += [i for i in own if values[i] > middle]
        less += [i for i in own if values[i] <= middle]
    step = float(values[more].mean() - values[less].mean())
    return judge.x[more].mean(dim=0) - judge.x[less].mean(dim=0), step


@pytest.fixture(scope="module")
def walked(judge):
    return samples.walks(judge, PIXELS)


@pytest.mark.parametrize("attribute", MEASURES)
def test_a_walk_gains_one_step_along_the_direction_of_the_digits_0_to_4(attribute, judge, walked):
    measure, row = MEASURES[attribute], walked[f"{attribute}, pixels"]
    towards, step = direction_and_step(judge, measure(judge.images.x_train))
    later = judge.images.y_test >= 5
    before = judge.x_test[later]
    after = (before + row["amount"] * towards).clamp(0, 1)
    gained = float((measure(as_images(after)) - measure(as_images(before))).mean())
    assert gained / step == pytest.approx(1, abs=0.01)

    labels = judge.images.y_test[later]
    with torch.no_grad():
        was, is_now = (judge.model(rows).argmax(dim=1) == labels for rows in (before, after))
    assert 20 < int(was.sum()) < len(was)  # those that were never known do not count
    kept = int((was & is_now).sum()) / int(was.sum())
    assert row["kept"] == pytest.approx(100 * kept, abs=0.01)
    nearest = torch.cdist(after.double(), judge.x.double()).amin(dim=1).mean()
    assert row["nearest"] == pytest.approx(float(nearest), rel=1e-4)


def test_a_space_whose_number_is_the_slant_walks_by_one(judge, monkeypatch):
    monkeypatch.setattr(samples.generation, "thickness", generation.slant)
    spaces = {"drawn": (lambda x: generation.slant(as_images(x))[:, None] / 2,)}
    spaces["drawn"] += (lambda z: strokes(2 * z.squeeze(1)),)
    row = samples.walks(judge, spaces)["slant, drawn"]
    # the direction is the step itself, in whatever unit the code is
    assert row["amount"] == pytest.approx(1, abs=0.03)


def test_a_direction_is_learnt_on_some_digits_and_tried_on_others(judge):
    asked = []

    def encode(rows):
        asked.append(rows)
        return rows

    samples.walks(judge, {"pixels": (encode, PIXELS["pixels"][1])})
    first, later = judge.images.y_train < 5, judge.images.y_test >= 5
    assert len(asked) == 4  # two attributes
    for rows in asked:
        expected = judge.x[first] if len(rows) == int(first.sum()) else judge.x_test[later]
        assert torch.equal(rows, expected)


def test_other_images_do_not_change_a_walk(judge, walked):
    images, draw = judge.images, torch.Generator().manual_seed(0)
    x_train, x_test = images.x_train.clone(), images.x_test.clone()
    for x, others in ((x_train, images.y_train >= 5), (x_test, images.y_test < 5)):
        x[others] = torch.rand(x[others].shape, generator=draw)
    other = copy.copy(judge)  # the classifier stays as it is
    other.images = dataclasses.replace(images, x_train=x_train, x_test=x_test)
    other.x, other.x_test = x_train.flatten(1), x_test.flatten(1)
    for name, row in samples.walks(other, PIXELS).items():
        assert (row["amount"], row["kept"]) == (walked[name]["amount"], walked[name]["kept"])


def test_a_space_in_which_no_walk_gains_a_step_is_an_error(judge):
    upright = (lambda x: x[:, :1], lambda z: strokes(torch.zeros(len(z))))
    with pytest.raises(RuntimeError, match=r"slant, upright: .*0.00 steps"):
        samples.walks(judge, {"upright": upright})


# ---------------------------------------------------------------------------------- a whole run


def test_no_test_image_is_trained_on(whole):
    x = whole.images.x_train
    networks = len(samples.SEEDS) * len(CODE)
    assert len(whole.trained) == networks + 2  # the classifier and PCA
    for rows in whole.trained:
        assert torch.equal(rows.flatten(1), x.flatten(1))


def test_as_many_images_as_test_images_are_drawn_and_compared_with_them(whole):
    test = whole.images.x_test.flatten(1)
    judged = iter(whole.judged)
    for seed, table in zip(samples.SEEDS, whole.medians[0], strict=True):
        assert [next(judged)[-1] for _ in range(3)] == list(table.values())[:3]
        assert list(table)[3:] == list(CODE)
        for name in CODE:
            images, real, found = next(judged)
            made = whole.made[seed, name]
            with torch.no_grad():
                z = made.draw(len(test), torch.Generator().manual_seed(seed))
                assert torch.equal(images, made.decode(z))
            assert torch.equal(real, test)
            assert found.items() <= table[name].items()
            assert table[name].keys() - found.keys() == {"gaussian", "rebuilt", "sse", "knn"}
    assert next(judged, None) is None


def test_walks_are_in_the_code_of_the_variational_one_in_pcas_and_in_pixels(whole):
    assert len(whole.walked) == len(samples.SEEDS)
    x = whole.images.x_test.flatten(1)
    for seed, spaces in zip(samples.SEEDS, whole.walked, strict=True):
        assert list(spaces) == ["variational code", "PCA code", "pixels"]
        with torch.no_grad():
            codes = {name: encode(x) for name, (encode, _) in spaces.items()}
            back = {name: decode(codes[name]) for name, (_, decode) in spaces.items()}
        network = whole.made[seed, VARIATIONAL]
        with torch.no_grad():
            assert torch.equal(codes["variational code"], network.model.posterior(x)[0])
        assert codes["PCA code"].shape == (len(x), 20)
        assert torch.equal(codes["pixels"], x)
        assert torch.equal(back["pixels"], x)
        for images in back.values():
            assert 0 <= images.min() <= images.max() <= 1
        errors = (back["PCA code"] - x).square().sum(dim=1)
        around_mean = (x - x.mean(dim=0)).square().sum(dim=1)
        assert 0 < float(errors.mean()) < float(around_mean.mean())


def test_entries_keep_medians_of_ratios_and_all_tables(whole):
    new, (of_networks, of_walks) = whole.new, whole.medians
    assert list(new) == [n for n, c in results.CLAIMS.items() if c.command == "samples"]
    for claim, rival in (("adversarial-frechet", VARIATIONAL), ("adversarial-plain", PLAIN)):
        ratios = sorted(t[ADVERSARIAL]["frechet"] / t[rival]["frechet"] for t in of_networks)
        kept = new[claim]
        assert [kept["lowest"], kept["value"], kept["highest"]] == pytest.approx(ratios, abs=1e-5)
        assert (kept["seeds"], kept["number"], kept["over"]) == (samples.SEEDS, 3, "seeds")
        assert kept["threads"] == 1
    details = new["adversarial-frechet"]["details"]
    assert details["table"] == samples.medians(of_networks)
    assert of_walks == [{"slant, pixels": {"amount": a, "kept": 50.0}} for a in (1.0, 2.0, 3.0)]
    assert details["walks"] == {"slant, pixels": {"amount": 2.0, "kept": 50.0}}
    assert 0 <= details["classifier"] <= 1
    assert set(details["seconds"]) == set(CODE)
    assert new["adversarial-plain"]["details"] == {}


def test_a_median_is_that_of_each_number_alone():
    rows = [{"a": {"u": u, "v": v}} for u, v in ((1.0, 9.0), (2.0004, 3.0), (5.0, 4.0))]
    assert samples.medians(rows) == {"a": {"u": 2.0, "v": 4.0}}


def test_rows_are_trained_alike_in_all_that_is_not_compared(whole):
    comparison = tables.comparison("samples-table", whole.new)
    assert list(comparison.trained()) == list(CODE)
    assert comparison.undeclared() == []
    assert set(comparison.reasons) <= set(comparison.differing())
    for name, row in comparison.trained().items():
        assert row.images_seen == EPOCHS * len(whole.images.x_train)
        assert row.seeds == "; ".join(f"weights {s}, order {s}" for s in samples.SEEDS)
        assert row.lr_chosen == samples.BY_HAND
        noted = recipes.recipe_of(whole.made[0, name].history)
        assert (row.model, row.loss, row.lr) == (noted.model, noted.loss, samples.LR)
    losses = {name: row.loss for name, row in comparison.trained().items()}
    assert losses[PLAIN] == "cross entropy"
    assert losses[ADVERSARIAL] == f"cross entropy + {samples.CRITIC:g} · encoder loss"


def test_networks_have_one_shape_and_learn_equally_long():
    x = torch.rand(40, 784, generator=torch.Generator().manual_seed(0))
    for name, make in samples.generators(x, 0).items():
        made = make()
        assert made.model.sizes == (*samples.HIDDEN, CODE[name])
        assert recipes.recipe_of(made.history).images_seen == samples.EPOCHS * len(x)
        variational = isinstance(made.model, models.VariationalAutoencoder)
        assert variational == name.startswith("variational")
