"""Rules about what the Kubernetes API refuses, or takes in another sense than was meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from chartgen import lazy_regex, names, schema
from chartgen.diagnostics import Path, dotted
from chartgen.kubernetes.formats import amount
from chartgen.kubernetes.pods import CONTAINER_ONLY
from chartgen.kubernetes.refusal import mapped
from chartgen.rules.clash import Clash, Rule, Values, Weight, at, whole_number
from chartgen.settings import Settings
from chartgen.values import helm_scalar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

_MIB = 1024**2


def switches(v: Values, s: Settings) -> Mapping[Path, Callable[[], Any]]:
    """For sections, and parts below them, what says whether anything is made of them."""
    return {
        ("global", "acls"): lambda: s.acl_init, ("server",): lambda: s.server, ("client",): lambda: s.client,
        ("syncCatalog",): lambda: s.sync_catalog, ("connectInject",): lambda: s.connect_inject,
        ("webhookCertManager",): lambda: s.connect_inject, ("meshGateway",): lambda: s.mesh_gateway,
        ("ingressGateways",): lambda: s.ingress_gateways, ("terminatingGateways",): lambda: s.terminating_gateways,
        ("telemetryCollector",): lambda: s.telemetry_collector, ("dns",): lambda: s.dns or s.dns_proxy,
        ("server", "snapshotAgent"): lambda: v["server"]["snapshotAgent"]["enabled"],
        ("server", "exposeService"): lambda: s.expose_servers,
        ("server", "securityContext"): lambda: not s.openshift,
        ("server", "containerSecurityContext", "aclInit"): lambda: s.acl_init,
        ("server", "containerSecurityContext", "tlsInit"): lambda: s.tls_init,
        ("client", "securityContext"): lambda: not s.openshift,
        ("client", "containerSecurityContext"): lambda: not s.openshift,
        ("client", "containerSecurityContext", "aclInit"): lambda: s.acls,
        ("client", "containerSecurityContext", "tlsInit"): lambda: s.tls,
        ("connectInject", "cni"): lambda: s.cni, ("ui",): lambda: s.server and s.ui,
        ("ui", "service"): lambda: v["ui"]["service"]["enabled"],
        ("ui", "ingress"): lambda: v["ui"]["ingress"]["enabled"] and v["ui"]["service"]["enabled"],
    }  # fmt: skip


def _resources(v: Values, s: Settings) -> _Resources:
    """Each `resources` that is a map, of what is on, in gateways too."""
    return s.values.once("resources of what is on", lambda: tuple(_of_what_is_on(v, s)))


_Resources: TypeAlias = "tuple[tuple[Path, Mapping[str, Any]], ...]"


def _of_what_is_on(v: Values, s: Settings) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    on, known = switches(v, s), dict[Path, bool]()
    for path, resources in s.resources:
        above = path[:-1]
        if above not in known:
            known[above] = all(on[path[:size]]() for size in range(1, len(path)) if path[:size] in on)
        if known[above]:
            yield path, resources


def requests_above_limits(v: Values, s: Settings) -> Iterator[Clash]:
    """Kubernetes refuses a container that asks for more than it may use; a limit that is not set has a default."""
    for path, resources in _resources(v, s):
        requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
        for name in requests if isinstance(limits, Mapping) and isinstance(requests, Mapping) else ():
            asked, allowed = amount(requests[name]), amount(limits.get(name))
            if asked is not None and allowed is not None and asked > allowed:
                yield Clash(
                    f"{dotted(path)} asks for more {name} ({requests[name]}) than its limit ({limits[name]})",
                    ((*path, "requests", name), (*path, "limits", name)),
                    f"raise limits.{name} too, or set it to null for none",
                )


def memory_without_unit(v: Values, s: Settings) -> Iterator[Clash]:
    """A bare number is bytes and `m` a thousandth of one: no container starts with that little memory."""
    for path, resources in _resources(v, s):
        for kind in ("requests", "limits"):
            memory = mapped(resources.get(kind)).get("memory")
            size = amount(memory)
            if size is not None and 0 < size < _MIB:
                number = re.sub(r"[^0-9.].*", "", str(memory))
                yield Clash(
                    f"{dotted((*path, kind, 'memory'))} is less than one MiB",
                    ((*path, kind, "memory"),),
                    f"write {number}Mi for mebibytes",
                )


def server_storage_unset(v: Values, s: Settings) -> Clash | None:
    """Each server has a volume, and a volume has a size: without one Kubernetes refuses the servers."""
    if s.server and not amount(v["server"]["storage"] or 0):
        return Clash(
            "the servers' volumes have no size", ("server.storage",), "set server.storage: 10Gi or more"
        )
    return None


def container_security_in_pod(v: Values, s: Settings) -> Iterator[Clash]:
    """The jobs of ACLs and TLS set their pod to what is given for their container, and a pod has not all of its fields."""
    for name, on in (("aclInit", s.acl_init), ("tlsInit", s.tls_init)):
        given = v["server"]["containerSecurityContext"][name]
        for field in CONTAINER_ONLY if on and isinstance(given, Mapping) else ():
            if given.get(field) is not None:
                yield Clash(
                    f"{field} is of containers, and the job's pod gets it too, which Kubernetes refuses",
                    (("server", "containerSecurityContext", name, field),),
                    "leave it out: the job's container has no privileges beyond its image's as it is",
                )


def server_storage_too_small(v: Values, s: Settings) -> Clash | None:
    """Consul's log alone takes files of 64 MiB; a number without a unit is bytes."""
    size = amount(v["server"]["storage"])
    if s.server and size and size < 64 * _MIB:
        return Clash(
            f"{v['server']['storage']} is too small a volume for a server",
            ("server.storage",),
            "use 10Gi or more",
        )
    return None


NodePort: TypeAlias = "tuple[Path, Any, str]"


def _node_ports(v: Values, s: Settings) -> Iterator[NodePort]:
    """(path, number, type of the Service) of each node port that is set in a component that is on."""
    found: list[tuple[str, Any]] = []
    if s.expose_servers:
        kind = v["server"]["exposeService"]["type"]
        found += [
            (f"server.exposeService.nodePort.{name}", kind)
            for name in v["server"]["exposeService"]["nodePort"]
        ]
    if s.ui and v["ui"]["service"]["enabled"]:
        # without TLS there is no https port, and with httpsOnly no http one
        only = v["global"]["tls"]["httpsOnly"]
        ports = ("https",) if s.tls and only else ("http", "https") if s.tls else ("http",)
        found += [(f"ui.service.nodePort.{name}", v["ui"]["service"]["type"]) for name in ports]
    if s.mesh_gateway:
        found.append(("meshGateway.service.nodePort", v["meshGateway"]["service"]["type"]))
    for path, kind in found:
        if at(v, path):
            yield tuple(path.split(".")), at(v, path), kind or "ClusterIP"
    if s.ingress_gateways:
        standard = v["ingressGateways"]["defaults"]["service"]
        for place, gateway in enumerate(v["ingressGateways"]["gateways"] or []):
            own = gateway.get("service") or {} if isinstance(gateway, Mapping) else {}
            where: Path = ("ingressGateways", "gateways", place, "service", "ports")
            for number, port in enumerate(own.get("ports") or []):
                if isinstance(port, Mapping) and port.get("nodePort"):
                    path_ = (*where, number, "nodePort")
                    yield path_, port["nodePort"], own.get("type") or standard["type"]


def node_port_repeated(v: Values, s: Settings) -> Iterator[Clash]:
    """A node port belongs to one Service port in the whole cluster."""
    taken: dict[Any, Path] = {}
    for path, number, kind in _node_ports(v, s):
        if kind != "ClusterIP" and number in taken:
            yield Clash(
                f"node port {number} is asked for twice", (path, taken[number]), "choose another number"
            )
        taken.setdefault(number, path)


def node_port_out_of_range(v: Values, s: Settings) -> Iterator[Clash]:
    """Node ports lie between 30000 and 32767, unless the API server was started with another range."""
    for path, number, _ in _node_ports(v, s):
        if isinstance(number, int) and not 30000 <= number <= 32767:
            yield Clash(
                f"node port {number} is outside the usual range",
                (path,),
                "use 30000 to 32767, or null to let Kubernetes choose",
            )


def node_port_of_cluster_ip(v: Values, s: Settings) -> Iterator[Clash]:
    """Only Services of type NodePort and LoadBalancer have node ports, and the chart leaves them out elsewhere."""
    for path, number, kind in _node_ports(v, s):
        # that of the mesh gateway is not left out, and told as what Kubernetes refuses
        if kind == "ClusterIP" and path[0] != "meshGateway":
            section = path[: path.index("service") + 1] if "service" in path else path[:2]
            yield Clash(
                f"node port {number} is set and the Service is of type ClusterIP",
                (path, (*section, "type")),
                f"set {dotted((*section, 'type'))}: NodePort",
            )


# what selectors of the chart go by
_OWN_LABELS = ("app", "component", "release", "chart")


def label_of_the_chart(v: Values, s: Settings) -> Iterator[Clash]:
    """Services and controllers find their pods by these labels; with another value they find none."""
    for section in (section for section, default in schema.defaults().items() if "extraLabels" in default):
        labels = v[section]["extraLabels"] if section == "global" or s.on(section) else None
        for key in _OWN_LABELS:
            if isinstance(labels, Mapping) and key in labels:
                yield Clash(
                    f"the label {key} is the chart's own: its selectors go by it",
                    ((section, "extraLabels", key),),
                    "choose another name, such as example.com/" + key,
                )


def server_budget_below_quorum(v: Values, s: Settings) -> Clash | None:
    """More servers down at once than a minority is the end of the quorum, and of every write."""
    budget, replicas = v["server"]["disruptionBudget"], whole_number(v["server"]["replicas"])
    down = whole_number(budget["maxUnavailable"])
    if s.server and budget["enabled"] and replicas > 1 and down > (replicas - 1) // 2:
        return Clash(
            f"{down} of {replicas} servers may be taken away at once, and the rest is no majority",
            ("server.disruptionBudget.maxUnavailable", "server.replicas"),
            f"leave it out, or set it to {(replicas - 1) // 2}",
        )
    return None


def injector_budget_given_twice(v: Values, s: Settings) -> Clash | None:
    """A disruption budget says how many pods stay, or how many may go."""
    budget = v["connectInject"]["disruptionBudget"]
    if s.connect_inject and budget["enabled"] and budget["minAvailable"] and budget["maxUnavailable"]:
        return Clash(
            "the injector's disruption budget is given in two ways, of which minAvailable counts",
            ("connectInject.disruptionBudget.maxUnavailable", "connectInject.disruptionBudget.minAvailable"),
            "keep one of the two",
        )
    return None


def host_network_without_cluster_dns(v: Values, s: Settings) -> Iterator[Clash]:
    """A pod in its node's network resolves names as the node does, so it does not find Services of the cluster."""
    for section, on in (("client", s.client), ("meshGateway", s.mesh_gateway)):
        values = v[section]
        # agents that join addresses need no names of the cluster
        needs = s.server and not (section == "client" and values["join"])
        if on and needs and values["hostNetwork"] and values["dnsPolicy"] != "ClusterFirstWithHostNet":
            yield Clash(
                f"{section}'s pods are in the nodes' network and cannot resolve the servers' Service",
                (f"{section}.hostNetwork", f"{section}.dnsPolicy"),
                f"set {section}.dnsPolicy: ClusterFirstWithHostNet",
            )


def gossip_host_ports_clash(v: Values, s: Settings) -> Clash | None:
    """Two pods cannot open one port of a node: a server and a client agent would keep each other off.

    Where servers have nodes of their own, by selectors, affinity or taints, they never meet: a warning.
    """
    apart = any(
        (
            v["client"]["nodeSelector"],
            v["client"]["affinity"],
            v["server"]["nodeSelector"],
            v["server"]["tolerations"],
        )
    )
    if (
        s.server
        and s.client
        and v["server"]["exposeGossipAndRPCPorts"]
        and v["client"]["exposeGossipPorts"]
        and whole_number(v["server"]["ports"]["serflan"]["port"]) == 8301
    ):
        return Clash(
            "servers and client agents both want port 8301 of their node",
            ("server.exposeGossipAndRPCPorts", "client.exposeGossipPorts", "server.ports.serflan.port"),
            "move the servers': set server.ports.serflan.port: 9301",
            doubtful=apart,
        )
    return None


def pod_security_policies_gone(v: Values, s: Settings) -> Clash | None:
    """Kubernetes 1.25 and later have no PodSecurityPolicy, and refuse the objects."""
    if s.pod_security_policies:
        return Clash(
            "pod security policies exist up to Kubernetes 1.24 only",
            ("global.enablePodSecurityPolicies",),
            "use Pod Security Admission: label the namespace with pod-security.kubernetes.io/enforce",
        )
    return None


# the chart's name without quotes around it, as the servers' default affinity has it
_BARE_NAME = lazy_regex.compile(r':[ \t]+\{\{-?\s*(?:template|include)\s+"consul\.name"')


def name_read_as_number(v: Values, s: Settings) -> Clash | None:
    """The servers' default affinity selects pods by the chart's name, which stands there without quotes.

    A name that YAML reads as a number, a switch or nothing is no value of a label, and Kubernetes refuses the servers.
    """
    name = v.get("nameOverride")
    if not s.server or not isinstance(name, str) or not name:
        return None
    affinity = v["server"]["affinity"]
    if isinstance(helm_scalar.plain(names.short(name)), str) or not isinstance(affinity, str):
        return None
    if not _BARE_NAME.search(affinity):
        return None
    return Clash(
        f"nameOverride is no text where server.affinity names it: YAML reads {name} otherwise",
        ("nameOverride", "server.affinity"),
        "choose a name with a letter in it",
        expected="a name that YAML reads as text",
    )


def mesh_gateway_port_unset(v: Values, s: Settings) -> Clash | None:
    """A gateway listens on a port of its pod, and Kubernetes takes no port without a number."""
    if s.mesh_gateway and v["meshGateway"].get("containerPort") is None:
        return Clash(
            "mesh gateways have no port to listen on",
            ("meshGateway.containerPort",),
            "leave meshGateway.containerPort out: it is 8443",
        )
    return None


RULES: tuple[tuple[Weight, Rule], ...] = (
    ("harmful", mesh_gateway_port_unset),
    ("harmful", name_read_as_number),
    ("harmful", requests_above_limits),
    ("harmful", memory_without_unit),
    ("harmful", server_storage_unset),
    ("unwise", server_storage_too_small),
    ("harmful", container_security_in_pod),
    ("harmful", node_port_repeated),
    ("unwise", node_port_out_of_range),
    ("unwise", node_port_of_cluster_ip),
    ("harmful", label_of_the_chart),
    ("unwise", server_budget_below_quorum),
    ("unwise", injector_budget_given_twice),
    ("unwise", host_network_without_cluster_dns),
    ("harmful", gossip_host_ports_clash),
    ("unwise", pod_security_policies_gone),
)
