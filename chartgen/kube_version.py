"""Versions of Kubernetes as people write them."""

from __future__ import annotations

import re

from chartgen.diagnostics import Diagnostic, Rejected

OLDEST = (1, 22)
# the oldest series that is still maintained (kubernetes.io/releases): where no version is named, objects suit it and those
# after it
MAINTAINED = (1, 35)
# the newest release that is known here; a chart made for it is one for those after it, as far as can be told
NEWEST = (1, 37)


def parsed(text: str | None) -> tuple[int, int] | None:
    """(major, minor) of a version such as `1.30`, `v1.30.4` or `1.30.4-gke.1`; None for none.

    Raises Rejected for text that is no version.
    """
    if text is None:
        return None
    match = re.match(r"v?(\d+)\.(\d+)(?:[.+-].*)?$", text.strip())
    if match is None:
        raise Rejected(
            [
                Diagnostic(
                    "bad-kube-version",
                    "not a Kubernetes version",
                    found=text,
                    expected="such as 1.30 or v1.30.4",
                )
            ]
        )
    return int(match[1]), int(match[2])


def findings(text: str | None) -> list[Diagnostic]:
    """The finding that the cluster is older than what the objects need, if it is."""
    pair = parsed(text)
    if pair is None or OLDEST <= pair <= NEWEST:
        return []
    if pair > NEWEST:
        known = f"1.22 to {NEWEST[0]}.{NEWEST[1]}"
        return [
            Diagnostic(
                "kubernetes-unknown",
                "nothing is known about this version of Kubernetes",
                "unwise" if pair[0] == NEWEST[0] else "refused",
                found=text or "",
                expected=known,
                hint=f"objects are as for {NEWEST[0]}.{NEWEST[1]}" if pair[0] == NEWEST[0] else "",
            )
        ]
    return [
        Diagnostic(
            "kubernetes-too-old",
            "Consul's objects use APIs that this Kubernetes does not have",
            found=text or "",
            expected="1.22 or newer",
            hint="upgrade the cluster first",
        )
    ]
