"""Users' texts in which Helm expands templates: which they are, what they come out as, what stops Helm at them.

What reads Go's grammar is loaded for the first text that needs it; most values have none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from chartgen import bundle, late, names
from chartgen.diagnostics import Path, dotted
from chartgen.records import NamedTuple
from chartgen.values.reads import Section, SetAside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from chartgen.gotemplate.evaluate import Expansion, World
    from chartgen.settings import Settings

APP_VERSION = "2.0.3"
# the official chart takes quotes around the text of a configuration file away
_AROUND_CONFIG = '" \n'

Token = Callable[[str], str]

# settings that Helm reads for another reason than that the component of their section is on
_READ_WHEN = {
    "global.acls": "acl_init",
    "global.tls": "tls_init",
    "global.secretsBackend": "vault",
    "webhookCertManager": "connect_inject",
}


@cache
def paths() -> frozenset[str]:
    """The dotted paths of the settings in whose text Helm expands templates; `[]` stands for each item of a list."""
    return frozenset(json.loads(bundle.read("schema/templated.json")))


@cache
def _configs() -> frozenset[str]:
    """Those that are the text of a configuration file; all others are YAML that stands in a manifest."""
    from chartgen import schema

    return frozenset(path for path, what in schema.texts().items() if what == "json")


def place(path: Path) -> str:
    """A path as `paths` spells it."""
    out = ""
    for part in path:
        out += "[]" if isinstance(part, int) else f".{part}" if out else part
    return out


def texts(values: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """(path, text) of each templated setting in `values` that is text with a `{{` in it and does not stand aside."""
    yield from _below(values, _tree(), ())


# the settings of `paths` as a tree; below the key of a list stands what there is in its items
Tree = dict[str, "Tree"]


@cache
def _tree() -> Tree:
    tree: Tree = {}
    for path in sorted(paths()):
        here = tree
        for part in path.split("."):
            here = here.setdefault(part, {})
    return tree


def _below(node: Any, tree: Tree, path: Path) -> Iterator[tuple[Path, str]]:
    if not tree:
        if type(node) is str and "{{" in node:
            yield path, node
    elif type(node) is Section:
        yield from node.once("templates", lambda: tuple(_in_map(node, tree, path)))
    elif type(node) is dict or isinstance(node, Mapping):
        yield from _in_map(node, tree, path)


def _in_map(node: Mapping[str, Any], tree: Tree, path: Path) -> Iterator[tuple[Path, str]]:
    for part, below in tree.items():
        key = part.removesuffix("[]")
        try:
            item = node.get(key)
        except SetAside:
            continue
        if item is None:
            continue
        if key == part:
            yield from _below(item, below, (*path, key))
        elif isinstance(item, list):
            for number, entry in enumerate(item):
                yield from _below(entry, below, (*path, key, number))


def is_read(path: Path, settings: Settings) -> bool:
    """True if the official chart has Helm expand the setting at `path`, with what is on and off."""
    name = dotted(path)
    for start, on in _READ_WHEN.items():
        if name.startswith(start + "."):
            return bool(getattr(settings, on))
    return settings.on(str(path[0]))


def frozen_world(values: Mapping[str, Any], token: Token) -> World:
    """What a chart that is being compiled knows; `token` gives what stands for the rest."""
    from chartgen.gotemplate.evaluate import World

    return World(
        values=values,
        release={
            "Name": token(".Release.Name"),
            "Namespace": token(".Release.Namespace"),
            "Service": token(".Release.Service"),
        },
        chart={"Name": token(".Chart.Name"), "Version": token(".Chart.Version"), "AppVersion": APP_VERSION},
        named={
            "consul.name": names.app(values) or token('include "consul.name" .'),
            "consul.fullname": names.given(values) or token('include "consul.fullname" .'),
            "consul.chart": "consul-helm",
        },
    )


def installed_world(
    values: Mapping[str, Any],
    release: str,
    namespace: str,
    *,
    upgrade: bool = False,
    chart: str = "consul",
    version: str = "0.1.0",
    guesses: bool = False,
) -> World:
    """What Helm knows at an installation."""
    from chartgen.gotemplate.evaluate import World

    return World(
        values=values,
        release={
            "Name": release,
            "Namespace": namespace,
            "Service": "Helm",
            "IsUpgrade": upgrade,
            "IsInstall": not upgrade,
        },
        chart={"Name": chart, "Version": version, "AppVersion": APP_VERSION},
        named={
            "consul.name": names.app(values) or names.CHART,
            "consul.fullname": names.full(values, release),
            "consul.chart": "consul-helm",
        },
        guesses=guesses,
    )


def expanded(text: str, world: World) -> Expansion | None:
    """What Helm makes of the text in that world; None where only Helm knows.

    Raises Malformed or Stops where Helm cannot use the text.
    """
    from chartgen.gotemplate.evaluate import expand
    from chartgen.gotemplate.syntax import parse
    from chartgen.gotemplate.values import Unknowable

    template = parse(text)
    try:
        return expand(template, world)
    except Unknowable:
        return None


class Config(NamedTuple):
    """The text of a configuration file as the chart writes it, and where each of its characters comes from."""

    text: str
    origin: Callable[[int], int]


def config(values: Mapping[str, Any], text: str, token: Token) -> Config | None:
    """A setting's text as the configuration file that the official chart makes of it; None where only Helm knows.

    Quotes around it, which a shell was to take away, are gone. Raises Malformed or Stops as `expanded` does.
    """
    whole, origin = text, _same_place
    if "{{" in text:
        expansion = expanded(text, frozen_world(values, token))
        if expansion is None or expansion.loose:
            return None
        whole, origin = expansion.text, expansion.origin
    start = len(whole) - len(whole.lstrip(_AROUND_CONFIG))
    return Config(bare(whole), lambda offset: origin(offset + start))


def used_config(values: Mapping[str, Any], text: str) -> Config | None:
    """`config` with tokens of its own; None also for text that Helm cannot use, which a rule tells."""
    try:
        return config(values, text, late.LateBound().token)
    except ValueError:
        return None


def bare(text: str) -> str:
    """A configuration file's text without quotes, spaces and line ends around it."""
    return text.strip(_AROUND_CONFIG)


def _same_place(offset: int) -> int:
    return offset


def result(text: str, world: World) -> str | None:
    """What Helm makes of the text, to the letter or as YAML that means the same; None where that cannot be told."""
    from chartgen.gotemplate.syntax import Malformed
    from chartgen.gotemplate.values import Stops

    try:
        made = expanded(text, world)
    except (Malformed, Stops):
        return None
    return made.text if made is not None else None


class Problem(NamedTuple):
    """What is wrong with a template: its kind, and the place in the text."""

    kind: str
    message: str
    at: int
    hint: str = ""


def problems(values: Mapping[str, Any], path: Path, text: str) -> list[Problem]:
    """What stops Helm at the text, makes its result unreadable, or leaves a gap in it.

    Kinds are `malformed`, `other-language`, `no-yaml` and `gap`. What depends on the installation is tried for one.
    """
    if type(values) is Section:
        # a rule for each kind asks for them all
        return values.once(("problems", path), lambda: _problems(values, path, text))
    return _problems(values, path, text)


def _problems(values: Mapping[str, Any], path: Path, text: str) -> list[Problem]:
    bound = late.LateBound()
    if late.simple(text, bound.token) is not None:
        return []
    from chartgen.gotemplate.evaluate import ROOT, expand
    from chartgen.gotemplate.syntax import Malformed, parse
    from chartgen.gotemplate.values import Stops, Unknowable

    try:
        template = parse(text)
    except Malformed as malformed:
        return [Problem("malformed", str(malformed), malformed.at, _mend(malformed.unknown))]
    is_yaml = place(path) not in _configs()
    world = frozen_world(values, bound.token)
    named = {*world.named, *template.defined}
    for name, at in template.includes():
        if name not in named:
            known = ", ".join(sorted(world.named))
            return [Problem("malformed", f'the chart has no template "{name}"', at, f"it has {known}")]
    try:
        expansion: Expansion | None = expand(template, world)
    except Stops as stops:
        return [_stopped(stops, text)]
    except Unknowable:
        expansion = None
    if expansion is None:
        for upgrade in (False, True):
            installed = installed_world(values, "consul", "consul", upgrade=upgrade, guesses=True)
            try:
                sample = expand(template, installed)
            except (Stops, Unknowable):
                continue
            if is_yaml and (wrong := _unreadable(sample.text, sample)):
                return [wrong]
        return []
    found = [
        Problem(
            "gap",
            f"nobody has set .{'.'.join(map(str, read))}",
            at,
            _AS_TEXT if read[0] not in ROOT else 'set it, or give a default: {{ … | default "…" }}',
        )
        for read, at in expansion.missing
        if not _is_known(read)
    ]
    if is_yaml and (wrong := _unreadable(expansion.text, expansion)):
        found.append(wrong)
    return found


_CLOSE = "each {{ has its }}, each quotation and parenthesis its end, and so has each if, range and with"
_AS_TEXT = "for a program that reads its own templates, hand the action on as text: {{ `{{ … }}` }}"


def _mend(unknown: str) -> str:
    """What to do about text that Go does not read; `unknown` is the function that Helm does not have."""
    if not unknown:
        return _CLOSE
    from chartgen.gotemplate.syntax import functions
    from chartgen.schema import suggest

    near = suggest.closest(unknown, sorted(functions()))
    return f"did you mean {near}?" if near else _AS_TEXT


def _stopped(stops: Any, text: str) -> Problem:
    from chartgen.gotemplate.evaluate import ROOT

    root = text[stops.at : stops.at + 200].removeprefix("$").removeprefix(".")
    word = root[: next((n for n, char in enumerate(root) if not (char.isalnum() or char == "_")), len(root))]
    foreign = text[stops.at : stops.at + 1] == "." and word[:1].isupper() and word not in ROOT
    return Problem(
        "other-language" if foreign else "malformed", str(stops), stops.at, _AS_TEXT if foreign else ""
    )


def _is_known(read: tuple[str, ...]) -> bool:
    """True for a value that there is, whose default is nothing."""
    from chartgen import schema

    here: Any = schema.defaults()
    if read[0] != "Values":
        return False
    for part in read[1:]:
        if not isinstance(here, dict) or part not in here:
            return False
        here = here[part]
    return True


def _unreadable(text: str, expansion: Expansion) -> Problem | None:
    from chartgen.diagnostics import Rejected
    from chartgen.values import source

    plain = late.TOKEN.sub("release", text)
    try:
        source.read_text(plain, "text", any_shape=True)
    except Rejected as rejected:
        for finding in rejected.diagnostics:
            if finding.code in ("yaml-syntax", "several-documents", "bad-key"):
                span = finding.spans[0] if finding.spans else None
                lines = plain.split("\n")
                offset = (
                    sum(len(line) + 1 for line in lines[: span.line - 1]) + span.column - 1 if span else 0
                )
                # a token may be longer or shorter than the word that stood for it
                at = expansion.origin(min(offset, max(len(text) - 1, 0)))
                return Problem("no-yaml", finding.message.removeprefix("not YAML: "), at, finding.hint)
    return None


def is_flow(values: Mapping[str, Any], text: str) -> bool:
    """True if what Helm makes of the text begins with a bracket, so that it cannot follow entries of a block."""
    from chartgen.gotemplate.syntax import Malformed, Text, parse

    made = result(text, installed_world(values, "consul", "consul", guesses=True))
    if made is None:
        try:
            written = (node.text for node in parse(text).nodes if isinstance(node, Text))
        except Malformed:
            return False
        made = next((text_ for text_ in written if text_.strip()), "")
    return made.lstrip()[:1] in ("{", "[")


def reads(values: Mapping[str, Any]) -> frozenset[Path]:
    """The paths of values that users' own templates name."""
    from chartgen.gotemplate import evaluate, syntax

    found: set[Path] = set()
    for _, text in texts(values):
        if ".Values" not in text:
            continue
        try:
            found.update(evaluate.reads(syntax.parse(text)))
        except syntax.Malformed:
            continue
    return frozenset(found)
