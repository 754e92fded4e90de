"""The options of a Consul agent, as extraConfig takes them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from chartgen import paths
from chartgen.diagnostics import dotted
from chartgen.values import source
from chartgen.workshop import agent_options, schema_build
from tests.checked import checked
from tests.test_suggest import KINDS, misspelt

OPTIONS: dict[str, Any] = schema_build.sources(paths.SCHEMA)["_agent"]

# as a datacenter in production might have it
PRODUCTION = {
    "acl": {"enabled": True, "default_policy": "deny", "down_policy": "extend-cache", "token_ttl": "30s",
            "tokens": {"agent": "{{ .Release.Name }}-token"}},
    "auto_encrypt": {"allow_tls": True},
    "autopilot": {"cleanup_dead_servers": True, "server_stabilization_time": "10s", "min_quorum": 3},
    "config_entries": {"bootstrap": [{"kind": "proxy-defaults", "name": "global", "config": {"protocol": "http"}}]},
    "connect": {"ca_provider": "vault", "ca_config": {"address": "https://vault:8200", "leaf_cert_ttl": "72h"}},
    "dns_config": {"node_ttl": "10s", "service_ttl": {"*": "5s"}, "soa": {"min_ttl": 0}, "use_cache": True},
    "gossip_lan": {"probe_timeout": "500ms"},
    "http_config": {"response_headers": {"Access-Control-Allow-Origin": "*"}},
    "limits": {"http_max_conns_per_client": 500, "request_limits": {"mode": "permissive", "read_rate": 100.5}},
    "log_level": "DEBUG",
    "node_meta": {"rack": "r12"},
    "performance": [{"raft_multiplier": 1}],
    "ports": {"grpc": 8502, "https": -1},
    "raft_logstore": {"backend": "wal", "verification": {"enabled": True, "interval": "60s"}},
    "retry_join": ["provider=aws tag_key=consul tag_value=server"],
    "services": [{"id": "web", "name": "web", "port": 80, "check": {"tcp": "localhost:80", "interval": "10s"}}],
    "telemetry": {"dogstatsd_addr": "localhost:8125", "filter_default": False, "circonus_check_tags": None},
    "tls": {"defaults": {"verify_incoming": True}, "grpc": {"use_auto_cert": True}},
    "ui_config": {"metrics_proxy": {"base_url": "http://prometheus", "add_headers": [{"name": "a", "value": "b"}]}},
    "watches": [{"type": "key", "key": "a", "args": ["sh", "-c", "true"]}],
}  # fmt: skip


def walk(options: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, kind in options.items():
        here = f"{path}.{key}" if path else key
        yield from walk(kind, here) if isinstance(kind, dict) else [(here, kind)]


def test_each_new_name_exists() -> None:
    known = dict(walk(OPTIONS))
    sections = {name.rpartition(".")[0] for name in known}
    gone = {name: kind.partition(" gone to ")[2] for name, kind in known.items() if " gone to " in kind}
    assert len(gone) > 20
    assert [name for name, new in gone.items() if new not in known.keys() | sections] == []


def test_each_section_is_closed() -> None:
    found = agent_options.definitions(OPTIONS)
    assert found["agent.acl.tokens"]["additionalProperties"] is False
    assert found["agent"]["properties"]["acl"] == {"$ref": "#/$defs/agent.acl"}
    assert found["agent"]["properties"]["acl_token"]["deprecationMessage"] == "use acl.tokens.default"


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(KeyError, match="txt"):
        agent_options.definitions({"log_level": "txt"})


@pytest.mark.parametrize("kind", KINDS)
def test_a_typo_in_any_option_is_told_and_mended(kind: str) -> None:
    pick = random.Random(kind)
    config: dict[str, Any] = {}
    meant: dict[str, str] = {}

    def inject(options: dict[str, Any], place: dict[str, Any], path: str) -> None:
        for name, value in options.items():
            below = place.setdefault(name, {}) if isinstance(value, dict) else None
            for _ in range(20):
                wrong = misspelt(name, kind, pick)
                if wrong and wrong not in options and wrong not in place:
                    place[wrong] = None
                    meant[path + wrong] = path + name
                    break
            if below is not None:
                inject(value, below, f"{path}{name}.")

    inject(OPTIONS, config, "server.extraConfig.")
    assert len(meant) > 350
    found = checked([source.from_mapping({"server": {"extraConfig": config}})]).diagnostics
    # rules look at the text as a whole
    findings = [one for one in found if len(one.path) > 2]
    assert sorted(dotted(one.path) for one in findings) == sorted(meant)
    right = [one for one in findings if one.hint == f"did you mean {meant[dotted(one.path)]}?"]
    assert len(right) >= 0.97 * len(meant)


@pytest.mark.parametrize("form", [dict, json.dumps], ids=["map", "text"])
def test_a_production_configuration_is_right(form: Any) -> None:
    values = {"server": {"extraConfig": form(PRODUCTION)}}
    assert [
        one
        for one in checked([source.from_mapping(values)]).diagnostics
        if one.severity == "error"
    ] == []


@pytest.mark.parametrize("form", [dict, json.dumps], ids=["map", "text"])
@pytest.mark.parametrize(
    ("config", "code", "hint"),
    [
        ({"enable_debgu": True}, "unknown-key", "enable_debug"),
        ({"acl": {"tokns": {"agent": "a"}}}, "unknown-key", "acl.tokens.agent"),
        ({"node_ttl": "10s"}, "unknown-key", "dns_config.node_ttl"),
        ({"connect": [{"ca_confg": {"leaf_cert_ttl": "1h"}}]}, "unknown-key", "connect[0].ca_config"),
        ({"tls": {"http": {"verify_incoming": True}}}, "unknown-key", "tls.https.verify_incoming"),
        ({"retry_join": "10.0.0.1"}, "not-a-list", 'write ["10.0.0.1"]'),
        ({"bootstrap_expect": "3"}, "wrong-type", "write it without quotes: 3"),
        ({"leave_on_terminate": "yes"}, "wrong-type", "write true"),
        ({"check_update_interval": "5"}, "bad-format", ""),
    ],
    ids=lambda one: next(iter(one)) if isinstance(one, dict) else None,
)  # fmt: skip
def test_what_an_agent_refuses(form: Any, config: dict[str, Any], code: str, hint: str) -> None:
    for component in ("server", "client"):
        values = {"client": {"enabled": True}} | {component: {"enabled": True, "extraConfig": form(config)}}
        findings = checked([source.from_mapping(values)]).diagnostics
        (one,) = [one for one in findings if one.path[:2] == (component, "extraConfig")]
        assert (one.code, one.severity) == (code, "error")
        assert one.hint == (
            f"did you mean {component}.extraConfig.{hint}?" if code == "unknown-key" else hint
        )
