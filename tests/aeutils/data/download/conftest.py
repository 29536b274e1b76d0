"""An empty cache, and mirrors on this machine only.

The sources' own tables are used with their hashes replaced, so that the routes under test are the
ones that students take.
"""

import gzip

import pytest
from mirrors import IDX, Server, sha256

from aeutils.data import sources


@pytest.fixture(scope="session")
def tv():
    """torchvision's data sets; importing them takes seconds, which only these tests need."""
    pytest.importorskip("torchvision", exc_type=ImportError)
    from torchvision import datasets

    return datasets


@pytest.fixture
def server():
    server = Server()
    yield server
    if server.thread.is_alive():
        server.close()


@pytest.fixture(autouse=True)
def root(monkeypatch, tmp_path, tv):
    """An empty cache; no npm, no registry, and mirrors at an address where nobody listens."""
    cache = tmp_path / "cache"
    for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY", "CI", "AEUTILS_SCALE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AEUTILS_DATA", str(cache))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("PATH", str(tmp_path / "no-programs"))
    for kind in (tv.MNIST, tv.FashionMNIST):
        monkeypatch.setattr(kind, "mirrors", ["http://127.0.0.1:9/"])
    monkeypatch.setattr(tv.CIFAR10, "url", "http://127.0.0.1:9/cifar-10-python.tar.gz")
    for name, content in IDX.items():
        monkeypatch.setitem(sources.MNIST.hashes, name, sha256(content))
        monkeypatch.setitem(sources.FASHION_MNIST.hashes, name, sha256(content))
    return cache


@pytest.fixture
def mirror(server, monkeypatch, tv):
    """The server as torchvision's second mirror, after one that is down."""
    server.files = {f"/m/{name}.gz": gzip.compress(content) for name, content in IDX.items()}
    monkeypatch.setattr(tv.MNIST, "mirrors", ["http://127.0.0.1:9/", f"{server.url}/m/"])
    return server
