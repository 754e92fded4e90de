"""Services and Ingresses: what `ValidateServiceCreate` and `ValidateIngressCreate` refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chartgen.kubernetes import formats
from chartgen.kubernetes.formats import unknown
from chartgen.kubernetes.labels import labels
from chartgen.kubernetes.refusal import Refusal, below, formed, items, mapped, part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_OUTSIDE = ("NodePort", "LoadBalancer")
_DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")


def service(spec: Any) -> Iterator[Refusal]:
    """The specification of a Service."""
    if not isinstance(spec, Mapping):
        return
    kind = spec.get("type") or "ClusterIP"
    if not isinstance(kind, str) or unknown(kind):
        return
    yield from _of_type(spec, kind)
    yield from _ports(spec, kind)
    yield from below(("selector",), labels(spec.get("selector")))
    yield from _addresses(spec, kind)
    seconds = part(part(spec, "sessionAffinityConfig"), "clientIP").get("timeoutSeconds")
    if spec.get("sessionAffinity") == "ClientIP" and isinstance(seconds, int) and not 1 <= seconds <= 86400:
        yield Refusal(
            ("sessionAffinityConfig", "clientIP", "timeoutSeconds"), f"{seconds} seconds", "1 to 86400"
        )
    wish = spec.get("trafficDistribution")
    if isinstance(wish, str) and not unknown(wish) and wish not in _DISTRIBUTIONS:
        yield Refusal(
            ("trafficDistribution",), f"the distribution {wish}", "one of " + ", ".join(_DISTRIBUTIONS)
        )


def _of_type(spec: Mapping[str, Any], kind: str) -> Iterator[Refusal]:
    """Fields that only some types of Services have."""
    policy = spec.get("externalTrafficPolicy")
    balanced = kind == "LoadBalancer"
    if policy and kind not in _OUTSIDE and not spec.get("externalIPs"):
        yield Refusal(
            ("externalTrafficPolicy",),
            f"a Service of type {kind} has no traffic from outside",
            "type NodePort or LoadBalancer",
        )
    if spec.get("healthCheckNodePort") and not (balanced and policy == "Local"):
        yield Refusal(
            ("healthCheckNodePort",), "no load balancer asks nodes for pods of their own",
            "type LoadBalancer with externalTrafficPolicy: Local",
        )  # fmt: skip
    for name in ("loadBalancerSourceRanges", "allocateLoadBalancerNodePorts", "loadBalancerClass"):
        if spec.get(name) not in (None, [], "") and not balanced:
            yield Refusal((name,), f"a Service of type {kind} has no load balancer", "type LoadBalancer")
    yield from formed(
        spec.get("loadBalancerClass") or None,
        formats.qualified_name,
        ("loadBalancerClass",),
        "no class of load balancers",
    )
    if spec.get("loadBalancerClass") == "":
        yield Refusal(
            ("loadBalancerClass",), "no class of load balancers", "a name such as example.com/balancer"
        )
    if kind == "ExternalName":
        for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            if spec.get(name):
                yield Refusal((name,), "a Service of type ExternalName has no addresses", f"no {name}")
        outside = spec.get("externalName")
        if not outside:
            yield Refusal(("externalName",), "no name that the Service stands for", "externalName")
        yield from formed(
            str(outside or "").removesuffix(".") or None,
            formats.dns_subdomain,
            ("externalName",),
            "no DNS name",
        )
    elif kind in _OUTSIDE and spec.get("clusterIP") == "None":
        yield Refusal(("clusterIP",), f"a Service of type {kind} has an address", "an IP address, or nothing")


def _ports(spec: Mapping[str, Any], kind: str) -> Iterator[Refusal]:
    ports = spec.get("ports") or []
    if not ports and spec.get("clusterIP") != "None" and kind != "ExternalName":
        yield Refusal(("ports",), "no ports", "at least one port")
    names: set[Any] = set()
    numbers: set[tuple[Any, Any]] = set()
    node_ports: set[tuple[Any, Any]] = set()
    for path, port in items(spec, "ports"):
        if not isinstance(port, Mapping):
            continue
        name, number, outer = port.get("name"), port.get("port"), port.get("nodePort")
        protocol = port.get("protocol") or "TCP"
        if not name and len(ports) > 1:
            yield Refusal((*path, "name"), "one of several ports has no name", "name")
        yield from formed(name or None, formats.dns_label, (*path, "name"), "no name of a port")
        if name and name in names:
            yield Refusal((*path, "name"), f"two ports are called {name}", "another name")
        names.add(name)
        if isinstance(number, int) and not 1 <= number <= 65535:
            yield Refusal((*path, "port"), f"{number} is no port", "1 to 65535")
        if number is None:
            yield Refusal((*path, "port"), "a port has no number", "1 to 65535")
        elif (protocol, number) in numbers:
            yield Refusal((*path, "port"), f"port {number} is there twice", "another port")
        numbers.add((protocol, number))
        target = port.get("targetPort")
        if (
            isinstance(target, int)
            and not isinstance(target, bool)
            and not 1 <= target <= 65535
            and target != 0
        ):
            yield Refusal((*path, "targetPort"), f"{target} is no port", "1 to 65535")
        yield from formed(target or None, formats.port_name, (*path, "targetPort"), "no name of a port")
        if outer and kind == "ClusterIP":
            yield Refusal(
                (*path, "nodePort"),
                "a Service of type ClusterIP has no ports of nodes",
                "type NodePort or LoadBalancer",
            )
        if outer and (protocol, outer) in node_ports:
            yield Refusal((*path, "nodePort"), f"port {outer} of the nodes is there twice", "another port")
        node_ports.add((protocol, outer))
        yield from formed(
            port.get("appProtocol"), formats.qualified_name, (*path, "appProtocol"), "no protocol"
        )


def _addresses(spec: Mapping[str, Any], kind: str) -> Iterator[Refusal]:
    address, several = spec.get("clusterIP"), spec.get("clusterIPs") or []
    if kind == "ExternalName":
        return
    if isinstance(address, str) and address not in ("", "None"):
        yield from formed(address, formats.ip_address, ("clusterIP",), f"{address} is no address")
    if several and address and several[0] != address:
        yield Refusal(("clusterIPs",), "the first of several addresses is not clusterIP", str(address))
    elif several and not address and unknown(several[0]) is False and several[0] == "":
        yield Refusal(("clusterIPs",), "an empty address", "an IP address")
    if len(several) > 2:
        yield Refusal(("clusterIPs",), f"{len(several)} addresses", "at most one of each family")
    families = [formats.ip_family(str(given)) for given in several]
    if len(several) == 2 and families[0] == families[1] and families[0]:
        yield Refusal(("clusterIPs",), "two addresses of one family", "at most one of each family")
    for path, given in items(spec, "clusterIPs"):
        if given != "None":
            yield from formed(given, formats.ip_address, path, f"{given} is no address")
        elif len(several) > 1:
            yield Refusal(path, "None beside an address", "None alone")
    for path, given in items(spec, "externalIPs"):
        yield from formed(given, formats.ip_address, path, f"{given} is no address")
    for path, given in items(spec, "loadBalancerSourceRanges"):
        yield from formed(given, formats.cidr, path, f"{given} is no block of addresses")
    wanted = [family for _, family in items(spec, "ipFamilies")]
    if len({*map(str, wanted)}) < len(wanted):
        yield Refusal(("ipFamilies",), "a family is there twice", "each family once")
    for family, given in zip(wanted, several or [address], strict=False):
        number = formats.ip_family(str(given))
        if number and family != f"IPv{number}":
            yield Refusal(("ipFamilies",), f"{given} is no address of the family {family}", f"IPv{number}")
    if len(wanted) == 2 and spec.get("ipFamilyPolicy") in (None, "", "SingleStack"):
        yield Refusal(
            ("ipFamilies",),
            "two families and one is asked for",
            "ipFamilyPolicy: PreferDualStack or RequireDualStack",
        )


def ingress(spec: Any) -> Iterator[Refusal]:
    """The specification of an Ingress."""
    if not isinstance(spec, Mapping):
        return
    if not spec.get("rules") and not spec.get("defaultBackend"):
        yield Refusal(("rules",), "no host and no default", "at least one host")
    yield from formed(
        spec.get("ingressClassName"),
        formats.dns_subdomain,
        ("ingressClassName",),
        "no name of an IngressClass",
    )
    for path, entry in items(spec, "tls"):
        for place, host in items(entry, "hosts"):
            yield from formed(host, ingress_host, (*path, *place), "no host")
        yield from formed(
            mapped(entry).get("secretName") or None,
            formats.dns_subdomain,
            (*path, "secretName"),
            "no name of a Secret",
        )
    for path, rule in items(spec, "rules"):
        host = mapped(rule).get("host")
        yield from formed(host or None, ingress_host, (*path, "host"), "no host")
        for place, way in items(mapped(rule).get("http"), "paths"):
            if not isinstance(way, Mapping):
                continue
            kind, where = way.get("pathType"), way.get("path")
            if kind is None:
                yield Refusal(
                    (*path, "http", *place, "pathType"),
                    "no type of path",
                    "Exact, Prefix or ImplementationSpecific",
                )
            if kind in ("Exact", "Prefix") and isinstance(where, str) and not unknown(where):
                broken = next((text for text in ("//", "/./", "/../", "%2f", "%2F") if text in where), "")
                broken = broken or next((text for text in ("/..", "/.") if where.endswith(text)), "")
                if not where.startswith("/") or broken:
                    yield Refusal(
                        (*path, "http", *place, "path"),
                        f"no path: {where}",
                        "a path that begins with /, without . and .. parts",
                    )
            elif where and isinstance(where, str) and not unknown(where) and not where.startswith("/"):
                yield Refusal(
                    (*path, "http", *place, "path"), f"no path: {where}", "a path that begins with /"
                )


def ingress_host(text: str) -> str | None:
    """A host of an Ingress: a DNS name, its first label may be a star; no address."""
    if unknown(text):
        return None
    if formats.ip_family(text) or formats.dns_subdomain(text.removeprefix("*.")):
        return "a host name such as consul.example.com or *.example.com"
    return None
