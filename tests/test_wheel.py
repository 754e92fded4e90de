"""What is published: the wheel, built and installed alone, compiles a chart from what it carries, on every Python."""

from __future__ import annotations

import email
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
VALUES = "global:\n  tls: {enabled: true}\nserver:\n  replicas: 3\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "wheel", "--no-deps",
         "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)],
        check=True,
    )  # fmt: skip
    (built,) = folder.glob("chartgen-*.whl")
    return built


def clean(**more: str) -> dict[str, str]:
    """The environment without what leads to this checkout."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return {**kept, "PYTHONSAFEPATH": "1", "UV_PYTHON_DOWNLOADS": "never", **more}


def run(*command: str | Path, folder: Path, stdin: str = VALUES, **more: str) -> str:
    done = subprocess.run(
        list(map(str, command)), input=stdin, capture_output=True, text=True, cwd=folder, env=clean(**more)
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_stands_alone(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-deps",
         "--target", str(installed), str(wheel)],
        check=True,
    )  # fmt: skip

    def chartgen(*arguments: str) -> str:
        return run(
            sys.executable, "-m", "chartgen", *arguments, folder=tmp_path,
            PYTHONPATH=str(installed), XDG_CACHE_HOME=str(tmp_path / "cache"),
        )  # fmt: skip

    where = run(
        sys.executable, "-c", "import chartgen; print(chartgen.__file__)", folder=tmp_path, PYTHONPATH=str(installed)
    )
    assert where.startswith(str(installed))
    chartgen("build", "-f", "-", "-o", "charts")
    assert (tmp_path / "charts/consul-0.1.0.tgz").is_file()
    # it has its templates compiled: even the first build keeps none
    assert (installed / "chartgen/_bundle/templates/_compiled.py").is_file()
    assert list((tmp_path / "cache").rglob("*.cache")) == []
    assert chartgen("explain", "ingress-ports").startswith("ingress-ports\n")
    assert "server.replicas" in chartgen("explain", "server.replicas")
    assert '"$schema"' in chartgen("schema")


def test_what_the_index_shows(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
        told = email.message_from_bytes(archive.read(name))
        assert any(one.endswith("LICENSE") for one in archive.namelist())
    urls = dict(line.split(", ") for line in told.get_all("Project-URL", []))
    assert {"Documentation", "Source", "Issues", "Changelog"} <= urls.keys()
    assert told["Requires-Python"] == f">={PYTHONS[0]}"
    classifiers = told.get_all("Classifier", [])
    assert [one for one in PYTHONS if f"Programming Language :: Python :: {one}" not in classifiers] == []


def interpreter(version: str) -> Path | None:
    """The Python of this version: on the path, or among those of pyenv."""
    name = f"python{version}"
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    on_path = shutil.which(name)
    for candidate in (*([Path(on_path)] if on_path else []), *root.glob(f"versions/{version}*/bin/{name}")):
        # a shim of pyenv is there for versions that are not chosen, too
        if subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
            return candidate
    return None


@pytest.mark.parametrize("version", PYTHONS)
def test_each_python_builds_the_same_chart(version: str, wheel: Path, tmp_path: Path) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"Python {version} is not here")
    run(SCRIPTS / "uv", "venv", "--quiet", "--python", python, "venv", folder=tmp_path)
    run(SCRIPTS / "uv", "pip", "install", "--quiet", "--python", "venv", wheel, folder=tmp_path)
    # a warning, of what a later Python drops for instance, is an error
    chartgen = (tmp_path / "venv/bin/python", "-W", "error", "-m", "chartgen")
    run(*chartgen, "build", "-f", "-", "-o", "charts", folder=tmp_path)
    here = tmp_path / "here"
    run(sys.executable, "-m", "chartgen", "build", "-f", "-", "-o", here, folder=tmp_path, PYTHONPATH=str(ROOT))
    made = [hashlib.sha256(path.read_bytes()).hexdigest() for path in
            (tmp_path / "charts/consul-0.1.0.tgz", here / "consul-0.1.0.tgz")]  # fmt: skip
    assert made[0] == made[1]
    assert run(*chartgen, "check", "-", folder=tmp_path) == ""
    assert "there is no value" in subprocess.run(
        [*chartgen, "check", "-"], input="server: {replica: 3}\n", capture_output=True, text=True, env=clean(), cwd=tmp_path,
    ).stdout  # fmt: skip


def test_it_runs_without_being_installed(wheel: Path, tmp_path: Path) -> None:
    """`uvx` and `pipx run`, each from the wheel."""
    kept = {"UV_TOOL_DIR": str(tmp_path / "uv"), "PIPX_HOME": str(tmp_path / "pipx")}
    for number, start in enumerate((("uv", "tool", "run", "--from", wheel), ("pipx", "run", "--spec", wheel))):
        # what the index does not have anew is in the cache of each
        command = (SCRIPTS / start[0], *start[1:], "chartgen")
        assert "Consul 2.0.3" in run(*command, "version", folder=tmp_path, **kept)
        run(*command, "build", "-f", "-", "-o", f"charts-{number}", folder=tmp_path, **kept)
        assert (tmp_path / f"charts-{number}/consul-0.1.0.tgz").is_file()
