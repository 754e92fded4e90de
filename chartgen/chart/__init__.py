"""Documents and values in, a Helm chart out: its files, its archive, its text for reading."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import struct
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chartgen import render, schema
from chartgen.chart import notes
from chartgen.diagnostics import dotted
from chartgen.late import LateBound
from chartgen.render import document, scalar
from chartgen.render.document import Document

if TYPE_CHECKING:
    from chartgen.render.crds import CrdFile

APP_VERSION = "2.0.3"
KUBE_VERSION = ">=1.22.0-0"

HELPERS = """\
{{/* The chart's name: the `app` label of every object. */}}
{{- define "consul.name" -}}
@NAME@
{{- end }}

{{/* What the name of every object starts with; at most 63 characters, as Kubernetes asks. */}}
{{- define "consul.fullname" -}}
@FULLNAME@
{{- end }}

{{/* The `chart` label: stable across versions, so that selectors stay the same. */}}
{{- define "consul.chart" -}}
consul-helm
{{- end }}
"""


@dataclass(frozen=True)
class Chart:
    """A compiled chart: `files` gives the text of each by its path in the chart folder."""

    name: str
    version: str
    values: Mapping[str, Any]
    documents: tuple[Document, ...]
    crds: tuple[CrdFile, ...]
    late: LateBound
    diagnostics: tuple[Any, ...] = ()
    labels: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def files(self) -> dict[str, str]:
        """Every file of the chart, path → text, sorted by path."""
        files = {
            "Chart.yaml": self._chart_yaml(),
            "README.md": self._readme(),
            "values.schema.json": frozen_schema(self.values),
            "values.yaml": "# Frozen when this chart was compiled: to change one, compile again.\n"
            + _escaped_values(self.values),
            "templates/NOTES.txt": notes.template(self.values, self._by_file(), self.late, APP_VERSION),
            "templates/_helpers.tpl": self._named_templates(),
        }
        for output, documents in self._by_file().items():
            files[f"templates/{output}"] = "---\n".join(
                document.chart_text(one, self.late) for one in documents
            )
        for crd in self.crds:
            files[f"templates/{crd.file}"] = self.late.template(self._crd_text(crd))
        return dict(sorted(files.items()))

    def _by_file(self) -> dict[str, list[Document]]:
        files: dict[str, list[Document]] = {}
        for one in self.documents:
            files.setdefault(one.template, []).append(one)
        return files

    def _crd_text(self, crd: CrdFile) -> str:
        return crd.text.replace("@LABELS@", scalar.json_text({**self.labels, **crd.labels}))

    def _chart_yaml(self) -> str:
        return document.manifest_text(
            {
                "apiVersion": "v2",
                "name": self.name,
                "description": "Consul on Kubernetes, compiled from values by chartgen",
                "type": "application",
                "version": self.version,
                "appVersion": APP_VERSION,
                "kubeVersion": KUBE_VERSION,
                "keywords": ["consul", "service-discovery", "service-mesh"],
                "home": "https://developer.hashicorp.com/consul",
                "sources": ["https://github.com/hashicorp/consul"],
            }
        )

    def _named_templates(self) -> str:
        given = given_name(self.values)
        app = str(self.values.get("nameOverride") or "consul")
        fullname = (
            self.late.template(str(given)[:63].removesuffix("-"))
            if given
            else f'{{{{ printf "%s-%s" .Release.Name {scalar.json_text(app)} | trunc 63 | trimSuffix "-" }}}}'
        )
        text = HELPERS.replace("@NAME@", self.late.template(app[:63].removesuffix("-")))
        return text.replace("@FULLNAME@", fullname)

    def _readme(self) -> str:
        rows = "".join(f"| {kind} | {name} |\n" for kind, name in self.rows())
        own = "".join(f"| `{path}` | `{text}` |\n" for path, text in _own_settings(self.values))
        changed = (
            f"| setting | value |\n|---|---|\n{own}" if own else "All are the official chart's defaults.\n"
        )
        return (
            f"# {self.name} {self.version}\n\n"
            f"Consul {APP_VERSION} for Kubernetes {KUBE_VERSION}, compiled by chartgen.\n\n"
            f"    helm install consul ./{self.name}-{self.version}.tgz --namespace consul --create-namespace\n\n"
            "It installs under any release name, in any namespace, also as a dependency of another chart. Its values are\n"
            "frozen: `values.schema.json` makes Helm refuse another value for any of them. To change one, compile again,\n"
            "with a new version, and `helm upgrade`.\n\n"
            f"## Settings that are not the default\n\n{changed}\n"
            f"## Objects\n\n| kind | name |\n|---|---|\n{rows}"
        )

    def rows(self) -> list[tuple[str, str]]:
        """(kind, name) of every object, the release called RELEASE, in chart order."""
        answers = answers_for(self.values, "RELEASE", "NAMESPACE")
        return [(one.kind, render.resolved(one.name, self.late, answers)) for one in self.documents] + [
            ("CustomResourceDefinition", crd.name) for crd in self.crds
        ]

    def objects(
        self, release: str = "consul", namespace: str = "default", *, upgrade: bool = False
    ) -> Iterator[Any]:
        """(output file, object data) for each document as Helm would install it; CRDs are left out."""
        answers = answers_for(self.values, release, namespace)
        for one in self.documents:
            if one.only_if == ".Release.IsUpgrade" and not upgrade:
                continue
            yield one.template, render.resolved(one.data, self.late, answers)

    def manifests(
        self,
        release: str = "consul",
        namespace: str = "default",
        *,
        upgrade: bool = False,
        every_hook: bool = False,
    ) -> str:
        """Plain Kubernetes YAML of what an install (or an upgrade) creates, in Helm's order, as `kubectl apply` takes it.

        Hooks of other moments are left out unless `every_hook`: applied at once, a clean-up job would clean up.
        """
        answers = answers_for(self.values, release, namespace)
        entries = [
            (document.install_order(data, upgrade=upgrade), f"# {output}\n" + document.manifest_text(data))
            for output, data in self.objects(release, namespace, upgrade=upgrade)
        ]
        for crd in self.crds:
            head = {"kind": "CustomResourceDefinition", "metadata": {"name": crd.name}}
            entries.append(
                (document.install_order(head), render.resolved(self._crd_text(crd), self.late, answers))
            )
        texts = [text for order, text in sorted(entries) if every_hook or order[0] != document.ELSE]
        return "---\n" + "---\n".join(texts)

    def write(self, directory: str | os.PathLike[str]) -> Path:
        """Writes the chart folder to `directory`, replacing a chart that is there, and returns it; all or nothing.

        Raises FileExistsError where something else is.
        """
        target = Path(directory)
        with _staging(target.parent) as staging:
            _replace(self._written(staging / "chart"), target, staging)
        return target

    def publish(self, directory: str | os.PathLike[str]) -> tuple[Path, Path]:
        """Writes the chart folder NAME/VERSION and the archive NAME-VERSION.tgz below `directory`: both or neither.

        Raises FileExistsError where something else than a chart is.
        """
        folder = Path(directory) / self.name / self.version
        archive = Path(directory) / f"{self.name}-{self.version}.tgz"
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _staging(Path(directory)) as staging:
            (staging / "chart.tgz").write_bytes(self.archive())
            if archive.is_dir():
                raise FileExistsError(errno.EEXIST, "is a folder, where the archive has to go", str(archive))
            _replace(
                self._written(staging / "chart"),
                folder,
                staging,
                lambda: (staging / "chart.tgz").replace(archive),
            )
        return folder, archive

    def _written(self, folder: Path) -> Path:
        made: set[Path] = set()
        for name, text in self.files.items():
            path = folder / name
            if path.parent not in made:
                path.parent.mkdir(parents=True, exist_ok=True)
                made.add(path.parent)
            path.write_bytes(text.encode())
        return folder

    def archive(self) -> bytes:
        """The chart as the .tgz that Helm installs: same input, same bytes, on any machine."""
        blocks: list[bytes] = []
        for name, text in self.files.items():
            content = text.encode()
            member = tarfile.TarInfo(f"{self.name}/{name}")
            member.size, member.mode = len(content), 0o644
            blocks += [member.tobuf(tarfile.USTAR_FORMAT), content, bytes(-len(content) % tarfile.BLOCKSIZE)]
        blocks.append(bytes(2 * tarfile.BLOCKSIZE))
        return gzipped(b"".join(blocks))

    def write_archive(self, path: str | os.PathLike[str]) -> Path:
        """Writes the .tgz to `path`, beside it first and then renamed."""
        target = Path(path)
        with _staging(target.parent) as staging:
            (staging / "chart.tgz").write_bytes(self.archive())
            (staging / "chart.tgz").replace(target)
        return target


@contextmanager
def _staging(beside: Path) -> Iterator[Path]:
    """A hidden folder on the same disk, gone at the end, in which to make what is renamed into `beside`."""
    beside.mkdir(parents=True, exist_ok=True)
    staging = None
    try:
        with _undisturbed():
            staging = Path(tempfile.mkdtemp(prefix=".chartgen-", dir=beside))
        yield staging
    finally:
        with _undisturbed():
            if staging is not None:
                shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals that end the program wait until the block is through; where the system cannot hold them, they do not."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _replace(folder: Path, target: Path, aside: Path, then: Callable[[], Any] = lambda: None) -> None:
    """Renames `folder` to `target` and does `then`; a chart that is there goes aside, and comes back if either fails."""
    old = aside / "old"
    for _ in range(20):
        if target.is_symlink() or (target.exists() and not _holds_chart(target)):
            raise FileExistsError(errno.EEXIST, "holds something other than a chart", str(target))
        try:
            with suppress(FileNotFoundError):
                target.rename(old)
            folder.rename(target)
            then()
            return
        except BaseException as error:
            placed = not folder.exists()
            if placed or not isinstance(error, OSError) or error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                if placed:
                    target.rename(aside / "new")
                if old.exists() and not target.exists():
                    old.rename(target)
                raise
            # another process wrote the same chart between the two renames: its chart makes way too
            shutil.rmtree(old, ignore_errors=True)
    raise FileExistsError(errno.EEXIST, "is written by other processes all the time", str(target))


def _holds_chart(path: Path) -> bool:
    return path.is_dir() and ((path / "Chart.yaml").is_file() or not any(path.iterdir()))


def gzipped(data: bytes) -> bytes:
    """`data` in the container that gzip has, stored without compression.

    What a compressor yields depends on the machine's zlib, so that the same chart would have other bytes, and another
    digest, elsewhere. Nothing is lost: git and registries compress what they keep and send.
    """
    blocks = [data[start : start + 0xFFFF] for start in range(0, len(data), 0xFFFF)] or [b""]
    out = [b"\x1f\x8b\x08\0\0\0\0\0\0\xff"]
    for block in blocks:
        last = block is blocks[-1]
        out += [struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF), block]
    out.append(struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF))
    return b"".join(out)


def answers_for(values: Mapping[str, Any], release: str, namespace: str) -> dict[str, str]:
    """What the late-bound expressions come out as for a release called `release` in `namespace`."""
    app = str(values.get("nameOverride") or "consul")
    fullname = (given_name(values) or f"{release}-{app}")[:63].removesuffix("-")
    return {
        ".Release.Name": release,
        ".Release.Namespace": namespace,
        "trunc 58 .Release.Namespace": namespace[:58],
        ".Release.Service": "Helm",
        'include "consul.fullname" .': fullname,
        'include "consul.name" .': app[:63].removesuffix("-"),
    }


def _own_settings(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(dotted path, value in short) of each value that differs from the default; long ones cut."""

    def walk(node: Any, standard: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        if isinstance(node, Mapping) and node and isinstance(standard, Mapping):
            for key, item in node.items():
                yield from walk(item, standard.get(key), (*path, key))
        elif node != standard:
            text = scalar.json_text(node)
            yield (
                dotted(path),
                (text if len(text) <= 60 else text[:57] + "...").replace("`", "'").replace("|", "\\|"),
            )

    yield from walk(values, schema.defaults(), ())


def given_name(values: Mapping[str, Any]) -> str:
    """The prefix of all names where the values give one; "" where it is made from the release's name."""
    # a null in a values file has removed the default
    return str(values.get("fullnameOverride") or values.get("global", {}).get("name") or "")


def _escaped_values(values: Mapping[str, Any]) -> str:
    return document.block_yaml(document.pruned(dict(values)), str)


def frozen_schema(values: Mapping[str, Any]) -> str:
    """A draft-07 schema that holds each value constant, so that Helm refuses to change it at install time.

    As text, one value a line, so that two versions of a chart can be compared.
    """
    head = '"$schema": "http://json-schema.org/draft-07/schema#", '
    return "{" + head + _frozen(values, "", open_keys=("global",))[1:] + "\n"


def _frozen(value: Any, indent: str, open_keys: tuple[str, ...] = (), rest: str = "false") -> str:
    if not isinstance(value, Mapping) or not value:
        # Helm drops nulls that stand in lists of a chart's own values
        return '{"const": ' + scalar.json_text(document.pruned(value)) + "}"
    inner = indent + "  "
    entries = ",\n".join(
        # a parent chart adds keys of its own to `global` and may add `global` itself
        f"{inner}{scalar.json_text(key)}: {_frozen(item, inner, rest='true' if key in open_keys else 'false')}"
        for key, item in value.items()
    )
    return f'{{"type": "object", "additionalProperties": {rest}, "properties": {{\n{entries}\n{indent}}}}}'
