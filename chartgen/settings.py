"""What follows from the values, computed once and read by rules and templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


def switched_on(value: Any, parent: Any) -> bool:
    """A switch's state: `"-"` follows `parent`, anything else counts by its truth as Go templates see it."""
    return bool(parent) if value == "-" else bool(value)


@dataclass(frozen=True, slots=True)
class Settings:
    """Which components are on, and the other facts that more than one rule or template asks for."""

    server: bool
    client: bool
    connect_inject: bool
    sync_catalog: bool
    ui: bool
    ui_metrics: bool
    dns: bool
    dns_redirection: bool
    dns_proxy: bool
    expose_servers: bool
    mesh_gateway: bool
    ingress_gateways: bool
    terminating_gateways: bool
    telemetry_collector: bool
    external_servers: bool
    cni: bool
    tls: bool
    acls: bool
    vault: bool
    namespaces: bool
    partitions: bool
    openshift: bool
    pod_security_policies: bool
    # the ACL jobs run where this release owns the servers, or manages ACLs on outside ones
    acl_init: bool
    # certificates come from a job of the release, unless Vault or the user supplies them
    tls_init: bool
    # the CA that pods trust is in a Secret to be mounted (not in Vault, not in the system's store)
    ca_mounted: bool
    vault_webhook_certs: bool
    federation_secondary: bool
    # the Gateway API in Consul's own group: asked for, or because OpenShift from 4.19 on brings the standard one along
    consul_gateway_api: bool


def settings(values: dict[str, Any]) -> Settings:
    """The settings for effective `values` (every default present, a removed one as None)."""
    world, vault = values["global"], values["global"]["secretsBackend"]["vault"]
    on = world["enabled"]
    transparent = values["connectInject"]["transparentProxy"]["defaultEnabled"]
    server = switched_on(values["server"]["enabled"], on)
    external = bool(values["externalServers"]["enabled"])
    tls = bool(world["tls"]["enabled"])
    acls = bool(world["acls"]["manageSystemACLs"])
    partitions = bool(world["adminPartitions"]["enabled"])
    uses_vault = bool(vault["enabled"])
    federation = world["federation"]
    openshift, its_crds = world["openshift"], world["openshift"]["crds"]
    openshift_419 = openshift["upgradeTo419From418"] or openshift["isOcpGreaterthan4_18"]
    return Settings(
        server=server,
        client=switched_on(values["client"]["enabled"], on),
        connect_inject=switched_on(values["connectInject"]["enabled"], on),
        sync_catalog=switched_on(values["syncCatalog"]["enabled"], on),
        ui=switched_on(values["ui"]["enabled"], on),
        ui_metrics=switched_on(values["ui"]["metrics"]["enabled"], world["metrics"]["enabled"]),
        dns=switched_on(values["dns"]["enabled"], transparent),
        dns_redirection=switched_on(values["dns"]["enableRedirection"], transparent),
        dns_proxy=switched_on(values["dns"]["proxy"]["enabled"], on),
        expose_servers=server
        and switched_on(values["server"]["exposeService"]["enabled"], world["adminPartitions"]["enabled"]),
        mesh_gateway=bool(values["meshGateway"]["enabled"]),
        ingress_gateways=bool(values["ingressGateways"]["enabled"]),
        terminating_gateways=bool(values["terminatingGateways"]["enabled"]),
        telemetry_collector=bool(values["telemetryCollector"]["enabled"]),
        external_servers=external,
        cni=bool(values["connectInject"]["cni"]["enabled"]),
        tls=tls,
        acls=acls,
        vault=uses_vault,
        namespaces=bool(world["enableConsulNamespaces"]),
        partitions=partitions,
        openshift=bool(openshift["enabled"]),
        pod_security_policies=bool(world["enablePodSecurityPolicies"]),
        acl_init=acls and (server or external),
        tls_init=server and tls and not uses_vault and not values["server"]["serverCert"]["secretName"],
        ca_mounted=tls and not uses_vault and not (external and values["externalServers"]["useSystemRoots"]),
        vault_webhook_certs=all(
            (
                uses_vault,
                vault["connectInjectRole"],
                vault["connectInject"]["tlsCert"]["secretName"],
                vault["connectInject"]["caCert"]["secretName"],
            )
        ),
        federation_secondary=bool(
            federation["enabled"]
            and federation["primaryDatacenter"]
            and federation["primaryDatacenter"] != world["datacenter"]
        ),
        consul_gateway_api=bool(
            world["crds"]["consulapi"]["enabled"]
            or (openshift["enabled"] and its_crds["consulapi"]["enabled"])
            or (openshift["enabled"] and its_crds["enableTcpRoute"] and openshift_419)
        ),
    )
