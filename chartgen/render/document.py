"""A Kubernetes object of the output: its data (late-bound parts as tokens), its identity, its text."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain

from chartgen import lazy_regex
from chartgen.diagnostics import Path, Span
from chartgen.kubernetes.asked import ANEW, Asked
from chartgen.late import OPEN, TOKEN, Expression, LateBound, go_quote, is_printable, is_spliced
from chartgen.records import NamedTuple
from chartgen.render.scalar import json_text
from chartgen.values import helm_scalar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias, TypeVar

    T = TypeVar("T")

# what an expression comes out as: text, or the data of a splice
Answer: TypeAlias = "Callable[[Expression], Any]"
# YAML gives up on a longer key on one line with its value
_LONGEST_KEY = 1000
_CONTROLS = lazy_regex.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


class Mark(NamedTuple):
    """A field of an object that was changed beyond what values say: its path, who asked for it (a flag, or a file and line) and
    where."""

    path: Path
    by: str
    span: Span | None = None


class Adopted(NamedTuple):
    """How an object is spelt in a release where it runs."""

    release: str
    namespace: str
    data: Mapping[str, Any]


class Document(NamedTuple):
    """One object, the template it comes from and the Helm condition under which it is installed (or "").

    `head` is the object; where `text` was written ahead, it is only what identifies it.
    """

    head: dict[str, Any]
    template: str
    only_if: str = ""
    text: str = ""
    # the values that its template, and what decides on its component, have read
    reads: frozenset[Path] = frozenset()
    # what was found out about the object, by who asked, with the `head` that it was asked about; None keeps nothing
    kept: dict[Hashable, tuple[Any, Any]] | None = None
    # what was changed in it beyond what values say
    marks: tuple[Mark, ...] = ()
    # how it is spelt in one release; it has its own spelling in all others
    adopted: Adopted | None = None
    # what is known of parts that other documents have, too
    asked: Asked = ANEW

    def once(self, question: Hashable, answer: Callable[[Document], T]) -> T:
        """What `answer` returns about the object, whose data no one changes: asked once, of however many charts it is part."""
        if self.kept is None:
            return answer(self)
        found = self.kept.get(question)
        if found is None or found[0] is not self.head:
            found = self.kept[question] = self.head, answer(self)
        known: T = found[1]
        return known

    @property
    def kind(self) -> str:
        return str(self.head.get("kind"))

    @property
    def name(self) -> str:
        return name_of(self.head)

    @property
    def identity(self) -> tuple[str, str, str, str]:
        metadata = self.head.get("metadata", {})
        return str(self.head.get("apiVersion")), self.kind, str(metadata.get("namespace") or ""), self.name

    def spelt_for(self, release: str, namespace: str) -> Document:
        """The document as it is spelt in a release."""
        if self.adopted is None or (self.adopted.release, self.adopted.namespace) != (release, namespace):
            return self
        return self._replace(head=dict(self.adopted.data), text="", adopted=None, kept=None)

    @property
    def data(self) -> dict[str, Any]:
        """The whole object; not to be changed."""
        return _parsed(self.text) if self.text else self.head


class Documents(tuple[Document, ...]):
    """The documents of a chart, made of groups: one that another chart has, too, is the very same tuple there."""

    groups: Sequence[tuple[Document, ...]]

    def __new__(cls, groups: Iterable[tuple[Document, ...]]) -> Documents:
        groups = tuple(filter(None, groups))
        made = super().__new__(cls, chain.from_iterable(groups))
        made.groups = groups
        return made


def of_each(documents: Iterable[Document], question: Hashable, answer: Callable[[Document], T]) -> list[T]:
    """What `answer` returns about each document, asked once of each, and once of a group for all charts that have it."""
    if not isinstance(documents, Documents):
        return _answers(documents, question, answer)
    found: list[T] = []
    for group in documents.groups:
        found += group[0].asked.once(("group", question), group, _answers, question, answer)
    return found


def _answers(documents: Iterable[Document], question: Hashable, answer: Callable[[Document], T]) -> list[T]:
    return [document.once(question, answer) for document in documents]


def name_of(data: Mapping[str, Any]) -> str:
    """The name of an object."""
    return str(data.get("metadata", {}).get("name"))


@lru_cache(256)
def _parsed(text: str) -> dict[str, Any]:
    import yaml12

    data: Any = yaml12.parse_yaml(text)
    return dict(data)


# the order in which Helm creates kinds; what is not here comes after
INSTALL_ORDER = (
    "PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy",
    "PodDisruptionBudget", "ServiceAccount", "Secret", "SecretList", "ConfigMap", "StorageClass", "PersistentVolume",
    "PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole", "ClusterRoleList", "ClusterRoleBinding",
    "ClusterRoleBindingList", "Role", "RoleList", "RoleBinding", "RoleBindingList", "Service", "DaemonSet", "Pod",
    "ReplicationController", "ReplicaSet", "Deployment", "HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob",
    "IngressClass", "Ingress", "APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
)  # fmt: skip
BEFORE, WITH, AFTER, ELSE = range(4)


def install_order(data: Mapping[str, Any], *, upgrade: bool = False) -> tuple[int, int, int, str]:
    """Sorts objects as an install (or an upgrade) creates them: hooks before, the release, hooks after, all others.

    The first part is BEFORE, WITH, AFTER, or ELSE for what only a deletion, a test or the other of the two creates.
    """
    kind = str(data.get("kind"))
    annotations = data.get("metadata", {}).get("annotations") or {}
    rank = INSTALL_ORDER.index(kind) if kind in INSTALL_ORDER else len(INSTALL_ORDER)
    name = str(data.get("metadata", {}).get("name"))
    hook = annotations.get("helm.sh/hook")
    if hook is None:
        return WITH, 0, rank, name
    events = {event.strip() for event in str(hook).split(",")}
    moment = "upgrade" if upgrade else "install"
    when = BEFORE if f"pre-{moment}" in events else AFTER if f"post-{moment}" in events else ELSE
    return when, int(annotations.get("helm.sh/hook-weight") or 0), rank, name


def pruned(value: Any) -> Any:
    """`value` without keys that hold null: Kubernetes reads null as absent."""
    if isinstance(value, dict):
        # most of what there is, is no map
        return {
            key: pruned(item) if isinstance(item, (dict, list)) else item
            for key, item in value.items()
            if item is not None
        }
    if isinstance(value, list):
        return [pruned(item) if isinstance(item, (dict, list)) else item for item in value]
    return value


def data_of(text: str) -> Any:
    """The data of YAML text, without keys that hold null. Raises ValueError for what is no YAML."""
    import yaml12

    return pruned(yaml12.parse_yaml(text))


def block_yaml(value: Any, write: Callable[[str], str], asked: Asked = ANEW) -> str:
    """`value` as block YAML, two spaces a level, lists flush with their key; `write` turns each string into text.

    What stands below a key or a dash is written once, where parts that were `asked` about are kept.
    """
    return _node(value, "", "", write, asked) + "\n"


def _node(value: Any, indent: str, lead: str, write: Callable[[str], str], asked: Asked) -> str:
    """The lines of `value`; `lead` is what the first starts with (its key or dash), `indent` the rest's margin."""
    if value and isinstance(value, dict):
        return _entries(value, indent, lead, write, asked)
    if value and isinstance(value, list):
        return _items(value, indent, lead, write, asked)
    return _scalar(value, indent, lead, write)


def _below(value: Any, indent: str, lead: str, write: Callable[[str], str], asked: Asked) -> str:
    """A map or list as `_node` has it, the very text for all documents which have it at this margin."""
    text = _entries if isinstance(value, dict) else _items
    if asked is ANEW:
        return text(value, indent, lead, write, asked)
    return asked.once((write, indent, lead), value, text, indent, lead, write, asked)


def _entries(value: dict[Any, Any], indent: str, lead: str, write: Callable[[str], str], asked: Asked) -> str:
    lines = []
    first, deeper = lead, indent + "  "
    for key, item in value.items():
        # a splice is not plain
        if helm_scalar.is_plain(key):
            name = key
        elif is_spliced(key):
            lines.append(_splice(first, indent, key, write))
            first = indent
            continue
        else:
            name = _quoted(str(key), write)
        if len(name) > _LONGEST_KEY:
            lines.append(f"{first}? {name}\n{_node(item, deeper, indent + ': ', write, asked)}")
        elif isinstance(item, str):
            if helm_scalar.is_plain(item):
                lines.append(f"{first}{name}: {item}")
            else:
                lines.append(_scalar(item, deeper, f"{first}{name}: ", write))
        elif item and isinstance(item, dict):
            lines.append(f"{first}{name}:\n{_below(item, deeper, deeper, write, asked)}")
        elif item and isinstance(item, list):
            lines.append(f"{first}{name}:\n{_below(item, indent, indent, write, asked)}")
        else:
            lines.append(_scalar(item, deeper, f"{first}{name}: ", write))
        first = indent
    return "\n".join(lines)


def _items(value: list[Any], indent: str, lead: str, write: Callable[[str], str], asked: Asked) -> str:
    lines = []
    deeper = indent + "  "
    for entry in value:
        if entry and isinstance(entry, (dict, list)):
            lines.append(_below(entry, deeper, lead + "- ", write, asked))
        elif is_spliced(entry):
            lines.append(_splice(lead, indent, entry, write))
        else:
            lines.append(_scalar(entry, deeper, lead + "- ", write))
        lead = indent
    return "\n".join(lines)


def _splice(lead: str, indent: str, entry: str, write: Callable[[str], str]) -> str:
    """The action that Helm writes entries with, on lines of their own."""
    return f"{lead if lead.strip() else indent}{{{{- {write(entry)} | nindent {len(indent)} }}}}"


def _scalar(value: Any, indent: str, lead: str, write: Callable[[str], str]) -> str:
    if not isinstance(value, str):
        return lead + json_text(value)
    if helm_scalar.is_plain(value):
        return lead + value
    if "\n" in value and _fits_block(value):
        body = value.rstrip("\n")
        trailing = len(value) - len(body)
        margin = "\n" + indent
        text = write(body).replace("\n", margin)
        # lines with nothing in them have no margin; of several in a row, every other is found at a time
        while indent and f"{margin}\n" in text:
            text = text.replace(f"{margin}\n", "\n\n")
        style = "|" if trailing == 1 else "|+" if trailing else "|-"
        return f"{lead}{style}{margin}{text}" + "\n" * (trailing - 1)
    return lead + _quoted(value, write)


def _fits_block(text: str) -> bool:
    """A literal block holds any printable text whose first line is neither empty nor indented."""
    if text[0] in " \n\t" or not text.strip("\n"):
        return False
    return is_printable(text.replace("\n", "")) or not _CONTROLS.search(text)


def _quoted(text: str, write: Callable[[str], str]) -> str:
    return write(json_text(text))


def _ends_in_break(value: Any) -> bool:
    while isinstance(value, (dict, list)) and value:
        value = next(reversed(value.values())) if isinstance(value, dict) else value[-1]
    return isinstance(value, str) and value.endswith("\n")


def chart_text(document: Document, late: LateBound) -> str:
    """The document as Helm template source."""
    return chart_texts((document,), late)[0]


def chart_texts(documents: Iterable[Document], late: LateBound) -> list[str]:
    """Each document as Helm template source."""
    # the tokens of other compilations are others
    return of_each(documents, ("text", late), lambda document: _chart_text(document, late))


def _chart_text(document: Document, late: LateBound) -> str:
    if document.text:
        text = late.template(document.text)
    else:
        text = _ended(block_yaml(document.data, late.written, document.asked), document.data)
    if document.adopted is not None:
        text = _either(document.adopted, text, late)
    return f"{{{{- if {document.only_if} }}}}\n{text}{{{{- end }}}}\n" if document.only_if else text


def _ended(text: str, data: Any) -> str:
    """Text of which Helm, which strips a document's end, leaves the line break of a text that stands there."""
    return text + "# end\n" if _ends_in_break(data) else text


def _either(adopted: Adopted, own: str, late: LateBound) -> str:
    """A document that is spelt in two ways, one of them for one release."""
    release, namespace = go_quote(adopted.release), go_quote(adopted.namespace)
    text = _ended(block_yaml(adopted.data, late.template), adopted.data)
    return (
        f"{{{{- if and (eq .Release.Name {release}) (eq .Release.Namespace {namespace}) }}}}\n"
        f"{text}{{{{- else }}}}\n{own}{{{{- end }}}}\n"
    )


def installed_text(document: Document, late: LateBound, answer: Answer) -> str:
    """The document as plain YAML with its late-bound parts answered."""
    if document.text:
        return str(resolved(document.text, late, answer))
    return manifest_text(resolved(document.data, late, answer))


def manifest_text(data: dict[str, Any]) -> str:
    """An object without late-bound parts as plain YAML."""
    return block_yaml(data, str)


def resolved(data: Any, late: LateBound, answer: Answer) -> Any:
    """`data` with each late-bound part in place: text for what stands in text, data for what stands alone."""
    if isinstance(data, str):
        if OPEN not in data:
            return data
        whole = TOKEN.fullmatch(data)
        if whole:
            return answer(late.expressions[int(whole[1])])
        return TOKEN.sub(lambda token: str(answer(late.expressions[int(token[1])])), data)
    if isinstance(data, dict):
        out: dict[Any, Any] = {}
        for key, item in data.items():
            if is_spliced(key):
                out.update(answer(late.expression(key)) or {})
            else:
                out[
                    TOKEN.sub(lambda token: str(answer(late.expressions[int(token[1])])), key)
                    if OPEN in key
                    else key
                ] = resolved(item, late, answer)
        return out
    if isinstance(data, list):
        items: list[Any] = []
        for item in data:
            if is_spliced(item):
                items += answer(late.expression(item)) or []
            else:
                items.append(resolved(item, late, answer))
        return items
    return data
