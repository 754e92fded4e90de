"""yaml-language-server as an editor drives it: open a text, ask what it shows at a place."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from chartgen import paths

SERVER = Path(__file__).parent / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
SCHEMA = paths.SCHEMA / "values.schema.json"
CURSOR = "¦"
# a server that does not answer fails the test instead of hanging it
PATIENCE = 60

Answer = TypeVar("Answer")

_CAPABILITIES = lsp.ClientCapabilities(
    workspace=lsp.WorkspaceClientCapabilities(configuration=True),
    text_document=lsp.TextDocumentClientCapabilities(
        completion=lsp.CompletionClientCapabilities(
            completion_item=lsp.ClientCompletionItemOptions(
                snippet_support=True,
                documentation_format=[lsp.MarkupKind.Markdown],
                deprecated_support=True,
            )
        ),
        hover=lsp.HoverClientCapabilities(content_format=[lsp.MarkupKind.Markdown]),
        publish_diagnostics=lsp.PublishDiagnosticsClientCapabilities(related_information=True),
    ),
)


class Editor:
    """A running server with an empty workspace; as a context manager it ends the server.

    `settings` are what a user has set for YAML beside the schema.
    """

    def __init__(self, workspace: Path, **settings: Any) -> None:
        self.workspace = workspace
        self._settings = settings
        self._numbers = count()
        self._published: dict[str, asyncio.Queue[list[lsp.Diagnostic]]] = {}
        self._runner = asyncio.Runner()
        self._client = self._listening(LanguageClient("chartgen-tests", "1"))

    def _listening(self, client: LanguageClient) -> LanguageClient:
        @client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: lsp.PublishDiagnosticsParams) -> None:
            if params.uri in self._published:
                self._published[params.uri].put_nowait(list(params.diagnostics))

        @client.feature(lsp.WORKSPACE_CONFIGURATION)
        def configured(params: lsp.ConfigurationParams) -> list[Any]:
            yaml = {
                # files whose name starts with `plain` have no schema but the one that they name
                "schemas": {SCHEMA.as_uri(): ["consul-*.yaml"]},
                "schemaStore": {"enable": False},
                **self._settings,
            }
            return [yaml if item.section == "yaml" else None for item in params.items]

        @client.feature(lsp.CLIENT_REGISTER_CAPABILITY)
        def registered(_: lsp.RegistrationParams) -> None:
            return None

        @client.feature(lsp.TELEMETRY_EVENT)
        def measured(_: Any) -> None:
            return None

        return client

    def __enter__(self) -> Editor:
        self._run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._stop())
        self._runner.close()

    def _run(self, asked: Coroutine[Any, Any, Answer]) -> Answer:
        return self._runner.run(asyncio.wait_for(asked, PATIENCE))

    async def _start(self) -> None:
        await self._client.start_io("node", str(SERVER), "--stdio")
        await self._client.initialize_async(
            lsp.InitializeParams(
                capabilities=_CAPABILITIES, process_id=None, root_uri=self.workspace.as_uri()
            )
        )
        self._client.initialized(lsp.InitializedParams())
        # the server asks for its settings on its own time: what it is asked before knows no schema
        told = self._published[self._open("noSuchSection: {}\n")]
        while not await told.get():
            pass

    async def _stop(self) -> None:
        await self._client.shutdown_async(None)
        self._client.exit(None)
        await self._client.stop()

    def _open(self, text: str, prefix: str = "consul") -> str:
        uri = (self.workspace / f"{prefix}-{next(self._numbers)}.yaml").as_uri()
        self._published[uri] = asyncio.Queue()
        document = lsp.TextDocumentItem(uri=uri, language_id="yaml", version=1, text=text)
        self._client.text_document_did_open(lsp.DidOpenTextDocumentParams(text_document=document))
        return uri

    def problems(self, text: str, prefix: str = "consul") -> list[tuple[int, str]]:
        """(line from 1, message) of everything that the server underlines in the text."""

        async def asked() -> list[lsp.Diagnostic]:
            return await self._published[self._open(text, prefix)].get()

        return [(one.range.start.line + 1, one.message) for one in self._run(asked())]

    def fixes(self, text: str) -> dict[str, list[str]]:
        """The text after each quick fix that is offered, by the message of what it mends."""

        async def asked() -> dict[str, list[str]]:
            uri = self._open(text)
            told = await self._published[uri].get()
            return {one.message: await self._applied(uri, text, one) for one in told}

        return self._run(asked())

    async def _applied(self, uri: str, text: str, told: lsp.Diagnostic) -> list[str]:
        actions = await self._client.text_document_code_action_async(
            lsp.CodeActionParams(
                text_document=lsp.TextDocumentIdentifier(uri=uri),
                range=told.range,
                context=lsp.CodeActionContext(diagnostics=[told]),
            )
        )
        lines = text.split("\n")
        results = []
        for action in actions or ():
            assert isinstance(action, lsp.CodeAction) and action.edit and action.edit.changes
            (edit,) = action.edit.changes[uri]
            start, end = edit.range.start, edit.range.end
            assert start.line == end.line
            line = lines[start.line]
            mended = line[: start.character] + edit.new_text + line[end.character :]
            results.append("\n".join([*lines[: start.line], mended, *lines[start.line + 1 :]]))
        return results

    def complete(self, text: str) -> dict[str, lsp.CompletionItem]:
        """What is proposed at the cursor `¦`, by label."""
        bare, position = _split(text)

        async def asked() -> Any:
            document = lsp.TextDocumentIdentifier(uri=self._open(bare))
            return await self._client.text_document_completion_async(
                lsp.CompletionParams(text_document=document, position=position)
            )

        return {item.label: item for item in self._run(asked()).items}

    def hover(self, text: str) -> str:
        """The Markdown that is shown over the cursor `¦`; "" for nothing."""
        bare, position = _split(text)

        async def asked() -> lsp.Hover | None:
            document = lsp.TextDocumentIdentifier(uri=self._open(bare))
            return await self._client.text_document_hover_async(
                lsp.HoverParams(text_document=document, position=position)
            )

        shown = self._run(asked())
        assert shown is None or isinstance(shown.contents, lsp.MarkupContent)
        return shown.contents.value if shown else ""


def _split(text: str) -> tuple[str, lsp.Position]:
    before, _, after = text.partition(CURSOR)
    return before + after, lsp.Position(line=before.count("\n"), character=len(before.rpartition("\n")[2]))


def inserted(item: lsp.CompletionItem) -> str:
    """The snippet that choosing a proposal inserts."""
    return item.text_edit.new_text if item.text_edit else item.insert_text or ""


def documentation(item: lsp.CompletionItem) -> str:
    """The Markdown beside a proposal."""
    return item.documentation.value if isinstance(item.documentation, lsp.MarkupContent) else ""


def chosen(text: str, item: lsp.CompletionItem) -> str:
    """The text after a proposal was chosen at its cursor and every place to fill in left as it is proposed."""
    before, _, after = text.partition(CURSOR)
    margin = re.match(r" *", before.rpartition("\n")[2])
    assert margin is not None
    snippet = inserted(item).replace("\n", "\n" + margin[0])
    if isinstance(item.text_edit, lsp.TextEdit):
        typed = item.text_edit.range.end.character - item.text_edit.range.start.character
        before = before[: len(before) - typed]
    filled = re.sub(r"\$\{\d+\|([^,|]*)[^|]*\|\}", r"\1", snippet)
    filled = re.sub(r"\$\{\d+:((?:\\.|[^}\\])*)\}", r"\1", filled)
    filled = re.sub(r"\$\{?\d+\}?", "", filled)
    return before + re.sub(r"\\([\\$}])", r"\1", filled) + after
