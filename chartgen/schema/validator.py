"""Whether values have the schema's names and shapes: the fast yes or no, and the no that explains itself."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice

from chartgen import lazy_regex
from chartgen.diagnostics import MAX_FINDINGS, Diagnostic, Mend, Path, Rejected, Weight, bounded, dotted
from chartgen.schema import EXPECTED, defaults, document, fit, sections, shape, unset
from chartgen.values import helm_scalar
from chartgen.values.memo import NOTHING, Memo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from chartgen.diagnostics import Span
    from chartgen.values.source import Source

# what Terraform and envsubst leave to be filled in
_FILLED_IN = lazy_regex.compile(r"\$\{[\w.]+\}")
# … and what helmfile, Jinja and others do
_ACTION = lazy_regex.compile(r"\{\{.*\}\}|\{%.*%\}")
# what the official chart refuses too
_REFUSED = frozenset(("not-a-list", "section-not-a-map", "section-set-to-null"))
# keys under which other charts have what is one value here
_HOLD_ONE = ("size", "value", "enabled", "name")
# keys by which an item of a list is called
_NAME_ONE = ("host", "name")
# the end of a mend that is known once the place is: the scalar as it is spelt there
_AS_WRITTEN: Any = object()
# findings about a key, or what stands below it; all others are about a value
ABOUT_KEYS = frozenset(
    (
        "unknown-key",
        "removed-value",
        "missing-key",
        "values-of-a-parent-chart",
        "values-of-another-chart",
        "object-as-values",
        "encrypted-values",
    )
)


def fits(effective: Mapping[str, Any]) -> bool:
    """True if the names and shapes of the effective values are right."""
    whole = shape()
    return fit.fits(effective, whole, whole["$defs"], defaults())


# jsonschema's errors by section; under "" those about keys at the top that there are none of
Errors: TypeAlias = "dict[str, Sequence[Any]]"


def check(
    effective: Mapping[str, Any],
    sources: Sequence[Source],
    memo: Memo = NOTHING,
    errors: Errors | None = None,
) -> list[Diagnostic]:
    """What is wrong with the names and shapes of the effective values, each finding at the place that set it.

    Sections that are as the memo has them are not looked at again. Where `errors` are given, no others are told.

    The official chart takes such values; a text or number in place of a list it refuses too, and so it does what is no
    map in place of a section. A key that is unknown, and that a user's own template reads, is there for that.
    """
    broken = [*_broken(effective, memo)]
    by_section = errors_of(effective, memo) if errors is None else errors
    wrong = [*itertools.chain.from_iterable(by_section.values())]
    if not wrong and not broken:
        return []
    from chartgen import values
    from chartgen.schema import foreign

    user = values.layer(sources)
    told = {error.path for error in broken}
    explained = [finding for finding in _explained(wrong, effective, user) if finding.path not in told]
    unknown = any(finding.code == "unknown-key" for finding in explained)
    named = _named_by_templates(effective) if unknown else frozenset()
    strange = (finding for finding in explained if finding.code != "unknown-key" or finding.path not in named)
    found = foreign.judged(bounded(itertools.chain(strange, broken)), user)
    return [_placed(finding, sources) for finding in found]


def _named_by_templates(effective: Mapping[str, Any]) -> frozenset[Path]:
    """Each path that a user's own template reads, or reads something below of: a value that is there for it."""
    from chartgen.schema import templated

    return frozenset(
        path[:length] for path in templated.reads(effective) for length in range(1, len(path) + 1)
    )


def _broken(effective: Mapping[str, Any], memo: Memo) -> Iterator[Diagnostic]:
    """The sections that are something other than a map: rules and templates read through them."""
    standard = defaults()
    for key in sections():
        value = effective.get(key, _NONE)
        if value is not standard[key]:
            yield from memo.of(("broken", key), _broken_section, value, key)


def _broken_section(value: Any, key: str) -> tuple[Diagnostic, ...]:
    given = {} if value is _NONE else {key: value}
    return tuple(_broken_sections(given, defaults(), {key: sections()[key]}, ()))


def _broken_sections(
    given: Mapping[str, Any], standard: Mapping[str, Any], below: Mapping[str, Any], path: Path
) -> Iterator[Diagnostic]:
    for key, inner in below.items():
        value, here = given.get(key), (*path, key)
        if value is standard[key] and value is not None:
            continue
        if isinstance(value, dict):
            yield from _broken_sections(value, standard[key], inner, here)
        elif key in given or not unset(standard[key]):
            yield Diagnostic(
                "section-set-to-null" if value is None else "section-not-a-map",
                f"{dotted(here)} is a section and holds values of its own",
                path=here,
                found="" if value is None else f"{_shown(value)} ({_kind(value)})",
                expected="a map, or {} for the defaults",
                hint=_slip(value, "object")
                or _meant_inside(here, value)
                or f"remove the line, or write {key}: {{}}",
            )


def _meant_inside(path: Path, value: Any) -> str:
    """The hint for a value in place of the section, or the map, that holds its setting."""
    from chartgen.schema import suggest

    if not isinstance(value, (bool, int, str)):
        return ""
    said = suggest.respelt(value, lambda known: isinstance(known, bool))
    shown = _shown(said[0] if said else value)
    meant = [f"{dotted(suggestion)}: {shown}" for suggestion in suggest.inside(path, value)]
    return f"did you mean {' or '.join(meant)}?" if meant else ""


def _placed(finding: Diagnostic, sources: Sequence[Source]) -> Diagnostic:
    if other := _unescaped(finding, sources) or _anchors(finding, sources):
        finding = finding._replace(hint=other, meant=())
    weight: Weight = (
        "unwise" if finding.weight == "unwise" else "refused" if finding.code in _REFUSED else "harmful"
    )
    parts = tuple(_placed(part, sources) for part in finding.parts)
    return placed(finding, sources)._replace(weight=weight, parts=parts)


def placed(finding: Diagnostic, sources: Sequence[Source]) -> Diagnostic:
    """A finding of `explained` at its place in the sources: its key, or its value as that is spelt there."""
    from chartgen import values

    place = values.spans_of if finding.code in ABOUT_KEYS else values.value_spans_of
    spans = place(finding.path, sources)
    if finding.mend is not None and finding.mend.to is _AS_WRITTEN:
        written = _scalar_text(spans, finding.found)
        finding = finding._replace(
            mend=Mend("replace", finding.path, written), hint=f"quote it: {_shown(written)}"
        )
    return finding._replace(spans=spans)


def _unescaped(finding: Diagnostic, sources: Sequence[Source]) -> str:
    """The hint for a name with dots in a flag, where they made maps of it; "" where it is something else."""
    if finding.code not in ("wrong-type", "unknown-key"):
        return ""
    for source in reversed(sources):
        for path, _ in source.edits:
            depth = len(finding.path) - 1
            if path[: depth + 1] != finding.path or len(path) <= depth + 1 or not _free(finding.path[:depth]):
                continue
            name = "\\.".join(map(str, path[depth:]))
            return f"a dot in a name is written \\. in a flag: {dotted(finding.path[:depth])}.{name}=…"
    return ""


def _free(path: Path) -> bool:
    """True for a map whose keys the user names."""
    from chartgen.schema import suggest

    node: Any = document()
    for key in path:
        node = suggest.resolved(node).get("properties", {}).get(key)
        if node is None:
            return False
    node = suggest.resolved(node)
    return isinstance(node.get("additionalProperties"), dict)


def _anchors(finding: Diagnostic, sources: Sequence[Source]) -> str:
    """The hint for a key at the top that is there to carry an anchor; "" for other keys, and for a slip of one."""
    key = str(finding.path[0]) if finding.path else ""
    if finding.code != "unknown-key" or len(finding.path) > 1 or finding.mend or not key:
        return ""
    lines = (source.spans[finding.path].text for source in sources if finding.path in source.spans)
    if any(re.match(r"[\"']?\s*:\s*&\S", line.partition(key)[2]) for line in lines):
        return f"a place for anchors begins with x-: x-{key.lstrip('_.')}"
    return ""


def _scalar_text(spans: Sequence[Span], otherwise: str) -> str:
    """The scalar as it stands in the file, where YAML's number or switch would be text: `1.20`, not 1.2."""
    found = re.match(r"[\w.+-]+", spans[0].text[spans[0].column - 1 :]) if spans and spans[0].text else None
    written = found[0] if found else ""
    return written if written and helm_scalar.plain(written) != written else otherwise.partition(" (")[0]


def errors_of(effective: Mapping[str, Any], memo: Memo = NOTHING) -> Errors:
    """jsonschema's errors, section by section: the schema asks for nothing between them (a test holds it to that)."""
    whole, standard = shape()["properties"], defaults()
    found: Errors = {}
    for key, wanted in whole.items():
        if key in effective and effective[key] is not standard.get(key, _NONE):
            found[key] = memo.at("errors", (key,), _found, effective[key], wanted, standard.get(key, _NONE))
    strange = {key: value for key, value in effective.items() if key not in whole}
    if strange:
        entries = itertools.chain.from_iterable(strange.items())
        found[""] = memo.of("strange", _strange, *entries) if len(strange) <= _FEW else _asked(strange, ())
    return found


# so many keys that there are none of are no slips
_FEW = 50


def _strange(*entries: Any) -> Sequence[Any]:
    return _asked(dict(zip(entries[::2], entries[1::2], strict=True)), ())


# no default: a value that no document holds
_NONE = object()
# what a section's shape says, where it is nothing but a section
_OF_SECTIONS = frozenset(("type", "properties", "additionalProperties"))


def _found(path: Path, memo: Memo, value: Any, wanted: Any, standard: Any) -> Sequence[Any]:
    """jsonschema's errors about what stands at a path, which is asked only about what does not fit: it takes its time."""
    if value is standard:
        return ()
    plain = (
        isinstance(value, dict)
        and wanted.keys() <= _OF_SECTIONS
        and wanted.get("additionalProperties") is False
    )
    if not plain:
        return () if fit.fits(value, wanted, shape()["$defs"], standard) else _asked(value, path)
    known = wanted.get("properties", {})
    beside = standard if isinstance(standard, dict) else {}
    found: list[Any] = []
    for key, inner in known.items():
        if key not in value:
            continue
        item, below = value[key], beside.get(key, _NONE)
        # most are the default's own
        if item is not below and not fit.is_same(item, below):
            found += memo.at("errors", (*path, key), _found, item, inner, below)
    strange = {key: item for key, item in value.items() if key not in known}
    return [*found, *_asked(strange, path)] if strange else found


def _asked(value: Any, path: Path) -> tuple[Any, ...]:
    """What jsonschema says of a value at a path, as far as it is told."""
    for key in reversed(path):
        value = {key: value}
    return tuple(islice(_asking().iter_errors(value), MAX_FINDINGS + 1))


@cache
def _asking() -> Any:
    import jsonschema

    def pattern(_: Any, wanted: str, instance: Any, __: Any) -> Iterator[Any]:
        if isinstance(instance, str) and not fit.matches(wanted, instance):
            yield jsonschema.ValidationError(f"{instance!r} does not match {wanted!r}")

    return jsonschema.validators.extend(jsonschema.Draft7Validator, {"pattern": pattern})(document())


def _explained(
    errors: Sequence[Any], effective: Mapping[str, Any], user: Mapping[str, Any]
) -> Iterator[Diagnostic]:
    from chartgen.schema import removed, suggest

    def unknown(path: Path, known: Mapping[str, Any], value: Any) -> Diagnostic:
        return suggest.unknown_key(path, known, value, user)

    for finding in explained(errors[: MAX_FINDINGS + 1], unknown):
        if finding.code == "unknown-key" and removed.removed(finding.path):
            yield from removed.findings(finding.path, effective)
        else:
            yield finding


# the finding for a key at a path that is none of the schema's there, by these and by what stands at it
Unknown: TypeAlias = "Callable[[Path, Mapping[str, Any], Any], Diagnostic]"


def explained(errors: Iterable[Any], unknown: Unknown) -> Iterator[Diagnostic]:
    """jsonschema's errors as findings, without places; what several errors say of a value is told once."""
    # a value that breaks several keywords is one mistake, and its type is the least that can be said
    told: set[tuple[Path, str]] = set()
    for error in sorted(errors, key=lambda error: error.validator == "type"):
        for finding in _explain(error, unknown):
            mistake = (finding.path, finding.message if finding.code in ABOUT_KEYS else "")
            if mistake not in told:
                told.add(mistake)
                yield finding


def _explain(error: Any, unknown: Unknown) -> Iterator[Diagnostic]:
    from chartgen.schema import suggest

    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        patterns = [re.compile(pattern) for pattern in error.schema.get("patternProperties", {})]
        for key in error.instance:
            if key not in known and not any(pattern.search(key) for pattern in patterns):
                yield unknown((*path, key), known, error.instance[key])
    elif error.validator == "required":
        strange = [key for key in error.instance if key not in error.schema.get("properties", {})]
        for key in error.validator_value:
            # a key that is there and misspelt is told as such; each missing key is an error of its own
            if (
                key not in error.instance
                and f"{key!r} " in error.message
                and not suggest.closest(key, strange)
            ):
                yield _missing(path, key, error.schema)
    elif "propertyNames" in error.absolute_schema_path:
        # what is wrong is a key, and the error names the map
        yield _mismatch(error, (*path, error.instance))
    elif error.validator in ("anyOf", "oneOf"):
        yield from _nearest_branch(error, path, unknown)
    elif error.validator == "allOf":
        for inner in error.context:
            yield from _explain(inner, unknown)
    else:
        yield _mismatch(error, path)


def _missing(path: Path, key: str, shape: Mapping[str, Any]) -> Diagnostic:
    meaning = shape.get("properties", {}).get(key, {}).get("description", "").rstrip(".")
    return Diagnostic(
        "missing-key",
        f"{dotted(path) or 'the document'} has no {key}",
        path=path,
        expected=f"{key}: {meaning[:1].lower()}{meaning[1:]}" if meaning else f"{key} with a value",
    )


def _nearest_branch(error: Any, path: Path, unknown: Unknown) -> Iterator[Diagnostic]:
    """The errors of the branch that the value was surely meant for: the one whose type it has."""
    branches: dict[int, list[Any]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    of_type = [
        errors
        for errors in branches.values()
        if not any(
            branch.validator == "type" and len(branch.absolute_path) == len(error.absolute_path)
            for branch in errors
        )
    ]
    if len(of_type) == 1 or (of_type and isinstance(error.instance, (dict, list))):
        for inner in min(of_type, key=len):
            yield from _explain(inner, unknown)
        return
    types = [kind for branch in error.validator_value for kind in _types(branch)]
    if _lone(error.instance, types):
        yield _not_a_list(path, error.instance)
        return
    kinds = ", or ".join(dict.fromkeys(_described(branch) for branch in error.validator_value))
    mend = _unquoted(path, error.instance, types)
    yield Diagnostic(
        "wrong-type",
        f"{dotted(path)} cannot be {_shown(error.instance)}",
        path=path,
        found=_shown(error.instance),
        expected=kinds,
        hint=f"write it without quotes: {_shown(mend.to)}"
        if mend
        else _slip(error.instance, types) or _in_words(error.instance, error.schema),
        mend=mend,
    )


def _lone(value: Any, types: Iterable[str]) -> bool:
    """True for a text or number where there is nothing but lists to choose from."""
    return bool(value) and not isinstance(value, (dict, list)) and set(types) - {"null"} == {"array"}


def _not_a_list(path: Path, value: Any) -> Diagnostic:
    items = _items_in(value)
    if items is not None:
        return Diagnostic(
            "wrong-type",
            f"{dotted(path)} is text that holds a list",
            path=path,
            found=f"{_shown(value)} ({_kind(value)})",
            expected="the list itself",
            hint=f"write it without the outer quotes: {_shown(items)}",
            mend=Mend("replace", path, items),
        )
    return Diagnostic(
        "not-a-list",
        f"{dotted(path)} is a list",
        path=path,
        found=f"{_shown(value)} ({_kind(value)})",
        expected="a list, also of one item",
        hint=f"write {_shown(_separate(value))}",
    )


def _separate(value: Any) -> list[Any]:
    """What was surely meant to be the items: words with commas between them, or the value as it is."""
    words = re.split(r"\s*,\s*", value) if isinstance(value, str) else []
    return words if all(re.fullmatch(r"[\w.:/*-]+", word) for word in words) and words else [value]


def _items_in(value: Any) -> list[Any] | None:
    """The list that a text in brackets stands for; None for other text."""
    from chartgen.values import source

    if not isinstance(value, str) or not value.strip().startswith("["):
        return None
    try:
        data = source.read_text(value, "text", any_shape=True).data
    except Rejected:
        return None
    return data if isinstance(data, list) else None


def _types(branch: Mapping[str, Any]) -> list[str]:
    if "$ref" in branch:
        return _types(document()["$defs"][branch["$ref"].rsplit("/", 1)[-1]])
    kinds = branch.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _mismatch(error: Any, path: Path) -> Diagnostic:
    from chartgen.schema import suggest

    name, value, keyword, wanted = (
        dotted(path) or "the document",
        error.instance,
        error.validator,
        error.validator_value,
    )
    found = _shown(value)
    if keyword == "type" and _lone(value, [wanted] if isinstance(wanted, str) else wanted):
        return _not_a_list(path, value)
    if keyword == "type":
        mend = _unquoted(path, value, wanted) or _unquotable(path, value, error.schema)
        unquoted = mend is not None and mend.to is not _AS_WRITTEN
        hint = f"write it without quotes: {_shown(mend.to)}" if mend and unquoted else ""
        return Diagnostic(
            "wrong-type",
            f"{name} has the wrong type",
            path=path,
            found=f"{found} ({_kind(value)})",
            expected=_kinds(wanted),
            hint=hint
            or _slip(value, wanted)
            or _in_words(value, error.schema)
            or _one_value(path, value, error.schema)
            or _item(value, wanted, error.schema),
            mend=mend,
        )
    if keyword in ("enum", "const"):
        allowed = [wanted] if keyword == "const" else list(wanted)
        texts = [value_ for value_ in allowed if isinstance(value_, str)]
        near = suggest.closest(value, texts) if isinstance(value, str) else ""
        cased = [value_ for value_ in texts if isinstance(value, str) and value_.lower() == value.lower()]
        mend = Mend("replace", path, cased[0]) if len(cased) == 1 else None
        hint = f'did you mean "{(cased or [near])[0]}"?' if cased or near else ""
        if any(isinstance(value_, bool) for value_ in allowed) and (
            bare := _unquoted(path, value, "boolean")
        ):
            mend, hint = bare, f"write it without quotes: {_shown(bare.to)}"
        elif mend is None and not cased and (meant := _meant(value, error.schema)):
            # one word that is this chart's for another's is certain; what is merely near is not
            mend, hint = Mend("replace", path, meant[0]) if len(meant) == 1 else None, _to_write(meant)
        return Diagnostic(
            "bad-enum",
            f"{name} does not take this value",
            path=path,
            found=found,
            expected="one of " + ", ".join(map(_shown, allowed)),
            hint=hint,
            mend=mend,
        )
    if keyword == "not":
        told = error.schema.get("errorMessage") or "another value: this one is taken"
        expected = told.removeprefix(EXPECTED)
        return Diagnostic(
            "bad-value", f"{name} cannot have this value", path=path, found=found, expected=expected
        )
    if keyword == "pattern":
        told = error.schema.get("patternErrorMessage", f"text that matches {wanted}")
        expected = told.removeprefix(EXPECTED)
        return Diagnostic(
            "bad-format",
            f"{name} is not written as it must be",
            path=path,
            found=found,
            expected=expected,
            hint=_slip(value, "string") or _in_words(value, error.schema),
        )
    bounds = {
        "minimum": "at least",
        "maximum": "at most",
        "minLength": "a length of at least",
        "maxLength": "a length of at most",
        "minItems": "a number of items of at least",
        "maxItems": "a number of items of at most",
    }
    expected = (
        f"{bounds[keyword]} {wanted}" if keyword in bounds else f"{keyword}: {json.dumps(wanted)[:200]}"
    )
    return Diagnostic("out-of-range", f"{name} is out of range", path=path, found=found, expected=expected)


def _in_words(value: Any, node: Mapping[str, Any]) -> str:
    """What the words that people write stand for, where the schema takes it; "" where there is nothing to say."""
    return _to_write(_meant(value, node))


def _meant(value: Any, node: Mapping[str, Any]) -> list[Any]:
    """What the words that people write stand for, as far as the schema takes it."""
    from chartgen.schema import suggest

    definitions = document()["$defs"]
    return suggest.respelt(value, lambda meaning: _takes(meaning, node, definitions))


def _to_write(meant: Sequence[Any]) -> str:
    return "write " + " or ".join(_shown(meaning).strip('"') for meaning in meant) if meant else ""


def _takes(value: Any, node: Mapping[str, Any], definitions: Mapping[str, Any]) -> bool:
    """Whether a node of the document, in which there are texts for editors too, takes the value."""
    import jsonschema

    whole = {**node, "$defs": definitions}
    return bool(jsonschema.Draft7Validator(whole).is_valid(value))


def _item(value: Any, wanted: Any, node: Mapping[str, Any]) -> str:
    """The hint for an item, or a list, that is written without what makes it one."""
    if (isinstance(value, Mapping) and value and wanted == "array") or wanted == ["array"]:
        return "it is a list: write a - before the first key, and indent the others"
    first = next((key for key in _NAME_ONE if key in node.get("properties", {})), "")
    if isinstance(value, str) and first and "object" in wanted:
        return f"write {{{first}: {_shown(value)}}}"
    return ""


def _one_value(path: Path, value: Any, node: Mapping[str, Any]) -> str:
    """The hint for a map where one value is wanted, one of whose keys holds it."""
    if not isinstance(value, Mapping):
        return ""
    definitions = document()["$defs"]
    for key in _HOLD_ONE:
        if key in value and _takes(value[key], node, definitions):
            return f"it is one value: write {path[-1]}: {_shown(value[key])}"
    if isinstance(value.get("repository"), str) and "tag" in value:
        return f"it is one text: write {path[-1]}: {_shown(value['repository'] + ':' + str(value['tag']))}"
    if {"repository", "tag", "registry"} & value.keys():
        return f"it is one text, such as {defaults()['global']['image']}"
    return ""


def _slip(value: Any, wanted: Any) -> str:
    """How the value may have come about other than it was meant, as a hint; "" when nothing comes to mind."""
    if isinstance(value, str) and _FILLED_IN.search(value):
        return "another tool fills ${…} in: check what it makes of the file"
    if isinstance(value, str) and _ACTION.search(value):
        return "another tool fills {{ … }} in: Helm expands none here"
    if isinstance(value, str) and "\n" in value and "object" in wanted and "string" not in wanted:
        return "take the | after the key away: these lines are a map, not text"
    if isinstance(value, dict) and list(value.values()) == [None] and "string" in wanted:
        return f"quote it: YAML takes {{{next(iter(value))}}} for a map"
    return ""


def _unquoted(path: Path, value: Any, wanted: Any) -> Mend | None:
    """A quoted number or boolean where one is wanted bare is a certain mend."""
    kinds = [wanted] if isinstance(wanted, str) else wanted
    if not isinstance(value, str):
        return None
    if {"integer", "number"} & set(kinds) and re.fullmatch("-?[0-9]{1,18}", value):
        return Mend("replace", path, int(value))
    if "boolean" in kinds and value in ("true", "false"):
        return Mend("replace", path, value == "true")
    return None


def _unquotable(path: Path, value: Any, shape: Mapping[str, Any]) -> Mend | None:
    """A bare number or switch where such text is wanted is that text in quotes; how it is spelt, its place tells."""
    fitting = "string" in _types(shape) and isinstance(value, (bool, int, float))
    return (
        Mend("replace", path, _AS_WRITTEN)
        if fitting and fit.matches(shape.get("pattern", ""), _shown(value))
        else None
    )


def _described(branch: Mapping[str, Any]) -> str:
    if "$ref" in branch:
        return _described(document()["$defs"][branch["$ref"].rsplit("/", 1)[-1]])
    if "const" in branch:
        return _shown(branch["const"])
    if "enum" in branch:
        return "one of " + ", ".join(map(_shown, branch["enum"]))
    return _kinds(branch.get("type", "another shape"))


def _kinds(kinds: Any) -> str:
    names = {
        "object": "a map",
        "array": "a list",
        "string": "text",
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
        "null": "null",
    }
    return " or ".join(names.get(kind, str(kind)) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    for kind, name in (
        (bool, "a boolean"),
        (int, "a whole number"),
        (float, "a number"),
        (str, "text"),
        (list, "a list"),
    ):
        if isinstance(value, kind):
            return name
    return "a map"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:77] + "..."
