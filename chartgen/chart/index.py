"""`index.yaml` of a folder of charts: what is published there, in the shape that `helm repo index` writes.

Source: "The Chart Repository Guide" of Helm's documentation. Helm puts the time of its making into it; here it stands only
where SOURCE_DATE_EPOCH says which, so that the same charts make the same index.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from chartgen.diagnostics import Diagnostic, Rejected, Span
from chartgen.records import NamedTuple
from chartgen.render import document
from chartgen.values import source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from semver import Version

FILE = "index.yaml"
EPOCH = "SOURCE_DATE_EPOCH"
Entry: TypeAlias = "Mapping[str, Any]"


class Index(NamedTuple):
    """The charts that are published in a folder: by name, the entry of each version, the newest first."""

    entries: Mapping[str, tuple[Entry, ...]] = {}
    # what else stands in the file
    other: Mapping[str, Any] = {}

    def entry(self, name: str, version: str) -> Entry | None:
        """The entry of a version; None where it is not published."""
        return next((known for known in self.entries.get(name, ()) if known["version"] == version), None)

    def with_entry(self, entry: Entry) -> Index:
        """The index with an entry, in the place of the one of the same chart and version."""
        return self.with_entries([entry])

    def with_entries(self, entries: Iterable[Entry]) -> Index:
        """The index with entries, each in the place of the one of the same chart and version."""
        added: dict[str, dict[str, Entry]] = {}
        for entry in entries:
            added.setdefault(entry["name"], {})[entry["version"]] = entry
        known = {
            name: _newest_first(
                [
                    *versions.values(),
                    *(entry for entry in self.entries.get(name, ()) if entry["version"] not in versions),
                ]
            )
            for name, versions in added.items()
        }
        return self._replace(entries={**self.entries, **known})

    def text(self) -> str:
        """The file: charts by name, versions the newest first, keys in order."""
        entries = {name: [_sorted(entry) for entry in self.entries[name]] for name in sorted(self.entries)}
        whole = {**self.other, "apiVersion": "v1", "entries": entries}
        if (made := made_at()) is not None:
            whole["generated"] = made
        return document.block_yaml(_sorted(whole), str)


def read(directory: Path) -> Index:
    """The index of a folder; an empty one where there is none. Raises Rejected for one that cannot be read."""
    path = directory / FILE
    if not path.exists():
        return Index()
    data = path.read_bytes()
    read = _quickly(data)
    if read is None:
        read = source.read_text(data, str(path)).data
    entries = read.get("entries") or {}
    if not isinstance(entries, dict):
        raise _unreadable(path, "entries", "a map of charts")
    known = {}
    for name, versions in entries.items():
        if not isinstance(versions, list) or not all(map(_is_entry, versions)):
            raise _unreadable(path, f"entries.{name}", "a list of charts, each with name, version and digest")
        known[name] = _newest_first(versions)
    return Index(known, {key: value for key, value in read.items() if key != "entries"})


# a tag, an anchor or an alias, where a value may begin; what is called so in text is only read more slowly
_UNUSUAL = rb"(?m)(?:^|[\s\[{,:-])[!&*][^\s]"


def _quickly(data: bytes) -> dict[str, Any] | None:
    """What an index says that is written as Helm and chartgen write it, of however many charts; None for any other text.

    The parser is quick, and in silence takes the last of two keys of the same name: so the charts are counted.
    """
    import yaml12

    if re.search(_UNUSUAL, data):
        return None
    try:
        read: Any = yaml12.parse_yaml(data.decode())
    except ValueError:
        return None
    entries = read.get("entries") if isinstance(read, dict) else None
    if not isinstance(entries, dict):
        return None
    return read if _charts_named(data) == len(entries) else None


def _charts_named(data: bytes) -> int:
    """How many lines name a chart, in a file that is written in blocks."""
    _, _, below = data.partition(b"\nentries:\n")
    entries = re.split(rb"(?m)^[^\s#-]", below, maxsplit=1)[0]
    return len(re.findall(rb"(?m)^  [^\s#-]", entries))


def entry(metadata: Mapping[str, Any], digest: str, url: str) -> Entry:
    """The entry of a chart: what its Chart.yaml says, the SHA-256 of its archive, and where that is."""
    made = made_at()
    created = {} if made is None else {"created": made}
    return {**metadata, **created, "digest": digest, "urls": [url]}


def parsed(version: str) -> Version:
    """A version by the rules of semantic versioning, with a `v` before it or without; raises ValueError for another text."""
    from semver import Version

    return Version.parse(version.removeprefix("v"))


def made_at() -> str | None:
    """The time that SOURCE_DATE_EPOCH names; None without it. Raises Rejected where it is no time."""
    seconds = epoch()
    if seconds is None:
        return None
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch() -> int | None:
    """The seconds since 1970 that SOURCE_DATE_EPOCH names; None without it. Raises Rejected where it is no time."""
    given = os.environ.get(EPOCH)
    if not given:
        return None
    from datetime import UTC, datetime

    try:
        datetime.fromtimestamp(int(given), UTC)
    except (ValueError, OverflowError, OSError):
        found = Diagnostic(
            "bad-epoch",
            f"{EPOCH} is no time",
            spans=(Span(EPOCH, 0, 0),),
            found=given,
            expected="seconds since 1970, such as 1767225600",
        )
        raise Rejected([found]) from None
    return int(given)


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in ("name", "version"))


def _newest_first(entries: list[Entry]) -> tuple[Entry, ...]:
    """Sorted as Helm sorts: by semantic versioning, and those that are no version at the end."""

    def order(entry: Entry) -> tuple[bool, Any, str]:
        try:
            return True, parsed(entry["version"]), entry["version"]
        except ValueError:
            return False, 0, entry["version"]

    return tuple(sorted(entries, key=order, reverse=True)) if len(entries) > 1 else tuple(entries)


def _sorted(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _sorted(value) if isinstance(value, Mapping) else value for key, value in sorted(data.items())
    }


def _unreadable(path: Path, place: str, expected: str) -> Rejected:
    found = Diagnostic(
        "bad-index",
        f"{place} of {path} is not what an index of charts has there",
        spans=(Span(str(path), 0, 0),),
        expected=expected,
        hint="`helm repo index` makes a new one of the archives in a folder",
    )
    return Rejected([found])
