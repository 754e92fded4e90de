"""The cluster of these tests by hand.

  python -m tests.cluster build                      builds what is missing of all programs
  python -m tests.cluster up [VERSION]               starts a control plane and prints its kubeconfig's path
  python -m tests.cluster down                       ends what `up` started
  python -m tests.cluster dry-run FILE…              asks whether each object of each values file would be admitted;
                                                     of a file of JSON lines (.jsonl, .jsonl.gz) each line has `values`

`dry-run` asks the server of --kubeconfig FILE or of `up`, and exits with 1 where an object is refused.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chartgen
from tests.cluster import control_plane, programs
from tests.cluster.api import Asker, of_kubeconfig

STATE = programs.cache_folder() / "up.json"


def up(version: str) -> int:
    if STATE.exists():
        state = json.loads(STATE.read_text())
        if control_plane.is_alive(state["pid"]):
            print(state["kubeconfig"])
            return 0
    folder = Path(tempfile.mkdtemp(prefix="chartgen-cluster-"))
    process = control_plane.start(version, folder, detached=True)
    config = control_plane.wait_for(process, folder)
    STATE.parent.mkdir(parents=True, exist_ok=True)
    STATE.write_text(json.dumps({"pid": process.pid, "kubeconfig": str(config)}))
    print(config)
    return 0


def down() -> int:
    if STATE.exists():
        pid = json.loads(STATE.read_text())["pid"]
        if control_plane.is_alive(pid):
            os.kill(pid, signal.SIGTERM)
            while control_plane.is_alive(pid):
                time.sleep(0.1)
        STATE.unlink()
    return 0


def cases(files: list[str]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """(name, values, what else is said of the case) of every set in the files."""
    for file in files:
        if ".jsonl" not in Path(file).suffixes:
            yield file, file, {}
            continue
        data = Path(file).read_bytes()
        for line in (gzip.decompress(data) if file.endswith(".gz") else data).splitlines():
            case = json.loads(line)
            yield str(case.get("id", file)), case["values"], case


def dry_run(kubeconfig: str, files: list[str], every: int) -> int:
    path = kubeconfig or (json.loads(STATE.read_text())["kubeconfig"] if STATE.exists() else "")
    if not path:
        print("no cluster: `python -m tests.cluster up` starts one", file=sys.stderr)
        return 2
    asker = Asker(of_kubeconfig(Path(path)))
    rejected = admitted = refused = 0
    for number, (name, values, case) in enumerate(cases(files)):
        if number % every:
            continue
        try:
            chart = chartgen.compile(values, kube_version=case.get("kube_version"))
        except chartgen.Rejected:
            rejected += 1
            continue
        namespace = case.get("namespace", "default")
        objects = chart.objects(case.get("release", "consul"), namespace, upgrade=True)
        found = list(asker.refusals((data for _, data in objects), namespace))
        admitted, refused = admitted + (not found), refused + bool(found)
        for one in found:
            print(f"{name}: {one}", flush=True)
    print(f"{admitted} sets admitted, {refused} with a refused object, {rejected} rejected by chartgen")
    return 1 if refused else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build")
    commands.add_parser("up").add_argument("version", nargs="?", default=programs.KUBERNETES["newest"])
    commands.add_parser("down")
    asking = commands.add_parser("dry-run")
    asking.add_argument("--kubeconfig", default="")
    asking.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth set")
    asking.add_argument("files", nargs="+")
    serving = commands.add_parser("serve")
    serving.add_argument("version")
    serving.add_argument("folder", type=Path)
    serving.add_argument("--detached", action="store_true")
    given = parser.parse_args()
    if given.command in ("build", "up") and (why := programs.missing()):
        print(why, file=sys.stderr)
        return 2
    if given.command == "build":
        for module in programs.MODULES:
            programs.build(module)
    elif given.command == "up":
        return up(given.version)
    elif given.command == "down":
        return down()
    elif given.command == "dry-run":
        return dry_run(given.kubeconfig, given.files, given.every)
    else:
        control_plane.serve(given.version, given.folder, detached=given.detached)
    return 0


if __name__ == "__main__":
    sys.exit(main())
