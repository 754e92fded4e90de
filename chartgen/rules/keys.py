"""Rules about keys that are refused whatever the mode, and about templated text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chartgen import late
from chartgen.rules.clash import Clash, Rule, Values, Weight, at
from chartgen.settings import Settings


def _gone(v: Values, path: str, hint: str) -> Clash | None:
    return Clash(f"{path} is gone", (path,), hint) if at(v, path) else None


def removed_lowercase_image_key(v: Values, s: Settings) -> Clash | None:
    """The last letter is a capital; spelt otherwise the image would stay the default one."""
    return _gone(v, "global.imageK8s", "write global.imageK8S")


def removed_api_gateway_stanza(v: Values, s: Settings) -> Clash | None:
    """The gateway controller of its own is gone; the injector runs API gateways."""
    return _gone(v, "apiGateway", "its settings are below connectInject.apiGateway")


def removed_server_license_key(v: Values, s: Settings) -> Clash | None:
    """All agents need the licence, so it is a global value."""
    return _gone(v, "server.enterpriseLicense", "write global.enterpriseLicense")


def removed_bootstrap_acls_key(v: Values, s: Settings) -> Clash | None:
    """Left in place, the old switch would leave the cluster open."""
    if s.server or s.external_servers:
        return _gone(v, "global.bootstrapACLs", "write global.acls.manageSystemACLs: true")
    return None


def removed_fsgroup_switch(v: Values, s: Settings) -> Clash | None:
    """Whether the group is set follows from global.openshift.enabled."""
    if s.server:
        return _gone(
            v, "server.disableFsGroupSecurityContext", "set global.openshift.enabled: true on OpenShift"
        )
    return None


def removed_lifecycle_sidecar(v: Values, s: Settings) -> Clash | None:
    """The lifecycle sidecar is gone; Consul Dataplane does its work."""
    if s.ingress_gateways:
        return _gone(v, "global.lifecycleSidecarContainer", "remove it")
    return None


# settings in which Helm expands templates, by what has to be on for them to be read
_TEMPLATED = {
    "server": """
    server.affinity server.tolerations server.nodeSelector server.topologySpreadConstraints server.annotations
    server.extraConfig server.service.annotations server.exposeService.annotations server.serviceAccount.annotations
    """,
    "client": """
    client.affinity client.tolerations client.nodeSelector client.annotations client.extraConfig client.updateStrategy
    client.serviceAccount.annotations
    """,
    "connect_inject": """
    connectInject.affinity connectInject.tolerations connectInject.nodeSelector connectInject.annotations
    connectInject.serviceAccount.annotations connectInject.namespaceSelector webhookCertManager.nodeSelector
    webhookCertManager.tolerations
    """,
    "sync_catalog": """
    syncCatalog.affinity syncCatalog.tolerations syncCatalog.nodeSelector syncCatalog.annotations
    syncCatalog.serviceAccount.annotations
    """,
    "mesh_gateway": """
    meshGateway.affinity meshGateway.tolerations meshGateway.nodeSelector meshGateway.topologySpreadConstraints
    meshGateway.annotations meshGateway.service.annotations meshGateway.service.additionalSpec
    meshGateway.serviceAccount.annotations
    """,
    "ingress_gateways": """
    ingressGateways.defaults.affinity ingressGateways.defaults.tolerations ingressGateways.defaults.nodeSelector
    ingressGateways.defaults.topologySpreadConstraints ingressGateways.defaults.annotations
    ingressGateways.defaults.service.annotations ingressGateways.defaults.service.additionalSpec
    ingressGateways.defaults.serviceAccount.annotations
    """,
    "terminating_gateways": """
    terminatingGateways.defaults.affinity terminatingGateways.defaults.tolerations
    terminatingGateways.defaults.nodeSelector terminatingGateways.defaults.topologySpreadConstraints
    terminatingGateways.defaults.annotations terminatingGateways.defaults.serviceAccount.annotations
    """,
    "telemetry_collector": """
    telemetryCollector.nodeSelector telemetryCollector.customExporterConfig telemetryCollector.service.annotations
    telemetryCollector.serviceAccount.annotations
    """,
    "acl_init": "global.acls.annotations global.acls.nodeSelector global.acls.tolerations",
    "tls_init": "global.tls.annotations",
    "vault": "global.secretsBackend.vault.agentAnnotations",
    "ui": "ui.service.annotations ui.service.additionalSpec ui.ingress.annotations",
    "dns": "dns.annotations dns.additionalSpec",
}
# what Helm's templates can call: the language's own words, Sprig's and Helm's functions
_WORDS = """
    if else end range with define block template break continue nil true false
    abbrev abbrevboth add add1 add1f addf adler32sum ago all and any append atoi b32dec b32enc b64dec
    b64enc base bcrypt biggest buildCustomCert call camelcase cat ceil chunk clean coalesce compact
    concat contains date dateInZone dateModify date_in_zone date_modify decryptAES deepCopy deepEqual
    default derivePassword dict dig dir div divf duration durationRound empty encryptAES eq ext fail
    first float64 floor fromJson fromJsonArray fromToml fromYaml fromYamlArray ge genCA genCAWithKey
    genPrivateKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey get
    getHostByName gt has hasKey hasPrefix hasSuffix html htmlDate htmlDateInZone htpasswd include indent
    index initial initials int int64 isAbs join js kebabcase keys kindIs kindOf last le len list lookup
    lower lt max maxf merge mergeOverwrite min minf mod mul mulf mustAppend mustChunk mustCompact
    mustDateModify mustDeepCopy mustFirst mustFromJson mustHas mustInitial mustLast mustMerge
    mustMergeOverwrite mustPrepend mustPush mustRegexFind mustRegexFindAll mustRegexMatch
    mustRegexReplaceAll mustRegexReplaceAllLiteral mustRegexSplit mustRest mustReverse mustSlice
    mustToDate mustToJson mustToPrettyJson mustToRawJson mustToToml mustToYaml mustUniq mustWithout
    must_date_modify ne nindent nospace not now omit or osBase osClean osDir osExt osIsAbs pick pluck
    plural prepend print printf println push quote randAlpha randAlphaNum randAscii randBytes randInt
    randNumeric regexFind regexFindAll regexMatch regexQuoteMeta regexReplaceAll regexReplaceAllLiteral
    regexSplit repeat replace required rest reverse round semver semverCompare seq set sha1sum sha256sum
    sha512sum shuffle slice snakecase sortAlpha split splitList splitn squote sub subf substr swapcase
    ternary title toDate toDecimal toJson toPrettyJson toRawJson toString toStrings toToml toYaml
    toYamlPretty tpl trim trimAll trimPrefix trimSuffix trimall trunc tuple typeIs typeIsLike typeOf
    uniq unixEpoch unset until untilStep untitle upper urlJoin urlParse urlquery uuidv4 values without
    wrap wrapWith
"""
_FUNCTIONS = frozenset(_WORDS.split())
_OPENS = re.compile(r"^-?\s*(if|range|with|define|block)\b")
_ENDS = re.compile(r"^-?\s*end\b")
_TEXTS = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|/\*.*?\*/', re.DOTALL)
_CALLS = re.compile(r"(?<![\w.$])[A-Za-z_]\w*")


def value_template_malformed(v: Values, s: Settings) -> Iterator[Clash]:
    """Helm expands these texts; an action left open, or a function that it has not, stops every installation."""
    for switch, names in _TEMPLATED.items():
        if not getattr(s, switch):
            continue
        for path in names.split():
            text = at(v, path)
            problem = _malformed(text) if isinstance(text, str) and "{{" in text else ""
            if problem:
                yield Clash(
                    f"the template in {path} is not well-formed: {problem}",
                    (path,),
                    "close each {{ with }}, and each if, range and with by an end; functions are Helm's and Sprig's",
                )


def _malformed(text: str) -> str:
    if "{{" in late.replaced_actions(text, lambda _: ""):
        return "an action is not closed"
    depth = 0
    for action in late.actions(text):
        if not action.strip(" -\n\t"):
            return "an action is empty"
        if action.count('"') % 2 and "`" not in action:
            return "a quotation is not closed"
        depth += bool(_OPENS.match(action)) - bool(_ENDS.match(action))
        if depth < 0:
            return "an end closes nothing"
        unknown = [name for name in _CALLS.findall(_TEXTS.sub('""', action)) if name not in _FUNCTIONS]
        if unknown:
            return f"Helm has no function {unknown[0]}"
    return "a block has no end" if depth else ""


RULES: tuple[tuple[Weight, Rule], ...] = (
    ("refused", removed_lowercase_image_key),
    ("refused", removed_api_gateway_stanza),
    ("refused", removed_server_license_key),
    ("refused", removed_bootstrap_acls_key),
    ("refused", removed_fsgroup_switch),
    ("refused", removed_lifecycle_sidecar),
    ("refused", value_template_malformed),
)
