"""What a chart says of itself in its Chart.yaml.

The fields are Helm's ("The Chart.yaml File" of its documentation), the annotations Artifact Hub's ("Helm annotations" of its
documentation) and our own, from which a chart can be made again.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from chartgen import paths, schema
from chartgen.chart import images, index, kept
from chartgen.render import components, document, scalar
from chartgen.render.document import Document
from chartgen.values import source, tree
from chartgen.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from chartgen.alter import Done

COMPILER, FLAGS, INPUTS = "chartgen/version", "chartgen/flags", "chartgen/inputs"
RENAMED = "chartgen/renamed-images"
# the namespace and the name of the release whose spelling is in the chart
ADOPTED = "chartgen/adopted-from"
CHANGES = "artifacthub.io/changes"
SIGN_KEY = "artifacthub.io/signKey"
_IMAGES, _PRERELEASE = "artifacthub.io/images", "artifacthub.io/prerelease"
# (kind, description) of each change since the version before, as Artifact Hub shows them
Changes = Sequence[tuple[str, str]]
# the fingerprint of the key that a chart is signed with, and the address of its public half
SignKey = tuple[str, str]


def metadata(
    name: str,
    version: str,
    values: Mapping[str, Any],
    flags: Sequence[str],
    changes: Changes,
    documents: Iterable[Document],
    done: Done | None = None,
    sign_key: SignKey | None = None,
) -> dict[str, Any]:
    """The Chart.yaml of a chart that is made of effective values, with the flags that make it another one; `done` is
    what was changed in it beyond what values say."""
    renamed = done.renamed if done is not None else {}
    adoption = done.adoption if done is not None else None
    of_every_chart = components.chart()
    annotations = {
        # a parent chart may have it under an alias, which then is its name
        components.NAMES["name_annotation"]: name,
        COMPILER: __version__,
        FLAGS: " ".join(flags),
        INPUTS: f"sha256:{inputs_digest(values, flags)}",
        RENAMED: document.block_yaml(dict(renamed), str) if renamed else "",
        ADOPTED: f"{adoption.namespace}/{adoption.release}" if adoption is not None else "",
        **of_every_chart["annotations"],
        _IMAGES: _listed(
            {"name": image.rpartition("/")[2].partition("@")[0].partition(":")[0], "image": image}
            for image in images.named(documents)
        ),
    }
    if _is_prerelease(version):
        annotations[_PRERELEASE] = "true"
    if changes:
        annotations[CHANGES] = _listed({"kind": kind, "description": text} for kind, text in changes)
    if sign_key is not None:
        fingerprint, address = sign_key
        annotations[SIGN_KEY] = document.block_yaml({"fingerprint": fingerprint, "url": address}, str)
    return {
        "apiVersion": "v2",
        "name": name,
        "description": of_every_chart["description"],
        "type": "application",
        "version": version,
        **of_every_chart,
        "icon": _icon(),
        "annotations": {key: text for key, text in annotations.items() if text},
    }


def changes_in(annotations: Mapping[str, Any]) -> Changes:
    """What a chart says of its changes; nothing where it is said in another way than ours."""
    text = annotations.get(CHANGES)
    rows = source.read_text(text, CHANGES, any_shape=True).data if isinstance(text, str) and text else []
    if not isinstance(rows, list) or not all(isinstance(row, dict) and len(row) == 2 for row in rows):
        return ()
    return tuple((str(row.get("kind")), str(row.get("description"))) for row in rows)


def renamed_in(annotations: Mapping[str, Any]) -> dict[str, str]:
    """The images that a chart says it has other names for, old → new; raises Rejected where that cannot be read."""
    text = annotations.get(RENAMED)
    return dict(source.read_text(text, RENAMED).data) if isinstance(text, str) and text else {}


def adopted_from(annotations: Mapping[str, Any]) -> tuple[str, str] | None:
    """(name, namespace) of the release whose spelling a chart says it has; None where it says none."""
    namespace, slash, release = str(annotations.get(ADOPTED, "")).partition("/")
    return (release, namespace) if slash else None


def sign_key_in(annotations: Mapping[str, Any]) -> SignKey | None:
    """The key that a chart says it is signed with; None where it says none, or says it in another way than ours."""
    text = annotations.get(SIGN_KEY)
    said = source.read_text(text, SIGN_KEY, any_shape=True).data if isinstance(text, str) and text else {}
    if not isinstance(said, dict) or said.keys() != {"fingerprint", "url"}:
        return None
    return str(said["fingerprint"]), str(said["url"])


def own(values: Mapping[str, Any]) -> dict[str, Any]:
    """What of effective values is other than the default, None for defaults that are taken away: with the flags and the
    version of chartgen, all that a chart is made of."""
    return tree.different(document.pruned(values), document.pruned(schema.defaults()))


def inputs_digest(values: Mapping[str, Any], flags: Sequence[str]) -> str:
    """The SHA-256 of what a chart is made of; in whatever files, order and spelling it was given."""
    defaults = schema.defaults()
    gone = {key: None for key in defaults if key not in values}
    sections = [
        kept.text(_own_text, item, key)
        for key, item in sorted({**gone, **values}.items())
        # most sections are their default itself
        if item is not defaults.get(key)
    ]
    own_values = ", ".join(filter(None, sections))
    text = f'{{"values": {{{own_values}}}, "flags": {scalar.json_text([*flags])}}}'
    return hashlib.sha256(text.encode()).hexdigest()


def _own_text(value: Any, key: str) -> str:
    """What of a section is other than its default, as the entry of a JSON object; empty where nothing is."""
    return _different(key, value, schema.defaults().get(key))


def _different(key: str, value: Any, standard: Any) -> str:
    """The same of what stands under a key, where a null and nothing are the same."""
    if isinstance(value, dict) and isinstance(standard, dict):
        entries = (
            _different(name, value.get(name), standard.get(name))
            for name in sorted(value.keys() | standard.keys())
            if value.get(name) is not standard.get(name)
        )
        below = ", ".join(filter(None, entries))
        return f"{scalar.json_text(key)}: {{{below}}}" if below else ""
    given = document.pruned(value)
    if tree.same(given, document.pruned(standard)):
        return ""
    return f"{scalar.json_text(key)}: {scalar.json_text(tree.ordered(given))}"


def _is_prerelease(version: str) -> bool:
    # what has no hyphen is none, and needs no library to tell
    return "-" in version and index.parsed(version).prerelease is not None


def _listed(rows: Iterable[Mapping[str, str]]) -> str:
    """Rows as the YAML text that Artifact Hub reads; empty where there are none."""
    there = [dict(row) for row in rows]
    return document.block_yaml(there, str) if there else ""


@cache
def _icon() -> str:
    """The icon as an address that holds it, so that no host has to be asked for it."""
    drawn = (paths.TEMPLATES / "icon.svg").read_bytes().strip()
    return "data:image/svg+xml;base64," + binascii.b2a_base64(drawn, newline=False).decode()
