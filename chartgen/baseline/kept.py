"""The file beside a chart's values in which is kept how its objects run, so that later builds spell them in this way."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chartgen.alter import Adoption, Alterations, Baseline

# stands before the ending of the name of the values' file
_KEPT = ".adopted"
_ABOUT = """\
# Objects of a release as they run, with which this chart's mean the same. Builds of the values beside this file spell them
# in this way, so that an upgrade changes nothing of them. `chartgen build --baseline` makes it; without it the objects are
# spelt anew, and their pods restart.
"""


def is_kept(path: str) -> bool:
    """Whether a file is called as those are in which is kept what was adopted."""
    return _KEPT in path and Path(path).stem.endswith(_KEPT)


def beside(files: Sequence[str]) -> str | None:
    """Where it is kept for a chart of these files of values: beside the last of them; None where that is none."""
    return str(Path(files[-1]).with_suffix(f"{_KEPT}.yaml")) if files and files[-1] != "-" else None


def baseline(files: Sequence[str]) -> Baseline | None:
    """What is kept for a chart of these files of values; None where nothing is. Raises Rejected for a file that is broken."""
    path = beside(files)
    if path is None or not Path(path).is_file():
        return None
    from chartgen.baseline import read

    return read(path)


def held(files: Sequence[str], alterations: Alterations | None) -> Alterations | None:
    """What is to be changed in a chart of these files of values, with what is kept for it. Raises Rejected as `baseline`."""
    if alterations is not None and alterations.baseline is not None:
        return alterations
    found = baseline(files)
    if found is None:
        return alterations
    from dataclasses import replace

    from chartgen.alter import Alterations

    return replace(alterations or Alterations(), baseline=found)


def text(adoption: Adoption) -> str:
    """The file in which is kept what was adopted."""
    from chartgen.render import document

    objects = [*map(dict, adoption.objects)]
    about = {"release": adoption.release, "namespace": adoption.namespace, "objects": objects}
    return _ABOUT + document.block_yaml(about, str)


@contextmanager
def keeping(path: str, adoption: Adoption | None) -> Iterator[None]:
    """Writes what was adopted, or removes what was kept where nothing was; what was there is back where the block fails."""
    target = Path(path)
    before = target.read_bytes() if target.is_file() else None
    _put(target, text(adoption).encode() if adoption is not None else None)
    try:
        yield
    except BaseException:
        _put(target, before)
        raise


def _put(target: Path, content: bytes | None) -> None:
    if content is None:
        target.unlink(missing_ok=True)
        return
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(target)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
