"""The documents of a chart hold together, and what breaks that is found: each test breaks one thing in a sound chart."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

import chartgen
from chartgen.render.document import Document
from chartgen.verify import references

VALUES = {
    "global": {
        "name": "mesh",
        "tls": {"enabled": True, "httpsOnly": False},
        "acls": {"manageSystemACLs": True},
        "gossipEncryption": {"autoGenerate": True},
        "enablePodSecurityPolicies": True,
    },
    "server": {"replicas": 3, "extraVolumes": [{"type": "secret", "name": "own-certs"}]},
    "client": {"enabled": True},
    "connectInject": {"enabled": True},
    "ui": {"ingress": {"enabled": True, "hosts": [{"host": "consul.example.com", "paths": ["/"]}]}},
    "prometheus": {"enabled": True},
}
MADE = {
    f"mesh-{name}"
    for name in ("ca-cert", "ca-key", "server-cert", "gossip-encryption-key", "connect-inject-webhook-cert")
}


@pytest.fixture(scope="module")
def chart() -> chartgen.Chart:
    return chartgen.compile(VALUES)


@pytest.fixture
def documents(chart: chartgen.Chart) -> list[Document]:
    return [one._replace(head=copy.deepcopy(one.head)) for one in chart.documents]


def found(documents: list[Document], chart: chartgen.Chart) -> set[tuple[str, str, str]]:
    findings = references.check(documents, VALUES, MADE)
    return {(one.code, one.message, one.found) for one in findings}


def get(documents: list[Document], kind: str, name: str) -> Any:
    return next(one.data for one in documents if one.kind == kind and one.name == name)


def pod(documents: list[Document], kind: str, name: str) -> Any:
    return get(documents, kind, name)["spec"]["template"]["spec"]


def without(kind: str, name: str) -> Callable[[list[Document]], None]:
    def change(documents: list[Document]) -> None:
        there = [one for one in documents if (one.kind, one.name) == (kind, name)]
        assert there
        documents.remove(there[0])

    return change


def rename_port(documents: list[Document]) -> None:
    container = pod(documents, "Deployment", "mesh-connect-injector")["containers"][0]
    container["ports"][0]["name"] = "other"
    container["readinessProbe"]["httpGet"]["port"] = "webhook-server"
    get(documents, "Service", "mesh-connect-injector")["spec"]["ports"][0]["targetPort"] = "webhook-server"


def use_before_definition(documents: list[Document]) -> None:
    environment = pod(documents, "Deployment", "mesh-connect-injector")["containers"][0]["env"]
    environment.insert(0, {"name": "WHERE", "value": "$(NAMESPACE)/$(POD_NAME)"})


def change(kind: str, name: str, *path: Any, to: Any) -> Callable[[list[Document]], None]:
    def apply(documents: list[Document]) -> None:
        node = get(documents, kind, name)
        for key in path[:-1]:
            node = node[key]
        assert path[-1] in node or isinstance(node, list)
        node[path[-1]] = to

    return apply


POD = ("spec", "template", "spec")
BREAKS: dict[str, tuple[Callable[[list[Document]], None], set[tuple[str, str]]]] = {
    "no service account": (
        without("ServiceAccount", "mesh-client"),
        {("DaemonSet mesh-client needs a ServiceAccount", "mesh-client"),
         ("RoleBinding mesh-client needs a ServiceAccount", "mesh-client")},
    ),
    "no role": (without("Role", "mesh-client"), {("RoleBinding mesh-client needs a Role", "mesh-client")}),
    "no cluster role": (
        without("ClusterRole", "mesh-connect-injector"),
        {("ClusterRoleBinding mesh-connect-injector needs a ClusterRole", "mesh-connect-injector")},
    ),
    "an account in a cluster role's binding": (
        change("ClusterRoleBinding", "mesh-connect-injector", "subjects", 0, "name", to="nobody"),
        {("ClusterRoleBinding mesh-connect-injector needs a ServiceAccount", "nobody")},
    ),
    "no config map": (
        without("ConfigMap", "mesh-server-config"),
        {("StatefulSet mesh-server needs a ConfigMap", "mesh-server-config")},
    ),
    "a secret that nobody makes": (
        change("StatefulSet", "mesh-server", *POD, "volumes", 4, "secret", "secretName", to="mesh-other-ca-cert"),
        {("StatefulSet mesh-server needs a Secret", "mesh-other-ca-cert")},
    ),
    "a secret in the environment": (
        change("DaemonSet", "mesh-client", *POD, "containers", 0, "env", 0,
               to={"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "mesh-key", "key": "key"}}}),
        {("DaemonSet mesh-client needs a Secret", "mesh-key")},
    ),
    "no headless service": (
        without("Service", "mesh-server"),
        {("StatefulSet mesh-server needs a Service", "mesh-server")},
    ),
    "a policy": (
        without("PodSecurityPolicy", "mesh-client"),
        {("Role mesh-client needs a PodSecurityPolicy", "mesh-client")},
    ),
    "a port whose name stands in the defaults": (
        change("Deployment", "mesh-connect-injector", *POD, "containers", 0, "readinessProbe", "httpGet", "port", to="http"),
        {("Deployment mesh-connect-injector needs a port of its container", "http")},
    ),
    "an account whose name stands in the defaults": (
        change("Deployment", "mesh-connect-injector", *POD, "serviceAccountName", to="default"),
        {("Deployment mesh-connect-injector needs a ServiceAccount", "default")},
    ),
    "a name that the user gives to something else": (
        change("DaemonSet", "mesh-client", *POD, "serviceAccountName", to="own-certs"),
        {("DaemonSet mesh-client needs a ServiceAccount", "own-certs")},
    ),
    "an account's token": (
        without("ServiceAccount", "mesh-auth-method"),
        {("Secret mesh-auth-method needs a ServiceAccount", "mesh-auth-method"),
         ("ClusterRoleBinding mesh-auth-method needs a ServiceAccount", "mesh-auth-method"),
         ("ClusterRoleBinding mesh-authdelegator needs a ServiceAccount", "mesh-auth-method")},
    ),
    "the name of a port": (
        rename_port,
        {("Deployment mesh-connect-injector needs a port of its container", "webhook-server"),
         ("Service mesh-connect-injector needs a port of its pods", "webhook-server")},
    ),
    "a backend": (
        change("Ingress", "mesh-ui", "spec", "rules", 0, "http", "paths", 0, "backend", "service", "name", to="gui"),
        {("Ingress mesh-ui needs a Service", "gui")},
    ),
    "a backend's port": (
        change("Service", "mesh-ui", "spec", "ports", 1, "port", to=8443),
        {("Ingress mesh-ui needs a port of a Service", "mesh-ui:443")},
    ),
    "the service of webhooks": (
        without("Service", "mesh-connect-injector"),
        {("MutatingWebhookConfiguration mesh-connect-injector needs a Service", "mesh-connect-injector"),
         ("ValidatingWebhookConfiguration mesh-connect-injector needs a Service", "mesh-connect-injector")},
    ),
    "the port of webhooks": (
        change("Service", "mesh-connect-injector", "spec", "ports", 0, "port", to=8443),
        {("MutatingWebhookConfiguration mesh-connect-injector needs a port of a Service", "mesh-connect-injector:443"),
         ("ValidatingWebhookConfiguration mesh-connect-injector needs a port of a Service",
          "mesh-connect-injector:443")},
    ),
    "a service's selector": (
        change("Service", "mesh-ui", "spec", "selector", "component", to="gui"),
        {("Service mesh-ui needs a pod of the chart", "component=gui")},
    ),
    "a budget's selector": (
        change("PodDisruptionBudget", "mesh-server", "spec", "selector", "matchLabels", "component", to="servers"),
        {("PodDisruptionBudget mesh-server needs a pod of the chart",
          "component=servers")},
    ),
    "a workload's selector": (
        change("DaemonSet", "mesh-client", "spec", "selector", "matchLabels", "component", to="agent"),
        {("DaemonSet mesh-client needs a pod of its own", "component=agent")},
    ),
    "a variable further down": (
        use_before_definition,
        {("Deployment mesh-connect-injector needs a variable for WHERE", "NAMESPACE"),
         ("Deployment mesh-connect-injector needs a variable for WHERE", "POD_NAME")},
    ),
    "a variable in an argument": (
        change("DaemonSet", "mesh-client", *POD, "containers", 0, "command", 2, to="echo $(NOWHERE)"),
        {("DaemonSet mesh-client needs a variable", "NOWHERE")},
    ),
}  # fmt: skip


def test_a_sound_chart_has_no_finding(documents: list[Document], chart: chartgen.Chart) -> None:
    assert found(documents, chart) == set()


@pytest.mark.parametrize("name", BREAKS)
def test_each_break_is_found(name: str, documents: list[Document], chart: chartgen.Chart) -> None:
    break_it, expected = BREAKS[name]
    break_it(documents)
    assert found(documents, chart) == {
        ("dangling-reference", f"the {what} that is not there", name) for what, name in expected
    }


def test_an_object_made_twice_is_found(documents: list[Document], chart: chartgen.Chart) -> None:
    again = next(one for one in documents if one.kind == "DaemonSet")
    documents.append(again._replace(template="other.yaml"))
    assert found(documents, chart) == {
        (
            "object-twice",
            "two templates make the DaemonSet mesh-client",
            "client-daemonset.yaml and other.yaml",
        )
    }


def test_the_programs_that_make_secrets_are_known(documents: list[Document], chart: chartgen.Chart) -> None:
    wanted = {one.found for one in references.check(documents, VALUES, ())}
    assert wanted == MADE


def test_names_in_the_values_are_outside(documents: list[Document], chart: chartgen.Chart) -> None:
    values = {**VALUES, "server": {"replicas": 3}}
    assert {one.found for one in references.check(documents, values, MADE)} == {"own-certs"}


def test_a_reference_from_values_that_leads_nowhere() -> None:
    values: dict[str, Any] = {
        "global": {"tls": {"enabled": True}},
        "server": {"enabled": False},
        "externalServers": {"enabled": True, "hosts": ["consul.example.com"]},
    }
    warnings = [
        one for one in chartgen.compile(values, strict=False).diagnostics if one.code == "dangling-reference"
    ]
    assert {(one.severity, one.found) for one in warnings} == {("warning", "RELEASE-ca-cert")}
    values["global"]["tls"]["caCert"] = {"secretName": "own-ca", "secretKey": "tls.crt"}
    assert [one for one in chartgen.compile(values).diagnostics if one.code == "dangling-reference"] == []
