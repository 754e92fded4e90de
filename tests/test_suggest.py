"""Keys that the schema does not have: always told, and with the key that was meant."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from typing import Any

import pytest

from chartgen import schema
from chartgen.diagnostics import Diagnostic, Path, dotted
from chartgen.schema import suggest
from chartgen.values import source
from tests.checked import checked

KINDS = ("deletion", "insertion", "substitution", "transposition")
# any key may stand in these maps, so nothing can be known about one
FREE = {("client", "nodeMeta")}


def leaves() -> Iterator[tuple[Path, Any]]:
    """(path, default) of each value, sections of defaults walked through."""

    def walk(node: dict[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
        for key, child in node.get("properties", {}).items():
            if "default" in child:
                yield (*path, key), child["default"]
            else:
                yield from walk(child, (*path, key))

    return walk(schema.document(), ())


def misspelt(word: str, kind: str, pick: random.Random) -> str:
    """The word with one letter wrong."""
    place = pick.randrange(len(word))
    if kind == "deletion":
        return word[:place] + word[place + 1 :]
    if kind == "insertion":
        return word[:place] + pick.choice(string.ascii_lowercase) + word[place:]
    if kind == "substitution":
        return word[:place] + pick.choice(string.ascii_lowercase) + word[place + 1 :]
    place = min(place, len(word) - 2)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def injected(kind: str, seed: int) -> tuple[dict[str, Any], dict[Path, Path]]:
    """Values with a typo in each segment of the path of each value; the path that was meant by the path of the typo."""
    pick = random.Random(f"{kind} {seed}")
    values: dict[str, Any] = {}
    meant: dict[Path, Path] = {}
    # one value stands for each section, another one for each seed
    chosen: dict[Path, tuple[Path, Any]] = {}
    for path, default in pick.sample(list(leaves()), k=len(list(leaves()))):
        for length in range(1, len(path) + 1):
            chosen.setdefault(path[:length], (path, default))
    for right, (path, value) in chosen.items():
        parent, word = right[:-1], str(right[-1])
        known = set(_node(parent).get("properties", {}))
        for _ in range(20):
            wrong = (*parent, misspelt(word, kind, pick))
            if wrong[-1] and wrong[-1] not in known and wrong not in meant and parent not in FREE:
                meant[wrong] = path
                _put(values, (*wrong, *path[len(right) :]), value)
                break
    return values, meant


def _node(path: Path) -> dict[str, Any]:
    node = schema.document()
    for key in path:
        node = node["properties"][key]
    return node


def _put(values: dict[str, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        values = values.setdefault(str(key), {})
    values[str(path[-1])] = value


def told(values: dict[str, Any]) -> list[Diagnostic]:
    found = checked([source.from_mapping(values)]).diagnostics
    return [one for one in found if one.severity != "note"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_typo_anywhere_is_told_once_and_the_right_path_is_suggested(kind: str) -> None:
    values, meant = injected(kind, seed=1)
    assert len(meant) > 550
    # a section at a time: a report ends after some hundred findings
    findings = [one for key, section in values.items() for one in told({key: section})]
    assert sorted(map(dotted, (one.path for one in findings))) == sorted(map(dotted, meant))
    right = [one for one in findings if one.hint == f"did you mean {dotted(meant[one.path])}?"]
    assert len(right) >= 0.99 * len(meant)


@pytest.mark.parametrize(
    ("values", "hint"),
    [
        ({"server": {"grpc": True}}, "did you mean client.grpc?"),
        ({"server": {"grpc": 30502}}, "did you mean server.exposeService.nodePort.grpc?"),
        ({"global": {"manageSystemACLs": True}}, "did you mean global.acls.manageSystemACLs?"),
        ({"global": {"manageSystemACL": True}}, "did you mean global.acls.manageSystemACLs?"),
        ({"global": {"cls": {"manageSystemACLs": True}}}, "did you mean global.acls.manageSystemACLs?"),
        ({"global": {"cls": {"httpsOnly": True}}}, "did you mean global.tls.httpsOnly?"),
        ({"global": {"connectInject": {"enabled": True}}}, "did you mean connectInject.enabled?"),
        ({"server": {"maxUnavailable": 1}}, "did you mean server.disruptionBudget.maxUnavailable?"),
        ({"server": {"replicaCount": 3}}, "did you mean server.replicas?"),
        ({"client": {"hosts": ["a"]}}, "did you mean externalServers.hosts?"),
        ({"client": {"tolerations": [{"efect": "NoSchedule"}]}}, "did you mean client.tolerations[0].effect?"),
        ({"ui": {"ingress": {"hosts": [{"hots": "a"}]}}}, "did you mean ui.ingress.hosts[0].host?"),
        ({"server": {"resources": {"requets": {"cpu": 1}}}}, "did you mean server.resources.requests.cpu?"),
    ],
)  # fmt: skip
def test_the_place_counts_as_well_as_the_letters(values: dict[str, Any], hint: str) -> None:
    (one,) = told(values)
    assert (one.code, one.hint) == ("unknown-key", hint)


@pytest.mark.parametrize(
    ("values", "certain"),
    [
        ({"server": {"replica": 3}}, True),
        ({"global": {"manageSystemACLs": True}}, True),
        ({"global": {"cls": {}}}, False),
        ({"server": {"grpc": True}}, False),
        ({"server": {"replicaCount": 3}}, False),
        ({"server": {"replica": {"a": 1}}}, False),
    ],
)
def test_only_what_is_certain_can_be_mended(values: dict[str, Any], certain: bool) -> None:
    (one,) = told(values)
    assert (one.mend is not None) == certain


@pytest.mark.parametrize(
    "values",
    [
        {"server": {"annotations": {"replcas": "x"}}},
        {"server": {"extraLabels": {"enabld": "x"}}},
        {"client": {"nodeMeta": {"host-pi": "x"}}},
        {"server": {"resources": {"limits": {"example.com/gpu": 1}}}},
    ],
)
def test_nothing_is_known_of_free_keys(values: dict[str, Any]) -> None:
    assert told(values) == []


def test_case_alone_is_one_letter() -> None:
    assert suggest.closest("LOGJSON", ["logJSON", "logLevel"]) == "logJSON"
    assert suggest.closest("infp", ["info", "debug"]) == "info"
    assert suggest.closest("zzz", ["info", "debug"]) == ""


def test_words_lead_to_what_there_is() -> None:
    """Each word that people write leads to a setting, and is none itself."""
    known = {dotted(path) for path in schema.leaves()} | schema.defaults().keys()
    lists = {"ingressGateways.gateways"}
    assert set(suggest.words()["paths"].values()) - known - lists == set()
    assert suggest.words()["paths"].keys() & known == set()
    names = {path[-1] for path in schema.leaves()}
    assert set(suggest.words()["names"].values()) <= names


WORDS = [
    ({"global": {"logLevel": "warning"}}, "write warn"),
    ({"server": {"storage": "10GB"}}, "write 10Gi or 10G"),
    ({"server": {"storage": "10 Gi"}}, "write 10Gi"),
    ({"server": {"connect": "flase"}}, "write false"),
    ({"client": {"enabled": "enabled"}}, "write true"),
    ({"server": {"storage": {"size": "1Gi"}}}, 'it is one value: write storage: "1Gi"'),
    ({"ui": {"service": "NodePort"}}, 'did you mean ui.service.type: "NodePort"?'),
    ({"global": {"tls": True}}, "did you mean global.tls.enabled: true?"),
    ({"connectInject": "enabled"}, "did you mean connectInject.enabled: true?"),
    ({"acl": {"enabled": True}}, "did you mean global.acls.manageSystemACLs?"),
    ({"replicaCount": 3}, "did you mean server.replicas?"),
    ({"externalServers": {"address": "a"}}, "did you mean externalServers.hosts?"),
    ({"syncCatalog": {"aclToken": {"secretName": "a"}}}, "did you mean syncCatalog.aclSyncToken.secretName?"),
    (
        {"connectInject": {"transparentProxy": True}},
        "did you mean connectInject.transparentProxy.defaultEnabled: true?",
    ),
    ({"ui": {"ingress": {"hosts": ["a.example.com"]}}}, 'write {host: "a.example.com"}'),
    ({"server": {"enableUI": True}}, "did you mean ui.enabled?"),
]


@pytest.mark.parametrize(("values", "hint"), WORDS)
def test_words_of_other_charts_have_their_hint(values: dict[str, Any], hint: str) -> None:
    (one,) = told(values)
    assert one.hint == hint


SILENT = [
    {"server": {"replica": 3, "replicas": 5}},
    {"client": {"replicas": 3}},
    {"client": {"replicas": 3}, "server": {"replicas": 5}},
    {"ui": {"tolerations": [{"operator": "Exists"}]}},
    {"ingressGateways": {"defaults": {"hostNetwork": True}}},
    {"global": {"tls": {"grpc": True}}},
    {"dns": {"tolerations": [{"operator": "Exists"}]}},
    {"ui": {"ports": {"http": 8080}}},
    {"server": {"ports": {"http": 8500}}},
    {"server": {"persistentVolumeClaim": {"size": "10Gi"}}},
    {"server": {"serviceMonitor": {"enabled": True}}},
    {"global": {"tolerations": []}},
    {"api-gateway": {"enabled": True}},
    {"namespace": "consul"},
]


@pytest.mark.parametrize("values", SILENT)
def test_no_hint_is_better_than_one_that_misleads(values: dict[str, Any]) -> None:
    (one,) = told(values)
    assert one.mend is None
    assert not one.hint.startswith("did you mean")


def places() -> Iterator[tuple[Path, Path, Any]]:
    """(where a value belongs, where it was put, the value) for each value in each other section."""
    sections = [(key,) for key, node in schema.document()["properties"].items() if node.get("properties")]
    for right, default in leaves():
        for section in sections:
            wrong = (*section, right[-1])
            if section != right[:1] and right[-1] not in _node(section)["properties"] and section not in FREE:
                yield right, wrong, default


def test_what_is_put_into_another_section_is_never_led_astray() -> None:
    """A hint names a setting of the section, of all components, or the only one of its name."""
    astray = []
    for _, wrong, value in places():
        one = suggest.unknown_key(wrong, _node(wrong[:-1])["properties"], value)
        meant = one.meant
        near = not meant or meant[0] in (wrong[0], "global") or len(meant) == 1 or meant[-1] != wrong[-1]
        if (
            not near
            and sum(path[-1] == wrong[-1] and path[0] != "global" for path in suggest.named(str(wrong[-1])))
            > 1
        ):
            fitting = [
                path for path, node in suggest._places(())[str(wrong[-1])] if suggest._fit(node, value) < 2
            ]
            astray += [(dotted(wrong), dotted(meant))] if len(fitting) > 1 else []
    assert astray == []


def test_a_mend_leaves_nothing_wrong_at_its_place() -> None:
    """Whatever is mended is right where it goes, but for quotes around a number or a switch."""
    mended = 0
    for _, wrong, default in random.Random(1).sample(list(places()), k=400):
        for value in (default, {"x": 1}, [1], "x", 3, None, "3"):
            one = suggest.unknown_key(wrong, _node(wrong[:-1])["properties"], value)
            if one.mend is None:
                continue
            mended += 1
            moved: dict[str, Any] = {}
            _put(moved, one.meant, value)
            assert [
                left for left in told(moved) if left.code in ("unknown-key", "wrong-type") and not left.mend
            ] == []
    assert mended > 5
