"""Do the documents of a chart hold together: one object per identity, references that lead somewhere, selectors that
match. Run on every build; what it finds is a mistake in a template, or in objects that a user's values name."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from chartgen import lazy_regex, schema
from chartgen.diagnostics import Diagnostic, Path, Span
from chartgen.kubernetes.asked import Asked
from chartgen.late import TOKEN
from chartgen.records import NamedTuple
from chartgen.render import components
from chartgen.render.document import Document, of_each
from chartgen.values import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# the cluster's own CA, which Kubernetes puts into every namespace
_EVERYWHERE = "kube-root-ca.crt"
# the constraints that every OpenShift has (its documentation, "Managing security context constraints")
_OF_OPENSHIFT = frozenset(
    [
        "anyuid",
        "hostaccess",
        "hostmount-anyuid",
        "hostmount-anyuid-v2",
        "hostnetwork",
        "hostnetwork-v2",
        "nested-container",
        "node-exporter",
        "nonroot",
        "nonroot-v2",
        "privileged",
        "restricted",
        "restricted-v2",
        "restricted-v3",
    ]
)
_HAVE_PODS = frozenset(("Deployment", "StatefulSet", "DaemonSet", "Job", "Pod"))
_POLICIES = {
    "podsecuritypolicies": "PodSecurityPolicy",
    "securitycontextconstraints": "SecurityContextConstraints",
}
# $(NAME), which Kubernetes expands; $(command) in a script looks the same but for its case
_VARIABLE = lazy_regex.compile(r"\$\(([A-Z_][A-Z0-9_]*)\)")


class _Broken(NamedTuple):
    """Something that a document asks for and the chart does not have."""

    document: Document
    what: str
    name: str

    def diagnostic(self) -> Diagnostic:
        document = self.document
        return Diagnostic(
            "dangling-reference",
            _readable(f"the {document.kind} {document.name} needs a {self.what} that is not there"),
            weight="harmful",
            spans=_asked(document, self.name),
            found=_readable(self.name),
            hint=f"{document.template} asks for it"
            + ("; if the cluster has it already, name it in your values" if self.what == "Secret" else ""),
        )


def _asked(document: Document, name: str) -> tuple[Span, ...]:
    """The place of a patch by which an object asks for what has this name; nothing where none does."""
    for mark in reversed(document.marks):
        if mark.span is not None and str(name) in json.dumps(
            tree.at(document.data, mark.path), ensure_ascii=False
        ):
            return (mark.span,)
    return ()


class _Wanted(NamedTuple):
    """Something that a document wants: an object by its kind, or what its own pods should have and do not."""

    what: str
    name: Any
    is_object: bool = True


class _Pod(NamedTuple):
    """The pods of one document: their labels, what their containers call their ports, and what they want."""

    namespace: str
    labels: Mapping[str, Any]
    containers: tuple[Mapping[str, Any], ...]
    ports: frozenset[str]
    wants: tuple[_Wanted, ...]
    # … where no text of the user's names variables
    variables: tuple[_Wanted, ...]


class _Told(NamedTuple):
    """What a document tells of itself, whatever the rest of the chart is: what others may want of it, its identity without
    the version, what it wants, its pods (None for what has none) and the ports of a Service."""

    offers: _Wanted
    identity: tuple[str, str, str, str]
    wants: tuple[_Wanted, ...]
    pod: _Pod | None
    ports: frozenset[str | int]


class _Chart(NamedTuple):
    """What can be referred to: objects as they are wanted, pods, the port numbers and names of Services."""

    there: frozenset[tuple[Any, ...]]
    # by each label that they have
    pods: Mapping[tuple[str, Any], Sequence[_Pod]]
    services: Mapping[str, frozenset[str | int]]
    # where the user has set each text that is not the default, and those of the texts that name variables
    given: Mapping[str, Sequence[Path]]
    with_variables: Sequence[str]

    def missing(self, document: Document, wants: Sequence[_Wanted]) -> Iterator[_Broken]:
        """What of that which a document wants is not there."""
        for wanted in wants:
            if wanted not in self.there and not (wanted.is_object and self._is_outside(wanted, document)):
                # a null that was given for a name is none
                yield _Broken(document, wanted.what, str(wanted.name or ""))

    def _is_outside(self, wanted: _Wanted, document: Document) -> bool:
        """True for an object that clusters have, and for one that the user names in a value which the document read."""
        if wanted.name == _EVERYWHERE:
            return True
        if wanted.what == "SecurityContextConstraints" and wanted.name in _OF_OPENSHIFT:
            return True
        return self.is_given(wanted.name, document)

    def is_given(self, text: Any, document: Document) -> bool:
        """True for a text that the document may have from the user."""
        return any(
            path[:length] in document.reads
            for path in self.given.get(text, ())
            for length in range(1, len(path) + 1)
        )

    def chosen(self, selector: Mapping[str, Any], namespace: str) -> Sequence[_Pod]:
        """The pods of a namespace that have all labels of a selector; all of the namespace where it has none."""
        if not selector:
            return [pod for pods in self.pods.values() for pod in pods if pod.namespace == namespace]
        fewest = min((self.pods.get(label, ()) for label in selector.items()), key=len)
        return [
            pod
            for pod in fewest
            if pod.namespace == namespace
            and all(pod.labels.get(key) == value for key, value in selector.items())
        ]


def check(
    documents: Sequence[Document],
    user: Mapping[str, Any],
    made: Collection[str] = (),
) -> list[Diagnostic]:
    """Every identity used twice, reference that leads nowhere and selector that matches no pod of its own.

    `made` names the Secrets that jobs and controllers of the release write. An object that a value of the `user` names,
    and a document that read this value asks for, is outside the chart and taken to exist; so is what a component
    declares to leave dangling. Ports and volumes are a pod's own, whoever names them.
    """
    told = [*zip(documents, of_each(documents, "told", _told), strict=True)]
    pods = [(document, each.pod) for document, each in told if each.pod is not None]
    labelled: dict[tuple[str, Any], list[_Pod]] = {}
    for _, pod in pods:
        for label in pod.labels.items():
            labelled.setdefault(label, []).append(pod)
    given: dict[str, list[Path]] = {}
    _gather(user, schema.defaults(), (), given)
    there = frozenset([*(each.offers for _, each in told), *(_Wanted("Secret", name) for name in made)])
    chart = _Chart(
        there=there,
        pods=labelled,
        services={each.offers.name: each.ports for _, each in told if each.offers.what == "Service"},
        given=given,
        with_variables=[text for text in given if "$(" in text],
    )
    broken: list[_Broken] = []
    for document, each in told:
        # nearly always all of it is there
        if not there.issuperset(each.wants):
            broken += chart.missing(document, each.wants)
        if (look := _LOOKS.get(each.offers.what)) is not None:
            broken += look(document, chart)
    for document, pod in pods:
        if not there.issuperset(pod.wants):
            broken += chart.missing(document, pod.wants)
        named = _named_by_user(document, chart) if chart.with_variables else ()
        unknown = (
            [each for container in pod.containers for each in _variables(container, named)]
            if named
            else pod.variables
        )
        broken += chart.missing(document, unknown)
    twice = [*_twice(told)]
    if not broken:
        return twice
    kept = {expected for component in components.shipped() for expected in component.dangling}
    return [
        *twice,
        *(
            reference.diagnostic()
            for reference in broken
            if (reference.document.template, reference.what) not in kept
        ),
    ]


def _told(document: Document) -> _Told:
    version, kind, namespace, name = document.identity
    wants = _WANTS.get(kind)
    return _Told(
        offers=_Wanted(kind, name),
        identity=(version.rpartition("/")[0], kind, namespace, name),
        wants=tuple(wants(document)) if wants is not None else (),
        pod=_pod(document) if kind in _HAVE_PODS else None,
        ports=_service_ports(document) if kind == "Service" else frozenset(),
    )


def _service_ports(document: Document) -> frozenset[str | int]:
    return frozenset(
        part
        for port in document.data["spec"].get("ports") or []
        for part in (port.get("port"), port.get("name"))
    )


def _readable(text: str) -> str:
    return TOKEN.sub("RELEASE", text)


def _gather(node: Any, standard: Any, path: Path, given: dict[str, list[Path]]) -> None:
    """Adds the path of each text that is not the default."""
    if isinstance(node, str):
        if node != standard:
            given.setdefault(node, []).append(path)
    elif isinstance(node, Mapping):
        for key, item in node.items():
            below = standard.get(key) if isinstance(standard, Mapping) else None
            _gather(item, below, (*path, key), given)
    elif isinstance(node, list):
        for place, item in enumerate(node):
            _gather(item, None, (*path, place), given)


def _pod(document: Document) -> _Pod:
    template = document.data if document.kind == "Pod" else document.data["spec"]["template"]
    spec = template["spec"]
    containers = (*(spec.get("initContainers") or ()), *(spec.get("containers") or ()))
    asked = document.asked
    return _Pod(
        namespace=_namespace(document),
        labels=template.get("metadata", {}).get("labels") or {},
        containers=containers,
        ports=frozenset(
            port["name"]
            for container in containers
            for port in container.get("ports") or ()
            if "name" in port
        ),
        wants=_pod_wants(spec, containers, asked),
        variables=tuple(
            each
            for container in containers
            for each in asked.once("variables", container, _container_variables)
        ),
    )


def _namespace(document: Document) -> str:
    return str(document.data["metadata"].get("namespace") or "")


def _twice(told: Sequence[tuple[Document, _Told]]) -> Iterator[Diagnostic]:
    if len({each.identity for _, each in told}) == len(told):
        return
    seen: dict[tuple[str, str, str, str], Document] = {}
    for document, each in told:
        other = seen.setdefault(each.identity, document)
        if other is not document:
            yield Diagnostic(
                "object-twice",
                _readable(f"two templates make the {document.kind} {document.name}"),
                weight="harmful",
                found=f"{other.template} and {document.template}",
            )


def _service(document: Document, chart: _Chart) -> Iterator[_Broken]:
    spec = document.data["spec"]
    selector = spec.get("selector")
    # a selector without the release's label is the user's own
    if not isinstance(selector, dict) or "release" not in selector:
        return
    chosen = chart.chosen(selector, _namespace(document))
    if not chosen:
        yield _Broken(document, "pod of the chart", _labels(selector))
        return
    for port in spec.get("ports") or ():
        target = port.get("targetPort")
        if isinstance(target, str) and not any(target in pod.ports for pod in chosen):
            yield _Broken(document, "port of its pods", target)


def _labels(selector: Mapping[str, Any]) -> str:
    """The labels that tell pods of a release apart: those that only an install knows are the same on all of them."""
    told = {key: value for key, value in selector.items() if TOKEN.fullmatch(str(value)) is None}
    return ", ".join(f"{key}={value}" for key, value in (told or selector).items())


def _budget(document: Document, chart: _Chart) -> Iterator[_Broken]:
    selector = document.data["spec"]["selector"].get("matchLabels") or {}
    if not chart.chosen(selector, _namespace(document)):
        yield _Broken(document, "pod of the chart", _labels(selector))


def _ingress(document: Document, chart: _Chart) -> Iterator[_Broken]:
    backends = [
        path["backend"]["service"]
        for rule in document.data["spec"].get("rules") or ()
        for path in rule.get("http", {}).get("paths") or ()
    ]
    for backend in backends:
        ports = chart.services.get(backend["name"])
        port = backend["port"].get("number") or backend["port"].get("name")
        if ports is None:
            yield _Broken(document, "Service", backend["name"])
        elif port not in ports:
            yield _Broken(document, "port of a Service", f"{backend['name']}:{port}")


def _webhooks(document: Document, chart: _Chart) -> Iterator[_Broken]:
    for webhook in document.data.get("webhooks") or ():
        service = webhook["clientConfig"].get("service")
        if service is None:
            continue
        ports, port = chart.services.get(service["name"]), service.get("port", 443)
        if ports is None:
            yield _Broken(document, "Service", service["name"])
        elif port not in ports:
            yield _Broken(document, "port of a Service", f"{service['name']}:{port}")


def _binding(document: Document) -> Iterator[_Wanted]:
    role = document.data["roleRef"]
    # cluster roles of Kubernetes itself have a prefix; the auth method's reviewer is one of them
    if not role["name"].startswith("system:"):
        yield _Wanted(role["kind"], role["name"])
    for subject in document.data.get("subjects") or ():
        # an account in a namespace that is not the release's belongs to somebody else
        here = not subject.get("namespace") or TOKEN.fullmatch(subject["namespace"])
        if subject["kind"] == "ServiceAccount" and here:
            yield _Wanted("ServiceAccount", subject["name"])


def _role(document: Document) -> Iterator[_Wanted]:
    for rule in document.data.get("rules") or ():
        for resource in rule.get("resources") or ():
            kind = _POLICIES.get(resource)
            for name in rule.get("resourceNames") or () if kind else ():
                yield _Wanted(str(kind), name)


def _secret(document: Document) -> Iterator[_Wanted]:
    account = (document.data["metadata"].get("annotations") or {}).get("kubernetes.io/service-account.name")
    if account:
        yield _Wanted("ServiceAccount", account)


def _workload(document: Document) -> Iterator[_Wanted]:
    spec = document.data["spec"]
    labels = spec["template"].get("metadata", {}).get("labels") or {}
    wanted = (spec.get("selector") or {}).get("matchLabels") or {}
    missing = {key: value for key, value in wanted.items() if labels.get(key) != value}
    if missing:
        yield _Wanted("pod of its own", _labels(missing), is_object=False)


def _governing(document: Document, chart: _Chart) -> Iterator[_Broken]:
    name = document.data["spec"]["serviceName"]
    if name not in chart.services:
        yield _Broken(document, "Service", name)


_LOOKS = {
    "Service": _service,
    "PodDisruptionBudget": _budget,
    "Ingress": _ingress,
    "MutatingWebhookConfiguration": _webhooks,
    "ValidatingWebhookConfiguration": _webhooks,
    "StatefulSet": _governing,
}
# what does not depend on the rest of the chart
_WANTS: Mapping[str, Callable[[Document], Iterator[_Wanted]]] = {
    "RoleBinding": _binding,
    "ClusterRoleBinding": _binding,
    "Role": _role,
    "ClusterRole": _role,
    "Secret": _secret,
    "Deployment": _workload,
    "StatefulSet": _workload,
    "DaemonSet": _workload,
    "Job": _workload,
}


def _pod_wants(
    spec: Mapping[str, Any], containers: Sequence[Mapping[str, Any]], asked: Asked
) -> tuple[_Wanted, ...]:
    account = spec.get("serviceAccountName")
    return (
        *((_Wanted("ServiceAccount", account),) if account else ()),
        *asked.once("held by volumes", spec.get("volumes"), _held),
        *(
            each
            for container in containers
            for each in asked.once("container wants", container, _container_wants)
        ),
    )


def _container_wants(container: Mapping[str, Any]) -> tuple[_Wanted, ...]:
    own = {port.get("name") for port in container.get("ports") or ()}
    missing = [port for port in _asked_ports(container) if port not in own]
    return (
        *_from_environment(container),
        *(_Wanted("port of its container", port, is_object=False) for port in missing),
    )


def _held(volumes: Any) -> tuple[_Wanted, ...]:
    return tuple(_objects_of(volumes or ()))


def _objects_of(volumes: Iterable[Mapping[str, Any]]) -> Iterator[_Wanted]:
    """Each object that a volume holds and the pod cannot start without."""
    for volume in volumes:
        projected = volume.get("projected") or {}
        for source in (volume, *(projected.get("sources") or ())):
            config, secret = source.get("configMap"), source.get("secret")
            claim = source.get("persistentVolumeClaim")
            if config and not config.get("optional"):
                yield _Wanted("ConfigMap", config.get("name"))
            if secret and not secret.get("optional"):
                yield _Wanted("Secret", secret.get("secretName") or secret.get("name"))
            if claim:
                yield _Wanted("PersistentVolumeClaim", claim.get("claimName"))


def _from_environment(container: Mapping[str, Any]) -> Iterator[_Wanted]:
    for variable in container.get("env") or ():
        source = variable.get("valueFrom")
        if not source:
            continue
        for key, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
            if key in source and not source[key].get("optional"):
                yield _Wanted(kind, source[key].get("name"))
    for source in container.get("envFrom") or ():
        for key, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
            if key in source and not source[key].get("optional"):
                yield _Wanted(kind, source[key].get("name"))


def _asked_ports(container: Mapping[str, Any]) -> Iterator[str]:
    """The names of ports that probes of a container ask at."""
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        for way in ("httpGet", "tcpSocket", "grpc"):
            port = ((container.get(probe) or {}).get(way) or {}).get("port")
            if isinstance(port, str):
                yield port


def _named_by_user(document: Document, chart: _Chart) -> set[str]:
    """The variables that texts of the user's name in a document: they may come from where it cannot be seen."""
    return {
        name
        for text in chart.with_variables
        if chart.is_given(text, document)
        for name in _VARIABLE.findall(text)
    }


def _container_variables(container: Mapping[str, Any]) -> tuple[_Wanted, ...]:
    return tuple(_variables(container, ()))


def _variables(container: Mapping[str, Any], named: Collection[str]) -> Iterator[_Wanted]:
    """`$(NAME)` of a variable that the container does not have, or has only further down, and that is not `named`."""
    if container.get("envFrom"):
        return
    known = set(named)
    for variable in container.get("env") or ():
        for name in _unknown(variable.get("value"), known):
            yield _Wanted(f"variable for {variable['name']}", name, is_object=False)
        known.add(variable.get("name"))
    for text in (*(container.get("command") or ()), *(container.get("args") or ())):
        for name in _unknown(text, known):
            yield _Wanted("variable", name, is_object=False)


def _unknown(text: Any, known: Collection[str]) -> list[str]:
    if not isinstance(text, str) or "$(" not in text:
        return []
    return [name for name in _VARIABLE.findall(text) if name not in known]
