"""The server: what a language client sends and gets, over standard input and output."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import logging
import os
import sys
import threading
from pathlib import Path as File
from typing import Any

from lsprotocol import types as lsp
from pygls import uris
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.workspace import TextDocument, Workspace

from chartgen import project
from chartgen.lsp import actions, analysis, completion, hover, places
from chartgen.lsp.analysis import Analysis, Memory, Open, Wanted
from chartgen.lsp.text import Text
from chartgen.version import __version__

log = logging.getLogger(__name__)
# how long nothing has to be typed before a text is looked at, in seconds
_PAUSE = 0.02
# … and before the chart's objects are made, where only they tell what is wrong
_REST = 0.2


class Document(TextDocument):
    """A document in which a line ends where the protocol says so, and not where Python does too."""

    @property
    def lines(self) -> list[str]:
        text = Text(self.source)
        return [text.text[start:stop] for start, stop in text.bounds()]


class Values(LanguageServer):
    """A server with the documents that are open; each is looked at once it is at rest, or asked about."""

    def __init__(self) -> None:
        super().__init__("chartgen", __version__)
        self.documents: dict[str, Open] = {}
        self.wanted = Wanted()
        self._warm = False
        self._waiting: dict[str, asyncio.TimerHandle] = {}

    def roots(self) -> list[File]:
        """The workspace's folders; the one that a client names as the root, or this one, where it names none."""
        named = [*self.workspace.folders] or ([self.workspace.root_uri] if self.workspace.root_uri else [])
        paths = [File(path) for uri in named if (path := uris.to_fs_path(uri))]
        return sorted(paths, key=lambda root: -len(root.parts)) or [File.cwd()]

    def encoding(self) -> str:
        """The unit in which the client counts characters."""
        return str(
            getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding) or "utf-16"
        )

    def at(self, uri: str) -> Analysis | None:
        """What is known of a document as it is now; None for one that is not open, or that nothing could be told of."""
        known = self.documents.get(uri)
        if known is None:
            return None
        if not known.current:
            self.look(uri)
        return known.analysis

    def later(self, uri: str) -> None:
        """Looks at a document once nothing was typed for a moment."""
        if waiting := self._waiting.pop(uri, None):
            waiting.cancel()
        loop = asyncio.get_running_loop()
        self._waiting[uri] = loop.call_later(_PAUSE, self.look, uri)

    def look(self, uri: str, *, settled: bool = False) -> None:
        """Looks at a document and tells what was found. Where that fails, what was told last stays.

        What only the chart's objects tell comes a little later, with `settled`.
        """
        if waiting := self._waiting.pop(uri, None):
            waiting.cancel()
        known = self.documents.get(uri)
        if known is None:
            return
        document = self.workspace.get_text_document(uri)
        known.version, known.current = document.version, True
        try:
            known.analysis = self._analysed(uri, document.source, known.memory, settled=settled)
            told = analysis.shown(known.analysis, uri)
        except Exception:
            # whatever it is, the next key may end it
            log.exception("the check of %s failed", uri)
            known.memory = analysis.Memory()
            return
        self.warm()
        if not known.analysis.settled:
            loop = asyncio.get_running_loop()
            self._waiting[uri] = loop.call_later(_REST, functools.partial(self.look, uri, settled=True))
            if known.analysis.by_objects:
                # what was told of the objects is not taken back for the time being
                return
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, told, known.version))

    def again(self, uri: str, source: str) -> Analysis:
        """What there would be to say about a document if it had this text."""
        return self._analysed(uri, source, analysis.Memory(), settled=True)

    def _analysed(self, uri: str, source: str, memory: Memory, *, settled: bool) -> Analysis:
        where = analysis.place(File(uris.to_fs_path(uri) or "untitled.yaml"), self.roots())
        known = self.documents.get(uri)
        before = known.analysis if known is not None else None
        text = Text(source, self.encoding())
        return analysis.analysed(text, where, self.wanted, before, memory, settled=settled)

    async def ask_what_is_wanted(self) -> None:
        """Asks the client for its settings, if it can be asked; what it does not answer stays as it was."""
        workspace = self.client_capabilities.workspace
        if not (workspace and workspace.configuration):
            return
        item = lsp.ConfigurationItem(section="chartgen")
        answer = await self.workspace_configuration_async(lsp.ConfigurationParams([item]))
        if answer and isinstance(answer[0], dict) and (now := analysis.wanted(answer[0])) != self.wanted:
            self.wanted = now
            self.look_again()

    def warm(self) -> None:
        """Loads, beside what is asked, what the first mistake would wait for. Then the garbage collector passes over all that:
        it stays, and is much."""
        if self._warm:
            return
        self._warm = True
        loop = asyncio.get_running_loop()

        def load() -> None:
            analysis.prepare()
            # the client may be gone by now
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_keep)

        threading.Thread(target=load, daemon=True).start()

    def look_again(self) -> None:
        """Looks at all that is open: something beside the documents has changed."""
        analysis.forget()
        for uri, known in self.documents.items():
            known.current = False
            self.later(uri)


def _keep() -> None:
    """Has the garbage collector pass over what there is."""
    gc.collect()
    gc.freeze()


def _workspace_with_lines(workspace: Workspace) -> None:
    """Has a workspace make documents whose lines end as the protocol has it."""
    made = workspace._create_text_document

    def create(*given: Any, **named: Any) -> TextDocument:
        document = made(*given, **named)
        document.__class__ = Document
        return document

    workspace._create_text_document = create  # type: ignore[method-assign]


def made() -> Values:
    """A server that nobody talks to yet."""
    server = Values()

    @server.feature(lsp.INITIALIZE)
    def initialize(params: lsp.InitializeParams) -> None:
        _workspace_with_lines(server.workspace)
        server.wanted = analysis.wanted(params.initialization_options)

    @server.feature(lsp.INITIALIZED)
    async def initialized(_: lsp.InitializedParams) -> None:
        watched = server.client_capabilities.workspace
        watching = watched.did_change_watched_files if watched else None
        if watching and watching.dynamic_registration:
            patterns = [lsp.FileSystemWatcher(f"**/{name}") for name in (project.FILE, "*.yaml", "*.yml")]
            options = lsp.DidChangeWatchedFilesRegistrationOptions(patterns)
            server.client_register_capability(
                lsp.RegistrationParams(
                    [lsp.Registration("chartgen", lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)]
                )
            )
        await server.ask_what_is_wanted()

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        # who opens a file may have made it just now
        analysis.forget()
        server.documents[params.text_document.uri] = Open(params.text_document.uri)
        server.look(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        if known := server.documents.get(uri):
            known.current = False
            server.later(uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.documents.pop(uri, None)
        server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))

    @server.feature(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configured(params: lsp.DidChangeConfigurationParams) -> None:
        if isinstance(params.settings, dict) and params.settings:
            server.wanted = analysis.wanted(params.settings)
        else:
            await server.ask_what_is_wanted()
        server.look_again()

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(_: lsp.DidChangeWatchedFilesParams) -> None:
        server.look_again()

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def hovered(params: lsp.HoverParams) -> lsp.Hover | None:
        known = server.at(params.text_document.uri)
        if known is None:
            return None
        line, column = known.text.place(known.text.offset(params.position))
        found = hover.shown(known, line, column)
        if found is None:
            return None
        told, span = found
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, told), known.text.of_span(span))

    @server.feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[":", " ", "-"]))
    async def completed(params: lsp.CompletionParams) -> lsp.CompletionList:
        known = server.at(params.text_document.uri)
        items = (
            completion.proposed(known, known.text.offset(params.position), snippet=_takes_snippets(server))
            if known is not None and _is_for_completion(known)
            else []
        )
        return lsp.CompletionList(is_incomplete=False, items=items)

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix, actions.FIX_ALL]),
    )
    async def acted(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        uri = params.text_document.uri
        known = server.at(uri)
        if known is None or not known.ours:
            return []
        only = [str(getattr(kind, "value", kind)) for kind in params.context.only or ()]
        return actions.offered(known, uri, params.range, only, lambda text: server.again(uri, text))

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    async def defined(params: lsp.DefinitionParams) -> list[lsp.Location]:
        known = server.at(params.text_document.uri)
        if known is None:
            return []
        return places.definition(known, params.text_document.uri, known.text.offset(params.position))

    @server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
    async def referred(params: lsp.ReferenceParams) -> list[lsp.Location]:
        known, uri = server.at(params.text_document.uri), params.text_document.uri
        if known is None:
            return []
        declared = params.context.include_declaration
        return places.references(known, uri, known.text.offset(params.position), declared=declared)

    @server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
    async def renamable(params: lsp.PrepareRenameParams) -> lsp.PrepareRenamePlaceholder | None:
        known = server.at(params.text_document.uri)
        found = places.renamed_at(known, known.text.offset(params.position)) if known is not None else None
        return lsp.PrepareRenamePlaceholder(*found) if found is not None else None

    @server.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
    async def renamed(params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
        known, uri = server.at(params.text_document.uri), params.text_document.uri
        if known is None:
            return None
        change = places.rename(known, uri, known.text.offset(params.position), params.new_name)
        if isinstance(change, str):
            raise JsonRpcInvalidParams(change)
        return change

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def outlined(params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
        known = server.at(params.text_document.uri)
        return places.symbols(known) if known is not None and known.ours else []

    @server.feature(lsp.TEXT_DOCUMENT_FOLDING_RANGE)
    async def folded(params: lsp.FoldingRangeParams) -> list[lsp.FoldingRange]:
        known = server.at(params.text_document.uri)
        return places.folds(known) if known is not None and known.ours else []

    return server


def _is_for_completion(known: Analysis) -> bool:
    """Whether settings are proposed in a document: one of this chart's, or one that holds nothing yet."""
    return known.ours or not (known.source is None or known.source.data)


def _takes_snippets(server: Values) -> bool:
    document = server.client_capabilities.text_document
    items = document.completion.completion_item if document and document.completion else None
    return bool(items and items.snippet_support)


def run() -> int:
    """Serves the client on standard input and output until it ends; always 0."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    # the server closes what it talks through; what others print must not get between its messages
    with (
        os.fdopen(os.dup(sys.stdin.fileno()), "rb") as asked,
        os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answered,
        contextlib.redirect_stdout(sys.stderr),
    ):
        made().start_io(asked, answered)
    return 0
