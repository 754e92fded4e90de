"""A control plane and the Helm that goes with it, for each pair of versions that is tested."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from tests.cluster import control_plane, programs
from tests.cluster.api import Api, Asker, of_kubeconfig
from tests.cluster.helm import Helm

# the newest of both, and the oldest of both
PAIRS = {
    f"kubernetes-{kubernetes}-helm-{helm}": (kubernetes, helm)
    for kubernetes, helm in (
        (programs.KUBERNETES["newest"], programs.HELM["4"]),
        (programs.KUBERNETES["oldest"], programs.HELM["3"]),
    )
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `--dist loadgroup`, each pair has a worker of its own, and a control plane starts once."""
    for item in items:
        if isinstance(item, pytest.Function) and (pair := item.callspec.params.get("cluster")):
            item.add_marker(pytest.mark.xdist_group(pair))


@dataclass(frozen=True)
class Cluster:
    """A running control plane, and who speaks to it."""

    version: str
    api: Api
    asker: Asker
    helm: Helm


@pytest.fixture(scope="session", params=PAIRS)
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    kubernetes, helm = PAIRS[request.param]
    with control_plane.running(kubernetes) as kubeconfig:
        api = of_kubeconfig(kubeconfig)
        with closing(Asker(api)) as asker:
            assert api.version() == f"v{kubernetes}"
            yield Cluster(kubernetes, api, asker, Helm(helm, kubeconfig, tmp_path_factory.mktemp("helm")))
