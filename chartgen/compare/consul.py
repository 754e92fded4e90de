"""What Consul makes of an upgrade, where Kubernetes would do as it is told: told by the objects of the servers and of the
injector, whose configuration both the official chart's releases and ours hold in the same places.

Each fact names the page of Consul's documentation that says it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chartgen.compare.changes import Change, identity
from chartgen.compare.consequences import Consequence
from chartgen.compare.stored import parts
from chartgen.kubernetes.refusal import mapped, part

_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")
_FLAG = re.compile(r"-([a-z0-9-]+)=([^\s\\]*)")
# what of the injector's flags says in which namespace, or partition, of Consul services are
_NAMESPACE_FLAGS = (
    "consul-destination-namespace", "enable-k8s-namespace-mirroring", "k8s-namespace-mirroring-prefix",
    "enable-namespaces", "partition",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing that Consul does with an upgrade: what it is about, why, the steps of the safe way in their order, and the
    page that says so."""

    consequence: Consequence
    about: str
    reason: str
    steps: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers of a release, as far as its objects tell."""

    name: str
    replicas: int
    image: str
    configuration: Mapping[str, Any]
    gossip_key: str
    authority: str
    storage_class: str
    partition: int | None


@dataclass(frozen=True, slots=True)
class Mesh:
    """Where in Consul the injector puts services: its flags about namespaces."""

    flags: Mapping[str, str] = field(default_factory=dict)


def advice(changes: Iterable[Change]) -> tuple[Advice, ...]:
    """All that Consul makes of the changes, in no order; nothing where the servers stay, or come."""
    known = tuple(changes)
    if not known:
        return ()
    old, new = _sides(known)
    first, second = servers(old), servers(new)
    found: list[Advice] = []
    if first is not None and second is not None and first.name != second.name:
        found.append(_anew(first, second))
    elif first is not None and second is not None:
        for judge in _JUDGES:
            found += judge(first, second)
    elif first is not None:
        found.append(_gone(first))
    found += _moved(mesh(old), mesh(new))
    return tuple(found)


def _sides(changes: Sequence[Change]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """All objects of both sides: what is in no change is on both."""
    new = list(changes[0].beside)
    changed = {identity(change.new): change.old for change in changes if change.new is not None}
    before = [changed.get(identity(data), data) for data in new]
    gone = [change.old for change in changes if change.what == "removed"]
    return [data for data in (*before, *gone) if data is not None], new


# ---------------------------------------------------------------- what the objects tell


def servers(objects: Iterable[Mapping[str, Any]]) -> Servers | None:
    """The servers among the objects; None where there are none."""
    known = list(objects)
    for data in known:
        labels = part(part(data, "metadata"), "labels")
        if data.get("kind") == "StatefulSet" and labels.get("component") == "server":
            return _servers(data, known)
    return None


def _servers(data: Mapping[str, Any], objects: Sequence[Mapping[str, Any]]) -> Servers:
    spec = part(data, "spec")
    pod = part(part(spec, "template"), "spec")
    container: Mapping[str, Any] = next(
        (agent for agent in parts(pod, "containers") if "consul" in str(agent.get("name"))), {}
    )
    maps = {
        str(part(found, "metadata").get("name")): part(found, "data")
        for found in objects
        if found.get("kind") == "ConfigMap"
    }
    configuration: dict[str, Any] = {}
    volumes = parts(pod, "volumes")
    # what people add is read after what the chart configures
    named = [str(part(volume, "configMap").get("name")) for volume in volumes if "configMap" in volume]
    for name in sorted(named, key=lambda name: "extra" in name):
        for file in sorted(maps.get(name, {})):
            _laid_over(configuration, _json(maps[name][file]))
    claim = next((part(claim, "spec") for claim in parts(spec, "volumeClaimTemplates")), {})
    key = next(
        (variable for variable in parts(container, "env") if variable.get("name") == "GOSSIP_KEY"), None
    )
    authority = next(
        (
            volume.get("secret") or volume.get("emptyDir")
            for volume in volumes
            if volume.get("name") == "consul-ca-cert"
        ),
        "",
    )
    replicas = spec.get("replicas")
    partition = part(part(spec, "updateStrategy"), "rollingUpdate").get("partition")
    return Servers(
        name=str(part(data, "metadata").get("name")),
        replicas=replicas if isinstance(replicas, int) else 1,
        image=str(container.get("image", "")),
        configuration=configuration,
        gossip_key=str(configuration.get("encrypt") or (json.dumps(key, sort_keys=True) if key else "")),
        authority=json.dumps(authority, sort_keys=True) if authority else "",
        storage_class=str(claim.get("storageClassName") or ""),
        partition=partition if isinstance(partition, int) else None,
    )


def _laid_over(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, Mapping):
            inner = below.setdefault(key, {})
            if isinstance(inner, dict):
                _laid_over(inner, value)
                continue
        below[key] = value


def _json(text: Any) -> Mapping[str, Any]:
    try:
        return mapped(json.loads(text))
    except (TypeError, ValueError):
        return {}


def mesh(objects: Iterable[Mapping[str, Any]]) -> Mesh | None:
    """How the injector among the objects maps namespaces; None where there is no injector."""
    for data in objects:
        labels = part(part(data, "metadata"), "labels")
        if data.get("kind") == "Deployment" and labels.get("component") == "connect-injector":
            pod = part(part(part(data, "spec"), "template"), "spec")
            text = json.dumps(
                [[container.get("command"), container.get("args")] for container in parts(pod, "containers")]
            )
            flags = dict(_FLAG.findall(text.replace("\\n", "\n")))
            return Mesh({name: flags[name].strip('",') for name in _NAMESPACE_FLAGS if name in flags})
    return None


# ---------------------------------------------------------------- what Consul says


def _gone(old: Servers) -> Advice:
    return Advice(
        "loses-data",
        "servers",
        f"the {old.replicas} servers go, and with them the catalog, the keys and the tokens that only they hold",
        (
            "consul snapshot save backup.snap",
            "bring up the servers that take over, and consul snapshot restore backup.snap there",
            "point clients and mesh at them (externalServers), and upgrade last",
        ),
        "Consul: Backup and restore a datacenter",
    )


def _anew(old: Servers, new: Servers) -> Advice:
    return Advice(
        "loses-data",
        "name of the servers",
        f"{new.name} is a new cluster with empty volumes beside {old.name}, which goes",
        (
            "keep the name (global.name, fullnameOverride, the release's name)",
            "or consul snapshot save before, and consul snapshot restore on the new servers",
        ),
        "Consul: Backup and restore a datacenter",
    )


def _renamed(old: Servers, new: Servers) -> Iterator[Advice]:
    first, second = (side.configuration.get("datacenter") for side in (old, new))
    if first != second and first and second:
        yield Advice(
            "loses-data",
            "datacenter",
            f"the name of a datacenter is in all that it holds: servers of {second} do not join those of {first}, and refuse "
            "their data",
            (
                f"leave it at {first}; a name that people see can be given to the cluster elsewhere",
                f"or install {second} beside it, move keys with consul kv export and import, register services anew, and "
                f"remove {first} when nobody asks it any more",
            ),
            "Consul: Agent configuration reference, “datacenter”",
        )
    first, second = (side.configuration.get("domain") for side in (old, new))
    if first != second and first and second:
        yield Advice(
            "restarts",
            "domain",
            f"servers that have restarted answer for .{second} and no longer for .{first}; and certificates of the mesh "
            f"name {first} until they are renewed",
            (
                f'first add "alt_domain": "{second}" to server.extraConfig, and upgrade: both are answered',
                f"move clients, the cluster's DNS stub and allow lists to .{second}",
                f'then change the domain, with "alt_domain": "{first}" as long as anybody asks for it',
            ),
            "Consul: Agent configuration reference, “alt_domain”",
        )


def _counted(old: Servers, new: Servers) -> Iterator[Advice]:
    quorum = old.replicas // 2 + 1
    if new.replicas < quorum:
        yield Advice(
            "loses-data",
            "number of servers",
            f"of {old.replicas} servers {quorum} have to agree, and {new.replicas} {'is' if new.replicas == 1 else 'are'} left: there is no leader, and nothing "
            "can be written or registered",
            _fewer(old.replicas, new.replicas),
            "Consul: Consensus protocol, “Deployment table”; Disaster recovery",
        )
    elif new.replicas < old.replicas - 1:
        yield Advice(
            "restarts",
            "number of servers",
            f"{old.replicas - new.replicas} servers leave at once, which is safe only one at a time",
            _fewer(old.replicas, new.replicas),
            "Consul: Add and remove servers",
        )
    first, second = (side.configuration.get("bootstrap_expect") for side in (old, new))
    if first != second and first is not None and second is not None:
        if isinstance(second, int) and second > new.replicas:
            yield Advice(
                "restarts",
                "bootstrapExpect",
                f"{second} servers are waited for and {new.replicas} are there: a cluster that has to form anew never does",
                (f"set server.bootstrapExpect to {new.replicas}, or leave it out",),
                "Consul: Agent configuration reference, “bootstrap_expect”",
            )
        elif (first, second) != (old.replicas, new.replicas):
            yield Advice(
                "nothing",
                "bootstrapExpect",
                "it counts only until a cluster has its first leader: the running one does not ask for it",
                (),
                "Consul: Agent configuration reference, “bootstrap_expect”",
            )


def _fewer(first: int, second: int) -> tuple[str, ...]:
    return (
        f"take one server away, {first} → {first - 1}, and upgrade",
        "wait until consul operator raft list-peers no longer has it, and consul operator autopilot state is healthy",
        f"again, until there are {second}",
    )


def _gossip(old: Servers, new: Servers) -> Iterator[Advice]:
    source = (
        "Consul: Manage gossip encryption, “Enable gossip encryption on an existing cluster”, “Rotate keys”"
    )
    lenient = any(
        new.configuration.get(key) is False for key in ("encrypt_verify_incoming", "encrypt_verify_outgoing")
    )
    if not old.gossip_key and new.gossip_key and not lenient:
        yield Advice(
            "restarts",
            "gossip encryption",
            "servers and clients that have the key do not hear those that have none yet: while pods roll, the cluster falls "
            "apart",
            (
                'server.extraConfig and client.extraConfig: {"encrypt_verify_incoming": false, "encrypt_verify_outgoing": '
                "false}, with gossipEncryption on; upgrade, and wait until all agents have restarted",
                "encrypt_verify_outgoing: true; upgrade, and wait",
                "encrypt_verify_incoming: true (or leave both out); upgrade",
            ),
            source,
        )
    elif old.gossip_key and not new.gossip_key:
        yield Advice(
            "restarts",
            "gossip encryption",
            "agents without the key do not hear those that still have it: while pods roll, the cluster falls apart",
            (
                "encrypt_verify_outgoing: false in server.extraConfig and client.extraConfig; upgrade, and wait",
                "encrypt_verify_incoming: false; upgrade, and wait",
                "turn gossipEncryption off, and leave both out",
            ),
            source,
        )
    elif old.gossip_key != new.gossip_key and old.gossip_key and new.gossip_key:
        yield Advice(
            "restarts",
            "gossip key",
            "agents remember the key that they use: another one in the Secret alone keeps new agents out",
            (
                "consul keyring -install KEY, then consul keyring -use KEY, on one server",
                "put the key into the Secret, and upgrade",
                "when all agents have restarted: consul keyring -remove OLD",
            ),
            source,
        )


def _tls(old: Servers, new: Servers) -> Iterator[Advice]:
    source = "Consul on Kubernetes: Enable TLS encryption on an existing cluster"
    before, after = _verifies(old), _verifies(new)
    if not _has_tls(old) and _has_tls(new) and after:
        count = new.replicas
        if new.partition is not None and new.partition >= count:
            return
        yield Advice(
            "restarts",
            "TLS",
            "servers that ask for certificates do not speak with those that have none yet: half way through the roll there is "
            "no quorum",
            (
                f"global.tls: enabled true, verify false, httpsOnly false; server.updatePartition: {count}; upgrade: no "
                "server restarts yet, and the certificates are made",
                f"server.updatePartition: {count - 1}, then one less at a time down to 0, each time an upgrade and a look at "
                "consul operator raft list-peers; then the clients",
                "restart what is in the mesh, so that it speaks TLS",
                "verify true and httpsOnly true; upgrade",
            ),
            source,
        )
    elif _has_tls(old) and not _has_tls(new):
        yield Advice(
            "restarts",
            "TLS",
            "servers without certificates are refused by those that verify them: half way through the roll there is no quorum",
            (
                "global.tls: verify false, httpsOnly false; upgrade, and wait until all agents have restarted",
                "enabled false; upgrade",
            ),
            source,
        )
    elif not before and after:
        yield Advice(
            "restarts",
            "verification of TLS",
            "whoever still speaks without a certificate is refused from now on",
            (
                "look that all agents and all pods of the mesh have restarted since TLS was turned on, then upgrade",
            ),
            source,
        )
    if old.authority and new.authority and old.authority != new.authority:
        yield Advice(
            "restarts",
            "certificate authority",
            "certificates of the new authority are not taken by those who know only the old one",
            (
                "hand out a CA file that holds both certificates first, and upgrade",
                "then have the server certificates come from the new one, and upgrade",
                "drop the old certificate from the file when all agents have restarted",
            ),
            "Consul on Kubernetes: Rotate TLS certificates",
        )


def _has_tls(side: Servers) -> bool:
    configured = part(part(side.configuration, "tls"), "defaults")
    return bool(
        configured.get("ca_file")
        or side.configuration.get("ca_file")
        or part(side.configuration, "auto_encrypt")
    )


def _verifies(side: Servers) -> bool:
    internal = part(part(side.configuration, "tls"), "internal_rpc")
    return bool(
        internal.get("verify_incoming")
        or side.configuration.get("verify_incoming")
        or side.configuration.get("verify_incoming_rpc")
    )


def _acls(old: Servers, new: Servers) -> Iterator[Advice]:
    source = "Consul: Bootstrap the ACL system; ACLs on Kubernetes"
    before, after = (bool(part(side.configuration, "acl").get("enabled")) for side in (old, new))
    if not before and after:
        if part(new.configuration, "acl").get("default_policy") == "allow":
            return
        yield Advice(
            "restarts",
            "ACLs",
            "as soon as the servers have restarted, everything without a token is refused: pods of the mesh that run, clients, "
            "catalog sync, your own programs",
            (
                'server.extraConfig: {"acl": {"default_policy": "allow"}}, with manageSystemACLs on; upgrade, and wait for the '
                "job server-acl-init",
                "restart what is in the mesh, so that it logs in, and give tokens to your own programs",
                "leave default_policy out again; upgrade",
            ),
            source,
        )
    elif before and not after:
        yield Advice(
            "restarts",
            "ACLs",
            "everybody who reaches Consul may do everything; and tokens are made anew when ACLs are turned on again",
            (
                "keep the Secrets with tokens, or a later bootstrap cannot log in (consul acl bootstrap would need a reset)",
                "restart what is in the mesh afterwards: it still shows tokens that nobody knows",
            ),
            source,
        )


def _primary(old: Servers, new: Servers) -> Iterator[Advice]:
    first, second = (str(side.configuration.get("primary_datacenter") or "") for side in (old, new))
    own = (str(side.configuration.get("datacenter") or "") for side in (old, new))
    # without a primary, a datacenter is its own
    before, after = (named or itself for named, itself in zip((first, second), own, strict=True))
    if before != after and old.configuration.get("datacenter") == new.configuration.get("datacenter"):
        yield Advice(
            "loses-data",
            "primary datacenter",
            f"ACL tokens, policies, intentions, configuration entries and the root of the mesh's certificates are the primary's: "
            f"from {before} to {after} they are replaced by the other one's",
            (
                "consul snapshot save in both datacenters",
                "export what is to be kept (consul config read, consul acl policy read, consul intention list), and write it "
                "in the datacenter that is to be the primary",
                "only then change the primary, and restart what is in the mesh: its certificates come from another root",
            ),
            "Consul: WAN federation; Disaster recovery for federated primary datacenter",
        )


def _volumes(old: Servers, new: Servers) -> Iterator[Advice]:
    if old.storage_class != new.storage_class:
        yield Advice(
            "refused",
            "storage class",
            "the servers' volumes stay in the class that they were made in",
            (
                f"kubectl delete statefulset {old.name} --cascade=orphan, then upgrade: the servers go on running",
                f"one server at a time, from the last: kubectl delete pvc data-…-{old.name}-N --wait=false, then its pod; it "
                "comes up empty, in the new class, and copies all from the others",
                "wait for consul operator autopilot state to be healthy before the next",
            ),
            "Consul: Add and remove servers; Kubernetes: StatefulSets, “Limitations”",
        )


def _programs(old: Servers, new: Servers) -> Iterator[Advice]:
    if old.image == new.image:
        return
    first, second = _number(old.image), _number(new.image)
    if first and second and second < first:
        yield Advice(
            "loses-data",
            "version of Consul",
            "an older Consul may not read what a newer one has written: going back is not provided for",
            (
                "consul snapshot save before each upgrade, and restore that snapshot into fresh servers of the old version",
            ),
            "Consul: Upgrade instructions; Backup and restore a datacenter",
        )
    elif _is_enterprise(old.image) and not _is_enterprise(new.image):
        yield Advice(
            "loses-data",
            "edition of Consul",
            "the community edition does not read namespaces, partitions and the like that the Enterprise edition has written",
            ("install it beside, and move over what it can hold",),
            "Consul: Upgrade instructions",
        )
    elif first and second and second[0] == first[0] and second[1] > first[1] + 2:
        yield Advice(
            "restarts",
            "version of Consul",
            f"more than two versions at once ({first[0]}.{first[1]} to {second[0]}.{second[1]}): the steps in between migrate "
            "what is stored",
            ("upgrade by way of the versions in between, with a look at the notes of each",),
            "Consul: Upgrade instructions, “Upgrade to version-specific”",
        )


def _number(image: str) -> tuple[int, ...]:
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    found = _VERSION.match(tag)
    return tuple(int(number or 0) for number in found.groups()) if found else ()


def _is_enterprise(image: str) -> bool:
    return "enterprise" in image or "-ent" in image.rpartition(":")[2]


def _moved(old: Mesh | None, new: Mesh | None) -> Iterator[Advice]:
    if old is None or new is None:
        return
    different = [name for name in _NAMESPACE_FLAGS if old.flags.get(name) != new.flags.get(name)]
    if different:
        told = ", ".join(
            f"{name}: {old.flags.get(name, 'none')} → {new.flags.get(name, 'none')}" for name in different
        )
        yield Advice(
            "restarts",
            "namespaces of the mesh",
            f"services come up under other names in Consul ({told}), each when its pods restart; intentions, configuration "
            "entries and upstreams still name the old ones",
            (
                "write intentions and configuration entries for the new namespaces beside the old ones",
                "upgrade, and restart what is in the mesh, a service after all who call it",
                "remove what names the old namespaces",
            ),
            "Consul on Kubernetes: Consul Enterprise namespaces",
        )


_JUDGES: Sequence[Callable[[Servers, Servers], Iterator[Advice]]] = (
    _renamed, _counted, _gossip, _tls, _acls, _primary, _volumes, _programs,
)  # fmt: skip
