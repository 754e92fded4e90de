"""What means the same: to the API server, which then stores nothing new, or only to whoever runs it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from chartgen.compare import script
from chartgen.compare.stored import FREE_MAPS
from chartgen.diagnostics import Path
from chartgen.kubernetes.formats import amount

_QUANTITY_MAPS = (("capacity",), ("hard",), ("limits",), ("requests",))
_QUANTITY = frozenset(("divisor", "sizeLimit", "storage"))
# lists of what is taken together, in whatever order (the reference of the API: list type set or atomic, or lists of
# terms that are all asked)
SETS = frozenset((
    "accessModes", "add", "admissionReviewVersions", "apiGroups", "apiVersions", "categories", "drop", "externalIPs",
    "finalizers", "hostAliases", "imagePullSecrets", "loadBalancerSourceRanges", "matchExpressions", "matchFields",
    "nodeSelectorTerms", "nonResourceURLs", "operations", "policyTypes", "preferredDuringSchedulingIgnoredDuringExecution",
    "requiredDuringSchedulingIgnoredDuringExecution", "resourceNames", "resources", "scopes", "shortNames", "sources",
    "subjects", "tolerations", "topologySpreadConstraints", "values", "verbs",
))  # fmt: skip
# of kinds with lists of their own
_SETS_OF = {
    "CustomResourceDefinition": frozenset(("required", "enum")),
    "PodSecurityPolicy": frozenset(
        (
            "volumes",
            "requiredDropCapabilities",
            "allowedCapabilities",
            "hostPorts",
            "ranges",
            "allowedHostPaths",
        )
    ),
    "SecurityContextConstraints": frozenset(
        ("volumes", "requiredDropCapabilities", "allowedCapabilities", "users", "groups")
    ),
}
# labels that name who made the object, and with which version of the chart; selectors do not ask for them
_MADE_BY = frozenset(("app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart"))
# an annotation of such a name is a digest of what is configured elsewhere
_CHECKSUM = re.compile(r"checksum|config-hash", re.IGNORECASE)
_SCRIPT_FOLLOWS = re.compile(r"-[a-z]*c[a-z]*")
# an action of a template, and what in it is quoted
_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_QUOTED = re.compile(r'("(?:[^"\\]|\\.)*"|`[^`]*`)')
_REFERENCE = re.compile(r"\$\(([^)]+)\)")
Key = Callable[[Mapping[str, Any]], str]


def _by(*names: str) -> Key:
    def key(item: Mapping[str, Any]) -> str:
        return "/".join(str(item.get(name, "")) for name in names)

    return key


def _port(item: Mapping[str, Any]) -> str:
    number = item.get("containerPort", item.get("port"))
    return str(item.get("name") or f"{number}/{item.get('protocol', 'TCP')}")


def _mount(item: Mapping[str, Any]) -> str:
    return str(item.get("mountPath"))


def _claim(item: Mapping[str, Any]) -> str:
    metadata = item.get("metadata")
    return str(metadata.get("name")) if isinstance(metadata, Mapping) else ""


# lists whose items have names of their own, by which Kubernetes merges them
KEYED: Mapping[str, Key] = {
    "additionalPrinterColumns": _by("name"),
    "containers": _by("name"),
    "env": _by("name"),
    "ephemeralContainers": _by("name"),
    "initContainers": _by("name"),
    "paths": _by("path", "pathType"),
    "ports": _port,
    "versions": _by("name"),
    "volumeClaimTemplates": _claim,
    "volumeDevices": _by("devicePath"),
    "volumeMounts": _mount,
    "volumes": _by("name"),
    "webhooks": _by("name"),
}
# those of them whose order says something
_ORDERED = frozenset(("additionalPrinterColumns", "containers", "initContainers", "webhooks"))


def is_set(kind: str, field: str) -> bool:
    """Whether the order of a list that is compared as a whole says nothing."""
    return field in SETS or field in _SETS_OF.get(kind, ())


def same_in_order(field: str, old: list[Any], new: list[Any]) -> bool:
    """Whether it says nothing that the named items of two lists stand in another order."""
    if field == "env":
        return _referred(old) == _referred(new)
    return field not in _ORDERED


def _referred(variables: list[Any]) -> dict[str, list[str]]:
    """By the name of each variable, those that its text holds and that stand before it: only these are filled in."""
    known: set[str] = set()
    found = {}
    for variable in variables:
        name = str(variable.get("name"))
        found[name] = [
            other for other in _REFERENCE.findall(str(variable.get("value", ""))) if other in known
        ]
        known.add(name)
    return found


def is_same_amount(path: Path, old: Any, new: Any) -> bool:
    """Whether two values are spellings of one quantity, where there is a quantity."""
    if not path or not (path[-1] in _QUANTITY or path[-2:-1] in _QUANTITY_MAPS):
        return False
    first, second = amount(old), amount(new)
    return first is not None and first == second


def is_same_text(kind: str, path: Path, old: Any, new: Any) -> bool:
    """Whether a value says the same as another one to those who read it, though it is written otherwise."""
    field = str(path[-1]) if path else ""
    parent = str(path[-2]) if len(path) > 1 else ""
    if kind == "CustomResourceDefinition" and field == "description":
        return True
    if parent == "labels" and "template" not in path[:-2]:
        return field in _MADE_BY
    if parent == "annotations" and _CHECKSUM.search(field):
        # it follows what it is a digest of, and that is compared, too
        return old is not None and new is not None
    if not (isinstance(old, str) and isinstance(new, str)):
        return False
    # a network's configuration is JSON in a text
    holds_data = parent in FREE_MAPS or (kind, field) == ("NetworkAttachmentDefinition", "config")
    return holds_data and _same_data(field, old, new)


def same_command(field: str, old: list[Any], new: list[Any]) -> bool:
    """Whether two commands (or lists of arguments) run the same."""
    return bool(_command(field, old) == _command(field, new))


def same_arguments(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether the programs of two containers are given the same arguments."""
    if not isinstance(old.get("args"), list) or not isinstance(new.get("args"), list):
        return False
    first, second = ([_program(side), *side["args"]] for side in (old, new))
    return same_command("command", first, second) or same_command("args", first, second)


def _program(container: Mapping[str, Any]) -> str:
    """What a container runs: its command's program, or the one that its image is called after."""
    command = container.get("command")
    if isinstance(command, list):
        return str(command[0]) if len(command) == 1 else " ".join(map(str, command))
    return str(container.get("image", "")).partition("@")[0].rpartition("/")[2].partition(":")[0]


def _command(field: str, words: list[Any]) -> Any:
    parts: list[Any] = []
    plain = True
    for number, word in enumerate(words):
        text = str(word)
        is_script = "\n" in text.strip() or (number > 0 and _SCRIPT_FOLLOWS.fullmatch(str(words[number - 1])))
        plain = plain and not is_script
        parts.append(script.meant(text) if is_script else text)
    if plain and field == "command":
        return script.flags_sorted(parts)
    return tuple(parts)


def _same_data(name: str, old: str, new: str) -> bool:
    """Whether two texts that an object holds, such as a file of a ConfigMap, hold the same data."""
    if old.strip() == new.strip() and "\n" in old.strip():
        return True
    if name.startswith("vault.hashicorp.com/") and "{{" in old:
        return _ACTION.sub(_in_one_line, old) == _ACTION.sub(_in_one_line, new)
    if name.endswith(".sh"):
        return script.meant(old) == script.meant(new)
    if old.lstrip()[:1] in ("{", "["):
        first, second = _json(old), _json(new)
        return first is not None and first == second
    if name.endswith((".yaml", ".yml")):
        first, second = _yaml(old), _yaml(new)
        return first is not None and first == second
    return False


def _in_one_line(action: re.Match[str]) -> str:
    """An action of a Go template with single spaces between its words."""
    parts = _QUOTED.split(action[0])
    return "".join(part if number % 2 else re.sub(r"\s+", " ", part) for number, part in enumerate(parts))


def _json(text: str) -> str | None:
    """JSON in one spelling, numbers and text and true told apart; None for what is no JSON."""
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return None


def _yaml(text: str) -> str | None:
    import yaml12

    try:
        return json.dumps(yaml12.parse_yaml(text), sort_keys=True, default=repr)
    except (ValueError, TypeError):
        return None
