"""A Kubernetes control plane on loopback: etcd, the API server, the controllers, and what stands in for machines.

`running` starts one and ends it. The processes belong to one of our own (`serve`), which ends them when it is told to
or when its standard input closes; so nothing is left over, however a test run ends. Ports are free ones: several
control planes run side by side.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml12

from tests.cluster import programs
from tests.cluster.api import MERGE, Api, of_kubeconfig

HERE = Path(__file__).parent
NODES = [f"node-{number}" for number in range(3)]
VOLUMES = 24
BALANCER = "192.0.2.10"
# a server that does not come up fails the run instead of hanging it
PATIENCE = 120


@contextmanager
def running(version: str) -> Iterator[Path]:
    """A control plane of this Kubernetes version, as the path of its kubeconfig; raises RuntimeError where it fails."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="chartgen-cluster-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        process = start(version, folder)
        stack.callback(_end, process)
        yield wait_for(process, folder)


def start(version: str, folder: Path, *, detached: bool = False) -> subprocess.Popen[bytes]:
    """`serve` as a process that no signal of the terminal reaches; when `detached` it outlives this one."""
    # built here, where what it says is seen
    for module in (programs.kubernetes(version), programs.kubernetes(programs.ETCD_OF), programs.kwok()):
        programs.build(module)
    command = [sys.executable, "-m", "tests.cluster", "serve", version, str(folder), *["--detached"] * detached]
    with (folder / "serve.log").open("wb") as log:
        return subprocess.Popen(
            command, cwd=HERE.parent.parent, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
        )


def wait_for(process: subprocess.Popen[bytes], folder: Path) -> Path:
    """The kubeconfig in `folder` as soon as its server is ready; raises RuntimeError with the log where it ends instead."""
    ready = folder / "ready"
    for _ in range(PATIENCE * 10):
        if ready.exists():
            return folder / "kubeconfig"
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"the control plane did not come up:\n{(folder / 'serve.log').read_text()[-3000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()
    process.wait(timeout=60)


# ---------------------------------------------------------------- the process that owns the others


def serve(version: str, folder: Path, *, detached: bool) -> None:
    """Runs a control plane in `folder` until a signal or, unless `detached`, until standard input closes."""
    over = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(sign, lambda *_: over.set())
    if not detached:
        threading.Thread(target=_when_input_closes, args=(over,), daemon=True).start()
    children: list[subprocess.Popen[bytes]] = []
    try:
        _start_all(version, folder, children, over)
        if not over.is_set():
            (folder / "ready").touch()
        api = of_kubeconfig(folder / "kubeconfig")
        turn = 0
        while not over.is_set() and all(one.poll() is None for one in children):
            with suppress(OSError):
                _stand_in(api)
                if turn % 10 == 0:
                    _hasten(api, turn)
            turn += 1
            over.wait(0.2)
        for one in children:
            if not over.is_set() and one.poll() is not None:
                raise RuntimeError(f"{one.args!r} ended with exit code {one.returncode}")
    finally:
        for one in reversed(children):
            one.terminate()
        for one in reversed(children):
            try:
                one.wait(timeout=5)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()


def _when_input_closes(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


def _start_all(version: str, folder: Path, children: list[subprocess.Popen[bytes]], over: threading.Event) -> None:
    plane = programs.kubernetes(version)
    server, client, peer, controllers = _free_ports(4)
    for command in (
        ["openssl", "genrsa", "-out", "accounts.key", "2048"],
        ["openssl", "rsa", "-in", "accounts.key", "-pubout", "-out", "accounts.pub"],
    ):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    token = "loopback"
    (folder / "tokens.csv").write_text(f'{token},admin,admin,"system:masters"\n')
    config = folder / "kubeconfig"
    url = f"https://127.0.0.1:{server}"
    config.write_text(json.dumps(_kubeconfig(url, token)))

    # clearing memory would be much of the work
    env = {"GOGC": "200", **os.environ}

    def run(program: Path, *options: str) -> None:
        with (folder / f"{program.name}.log").open("wb") as log:
            started = subprocess.Popen(
                [str(program), *options], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        children.append(started)

    store = f"http://127.0.0.1:{client}"
    between = f"http://127.0.0.1:{peer}"
    run(
        programs.program(programs.kubernetes(programs.ETCD_OF), "etcd"),
        "--data-dir=etcd",
        f"--listen-client-urls={store}",
        f"--advertise-client-urls={store}",
        f"--listen-peer-urls={between}",
        f"--initial-advertise-peer-urls={between}",
        f"--initial-cluster=default={between}",
        # what is lost with the machine is of no use after it
        "--unsafe-no-fsync",
    )
    run(
        programs.program(plane, "kube-apiserver"),
        f"--etcd-servers={store}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={server}",
        "--cert-dir=certificates",
        "--endpoint-reconciler-type=none",
        # wide, as addresses in values are out of a range that only the user's cluster knows
        "--service-cluster-ip-range=10.0.0.0/8,fd00:10:96::/112",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-key-file=accounts.pub",
        "--service-account-signing-key-file=accounts.key",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        "--allow-privileged=true",
        # there is no kubelet that would mount the tokens, and hooks make accounts and pods at one moment
        "--disable-admission-plugins=ServiceAccount",
    )
    api = Api(url, token)
    for _ in range(PATIENCE * 5):
        if over.is_set() or api.ready():
            break
        if failed := next((one for one in children if one.poll() is not None), None):
            log = folder / f"{Path(failed.args[0]).name}.log"  # type: ignore[index,arg-type]
            raise RuntimeError(f"{log.name}:\n{log.read_text(errors='replace')[-2000:]}")
        over.wait(0.2)
    if over.is_set():
        return
    run(
        programs.program(plane, "kube-controller-manager"),
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--service-account-private-key-file=accounts.key",
        "--bind-address=127.0.0.1",
        f"--secure-port={controllers}",
        "--cert-dir=controllers",
        "--leader-elect=false",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        # nodes that nobody reports of would be taken for lost
        "--controllers=*,-node-lifecycle-controller",
    )
    run(
        programs.program(programs.kwok(), "kwok"),
        f"--kubeconfig={config}",
        "--manage-all-nodes=true",
        f"--config={HERE / 'stages.yaml'}",
        "--node-lease-duration-seconds=0",
        "--server-address=",
    )
    _furnish(api)


def _kubeconfig(url: str, token: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "loopback",
        "clusters": [{"name": "loopback", "cluster": {"server": url, "insecure-skip-tls-verify": True}}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": "loopback", "context": {"cluster": "loopback", "user": "admin"}}],
    }


def _free_ports(count: int) -> list[int]:
    """Ports that nothing listens on now."""
    with ExitStack() as stack:
        found = []
        for _ in range(count):
            one = stack.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            found.append(one.getsockname()[1])
        return found


def _furnish(api: Api) -> None:
    """Nodes, volumes, and the kinds that others define."""
    for name in NODES:
        labels = {"kubernetes.io/os": "linux", "kubernetes.io/hostname": name}
        api.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}})
        status = {
            "capacity": {"cpu": "1k", "memory": "10Ti", "pods": "10k"},
            "conditions": [{"type": "Ready", "status": "True", "reason": "StandsIn", "message": "kwok"}],
            "addresses": [{"type": "InternalIP", "address": "192.0.2.1"}],
        }
        api.request(f"/api/v1/nodes/{name}/status", "PATCH", {"status": status}, MERGE)
        # a new node is tainted until its kubelet reports
        api.request(f"/api/v1/nodes/{name}", "PATCH", {"spec": {"taints": None}}, MERGE)
    for number in range(VOLUMES):
        spec = {
            "capacity": {"storage": "200Gi"},
            "accessModes": ["ReadWriteOnce", "ReadWriteMany"],
            "hostPath": {"path": f"/nowhere/{number}"},
        }
        metadata = {"name": f"volume-{number}"}
        api.apply({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec})
    definitions: Any = yaml12.parse_yaml((HERE / "foreign.yaml").read_text("utf-8"), multi=True)
    for one in definitions:
        api.apply(one)


# ---------------------------------------------------------------- what stands in


def _stand_in(api: Api) -> None:
    """One round in the place of a scheduler, a cloud, a storage driver, and of the one container that matters here.

    Pods go to a node whatever they ask for (a DaemonSet's to the node it is made for), load balancers get an address,
    released volumes are free again, and a job that another one is there to delete is deleted.
    """
    for number, pod in enumerate(api.get("/api/v1/pods?fieldSelector=spec.nodeName%3D").get("items", [])):
        meta = pod["metadata"]
        if job := _job_to_delete(pod["spec"]):
            path = f"/apis/batch/v1/namespaces/{meta['namespace']}/jobs/{job}?propagationPolicy=Background"
            api.request(path, "DELETE")
        target = _wanted_node(pod["spec"]) or NODES[number % len(NODES)]
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": meta["name"]},
            "target": {"apiVersion": "v1", "kind": "Node", "name": target},
        }
        api.request(f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/binding", "POST", binding)
    for service in api.get("/api/v1/services").get("items", []):
        has = service.get("status", {}).get("loadBalancer", {}).get("ingress")
        if service["spec"].get("type") == "LoadBalancer" and not has:
            meta = service["metadata"]
            path = f"/api/v1/namespaces/{meta['namespace']}/services/{meta['name']}/status"
            api.request(path, "PATCH", {"status": {"loadBalancer": {"ingress": [{"ip": BALANCER}]}}}, MERGE)
    for volume in api.get("/api/v1/persistentvolumes").get("items", []):
        if volume.get("status", {}).get("phase") == "Released":
            path = f"/api/v1/persistentvolumes/{volume['metadata']['name']}"
            api.request(path, "PATCH", {"spec": {"claimRef": None}}, MERGE)


def _hasten(api: Api, turn: int) -> None:
    """Touches the definitions that are to go.

    The API server clears away the resources of a definition by a storage that it only starts then, and tries again
    where that is not ready: later each time, and after minutes where many definitions go on a busy machine. A change of
    the definition has it look at once.
    """
    for one in api.get(_DEFINITIONS, "PartialObjectMetadataList").get("items", []):
        if one["metadata"].get("deletionTimestamp"):
            mark = {"metadata": {"annotations": {"touched": str(turn)}}}
            api.request(f"{_DEFINITIONS}/{one['metadata']['name']}", "PATCH", mark, MERGE)


_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def _wanted_node(pod: dict[str, Any]) -> str | None:
    node_affinity = (pod.get("affinity") or {}).get("nodeAffinity") or {}
    required = node_affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    for term in required.get("nodeSelectorTerms", []):
        for one in term.get("matchFields", []):
            return str(one["values"][0])
    return None


def _job_to_delete(pod: dict[str, Any]) -> str | None:
    """The Job that `consul-k8s-control-plane delete-completed-job … NAME` would delete."""
    for container in pod["containers"]:
        words = [*container.get("command", ()), *container.get("args", ())]
        if "delete-completed-job" in words:
            return str(words[-1])
    return None


def is_alive(pid: int) -> bool:
    """Whether a process of this id is there."""
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False
