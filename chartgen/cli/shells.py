"""Scripts that make a shell complete command lines: click's for bash, zsh and fish, our own for PowerShell."""

from __future__ import annotations

import os
from typing import Any

import click
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, get_completion_class

_POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $env:%(complete_var)s = "powershell_complete"
    $env:COMP_WORDS = ($commandAst.CommandElements | ForEach-Object { $_.ToString() }) -join "`n"
    $env:COMP_INCOMPLETE = $wordToComplete
    try {
        %(prog_name)s | ForEach-Object {
            $kind, $value, $about = $_ -split "`t", 3
            if ($kind -eq "plain") {
                [System.Management.Automation.CompletionResult]::new($value, $value, "ParameterValue", $about)
            }
        }
    } finally {
        Remove-Item Env:%(complete_var)s, Env:COMP_WORDS, Env:COMP_INCOMPLETE
    }
}
"""


class _Powershell(ShellComplete):
    """PowerShell, which has a hook for completing native commands."""

    name = "powershell"
    source_template = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        words = os.environ.get("COMP_WORDS", "").split("\n")
        incomplete = os.environ.get("COMP_INCOMPLETE", "")
        # the word that is being typed is the last of the words, unless nothing of it is there yet
        return words[1:-1] if incomplete and words[-1:] == [incomplete] else words[1:], incomplete

    def format_completion(self, item: CompletionItem) -> str:
        # what is shown beside a value may not be empty there
        return f"{item.type}\t{item.value}\t{item.help or item.value}"


add_completion_class(_Powershell)
SHELLS = ("bash", "zsh", "fish", "powershell")


def script(command: click.Command, shell: str) -> str:
    """What a shell reads to complete command lines of chartgen."""
    kind = get_completion_class(shell)
    assert kind is not None, shell
    completion: Any = kind(command, {}, "chartgen", "_CHARTGEN_COMPLETE")
    # click's own script for bash asks the bash of this machine for its version, which no script needs
    return str(completion.source_template % completion.source_vars())
