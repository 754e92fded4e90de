"""Charts pushed to real registries and pulled by the real Helm: what arrives, who may, and what is refused."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml12

from tests.cluster import programs
from tests.registry import server
from tests.registry.server import PASSWORD, USER, Registry
from tests.test_answers import shaped
from tests.test_docs import PLACEHOLDERS, PUSHES

VALUES = "server:\n  replicas: 3\n"
HELMS = tuple(programs.HELM.values())


class Desk:
    """Where somebody works: a folder with charts, and a home of their own for Helm's and Docker's files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        homes = {f"HELM_{name}_HOME": str(folder / "helm" / name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("HELM_", "SSL_"))}
        self.env = {**kept, **homes, "DOCKER_CONFIG": str(folder / "docker"), "HOME": str(folder)}
        self.helm_logins = folder / "helm" / "config" / "registry" / "config.json"
        self.docker_logins = folder / "docker" / "config.json"

    def chartgen(self, *arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        return self._run([sys.executable, "-m", "chartgen", *arguments], stdin, variables)

    def helm(self, version: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        program = programs.program(programs.helm(version), "helm")
        return self._run([str(program), *arguments], "", {})

    def build(self, version: str = "0.1.0", values: str = VALUES, options: tuple[str, ...] = ()) -> Path:
        """The archive that values make."""
        done = self.chartgen("build", "-f", "-", "--version", version, "-q", *options, stdin=values)
        assert done.returncode == 0, done.stderr
        return self.folder / "charts" / f"consul-{version}.tgz"

    def push(self, archive: Path, registry: Registry, *options: str, **variables: str) -> dict[str, Any]:
        """What the command answers; `exit` is its code."""
        plain = () if registry.certificate else ("--plain-http",)
        command = ("push", str(archive), f"oci://{registry.host}/charts", *plain, *options, "--format", "json")
        done = self.chartgen(*command, **variables)
        assert done.stderr == ""
        return {**shaped("push", done.stdout), "exit": done.returncode}

    def codes(self, archive: Path, registry: Registry, *options: str, **variables: str) -> list[str]:
        """The codes of what is in the way."""
        told = self.push(archive, registry, *options, **variables)
        assert "pushed" not in told and told["exit"] in (1, 2)
        return [finding["code"] for finding in told["diagnostics"]]

    def pulled(self, registry: Registry, version: str = "0.1.0", helm: str = HELMS[0]) -> bytes:
        """The archive as the real Helm pulls it."""
        where = self.folder / "pulled"
        shutil.rmtree(where, ignore_errors=True)
        where.mkdir()
        done = self.helm(
            helm, "pull", f"oci://{registry.host}/charts/consul", "--version", version, "--plain-http",
            "-d", str(where),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        (file,) = where.glob("*.tgz")
        return file.read_bytes()

    def _run(
        self, command: list[str], stdin: str, variables: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, input=stdin, text=True, capture_output=True, check=False,
            env={**self.env, **variables}, timeout=300,
        )  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "desk")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with server.running(tmp_path / "open") as running:
        yield running


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def write(path: Path, data: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))


@pytest.mark.parametrize("helm", HELMS)
def test_what_is_pushed_is_what_helm_pulls(helm: str, desk: Desk, registry: Registry) -> None:
    archive = desk.build()
    pushed = desk.push(archive, registry)["pushed"]
    assert pushed["reference"] == f"oci://{registry.host}/charts/consul:0.1.0"
    assert (pushed["written"], pushed["provenance"]) == (True, None)
    pulled = desk.pulled(registry, helm=helm)
    assert pulled == archive.read_bytes() and digest(pulled) == pushed["digest"]
    # the digest of the manifest names the same chart, whatever becomes of the tag
    by_digest = f"{registry.host}/charts/consul@{pushed['manifest']}"
    shown = desk.helm(helm, "show", "chart", f"oci://{by_digest}", "--plain-http")
    assert "name: consul" in shown.stdout, shown.stderr


def test_a_version_with_metadata(desk: Desk, registry: Registry) -> None:
    """A tag takes no plus sign, and Helm knows how to ask for one."""
    archive = desk.build("1.0.0-rc.1+build.7")
    assert desk.push(archive, registry)["pushed"]["reference"].endswith(":1.0.0-rc.1_build.7")
    assert desk.pulled(registry, "1.0.0-rc.1+build.7") == archive.read_bytes()
    assert not desk.push(archive, registry)["pushed"]["written"]


def test_the_same_content_is_pushed_once(desk: Desk, registry: Registry) -> None:
    archive = desk.build()
    first = desk.push(archive, registry)["pushed"]
    # built by somebody else, at another time
    os.utime(archive, (0, 1_000_000_000))
    assert desk.push(archive, registry)["pushed"] == {**first, "written": False}


def test_other_content_is_refused(desk: Desk, registry: Registry) -> None:
    archive = desk.build()
    before = archive.read_bytes()
    desk.push(archive, registry)
    shutil.rmtree(desk.folder / "charts")
    other = desk.build(values="server:\n  replicas: 5\n").read_bytes()
    assert other != before
    told = desk.push(archive, registry)
    (finding,) = told["diagnostics"]
    assert (told["exit"], finding["code"]) == (1, "version-published")
    assert digest(other).removeprefix("sha256:") in finding["found"]
    assert digest(before).removeprefix("sha256:") in finding["expected"]
    assert desk.pulled(registry) == before
    # a version more stands beside it
    assert desk.push(desk.build("0.1.1", "server:\n  replicas: 5\n"), registry)["pushed"]["written"]


def test_the_same_manifest_on_every_machine(desk: Desk, registry: Registry, tmp_path: Path) -> None:
    """Helm writes into it when the archive was; SOURCE_DATE_EPOCH says which time that is."""
    archive = desk.build()
    first = desk.push(archive, registry, SOURCE_DATE_EPOCH="1767225600")["pushed"]
    os.utime(archive, (0, 1_000_000_000))
    with server.running(tmp_path / "second") as another:
        second = desk.push(archive, another, SOURCE_DATE_EPOCH="1767225600")["pushed"]
    assert first["manifest"] == second["manifest"]
    assert desk.codes(archive, registry, SOURCE_DATE_EPOCH="soon") == ["bad-epoch"]


@pytest.mark.parametrize("line", PUSHES)
def test_a_quoted_command_runs(line: str, desk: Desk, registry: Registry, exported: Path) -> None:
    archive = desk.build()
    shutil.copytree(exported, desk.folder, dirs_exist_ok=True)
    (desk.folder / "chartgen.yaml").write_text(
        f"charts: [{{name: consul, registry: 'oci://{registry.host}/charts'}}]\n"
    )
    words = [PLACEHOLDERS.get(word, word) for word in shlex.split(line)[1:]]
    words = [re.sub(r"oci://[^/]+/\w+", f"oci://{registry.host}/charts", word) for word in words]
    words = [word.replace("example.com", "example.com") for word in words]
    done = desk.chartgen(*words, "--plain-http")
    assert done.returncode == 0, done.stderr
    assert f"oci://{registry.host}/charts/consul:0.1.0" in done.stdout
    assert desk.pulled(registry) == archive.read_bytes()


def test_no_plain_http_unasked(desk: Desk, registry: Registry) -> None:
    archive = desk.build()
    done = desk.chartgen("push", str(archive), f"oci://{registry.host}/charts")
    assert done.returncode == 2 and done.stdout == ""
    assert "registry-unreachable" in done.stderr and "--plain-http" in done.stderr
    assert not (registry.folder / "kept").exists()


def test_nobody_there(desk: Desk, registry: Registry) -> None:
    nobody = Registry("127.0.0.1:1", registry.folder)
    assert desk.codes(desk.build(), nobody) == ["registry-unreachable"]


def test_tls(desk: Desk, tmp_path: Path) -> None:
    archive = desk.build()
    with server.running(tmp_path / "tls", tls=True) as registry:
        assert desk.codes(archive, registry) == ["registry-unreachable"]
        assert desk.push(archive, registry, SSL_CERT_FILE=str(registry.certificate))["pushed"]["written"]
        assert desk.codes(archive, registry, "--plain-http") == ["registry-refuses"]


def test_the_charts_of_a_build_file(desk: Desk, registry: Registry) -> None:
    """Each goes where its `registry` says, as it was built last; what is refused stops no other."""

    def push(*options: str) -> dict[str, Any]:
        done = desk.chartgen("push", "--plain-http", "--format", "json", *options)
        return {**shaped("push", done.stdout), "exit": done.returncode}

    (desk.folder / "chartgen.yaml").write_text(
        f"x-place: &place {{registry: 'oci://{registry.host}/charts'}}\n"
        "charts:\n"
        "  - {<<: *place, name: east}\n"
        "  - {<<: *place, name: west, version: v1.4.0, set: {server.replicas: 5}}\n"
        "  - {name: kept}\n"
    )
    told = push()
    assert [(one["code"], one["charts"]) for one in told["diagnostics"]] == [
        ("not-built", ["east"]),
        ("not-built", ["west"]),
    ]
    assert (told["exit"], told["charts"], told["rejected"]) == (1, [], ["east", "west"])
    assert desk.chartgen("build").returncode == 0
    told = push()
    assert [(chart["name"], chart["written"]) for chart in told["charts"]] == [("east", True), ("west", True)]
    assert told["charts"][1]["reference"] == f"oci://{registry.host}/charts/west:1.4.0"
    assert (told["exit"], told["rejected"]) == (0, [])
    shutil.rmtree(desk.folder / "charts")
    assert desk.chartgen("build", "--chart", "east").returncode == 0
    # west is no longer there to be pushed
    assert [chart["written"] for chart in push("--chart", "ea*")["charts"]] == [False]
    done = desk.chartgen("push", "--plain-http")
    assert done.returncode == 1
    assert "3 charts: 1 there already, 1 rejected, 1 without a registry\nrejected: west" in done.stderr


class TestLogins:
    """A registry that wants a name and a password."""

    @pytest.fixture
    def closed(self, tmp_path: Path) -> Iterator[Registry]:
        with server.with_passwords(tmp_path / "closed") as running:
            yield running

    def test_none(self, desk: Desk, closed: Registry) -> None:
        told = desk.push(desk.build(), closed)
        (finding,) = told["diagnostics"]
        assert (told["exit"], finding["code"]) == (2, "registry-login")
        assert f"helm registry login {closed.host}" in finding["hint"]

    def test_a_wrong_one(self, desk: Desk, closed: Registry) -> None:
        login = closed.login
        login["auths"][closed.host]["auth"] = "Y2hhcnRnZW46Z3Vlc3NlZA=="
        write(desk.helm_logins, login)
        told = desk.push(desk.build(), closed)
        assert [finding["code"] for finding in told["diagnostics"]] == ["registry-login"]
        assert "does not take the login" in told["diagnostics"][0]["message"]

    def test_as_helm_writes_it(self, desk: Desk, closed: Registry) -> None:
        told = desk.helm(
            HELMS[0], "registry", "login", closed.host, "--plain-http", "-u", USER, "-p", PASSWORD
        )
        assert told.returncode == 0, told.stderr
        assert desk.helm_logins.is_file()
        archive = desk.build()
        assert desk.push(archive, closed)["pushed"]["written"]
        assert desk.pulled(closed) == archive.read_bytes()

    def test_in_the_file_that_a_variable_names(self, desk: Desk, closed: Registry) -> None:
        file = desk.folder / "logins.json"
        write(file, closed.login)
        assert desk.push(desk.build(), closed, HELM_REGISTRY_CONFIG=str(file))["pushed"]["written"]

    def test_as_docker_writes_it(self, desk: Desk, closed: Registry) -> None:
        write(desk.docker_logins, closed.login)
        assert desk.push(desk.build(), closed)["pushed"]["written"]

    def test_as_a_helper_keeps_it(self, desk: Desk, closed: Registry) -> None:
        """A program of Docker's kind that keeps passwords, which its file names."""
        helper = desk.folder / "bin" / "docker-credential-loopback"
        helper.parent.mkdir()
        kept = json.dumps({"ServerURL": closed.host, "Username": USER, "Secret": PASSWORD})
        helper.write_text(f"#!/bin/sh\necho '{kept}'\n")
        helper.chmod(0o755)
        write(desk.docker_logins, {"credsStore": "loopback"})
        path = f"{helper.parent}{os.pathsep}{os.environ['PATH']}"
        assert desk.push(desk.build(), closed, PATH=path)["pushed"]["written"]

    def test_no_permission(self, desk: Desk, tmp_path: Path) -> None:
        archive = desk.build()
        with server.read_only(tmp_path / "read-only") as registry:
            assert desk.codes(archive, registry) == ["registry-denied"]
            write(desk.docker_logins, registry.login)
            assert desk.codes(archive, registry) == ["registry-denied"]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with secring.gpg and pubring.gpg: keys of `ops` and, behind the passphrase in `passphrase`, of `safe`."""
    if shutil.which("gpg") is None:
        pytest.skip("gpg is missing, which makes the keys")
    folder = tmp_path_factory.mktemp("exported")
    # the path of its agent's socket may not be long
    with tempfile.TemporaryDirectory(prefix="gpg-", dir="/tmp") as home:

        def gpg(*command: str, passphrase: str = "") -> bytes:
            options = ("--homedir", home, "--batch", "--pinentry-mode", "loopback", "--passphrase", passphrase)
            return subprocess.run(["gpg", *options, *command], check=True, capture_output=True).stdout

        try:
            secret = b""
            for name, kind, passphrase in (
                ("ops@example.com", "ed25519", ""),
                ("safe@example.com", "rsa2048", "open"),
            ):
                gpg("--quick-generate-key", name, kind, "sign", "never", passphrase=passphrase)
                secret += gpg("--export-secret-keys", name, passphrase=passphrase)
            (folder / "secring.gpg").write_bytes(secret)
            (folder / "pubring.gpg").write_bytes(gpg("--export"))
            (folder / "passphrase").write_text("open\n")
            listed = gpg("--with-colons", "--list-keys", "ops@example.com").decode()
            (folder / "ops.fingerprint").write_text(re.findall("^fpr:+([0-9A-F]+):", listed, re.M)[0])
            yield folder
        finally:
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)


class TestSigned:
    """Archives with a .prov file, made with keys as gpg exports them."""

    @pytest.fixture
    def keys(self, desk: Desk, exported: Path) -> Path:
        """The desk's folder, with the keys."""
        shutil.copytree(exported, desk.folder, dirs_exist_ok=True)
        return desk.folder

    SIGN = ("--sign", "--keyring", "secring.gpg", "--key")

    @pytest.mark.parametrize("helm", HELMS)
    def test_helm_verifies_it(self, helm: str, desk: Desk, registry: Registry, keys: Path) -> None:
        archive = desk.build()
        pushed = desk.push(archive, registry, *self.SIGN, "ops")["pushed"]
        assert pushed["provenance"] == f"{archive}.prov"
        assert digest(archive.read_bytes()) == pushed["digest"]
        keyring = ("--keyring", str(keys / "pubring.gpg"))
        verified = desk.helm(helm, "verify", str(archive), *keyring)
        assert verified.returncode == 0 and "ops@example.com" in verified.stdout, verified.stderr
        reference = f"oci://{registry.host}/charts/consul"
        done = desk.helm(helm, "pull", reference, "--version", "0.1.0", "--plain-http", "--verify", *keyring)
        assert done.returncode == 0, done.stderr
        assert (desk.folder / archive.name).read_bytes() == archive.read_bytes()
        # once is enough
        assert not desk.push(archive, registry)["pushed"]["written"]

    def test_a_signature_can_come_later(self, desk: Desk, registry: Registry, keys: Path) -> None:
        archive = desk.build()
        assert desk.push(archive, registry)["pushed"]["written"]
        signed = desk.push(archive, registry, *self.SIGN, "safe", "--passphrase-file", "passphrase")["pushed"]
        assert signed["written"]
        keyring = ("--keyring", str(keys / "pubring.gpg"))
        done = desk.helm(
            HELMS[0], "pull", f"oci://{registry.host}/charts/consul", "--version", "0.1.0", "--plain-http", "--verify",
            *keyring,
        )  # fmt: skip
        assert done.returncode == 0 and "safe@example.com" in done.stdout, done.stderr

    @pytest.mark.parametrize(
        ("options", "code"),
        [
            (("nobody",), "cannot-be-signed"),
            # the key is behind a passphrase
            (("safe",), "cannot-be-signed"),
            (("safe", "--passphrase-file", "pubring.gpg"), "cannot-be-signed"),
            (("safe", "--passphrase-file", "nowhere"), "file-not-found"),
            (("ops", "--keyring", "nowhere"), "file-not-found"),
            (("ops", "--keyring", "passphrase"), "cannot-be-signed"),
        ],
    )
    def test_no_key(
        self, options: tuple[str, ...], code: str, desk: Desk, registry: Registry, keys: Path
    ) -> None:
        archive = desk.build()
        assert desk.codes(archive, registry, *self.SIGN, *options) == [code]
        assert not Path(f"{archive}.prov").exists()
        # nothing was pushed unsigned in its stead
        assert desk.push(archive, registry)["pushed"]["written"]

    def test_what_the_chart_says_of_its_key(self, desk: Desk, registry: Registry, keys: Path) -> None:
        fingerprint = (keys / "ops.fingerprint").read_text()
        key = ("--sign-key", fingerprint.lower(), "https://example.com/ops.asc")
        archive = desk.build(options=key)
        assert desk.chartgen("verify", str(archive)).returncode == 0
        assert desk.codes(archive, registry) == ["signature-missing"]
        assert desk.codes(archive, registry, *self.SIGN, "safe", "--passphrase-file", "passphrase") == [
            "signature-of-another"
        ]
        assert desk.push(archive, registry, *self.SIGN, "ops")["pushed"]["written"]
        shown = desk.helm(
            HELMS[0], "show", "chart", f"oci://{registry.host}/charts/consul", "--plain-http"
        ).stdout
        said = yaml12.parse_yaml(yaml12.parse_yaml(shown)["annotations"]["artifacthub.io/signKey"])
        assert said == {"fingerprint": fingerprint, "url": "https://example.com/ops.asc"}
        verified = desk.helm(HELMS[0], "verify", str(archive), "--keyring", str(keys / "pubring.gpg")).stdout
        assert f"Fingerprint: {fingerprint}" in verified

    def test_a_signature_of_another(self, desk: Desk, registry: Registry, keys: Path) -> None:
        archive = desk.build()
        desk.push(archive, registry, *self.SIGN, "ops")
        other = desk.build("0.1.1")
        shutil.copy(f"{archive}.prov", f"{other}.prov")
        assert desk.codes(other, registry) == ["signature-of-another"]
        assert desk.push(other, registry, *self.SIGN, "ops")["pushed"]["written"]
