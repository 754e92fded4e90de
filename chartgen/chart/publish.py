"""Puts a chart's files down: as a folder, as an archive, as both in an index; each appears whole or not at all."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from chartgen.chart import definitions, index
from chartgen.diagnostics import Diagnostic, Rejected, Span
from chartgen.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Files = Mapping[str, str]
# level 6 takes nearly twice as long for a chart that is a sixth smaller, and was a sixth of what each chart of a fleet costs
_LEVEL = 1
_STAGING = ".chartgen-"
_STALE = 3600


def write_folder(files: Files, directory: str | os.PathLike[str]) -> Path:
    """Writes the chart folder `directory`, replacing a chart that is there, and returns it; all or nothing.

    Raises FileExistsError where something else is.
    """
    target = Path(directory)
    with _staging(target.parent) as staging:
        _replace(_written(files, staging / "chart"), target, staging)
    return target


def write_archive(name: str, files: Files, path: str | os.PathLike[str]) -> Path:
    """Writes the .tgz of the chart called `name` to `path`, beside it first and then renamed."""
    target = Path(path)
    with _staging(target.parent) as staging:
        (staging / "chart.tgz").write_bytes(archive(name, files))
        (staging / "chart.tgz").replace(target)
    return target


class Content(NamedTuple):
    """What of a chart is published: the text of each file, what Chart.yaml says, the archive and its SHA-256."""

    name: str
    version: str
    files: Files
    metadata: Mapping[str, Any]
    archive: bytes
    digest: str


class Published(NamedTuple):
    """A chart that is published in a folder: where, the SHA-256 of its archive, whether something had to be written."""

    folder: Path
    archive: Path
    digest: str
    written: bool


def publish(chart: Content, directory: str | os.PathLike[str], *, folder: bool = True) -> Published:
    """Publishes a chart below `directory`: the folder NAME/VERSION, the archive NAME-VERSION.tgz and its entry in index.yaml, which has what the chart says of itself, appear together. Whoever
    publishes does so alone. Without `folder`, the archive and its entry alone.

    Raises Rejected where this version is published with other content, FileExistsError where something else than a chart
    is.
    """
    root = Path(directory)
    root.mkdir(parents=True, exist_ok=True)
    with _alone(root):
        published = index.read(root)
        known = published.entry(chart.name, chart.version)
        staged = _unwritten(chart, known, root, folder=folder)
        if isinstance(staged, Published):
            return staged
        with _staging(root) as staging:
            placed = _placed([staged.written(chart, staging, folder=folder)], root, published, staging)[0]
    if isinstance(placed, Exception):
        raise placed
    return placed


class Staged(NamedTuple):
    """A chart that waits beside the place that it goes to: its entry in the index, its folder (None where only its archive
    is wanted) and its archive."""

    name: str
    version: str
    entry: index.Entry
    folder: Path | None = None
    archive: Path = Path()

    def written(self, chart: Content, staging: Path, *, folder: bool = True) -> Staged:
        """The chart, with its files and its archive written below a folder of `staging`."""
        own = f"{staging}/{os.urandom(8).hex()}"
        made = _written(chart.files, Path(own)) if folder else None
        packed = f"{own}.tgz"
        _save(packed, chart.archive)
        return self._replace(folder=made, archive=Path(packed))


def stage(
    chart: Content, known: index.Entry | None, staging: Path, root: Path, *, folder: bool = True
) -> Staged | Published:
    """A chart written below the folder `staging`, so that `place` has only to rename it; what is published, where it is what
    is `known` of this version, and all there. Without `folder`, the archive alone.

    Raises Rejected where this version is published with other content.
    """
    staged = _unwritten(chart, known, root, folder=folder)
    if isinstance(staged, Published):
        return staged
    if not os.path.isdir(staging):
        staging.mkdir(mode=0o700, parents=True, exist_ok=True)
    return staged.written(chart, staging, folder=folder)


def place(
    staged: Sequence[Staged], directory: str | os.PathLike[str], staging: Path
) -> list[Published | OSError | Rejected]:
    """Publishes what is staged, with one writing of the index: of each chart folder, archive and entry appear, or none does.

    In the place of a chart that cannot be published stands why: Rejected where its version is published with other
    content by now, OSError where something else is in its place.
    """
    root = Path(directory)
    with _alone(root):
        return _placed(staged, root, index.read(root), staging)


def _unwritten(
    chart: Content, known: index.Entry | None, root: Path, *, folder: bool = True
) -> Staged | Published:
    name, version, digest = chart.name, chart.version, chart.digest
    packed = f"{name}-{version}.tgz"
    if known is None:
        return Staged(name, version, index.entry(chart.metadata, digest, packed))
    if known.get("digest") != digest:
        raise Rejected([_taken(name, version, str(known.get("digest")), digest, root / index.FILE)])
    where = root / name / version
    if (not folder or _is_there(where, chart.files)) and _holds(root / packed, chart.archive):
        return Published(where, root / packed, digest, written=False)
    return Staged(name, version, known)


def _placed(
    staged: Sequence[Staged], root: Path, published: index.Index, staging: Path
) -> list[Published | OSError | Rejected]:
    """What became of each; whoever calls is alone."""
    done: dict[int, Published | OSError | Rejected] = {}
    entries: dict[int, index.Entry] = {}
    for number, chart in enumerate(staged):
        digest = str(chart.entry["digest"])
        known = published.entry(chart.name, chart.version)
        if known is not None and known.get("digest") != digest:
            taken = _taken(chart.name, chart.version, str(known.get("digest")), digest, root / index.FILE)
            done[number] = Rejected([taken])
        else:
            entries[number] = known or chart.entry

    def indexed() -> None:
        (staging / index.FILE).write_text(
            published.with_entries(entries.values()).text(), encoding="utf-8", newline="\n"
        )

    def listed() -> None:
        (staging / index.FILE).replace(root / index.FILE)

    if entries:
        indexed()
    with _undisturbed():
        failed = False
        numbers = list(entries)
        for number in numbers:
            # what the index names is there, whenever this ends
            last = number == numbers[-1] and not failed
            try:
                done[number] = _put(
                    staged[number], root, f"{staging}/aside-{number}", listed if last else None
                )
            except OSError as error:
                done[number] = error
                del entries[number]
                failed = True
        if failed and entries:
            indexed()
            listed()
    return [done[number] for number in range(len(staged))]


def _put(chart: Staged, root: Path, aside: str, then: Callable[[], None] | None) -> Published:
    """Renames a chart into its place, and does `then`; or neither, if one fails."""
    folder, packed = Path(root, chart.name, chart.version), Path(root, f"{chart.name}-{chart.version}.tgz")
    if os.path.isdir(packed):
        raise FileExistsError(errno.EEXIST, "is a folder, where the archive has to go", str(packed))

    def finish() -> None:
        chart.archive.replace(packed)
        if then is not None:
            then()

    if chart.folder is None:
        finish()
    else:
        folder.parent.mkdir(parents=True, exist_ok=True)
        os.mkdir(aside)
        _replace(chart.folder, folder, Path(aside), finish)
    return Published(folder, packed, str(chart.entry["digest"]), written=True)


def _taken(name: str, version: str, old: str, new: str, path: Path) -> Diagnostic:
    return Diagnostic(
        "version-published",
        f"{name} {version} is published with other content",
        spans=(Span(str(path), 0, 0),),
        found=f"sha256 {new}",
        expected=f"sha256 {old}",
        hint="build without --version, which takes the next one, or name one that is not published",
    )


def _is_there(folder: Path, files: Files) -> bool:
    """Whether a folder holds these files and no others."""
    root = os.path.join(folder, "")
    there = {
        os.path.join(above, name)[len(root) :].replace(os.sep, "/")
        for above, _, names in os.walk(root)
        for name in names
    }
    return there == files.keys() and all(_holds(root + name, text.encode()) for name, text in files.items())


def _holds(path: str | Path, content: bytes) -> bool:
    if not os.path.isfile(path):
        return False
    with open(path, "rb", buffering=0) as file:
        return file.read() == content


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Waits until no other process publishes into a folder, and keeps others out; whoever dies lets go.

    The folder itself is locked, so that no file is left in it. Where that cannot be done (Windows, some file systems), a
    file beside the charts is.
    """
    if sys.platform != "win32":
        import fcntl

        handle = os.open(directory, os.O_RDONLY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
            except OSError as error:
                if error.errno not in (errno.EBADF, errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
                    raise
            else:
                yield
                return
        finally:
            os.close(handle)
    import filelock

    with filelock.FileLock(directory / ".chartgen.lock"):
        yield


def archive(name: str, files: Files) -> bytes:
    """The chart called `name` as the .tgz that Helm installs: same input, same bytes, on any machine.

    A gzip file is a sequence of members. Each definition that was compressed ahead is one, and what stands between two of
    them another.
    """
    members: list[bytes] = []
    blocks: list[bytes] = []
    for path, text in files.items():
        ahead = definitions.member(path, text)
        if ahead is None:
            content = text.encode()
            blocks += [_header(f"{name}/{path}", len(content)), filled(content)]
            continue
        header = _header(f"{name}/{path}", ahead.size)
        members += [gzipped(b"".join([*blocks, header])) if blocks else _header_alone(header), ahead.packed]
        blocks = []
    blocks.append(bytes(2 * _BLOCK))
    members.append(gzipped(b"".join(blocks)))
    return b"".join(members)


def filled(content: bytes) -> bytes:
    """The content of a file as it stands in an archive: in whole blocks."""
    return content + bytes(-len(content) % _BLOCK)


# what a header of POSIX's `ustar` format has between its fields: a name of at most 100 bytes, mode 0644, nobody's; a size;
# no time; a checksum; an ordinary file, without a link, an owner's name or a device
_BLOCK, _NAME_END = 512, 100
_BEFORE_SIZE, _BEFORE_SUM = b"0000644\0" + b"0000000\0" * 2, b"00000000000\0"
_AFTER_SUM = b"0" + bytes(100) + b"ustar\x0000" + bytes(64 + 16 + 155 + 12)
# where a size stands, and the field before which a long name was cut
_SIZE, _NAME_REST, _NAME_REST_END = _NAME_END + len(_BEFORE_SIZE), _BLOCK - 12 - 155, _BLOCK - 12
# what those add to a checksum, which is the sum of all bytes, with blanks in its own place
_SUM_OF_REST = sum(_BEFORE_SIZE) + sum(_BEFORE_SUM) + 8 * ord(" ") + sum(_AFTER_SUM)


def _header(path: str, size: int) -> bytes:
    """What stands before a file in an archive, in POSIX's format `ustar`. All are the same but for names and sizes."""
    name = path.encode()
    if len(name) > _NAME_END:
        # it takes a second field, and few have one
        import tarfile

        member = tarfile.TarInfo(path)
        member.size, member.mode = size, 0o644
        return member.tobuf(tarfile.USTAR_FORMAT, "utf-8")
    told = b"%011o\0" % size
    # Adler's checksum has the sum of all bytes, and 1, in its lower half, which so few do not fill
    total = (zlib.adler32(name + told) & 0xFFFF) - 1 + _SUM_OF_REST
    return b"%s%s%s%s%06o\0 %s" % (
        name.ljust(_NAME_END, b"\0"),
        _BEFORE_SIZE,
        told,
        _BEFORE_SUM,
        total,
        _AFTER_SUM,
    )


def texts(packed: bytes) -> dict[str, str]:
    """The text of each file of a chart that `archive` packed."""
    import gzip

    data = gzip.decompress(packed)
    found: dict[str, str] = {}
    at = 0
    # two blocks of zeros come last
    while data[at]:
        # a long name goes on before itself, in the format's last field
        fields = (data[at : at + _NAME_END], data[at + _NAME_REST : at + _NAME_REST_END])
        name, above = (field.rstrip(b"\0").decode() for field in fields)
        size = int(data[at + _SIZE : at + _SIZE + len(b"%011o" % 0)], 8)
        at += _BLOCK
        found[(f"{above}/{name}" if above else name).partition("/")[2]] = data[at : at + size].decode()
        at += size + -size % _BLOCK
    return found


def _header_alone(header: bytes) -> bytes:
    """A header as a gzip member: what is its own stands as it is, which takes a tenth of the time that compressing it
    takes, and what all have in common follows."""
    if not header.endswith(_AFTER_SUM):
        return gzipped(header)
    own = header[: -len(_AFTER_SUM)]
    size, checksum = len(header), zlib.crc32(header)
    return b"".join(
        (_BEFORE_OWN, own, _after_own(), checksum.to_bytes(4, "little"), size.to_bytes(4, "little"))
    )


# the header of a gzip member as libdeflate writes it at the first level, and that of a block of deflate, not the last, which
# holds bytes as they are: how many, and the same with each bit turned over
_BEFORE_OWN = bytes.fromhex("1f8b08000000000004ff 00") + b"".join(
    (_BLOCK - len(_AFTER_SUM) ^ bits).to_bytes(2, "little") for bits in (0, 0xFFFF)
)


@cache
def _after_own() -> bytes:
    """What all headers have in common, compressed: the last block of a member."""
    import deflate

    return bytes(deflate.deflate_compress(_AFTER_SUM, _LEVEL))


def _written(files: Files, folder: Path) -> Path:
    made: set[str] = set()
    for name, text in files.items():
        above = name.rpartition("/")[0]
        if above not in made:
            os.makedirs(f"{folder}/{above}", exist_ok=True)
            made.add(above)
        _save(f"{folder}/{name}", text.encode())
    return folder


# Windows would write line breaks its own way
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)


def _save(path: str, content: bytes) -> None:
    """Writes a file, by the system's calls alone: what Python puts around them takes a third of the time, a hundred times a
    chart."""
    file = os.open(path, _NEW, 0o666)
    try:
        # a full disk takes a part of it
        while content:
            content = content[os.write(file, content) :]
    finally:
        os.close(file)


@contextmanager
def _staging(beside: Path) -> Iterator[Path]:
    """A hidden folder on the same disk, gone at the end, in which to make what is renamed into `beside`.

    Those of processes that were killed are swept away after an hour, when nobody can be at work in them.
    """
    beside.mkdir(parents=True, exist_ok=True)
    staging = None
    try:
        with _undisturbed():
            _sweep(beside)
            staging = _fresh(beside, _STAGING)
        yield staging
    finally:
        with _undisturbed():
            if staging is not None:
                _remove(staging)


@contextmanager
def staging_in(root: Path) -> Iterator[Path]:
    """A hidden folder in `root`, gone at the end, for what `stage` writes, which makes it."""
    with _undisturbed():
        _sweep(root)
    staging = root / f"{_STAGING}{os.urandom(8).hex()}"
    try:
        yield staging
    finally:
        with _undisturbed():
            _remove(staging)


def _fresh(above: Path, prefix: str = "") -> Path:
    """A new folder that nobody else has, and nobody else may look into."""
    made = above / f"{prefix}{os.urandom(8).hex()}"
    made.mkdir(mode=0o700)
    return made


def _remove(folder: Path) -> None:
    """Removes a folder with all that is in it, as far as that can be done."""
    # once all is renamed away, there are but empty folders
    with suppress(OSError):
        for empty in folder.iterdir():
            empty.rmdir()
        folder.rmdir()
        return
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _sweep(beside: Path) -> None:
    with suppress(OSError):
        for left in os.scandir(beside):
            if left.name.startswith(_STAGING) and time.time() - left.stat().st_mtime > _STALE:
                _remove(Path(left.path))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals that end the program wait until the block is through; where the system cannot hold them, they do not."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _replace(folder: Path, target: Path, aside: Path, then: Callable[[], Any] = lambda: None) -> None:
    """Renames `folder` to `target` and does `then`; a chart that is there goes aside, and comes back if either fails."""
    old = aside / "old"
    for _ in range(20):
        if target.is_symlink() or (target.exists() and not _holds_chart(target)):
            raise FileExistsError(errno.EEXIST, "holds something other than a chart", str(target))
        try:
            with suppress(FileNotFoundError):
                target.rename(old)
            folder.rename(target)
            then()
            return
        except BaseException as error:
            placed = not folder.exists()
            if placed or not isinstance(error, OSError) or error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                if placed:
                    target.rename(aside / "new")
                if old.exists() and not target.exists():
                    old.rename(target)
                raise
            # another process wrote the same chart between the two renames: its chart makes way too
            _remove(old)
    raise FileExistsError(errno.EEXIST, "is written by other processes all the time", str(target))


def _holds_chart(path: Path) -> bool:
    return path.is_dir() and ((path / "Chart.yaml").is_file() or not any(path.iterdir()))


def gzipped(data: bytes) -> bytes:
    """`data` as gzip, the same bytes on every machine.

    What zlib yields depends on the machine: Python comes with any of its replacements, and some processors compress
    themselves. libdeflate comes with its wheel; it has one algorithm for all processors, and its header neither name nor
    time nor operating system.
    """
    import deflate

    return bytes(deflate.gzip_compress(data, _LEVEL))
