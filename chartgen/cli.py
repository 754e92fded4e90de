"""The commands; the only place that prints and exits: 0 fine, 1 rejected, 2 usage, 3 a bug in chartgen."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from chartgen import __version__
from chartgen.diagnostics import Diagnostic, Rejected, dotted

Command = TypeVar("Command", bound=Callable[..., Any])

_FORMATS = ("text", "json", "github", "sarif", "junit")


def _stacked(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


_VALUES_OPTIONS = _stacked(
    click.option(
        "-f",
        "--values",
        "files",
        multiple=True,
        metavar="FILE",
        help="A file of values; repeat it and the last wins; `-` is standard input.",
    ),
    click.option(
        "--set", "set_", multiple=True, metavar="KEY=VALUE", help="One value, in Helm's --set syntax."
    ),
    click.option("--set-string", multiple=True, metavar="KEY=VALUE", help="The same, always as text."),
    click.option("--set-json", multiple=True, metavar="KEY=JSON", help="The same, as JSON."),
    click.option("--set-file", multiple=True, metavar="KEY=FILE", help="The text of a file as a value."),
    click.option(
        "--set-literal", multiple=True, metavar="KEY=TEXT", help="Text in which nothing is special."
    ),
)
_STRICT = click.option(
    "--strict/--lenient",
    default=True,
    show_default=True,
    help="Lenient takes what the official chart takes: unknown keys and odd shapes only warn.",
)
_KUBE_VERSION = click.option(
    "--kube-version", metavar="VERSION", help="The cluster's Kubernetes version, such as 1.30."
)
_FORMAT = click.option(
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="How findings are written.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="chartgen")
def cli() -> None:
    """Compiles Consul Helm values into charts: validated, frozen, reproducible.

    \b
      chartgen init                      a values file to start from
      chartgen check -f values.yaml      is it right?
      chartgen build -f values.yaml      make the chart
      helm install consul charts/consul-0.1.0.tgz
    """


@cli.command()
@_VALUES_OPTIONS
@click.option("-o", "--output-dir", default="charts", show_default=True, type=click.Path(path_type=Path))
@click.option("--name", default="consul", show_default=True, help="The chart's name.")
@click.option("--version", default="0.1.0", show_default=True, help="The chart's version (semantic).")
@_KUBE_VERSION
@_STRICT
@_FORMAT
def build(
    files: Sequence[str],
    set_: Sequence[str],
    set_string: Sequence[str],
    set_json: Sequence[str],
    set_file: Sequence[str],
    set_literal: Sequence[str],
    output_dir: Path,
    name: str,
    version: str,
    kube_version: str | None,
    strict: bool,
    format_: str,
) -> None:
    """Compile values into a chart folder and archive.

    Writes OUTPUT_DIR/NAME/VERSION/ and OUTPUT_DIR/NAME-VERSION.tgz, both the same to the byte for the same input;
    nothing is written when the values are rejected.
    """
    from chartgen import compiler

    _check_name(name, version)
    sources = _sources(files, set_, set_string, set_json, set_file, set_literal)
    chart = compiler.compile_sources(
        sources, strict=strict, kube_version=kube_version, name=name, version=version
    )
    _show(chart.diagnostics, format_)
    folder = chart.write(output_dir / name / version)
    archive = chart.write_archive(output_dir / f"{name}-{version}.tgz")
    if format_ == "text":
        kinds: dict[str, int] = {}
        for kind, _ in chart.rows():
            kinds[kind] = kinds.get(kind, 0) + 1
        click.echo(f"{name} {version}: {sum(kinds.values())} objects in {folder}")
        for kind, number in sorted(kinds.items(), key=lambda row: (-row[1], row[0])):
            click.echo(f"  {number:4}  {kind}")
        click.echo(f"\n  helm install consul {archive} --namespace consul --create-namespace")


@cli.command()
@_VALUES_OPTIONS
@_KUBE_VERSION
@_STRICT
@_FORMAT
@click.option("--exit-zero", is_flag=True, help="Exit with 0 also when there are findings.")
@click.argument("paths", nargs=-1, metavar="[FILE]...")
def check(
    files: Sequence[str],
    set_: Sequence[str],
    set_string: Sequence[str],
    set_json: Sequence[str],
    set_file: Sequence[str],
    set_literal: Sequence[str],
    kube_version: str | None,
    strict: bool,
    format_: str,
    exit_zero: bool,
    paths: Sequence[str],
) -> None:
    """Validate values, and nothing else: for editors and pre-commit hooks.

    FILEs named without -f are checked each on its own.
    """
    from chartgen import validation

    findings: list[Diagnostic] = []
    groups = [[path] for path in paths] if paths else [list(files)]
    for group in groups:
        together = [*files, *group] if paths else group
        try:
            sources = _sources(together, set_, set_string, set_json, set_file, set_literal)
            findings += validation.validate(sources, strict=strict, kube_version=kube_version).diagnostics
        except Rejected as rejected:
            findings += rejected.diagnostics
    _show(findings, format_, always=True)
    errors = [one for one in findings if one.severity == "error"]
    if not findings and format_ == "text":
        click.echo("the values are valid", err=True)
    sys.exit(1 if errors and not exit_zero else 0)


@cli.command()
@_VALUES_OPTIONS
@_STRICT
@click.option(
    "--provenance", is_flag=True, help="Say for each path which file and line, flag or default set it."
)
def values(
    files: Sequence[str],
    set_: Sequence[str],
    set_string: Sequence[str],
    set_json: Sequence[str],
    set_file: Sequence[str],
    set_literal: Sequence[str],
    strict: bool,
    provenance: bool,
) -> None:
    """Print the effective values: the defaults with yours merged over them."""
    from chartgen import document, validation
    from chartgen.report import text

    sources = _sources(files, set_, set_string, set_json, set_file, set_literal)
    result = validation.validate(sources, strict=strict)
    if any(one.severity == "error" for one in result.diagnostics):
        raise Rejected(result.diagnostics)
    click.echo(text(result.diagnostics), nl=False, err=True)
    if not provenance:
        click.echo(document.block_yaml(result.effective, str), nl=False)
        return
    rows = [(dotted(path), _one_line(value), origin) for path, value, origin in validation.origins(result)]
    widths = [min(60, max(len(row[column]) for row in rows)) for column in (0, 1)]
    for path, value, origin in rows:
        click.echo(f"{path:<{widths[0]}}  {value:<{widths[1]}}  {origin}")


@cli.command()
@_VALUES_OPTIONS
@_KUBE_VERSION
@_STRICT
@click.option("--release", default="consul", show_default=True, help="The release's name.")
@click.option("--namespace", default="default", show_default=True, help="The namespace it is installed in.")
@click.option("--upgrade", is_flag=True, help="Render as `helm upgrade` would, instead of `helm install`.")
def render(
    files: Sequence[str],
    set_: Sequence[str],
    set_string: Sequence[str],
    set_json: Sequence[str],
    set_file: Sequence[str],
    set_literal: Sequence[str],
    kube_version: str | None,
    strict: bool,
    release: str,
    namespace: str,
    upgrade: bool,
) -> None:
    """Print plain manifests: for reviewing, and for `kubectl apply -f -`."""
    from chartgen import compiler
    from chartgen.report import text

    sources = _sources(files, set_, set_string, set_json, set_file, set_literal)
    chart = compiler.compile_sources(sources, strict=strict, kube_version=kube_version)
    click.echo(text(chart.diagnostics), nl=False, err=True)
    click.echo(chart.manifests(release, namespace, upgrade=upgrade), nl=False)


@cli.command()
@_VALUES_OPTIONS
@click.argument("what", metavar="PATH|RULE")
def explain(
    files: Sequence[str],
    set_: Sequence[str],
    set_string: Sequence[str],
    set_json: Sequence[str],
    set_file: Sequence[str],
    set_literal: Sequence[str],
    what: str,
) -> None:
    """Explain a setting (server.replicas) or a rule (ingress-ports).

    For a setting: its type, default and effect, and with -f its effective value, what set it, and which files of the
    chart it reaches.
    """
    from chartgen import explain as explaining
    from chartgen import paths, rules, schema, validation

    if what in rules.by_slug():
        click.echo((paths.RULE_PAGES / f"{what}.md").read_text(encoding="utf-8"), nl=False)
        return
    found = explaining.setting(what)
    if found is None:
        path = tuple(what.split("."))
        siblings = list(schema.document().get("properties", {})) if len(path) == 1 else _siblings(path)
        raise Rejected([schema.unknown_key(path, siblings)])
    sources = _sources(files, set_, set_string, set_json, set_file, set_literal)
    result = validation.validate(sources, strict=False)
    rows: list[tuple[str, str]] = []
    origin = [(value, where) for path, value, where in validation.origins(result) if path == found.path]
    if origin:
        rows.append(("effective", f"{_one_line(origin[0][0])}, from {origin[0][1]}"))
    if result.settings is not None:
        reached = explaining.reaches(found.path, result.complete, result.settings)
        rows += [("reaches" if not number else "", file) for number, file in enumerate(reached)]
    rows += [("rule", f"{slug}: {reason}") for slug, reason in explaining.rules_about(what)]
    click.echo(explaining.text(found, rows), nl=False)


def _siblings(path: tuple[str, ...]) -> list[str]:
    from chartgen import explain as explaining

    parent = explaining.setting(".".join(path[:-1]))
    return list(parent.schema.get("properties", {})) if parent else []


@cli.command()
@click.option("--diff", "only_diff", is_flag=True, help="Show the change and leave the file as it is.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def fix(file: Path, only_diff: bool) -> None:
    """Apply the mends that are certain: a slip of one letter, a quoted number, a moved key. Comments are kept."""
    from chartgen import fix as fixing
    from chartgen import source, validation

    before = file.read_text(encoding="utf-8")
    try:
        findings = validation.validate([source.read_text(before, str(file))]).diagnostics
    except Rejected as rejected:
        findings = rejected.diagnostics
    mends = [one.mend for one in findings if one.mend is not None]
    after = fixing.apply(before, mends)
    click.echo(fixing.unified_diff(before, after, str(file)), nl=False)
    if after != before and not only_diff:
        _replace(file, after)
    left = [one for one in findings if one.mend is None]
    _show(left, "text")
    click.echo(f"{len(mends)} mended, {len(left)} left", err=True)
    sys.exit(1 if any(one.severity == "error" for one in left) or (only_diff and mends) else 0)


@cli.command()
@click.option("--diff", "only_diff", is_flag=True, help="Show the change and leave the file as it is.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def migrate(file: Path, only_diff: bool) -> None:
    """Rewrite values of an older chart for today's; comments and order are kept. Lists what needs you."""
    from chartgen import fix as fixing
    from chartgen import migrate as migrating

    before = file.read_text(encoding="utf-8")
    after, done, left = migrating.migrate(before, str(file))
    click.echo(fixing.unified_diff(before, after, str(file)), nl=False)
    if after != before and not only_diff:
        _replace(file, after)
    for one in done:
        click.echo(f"done: {one}", err=True)
    _show(left, "text")
    sys.exit(1 if left else 0)


def _replace(file: Path, text: str) -> None:
    """Writes beside the file and renames, so that an interruption leaves the old one."""
    staging = file.with_name(f".{file.name}.chartgen")
    staging.write_text(text, encoding="utf-8")
    staging.replace(file)


@cli.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of the values, for editors."""
    from chartgen import paths

    click.echo((paths.SCHEMA / "values.schema.json").read_text(encoding="utf-8"), nl=False)


_STARTER = """\
# yaml-language-server: $schema={schema}
# Values for Consul. `chartgen check FILE` validates them, `chartgen explain server.replicas` says what one does.
global:
  name: consul
  datacenter: dc1
server:
  replicas: 3
connectInject:
  enabled: true
"""


@cli.command()
@click.option("--full", is_flag=True, help="Every setting with its default and description.")
@click.option(
    "--schema",
    "location",
    default="./consul-values.schema.json",
    show_default=True,
    help="Where editors find the schema: a path or an address.",
)
def init(full: bool, location: str) -> None:
    """Print a values file to start from."""
    from chartgen import paths

    if full:
        click.echo(f"# yaml-language-server: $schema={location}")
        click.echo((paths.SCHEMA / "values.yaml").read_text(encoding="utf-8"), nl=False)
    else:
        click.echo(_STARTER.format(schema=location), nl=False)


def _sources(
    files: Sequence[str],
    set_: Sequence[str],
    set_string: Sequence[str],
    set_json: Sequence[str],
    set_file: Sequence[str],
    set_literal: Sequence[str],
) -> list[Any]:
    """Every input of values as a source, in Helm's order: files, then each kind of flag; all errors at once."""
    from chartgen import source

    sources: list[Any] = []
    findings: list[Diagnostic] = []
    for path in files:
        try:
            sources.append(source.read_file(path))
        except Rejected as rejected:
            findings += rejected.diagnostics
    flags = [set_json, set_, set_string, set_file, set_literal]
    if not findings and any(flags):
        findings += _apply_flags(flags, sources)
    if findings:
        raise Rejected(findings)
    return sources


def _apply_flags(flags: Sequence[Sequence[str]], sources: list[Any]) -> list[Diagnostic]:
    """Adds a source for each flag, each applied onto what came before it; returns the findings."""
    from chartgen import set_flag
    from chartgen import values as merging

    findings: list[Diagnostic] = []
    onto = merging.layer(sources)
    # Helm's order is fixed whatever the order on the command line
    kinds: tuple[set_flag.Kind, ...] = ("set-json", "set", "set-string", "set-file", "set-literal")
    for kind, texts in zip(kinds, flags, strict=True):
        for one in texts:
            try:
                sources.append(set_flag.parse(kind, one, onto))
                onto = merging.layer(sources)
            except Rejected as rejected:
                findings += rejected.diagnostics
    return findings


def _check_name(name: str, version: str) -> None:
    import re

    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", name) or len(name) > 63:
        raise click.BadParameter(
            "a chart's name is of lower-case letters, digits and hyphens", param_hint="--name"
        )
    number = r"(?:0|[1-9]\d*)"
    if not re.fullmatch(rf"{number}\.{number}\.{number}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?", version):
        raise click.BadParameter("a chart's version is semantic, such as 1.4.0", param_hint="--version")


def _one_line(value: Any) -> str:
    from chartgen.scalar import json_text

    text = json_text(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _show(findings: Sequence[Diagnostic], format_: str, *, always: bool = False) -> None:
    """Text goes to standard error, as messages do; the other formats are output."""
    from chartgen import report

    if format_ == "text":
        click.echo(report.text(findings, colour=report.wants_colour()), nl=False, err=True)
    elif findings or always:
        click.echo(report.FORMATS[format_](findings), nl=False)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The program: runs a command and exits with its code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        cli.main(args=list(arguments), prog_name="chartgen", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except Rejected as rejected:
        _show(rejected.diagnostics, _asked_format(arguments))
        sys.exit(1)
    except BrokenPipeError:
        # whoever read our output has seen enough
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        click.echo(f"error: {error.filename or ''}: {error.strerror or error}", err=True)
        sys.exit(1)
    except Exception as error:
        # the one boundary: a traceback is for us, not for users
        _report_bug(error, arguments)
        sys.exit(3)
    sys.exit(0)


def _asked_format(arguments: Sequence[str]) -> str:
    for place, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--format":
            asked = value or (arguments[place + 1] if place + 1 < len(arguments) else "")
            return asked if asked in _FORMATS else "text"
    return "text"


def _report_bug(error: Exception, arguments: Sequence[str]) -> None:
    import os
    import shlex
    import traceback

    command = shlex.join(["chartgen", *arguments])
    click.echo(f"error: a bug in chartgen {__version__}: {type(error).__name__}: {error}", err=True)
    click.echo(f"  please report it with this command and its values files: {command}", err=True)
    if os.environ.get("CHARTGEN_TRACEBACK"):
        traceback.print_exception(error)
    else:
        click.echo("  set CHARTGEN_TRACEBACK=1 to see where it happened", err=True)


if __name__ == "__main__":
    main()
