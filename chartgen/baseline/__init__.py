"""What runs already, and how a chart's own objects come to be spelt as it: read here, adopted by `spelling`, kept by `kept`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from chartgen.diagnostics import Diagnostic, Rejected, Span
from chartgen.kubernetes.refusal import mapped, part
from chartgen.values import source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from chartgen.alter import Baseline

# labels in which a chart says what its release is called
_NAMED = ("release", "app.kubernetes.io/instance")


def read(path: str, release: str | None = None, namespace: str | None = None) -> Baseline:
    """What runs, as manifests (a file, or `-` for standard input) or a kept file have it.

    What the release is called and where it is, the objects say themselves, unless it is said here. Raises Rejected for what
    is neither, and where nobody can tell the release.
    """
    import sys

    from chartgen.kubernetes import manifests

    data, name = (sys.stdin.buffer.read(), "<stdin>") if path == "-" else (source.read_bytes(path), path)
    if there := manifests.if_any(name, data):
        return of_objects(map(manifests.as_asked_for_where_live, there), name, release, namespace)
    return _of_kept(source.read_text(data, name).data, name)


def _of_kept(data: Mapping[str, Any], name: str) -> Baseline:
    release, namespace, objects = (data.get(key) for key in ("release", "namespace", "objects"))
    there: list[Any] = objects if isinstance(objects, list) else [None]
    if not (isinstance(release, str) and isinstance(namespace, str) and all(map(_is_object, there))):
        _reject(
            "no-baseline",
            f"{name} is nothing that runs",
            name,
            expected="the manifests of a release, a chart, or what was kept beside values",
            hint="`helm get manifest RELEASE -n NAMESPACE` prints those of a release",
        )
    from chartgen.alter import Baseline

    return Baseline(release, namespace, tuple(there))


def _is_object(data: Any) -> bool:
    return bool(mapped(data).get("kind") and part(data, "metadata").get("name"))


def of_objects(
    objects: Iterable[Mapping[str, Any]], name: str, release: str | None = None, namespace: str | None = None
) -> Baseline:
    """A baseline of objects, which say of what release they are unless that is said here. Raises Rejected where they do
    not."""
    there = tuple(objects)
    said = {
        "--release": release or _most(_labelled(each) for each in there),
        "--namespace": namespace or _most(part(each, "metadata").get("namespace") for each in there),
    }
    missing = [flag for flag, text in said.items() if not text]
    if missing:
        _reject(
            "baseline-without-release",
            f"the objects in {name} do not say of what release they are",
            name,
            expected="a label such as app.kubernetes.io/instance, and a namespace",
            hint=f"say {' and '.join(missing)}, too",
        )
    from chartgen.alter import Baseline

    return Baseline(str(said["--release"]), str(said["--namespace"]), there)


def _labelled(data: Mapping[str, Any]) -> Any:
    labels = part(part(data, "metadata"), "labels")
    return next((labels[key] for key in _NAMED if labels.get(key)), None)


def _most(texts: Iterable[Any]) -> str | None:
    """The text that most say."""
    counted = Counter(text for text in texts if isinstance(text, str) and text)
    return counted.most_common(1)[0][0] if counted else None


def _reject(code: str, message: str, name: str, **details: Any) -> NoReturn:
    raise Rejected([Diagnostic(code, message, spans=(Span(name, 0, 0),), **details)])
