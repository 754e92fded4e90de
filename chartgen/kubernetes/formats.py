"""The forms of single values: names, labels, amounts, addresses. None says that a text is right, text what is expected.

Text that is not known yet (late-bound, or yielded by a template action) has any form.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from chartgen import lazy_regex
from chartgen.late import OPEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Form = Callable[[str], "str | None"]

LABEL_LENGTH, SUBDOMAIN_LENGTH = 63, 253
# stands for a template action in text that is read before Helm has expanded it (Unicode's private use)
_ACTION = "\ue000"
_LABEL = lazy_regex.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_1035 = lazy_regex.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = lazy_regex.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_NAME_PART = lazy_regex.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_CONFIG_KEY = lazy_regex.compile(r"[-._a-zA-Z0-9]+")
_PORT_NAME = lazy_regex.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ENVIRONMENT_NAME = lazy_regex.compile(r"[ -<>-~]+")
_HEADER_NAME = lazy_regex.compile(r"[-A-Za-z0-9]+")
_SYSCTL = lazy_regex.compile(r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?")
_PERCENT = lazy_regex.compile(r"[0-9]+%")
_QUANTITY = lazy_regex.compile(r"([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)([numkMGTPE]?|[KMGTPE]i|[eE][+-]?[0-9]{1,3})")
_FACTORS = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    **{f"{prefix}i": 1024.0**power for power, prefix in enumerate("KMGTPE", 1)},
}  # fmt: skip


def unknown(value: Any) -> bool:
    """True for text of which a part is only known at install time."""
    return isinstance(value, str) and (OPEN in value or _ACTION in value)


def dns_label(text: str) -> str | None:
    """A DNS label (RFC 1123): names of namespaces, containers, volumes."""
    if unknown(text) or (_LABEL.fullmatch(text) and len(text) <= LABEL_LENGTH):
        return None
    return "at most 63 lower-case letters, digits and hyphens, with a letter or digit at both ends"


def service_name(text: str) -> str | None:
    """A DNS label that begins with a letter (RFC 1035): names of Services before Kubernetes 1.36."""
    if unknown(text) or (_LABEL_1035.fullmatch(text) and len(text) <= LABEL_LENGTH):
        return None
    return "at most 63 lower-case letters, digits and hyphens, beginning with a letter"


def dns_subdomain(text: str) -> str | None:
    """DNS labels joined by dots: names of most objects."""
    if unknown(text) or (_SUBDOMAIN.fullmatch(text) and len(text) <= SUBDOMAIN_LENGTH):
        return None
    return "at most 253 lower-case letters, digits, hyphens and dots, with a letter or digit at both ends of each part"


def qualified_name(text: str) -> str | None:
    """A name of at most 63 characters, with or without a domain and a slash in front: keys of labels, resources."""
    if unknown(text):
        return None
    domain, slash, name = text.rpartition("/")
    if slash and (dns_subdomain(domain) or "/" in domain):
        return "a key such as team or example.com/team"
    if not _NAME_PART.fullmatch(name) or len(name) > LABEL_LENGTH:
        return "a key such as team or example.com/team, at most 63 characters after the slash"
    return None


def annotation_key(text: str) -> str | None:
    """A qualified name in which capitals count as small letters."""
    return qualified_name(text.lower())


def label_value(text: str) -> str | None:
    """The value of a label: at most 63 characters, may be empty."""
    if unknown(text) or not text or (_NAME_PART.fullmatch(text) and len(text) <= LABEL_LENGTH):
        return None
    return 'at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends'


def environment_name(text: str) -> str | None:
    """The name of an environment variable, as Kubernetes 1.32 and later take it."""
    if unknown(text) or _ENVIRONMENT_NAME.fullmatch(text):
        return None
    return 'printable ASCII without "="'


def config_key(text: str) -> str | None:
    """A key of a ConfigMap or Secret."""
    if unknown(text):
        return None
    if (
        _CONFIG_KEY.fullmatch(text)
        and len(text) <= SUBDOMAIN_LENGTH
        and text != "."
        and not text.startswith("..")
    ):
        return None
    return 'letters, digits, "-", "_" and ".", not beginning with ".."'


def port_name(text: str) -> str | None:
    """The name of a container's port (RFC 6335)."""
    if unknown(text) or (_PORT_NAME.fullmatch(text) and len(text) <= 15 and re.search("[a-z]", text)):
        return None
    return "at most 15 lower-case letters, digits and single hyphens inside, at least one letter"


def header_name(text: str) -> str | None:
    """The name of an HTTP header."""
    return None if unknown(text) or _HEADER_NAME.fullmatch(text) else 'letters, digits and "-"'


def sysctl_name(text: str) -> str | None:
    """The name of a kernel parameter."""
    return (
        None
        if unknown(text) or (_SYSCTL.fullmatch(text) and len(text) <= SUBDOMAIN_LENGTH)
        else "a name such as net.core.somaxconn"
    )


def local_path(text: str) -> str | None:
    """A path that stays below the folder it starts in."""
    if unknown(text):
        return None
    if text.startswith("/"):
        return "a path that does not begin with /"
    return "a path without .." if ".." in text.split("/") else None


def local_unreserved_path(text: str) -> str | None:
    """A local path that is none of those that the kubelet keeps its own files at."""
    if not unknown(text) and text.startswith(".."):
        return "a path that does not begin with .."
    return local_path(text)


def ip_address(text: str) -> str | None:
    """An IPv4 or IPv6 address as Kubernetes writes it: no leading zeros, no IPv4 inside IPv6."""
    if unknown(text):
        return None
    # few values hold an address
    import ipaddress

    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "an IP address such as 10.0.0.10 or fd00::10"
    if "%" in text or (isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped):
        return "an IP address such as 10.0.0.10 or fd00::10"
    return None


def ip_family(text: str) -> int | None:
    """4 or 6; None for what is no address."""
    import ipaddress

    try:
        return ipaddress.ip_address(text).version
    except ValueError:
        return None


def cidr(text: str) -> str | None:
    """A block of addresses as Kubernetes 1.36 and later take it: no bits beyond its length, no IPv4 inside IPv6."""
    if unknown(text):
        return None
    import ipaddress

    try:
        block = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return "a block of addresses such as 10.0.0.0/8"
    inside = isinstance(block, ipaddress.IPv6Network) and block.network_address.ipv4_mapped
    if "/" not in text or inside:
        return "a block of addresses such as 10.0.0.0/8"
    written = ipaddress.ip_address(text.strip().partition("/")[0])
    return None if written == block.network_address else f"{block}, without bits beyond the length"


def amount(quantity: Any) -> float | None:
    """A Kubernetes quantity in its unit (cores, bytes); None for what is none."""
    return _amount(str(quantity)) if not isinstance(quantity, bool) else None


# most are one of a few
@lru_cache(maxsize=1000)
def _amount(quantity: str) -> float | None:
    match = _QUANTITY.fullmatch(quantity)
    if match is None:
        return None
    sign, number, suffix = match.groups()
    if suffix in _FACTORS:
        factor = _FACTORS[suffix]
    else:
        exponent = int(suffix[1:])
        factor = 10.0**exponent if abs(exponent) < 300 else float("inf") if exponent > 0 else 0.0
    size = float(number) * factor if float(number) else 0.0
    return -size if sign == "-" else size


def percent(value: Any) -> int | None:
    """The number before the sign of `25%`; None for what is no share."""
    return int(value[:-1]) if isinstance(value, str) and _PERCENT.fullmatch(value) else None
