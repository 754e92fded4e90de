"""`chartgen lsp` as an editor drives it: a real client that starts the process and talks to it over stdio."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

CURSOR = "¦"
# a server that does not answer fails the test instead of hanging it
PATIENCE = 60
# how long what only the chart's objects tell may be waited for
SETTLING = 5

Answer = TypeVar("Answer")


def capabilities(encodings: Sequence[str] = ()) -> lsp.ClientCapabilities:
    """What the client of these tests can do; without `encodings` it counts as editors did before they could say so."""
    return lsp.ClientCapabilities(
        general=lsp.GeneralClientCapabilities(
            position_encodings=[lsp.PositionEncodingKind(one) for one in encodings] or None
        ),
        workspace=lsp.WorkspaceClientCapabilities(configuration=True),
        text_document=lsp.TextDocumentClientCapabilities(
            completion=lsp.CompletionClientCapabilities(
                completion_item=lsp.ClientCompletionItemOptions(snippet_support=True)
            ),
            publish_diagnostics=lsp.PublishDiagnosticsClientCapabilities(related_information=True),
        ),
    )


class Client:
    """A running server with a workspace; as a context manager it ends the server."""

    def __init__(self, workspace: Path, settings: Any = None, encodings: Sequence[str] = ()) -> None:
        self.workspace, self.settings, self.encodings = workspace, settings, encodings
        self.logged: list[str] = []
        self._texts: dict[str, str] = {}
        self._versions: dict[str, int] = {}
        self._published: dict[str, asyncio.Queue[lsp.PublishDiagnosticsParams]] = {}
        self._runner = asyncio.Runner()
        self._client = LanguageClient("chartgen-tests", "1")

        @self._client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: lsp.PublishDiagnosticsParams) -> None:
            self._published.setdefault(params.uri, asyncio.Queue()).put_nowait(params)

        @self._client.feature(lsp.WORKSPACE_CONFIGURATION)
        def configured(params: lsp.ConfigurationParams) -> list[Any]:
            return [self.settings for _ in params.items]

        @self._client.feature(lsp.WINDOW_LOG_MESSAGE)
        def logged(params: lsp.LogMessageParams) -> None:
            self.logged.append(params.message)

        @self._client.feature(lsp.WINDOW_SHOW_MESSAGE)
        def told(params: lsp.ShowMessageParams) -> None:
            self.logged.append(params.message)

    def __enter__(self) -> Client:
        self.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._stop())
        self._runner.close()

    def run(self, asked: Coroutine[Any, Any, Answer]) -> Answer:
        return self._runner.run(asyncio.wait_for(asked, PATIENCE))

    async def _start(self) -> None:
        environment = {**os.environ, "PYTHONWARNINGS": "default"}
        await self._client.start_io(sys.executable, "-m", "chartgen", "lsp", env=environment)
        self.initialized = await self._client.initialize_async(
            lsp.InitializeParams(
                capabilities=capabilities(self.encodings),
                process_id=os.getpid(),
                root_uri=self.workspace.as_uri(),
                initialization_options=self.settings,
            )
        )
        self._client.initialized(lsp.InitializedParams())

    async def _stop(self) -> None:
        await self._client.shutdown_async(None)
        self._client.exit(None)
        await self._client.stop()

    def uri(self, name: str) -> str:
        return (self.workspace / name).as_uri()

    def open(self, text: str, name: str = "values.yaml") -> list[lsp.Diagnostic]:
        """What is told of a text when it is opened."""
        uri = self.uri(name)
        if uri in self._texts:
            self.close(name)
        self._texts[uri], self._versions[uri] = text, 1

        async def opened() -> None:
            document = lsp.TextDocumentItem(uri=uri, language_id="yaml", version=1, text=text)
            self._client.text_document_did_open(lsp.DidOpenTextDocumentParams(text_document=document))

        self.run(opened())
        return self.told(name)

    def close(self, name: str = "values.yaml") -> list[lsp.Diagnostic]:
        """What is told of a document when it is closed."""
        uri = self.uri(name)
        del self._texts[uri]

        async def closed() -> lsp.PublishDiagnosticsParams:
            document = lsp.TextDocumentIdentifier(uri=uri)
            self._client.text_document_did_close(lsp.DidCloseTextDocumentParams(text_document=document))
            while (told := await self._published[uri].get()).version is not None:
                pass
            return told

        return list(self.run(closed()).diagnostics)

    def told(self, name: str = "values.yaml") -> list[lsp.Diagnostic]:
        """What is told of the document's newest version."""
        return self.run(self._newest(name))

    async def _newest(self, name: str) -> list[lsp.Diagnostic]:
        uri = self.uri(name)
        while True:
            told = await self._published.setdefault(uri, asyncio.Queue()).get()
            if told.version == self._versions[uri]:
                return list(told.diagnostics)

    def told_at_last(
        self, expected: Callable[[list[lsp.Diagnostic]], bool], name: str = "values.yaml"
    ) -> list[lsp.Diagnostic]:
        """What is told of the newest version, once that is what is expected; the last of it where it never is."""
        shown = self.told(name)
        try:
            while not expected(shown):
                shown = self._runner.run(asyncio.wait_for(self._newest(name), SETTLING))
        except TimeoutError:
            pass
        return shown

    def change(self, start: lsp.Position, end: lsp.Position, new: str, name: str = "values.yaml") -> None:
        """Types over a range, in the client's units."""
        uri = self.uri(name)
        self._versions[uri] += 1

        async def changed() -> None:
            self._client.text_document_did_change(
                lsp.DidChangeTextDocumentParams(
                    lsp.VersionedTextDocumentIdentifier(self._versions[uri], uri),
                    [lsp.TextDocumentContentChangePartial(range=lsp.Range(start, end), text=new)],
                )
            )

        self.run(changed())

    def asked(self, method: str, place: str, name: str = "values.yaml", **more: Any) -> Any:
        """What is answered to a request about the cursor in a text that is opened for it."""
        before, _, after = place.partition(CURSOR)
        self.open(before + after, name)
        return self.ask(method, position(before), name, **more)

    def ask(self, method: str, at: lsp.Position, name: str = "values.yaml", **more: Any) -> Any:
        """What is answered to a request about a place in an open document."""
        kind: Callable[..., Any] = lsp.METHOD_TO_TYPES[method][2] or (lambda **_: None)

        async def answered() -> Any:
            document = lsp.TextDocumentIdentifier(uri=self.uri(name))
            request = lsp.METHOD_TO_TYPES[method][2]
            assert request is not None
            return await self._client.protocol.send_request_async(
                method, request(text_document=document, position=at, **more)
            )

        del kind
        return self.run(answered())

    def request(self, method: str, params: Any) -> Any:
        """What is answered to a request."""

        async def answered() -> Any:
            return await self._client.protocol.send_request_async(method, params)

        return self.run(answered())


def position(before: str) -> lsp.Position:
    """The place behind a text, in units of UTF-16."""
    line = before.rpartition("\n")[2]
    return lsp.Position(before.count("\n"), len(line.encode("utf-16-le")) // 2)
