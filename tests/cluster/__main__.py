"""The cluster of these tests by hand.

  python -m tests.cluster build                      builds what is missing of all programs
  python -m tests.cluster up [VERSION]               starts a control plane and prints its kubeconfig's path
  python -m tests.cluster down                       ends what `up` started
  python -m tests.cluster dry-run FILE…              asks whether each object of each values file would be admitted;
                                                     of a file of JSON lines (.jsonl, .jsonl.gz) each line has `values`
  python -m tests.cluster verdict COUNT [--seed N] [--keep]
                                                     draws pairs of sets, upgrades from one to the other, and prints where
                                                     the server makes something else of it than `chartgen diff` says;
                                                     with --keep they are those that every test run upgrades
  python -m tests.cluster draw COUNT [--seed N]      draws sets of values from the schema and asks for each; what is
                                                     refused comes out as lines for found.jsonl, each kind once
  python -m tests.cluster keep COUNT [--seed N]      draws the sets of drawn.jsonl anew, which each test run asks for

`dry-run` and `draw` ask the server of --kubeconfig FILE or of `up`, and exit with 1 where an object is refused.
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
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

import chartgen
from tests.cluster import control_plane, drawing, oracle, programs, upgrades
from tests.cluster.api import Api, Asker, of_kubeconfig

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


def asker_of(kubeconfig: str) -> Asker:
    return Asker(api_of(kubeconfig))


def api_of(kubeconfig: str) -> Api:
    path = kubeconfig or (json.loads(STATE.read_text())["kubeconfig"] if STATE.exists() else "")
    if not path:
        raise SystemExit("no cluster: `python -m tests.cluster up` starts one")
    return of_kubeconfig(Path(path))


def dry_run(asker: Asker, files: list[str], every: int) -> int:
    rejected = admitted = refused = elsewhere = guarded = 0
    for number, (name, values, case) in enumerate(cases(files)):
        if number % every:
            continue
        try:
            chart = chartgen.compile(values, kube_version=case.get("kube_version"))
        except chartgen.Rejected:
            rejected += 1
            continue
        namespace, release = case.get("namespace", "default"), case.get("release", "consul")
        if chart.release_name is not None and len(release) > chart.release_name.most:
            guarded += 1
            continue
        objects = chart.objects(release, namespace, upgrade=True)
        found = list(asker.refusals((data for _, data in objects), namespace))
        here = bool(found) and all(one.is_of_the_cluster for one in found)
        elsewhere += here
        admitted, refused = admitted + (not found), refused + (bool(found) and not here)
        for one in found:
            print(f"{name}: {one}", flush=True)
    print(
        f"{admitted} sets admitted, {refused} with a refused object, {elsewhere} with one that other clusters take, "
        f"{guarded} whose chart refuses the release's name, {rejected} rejected by chartgen"
    )
    return 1 if refused else 0


def draw(asker: Asker, count: int, number: int) -> int:
    """Draws, says what is refused, and at the end how much was drawn."""
    seen: Counter[str] = Counter()
    drawn_sets: Counter[str] = Counter()

    def ask(drawn: drawing.Drawn) -> None:
        drawn_sets["drawn"] += 1
        if drawn_sets["drawn"] % 500 == 0:
            print(dict(drawn_sets), file=sys.stderr, flush=True)
        try:
            found = oracle.accepted(drawn)
        except Exception as failed:
            drawn_sets["failed"] += 1
            if not seen[repr(failed)]:
                print(json.dumps({"base": drawn.base, "changes": drawn.changes, "message": repr(failed)}), flush=True)
            seen[repr(failed)] += 1
            return
        if not found:
            return
        drawn_sets["accepted"] += 1
        kept, chart = found
        refused = list(oracle.refusals(chart, asker))
        drawn_sets["refused"] += bool(refused)
        for one in refused:
            if not seen[oracle.kind(one)]:
                least = oracle.least(kept, one, asker)
                line = {"base": least.drawn.base, "changes": least.drawn.changes, "message": str(least.refusal)}
                print(json.dumps(line, ensure_ascii=False), flush=True)
            seen[oracle.kind(one)] += 1

    _draw_each(count, number, ask)
    print(dict(drawn_sets), file=sys.stderr)
    return 1 if drawn_sets["refused"] or drawn_sets["failed"] else 0


def judge(api: Api, count: int, number: int, *, keep: bool = False) -> int:
    """Draws pairs, prints each disagreement, and at the end what was compared; to be kept, they are written down."""
    kept: dict[str, None] = {}
    asked = upgrades.Asked(api)
    failed: Counter[str] = Counter()

    @seed(number)
    @settings(max_examples=count, database=None, deadline=None, suppress_health_check=list(HealthCheck),
              phases=[Phase.generate])  # fmt: skip
    @given(drawing.pairs())
    def ask(pair: tuple[drawing.Drawn, drawing.Drawn]) -> None:
        asked.counts["drawn"] += 1
        if asked.counts["drawn"] % 200 == 0:
            print(dict(asked.counts), file=sys.stderr, flush=True)
        try:
            accepted = [found for drawn in pair if (found := oracle.accepted(drawn))]
        except Exception as broken:
            # a bug of the compiler, which `draw` finds and tells
            failed[repr(broken)] += 1
            return
        if len(accepted) < 2:
            return
        (old, first), (new, second) = accepted
        before = asked.counts["changes"]
        for one in asked.disagreements(first, second):
            print(one, flush=True)
        if asked.counts["changes"] > before:
            kept[json.dumps({"base": old.base, "old": old.changes, "new": new.changes}, ensure_ascii=False)] = None

    ask()
    print(dict(asked.counts), dict(failed), file=sys.stderr)
    if keep:
        upgrades.PAIRS.write_text("".join(f"{line}\n" for line in kept), "utf-8")
    return 1 if asked.counts["disagreements"] else 0


def _draw_each(count: int, number: int, ask: Callable[[drawing.Drawn], None]) -> None:
    """Has `ask` see as many drawn sets; the same ones for the same number, as long as nothing changes that is drawn from."""

    @seed(number)
    @settings(max_examples=count, database=None, deadline=None, suppress_health_check=list(HealthCheck),
              phases=[Phase.generate])  # fmt: skip
    @given(drawing.sets())
    def asked(drawn: drawing.Drawn) -> None:
        ask(drawn)

    asked()


def keep(count: int, number: int) -> int:
    """Draws the sets that every test run asks for, and writes them down."""
    lines: dict[str, None] = {}

    def ask(drawn: drawing.Drawn) -> None:
        if found := oracle.accepted(drawn):
            kept = {"base": found[0].base, "changes": found[0].changes}
            lines[json.dumps(kept, ensure_ascii=False) + "\n"] = None

    _draw_each(count, number, ask)
    oracle.DRAWN.write_text("".join(lines), "utf-8")
    print(f"{len(lines)} sets that strict mode accepts are in {oracle.DRAWN.name}")
    return 0


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
    judging = commands.add_parser("verdict")
    judging.add_argument("--kubeconfig", default="")
    judging.add_argument("--seed", type=int, default=0)
    judging.add_argument("--keep", action="store_true")
    judging.add_argument("count", type=int)
    draws = commands.add_parser("draw")
    draws.add_argument("--kubeconfig", default="")
    draws.add_argument("--seed", type=int, default=0)
    draws.add_argument("count", type=int)
    keeps = commands.add_parser("keep")
    keeps.add_argument("--seed", type=int, default=0)
    keeps.add_argument("count", type=int)
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
        return dry_run(asker_of(given.kubeconfig), given.files, given.every)
    elif given.command == "verdict":
        return judge(api_of(given.kubeconfig), given.count, given.seed, keep=given.keep)
    elif given.command == "draw":
        return draw(asker_of(given.kubeconfig), given.count, given.seed)
    elif given.command == "keep":
        return keep(given.count, given.seed)
    else:
        control_plane.serve(given.version, given.folder, detached=given.detached)
    return 0


if __name__ == "__main__":
    sys.exit(main())
