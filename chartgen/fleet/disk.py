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
from pathlib import Path
from typing import Any

from chartgen import paths
from chartgen.chart.listing import Listing
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
    objects: Listing
    digest: str
    archive: bytes


@cache
def program() -> str:
    """What makes charts (chartgen, its data, Python, the libraries), in a digest."""
    whole = hashlib.sha256(f"{__version__}\n{sys.version}\n{sys.byteorder}\n".encode())
    for library, version in sorted(_installed().items()):
        whole.update(f"{library} {version}\n".encode())
    code = Path(__file__).parent.parent
    for root in (code, paths.TEMPLATES, paths.SCHEMA, paths.ROOT / "LICENSE"):
        above = os.fspath(root)
        for path in [above] if root.is_file() else _files(above):
            # what is made of the others says nothing new
            if not path.endswith(".pyc") and path != os.fspath(paths.COMPILED):
                with open(path, "rb", buffering=0) as file:
                    content = file.read()
                whole.update(f"{path.removeprefix(above)} {len(content)}\n".encode())
                whole.update(content)
    return whole.hexdigest()


def _installed() -> Mapping[str, str]:
    """The versions of the libraries that are there, by the folders which installers name after both. `importlib.metadata` opens
    these, and takes a twentieth of a second to start."""
    found: dict[str, str] = {}
    for folder in sys.path:
        with contextlib.suppress(OSError):
            for name in sorted(os.listdir(folder or os.curdir)):
                if name.endswith((".dist-info", ".egg-info")):
                    library, _, version = name.rpartition(".")[0].partition("-")
                    library = library.replace("_", "-").lower()
                    if library in _LIBRARIES:
                        # the first is what is imported
                        found.setdefault(library, version)
    return found


def _files(folder: str) -> Iterator[str]:
    """The files below a folder, in one order whatever the file system's is."""
    with os.scandir(folder) as entries:
        there = sorted(entries, key=lambda entry: entry.name)
    for entry in there:
        if entry.is_file():
            yield entry.path
        elif entry.is_dir(follow_symlinks=False) and entry.name != "__pycache__":
            yield from _files(entry.path)


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
        path = f"{self.folder}/{name}"
        try:
            with open(path, "rb", buffering=0) as file:
                checksum, head, objects, archive = file.read().split(b"\n", 3)
            if _checksum(head, objects) != checksum:
                return None
            said = json.loads(head)
            if said["key"] != name or said["digest"] != hashlib.sha256(archive).hexdigest():
                return None
            with contextlib.suppress(OSError):
                os.utime(path)
            listing = Listing(said["count"], objects.decode())
            return Record(said["version"], said["metadata"], listing, said["digest"], archive)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, name: str, record: Record) -> None:
        """Keeps a record; where that cannot be written, it is not there next time."""
        if self.folder is None:
            return
        said = {
            "key": name,
            "version": record.version,
            "metadata": record.metadata,
            "digest": record.digest,
            "count": len(record.objects),
        }
        # neither has a line's end in it
        head, objects = json.dumps(said, ensure_ascii=False).encode(), record.objects.text.encode()
        with contextlib.suppress(OSError):
            # whoever else makes the same chart writes beside it, too
            beside = f"{self.folder}/.{os.getpid()}-{name}"
            with open(beside, "wb") as file:
                # the archive has its own digest in what is said of it
                file.write(b"\n".join((_checksum(head, objects), head, objects, record.archive)))
            os.replace(beside, f"{self.folder}/{name}")

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


def _checksum(head: bytes, objects: bytes) -> bytes:
    return hashlib.sha256(head + b"\n" + objects).hexdigest().encode()


def charts() -> Charts:
    """The records in the user's cache folder."""
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chartgen" / "charts"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        # RuntimeError: there is no home
        return Charts()
    return Charts(folder)
