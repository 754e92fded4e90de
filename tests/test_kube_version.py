"""Versions of Kubernetes as people write them."""

import pytest

from chartgen import kube_version
from chartgen.verify import admission
from tests.cluster import programs


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("1.22", None),
        ("v1.33.4-gke.1", None),
        ("1.21", "error"),
        ("1.99", "warning"),
        ("9.99", "error"),
        ("0.9", "error"),
    ],
)
def test_versions_that_there_are(text: str, severity: str | None) -> None:
    assert [one.severity for one in kube_version.findings(text)] == ([severity] if severity else [])


def test_the_newest_is_the_newest_with_schemas() -> None:
    assert admission.versions()[-1] == kube_version.NEWEST


def test_the_oldest_maintained_and_the_newest_are_asked_on_a_cluster() -> None:
    asked = [tuple(map(int, one.split(".")[:2])) for one in programs.KUBERNETES.values()]
    assert asked == [kube_version.NEWEST, kube_version.MAINTAINED]
