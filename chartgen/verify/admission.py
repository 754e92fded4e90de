"""Documents against the strict schemas of a Kubernetes version, as far as Kubernetes itself knows their kind.

The schemas are those of the package kubernetes-validate (`pip install 'chartgen[kubernetes]'`), compiled here once for
each kind and version: a document takes microseconds. A finding points at the user's value that it came from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path as File
from typing import Any

from chartgen.diagnostics import Diagnostic, Path, Rejected, dotted
from chartgen.late import OPEN, TOKEN, LateBound, without_splices
from chartgen.render.document import Document
from chartgen.values.source import Source
from chartgen.verify import origin

Version = tuple[int, int]


@cache
def _folders() -> dict[Version, File]:
    """The folder of strict schemas for each (major, minor) version there is; raises Rejected without the package."""
    try:
        import kubernetes_validate
    except ImportError:
        raise Rejected(
            [
                Diagnostic(
                    "kubernetes-schemas-missing",
                    "checking objects needs the schemas of Kubernetes",
                    hint="pip install 'chartgen[kubernetes]'",
                )
            ]
        ) from None
    folders = File(str(kubernetes_validate.__file__)).parent.glob("kubernetes-json-schema/*-local-strict")
    numbered = [(re.match(r"v(\d+)\.(\d+)", folder.name), folder) for folder in folders]
    return {(int(match[1]), int(match[2])): folder for match, folder in sorted(numbered, key=str) if match}


def versions() -> list[Version]:
    """The (major, minor) versions whose schemas there are, oldest first; raises Rejected without the package."""
    return sorted(_folders())


@cache
def _definitions(version: Version) -> Any:
    import jsonschema_rs

    text = (_folders()[version] / "_definitions.json").read_bytes()
    return jsonschema_rs.Registry([("file:///api/_definitions.json", json.loads(text))])


@cache
def _validator(version: Version, api_version: str, kind: str) -> Any:
    """The compiled schema of a kind; None for one that Kubernetes itself does not define in that version."""
    import jsonschema_rs

    group, _, number = api_version.rpartition("/")
    name = "-".join(part for part in (kind.lower(), group.partition(".")[0], number) if part)
    path = _folders()[version] / f"{name}.json"
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8").replace('"/api/_definitions', '"file:///api/_definitions')
    return jsonschema_rs.Draft202012Validator(json.loads(text), registry=_definitions(version))


def known(data: dict[str, Any], version: Version) -> bool:
    """True if that version of Kubernetes itself defines the object's kind."""
    return _validator(version, str(data.get("apiVersion")), str(data.get("kind"))) is not None


def violations(data: dict[str, Any], version: Version) -> Iterator[tuple[Path, str, Any]]:
    """(path in the object, what is wrong, the part that is wrong) for all that a strict API server would refuse."""
    validator = _validator(version, str(data.get("apiVersion")), str(data.get("kind")))
    if validator is None or validator.is_valid(data):
        return
    for error in validator.iter_errors(data):
        path = tuple(error.instance_path)
        if error.kind.name == "additionalProperties":
            for key in error.kind.unexpected:
                yield (*path, key), "there is no such field", error.instance[key]
        elif error.kind.name == "required":
            yield (*path, error.kind.property), "the field is missing", error.instance
        elif error.kind.name == "type":
            wanted = [name for name in error.kind.types if name != "null"]
            yield path, f"not of type {' or '.join(wanted)}", error.instance
        elif error.kind.name == "enum":
            wanted = [str(option) for option in error.kind.options if option is not None]
            yield path, f"not one of {', '.join(wanted)}", error.instance
        else:
            yield path, error.message, error.instance


def check(
    documents: Iterable[Document],
    version: Version | None,
    late: LateBound,
    sources: Sequence[Source],
) -> list[Diagnostic]:
    """What Kubernetes of that version (the newest known, if None) would refuse in the documents.

    What only `helm install` knows is left unchecked. Raises
    Rejected where there are no schemas for the version.
    """
    there = versions()
    target = there[-1] if version is None else min(version, there[-1])
    if target not in _folders():
        raise Rejected(
            [
                Diagnostic(
                    "kubernetes-schemas-missing",
                    "there are no schemas for this version of Kubernetes",
                    found=_text(target),
                    expected=f"{_text(there[0])} or newer",
                )
            ]
        )
    found = []
    has_splices = any(expression.template for expression in late.expressions)
    for document in documents:
        data = without_splices(document.data) if has_splices else document.data
        for path, what, part in violations(data, target):
            if _late(part, late):
                continue
            place, spans = origin.placed(document, path, part, sources)
            found.append(
                Diagnostic(
                    "invalid-object",
                    f"Kubernetes {_text(target)} refuses the {document.kind} {TOKEN.sub('RELEASE', document.name)}: {what}",
                    weight="harmful",
                    path=place,
                    spans=spans,
                    found=f"{dotted(path)}: {_short(part)}",
                    hint=""
                    if place or spans
                    else f"{document.template} makes it; please report it with your values",
                )
            )
    return found


def _text(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def _short(part: Any) -> str:
    text = TOKEN.sub("RELEASE", json.dumps(part, ensure_ascii=False))
    return text if len(text) <= 80 else text[:77] + "..."


def _late(part: Any, late: LateBound) -> bool:
    """True for text that stands for something that is no text once Helm has written it."""
    if not isinstance(part, str) or OPEN not in part:
        return False
    return any(late.expressions[int(match[1])].plain for match in TOKEN.finditer(part))
