"""What several commands take: files and flags of values, what counts as a finding, how to answer."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from chartgen import project
from chartgen.cli.exits import exit_code
from chartgen.cli.output import Output
from chartgen.diagnostics import Rejected
from chartgen.project import Project
from chartgen.report.formats import FORMATS
from chartgen.steering import Steering
from chartgen.values.inputs import FLAGS, Inputs

if TYPE_CHECKING:
    from chartgen.alter import Alterations

REPORTS = tuple(FORMATS)

_FLAG_HELP = {
    "set": ("KEY=VALUE", "One value, in Helm's --set syntax."),
    "set-string": ("KEY=VALUE", "The same, always as text."),
    "set-json": ("KEY=JSON", "The same, as JSON."),
    "set-file": ("KEY=FILE", "The text of a file as a value."),
    "set-literal": ("KEY=TEXT", "Text in which nothing is special."),
}


class Command(click.Command):
    """A command that says how values files are named where somebody names them otherwise."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if "extra argument" in error.message and any(known.name == "files" for known in self.params):
                raise click.UsageError(f"{error.message}. Name values files with -f.", ctx) from None
            raise


class Group(click.Group):
    command_class = Command


def takes_values(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command the options that name values, and hands them to it as one `Inputs`."""

    @functools.wraps(command)
    def with_inputs(files: tuple[str, ...], **given: Any) -> int:
        flags = tuple((kind, text) for kind in FLAGS for text in given.pop(kind.replace("-", "_")))
        return command(inputs=Inputs(files, flags), **given)

    decorated = with_inputs
    for kind, (metavar, text) in reversed(_FLAG_HELP.items()):
        decorated = click.option(
            f"--{kind}", multiple=True, metavar=metavar, help=text, shell_complete=_assignments
        )(decorated)
    return click.option(
        "-f",
        "--values",
        "files",
        multiple=True,
        metavar="FILE",
        type=click.Path(),
        help="A file of values; repeat it and the last wins; `-` is standard input.",
    )(decorated)


def _assignments(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """`key=` for each setting that begins like this, `key=value` for the values of one that has only a few."""
    from chartgen import explain, schema
    from chartgen.diagnostics import dotted

    path, sign, begun = incomplete.rpartition("=")
    if sign:
        found = explain.setting(path)
        return [f"{path}={word}" for word in explain.words(found) if word.startswith(begun)] if found else []
    return [
        f"{name}="
        for known, default in schema.leaves().items()
        if not (isinstance(default, dict) and default) and (name := dotted(known)).startswith(path or begun)
    ]


def answers(
    formats: Sequence[str], *, to_file: bool = False, findings: bool = False
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Gives a command the options that say how to answer, as one `Output`; values that it rejects are reported so.

    With `findings`, these are what the command is asked for. Without `formats` there is one way to answer.
    """

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(command)
        def with_output(**given: Any) -> int:
            names = {
                "format_": "format",
                "output_file": "file",
                "quiet": "quiet",
                "verbose": "verbose",
                "colour": "colour",
            }
            output = Output(**{names[name]: given.pop(name) for name in names if name in given})
            try:
                return command(output=output, **given)
            except Rejected as rejected:
                if findings:
                    output.report(rejected.diagnostics)
                else:
                    output.rejected(rejected.diagnostics)
                return exit_code(rejected.diagnostics)

        options = [
            click.option(
                "--format", "format_", type=click.Choice(formats), default="text", show_default=True,
                help="How to answer.",
            ),
            click.option("-q", "--quiet", is_flag=True, help="Say nothing but findings."),
            click.option("-v", "--verbose", is_flag=True, help="Say more about what is done."),
            click.option(
                "--color", "colour", type=click.Choice(("auto", "always", "never")), default="auto",
                show_default=True, help="Whether to write in colour.",
            ),
        ]  # fmt: skip
        if to_file:
            options.insert(
                1,
                click.option(
                    "--output-file", metavar="FILE", type=click.Path(), help="Write the answer to FILE."
                ),
            )
        decorated = with_output
        for option in reversed(options if formats else options[1:]):
            decorated = option(decorated)
        return decorated

    return decorate


class Altering(NamedTuple):
    """What a command line names to change in a chart beyond what values say."""

    mirror: str | None = None
    digests: str | None = None
    patches: tuple[str, ...] = ()

    def read(self) -> Alterations | None:
        """What is to be changed; None for nothing. Raises Rejected for what is wrong in a file, BadParameter for what is no
        registry."""
        if self == Altering():
            return None
        from chartgen.alter import Alterations, images
        from chartgen.alter import patches as patching

        try:
            registry = images.mirror(self.mirror) if self.mirror is not None else ""
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--mirror") from None
        renaming = None
        if registry or self.digests is not None:
            renaming = images.Renaming(registry, images.read_digests(self.digests) if self.digests else None)
        return Alterations(renaming, tuple(map(patching.read, self.patches)))


def alters(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command the options that change a chart beyond what values say, and hands them to it as one `Altering`."""

    @functools.wraps(command)
    def with_altering(mirror: str | None, digests: str | None, patches: tuple[str, ...], **given: Any) -> int:
        return command(altering=Altering(mirror, digests, patches), **given)

    decorated = with_altering
    for option in (
        click.option(
            "--patches", multiple=True, metavar="FILE", type=click.Path(),
            help="A file of patches of the chart's objects; repeat it for more.",
        ),
        click.option(
            "--digests", metavar="FILE", type=click.Path(),
            help="A file of images and their digests, which they get.",
        ),
        click.option(
            "--mirror", metavar="REGISTRY",
            help="Take all images from this registry, such as registry.example.com/mirror.",
        ),
    ):  # fmt: skip
        decorated = option(decorated)
    return decorated


STRICT = click.option(
    "--strict/--lenient",
    default=True,
    show_default=True,
    help="Lenient takes what the official chart takes: unknown keys and odd shapes only warn.",
)
KUBE_VERSION = click.option(
    "--kube-version", metavar="VERSION", help="The cluster's Kubernetes version, such as 1.30."
)
FAIL_ON = click.option(
    "--fail-on",
    type=click.Choice(project.FAIL_ON),
    help="The least severe finding that makes the command fail.  [default: error]",
)
_CODES = "codes, with commas; `*` stands for any part of one."


def select(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command `--select`."""
    return click.option(
        "--select", multiple=True, metavar="CODES", help=f"Only these findings count: {_CODES}",
        shell_complete=codes_that_begin,
    )(command)  # fmt: skip


def ignore(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command `--ignore`."""
    return click.option(
        "--ignore", multiple=True, metavar="CODES", help=f"These findings do not count: {_CODES}",
        shell_complete=codes_that_begin,
    )(command)  # fmt: skip


def codes_that_begin(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """The codes of findings that begin like the last one typed."""
    from chartgen.report import meanings

    before, comma, begun = incomplete.rpartition(",")
    return [f"{before}{comma}{code}" for code in meanings.codes() if code.startswith(begun)]


def steering(selected: Iterable[str] = (), ignored: Iterable[str] = ()) -> Project:
    """What the project's file says about findings, with what the command line says over it.

    Raises Rejected for what is wrong in the file, BadParameter for codes that there are not.
    """
    said = project.read() if project.there() else Project()
    selects, ignores = _codes(selected, "--select"), _codes(ignored, "--ignore")
    whole = Steering(selects or said.steering.select, (*said.steering.ignore, *ignores), said.steering.files)
    return Project(whole, said.fail_on, said.said)


def _codes(given: Iterable[str], option: str) -> tuple[str, ...]:
    from fnmatch import filter as matching

    from chartgen.report import meanings
    from chartgen.schema import suggest

    codes = tuple(code.strip() for text in given for code in text.split(",") if code.strip())
    known = meanings.codes()
    for code in codes:
        if not matching(known, code):
            near = suggest.closest(code, known)
            way_out = f"did you mean {near}?" if near else "`chartgen rules` lists them."
            raise click.BadParameter(f"there is no finding {code}; {way_out}", param_hint=option)
    return codes
