"""Values files as they were in earlier years: the paths of a release, with what stood there or might have."""

from pathlib import Path
from typing import Any

from chartgen import schema

ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "data/values-history.tsv").read_text().splitlines()[1:]
]
# releases that brought or took many values, and the last ones of a line
RELEASES = ("0.8.0", "0.16.0", "0.19.0", "0.21.0", "0.24.1", "0.25.0", "0.29.0", "0.31.1", "0.36.0", "0.42.0",
            "0.45.0", "0.49.8", "1.0.11", "1.1.8", "1.2.1", "1.4.10", "1.7.0", "1.9.11")  # fmt: skip
# what full copies of old files hold where the value is gone: switches off, sizes as they were
WAS: dict[str, Any] = {
    "apiGateway.enabled": False,
    "apiGateway.imageEnvoy": "envoyproxy/envoy:v1.25.1",
    "apiGateway.logLevel": "info",
    "apiGateway.consulNamespaces.consulDestinationNamespace": "default",
    "apiGateway.consulNamespaces.mirroringK8S": False,
    "apiGateway.consulNamespaces.mirroringK8SPrefix": "",
    "apiGateway.controller.replicas": 1,
    "apiGateway.managedGatewayClass.enabled": True,
    "apiGateway.managedGatewayClass.serviceType": "LoadBalancer",
    "apiGateway.managedGatewayClass.useHostPorts": False,
    "client.snapshotAgent.enabled": False,
    "client.snapshotAgent.interval": "1h",
    "client.snapshotAgent.replicas": 2,
    **{f"connectInject.apiGateway.resources.{kind}.{name}": size for kind in ("requests", "limits")
       for name, size in (("cpu", "100m"), ("memory", "100Mi"))},
    "connectInject.centralConfig.enabled": True,
    "connectInject.centralConfig.proxyDefaults": "{}",
    "connectInject.certs.caBundle": "",
    "connectInject.certs.certName": "tls.crt",
    "connectInject.certs.keyName": "tls.key",
    "connectInject.cleanupController.reconcilePeriod": "5m",
    "connectInject.healthChecks.enabled": True,
    "connectInject.healthChecks.reconcilePeriod": "1m",
    "connectInject.prepareDataplanesUpgrade": False,
    "controller.enabled": False,
    "controller.logLevel": "",
    "controller.replicas": 1,
    "externalServers.https.port": 443,
    "externalServers.https.useSystemRoots": False,
    "global.adminPartitions.service.type": "LoadBalancer",
    "global.bootstrapACLs": False,
    "global.cloud.enabled": False,
    "global.gossipEncryption.enabled": True,
    "global.imageEnvoy": "envoyproxy/envoy:v1.23.1",
    "global.peering.tokenGeneration.serverAddresses.source": "",
    "global.peering.tokenGeneration.serverAddresses.static": [],
    "global.secretsBackend.vault.consulSnapshotAgentRole": "",
    "global.secretsBackend.vault.controllerRole": "",
    "grafana.enabled": False,
    "meshGateway.enableHealthChecks": True,
    "meshGateway.globalMode": "local",
    "meshGateway.imageEnvoy": "envoyproxy/envoy:v1.13.0",
    "meshGateway.service.enabled": True,
    "meshGateway.wanAddress.host": "",
    "meshGateway.wanAddress.useNodeIP": True,
    "meshGateway.wanAddress.useNodeName": False,
    "server.enterpriseLicense.enableLicenseAutoload": True,
}  # fmt: skip
# the images of each time: the first release that took them, Consul, the control plane
IMAGES = (
    ("0.1.0", "consul:1.4.0", "hashicorp/consul-k8s:0.2.1"),
    ("0.16.0", "consul:1.6.2", "hashicorp/consul-k8s:0.10.1"),
    ("0.21.0", "consul:1.7.3", "hashicorp/consul-k8s:0.15.0"),
    ("0.25.0", "consul:1.8.4", "hashicorp/consul-k8s:0.19.0"),
    ("0.31.1", "hashicorp/consul:1.9.4", "hashicorp/consul-k8s:0.25.0"),
    ("0.36.0", "hashicorp/consul:1.10.3", "hashicorp/consul-k8s-control-plane:0.36.0"),
    ("0.42.0", "hashicorp/consul:1.11.4", "hashicorp/consul-k8s-control-plane:0.42.0"),
    ("0.49.8", "hashicorp/consul:1.13.9", "hashicorp/consul-k8s-control-plane:0.49.8"),
    ("1.0.11", "hashicorp/consul:1.14.11", "hashicorp/consul-k8s-control-plane:1.0.11"),
    ("1.4.10", "hashicorp/consul:1.18.2", "hashicorp/consul-k8s-control-plane:1.4.10"),
    ("1.9.11", "hashicorp/consul:1.22.4", "hashicorp/consul-k8s-control-plane:1.9.11"),
)
# what a file that used all that is gone today had on
ON = {
    "apiGateway.enabled": True,
    "client.snapshotAgent.enabled": True,
    "connectInject.centralConfig.defaultProtocol": "http",
    "connectInject.certs.secretName": "webhook-certificate",
    "connectInject.enabled": True,
    "controller.enabled": True,
    "controller.aclToken.secretName": "controller-token",
    "externalServers.https.address": "consul.example.com",
    "global.bootstrapACLs": True,
    "global.cloud.enabled": True,
    "global.imageEnvoy": "registry.example.com/envoy:v1.20.0",
    "meshGateway.enabled": True,
    "server.enterpriseLicense.secretName": "licence",
    "server.enterpriseLicense.secretKey": "key",
}
_SIZES = {"cpu": "50m", "memory": "50Mi"}


def number(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))


def full_copy(release: str) -> dict[str, Any]:
    """Everything that the release's own values held, as people copy it whole and keep it."""
    at = [path for path, first, last in ROWS if number(first) <= number(release) <= number(last)]
    copy: dict[str, Any] = {}
    for path in at:
        if any(other.startswith(f"{path}.") for other in at):
            continue
        *above, key = path.split(".")
        node: Any = copy
        for step in above:
            node = node.setdefault(step, {})
        standard = schema.leaves().get((*above, key), WAS.get(path))
        node[key] = _SIZES[key] if standard is None and key in _SIZES else standard
    _, copy["global"]["image"], copy["global"]["imageK8S"] = max(
        (one for one in IMAGES if number(one[0]) <= number(release)), key=lambda one: number(one[0])
    )
    if "imageConsulDataplane" in copy["global"]:
        copy["global"]["imageConsulDataplane"] = "hashicorp/consul-dataplane:1.0.0"
    return copy


def in_use(release: str) -> dict[str, Any]:
    """A full copy in which everything is on that is gone today."""
    copy = full_copy(release)
    for path, value in ON.items():
        *above, key = path.split(".")
        node: Any = copy
        for step in above:
            node = node.get(step, {})
        if key in node:
            node[key] = value
    return copy


def held(values: dict[str, Any], path: str) -> bool:
    """Whether the values hold the path, with a value of its own."""
    node: Any = values
    for key in path.split("."):
        if not isinstance(node, dict) or key not in node:
            return False
        node = node[key]
    return not isinstance(node, dict)
