"""Puts a chart's files down: as a folder, as an archive, as both; each appears whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import struct
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

Files = Mapping[str, str]


def write_folder(files: Files, directory: str | os.PathLike[str]) -> Path:
    """Writes the chart folder `directory`, replacing a chart that is there, and returns it; all or nothing.

    Raises FileExistsError where something else is.
    """
    target = Path(directory)
    with _staging(target.parent) as staging:
        _replace(_written(files, staging / "chart"), target, staging)
    return target


def write_archive(name: str, files: Files, path: str | os.PathLike[str]) -> Path:
    """Writes the .tgz of the chart called `name` to `path`, beside it first and then renamed."""
    target = Path(path)
    with _staging(target.parent) as staging:
        (staging / "chart.tgz").write_bytes(archive(name, files))
        (staging / "chart.tgz").replace(target)
    return target


def publish(name: str, version: str, files: Files, directory: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Writes the chart folder NAME/VERSION and the archive NAME-VERSION.tgz below `directory`: both or neither.

    Raises FileExistsError where something else than a chart is.
    """
    folder = Path(directory) / name / version
    packed = Path(directory) / f"{name}-{version}.tgz"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _staging(Path(directory)) as staging:
        (staging / "chart.tgz").write_bytes(archive(name, files))
        if packed.is_dir():
            raise FileExistsError(errno.EEXIST, "is a folder, where the archive has to go", str(packed))
        _replace(
            _written(files, staging / "chart"),
            folder,
            staging,
            lambda: (staging / "chart.tgz").replace(packed),
        )
    return folder, packed


def archive(name: str, files: Files) -> bytes:
    """The chart called `name` as the .tgz that Helm installs: same input, same bytes, on any machine."""
    blocks: list[bytes] = []
    for path, text in files.items():
        content = text.encode()
        member = tarfile.TarInfo(f"{name}/{path}")
        member.size, member.mode = len(content), 0o644
        blocks += [member.tobuf(tarfile.USTAR_FORMAT), content, bytes(-len(content) % tarfile.BLOCKSIZE)]
    blocks.append(bytes(2 * tarfile.BLOCKSIZE))
    return gzipped(b"".join(blocks))


def _written(files: Files, folder: Path) -> Path:
    made: set[Path] = set()
    for name, text in files.items():
        path = folder / name
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        path.write_bytes(text.encode())
    return folder


@contextmanager
def _staging(beside: Path) -> Iterator[Path]:
    """A hidden folder on the same disk, gone at the end, in which to make what is renamed into `beside`."""
    beside.mkdir(parents=True, exist_ok=True)
    staging = None
    try:
        with _undisturbed():
            staging = Path(tempfile.mkdtemp(prefix=".chartgen-", dir=beside))
        yield staging
    finally:
        with _undisturbed():
            if staging is not None:
                shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals that end the program wait until the block is through; where the system cannot hold them, they do not."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _replace(folder: Path, target: Path, aside: Path, then: Callable[[], Any] = lambda: None) -> None:
    """Renames `folder` to `target` and does `then`; a chart that is there goes aside, and comes back if either fails."""
    old = aside / "old"
    for _ in range(20):
        if target.is_symlink() or (target.exists() and not _holds_chart(target)):
            raise FileExistsError(errno.EEXIST, "holds something other than a chart", str(target))
        try:
            with suppress(FileNotFoundError):
                target.rename(old)
            folder.rename(target)
            then()
            return
        except BaseException as error:
            placed = not folder.exists()
            if placed or not isinstance(error, OSError) or error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                if placed:
                    target.rename(aside / "new")
                if old.exists() and not target.exists():
                    old.rename(target)
                raise
            # another process wrote the same chart between the two renames: its chart makes way too
            shutil.rmtree(old, ignore_errors=True)
    raise FileExistsError(errno.EEXIST, "is written by other processes all the time", str(target))


def _holds_chart(path: Path) -> bool:
    return path.is_dir() and ((path / "Chart.yaml").is_file() or not any(path.iterdir()))


def gzipped(data: bytes) -> bytes:
    """`data` in the container that gzip has, stored without compression.

    What a compressor yields depends on the machine's zlib, so that the same chart would have other bytes, and another
    digest, elsewhere. Nothing is lost: git and registries compress what they keep and send.
    """
    blocks = [data[start : start + 0xFFFF] for start in range(0, len(data), 0xFFFF)] or [b""]
    out = [b"\x1f\x8b\x08\0\0\0\0\0\0\xff"]
    for block in blocks:
        last = block is blocks[-1]
        out += [struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF), block]
    out.append(struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF))
    return b"".join(out)
