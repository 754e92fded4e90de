"""What is said of an image's version rests on one table, which is about this chart."""

import json
import re

import pytest

from chartgen import bundle, schema
from chartgen.diagnostics import dotted

FACTS = json.loads(bundle.read("schema/versions.json"))
OWN = {
    dotted(path): default
    for path, default in schema.leaves().items()
    if isinstance(default, str) and re.fullmatch(r"[\w./-]+:\d+(\.\d+)+", default)
}


def test_the_chart_has_images() -> None:
    assert {"global.image", "global.imageK8S", "global.imageConsulDataplane"} <= OWN.keys()


@pytest.mark.parametrize("kind", FACTS["images"])
def test_the_charts_own_images_fit(kind: str) -> None:
    known = FACTS["images"][kind]
    tags = [
        tag
        for name, _, tag in (image.rpartition("/")[2].partition(":") for image in OWN.values())
        if name in known["names"]
    ]
    assert tags
    assert {tag.rpartition(".")[0] for tag in tags} == {known["fits"]}


def test_every_fact_has_its_source() -> None:
    assert all(one["source"] for part in ("images", "commands") for one in FACTS[part].values())
