"""What values come to, as files: each holds values, and what must be in the objects or must not be there.

`is` gives fields by their path (an item of a list by its name), `says` and `silent` text of the object, `absent`
objects that are not made; `refused` has the code of the error at each path. The release is `mesh` in the namespace
`consul`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml12

import chartgen

CASES = sorted((Path(__file__).parent / "cases" / "behaviour").glob("*.yaml"))


def field(node: Any, path: str) -> Any:
    """What is at the dotted path; None where something on the way is absent."""
    for key in path.split("."):
        if isinstance(node, list):
            node = next((item for item in node if item.get("name") == key), None)
        else:
            node = (node or {}).get(key)
    return node


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_objects(path: Path) -> None:
    case: Any = yaml12.parse_yaml(path.read_text(encoding="utf-8"))
    if "refused" in case:
        with pytest.raises(chartgen.Rejected) as rejected:
            chartgen.compile(case["values"], strict=not case.get("lenient"))
        errors = [one for one in rejected.value.diagnostics if one.severity == "error"]
        assert {".".join(map(str, one.path)): one.code for one in errors} == case["refused"]
        return
    chart = chartgen.compile(case["values"], strict=not case.get("lenient"))
    made = {f"{one['kind']}/{one['metadata']['name']}": one for _, one in chart.objects("mesh", "consul")}
    for name, wanted in case.get("objects", {}).items():
        for at, value in wanted.get("is", {}).items():
            assert field(made[name], at) == value, at
        text = json.dumps(made[name]).replace('\\"', '"')
        assert [one for one in wanted.get("says", ()) if one not in text] == []
        assert [one for one in wanted.get("silent", ()) if one in text] == []
    assert [name for name in case.get("absent", ()) if name in made] == []
