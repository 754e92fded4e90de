"""A control plane and the Helm that goes with it, for each pair of versions that is tested."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from tests.cluster import control_plane, programs
from tests.cluster.api import Api, Asker, of_kubeconfig
from tests.cluster.helm import Helm

# everything that can be asked, and not what a change is asked usually
WHOLE = bool(os.environ.get("CHARTGEN_WHOLE_CLUSTER"))
# the newest of both, and the oldest of both
PAIRS = {
    f"kubernetes-{kubernetes}-helm-{helm}": (kubernetes, helm)
    for kubernetes, helm in (
        (programs.KUBERNETES["newest"], programs.HELM["4"]),
        (programs.KUBERNETES["oldest"], programs.HELM["3"]),
    )
}


# the modules whose tests go to whichever worker is free; each other one stays together, as its tests share what they make
_DEALT = ("test_lifecycle", "test_takeover", "test_baseline")


class _ByPair(LoadScopeScheduling):
    """Every worker stays with a pair of versions, so that it starts few control planes, while there is work for it."""

    def __init__(self, config: pytest.Config, log: Producer | None) -> None:
        super().__init__(config, log)
        self._pairs: dict[WorkerController, str] = {}

    def _split_scope(self, nodeid: str) -> str:
        pair = next((pair for pair in PAIRS if pair in nodeid), "")
        module = Path(nodeid.partition("::")[0]).stem
        return f"{pair}:{module}:{nodeid if module in _DEALT else ''}"

    def _assign_work_unit(self, node: WorkerController) -> None:
        left = {scope.partition(":")[0] for scope in self.workqueue}
        pair = self._pairs.get(node)
        if pair not in left:
            # the one that fewest are with
            pair = min(sorted(left), key=[*self._pairs.values()].count)
        self._pairs[node] = pair
        scopes = [scope for scope in self.workqueue if scope.startswith(f"{pair}:")]
        # what stays together takes longest, and comes first
        self.workqueue.move_to_end(min(scopes, key=lambda scope: scope.split(":")[1] in _DEALT), last=False)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return _ByPair(config, log)


@dataclass(frozen=True)
class Cluster:
    """A running control plane, and who speaks to it."""

    version: str
    api: Api
    asker: Asker
    helm: Helm


class _Clusters:
    """The clusters of a worker: one at a time, which lives until a test of the other pair comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._running: dict[str, Cluster] = {}

    def of(self, pair: str) -> Cluster:
        if pair not in self._running:
            self.close()
            kubernetes, helm = PAIRS[pair]
            kubeconfig = self._stack.enter_context(control_plane.running(kubernetes))
            api = of_kubeconfig(kubeconfig)
            asker = self._stack.enter_context(closing(Asker(api)))
            assert api.version() == f"v{kubernetes}"
            self._running[pair] = Cluster(kubernetes, api, asker, Helm(helm, kubeconfig, self._folder))
        return self._running[pair]

    def close(self) -> None:
        self._running.clear()
        self._stack.close()


@pytest.fixture(scope="session")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Clusters]:
    with closing(_Clusters(tmp_path_factory.mktemp("helm"))) as clusters:
        yield clusters


@pytest.fixture(scope="session", params=PAIRS)
def cluster(request: pytest.FixtureRequest, clusters: _Clusters) -> Cluster:
    """The cluster of a pair. (pytest ends a fixture with each parameter of each test that is listed by hand.)"""
    return clusters.of(request.param)
