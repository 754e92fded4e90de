"""The real Helm, as its users call it, against a control plane of these tests."""

from __future__ import annotations

import json
import os
import subprocess
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.cluster import programs

# what waits longer than this waits for nothing that will come
PATIENCE = "240s"


class Failed(Exception):
    """Helm said no; the message is its own."""


class Helm:
    """The Helm of one version with one control plane; what it keeps goes into `folder`."""

    def __init__(self, version: str, kubeconfig: Path, folder: Path) -> None:
        self.version = version
        homes = {f"HELM_{name}_HOME": str(folder / name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
        self._env = {**os.environ, **homes, "KUBECONFIG": str(kubeconfig)}

    @cached_property
    def _program(self) -> Path:
        return programs.program(programs.helm(self.version), "helm")

    def run(self, *command: str) -> str:
        """What Helm prints; raises Failed with what it prints to standard error."""
        done = subprocess.run(
            [str(self._program), *command], env=self._env, text=True, capture_output=True, check=False
        )
        if done.returncode:
            raise Failed(f"helm {' '.join(command)}: {done.stderr[-4000:]}")
        return done.stdout

    def install(self, release: str, chart: Path, namespace: str, *, wait: bool = True) -> None:
        self.run("install", release, str(chart), *_in(namespace), "--create-namespace", *_WAIT * wait)

    def upgrade(self, release: str, chart: Path, namespace: str, *options: str, wait: bool = True) -> None:
        self.run("upgrade", release, str(chart), *_in(namespace), *_WAIT * wait, *options)

    def rollback(self, release: str, revision: int, namespace: str) -> None:
        self.run("rollback", release, str(revision), *_in(namespace), *_WAIT)

    def test(self, release: str, namespace: str) -> None:
        self.run("test", release, *_in(namespace), "--timeout", PATIENCE)

    def uninstall(self, release: str, namespace: str) -> None:
        self.run("uninstall", release, *_in(namespace), *_WAIT)

    def status(self, release: str, namespace: str) -> dict[str, Any]:
        """The release as Helm keeps it."""
        told: dict[str, Any] = json.loads(self.run("status", release, *_in(namespace), "-o", "json"))
        return told


_WAIT = ("--wait", "--timeout", PATIENCE)


def _in(namespace: str) -> tuple[str, str]:
    return "--namespace", namespace
