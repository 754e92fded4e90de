"""What Helm says after an install, as a template: what is there, how to reach it, what comes next."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from chartgen.late import LateBound

_IN = "--namespace {{ .Release.Namespace }}"
_NAME = '{{ include "consul.fullname" . }}'


def template(values: Mapping[str, Any], files: Collection[str], late: LateBound, app_version: str) -> str:
    """The text of NOTES.txt for effective values and the chart's files (names below `templates/`)."""
    parts = [
        [
            f"Consul {app_version} is being installed as release {{{{ .Release.Name }}}} in namespace "
            "{{ .Release.Namespace }}.",
            "",
            f"  kubectl get pods {_IN} --selector release={{{{ .Release.Name }}}}",
        ]
    ]
    if "server-statefulset.yaml" in files:
        datacenter = late.template(str(_at(values, "global.datacenter")))
        parts.append(
            [
                f"The servers of datacenter {datacenter} are ready when this returns:",
                "",
                f"  kubectl rollout status statefulset/{_NAME}-server {_IN}",
            ]
        )
    if "ui-service.yaml" in files:
        parts.append(_ui(values, files, late))
    if "server-acl-init-job.yaml" in files:
        parts.append(_token(values, late))
    if "tls-init-job.yaml" in files and not _at(values, "global.tls.caCert.secretName"):
        parts.append(
            [
                "Whoever talks to the servers over TLS has to trust this CA:",
                "",
                f"  kubectl get secret {_NAME}-ca-cert {_IN} --output jsonpath='{{.data.tls\\.crt}}' | base64 --decode",
            ]
        )
    if "connect-inject-deployment.yaml" in files:
        parts.append(
            [
                'Pods are in the mesh unless annotated consul.hashicorp.com/connect-inject: "false".'
                if _at(values, "connectInject.default")
                else 'Pods annotated consul.hashicorp.com/connect-inject: "true" are in the mesh.'
            ]
        )
    parts.append(
        [
            "The values are frozen in the chart. To change one, compile again, with a new version, and:",
            "",
            f"  helm upgrade {{{{ .Release.Name }}}} CHART.tgz {_IN}",
        ]
    )
    if "server-statefulset.yaml" in files:
        parts.append(
            [
                "`helm uninstall` leaves the servers' data. To remove it too:",
                "",
                f"  kubectl delete persistentvolumeclaims {_IN} --selector release={{{{ .Release.Name }}}},component=server",
            ]
        )
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def _ui(values: Mapping[str, Any], files: Collection[str], late: LateBound) -> list[str]:
    scheme = "https" if _at(values, "global.tls.enabled") else "http"
    port = _at(values, f"ui.service.port.{scheme}")
    kind = _at(values, "ui.service.type")
    shown = "" if port == {"http": 80, "https": 443}[scheme] else f":{port}"
    if kind == "LoadBalancer":
        lines = [
            f"The UI is at {scheme}://ADDRESS{shown}/ui/, where ADDRESS is the service's external one:",
            "",
            f"  kubectl get service {_NAME}-ui {_IN}",
        ]
    elif kind == "NodePort":
        lines = [
            f"The UI is at {scheme}://NODE:PORT/ui/ on any node, where PORT is the service's node port for {scheme}:",
            "",
            f"  kubectl get service {_NAME}-ui {_IN}",
        ]
    else:
        local = {"http": 8500, "https": 8501}[scheme]
        lines = [
            f"The UI is at {scheme}://localhost:{local}/ui/ while this runs:",
            "",
            f"  kubectl port-forward service/{_NAME}-ui {local}:{port} {_IN}",
        ]
    hosts = [one.get("host") for one in _at(values, "ui.ingress.hosts") or [] if isinstance(one, Mapping)]
    if "ui-ingress.yaml" in files and any(hosts):
        lines += [
            "",
            "By its ingress it is also at "
            + ", ".join(late.template(str(one)) for one in hosts if one)
            + ".",
        ]
    return lines


def _token(values: Mapping[str, Any], late: LateBound) -> list[str]:
    given = _at(values, "global.acls.bootstrapToken") or {}
    if given.get("secretName") and _at(values, "global.secretsBackend.vault.enabled"):
        return [f"The ACL bootstrap token is in Vault at {late.template(str(given['secretName']))}."]
    name = (
        late.template(str(given["secretName"])) if given.get("secretName") else f"{_NAME}-bootstrap-acl-token"
    )
    key = late.template(str(given.get("secretKey") or "token")) if given.get("secretName") else "token"
    return [
        "The ACL bootstrap token, which may do everything:",
        "",
        f"  kubectl get secret {name} {_IN} --output jsonpath='{{.data.{key}}}' | base64 --decode",
    ]


def _at(values: Any, path: str) -> Any:
    for key in path.split("."):
        values = values.get(key) if isinstance(values, Mapping) else None
    return values
