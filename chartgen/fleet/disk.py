"""Charts that were made before, on disk: taken again only where everything that they were made of is the same, to the byte.

What a chart is made of is its key: the bytes and names of its layers, its options, chartgen itself (its code, templates and
schema, not only its version), Python, the libraries. A record begins with a checksum of what it says, its key and the
digest of its archive included: one that was edited, cut or moved is no record. Only charts about which nothing was found are kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from chartgen import paths
from chartgen.version import __version__

# bytes that are kept, the longest unused going first
_MOST = 256_000_000
# what has a say in the bytes of a chart
_LIBRARIES = (
    "deepmerge",
    "deflate",
    "jinja2",
    "jsonschema",
    "jsonschema-rs",
    "kubernetes-validate",
    "markupsafe",
    "py-yaml12",
    "pyyaml",
    "semver",
)


@dataclass(frozen=True, slots=True)
class Record:
    """A chart as it was made: its version, what it says of itself, its objects, its archive and that one's SHA-256."""

    version: str
    metadata: Mapping[str, Any]
    objects: tuple[Mapping[str, str], ...]
    digest: str
    archive: bytes


@cache
def program() -> str:
    """What makes charts (chartgen, its data, Python, the libraries), in a digest."""
    whole = hashlib.sha256(f"{__version__}\n{sys.version}\n{sys.byteorder}\n".encode())
    for library in _LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            whole.update(f"{library} {metadata.version(library)}\n".encode())
    code = Path(__file__).parent.parent
    for root in (code, paths.TEMPLATES, paths.SCHEMA, paths.ROOT / "LICENSE"):
        above = os.fspath(root)
        for path in _files(above):
            # what is made of the others says nothing new
            if os.path.isfile(path) and not path.endswith(".pyc") and path != os.fspath(paths.COMPILED):
                with open(path, "rb") as file:
                    content = file.read()
                whole.update(f"{path.removeprefix(above)} {len(content)}\n".encode() + content)
    return whole.hexdigest()


def _files(root: str) -> Iterator[str]:
    """The files below a folder, in one order whatever the file system's is; of a file, itself."""
    if os.path.isfile(root):
        yield root
    for folder, below, names in os.walk(root):
        below.sort()
        yield from (os.path.join(folder, name) for name in sorted(names))


def key(layers: Iterable[tuple[str, str]], rest: object) -> str:
    """The key of a chart that is made of layers, each by its name and the digest of its bytes, and of the `rest`, whose
    representation says all about it."""
    return hashlib.sha256(repr((program(), tuple(layers), rest)).encode()).hexdigest()


class Charts:
    """The records in a folder; none, and none kept, where there is no such folder and none can be made."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder

    def get(self, name: str) -> Record | None:
        """The record of a key; None where there is none that is whole."""
        if self.folder is None:
            return None
        path = self.folder / name
        try:
            checksum, head, archive = path.read_bytes().split(b"\n", 2)
            if hashlib.sha256(head).hexdigest().encode() != checksum:
                return None
            said = json.loads(head)
            if said["key"] != name or said["digest"] != hashlib.sha256(archive).hexdigest():
                return None
            with contextlib.suppress(OSError):
                os.utime(path)
            return Record(said["version"], said["metadata"], tuple(said["objects"]), said["digest"], archive)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, name: str, record: Record) -> None:
        """Keeps a record; where that cannot be written, it is not there next time."""
        if self.folder is None:
            return
        head = {
            "key": name,
            "version": record.version,
            "metadata": record.metadata,
            "objects": record.objects,
            "digest": record.digest,
        }
        said = json.dumps(head, ensure_ascii=False).encode()
        with contextlib.suppress(OSError):
            # whoever else makes the same chart writes beside it, too
            beside = self.folder / f".{os.getpid()}-{name}"
            # the archive has its own digest in what is said of it
            checksum = hashlib.sha256(said).hexdigest().encode()
            beside.write_bytes(b"\n".join((checksum, said, record.archive)))
            beside.replace(self.folder / name)

    def trim(self, most: int = _MOST) -> None:
        """Removes what was not used for the longest time, until the rest has at most so many bytes."""
        if self.folder is None:
            return
        with contextlib.suppress(OSError):
            known = [(entry.stat(), entry.path) for entry in os.scandir(self.folder) if entry.is_file()]
            held = sum(stat.st_size for stat, _ in known)
            for stat, path in sorted(known, key=lambda each: each[0].st_mtime_ns):
                if held <= most:
                    return
                with contextlib.suppress(OSError):
                    Path(path).unlink()
                held -= stat.st_size


def charts() -> Charts:
    """The records in the user's cache folder."""
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chartgen" / "charts"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        # RuntimeError: there is no home
        return Charts()
    return Charts(folder)
