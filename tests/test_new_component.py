"""A component is a folder in `templates/` and a key in `schema/`: what is done with both follows, without Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCHEMA = """\
description: Greets.
properties:
  enabled:
    type: boolean
    default: false
    description: Whether to greet.
  words:
    type: string
    default: good morning
    description: What to say.
"""
TEMPLATE = """\
{% import "_macros/object.j2" as object with context %}
apiVersion: v1
kind: ConfigMap
{{ object.metadata("greeter") }}
data:
  words: {{ values.greeter.words }}
"""


def test_a_component_needs_no_python(tmp_path: Path) -> None:
    for part in ("chartgen", "schema", "templates", "docs", "examples"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "LICENSE", tmp_path)
    (tmp_path / "schema" / "greeter.yaml").write_text(SCHEMA)
    folder = tmp_path / "templates" / "greeter"
    folder.mkdir()
    (folder / "component.yaml").write_text("# Greets.\nwhen: values.greeter.enabled\n")
    (folder / "configmap.yaml.j2").write_text(TEMPLATE)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )

    made = run("chartgen.workshop")
    assert made.returncode == 0, made.stderr
    assert "greeter.words" in (tmp_path / "docs" / "values.md").read_text(encoding="utf-8")
    rendered = run("chartgen", "render", "--set", "greeter.enabled=true", "--set", "greeter.words=hello")
    assert rendered.returncode == 0, rendered.stderr
    assert "# greeter-configmap.yaml\n" in rendered.stdout and "words: hello\n" in rendered.stdout
    off = run("chartgen", "render", "--set", "greeter.words=hello")
    assert off.returncode == 0 and "greeter" not in off.stdout
    meant = run("chartgen", "check", "--set", "greeter.word=hello")
    assert meant.returncode == 1 and "did you mean greeter.words?" in meant.stdout
