"""Rules about the injector, the gateways, catalog sync, the UI and telemetry."""

from __future__ import annotations

from collections.abc import Iterator

from chartgen.diagnostics import Path
from chartgen.rules.clash import Clash, Rule, Values, Weight, whole_number
from chartgen.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def cni_without_injector(v: Values, s: Settings) -> Clash | None:
    """The network plug-in acts on pods that the injector has marked."""
    if s.cni and not v["connectInject"]["enabled"]:
        return Clash(
            "the CNI plug-in is on and the injector is off",
            ("connectInject.cni.enabled", "connectInject.enabled"),
            "set connectInject.enabled: true, or connectInject.cni.enabled: false",
        )
    return None


def _without_injector(v: Values, key: str, what: str) -> Clash | None:
    if v["connectInject"]["enabled"]:
        return None
    return Clash(
        f"{what} on and the injector that registers them in Consul is off",
        (f"{key}.enabled", "connectInject.enabled"),
        f"set connectInject.enabled: true, or {key}.enabled: false",
    )


def mesh_gateway_without_injector(v: Values, s: Settings) -> Clash | None:
    """The injector's controllers register gateways in Consul."""
    return _without_injector(v, "meshGateway", "mesh gateways are") if s.mesh_gateway else None


def ingress_gateway_without_injector(v: Values, s: Settings) -> Clash | None:
    """The injector's controllers register gateways in Consul."""
    return _without_injector(v, "ingressGateways", "ingress gateways are") if s.ingress_gateways else None


def terminating_gateway_without_injector(v: Values, s: Settings) -> Clash | None:
    """The injector's controllers register gateways in Consul."""
    return (
        _without_injector(v, "terminatingGateways", "terminating gateways are")
        if s.terminating_gateways
        else None
    )


def telemetry_collector_without_injector(v: Values, s: Settings) -> Clash | None:
    """The injector's controllers register the collector in Consul."""
    return (
        _without_injector(v, "telemetryCollector", "the telemetry collector's pods are")
        if s.telemetry_collector
        else None
    )


def gateways_with_dash_injector(v: Values, s: Settings) -> Clash | None:
    """ "-" follows global.enabled: off, while gateways that need the injector are on.

    With outside servers it is a warning: the injector of another release in this cluster may register them.
    """
    on = [
        key
        for key, flag in (
            ("meshGateway", s.mesh_gateway),
            ("ingressGateways", s.ingress_gateways),
            ("terminatingGateways", s.terminating_gateways),
        )
        if flag
    ]
    if on and v["connectInject"]["enabled"] == "-" and not v["global"]["enabled"]:
        return Clash(
            'gateways are on, and the injector\'s "-" follows global.enabled, which is off',
            (f"{on[0]}.enabled", "connectInject.enabled", "global.enabled"),
            "set connectInject.enabled: true",
            doubtful=s.external_servers,
        )
    return None


def mesh_gateway_renamed_with_acls(v: Values, s: Settings) -> Clash | None:
    """The ACL job grants a token for the usual service name only."""
    name = v["meshGateway"]["consulServiceName"]
    if s.mesh_gateway and s.acls and name not in ("", "mesh-gateway", None):
        return Clash(
            "with ACLs on the mesh gateway's service keeps its name",
            ("meshGateway.consulServiceName", "global.acls.manageSystemACLs"),
            "leave the name at mesh-gateway",
        )
    return None


def mesh_service_name_empty(v: Values, s: Settings) -> Clash | None:
    """A gateway cannot register under an empty name."""
    if s.mesh_gateway and not v["meshGateway"]["consulServiceName"]:
        return Clash(
            "the mesh gateway's service has no name",
            ("meshGateway.consulServiceName",),
            "leave it at mesh-gateway",
        )
    return None


def mesh_wan_static_without_address(v: Values, s: Settings) -> Clash | None:
    """A gateway that advertises a fixed address needs one."""
    wan = v["meshGateway"]["wanAddress"]
    if (
        (s.mesh_gateway or v["connectInject"]["enabled"])
        and wan["source"] == "Static"
        and wan["static"] == ""
    ):
        return Clash(
            "the mesh gateway advertises a fixed address and none is given",
            ("meshGateway.wanAddress.source", "meshGateway.wanAddress.static"),
            "set meshGateway.wanAddress.static",
        )
    return None


def mesh_wan_unknown_source(v: Values, s: Settings) -> Clash | None:
    """The controller knows four sources of a gateway's address."""
    source = v["meshGateway"]["wanAddress"]["source"]
    if s.mesh_gateway and source not in ("NodeIP", "NodeName", "Static", "Service"):
        return Clash(
            f"{source} is no source of the gateway's address",
            ("meshGateway.wanAddress.source",),
            expected="NodeIP, NodeName, Static or Service",
        )
    return None


def mesh_wan_service_nodeport_unset(v: Values, s: Settings) -> Clash | None:
    """The advertised port must be known beforehand; Kubernetes would choose any."""
    gateway = v["meshGateway"]
    if (
        s.mesh_gateway
        and gateway["wanAddress"]["source"] == "Service"
        and gateway["service"]["type"] == "NodePort"
        and not gateway["service"]["nodePort"]
    ):
        return Clash(
            "the mesh gateway advertises a node port and none is fixed",
            ("meshGateway.service.type", "meshGateway.service.nodePort"),
            "set meshGateway.service.nodePort",
        )
    return None


def removed_mesh_global_mode(v: Values, s: Settings) -> Clash | None:
    """How services use mesh gateways is now said by a ProxyDefaults resource."""
    if s.mesh_gateway and v["meshGateway"].get("globalMode"):
        return Clash(
            "meshGateway.globalMode is gone",
            ("meshGateway.globalMode",),
            "set spec.meshGateway.mode of a ProxyDefaults resource",
        )
    return None


def _gateways(v: Values, key: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    for position, gateway in enumerate(v[key]["gateways"] or []):
        if isinstance(gateway, dict):
            yield (key, "gateways", position), gateway


def _names(v: Values, key: str) -> Iterator[Clash]:
    seen: dict[Any, Path] = {}
    for path, gateway in _gateways(v, key):
        name = gateway.get("name")
        if not name:
            yield Clash("a gateway has no name", (path,), "give each gateway a name of its own")
        elif name in seen:
            yield Clash(
                f"two gateways are called {name}",
                ((*path, "name"), (*seen[name], "name")),
                "give each gateway a name of its own",
            )
        seen.setdefault(name, path)


def ingress_names(v: Values, s: Settings) -> Iterator[Clash]:
    """Each ingress gateway's objects and Consul service are called by its name."""
    if s.ingress_gateways:
        yield from _names(v, "ingressGateways")


def terminating_names(v: Values, s: Settings) -> Iterator[Clash]:
    """Each terminating gateway's objects and Consul service are called by its name."""
    if s.terminating_gateways:
        yield from _names(v, "terminatingGateways")


def terminating_name_taken_by_ingress(v: Values, s: Settings) -> Iterator[Clash]:
    """Both kinds of gateway name their objects alike, so one would overwrite the other."""
    taken = {gateway.get("name"): path for path, gateway in _gateways(v, "ingressGateways")}
    for path, gateway in _gateways(v, "terminatingGateways") if s.terminating_gateways else ():
        name = gateway.get("name")
        if name and name in taken:
            yield Clash(
                f"an ingress gateway is called {name} too",
                ((*path, "name"), (*taken[name], "name")),
                "rename one of them",
            )


def gateway_name_collides_with_component(v: Values, s: Settings) -> Iterator[Clash]:
    """A gateway called like a component gets objects of the same names, and replaces them."""
    taken = {
        "server",
        "client",
        "connect-injector",
        "mesh-gateway",
        "ui",
        "dns",
        "dns-proxy",
        "sync-catalog",
        "telemetry-collector",
        "webhook-cert-manager",
        "auth-method",
        "cni",
        "prometheus",
    }
    for key, on in (("ingressGateways", s.ingress_gateways), ("terminatingGateways", s.terminating_gateways)):
        for path, gateway in _gateways(v, key) if on else ():
            if gateway.get("name") in taken:
                yield Clash(
                    f"{gateway['name']} is the name of a component", ((*path, "name"),), "choose another name"
                )


def ingress_ports(v: Values, s: Settings) -> Iterator[Clash]:
    """The first port is the one that a gateway advertises; every port needs a number."""
    if not s.ingress_gateways:
        return
    standard = v["ingressGateways"]["defaults"]["service"]
    for path, gateway in _gateways(v, "ingressGateways"):
        own = gateway.get("service") or {}
        kind = own.get("type") or standard["type"]
        ports = own.get("ports") or standard["ports"]
        where: Path = (
            (*path, "service", "ports")
            if own.get("ports")
            else ("ingressGateways", "defaults", "service", "ports")
        )
        if not ports:
            yield Clash("an ingress gateway listens on no port", (where,), "list at least one port")
            continue
        number = "nodePort" if kind == "NodePort" else "port"
        for position, port in enumerate(ports):
            if not (port or {}).get(number) and position == 0:
                yield Clash(
                    f"an ingress gateway's first port has no {number}",
                    ((*where, position),),
                    f"set {number}: it is what the gateway advertises",
                )


def ingress_later_port_unset(v: Values, s: Settings) -> Iterator[Clash]:
    """A later port without a number comes out empty, and the Kubernetes API refuses the Service."""
    if not s.ingress_gateways:
        return
    standard = v["ingressGateways"]["defaults"]["service"]
    for path, gateway in _gateways(v, "ingressGateways"):
        own = gateway.get("service") or {}
        where: Path = (
            (*path, "service", "ports")
            if own.get("ports")
            else ("ingressGateways", "defaults", "service", "ports")
        )
        for position, port in enumerate(own.get("ports") or standard["ports"] or []):
            if position and not (port or {}).get("port"):
                yield Clash("a port of an ingress gateway has no number", ((*where, position),), "set port")


def collector_without_image(v: Values, s: Settings) -> Clash | None:
    """There is no other image that the collector could run."""
    if s.telemetry_collector and not v["telemetryCollector"]["image"]:
        return Clash(
            "the telemetry collector has no image",
            ("telemetryCollector.image",),
            "set telemetryCollector.image",
            "an image",
        )
    return None


def hide_hostname_without_agent_metrics(v: Values, s: Settings) -> Clash | None:
    """The option shapes the agents' own metrics, which are not emitted."""
    metrics = v["global"]["metrics"]
    if (
        s.server
        and metrics["enabled"]
        and metrics["disableAgentHostName"]
        and not metrics["enableAgentMetrics"]
    ):
        return Clash(
            "host names are hidden from metrics that agents do not emit",
            ("global.metrics.disableAgentHostName", "global.metrics.enableAgentMetrics"),
            "set global.metrics.enableAgentMetrics: true, or global.metrics.disableAgentHostName: false",
        )
    return None


def hide_hostname_without_metrics(v: Values, s: Settings) -> Clash | None:
    """The switch for all metrics is off, so those below it do nothing."""
    metrics = v["global"]["metrics"]
    if (
        s.server
        and not metrics["enabled"]
        and metrics["disableAgentHostName"]
        and metrics["enableAgentMetrics"]
    ):
        return Clash(
            "agent metrics are set up and metrics are off",
            ("global.metrics.enableAgentMetrics", "global.metrics.enabled"),
            "set global.metrics.enabled: true, or global.metrics.enableAgentMetrics: false",
        )
    return None


def host_metrics_without_agent_metrics(v: Values, s: Settings) -> Clash | None:
    """Host metrics are part of the agents' metrics, which are not emitted: the switch is passed over."""
    if s.server and v["global"]["metrics"]["enableHostMetrics"] and not s.agent_metrics:
        return Clash(
            "host metrics are on and the agent metrics that carry them are off",
            ("global.metrics.enableHostMetrics", "global.metrics.enableAgentMetrics"),
            "set global.metrics.enabled and global.metrics.enableAgentMetrics: true, or remove enableHostMetrics",
        )
    return None


def datadog_without_agent_metrics(v: Values, s: Settings) -> Clash | None:
    """Datadog reads what the agents emit."""
    metrics = v["global"]["metrics"]
    if s.server and metrics["datadog"]["enabled"] and not s.agent_metrics:
        missing = "enableAgentMetrics" if metrics["enabled"] else "enabled"
        return Clash(
            "Datadog is on and agents emit no metrics",
            ("global.metrics.datadog.enabled", f"global.metrics.{missing}"),
            "set global.metrics.enabled and global.metrics.enableAgentMetrics: true, or "
            "global.metrics.datadog.enabled: false",
        )
    return None


def datadog_two_collection_methods(v: Values, s: Settings) -> Clash | None:
    """Pushed and scraped, every metric would be counted twice."""
    datadog = v["global"]["metrics"]["datadog"]
    if s.server and datadog["dogstatsd"]["enabled"] and datadog["openMetricsPrometheus"]["enabled"]:
        return Clash(
            "metrics would reach Datadog twice",
            (
                "global.metrics.datadog.dogstatsd.enabled",
                "global.metrics.datadog.openMetricsPrometheus.enabled",
            ),
            "turn one of the two off",
        )
    return None


def datadog_otlp_without_collector(v: Values, s: Settings) -> Clash | None:
    """The telemetry collector is what sends over OTLP."""
    if s.server and v["global"]["metrics"]["datadog"]["otlp"]["enabled"] and not s.telemetry_collector:
        return Clash(
            "OTLP is on and the telemetry collector that sends it is off",
            ("global.metrics.datadog.otlp.enabled", "telemetryCollector.enabled"),
            "set telemetryCollector.enabled: true, or global.metrics.datadog.otlp.enabled: false",
        )
    return None


def datadog_otlp_unknown_protocol(v: Values, s: Settings) -> Clash | None:
    """The collector exports over http or grpc."""
    protocol = v["global"]["metrics"]["datadog"]["otlp"]["protocol"]
    if s.server and str(protocol).lower() not in ("http", "grpc"):
        return Clash(
            f"{protocol} is no protocol of OTLP",
            ("global.metrics.datadog.otlp.protocol",),
            expected="http or grpc",
        )
    return None


def datadog_image_without_tag(v: Values, s: Settings) -> Clash | None:
    """The version label that Datadog shows is the image's tag."""
    if s.server and v["global"]["metrics"]["datadog"]["enabled"] and ":" not in str(v["global"]["image"]):
        return Clash(
            "Datadog's version label is the image's tag, and the image has none",
            ("global.image", "global.metrics.datadog.enabled"),
            "add a tag to global.image",
        )
    return None


def injector_replicas_none(v: Values, s: Settings) -> Clash | None:
    """Pods that should get a sidecar are refused while no injector answers, and its disruption budget is negative.

    Without that budget it is a warning: an injector at rest.
    """
    replicas = v["connectInject"]["replicas"]
    if s.connect_inject and replicas is not None and whole_number(replicas) < 1:
        return Clash(
            "the injector is on and has no replicas",
            ("connectInject.replicas",),
            "set connectInject.replicas to 1 or more, or connectInject.enabled: false",
            doubtful=not v["connectInject"]["disruptionBudget"]["enabled"],
        )
    return None


def injector_budget_blocks(v: Values, s: Settings) -> Clash | None:
    """With two replicas the disruption budget lets none go, so nodes cannot be drained."""
    inject = v["connectInject"]
    budget = inject["disruptionBudget"]
    replicas = whole_number(inject["replicas"])
    fixed = budget["maxUnavailable"] is not None or budget["minAvailable"] is not None
    if s.connect_inject and budget["enabled"] and not fixed and replicas == 2:
        return Clash(
            "with 2 replicas of the injector its disruption budget lets none go",
            ("connectInject.replicas", "connectInject.disruptionBudget.maxUnavailable"),
            "use 3 replicas, or set connectInject.disruptionBudget.maxUnavailable: 1",
        )
    return None


def ui_ingress_with_moved_port(v: Values, s: Settings) -> Clash | None:
    """The Ingress sends to port 80, with TLS to 443 as well or alone, wherever the Service's ports are."""
    port, tls = v["ui"]["service"]["port"], v["global"]["tls"]
    sends = {"http": 80 if not (s.tls and tls["httpsOnly"]) else None, "https": 443 if s.tls else None}
    moved = next((name for name, usual in sends.items() if usual and whole_number(port[name]) != usual), "")
    if s.ui and v["ui"]["ingress"]["enabled"] and v["ui"]["service"]["enabled"] and moved:
        return Clash(
            "the UI's Ingress sends to port 80 or 443, and its Service is elsewhere",
            (f"ui.service.port.{moved}", "ui.ingress.enabled"),
            "leave ui.service.port as it is",
        )
    return None


def ui_ingress_without_hosts(v: Values, s: Settings) -> Clash | None:
    """An Ingress without hosts has no rules, and Kubernetes refuses it."""
    ui = v["ui"]
    if (
        s.server
        and s.ui
        and ui["service"]["enabled"]
        and ui["ingress"]["enabled"]
        and not ui["ingress"]["hosts"]
    ):
        return Clash(
            "the UI's Ingress is on and has no hosts, and Kubernetes refuses it",
            ("ui.ingress.enabled", "ui.ingress.hosts"),
            "list the hosts in ui.ingress.hosts",
        )
    return None


def injection_without_client_grpc(v: Values, s: Settings) -> Clash | None:
    """Sidecars that talk to client agents do so over gRPC."""
    if s.connect_inject and s.client and not v["client"]["grpc"]:
        return Clash(
            "injection is on and the client agents' gRPC port is off",
            ("connectInject.enabled", "client.grpc"),
            "set client.grpc: true",
        )
    return None


def mesh_gateway_address_of_node_unreachable(v: Values, s: Settings) -> Clash | None:
    """The gateway announces its node's address, and nothing opens the announced port on the node."""
    gateway = v["meshGateway"]
    wan, service = gateway["wanAddress"], gateway["service"]
    opened = gateway["hostNetwork"] or gateway["hostPort"] or service["type"] in ("NodePort", "LoadBalancer")
    if s.mesh_gateway and wan["source"] in ("NodeIP", "NodeName") and not opened:
        return Clash(
            "the mesh gateway announces its node's address and no port of the node leads to it",
            ("meshGateway.wanAddress.source", "meshGateway.hostPort", "meshGateway.service.type"),
            "set meshGateway.hostPort to meshGateway.wanAddress.port, or meshGateway.service.type: NodePort",
        )
    return None


def mesh_gateway_inside_only(v: Values, s: Settings) -> Clash | None:
    """Other datacenters and peers cannot reach an address that exists inside this cluster only."""
    gateway, world = v["meshGateway"], v["global"]
    outside = world["federation"]["enabled"] or world["peering"]["enabled"]
    if (
        s.mesh_gateway
        and outside
        and gateway["wanAddress"]["source"] == "Service"
        and gateway["service"]["type"] in ("ClusterIP", "", None)
    ):
        return Clash(
            "other clusters are to come through the mesh gateway, and its Service has an address in this one only",
            ("meshGateway.service.type", "meshGateway.wanAddress.source"),
            "set meshGateway.service.type: LoadBalancer, or another meshGateway.wanAddress.source",
        )
    return None


def api_gateway_instances_out_of_order(v: Values, s: Settings) -> Clash | None:
    """The number of pods starts at the default and stays between the least and the most."""
    path = "connectInject.apiGateway.managedGatewayClass.deployment"
    numbers = v["connectInject"]["apiGateway"]["managedGatewayClass"]["deployment"]
    least, first, most = (
        whole_number(numbers[key]) for key in ("minInstances", "defaultInstances", "maxInstances")
    )
    given = all(numbers[key] is not None for key in ("minInstances", "defaultInstances", "maxInstances"))
    if s.connect_inject and given and not least <= first <= most:
        return Clash(
            f"an API gateway is to start with {first} pods and to have {least} to {most}",
            (f"{path}.defaultInstances", f"{path}.minInstances", f"{path}.maxInstances"),
            "keep minInstances <= defaultInstances <= maxInstances",
        )
    return None


def redirection_on_openshift_without_cni(v: Values, s: Settings) -> Clash | None:
    """OpenShift gives pods no privileged init container, which otherwise redirects their traffic."""
    if (
        s.connect_inject
        and s.openshift
        and not s.cni
        and v["connectInject"]["transparentProxy"]["defaultEnabled"]
    ):
        return Clash(
            "on OpenShift transparent proxy needs the CNI plug-in, which is off",
            (
                "global.openshift.enabled",
                "connectInject.cni.enabled",
                "connectInject.transparentProxy.defaultEnabled",
            ),
            "set connectInject.cni.enabled: true, with multus: true and OpenShift's cniBinDir and cniNetDir",
        )
    return None


def consul_gateway_api_without_definitions(v: Values, s: Settings) -> Clash | None:
    """On OpenShift only the switches below global.openshift install the definitions in Consul's own group.

    The injector starts its controllers for them by global.crds, too, and waits for kinds that the cluster has not.
    """
    served = v["connectInject"]["enabled"] and s.openshift and s.gateway_api_managed and s.consul_gateway_api
    if served and not s.consul_gateway_definitions:
        return Clash(
            "the Gateway API in Consul's group is served, and on OpenShift nothing installs its definitions",
            ("global.crds.consulapi.enabled", "global.openshift.crds.consulapi.enabled"),
            "set global.openshift.crds.consulapi.enabled: true instead",
        )
    return None


RULES: tuple[tuple[Weight, Rule], ...] = (
    ("refused", cni_without_injector),
    ("refused", mesh_gateway_without_injector),
    ("refused", ingress_gateway_without_injector),
    ("refused", terminating_gateway_without_injector),
    ("refused", telemetry_collector_without_injector),
    ("harmful", gateways_with_dash_injector),
    ("refused", mesh_gateway_renamed_with_acls),
    ("harmful", mesh_service_name_empty),
    ("refused", mesh_wan_static_without_address),
    ("harmful", mesh_wan_unknown_source),
    ("refused", mesh_wan_service_nodeport_unset),
    ("refused", removed_mesh_global_mode),
    ("refused", ingress_names),
    ("refused", terminating_names),
    ("refused", terminating_name_taken_by_ingress),
    ("harmful", gateway_name_collides_with_component),
    ("refused", ingress_ports),
    ("harmful", ingress_later_port_unset),
    ("refused", collector_without_image),
    ("refused", hide_hostname_without_agent_metrics),
    ("refused", hide_hostname_without_metrics),
    ("unwise", host_metrics_without_agent_metrics),
    ("refused", datadog_without_agent_metrics),
    ("refused", datadog_two_collection_methods),
    ("refused", datadog_otlp_without_collector),
    ("refused", datadog_otlp_unknown_protocol),
    ("refused", datadog_image_without_tag),
    ("harmful", injector_replicas_none),
    ("unwise", injector_budget_blocks),
    ("harmful", ui_ingress_with_moved_port),
    ("harmful", ui_ingress_without_hosts),
    ("unwise", injection_without_client_grpc),
    ("harmful", mesh_gateway_address_of_node_unreachable),
    ("unwise", mesh_gateway_inside_only),
    ("unwise", api_gateway_instances_out_of_order),
    ("unwise", redirection_on_openshift_without_cni),
    ("harmful", consul_gateway_api_without_definitions),
)
