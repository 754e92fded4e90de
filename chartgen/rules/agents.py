"""Rules about what extraConfig hands to the agents beside the configuration that the chart writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache

from chartgen import schema
from chartgen.diagnostics import Path
from chartgen.rules.clash import Clash, Rule, Values, Weight, at, whole_number
from chartgen.schema import templated
from chartgen.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

Option: TypeAlias = "tuple[Path, Any]"


def _config(v: Values, component: str) -> Any:
    """The component's extraConfig as data; None where it is off, empty, or text that only makes sense once expanded."""
    config = v[component]["extraConfig"]
    if not isinstance(config, str):
        return config or None
    used = templated.used_config(v, config)
    if used is None or used.text in ("", "{}"):
        return None
    try:
        return json.loads(used.text)
    except (ValueError, RecursionError):
        return None


def _configs(v: Values, s: Settings) -> Iterator[tuple[str, Any]]:
    for component, on in (("server", s.server), ("client", s.client)):
        config = _config(v, component) if on else None
        if isinstance(config, dict):
            yield component, config


def _options(config: Any, path: Path) -> Iterator[Option]:
    """(path, value) of each option, sections too; a section may stand in a list of its own."""
    if isinstance(config, Mapping):
        for key, value in config.items():
            yield (*path, key), value
            yield from _options(value, (*path, key))
    elif isinstance(config, list):
        for place, value in enumerate(config):
            yield from _options(value, (*path, place))


def _name(path: Path) -> str:
    """An option as Consul's documentation names it: without the component, extraConfig and places in lists."""
    return ".".join(str(key) for key in path[2:] if not isinstance(key, int))


def _repeats(v: Values, word: str, setting: str) -> Clash | None:
    config = v["server"]["extraConfig"]
    if word not in (config if isinstance(config, str) else json.dumps(config)):
        return None
    here: Path = ("server", "extraConfig")
    place = next((path for path, _ in _options(_config(v, "server"), here) if path[-1] == word), here)
    return Clash(
        f"server.extraConfig sets {word}, which has a value of its own",
        (place, setting),
        f"remove it from server.extraConfig and set {setting}",
    )


def extra_config_repeats_debug(v: Values, s: Settings) -> Clash | None:
    """Two configuration files that set one option leave the outcome to their order."""
    return _repeats(v, "enable_debug", "server.enableAgentDebug") if s.server else None


def extra_config_repeats_hide_hostname(v: Values, s: Settings) -> Clash | None:
    """Two configuration files that set one option leave the outcome to their order."""
    return _repeats(v, "disable_hostname", "global.metrics.disableAgentHostName") if s.server else None


def extra_config_repeats_host_metrics(v: Values, s: Settings) -> Clash | None:
    """Two configuration files that set one option leave the outcome to their order."""
    return _repeats(v, "enable_host_metrics", "global.metrics.enableHostMetrics") if s.server else None


def extra_config_repeats_prefix_filter(v: Values, s: Settings) -> Clash | None:
    """Two configuration files that set one option leave the outcome to their order."""
    return _repeats(v, "prefix_filter", "global.metrics.prefixFilter") if s.server else None


def _statsd(v: Values, s: Settings) -> bool:
    return bool(s.server and s.agent_metrics and v["global"]["metrics"]["datadog"]["dogstatsd"]["enabled"])


def extra_config_repeats_statsd_tags(v: Values, s: Settings) -> Clash | None:
    """With DogStatsD on, the chart writes its tags itself."""
    setting = "global.metrics.datadog.dogstatsd.dogstatsdTags"
    return _repeats(v, "dogstatsd_tags", setting) if _statsd(v, s) else None


def extra_config_repeats_statsd_address(v: Values, s: Settings) -> Clash | None:
    """With DogStatsD on, the chart writes its address itself."""
    setting = "global.metrics.datadog.dogstatsd.dogstatsdAddr"
    return _repeats(v, "dogstatsd_addr", setting) if _statsd(v, s) else None


def extra_config_not_json(v: Values, s: Settings) -> Iterator[Clash]:
    """The text becomes a .json file that is loaded at start; one that does not parse keeps the program from starting."""
    # what stands below Vault is for the servers
    others = {"global.secretsBackend.vault.connectCA.additionalConfig": s.server and s.vault}
    for path in schema.texts_of("json"):
        config = at(v, path)
        on = others[path] if path in others else s.on(path.partition(".")[0])
        used = templated.used_config(v, config) if on and isinstance(config, str) else None
        if used is None or not used.text:
            continue
        try:
            parsed = json.loads(used.text)
        except RecursionError:
            yield Clash(
                f"{path} is not JSON that anything reads: it nests too deep", (tuple(path.split(".")),)
            )
            continue
        except json.JSONDecodeError as error:
            yield Clash(
                f"{path} is not JSON: {_reason(error)}",
                (tuple(path.split(".")),),
                _how(used.text),
                inside=used.origin(error.pos),
            )
            continue
        if not isinstance(parsed, dict):
            yield Clash(f"{path} is no JSON object", (path,), expected="{...}")


def _how(config: str) -> str:
    if re.match(r"\s*[A-Za-z_]+\s*(=|\{|\"[^\"]*\"\s*\{)", config):
        return "this is HCL, and the file is read as JSON: write JSON text, or a YAML map"
    return "write it as JSON text, or as a YAML map"


def _reason(error: json.JSONDecodeError) -> str:
    """What is wrong at the place that is shown, without the place."""
    before = error.doc[: error.pos].rstrip()
    if before.endswith(",") and error.doc[error.pos : error.pos + 1] in "}]":
        return "a comma with nothing behind it"
    return error.msg[:1].lower() + error.msg[1:].removesuffix(":")


# options that hold a secret, by the end of their name
_SECRETS = (
    "acl.tokens.initial_management", "acl.tokens.master", "acl.tokens.replication", "acl.tokens.agent",
    "acl.tokens.agent_master", "acl.tokens.agent_recovery", "acl.tokens.default", "acl.tokens.dns",
    "acl.tokens.config_file_service_registration", "acl.tokens.managed_service_provider.secret_id",
    "acl_agent_master_token", "acl_agent_token", "acl_master_token", "acl_replication_token", "acl_token",
    "auto_config.intro_token", "cloud.client_secret", "connect.ca_config.private_key", "connect.ca_config.token",
    "encrypt", "service.token", "services.token", "telemetry.circonus_api_token",
)  # fmt: skip


def token_in_extra_config(v: Values, s: Settings) -> Iterator[Clash]:
    """What stands in extraConfig ends up in a ConfigMap, which many may read; tokens belong into Secrets."""
    for component, config in _configs(v, s):
        for path, value in _options(config, (component, "extraConfig")):
            secret = isinstance(value, str) and len(value) >= 8 and not value.startswith(("$", "{{"))
            if secret and _name(path) in _SECRETS:
                yield Clash(
                    f"{component}.extraConfig holds a secret ({_name(path)}) in plain text",
                    (path,),
                    "put it into a Secret: global.acls.bootstrapToken, global.acls.replicationToken and "
                    "global.gossipEncryption refer to one, and extraVolumes loads one as configuration",
                )


@cache
def _renamed() -> dict[str, str]:
    from chartgen import bundle

    renamed: dict[str, str] = json.loads(bundle.read("schema/renamed_options.json"))
    return renamed


def renamed_agent_option(v: Values, s: Settings) -> Iterator[Clash]:
    """The agent still takes the old name, with a warning in its log; a later release will not."""
    for component, config in _configs(v, s):
        for path, _ in _options(config, (component, "extraConfig")):
            new = _renamed().get(_name(path))
            if new:
                yield Clash(f"the agent's option {_name(path)} has a new name", (path,), f"write {new}")


# where the chart's Services, probes and other agents look for an agent
_PORTS = {"http": 8500, "https": 8501, "grpc": 8502, "grpc_tls": 8502, "dns": 8600, "server": 8300,
          "serf_lan": 8301, "serf_wan": 8302}  # fmt: skip


def extra_config_moves_port(v: Values, s: Settings) -> Iterator[Clash]:
    """Services, probes and other agents look for the agent at the ports that the chart gave it."""
    for component, config in _configs(v, s):
        for path, value in _options(config, (component, "extraConfig")):
            word = _name(path).removeprefix("ports.")
            usual = _PORTS.get(word) if _name(path).startswith("ports.") else None
            if component == "server" and word == "serf_lan":
                usual = whole_number(v["server"]["ports"]["serflan"]["port"])
            if usual and isinstance(value, int) and value > 0 and value not in (usual, 8503):
                hint = "set server.ports.serflan.port" if word == "serf_lan" else "remove it"
                yield Clash(
                    f"the agents' {word} port moves to {value}, and the Services and probes stay at {usual}",
                    (path,),
                    hint,
                )


def extra_config_undoes_chart(v: Values, s: Settings) -> Iterator[Clash]:
    """The file is loaded last, so it overrides what follows from the chart's own values."""
    world, server = v["global"], v["server"]
    expect = whole_number(server["bootstrapExpect"] or server["replicas"])
    for path, value in _options(_config(v, "server") if s.server else None, ("server", "extraConfig")):
        for name, wanted, setting in (
            ("server", True, "server.enabled"),
            ("acl.enabled", True if s.acls else None, "global.acls.manageSystemACLs"),
            ("connect.enabled", True if server["connect"] else None, "server.connect"),
            ("datacenter", world["datacenter"], "global.datacenter"),
            ("domain", world["domain"], "global.domain"),
            ("data_dir", "/consul/data", ""),
            ("bootstrap_expect", expect, "server.bootstrapExpect"),
        ):
            template = isinstance(value, str) and "{{" in value
            if _name(path) == name and wanted is not None and value not in (wanted, None) and not template:
                yield Clash(
                    f"server.extraConfig sets {name} to {json.dumps(value)}, and the rest of the chart goes by "
                    f"{json.dumps(wanted)}",
                    (path, setting) if setting else (path,),
                    f"set {setting} instead" if setting else "remove it",
                )


def acl_deny_without_tokens(v: Values, s: Settings) -> Clash | None:
    """With ACLs from extraConfig alone no job makes tokens: what logs in to the servers is turned away.

    It works where the anonymous token may do what they need, or where each is handed a token of its own.
    """
    config = _config(v, "server") if s.server and not s.acls else None
    told = {_name(path): path for path, _ in _options(config, ("server", "extraConfig"))}
    values = {name: _under(config, path[2:]) for name, path in told.items()}
    policy = next(
        (name for name in ("acl.default_policy", "acl_default_policy") if values.get(name) == "deny"), ""
    )
    on = values.get("acl.enabled") is True or (
        values.get("acl.enabled") is None and "acl_datacenter" in values
    )
    asking = [
        name
        for name, asks in (
            ("connectInject", s.connect_inject and not v["connectInject"]["aclInjectToken"]["secretName"]),
            ("syncCatalog", s.sync_catalog and not v["syncCatalog"]["aclSyncToken"]["secretName"]),
            ("meshGateway", s.mesh_gateway),
            ("ingressGateways", s.ingress_gateways),
            ("terminatingGateways", s.terminating_gateways),
        )
        if asks
    ]
    if policy and on and asking:
        return Clash(
            f"servers deny what comes without a token, and nothing makes one for {', '.join(asking)}",
            (told[policy], "global.acls.manageSystemACLs"),
            "set global.acls.manageSystemACLs: true and take acl out of server.extraConfig",
        )
    return None


def _under(config: Any, path: Path) -> Any:
    for key in path:
        config = config[key]
    return config


def extra_config_same_node_name(v: Values, s: Settings) -> Clash | None:
    """Consul takes two agents of one name for one, and refuses the second."""
    config = _config(v, "server") if s.server and whole_number(v["server"]["replicas"]) > 1 else None
    name = config.get("node_name") if isinstance(config, dict) else None
    # the entry point puts these into the file, so that each pod has its own
    if (
        isinstance(name, str)
        and name
        and not any(word in name for word in ("HOSTNAME", "POD_IP", "HOST_IP", "{{"))
    ):
        return Clash(
            f"all servers would be called {name}",
            (("server", "extraConfig", "node_name"), "server.replicas"),
            "remove it: each server is called like its pod; HOSTNAME in it becomes the pod's name",
        )
    return None


# options that the command line of the agents sets, which wins over files
_FLAGS = {
    "server": {"advertise_addr": ""},
    "client": {
        "advertise_addr": "", "bind_addr": "", "client_addr": "", "data_dir": "", "node_name": "",
        "datacenter": "global.datacenter", "domain": "global.domain",
    },
}  # fmt: skip


def extra_config_option_without_effect(v: Values, s: Settings) -> Iterator[Clash]:
    """The agent's command line sets the option too, and wins over files."""
    for component, config in _configs(v, s):
        for option, setting in _FLAGS[component].items():
            if config.get(option) is not None:
                yield Clash(
                    f"{option} has no effect: the command line of the agents sets it",
                    ((component, "extraConfig", option),),
                    f"set {setting} instead" if setting else "remove it",
                )


RULES: tuple[tuple[Weight, Rule], ...] = (
    ("refused", extra_config_repeats_debug),
    ("refused", extra_config_repeats_hide_hostname),
    ("refused", extra_config_repeats_host_metrics),
    ("refused", extra_config_repeats_prefix_filter),
    ("refused", extra_config_repeats_statsd_tags),
    ("refused", extra_config_repeats_statsd_address),
    ("harmful", extra_config_not_json),
    ("unwise", token_in_extra_config),
    ("unwise", renamed_agent_option),
    ("unwise", extra_config_moves_port),
    ("unwise", extra_config_undoes_chart),
    ("unwise", acl_deny_without_tokens),
    ("harmful", extra_config_same_node_name),
    ("unwise", extra_config_option_without_effect),
)
