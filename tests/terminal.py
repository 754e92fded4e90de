"""A terminal that a test types into and reads the screen of."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

# a screen that does not come to show what is waited for fails the test instead of hanging it
PATIENCE = 60


class Terminal:
    """A program in a terminal of its own, which tmux draws; as a context manager it is closed."""

    def __init__(self, command: str, folder: Path, environment: dict[str, str]) -> None:
        self._socket = folder / "tmux"
        self._command = command
        self._folder = folder
        self._environment = environment

    def __enter__(self) -> Terminal:
        self._tmux("-f", os.devnull, "new-session", "-d", "-x", "120", "-y", "40", self._command)
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-S", str(self._socket), *arguments]
        return subprocess.run(
            command, cwd=self._folder, env=self._environment, check=True, capture_output=True, text=True
        ).stdout

    def press(self, *keys: str) -> None:
        """Keys by the names that tmux has for them."""
        self._tmux("send-keys", *keys)

    def write(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def wait_for(self, *wanted: str) -> str:
        """The screen once it shows all of `wanted`."""
        end = time.monotonic() + PATIENCE
        while not all(text in (screen := self._tmux("capture-pane", "-p")) for text in wanted):
            assert time.monotonic() < end, screen
            time.sleep(0.05)
        return screen
