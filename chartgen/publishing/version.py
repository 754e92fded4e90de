"""Which version a chart gets: that which is published with the same content, or the next one by what is another in it.

The rules for versions are those of semver.org, in a library; what a change weighs is said by `chartgen.compare`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from chartgen import lazy_regex
from chartgen.chart import Chart, index, metadata
from chartgen.chart.listing import Listing
from chartgen.chart.publish import Published
from chartgen.diagnostics import Diagnostic, Rejected, Span, dotted
from chartgen.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, TypeAlias

    from semver import Version

    from chartgen.alter import Adoption
    from chartgen.chart.index import Entry, Index
    from chartgen.compare import Change

Step: TypeAlias = 'Literal["major", "minor", "patch", "prerelease"]'
STEPS: tuple[Step, ...] = ("major", "minor", "patch", "prerelease")
AUTO, FIRST = "auto", "0.1.0"
# changes of an object that are told one by one; a chart's metadata is no place for more
_FIELDS, _CHANGES = 5, 60
_PLAIN = lazy_regex.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}", re.ASCII)
# how often another build may take the version that was decided on
_TRIES = 20


class Decision(NamedTuple):
    """The chart with its version; the version that it was compared with, and by how much it is another one, where there is
    one. `unchanged` says that nothing is another, `there` what then stays, though it says something else of itself."""

    chart: Chart
    previous: str | None = None
    step: Step | None = None
    unchanged: bool = False
    there: Published | None = None


class Outcome(NamedTuple):
    """What was decided, and what is published now."""

    decision: Decision
    published: Published


class Told(NamedTuple):
    """What became of a chart, in what commands say of it: `objects` has the kind, name and file of each, `adoption` what of
    them is spelt as it runs."""

    name: str
    version: str
    previous: str | None
    step: Step | None
    changes: metadata.Changes
    objects: Listing
    published: Published
    adoption: Adoption | None = None


def told(outcome: Outcome) -> Told:
    """What is said of an outcome."""
    decision, chart = outcome.decision, outcome.decision.chart
    return Told(
        chart.name, chart.version, decision.previous, decision.step, chart.changes, chart.listed(), outcome.published,
        chart.done.adoption if chart.done is not None else None,
    )  # fmt: skip


def published(
    chart: Chart,
    directory: str | os.PathLike[str],
    asked: str = AUTO,
    step: Step | None = None,
    *,
    folder: bool = True,
) -> Outcome:
    """Publishes a chart below `directory` under the version that is asked for; `auto` is the next one, by `step` or by what
    is another than in the newest one that is published.

    Raises Rejected for what is no version, for one that is published with other content, and where the one before cannot be
    read; FileExistsError where something else than a chart is.
    """
    for tried in range(_TRIES):
        decision = decided(chart, directory, asked, step)
        if (there := decision.there) is not None:
            return Outcome(decision, there)
        try:
            return Outcome(decision, decision.chart.publish(directory, folder=folder))
        except Rejected as rejected:
            # another build has published the version that was decided on
            taken = [finding.code for finding in rejected.diagnostics] == ["version-published"]
            if asked != AUTO or not taken or tried == _TRIES - 1:
                raise
    raise AssertionError("the last try returns or raises")


def decided(
    chart: Chart,
    directory: str | os.PathLike[str],
    asked: str = AUTO,
    step: Step | None = None,
    known: Index | None = None,
) -> Decision:
    """What `published` publishes; `known` is what the folder's index says, where that was read. Raises Rejected as it does."""
    root = Path(directory)
    known = index.read(root) if known is None else known
    if asked == AUTO:
        return _next(chart, root, known, step)
    version = _asked(asked)
    entry = known.entry(chart.name, version)
    if entry is not None:
        # what it says of its changes is settled
        return Decision(chart._replace(version=version, changes=_changes_of(entry)), step=None)
    before = compared_with(known, chart.name, version)
    if not before:
        return Decision(chart._replace(version=version))
    old = before[0]
    found = _compared(chart, root, old)
    return Decision(chart._replace(version=version, changes=_told(found)), old["version"])


def compared_with(known: Index, name: str, asked: str = AUTO) -> list[Entry]:
    """The entries whose archives `decided` may read, of what is known of a folder."""
    there = [entry for entry in known.entries.get(name, ()) if _is_version(entry["version"])]
    if asked == AUTO:
        last = [entry for entry in there if index.parsed(entry["version"]).prerelease is None]
        return [*there[:1], *last[:1]]
    if not _is_version(asked):
        return []
    below = index.parsed(asked)
    return [entry for entry in there if index.parsed(entry["version"]) < below][:1]


def _next(chart: Chart, root: Path, known: Index, step: Step | None) -> Decision:
    there = [entry for entry in known.entries.get(chart.name, ()) if _is_version(entry["version"])]
    if not there:
        return Decision(chart._replace(version=_first(step)), step=step)
    newest = there[0]
    same = chart._replace(version=newest["version"], changes=_changes_of(newest))
    if step is None and same.digest == newest.get("digest"):
        return Decision(same, newest["version"], unchanged=True)
    found = _compared(chart, root, newest)
    from chartgen.compare import bump

    weight: Step | None = step or bump(found)
    if weight is None and _only_says_otherwise(same, root, newest):
        there_is = Published(
            root / chart.name / same.version, _archive(root, newest), str(newest["digest"]), written=False
        )
        return Decision(same, newest["version"], unchanged=True, there=there_is)
    weight = weight or "patch"
    following = str(_following(there, weight, step, chart, root))
    return Decision(chart._replace(version=following, changes=_told(found)), newest["version"], weight)


def _first(step: Step | None) -> str:
    if step is None:
        return FIRST
    from semver import Version

    return str(Version(0).next_version(step, "rc"))


def _following(there: list[Entry], weight: Step, step: Step | None, chart: Chart, root: Path) -> Version:
    """The version after the newest. After a pre-release it is the next pre-release, as long as that one's number says
    enough about all that is another than in the last release; `step` ends the pre-releases."""
    from chartgen.compare import bump

    newest = index.parsed(there[0]["version"])
    if step is not None or newest.prerelease is None:
        return newest.next_version(weight, "rc")
    last = next((version for version in there if index.parsed(version["version"]).prerelease is None), None)
    if last is None:
        return newest.bump_prerelease()
    needed = index.parsed(last["version"]).next_version(bump(_compared(chart, root, last)) or "patch")
    return (
        newest.bump_prerelease() if newest.finalize_version() >= needed else needed.replace(prerelease="rc.1")
    )


def _asked(text: str) -> str:
    """The version that a text names; raises Rejected for one that is none."""
    try:
        return str(index.parsed(text))
    except ValueError:
        found = Diagnostic(
            "bad-version",
            "a chart's version is a semantic one",
            spans=(Span("--version", 0, 0),),
            found=text,
            expected="auto, or such as 1.4.0 or 2.0.0-rc.1",
        )
        raise Rejected([found]) from None


def _is_version(text: str) -> bool:
    # most are, and to tell so needs no library
    if _PLAIN.fullmatch(text):
        return True
    try:
        return bool(index.parsed(text))
    except ValueError:
        return False


def _archive(root: Path, entry: Entry) -> Path:
    """The archive of an entry. Raises Rejected where it is not in the folder."""
    path = root / f"{entry['name']}-{entry['version']}.tgz"
    if not path.is_file():
        found = Diagnostic(
            "previous-missing",
            f"{entry['name']} {entry['version']} is published, and its archive is not here to compare with",
            spans=(Span(str(path), 0, 0),),
            hint="put the archive there, or build into another folder",
        )
        raise Rejected([found])
    return path


def _compared(chart: Chart, root: Path, entry: Entry) -> tuple[Change, ...]:
    """What is another in a chart than in a published one."""
    from chartgen.compare import changes
    from chartgen.sides import charts
    from chartgen.sides.side import Target
    from chartgen.values.inputs import Inputs

    target = Target("RELEASE", "NAMESPACE")
    path = str(_archive(root, entry))
    old = charts.side(path, path, Inputs(), Inputs(), target)
    new = [data for _, data in chart.objects(target.release, target.namespace, upgrade=True)]
    return changes(old.objects, new, target.namespace)


def _only_says_otherwise(chart: Chart, root: Path, entry: Entry) -> bool:
    """Whether a published chart is another one only in what it says of itself: which chartgen made it, for instance."""
    from chartgen.chart import packed

    there = packed.files(_archive(root, entry))
    own = {name: text.encode() for name, text in chart.files.items()}
    return _without_words(there) == _without_words(own)


def _without_words(files: Mapping[str, bytes]) -> dict[str, bytes]:
    words = ("Chart.yaml", "README.md", "LICENSE", ".helmignore")
    return {name: data for name, data in files.items() if name not in words}


def _changes_of(entry: Entry) -> metadata.Changes:
    """What a published chart says of its changes."""
    return metadata.changes_in(entry.get("annotations") or {})


def _told(changes: Iterable[Change]) -> metadata.Changes:
    """The changes in words, as Artifact Hub has them; what a Secret holds stays in it."""
    rows = [(change.what, _described(change)) for change in changes if change.weight != "stored"]
    if len(rows) > _CHANGES:
        rows = [*rows[:_CHANGES], ("changed", f"and {len(rows) - _CHANGES} objects more")]
    return tuple(rows)


def _described(change: Change) -> str:
    fields = [changed for changed in change.fields if changed.weight == change.weight]
    if change.what != "changed" or not fields:
        return change.title
    if change.weight == "spelling":
        return f"{change.title} is written otherwise, and means the same"
    parts = [_field(change, changed.path, changed.old, changed.new) for changed in fields[:_FIELDS]]
    more = f" and {len(fields) - _FIELDS} more" if len(fields) > _FIELDS else ""
    return f"{change.title}: {', '.join(parts)}{more}"


def _field(change: Change, path: Any, old: Any, new: Any) -> str:
    name = dotted(path)
    plain = (str, int, float, bool)
    short = all(
        isinstance(side, plain) and len(str(side)) <= 40 and "\n" not in str(side) for side in (old, new)
    )
    if change.kind == "Secret" or not short or "checksum" in name:
        return name
    return f"{name} from {old} to {new}"
