"""The API server as these tests speak to it: JSON over connections that stay open, one for each thread."""

from __future__ import annotations

import hashlib
import http.client
import json
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_JSON = "application/json"
MERGE = "application/merge-patch+json"
# the shape of a list that says of each object what it is called, and no more
NAMES = "PartialObjectMetadataList"
APPLY = "application/apply-patch+yaml"
# the loopback server's certificate is its own, made at its start
_TLS = ssl._create_unverified_context()
# kinds that older versions of Kubernetes had, and since when they are gone
GONE = {"PodSecurityPolicy": "1.25"}
# an object that several threads post at once needs its namespace first, and kinds are asked for once
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Answer:
    status: int
    data: dict[str, Any]
    warnings: tuple[str, ...]

    @property
    def fine(self) -> bool:
        return self.status < 300


@dataclass(frozen=True)
class Refusal:
    """An object that the API server does not take, and its words about it."""

    kind: str
    name: str
    message: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}: {self.message}"

    @property
    def is_of_the_cluster(self) -> bool:
        """Whether another cluster takes the object: the address of a Service is of the range that each has by itself."""
        return "is not in the valid range" in self.message


class UnknownKind(Exception):
    """The API server has no such kind of object."""


class Api:
    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._token = token
        self._connections = threading.local()
        self._opened: list[http.client.HTTPSConnection] = []
        self._kinds: dict[str, dict[str, tuple[str, bool]]] = {}
        self._namespaces: set[str] = set()

    def request(
        self, path: str, method: str = "GET", body: object = None, content: str = _JSON, accept: str = _JSON
    ) -> Answer:
        """What the server answers; raises OSError where none is."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": content, "Accept": accept}
        for last in (False, True):
            connection = self._connection()
            try:
                connection.request(method, path, data, headers)
                got = connection.getresponse()
                text = got.read()
            except (http.client.HTTPException, OSError):
                # a connection that was open for long may be closed from the other side
                connection.close()
                if last:
                    raise
                continue
            warnings = tuple(got.headers.get_all("Warning") or ())
            with suppress(ValueError):
                answer = json.loads(text)
                return Answer(got.status, answer if isinstance(answer, dict) else {}, warnings)
            return Answer(got.status, {"message": text.decode(errors="replace")}, warnings)
        raise AssertionError

    def _connection(self) -> http.client.HTTPSConnection:
        if not hasattr(self._connections, "one"):
            host = urlsplit(self.url)
            self._connections.one = http.client.HTTPSConnection(
                host.hostname or "", host.port, context=_TLS, timeout=60
            )
            self._opened.append(self._connections.one)
        one: http.client.HTTPSConnection = self._connections.one
        return one

    def close(self) -> None:
        """Closes what every thread opened; none of them asks any more."""
        for one in self._opened:
            one.close()

    def get(self, path: str, shape: str = "") -> dict[str, Any]:
        """The data at a path; empty where nothing is. `shape` is a kind of meta.k8s.io that says how much of it."""
        answer = self.request(path, accept=f"{_JSON};as={shape};v=v1;g=meta.k8s.io" if shape else _JSON)
        return answer.data if answer.fine else {}

    def listed(self, folder: str, shape: str = "") -> list[dict[str, Any]]:
        """The objects at the path of a kind, in a `shape` as of `get`; empty where there is no such kind."""
        # a list of names alone has a null where there are none
        return self.get(folder, shape).get("items") or []

    def ready(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            return self.request("/readyz").fine
        return False

    def version(self) -> str:
        return str(self.get("/version").get("gitVersion", ""))

    # ------------------------------------------------------------ objects

    def resource(self, api_version: str, kind: str) -> tuple[str, bool]:
        """(path of the kind's group and version with its plural, whether it lives in namespaces).

        Raises UnknownKind.
        """
        root = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
        for fresh in (False, True):
            with _LOCK:
                if fresh or root not in self._kinds:
                    self._kinds[root] = self.kinds(root)
                if kind in self._kinds[root]:
                    return self._kinds[root][kind]
        raise UnknownKind(f"no {kind} in {api_version}")

    def kinds(self, root: str) -> dict[str, tuple[str, bool]]:
        """Each kind of a group's version (`/api/v1`, `/apis/apps/v1`), as `resource` tells it, asked anew."""
        return {
            one["kind"]: (f"{root}/{{}}{one['name']}", one["namespaced"])
            for one in self.get(root).get("resources", [])
            if "/" not in one["name"] and "list" in one["verbs"]
        }

    def groups(self) -> list[str]:
        """The path of each group's preferred version."""
        groups = self.get("/apis").get("groups", [])
        return ["/api/v1", *(f"/apis/{one['preferredVersion']['groupVersion']}" for one in groups)]

    def paths(self, data: dict[str, Any], namespace: str) -> tuple[str, str]:
        """(path to post an object to, its own path); raises UnknownKind."""
        pattern, namespaced = self.resource(data["apiVersion"], data["kind"])
        where = data["metadata"].get("namespace") or namespace
        folder = pattern.format(f"namespaces/{where}/" if namespaced else "")
        return folder, f"{folder}/{data['metadata']['name']}"

    def live(self, data: dict[str, Any], namespace: str) -> dict[str, Any]:
        """The object of this kind and name as the server has it; empty where it has none. Raises UnknownKind."""
        return self.get(self.paths(data, namespace)[1])

    def make_namespace(self, name: str) -> None:
        if name not in self._namespaces:
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            self.request("/api/v1/namespaces", "POST", body)
            self._namespaces.add(name)

    def forget_namespaces(self) -> None:
        """Namespaces are made anew where they are needed: some were deleted."""
        self._namespaces.clear()

    def apply(self, data: dict[str, Any], namespace: str = "default") -> None:
        """Makes an object, and waits until the kind that it defines is served; raises AssertionError where it is refused."""
        answer = self.request(self.paths(data, namespace)[0], "POST", data)
        assert answer.fine or answer.data.get("reason") == "AlreadyExists", answer.data.get("message")
        if data["kind"] == "CustomResourceDefinition":
            spec = data["spec"]
            version = next(one["name"] for one in spec["versions"] if one["served"])
            self.wait_for_kind(f"{spec['group']}/{version}", spec["names"]["kind"])

    def wait_for_kind(self, api_version: str, kind: str) -> None:
        """Returns as soon as the server knows a kind that was defined just now; raises UnknownKind after a while."""
        for _ in range(100):
            with suppress(UnknownKind):
                self.resource(api_version, kind)
                return
            time.sleep(0.1)
        raise UnknownKind(f"{kind} in {api_version} is not served")

    # ------------------------------------------------------------ dry runs

    def refusal(self, data: dict[str, Any], namespace: str) -> Refusal | None:
        """Whether the server would take a new object, every field checked; nothing is kept.

        The object is posted, as Helm 3 does it, and applied, as Helm 4 does it: lists of what has a key of its own may
        hold each key once only where they are applied.
        """
        name = str(data["metadata"].get("name"))
        try:
            folder, path = self.paths(data, namespace)
        except UnknownKind as unknown:
            return Refusal(data["kind"], name, str(unknown))
        # a namespace that is no name makes the post fail, which is the answer
        self.make_namespace(data["metadata"].get("namespace") or namespace)
        checked = "dryRun=All&fieldValidation=Strict"
        answer = self.request(f"{folder}?{checked}", "POST", data)
        # what is there already was checked before the name was looked up
        if answer.data.get("reason") == "AlreadyExists":
            return None
        if answer.fine:
            answer = self.request(f"{path}?{checked}&fieldManager=helm&force=true", "PATCH", data, APPLY)
        if answer.fine:
            return None
        return Refusal(data["kind"], name, str(answer.data.get("message")))


class Asker:
    """Posts objects as dry runs, several at once; an object that was posted before is not posted again."""

    def __init__(self, api: Api, threads: int = 4) -> None:
        self._api = api
        self._pool = ThreadPoolExecutor(threads)
        self._known: dict[bytes, Refusal | None] = {}
        # of definitions, which come with their text: those that were posted
        self.texts: set[str] = set()

    def close(self) -> None:
        self._pool.shutdown()
        self._api.close()

    def refusals(self, objects: Iterable[dict[str, Any]], namespace: str) -> Iterator[Refusal]:
        """What the server would not take of the objects, in their order; those of a kind that is gone are passed over."""
        asked = []
        for data in (one for one in objects if one["kind"] not in GONE):
            key = hashlib.sha256(f"{namespace}\n{json.dumps(data)}".encode()).digest()
            new = None if key in self._known else self._pool.submit(self._api.refusal, data, namespace)
            asked.append((key, new))
        for key, new in asked:
            if new is not None:
                self._known[key] = new.result()
            # the same object twice in one set is asked for twice at worst
            if (found := self._known.get(key)) is not None:
                yield found


def of_kubeconfig(path: Path) -> Api:
    """The server that a kubeconfig of these tests (JSON) names."""
    config = json.loads(path.read_text("utf-8"))
    return Api(config["clusters"][0]["cluster"]["server"], config["users"][0]["user"]["token"])
