"""Parts of Kubernetes objects that stand in values as they are, judged as the API server judges them.

A part is known by its key, which has the name of the field that it becomes. Text that holds YAML is judged as what it
holds; what a template action in it yields is taken to be right.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain

from chartgen.diagnostics import Diagnostic, Path, dotted
from chartgen.kubernetes import formats, labels, pods, services, since
from chartgen.kubernetes.objects import daemon_update
from chartgen.kubernetes.refusal import Refusal, below, formed, items, mapped
from chartgen.rules.kubernetes import switches
from chartgen.settings import Settings
from chartgen.values import tree
from chartgen.values.memo import NOTHING, Memo
from chartgen.values.reads import SetAside
from chartgen.values.source import Source
from chartgen.values.traces import Traces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

Judge: TypeAlias = "Callable[[Any], Iterator[Refusal]]"


def _containers(node: Any) -> Iterator[Refusal]:
    for number, container in enumerate(node) if isinstance(node, list) else ():
        yield from below((number,), pods.container(container))


def _volumes(node: Any) -> Iterator[Refusal]:
    """Volumes of the agents' configuration: each becomes a volume and a mount called userconfig-NAME."""
    seen: set[Any] = set()
    for number, volume in enumerate(node) if isinstance(node, list) else ():
        name = mapped(volume).get("name")
        if isinstance(name, str) and formats.dns_label(f"userconfig-{name}"):
            yield Refusal(
                (number, "name"),
                f"no name of a volume: userconfig-{name}",
                "at most 52 lower-case letters, digits and hyphens, with a letter or digit at the end",
            )
        if name in seen:
            yield Refusal((number, "name"), f"two volumes are called {name}", "another object")
        seen.add(name)
        for path, item in items(volume, "items"):
            yield from below((number, *path), pods.key_to_path(item))


def _variables(node: Any) -> Iterator[Refusal]:
    for name in mapped(node):
        yield from formed(name, formats.environment_name, (name,), "no name of a variable")


# by a key's name; what a Service is made of stands in several keys, and comes below
PARTS: Mapping[str, Judge] = {
    "affinity": pods.affinity,
    "annotations": labels.annotation_map,
    "extraContainers": _containers,
    "extraEnvironmentVars": _variables,
    "extraLabels": labels.labels,
    "extraVolumes": _volumes,
    "livenessProbe": lambda node: pods.probe(node, "livenessProbe"),
    "namespaceSelector": labels.label_selector,
    "nodeSelector": pods.node_selector,
    "readinessProbe": lambda node: pods.probe(node, "readinessProbe"),
    "resources": pods.resources,
    "secretName": lambda node: formed(node or None, formats.dns_subdomain, (), "no name of a Secret"),
    "securityContext": pods.pod_security,
    "tolerations": pods.tolerations,
    "topologySpreadConstraints": pods.spread,
    "updateStrategy": daemon_update,
}


def check(
    values: Mapping[str, Any],
    user: Mapping[str, Any],
    settings: Settings,
    sources: Sequence[Source],
    aside: Collection[Path] = (),
    version: tuple[int, int] | None = None,
    memo: Memo = NOTHING,
    traces: Traces | None = None,
) -> list[Diagnostic]:
    """What the API server would refuse of the parts that `user` sets, as they are in the effective `values`.

    Both are values whose texts are opened; `sources` place what the texts hold too. Components that are off are
    passed over, and so are parts that are set aside, or may be off for what is set aside. `version` is the cluster's.
    Sections that are as the memo has them are not judged again, and traces know what is off in values of other files.
    """
    from chartgen import values as merging

    return [
        Diagnostic(
            "refused-by-kubernetes",
            f"Kubernetes refuses {dotted(refusal.path)}: {refusal.what}",
            "harmful",
            refusal.path,
            merging.value_spans_of(refusal.path, sources),
            expected=refusal.expected,
        )
        for refusal in dict.fromkeys(_refusals(values, user, settings, aside, version, memo, traces))
    ]


def _refusals(
    values: Mapping[str, Any],
    user: Mapping[str, Any],
    settings: Settings,
    aside: Collection[Path],
    version: tuple[int, int] | None,
    memo: Memo,
    traces: Traces | None,
) -> Iterator[Refusal]:

    def switched_off() -> frozenset[Path]:
        on = switches(settings.values, settings)
        return frozenset(path for path, is_on in on.items() if not _certain(is_on))

    off = switched_off() if traces is None else traces.of("off", settings.values, switched_off)[0]
    # with Vault as the backend of secrets, the name of one is a path
    paths = _certain(lambda: settings.vault)
    by_key = [_by_section(part) for part in (off, aside)]
    for key, item in user.items():
        name, here = ("refused", version, key), [part.get(key, part[""]) for part in by_key]
        yield from memo.of(name, partial(_refused, version), key, item, values.get(key), *here, paths)
    for place, judged in _SERVICES.items():
        if place[0] not in user or any(place[:length] in off for length in range(1, len(place) + 1)):
            continue
        given = mapped(tree.at(values, place))
        if not given or any(wrong[: len(place)] == place for wrong in aside):
            continue
        for spec, origins in judged(given, place, settings):
            for refusal in chain(services.service(spec), since.refusals(spec, version)):
                length = max(size for size in range(len(refusal.path) + 1) if refusal.path[:size] in origins)
                yield Refusal(
                    (*origins[refusal.path[:length]], *refusal.path[length:]), refusal.what, refusal.expected
                )


def _by_section(paths: Collection[Path]) -> dict[str, frozenset[Path]]:
    """The paths by their section, those of all with those of each; under "" those of all alone."""
    by_key: dict[str, set[Path]] = {}
    for path in paths:
        by_key.setdefault(str(path[0]) if path else "", set()).add(path)
    everywhere = frozenset(by_key.pop("", ()))
    return {"": everywhere, **{key: everywhere | below for key, below in by_key.items()}}


def _refused(
    version: tuple[int, int] | None,
    section: str,
    user: Any,
    values: Any,
    off: Collection[Path],
    aside: Collection[Path],
    paths: bool,
) -> tuple[Refusal, ...]:
    """What is refused of the parts of one section, but for what makes a Service."""
    found: list[Refusal] = []
    for place, judge in _parts({section: user}, (), off):
        if paths and place[-1] == "secretName":
            continue
        if not any(wrong[: len(place)] == place or place[: len(wrong)] == wrong for wrong in aside):
            given = tree.at(values, place[1:])
            # what a template comes to that was not worked out is not judged
            if not isinstance(given, str) or "{{" not in given:
                found += below(place, judge(given))
                found += below(place, since.refusals(given, version))
    return tuple(found)


def _certain(is_on: Callable[[], Any]) -> bool:
    """False also where that hangs on a value that is wrong."""
    try:
        return bool(is_on())
    except SetAside:
        return False


# what a part of a Service's specification is made from: the longest beginning of a path counts
Origins = dict[Path, Path]


def _dns_service(
    given: Mapping[str, Any], place: Path, s: Settings
) -> Iterator[tuple[dict[str, Any], Origins]]:
    if _certain(lambda: s.dns_proxy):
        # the proxy's Service, which takes the place of the other, has no further fields
        given = {**given, "additionalSpec": None}
    yield _service(given, place, [({"name": "dns", "port": 53}, {})])


def _ui_service(
    given: Mapping[str, Any], place: Path, s: Settings
) -> Iterator[tuple[dict[str, Any], Origins]]:
    try:
        names = ["http"] if not (s.tls and s.values["global"]["tls"]["httpsOnly"]) else []
        names += ["https"] if s.tls else []
    except SetAside:
        return
    ports = mapped(given.get("port"))
    yield _service(
        given,
        place,
        [({"name": name, "port": ports.get(name)}, {"port": (*place, "port", name)}) for name in names],
    )


def _mesh_service(
    given: Mapping[str, Any], place: Path, _: Settings
) -> Iterator[tuple[dict[str, Any], Origins]]:
    numbers = {"port": given.get("port"), "nodePort": given.get("nodePort") or None}
    yield _service(given, place, [(numbers, {key: (*place, key) for key in numbers})])


def _gateway_services(
    section: Mapping[str, Any], place: Path, _: Settings
) -> Iterator[tuple[dict[str, Any], Origins]]:
    """Those of ingress gateways: each field from the gateway or, where it has none, from the defaults."""
    standard = mapped(mapped(section.get("defaults")).get("service"))
    for number, gateway in items(section, "gateways"):
        own = mapped(mapped(gateway).get("service"))
        at: dict[str, Path] = {
            key: (*place, *number, "service") if own.get(key) else (*place, "defaults", "service")
            for key in ("type", "ports", "additionalSpec")
        }
        given = {key: own.get(key) or standard.get(key) for key in at}
        ports = [
            (
                {"name": f"gateway-{index}", "port": mapped(port).get("port")},
                {"port": (*at["ports"], "ports", index, "port")},
            )
            for index, port in enumerate(given["ports"] if isinstance(given["ports"], list) else [])
        ]
        spec, origins = _service(given, at["additionalSpec"], ports)
        yield spec, {**origins, ("type",): (*at["type"], "type"), ("ports",): (*at["ports"], "ports")}


def _service(
    given: Mapping[str, Any], place: Path, ports: Sequence[tuple[dict[str, Any], Mapping[str, Path]]]
) -> tuple[dict[str, Any], Origins]:
    more = mapped(given.get("additionalSpec"))
    spec: dict[str, Any] = {"type": given.get("type"), "clusterIP": given.get("clusterIP")}
    spec["ports"] = [port for port, _ in ports]
    origins: Origins = {(): place, ("type",): (*place, "type"), ("clusterIP",): (*place, "clusterIP")}
    for number, (_, fields) in enumerate(ports):
        origins |= {("ports", number, key): path for key, path in fields.items()}
    origins |= {(key,): (*place, "additionalSpec", key) for key in more}
    return {**spec, **more}, origins


# the sections that hold the fields of a Service
_SERVICES: Mapping[Path, Callable[..., Iterator[tuple[dict[str, Any], Origins]]]] = {
    ("dns",): _dns_service,
    ("ui", "service"): _ui_service,
    ("meshGateway", "service"): _mesh_service,
    ("ingressGateways",): _gateway_services,
}


def _parts(node: Any, path: Path, off: Collection[Path]) -> Iterator[tuple[Path, Judge]]:
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, item in entries:
        here = (*path, key)
        if here in off or item is None:
            continue
        # what is empty adds nothing
        judge = PARTS.get(key) if isinstance(key, str) and item != {} else None
        if path and path[-1] == "containerSecurityContext":
            judge = pods.container_security
        if judge is not None:
            yield here, judge
        elif isinstance(item, (dict, list)):
            yield from _parts(item, here, off)


__all__ = ["PARTS", "check"]
