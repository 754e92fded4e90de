"""Upgrades before a cluster: what the verdict says of a change, and what the API server and the controllers make of it.

Objects are applied on the server's side, as Helm 4 does: the old one for real, the new one over it.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import chartgen
from chartgen import compare
from chartgen.compare import immutable, verdict
from chartgen.compare.changes import Change
from chartgen.kubernetes import manifests
from tests.cluster.api import GONE, Answer, Api, UnknownKind
from tests.cluster.control_plane import HERE

RELEASE, NAMESPACE = "consul", "verdict"
# the pairs of sets that every test run upgrades
PAIRS = HERE / "pairs.jsonl"
_APPLY = "application/apply-patch+yaml"
_OURS = "fieldManager=helm&force=true"
_PATIENCE = 60


@dataclass(frozen=True)
class Said:
    """What is to become of an object, or what did: whether it is refused, gets a new pod template, stays as it is."""

    refused: bool
    restarts: bool
    same: bool


@dataclass(frozen=True)
class Disagreement:
    change: Change
    said: Said
    found: Said
    message: str

    def __str__(self) -> str:
        fields = ", ".join(
            f"{one.weight} {one.place}: {one.old!r} → {one.new!r}"[:200] for one in self.change.fields[:6]
        )
        return f"{self.change.title}: said {self.said}, found {self.found} {self.message}\n    {fields}"


@dataclass
class Asked:
    """A server that is asked, and what came of it so far; the same pair of objects is asked once."""

    api: Api
    counts: Counter[str] = field(default_factory=Counter)
    _seen: set[str] = field(default_factory=set)

    def disagreements(self, old: chartgen.Chart, new: chartgen.Chart) -> Iterator[Disagreement]:
        """Where the server makes something else of an upgrade between two charts than the verdict says."""
        self.counts["pairs"] += 1
        for change in changed(old, new):
            key = json.dumps([change.old, change.new], sort_keys=True)
            if key in self._seen:
                self.counts["asked before"] += 1
                continue
            self._seen.add(key)
            found = self.asked(change)
            if found is not None:
                yield found

    def asked(self, change: Change) -> Disagreement | None:
        """The disagreement about one object; None for agreement, and for what cannot be tried."""
        assert change.old is not None and change.new is not None
        said = foreseen(change)
        try:
            made = apply(self.api, change.old)
        except UnknownKind:
            self.counts["kind unknown"] += 1
            return None
        if not made.fine:
            # a set that an API server does not take is another test's
            self.counts["not admitted"] += 1
            return None
        try:
            # controllers may write into the object between two questions; a second time they are done
            for _ in range(2):
                found, message = self._found(change)
                if found == said:
                    break
        finally:
            remove(self.api, change.old)
        if found.refused and not said.refused and not apply(self.api, change.new, dry=True).fine:
            # not that it is changed is refused, but the new object itself
            self.counts["not admitted"] += 1
            return None
        self.counts["changes"] += 1
        self.counts["refused"] += found.refused
        self.counts["restarts"] += found.restarts
        self.counts["stored alike"] += found.same
        self.counts[f"of {change.kind}"] += 1
        if said == found:
            return None
        self.counts["disagreements"] += 1
        return Disagreement(change, said, found, message)

    def _found(self, change: Change) -> tuple[Said, str]:
        assert change.old is not None and change.new is not None
        before, after = (apply(self.api, one, dry=True) for one in (change.old, change.new))
        if not after.fine:
            return Said(True, False, False), str(after.data.get("message"))
        restarts = change.kind in verdict.WORKLOADS and _template(before.data) != _template(after.data)
        same = manifests.as_asked_for(before.data) == manifests.as_asked_for(after.data)
        return Said(False, restarts, same), ""


def changed(old: chartgen.Chart, new: chartgen.Chart) -> list[Change]:
    """The objects that both charts have and that differ; hooks are made anew, and never updated."""
    before, after = (
        [data for _, data in one.objects(RELEASE, NAMESPACE, upgrade=True)] for one in (old, new)
    )
    return changed_objects(before, after)


def changed_objects(old: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]) -> list[Change]:
    """The same of objects."""
    return [
        one
        for one in compare.changes(old, new, NAMESPACE)
        if one.what == "changed"
        and one.kind not in GONE
        and not verdict.is_hook(one.old)
        and not verdict.is_hook(one.new)
    ]


def foreseen(change: Change) -> Said:
    """What the verdict says of an object that is there."""
    refused = any(immutable.refusals(change))
    restarts = not refused and verdict.replaces_pods(change)
    same = all(one.weight == "stored" or immutable.keeps(change, one) for one in change.fields)
    return Said(refused, restarts, same and not refused)


def apply(api: Api, data: Mapping[str, Any], *, dry: bool = False) -> Answer:
    """Applies an object as Helm does; raises UnknownKind."""
    whole = dict(data)
    api.make_namespace(whole["metadata"].get("namespace") or NAMESPACE)
    path = f"{api.paths(whole, NAMESPACE)[1]}?{_OURS}{'&dryRun=All' if dry else ''}"
    return api.request(path, "PATCH", whole, _APPLY)


def remove(api: Api, data: Mapping[str, Any]) -> None:
    """Deletes an object, what it made with it, and returns when its name is free."""
    if data["kind"] == "CustomResourceDefinition":
        # the next one is applied over it
        return
    path = api.paths(dict(data), NAMESPACE)[1]
    api.request(path, "DELETE", {"propagationPolicy": "Background", "gracePeriodSeconds": 0})
    for _ in range(_PATIENCE * 20):
        if not api.get(path):
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} does not go")


def _template(data: Mapping[str, Any]) -> Any:
    return data["spec"]["template"]


# ---------------------------------------------------------------- controllers


def rolls(api: Api, change: Change) -> bool:
    """Whether the controller of a workload makes a new revision of it, when it is upgraded for real."""
    assert change.old is not None and change.new is not None
    made = apply(api, change.old)
    assert made.fine, made.data.get("message")
    try:
        before = _revisions(api, change.old)
        done = apply(api, change.new)
        assert done.fine, done.data.get("message")
        return _revisions(api, change.new) != before
    finally:
        remove(api, change.old)


def _revisions(api: Api, data: Mapping[str, Any]) -> set[str]:
    """The names of a workload's revisions, once its controller has seen its newest state and is done with it."""
    path = api.paths(dict(data), NAMESPACE)[1]
    for _ in range(_PATIENCE * 10):
        live = api.get(path)
        if live.get("status", {}).get("observedGeneration") == live["metadata"]["generation"]:
            owned = _owned_revisions(api, live)
            if live["kind"] != "Deployment" or _has_replicas(live, owned):
                return {one["metadata"]["name"] for one in owned}
        time.sleep(0.1)
    raise AssertionError(f"no controller looks at {path}")


def _owned_revisions(api: Api, live: Mapping[str, Any]) -> list[dict[str, Any]]:
    kind = "replicasets" if live["kind"] == "Deployment" else "controllerrevisions"
    uid = live["metadata"]["uid"]
    return [
        one
        for one in api.listed(f"/apis/apps/v1/namespaces/{live['metadata']['namespace']}/{kind}")
        if any(owner["uid"] == uid for owner in one["metadata"].get("ownerReferences", ()))
    ]


def _has_replicas(live: Mapping[str, Any], sets: Iterable[Mapping[str, Any]]) -> bool:
    """Whether some ReplicaSet of a Deployment is to have pods.

    None is while strategy Recreate takes the old pods away: the status says by then that the new generation was seen,
    and the ReplicaSet for it is made once they are gone (Kubernetes, Deployments, "Recreate Deployment").
    """
    return live["spec"]["replicas"] == 0 or any(one["spec"]["replicas"] for one in sets)
