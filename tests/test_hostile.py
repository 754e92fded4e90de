"""Input that wants to break the program: each gets an error in words, within bounded memory, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# address space of the program in KB; Python and its libraries take about a third
MEMORY = 450_000


def run(
    *arguments: str, stdin: int | None = None, cwd: Path | None = None, limits: str = f"ulimit -v {MEMORY}"
) -> subprocess.CompletedProcess[str]:
    """The program, in a shell that limits it first."""
    return subprocess.run(
        ["sh", "-c", f'{limits}; exec "$@"', "sh", sys.executable, "-m", "chartgen", *arguments],
        stdin=stdin if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=300,
    )


def is_told(done: subprocess.CompletedProcess[str]) -> None:
    """One or more errors in words, and no more of them than anyone reads."""
    assert done.returncode == 1, done.stderr[-2000:]
    assert "error" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr and "bug in chartgen" not in done.stderr
    assert len(done.stdout) + len(done.stderr) < 500_000


def nested_aliases(item: str) -> bytes:
    """Nine levels of ten aliases each: a thousand million values in a few hundred bytes."""
    levels = [
        f"{chr(98 + n)}: &{chr(98 + n)} " + item.replace("@", f"*{chr(97 + n)}") + "\n" for n in range(9)
    ]
    return ("a: &a {x: 1}\n" + "".join(levels)).encode()


HOSTILE = {
    "broken": b"a: [1, 2",
    "tab": b"server:\n\treplicas: 3\n",
    "duplicate": b"server: {}\nserver: {}\n",
    "latin-1": "server:\n  storageClass: \xe9\n".encode("latin-1"),
    "list": b"- a\n",
    "scalar": b"hello\n",
    "two documents": b"a: 1\n---\nb: 2\n",
    "nul": b'a: "x\x00y"\n',
    "infinity": b"server:\n  replicas: .inf\n",
    "control": b"a: \x07\n",
    "anchor": b"a: *nowhere\n",
    "tag": b"a: !!python/object:os.system x\n",
    "merge": b"a:\n  <<: 3\n",
    "unclosed": b'a: "x\n',
    "key": b"? [a]\n: b\n",
    "deep lists": b"a: " + b"[" * 10_000 + b"]" * 10_000,
    "deep maps": b"{a: " * 10_000 + b"1" + b"}" * 10_000,
    "deep blocks": b"".join(b" " * depth + b"a:\n" for depth in range(1_000)),
    "deep JSON": b"server:\n  extraConfig: '" + b"[" * 200_000 + b"'\n",
    "deep YAML in text": b"server:\n  nodeSelector: '" + b"[" * 200_000 + b"'\n",
    "bomb of lists": nested_aliases("[" + ", ".join(["@"] * 10) + "]"),
    "bomb of maps": nested_aliases("{" + ", ".join(f"k{n}: @" for n in range(10)) + "}"),
    "bomb of merges": nested_aliases("{" + ", ".join(f"k{n}: {{<<: @}}" for n in range(10)) + "}"),
    "wide merge": b"a: &a {"
    + b", ".join(b"k%d: x" % n for n in range(1_000))
    + b"}\nb: {<<: ["
    + b", ".join([b"*a"] * 5_000)
    + b"]}\n",
    "too large": b"a: " + b"x" * 50_000_000,
    "one list": b"a: [" + b"1," * 4_900_000 + b"1]",
    "text in quotes": b'{"a": [' + b'"x",' * 190_000 + b'"x"]}',
    "one value": b"global:\n  name: " + b"v" * 9_000_000 + b"\n",
    "one key": b"? " + b"k" * 5_000_000 + b"\n: 1\n",
    "digits": b"server:\n  replicas: " + b"9" * 1_000_000 + b"\n",
    "digits in text": b'server:\n  replicas: "' + b"9" * 1_000_000 + b'"\n',
    "nearly a duration": b'global:\n  consulAPITimeout: "' + b"1h" * 1_000_000 + b'!"\n',
    "nearly an image": b'global:\n  image: "' + b"a/" * 1_000_000 + b'!"\n',
    "actions never closed": b'server:\n  annotations: "' + b"{{" * 300_000 + b'"\n',
    "unknown keys": b"".join(b"key%d: 1\n" % n for n in range(20_000)),
    "keys twice": b"server: {}\n" * 50_000,
    "wrong items": b"client:\n  join:\n" + b"  - {}\n" * 20_000,
    "findings ignored": b"server: 1\n"
    + b"".join(b"key%d: 1  # chartgen: ignore[unknown-*]\n" % n for n in range(20_000)),
    "nothing to ignore": b"a: [\n" + b"# chartgen: ignore[unknown-key]\n" * 100_000 + b"{}]\nserver: 1\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_values_are_told(name: str, tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_bytes(HOSTILE[name])
    is_told(run("check", "values.yaml", cwd=tmp_path))


def test_more_findings_than_anyone_reads(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_bytes(HOSTILE["unknown keys"])
    done = run("check", "values.yaml", cwd=tmp_path)
    assert "there are more than 500 findings" in done.stdout
    assert done.stdout.count("error[unknown-key]") == 500


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no such device")
def test_a_device_without_end() -> None:
    is_told(run("check", "/dev/zero"))


@pytest.mark.parametrize("command", [("check", "-f", "-"), ("build", "-f", "-"), ("render", "-f", "-")])
def test_standard_input_without_end(command: tuple[str, ...], tmp_path: Path) -> None:
    with subprocess.Popen(["yes", "a: 1"], stdout=subprocess.PIPE) as endless:
        assert endless.stdout is not None
        is_told(run(*command, stdin=endless.stdout.fileno(), cwd=tmp_path))
        endless.stdout.close()
        endless.wait(60)
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_a_file(tmp_path: Path) -> None:
    """As in `chartgen check <(helm get values consul)`."""
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(
        [sys.executable, "-m", "chartgen", "check", "pipe"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as started:
        (tmp_path / "pipe").write_text("server:\n  replicas: 3\n")
        assert started.communicate(timeout=60)[1] == "the values are valid\n"
    assert started.returncode == 0


@pytest.mark.parametrize(
    "flag",
    [
        "--set=a={" + ",".join(["x"] * 30_000) + "}",
        "--set=a[65536][65536][65536]=x",
        "--set=" + "a." * 50_000 + "b=1",
        "--set=a[0]" + "[0]" * 30_000 + "=1",
        "--set-json=a=" + "[" * 60_000,
        "--set-string=" + "k" * 100_000 + "=1",
        "--set-file=a=/dev/zero",
    ],
    ids=lambda flag: flag[:20],
)
def test_hostile_flags_are_told(flag: str) -> None:
    is_told(run("check", flag))


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Path]:
    """Values that take a while to compile, in a folder of their own."""
    gateways = "".join(f"  - name: gateway-{number}\n" for number in range(100))
    file = tmp_path / "large.yaml"
    file.write_text(
        f"connectInject:\n  enabled: true\ningressGateways:\n  enabled: true\n  gateways:\n{gateways}"
    )
    yield file


def test_a_full_disk_leaves_nothing(large: Path, tmp_path: Path) -> None:
    """Files of more than 40 blocks cannot be written: the chart's small ones can, the archive and the definitions not."""
    done = run("build", "-f", str(large), "-o", "out", cwd=tmp_path, limits="ulimit -f 40")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file\n")
    done = run("build", "-f", str(ROOT / "examples/quickstart.yaml"), "-o", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert (tmp_path / "out").read_text() == "a file\n"


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"])
def test_interruption_leaves_nothing_half_written(
    sent: signal.Signals, code: int, large: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with subprocess.Popen(
        [sys.executable, "-m", "chartgen", "build", "-f", str(large), "-o", str(out)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as started:  # fmt: skip
        # it is writing as soon as there is a folder; when it was faster than we look, it has written all
        while started.poll() is None and not out.exists():
            time.sleep(0.001)
        started.send_signal(sent)
        _, told = started.communicate(timeout=60)
    assert "Traceback" not in told
    assert started.returncode in (code, 0)
    left = sorted(path.name for path in out.rglob("*")) if out.exists() else []
    assert not [name for name in left if name.startswith(".") and name != ".helmignore"]
    whole = (out / "consul" / "0.1.0").exists()
    assert not whole or (out / "consul" / "0.1.0" / "values.schema.json").is_file()
