"""Fleets as people have them: a base, a layer for each region, a file of 5 to 30 lines for each cluster; drawn, always alike."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
BASE = ROOT / "examples" / "secure.yaml"
REGIONS = 10

BUILD_FILE = """\
charts:
  - name: consul-{cluster}
    values: [base.yaml, "regions/{region}.yaml", "clusters/{region}/{cluster}.yaml"]
"""

Draw = random.Random
# what a cluster's file may set beside its datacenter; each a section and what it gets
_CHOICES: tuple[Callable[[Draw, str], dict[str, Any]], ...] = (
    lambda draw, name: {"global": {"logLevel": draw.choice(["debug", "warn", "error"])}},
    lambda draw, name: {"global": {"metrics": {"enabled": True, "enableAgentMetrics": draw.random() < 0.5}}},
    lambda draw, name: {"server": {"replicas": draw.choice([3, 5]), "storage": draw.choice(["10Gi", "50Gi"])}},
    lambda draw, name: {"server": {"extraLabels": {"cluster": name, "team": f"team-{draw.randint(1, 9)}"}}},
    lambda draw, name: {"server": {"resources": {"requests": {"memory": draw.choice(["100Mi", "150Mi"])}}}},
    lambda draw, name: {"server": {"annotations": f'"cluster": "{name}"\n'}},
    lambda draw, name: {"server": {"extraConfig": f'{{"leave_on_terminate": {str(draw.random() < 0.5).lower()}}}'}},
    lambda draw, name: {"connectInject": {"replicas": draw.randint(3, 4), "logLevel": "debug"}},
    lambda draw, name: {"connectInject": {"k8sDenyNamespaces": ["kube-system", f"team-{draw.randint(1, 40)}", name]}},
    lambda draw, name: {"ui": {"service": {"type": "LoadBalancer", "annotations": f"on: {name}\n"}}},
    lambda draw, name: {"syncCatalog": {"enabled": True, "k8sPrefix": f"{name}-"}},
    lambda draw, name: {"meshGateway": {"enabled": True, "replicas": draw.randint(1, 3)}},
    lambda draw, name: {"dns": {"enabled": draw.random() < 0.5}},
    lambda draw, name: {"ingressGateways": {"enabled": True, "gateways": [{"name": f"in-{name}", "replicas": 2}]}},
    lambda draw, name: {"client": {"enabled": True, "nodeMeta": {"cluster": name}}},
    lambda draw, name: {"server": {"affinity": None}} if draw.random() < 0.1 else {"terminatingGateways": {"enabled": True}},
)  # fmt: skip
# a file in a hundred or so is a mistake
_MISTAKES: tuple[dict[str, Any], ...] = (
    {"server": {"replcias": 5}},
    {"server": {"replicas": "three"}},
    {"server": {"bootstrapExpect": 7}},
    {"ui": {"service": {"annotations": "a: [\n"}}},
)


def region(number: int) -> dict[str, Any]:
    """The layer of a region."""
    return {
        "global": {"logJSON": bool(number % 2)},
        "server": {
            "storageClass": f"fast-{number}",
            "nodeSelector": f"topology.kubernetes.io/region: region-{number}\n",
        },
    }


def cluster(number: int, draw: Draw, mistakes: float = 0.0) -> dict[str, Any]:
    """The layer of a cluster."""
    name = f"cluster-{number:04d}"
    made: dict[str, Any] = {"global": {"datacenter": name}}
    for choice in draw.sample(_CHOICES, draw.randint(1, 6)):
        _add(made, choice(draw, name))
    if draw.random() < mistakes:
        _add(made, draw.choice(_MISTAKES))
    return made


def _add(made: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(made.get(key), dict):
            _add(made[key], value)
        else:
            made[key] = value


def written(folder: Path, clusters: int, *, seed: int = 1, mistakes: float = 0.0) -> list[tuple[str, ...]]:
    """Writes the files of a fleet below a folder, and the build file; returns the layers of each cluster."""
    draw = Draw(seed)
    (folder / "regions").mkdir(parents=True)
    (folder / "clusters").mkdir()
    (folder / "chartgen.yaml").write_text(BUILD_FILE)
    (folder / "base.yaml").write_bytes(BASE.read_bytes())
    for number in range(REGIONS):
        (folder / "regions" / f"{number}.yaml").write_text(yaml.safe_dump(region(number)))
        (folder / "clusters" / str(number)).mkdir()
    layers = []
    for number in range(clusters):
        in_region = str(draw.randrange(REGIONS))
        path = folder / "clusters" / in_region / f"{number:04d}.yaml"
        path.write_text(yaml.safe_dump(cluster(number, draw, mistakes), sort_keys=False))
        layers.append((str(folder / "base.yaml"), str(folder / "regions" / f"{in_region}.yaml"), str(path)))
    return layers
