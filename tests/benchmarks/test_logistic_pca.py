"""Logistic PCA on a few images: what is linear, what chooses, and what the entry keeps."""

import torch

from aeutils import data
from benchmarks import logistic_pca
from benchmarks.logistic_pca import LogisticPCA, Setting


def few():
    mnist = data.load("mnist", size="small")
    return data.Dataset(
        *("mnist", "small", mnist.x_train[:120], mnist.y_train[:120]),
        *(mnist.x_test[:40], mnist.y_test[:40], mnist.classes, "a slice"),
    )


def test_nothing_bends_but_the_output_and_all_passes_through_the_code():
    torch.manual_seed(0)
    model, x = LogisticPCA(20, 3).double(), torch.rand(6, 20, dtype=torch.float64)
    middle = model((x[:3] + x[3:]) / 2)
    torch.testing.assert_close(middle, (model(x[:3]) + model(x[3:])) / 2)
    jacobian = torch.autograd.functional.jacobian(model, x[:1]).reshape(20, 20)
    assert torch.linalg.matrix_rank(jacobian) == 3
    image = logistic_pca.rebuilt(model)(x)
    assert image.min() > 0
    assert image.max() < 1


def test_the_entry_keeps_the_recipe_of_every_seed_and_how_the_rate_was_chosen():
    found = logistic_pca.run(few(), [Setting(0.01, 1), Setting(0.01, 2)])["logistic-pca-sse"]
    assert not found["met"]  # 120 images are not whole MNIST
    recipe = found["recipes"]["rows"]["logistic PCA"]
    assert recipe["seeds"] == "weights 0, order 0; weights 1, order 1; weights 2, order 2"
    assert recipe["loss"] == "bernoulli nll"
    assert "held-out" in recipe["lr_chosen"]
    assert found["recipes"]["noted"] == "while training"
    assert found["details"]["printed-by-the-paper"] == 8.01
    assert set(found["details"]["validation-sse"]) == {"lr 0.01 epochs 1", "lr 0.01 epochs 2"}
