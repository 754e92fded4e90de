"""Objects that run already: where a chart's own mean the same, it spells them as they run.

A release that is upgraded to such a chart is given what it has, so that nothing of it changes and no pod restarts. What was
taken over is kept in a file beside the values, by which later builds spell it in the same way. An object that comes to mean
something else is spelt as in any other chart, and so is every object where the chart is installed under another name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chartgen.alter import Adoption, Baseline
from chartgen.compare.changes import identity, means_the_same
from chartgen.diagnostics import Rejected
from chartgen.kubernetes.refusal import items, mapped, part
from chartgen.render import document, scalar
from chartgen.render.document import Adopted, Answer, Document
from chartgen.values import tree

if TYPE_CHECKING:
    from chartgen.late import LateBound

_HOOK = "helm.sh/hook"


@dataclass(frozen=True, slots=True)
class Spelt:
    """Documents of a chart, some of which are spelt as they run; these as they run, and the ConfigMaps that their pods read."""

    documents: tuple[Document, ...]
    objects: tuple[Mapping[str, Any], ...]

    def adoption(self, baseline: Baseline) -> Adoption | None:
        """What is said of it; None where nothing was adopted."""
        if not self.objects:
            return None
        objects = sorted(self.objects, key=lambda data: identity(data, baseline.namespace))
        text = scalar.json_text(tree.ordered(objects))
        digest = hashlib.sha256(text.encode()).hexdigest()
        count = sum(made.adopted is not None for made in self.documents)
        return Adoption(baseline.release, baseline.namespace, self.objects, digest, count)


def spelt(documents: Sequence[Document], baseline: Baseline, late: LateBound, answer: Answer) -> Spelt:
    """The documents, each as it runs where that means the same; `answer` is for the release that runs.

    Secrets keep their own spelling, as they are no one's to keep in a file, and so do hooks, which Helm makes anew. A
    workload whose pods read a ConfigMap that means something else has to restart, and is not held.
    """
    running = {identity(each, baseline.namespace): each for each in baseline.objects}
    own = [_installed(made, late, answer) for made in documents]
    found: dict[int, Mapping[str, Any]] = {}
    same: dict[str, Mapping[str, Any]] = {}
    other: set[str] = set()
    for number, data in enumerate(own):
        runs = running.get(identity(data, baseline.namespace))
        if _is_hook(data):
            continue
        if runs is None or not means_the_same(runs, data):
            if data.get("kind") == "ConfigMap":
                other.add(document.name_of(data))
        elif runs != data and data.get("kind") != "Secret":
            found[number] = runs
        elif data.get("kind") == "ConfigMap":
            same[document.name_of(data)] = runs
    adopted = {
        number: runs for number, runs in found.items() if other.isdisjoint(_config_maps(own[number]))
    }
    # by which a later build tells whether the pods may be held
    known = sorted({name for number in adopted for name in _config_maps(own[number])} & same.keys())
    return Spelt(
        tuple(
            made._replace(adopted=Adopted(baseline.release, baseline.namespace, adopted[number]), kept=None)
            if number in adopted
            else made
            for number, made in enumerate(documents)
        ),
        (*adopted.values(), *(same[name] for name in known)),
    )


def _installed(made: Document, late: LateBound, answer: Answer) -> dict[str, Any]:
    """The object as it is installed; as it stands in the chart, where only Helm can tell more, which is nothing that runs."""
    try:
        data: dict[str, Any] = document.resolved(made.data, late, answer)
    except Rejected:
        return made.data
    return data


def _is_hook(data: Mapping[str, Any]) -> bool:
    return _HOOK in part(part(data, "metadata"), "annotations")


def _config_maps(data: Mapping[str, Any]) -> Iterator[str]:
    """The names of the ConfigMaps that a workload's pods read."""
    spec = part(part(part(data, "spec"), "template"), "spec")
    for _, volume in items(spec, "volumes"):
        for source in (volume, *(each for _, each in items(mapped(volume), "projected", "sources"))):
            if name := part(mapped(source), "configMap").get("name"):
                yield str(name)
    for kind in ("containers", "initContainers"):
        for _, container in items(spec, kind):
            for _, each in items(mapped(container), "envFrom"):
                yield str(part(mapped(each), "configMapRef").get("name"))
            for _, each in items(mapped(container), "env"):
                yield str(part(part(mapped(each), "valueFrom"), "configMapKeyRef").get("name"))
