"""Pushes an archive to an OCI registry, through Helm's own engine: its file of logins (and Docker's), its media types, its
tags.

What stands in a registry under a version is published: it is never overwritten with other content.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from chartgen.chart import index, metadata, packed
from chartgen.diagnostics import Diagnostic, Rejected, Span
from chartgen.publishing.version import AUTO
from chartgen.values import source

SCHEME = "oci://"
# the name of a repository, by the "Distribution Specification" of the Open Container Initiative
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?")
_NOBODY = ("credential not found",)
_NOT_LET_IN = (*_NOBODY, "status code 401", "status code 403")
# none of these can be part of an address, which the engine's words hold, too
_UNREACHED = (
    "dial tcp", "server gave HTTP response to HTTPS client", "tls: ", "x509: ", "i/o timeout", "deadline exceeded", ": EOF",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Key:
    """What a chart is signed with, as `helm package --sign` has it."""

    name: str
    keyring: str
    passphrase_file: str | None = None


@dataclass(frozen=True, slots=True)
class Pushed:
    """A chart in a registry: its reference, the digest of what the tag names there, the SHA-256 of its archive, the file that
    signs it, and whether it was pushed now."""

    reference: str
    manifest: str
    digest: str
    provenance: str | None
    written: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """Where charts go: `oci://HOST/REPOSITORY`."""

    remote: str
    host: str


def push(archive: str, remote: str, *, plain_http: bool = False, key: Key | None = None) -> Pushed:
    """Pushes the archive of a chart to `remote`, such as oci://registry.example.com/charts. With a key it is signed first;
    a .prov file beside it goes along.

    Raises Rejected where there is no such chart, registry, login, permission or key, and where the version is there with other
    content.
    """
    place = _place(remote)
    about = _about(archive)
    name, version = about["name"], about["version"]
    engine = _engine()
    for path in (key.keyring, key.passphrase_file) if key else ():
        if path is not None and not Path(path).is_file():
            _reject("file-not-found", f"there is no file {path}", path)
    reference = f"{place.remote}/{name}"
    # a tag takes no plus sign: Helm writes another one in its place
    tagged = f"{reference}:{version.replace('+', '_')}"
    with tempfile.TemporaryDirectory() as folder:
        copy, digest = _copied(archive, Path(folder) / f"{name}-{version}.tgz")
        signed = Path(f"{archive}.prov")
        if key is None and signed.is_file():
            _check_signed(signed, digest)
            shutil.copyfile(signed, f"{copy}.prov")
        with _registry(engine, place, plain_http) as client:
            with _words(engine, place, plain_http):
                before = _manifest(engine, client, tagged)
                if before is not None:
                    there = _published(client, reference, version, plain_http)
                    if there != digest:
                        _reject(
                            "version-published",
                            f"{tagged} is published with other content",
                            archive,
                            found=f"sha256 {digest}",
                            expected=f"sha256 {there}",
                            hint="build under the next version, which `chartgen build` finds by itself, and push that",
                        )
            if key is not None:
                _sign(engine, archive, copy, key)
            provenance = Path(f"{copy}.prov").is_file()
            if (said := metadata.sign_key_in(about.get("annotations") or {})) is not None:
                _check_said(archive, said[0], Path(f"{copy}.prov") if provenance else None, key)
            manifest = before
            if manifest is None or provenance:
                with _words(engine, place, plain_http, pushing=True):
                    client.push(str(copy), place.remote, plain_http=plain_http)
                    manifest = str(client.resolve(tagged)["digest"])
        if key is not None:
            shutil.move(f"{copy}.prov", signed)
    return Pushed(tagged, manifest, digest, str(signed) if provenance else None, written=manifest != before)


def built(folder: str, name: str, version: str = AUTO) -> str:
    """The archive of a chart that is published in a folder, in this version or, for `auto`, in the newest.

    Raises Rejected where there is none.
    """
    known = index.read(Path(folder))
    if version == AUTO:
        entry = next(iter(known.entries.get(name, ())), None)
    else:
        entry = known.entry(name, str(index.parsed(version)))
    if entry is None:
        which = name if version == AUTO else f"{name} {version}"
        _reject("not-built", f"{which} is not in {folder}", f"{folder}/{index.FILE}", hint="chartgen build makes it")
    return str(Path(folder) / f"{name}-{entry['version']}.tgz")


def _place(remote: str) -> _Place:
    """The place that a text names; Rejected for one that names none."""
    scheme, _, rest = remote.partition("://")
    host, _, repository = rest.rstrip("/").partition("/")
    if f"{scheme}://" != SCHEME or not _HOST.fullmatch(host) or not _REPOSITORY.fullmatch(repository):
        _reject(
            "bad-registry",
            f"{remote} is no place in a registry",
            "chartgen push",
            found=remote,
            expected="such as oci://registry.example.com/charts: a host, then a name in small letters",
        )
    return _Place(f"{SCHEME}{host}/{repository}", host)


def _about(archive: str) -> Mapping[str, Any]:
    """What a chart says of itself, its name and version in any case; Rejected where it does not."""
    if Path(archive).is_dir():
        hint = "name the .tgz, which `chartgen build` writes beside it"
        _reject("no-chart", f"{archive} is a folder, and an archive is pushed", archive, hint=hint)
    about: Mapping[str, Any] = source.read_text(
        packed.files(Path(archive))["Chart.yaml"], f"{archive}/Chart.yaml"
    ).data
    name, version = about.get("name"), about.get("version")
    try:
        known = isinstance(name, str) and isinstance(version, str) and bool(index.parsed(version))
    except ValueError:
        known = False
    if not known:
        _reject(
            "no-chart",
            "the chart does not say its name and version",
            f"{archive}/Chart.yaml",
            found=f"name {name}, version {version}",
            expected="a name, and a semantic version such as 1.4.0",
        )
    return about


def _copied(archive: str, copy: Path) -> tuple[Path, str]:
    """A copy of an archive, which nobody changes while it is pushed, and its SHA-256.

    Helm tells a registry that a chart was made when its file was written: what SOURCE_DATE_EPOCH says counts more.
    """
    shutil.copy2(archive, copy)
    made = index.epoch()
    if made is not None:
        os.utime(copy, (made, made))
    return copy, hashlib.sha256(copy.read_bytes()).hexdigest()


def _check_signed(signed: Path, digest: str) -> None:
    if digest not in signed.read_text(encoding="utf-8", errors="replace"):
        _reject(
            "signature-of-another",
            f"{signed} signs another archive than the one beside it",
            str(signed),
            expected=f"sha256 {digest} in it",
            hint="sign the archive again, with --sign, or remove the file",
        )


def _manifest(engine: Any, client: Any, tagged: str) -> str | None:
    """The digest of what a tag names; None where it names nothing."""
    try:
        return str(client.resolve(tagged)["digest"])
    except engine.HelmError as error:
        # whatever else is not found (a host, a login) is told with other words before it
        if _line(error).endswith(f"{tagged.removeprefix(SCHEME)}: not found"):
            return None
        raise


def _published(client: Any, reference: str, version: str, plain_http: bool) -> str:
    """The SHA-256 of the archive that a registry has under a version."""
    with tempfile.TemporaryDirectory() as folder:
        client.pull(reference, version=version, destination=folder, plain_http=plain_http)
        (pulled,) = Path(folder).glob("*.tgz")
        return hashlib.sha256(pulled.read_bytes()).hexdigest()


def _sign(engine: Any, archive: str, copy: Path, key: Key) -> None:
    """Signs the copy, into a .prov file beside it."""
    try:
        engine.sign(str(copy), key=key.name, keyring=key.keyring, passphrase_file=key.passphrase_file)
    except engine.HelmError as error:
        _reject(
            "cannot-be-signed",
            f"{archive} cannot be signed: {_line(error)}",
            key.keyring,
            found=key.name,
            hint="`gpg --export-secret-keys > FILE` writes the keyring that Helm reads; a key with a passphrase needs "
            "--passphrase-file",
        )


def _check_said(archive: str, fingerprint: str, signed: Path | None, key: Key | None) -> None:
    """Rejects a chart that says it is signed with a key and is not."""
    if signed is None:
        _reject(
            "signature-missing",
            f"{archive} says which key signs it, and is not signed",
            archive,
            found=f"{metadata.SIGN_KEY} with the fingerprint {fingerprint}",
            expected=f"a signature in {archive}.prov",
            hint="--sign, --key and --keyring make it",
        )
    # Helm signs with the primary key, whose fingerprint it is; others may sign with a key below it
    if key is not None and not _is_by(signed.read_text(encoding="utf-8"), fingerprint):
        _reject(
            "signature-of-another",
            f"{archive} says that another key signs it",
            key.keyring,
            found=key.name,
            expected=f"the key with the fingerprint {fingerprint}",
        )


def _is_by(signed: str, fingerprint: str) -> bool:
    """Whether a key has made a signature: each names its maker by the end of a fingerprint ("OpenPGP", RFC 9580, 5.2.3.12)."""
    _, _, armoured = signed.partition("-----BEGIN PGP SIGNATURE-----")
    # headers end with an empty line, and the checksum begins with a sign that base64 has only at its end
    lines = armoured.partition("-----END")[0].partition("\n\n")[2].split("\n")
    try:
        made = base64.b64decode("".join(line for line in lines if not line.startswith("=")))
    except binascii.Error:
        return False
    return bytes.fromhex(fingerprint)[-8:] in made


@contextmanager
def _registry(engine: Any, place: _Place, plain_http: bool) -> Iterator[Any]:
    # the engine finds Helm's file and Docker's in their usual places by itself, but knows nothing of this variable of Helm's
    logins = os.environ.get("HELM_REGISTRY_CONFIG")
    with (
        _words(engine, place, plain_http),
        engine.RegistryClient(plain_http=plain_http, credentials_file=logins) as client,
    ):
        yield client


@contextmanager
def _words(engine: Any, place: _Place, plain_http: bool, *, pushing: bool = False) -> Iterator[None]:
    """Turns what Helm's engine raises into a finding that says what to do."""
    try:
        yield
    except engine.HelmError as error:
        code, message, hint = _told(_line(error), place, plain_http, pushing)
        _reject(code, message, place.remote, found=_line(error), hint=hint)


def _told(text: str, place: _Place, plain_http: bool, pushing: bool) -> tuple[str, str, str]:
    """What Helm's words come to: (code, message, hint)."""
    host = place.host
    login = f"helm registry login {host}, or docker login {host}"
    if any(words in text for words in _NOT_LET_IN):
        # whoever can read, or needs not log in to read, and is not let in to push, may not push
        if pushing or "status code 403" in text:
            message = f"{host} does not let this login push to {place.remote}"
            return "registry-denied", message, f"log in as somebody who may: {login}"
        nobody = any(words in text for words in _NOBODY)
        message = f"{host} asks for a login" if nobody else f"{host} does not take the login that is there"
        return "registry-login", message, login
    if any(words in text for words in _UNREACHED):
        hint = f"is there a registry at {host}?"
        if "HTTP response to HTTPS" in text:
            hint = f"{host} speaks no TLS: --plain-http, if it is meant to"
        elif "x509: " in text or "tls: " in text:
            hint = "SSL_CERT_FILE names a file of certificates that are trusted"
        return "registry-unreachable", f"{host} cannot be reached as a registry", hint
    if plain_http and "status code 400" in text:
        return "registry-refuses", f"{host} refuses plain HTTP", "leave --plain-http out if it speaks TLS"
    if pushing and ("not found" in text or "status code 404" in text):
        hint = "some registries want a repository to be made before it is pushed to"
        return "registry-refuses", f"{host} has no such repository", hint
    return "registry-refuses", f"{host} does not take the chart", ""


def _engine() -> Any:
    try:
        import helm_python
    except ImportError:
        _reject(
            "needs-helm-engine",
            "a chart is pushed by the Helm engine, which is not installed",
            "chartgen push",
            hint="pip install 'chartgen[helm]'",
        )
    return helm_python


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _reject(code: str, message: str, place: str, **details: Any) -> NoReturn:
    raise Rejected([Diagnostic(code, message, spans=(Span(place, 0, 0),), **details)])
