"""What templates see: the values, what follows from them, the names of a release, and a few functions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from chartgen import names
from chartgen.diagnostics import Path
from chartgen.kubernetes import image_name
from chartgen.late import HOLE, LateBound, go_entry, go_quote
from chartgen.records import NamedTuple
from chartgen.render import components, live, runtime, scalar, sources
from chartgen.render.document import block_yaml, data_of, pruned
from chartgen.settings import Settings
from chartgen.values import helm_scalar
from chartgen.values.reads import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from chartgen.render.holes import Checksums
    from chartgen.render.parts import Parts

    T = TypeVar("T")


class WrongForm(Exception):
    """Text in which YAML of another form was to be found."""


class Context(NamedTuple):
    """What templates see, as functions and data; one per compilation."""

    values: Section
    settings: Settings
    late: LateBound
    kube_version: tuple[int, int] | None = None
    # what is known of parts that other files' documents have, too
    parts: Parts | None = None
    # where names have holes, those for checksums
    sums: Checksums | None = None

    def variables(self) -> dict[str, Any]:
        late = self.late
        world = self.values["global"]
        given = names.given(self.values)
        fullname = given or late.token('include "consul.fullname" .')
        # under an alias in a parent chart it is another one, so that two of them do not share labels
        chart_name = names.app(self.values) or late.token('include "consul.name" .')
        release = {
            "name": late.token(".Release.Name"),
            "namespace": late.token(".Release.Namespace"),
            # short enough for a name that begins with "data-"
            "short_namespace": late.token("trunc 58 .Release.Namespace"),
            "service": late.token(".Release.Service"),
        }

        def labels(component: str, **more: Any) -> dict[str, Any]:
            common = {
                "app": chart_name,
                "chart": "consul-helm",
                "heritage": release["service"],
                "release": release["name"],
                "component": component,
            }
            return {**common, **more}

        texts: dict[str, tuple[str, frozenset[Path]]] = {}

        def rendered(source: str) -> str:
            """What a template comes to: made once, and read by whoever asks."""
            if source not in texts:
                template = runtime.shared().get_template(source)
                texts[source] = self.values.reads.of(lambda: template.render(variables))
            text, read = texts[source]
            self.values.reads.paths |= read
            return text

        def checksum(*sources: str) -> str:
            """Of what these templates make: a pod that mounts it is replaced when that changes, and only then.

            Of the objects, and not of their text: a blank line or a comment in a template changes nothing.
            """
            read = data_of if self.parts is None else self.parts.read
            made = [read(rendered(source)) for source in sources]
            text = scalar.json_text(made)
            return checksum_of(text, late) if self.sums is None or HOLE not in text else self.sums.hole(text)

        variables: dict[str, Any] = {
            "values": self.values,
            "global": world,
            "settings": self.settings,
            "release": release,
            "late": late,
            "given_name": given,
            "fullname": fullname,
            "app": chart_name,
            "name": lambda suffix: f"{fullname}-{suffix}",
            "labels": labels,
            "selector": lambda component, **more: {
                "app": chart_name,
                "release": release["name"],
                "component": component,
                **more,
            },
            "as_map": self.structure,
            "as_list": lambda value: self.structure(value, is_list=True),
            "as_config": self.config,
            "go_quote": lambda value: go_quote(helm_scalar.go_text(value)),
            "go_entry": lambda of, key: go_entry(of, helm_scalar.go_text(key)),
            "live": lambda expression: late.token(expression, plain=True),
            # a key whose default a null took away is no key
            "json_string": lambda value, indent=2: scalar.json_text(pruned(value), indent),
            "yaml_string": lambda value: block_yaml(value, str),
            "checksum": checksum,
            # as text, to be written wherever a command is wanted
            "script": rendered,
            "chart": components.chart(),
            # without a target version, what the oldest maintained Kubernetes has is taken to be there
            "kube_at_least": lambda minor: self.kube_version is None or self.kube_version >= (1, minor),
            "merge": _merged,
            "image_tag": _tag,
            "refuse": _refuse,
        }
        variables["imports"] = sources.Imports(variables, self.values.reads)
        return variables

    def structure(self, value: Any, *, is_list: bool = False) -> Any:
        """A map or list that users may also write as a string of YAML in which Helm expands templates."""
        if not isinstance(value, str) or not value.strip():
            return value or None
        return self._expanded(value, lambda: live.structure(value, self.values, self.late, is_list=is_list))

    def config(self, value: Any) -> str:
        """The text of a configuration file, in which Helm expands templates."""
        if not isinstance(value, str):
            return scalar.json_text(value)
        return self._expanded(value, lambda: live.config(value, self.values, self.late))

    def _expanded(self, text: str, expand: Callable[[], T]) -> T:
        """What a user's own template comes to, which may do whatever it likes with a name."""
        if self.sums is None:
            return expand()
        from chartgen.render import holes

        made, read = self.values.reads.of(expand)
        if HOLE in text or holes.is_read(read):
            raise holes.NoForm(text)
        return made


def checksum_of(text: str, late: LateBound) -> str:
    """That of a text as Helm has it."""
    return hashlib.sha256(late.template(text).encode()).hexdigest()


def _merged(*maps: Any) -> dict[Any, Any]:
    """The entries of all `maps`, the last winning; None and what is empty add nothing."""
    given = [given_ for given_ in maps if given_]
    for given_ in given:
        if not isinstance(given_, dict):
            raise WrongForm(f"text that holds a map is wanted, not {given_!r}")
    return {key: item for given_ in given for key, item in given_.items()}


def _tag(image: str) -> str:
    """The tag of an image, of which a registry's port and a digest are no part; "" for none."""
    parts = image_name.reference(image)
    return parts.tag if parts is not None else image.partition(":")[2].partition(":")[0]


def _refuse(message: str, text: str) -> None:
    raise scalar.Unwritable(message, text)
