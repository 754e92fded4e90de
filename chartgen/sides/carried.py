"""A chart of chartgen's, compiled again of what it carries: values, flags and patches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chartgen.alter import Alterations, patches
from chartgen.alter.images import Renaming
from chartgen.chart import PATCHES, metadata
from chartgen.values import source
from chartgen.values.inputs import Read

if TYPE_CHECKING:
    from chartgen.alter import Baseline
    from chartgen.alter.patches import Patches
    from chartgen.chart import Chart


def compiled(
    path: str, files: Mapping[str, bytes], meta: Mapping[str, Any], baseline: Baseline | None = None
) -> Chart:
    """The chart that the files of a chart make: `meta` is its Chart.yaml, `path` what its findings call it. With a `baseline` it
    is spelt as that one runs.

    Raises Rejected for values, flags or patches of which no chart can be made.
    """
    from chartgen import compiler
    from chartgen.steering import Steering

    values = source.read_text(files.get("values.yaml") or b"{}", f"{path}/values.yaml").data
    made_with = flags(meta)
    named = flags_of_images(made_with)
    annotations = meta.get("annotations") or {}
    options = compiler.Options(
        strict="--lenient" not in made_with,
        kube_version=pairs(made_with).get("--kube-version"),
        name=str(meta.get("name")),
        version=str(meta.get("version")),
        # whatever was ignored then
        steering=Steering(ignore=("*",)),
        alterations=Alterations(
            Renaming(known=metadata.renamed_in(annotations), known_flags=named) if named else None,
            _patches(path, files),
            baseline,
        ),
    )
    return compiler.compile_sources(Read((source.from_mapping(metadata.own(values)),), ()), options)


def flags(meta: Mapping[str, Any]) -> tuple[str, ...]:
    """The flags that a chart says it was made with, by its Chart.yaml."""
    annotations = meta.get("annotations")
    said = annotations.get(metadata.FLAGS) if isinstance(annotations, Mapping) else None
    return tuple(str(said).split()) if said else ()


def flags_of_images(made_with: tuple[str, ...]) -> tuple[str, ...]:
    """Those of a chart's flags that give images other names."""
    said = pairs(made_with)
    return tuple(word for flag in ("--mirror", "--digests") if flag in said for word in (flag, said[flag]))


def pairs(made_with: tuple[str, ...]) -> dict[str, str]:
    """What stands after each flag, with spaces between where it is there several times; nothing after one that stands alone."""
    found: dict[str, str] = {}
    flag = ""
    for word in made_with:
        if word.startswith("--"):
            flag = word
            found.setdefault(flag, "")
        elif flag:
            found[flag] = f"{found[flag]} {word}".strip()
    return found


def _patches(path: str, files: Mapping[str, bytes]) -> tuple[Patches, ...]:
    """The patches that a chart carries, in their order. Raises Rejected where they cannot be read."""
    found: list[Patches] = []
    while (name := f"{PATCHES}/{len(found) + 1}.yaml") in files:
        text = files[name].decode("utf-8", errors="replace")
        found.append(patches.of(source.read_text(files[name], f"{path}/{name}"), text))
    return tuple(found)
