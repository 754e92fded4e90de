"""Every script in the containers of every example and compiled set is one that a POSIX shell takes, that shellcheck has
nothing against, and that knows each variable it uses."""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import compiled

SHELLCHECK = str(Path(sysconfig.get_path("scripts")) / "shellcheck")
# what the kubelet and the shell itself set
GIVEN = {"HOSTNAME", "HOME", "PATH", "PWD", "IFS", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"}
# Words of running releases that stay as they are, so that an upgrade restarts nothing.
UNQUOTED = {"HOST_IP", "HOSTNAME", "POD_IP", "POD_NAME", "POD_NAMESPACE", "NAMESPACE", "NODE_NAME", "CONSUL_FULLNAME",
            "API_HOST", "KUBERNETES_SERVICE_PORT", "SERVICE_ACCOUNT"}  # fmt: skip
EXCUSED = {
    2006: "backticks around one `cat`, without nesting",
    2016: "the text is for a shell of its own",
    2034: "CONSUL_FULLNAME is there for what users add to the command",
    2046: "two counts are compared",
    3028: "the shells of the images, busybox and bash, have RANDOM",
    1091: "the file is made by another container",
}


@dataclass(frozen=True)
class Script:
    where: str
    text: str
    options: str
    variables: frozenset[str]


def scripts(path: Path) -> list[Script]:
    found = []
    for file, data in compiled.objects(path):
        for container in compiled.containers(data):
            command = [*(container.get("command") or []), *(container.get("args") or [])]
            if not command or command[0].rpartition("/")[2] != "sh":
                continue
            options = [word for word in command[1:] if re.fullmatch(r"-[a-z]*c?[a-z]*", word)]
            assert len(command) == len(options) + 2, command
            variables = {one["name"] for one in container.get("env") or []}
            found.append(
                Script(f"{file}: {container['name']}", command[-1], " ".join(options), frozenset(variables))
            )
    return found


ALL = [*compiled.EXAMPLES, *compiled.SETS]


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_scripts(path: Path, tmp_path: Path) -> None:
    numbered = dict(enumerate(dict.fromkeys(scripts(path))))
    assert numbered or path.stem == "nothing"
    for number, script in numbered.items():
        file = tmp_path / f"{number}.sh"
        file.write_text(f"#!/bin/sh {script.options}\n{script.text}")
        parsed = subprocess.run(["sh", "-n", str(file)], capture_output=True, text=True)
        assert parsed.returncode == 0, (script.where, parsed.stderr)
        used = set(re.findall(r"\$\{?([A-Z_][A-Z0-9_]*)", script.text))
        assigned = set(
            re.findall(r"(?:^|[\s;(])([A-Z_][A-Z0-9_]*)=|for ([A-Z_]+) in|read -r ([A-Z_]+)", script.text)
        )
        known = script.variables | GIVEN | {name for names in assigned for name in names}
        assert used <= known, (script.where, used - known)
    assert complaints(tmp_path, numbered) == []


def complaints(folder: Path, numbered: dict[int, Script]) -> list[tuple[str, str, str]]:
    """What shellcheck says about the scripts in a folder: where, the line, the message."""
    files = [str(folder / f"{number}.sh") for number in numbered]
    if not files:
        return []
    done = subprocess.run([SHELLCHECK, "--norc", "--format=json", *files], capture_output=True, text=True)
    found = []
    for one in json.loads(done.stdout):
        file = Path(one["file"])
        line = file.read_text().split("\n")[one["line"] - 1]
        word = line[one["column"] - 1 : one["endColumn"] - 1].strip("${}")
        if one["code"] in EXCUSED or (one["code"] == 2086 and word in UNQUOTED):
            continue
        found.append((numbered[int(file.stem)].where, line, f"SC{one['code']} {one['message']}"))
    return found


def test_shellcheck_is_heard(tmp_path: Path) -> None:
    script = Script("here", "", "-ec", frozenset())
    (tmp_path / "0.sh").write_text("#!/bin/sh -ec\ncp $FROM /tmp\n")
    assert [message for _, _, message in complaints(tmp_path, {0: script})] == [
        "SC2086 Double quote to prevent globbing and word splitting."
    ]
