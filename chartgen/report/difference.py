"""What differs between two states of a release: for people, for a pull request, for programs."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chartgen.alter.images import shortened
from chartgen.compare.changes import Cause, Change, FieldChange
from chartgen.compare.consequences import CONSEQUENCES, Consequence, gravest
from chartgen.compare.consul import Advice
from chartgen.compare.verdict import Bump, Judged
from chartgen.diagnostics import dotted
from chartgen.render import document
from chartgen.report.text import visible
from chartgen.sides.side import Flag

WORDS: Mapping[Consequence, str] = {
    "refused": "refused",
    "loses-data": "loses data",
    "restarts": "restarts pods",
    "reloads": "no restart",
    "nothing": "nothing happens",
}
_TONES = {"refused": "31;1", "loses-data": "31;1", "restarts": "33;1", "reloads": "36", "nothing": "2"}
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_SIGN_TONES = {"added": "32", "removed": "31", "changed": "33"}
_LONGEST = 60
_CONTEXT = 2
# as much of a text or list as anybody reads
_MOST_LINES = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """All that is to be told: the sides by their names, the changes with what they lead to, what Consul makes of them, and the
    flags with which the sides were made otherwise."""

    old: str
    new: str
    judged: tuple[Judged, ...]
    advice: tuple[Advice, ...]
    bump: Bump | None
    flags: tuple[Flag, ...] = ()

    @property
    def consequence(self) -> Consequence:
        return gravest(
            [
                *(verdict.consequence for verdict in self.judged),
                *(verdict.consequence for verdict in self.advice),
            ]
        )

    @property
    def said(self) -> tuple[Judged, ...]:
        """The changes that a cluster notices: those that mean something, and those whose words alone restart pods."""
        return tuple(
            verdict
            for verdict in self.judged
            if verdict.change.weight == "meaning" or verdict.consequence not in ("reloads", "nothing")
        )


def _counted(changes: Sequence[Judged]) -> str:
    parts = []
    for what in ("changed", "added", "removed"):
        count = sum(change.change.what == what for change in changes)
        if count:
            parts.append(f"{count} {what}")
    return ", ".join(parts)


def summary(difference: Difference, *, spelling: bool = False) -> list[str]:
    """What it all comes to, in a line or two."""
    said = difference.judged if spelling else difference.said
    lines = []
    if said or difference.advice:
        grave = difference.consequence
        lines.append(
            f"{_counted(said)} — {WORDS[grave]}" + (f" ({difference.bump})" if difference.bump else "")
        )
    else:
        lines.append("nothing differs that a cluster would notice")
    hidden = len(difference.judged) - len(said)
    if hidden:
        objects = "1 object differs" if hidden == 1 else f"{hidden} objects differ"
        lines.append(f"{objects} only in how they are written: --spelling shows them")
    if difference.flags:
        lines.append(f"made with other flags: {', '.join(map(_flag, difference.flags))}")
    return lines


def _flag(flag: Flag) -> str:
    if not flag.old and not flag.new:
        return f"{flag.name} {'no → yes' if flag.old is None else 'yes → no'}"
    old, new = (" ".join(map(shortened, said.split())) if said is not None else "none" for said in flag[1:])
    return f"{flag.name} {old} → {new}"


# ---------------------------------------------------------------- text


def text(difference: Difference, *, spelling: bool = False, colour: bool = False, width: int = 120) -> str:
    """For a terminal: each object with its fields, what they come from, and what is to follow."""

    def paint(words: str, tone: str) -> str:
        return f"\x1b[{tone}m{words}\x1b[0m" if colour else words

    said = difference.judged if spelling else difference.said
    blocks = []
    plain = [
        verdict
        for verdict in said
        if verdict.change.what != "changed" and verdict.consequence in ("nothing", "reloads")
    ]
    if plain:
        rows = [
            (f"{_SIGNS[verdict.change.what]} {verdict.change.title}", _causes(verdict.change.causes))
            for verdict in plain
        ]
        wide = min(max(len(first) for first, _ in rows), 64)
        lines = [
            paint(f"{first:<{wide}}" if second else first, _SIGN_TONES[verdict.change.what])
            + (paint(f"  # {second}", "2") if second else "")
            for verdict, (first, second) in zip(plain, rows, strict=True)
        ]
        blocks.append("\n".join(lines))
    # what is grave stands where the eye is when all has been written
    for grave in sorted(said, key=lambda verdict: -CONSEQUENCES.index(verdict.consequence)):
        if grave not in plain:
            blocks.append("\n".join(_object_lines(grave, spelling, paint, width)))
    if difference.advice:
        blocks.append("\n".join(_advice_lines(difference.advice, paint)))
    blocks.append("\n".join(summary(difference, spelling=spelling)))
    return "\n\n".join(blocks) + "\n"


Paint = Callable[[str, str], str]


def _object_lines(verdict: Judged, spelling: bool, paint: Paint, width: int) -> Iterator[str]:
    change = verdict.change
    sign = paint(f"{_SIGNS[change.what]} {change.title}", _SIGN_TONES[change.what] + ";1")
    where = f" in {change.namespace}" if change.namespace else ""
    cause = _causes(change.causes)
    yield f"{sign}{where}: {paint(WORDS[verdict.consequence], _TONES[verdict.consequence])}" + (
        paint(f"  # {cause}", "2") if cause else ""
    )
    for effect in verdict.effects:
        if effect.reason:
            tone = _TONES[effect.consequence]
            mark = "!" if effect.consequence in ("refused", "loses-data") else "→"
            yield f"    {paint(mark, tone)} {effect.reason}"
            if effect.way:
                yield f"      {paint('safe way:', '36')} {effect.way}"
    shown = [each for each in change.fields if spelling or each.meaning]
    if change.what == "changed" and not shown:
        follows = all("checksum" in str(each.path[-1]) for each in change.fields if each.weight == "spelling")
        told = "its checksum of what it reads follows" if follows else "only written in other words"
        yield f"    {told}: --spelling shows it"
    for each in shown:
        yield from _field_lines(change, each, paint, width)


def _field_lines(change: Change, each: FieldChange, paint: Paint, width: int) -> Iterator[str]:
    cause = _causes(each.causes)
    after = paint(f"  # {cause}", "2") if cause else ""
    same = {"spelling": " (the same, in other words)", "stored": " (the same to the API server)"}.get(
        each.weight, ""
    )
    old, new = _told(change, each.old), _told(change, each.new)
    if _is_short(old) and _is_short(new):
        yield f"    {each.place}: {_inline(old, '31', paint)} → {_inline(new, '32', paint)}{same}{after}"
        return
    yield f"    {each.place}:{same}{after}"
    for line in _lines_between(old, new):
        tone = {"+": "32", "-": "31"}.get(line[:1], "2")
        cut = visible(line)
        yield "      " + paint(cut if len(cut) <= width - 6 else cut[: width - 7] + "…", tone)


def _inline(value: Any, tone: str, paint: Paint) -> str:
    return paint("none", "2") if value is None else paint(visible(_written(value)), tone)


def _written(value: Any) -> str:
    return (
        value
        if isinstance(value, str) and value and value.isprintable()
        else json.dumps(value, ensure_ascii=False)
    )


def _is_short(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, str) and "\n" in value:
        return False
    text = _written(value)
    return len(text) <= _LONGEST and (text[:1] not in ("{", "[") or len(text) < 3)


def _lines(value: Any) -> list[str]:
    """A value in lines, for comparing: JSON in a text as its parts, a list an item each."""
    if value is None:
        return []
    if isinstance(value, str):
        if value.lstrip()[:1] in ("{", "["):
            try:
                return json.dumps(json.loads(value), indent=2, sort_keys=True, ensure_ascii=False).split("\n")
            except ValueError:
                pass
        return value.rstrip("\n").split("\n")
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [line for item in value for line in item.rstrip("\n").split("\n")]
    return document.manifest_text(value).rstrip("\n").split("\n")


def _lines_between(old: Any, new: Any) -> list[str]:
    """The lines that differ, with a few around them."""
    found = difflib.unified_diff(_lines(old), _lines(new), lineterm="", n=_CONTEXT)
    lines = [line for line in found if not line.startswith(("---", "+++"))]
    lines = ["⋯" if line.startswith("@@") else line for line in lines]
    # the first gap says nothing
    lines = lines[1:] if lines[:1] == ["⋯"] else lines
    if not lines:
        lines = ["(only line ends and spaces differ)"]
    return (
        lines
        if len(lines) <= _MOST_LINES
        else [*lines[:_MOST_LINES], f"⋯ {len(lines) - _MOST_LINES} more lines"]
    )


def _told(change: Change, value: Any) -> Any:
    """A value as it may be shown: what a Secret holds stays in it."""
    if change.kind != "Secret" or value is None:
        return value
    if isinstance(value, Mapping):
        return {key: _told(change, item) for key, item in value.items()}
    return f"({len(str(value))} characters)" if isinstance(value, str) and len(value) > 0 else value


def _causes(causes: Iterable[Cause]) -> str:
    # what no value says is asked for by itself
    return ", ".join(
        f"{dotted(cause.path)} ({cause.set_by})" if cause.path else cause.set_by for cause in causes
    )


def _advice_lines(found: Sequence[Advice], paint: Paint) -> Iterator[str]:
    yield paint("Consul", "1")
    for verdict in _by_weight(found):
        yield f"  {verdict.about}: {paint(WORDS[verdict.consequence], _TONES[verdict.consequence])}"
        yield f"    {verdict.reason}"
        for number, step in enumerate(verdict.steps, 1):
            yield f"      {paint(f'{number}.', '36')} {step}"
        yield paint(f"    ({verdict.source})", "2")


def _by_weight(found: Iterable[Advice]) -> list[Advice]:
    return sorted(found, key=lambda verdict: CONSEQUENCES.index(verdict.consequence))


# ---------------------------------------------------------------- markdown


def markdown(difference: Difference, *, spelling: bool = False) -> str:
    """For the description or a comment of a pull request: a table, and each object to unfold."""
    said = difference.judged if spelling else difference.said
    lines = [f"### {difference.old} → {difference.new}", ""]
    lines += [
        f"**{summary(difference, spelling=spelling)[0]}**",
        *summary(difference, spelling=spelling)[1:],
        "",
    ]
    grave = sorted(said, key=lambda verdict: CONSEQUENCES.index(verdict.consequence))
    if grave:
        lines += ["| | object | what happens | from |", "|---|---|---|---|"]
        for verdict in grave:
            causes = verdict.change.causes or tuple(
                dict.fromkeys(
                    cause for each in verdict.change.fields if each.meaning for cause in each.causes
                )
            )
            why = verdict.effects[0].reason
            lines.append(
                f"| {verdict.change.what} | {_cell(verdict.change.title)} | **{WORDS[verdict.consequence]}**"
                f"{': ' + _cell(why) if why else ''} | {_cell(_causes(causes))} |"
            )
        lines.append("")
    for advice in _by_weight(difference.advice):
        lines += [f"**Consul, {advice.about}: {WORDS[advice.consequence]}.** {advice.reason}", ""]
        lines += [f"{number}. {step}" for number, step in enumerate(advice.steps, 1)]
        lines += ["", f"<sub>{advice.source}</sub>", ""]
    for verdict in grave:
        if verdict.change.what == "changed":
            lines += _folded(verdict, spelling)
    return "\n".join(lines).rstrip("\n") + "\n"


def _folded(verdict: Judged, spelling: bool) -> Iterator[str]:
    yield f"<details><summary>{verdict.change.title}: {WORDS[verdict.consequence]}</summary>"
    yield ""
    for effect in verdict.effects:
        if effect.way:
            yield f"{effect.reason}. Safe way: {effect.way}."
            yield ""
    body: list[str] = []
    for each in verdict.change.fields:
        if spelling or each.meaning:
            cause = _causes(each.causes)
            body.append(f"@@ {each.place}{f'  # {cause}' if cause else ''} @@")
            body += _lines_between(_told(verdict.change, each.old), _told(verdict.change, each.new))
    # a text with a fence of its own needs a longer one
    fence = "`" * max(3, 1 + max((_ticks(line) for line in body), default=0))
    yield f"{fence}diff"
    yield from (body or ["only written in other words"])
    yield fence
    yield ""
    yield "</details>"
    yield ""


def _ticks(line: str) -> int:
    return max(
        (len(run) for run in "".join(char if char == "`" else " " for char in line).split()), default=0
    )


def _cell(text: str) -> str:
    return visible(text).replace("|", "\\|").replace("<", "&lt;")


# ---------------------------------------------------------------- data


def data(difference: Difference) -> dict[str, Any]:
    """For programs, in the shape of schema/answers/diff.schema.json; what is only written otherwise included."""
    return {
        "old": difference.old,
        "new": difference.new,
        "consequence": difference.consequence,
        "bump": difference.bump,
        "changes": [_change(verdict) for verdict in difference.judged],
        "consul": [
            {
                "consequence": verdict.consequence,
                "about": verdict.about,
                "reason": verdict.reason,
                "steps": list(verdict.steps),
                "source": verdict.source,
            }
            for verdict in _by_weight(difference.advice)
        ],
        "flags": [{"flag": flag.name, "old": flag.old, "new": flag.new} for flag in difference.flags],
    }


def _change(verdict: Judged) -> dict[str, Any]:
    change = verdict.change
    return {
        "what": change.what,
        "kind": change.kind,
        "namespace": change.namespace,
        "name": change.name,
        "weight": change.weight,
        "consequence": verdict.consequence,
        "effects": [
            {
                "consequence": each.consequence,
                "path": FieldChange(each.path, None, None).place,
                "reason": each.reason,
                "way": each.way,
                "source": each.source,
            }
            for each in verdict.effects
        ],
        "causes": _cause_data(change.causes),
        "fields": [
            {
                "path": each.place,
                "old": _told(change, each.old),
                "new": _told(change, each.new),
                "weight": each.weight,
                "causes": _cause_data(each.causes),
            }
            for each in change.fields
        ],
    }


def _cause_data(causes: Iterable[Cause]) -> list[dict[str, str]]:
    return [{"path": dotted(cause.path), "setBy": cause.set_by} for cause in causes]
