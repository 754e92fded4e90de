"""Documents and values in, a Helm chart out: its files, its archive, its text for reading."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path

from chartgen import bundle, names, paths
from chartgen.chart import answers, frozen, metadata, publish, readme, release_name
from chartgen.chart.index import Entry
from chartgen.chart.listing import Listed, Listing, listed
from chartgen.chart.publish import Content, Published, Staged
from chartgen.late import LateBound
from chartgen.records import NamedTuple
from chartgen.render import components, document
from chartgen.render.document import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from chartgen.alter import Done

# the folder of a chart with the patches that it was made with
PATCHES = "patches"


@cache
def _of_every_chart() -> Mapping[str, str]:
    """The files that are the same in all charts."""
    return {
        ".helmignore": (paths.TEMPLATES / ".helmignore").read_text(encoding="utf-8"),
        "LICENSE": bundle.read("LICENSE").decode(),
    }


class _Made(NamedTuple):
    """What a chart is made of."""

    name: str
    version: str
    values: Mapping[str, Any]
    documents: tuple[Document, ...]
    late: LateBound
    # those below `templates/` that are no objects
    texts: Mapping[str, str] = {}
    diagnostics: tuple[Any, ...] = ()
    # whether the chart has Helm refuse a release's name that makes names which Kubernetes refuses
    guarded: bool = True
    # the flags of `build` that make it another chart
    flags: tuple[str, ...] = ()
    # what is another in it than in the version before
    changes: metadata.Changes = ()
    # what was changed in it beyond what values say; None where nothing was to be
    done: Done | None = None
    # what it is to be signed with
    sign_key: metadata.SignKey | None = None


class Chart(_Made):
    """A compiled chart: `files` gives the text of each by its path in the chart folder."""

    @cached_property
    def release_name(self) -> release_name.ReleaseName | None:
        """The longest name of a release that fits; None where any does, or where the chart is not to say so."""
        if not self.guarded or names.given(self.values):
            return None
        return release_name.longest(self.documents, self.late, names.app(self.values))

    @cached_property
    def files(self) -> dict[str, str]:
        """Every file of the chart, path → text, sorted by path."""
        files = {
            "Chart.yaml": document.manifest_text(self.chart_yaml),
            **_of_every_chart(),
            components.NAMES["global_file"]: frozen.global_text(self.values),
            "README.md": readme.text(self.name, self.version, components.chart(), self.values, self.rows()),
            "values.schema.json": frozen.schema_text(self.values),
            "values.yaml": frozen.values_text(self.values),
            **{f"templates/{path}": text for path, text in self.texts.items()},
        }
        for number, text in enumerate(self.done.patches if self.done is not None else (), 1):
            files[f"{PATCHES}/{number}.yaml"] = text
        if self.release_name is not None:
            files[f"templates/{release_name.FILE}"] = self.release_name.guard()
        for made, text in zip(self.documents, document.chart_texts(self.documents, self.late), strict=True):
            path = f"templates/{made.template}"
            files[path] = f"{files[path]}---\n{text}" if path in files else text
        return dict(sorted(files.items()))

    @cached_property
    def chart_yaml(self) -> dict[str, Any]:
        """What Chart.yaml says."""
        return metadata.metadata(
            self.name,
            self.version,
            self.values,
            self.flags,
            self.changes,
            self.documents,
            self.done,
            self.sign_key,
        )

    def rows(self) -> list[tuple[str, str]]:
        """(kind, name) of every object, the release called RELEASE, in chart order."""
        return [(kind, name) for kind, name, _ in self._listed]

    def listed(self) -> Listing:
        """The kind, name and file of every object, as `rows` has them."""
        return Listing.of(self._listed)

    @cached_property
    def _listed(self) -> list[Listed]:
        answer = answers.named(self.values, "RELEASE", "NAMESPACE")
        question = "listed", self.late, names.full(self.values, "RELEASE"), names.app(self.values)

        def as_listed(made: Document) -> Listed:
            name = document.resolved(made.name, self.late, answer)
            return listed(made.kind, name, f"templates/{made.template}")

        return document.of_each(self.documents, question, as_listed)

    def objects(
        self, release: str = "consul", namespace: str = "default", *, upgrade: bool = False
    ) -> Iterator[Any]:
        """(output file, object data) for each document as Helm would install it.

        Raises Rejected where a user's template yields what only Helm can tell.
        """
        answer = self._answers(release, namespace, upgrade)
        for made in self._there(release, namespace, upgrade):
            yield made.template, document.resolved(made.data, self.late, answer)

    def _answers(self, release: str, namespace: str, upgrade: bool) -> document.Answer:
        return answers.at_install(
            self.values, release, namespace, upgrade=upgrade, chart=self.name, version=self.version
        )

    def _there(self, release: str, namespace: str, upgrade: bool) -> Iterator[Document]:
        return (
            made.spelt_for(release, namespace)
            for made in self.documents
            if upgrade or made.only_if != ".Release.IsUpgrade"
        )

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
        Raises Rejected where a user's template yields what only Helm can tell.
        """
        parts = self.manifests_by_file(release, namespace, upgrade=upgrade, every_hook=every_hook)
        return "---\n" + "---\n".join(f"# {file}\n{text}" for file, text in parts)

    def manifests_by_file(
        self,
        release: str = "consul",
        namespace: str = "default",
        *,
        upgrade: bool = False,
        every_hook: bool = False,
    ) -> list[tuple[str, str]]:
        """(file of the chart, text) of each manifest, as `manifests` has them; raises what it raises."""
        answer = self._answers(release, namespace, upgrade)
        entries = [
            (
                document.install_order(document.resolved(made.head, self.late, answer), upgrade=upgrade),
                made.template,
                document.installed_text(made, self.late, answer),
            )
            for made in self._there(release, namespace, upgrade)
        ]
        return [
            (file, text) for order, file, text in sorted(entries) if every_hook or order[0] != document.ELSE
        ]

    def write(self, directory: str | os.PathLike[str]) -> Path:
        """Writes the chart folder to `directory`, replacing a chart that is there, and returns it; all or nothing.

        Raises FileExistsError where something else is.
        """
        return publish.write_folder(self.files, directory)

    def publish(self, directory: str | os.PathLike[str], *, folder: bool = True) -> Published:
        """Publishes the chart below `directory`: the folder NAME/VERSION, the archive NAME-VERSION.tgz and the entry in
        index.yaml appear together, or none does. Without `folder`, the other two.

        Raises Rejected where this version is published with other content, FileExistsError where something else than a
        chart is.
        """
        return publish.publish(self.content, directory, folder=folder)

    def stage(
        self, directory: Path, staging: Path, known: Entry | None, *, folder: bool = True
    ) -> Staged | Published:
        """The chart, written below `staging`, in the folder `directory`, so that `publish.place` has only to rename it;
        what is published, where it is what is `known` of this version. Raises Rejected as `publish` does."""
        return publish.stage(self.content, known, staging, directory, folder=folder)

    @property
    def content(self) -> Content:
        """What of it is published."""
        return Content(self.name, self.version, self.files, self.chart_yaml, self._packed, self.digest)

    @cached_property
    def _packed(self) -> bytes:
        return publish.archive(self.name, self.files)

    def archive(self) -> bytes:
        """The chart as the .tgz that Helm installs: same input, same bytes, on any machine."""
        return self._packed

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the archive."""
        import hashlib

        return hashlib.sha256(self._packed).hexdigest()

    def write_archive(self, path: str | os.PathLike[str]) -> Path:
        """Writes the .tgz to `path`, beside it first and then renamed."""
        return publish.write_archive(self.name, self.files, path)
