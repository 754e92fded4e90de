"""Every value that a release had and the current one has not gets an answer."""

from pathlib import Path as File
from typing import Any

import pytest
import yaml

from chartgen import schema
from chartgen import values as merging
from chartgen.diagnostics import Diagnostic, Mend, Path, dotted, single
from chartgen.edit import fix, migrate
from chartgen.schema import removed
from chartgen.values import source
from tests import old_values
from tests.checked import checked

ROWS = [
    line.split("\t")
    for line in (File(__file__).parent / "data/values-history.tsv").read_text().splitlines()[1:]
]
GONE = [(tuple(path.split(".")), last) for path, _, last in ROWS if last != "2.0.3"]


def test_every_removed_value_has_an_answer() -> None:
    assert [path for path, _ in GONE if removed.removed(path) is None] == []


def test_entries_name_the_last_release() -> None:
    last = dict(GONE)
    assert {one.entry: one.last for one in removed.entries().values()} == {
        key: last[key] for key in removed.entries()
    }


def test_replacements_exist() -> None:
    targets = {
        target
        for one in removed.entries().values()
        for target in (one.to, *(path for path, _ in one.also), *one.unless,
                       *(path for _, news in one.becomes for path, _ in news))
        if target
    }  # fmt: skip
    assert targets - schema.leaves().keys() == set()


def test_current_values_are_not_removed() -> None:
    current = [tuple(path.split(".")) for path, _, last in ROWS if last == "2.0.3"]
    assert [path for path in current if removed.removed(path)] == []


def said(values: dict[str, Any]) -> dict[str, Mend | None]:
    """The mend for each removed value of these values, by its path."""
    top = [key for key in values if removed.removed((key,))]
    paths_ = [(key,) for key in top] or [
        (key, name) for key, section in values.items() for name in section if removed.removed((key, name))
    ]
    effective = merging.effective(values, schema.defaults())
    return {
        dotted(one.path): one.mend for path in paths_ for one in single(removed.findings(path, effective))
    }


def test_a_value_that_only_moved_moves() -> None:
    assert said({"global": {"bootstrapACLs": True}}) == {
        "global.bootstrapACLs": Mend(
            "move", ("global", "bootstrapACLs"), ("global", "acls", "manageSystemACLs")
        )
    }


def test_a_section_that_asks_for_nothing_goes_as_a_whole() -> None:
    values = {
        "client": {"snapshotAgent": {"enabled": False, "replicas": 2, "configSecret": {"secretName": None}}}
    }
    assert said(values) == {"client.snapshotAgent": Mend("remove", ("client", "snapshotAgent"))}


def test_parts_with_answers_of_their_own_are_told_apart() -> None:
    values = {"connectInject": {"centralConfig": {"enabled": True, "defaultProtocol": "http"}}}
    assert said(values) == {
        "connectInject.centralConfig.enabled": Mend("remove", ("connectInject", "centralConfig", "enabled")),
        "connectInject.centralConfig.defaultProtocol": None,
    }


def test_the_value_decides_what_becomes_of_it() -> None:
    place = ("meshGateway", "service", "enabled")
    kind = ("meshGateway", "service", "type")
    for value, mend in (
        (True, Mend("remove", place)),
        (False, Mend("become", place, ((kind, "ClusterIP"),))),
    ):
        values = {"meshGateway": {"enabled": True, "service": {"enabled": value}}}
        assert [one.mend for one in removed.findings(place, values)] == [mend]


def test_what_another_setting_makes_matter_is_left_to_people() -> None:
    """Without the injector nothing runs the controllers that were asked for."""
    assert said({"controller": {"enabled": True}}) == {"controller": Mend("remove", ("controller",))}
    values = {"controller": {"enabled": True}, "connectInject": {"enabled": False}}
    assert said(values) == {"controller.enabled": None}


def test_each_answer_says_what_to_do() -> None:
    """In words, or by the path that takes over."""
    assert [dotted(one.entry) for one in removed.entries().values() if not one.why] == []
    assert [dotted(one.entry) for one in removed.entries().values() if bool(one.today) == bool(one.to)] == []


def test_other_values_are_refused() -> None:
    with pytest.raises(KeyError):
        list(removed.findings(("server", "replicas"), {"server": {"replicas": 3}}))


def test_a_file_with_every_removed_value_is_migrated_or_answered() -> None:
    """Each of them is carried over, taken out or told; a second run finds nothing more to do."""
    leaves = [path for path, _ in GONE if not any(other[: len(path)] == path != other for other, _ in GONE)]
    values: dict[str, Any] = {}
    for path in leaves:
        node = values
        for key in path[:-1]:
            node = node.setdefault(key, {})
        node[path[-1]] = "x"
    after, done, left = migrate.migrate(yaml.dump(values))
    told = {one.path for one in single((*done, *left)) if one.code.startswith("removed-")}
    assert [path for path in leaves if not any(path[: len(place)] == place for place in told)] == []
    assert {one.path for one in single(left) if one.code.startswith("removed-")} == {
        path for path in told if path not in {one.path for one in done}
    }
    assert migrate.migrate(after)[:2] == (after, [])


@pytest.mark.parametrize("release", old_values.RELEASES)
def test_a_full_copy_of_an_old_release_is_told_in_three_findings_at_most(release: str) -> None:
    """With its images; and nothing that asked for nothing is an error, unless the official chart refuses it too."""
    text = yaml.safe_dump(old_values.full_copy(release), sort_keys=False)
    found = told_of(text)
    assert 0 < len(found) <= 3
    errors = [one for one in found if one.severity == "error"]
    refused = {"removed-server-license-key", "removed-api-gateway-stanza", "control-plane-without-commands"}
    assert {one.code for one in errors} <= refused
    # and a fix leaves what is about images alone
    after, _, left = fix.fixed(text, "values.yaml")
    assert [one.code for one in left if one.code.startswith("removed-")] == []
    assert told_of(after) == left


@pytest.mark.parametrize("release", old_values.RELEASES)
def test_an_old_file_that_used_it_all_is_told_in_three_findings_at_most(release: str) -> None:
    values = old_values.in_use(release)
    text = yaml.safe_dump(values, sort_keys=False)
    about = [one for one in told_of(text) if one.code.startswith("removed-") or "image" in one.code]
    assert 0 < len(about) <= 3
    gone = [
        path for path, first, last in old_values.ROWS if old_values.held(values, path) and last != "2.0.3"
    ]
    told = [one.path for one in single(about)]
    assert [path for path in gone if not any(_along(tuple(path.split(".")), one) for one in told)] == []


def _along(one: Path, other: Path) -> bool:
    return all(left == right for left, right in zip(one, other, strict=False))


def told_of(text: str) -> tuple[Diagnostic, ...]:
    found = checked([source.read_text(text, "values.yaml")]).diagnostics
    return tuple(one for one in found if one.code != "rules-wait")


def test_a_single_dead_line_is_a_warning_that_a_fix_removes() -> None:
    text = "connectInject:\n  healthChecks:\n    enabled: true\nserver:\n  replicas: 3\n"
    assert [(one.code, one.severity) for one in told_of(text)] == [("removed-value", "warning")]
    assert fix.fixed(text, "values.yaml")[0] == "server:\n  replicas: 3\n"


def test_a_removed_value_that_asked_for_something_is_an_error() -> None:
    for text in (
        "global:\n  imageEnvoy: registry.example.com/envoy:v1.20.0\n",
        "global:\n  cloud:\n    enabled: true\n",
        "connectInject:\n  certs:\n    secretName: webhook\n",
    ):
        assert [(one.code, one.severity) for one in told_of(text)] == [("removed-value", "error")]


def test_changed_defaults_are_told_where_they_count() -> None:
    """Values of a release before 1.0 that leave them out; others are taken to know today's."""
    old = "meshGateway:\n  enabled: true\n  globalMode: none\nserver:\n  replicas: 3\n"
    told = {dotted(one.path) for one in migrate.migrate(old)[2] if one.code == "default-changed"}
    assert told == {
        "client.enabled",
        "connectInject.enabled",
        "connectInject.replicas",
        "meshGateway.replicas",
    }
    asked = {dotted(one.path) for one in migrate.migrate("controller:\n  enabled: true\n" + old)[2]}
    assert "connectInject.enabled" not in asked  # today's controllers need it
    recent = old.replace("  globalMode: none\n", "")
    assert [one for one in migrate.migrate(recent)[2] if one.code == "default-changed"] == []


def test_changed_defaults_are_others_today() -> None:
    assert [one.path for one in removed.CHANGED if schema.leaves()[one.path] == one.was] == []
