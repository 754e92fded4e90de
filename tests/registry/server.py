"""OCI registries on loopback, of the real registry's program: open, with passwords, with tokens, with TLS.

Each keeps what it is given in a folder of its own, and ends with the `with` that started it.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.cluster import programs

USER, PASSWORD = "chartgen", "secret"
# of PASSWORD, as `htpasswd -B` makes them
_HASH = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
# what does not come up fails the run instead of hanging it
_PATIENCE = 60


@dataclass(frozen=True)
class Registry:
    """A running registry: its address, and the certificate that it has where it speaks TLS."""

    host: str
    folder: Path
    certificate: Path | None = None

    @property
    def login(self) -> dict[str, Any]:
        """A file of logins, as Helm and Docker keep it, with this registry's."""
        both = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        return {"auths": {self.host: {"auth": both}}}


@contextmanager
def running(folder: Path, *, tls: bool = False, auth: Mapping[str, Any] | None = None) -> Iterator[Registry]:
    """A registry that keeps what it has in `folder`; raises RuntimeError with its log where it does not come up."""
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    http: dict[str, Any] = {"addr": f"127.0.0.1:{port}", "secret": "loopback"}
    certificate = _certificate(folder, "registry") if tls else None
    if certificate is not None:
        http["tls"] = {"certificate": str(certificate), "key": str(certificate.with_suffix(".key"))}
    storage = {"filesystem": {"rootdirectory": str(folder / "kept")}}
    config = {"version": 0.1, "log": {"level": "warn"}, "storage": storage, "http": http, "auth": dict(auth or {})}
    if not auth:
        del config["auth"]
    (folder / "config.yml").write_text(json.dumps(config))
    program = programs.program(programs.registry(), "registry")
    log = folder / "log"
    # variables of the registry's would change what its file says
    env = {name: text for name, text in os.environ.items() if not name.startswith(("REGISTRY_", "OTEL_"))}
    env["OTEL_TRACES_EXPORTER"] = "none"
    with log.open("wb") as told:
        process = subprocess.Popen(
            [str(program), "serve", str(folder / "config.yml")], env=env, stdout=told, stderr=told
        )
    try:
        _wait(process, port, log)
        yield Registry(f"127.0.0.1:{port}", folder, certificate)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def with_passwords(folder: Path) -> Iterator[Registry]:
    """A registry that only USER may use."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "htpasswd").write_text(f"{USER}:{_HASH}\n")
    auth = {"htpasswd": {"realm": "loopback", "path": str(folder / "htpasswd")}}
    with running(folder, auth=auth) as registry:
        yield registry


@contextmanager
def read_only(folder: Path) -> Iterator[Registry]:
    """A registry whose tokens, for anybody who logs in, are for pulling alone."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate = _certificate(folder, "tokens")
    with ExitStack() as stack:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _tokens_for_pulling(certificate))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        stack.callback(server.server_close)
        token = {
            "realm": f"http://127.0.0.1:{server.server_port}/token",
            "service": "loopback",
            "issuer": "loopback",
            "rootcertbundle": str(certificate),
        }
        yield stack.enter_context(running(folder, auth={"token": token}))


def _tokens_for_pulling(certificate: Path) -> type[BaseHTTPRequestHandler]:
    """What gives out tokens, by the registry's "Token Authentication Specification": whoever asks for more than pulling
    gets a token for pulling."""
    chain = base64.b64encode(_openssl("x509", "-in", str(certificate), "-outform", "DER")).decode()

    class Tokens(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
            access = [
                {"type": kind, "name": name, "actions": ["pull"]}
                for scope in asked.get("scope", [])
                for kind, name, _ in [scope.split(":", 2)]
            ]
            now = int(time.time())
            claims = {"iss": "loopback", "aud": "loopback", "sub": USER, "exp": now + 300, "nbf": now - 5, "iat": now}
            head = {"typ": "JWT", "alg": "RS256", "x5c": [chain]}
            text = b".".join(_base64(json.dumps(part).encode()) for part in (head, {**claims, "access": access}))
            key = str(certificate.with_suffix(".key"))
            signature = _openssl("dgst", "-sha256", "-sign", key, given=text)
            answer = json.dumps({"token": (text + b"." + _base64(signature)).decode()}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            # the engine uploads several parts at once, and lets go of the others when one is refused
            with suppress(BrokenPipeError):
                self.wfile.write(answer)

        # the engine asks for a token by a form first where it has a login
        do_POST = BaseHTTPRequestHandler.send_error

        def log_message(self, *_: Any) -> None:
            pass

    return Tokens


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _certificate(folder: Path, name: str) -> Path:
    """A certificate of 127.0.0.1 that nobody has signed, with its key beside it."""
    made = folder / f"{name}.crt"
    _openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=loopback",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(made.with_suffix(".key")), "-out", str(made),
    )  # fmt: skip
    return made


def _openssl(*command: str, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *command], input=given, capture_output=True, check=True).stdout


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(_PATIENCE * 10):
        if process.poll() is not None:
            break
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the registry did not come up:\n{log.read_text(errors='replace')[-3000:]}")
