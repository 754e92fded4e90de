"""The images of a chart as a bill of materials, in CycloneDX's JSON: the same bytes for the same images.

What has no place in the format is a property `chartgen:used-by`. The number of the bill is made of what stands in it, and its
time is there only where SOURCE_DATE_EPOCH names one (optional both: CycloneDX 1.6, "metadata.timestamp").
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from chartgen.chart import index
from chartgen.chart.images import Image
from chartgen.version import __version__

# what numbers are made in: chartgen's own
_NUMBERS = uuid.uuid5(uuid.NAMESPACE_OID, "chartgen/images")


def cyclonedx(images: Iterable[Image], name: str, version: str = "") -> str:
    """The bill of a chart (or whatever `name` is) in which these images are.

    Raises Rejected where SOURCE_DATE_EPOCH is no time.
    """
    found = [*images]
    time = index.made_at()
    whole = Component(type=ComponentType.APPLICATION, name=name, version=version or None, bom_ref="chart")
    maker = Component(
        type=ComponentType.APPLICATION, name="chartgen", version=__version__, bom_ref="chartgen"
    )
    content = json.dumps(
        [
            name,
            version,
            __version__,
            time,
            [(image.name, [str(use) for use in image.uses]) for image in found],
        ]
    )
    parts = [_component(image) for image in found]
    bill = Bom(
        components=parts,
        serial_number=uuid.uuid5(_NUMBERS, content),
        metadata=BomMetaData(
            component=whole,
            timestamp=datetime.fromisoformat(time) if time else datetime.fromtimestamp(0, UTC),
        ),
    )
    bill.metadata.tools.components.add(maker)
    bill.register_dependency(whole, parts)
    data = json.loads(JsonV1Dot6(bill).output_as_string())
    if not time:
        del data["metadata"]["timestamp"]
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _component(image: Image) -> Component:
    parts = image.reference
    properties = [Property(name="chartgen:used-by", value=f"{use.object} {use.by}") for use in image.uses]
    if parts is None:
        return Component(
            type=ComponentType.CONTAINER, name=image.name, bom_ref=image.name, properties=properties
        )
    registry, repository = parts.full
    algorithm, _, value = parts.digest.partition(":")
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=value)] if algorithm == "sha256" else []
    return Component(
        type=ComponentType.CONTAINER,
        name=f"{registry}/{repository}",
        version=parts.digest or parts.tag or None,
        bom_ref=image.name,
        hashes=hashes,
        purl=_package(registry, repository, parts.tag, parts.digest),
        properties=properties,
    )


def _package(registry: str, repository: str, tag: str, digest: str) -> PackageURL:
    """A package's address ("purl" specification): type `oci` with a digest, which it asks for, else `docker`."""
    path, _, last = repository.rpartition("/")
    if digest:
        known = {"repository_url": f"{registry}/{repository}"} | ({"tag": tag} if tag else {})
        return PackageURL("oci", None, last.lower(), digest, known)
    elsewhere = {} if registry == "docker.io" else {"repository_url": registry}
    return PackageURL("docker", path or None, last, tag or None, elsewhere)
