"""A side that is a chart: one of chartgen's own is worked out here, any other by the real Helm engine."""

from __future__ import annotations

import json
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from chartgen.alter import Baseline
from chartgen.chart import PATCHES, packed
from chartgen.diagnostics import Diagnostic, Rejected, Span
from chartgen.kubernetes import manifests
from chartgen.sides import carried
from chartgen.sides.side import Side, Target
from chartgen.values import layer, source, tree
from chartgen.values.inputs import Inputs
from chartgen.values.reads import SetAside
from chartgen.values.source import Source

_CHART, _VALUES = "Chart.yaml", "values.yaml"
# says of a chart that chartgen compiled it
_OWN = "chartgen/name"
# templates of a chart of ours that stop an installation, and make no object
_GUARDS = ("frozen.yaml", "release-name.yaml")
# the folders of a chart that objects, and what they are made of, are in
_READ = ("templates", PATCHES)
_ARCHIVES = (".tgz", ".tar.gz")
_MOST = 100_000_000


def side(
    name: str, path: str, given: Inputs, all_given: Inputs, target: Target, *, with_origins: bool = False
) -> Side:
    """The objects of the chart in a folder or archive, with the values that are given for it. A chart that chartgen
    compiled has its values, and `with_origins` also what was asked for beyond them; any other one takes the values that are
    given for both sides, too.

    Raises Rejected for what is no chart, and for what Helm refuses to render.
    """
    files = _files(path)
    meta = source.read_text(files[_CHART], f"{path}/{_CHART}").data
    values = source.read_text(files.get(_VALUES, b"{}") or b"{}", f"{path}/{_VALUES}")
    annotations = meta.get("annotations")
    own = isinstance(annotations, Mapping) and _OWN in annotations
    read = (given if own else all_given).read()
    if read.findings:
        raise Rejected(read.findings)
    found = Side(name, "chart", (), chart=str(meta.get("name", "")), version=str(meta.get("version", "")))
    if own and not read.sources:
        objects = _own(path, files, meta, values.data, target)
        if objects is not None:
            found = replace(found, objects=tuple(objects), values=values.data, sources=(values,))
            return _with_origins(found, path, files, meta, target) if with_origins else found
    found = replace(found, objects=tuple(_by_helm(path, layer(read.sources), target)))
    return replace(found, values=values.data, sources=(values,)) if own else found


def is_named(path: str) -> bool:
    """Whether a path names a chart: a folder or an archive."""
    return path != "" and (Path(path).is_dir() or path.endswith(_ARCHIVES))


def as_it_runs(path: str, release: str | None, namespace: str | None) -> Baseline:
    """The chart in a folder or archive as it runs in a release. Raises Rejected as `side` does, and where the release is not
    named."""
    if release is None or namespace is None:
        _files(path)
        _reject(
            "baseline-without-release",
            f"{path} is a chart, which does not say under which name it runs",
            path,
            hint="say --release and --namespace, too, or hand over what `helm get manifest` prints",
        )
    found = side(path, path, Inputs(), Inputs(), Target(release, namespace))
    return Baseline(release, namespace, found.objects)


def _reject(code: str, message: str, path: str, **details: Any) -> NoReturn:
    raise Rejected([Diagnostic(code, message, spans=(Span(path, 0, 0),), **details)])


def _files(path: str) -> dict[str, bytes]:
    """What there is in a chart that objects are made of, by its path there; raises Rejected for what is no chart."""
    files = _folder(path) if Path(path).is_dir() else _archive(path)
    if _CHART not in files:
        _reject(
            "no-chart",
            f"{path} is no chart",
            path,
            hint="a chart has a Chart.yaml; of a folder of charts, name one",
        )
    return files


def _folder(path: str) -> dict[str, bytes]:
    root = Path(path)
    wanted = [root / _CHART, root / _VALUES]
    for folder in _READ:
        wanted += sorted((root / folder).rglob("*"))
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in wanted if file.is_file()}


def _archive(path: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r:*") as archive:
            for member in packed.members(archive):
                inner = member.name.removeprefix("./").partition("/")[2]
                if not member.isfile() or member.size > _MOST:
                    continue
                if inner in (_CHART, _VALUES) or inner.partition("/")[0] in _READ:
                    file = archive.extractfile(member)
                    found[inner] = file.read() if file is not None else b""
    except FileNotFoundError:
        source.read_bytes(path)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        _reject("no-chart", f"{path} is no archive of a chart: {error}", path)
    return found


def _own(
    path: str, files: Mapping[str, bytes], meta: Mapping[str, Any], values: Mapping[str, Any], target: Target
) -> list[Mapping[str, Any]] | None:
    """The objects of a chart of chartgen's; None where only Helm can tell what a template in it yields."""
    from chartgen.schema import templated

    world = templated.installed_world(
        values, target.release, target.namespace, upgrade=True, chart=str(meta.get("name")),
        version=str(meta.get("version")),
    )  # fmt: skip
    objects: list[Mapping[str, Any]] = []
    for file, data in files.items():
        if not file.startswith("templates/") or not file.endswith(".yaml") or file.endswith(_GUARDS):
            continue
        text = data.decode("utf-8", errors="replace")
        made = templated.result(text, world) if "{{" in text else text
        if made is None:
            return None
        objects += manifests.objects(f"{path}/{file}", made)
    return objects


def _with_origins(
    side: Side, path: str, files: Mapping[str, bytes], meta: Mapping[str, Any], target: Target
) -> Side:
    """A side with the flags that its chart was made with, and what they and the patches that it carries changed; without, where
    no chart can be made of what it carries."""
    from chartgen.alter import images
    from chartgen.chart import metadata
    from chartgen.kubernetes import images as named_in
    from chartgen.sides import causes

    try:
        chart = carried.compiled(path, files, meta)
        marks = causes.marks(chart, target)
    except (Rejected, SetAside, AttributeError, KeyError, TypeError, ValueError):
        return side
    old_names = {new: old for old, new in metadata.renamed_in(meta["annotations"]).items()}
    renamed: dict[str, list[tuple[Any, str]]] = {}
    for use in named_in.uses(chart.values):
        if use.image in old_names:
            by = images.flags_between(old_names[use.image], use.image, carried.flags_of_images(chart.flags))
            renamed.setdefault(by, []).append((use.path, use.image))
    return replace(
        side,
        values=chart.values,
        sources=tuple(_own_part(each, metadata.own(chart.values)) for each in side.sources),
        flags=chart.flags,
        renamed=tuple(Source(by, {}, edits=tuple(edits)) for by, edits in renamed.items()),
        marks=marks,
    )


def _own_part(values: Source, own: Mapping[str, Any]) -> Source:
    """A chart's values without those that are the default: nobody set them, though they stand in the file."""
    spans = {place: span for place, span in values.spans.items() if tree.at(own, place) is not None}
    return values._replace(data=own, spans=spans)


def _by_helm(path: str, values: Mapping[str, Any], target: Target) -> list[Mapping[str, Any]]:
    try:
        import helm_python
        from helm_python import _native
        from helm_python.chart import Chart
    except ImportError:
        raise Rejected(
            [
                Diagnostic(
                    "needs-helm-engine",
                    f"what {path} comes to only the Helm engine can tell, which is not installed",
                    spans=(Span(path, 0, 0),),
                    hint="pip install 'chartgen[helm]', or hand over what `helm template` prints",
                )
            ]
        ) from None
    options = {
        "name": target.release, "namespace": target.namespace, "is_upgrade": True, "is_install": False,
    }  # fmt: skip
    try:
        chart = Chart.load(path)
        out = json.loads(
            _native.call_string("helm_render", chart._raw(), json.dumps(values), json.dumps(options))
        )
        definitions = [(str(definition["filename"]), str(definition["data"])) for definition in chart.crds]
    except helm_python.HelmError as error:
        raise Rejected(
            [Diagnostic("helm-refuses", f"Helm refuses {path}: {_line(error)}", spans=(Span(path, 0, 0),))]
        ) from None
    objects: list[Mapping[str, Any]] = []
    for file, text in [*definitions, *sorted(out.items())]:
        if not file.endswith("NOTES.txt") and "/_" not in file:
            objects += manifests.objects(file, text)
    return objects


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
