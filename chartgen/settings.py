"""What follows from the values: computed once, read by rules and templates."""

from __future__ import annotations

from typing import Any

from chartgen.values.reads import Section, fact


def switched_on(value: Any, parent: Any) -> bool:
    """A switch's state: `"-"` follows `parent`, anything else counts by its truth as Go templates see it."""
    return bool(parent) if value == "-" else bool(value)


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
    def ca_mounted(self) -> bool:
        """The CA that pods trust is in a Secret to be mounted (not in Vault, not in the system's store)."""
        if not self.tls or self.vault:
            return False
        return not (self.external_servers and self.values["externalServers"]["useSystemRoots"])

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
        federation = self.values["global"]["federation"]
        primary = federation["enabled"] and federation["primaryDatacenter"]
        return bool(primary and primary != self.values["global"]["datacenter"])

    @fact
    def consul_gateway_api(self) -> bool:
        """The Gateway API in Consul's own group: asked for, or because OpenShift from 4.19 brings the standard one."""
        openshift = self.values["global"]["openshift"]
        if self.values["global"]["crds"]["consulapi"]["enabled"]:
            return True
        newer = openshift["upgradeTo419From418"] or openshift["isOcpGreaterthan4_18"]
        tcp_route = openshift["crds"]["enableTcpRoute"] and newer
        return bool(self.openshift and (openshift["crds"]["consulapi"]["enabled"] or tcp_route))


def settings(values: Section) -> Settings:
    """The settings for effective `values`."""
    return Settings(values)
