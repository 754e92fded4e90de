"""Images of a mirror, images with digests: in all places at once, by the real Helm engine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from chartgen import compiler, schema
from chartgen.alter import Alterations
from chartgen.alter import images as renaming
from chartgen.chart import Chart
from chartgen.chart import images as listing
from chartgen.diagnostics import Rejected
from chartgen.kubernetes import images
from chartgen.publishing import rebuild
from tests import compiled, engine

REGISTRY = "registry.example.com:5000/mirror"
DATADOG = {
    "global": {"metrics": {"enabled": True, "enableAgentMetrics": True, "datadog": {"enabled": True}}},
    "telemetryCollector": {"enabled": False},
}


def built(values: Any, mirror: str = "", digests: Path | None = None, **options: Any) -> Chart:
    asked = renaming.Renaming(mirror, renaming.read_digests(str(digests)) if digests else None)
    given = compiler.read(values)
    return compiler.compile_sources(given, compiler.Options(alterations=Alterations(asked), **options))


def names(objects: Any) -> set[str]:
    return {use.image for data in objects for use in images.uses(data)}


def digests_of(file: Path, known: set[str]) -> Path:
    """A file with a digest for each image, of which no two are the same."""
    lines = [f'"{image}": sha256:{number:064x}\n' for number, image in enumerate(sorted(known), 1)]
    file.write_text("".join(lines), encoding="utf-8")
    return file


@pytest.mark.parametrize("example", compiled.EXAMPLES, ids=lambda path: path.stem)
def test_every_image_is_another_and_nothing_else(example: Path, tmp_path: Path) -> None:
    before = list(compiled.chart(example).objects("mesh", "consul"))
    known = names(data for _, data in before)
    chart = built(example, REGISTRY, digests_of(tmp_path / "digests.yaml", known))
    after = engine.objects(chart.publish(tmp_path).folder, release="mesh", namespace="consul")
    assert names(after) == {
        f"{REGISTRY}/{re.sub('^(quay.io|registry.example.com)/', '', image)}@sha256:{number:064x}"
        for number, image in enumerate(sorted(known), 1)
    }
    # with the old names it is the chart that it was, but for what is made of the text
    old = {new: image for image, new in chart.done.renamed.items()} if chart.done else {}
    back = [images.replaced(data, lambda use: old[use.image]) for _, data in chart.objects("mesh", "consul")]
    different = [
        (data["kind"], data["metadata"]["name"])
        for data, (_, first) in zip(back, before, strict=True)
        if _without_checksums(data) != _without_checksums(first)
    ]
    assert different == []


def _without_checksums(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_checksums(item) for key, item in node.items() if "checksum" not in str(key)}
    return [_without_checksums(item) for item in node] if isinstance(node, list) else node


def test_a_chart_carries_its_images_and_is_made_again(tmp_path: Path) -> None:
    digests = digests_of(tmp_path / "digests.yaml", {"quay.io/prometheus/prometheus:v2.24.0", "example/a:1.0.0"})
    values = {
        "prometheus": {"enabled": True},
        "server": {"extraContainers": [{"name": "a", "image": "example/a:1.0.0"}]},
    }
    chart = built(values, REGISTRY, digests)
    assert chart.values["global"]["image"] == f"{REGISTRY}/{schema.defaults()['global']['image']}"
    made = chart.publish(tmp_path)
    digests.unlink()
    found = rebuild.verified(str(made.archive))
    assert found.findings == ()
    assert found.flags[:3] == ("--mirror", REGISTRY, "--digests")
    template = made.folder / "templates" / "prometheus.yaml"
    template.write_text(template.read_text().replace(REGISTRY, "quay.io"))
    assert [finding.code for finding in rebuild.verified(str(made.folder)).findings] == ["chart-differs"]


def test_what_has_its_name_already_keeps_it(tmp_path: Path) -> None:
    own = f"{REGISTRY}/consul:2.0.3"
    chart = built({"global": {"image": own}}, REGISTRY)
    assert own in names(data for _, data in chart.objects())
    assert own not in (chart.done.renamed if chart.done else {})


def test_a_digest_may_be_filed_under_the_mirrors_name(tmp_path: Path) -> None:
    image = str(schema.defaults()["global"]["image"])
    chart = built({}, REGISTRY, digests_of(tmp_path / "digests.yaml", {f"{REGISTRY}/{image}"}))
    assert f"{REGISTRY}/{image}@sha256:{1:064x}" in names(data for _, data in chart.objects())
    assert {finding.code for finding in chart.diagnostics} == {"digest-missing"}


def test_a_digest_holds_a_tag_that_moves(tmp_path: Path) -> None:
    values = {"global": {"image": "hashicorp/consul:latest"}}
    known = names(data for _, data in built(values).objects())
    assert [finding.code for finding in built(values).diagnostics] == ["image-without-version"]
    assert built(values, "", digests_of(tmp_path / "digests.yaml", known)).diagnostics == ()


def test_images_in_users_text(tmp_path: Path) -> None:
    text = "vault.hashicorp.com/agent-image: hashicorp/vault:1.15.2\nnote: '{{ .Release.Name }}'\n"
    chart = built({"server": {"annotations": text}}, REGISTRY)
    after = engine.objects(chart.publish(tmp_path).folder)
    assert f"{REGISTRY}/hashicorp/vault:1.15.2" in names(after)
    assert "hashicorp/vault:1.15.2" not in names(after)


@pytest.mark.parametrize("mirror", ["", REGISTRY])
def test_version_label_is_the_tag(mirror: str, tmp_path: Path) -> None:
    image = str(schema.defaults()["global"]["image"])
    chart = built(DATADOG, mirror, digests_of(tmp_path / "digests.yaml", {image}))
    (servers,) = (data for _, data in chart.objects() if data["kind"] == "StatefulSet")
    labels = servers["spec"]["template"]["metadata"]["labels"]
    assert labels["tags.datadoghq.com/version"] == image.rpartition(":")[2]


@pytest.mark.parametrize(
    "text", ["https://registry.example.com", "registry", "", "Registry/Mirror", "registry.example.com/a:b", "a b.example.com"]
)
def test_no_registry(text: str) -> None:
    with pytest.raises(ValueError, match="registry"):
        renaming.mirror(text)


def test_two_that_would_be_one_are_refused() -> None:
    values = {"server": {"extraContainers": [{"name": "a", "image": "quay.io/hashicorp/consul:2.0.3"}]}}
    with pytest.raises(Rejected) as caught:
        built(values, REGISTRY)
    assert [finding.code for finding in caught.value.diagnostics] == ["mirror-clash"]


def test_the_list_is_of_the_new_names(tmp_path: Path) -> None:
    chart = built({}, REGISTRY)
    found = listing.images(data for _, data in chart.objects())
    assert {image.reference.registry for image in found if image.reference} == {"registry.example.com:5000"}
    assert REGISTRY in str(chart.chart_yaml["annotations"]["artifacthub.io/images"])
