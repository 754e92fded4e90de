"""Scripts that make a shell complete command lines: click's for zsh and fish, our own for bash and PowerShell."""

from __future__ import annotations

import os
from typing import Any

import click
from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

# bash takes `=` and `:` for ends of words, so that of KEY=VALUE it knows only VALUE: the line is handed over whole, and of an
# answer only what comes after what bash takes for the words before
_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' line="${COMP_LINE:0:$COMP_POINT}" before="" type value
    local word="${line##*[[:space:]]}"
    case "$word" in
        *[$COMP_WORDBREAKS]*) before="${word%%"${word##*[$COMP_WORDBREAKS]}"}" ;;
    esac
    for completion in $(env COMP_LINE="$line" %(complete_var)s=bash_complete "$1"); do
        IFS=',' read -r type value <<< "$completion"
        case "$type" in
            dir) COMPREPLY=(); compopt -o dirnames ;;
            file) COMPREPLY=(); compopt -o default ;;
            plain)
                COMPREPLY+=("${value#"$before"}")
                [[ $value == *= ]] && compopt -o nospace
                ;;
        esac
    done
    return 0
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

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


class _Bash(ShellComplete):
    """bash, which is asked about a line as it is typed."""

    name = "bash"
    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ.get("COMP_LINE", "")
        words = split_arg_string(line)
        return (words[1:-1], words[-1]) if words and not line[-1:].isspace() else (words[1:], "")

    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.type},{item.value}"


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


for _shell in (_Bash, _Powershell):
    add_completion_class(_shell)
SHELLS = ("bash", "zsh", "fish", "powershell")


def script(command: click.Command, shell: str) -> str:
    """What a shell reads to complete command lines of chartgen."""
    kind = get_completion_class(shell)
    assert kind is not None, shell
    completion: Any = kind(command, {}, "chartgen", "_CHARTGEN_COMPLETE")
    return str(completion.source_template % completion.source_vars())
