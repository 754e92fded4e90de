"""The commands and their command lines; each returns its exit code."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import click

from chartgen import bundle, checking
from chartgen.diagnostics import Diagnostic, Rejected, any_error, dotted
from chartgen.values.inputs import FLAGS, Inputs
from chartgen.version import __version__

_FORMATS = ("text", "concise", "json", "github", "gitlab", "sarif", "junit", "rdjson")

_FLAG_HELP = {
    "set": ("KEY=VALUE", "One value, in Helm's --set syntax."),
    "set-string": ("KEY=VALUE", "The same, always as text."),
    "set-json": ("KEY=JSON", "The same, as JSON."),
    "set-file": ("KEY=FILE", "The text of a file as a value."),
    "set-literal": ("KEY=TEXT", "Text in which nothing is special."),
}


class _Command(click.Command):
    """A command that returns its exit code, and reports rejected values in the format that it was asked for."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Rejected as rejected:
            checking.show(rejected.diagnostics, ctx.params.get("format_", "text"))
            return 1

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if "extra argument" in error.message and any(one.name == "files" for one in self.params):
                raise click.UsageError(f"{error.message}. Name values files with -f.", ctx) from None
            raise


class _Group(click.Group):
    command_class = _Command


def _takes_values(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command the options that name values, and hands them to it as one `Inputs`, its first argument."""

    @functools.wraps(command)
    def with_inputs(files: tuple[str, ...], **given: Any) -> int:
        flags = tuple((kind, text) for kind in FLAGS for text in given.pop(kind.replace("-", "_")))
        return command(Inputs(files, flags), **given)

    decorated = with_inputs
    for kind, (metavar, text) in reversed(_FLAG_HELP.items()):
        decorated = click.option(f"--{kind}", multiple=True, metavar=metavar, help=text)(decorated)
    return click.option(
        "-f",
        "--values",
        "files",
        multiple=True,
        metavar="FILE",
        type=click.Path(),
        help="A file of values; repeat it and the last wins; `-` is standard input.",
    )(decorated)


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


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="chartgen")
def cli() -> None:
    """Compiles Consul Helm values into charts: validated, frozen, reproducible.

    \b
      chartgen init values.yaml          a values file to start from, and its schema for editors
      chartgen check values.yaml         is it right?
      chartgen explain server.replicas   what is this setting?
      chartgen build -f values.yaml      make the chart
      helm install consul charts/consul-0.1.0.tgz
    """


@cli.command()
@_takes_values
@click.option("-o", "--output-dir", default="charts", show_default=True, type=click.Path())
@click.option("--name", default="consul", show_default=True, help="The chart's name.")
@click.option("--version", default="0.1.0", show_default=True, help="The chart's version (semantic).")
@click.option(
    "--validate",
    is_flag=True,
    help="Also check every object against the strict schemas of --kube-version (else the newest known).",
)
@_KUBE_VERSION
@_STRICT
@_FORMAT
def build(
    inputs: Inputs,
    output_dir: str,
    name: str,
    version: str,
    validate: bool,
    kube_version: str | None,
    strict: bool,
    format_: str,
) -> int:
    """Compile values into a chart folder and archive.

    Writes OUTPUT_DIR/NAME/VERSION/ and OUTPUT_DIR/NAME-VERSION.tgz, both the same to the byte for the same input;
    nothing is written when the values are rejected.

    \b
      chartgen build -f values.yaml
      chartgen build -f base.yaml -f production.yaml --set server.replicas=5 --version 1.4.0
      chartgen build -f values.yaml --kube-version 1.33 --validate -o dist
    """
    from chartgen import compiler

    _check_name(name, version)
    options = compiler.Options(
        strict=strict, kube_version=kube_version, validate=validate, name=name, version=version
    )
    chart = compiler.compile_sources(inputs.read(), options)
    checking.show(chart.diagnostics, format_)
    folder, archive = chart.publish(output_dir)
    if format_ == "text":
        rows = chart.rows()
        click.echo(f"{name} {version}: {len(rows)} objects in {folder}\n")
        click.echo(_by_kind(rows))
        click.echo(f"\n  helm install consul {archive} --namespace consul --create-namespace")
    return 0


@cli.command()
@_takes_values
@_KUBE_VERSION
@_STRICT
@_FORMAT
@click.option("--exit-zero", is_flag=True, help="Exit with 0 also when there are findings.")
@click.argument("paths", nargs=-1, metavar="[FILE]...", type=click.Path())
def check(
    inputs: Inputs,
    kube_version: str | None,
    strict: bool,
    format_: str,
    exit_zero: bool,
    paths: Sequence[str],
) -> int:
    """Validate values: names, shapes, contradictions.

    Each FILE is checked on its own; those of -f are merged, and below each FILE. Exits with 1 when there are errors.

    \b
      chartgen check values.yaml
      chartgen check -f base.yaml staging.yaml production.yaml
      chartgen check --format sarif --exit-zero values.yaml > chartgen.sarif
    """
    from chartgen import compiler

    if not paths and inputs == Inputs():
        raise click.UsageError("Name a file of values, or - for standard input.")
    groups = [replace(inputs, files=(*inputs.files, path)) for path in paths] or [inputs]
    options = compiler.Options(strict=strict, kube_version=kube_version)
    return checking.check(groups, options, format_=format_, exit_zero=exit_zero)


@cli.command()
@_takes_values
@_STRICT
@click.option(
    "--provenance", is_flag=True, help="Say for each path which file and line, flag or default set it."
)
def values(inputs: Inputs, strict: bool, provenance: bool) -> int:
    """Print the effective values: yours over the defaults.

    \b
      chartgen values -f values.yaml --set client.enabled=true
      chartgen values -f base.yaml -f production.yaml --provenance
    """
    from chartgen import compiler, schema
    from chartgen import values as merging
    from chartgen.render import document

    result = compiler.check(inputs.read(), compiler.Options(strict=strict))
    if any_error(result.diagnostics):
        raise Rejected(result.diagnostics)
    checking.show(result.diagnostics, "text")
    if provenance:
        origins = merging.origins(result.merged, schema.defaults())
        rows = [(dotted(path), _one_line(value), origin) for path, value, origin in origins]
        click.echo(_table(("value", "is", "set by"), rows))
    else:
        click.echo(document.block_yaml(result.merged.effective, str), nl=False)
    return 0


@cli.command()
@_takes_values
@_KUBE_VERSION
@_STRICT
@click.option("--release", default="consul", show_default=True, help="The release's name.")
@click.option("--namespace", default="default", show_default=True, help="The namespace it is installed in.")
@click.option("--upgrade", is_flag=True, help="Render as `helm upgrade` would, instead of `helm install`.")
@click.option(
    "--every-hook", is_flag=True, help="Also hooks of deletion and tests, which kubectl must not apply."
)
def render(
    inputs: Inputs,
    kube_version: str | None,
    strict: bool,
    release: str,
    namespace: str,
    upgrade: bool,
    every_hook: bool,
) -> int:
    """Print plain manifests, for review and kubectl.

    In the order in which Helm creates the objects; hooks that an install does not run are left out.

    \b
      chartgen render -f values.yaml --release consul --namespace consul | kubectl apply -f -
      chartgen render -f values.yaml --upgrade | kubectl diff -f -
    """
    from chartgen import compiler

    _check_release(release, namespace)
    options = compiler.Options(strict=strict, kube_version=kube_version)
    chart = compiler.compile_sources(inputs.read(), options)
    checking.show(chart.diagnostics, "text")
    text = chart.manifests(release, namespace, upgrade=upgrade, every_hook=every_hook)
    click.echo(text, nl=False)
    return 0


def _explainable(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """What `explain` knows and begins like this, for the shell to complete."""
    from chartgen import rules, schema
    from chartgen.report import meanings

    paths = [dotted(path) for path in schema.leaves()]
    return [one for one in (*paths, *rules.by_slug(), *meanings.OTHERS) if one.startswith(incomplete)]


@cli.command()
@_takes_values
@click.argument("what", metavar="[PATH|CODE]", default="", shell_complete=_explainable)
def explain(inputs: Inputs, what: str) -> int:
    """Explain a setting, a section, or the code of a finding.

    Without PATH it lists the sections.
    For a setting: its type, default and effect, its value and what set it (with -f and --set), and the objects that
    it reaches. For a section, or a list: its keys, a line each.

    \b
      chartgen explain server.replicas
      chartgen explain ingressGateways.gateways[].service
      chartgen explain -f values.yaml global.tls
      chartgen explain server-replicas-even
    """
    from chartgen import compiler
    from chartgen import explain as explaining
    from chartgen.report import terminal

    checked = compiler.check(inputs.read(), compiler.Options(strict=False))
    width = min(terminal.columns(sys.stdout), 120)
    click.echo(
        explaining.answer(what, checked, width=width, colour=terminal.wants_colour(sys.stdout)), nl=False
    )
    return 0


@cli.command()
@click.option("--diff", "only_diff", is_flag=True, help="Show the change and leave the file as it is.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def fix(file: str, only_diff: bool) -> int:
    """Apply the mends that are certain.

    A slip of one letter, a quoted number, a key in the wrong place. Comments and order stay; what is not certain is
    listed and left to you.

    \b
      chartgen fix --diff values.yaml
      chartgen fix values.yaml
    """
    from chartgen.edit import fix as fixing

    before = fixing.read(file)
    after, done, left = fixing.fixed(before, file)
    return _rewritten(file, before, after, done, left, only_diff)


@cli.command()
@click.option("--diff", "only_diff", is_flag=True, help="Show the change and leave the file as it is.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def migrate(file: str, only_diff: bool) -> int:
    """Move values of older charts to today's.

    Comments and order stay; what cannot be moved without you is listed.

    \b
      chartgen migrate --diff values-2019.yaml
      chartgen migrate values-2019.yaml
    """
    from chartgen.edit import fix as fixing
    from chartgen.edit import migrate as migrating

    before = fixing.read(file)
    after, done, left = migrating.migrate(before, file)
    return _rewritten(file, before, after, done, left, only_diff)


def _rewritten(
    file: str,
    before: str,
    after: str,
    done: Sequence[Diagnostic],
    left: Sequence[Diagnostic],
    only_diff: bool,
) -> int:
    """Shows the change, writes the file unless it is only shown, and lists what was done and what is left."""
    from chartgen.edit import fix as fixing

    click.echo(fixing.unified_diff(before, after, file), nl=False)
    if after != before and not only_diff:
        _replace(file, after)
    for one in done:
        click.echo(f"{'would do' if only_diff else 'done'}: {one.message}; {one.hint}", err=True)
    checking.show(left, "text")
    told = f"{len(done)} to mend, {len(left)} would be left; nothing is written" if only_diff else ""
    click.echo(told or f"{len(done)} mended, {len(left)} left", err=True)
    return int(any_error(left) or (only_diff and bool(done)))


def _replace(file: str, text: str) -> None:
    """Writes beside the file and renames, so that an interruption leaves the old one."""
    import shutil
    from pathlib import Path

    staging = Path(file).with_name(f".{Path(file).name}.chartgen")
    try:
        staging.write_bytes(text.encode())
        shutil.copymode(file, staging)
        staging.replace(file)
    finally:
        staging.unlink(missing_ok=True)


@cli.command("schema")
def print_schema() -> int:
    """Print the JSON Schema of the values.

    \b
      chartgen schema > consul-values.schema.json
    """
    click.echo(bundle.read("schema/values.schema.json").decode(), nl=False)
    return 0


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
_SCHEMA_FILE = "consul-values.schema.json"


@cli.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False))
@click.option("--full", is_flag=True, help="Every setting with its default and description.")
@click.option(
    "--schema", "location", metavar="LOCATION", help="Where editors find the schema: a path or an address."
)
@click.option("--force", is_flag=True, help="Overwrite FILE where it exists.")
def init(file: str | None, full: bool, location: str | None, force: bool) -> int:
    """Write a values file to start from.

    Writes FILE, and beside it the schema that its first line names, so that editors know the settings at once.
    Without FILE it prints the values only, and with --schema it leaves the schema where it is.

    \b
      chartgen init values.yaml
      chartgen init --full values.yaml
      chartgen init --schema https://example.com/consul-values.schema.json > values.yaml
    """
    schema = location or f"./{_SCHEMA_FILE}"
    if full:
        text = f"# yaml-language-server: $schema={schema}\n" + bundle.read("schema/values.yaml").decode()
    else:
        text = _STARTER.format(schema=schema)
    if file is None:
        click.echo(text, nl=False)
        return 0
    from pathlib import Path

    path = Path(file)
    if path.exists() and not force:
        raise click.UsageError(f"{file} exists; --force overwrites it.")
    path.write_text(text, encoding="utf-8", newline="\n")
    click.echo(f"wrote {path}")
    if location is None:
        beside = path.with_name(_SCHEMA_FILE)
        beside.write_bytes(bundle.read("schema/values.schema.json"))
        click.echo(f"wrote {beside}, which editors read")
    click.echo(f"\n  chartgen check {path}\n  chartgen build -f {path}")
    return 0


def _check_release(release: str, namespace: str) -> None:
    import re

    label = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    if not re.fullmatch(rf"{label}(\.{label})*", release) or len(release) > 53:
        raise click.BadParameter(
            "a release's name has at most 53 lower-case letters, digits, hyphens and dots",
            param_hint="--release",
        )
    if not re.fullmatch(label, namespace) or len(namespace) > 63:
        raise click.BadParameter(
            "a namespace's name has at most 63 lower-case letters, digits and hyphens",
            param_hint="--namespace",
        )


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
    from chartgen.render.scalar import json_text

    text = json_text(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _by_kind(objects: Sequence[tuple[str, str]]) -> str:
    """(kind, name) of objects as a table: a line for each kind, most objects first."""
    from chartgen.report import terminal

    names: dict[str, list[str]] = {}
    for kind, name in objects:
        names.setdefault(kind, []).append(name)
    ordered = sorted(names.items(), key=lambda row: (-len(row[1]), row[0]))
    rows = [(f"{len(found):>7}", kind, ", ".join(found)) for kind, found in ordered]
    width = terminal.columns(sys.stdout)
    return _table(("objects", "kind", "names"), rows, width)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int = 0) -> str:
    """Rows below their headings, in columns; cut to `width` where it is given.

    A cell far longer than most of its column takes what it needs without moving all others.
    """
    columns = list(zip(head, *rows, strict=True))[:-1]
    widths = [
        max(len(head[place]), min(max(map(len, one)), 64 // (place + 1))) for place, one in enumerate(columns)
    ]
    lines = []
    for row in (head, *rows):
        line = "  ".join(
            [*(f"{cell:<{wide}}" for cell, wide in zip(row, widths, strict=False)), row[-1]]
        ).rstrip()
        lines.append(line if not width or len(line) <= width else line[: width - 1].rstrip() + "…")
    return "\n".join(lines)


def run(arguments: Sequence[str]) -> int:
    """Reads a command line, runs its command and returns the exit code; raises what the command raises."""
    try:
        return int(cli.main(args=list(arguments), prog_name="chartgen", standalone_mode=False))
    except click.exceptions.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        return 2
