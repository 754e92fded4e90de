"""Reports: what people read in a terminal, and what programs read, held against the schemas of those formats."""

from __future__ import annotations

import ast
import io
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import unicodedata
from fcntl import ioctl
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from chartgen import Rejected, paths, report, rules
from chartgen.diagnostics import Diagnostic, Span
from chartgen.report import meanings, terminal
from chartgen.values import source
from tests.checked import checked

ROOT = Path(__file__).parent.parent
CASES = sorted(path for path in (ROOT / "tests" / "cases" / "rejected").iterdir() if path.is_dir())
# what is refused while it is read
BROKEN = (
    "a: [1, 2",
    "server: {}\nserver: {}\n",
    "- a\n",
    "a: *b\n",
    "a: .inf\n",
    "a: 1\n---\nb: 2\n",
    "a: \x07\n",
)
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@cache
def findings() -> tuple[Diagnostic, ...]:
    """Everything that is said about all the rejected cases."""
    found: list[Diagnostic] = []
    for folder in CASES:
        try:
            read = source.read_text((folder / "values.yaml").read_bytes(), f"{folder.name}/values.yaml")
            found += checked([read]).diagnostics
        except Rejected as rejected:
            found += rejected.diagnostics
    for text in BROKEN:
        found += told(text, "broken.yaml")
    try:
        source.read_file("no-such-file.yaml")
    except Rejected as rejected:
        found += rejected.diagnostics
    return tuple(found)


def told(text: str, name: str = "values.yaml") -> tuple[Diagnostic, ...]:
    try:
        return checked([source.read_text(text.encode(), name)]).diagnostics
    except Rejected as rejected:
        return rejected.diagnostics


def width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def test_there_is_enough_to_report() -> None:
    assert len(findings()) > 100
    assert {one.severity for one in findings()} == {"error", "warning", "note"}


def test_json_follows_its_schema() -> None:
    wanted = json.loads((paths.SCHEMA / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(wanted)
    data = json.loads(report.json.written(findings()))
    assert [error.message for error in jsonschema.Draft7Validator(wanted).iter_errors(data)] == []
    assert data["version"] == report.json.VERSION == wanted["properties"]["version"]["const"]
    notes = sum(one["severity"] == "note" for one in data["diagnostics"])
    assert data["errors"] + data["warnings"] + notes == len(data["diagnostics"]) == len(findings())
    spans = [span for one in data["diagnostics"] for span in one["spans"]]
    assert [span for span in spans if span["endColumn"] < span["column"]] == []
    assert any(one["code"] == "file-not-found" and one["spans"] for one in data["diagnostics"])
    # no key that the schema does not describe
    parts = {"diagnostic": data["diagnostics"], "span": [s for d in data["diagnostics"] for s in d["spans"]]}
    for name, found in parts.items():
        assert {key for one in found for key in one} == wanted["$defs"][name]["properties"].keys()


def test_sarif_follows_the_standard() -> None:
    wanted = json.loads((ROOT / "tests" / "data" / "sarif-2.1.0.schema.json").read_text(encoding="utf-8"))
    flag = Diagnostic("bad-set-syntax", "no", path=("server",), spans=(Span("--set server", 1, 1),))
    everything = [*findings(), flag, Diagnostic("unknown-key", "no place")]
    data = json.loads(report.sarif.written(everything))
    assert [error.message for error in jsonschema.Draft4Validator(wanted).iter_errors(data)] == []
    (run,) = data["runs"]
    known = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == len(everything)
    for result in run["results"]:
        rule = known[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["help"]["markdown"].startswith(f"# {rule['id']}\n")
    assert len({json.dumps(one["partialFingerprints"]) for one in run["results"]}) > len(findings()) * 0.9


def test_sarif_places_are_what_code_scanning_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, uri in (
        ("values.yaml", "values.yaml"),
        (str(tmp_path / "a b" / "välues.yaml"), "a%20b/v%C3%A4lues.yaml"),
        ("/elsewhere/values.yaml", "file:///elsewhere/values.yaml"),
        ("./x/../values.yaml", "x/../values.yaml"),
    ):
        log = json.loads(report.sarif.written(told("server:\n  replica: 3\n", name)))
        (place,) = log["runs"][0]["results"][0]["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"] == uri
        assert place["physicalLocation"]["region"] == {"startLine": 2, "startColumn": 3, "endColumn": 10}
        assert place["logicalLocations"][0]["fullyQualifiedName"] == "server.replica"


def test_a_flag_is_no_file() -> None:
    flag = Diagnostic("unknown-key", "no", path=("a",), spans=(Span("--set a=1", 1, 1),))
    (result,) = json.loads(report.sarif.written([flag]))["runs"][0]["results"]
    assert result["locations"] == [{"logicalLocations": [{"fullyQualifiedName": "a", "kind": "member"}]}]
    assert report.github.written([flag]) == "::error title=unknown-key::no\n"


def test_github_annotations() -> None:
    lines = report.github.written(findings()).splitlines()
    assert len(lines) == len(findings())
    form = re.compile(
        r"::(error|warning) file=[^,:]+,line=\d+,col=\d+(,endColumn=\d+)?,title=[a-z0-9-]+::[^\r\n]+"
        r"|::notice title=rules-wait::[^\r\n]+"
    )
    assert [line for line in lines if not form.fullmatch(line)] == []


def test_github_escapes_what_would_end_a_command() -> None:
    odd = Diagnostic("x", "50%\nof\r::a, b", spans=(Span("a,b:c%.yaml", 1, 1, 4),))
    assert report.github.written([odd]) == (
        "::error file=a%2Cb%3Ac%25.yaml,line=1,col=1,endColumn=3,title=x::50%25%0Aof%0D::a, b\n"
    )


def test_gitlab_entries_are_what_code_quality_takes() -> None:
    """The keys that GitLab's documentation of Code Quality requires; fingerprints are unique."""
    flag = Diagnostic("bad-set-syntax", "no", path=("server",), spans=(Span("--set server", 1, 1),))
    everything = [*findings(), flag, Diagnostic("unknown-key", "no place")]
    data = json.loads(report.gitlab.written(everything))
    assert len({entry["fingerprint"] for entry in data}) == len(data) == len(everything)
    for entry in data:
        assert entry.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert entry["location"]["path"] and entry["location"]["lines"]["begin"] >= 1
        assert entry["description"] and "\n" not in entry["description"]


def test_fingerprints_stay_when_lines_move() -> None:
    before, after = (told(f"{'# a' * moved}\nserver:\n  replica: 3\n") for moved in (0, 1))
    marks = [json.loads(report.gitlab.written(each))[0]["fingerprint"] for each in (before, after)]
    assert marks[0] == marks[1]


def test_rdjson_counts_columns_in_bytes() -> None:
    (first, *_) = told('server:\n  "数量": 3\n')
    data = json.loads(report.rdjson.written([first, Diagnostic("x", "no place")]))
    assert data["source"]["name"] == "chartgen"
    placed, other = sorted(data["diagnostics"], key=lambda entry: entry["code"]["value"])
    assert placed["location"] == {
        "path": "values.yaml",
        "range": {
            "start": {"line": 2, "column": 3},
            "end": {"line": 2, "column": 3 + len('"数量"'.encode())},
        },
    }
    assert placed["severity"] == "ERROR" and other["location"] == {"path": "values"}


def test_concise_is_a_line_for_each() -> None:
    lines = report.concise.written(findings()).splitlines()
    assert len(lines) == len(findings())
    form = re.compile(r"([^:]+(:\d+:\d+)?: (error|warning)\[[a-z0-9-]+\]|note\[rules-wait\]) [^\r\n]+")
    assert [line for line in lines if not form.fullmatch(line)] == []


@pytest.mark.parametrize(
    ("environment", "wish", "coloured"),
    [
        ({}, "auto", False),
        ({"FORCE_COLOR": "1"}, "auto", True),
        ({"FORCE_COLOR": "0"}, "auto", False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "auto", False),
        ({"NO_COLOR": "1"}, "always", True),
        ({"FORCE_COLOR": "1"}, "never", False),
    ],
    ids=str,
)
def test_colour_where_output_is_piped(
    environment: dict[str, str], wish: str, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert terminal.wants_colour(io.StringIO(), wish) is coloured


@pytest.mark.parametrize(("said", "width"), [("72", 72), ("", 120), ("wide", 120), ("0", 120)])
def test_width_where_output_is_piped(said: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", said)
    assert terminal.columns(io.StringIO()) == width


def test_junit_is_counted_right() -> None:
    root = ElementTree.fromstring(report.junit.written(findings()))
    (suite,) = root
    cases = list(suite)
    failures = [case for case in cases if case.find("failure") is not None]
    assert (root.tag, suite.tag, {case.tag for case in cases}) == ("testsuites", "testsuite", {"testcase"})
    assert int(suite.get("tests", "")) == len(cases) == len(findings())
    assert int(suite.get("failures", "")) == len(failures) > 0
    assert all(case.get("classname") and case.get("name") for case in cases)
    assert all(failure.get("message") and failure.get("type") for case in failures for failure in case)


def test_junit_of_valid_values_has_a_passed_case() -> None:
    (suite,) = ElementTree.fromstring(report.junit.written([]))
    assert (suite.get("tests"), suite.get("failures"), len(suite)) == ("1", "0", 1)


def test_junit_takes_any_text() -> None:
    odd = "a\x00b\x1b<&\"'\ufffe\ud800"
    root = ElementTree.fromstring(
        report.junit.written([Diagnostic("x", odd, found=odd, spans=(Span(odd, 1, 1),))])
    )
    assert root.find(".//failure") is not None


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("  replica: 3", "replica"),
        ('  "数量": 3', '"数量"'),
        ('  "e\u0301e\u0301": 3', '"e\u0301e\u0301"'),
        ('  "🚀": 3 # 🚀', '"🚀"'),
        ("  replica: 3\t# tab", "replica"),
        ("  replica: 3\r", "replica"),
        ("  " + "k" * 300 + ": 3", "k" * 300),
        ("  replica: " + "v" * 300, "replica"),
        ("  {a: " + "v" * 300 + ", replica: 3}", None),
    ],
    ids=["plain", "wide", "combining", "emoji", "tab", "crlf", "long key", "long value", "flow"],
)
@pytest.mark.parametrize("columns", [120, 80, 40])
def test_the_underline_is_below_what_it_marks(line: str, marked: str | None, columns: int) -> None:
    text = f"server:\n{line}\n" if marked else f"server:\n  extraLabels: {{}}\nclient:{line}\n"
    (first, *_) = told(text)
    shown = report.text.written([first], width=columns).splitlines()
    place = next(number for number, row in enumerate(shown) if "^" in row)
    above, below = shown[place - 1], shown[place]
    assert width(above) <= columns and width(below) <= columns
    start, end = below.index("^"), below.rindex("^") + 1
    # the characters above the marks
    column, cells = 0, ""
    for char in above:
        if start <= column < end:
            cells += char
        column += width(char)
    wanted = marked or str(first.path[-1])
    assert wanted.startswith(cells.rstrip()[:5]) and cells.strip()
    assert wanted == cells or len(wanted) > columns - 10


@pytest.mark.parametrize("odd", ["\x1b[31m", "\x9b31m", "\u202e", "\u2028", "\x07"])
def test_nothing_in_the_values_reaches_the_terminal_as_a_command(odd: str) -> None:
    one = Diagnostic(
        "x", f"a{odd}b", path=(f"c{odd}",), found=odd, expected=odd, hint=odd,
        spans=(Span(f"v{odd}.yaml", 1, 1, 3, f"a{odd}b: 1"),),
    )  # fmt: skip
    shown = report.text.written([one, Diagnostic("y", "z", path=(odd,))])
    assert odd not in shown and not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", shown)


def in_a_terminal(columns: int, *arguments: str, **environment: str) -> str:
    """What the program writes to a terminal of so many columns."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    known = {
        key: value
        for key, value in os.environ.items()
        if key not in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS")
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "chartgen", *arguments], stdin=theirs, stdout=theirs, stderr=theirs,
        env={**known, "TERM": "xterm-256color", **environment},
    )  # fmt: skip
    os.close(theirs)
    out = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            read = os.read(ours, 65536)
        except OSError:
            break
        if not read:
            break
        out += read
    os.close(ours)
    process.wait(60)
    return out.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [80, 40])
def test_in_a_terminal(columns: int, tmp_path: Path) -> None:
    file = tmp_path / "v.yaml"
    file.write_text(f"server:\n  replicas: {'x' * 200}\n")
    shown = in_a_terminal(columns, "check", str(file))
    assert "\x1b[31;1merror\x1b[0m[wrong-type]" in shown
    excerpt = [ESCAPE.sub("", line) for line in shown.splitlines() if "|" in line]
    assert len(excerpt) == 3 and max(map(len, excerpt)) == columns
    plain = in_a_terminal(columns, "check", str(file), NO_COLOR="1")
    assert "\x1b" not in plain
    assert ESCAPE.sub("", shown) == plain


def codes_in_use() -> set[str]:
    """Each text in the code that is written like one and stands where a finding is made, or becomes its `code`."""
    found = set()
    for path in (ROOT / "chartgen").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            texts: list[ast.AST] = []
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
                "Diagnostic", "reject", "_fail", "_warn"
            ):  # fmt: skip
                texts = list(node.args[:2])
            elif isinstance(node, ast.Assign) and "code" in ast.unparse(node.targets[0]).strip("()").split(
                ", "
            ):
                texts = list(ast.walk(node.value))
            found |= {
                one.value for one in texts if isinstance(one, ast.Constant) and isinstance(one.value, str)
            }
    return {text for text in found if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", text)}


def test_each_code_has_a_meaning() -> None:
    assert {"unknown-key", "yaml-syntax", "alias-bomb"} <= codes_in_use()
    known: set[Any] = meanings.OTHERS.keys() | rules.by_slug().keys()
    assert codes_in_use() - known == set()
    assert {one.code for one in findings()} - known == set()
