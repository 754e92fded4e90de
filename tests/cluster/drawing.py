"""Values drawn from the schema: a set that is known to compile, and some settings of it changed to what the schema takes.

What is drawn is plausible or at an edge: defaults and examples, names as long as they may be, numbers at their bounds,
text that is a number, ports, quantities, whole security contexts, probes and containers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st

from chartgen import schema
from chartgen.schema import fit
from chartgen.values import source
from tests import compiled

Path = tuple[str, ...]
Node = Mapping[str, Any]

_TEXTS = [
    "", "a", "consul", "team-1", "a" * 20, "a" * 50, "a" * 63, "a" * 64, "a" * 253, "a.b", "a-", "a_b", "A", "a b", "é",
    "10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8", "0", "1", "-1", "5", "1.20", "0123", "1e3", "true", "null", "25%", "150%",
    "0%", "100m", "0.5", "1Gi", "10Gi", "1.5", "100Ei", "30s", "0s", "1h30m", "80", "8500", "65535", "70000", "http",
    "app.kubernetes.io/name", "example.com/a", "topology.kubernetes.io/zone", "kubernetes.io/hostname",
    "/consul", "/", "/var/run/../x", "/a:b", "exec=echo 10.0.0.1", "provider=aws tag_key=a tag_value=b",
    "https://example.com", "consul.example.com", "*.example.com", "registry.example.com/consul:2.0.3",
    "{{ .Release.Name }}", "two\nlines", "HTTPS_PROXY", "9VAR", "with space", "NoSchedule", "NoExecute", "Equal", "Exists",
    "In", "NotIn", "DoesNotExist", "Gt", "DoNotSchedule", "ScheduleAnyway", "RuntimeDefault", "Localhost", "Unconfined",
    "Always", "OnFailure", "Never", "ClusterIP", "NodePort", "LoadBalancer", "ExternalName", "Local", "Cluster", "None",
    "ReadWriteOnce", "Memory", "NET_ADMIN", "ALL", "TCP", "UDP", "HTTP", "IPv4", "IPv6", "SingleStack", "RequireDualStack",
    "OnDelete", "RollingUpdate", "Retain", "Delete", "gp2", "Gp_2",
]  # fmt: skip
_NUMBERS = [0, 1, -1, 2, 3, 5, 10, 60, 80, 443, 8080, 8500, 8501, 20000, 30000, 32767, 65535, 65536, 2**31 - 1, 2**31, 2**53]
# how often something else than the usual is drawn, out of ten
_RARELY = 2


@dataclass(frozen=True)
class Drawn:
    """A set of values: a base by its name in `bases`, and the settings that were drawn over it."""

    base: str
    changes: tuple[tuple[Path, Any], ...]

    @property
    def values(self) -> list[Mapping[str, Any]]:
        """Several values files, so to say: the base, and one for each change."""
        return [bases()[self.base], *(_nested(path, value) for path, value in self.changes)]

    def without(self, number: int) -> Drawn:
        return Drawn(self.base, self.changes[:number] + self.changes[number + 1 :])


def of_json(data: Mapping[str, Any]) -> Drawn:
    return Drawn(data["base"], tuple((tuple(path), value) for path, value in data["changes"]))


def _nested(path: Path, value: Any) -> dict[str, Any]:
    for key in reversed(path):
        value = {key: value}
    nested: dict[str, Any] = value
    return nested


@cache
def _settings() -> tuple[tuple[Path, Node], ...]:
    """Every setting of the schema: where no named key is below."""

    def below(node: Node, path: Path) -> Iterator[tuple[Path, Node]]:
        named = node.get("properties")
        if named:
            for key, item in named.items():
                yield from below(item, (*path, key))
        elif path:
            yield path, node

    return tuple(below(schema.document(), ()))


@cache
def bases() -> dict[str, Mapping[str, Any]]:
    """The defaults, every example and every compiled set, by name."""
    read = {path.stem: source.read_file(str(path)).data for path in (*compiled.EXAMPLES, *compiled.SETS)}
    return {"defaults": {}, **read}


@st.composite
def sets(draw: st.DrawFn) -> Drawn:
    base = draw(st.sampled_from(list(bases())))
    changed = draw(st.lists(st.sampled_from(_settings()), min_size=1, max_size=8, unique_by=lambda one: one[0]))
    return Drawn(base, tuple((path, draw(_value(node))) for path, node in changed))


# settings whose change may be refused, or decides how pods are replaced: half of what is changed between two sets
_TELLING = (
    "server.storage", "server.storageClass", "server.persistentVolumeClaimRetentionPolicy", "server.replicas",
    "server.updatePartition", "server.annotations", "server.priorityClassName", "server.service", "server.exposeService",
    "server.resources", "server.tolerations", "server.affinity", "server.nodeSelector", "server.extraVolumes",
    "server.securityContext", "server.containerSecurityContext", "server.extraContainers", "client.updateStrategy",
    "client.resources", "ui.service", "dns", "connectInject.replicas", "connectInject.resources", "meshGateway.service",
    "meshGateway.affinity", "ingressGateways.defaults.service", "syncCatalog.priorityClassName", "ui.ingress",
    "global.recursors", "global.imagePullSecrets", "global.extraLabels",
)  # fmt: skip


@cache
def _telling() -> tuple[tuple[Path, Node], ...]:
    return tuple(
        one for one in _settings() if any(f"{'.'.join(one[0])}.".startswith(f"{start}.") for start in _TELLING)
    )


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Drawn, Drawn]:
    """Two sets of one base: what is drawn for the new one is over what is drawn for the old one."""
    first = draw(sets())
    old = Drawn(first.base, first.changes[:3])
    chosen = draw(
        st.lists(
            st.one_of(st.sampled_from(_telling()), st.sampled_from(_settings())),
            min_size=1, max_size=6, unique_by=lambda one: one[0],
        )
    )  # fmt: skip
    more = tuple((path, draw(_value(node))) for path, node in chosen)
    kept = tuple(one for one in old.changes if one[0] not in {path for path, _ in more})
    return old, Drawn(first.base, (*kept, *more))


def _folded(node: Any) -> dict[str, Any]:
    """A schema node with its references followed and its `allOf` folded in."""
    if isinstance(node, bool):
        return {}
    if "$ref" in node:
        return _folded(schema.document()["$defs"][node["$ref"].rpartition("/")[2]])
    whole: dict[str, Any] = {}
    for part in (*(_folded(one) for one in node.get("allOf", ())), {k: v for k, v in node.items() if k != "allOf"}):
        for keyword, value in part.items():
            if keyword == "properties":
                whole["properties"] = {**whole.get("properties", {}), **value}
            else:
                whole[keyword] = value
    return whole


def _value(shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """What fits a schema node: mostly what has structure, where it may have."""
    node = _folded(shape)
    for keyword in ("anyOf", "oneOf"):
        if keyword in node:
            return st.one_of([_value(one, depth) for one in node[keyword]])
    if "const" in node:
        return st.just(node["const"])
    if "enum" in node:
        return st.sampled_from(node["enum"])
    given = node.get("type", ["object"] if "properties" in node else ["string"])
    types = [given] if isinstance(given, str) else list(given)
    ways: list[st.SearchStrategy[Any]] = []
    structured = [one for one in ("object", "array") if one in types]
    for one in structured:
        ways.extend([_object(node, depth) if one == "object" else _array(node, depth)] * 3)
    if "string" in types and structured:
        # text that Helm parses
        ways.append(ways[0].map(lambda value: json.dumps(value, ensure_ascii=False)))
    elif "string" in types:
        ways.append(_text(node))
    if "boolean" in types:
        ways.append(st.booleans())
    if "integer" in types or "number" in types:
        ways.append(_number(node, whole="number" not in types))
    if not ways or "null" in types:
        ways.append(st.none())
    return st.one_of(ways)


def _text(node: Node) -> st.SearchStrategy[str]:
    pattern, longest, shortest = node.get("pattern"), node.get("maxLength"), node.get("minLength", 0)

    def fits(text: str) -> bool:
        return (
            shortest <= len(text) <= (longest or len(text))
            and (pattern is None or fit.matches(pattern, text))
        )

    given = [one for one in (node.get("default"), *node.get("examples", ())) if isinstance(one, str)]
    known = [one for one in dict.fromkeys([*given, *_TEXTS]) if fits(one)]
    if pattern is None or pattern.count("(") > 12:
        return st.sampled_from(known or ["a"])
    drawn = st.from_regex(pattern, fullmatch=True, alphabet=st.characters(codec="ascii", exclude_categories=["Cc"]))
    usual = [st.sampled_from(known)] * (10 - _RARELY) if known else []
    return st.one_of([*usual, *[drawn.filter(fits)] * _RARELY])


def _number(node: Node, *, whole: bool) -> st.SearchStrategy[Any]:
    low, high = node.get("minimum"), node.get("maximum")
    edges = [one for one in (low, high, node.get("default")) if isinstance(one, int) and not isinstance(one, bool)]
    known = [
        one for one in dict.fromkeys([*edges, *_NUMBERS]) if (low is None or one >= low) and (high is None or one <= high)
    ]
    ways: list[st.SearchStrategy[Any]] = [st.sampled_from(known)] if known else [st.integers(low, high)]
    if not whole:
        ways.append(st.sampled_from([0.5, 1.5]).filter(lambda one: (low is None or one >= low)))
    return st.one_of(ways)


@st.composite
def _object(draw: st.DrawFn, node: Node, depth: int) -> dict[str, Any]:
    named: Mapping[str, Any] = node.get("properties", {})
    required = [key for key in node.get("required", ()) if key in named]
    optional = [key for key in named if key not in required]
    most = 4 if depth < 3 else 1
    chosen = draw(st.lists(st.sampled_from(optional), max_size=most, unique=True)) if optional else []
    made = {key: draw(_value(named[key], depth + 1)) for key in (*required, *chosen)}
    free = node.get("additionalProperties")
    patterns = node.get("patternProperties") or {}
    if (free or patterns) and depth < 5:
        of_values = next(iter(patterns.values())) if patterns else free
        names = dict(node.get("propertyNames") or {})
        if patterns:
            names.setdefault("pattern", next(iter(patterns)))
        for key in draw(st.lists(_text(names), max_size=2 if named else 3, unique=True)):
            made.setdefault(key, draw(_value({"type": "string"} if of_values is True else of_values, depth + 1)))
    return made


@st.composite
def _array(draw: st.DrawFn, node: Node, depth: int) -> list[Any]:
    items = node.get("items")
    if not isinstance(items, Mapping) or depth > 7:
        return []
    least = node.get("minItems", 0)
    return draw(st.lists(_value(items, depth + 1), min_size=least, max_size=max(least, 2)))
