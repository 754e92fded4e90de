"""Images: what is said of their versions, which rests on one table, about this chart; where objects name them; bills."""

import json
import re
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import chartgen
from chartgen import bundle, schema
from chartgen.chart import images as listing
from chartgen.diagnostics import dotted
from chartgen.kubernetes import image_name, images
from chartgen.report import sbom
from tests import compiled
from tests.test_cli import run

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


@pytest.mark.parametrize(
    ("image", "registry", "repository", "tag"),
    [
        ("busybox", "docker.io", "library/busybox", ""),
        ("hashicorp/consul:2.0.3", "docker.io", "hashicorp/consul", "2.0.3"),
        ("index.docker.io/hashicorp/consul:2.0.3", "docker.io", "hashicorp/consul", "2.0.3"),
        ("localhost/consul:1", "localhost", "consul", "1"),
        ("registry:5000/a/b__c.d:v1", "registry:5000", "a/b__c.d", "v1"),
        ("quay.io/prometheus/prometheus:v2.24.0", "quay.io", "prometheus/prometheus", "v2.24.0"),
        ("[2001:db8::1]:5000/a:1", "[2001:db8::1]:5000", "a", "1"),
    ],
)
def test_parts_of_a_name(image: str, registry: str, repository: str, tag: str) -> None:
    parts = image_name.reference(image)
    assert parts is not None
    assert (*parts.full, parts.tag) == (registry, repository, tag)
    assert str(parts) == image


@pytest.mark.parametrize(
    "text", ["", "Consul", "a b", "consul:", "a//b", "consul:2@sha256:ab", "-a", "a" * 2000]
)
def test_no_name(text: str) -> None:
    assert image_name.reference(text) is None


@pytest.mark.parametrize(
    ("tag", "floating"),
    [("", True), ("latest", True), ("2", True), ("v2", True), ("2-alpine", True), ("stable-slim", True), ("edge", True),
     ("3.9", False), ("2.0.3", False), ("2024-11-05", False), ("1.36.1-musl", False), ("a1b2c3d", False)],
)  # fmt: skip
def test_floating_tags(tag: str, floating: bool) -> None:
    parts = image_name.reference(f"example/a:{tag}".removesuffix(":"))
    assert parts is not None and parts.floating is floating


@pytest.mark.parametrize("example", compiled.EXAMPLES, ids=lambda path: path.stem)
def test_no_place_is_missed(example: Path) -> None:
    """Wherever the text of an image stands in an object, a use of it is found, and no other one."""
    known = set(OWN.values())
    for _, data in compiled.chart(example).objects("RELEASE", "NAMESPACE", upgrade=True):
        found = [use.image for use in images.uses(data)]
        text = json.dumps(data)
        for image in known:
            pattern = re.escape(image) + r"(?![\w.-])"
            assert len(re.findall(pattern, text)) == sum(1 for each in found if each == image), (
                data["kind"],
                image,
            )


def test_other_names_take_their_places() -> None:
    data = {
        "kind": "Pod",
        "metadata": {"name": "a"},
        "spec": {
            "containers": [
                {
                    "name": "a",
                    "image": "a:1",
                    "args": ["-b-image=b:1 -c-image c:1", "-d-image", "d:1", "-image=e:1"],
                }
            ]
        },
    }
    after = images.replaced(data, lambda use: f"registry.example.com/{use.image}-2")
    assert [use.image for use in images.uses(after)] == [
        f"registry.example.com/{name}:1-2" for name in "abcde"
    ]
    assert after["spec"]["containers"][0]["args"][0] == (
        "-b-image=registry.example.com/b:1-2 -c-image registry.example.com/c:1-2"
    )
    assert images.replaced(data, lambda use: use.image) is data


def test_bill_of_materials(monkeypatch: pytest.MonkeyPatch) -> None:
    chart = chartgen.compile(
        {
            "global": {"image": f"quay.io/example/consul:2.0.3@sha256:{'0a' * 32}"},
            "prometheus": {"enabled": True},
        }
    )
    found = listing.images(data for _, data in chart.objects())
    text = sbom.cyclonedx(found, "consul", "1.2.3")
    assert text == sbom.cyclonedx(found, "consul", "1.2.3")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    assert "timestamp" not in bill["metadata"]
    assert bill["metadata"]["component"]["version"] == "1.2.3"
    by_name = {part["bom-ref"]: part for part in bill["components"]}
    assert by_name.keys() == {image.name for image in found}
    consul = by_name[f"quay.io/example/consul:2.0.3@sha256:{'0a' * 32}"]
    assert consul["hashes"] == [{"alg": "SHA-256", "content": "0a" * 32}]
    assert consul["purl"].startswith("pkg:oci/consul@sha256:") and "tag=2.0.3" in consul["purl"]
    assert by_name["quay.io/prometheus/prometheus:v2.24.0"]["purl"] == (
        "pkg:docker/prometheus/prometheus@v2.24.0?repository_url=quay.io"
    )
    assert {
        "name": "chartgen:used-by",
        "value": "StatefulSet/consul-consul-server container consul",
    } in consul["properties"]
    assert sbom.cyclonedx(found[1:], "consul", "1.2.3") != text
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    assert json.loads(sbom.cyclonedx(found, "consul"))["metadata"]["timestamp"].startswith(
        "2026-01-01T00:00:00"
    )


def test_images_of_a_chart(tmp_path: Path) -> None:
    made = chartgen.compile({}).publish(tmp_path)
    of_values = run("images", "-q", "--set", "server.replicas=1", cwd=tmp_path).stdout
    assert "hashicorp/consul-dataplane:2.0.3\n" in of_values
    for chart in (made.archive, made.folder):
        assert run("images", "-q", str(chart), cwd=tmp_path).stdout == of_values
    bill = json.loads(run("images", "--format", "cyclonedx", str(made.archive), cwd=tmp_path).stdout)
    assert (bill["metadata"]["component"]["name"], bill["metadata"]["component"]["version"]) == (
        "consul",
        "0.1.0",
    )
