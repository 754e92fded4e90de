"""The files of a chart that is there already, as a folder or as an archive."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from chartgen.diagnostics import Diagnostic, Rejected, Span

# more than any chart holds, so that a bomb of zeros does not fill the memory
_MOST = 200_000_000


def files(path: Path) -> dict[str, bytes]:
    """What each file of the chart holds, by its path in the chart; raises Rejected for what is no chart."""
    if not path.exists():
        _reject("file-not-found", f"there is no file {path}", path)
    found = _folder(path) if path.is_dir() else _archive(path)
    if "Chart.yaml" not in found:
        _reject(
            "no-chart",
            f"{path} is no chart",
            path,
            "a chart has a Chart.yaml; of a folder of charts, name one",
        )
    return found


def _folder(path: Path) -> dict[str, bytes]:
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }


def members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """What is in an archive. Raises tarfile.ReadError where it was cut off between two files, which tarfile takes for its
    end, too."""
    yield from archive
    # a block of zeros was read, or nothing more
    if archive.fileobj is not None and archive.fileobj.tell() == archive.offset:
        raise tarfile.ReadError("unexpected end of data")


def _archive(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = _MOST
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in members(archive):
                left -= member.size
                if left < 0:
                    _reject("no-chart", f"{path} unpacks to more than any chart holds", path)
                file = archive.extractfile(member) if member.isfile() else None
                if file is not None:
                    found[member.name.removeprefix("./").partition("/")[2]] = file.read()
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        _reject("no-chart", f"{path} is no archive of a chart: {error}", path)
    return found


def _reject(code: str, message: str, path: Path, hint: str = "") -> NoReturn:
    raise Rejected([Diagnostic(code, message, spans=(Span(str(path), 0, 0),), hint=hint)])
