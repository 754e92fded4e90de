"""The program, started as users start it: exit codes, what goes where, and no traceback ever."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(
    *arguments: str, stdin: str | bytes = "", cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [sys.executable, "-m", "chartgen", *arguments], input=data, capture_output=True, cwd=cwd, timeout=120
    )
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
    assert done.stderr.count("error[") == 3


def test_json_report() -> None:
    done = run("check", "--format", "json", "-f", "-", stdin="server:\n  replica: 3\n")
    report = json.loads(done.stdout)
    assert (report["version"], report["errors"]) == (1, 1)
    assert report["diagnostics"][0]["spans"][0]["line"] == 2


def test_lenient_warns() -> None:
    done = run("check", "--lenient", "-f", "-", stdin="server:\n  replica: 3\n")
    assert done.returncode == 0
    assert "warning[" in done.stderr


def test_set_is_a_source() -> None:
    done = run("check", "--set", "server.replica=3")
    assert done.returncode == 1
    assert "--set" in done.stderr


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


@pytest.mark.parametrize("text", ["server:\n  replicas: 3\n", "server:\n  replica: 3\n"])
def test_check_says_the_same_with_options_and_without(text: str, tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text(text)
    plain, with_options = (
        run("check", "values.yaml", cwd=tmp_path),
        run("check", "--strict", "values.yaml", cwd=tmp_path),
    )
    assert (plain.returncode, plain.stderr) == (with_options.returncode, with_options.stderr)


def test_a_check_starts_no_more_than_it_needs(tmp_path: Path) -> None:
    """Each of these takes longer to import than a file takes to check."""
    (tmp_path / "values.yaml").write_text("server:\n  replicas: 3\n")
    script = (
        "import sys; from chartgen.__main__ import main\n"
        "try: main(['check', 'values.yaml'])\n"
        "finally: print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    heavy = {"click", "pathlib", "jinja2", "jsonschema", "yaml12", "rapidfuzz", "socket", "chartgen.report"}
    assert heavy & set(done.stdout.split()) == set()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_output_that_cannot_be_written_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "chartgen", "schema"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert (done.returncode, done.stderr) == (1, "error: No space left on device\n")


def test_a_reader_that_leaves_is_no_error() -> None:
    started = subprocess.Popen(
        [sys.executable, "-m", "chartgen", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert started.stdout is not None and started.stderr is not None
    started.stdout.read(10)
    started.stdout.close()
    told = started.stderr.read()
    started.stderr.close()
    assert (started.wait(60), told) == (0, b"")


def test_usage_is_two() -> None:
    assert run("build", "--nonsense").returncode == 2
    assert run("build", "--version", "one").returncode == 2


HOSTILE = {
    "broken": b"a: [1, 2",
    "tab": b"server:\n\treplicas: 3\n",
    "duplicate": b"server: {}\nserver: {}\n",
    "latin-1": "server:\n  storageClass: \xe9\n".encode("latin-1"),
    "list": b"- a\n",
    "scalar": b"hello\n",
    "two documents": b"a: 1\n---\nb: 2\n",
    "deep": b"a: " + b"[" * 10_000 + b"]" * 10_000,
    "bomb": b"a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    + b"".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n".encode() for n in range(9)
    ),
    "large": b"a: " + b"x" * 50_000_000,
    "nul": b'a: "x\x00y"\n',
    "infinity": b"server:\n  replicas: .inf\n",
    "control": b"a: \x07\n",
    "anchor": b"a: *nowhere\n",
    "tag": b"a: !!python/object:os.system x\n",
    "merge": b"a:\n  <<: 3\n",
    "unclosed": b'a: "x\n',
    "key": b"? [a]\n: b\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_gets_a_diagnostic(name: str, tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_bytes(HOSTILE[name])
    done = run("check", str(file))
    assert done.returncode == 1, done.stderr
    assert "error[" in done.stderr
    assert "Traceback" not in done.stderr
    assert "bug in chartgen" not in done.stderr


@pytest.mark.parametrize("path", ["nowhere.yaml", "."])
def test_what_is_no_file_gets_a_diagnostic(path: str, tmp_path: Path) -> None:
    done = run("check", path, cwd=tmp_path)
    assert done.returncode == 1
    assert "error[" in done.stderr
