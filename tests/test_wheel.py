"""What is published: the wheel, built and installed alone, compiles a chart from what it carries."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_wheel_stands_alone(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path), str(ROOT)],
        check=True,
    )
    (wheel,) = tmp_path.glob("chartgen-*.whl")
    installed = tmp_path / "installed"
    subprocess.run([*pip, "install", "--no-deps", "--target", str(installed), str(wheel)], check=True)

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "chartgen", *arguments],
            input="server:\n  replicas: 3\n",
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = subprocess.run(
        [sys.executable, "-c", "import chartgen; print(chartgen.__file__)"],
        capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(installed)},
    ).stdout  # fmt: skip
    assert where.startswith(str(installed))
    run("build", "-f", "-", "-o", "charts")
    assert (tmp_path / "charts/consul-0.1.0.tgz").is_file()
    assert run("explain", "ingress-ports").startswith("ingress-ports\n")
    assert "server.replicas" in run("explain", "server.replicas")
    assert '"$schema"' in run("schema")
