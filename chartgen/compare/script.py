"""What a shell script does, without the way in which it is written.

Two scripts with the same commands do the same. Where there is doubt they differ: a script is never taken for another that
does something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

# programs whose flags may stand in any order (Go's flag packages), but for those that are given twice
_FLAGGED = (
    "consul", "consul-k8s-control-plane", "consul-dataplane", "privileged-consul-dataplane", "consul-k8s-cli", "envoy",
    "vault",
)  # fmt: skip
_OPERATOR = re.compile(r";;|&&|\|\||[;&|()\n]")
_REDIRECTION = re.compile(r"[0-9]*(?:<<-|<<<|<<|<>|<&|<|>>|>&|>\||>)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_NAMED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\\?=")
# assignments of what is a number whatever happens, which quotes make no difference to
_NUMBER = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(?:[0-9]+|\$\(\([^()]*(?:\([^()]*\)[^()]*)*\)\))")
_NAMED_NUMBER = re.compile(r'"?\$\{([A-Za-z_][A-Za-z0-9_]*)\}"?')
_QUOTED = re.compile(r'"\$\{([A-Za-z_][A-Za-z0-9_]*)\}"')
# what means something to the shell only where it is not quoted
_SPECIAL = frozenset("*?[]~{}!=#")
_KEYWORDS = frozenset(("if", "then", "else", "elif", "while", "until", "do", "!", "{"))
Command = tuple[str, ...]


def meant(text: str) -> tuple[Command, ...] | str:
    """The commands of a script; the text itself where it cannot be read."""
    try:
        tokens = _tokens(text)
    except ValueError:
        return text
    numbers = _numbers(tokens)
    tokens = [_unquoted(token, numbers) for token in tokens]
    commands: list[Command] = []
    words: list[str] = []
    for token in [*tokens, "\n"]:
        if not words and token in _KEYWORDS:
            commands.append((token,))
            continue
        if token != "\n" and not token.startswith("\0op"):
            words.append(token)
            continue
        if words:
            said = _only_says(words, numbers) and token in ("\n", "\0op;")
            commands.append(("echo",) if said else flags_sorted(words))
        words = []
        if token not in ("\n", "\0op;"):
            commands.append((token,))
    if _hands_on(commands):
        # what is printed inside of a group may be what somebody reads
        return tuple(_words(tokens))
    return tuple(commands)


def _numbers(tokens: Sequence[str]) -> frozenset[str]:
    """The variables that hold a number wherever the script sets them."""
    found: set[str] = set()
    others: set[str] = set()
    for token in tokens:
        if _ASSIGNED.match(token):
            number = _NUMBER.fullmatch(token)
            (found if number else others).add(token.partition("=")[0])
    # `read` and `for` set names that stand alone
    return frozenset(found - others - set(tokens))


def _unquoted(token: str, numbers: frozenset[str]) -> str:
    return _QUOTED.sub(lambda quoted: f"${{{quoted[1]}}}" if quoted[1] in numbers else quoted[0], token)


def _words(tokens: Sequence[str]) -> list[Command]:
    return [(token,) for token in tokens if token != "\n"]


def _hands_on(commands: Sequence[Command]) -> bool:
    """Whether the output of several commands together may go elsewhere: of a group, a loop, a function."""
    for command, following in pairwise((*commands, ("\n",))):
        if command[0] == "{" or (command[0] == "exec" and any("\0redirect" in word for word in command)):
            return True
        if command[0] in ("done", "fi", "esac") and (len(command) > 1 or following[0] in ("\0op|", "\0op&")):
            return True
    return False


def flags_sorted(words: Sequence[str]) -> Command:
    """A command line with its flags in the order of their names, where their order says nothing."""
    start = next(
        (place for place, word in enumerate(words) if not _ASSIGNED.match(word) and word != "exec"), 0
    )
    # the entry point of Consul's image runs what comes after it
    if len(words) > start + 1 and words[start].rpartition("/")[2] == "docker-entrypoint.sh":
        start += 1
    if not words or words[start].rpartition("/")[2] not in _FLAGGED:
        return tuple(words)
    first = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    flags = words[first:]
    # a flag whose value is a word of its own cannot be told from an argument
    if not all(flag.startswith("-") for flag in flags):
        return tuple(words)
    return (*words[:first], *sorted(flags, key=lambda flag: flag.partition("=")[0].lstrip("-")))


def _only_says(words: Sequence[str], numbers: frozenset[str]) -> bool:
    """True for a command that only prints plain words and numbers for people to read, as output or as errors."""
    said = words[:-2] if tuple(words[-2:]) == ("\0redirect>&", "2") else words
    return said[:1] == ["echo"] and not any(
        "$" in plain or "`" in plain or plain.startswith("\0redirect")
        for plain in (_NAMED_NUMBER.sub(lambda use: "" if use[1] in numbers else use[0], word) for word in said)
    )


def _tokens(text: str) -> list[str]:
    """Words as the shell splits them, `"\\n"` at the end of each line, operators and redirections; raises ValueError.

    What is quoted stays told from what is not, where that makes a difference.
    """
    tokens: list[str] = []
    at, word, begun = 0, "", False

    def end_word() -> None:
        nonlocal word, begun
        if begun:
            tokens.append(_plainly(word))
        word, begun = "", False

    awaited: list[tuple[str, bool]] = []
    while at < len(text):
        char = text[at]
        if char == "\\":
            if text[at + 1 : at + 2] == "\n":
                at += 2
                continue
            word, begun = word + _literal(text[at + 1 : at + 2]), True
            at += 2
        elif char == "'":
            end = text.index("'", at + 1)
            word, begun = word + _literal(text[at + 1 : end]), True
            at = end + 1
        elif char == '"':
            inner, at = _double_quoted(text, at + 1)
            word, begun = word + inner, True
        elif char == "$":
            inner, at = _expansion(text, at)
            word, begun = word + inner, True
        elif char == "`":
            end = text.index("`", at + 1)
            word, begun = word + _substituted(text[at + 1 : end]), True
            at = end + 1
        elif char in " \t":
            end_word()
            at += 1
        elif char == "#" and not begun:
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
        elif found := _REDIRECTION.match(text, at) if not begun or char in "<>" else None:
            end_word()
            at = found.end()
            tokens.append(f"\0redirect{found[0]}")
            if found[0].endswith(("<<", "<<-")):
                delimiter = re.compile(r"\s*(['\"]?)([A-Za-z_][A-Za-z0-9_]*)\1").match(text, at)
                if delimiter is None:
                    raise ValueError("a document without an end")
                tokens.append(delimiter[0].strip())
                awaited.append((delimiter[2], found[0].endswith("-")))
                at = delimiter.end()
        elif found := _OPERATOR.match(text, at):
            end_word()
            at = found.end()
            if found[0] == "\n":
                for delimiter_word, stripped in awaited:
                    body, at = _document(text, at, delimiter_word, stripped)
                    tokens.append(f"\0text{body}")
                awaited = []
                tokens.append("\n")
            else:
                tokens.append(f"\0op{found[0]}")
        else:
            word, begun = word + char, True
            at += 1
    if awaited:
        raise ValueError("a document without an end")
    end_word()
    return tokens


def _literal(text: str) -> str:
    """Quoted text, which is told from what the shell would make something of."""
    return "".join(
        f"\\{char}" if char in _SPECIAL or char in "$`\"'\\;&|()<> \t\n" else char for char in text
    )


def _plainly(word: str) -> str:
    """A word without the marks of quoted characters that mean nothing in their place: `=` makes an assignment only after
    a name at the start, `#` a comment only there, `!` a negation only alone."""
    if not _NAMED.match(word):
        word = word.replace("\\=", "=")
    if word != "\\!":
        word = word.replace("\\!", "!")
    return word[:1] + word[1:].replace("\\#", "#") if word[:2] != "\\#" else word


def _substituted(command: str) -> str:
    """A command between backticks as one in `$( )`, where both read it the same."""
    return f"`{command}`" if any(char in command for char in "\\'\"`") else f"$({command})"


def _double_quoted(text: str, at: int) -> tuple[str, int]:
    out = ""
    while text[at : at + 1] != '"':
        char = text[at : at + 1]
        if not char:
            raise ValueError("a quotation without an end")
        if char == "\\" and text[at + 1 : at + 2] in ("$", "`", '"', "\\", "\n"):
            following = text[at + 1]
            out += "" if following == "\n" else _literal(following)
            at += 2
        elif char == "$":
            inner, at = _expansion(text, at)
            out += f'"{inner}"'
        elif char == "`":
            end = text.index("`", at + 1)
            out += f'"{_substituted(text[at + 1 : end])}"'
            at = end + 1
        else:
            out += _literal(char)
            at += 1
    return out, at + 1


def _expansion(text: str, at: int) -> tuple[str, int]:
    """The expansion that begins with the dollar sign, in one spelling, and where it ends."""
    if text.startswith(("${", "$("), at):
        opening = text[at + 1]
        end = _closed(text, at + 2, opening, "}" if opening == "{" else ")")
        inner = text[at + 2 : end - 1]
        return (f"${{{inner}}}" if opening == "{" else f"$({inner})"), end
    found = _NAME.match(text, at + 1)
    return (f"${{{found[0]}}}", found.end()) if found else ("$", at + 1)


def _closed(text: str, at: int, opening: str, closing: str) -> int:
    depth = 1
    while depth:
        char = text[at : at + 1]
        if not char:
            raise ValueError("an expansion without an end")
        if char == "\\":
            at += 1
        elif char == "'":
            at = text.index("'", at + 1)
        elif char == opening:
            depth += 1
        elif char == closing:
            depth -= 1
        at += 1
    return at


def _document(text: str, at: int, delimiter: str, stripped: bool) -> tuple[str, int]:
    """The lines up to the delimiter, and where the text goes on."""
    lines: list[str] = []
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end].lstrip("\t") if stripped else text[at:end]
        at = end + 1
        if line == delimiter:
            # the line break after it belongs to the command
            return "\n".join(lines), min(at, len(text))
        lines.append(line)
    raise ValueError("a document without an end")
