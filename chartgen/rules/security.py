"""Rules about ACLs, TLS, gossip encryption and Vault."""

from __future__ import annotations

from chartgen.rules.clash import Clash, Rule, Values, Weight, at, half_given, names_option
from chartgen.settings import Settings

_VAULT = "global.secretsBackend.vault"


def replication_token_without_acls(v: Values, s: Settings) -> Clash | None:
    """Without an ACL system nobody can mint a replication token."""
    if (s.server or s.external_servers) and v["global"]["acls"]["createReplicationToken"] and not s.acls:
        return Clash(
            "a replication token is asked for and ACLs are off",
            ("global.acls.createReplicationToken", "global.acls.manageSystemACLs"),
            "set global.acls.manageSystemACLs: true, or global.acls.createReplicationToken: false",
        )
    return None


def bootstrap_token_half_given(v: Values, s: Settings) -> Clash | None:
    """A reference to a Secret needs the object's name and the entry in it."""
    if s.server or (s.external_servers and s.acls):
        return half_given(v, "global.acls.bootstrapToken", "the bootstrap token")
    return None


def replication_token_half_given(v: Values, s: Settings) -> Clash | None:
    """A reference to a Secret needs the object's name and the entry in it."""
    return half_given(v, "global.acls.replicationToken", "the replication token") if s.acl_init else None


def replication_token_made_and_given(v: Values, s: Settings) -> Clash | None:
    """A datacenter either mints the replication token or is handed one.

    Under Vault it is both: the token is made with the identifier that waits in Vault.
    """
    acls = v["global"]["acls"]
    given = acls["createReplicationToken"] and acls["replicationToken"]["secretName"]
    if s.acls and given and not s.vault:
        return Clash(
            "the replication token is both to be created and given",
            ("global.acls.createReplicationToken", "global.acls.replicationToken.secretName"),
            "create it in the primary datacenter, give it to the secondary ones",
        )
    return None


def vault_acls_without_token_source(v: Values, s: Settings) -> Clash | None:
    """With Vault the ACL job has no Secret of Kubernetes to keep tokens in; a path in Vault must be named."""
    acls = v["global"]["acls"]
    if (
        s.acl_init
        and s.vault
        and not acls["bootstrapToken"]["secretName"]
        and not acls["replicationToken"]["secretName"]
    ):
        return Clash(
            "secrets are in Vault and no path there is named for the first ACL token",
            (f"{_VAULT}.enabled", "global.acls.bootstrapToken.secretName"),
            "set global.acls.bootstrapToken.secretName and secretKey to a path in Vault",
        )
    return None


def _without_role(v: Values, role: str, who: str) -> Clash | None:
    if at(v, f"{_VAULT}.{role}"):
        return None
    return Clash(
        f"secrets are in Vault and {who} has no role to log in with",
        (f"{_VAULT}.enabled", f"{_VAULT}.{role}"),
        f"set {_VAULT}.{role} to a role of Vault's Kubernetes auth method",
    )


def vault_acls_without_job_role(v: Values, s: Settings) -> Clash | None:
    """The ACL job reads and writes tokens in Vault under a role of its own."""
    return _without_role(v, "manageSystemACLsRole", "the ACL job") if s.acl_init and s.vault else None


def vault_without_server_role(v: Values, s: Settings) -> Clash | None:
    """Servers fetch their secrets from Vault under this role."""
    return _without_role(v, "consulServerRole", "the servers' pod") if s.server and s.vault else None


def vault_without_client_role(v: Values, s: Settings) -> Clash | None:
    """Client agents fetch their secrets from Vault under this role."""
    return _without_role(v, "consulClientRole", "the client agents' pod") if s.client and s.vault else None


def vault_tls_clients_without_ca_role(v: Values, s: Settings) -> Clash | None:
    """Pods that need only the CA certificate read it from Vault under this role."""
    return (
        _without_role(v, "consulCARole", "a pod that reads the CA")
        if s.client and s.vault and s.tls
        else None
    )


def vault_tls_without_ca_role(v: Values, s: Settings) -> Clash | None:
    """Injector, gateways and catalog sync read the CA from Vault under this role."""
    readers = (
        s.connect_inject or s.sync_catalog or s.mesh_gateway or s.ingress_gateways or s.terminating_gateways
    )
    if s.vault and s.tls and readers and not s.client:
        return _without_role(v, "consulCARole", "a pod that reads the CA")
    return None


def vault_tls_without_ca_path(v: Values, s: Settings) -> Clash | None:
    """With Vault the CA is read from a path there and not generated."""
    if (s.server or s.client) and s.vault and s.tls and not v["global"]["tls"]["caCert"]["secretName"]:
        return Clash(
            "secrets are in Vault and no path there is named for the CA",
            (f"{_VAULT}.enabled", "global.tls.caCert.secretName"),
            "set global.tls.caCert.secretName to a path in Vault, such as pki/cert/ca",
        )
    return None


def vault_tls_without_server_cert(v: Values, s: Settings) -> Clash | None:
    """No TLS job runs under Vault, so the server's certificate must come from a path there.

    Annotations of one's own that have Vault's agent write `servercert`, or `cert_file` in server.extraConfig, are
    another way to it.
    """
    annotations = (v["server"]["annotations"], v["global"]["secretsBackend"]["vault"]["agentAnnotations"])
    own = "servercert" in str(annotations) or names_option(v, "server", "cert_file")
    if s.server and s.vault and s.tls and not v["server"]["serverCert"]["secretName"] and not own:
        return Clash(
            "secrets are in Vault and no path there is named for the servers' certificate",
            (f"{_VAULT}.enabled", "server.serverCert.secretName"),
            "set server.serverCert.secretName to a path in Vault, such as pki/issue/consul-server",
        )
    return None


def vault_tls_clients_without_auto_encrypt(v: Values, s: Settings) -> Clash | None:
    """The CA's key stays in Vault, so clients must ask the servers for certificates."""
    if s.client and s.vault and s.tls and not v["global"]["tls"]["enableAutoEncrypt"]:
        return Clash(
            "client agents cannot get certificates: the CA's key stays in Vault",
            (f"{_VAULT}.enabled", "global.tls.enableAutoEncrypt"),
            "set global.tls.enableAutoEncrypt: true",
        )
    return None


def vault_webhook_certs_partly_given(v: Values, s: Settings) -> Clash | None:
    """The injector takes its webhook certificate wholly from Vault or not at all."""
    parts = [
        f"{_VAULT}.connectInjectRole",
        f"{_VAULT}.connectInject.tlsCert.secretName",
        f"{_VAULT}.connectInject.caCert.secretName",
    ]
    missing = [path for path in parts if not at(v, path)]
    if s.connect_inject and 0 < len(missing) < 3:
        return Clash(
            "the injector's webhook certificate is only partly in Vault",
            tuple(parts),
            "set " + " and ".join(missing) + " too, or none of the three",
        )
    return None


def gossip_key_generated_and_supplied(v: Values, s: Settings) -> Clash | None:
    """A cluster has one gossip key; two sources for it let members come up with different ones."""
    gossip = v["global"]["gossipEncryption"]
    if gossip["autoGenerate"] and (gossip["secretName"] or gossip["secretKey"]):
        given = "secretName" if gossip["secretName"] else "secretKey"
        return Clash(
            "the gossip key is both to be generated and given",
            ("global.gossipEncryption.autoGenerate", f"global.gossipEncryption.{given}"),
            "keep one of the two",
        )
    return None


def gossip_secret_half_given(v: Values, s: Settings) -> Clash | None:
    """A reference to a Secret needs the object's name and the entry in it."""
    return half_given(v, "global.gossipEncryption", "the gossip key") if s.server else None


def client_gossip_secret_half_given(v: Values, s: Settings) -> Clash | None:
    """Client agents with half a reference start without encryption."""
    return half_given(v, "global.gossipEncryption", "the gossip key") if s.client and not s.server else None


def gossip_generated_under_vault(v: Values, s: Settings) -> Clash | None:
    """A generated key is put into a Secret of Kubernetes, where agents that read Vault do not look."""
    if s.vault and v["global"]["gossipEncryption"]["autoGenerate"]:
        return Clash(
            "the gossip key would be generated into Kubernetes while agents read Vault",
            ("global.gossipEncryption.autoGenerate", f"{_VAULT}.enabled"),
            "put a key (`consul keygen`) into Vault and set global.gossipEncryption.secretName and secretKey",
        )
    return None


def ca_cert_without_ca_key(v: Values, s: Settings) -> Clash | None:
    """Without the CA's key, the TLS job signs the servers' certificate with another CA that nobody trusts.

    The Secret that the job itself makes, `<global.name>-ca-cert`, may be named: it is that other CA.
    """
    tls, given = v["global"]["tls"], v.get("fullnameOverride") or v["global"]["name"]
    ca = str(tls["caCert"]["secretName"] or "")
    if s.tls_init and ca and not tls["caKey"]["secretName"] and ca != f"{given}-ca-cert":
        return Clash(
            "the CA is given without its key, so servers get a certificate of another CA",
            ("global.tls.caCert.secretName", "global.tls.caKey.secretName"),
            "set global.tls.caKey.secretName, or server.serverCert.secretName to a certificate of that CA",
            # the release's name is in the Secret's, and not known yet
            doubtful=not given and ca.endswith("-ca-cert"),
        )
    return None


def tls_off_with_https_ui(v: Values, s: Settings) -> Clash | None:
    """The UI's https port exists only when TLS is on."""
    if s.ui and not s.tls and v["ui"]["service"]["enabled"] and v["ui"]["service"]["nodePort"]["https"]:
        return Clash(
            "the UI's https port is set and TLS is off",
            ("ui.service.nodePort.https", "global.tls.enabled"),
            "set global.tls.enabled: true, or use the http port",
        )
    return None


def tls_not_verified(v: Values, s: Settings) -> Clash | None:
    """Encrypted, and whoever answers is believed: for the time of a roll-out of TLS only."""
    if s.tls and not v["global"]["tls"]["verify"]:
        return Clash(
            "TLS is on and certificates are not verified",
            ("global.tls.verify",),
            "set global.tls.verify: true once all agents have certificates",
        )
    return None


def acls_without_tls(v: Values, s: Settings) -> Clash | None:
    """Tokens go over the network with each request; without TLS whoever listens has them."""
    if s.acls and not s.tls:
        return Clash(
            "ACLs are on and their tokens cross the network in the clear, as TLS is off",
            ("global.acls.manageSystemACLs", "global.tls.enabled"),
            "set global.tls.enabled: true",
        )
    return None


RULES: tuple[tuple[Weight, Rule], ...] = (
    ("refused", replication_token_without_acls),
    ("refused", bootstrap_token_half_given),
    ("refused", replication_token_half_given),
    ("harmful", replication_token_made_and_given),
    ("refused", vault_acls_without_token_source),
    ("refused", vault_acls_without_job_role),
    ("refused", vault_without_server_role),
    ("refused", vault_without_client_role),
    ("refused", vault_tls_clients_without_ca_role),
    ("harmful", vault_tls_without_ca_role),
    ("refused", vault_tls_without_ca_path),
    ("harmful", vault_tls_without_server_cert),
    ("refused", vault_tls_clients_without_auto_encrypt),
    ("refused", vault_webhook_certs_partly_given),
    ("refused", gossip_key_generated_and_supplied),
    ("refused", gossip_secret_half_given),
    ("harmful", client_gossip_secret_half_given),
    ("harmful", gossip_generated_under_vault),
    ("harmful", ca_cert_without_ca_key),
    ("unwise", tls_off_with_https_ui),
    ("unwise", tls_not_verified),
    ("unwise", acls_without_tls),
)
