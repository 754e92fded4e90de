"""Other names for the images of a chart: those that they have in a mirror, those with a digest.

What values name is changed in the values, so that all that follows from them follows; what templates name themselves is changed
in the objects.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chartgen import values
from chartgen.diagnostics import Diagnostic, Path, Rejected, Span
from chartgen.kubernetes import images
from chartgen.kubernetes.image_name import Reference, reference
from chartgen.kubernetes.images import Use
from chartgen.late import OPEN, TOKEN
from chartgen.render.document import Document, Mark
from chartgen.values import source
from chartgen.values.source import Source

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_EXAMPLE = "hashicorp/consul:2.0.3: sha256:… (64 hexadecimal digits)"
# as much of a digest as tells it from others
_SHOWN = len("sha256:") + 12
# registry, repository, tag
_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Digests:
    """A file of digests: `of` gives the digest of an image, and the key in the file, by registry, repository and tag."""

    source: Source
    of: Mapping[_Key, tuple[str, str]]
    # of the file itself
    sha256: str


@dataclass(frozen=True, slots=True)
class Renaming:
    """The names that images get: that of a mirror, a digest, or (where a chart is made again) those that are `known`."""

    mirror: str = ""
    digests: Digests | None = None
    known: Mapping[str, str] = field(default_factory=dict)
    known_flags: tuple[str, ...] = ()

    @property
    def flags(self) -> tuple[str, ...]:
        mirror = ("--mirror", self.mirror) if self.mirror else ()
        digests = ("--digests", f"sha256:{self.digests.sha256}") if self.digests is not None else ()
        return self.known_flags or (*mirror, *digests)


@dataclass(frozen=True, slots=True)
class Renamed:
    """Objects with other names for their images, and each old name with its new one."""

    documents: tuple[Document, ...]
    names: Mapping[str, str]
    findings: tuple[Diagnostic, ...]


def mirror(text: str) -> str:
    """A registry, perhaps with a path in it, as images are called below it; raises ValueError with what is wrong."""
    bare = text.rstrip("/")
    if "://" in bare:
        raise ValueError(f"a registry is named without {bare.partition('://')[0]}://")
    parts = reference(f"{bare}/a")
    if not bare or parts is None or parts.tag or not parts.registry:
        raise ValueError(
            "a registry is a host with a dot or a port, perhaps with a path: registry.example.com/mirror"
        )
    return bare


def read_digests(path: str) -> Digests:
    """The digests in a file: YAML (or JSON) of images with a tag, and the digest of each.

    Raises Rejected with everything that is wrong in it.
    """
    data = source.read_bytes(path)
    read = source.read_text(data, path)
    found: dict[_Key, tuple[str, str]] = {}
    wrong: list[Diagnostic] = []

    def told(key: str, message: str, **details: Any) -> None:
        place: Path = (key,)
        spans = values.value_spans_of(place, (read,)) if "found" in details else ()
        spans = spans or ((read.spans[place],) if place in read.spans else ())
        wrong.append(Diagnostic("bad-digests", message, path=place, spans=spans, **details))

    for key, digest in read.data.items():
        parts = reference(key)
        if parts is None or parts.digest:
            told(key, "this is no image with a tag", expected=_EXAMPLE)
        elif not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
            told(key, f"{key} has no digest", found=str(digest)[:100], expected=_EXAMPLE)
        elif (other := found.get((*parts.full, parts.tag))) and other[0] != digest:
            told(key, f"{key} is {other[1]}, which has another digest", expected="one digest for each image")
        else:
            found[(*parts.full, parts.tag)] = (digest, key)
    if wrong:
        raise Rejected(wrong)
    return Digests(read, found, hashlib.sha256(data).hexdigest())


class _Names:
    """The new names of images, and from which old ones they are."""

    def __init__(self, renaming: Renaming) -> None:
        self.renaming = renaming
        self.old: dict[str, set[str]] = {}

    def mirrored(self, image: str) -> str:
        own = self.renaming.known.get(image)
        if own is not None:
            return own
        host, parts = self.renaming.mirror, reference(image)
        if not host or parts is None or image.startswith(f"{host}/"):
            return image
        registry, _, path = host.partition("/")
        _, repository = parts.full
        below = f"{path}/{repository}" if path else repository
        return str(parts._replace(registry=registry, repository=below))

    def pinned(self, image: str, first: str) -> str:
        """The image with its digest, which may stand in the file under its `first` name, too."""
        parts, known = reference(image), self.entry(first) or self.entry(image)
        return str(parts._replace(digest=known[0])) if parts and known and not parts.digest else image

    def entry(self, image: str) -> tuple[str, str] | None:
        parts, digests = reference(image), self.renaming.digests
        return digests.of.get((*parts.full, parts.tag)) if parts is not None and digests is not None else None

    def place(self, image: str) -> Span:
        """The line of the file of digests that has an image's."""
        entry, digests = self.entry(image) or self.entry(self.mirrored(image)), self.renaming.digests
        assert entry is not None and digests is not None
        return digests.source.spans[(entry[1],)]

    def new(self, image: str) -> str:
        if OPEN in image:
            return image
        first = self.mirrored(image)
        last = self.pinned(first, image)
        if last != image:
            self.old.setdefault(last, set()).add(image)
        return last


def in_values(effective: Mapping[str, Any], renaming: Renaming) -> tuple[Source, ...]:
    """What the new names change in effective values, as sources over all others: the mirror as a flag, digests as lines of
    their file."""
    names, digests = _Names(renaming), renaming.digests
    found: list[Source] = []
    if first := images.texts(effective, lambda use: names.mirrored(use.image)):
        found.append(Source(f"--mirror {renaming.mirror}", {}, edits=tuple(first.items())))
    if digests is None:
        return tuple(found)
    spans: dict[Path, Span] = {}

    def new(use: Use) -> str:
        mirrored = names.mirrored(use.image)
        last = names.pinned(mirrored, use.image)
        if last != mirrored:
            spans[use.path] = names.place(use.image)
        return last

    last = {path: text for path, text in images.texts(effective, new).items() if path in spans}
    if last:
        found.append(Source(digests.source.name, {}, spans, edits=tuple(last.items())))
    return tuple(found)


def old_names(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """New name → old ones of each image that values name otherwise than before."""
    found: dict[str, set[str]] = {}
    for new, old in zip(images.uses(after), images.uses(before), strict=True):
        if new.image != old.image:
            found.setdefault(new.image, set()).add(old.image)
    return {new: tuple(sorted(old)) for new, old in found.items()}


def in_documents(
    documents: Sequence[Document],
    renaming: Renaming,
    old: Mapping[str, Sequence[str]],
    sources: Sequence[Source],
) -> Renamed:
    """Objects with the new names for what their templates name; `old` are those that were given in the values already.

    What is found: images that two become, that the file of digests lacks or contradicts, that only an install knows.
    """
    names = _Names(renaming)
    for last, before in (*old.items(), *((last, (first,)) for first, last in renaming.known.items())):
        names.old.setdefault(last, set()).update(before)
    out: list[Document] = []
    found: dict[str, list[str]] = {}
    for document in documents:
        if document.text:
            # a definition of custom resources
            out.append(document)
            continue
        data = document.data

        data = images.replaced(data, lambda use: names.new(use.image))
        marks: list[Mark] = []
        for use in images.uses(data):
            if use.image in names.old:
                marks.append(Mark(use.path, *_by(names, min(names.old[use.image]), use.image)))
            found.setdefault(use.image, []).append(f"{document.kind}/{TOKEN.sub('RELEASE', document.name)}")
        if marks:
            document = document._replace(head=data, kept=None, marks=(*document.marks, *marks))
        out.append(document)
    told = [] if renaming.known else [*_findings(found, names, sources)]
    renamed = renaming.known or {
        before: last for last in sorted(found) for before in sorted(names.old.get(last, ()))
    }
    return Renamed(tuple(out), dict(sorted(renamed.items())), tuple(told))


def _by(names: _Names, old: str, new: str) -> tuple[str, Span | None]:
    renaming = names.renaming
    if renaming.known_flags:
        return flags_between(old, new, renaming.known_flags), None
    if names.entry(old) or names.entry(names.mirrored(old)):
        span = names.place(old)
        return f"{span.source}:{span.line}", span
    return (f"--mirror {renaming.mirror}" if renaming.mirror else "the chart's own names", None)


def flags_between(old: str, new: str, flags: Sequence[str]) -> str:
    """Those of a chart's flags that give an image its new name, with what they name; a file by the start of its digest."""
    first, last = reference(old), reference(new)
    pinned = first is not None and last is not None and bool(last.digest) and not first.digest
    moved = first is None or last is None or first._replace(digest="") != last._replace(digest="")
    named = dict(zip(flags[::2], flags[1::2], strict=False))
    asked = [flag for flag, done in (("--mirror", moved), ("--digests", pinned)) if done and flag in named]
    return " ".join(f"{flag} {shortened(named[flag])}" for flag in asked or named)


def shortened(text: str) -> str:
    """A digest by its start, and any other text as it is."""
    return f"{text[:_SHOWN]}…" if _DIGEST.fullmatch(text) else text


def _findings(
    found: Mapping[str, Sequence[str]], names: _Names, sources: Sequence[Source]
) -> Iterator[Diagnostic]:
    digests = names.renaming.digests
    ours = (f"--mirror {names.renaming.mirror}", digests.source.name if digests is not None else "")
    written = [each for each in sources if each.name not in ours]
    for image, objects in sorted(found.items()):
        old = sorted(names.old.get(image, ()))
        first = old[0] if old else image
        place = next((place for each in (*old, image) if (place := _place(each, written))), ())
        spans = values.value_spans_of(place, written) if place else ()
        if OPEN in image:
            yield Diagnostic(
                "image-not-renamed",
                "which image this is, only an installation knows, and it keeps its name",
                "unwise",
                place,
                spans,
                found=f"{TOKEN.sub('…', image)} in {objects[0]}",
                hint="name the image itself",
            )
            continue
        ways = {str(parts._replace(tag="", digest="")) if (parts := _full(each)) else each for each in old}
        if names.renaming.mirror and len(ways) > 1:
            yield Diagnostic(
                "mirror-clash",
                f"{' and '.join(old)} have one name in {names.renaming.mirror}",
                "refused",
                place,
                spans,
                found=image,
                hint="mirror one of them yourself, and name it as it is called there",
            )
        if digests is None:
            continue
        parts = reference(image)
        entry = names.entry(first) or names.entry(image)
        if entry is not None and parts is not None and parts.digest != entry[0]:
            yield Diagnostic(
                "digest-contradicts",
                f"{first} names a digest, and {digests.source.name} has another one",
                "refused",
                place,
                (*spans, digests.source.spans[(entry[1],)]),
                found=parts.digest,
                expected=entry[0],
                hint="remove one of the two",
            )
        elif parts is None or not parts.digest:
            yield Diagnostic(
                "digest-missing",
                f"{digests.source.name} has no digest of {first}",
                "unwise",
                place,
                (Span(digests.source.name, 0, 0), *spans),
                found=_listed(objects),
                hint=f"add a line {first}: sha256:…" + _near(first, digests),
            )


def _full(image: str) -> Reference | None:
    parts = reference(image)
    if parts is None:
        return None
    registry, repository = parts.full
    return parts._replace(registry=registry, repository=repository)


def _place(image: str, sources: Sequence[Source]) -> Path:
    """Where the user named an image; () where nobody did."""
    return next((use.path for use in images.uses(values.layer(sources)) if use.image == image), ())


def _near(image: str, digests: Digests) -> str:
    from chartgen.schema import suggest

    near = suggest.closest(image, [key for _, key in digests.of.values()])
    return f"; it has {near}" if near else ""


def _listed(objects: Sequence[str]) -> str:
    names = list(dict.fromkeys(objects))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
