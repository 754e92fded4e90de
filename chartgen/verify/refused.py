"""What the API server would refuse in the documents of a chart, found at the user's value; and how long a release's name
may be, which only an install knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from chartgen import values
from chartgen.diagnostics import Diagnostic, Path, dotted
from chartgen.kube_version import MAINTAINED
from chartgen.kubernetes import bounds, formats, names, objects
from chartgen.kubernetes.refusal import Refusal
from chartgen.late import OPEN, TOKEN, LateBound
from chartgen.records import NamedTuple
from chartgen.render.document import Document, of_each
from chartgen.values import Merged
from chartgen.verify import origin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

# where users say what all names begin with
_PREFIXES: tuple[Path, ...] = (("fullnameOverride",), ("global", "name"))
# names of Services may begin with a digit from here on (RelaxedServiceNameValidation)
_RELAXED = (1, 36)
# the shortest start of a late-bound name without a nameOverride
_USUAL = len("r-consul")
_GATEWAYS = ("ingressGateways", "terminatingGateways")


def check(
    documents: Sequence[Document], merged: Merged, version: tuple[int, int] | None, late: LateBound
) -> list[Diagnostic]:
    """What Kubernetes of that version (of all that are maintained, if None) refuses, custom resources left aside."""
    found: dict[tuple[Path, str], Diagnostic] = {}
    judge = partial(_judged, version=version, late=late)
    each_judged = zip(documents, of_each(documents, ("judged", version, late), judge), strict=True)
    judged = [(document, told) for document, told in each_judged if told is not None]
    longest = max(values.texts_in(merged.user, ()), key=lambda each: len(each[1]), default=((), ""))
    for document, (refusals, _, _) in judged:
        if not refusals:
            continue
        long = {text for text, most in names.lengths(document.data) if len(text) > most}
        for refusal in refusals:
            part = _part(document.data, refusal.path)
            if isinstance(part, str) and part in long:
                # told as a name
                continue
            place, spans = origin.placed(document, refusal.path, part, merged.sources)
            if not place and not spans and isinstance(part, str) and len(part) > objects.LARGEST_DATA // 2:
                place = longest[0]
                spans = values.value_spans_of(place, merged.sources)
            told = Diagnostic(
                "refused-by-kubernetes",
                f"Kubernetes refuses the {document.kind} {_readable(document.name)}: {_readable(refusal.what)}",
                "harmful",
                place,
                spans,
                found=_readable(dotted(refusal.path)),
                expected=_readable(refusal.expected),
                hint=""
                if place or spans
                else f"{document.template} makes it; please report it with your values",
            )
            found.setdefault((place or tuple(map(str, spans)), refusal.what), told)
    # an object is larger than its bound where text of the user's is
    if len(longest[1]) > objects.LARGEST_OBJECT // 16:
        found |= {
            (longest[0], document.name): told
            for document, _ in judged
            for told in _too_large(document, longest[0], merged)
        }
    return [*found.values(), *_names(judged, merged)]


# a text, the most characters, those that are known, how often what a release's names begin with stands in it
_Start: TypeAlias = "tuple[str, int, int, int]"


class _Judged(NamedTuple):
    """What is wrong with an object whatever its release is called; each text in it that may be too long; what its name should
    be, where it is none."""

    refusals: Sequence[Refusal]
    starts: Sequence[_Start]
    expected: str | None


def _judged(document: Document, version: tuple[int, int] | None, late: LateBound) -> _Judged | None:
    # what was written ahead is a definition of a custom resource
    if document.text:
        return None
    question, starts = ("starts", late), [*_starts([names.own(document.data)], late)]
    for labels in filter(None, names.labels(document.data)):
        starts += document.asked.once(question, labels, _in_labels, late)
    refusals = [*objects.refusals(document.data, version, document.asked)]
    if document.marks:
        # what the schema of values and the templates keep out, a patch may bring
        told = {refusal.path for refusal in refusals}
        refusals += [refusal for refusal in bounds.refusals(document.data) if refusal.path not in told]
    return _Judged(refusals, starts, _expected_name(document, version))


def _too_large(document: Document, place: Path, merged: Merged) -> Iterator[Diagnostic]:
    size = objects.text_size(document.data)
    if size > objects.LARGEST_OBJECT:
        yield Diagnostic(
            "refused-by-kubernetes",
            f"Kubernetes cannot keep the {document.kind} {_readable(document.name)}: it has {size} bytes",
            "harmful",
            place,
            values.value_spans_of(place, merged.sources),
            expected=f"at most {objects.LARGEST_OBJECT} bytes",
        )


def _readable(text: str) -> str:
    return TOKEN.sub("RELEASE", text)


def _part(node: Any, path: Path) -> Any:
    for key in path:
        try:
            node = node[key]
        except (KeyError, IndexError, TypeError):
            return node
    return node


def _names(judged: Iterable[tuple[Document, _Judged]], merged: Merged) -> Iterator[Diagnostic]:
    """Names that are too long or no names, each value that is to blame once, for the object that leaves it least."""
    worst: dict[Path, tuple[int, Diagnostic]] = {}
    # a release's name has one letter at least
    least = f"r-{merged.effective.get('nameOverride') or 'consul'}"[:63]
    for document, (_, starts, expected) in judged:
        for text, most, own, count in starts:
            over = own + count * len(least) - most
            if over > 0:
                place = _to_blame(text, merged.effective)
                if count and len(least) > _USUAL and place[0] not in _GATEWAYS:
                    place = ("nameOverride",)
                told = _too_long(document, text, most, place, merged, most + over)
                worst[place] = max(worst.get(place, (0, told)), (over, told), key=lambda each: each[0])
        if expected and len(document.name) <= 63:
            place = _to_blame(document.name, merged.effective)
            told = Diagnostic(
                "refused-by-kubernetes",
                f"Kubernetes refuses the name of the {document.kind} {document.name}",
                "harmful",
                place,
                values.value_spans_of(place, merged.sources),
                expected=expected,
            )
            worst.setdefault(place, (0, told))
    yield from (told for _, told in worst.values())


def _starts(bounded: Iterable[tuple[str, int]], late: LateBound) -> Iterator[_Start]:
    """Those of texts and the most characters of each that may be too long."""
    for text, most in bounded:
        own, count = len(text), 0
        if OPEN in text:
            without, tokens = TOKEN.subn("", text)
            own, count = len(without), tokens if "consul.fullname" in _expressions(text, late) else 0
        # no start of a name is longer than 63
        if own + 63 * count > most:
            yield text, most, own, count


def _in_labels(labels: Mapping[str, Any], late: LateBound) -> tuple[_Start, ...]:
    return tuple(_starts(names.in_labels(labels), late))


def _expected_name(document: Document, version: tuple[int, int] | None) -> str | None:
    form = _name_form(document, version)
    return form(document.name) if form and not TOKEN.search(document.name) else None


def _name_form(document: Document, version: tuple[int, int] | None) -> formats.Form | None:
    if names.is_free(document.head):
        return None
    if names.is_service(document.head) and (version or MAINTAINED) < _RELAXED:
        return formats.service_name
    return formats.dns_label if names.is_label(document.head) else formats.dns_subdomain


def _expressions(text: str, late: LateBound) -> str:
    return " ".join(late.expressions[int(match[1])].text for match in TOKEN.finditer(text))


def _to_blame(text: str, given: Mapping[str, Any]) -> Path:
    """The value that most of a name comes from: what all names begin with, or the name of a gateway."""
    lengths: list[tuple[int, Path]] = []
    for path in _PREFIXES:
        prefix = _part(given, path)
        if isinstance(prefix, str) and prefix and text.startswith(prefix[:63].removesuffix("-")):
            lengths.append((len(prefix), path))
            break
    for section in _GATEWAYS:
        for number, gateway in enumerate(given.get(section, {}).get("gateways") or ()):
            name = gateway.get("name") if isinstance(gateway, Mapping) else None
            if isinstance(name, str) and name and text.endswith(name):
                lengths.append((len(name), (section, "gateways", number, "name")))
    return max(lengths, default=(0, ("global", "name")), key=lambda each: each[0])[1]


def _too_long(document: Document, text: str, most: int, place: Path, merged: Merged, size: int) -> Diagnostic:
    given = _part(merged.effective, place)
    fits = most - len(text) + min(len(given), 63) if isinstance(given, str) and not TOKEN.search(text) else 0
    return Diagnostic(
        "name-too-long",
        f"{dotted(place)} makes a name of the {document.kind} {_readable(text)} that is too long",
        "harmful",
        place,
        values.value_spans_of(place, merged.sources),
        found=f"{size} characters" + (", the release's name only one of them" if TOKEN.search(text) else ""),
        expected=f"at most {most}" + (f", which leaves {dotted(place)} {fits}" if fits > 0 else ""),
        hint="choose a shorter one",
    )
