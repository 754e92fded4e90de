"""What the official chart has and chartgen has not yet: refused in strict mode, never silently left out."""

from __future__ import annotations

from collections.abc import Iterator

from chartgen.rules.clash import Clash, Rule, Values, Weight
from chartgen.settings import Settings


def component_not_built(v: Values, s: Settings) -> Iterator[Clash]:
    """chartgen does not build this component yet, and leaving it out silently would be worse than saying so."""
    world = v["global"]
    license_given = world["enterpriseLicense"]["secretName"] and world["enterpriseLicense"]["secretKey"]
    partition = s.partitions and not s.server and world["adminPartitions"]["name"] != "default"
    for on, what, path in (
        (partition, "the job that creates an admin partition", "global.adminPartitions.name"),
        (
            license_given and not world["enterpriseLicense"]["enableLicenseAutoload"],
            "the job that applies an enterprise licence",
            "global.enterpriseLicense.enableLicenseAutoload",
        ),
        (
            v["syncCatalog"]["cleanupNodeOnRemoval"],
            "the jobs that remove the catalog sync's node",
            "syncCatalog.cleanupNodeOnRemoval",
        ),
        (world["generateManifests"], "the jobs that generate manifests", "global.generateManifests"),
    ):
        if on:
            yield Clash(
                f"chartgen does not build {what} yet",
                (path,),
                "use the official chart for it, or --lenient for the rest without it",
            )


RULES: tuple[tuple[Weight, Rule], ...] = (("harmful", component_not_built),)
