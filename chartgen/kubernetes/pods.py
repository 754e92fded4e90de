"""Parts of a pod's specification: what `ValidatePodSpec` and the functions that it calls refuse."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from chartgen import lazy_regex
from chartgen.diagnostics import Path
from chartgen.kubernetes import formats
from chartgen.kubernetes.asked import ANEW, Asked
from chartgen.kubernetes.formats import amount, unknown
from chartgen.kubernetes.labels import label_selector, labels, requirement
from chartgen.kubernetes.refusal import (
    Judge,
    Refusal,
    below,
    formed,
    in_fields,
    in_items,
    items,
    judged,
    mapped,
    once,
    part,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LARGEST_ID = 2**31 - 1
_STANDARD_AMOUNTS = frozenset(("cpu", "memory", "ephemeral-storage"))
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_ENVIRONMENT_FIELDS = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
    "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
)  # fmt: skip
_ENVIRONMENT_AMOUNTS = ("limits.cpu", "limits.memory", "limits.ephemeral-storage", "requests.cpu", "requests.memory",
                        "requests.ephemeral-storage")  # fmt: skip
_NO_WINDOWS_USER = lazy_regex.compile(r'["/\\:;|=,+*?<>@\[\]\x00-\x1f]')
_CPU_UNITS = ("1", "1m")
_SIZE_UNITS = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")


def node_selector(node: Any) -> Iterator[Refusal]:
    """`nodeSelector`: labels of nodes."""
    return labels(node, "node label")


def toleration(node: Any) -> Iterator[Refusal]:
    """One toleration."""
    if not isinstance(node, Mapping):
        return
    key, operator, value = node.get("key"), node.get("operator"), node.get("value")
    if key:
        yield from formed(key, formats.qualified_name, ("key",), "no key of a taint")
    elif not _may_be(operator, "Exists"):
        yield Refusal(
            ("operator",),
            "a toleration without a key tolerates nothing by value",
            "operator: Exists, or a key",
        )
    if node.get("tolerationSeconds") is not None and not _may_be(node.get("effect"), "NoExecute"):
        yield Refusal(("tolerationSeconds",), "only the effect NoExecute has seconds", "effect: NoExecute")
    if operator == "Exists" and value:
        yield Refusal(("value",), "the operator Exists takes no value", "operator: Equal, or no value")
    if value is not None and not isinstance(value, str):
        yield Refusal(("value",), f"the value {value} is no text", "text, in quotes")
    elif operator in (None, "", "Equal"):
        yield from formed(value, formats.label_value, ("value",), "no value of a taint")
    if operator in ("Gt", "Lt"):
        yield Refusal(
            ("operator",), f"the operator {operator} is switched off in Kubernetes", "Exists or Equal"
        )


def _may_be(value: Any, *wanted: Any) -> bool:
    """True if the value is one of the wanted, or not known yet."""
    return value in wanted or unknown(value)


def tolerations(node: Any) -> Iterator[Refusal]:
    """`tolerations`."""
    return _each(node, toleration)


def _each(node: Any, judge: Any) -> Iterator[Refusal]:
    for number, item in enumerate(node) if isinstance(node, list) else ():
        yield from below((number,), judge(item))


def affinity(node: Any) -> Iterator[Refusal]:
    """`affinity`: nodes, pods to be near to, pods to be away from."""
    nodes = part(node, "nodeAffinity")
    required = nodes.get("requiredDuringSchedulingIgnoredDuringExecution")
    here: Path = ("nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    if isinstance(required, Mapping):
        if not required.get("nodeSelectorTerms"):
            yield Refusal((*here, "nodeSelectorTerms"), "no term is listed", "at least one term")
        for path, term in items(required, "nodeSelectorTerms"):
            yield from below((*here, *path), _node_term(term, required=True))
    here = ("nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution")
    for path, wish in items(nodes, here[1]):
        yield from below((here[0], *path), _weight(wish))
        yield from below((here[0], *path, "preference"), _node_term(part(wish, "preference"), required=False))
    for kind in ("podAffinity", "podAntiAffinity"):
        for path, term in items(part(node, kind), "requiredDuringSchedulingIgnoredDuringExecution"):
            yield from below((kind, *path), _pod_term(term))
        for path, wish in items(part(node, kind), "preferredDuringSchedulingIgnoredDuringExecution"):
            yield from below((kind, *path), _weight(wish))
            yield from below((kind, *path, "podAffinityTerm"), _pod_term(part(wish, "podAffinityTerm")))


def _weight(wish: Any) -> Iterator[Refusal]:
    weight = wish.get("weight") if isinstance(wish, Mapping) else None
    if isinstance(weight, int) and not 1 <= weight <= 100:
        yield Refusal(("weight",), f"the weight {weight}", "1 to 100")


def _node_term(term: Any, *, required: bool) -> Iterator[Refusal]:
    for path, condition in items(term, "matchExpressions"):
        yield from below(path, requirement(condition, ("In", "NotIn"), ("Exists", "DoesNotExist")))
        operator = mapped(condition).get("operator")
        if operator in ("Gt", "Lt") and len(mapped(condition).get("values") or ()) != 1:
            yield Refusal((*path, "values"), f"the operator {operator} compares with one number", "one value")
        for place, value in items(condition, "values") if required else ():
            yield from formed(value, formats.label_value, (*path, *place), "no value of a label")
    for path, condition in items(term, "matchFields"):
        if not isinstance(condition, Mapping):
            continue
        if condition.get("key") != "metadata.name" and not unknown(condition.get("key")):
            yield Refusal(
                (*path, "key"), f"nodes are not found by the field {condition.get('key')}", "metadata.name"
            )
        if not _may_be(condition.get("operator"), "In", "NotIn"):
            yield Refusal(
                (*path, "operator"), f"fields are not compared by {condition.get('operator')}", "In or NotIn"
            )
        elif len(condition.get("values") or ()) != 1 and not unknown(condition.get("values")):
            yield Refusal((*path, "values"), "a field is compared with one value", "one value")
        for place, value in items(condition, "values"):
            yield from formed(value, formats.dns_subdomain, (*path, *place), "no name of a node")


def _pod_term(term: Any) -> Iterator[Refusal]:
    if not isinstance(term, Mapping):
        return
    yield from below(("labelSelector",), label_selector(term.get("labelSelector")))
    yield from below(("namespaceSelector",), label_selector(term.get("namespaceSelector")))
    yield from formed(term.get("topologyKey"), formats.qualified_name, ("topologyKey",), "no label of a node")
    for path, name in items(term, "namespaces"):
        yield from formed(name, formats.dns_label, path, "no name of a namespace")
    yield from _label_keys(term, ("matchLabelKeys", "mismatchLabelKeys"))
    twice = {*(term.get("matchLabelKeys") or ())} & {*(term.get("mismatchLabelKeys") or ())}
    for path, key in items(term, "matchLabelKeys"):
        if key in twice:
            yield Refusal(
                path, f"{key} is to match and not to match", "one of matchLabelKeys and mismatchLabelKeys"
            )


def _label_keys(term: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[Refusal]:
    """Lists of label keys whose values are those of the new pod: they need a selector, which has not the same keys."""
    selector = term.get("labelSelector")
    for name in names:
        if term.get(name) and selector is None:
            yield Refusal(
                (name,), f"{name} narrows a labelSelector, and there is none", "labelSelector as well"
            )
        for path, key in items(term, name):
            yield from formed(key, formats.qualified_name, path, "no key of a label")
            # a key may be in matchLabels or in one expression besides, but not in two places
            named = [
                *part(selector, "matchLabels"),
                *(mapped(entry).get("key") for _, entry in items(selector, "matchExpressions")),
            ]
            if name == "matchLabelKeys" and named.count(key) > 1:
                yield Refusal(
                    path, f"{key} is in the labelSelector too", "a key that the labelSelector does not have"
                )


def spread(node: Any) -> Iterator[Refusal]:
    """`topologySpreadConstraints`."""
    seen: set[tuple[Any, Any]] = set()
    for number, entry in enumerate(node) if isinstance(node, list) else ():
        if not isinstance(entry, Mapping):
            continue
        skew, key, otherwise = entry.get("maxSkew"), entry.get("topologyKey"), entry.get("whenUnsatisfiable")
        if isinstance(skew, int) and skew < 1:
            yield Refusal((number, "maxSkew"), f"a difference of {skew}", "1 or more")
        if not key:
            yield Refusal((number, "topologyKey"), "no label says what a place is", "a label of nodes")
        yield from formed(key or None, formats.qualified_name, (number, "topologyKey"), "no label of a node")
        if (key, otherwise) in seen:
            yield Refusal(
                (number, "topologyKey"),
                f"{key} is listed twice with {otherwise}",
                "one constraint of that kind",
            )
        seen.add((key, otherwise))
        if entry.get("minDomains") is not None and not _may_be(otherwise, "DoNotSchedule"):
            yield Refusal(
                (number, "minDomains"),
                "minDomains counts with whenUnsatisfiable: DoNotSchedule only",
                "no minDomains",
            )
        yield from below((number,), _label_keys(entry, ("matchLabelKeys",)))
        yield from below((number, "labelSelector"), label_selector(entry.get("labelSelector")))


def resources(node: Any) -> Iterator[Refusal]:
    """`resources` of a container: names and amounts, what must have a limit, no request above its limit."""
    if isinstance(node, str) and not unknown(node):
        yield Refusal((), "text, which nothing reads as amounts", "a map")
    limits, requests = part(node, "limits"), part(node, "requests")
    for kind, amounts in (("limits", limits), ("requests", requests)):
        for name, quantity in amounts.items():
            yield from _amount(kind, name, quantity)
    for name, quantity in requests.items():
        asked, allowed = amount(quantity), amount(limits.get(name))
        if quantity is None or unknown(quantity):
            continue
        if not _overcommitted(name) and limits.get(name) is None:
            yield Refusal(
                ("requests", name), f"{name} needs a limit, which is the request", f"limits.{name} as well"
            )
        elif (
            asked is not None
            and allowed is not None
            and (asked > allowed or (asked != allowed and not _overcommitted(name)))
        ):
            wanted = f"at most {limits[name]}" if _overcommitted(name) else str(limits[name])
            yield Refusal(("requests", name), f"more {name} ({quantity}) than its limit", wanted)
    names = {*limits, *requests}
    if any(str(name).startswith("hugepages-") for name in names) and not names & {"cpu", "memory"}:
        yield Refusal((), "huge pages alone", "cpu or memory as well")
    for path, claim in items(node, "claims"):
        yield Refusal(path, f"the pod has no resource claim {mapped(claim).get('name')}", "no claims")


def _overcommitted(name: str) -> bool:
    """False for what must be requested as it is limited: devices and huge pages."""
    domain, slash, _ = name.rpartition("/")
    native = not slash or domain == "kubernetes.io" or domain.endswith(".kubernetes.io")
    return native and not name.startswith("hugepages-")


def _amount(kind: str, name: Any, quantity: Any) -> Iterator[Refusal]:
    path: Path = (kind, name)
    yield from formed(name, formats.qualified_name, path, "no name of an amount")
    if (
        "/" not in str(name)
        and name not in _STANDARD_AMOUNTS
        and not str(name).startswith("hugepages-")
        and not unknown(name)
    ):
        yield Refusal(
            path,
            f"containers have no amount {name}",
            "cpu, memory, ephemeral-storage, hugepages-…, or example.com/device",
        )
    if str(name).startswith("requests.") and "/" in str(name):
        yield Refusal(path, f"no name of a device: {name}", "a name that does not begin with requests.")
    if quantity is None or unknown(quantity):
        return
    size = amount(quantity)
    if size is None:
        yield Refusal(path, f"{quantity} is no amount", "an amount such as 500m or 256Mi")
    elif size < 0:
        yield Refusal(path, f"{quantity} is less than nothing", "0 or more")
    elif not _overcommitted(str(name)) and not float(size).is_integer():
        yield Refusal(path, f"{quantity} of {name}", "a whole number")
    elif str(name).startswith("hugepages-"):
        page = amount(str(name).removeprefix("hugepages-"))
        if not page:
            yield Refusal(path, f"no size of a page: {name}", "hugepages-2Mi or hugepages-1Gi")
        elif size % page:
            yield Refusal(
                path,
                f"{quantity} is no number of such pages",
                f"a multiple of {str(name).removeprefix('hugepages-')}",
            )


def probe(node: Any, kind: str = "") -> Iterator[Refusal]:
    """A probe of the given kind (`livenessProbe`, …), its action included."""
    if not isinstance(node, Mapping):
        return
    yield from action(node)
    for name in (
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ):
        if isinstance(node.get(name), int) and node[name] < 0:
            yield Refusal((name,), f"{name} is {node[name]}", "0 or more")
    grace = node.get("terminationGracePeriodSeconds")
    if grace is not None and kind == "readinessProbe":
        yield Refusal(
            ("terminationGracePeriodSeconds",), "a readiness probe ends no container", "no such field"
        )
    elif isinstance(grace, int) and grace < 1:
        yield Refusal(("terminationGracePeriodSeconds",), f"{grace} seconds", "1 or more")
    if kind in ("livenessProbe", "startupProbe") and node.get("successThreshold") not in (None, 0, 1):
        yield Refusal(("successThreshold",), f"a {kind} counts one success", "1")


def action(node: Any) -> Iterator[Refusal]:
    """What a probe or a hook of a container does: one of several ways, each with its own needs."""
    given = [name for name in _HANDLERS if mapped(node).get(name) is not None]
    if not given:
        yield Refusal((), "no action", "one of exec, httpGet, tcpSocket, grpc")
    for name in given[1:]:
        yield Refusal((name,), f"{given[0]} and {name} at once", "one action")
    if "exec" in given and not part(node, "exec").get("command"):
        yield Refusal(("exec", "command"), "no command", "a list: the program and its arguments")
    asked = part(node, "httpGet")
    for path, header in items(asked, "httpHeaders"):
        yield from formed(
            mapped(header).get("name"), formats.header_name, ("httpGet", *path, "name"), "no name of a header"
        )
    for name in ("httpGet", "tcpSocket", "grpc"):
        if name in given:
            yield from below((name, "port"), _port_reference(part(node, name).get("port")))
    seconds = part(node, "sleep").get("seconds")
    if isinstance(seconds, int) and seconds < 0:
        yield Refusal(("sleep", "seconds"), f"{seconds} seconds", "0 or more")


def _port_reference(port: Any) -> Iterator[Refusal]:
    if isinstance(port, bool) or (isinstance(port, int) and not 1 <= port <= 65535):
        yield Refusal((), f"{port} is no port", "1 to 65535")
    yield from formed(port, formats.port_name, (), "no name of a port")


def environment(node: Any, asked: Asked = ANEW) -> Iterator[Refusal]:
    """`env`: names, text, and one source each."""
    return in_items(node, _variable, asked)


def _variable(variable: Any) -> Iterator[Refusal]:
    if not isinstance(variable, Mapping):
        return
    name, value, source = variable.get("name"), variable.get("value"), variable.get("valueFrom")
    if not name:
        yield Refusal(("name",), "a variable has no name", "a name")
    yield from formed(name or None, formats.environment_name, ("name",), "no name of a variable")
    if value is not None and not isinstance(value, str):
        yield Refusal(("value",), f"the value of {name} is no text", "text, in quotes")
    if isinstance(source, Mapping):
        yield from below(("valueFrom",), _source(source, bool(value)))


def _source(source: Mapping[str, Any], beside_value: bool) -> Iterator[Refusal]:
    given = [name for name in source if source[name] is not None]
    if len(given) != 1:
        yield Refusal((), f"{len(given)} sources of one value", "one source")
    elif beside_value:
        yield Refusal((), "a value and a source at once", "one of value and valueFrom")
    for name in ("configMapKeyRef", "secretKeyRef"):
        if name in given:
            reference = part(source, name)
            yield from formed(
                reference.get("key"), formats.config_key, (name, "key"), "no key of a Secret or ConfigMap"
            )
            if not reference.get("name"):
                yield Refusal((name, "name"), "no object is named", "the name of an object")
            yield from formed(
                reference.get("name") or None, formats.dns_subdomain, (name, "name"), "no name of an object"
            )
    yield from below(("fieldRef",), _field(part(source, "fieldRef")))
    yield from below(("resourceFieldRef",), _amount_reference(part(source, "resourceFieldRef")))


def _field(reference: Mapping[str, Any]) -> Iterator[Refusal]:
    version, path = reference.get("apiVersion"), reference.get("fieldPath")
    if version not in (None, "", "v1") and not unknown(version):
        yield Refusal(("apiVersion",), f"pods have no version {version}", "v1")
    if not isinstance(path, str) or unknown(path) or path in _ENVIRONMENT_FIELDS:
        return
    kind, bracket, key = path.partition("['")
    form = {"metadata.labels": formats.qualified_name, "metadata.annotations": formats.annotation_key}.get(
        kind
    )
    if not bracket or form is None or not key.endswith("']") or form(key[:-2]):
        yield Refusal(("fieldPath",), f"variables cannot hold {path}", "a field such as status.podIP")


def _amount_reference(reference: Mapping[str, Any]) -> Iterator[Refusal]:
    resource, unit = reference.get("resource"), reference.get("divisor")
    if not isinstance(resource, str) or unknown(resource):
        return
    pages = resource.startswith(("limits.hugepages-", "requests.hugepages-"))
    if not pages and resource not in _ENVIRONMENT_AMOUNTS:
        yield Refusal(("resource",), f"variables cannot hold {resource}", "such as limits.memory")
    elif unit not in (None, 0, "0") and not unknown(unit):
        allowed = _CPU_UNITS if resource.endswith(".cpu") else _SIZE_UNITS
        if not any(amount(unit) == amount(resource) for resource in allowed):
            yield Refusal(
                ("divisor",), f"{resource} is not told in units of {unit}", "one of " + ", ".join(allowed)
            )


def _ids(node: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[Refusal]:
    for name in names:
        yield from _identity((name,), node.get(name))


def _identity(path: Path, value: Any) -> Iterator[Refusal]:
    if isinstance(value, int) and not isinstance(value, bool) and not 0 <= value <= _LARGEST_ID:
        yield Refusal(path, f"{value} is no ID", f"0 to {_LARGEST_ID}")


def _windows(node: Mapping[str, Any]) -> Iterator[Refusal]:
    """`windowsOptions`: a user as Windows writes one, and the name of a credential."""
    options = part(node, "windowsOptions")
    here: Path = ("windowsOptions",)
    name = options.get("gmsaCredentialSpecName")
    yield from formed(
        name, formats.dns_subdomain, (*here, "gmsaCredentialSpecName"), "no name of a credential"
    )
    if options.get("gmsaCredentialSpec") == "":
        yield Refusal((*here, "gmsaCredentialSpec"), "an empty credential", "a credential, or no such field")
    given = options.get("runAsUserName")
    if isinstance(given, str) and not unknown(given):
        domain, _, user = given.rpartition("\\")
        if not user.strip(". ") or len(user) > 104 or _NO_WINDOWS_USER.search(user) or "\\" in domain:
            yield Refusal((*here, "runAsUserName"), f"no user of Windows: {given}", "USER or DOMAIN\\USER")


def _profiles(node: Mapping[str, Any]) -> Iterator[Refusal]:
    for name in ("seccompProfile", "appArmorProfile"):
        profile = part(node, name)
        path = profile.get("localhostProfile")
        if profile.get("type") == "Localhost" and not path:
            yield Refusal(
                (name, "localhostProfile"), "a profile of the node is not named", "localhostProfile"
            )
        elif path is not None and profile and profile.get("type") != "Localhost":
            yield Refusal(
                (name, "localhostProfile"),
                f"the type {profile.get('type')} has no profile of the node",
                "type: Localhost",
            )
        elif name == "appArmorProfile":
            if isinstance(path, str) and path != path.strip():
                yield Refusal((name, "localhostProfile"), "spaces around the name of a profile", "no spaces")
        else:
            yield from formed(
                path, formats.local_path, (name, "localhostProfile"), "no path below the kubelet's profiles"
            )


def pod_security(node: Any) -> Iterator[Refusal]:
    """`securityContext` of a pod."""
    if not isinstance(node, Mapping):
        return
    for name in CONTAINER_ONLY:
        if node.get(name) is not None:
            yield Refusal((name,), f"{name} is of containers, not of pods", "no such field")
    yield from _ids(node, ("runAsUser", "runAsGroup", "fsGroup"))
    for path, group in items(node, "supplementalGroups"):
        yield from _identity(path, group)
    seen: set[Any] = set()
    for path, entry in items(node, "sysctls"):
        parameter = mapped(entry).get("name")
        yield from formed(parameter, formats.sysctl_name, (*path, "name"), "no kernel parameter")
        if not parameter:
            yield Refusal(
                (*path, "name"), "a kernel parameter has no name", "a name such as net.core.somaxconn"
            )
        if parameter in seen:
            yield Refusal((*path, "name"), f"{parameter} is set twice", "one value")
        seen.add(parameter)
    yield from _profiles(node)
    yield from _windows(node)


# what the `securityContext` of a container has, and that of a pod has not
CONTAINER_ONLY = (
    "allowPrivilegeEscalation",
    "capabilities",
    "privileged",
    "procMount",
    "readOnlyRootFilesystem",
)
# and the other way about
POD_ONLY = (
    "fsGroup",
    "fsGroupChangePolicy",
    "seLinuxChangePolicy",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "sysctls",
)


def container_security(node: Any) -> Iterator[Refusal]:
    """`securityContext` of a container."""
    if not isinstance(node, Mapping):
        return
    for name in POD_ONLY:
        if node.get(name) is not None:
            yield Refusal((name,), f"{name} is of pods, not of containers", "no such field")
    yield from _ids(node, ("runAsUser", "runAsGroup"))
    if node.get("allowPrivilegeEscalation") is False:
        if node.get("privileged") is True:
            yield Refusal(
                ("privileged",),
                "a privileged container escalates privileges",
                "privileged: false, or allowPrivilegeEscalation: true",
            )
        elif "CAP_SYS_ADMIN" in (part(node, "capabilities").get("add") or ()):
            yield Refusal(
                ("capabilities", "add"),
                "CAP_SYS_ADMIN escalates privileges",
                "allowPrivilegeEscalation: true, or no CAP_SYS_ADMIN",
            )
    if node.get("procMount") == "Unmasked":
        yield Refusal(("procMount",), "an unmasked /proc is for pods with users of their own", "Default")
    yield from _profiles(node)
    yield from _windows(node)


def container(node: Any, *, starts_first: bool = False, asked: Asked = ANEW) -> Iterator[Refusal]:
    """One container, or with `starts_first` one of `initContainers`."""
    if not isinstance(node, Mapping):
        return
    yield from formed(node.get("name"), formats.dns_label, ("name",), "no name of a container")
    if not node.get("image"):
        yield Refusal(("image",), "the container has no image", "an image")
    yield from in_fields(node, _LISTS, asked)
    yield from below(("env",), environment(node.get("env"), asked))
    yield from in_fields(node, _CONTAINER_FIELDS, asked)
    if part(node, "securityContext").get("privileged") is not True:
        yield from in_fields(node, _UNPRIVILEGED, asked)
    if node.get("restartPolicyRules") and not node.get("restartPolicy"):
        yield Refusal(("restartPolicy",), "rules of restarts and no policy", "restartPolicy as well")
    if not starts_first or node.get("restartPolicy") == "Always":
        yield from in_fields(node, _PROBES, asked)
    else:
        for kind in _PROBES:
            if node.get(kind) is not None:
                yield Refusal(
                    (kind,),
                    "a container that ends before the others start has no probes",
                    "no probe, or restartPolicy: Always",
                )
    for moment in ("postStart", "preStop"):
        if part(node, "lifecycle").get(moment) is not None:
            yield from below(("lifecycle", moment), action(node["lifecycle"][moment]))


def _ports(node: Any) -> Iterator[Refusal]:
    """`ports` of a container."""
    seen: set[Any] = set()
    for path, port in items(node):
        name = mapped(port).get("name")
        yield from formed(name or None, formats.port_name, (*path, "name"), "no name of a port")
        if mapped(port).get("containerPort") is None:
            yield Refusal((*path, "containerPort"), "a port of a container has no number", "1 to 65535")
        if name and name in seen:
            yield Refusal((*path, "name"), f"two ports are called {name}", "another name")
        seen.add(name)
    yield from once(node, "port", "containerPort", "protocol")


def _variables_once(node: Any) -> Iterator[Refusal]:
    return once(node, "the variable", "name")


def _variables_from(node: Any) -> Iterator[Refusal]:
    """`envFrom`."""
    for path, source in items(node):
        kinds = [kind for kind in ("configMapRef", "secretRef") if mapped(source).get(kind) is not None]
        if len(kinds) != 1:
            yield Refusal(
                path, f"{len(kinds)} sources of variables in one entry", "one of configMapRef and secretRef"
            )
        for kind in kinds:
            name = part(source, kind).get("name")
            if not name:
                yield Refusal((*path, kind, "name"), "no object is named", "the name of an object")
            yield from formed(
                name or None, formats.dns_subdomain, (*path, kind, "name"), "no name of an object"
            )
        yield from formed(
            mapped(source).get("prefix") or None,
            formats.environment_name,
            (*path, "prefix"),
            "no start of a variable's name",
        )


def _mounts(node: Any) -> Iterator[Refusal]:
    """`volumeMounts`: each path once, paths below volumes that stay in them."""
    seen: set[Any] = set()
    for path, mount in items(node):
        if not isinstance(mount, Mapping):
            continue
        where = mount.get("mountPath")
        if where == "":
            yield Refusal((*path, "mountPath"), "no path", "a path in the container")
        if where in seen:
            yield Refusal((*path, "mountPath"), f"two volumes at {where}", "another path")
        seen.add(where)
        if mount.get("subPath") and mount.get("subPathExpr"):
            yield Refusal((*path, "subPathExpr"), "subPath and subPathExpr at once", "one of the two")
        for name in ("subPath", "subPathExpr"):
            yield from formed(
                mount.get(name) or None, formats.local_path, (*path, name), "no path in a volume"
            )
        if mount.get("recursiveReadOnly") not in (None, "Disabled"):
            if not mount.get("readOnly"):
                yield Refusal((*path, "recursiveReadOnly"), "the mount is not read-only", "readOnly: true")
            elif mount.get("mountPropagation") not in (None, "None"):
                yield Refusal(
                    (*path, "recursiveReadOnly"), "the mount is shared with others", "mountPropagation: None"
                )


def _mounts_for_others(node: Any) -> Iterator[Refusal]:
    for path, mount in items(node):
        if mapped(mount).get("mountPropagation") == "Bidirectional":
            yield Refusal(
                (*path, "mountPropagation"),
                "only privileged containers mount for others",
                "securityContext.privileged: true",
            )


_LISTS: Mapping[str, Judge] = {"ports": _ports, "env": _variables_once}
_UNPRIVILEGED: Mapping[str, Judge] = {"volumeMounts": _mounts_for_others}
_CONTAINER_FIELDS: Mapping[str, Judge] = {
    "envFrom": _variables_from,
    "volumeMounts": _mounts,
    "resources": resources,
    "securityContext": container_security,
}
_PROBES: Mapping[str, Judge] = {
    "livenessProbe": lambda node: probe(node, "livenessProbe"),
    "readinessProbe": lambda node: probe(node, "readinessProbe"),
    "startupProbe": lambda node: probe(node, "startupProbe"),
}
_POD_FIELDS: Mapping[str, Judge] = {
    "imagePullSecrets": lambda node: once(node, "the Secret", "name"),
    "hostAliases": lambda node: once(node, "the address", "ip"),
    "nodeSelector": node_selector,
    "tolerations": tolerations,
    "affinity": affinity,
    "topologySpreadConstraints": spread,
    "securityContext": pod_security,
}


def _refused(entry: Any, starts_first: bool, asked: Asked) -> tuple[Refusal, ...]:
    return tuple(container(entry, starts_first=starts_first, asked=asked))


def pod(spec: Any, claims: Collection[str] = (), asked: Asked = ANEW) -> Iterator[Refusal]:
    """The specification of a pod, which has the volumes called `claims` besides its own.

    Parts that were `asked` about before are not gone through again."""
    if not isinstance(spec, Mapping):
        return
    volumes = spec.get("volumes")
    yield from below(("volumes",), judged(_volumes, volumes, asked))
    there = asked.once("names", volumes, _names)
    yield from _volumes_of(spec, there.union(claims) if claims else there, asked)
    called: set[Any] = set()
    for group in ("containers", "initContainers"):
        for path, entry in items(spec, group):
            name = mapped(entry).get("name")
            if name in called:
                yield Refusal((*path, "name"), f"two containers are called {name}", "another name")
            called.add(name)
            yield from below(path, asked.once(group, entry, _refused, group == "initContainers", asked))
    yield from _host_ports(spec, asked)
    yield from in_fields(spec, _POD_FIELDS, asked)
    yield from formed(
        spec.get("priorityClassName") or None,
        formats.dns_subdomain,
        ("priorityClassName",),
        "no name of a PriorityClass",
    )
    yield from formed(
        spec.get("serviceAccountName"),
        formats.dns_subdomain,
        ("serviceAccountName",),
        "no name of a ServiceAccount",
    )
    grace = spec.get("terminationGracePeriodSeconds")
    if isinstance(grace, int) and grace < 0:
        yield Refusal(("terminationGracePeriodSeconds",), f"{grace} seconds", "0 or more")


def _names(node: Any) -> frozenset[Any]:
    return frozenset(mapped(item).get("name") for _, item in items(node))


def _volumes(node: Any) -> Iterator[Refusal]:
    """`volumes`."""
    names: set[Any] = set()
    for path, volume in items(node):
        name = mapped(volume).get("name")
        yield from formed(name, formats.dns_label, (*path, "name"), "no name of a volume")
        if name in names:
            yield Refusal((*path, "name"), f"two volumes are called {name}", "another name")
        names.add(name)
        for kind in ("configMap", "secret"):
            for place, entry in items(mapped(volume).get(kind), "items"):
                yield from below((*path, kind, *place), key_to_path(entry))


def _volumes_of(spec: Mapping[str, Any], there: frozenset[Any], asked: Asked) -> Iterator[Refusal]:
    """What containers mount is one of the pod's volumes, and what they are to wait for at the end is not too long."""
    for group in ("containers", "initContainers"):
        for path, entry in items(spec, group):
            if not there.issuperset(asked.once("mounted", entry, _mounted, asked)):
                yield from below(path, _not_there(entry, there))
            yield from below((*path, "lifecycle"), _waits(part(entry, "lifecycle"), spec))
    security = part(spec, "securityContext")
    if part(security, "windowsOptions").get("hostProcess") is True and not spec.get("hostNetwork"):
        where = ("securityContext", "windowsOptions", "hostProcess")
        yield Refusal(
            where, "processes of the host have the host's network", "hostNetwork: true, or no hostProcess"
        )
    for path, entry in items(security, "sysctls"):
        name = str(mapped(entry).get("name")).replace("/", ".")
        if spec.get("hostNetwork") and name.startswith("net."):
            yield Refusal(
                ("securityContext", *path, "name"), f"{name} is the node's own", "a parameter outside net."
            )


_MOUNTS = ("volumeMounts", "volumeDevices")


def _mounted(entry: Any, asked: Asked) -> frozenset[Any]:
    """The names of the volumes that a container mounts or reads variables of."""
    mounts = [asked.once("names", mapped(entry).get(kind), _names) for kind in _MOUNTS]
    files = [file.get("volumeName") for _, file in _files(entry)]
    return frozenset(files).union(*mounts)


def _files(entry: Any) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The files of volumes that variables of a container are read of."""
    for place, variable in items(entry, "env"):
        source = mapped(variable).get("valueFrom")
        if source is not None and (file := part(source, "fileKeyRef")):
            yield (*place, "valueFrom", "fileKeyRef"), file


def _not_there(entry: Any, there: Collection[Any]) -> Iterator[Refusal]:
    """The volumes that a container needs and its pod has not."""
    for kind in _MOUNTS:
        for place, mount in items(entry, kind):
            name = mapped(mount).get("name")
            if name not in there and not unknown(name):
                yield Refusal((*place, "name"), f"the pod has no volume {name}", "the name of a volume")
    for place, file in _files(entry):
        name = file.get("volumeName")
        if name not in there:
            yield Refusal((*place, "volumeName"), f"the pod has no volume {name}", "the name of a volume")


def _waits(lifecycle: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterator[Refusal]:
    """What a container sleeps before it ends, where that is longer than its pod has."""
    grace = spec.get("terminationGracePeriodSeconds")
    grace = grace if isinstance(grace, int) else 30
    for moment in lifecycle and ("postStart", "preStop"):
        seconds = part(part(lifecycle, moment), "sleep").get("seconds")
        if isinstance(seconds, int) and seconds > grace:
            yield Refusal(
                (moment, "sleep", "seconds"),
                f"{seconds} seconds, and the pod is ended after {grace}",
                f"at most {grace}",
            )


def key_to_path(node: Any) -> Iterator[Refusal]:
    """One of a volume's `items`: a key, and a path that is the volume's own."""
    if not isinstance(node, Mapping):
        return
    for name in ("key", "path"):
        if not node.get(name):
            yield Refusal((name,), f"no {name}", f"a {name}")
    yield from formed(node.get("path"), formats.local_unreserved_path, ("path",), "no path in a volume")


def _host_ports(spec: Mapping[str, Any], asked: Asked) -> Iterator[Refusal]:
    """A port of the node belongs to one container; in the node's network, a container's port is the node's."""
    taken: set[tuple[Any, ...]] = set()
    for path, entry in items(spec, "containers"):
        for place, port in asked.once("of the node", mapped(entry).get("ports"), _of_the_node):
            number = port["hostPort"]
            here = (*path, "ports", *place, "hostPort")
            if spec.get("hostNetwork") and number != port.get("containerPort"):
                yield Refusal(
                    here, "in the node's network a port is the node's", str(port.get("containerPort"))
                )
            key = (port.get("protocol") or "TCP", port.get("hostIP") or "", number)
            if key in taken:
                yield Refusal(
                    here, f"port {number} of the node is taken by another container", "another port"
                )
            taken.add(key)


def _of_the_node(node: Any) -> tuple[tuple[Path, Mapping[str, Any]], ...]:
    return tuple(
        (path, port) for path, port in items(node) if isinstance(port, Mapping) and port.get("hostPort")
    )
