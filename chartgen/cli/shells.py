"""Scripts that make a shell complete command lines."""

from __future__ import annotations

import os
from typing import Any

import click
from click.shell_completion import (
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
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

# an answer is three lines: a kind, a word, what it is. What was typed of the word is replaced whole, but for `--option=`;
# a word that ends in `=` is to be gone on with
_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    (( $+commands[%(prog_name)s] )) || return 1
    local -a answer words_alone words_described words_begun
    local kind value about option
    answer=("${(@f)$(env COMP_WORDS="$words" COMP_CWORD=$((CURRENT - 1)) %(complete_var)s=zsh_complete %(prog_name)s)}")
    [[ $PREFIX == --*=* ]] && option="${PREFIX%%%%=*}="
    for kind value about in "${answer[@]}"; do
        case $kind in
            dir|file)
                [[ -n $option ]] && compset -P 1 '*='
                if [[ $kind == dir ]]; then _path_files -/; else _path_files; fi
                ;;
            plain)
                if [[ $about != _ ]]; then
                    words_described+=("$option$value:$about")
                elif [[ $value == *= ]]; then
                    words_begun+=("$option$value")
                else
                    words_alone+=("$option$value")
                fi
                ;;
        esac
    done
    (( $#words_described )) && _describe -V %(prog_name)s words_described -U
    (( $#words_alone )) && compadd -U -V words -a words_alone
    (( $#words_begun )) && compadd -U -V words -S '' -a words_begun
    return 0
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    # a file of $fpath is the function itself
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

# an answer is a line: a kind, a comma, a word that may have commas, and after a tab what it is
_FISH = """\
function %(complete_func)s
    set -l word (commandline -t)
    set -l option (string match -r -- '^--[^=]+=' $word)
    for answer in (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp) COMP_CWORD=$word %(prog_name)s)
        set -l parts (string split -m 1 , -- $answer)
        switch $parts[1]
            case dir
                printf '%%s\\n' "$option"(__fish_complete_directories $parts[2])
            case file
                printf '%%s\\n' "$option"(__fish_complete_path $parts[2])
            case plain
                printf '%%s\\n' "$option$parts[2]"
        end
    end
end

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
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


class _Zsh(ZshComplete):
    source_template = _ZSH


class _Fish(FishComplete):
    source_template = _FISH


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


for _shell in (_Bash, _Zsh, _Fish, _Powershell):
    add_completion_class(_shell)
SHELLS = ("bash", "zsh", "fish", "powershell")


def script(command: click.Command, shell: str) -> str:
    """What a shell reads to complete command lines of chartgen."""
    kind = get_completion_class(shell)
    assert kind is not None, shell
    completion: Any = kind(command, {}, "chartgen", "_CHARTGEN_COMPLETE")
    return str(completion.source_template % completion.source_vars())
