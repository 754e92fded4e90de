"""What follows from the values: computed once, read by rules and templates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, partial

from chartgen.diagnostics import Path
from chartgen.values import helm_scalar
from chartgen.values.reads import Section, fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias


def switched_on(value: Any, parent: Any) -> bool:
    """A switch's state: `"-"` follows `parent`, anything else counts by its truth as Go templates see it."""
    return bool(parent) if value == "-" else bool(value)


@cache
def _fact_of(section: str) -> str | None:
    """The fact that says whether the component of a section is on, where there is one."""
    name = re.sub("[A-Z]", lambda capital: "_" + capital[0].lower(), section)
    return name if isinstance(getattr(Settings, name, None), fact) else None


def _given(reference: Section) -> bool:
    """A Secret, or a path in Vault, and the key in it are named."""
    return bool(reference["secretName"] and reference["secretKey"])


class Settings:
    """Which components are on, and the other facts that more than one rule or template asks for.

    Each is computed when it is first asked for, from effective values (every default present, a removed one as None).
    """

    __slots__ = ("facts", "values")

    def __init__(self, values: Section) -> None:
        self.values = values
        # of each fact that was asked for: what it is, and the paths that it was made from
        self.facts: dict[str, tuple[Any, frozenset[Any]]] = {}

    def _on(self, section: str) -> bool:
        return switched_on(self.values[section]["enabled"], self.values["global"]["enabled"])

    def on(self, section: str) -> bool:
        """Whether the component is on whose section of the values this is; True for one that has no switch."""
        name = _fact_of(section)
        if name is not None:
            return bool(getattr(self, name))
        return bool(self.values[section].get("enabled", True))

    @fact
    def server(self) -> bool:
        return self._on("server")

    @fact
    def client(self) -> bool:
        return self._on("client")

    @fact
    def connect_inject(self) -> bool:
        return self._on("connectInject")

    @fact
    def sync_catalog(self) -> bool:
        return self._on("syncCatalog")

    @fact
    def ui(self) -> bool:
        return self._on("ui")

    @fact
    def ui_metrics(self) -> bool:
        return switched_on(
            self.values["ui"]["metrics"]["enabled"], self.values["global"]["metrics"]["enabled"]
        )

    @fact
    def dns(self) -> bool:
        return switched_on(self.values["dns"]["enabled"], self._transparent)

    @fact
    def dns_redirection(self) -> bool:
        return switched_on(self.values["dns"]["enableRedirection"], self._transparent)

    @fact
    def _transparent(self) -> Any:
        return self.values["connectInject"]["transparentProxy"]["defaultEnabled"]

    @fact
    def dns_proxy(self) -> bool:
        return switched_on(self.values["dns"]["proxy"]["enabled"], self.values["global"]["enabled"])

    @fact
    def expose_servers(self) -> bool:
        exposed = self.values["server"]["exposeService"]["enabled"]
        return self.server and switched_on(exposed, self.values["global"]["adminPartitions"]["enabled"])

    @fact
    def mesh_gateway(self) -> bool:
        return bool(self.values["meshGateway"]["enabled"])

    @fact
    def ingress_gateways(self) -> bool:
        return bool(self.values["ingressGateways"]["enabled"])

    @fact
    def terminating_gateways(self) -> bool:
        return bool(self.values["terminatingGateways"]["enabled"])

    @fact
    def telemetry_collector(self) -> bool:
        return bool(self.values["telemetryCollector"]["enabled"])

    @fact
    def external_servers(self) -> bool:
        return bool(self.values["externalServers"]["enabled"])

    @fact
    def cni(self) -> bool:
        return bool(self.values["connectInject"]["cni"]["enabled"])

    @fact
    def tls(self) -> bool:
        return bool(self.values["global"]["tls"]["enabled"])

    @fact
    def acls(self) -> bool:
        return bool(self.values["global"]["acls"]["manageSystemACLs"])

    @fact
    def vault(self) -> bool:
        return bool(self.values["global"]["secretsBackend"]["vault"]["enabled"])

    @fact
    def namespaces(self) -> bool:
        return bool(self.values["global"]["enableConsulNamespaces"])

    @fact
    def partitions(self) -> bool:
        return bool(self.values["global"]["adminPartitions"]["enabled"])

    @fact
    def openshift(self) -> bool:
        return bool(self.values["global"]["openshift"]["enabled"])

    @fact
    def pod_security_policies(self) -> bool:
        return bool(self.values["global"]["enablePodSecurityPolicies"])

    @fact
    def acl_init(self) -> bool:
        """The ACL jobs run where this release owns the servers, or manages ACLs on outside ones."""
        return self.acls and (self.server or self.external_servers)

    @fact
    def tls_init(self) -> bool:
        """Certificates come from a job of the release, unless Vault or the user supplies them."""
        own = self.server and self.tls and not self.vault
        return own and not self.values["server"]["serverCert"]["secretName"]

    @fact
    def own_ca(self) -> bool:
        """The user brings a CA, certificate and key, with which the release's jobs sign."""
        tls = self.values["global"]["tls"]
        return bool(tls["caCert"]["secretName"] and tls["caKey"]["secretName"])

    @fact
    def system_roots(self) -> bool:
        """Outside servers have certificates of a CA that the system's store knows."""
        return bool(self.external_servers and self.values["externalServers"]["useSystemRoots"])

    @fact
    def ca_mounted(self) -> bool:
        """The CA that pods trust is in a Secret to be mounted (not in Vault, not in the system's store)."""
        return self.tls and not self.vault and not self.system_roots

    @fact
    def ca_path(self) -> str:
        """Where a pod has the servers' CA: written by the agent of Vault, or mounted."""
        return "/vault/secrets/serverca.crt" if self.vault else "/consul/tls/ca/tls.crt"

    @fact
    def ca_file(self) -> str | None:
        """The file with the CA that pods trust; None without TLS, and where they trust the system's store."""
        return self.ca_path if self.tls and not self.system_roots else None

    @fact
    def plain_http(self) -> bool:
        """Agents answer HTTP in the clear."""
        return not (self.tls and self.values["global"]["tls"]["httpsOnly"])

    @fact
    def outside_host(self) -> str | None:
        """The address of outside servers; None where the release's own are asked."""
        hosts = self.values["externalServers"]["hosts"] if self.external_servers else None
        return (hosts or [""])[0] if self.external_servers else None

    @fact
    def grpc_port(self) -> Any:
        return self.values["externalServers"]["grpcPort"] if self.external_servers else 8502

    @fact
    def api_port(self) -> Any:
        """The port of the servers' HTTP API, with TLS where TLS is on."""
        if self.external_servers:
            return self.values["externalServers"]["httpsPort"]
        return 8501 if self.tls else 8500

    @fact
    def bootstrap_token_given(self) -> bool:
        return _given(self.values["global"]["acls"]["bootstrapToken"])

    @fact
    def replication_token_given(self) -> bool:
        return _given(self.values["global"]["acls"]["replicationToken"])

    @fact
    def snapshot_config_given(self) -> bool:
        return _given(self.values["server"]["snapshotAgent"]["configSecret"])

    @fact
    def vault_ca_given(self) -> bool:
        """The CA of Vault itself is in a Secret of Kubernetes."""
        return _given(self.values["global"]["secretsBackend"]["vault"]["ca"])

    @fact
    def gossip_key_given(self) -> bool:
        return _given(self.values["global"]["gossipEncryption"])

    @fact
    def gossip_encrypted(self) -> bool:
        return bool(self.values["global"]["gossipEncryption"]["autoGenerate"]) or self.gossip_key_given

    @fact
    def license_given(self) -> bool:
        return _given(self.values["global"]["enterpriseLicense"])

    @fact
    def license_loaded(self) -> bool:
        """Servers read the licence when they start; otherwise a job hands it to them."""
        return self.license_given and bool(
            self.values["global"]["enterpriseLicense"]["enableLicenseAutoload"]
        )

    @fact
    def license_beside_servers(self) -> bool:
        """Client agents and the snapshot agent read the licence, too; with ACLs on they ask the servers for it."""
        return self.license_loaded and not self.acls

    @fact
    def agent_metrics(self) -> bool:
        metrics = self.values["global"]["metrics"]
        return bool(metrics["enabled"] and metrics["enableAgentMetrics"])

    @fact
    def gateway_metrics(self) -> bool:
        metrics = self.values["global"]["metrics"]
        return bool(metrics["enabled"] and metrics["enableGatewayMetrics"])

    @fact
    def partition_cluster(self) -> bool:
        """The cluster is a partition other than the default one, which the servers elsewhere have to make."""
        named = self.partitions and self.values["global"]["adminPartitions"]["name"] != "default"
        return named and not self.server

    @fact
    def primary(self) -> str | None:
        """The primary datacenter of the federation that this one is in, where it is named."""
        federation = self.values["global"]["federation"]
        return (federation["primaryDatacenter"] or None) if federation["enabled"] else None

    @fact
    def auth_method(self) -> str:
        """Where components log in, as the end of its name: in this datacenter."""
        return "k8s-component-auth-method"

    @fact
    def global_auth_method(self) -> str:
        """Where those log in that write what all datacenters share: at the primary, which has a method for each."""
        if not self.primary:
            return self.auth_method
        return f"{self.auth_method}-{helm_scalar.go_text(self.values['global']['datacenter'])}"

    @fact
    def login_datacenter(self) -> Any:
        """The datacenter of `global_auth_method`."""
        return self.primary or self.values["global"]["datacenter"]

    @fact
    def vault_webhook_certs(self) -> bool:
        vault = self.values["global"]["secretsBackend"]["vault"]
        return bool(
            self.vault
            and vault["connectInjectRole"]
            and vault["connectInject"]["tlsCert"]["secretName"]
            and vault["connectInject"]["caCert"]["secretName"]
        )

    @fact
    def federation_secondary(self) -> bool:
        return self.primary is not None and self.primary != self.values["global"]["datacenter"]

    @fact
    def gateway_api_managed(self) -> bool:
        """The definitions of gateways and routes are the chart's business at all."""
        gateway = self.values["connectInject"]["apiGateway"]
        return bool(gateway["manageExternalCRDs"] or gateway["manageNonStandardCRDs"])

    @fact
    def _openshift_instead(self) -> bool:
        """OpenShift from 4.19 on brings the Gateway API, but for TCPRoute: who wants that gets Consul's own group."""
        openshift = self.values["global"]["openshift"]
        newer = openshift["upgradeTo419From418"] or openshift["isOcpGreaterthan4_18"]
        asked = openshift["crds"]["consulapi"]["enabled"] or (newer and openshift["crds"]["enableTcpRoute"])
        return bool(self.openshift and asked)

    @fact
    def consul_gateway_api(self) -> bool:
        """The Gateway API in Consul's own group is served: its controllers, its gateway class."""
        return bool(self.values["global"]["crds"]["consulapi"]["enabled"]) or self._openshift_instead

    @fact
    def consul_gateway_definitions(self) -> bool:
        """The definitions in that group are installed. On OpenShift only its own switches ask for them, as in the
        official chart, so that the controllers can be there without them: a rule tells of it."""
        asked = self._openshift_instead if self.openshift else self.consul_gateway_api
        return self.gateway_api_managed and asked

    @fact
    def resources(self) -> _Resources:
        """Each `resources` that is a map, with its path, in gateways too."""
        return _resources(self.values, ())


_Resources: TypeAlias = "tuple[tuple[Path, Mapping[str, Any]], ...]"
# the values that are some or hold some, beside sections: nothing else is read
_HOLD_RESOURCES = frozenset(("extraContainers", "gateways", "initContainer", "resources"))


def _resources(node: Any, path: Path) -> _Resources:
    found: list[tuple[Path, Mapping[str, Any]]] = []
    keys: Iterable[tuple[Any, Any]]
    if isinstance(node, Section):
        keys = node.under(_HOLD_RESOURCES)
    else:
        keys = node.items() if isinstance(node, Mapping) else enumerate(node)
    for key, item in keys:
        # nearly all that there is
        if item is None or isinstance(item, (str, bool, int)):
            continue
        here = (*path, key)
        if key == "resources" and isinstance(item, Mapping):
            found.append((here, item))
        elif type(item) is Section:
            found += item.once("resources", partial(_resources, item, here))
        elif isinstance(item, (Mapping, list)):
            found += _resources(item, here)
    return tuple(found)


def settings(values: Section) -> Settings:
    """The settings for effective `values`."""
    return Settings(values)
