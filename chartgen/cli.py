"""The commands and their command lines; each returns its exit code."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import click

from chartgen import __version__, bundle, checking
from chartgen.diagnostics import Diagnostic, Rejected, any_error, dotted
from chartgen.inputs import FLAGS, Inputs

_FORMATS = ("text", "json", "github", "sarif", "junit")

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
      chartgen init                      a values file to start from
      chartgen check -f values.yaml      is it right?
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
    """
    from chartgen import compiler

    _check_name(name, version)
    sources = inputs.sources()
    chart = compiler.compile_sources(
        sources, strict=strict, kube_version=kube_version, name=name, version=version
    )
    if validate:
        from chartgen import kubernetes
        from chartgen.validation import version_pair

        target = version_pair(kube_version)
        refused = kubernetes.check(chart.documents, target, chart.late, sources, strict=strict)
        if any_error(refused):
            raise Rejected([*chart.diagnostics, *refused])
        chart = replace(chart, diagnostics=(*chart.diagnostics, *refused))
    checking.show(chart.diagnostics, format_)
    folder = chart.write(f"{output_dir}/{name}/{version}")
    archive = chart.write_archive(f"{output_dir}/{name}-{version}.tgz")
    if format_ == "text":
        kinds: dict[str, int] = {}
        for kind, _ in chart.rows():
            kinds[kind] = kinds.get(kind, 0) + 1
        click.echo(f"{name} {version}: {sum(kinds.values())} objects in {folder}")
        for kind, number in sorted(kinds.items(), key=lambda row: (-row[1], row[0])):
            click.echo(f"  {number:4}  {kind}")
        click.echo(f"\n  helm install consul {archive} --namespace consul --create-namespace")
    return 0


@cli.command()
@_takes_values
@_KUBE_VERSION
@_STRICT
@_FORMAT
@click.option("--exit-zero", is_flag=True, help="Exit with 0 also when there are findings.")
@click.argument("paths", nargs=-1, metavar="[FILE]...")
def check(
    inputs: Inputs,
    kube_version: str | None,
    strict: bool,
    format_: str,
    exit_zero: bool,
    paths: Sequence[str],
) -> int:
    """Validate values, and nothing else: for editors and pre-commit hooks.

    FILEs named without -f are checked each on its own.
    """
    groups = [replace(inputs, files=(*inputs.files, path)) for path in paths] or [inputs]
    return checking.check(
        groups, strict=strict, kube_version=kube_version, format_=format_, exit_zero=exit_zero
    )


@cli.command()
@_takes_values
@_STRICT
@click.option(
    "--provenance", is_flag=True, help="Say for each path which file and line, flag or default set it."
)
def values(
    inputs: Inputs,
    strict: bool,
    provenance: bool,
) -> int:
    """Print the effective values: the defaults with yours merged over them."""
    from chartgen import document, validation
    from chartgen.report import text

    sources = inputs.sources()
    result = validation.validate(sources, strict=strict)
    if any_error(result.diagnostics):
        raise Rejected(result.diagnostics)
    click.echo(text(result.diagnostics), nl=False, err=True)
    if not provenance:
        click.echo(document.block_yaml(result.effective, str), nl=False)
        return 0
    rows = [(dotted(path), _one_line(value), origin) for path, value, origin in validation.origins(result)]
    widths = [min(60, max(len(row[column]) for row in rows)) for column in (0, 1)]
    for path, value, origin in rows:
        click.echo(f"{path:<{widths[0]}}  {value:<{widths[1]}}  {origin}")
    return 0


@cli.command()
@_takes_values
@_KUBE_VERSION
@_STRICT
@click.option("--release", default="consul", show_default=True, help="The release's name.")
@click.option("--namespace", default="default", show_default=True, help="The namespace it is installed in.")
@click.option("--upgrade", is_flag=True, help="Render as `helm upgrade` would, instead of `helm install`.")
def render(
    inputs: Inputs,
    kube_version: str | None,
    strict: bool,
    release: str,
    namespace: str,
    upgrade: bool,
) -> int:
    """Print plain manifests: for reviewing, and for `kubectl apply -f -`."""
    from chartgen import compiler
    from chartgen.report import text

    sources = inputs.sources()
    chart = compiler.compile_sources(sources, strict=strict, kube_version=kube_version)
    click.echo(text(chart.diagnostics), nl=False, err=True)
    click.echo(chart.manifests(release, namespace, upgrade=upgrade), nl=False)
    return 0


@cli.command()
@_takes_values
@click.argument("what", metavar="PATH|CODE")
def explain(inputs: Inputs, what: str) -> int:
    """Explain a setting, a section, or the code of a finding.

    For a setting: its type, default and effect, its value and what set it (with -f and --set), and the objects that
    it reaches. For a section, or a list: its keys, a line each.

    \b
      chartgen explain server.replicas
      chartgen explain ingressGateways.gateways[].service
      chartgen explain -f values.yaml global.tls
      chartgen explain server-replicas-even
    """
    from chartgen import explain as explaining
    from chartgen import report, validation

    validated = validation.validate(inputs.sources(), strict=False)
    width = min(report.columns(sys.stdout), 120)
    click.echo(
        explaining.answer(what, validated, width=width, colour=report.wants_colour(sys.stdout)), nl=False
    )
    return 0


@cli.command()
@click.option("--diff", "only_diff", is_flag=True, help="Show the change and leave the file as it is.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def fix(file: str, only_diff: bool) -> int:
    """Apply the mends that are certain: a slip of one letter, a quoted number, a moved key. Comments are kept."""
    from chartgen import fix as fixing

    before = fixing.read(file)
    after, done, left = fixing.fixed(before, file)
    return _rewritten(file, before, after, done, left, only_diff)


@cli.command()
@click.option("--diff", "only_diff", is_flag=True, help="Show the change and leave the file as it is.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def migrate(file: str, only_diff: bool) -> int:
    """Rewrite values of an older chart for today's; comments and order are kept. Lists what needs you."""
    from chartgen import fix as fixing
    from chartgen import migrate as migrating

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
    from chartgen import fix as fixing

    click.echo(fixing.unified_diff(before, after, file), nl=False)
    if after != before and not only_diff:
        _replace(file, after)
    for one in done:
        click.echo(f"done: {one.message}; {one.hint}", err=True)
    checking.show(left, "text")
    click.echo(f"{len(done)} mended, {len(left)} left", err=True)
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
    """Print the JSON Schema of the values, for editors."""
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


@cli.command()
@click.option("--full", is_flag=True, help="Every setting with its default and description.")
@click.option(
    "--schema",
    "location",
    default="./consul-values.schema.json",
    show_default=True,
    help="Where editors find the schema: a path or an address.",
)
def init(full: bool, location: str) -> int:
    """Print a values file to start from."""
    if full:
        click.echo(f"# yaml-language-server: $schema={location}")
        click.echo(bundle.read("schema/values.yaml").decode(), nl=False)
    else:
        click.echo(_STARTER.format(schema=location), nl=False)
    return 0


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


def run(arguments: Sequence[str]) -> int:
    """Reads a command line, runs its command and returns the exit code; raises what the command raises."""
    try:
        return int(cli.main(args=list(arguments), prog_name="chartgen", standalone_mode=False))
    except click.exceptions.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        return 2
