"""The values files of a folder: which of its files hold values of Consul's chart, and which are something else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chartgen.cli.output import Output

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_ENDINGS = (".yaml", ".yml", ".json")
# folders that no values of anyone's are in
_NEVER = frozenset((".git", ".hg", ".svn", ".venv", "node_modules", "__pycache__"))


def values_files(paths: Sequence[str], output: Output) -> list[str]:
    """Each path that is a file, and of each folder the files with values in it, in the order of their names.

    What was passed over is told: how many files, and which with `--verbose`.
    """
    found: list[str] = []
    for path in paths:
        # Path("") is the folder one is in, and an empty word is a variable that is not set
        if not path or not Path(path).is_dir():
            found.append(path)
            continue
        passed = 0
        for file in _files(Path(path)):
            why = _other(file)
            if why:
                passed += 1
                output.detail(f"passed over {file.as_posix()}: {why}")
            else:
                found.append(file.as_posix())
        kept = sum(1 for file in found if Path(file).is_relative_to(path))
        more = "" if output.verbose or not passed else " (-v lists them)"
        files, others = ("file" if kept == 1 else "files"), ("other" if passed == 1 else "others")
        output.tell(f"{path}: {kept} {files} with values, {passed} {others} passed over{more}")
    return found


def _files(folder: Path) -> Iterator[Path]:
    """The YAML and JSON files below a folder that git does not ignore, in order; none of charts that chartgen compiled."""
    ignored = [(above, spec) for above in _above(folder) if (spec := _spec(above)) is not None]
    yield from _walked(folder, ignored)


def _walked(folder: Path, ignored: list[tuple[Path, GitIgnoreSpec]]) -> Iterator[Path]:
    if (spec := _spec(folder)) is not None and (folder, spec) not in ignored:
        ignored = [*ignored, (folder, spec)]
    for entry in sorted(folder.iterdir()):
        is_folder = entry.is_dir() and not entry.is_symlink()
        if entry.name in _NEVER or _is_ignored(entry, is_folder, ignored):
            continue
        if is_folder:
            if not _is_compiled(entry):
                yield from _walked(entry, ignored)
        elif entry.suffix in _ENDINGS and entry.is_file():
            yield entry


def _is_compiled(folder: Path) -> bool:
    """Whether chartgen made the chart in a folder: its values are no source, and are proved as they are."""
    file = folder / "Chart.yaml"
    return file.is_file() and "chartgen/inputs: " in file.read_text(encoding="utf-8", errors="replace")


def _above(folder: Path) -> list[Path]:
    """The folders above, up to the one that git keeps, whose .gitignore counts as well."""
    whole = folder.resolve()
    for number, above in enumerate((whole, *whole.parents)):
        if (above / ".git").exists():
            return [*reversed(whole.parents[:number]), whole][:-1]
    return []


def _spec(folder: Path) -> GitIgnoreSpec | None:
    file = folder / ".gitignore"
    if not file.is_file():
        return None
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(file.read_text(encoding="utf-8", errors="replace").splitlines())


def _is_ignored(entry: Path, is_folder: bool, ignored: Sequence[tuple[Path, GitIgnoreSpec]]) -> bool:
    verdict = False
    for folder, spec in ignored:
        base = entry if not folder.is_absolute() or entry.is_absolute() else entry.resolve()
        said = spec.check_file(base.relative_to(folder).as_posix() + "/" * is_folder).include
        if said is not None:
            # the nearer file wins
            verdict = said
    return verdict


def _other(file: Path) -> str:
    """Why a file holds no values of this chart; "" for one that does, or that is to be looked at as it is broken."""
    from chartgen.baseline import kept
    from chartgen.diagnostics import Rejected
    from chartgen.schema import foreign
    from chartgen.values import source

    if kept.is_kept(file.name):
        return "what a chart has adopted"
    if why := foreign.other_name(file.name):
        return why
    try:
        raw = source.read_bytes(str(file))
        return foreign.other_data(source.read_text(raw, str(file)).data)
    except Rejected as rejected:
        text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
        named = foreign.named_as_ours(file.name, text)
        return "" if named else f"cannot be read as values ({rejected.diagnostics[0].code})"
