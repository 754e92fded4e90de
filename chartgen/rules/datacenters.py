"""Rules about federation, peering, admin partitions and namespaces."""

from __future__ import annotations

from chartgen.rules.clash import Clash, Rule, Values, Weight, loads_files, names_option
from chartgen.settings import Settings

RESERVED = ("system", "universal", "operator", "root")


def peering_without_injector(v: Values, s: Settings) -> Clash | None:
    """The controllers of peering run in the injector."""
    if v["global"]["peering"]["enabled"] and not v["connectInject"]["enabled"]:
        return Clash(
            "peering is on and the injector that runs it is off",
            ("global.peering.enabled", "connectInject.enabled"),
            "set connectInject.enabled: true, or global.peering.enabled: false",
        )
    return None


def peering_without_tls(v: Values, s: Settings) -> Clash | None:
    """Servers of peered clusters talk over encrypted gRPC."""
    if v["global"]["peering"]["enabled"] and not s.tls:
        return Clash(
            "peering is on and TLS is off",
            ("global.peering.enabled", "global.tls.enabled"),
            "set global.tls.enabled: true, or global.peering.enabled: false",
        )
    return None


def peering_without_mesh_gateway(v: Values, s: Settings) -> Clash | None:
    """Traffic between peers goes through mesh gateways."""
    if v["global"]["peering"]["enabled"] and not s.mesh_gateway:
        return Clash(
            "peering is on and there is no mesh gateway",
            ("global.peering.enabled", "meshGateway.enabled"),
            "set meshGateway.enabled: true, or global.peering.enabled: false",
        )
    return None


def federation_secret_without_federation(v: Values, s: Settings) -> Clash | None:
    """The secret says how to join a federation that this datacenter is no part of."""
    federation = v["global"]["federation"]
    if federation["createFederationSecret"] and not federation["enabled"]:
        return Clash(
            "a federation secret is asked for and federation is off",
            ("global.federation.createFederationSecret", "global.federation.enabled"),
            "set global.federation.enabled: true, or global.federation.createFederationSecret: false",
        )
    return None


def federation_secret_without_replication_token(v: Values, s: Settings) -> Clash | None:
    """Secondary datacenters find the replication token in the federation secret."""
    if (
        v["global"]["federation"]["createFederationSecret"]
        and s.acls
        and not v["global"]["acls"]["createReplicationToken"]
    ):
        return Clash(
            "ACLs are on and the federation secret would carry no replication token",
            ("global.federation.createFederationSecret", "global.acls.createReplicationToken"),
            "set global.acls.createReplicationToken: true, or global.federation.createFederationSecret: false",
        )
    return None


def federation_with_partitions(v: Values, s: Settings) -> Clash | None:
    """WAN federation and admin partitions exclude each other."""
    if (s.server or s.client) and v["global"]["federation"]["enabled"] and s.partitions:
        return Clash(
            "federation and admin partitions cannot be combined",
            ("global.federation.enabled", "global.adminPartitions.enabled"),
            "turn one of the two off",
        )
    return None


def federation_without_tls(v: Values, s: Settings) -> Clash | None:
    """Gateways between datacenters route on the names of TLS."""
    if s.server and v["global"]["federation"]["enabled"] and not s.tls:
        return Clash(
            "federation is on and TLS is off",
            ("global.federation.enabled", "global.tls.enabled"),
            "set global.tls.enabled: true, or global.federation.enabled: false",
        )
    return None


def federation_without_mesh_gateway(v: Values, s: Settings) -> Clash | None:
    """Federated datacenters reach each other through mesh gateways."""
    if s.server and v["global"]["federation"]["enabled"] and not s.mesh_gateway:
        return Clash(
            "federation is on and there is no mesh gateway",
            ("global.federation.enabled", "meshGateway.enabled"),
            "set meshGateway.enabled: true, or global.federation.enabled: false",
        )
    return None


def secondary_without_replication_token(v: Values, s: Settings) -> Clash | None:
    """A secondary datacenter with ACLs on replicates policies with a token of the primary.

    Servers that are handed it in a file of configuration, or in server.extraConfig, leave a warning: the ACL job has
    none then.
    """
    if s.federation_secondary and s.acls and not v["global"]["acls"]["replicationToken"]["secretName"]:
        handed = names_option(v, "server", "replication") or loads_files(v, "server")
        return Clash(
            "a secondary datacenter has ACLs on and no token to replicate them with",
            ("global.federation.primaryDatacenter", "global.acls.replicationToken.secretName"),
            "set global.acls.replicationToken to the federation secret of the primary",
            doubtful=handed or bool(v["global"]["acls"]["bootstrapToken"]["secretName"]),
        )
    return None


def secondary_without_primary_gateways(v: Values, s: Settings) -> Clash | None:
    """A secondary datacenter reaches the primary through the primary's mesh gateways.

    The federation secret that server.extraVolumes loads carries them, and `primary_gateways` in server.extraConfig
    names them as well.
    """
    if s.federation_secondary and s.server and not v["global"]["federation"]["primaryGateways"]:
        named = names_option(v, "server", "primary_gateways", "retry_join_wan")
        if not named and not loads_files(v, "server"):
            return Clash(
                "a secondary datacenter has no address of the primary",
                ("global.federation.primaryDatacenter", "global.federation.primaryGateways"),
                "list the primary's mesh gateways in global.federation.primaryGateways, or load the federation "
                "secret through server.extraVolumes",
            )
    return None


def partitions_without_namespaces(v: Values, s: Settings) -> Clash | None:
    """A partition is made of namespaces, and workloads register in both."""
    mesh = (
        s.connect_inject
        or s.mesh_gateway
        or s.ingress_gateways
        or s.terminating_gateways
        or s.telemetry_collector
    )
    if mesh and s.partitions and not s.namespaces:
        return Clash(
            "admin partitions are on and Consul namespaces are off",
            ("global.adminPartitions.enabled", "global.enableConsulNamespaces"),
            "set global.enableConsulNamespaces: true, or global.adminPartitions.enabled: false",
        )
    return None


def named_partition_in_server_cluster(v: Values, s: Settings) -> Clash | None:
    """Servers live in the default partition, so agents beside them do too."""
    if s.client and s.partitions and s.server and v["global"]["adminPartitions"]["name"] != "default":
        return Clash(
            "client agents beside the servers cannot be in another partition than they",
            ("global.adminPartitions.name", "server.enabled"),
            "leave global.adminPartitions.name at default",
        )
    return None


def named_partition_beside_servers(v: Values, s: Settings) -> Clash | None:
    """The job that makes a partition runs only where the servers are outside.

    A partition that is made by hand before it is needed is one that the mesh beside the servers can use: a warning,
    but for the names that Consul keeps for itself.
    """
    name = v["global"]["adminPartitions"]["name"]
    if s.partitions and s.server and not s.client and name != "default":
        return Clash(
            "nothing creates this partition in a cluster that runs servers",
            ("global.adminPartitions.name", "server.enabled"),
            "leave global.adminPartitions.name at default"
            + ("" if name in RESERVED else f", or make it by hand: consul partition create -name {name}"),
            doubtful=name not in RESERVED,
        )
    return None


def reserved_partition_name(v: Values, s: Settings) -> Clash | None:
    """Consul keeps a few names for itself."""
    name = v["global"]["adminPartitions"]["name"]
    if s.partition_cluster and name in RESERVED:
        return Clash(
            f"Consul keeps the partition name {name} for itself",
            ("global.adminPartitions.name",),
            "choose another name",
        )
    return None


def named_partition_without_external_servers(v: Values, s: Settings) -> Clash | None:
    """A cluster that is only a partition must be told where the servers are."""
    if s.partition_cluster and not s.external_servers:
        return Clash(
            "a partition's cluster has no servers of its own and names none outside",
            ("global.adminPartitions.name", "externalServers.enabled"),
            "set externalServers.enabled: true and externalServers.hosts",
        )
    return None


def vault_partition_without_role(v: Values, s: Settings) -> Clash | None:
    """The job that creates the partition fetches its token from Vault under a role of its own."""
    role = "global.secretsBackend.vault.adminPartitionsRole"
    if (
        s.partition_cluster
        and s.vault
        and s.acls
        and not v["global"]["secretsBackend"]["vault"]["adminPartitionsRole"]
    ):
        return Clash(
            "secrets are in Vault and the partition's job has no role to log in with",
            ("global.secretsBackend.vault.enabled", role),
            f"set {role}",
        )
    return None


def _reserved(v: Values, component: str) -> Clash | None:
    path = f"{component}.consulNamespaces.consulDestinationNamespace"
    name = v[component]["consulNamespaces"]["consulDestinationNamespace"]
    if name in RESERVED:
        return Clash(f"Consul keeps the namespace {name} for itself", (path,), "choose another namespace")
    return None


def reserved_injection_namespace(v: Values, s: Settings) -> Clash | None:
    """Consul keeps a few names for itself."""
    return _reserved(v, "connectInject") if s.connect_inject else None


def reserved_sync_namespace(v: Values, s: Settings) -> Clash | None:
    """Consul keeps a few names for itself."""
    return _reserved(v, "syncCatalog") if s.sync_catalog else None


RULES: tuple[tuple[Weight, Rule], ...] = (
    ("refused", peering_without_injector),
    ("refused", peering_without_tls),
    ("refused", peering_without_mesh_gateway),
    ("refused", federation_secret_without_federation),
    ("refused", federation_secret_without_replication_token),
    ("refused", federation_with_partitions),
    ("refused", federation_without_tls),
    ("refused", federation_without_mesh_gateway),
    ("harmful", secondary_without_replication_token),
    ("harmful", secondary_without_primary_gateways),
    ("refused", partitions_without_namespaces),
    ("refused", named_partition_in_server_cluster),
    ("harmful", named_partition_beside_servers),
    ("refused", reserved_partition_name),
    ("refused", named_partition_without_external_servers),
    ("refused", vault_partition_without_role),
    ("refused", reserved_injection_namespace),
    ("refused", reserved_sync_namespace),
)
