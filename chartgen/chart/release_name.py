"""How long a release's name may be, where the names of a chart's objects begin with it, and the chart's own guard."""

from __future__ import annotations

from collections.abc import Iterable

from chartgen import names
from chartgen.kubernetes import names as limits
from chartgen.late import OPEN, TOKEN, LateBound
from chartgen.records import NamedTuple
from chartgen.render.document import Document

FILE = "release-name.yaml"
_FULLNAME = 'include "consul.fullname" .'
_RELEASE = ".Release.Name"
# what Helm itself takes
_MOST = 53
# it yields no object: it has Helm stop. The chart's own name, which may be an alias, stands between the release's and the rest.
_GUARD = """\
{{- $name := include "consul.fullname" . }}
{{- if gt (len $name) @FULLNAME@ }}
{{- $most := sub @FULLNAME@ (add1 (len (include "consul.name" .))) }}
{{- fail (printf "the release's name %s is too long: this chart takes at most %d characters, as a @KIND@ is called %s@ENDING@" .Release.Name $most $name) }}
{{- else if contains "." $name }}
{{- fail (printf "the release's name %s has a dot, and names of Services, which begin with it, have none" .Release.Name) }}
{{- end }}
"""


class ReleaseName(NamedTuple):
    """The most characters of a release's name, and of what all names begin with; the kind of the object that leaves no
    more, and what its name ends with."""

    most: int
    fullname: int
    kind: str
    ending: str

    def guard(self) -> str:
        """The text of a file of the chart that has Helm refuse names that do not fit."""
        text = _GUARD.replace("@FULLNAME@", str(self.fullname))
        return text.replace("@KIND@", self.kind).replace("@ENDING@", self.ending)

    def fits(self, release: str) -> bool:
        """Whether a chart under its own name takes the release's."""
        return len(release) <= self.most and "." not in release


def longest(documents: Iterable[Document], late: LateBound, app: str) -> ReleaseName | None:
    """What fits the names of all documents; None where any name that Helm takes does. `app` follows the release's name."""
    fullname, release = late.token(_FULLNAME), late.token(_RELEASE)
    between = len(app or names.CHART) + 1
    tightest: ReleaseName | None = None
    for document in documents:
        for text, most in limits.lengths(document.head):
            if text.count(OPEN) != 1 or not (fullname in text or release in text):
                continue
            left = most - len(TOKEN.sub("", text)) - (between if fullname in text else 0)
            if left < _MOST and (tightest is None or left < tightest.most):
                ending = text.partition(fullname if fullname in text else release)[2]
                tightest = ReleaseName(left, left + between, document.kind, ending)
    return tightest
