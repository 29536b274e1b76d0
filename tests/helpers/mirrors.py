"""A server on this machine with small made-up files, and what they must become."""

import contextlib
import hashlib
import io
import struct
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import torch

RNG = np.random.default_rng(0)


def idx(array):
    """Return an array of bytes as an idx file."""
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def tgz(files):
    """Return a .tar.gz with the given files in a folder, as npm packs them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/data/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def png(array):
    """Return an RGB array as a PNG file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "png")
    return buffer.getvalue()


def sha256(content):
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


X = {"train": RNG.integers(0, 256, (20, 28, 28), np.uint8)}
X["t10k"] = RNG.integers(0, 256, (10, 28, 28), np.uint8)
Y = {"train": np.arange(20, dtype=np.uint8) % 10, "t10k": np.arange(10, dtype=np.uint8)}
IDX = {f"{s}-images-idx3-ubyte": idx(X[s]) for s in X} | {
    f"{s}-labels-idx1-ubyte": idx(Y[s]) for s in Y
}
IMAGES = "train-images-idx3-ubyte"


class Server:
    """Files by path on a loopback address; `requests` lists what was asked for."""

    def __init__(self):
        self.files, self.requests, self.mode = {}, [], "good"
        self.released = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.requests.append(self.path)
                if server.mode == "hang":
                    server.released.wait(30)
                    return
                if self.path not in server.files:
                    self.send_error(404)
                    return
                body = server.files[self.path]
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body[: len(body) // 2] if server.mode == "cut" else body)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,))
        self.thread.start()

    def close(self):
        self.released.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


def check_mnist(dataset):
    assert torch.equal((dataset.x_train * 255).round().byte()[:, 0], torch.from_numpy(X["train"]))
    assert torch.equal((dataset.x_test * 255).round().byte()[:, 0], torch.from_numpy(X["t10k"]))
    assert dataset.y_train.tolist() == Y["train"].tolist()


def put(root, **replaced):
    """Put the four files in the cache, with some replaced, and return their folder."""
    folder = root / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for name, content in (IDX | {k.replace("_", "-"): v for k, v in replaced.items()}).items():
        (folder / name).write_bytes(content)
    return folder


def leftovers(root):
    return [path.name for path in root.rglob("*.part")]
