"""Rules about values that are set and that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from chartgen import schema
from chartgen.rules.clash import Clash, Rule, Values, Weight, at
from chartgen.settings import Settings


def _set(v: Values, paths: tuple[str, ...]) -> list[str]:
    """The paths whose value is neither empty nor the default."""
    return [path for path in paths if at(v, path) and at(v, path) != at(schema.defaults(), path)]


def vault_settings_unused(v: Values, s: Settings) -> Clash | None:
    """Roles and paths of Vault count once Vault is the secrets backend."""
    vault = "global.secretsBackend.vault"
    given = _set(v, tuple(path for path in schema.below(vault) if path != f"{vault}.enabled"))
    if given and not s.vault:
        return Clash(
            "settings of Vault are given and Vault is off",
            (*given, f"{vault}.enabled"),
            f"set {vault}.enabled: true, or remove them",
        )
    return None


def external_hosts_unused(v: Values, s: Settings) -> Clash | None:
    """Addresses of outside servers count once outside servers are on."""
    if v["externalServers"]["hosts"] and not s.external_servers:
        return Clash(
            "outside servers are named and not used",
            ("externalServers.hosts", "externalServers.enabled"),
            "set externalServers.enabled: true and server.enabled: false, or remove externalServers.hosts",
        )
    return None


def tls_settings_unused(v: Values, s: Settings) -> Clash | None:
    """Certificates are given and every connection stays in the clear."""
    given = _set(
        v,
        ("global.tls.caCert.secretName", "global.tls.caKey.secretName", "server.serverCert.secretName",
         "global.tls.enableAutoEncrypt", "global.tls.serverAdditionalDNSSANs"),
    )  # fmt: skip
    if given and not s.tls and not s.vault:
        return Clash(
            "TLS is set up and off",
            (*given, "global.tls.enabled"),
            "set global.tls.enabled: true, or remove them",
        )
    return None


def acl_tokens_unused(v: Values, s: Settings) -> Clash | None:
    """Tokens are given and anybody may do anything, as ACLs are off."""
    names = ("bootstrapToken", "replicationToken", "partitionToken")
    given = _set(v, tuple(f"global.acls.{name}.secretName" for name in names))
    if given and not s.acls:
        return Clash(
            "ACL tokens are given and ACLs are off",
            (*given, "global.acls.manageSystemACLs"),
            "set global.acls.manageSystemACLs: true, or remove them",
        )
    return None


def federation_settings_unused(v: Values, s: Settings) -> Clash | None:
    """The primary datacenter is named and this one joins no federation."""
    given = _set(v, ("global.federation.primaryDatacenter", "global.federation.primaryGateways"))
    if given and not v["global"]["federation"]["enabled"]:
        return Clash(
            "a primary datacenter is named and federation is off",
            (*given, "global.federation.enabled"),
            "set global.federation.enabled: true, or remove them",
        )
    return None


def namespace_settings_unused(v: Values, s: Settings) -> Clash | None:
    """Without Consul namespaces everything registers in the one that there is."""
    names = ("consulDestinationNamespace", "mirroringK8SPrefix")
    given = [
        *(
            _set(v, tuple(f"connectInject.consulNamespaces.{name}" for name in names))
            if s.connect_inject
            else ()
        ),
        *(_set(v, tuple(f"syncCatalog.consulNamespaces.{name}" for name in names)) if s.sync_catalog else ()),
    ]
    if given and not s.namespaces:
        return Clash(
            "a Consul namespace is named and namespaces are off",
            (*given, "global.enableConsulNamespaces"),
            "set global.enableConsulNamespaces: true (Consul Enterprise), or remove it",
        )
    return None


def partition_name_unused(v: Values, s: Settings) -> Clash | None:
    """A partition is named and the cluster stays in the default one."""
    given = _set(v, ("global.adminPartitions.name",))
    if given and not s.partitions:
        return Clash(
            "an admin partition is named and admin partitions are off",
            (*given, "global.adminPartitions.enabled"),
            "set global.adminPartitions.enabled: true (Consul Enterprise), or remove the name",
        )
    return None


def sync_in_no_direction(v: Values, s: Settings) -> Clash | None:
    """Catalog sync runs and has nothing to do."""
    sync = v["syncCatalog"]
    if s.sync_catalog and not sync["toConsul"] and not sync["toK8S"]:
        return Clash(
            "catalog sync is on and goes in no direction",
            ("syncCatalog.toConsul", "syncCatalog.toK8S", "syncCatalog.enabled"),
            "turn one of the two on, or catalog sync off",
        )
    return None


def namespace_allowed_and_denied(v: Values, s: Settings) -> Iterator[Clash]:
    """A denied namespace stays out, whatever else is allowed."""
    for section, on in (("connectInject", s.connect_inject), ("syncCatalog", s.sync_catalog)):
        allowed, denied = v[section]["k8sAllowNamespaces"] or [], v[section]["k8sDenyNamespaces"] or []
        known = {name for name in allowed if isinstance(name, str)}
        for place, name in enumerate(denied if on else ()):
            if name == "*" or (isinstance(name, str) and name in known):
                what = "every namespace is" if name == "*" else f"the namespace {name} is allowed and"
                yield Clash(
                    f"{what} denied",
                    ((section, "k8sDenyNamespaces", place), f"{section}.k8sAllowNamespaces"),
                    f"remove it from {section}.k8sDenyNamespaces",
                )


def request_limits_without_rates(v: Values, s: Settings) -> Clash | None:
    """A rate of -1 is no limit."""
    limits = v["server"]["limits"]["requestLimits"]
    if (
        s.server
        and limits["mode"] in ("permissive", "enforce")
        and limits["readRate"] == limits["writeRate"] == -1
    ):
        return Clash(
            "requests are to be limited and no rate is given",
            ("server.limits.requestLimits.mode", "server.limits.requestLimits.readRate"),
            "set readRate and writeRate",
        )
    return None


def update_partition_holds_all(v: Values, s: Settings) -> Clash | None:
    """Servers below the partition's number keep their old version: here all of them."""
    held, replicas = v["server"]["updatePartition"], v["server"]["replicas"]
    if s.server and isinstance(held, int) and isinstance(replicas, int) and replicas > 0 and held >= replicas:
        return Clash(
            "no server is updated",
            ("server.updatePartition", "server.replicas"),
            "lower server.updatePartition step by step, to 0 at last",
        )
    return None


def dns_redirection_without_dns(v: Values, s: Settings) -> Clash | None:
    """Sidecars are told to redirect the pods' DNS questions only where there is Consul's DNS Service to take them."""
    if s.connect_inject and v["dns"]["enableRedirection"] is True and not s.dns:
        return Clash(
            "DNS is to be redirected to Consul, whose DNS Service is off",
            ("dns.enableRedirection", "dns.enabled"),
            "set dns.enabled: true, or dns.enableRedirection: false",
        )
    return None


def prometheus_without_metrics(v: Values, s: Settings) -> Clash | None:
    """The bundled Prometheus is there for the metrics of Consul, and there are none."""
    if v["prometheus"]["enabled"] and not v["global"]["metrics"]["enabled"]:
        return Clash(
            "Prometheus is installed and metrics are off",
            ("prometheus.enabled", "global.metrics.enabled"),
            "set global.metrics.enabled: true, or prometheus.enabled: false",
        )
    return None


RULES: tuple[tuple[Weight, Rule], ...] = (
    ("unwise", vault_settings_unused),
    ("unwise", external_hosts_unused),
    ("unwise", tls_settings_unused),
    ("unwise", acl_tokens_unused),
    ("unwise", federation_settings_unused),
    ("unwise", namespace_settings_unused),
    ("unwise", partition_name_unused),
    ("unwise", sync_in_no_direction),
    ("unwise", namespace_allowed_and_denied),
    ("unwise", request_limits_without_rates),
    ("unwise", update_partition_holds_all),
    ("unwise", dns_redirection_without_dns),
    ("unwise", prometheus_without_metrics),
)
