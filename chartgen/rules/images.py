"""Rules about images, and what the Consul in them can do."""

from __future__ import annotations

from collections.abc import Iterator

from chartgen.rules.clash import Clash, Rule, Values, Weight, at
from chartgen.settings import Settings

_IMAGES = (
    "global.image", "global.imageK8S", "global.imageConsulDataplane", "server.image", "client.image",
    "syncCatalog.image", "connectInject.image", "connectInject.imageConsul", "telemetryCollector.image",
)  # fmt: skip


def _tag(image: str) -> str:
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def image_without_version(v: Values, s: Settings) -> Iterator[Clash]:
    """What such a name stands for changes: pods of one release then run different versions, and no rollback helps."""
    for path in _IMAGES:
        image = at(v, path)
        if isinstance(image, str) and image and "@" not in image and _tag(image) in ("", "latest"):
            yield Clash(f"{path} names no version", (path,), "add the version as a tag, or a digest")


def _enterprise(v: Values) -> bool | None:
    """Whether the servers run Consul Enterprise; None for an image whose name does not tell."""
    image = str(v["server"]["image"] or v["global"]["image"])
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    if "ent" in _tag(image).replace("-", "+").split("+") or name == "consul-enterprise":
        return True
    official = image.partition("@")[0].partition(":")[0] in (
        "consul",
        "hashicorp/consul",
        "docker.io/hashicorp/consul",
    )
    return False if official and _tag(image) else None


def enterprise_setting_with_community_image(v: Values, s: Settings) -> Iterator[Clash]:
    """The community edition of Consul does not know these; what asks for them fails or waits."""
    if not s.server or _enterprise(v) is not False:
        return
    image = "server.image" if v["server"]["image"] else "global.image"
    for on, path, what in (
        (s.namespaces, "global.enableConsulNamespaces", "namespaces are"),
        (s.partitions, "global.adminPartitions.enabled", "admin partitions are"),
        (v["server"]["snapshotAgent"]["enabled"], "server.snapshotAgent.enabled", "the snapshot agent is"),
        (v["server"]["auditLogs"]["enabled"], "server.auditLogs.enabled", "audit logs are"),
    ):
        if on:
            yield Clash(
                f"{what} of Consul Enterprise, and the servers run the community edition",
                (path, image),
                "set global.image to an Enterprise image, such as hashicorp/consul-enterprise:2.0.3-ent",
            )


def enterprise_image_without_license(v: Values, s: Settings) -> Clash | None:
    """Consul Enterprise stops at start when it finds no licence."""
    given = v["global"]["enterpriseLicense"]["secretName"] or any(
        name in ("CONSUL_LICENSE", "CONSUL_LICENSE_PATH")
        for name in v["server"]["extraEnvironmentVars"] or {}
    )
    if s.server and _enterprise(v) and not given and "license_path" not in str(v["server"]["extraConfig"]):
        return Clash(
            "the servers run Consul Enterprise and no licence is given",
            (
                "server.image" if v["server"]["image"] else "global.image",
                "global.enterpriseLicense.secretName",
            ),
            "set global.enterpriseLicense.secretName and secretKey",
        )
    return None


RULES: tuple[tuple[Weight, Rule], ...] = (
    ("unwise", image_without_version),
    ("unwise", enterprise_setting_with_community_image),
    ("unwise", enterprise_image_without_license),
)
