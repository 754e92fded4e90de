"""The programs that these tests start: each is built from its Go module, once, into a folder of the user's cache.

`python -m tests.cluster build` builds them all; a test run builds what is missing. The modules come through Go's own
client, so its settings (GOPROXY, GOFLAGS, …) count.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# The newest release, and the oldest that is still maintained (kubernetes.io/releases).
KUBERNETES = {"newest": "1.37.2", "oldest": "1.35.4"}
HELM = {"4": "4.3.1", "3": "3.22.0"}
ETCD_OF = KUBERNETES["newest"]
KWOK = "0.7.0"
REGISTRY = "3.1.2"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Module:
    """A Go module and the programs that are built of it, each with its package."""

    path: str
    version: str
    programs: Mapping[str, str]
    # variables of the programs that hold their version
    versions: Mapping[str, str]

    @property
    def folder(self) -> Path:
        return cache_folder() / f"{self.path.split('/')[1]}-{self.version}"


def kubernetes(version: str) -> Module:
    """The control plane of a version; with the newest comes the etcd that it was released with."""
    main = "k8s.io/kubernetes/cmd"
    at = "k8s.io/component-base/version"
    major, minor, _ = version.split(".")
    programs = {name: f"{main}/{name}" for name in ("kube-apiserver", "kube-controller-manager")}
    if version == ETCD_OF:
        programs["etcd"] = "go.etcd.io/etcd/server/v3"
    # helm compares the version that the server says it has
    said = {f"{at}.gitVersion": f"v{version}", f"{at}.gitMajor": major, f"{at}.gitMinor": minor}
    return Module("k8s.io/kubernetes", version, programs, said)


def kwok() -> Module:
    return Module("sigs.k8s.io/kwok", KWOK, {"kwok": "sigs.k8s.io/kwok/cmd/kwok"}, {})


def helm(version: str) -> Module:
    """The command line client of a version."""
    path = f"helm.sh/helm/v{version.partition('.')[0]}"
    return Module(path, version, {"helm": f"{path}/cmd/helm"}, {f"{path}/internal/version.version": f"v{version}"})


def registry() -> Module:
    """The OCI registry that most others are made of."""
    path = "github.com/distribution/distribution/v3"
    return Module(path, REGISTRY, {"registry": f"{path}/cmd/registry"}, {})


MODULES = (*map(kubernetes, KUBERNETES.values()), kwok(), *map(helm, HELM.values()))


def cache_folder() -> Path:
    """Where the programs are kept: below $XDG_CACHE_HOME, or ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chartgen-cluster"


def missing() -> str:
    """Why nothing can be built here, in one line; empty where all is built or Go is there."""
    unbuilt = [f"{one.folder.name}" for one in MODULES if not _is_built(one)]
    if not unbuilt or shutil.which("go"):
        return ""
    return f"Go is missing, and these are built with it: {', '.join(unbuilt)}"


def _is_built(module: Module) -> bool:
    return all((module.folder / name).exists() for name in module.programs)


def program(module: Module, name: str, say: Say = print) -> Path:
    """The path of a program, built if it is not there yet; raises RuntimeError with what Go says where it cannot be."""
    if not _is_built(module):
        build(module, say)
    return module.folder / name


def build(module: Module, say: Say = print) -> None:
    """Builds what is missing of a module's programs; a second process waits for the first."""
    with _alone(module):
        for name, package in module.programs.items():
            made = module.folder / name
            if made.exists():
                continue
            say(f"building {name} {module.version}")
            _write_module(module)
            new = made.with_suffix(".new")
            flags = " ".join(["-s -w", *(f"-X {at}={text}" for at, text in module.versions.items())])
            _go(module.folder, "build", "-ldflags", flags, "-o", str(new), package)
            new.rename(made)


@contextmanager
def _alone(module: Module) -> Iterator[None]:
    module.folder.mkdir(parents=True, exist_ok=True)
    with (module.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write_module(module: Module) -> None:
    """A module of our own that requires the one to build, since `go install` takes none with replaced parts."""
    source = module.folder / "go.mod"
    source.write_text("module chartgen-cluster\n")
    got = json.loads(_go(module.folder, "mod", "download", "-json", f"{module.path}@v{module.version}"))
    text = Path(got["GoMod"]).read_text()
    found = re.search(r"^go (\S+)", text, re.M)
    lines = ["module chartgen-cluster", f"go {found[1] if found else '1.25'}", f"require {module.path} v{module.version}"]
    # Kubernetes names its own parts by folder; each is published as a module of its own, as v0.MINOR.PATCH
    parts = set(re.findall(r"^\s*(?:replace )?(k8s\.io/[\w.-]+) => \./staging/", text, re.M))
    parts |= set(re.findall(r"^\s*(k8s\.io/[\w.-]+) v0\.0\.0$", text, re.M))
    lines += [f"replace {part} => {part} v0.{module.version.split('.', 1)[1]}" for part in sorted(parts)]
    source.write_text("\n".join([*lines, ""]))


def _go(folder: Path, *command: str) -> str:
    env = {**os.environ, "GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -mod=mod".strip()}
    done = subprocess.run(["go", *command], cwd=folder, env=env, text=True, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"go {' '.join(command)}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


@cache
def etcd() -> Path:
    return program(kubernetes(ETCD_OF), "etcd")
