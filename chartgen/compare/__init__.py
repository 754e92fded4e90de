"""Two states of a release beside each other: what differs, what that means, what an upgrade from one to the other does.

`changes` finds what differs in two sequences of objects, `meaning` tells what only is written otherwise, `stored` is how an
API server keeps an object, `immutable` what it refuses to change in one that exists, `verdict` what each change
leads to in Kubernetes, `consul` what Consul makes of it.
"""

from __future__ import annotations

from chartgen.compare.changes import Change, FieldChange, changes, is_stored_alike, means_the_same
from chartgen.compare.consequences import Consequence
from chartgen.compare.consul import Advice, advice
from chartgen.compare.verdict import Bump, Judged, bump, consequence, judged

__all__ = [
    "Advice",
    "Bump",
    "Change",
    "Consequence",
    "FieldChange",
    "Judged",
    "advice",
    "bump",
    "changes",
    "consequence",
    "is_stored_alike",
    "judged",
    "means_the_same",
]
