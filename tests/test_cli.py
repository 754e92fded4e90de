"""The program, started as users start it: exit codes, what goes where, and no traceback ever."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.core import ParameterSource
from hypothesis import example as also
from hypothesis import given, settings
from hypothesis import strategies as st

import chartgen.__main__ as program
from chartgen.cli import commands
from chartgen.workshop import compiled_templates
from tests.terminal import Terminal

ROOT = Path(__file__).parent.parent
TERMINAL = ("COLUMNS", "FORCE_COLOR", "NO_COLOR")


def run(
    *arguments: str, stdin: str | bytes = "", cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    data = stdin.encode() if isinstance(stdin, str) else stdin
    # what whoever runs the tests has set for their own terminal
    known = {name: value for name, value in os.environ.items() if name not in TERMINAL}
    done = subprocess.run(
        [sys.executable, "-m", "chartgen", *arguments],
        input=data, capture_output=True, cwd=cwd, env=known, timeout=120,
    )  # fmt: skip
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_build_writes_chart_and_archive(tmp_path: Path) -> None:
    done = run("build", "-f", str(ROOT / "examples/quickstart.yaml"), "-o", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/consul/0.1.0/Chart.yaml").is_file()
    assert (tmp_path / "out/consul-0.1.0.tgz").is_file()
    assert "helm install" in done.stdout


def test_rejected_values_write_nothing(tmp_path: Path) -> None:
    done = run("build", "-f", "-", "-o", str(tmp_path / "out"), stdin="server:\n  replica: 3\n")
    assert done.returncode == 1
    assert "<stdin>:2:3" in done.stderr
    assert "server.replicas" in done.stderr
    assert not (tmp_path / "out").exists()


def test_all_findings_at_once() -> None:
    done = run(
        "check", "-f", "-", stdin="server:\n  replica: 3\nclient:\n  enabledd: true\nglobal:\n  tls: 3\n"
    )
    assert done.returncode == 1
    assert done.stdout.count("error[") == 3


def test_json_report() -> None:
    done = run("check", "--format", "json", "-f", "-", stdin="server:\n  replica: 3\n")
    report = json.loads(done.stdout)
    assert (report["version"], report["errors"]) == (1, 1)
    assert report["diagnostics"][0]["spans"][0]["line"] == 2


def test_lenient_warns() -> None:
    done = run("check", "--lenient", "-f", "-", stdin="server:\n  replica: 3\n")
    assert done.returncode == 0
    assert "warning[" in done.stdout


def test_set_is_a_source() -> None:
    done = run("check", "--set", "server.replica=3")
    assert done.returncode == 1
    assert "--set" in done.stdout


def test_values_with_provenance() -> None:
    done = run(
        "values", "-f", "-", "--set", "server.replicas=5", "--provenance", stdin="client:\n  enabled: true\n"
    )
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert "<stdin>:2" in rows["client.enabled"]
    assert "--set server.replicas=5" in rows["server.replicas"]
    assert "default" in rows["server.storage"]


def test_render_is_plain_yaml() -> None:
    done = run("render", "--release", "mesh", "--namespace", "ns", "-f", "-", stdin="{}")
    assert done.returncode == 0, done.stderr
    assert "mesh-consul-server" in done.stdout
    assert "{{" not in done.stdout.replace("{{ template", "")


def test_explain() -> None:
    done = run("explain", "server.replicas")
    assert done.returncode == 0, done.stderr
    assert "templates/server-statefulset.yaml" in done.stdout
    assert run("explain", "ingress-ports").returncode == 0
    assert run("explain", "server.replica").returncode == 1


def test_init_is_valid(tmp_path: Path) -> None:
    for flags in ([], ["--full"]):
        text = run("init", *flags).stdout
        done = run("check", "-f", "-", stdin=text)
        assert done.returncode == 0, done.stderr


def test_init_writes_the_values_alone(tmp_path: Path) -> None:
    done = run("init", "values.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["values.yaml"]
    assert "$schema" not in (tmp_path / "values.yaml").read_text()
    assert run("check", "values.yaml", cwd=tmp_path).returncode == 0


def test_init_writes_the_schema_that_it_is_to_name(tmp_path: Path) -> None:
    done = run("init", "--schema", "s.json", "values.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first = (tmp_path / "values.yaml").read_text().splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=./")
    assert json.loads((tmp_path / named).read_text()) == json.loads(run("schema").stdout)
    assert run("check", "values.yaml", cwd=tmp_path).returncode == 0


def test_init_overwrites_nothing_unasked(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("mine: true\n")
    done = run("init", "values.yaml", cwd=tmp_path)
    assert done.returncode == 2 and "--force" in done.stderr
    assert file.read_text() == "mine: true\n"
    assert [path.name for path in tmp_path.iterdir()] == ["values.yaml"]
    assert run("init", "--force", "values.yaml", cwd=tmp_path).returncode == 0
    assert "mine" not in file.read_text()


def test_init_finds_the_schema_of_its_repository_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "consul-values.schema.json").write_text("{}")
    folder = tmp_path / "repository" / "clusters" / "one"
    folder.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    assert "$schema" not in run("init", cwd=folder).stdout
    (tmp_path / "repository" / "consul-values.schema.json").write_text("{}")
    assert "$schema=../../consul-values.schema.json\n" in run("init", cwd=folder).stdout
    # what is there already stays as it is
    assert run("init", "--schema", "../../consul-values.schema.json", "a.yaml", cwd=folder).returncode == 0
    assert (tmp_path / "repository" / "consul-values.schema.json").read_text() == "{}"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["biuld"], "Did you mean 'build'?"),
        (["build", "values.yaml"], "Name values files with -f."),
        (["values", "a.yaml", "b.yaml"], "Name values files with -f."),
        (["build", "--output", "x"], "Did you mean '--output-dir'?"),
        (["build", "--name", "Consul"], "lower-case letters"),
        (["check"], "Name a file of values"),
        (["check", "--format", "xml", "x.yaml"], "'sarif'"),
        (["fix"], "Missing argument 'FILE...'"),
        (["fix", "-", "tests"], "- is standard input"),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_told_with_a_way_out(arguments: list[str], told: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr and "--help" in done.stderr


COMMANDS = (
    "build", "check", "completion", "diff", "explain", "fix", "help", "images", "index", "init", "lsp", "migrate", "push", "render", "rules", "schema", "tidy", "values",
    "verify", "version",
)  # fmt: skip


def test_help_names_each_command_on_one_line() -> None:
    done = run("--help")
    assert done.returncode == 0
    rows = done.stdout.partition("Commands:\n")[2].splitlines()
    assert tuple(row.split()[0] for row in rows) == COMMANDS
    assert not [row for row in rows if row.endswith("...")]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_examples_of_a_command_are_read(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line of an example is a command line that the program understands."""
    monkeypatch.chdir(tmp_path)
    for name in ("values.yaml", "base.yaml", "production.yaml", "values-2019.yaml"):
        (tmp_path / name).touch()
    lines = [line.strip() for line in run(command, "--help").stdout.splitlines()]
    examples = [line.split("|")[0].split(">")[0] for line in lines if line.startswith("chartgen ")]
    assert examples
    for example in examples:
        name, *arguments = example.split()[1:]
        commands.cli.commands[name].make_context(name, arguments, parent=None).close()


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("chartgen explain server.rep", "server.replicas"),
        ("chartgen explain ingress-p", "ingress-ports"),
        ("chartgen build --set server.repl", "server.replicas="),
        ("chartgen build --set global.logLevel=w", "global.logLevel=warn"),
        ("chartgen build --set client.enabled=t", "client.enabled=true"),
        ("chartgen check --ignore ui-x,server-replicas-e", "ui-x,server-replicas-even"),
        ("chartgen check --fail-on w", "warning"),
        ("chartgen comp", "completion"),
        ("chartgen completion f", "fish"),
        ("chartgen help inde", "index"),
        ("chartgen help index m", "merge"),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_shell_completes(words: str, wanted: str, shell: str) -> None:
    typed = words.split()
    told = {
        "bash": {"COMP_LINE": words},
        "zsh": {"COMP_WORDS": words, "COMP_CWORD": str(len(typed) - 1)},
        "fish": {"COMP_WORDS": words, "COMP_CWORD": typed[-1]},
        "powershell": {"COMP_WORDS": "\n".join(typed), "COMP_INCOMPLETE": typed[-1]},
    }[shell]
    done = subprocess.run(
        [sys.executable, "-m", "chartgen"],
        env={**os.environ, "_CHARTGEN_COMPLETE": f"{shell}_complete", **told},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    # a kind, the word and what it is, each shell with its own marks between
    told_words = {
        part
        for line in done.stdout.splitlines()
        for part in (line, *re.split(r"[\t]", line.removeprefix("plain,")))
    }
    assert wanted in told_words, done


@pytest.fixture
def on_path(tmp_path: Path) -> dict[str, str]:
    """An environment in which `chartgen` is the program that is tested."""
    program = tmp_path / "bin" / "chartgen"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m chartgen "$@"\n')
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("chartgen explain server.repl", "server.replicas"),
        # bash replaces only what comes after the last of its COMP_WORDBREAKS
        ("chartgen build --set global.logLevel=w", "warn"),
        ("chartgen build --set server.repl", "server.replicas="),
        ("chartgen check --fail-on=warn", "warning"),
        ("chartgen index ", "merge"),
    ],
)
def test_the_script_for_bash_completes(typed: str, completed: str, on_path: dict[str, str]) -> None:
    """The script, read by a real bash, asks the program and takes its answer."""
    script = run("completion", "bash").stdout
    asked = f'COMP_LINE="{typed}"; COMP_POINT={len(typed)}; _chartgen_completion chartgen; echo "${{COMPREPLY[@]}}"'
    done = subprocess.run(
        ["bash", "-c", f"{script}\n{asked}"], env=on_path, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == completed, done.stderr


# these replace a word whole
WORDS_COMPLETED = [
    ("chartgen explain server.repl", "server.replicas"),
    ("chartgen build --set global.logLevel=w", "global.logLevel=warn"),
    ("chartgen build --set=global.logLevel=w", "--set=global.logLevel=warn"),
    ("chartgen build --set server.repl", "server.replicas="),
    ("chartgen check --ignore ui-x,server-replicas-e", "ui-x,server-replicas-even"),
    ("chartgen check --fail-on=warn", "--fail-on=warning"),
    ("chartgen check val", "values.yaml"),
    ("chartgen check --values=val", "--values=values.yaml"),
    ("chartgen compl", "completion"),
]


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
@pytest.mark.parametrize(("typed", "completed"), WORDS_COMPLETED)
def test_the_script_for_fish_completes(
    typed: str, completed: str, on_path: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "values.yaml").touch()
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"{run('completion', 'fish').stdout}\ncomplete -C '{typed}'"],
        env=on_path, cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == [completed], done.stderr


@pytest.mark.skipif(not (shutil.which("zsh") and shutil.which("tmux")), reason="needs zsh and tmux")
def test_the_script_for_zsh_completes(on_path: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "values.yaml").touch()
    (tmp_path / "start").write_text(
        f"autoload -U compinit; compinit -D\n{run('completion', 'zsh').stdout}\nPS1='> '; clear\n"
    )
    with Terminal("zsh -f", tmp_path, on_path) as terminal:
        terminal.write("source start")
        terminal.press("Enter")
        for typed, completed in WORDS_COMPLETED:
            terminal.write(typed)
            terminal.press("Tab")
            terminal.wait_for(f"{typed.rpartition(' ')[0]} {completed}")
            terminal.press("C-u")


def test_the_commands_are_documented() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"| `chartgen {name}" not in text] == []


def test_provenance_stands_in_columns() -> None:
    done = run("values", "--provenance", "-f", "-", stdin="server:\n  replicas: 3\n")
    head, *rows = done.stdout.splitlines()
    column = head.index("set by")
    assert sum(row[column:] in ("default", "<stdin>:2") for row in rows) > 0.9 * len(rows)


@pytest.mark.parametrize("arguments", [("schema",), ("render",), ("help", "build")])
def test_who_has_read_enough_makes_no_error(arguments: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "chartgen", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as started:
        assert started.stdout is not None and started.stderr is not None
        started.stdout.close()
        assert (started.stderr.read(), started.wait()) == (b"", 0)


def test_help_of_a_command_below_another() -> None:
    assert "index merge [OPTIONS] FOLDER..." in run("help", "index", "merge").stdout
    assert "Did you mean 'merge'?" in run("help", "index", "mrge").stderr
    assert "check has no commands" in run("help", "check", "it").stderr


def test_charts_that_were_compiled_are_no_source(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("server: {replicas: 3}\n")
    assert run("build", "-q", "-f", "values.yaml", cwd=tmp_path).returncode == 0
    done = run("fix", "--diff", ".", cwd=tmp_path)
    assert done.stderr.splitlines()[0] == ".: 1 file with values, 1 other passed over (-v lists them)", done
    assert run("verify", "charts/consul/0.1.0", cwd=tmp_path).returncode == 0


def test_an_empty_word_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("server: {replicas: 3}\n")
    done = run("check", "", cwd=tmp_path)
    assert (done.returncode, "file-not-found" in done.stdout) == (2, True), done


def test_usage_is_two() -> None:
    assert run("build", "--nonsense").returncode == 2
    assert run("build", "--version", "one").returncode == 2


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_output_is_utf_8_whatever_the_locale(encoding: str, tmp_path: Path) -> None:
    name = os.fsdecode(b"v\xff.yaml")
    (tmp_path / name).write_text("server:\n  数量: 3\n", encoding="utf-8")
    for flags, code in (
        (["check", "--format", "json"], 1),
        (["values", "--lenient", "-f"], 0),
        (["check"], 1),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "chartgen", *flags, name], cwd=tmp_path, capture_output=True, timeout=60,
            env={**os.environ, "PYTHONIOENCODING": encoding},
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        assert ("数量".encode() in done.stdout) == bool(done.stdout)


@pytest.mark.parametrize(
    "arguments", [["check", "nowhere.yaml"], ["check", "-f", "."], ["build", "-f", "nowhere.yaml"]]
)
def test_what_is_no_file_gets_a_diagnostic(arguments: list[str], tmp_path: Path) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "error[" in (done.stdout if arguments[0] == "check" else done.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize(
    "arguments", [["build", "-o", "out"], ["check"], ["values"], ["render"]], ids=" ".join
)
def test_a_full_disk_is_told_and_leaves_nothing_half(arguments: list[str], tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    values.write_text("server:\n  replicas: 2\n")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "chartgen", *arguments, "-f", str(values)],
            stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path, timeout=120,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "error: No space left on device"
    if arguments[0] == "build":
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
            "consul",
            "consul-0.1.0.tgz",
            "index.yaml",
        ]
        assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "values.yaml"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
# who is quiet has nothing to write
@pytest.mark.parametrize(("arguments", "code"), [(["check"], 2), (["check", "-q"], 0)], ids=str)
def test_messages_that_cannot_be_written_are_no_findings(arguments: list[str], code: int, tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("server:\n  replicas: 3\n")
    command = [sys.executable, "-m", "chartgen", *arguments, "-f", "values.yaml"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, cwd=tmp_path, timeout=120)
    assert (done.returncode, done.stdout) == (code, b"")


@pytest.mark.parametrize("closed", ["1", "2"])
@pytest.mark.parametrize("arguments", [["check", "values.yaml"], ["check", "values.yaml", "--format", "json"]], ids=" ".join)
def test_a_closed_stream_is_one_that_nobody_wants(arguments: list[str], closed: str, tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("server:\n  replicas: 3\n")
    script = f'exec "$@" {closed}>&-'
    done = subprocess.run(
        ["sh", "-c", script, "sh", sys.executable, "-m", "chartgen", *arguments],
        capture_output=True, text=True, cwd=tmp_path, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    # nothing of the one stream goes into the other
    assert bool(done.stdout) == (closed == "2" and "json" in arguments)


# what a valid file has no use for; each takes longer to start than the check
KEPT_OUT = {
    "click",
    "jsonschema",
    "jsonschema_rs",
    "jinja2",
    "yaml12",
    "rapidfuzz",
    "deepmerge",
    "pathlib",
    "typing",
    "yaml",
    "base64",
    "datetime",
}


# what a build of files alone has no use for
KEPT_OUT_OF_BUILDS = {"click", "yaml", "jinja2", "markupsafe", "typing", "inspect", "dataclasses", "shutil", "tarfile", "tempfile", "random", "base64", "chartgen.report.formats", "jsonschema", "rapidfuzz", "deepmerge", "semver", "chartgen.alter"}


@pytest.mark.parametrize("flags", [[], ["-f"]], ids=["alone", "with -f"])
def test_a_check_starts_with_little(flags: list[str]) -> None:
    started = _started("check", *flags, str(ROOT / "examples/secure.yaml"))
    assert "chartgen.cli.check" in started
    assert not started & KEPT_OUT


def test_a_build_starts_with_no_more_than_it_needs(tmp_path: Path) -> None:
    # as an installation brings them along
    compiled_templates.write()
    started = _started("build", "-f", str(ROOT / "examples/secure.yaml"), "-o", str(tmp_path / "charts"))
    assert "chartgen.cli.build" in started
    assert not started & KEPT_OUT_OF_BUILDS


def _started(*arguments: str) -> set[str]:
    """The modules that a command line imports."""
    done = subprocess.run(
        [sys.executable, "-S", "-X", "importtime", "-c", _START, *sys.path, "--", *arguments],
        capture_output=True, text=True, timeout=60,
        env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "import time" in line}


# without site, whose .pth files import what they like
_START = """
import sys
cut = sys.argv.index("--")
sys.path[:], sys.argv[1:] = sys.argv[1:cut], sys.argv[cut + 1 :]
import chartgen.__main__ as program
program.main()
"""


@pytest.mark.parametrize(
    "arguments",
    [["a.yaml"], ["-f", "a.yaml"], ["-f", "a.yaml", "b.yaml"], ["b.yaml", "--values", "a.yaml"], ["-f", "c.yaml", "-f", "b.yaml"]],
    ids=" ".join,
)  # fmt: skip
def test_check_says_the_same_by_either_way(arguments: list[str], tmp_path: Path) -> None:
    """Files alone are read without click; an option sends the same command line through it."""
    (tmp_path / "a.yaml").write_text("server:\n  replica: 3\n")
    (tmp_path / "b.yaml").write_text("client:\n  enabled: maybe\n")
    quick, slow = (run("check", *more, *arguments, cwd=tmp_path) for more in ([], ["--strict"]))
    assert (quick.returncode, quick.stdout, quick.stderr) == (slow.returncode, slow.stdout, slow.stderr)
    assert quick.returncode == (2 if "c.yaml" in arguments else 1)


# what stands in command lines, and what could be taken for something else
WORDS = ("-f", "--values", "a.yaml", "b.yaml", "b", "", "-", "--", "-fa.yaml", "--values=a.yaml", "--val", "--strict",
         "--lenient", "--format", "json", "--set", "a=1", "-h", "--help", "=", " ", "@a", "-f=", "---", "ä.yaml")  # fmt: skip


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(WORDS) | st.text(st.characters(exclude_characters="\0"), max_size=4), max_size=6)
)
@also(["-f", "a.yaml", "b.yaml", "--values", "b"])
def test_files_alone_are_read_as_click_reads_them(words: list[str]) -> None:
    """What the short way takes, click takes as the same files, with every option at its default."""
    groups = program._files(words)
    if not groups:
        return
    command = commands.cli.commands["check"]
    context = command.make_context("check", list(words))
    read = context.params
    for parameter in command.params:
        if parameter.name not in ("files", "paths"):
            assert read[parameter.name] == command.make_context("check", ["x"]).params[parameter.name]
    assert groups == ([(*read["files"], path) for path in read["paths"]] or [read["files"]])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.sampled_from(("-f", "--values", "-o", "--output-dir")), st.sampled_from(WORDS)).map(list)
        | st.sampled_from(("-o", "-odir", "--output-dir=d", *WORDS)).map(lambda word: [word]),
        max_size=4,
    )
)
@also([["-o", "a"], ["-f", "a.yaml"], ["--output-dir", "b"], ["--values", "b"]])
def test_a_build_of_files_alone_is_read_as_click_reads_it(parts: list[list[str]]) -> None:
    words = [word for part in parts for word in part]
    asked = program._asked(words)
    if not asked:
        return
    command = commands.cli.commands["build"]
    read = command.make_context("build", list(words)).params
    usual = command.make_context("build", []).params
    assert asked == (read["files"], read["output_dir"] if "output_dir" in given_in(words) else None)
    for parameter in command.params:
        if parameter.name not in ("files", "output_dir"):
            assert read[parameter.name] == usual[parameter.name]


def given_in(words: list[str]) -> set[str]:
    """The names of the options that a command line of `build` gives."""
    context = commands.cli.commands["build"].make_context("build", list(words))
    return {name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}


@pytest.mark.parametrize(
    "arguments",
    [["-f", "right.yaml"], ["-f", "wrong.yaml"], ["-f", "right.yaml", "-o", "there"], ["-f", "none.yaml"],
     ["-f", "right.yaml", "-o", "right.yaml"]],
    ids=" ".join,
)  # fmt: skip
def test_build_says_the_same_by_either_way(arguments: list[str], tmp_path: Path) -> None:
    told = []
    for number, more in enumerate(([], ["--strict"])):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "right.yaml").write_text("server:\n  replicas: 2\n")
        (folder / "wrong.yaml").write_text("server:\n  replica: 3\n")
        for _ in range(2):
            done = run("build", *more, *arguments, cwd=folder)
            written = {
                path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
            }
            told.append((done.returncode, done.stdout, done.stderr, written))
    assert told[:2] == told[2:]


BUILD_FILES = {
    "right": "charts:\n  - name: a\n    values: [a.yaml]\n  - name: b\n    values: [b.yaml]\n    folder: false\n",
    "one of two is wrong": "charts:\n  - name: a\n    values: [a.yaml]\n  - name: w\n    values: [w.yaml]\n",
    "an unwise one, where warnings fail": "findings: {failOn: warning}\ncharts:\n  - {name: a, values: [u.yaml]}\n",
    "no file is found": "charts:\n  - name: a\n    values: [none.yaml]\n",
    "no charts": "findings: {failOn: never}\n",
    "broken": "charts: [\n",
}


@pytest.mark.parametrize("quiet", [[], ["-q"], ["--quiet"]], ids=["", "-q", "--quiet"])
@pytest.mark.parametrize("what", BUILD_FILES)
def test_a_build_of_all_charts_says_the_same_by_either_way(what: str, quiet: list[str], tmp_path: Path) -> None:
    told = []
    for number, more in enumerate(([], ["--color", "auto"])):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "chartgen.yaml").write_text(BUILD_FILES[what])
        (folder / "a.yaml").write_text("server:\n  replicas: 3\n")
        (folder / "b.yaml").write_text("ui:\n  enabled: false\n")
        (folder / "u.yaml").write_text("connectInject:\n  replicas: 2\n")
        (folder / "w.yaml").write_text("server:\n  replica: 3\n")
        for _ in range(2):
            done = run("build", *quiet, *more, cwd=folder)
            written = {
                path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
            }
            told.append((done.returncode, done.stdout, done.stderr, written))
    assert told[:2] == told[2:]


def test_a_build_of_all_charts_starts_without_what_reads_command_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "chartgen.yaml").write_text(BUILD_FILES["right"])
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("server:\n  replicas: 3\n")
    monkeypatch.chdir(tmp_path)
    started = _started("build", "--quiet")
    assert "chartgen.cli.fleet" in started
    assert not started & {"click", "email", "importlib.metadata", "chartgen.fleet.scheduler", "jinja2", "jsonschema"}


def test_the_short_way_is_taken() -> None:
    assert program._asked(["-f", "a", "-o", "d", "--values", "b"]) == (("a", "b"), "d")
    assert program._asked(["-f", "a"]) == (("a",), None)
    for words, groups in (
        (["a"], [("a",)]),
        (["a", "b"], [("a",), ("b",)]),
        (["-f", "a", "--values", "b"], [("a", "b")]),
        (["b", "-f", "a", "c"], [("a", "b"), ("a", "c")]),
        ([], []),
        (["-"], []),
        (["a", "--strict"], []),
    ):
        assert program._files(words) == groups
