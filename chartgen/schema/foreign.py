"""Values that are not for this chart, or not yet: of a parent chart, of another one, inside an object, encrypted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chartgen import schema
from chartgen.diagnostics import Diagnostic
from chartgen.schema import removed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# keys at the top of the values of other charts, of which this one has none: those that tell a chart …
CHARTS = {
    "Bitnami's chart": frozenset((
        "clusterDomain", "commonAnnotations", "commonLabels", "containerPorts", "datacenterName", "diagnosticMode",
        "existingConfigmap", "extraDeploy", "gossipKey", "hclConfigFiles", "localConfig", "podAntiAffinityPreset",
        "raftMultiplier", "resourcesPreset", "tlsEncryptionSecretName", "volumePermissions",
    )),
    "the former stable/consul chart": frozenset((
        "Acl", "Affinity", "Component", "ConsulConfig", "ConsulDnsPort", "DatacenterName", "DisableHostNodeId",
        "Domain", "EncryptGossip", "Gossip", "GossipKey", "HttpPort", "Image", "ImagePullPolicy", "ImageTag", "Name",
        "Replicas", "Resources", "RpcPort", "Secrets", "SerflanPort", "ServerPort", "Storage", "StorageClass",
        "joinPeers", "joinWan", "uiIngress", "uiService",
    )),
}  # fmt: skip
# … and those that many charts have
_USUAL = frozenset((
    "affinity", "autoscaling", "containerSecurityContext", "extraEnv", "extraEnvVars", "image", "imagePullSecrets",
    "ingress", "initContainers", "livenessProbe", "metrics", "networkPolicy", "nodeSelector", "pdb", "persistence",
    "podAnnotations", "podSecurityContext", "rbac", "readinessProbe", "replicaCount", "resources", "securityContext",
    "service", "serviceAccount", "serviceMonitor", "sidecars", "tolerations", "updateStrategy",
))  # fmt: skip
# where objects that install a chart keep its values
_INSIDE = {
    "Application": ".spec.source.helm.valuesObject",
    "HelmChart": ".spec.valuesContent",
    "HelmChartConfig": ".spec.valuesContent",
    "HelmRelease": ".spec.values",
}
# findings that say that the values are none of this chart's, or not yet
CODES = frozenset(
    ("object-as-values", "encrypted-values", "values-of-a-parent-chart", "values-of-another-chart")
)
# files of other programs that are YAML, too
_OTHERS = frozenset((
    "Chart.yaml", "chartgen.yaml", "docker-compose.yaml", "docker-compose.yml", "helmfile.yaml", "kustomization.yaml",
    "mkdocs.yml", "package.json", "package-lock.json", "tsconfig.json",
))  # fmt: skip
# what every chart may have, so that it tells nothing
_COMMON = frozenset(("global", "nameOverride", "fullnameOverride"))


def judged(found: Sequence[Diagnostic], user: Mapping[str, Any]) -> list[Diagnostic]:
    """The findings about names and shapes, with one finding instead of those that have one cause.

    That the user's values are those of another chart, or of a parent chart, is told once and not key by key.
    """
    if (wrapped := _wrapped(user)) is not None:
        return [wrapped]
    unknown = [
        str(finding.path[0]) for finding in found if finding.code == "unknown-key" and len(finding.path) == 1
    ]
    ours = [key for key in user if key in _sections() or removed.removed((key,))]
    for key in unknown:
        below = user[key] if isinstance(user[key], Mapping) else {}
        known = [finding for finding in below if finding in _sections() | _COMMON]
        if len(known) == len(below) > 1 or (not ours and 2 * len(known) > len(below)):
            # in the values of a parent chart the keys beside are those of its other parts
            beside = {(finding,) for finding in ([key] if ours else unknown)}
            return [_below(key, below), *(finding for finding in found if finding.path[:1] not in beside)]
        alone = not ours and "consul" in key.lower()
        if alone and (chart := _chart([finding for finding in below if finding not in known], known)):
            return [_of_another_chart(*chart, below=(key,))]
    if chart := _chart(unknown, ours):
        return [_of_another_chart(*chart)]
    return list(found)


def _wrapped(user: Mapping[str, Any]) -> Diagnostic | None:
    """The finding for values in something that has to be opened first: a Kubernetes object, or encryption by SOPS."""
    kind = str(user.get("kind", ""))
    if kind and "apiVersion" in user:
        inside = _INSIDE.get(kind)
        return Diagnostic(
            "object-as-values",
            f"this is a Kubernetes object, a {kind}, and no file of values",
            path=("kind",),
            found=kind,
            expected="global, server and the other sections at the top",
            hint=f"pass the values in it: yq '{inside}' FILE | chartgen build -f -" if inside else "",
        )
    if isinstance(user.get("sops"), Mapping) and "mac" in user["sops"]:
        return Diagnostic(
            "encrypted-values",
            "the values are encrypted with SOPS",
            path=("sops",),
            expected="values in the clear",
            hint="decrypt them on the way: sops --decrypt FILE | chartgen build -f -",
        )
    return None


def _sections() -> set[str]:
    return set(schema.defaults()) - _COMMON


def _chart(unknown: Sequence[str], ours: Sequence[str]) -> tuple[str, list[str]] | None:
    """The chart that knows more than one of the keys, and more than this one knows of those beside; and which ones."""
    known = {chart: [key for key in unknown if key in keys] for chart, keys in CHARTS.items()}
    chart = max(known, key=lambda chart: len(known[chart]))
    keys = known[chart] + [key for key in unknown if key in _USUAL]
    if len(keys) <= max(1, len(ours)):
        return None
    return (chart if known[chart] else "another chart", keys)


def _of_another_chart(chart: str, keys: Sequence[str], below: tuple[str, ...] = ()) -> Diagnostic:
    return Diagnostic(
        "values-of-another-chart",
        f"these look like values of {chart}, not of HashiCorp's",
        path=(*below, keys[0]),
        found=", ".join(keys[:6]) + (", …" if len(keys) > 6 else ""),
        expected="settings such as server.replicas",
        hint="they share no settings with it: start from what `chartgen init` writes",
    )


def _below(key: str, values: Mapping[str, Any]) -> Diagnostic:
    return Diagnostic(
        "values-of-a-parent-chart",
        f"the values stand below {key}, as in the values of a chart that has this one as a part",
        path=(key,),
        found=", ".join(str(key) for key in list(values)[:6]) + f" below {key}",
        expected="global, server and the other sections at the top",
        hint=f"pass that part alone: yq '.[\"{key}\"]' FILE | chartgen build -f -",
    )


def other_name(name: str) -> str:
    """Why a file of this name holds no values of this chart; "" where the name does not tell."""
    return "another program's file" if name in _OTHERS or name.endswith(".schema.json") else ""


# the files in which the schema lies, beside the values and where it is published
_SCHEMAS = ("consul-values.schema.json", "chartgen-consul-values.json")


def named_as_ours(name: str, text: str) -> bool:
    """Whether a file that cannot be read was meant to hold this chart's values: by its name, or the schema it names."""
    return name.startswith("values") or any(schema in text for schema in _SCHEMAS)


def other_data(data: Mapping[str, Any]) -> str:
    """Why what a file holds are no values of this chart; "" where they are."""
    if not data:
        return "empty"
    if "apiVersion" in data and "kind" in data:
        return f"a Kubernetes object ({data['kind']})"
    keys = [key for key in data if not key.startswith("x-")]
    ours = [key for key in keys if key in schema.document()["properties"] or removed.removed((key,))]
    if not ours:
        return "none of its keys is of Consul's chart"
    if ours == ["global"] and len(keys) > 1:
        return "values of another chart"
    return "" if 2 * len(ours) >= len(keys) else "most of its keys are not of Consul's chart"
