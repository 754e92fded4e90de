"""Rules about images, and what the Consul in them can do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from chartgen import bundle, schema
from chartgen.diagnostics import Path, dotted
from chartgen.kubernetes.image_name import reference
from chartgen.kubernetes.refusal import mapped
from chartgen.rules.clash import Clash, Rule, Values, Weight, at
from chartgen.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_IMAGES = (
    "global.image", "global.imageK8S", "global.imageConsulDataplane", "server.image", "client.image",
    "syncCatalog.image", "connectInject.image", "connectInject.imageConsul", "telemetryCollector.image",
)  # fmt: skip


def _tag(image: str) -> str:
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def image_without_version(v: Values, s: Settings) -> Iterator[Clash]:
    """What such a name stands for changes: pods of one release then run different versions, and no rollback helps."""
    named: list[tuple[str | Path, Any]] = [(path, at(v, path)) for path in _IMAGES]
    for path, image in (*named, *_containers(v)):
        known = isinstance(path, str) and image == at(schema.defaults(), path)
        parts = reference(image) if isinstance(image, str) and not known else None
        if parts is None or parts.digest:
            continue
        place = path if isinstance(path, str) else dotted(path)
        if parts.tag in ("", "latest"):
            yield Clash(f"{place} names no version", (path,), "add the version as a tag, or a digest")
        elif parts.floating or (_is_known(image) and re.fullmatch(r"v?\d+\.\d+(-[a-z]+)?", parts.tag)):
            yield Clash(
                f"{place} names no single version: {parts.tag} moves from image to image",
                (path,),
                "name the whole version in the tag, or add a digest",
            )


def _containers(v: Values) -> Iterator[tuple[Path, Any]]:
    """(path, image) of each container of the user's own."""
    for section, given in (
        ("server", v["server"]["extraContainers"]),
        ("client", v["client"]["extraContainers"]),
    ):
        for number, container in enumerate(given if isinstance(given, list) else ()):
            yield (section, "extraContainers", number, "image"), mapped(container).get("image")


def _is_known(image: str) -> bool:
    return any(_name(image) in kind["names"] for kind in _facts()["images"].values())


@cache
def _facts() -> dict[str, Any]:
    """What `schema/_versions.yaml` says."""
    loaded: dict[str, Any] = json.loads(bundle.read("schema/versions.json"))
    return loaded


def _name(image: str) -> str:
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _line(version: str) -> tuple[int, int]:
    """The release line (major, minor) of a tag; (0, 0) for one that is no version."""
    match = re.match(r"v?(\d+)\.(\d+)(?:\.\d+)?(?:[-_+.].*)?$", version)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _pinned(v: Values) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(path, image, what is known of its kind) of each image that is not the chart's own and whose version tells."""
    for path in _IMAGES:
        image = at(v, path)
        if not isinstance(image, str) or image == at(schema.defaults(), path) or _line(_tag(image)) == (0, 0):
            continue
        for kind in _facts()["images"].values():
            if _name(image) in kind["names"]:
                yield path, image, kind


def _missing(path: str, image: str, kind: Mapping[str, Any]) -> str:
    """Why the control plane at `path` cannot run what the chart has it run; "" where it can, as far as is known."""
    if kind is not _facts()["images"]["control_plane"]:
        return ""
    commands = [command for command in _facts()["commands"].values() if path in command.get("of", (path,))]
    return next((command["why"] for command in commands if _line(_tag(image)) < _line(command["since"])), "")


def _others(v: Values) -> list[tuple[str, str, str]]:
    """(path, image, what it holds in which version) of each image of another release line than the chart's."""
    return [
        (path, image, f"{kind['what']} {_tag(image)}")
        for path, image, kind in _pinned(v)
        if _line(_tag(image)) != _line(kind["fits"])
    ]


def control_plane_without_commands(v: Values, s: Settings) -> Clash | None:
    """The chart's pods start programs and commands that so old a control plane does not have, and fail."""
    lacking = [(path, image, why) for path, image, kind in _pinned(v) if (why := _missing(path, image, kind))]
    if not lacking:
        return None
    path, image, why = lacking[0]
    beside = [pinned for pinned in _others(v) if pinned[:2] != (path, image)]
    also = ", ".join(what for _, _, what in beside)
    return Clash(
        f"{image} is too old for this chart: {why}" + (f" (also of other releases: {also})" if also else ""),
        (path, *(pinned for pinned, _, _ in beside)),
        _hint([path, *(pinned for pinned, _, _ in beside)]),
    )


def images_of_other_releases(v: Values, s: Settings) -> Clash | None:
    """A chart is made for one line of Consul, of its control plane and of the dataplane, and tested with no other."""
    others, lines = _others(v), _facts()["images"]
    if not others or any(_missing(*pinned) for pinned in _pinned(v)):
        return None
    first = _facts()["dataplanes_since"]
    early = s.connect_inject and any(
        kind is lines["consul"] and _line(_tag(image)) < _line(first) for _, image, kind in _pinned(v)
    )
    return Clash(
        f"the chart goes with Consul {lines['consul']['fits']}, and these are of other releases: "
        + ", ".join(what for _, _, what in others)
        + (f"; servers before {first} cannot serve its sidecars" if early else ""),
        tuple(path for path, _, _ in others),
        _hint([path for path, _, _ in others]),
    )


def _hint(paths: Sequence[str]) -> str:
    standard = schema.defaults()
    taken = next((at(standard, path) for path in paths if at(standard, path)), standard["global"]["imageK8S"])
    return f"remove {', '.join(paths)}, or name copies of the chart's own images, such as {taken}"


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
    ("harmful", control_plane_without_commands),
    ("unwise", images_of_other_releases),
    ("unwise", enterprise_setting_with_community_image),
    ("unwise", enterprise_image_without_license),
)
