"""Rules about the servers, where they are, and the agents beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from chartgen import schema
from chartgen.rules.clash import (
    Clash,
    Rule,
    Values,
    Weight,
    at,
    half_given,
    loads_files,
    names_option,
    whole_number,
)
from chartgen.settings import Settings


def both_own_and_external_servers(v: Values, s: Settings) -> Clash | None:
    """Agents and jobs ask one set of servers; a release that runs its own and points elsewhere names two."""
    if s.server and s.external_servers:
        return Clash(
            "the release runs servers and also points at outside ones",
            ("server.enabled", "externalServers.enabled"),
            "set server.enabled: false, or externalServers.enabled: false",
        )
    return None


def bootstrap_expect_below_replicas(v: Values, s: Settings) -> Clash | None:
    """Servers that elect a leader before all have joined can form two clusters."""
    expect, replicas = v["server"]["bootstrapExpect"], v["server"]["replicas"]
    if s.server and expect and whole_number(expect) < whole_number(replicas):
        return Clash(
            f"{expect} servers would elect a leader without waiting for all {replicas}",
            ("server.bootstrapExpect", "server.replicas"),
            "leave server.bootstrapExpect out: it follows server.replicas",
        )
    return None


def bootstrap_expect_above_replicas(v: Values, s: Settings) -> Clash | None:
    """Servers that wait for more members than there are never elect a leader.

    Where the others come from outside this release, as in one datacenter over two clusters, `retry_join` in
    server.extraConfig says so.
    """
    expect, replicas = v["server"]["bootstrapExpect"], v["server"]["replicas"]
    above = expect and whole_number(expect) > whole_number(replicas) > 0
    if s.server and above and not names_option(v, "server", "retry_join"):
        return Clash(
            f"servers wait for {expect} members and only {replicas} are started",
            ("server.bootstrapExpect", "server.replicas"),
            "leave server.bootstrapExpect out; where servers join from outside this release, name them in retry_join "
            "of server.extraConfig",
            doubtful=loads_files(v, "server"),
        )
    return None


def server_replicas_none(v: Values, s: Settings) -> Clash | None:
    """A server StatefulSet of size zero leaves everything else without servers.

    For a cluster at rest keep server.bootstrapExpect at the usual number: then it is a warning.
    """
    if s.server and whole_number(v["server"]["replicas"]) < 1:
        return Clash(
            "servers are on and there are none of them",
            ("server.replicas",),
            "set server.replicas to 1, 3 or 5, or server.enabled: false",
            doubtful=whole_number(v["server"]["bootstrapExpect"]) > 0,
        )
    return None


def server_replicas_even(v: Values, s: Settings) -> Clash | None:
    """An even number of servers tolerates no more failures than one fewer, and costs one more."""
    replicas = whole_number(v["server"]["replicas"])
    if s.server and replicas > 0 and replicas % 2 == 0:
        return Clash(
            f"{replicas} servers tolerate as many failures as {replicas - 1}",
            ("server.replicas",),
            f"use {replicas - 1} or {replicas + 1} servers",
        )
    return None


def no_servers_anywhere(v: Values, s: Settings) -> Clash | None:
    """The mesh's components look for servers in the release; with none there and none outside they wait for ever.

    Client agents that join outside servers are no way to them for injector, sync and gateways. Servers of another
    release in the cluster are outside ones too: name their Service in externalServers.hosts.
    """
    asks = {
        "connectInject": s.connect_inject,
        "syncCatalog": s.sync_catalog,
        "meshGateway": s.mesh_gateway,
        "ingressGateways": s.ingress_gateways,
        "terminatingGateways": s.terminating_gateways,
        "telemetryCollector": s.telemetry_collector,
    }
    asking = [section for section, on in asks.items() if on]
    # a rule of its own tells it of the cluster of a partition
    if asking and not s.server and not s.external_servers and not s.partition_cluster:
        told = f"nothing tells {asking[0]} where the servers are"
        return Clash(
            f"client agents join servers outside, and {told}" if s.client else told,
            ("server.enabled", "externalServers.enabled", *(f"{section}.enabled" for section in asking)),
            "set externalServers.enabled: true with externalServers.hosts, or server.enabled: true, or "
            f"{asking[0]}.enabled: false",
        )
    return None


def server_cert_without_ca(v: Values, s: Settings) -> Clash | None:
    """With a server certificate of one's own nothing makes a CA, so clients could not verify it."""
    if (
        s.server
        and v["server"]["serverCert"]["secretName"]
        and not v["global"]["tls"]["caCert"]["secretName"]
    ):
        return Clash(
            "a server certificate is given without the CA that signed it",
            ("server.serverCert.secretName", "global.tls.caCert.secretName"),
            "set global.tls.caCert.secretName (and secretKey) to the CA's Secret",
        )
    return None


def request_limit_unknown_mode(v: Values, s: Settings) -> Clash | None:
    """The agent knows three modes of request limits and does not start with another."""
    mode = v["server"]["limits"]["requestLimits"]["mode"]
    if s.server and mode not in ("disabled", "permissive", "enforce"):
        return Clash(
            f"{json.dumps(mode)} is no mode of request limits",
            ("server.limits.requestLimits.mode",),
            expected="disabled, permissive or enforce",
        )
    return None


def audit_log_without_acls(v: Values, s: Settings) -> Clash | None:
    """Audit entries name the token that acted; without ACLs there are no tokens."""
    if s.server and v["server"]["auditLogs"]["enabled"] and not s.acls:
        return Clash(
            "audit logs are on and ACLs are off",
            ("server.auditLogs.enabled", "global.acls.manageSystemACLs"),
            "set global.acls.manageSystemACLs: true, or server.auditLogs.enabled: false",
        )
    return None


def snapshot_config_half_given(v: Values, s: Settings) -> Clash | None:
    """A reference to a Secret needs the object's name and the entry in it."""
    if s.server and v["server"]["snapshotAgent"]["enabled"]:
        return half_given(v, "server.snapshotAgent.configSecret", "the snapshot agent's configuration")
    return None


def license_secret_half_given(v: Values, s: Settings) -> Clash | None:
    """A reference to a Secret needs the object's name and the entry in it."""
    return half_given(v, "global.enterpriseLicense", "the licence") if s.server or s.client else None


def license_not_autoloaded(v: Values, s: Settings) -> Iterator[Clash]:
    """Consul has only read its licence at start since 1.10: the job that hands it over later serves older versions."""
    if s.server and s.license_given and not s.vault and not s.license_loaded:
        yield Clash(
            "the servers do not read the licence, and a job can only give it to Consul before 1.10",
            ("global.enterpriseLicense.enableLicenseAutoload", "global.image"),
            "remove enableLicenseAutoload, unless global.image is that old",
        )


def license_job_under_vault(v: Values, s: Settings) -> Iterator[Clash]:
    """With Vault the licence is at a path in Vault, and the job that applies it reads a Kubernetes Secret."""
    if s.server and s.vault and s.license_given and not s.license_loaded:
        yield Clash(
            "the job that applies the licence cannot read it from Vault, and never starts",
            ("global.enterpriseLicense.enableLicenseAutoload", "global.secretsBackend.vault.enabled"),
            "remove enableLicenseAutoload: the servers read the licence from Vault themselves",
        )


def expose_serf_port_moved(v: Values, s: Settings) -> Clash | None:
    """The Service that exposes servers keeps the standard gossip port, at which moved servers do not listen.

    Only client agents gossip: where nothing but sidecars, gateways and the injector come in, it is a warning.
    """
    if s.expose_servers and whole_number(v["server"]["ports"]["serflan"]["port"]) != 8301:
        return Clash(
            "the exposed Service uses gossip port 8301 and the servers listen elsewhere",
            ("server.ports.serflan.port", "server.exposeService.enabled"),
            "leave server.ports.serflan.port at 8301, or set server.exposeService.enabled: false",
            doubtful=s.partitions and not s.client,
        )
    return None


def external_servers_without_hosts(v: Values, s: Settings) -> Clash | None:
    """Components that talk to outside servers need an address to talk to."""
    if not s.external_servers or v["externalServers"]["hosts"]:
        return None
    tls = v["global"]["tls"]
    if (
        s.connect_inject
        or s.client
        or s.partition_cluster
        or (v["tests"]["enabled"] and s.tls and tls["enableAutoEncrypt"])
    ):
        return Clash(
            "outside servers are used and none is named",
            ("externalServers.enabled", "externalServers.hosts"),
            "list their addresses in externalServers.hosts",
        )
    return None


def external_hosts_empty_elsewhere(v: Values, s: Settings) -> Clash | None:
    """ACL set-up, catalog sync and the DNS proxy find outside servers in the same list."""
    if (
        s.external_servers
        and not v["externalServers"]["hosts"]
        and not s.connect_inject
        and not s.client
        and (s.acls or s.sync_catalog or s.dns_proxy)
    ):
        return Clash(
            "outside servers are used and none is named",
            ("externalServers.enabled", "externalServers.hosts"),
            "list their addresses in externalServers.hosts",
        )
    return None


def external_servers_tls_without_ca(v: Values, s: Settings) -> Clash | None:
    """No job makes a CA for outside servers, so pods would wait for a Secret that never comes."""
    if s.external_servers and s.ca_mounted and not v["global"]["tls"]["caCert"]["secretName"]:
        return Clash(
            "outside servers are reached over TLS and nothing says which CA signed their certificates",
            ("externalServers.enabled", "global.tls.caCert.secretName", "externalServers.useSystemRoots"),
            "set global.tls.caCert.secretName, or externalServers.useSystemRoots: true for a public CA",
        )
    return None


def outside_agents_without_ca(v: Values, s: Settings) -> Clash | None:
    """An agent trusts no CA of the system's store: it needs a file with that of the servers, also to ask for a certificate."""
    agents = s.client and s.tls and not s.vault and v["global"]["tls"]["enableAutoEncrypt"]
    # outside servers whose CA nobody knows are told as such
    known = s.server or (s.external_servers and not s.system_roots)
    if agents and not known and not v["global"]["tls"]["caCert"]["secretName"]:
        return Clash(
            "client agents need the CA of the servers as a file, and no secret with it is named",
            ("client.enabled", "global.tls.enableAutoEncrypt", "global.tls.caCert.secretName"),
            "set global.tls.caCert.secretName",
        )
    return None


def outside_agents_without_ca_key(v: Values, s: Settings) -> Clash | None:
    """Each agent signs a certificate of its own with the CA's key, which nobody makes where the servers are outside."""
    signing = s.client and s.tls and not s.vault and not v["global"]["tls"]["enableAutoEncrypt"]
    if signing and not s.server and not s.own_ca:
        return Clash(
            "client agents sign their own certificates, and the CA's certificate and key are not both named",
            (
                "client.enabled",
                "global.tls.enableAutoEncrypt",
                "global.tls.caCert.secretName",
                "global.tls.caKey.secretName",
            ),
            "name both secrets, or the CA's and set global.tls.enableAutoEncrypt: true: servers then hand out certificates",
        )
    return None


def skip_watch_without_external_servers(v: Values, s: Settings) -> Clash | None:
    """Watching servers may be skipped behind a load balancer of outside servers; those in the cluster move."""
    if s.connect_inject and v["externalServers"]["skipServerWatch"] and not s.external_servers:
        return Clash(
            "the watch on servers is skipped and they are in the cluster",
            ("externalServers.skipServerWatch", "externalServers.enabled"),
            "remove externalServers.skipServerWatch",
        )
    return None


def unknown_image_pull_policy(v: Values, s: Settings) -> Clash | None:
    """Kubernetes knows three pull policies; empty leaves the choice to it."""
    policy = v["global"]["imagePullPolicy"]
    if policy in ("", "IfNotPresent", "Always", "Never"):
        return None
    world = v["global"]
    pods = (
        v["tests"]["enabled"]
        or s.server
        or s.client
        or v["connectInject"]["enabled"]
        or s.sync_catalog
        or v["syncCatalog"]["cleanupNodeOnRemoval"]
        or world["gossipEncryption"]["autoGenerate"]
        or (
            v["server"]["updatePartition"] == 0
            and (world["federation"]["createFederationSecret"] or (s.external_servers and s.acls))
        )
        or (world["adminPartitions"]["enabled"] and world["adminPartitions"]["name"] != "default")
        or s.mesh_gateway
        or s.ingress_gateways
        or s.terminating_gateways
        or s.telemetry_collector
    )
    if pods:
        return Clash(
            f"{json.dumps(policy)} is no image pull policy",
            ("global.imagePullPolicy",),
            expected="IfNotPresent, Always, Never, or empty",
        )
    return None


def enabled_given_as_text(v: Values, s: Settings) -> Iterator[Clash]:
    """Text that is not empty counts as true, so "false" in quotes turns a component on."""
    for path in (*schema.referring("switch"), "global.enabled"):
        value = at(v, path)
        if isinstance(value, str) and value not in ("-", ""):
            yield Clash(
                f"{path} is text, and any text counts as true",
                (path,),
                "write it without quotes",
                "true or false",
            )


def client_join_unused(v: Values, s: Settings) -> Clash | None:
    """`client.join` is read by client agents only."""
    if v["client"]["join"] and not s.client:
        return Clash(
            "client.join names servers to join and there are no client agents",
            ("client.join", "client.enabled"),
            "set client.enabled: true",
        )
    return None


def client_agents_without_servers(v: Values, s: Settings) -> Clash | None:
    """Client agents need servers to join: those of the release, outside ones, or the addresses in client.join.

    `retry_join` in client.extraConfig is as good; a file that client.extraVolumes loads may hold it, and leaves a
    warning.
    """
    own = s.server or s.external_servers or v["client"]["join"]
    if s.client and not own and not names_option(v, "client", "retry_join"):
        return Clash(
            "client agents are on and nothing says which servers they join",
            ("client.enabled", "client.join"),
            "set client.join to addresses of servers, such as cloud auto-join (provider=...)",
            doubtful=loads_files(v, "client"),
        )
    return None


def stagger_of_start_reversed(v: Values, s: Settings) -> Clash | None:
    """The wait before the start lies between the least and the most."""
    stagger = v["client"]["aclInit"]["startupStagger"]
    if (
        s.client
        and stagger["enabled"]
        and whole_number(stagger["minSeconds"]) > whole_number(stagger["maxSeconds"])
    ):
        return Clash(
            f"client agents wait at least {stagger['minSeconds']} seconds and at most {stagger['maxSeconds']}",
            ("client.aclInit.startupStagger.minSeconds", "client.aclInit.startupStagger.maxSeconds"),
            "raise maxSeconds",
        )
    return None


def external_host_with_port(v: Values, s: Settings) -> Iterator[Clash]:
    """Sidecars, gateways and controllers look each entry up as a host name; ports are settings of their own."""
    if not s.external_servers or s.client:
        return
    for place, host in enumerate(v["externalServers"]["hosts"] or []):
        # one colon: an IPv6 address has more
        if isinstance(host, str) and re.fullmatch(r"[^=\s:{]+:[0-9]+", host):
            yield Clash(
                f"{host} is a host with a port",
                (("externalServers", "hosts", place),),
                "name the host alone; externalServers.httpsPort and grpcPort are its ports",
            )


RULES: tuple[tuple[Weight, Rule], ...] = (
    ("refused", both_own_and_external_servers),
    ("refused", bootstrap_expect_below_replicas),
    ("harmful", bootstrap_expect_above_replicas),
    ("harmful", server_replicas_none),
    ("unwise", server_replicas_even),
    ("harmful", no_servers_anywhere),
    ("refused", server_cert_without_ca),
    ("refused", request_limit_unknown_mode),
    ("refused", audit_log_without_acls),
    ("refused", snapshot_config_half_given),
    ("refused", license_secret_half_given),
    ("unwise", license_not_autoloaded),
    ("harmful", license_job_under_vault),
    ("harmful", expose_serf_port_moved),
    ("refused", external_servers_without_hosts),
    ("harmful", external_hosts_empty_elsewhere),
    ("harmful", external_servers_tls_without_ca),
    ("harmful", outside_agents_without_ca),
    ("harmful", outside_agents_without_ca_key),
    ("refused", skip_watch_without_external_servers),
    ("refused", unknown_image_pull_policy),
    ("harmful", enabled_given_as_text),
    ("unwise", client_join_unused),
    ("harmful", client_agents_without_servers),
    ("harmful", stagger_of_start_reversed),
    ("harmful", external_host_with_port),
)
