"""The commands and their command lines; each returns its exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from chartgen import bundle
from chartgen.cli import build as building
from chartgen.cli import charts as charting
from chartgen.cli import diff as diffing
from chartgen.cli import fleet as fleets
from chartgen.cli import images as listing
from chartgen.cli import shells
from chartgen.cli.exits import UNUSABLE, exit_code
from chartgen.cli.options import (
    FAIL_ON,
    KUBE_VERSION,
    REPORTS,
    STRICT,
    Altering,
    Group,
    alters,
    answers,
    ignore,
    select,
    steering,
    takes_values,
)
from chartgen.cli.output import Output, table
from chartgen.diagnostics import Rejected, any_error, dotted
from chartgen.steering import Steering
from chartgen.values.inputs import Inputs, Read
from chartgen.version import __version__

if TYPE_CHECKING:
    from chartgen.chart import Chart
    from chartgen.compiler import Options
    from chartgen.diagnostics import Diagnostic
    from chartgen.publishing.version import Step


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="chartgen", message="%(prog)s %(version)s")
def cli() -> None:
    """Compiles Consul Helm values into charts: validated, frozen, reproducible.

    \b
      chartgen init values.yaml          a values file to start from
      chartgen check values.yaml         is it right?
      chartgen explain server.replicas   what is this setting?
      chartgen build -f values.yaml      make the chart
      helm install consul charts/consul-0.1.0.tgz
    """


def _sign_key(
    _: click.Context, __: click.Parameter, given: tuple[str, str] | None
) -> Mapping[str, str] | None:
    """The key as chartgen.yaml has it; raises BadParameter for what is none."""
    if given is None:
        return None
    fingerprint, url = given[0].replace(" ", "").upper(), given[1]
    if len(fingerprint) != 40 or not set(fingerprint) <= set("0123456789ABCDEF"):
        raise click.BadParameter(
            f"{given[0]} is no fingerprint: 40 digits, as `gpg --list-keys` prints them."
        )
    if not url.startswith(("https://", "http://")):
        raise click.BadParameter(f"{url} is no address where a public key is found: it begins with https://.")
    return {"fingerprint": fingerprint, "url": url}


@cli.command()
@takes_values
@alters
@click.option("-o", "--output-dir", default=building.OUTPUT_DIR, show_default=True, type=click.Path())
@click.option("--name", default="consul", show_default=True, help="The chart's name.")
@click.option(
    "--version",
    default="auto",
    show_default=True,
    metavar="VERSION",
    help="The chart's version (semantic): 0.1.0 at first, then the next one by what is another in the chart.",
)
@click.option(
    "--bump", "step", type=click.Choice(("major", "minor", "patch", "prerelease")),
    help="The next version by this step, whatever is another.",
)  # fmt: skip
@click.option(
    "--validate",
    is_flag=True,
    help="Also check every object against the strict schemas of --kube-version (else the newest known).",
)
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Write nothing, and fail where what is published is not what a build makes now.",
)
@click.option(
    "--baseline",
    metavar="FILE|CHART",
    type=click.Path(),
    help="Spell objects as they run where they mean the same; - for what `helm get manifest` prints. Kept beside -f.",
)
@click.option(
    "--release", metavar="NAME", help="With --baseline: the release that runs, unless its objects say."
)
@click.option(
    "--namespace", metavar="NAME", help="With --baseline: the namespace it runs in, unless its objects say."
)
@click.option(
    "--scheduler", metavar="ADDRESS",
    help="Have the workers of this Dask scheduler build the charts of chartgen.yaml, such as tcp://10.0.0.1:8786.",
)
@charting.chooses
@click.option(
    "--sign-key", nargs=2, metavar="FINGERPRINT URL", callback=_sign_key,
    help="Have the chart say which key signs it, and where its public half is found.",
)  # fmt: skip
@KUBE_VERSION
@STRICT
@ignore
@FAIL_ON
@answers(REPORTS)
def build(
    inputs: Inputs,
    altering: Altering,
    output: Output,
    chosen: charting.Chosen,
    output_dir: str,
    name: str,
    version: str,
    step: Step | None,
    validate: bool,
    only_check: bool,
    baseline: str | None,
    release: str | None,
    namespace: str | None,
    scheduler: str | None,
    sign_key: Mapping[str, str] | None,
    kube_version: str | None,
    strict: bool,
    ignore: Sequence[str],
    fail_on: str | None,
) -> int:
    """Compile values into a chart folder and archive.

    Writes OUTPUT_DIR/NAME/VERSION/, OUTPUT_DIR/NAME-VERSION.tgz and its entry in OUTPUT_DIR/index.yaml, the same to the
    byte for the same input; nothing is written when the values are rejected, or make what is published already. What is
    published is never overwritten with other content.

    With --baseline, an object that means the same as the one that runs is spelt as it runs, so that `helm upgrade` to the
    chart changes nothing of it and no pod restarts. What was adopted is kept in VALUES.adopted.yaml beside the values.

    Without values, where chartgen.yaml lists charts: all of them, or those of --chart. One that is rejected stops no other.

    \b
      chartgen build -f values.yaml
      chartgen build -f base.yaml -f production.yaml --set server.replicas=5 --version 1.4.0
      chartgen build -f values.yaml --bump prerelease
      chartgen build -f values.yaml --kube-version 1.33 --validate -o dist
      chartgen build -f values.yaml --format json
      chartgen build
      chartgen build --chart 'consul-eu-*'
      chartgen build --changed-since origin/main
      chartgen build --check
      helm get manifest consul -n consul | chartgen build -f values.yaml --baseline -
    """
    from chartgen import compiler
    from chartgen.baseline import kept
    from chartgen.project import plan as plans
    from chartgen.publishing import stale as staling
    from chartgen.publishing import version as versions

    _check_name(name)
    if step is not None and version != versions.AUTO:
        raise click.UsageError("--bump says how the next version is made; --version names one.")
    if only_check and step is not None:
        raise click.UsageError(
            "--bump makes another version of what is published; --check asks whether it is current."
        )
    if only_check and scheduler is not None:
        raise click.UsageError("--check compares with what is published here; --scheduler builds.")
    if baseline is None and (release or namespace):
        raise click.UsageError("--release and --namespace say what runs; name that with --baseline.")
    _check_release(release or "r", namespace or "n")
    project = steering(ignored=ignore)
    if charting.asked_for(project, inputs, chosen):
        if baseline is not None:
            raise click.UsageError(
                "--baseline is of a chart whose values are named, too; chartgen.yaml has a key `baseline`."
            )
        if charting.is_said("name"):
            raise click.UsageError("--name is of a chart whose values are named, too; --chart chooses one.")
        # what is wrong with them is told once, and not for each chart
        altering.read()
        plan = charting.planned(project, chosen, output)
        if only_check:
            return fleets.show_stale(
                fleets.compared(plan, output), plan.findings, output, fail_on or project.fail_on
            )
        return fleets.build(plan, output, fail_on or project.fail_on, step, scheduler)
    if scheduler is not None:
        raise click.UsageError("--scheduler builds the charts of chartgen.yaml, and not of named values.")
    options = compiler.Options(
        strict=strict, kube_version=kube_version, validate=validate, name=name,
        steering=project.steering,
        alterations=building.held(
            inputs, altering.read(), building.Runs(baseline, release, namespace) if baseline is not None else None
        ),
        sign_key=(sign_key["fingerprint"], sign_key["url"]) if sign_key else None,
    )  # fmt: skip
    if only_check:
        chart = compiler.compile_sources(inputs.read(), options)
        alone = plans.Build(name, output=output_dir, version=version)
        return fleets.show_stale([staling.held(chart, alone)], (), output, fail_on or project.fail_on)
    return building.build(
        inputs, options, output, output_dir, version, step, fail_on or project.fail_on,
        keep=kept.beside(inputs.files) if baseline is not None else None,
    )  # fmt: skip


@cli.group()
def index() -> None:
    """Work on the index of a folder of charts.

    \b
      chartgen index merge shard-1 shard-2
    """


@index.command("merge")
@click.option(
    "-o", "--output-dir", default="charts", show_default=True, type=click.Path(),
    help="The folder that the charts come to.",
)  # fmt: skip
@answers(("text", "json"))
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER...", type=click.Path())
def merge_indexes(output: Output, output_dir: str, folders: Sequence[str]) -> int:
    """Bring the charts of several folders together.

    Each FOLDER is one that charts were built into, such as by a worker with --shard. Archives, folders and entries of
    index.yaml come to the output folder, all of them or none; a version that two have with other content is refused.

    \b
      chartgen build --shard 1/2 -o shard-1
      chartgen build --shard 2/2 -o shard-2
      chartgen index merge shard-1 shard-2 -o charts
    """
    from chartgen.cli import index as indexing

    return indexing.merge(folders, output_dir, output)


@cli.command()
@answers(("text", "json"))
@click.argument("chart", type=click.Path())
def verify(output: Output, chart: str) -> int:
    """Make a chart again of what it carries, and compare.

    CHART is an archive or a chart's folder. It carries its values, the flags and the version of chartgen; what is another
    in it than these make is told, file by file. Exits with 1 where something is.

    \b
      chartgen verify charts/consul-0.1.0.tgz
      chartgen verify charts/consul/0.1.0 --format json
    """
    from chartgen.publishing import rebuild

    found = rebuild.verified(chart)
    if output.format == "json":
        told = {
            "name": found.name,
            "version": found.version,
            "inputs": found.inputs,
            "flags": [*found.flags],
            "same": found.same,
        }
        output.data(found.findings, verified=told)
    elif found.findings:
        output.rejected(found.findings)
    elif not output.quiet:
        output.write(
            f"{found.name} {found.version} is, to the byte, what its values make{_with(found.flags)}\n"
        )
    return exit_code(found.findings)


def _with(flags: Sequence[str]) -> str:
    return f" with {' '.join(flags)}" if flags else ""


@cli.command()
@click.option(
    "--plain-http", is_flag=True, help="Without TLS: whoever is on the way can read and change all."
)
@click.option("--sign", is_flag=True, help="Sign the archive first, into a .prov file beside it.")
@click.option("--key", metavar="NAME", help="The key to sign with: its name, or a part of it.")
@click.option("--keyring", metavar="FILE", type=click.Path(), help="The file that holds the secret key.")
@click.option(
    "--passphrase-file", metavar="FILE", type=click.Path(), help="The file whose first line opens the key."
)
@charting.chooses
@answers(("text", "json"))
@click.argument("archive", metavar="[CHART", type=click.Path(), required=False)
@click.argument("remote", metavar="REGISTRY]", required=False)
def push(
    output: Output,
    chosen: charting.Chosen,
    archive: str | None,
    remote: str | None,
    plain_http: bool,
    sign: bool,
    key: str | None,
    keyring: str | None,
    passphrase_file: str | None,
) -> int:
    """Push a chart's archive to an OCI registry.

    Through Helm's engine (`pip install 'chartgen[helm]'`), with the logins of `helm registry login` and `docker login`. A
    version that the registry has with other content is not overwritten. A .prov file beside the archive goes along.

    Without a chart, where chartgen.yaml lists charts: all of them that have a registry there, as they were built last.

    \b
      chartgen push charts/consul-0.1.0.tgz oci://registry.example.com/charts
      chartgen push charts/consul-0.1.0.tgz oci://localhost:5000/charts --plain-http
      chartgen push consul-0.1.0.tgz oci://registry.example.com/charts --sign --key ops --keyring secring.gpg
      chartgen push
    """
    if sign and not (key and keyring):
        raise click.UsageError("--sign needs --key and --keyring.")
    if not sign and (key or keyring or passphrase_file):
        raise click.UsageError("--key, --keyring and --passphrase-file are for --sign.")
    from chartgen.cli import push as pushing
    from chartgen.publishing.registry import Key

    signing = Key(key, keyring, passphrase_file) if key and keyring else None
    if archive is not None and remote is None:
        raise click.UsageError("A chart is pushed to a registry: chartgen push CHART oci://HOST/NAME.")
    said = steering() if archive is None or chosen != charting.Chosen() else None
    if said is not None and charting.asked_for(said, Inputs(), chosen, files=archive is not None):
        plan = charting.planned(said, chosen, output)
        return pushing.push_all(plan, output, signing, plain_http=plain_http)
    if archive is None or remote is None:
        raise click.UsageError("Name a chart and a registry: chartgen push CHART oci://HOST/NAME.")
    return pushing.push(output, archive, remote, signing, plain_http=plain_http)


@cli.command()
@takes_values
@charting.chooses
@KUBE_VERSION
@STRICT
@select
@ignore
@FAIL_ON
@click.option("--exit-zero", is_flag=True, help="The same as --fail-on never.")
@answers(REPORTS, to_file=True, findings=True)
@click.argument("paths", nargs=-1, metavar="[FILE]...", type=click.Path())
def check(
    inputs: Inputs,
    output: Output,
    chosen: charting.Chosen,
    kube_version: str | None,
    strict: bool,
    select: Sequence[str],
    ignore: Sequence[str],
    fail_on: str | None,
    exit_zero: bool,
    paths: Sequence[str],
) -> int:
    """Validate values: names, shapes, contradictions.

    Each FILE is checked on its own; those of -f are merged, and below each FILE. Of a folder, each file in it that
    holds values of Consul's chart, but for those that git ignores. Exits with 1 when there are errors.

    Without values, where chartgen.yaml lists charts: those of all of them, or of --chart; what a file says that several
    are made of is told once.

    \b
      chartgen check values.yaml
      chartgen check .
      chartgen check -f base.yaml staging.yaml production.yaml
      chartgen check --ignore server-replicas-even --fail-on warning values.yaml
      chartgen check --format sarif --fail-on never --output-file chartgen.sarif values.yaml
      chartgen check --chart consul-production
      chartgen check --changed-since origin/main
    """
    from chartgen import compiler
    from chartgen.cli import check as checking
    from chartgen.cli import walk

    project = steering(select, ignore)
    failing = "never" if exit_zero else fail_on or project.fail_on
    if charting.asked_for(project, inputs, chosen, files=bool(paths)):
        return fleets.check(charting.planned(project, chosen, output), output, failing)
    if not paths and inputs == Inputs():
        raise click.UsageError(
            "Name a file of values, a folder, or - for standard input; or list charts in chartgen.yaml."
        )
    files = walk.values_files(paths, output) if paths else []
    if paths and not files:
        raise click.UsageError(f"No file in {', '.join(paths)} holds values of Consul's chart.")
    groups = [inputs._replace(files=(*inputs.files, path)) for path in files] if paths else [inputs]
    options = compiler.Options(strict=strict, kube_version=kube_version, steering=project.steering)
    return checking.check(groups, options, output, failing)


def _of_values(
    chart_name: str | None, inputs: Inputs, altering: Altering, output: Output, **said: Any
) -> tuple[Read, Options]:
    """What a command line reads, and how it is compiled: the values that it names, or a chart of chartgen.yaml.

    Raises as `charting.single` and `Altering.read` do.
    """
    from chartgen.compiler import Options

    project = steering()
    if chart_name is None:
        return inputs.read(), Options(steering=project.steering, alterations=altering.read(), **said)
    from chartgen.project.trees import Disk, Layers

    build = charting.single(project, chart_name, inputs, output, altered=altering != Altering())
    return build.read(Layers(Disk())), build.options(project.steering)


@cli.command()
@takes_values
@charting.chooses_single
@alters
@STRICT
@click.option(
    "--provenance", is_flag=True, help="Say for each path which file and line, flag or default set it."
)
@click.option("--changed", is_flag=True, help="Only what differs from the default.")
@answers(("text", "json"), to_file=True)
def values(
    inputs: Inputs,
    altering: Altering,
    output: Output,
    chart_name: str | None,
    strict: bool,
    provenance: bool,
    changed: bool,
) -> int:
    """Print the effective values: yours over the defaults.

    \b
      chartgen values -f values.yaml --set client.enabled=true
      chartgen values -f values.yaml --changed
      chartgen values -f base.yaml -f production.yaml --provenance
      chartgen values --chart consul-production --changed
    """
    from chartgen import compiler, schema
    from chartgen import values as merging
    from chartgen.render import document, scalar
    from chartgen.values import tree

    read, options = _of_values(chart_name, inputs, altering, output, strict=strict)
    result = compiler.verdict(read, options)
    if any_error(result.diagnostics):
        raise Rejected(result.diagnostics)
    defaults = schema.defaults()
    effective = result.merged.effective
    shown = tree.different(effective, defaults) if changed else effective
    rows = []
    if provenance:
        kept = set(tree.leaves(shown)) if changed else {()}
        rows = [
            {"path": dotted(path), "value": value, "setBy": origin}
            for path, value, origin in merging.origins(result.merged, defaults)
            if any(path[:length] in kept for length in range(len(path) + 1))
        ]
    if output.format == "json":
        output.data(result.diagnostics, values=shown, **({"origins": rows} if provenance else {}))
        return 0
    output.warn(result.diagnostics)
    if provenance:
        cells = [(row["path"], scalar.shortened(row["value"]), row["setBy"]) for row in rows]
        output.write(table(("value", "is", "set by"), cells) + "\n")
    else:
        output.write(document.block_yaml(shown, str) if shown else "{}\n")
    return 0


@cli.command()
@takes_values
@charting.chooses_single
@alters
@KUBE_VERSION
@STRICT
@click.option("--release", default="consul", show_default=True, help="The release's name.")
@click.option("--namespace", default="default", show_default=True, help="The namespace it is installed in.")
@click.option("--upgrade", is_flag=True, help="Render as `helm upgrade` would, instead of `helm install`.")
@click.option(
    "--every-hook", is_flag=True, help="Also hooks of deletion and tests, which kubectl must not apply."
)
@click.option(
    "-s", "--show-only", multiple=True, metavar="TEMPLATE",
    help="Only this file of the chart, such as templates/server-service.yaml; repeat it for more.",
)  # fmt: skip
@click.option(
    "--output-dir",
    metavar="FOLDER",
    type=click.Path(),
    help="Write the files there instead of printing them.",
)
@answers(())
def render(
    inputs: Inputs,
    altering: Altering,
    output: Output,
    chart_name: str | None,
    kube_version: str | None,
    strict: bool,
    release: str,
    namespace: str,
    upgrade: bool,
    every_hook: bool,
    show_only: Sequence[str],
    output_dir: str | None,
) -> int:
    """Print plain manifests, for review and kubectl.

    In the order in which Helm creates the objects; hooks that an install does not run are left out.

    \b
      chartgen render -f values.yaml --release consul --namespace consul | kubectl apply -f -
      chartgen render -f values.yaml --show-only templates/server-service.yaml
      chartgen render -f values.yaml --output-dir manifests
      chartgen render -f values.yaml --upgrade | kubectl diff -f -
      chartgen render --chart consul-production
    """
    from chartgen import compiler

    _check_release(release, namespace)
    read, options = _of_values(chart_name, inputs, altering, output, strict=strict, kube_version=kube_version)
    if chart_name is None:
        options = options._replace(alterations=building.held(inputs, options.alterations))
    chart = compiler.compile_sources(read, options)
    _check_fit(release, chart)
    texts = chart.manifests_by_file(release, namespace, upgrade=upgrade, every_hook=every_hook)
    output.warn(chart.diagnostics)
    if show_only:
        texts = [
            (file, text) for file, text in texts if file in _templates(show_only, [file for file, _ in texts])
        ]
    if output_dir is None:
        output.write("---\n" + "---\n".join(f"# {file}\n{text}" for file, text in texts))
        return 0
    for file in _written(texts, output_dir, chart.name):
        output.write(f"wrote {file}\n")
    return 0


def _templates(named: Sequence[str], there: Sequence[str]) -> set[str]:
    """The files among those that are there that a command line names; raises BadParameter for others."""
    from chartgen.schema import suggest

    files = {name.removeprefix("./").removeprefix("templates/") for name in named}
    for file in files:
        if file not in there:
            near = suggest.closest(file, sorted(set(there)))
            way_out = f"; did you mean templates/{near}?" if near else ""
            raise click.BadParameter(
                f"these values make no templates/{file}{way_out}", param_hint="--show-only"
            )
    return files


def _written(texts: Sequence[tuple[str, str]], folder: str, name: str) -> list[str]:
    """Writes manifests as Helm does, FOLDER/NAME/templates/…, and returns the files."""
    from pathlib import Path

    files: dict[Path, list[str]] = {}
    for file, text in texts:
        files.setdefault(Path(folder) / name / "templates" / file, []).append(f"---\n# {file}\n{text}")
    for path, parts in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(parts), encoding="utf-8", newline="\n")
    return [path.as_posix() for path in files]


@cli.command()
@takes_values
@charting.chooses_single
@alters
@KUBE_VERSION
@STRICT
@answers(listing.FORMATS, to_file=True)
@click.argument("chart", required=False, type=click.Path(allow_dash=True))
def images(
    inputs: Inputs,
    altering: Altering,
    output: Output,
    chart_name: str | None,
    kube_version: str | None,
    strict: bool,
    chart: str | None,
) -> int:
    """List the container images that a chart runs.

    With what names each: its pods, and the programs that make pods, such as sidecars, in flags, variables, annotations and
    configuration. Of values (-f, --set), or of a CHART: its folder, an archive, a file of manifests, - for manifests on
    standard input. `cyclonedx` is a bill of materials for scanners.

    \b
      chartgen images -f values.yaml
      chartgen images -q charts/consul-0.1.0.tgz
      chartgen images -f values.yaml --format cyclonedx --output-file consul.cdx.json
      helm get manifest consul -n consul | chartgen images -
      chartgen images --chart consul-production
    """
    if chart_name is not None and chart is not None:
        raise click.UsageError("--chart is of chartgen.yaml; name either it or a CHART.")
    if chart_name is not None:
        read, options = _of_values(chart_name, inputs, altering, output)
        return listing.images(None, read, options, output)
    from chartgen.compiler import Options

    options = Options(
        strict=strict, kube_version=kube_version, steering=steering().steering, alterations=altering.read()
    )
    return listing.images(chart, inputs, options, output)


@cli.command()
@takes_values
@click.option(
    "--chart", "chart_names", multiple=True, metavar="NAME", shell_complete=charting.names_that_begin,
    help="A chart of chartgen.yaml: what is published of it against what a build makes now; twice, for two charts.",
)  # fmt: skip
@alters
@KUBE_VERSION
@STRICT
@click.option("--release", default="consul", show_default=True, help="The release's name.")
@click.option("--namespace", default="default", show_default=True, help="The namespace it is installed in.")
@click.option("--spelling", is_flag=True, help="Also what means the same and is only written otherwise.")
@click.option(
    "--fail-on", type=click.Choice(diffing.FAIL_ON), default="never", show_default=True,
    help="Exit with 1 when an upgrade leads to this, or to worse; `any` is any difference.",
)  # fmt: skip
@answers(diffing.FORMATS, to_file=True)
@click.argument("old", metavar="[OLD", required=False)
@click.argument("new", metavar="NEW]", required=False)
def diff(
    inputs: Inputs,
    altering: Altering,
    output: Output,
    kube_version: str | None,
    strict: bool,
    release: str,
    namespace: str,
    spelling: bool,
    fail_on: str,
    chart_names: Sequence[str],
    old: str | None,
    new: str | None,
) -> int:
    """Compare two states of a release, and say what an upgrade does.

    Each side is values, which are compiled (files, and KEY=VALUE as of --set, with commas between them, the last
    winning), a chart (its folder or archive, perhaps followed by values for it), or manifests (a file, or - for what
    `helm get manifest` prints). -f names values below those of both sides, the --set flags are over them. With --chart, the
    sides are the chart of chartgen.yaml as it was published last, and as a build makes it now.

    \b
      chartgen diff old.yaml new.yaml
      chartgen diff values.yaml values.yaml,server.replicas=5
      chartgen diff -f base.yaml staging.yaml production.yaml
      chartgen diff charts/consul-1.3.0.tgz values.yaml --fail-on refused
      chartgen diff consul-2.0.3.tgz,values.yaml values.yaml
      helm get manifest consul -n consul | chartgen diff - values.yaml --namespace consul
      chartgen diff main.yaml values.yaml --format markdown --output-file comment.md
      chartgen diff --chart consul-production
    """
    from chartgen import compiler
    from chartgen.sides.side import Target

    _check_release(release, namespace)
    if chart_names:
        if old is not None:
            raise click.UsageError("--chart is of chartgen.yaml; name either charts of it or OLD and NEW.")
        if len(chart_names) > 2:
            raise click.UsageError("Two charts are compared, or one with what is published of it.")
        project, altered = steering(), altering != Altering()
        builds = [charting.single(project, name, inputs, output, altered=altered) for name in chart_names]
        return diffing.of_builds(
            builds, project.steering, Target(release, namespace), output, spelling=spelling, fail_on=fail_on
        )
    if old is None or new is None:
        raise click.UsageError("Two states are compared: chartgen diff OLD NEW, or diff --chart NAME.")
    options = compiler.Options(
        strict=strict, kube_version=kube_version, steering=steering().steering, alterations=altering.read()
    )
    target = Target(release, namespace)
    return diffing.diff(old, new, inputs, options, target, output, spelling=spelling, fail_on=fail_on)


def _explainable(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """What `explain` knows and begins like this, for the shell to complete."""
    from chartgen import schema
    from chartgen.report import meanings

    paths = [dotted(path) for path in schema.leaves()]
    return [name for name in (*paths, *meanings.codes()) if name.startswith(incomplete)]


@cli.command()
@takes_values
@charting.chooses_single
@alters
@answers(("text", "json"))
@click.argument("what", metavar="[PATH|CODE|OBJECT]", default="", shell_complete=_explainable)
@click.argument("field", metavar="[FIELD]", default="")
def explain(
    inputs: Inputs, altering: Altering, output: Output, chart_name: str | None, what: str, field: str
) -> int:
    """Explain a setting, a section, a finding's code or an object.

    Without PATH it lists the sections; for a part of a path, the settings that have it.
    For a setting: its type, default and effect, its value and what set it (with -f and --set), and the objects that
    it reaches. For a section, or a list: its keys, a line each. For an object of the chart, or a FIELD of it: the values
    that it comes from, and their lines.

    \b
      chartgen explain server.replicas
      chartgen explain replicas
      chartgen explain ingressGateways.gateways[].service
      chartgen explain -f values.yaml global.tls
      chartgen explain server-replicas-even
      chartgen explain -f values.yaml StatefulSet/consul-server spec.replicas
      chartgen explain --chart consul-production server.replicas
    """
    from chartgen import compiler
    from chartgen import explain as explaining

    read, options = _of_values(chart_name, inputs, altering, output)
    checked = compiler.verdict(read, options._replace(strict=False, steering=Steering()))
    if output.format == "json":
        output.data((), explained=explaining.data(what, checked, field))
        return 0
    width = min(output.columns(), 120)
    output.write(explaining.answer(what, checked, field, width=width, colour=output.wants_colour()))
    return 0


@cli.command("rules")
@answers(("text", "json"), to_file=True)
def list_rules(output: Output) -> int:
    """List the codes of all findings.

    Each with what it is (in strict and in lenient mode, where they differ) and a line about it. `chartgen explain CODE`
    says more.

    \b
      chartgen rules
      chartgen rules --format json
    """
    from chartgen.report import meanings

    known = meanings.codes()
    if output.format == "json":
        shape = [
            {
                "code": code,
                "severity": meanings.severity(code),
                "lenient": meanings.severity(code, strict=False),
                "rule": meanings.is_rule(code),
                "meaning": meanings.of(code),
            }
            for code in known
        ]
        output.data((), rules=shape)
        return 0
    rows = []
    for code in known:
        severities = dict.fromkeys((meanings.severity(code), meanings.severity(code, strict=False)))
        rows.append((code, " / ".join(severities), meanings.of(code)))
    output.write(table(("code", "is", "about"), rows, output.columns()) + "\n")
    return 0


_FILES = click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, allow_dash=True)
)
_DIFF = click.option("--diff", "only_diff", is_flag=True, help="Show the change and leave the file as it is.")


@cli.command()
@_DIFF
@_FILES
@answers(())
def fix(output: Output, files: Sequence[str], only_diff: bool) -> int:
    """Apply the mends that are certain.

    A slip of one letter, a quoted number, a key in the wrong place. Comments and order stay; what is not certain is
    listed and left to you. Of a folder, it mends the files in it that hold values of Consul's chart. With - it reads
    standard input, and writes the mended text to standard output.

    \b
      chartgen fix --diff values.yaml
      chartgen fix values.yaml
      chartgen fix .
    """
    from chartgen.edit import fix as fixing

    return _rewritten(output, files, only_diff, fixing.fixed)


@cli.command()
@_DIFF
@_FILES
@answers(())
def migrate(output: Output, files: Sequence[str], only_diff: bool) -> int:
    """Move values of older charts to today's.

    Comments and order stay; what cannot be moved without you is listed. With - it reads standard input, and writes
    the new text to standard output.

    \b
      chartgen migrate --diff values-2019.yaml
      chartgen migrate values-2019.yaml
    """
    from chartgen.edit import migrate as migrating

    return _rewritten(output, files, only_diff, migrating.migrate)


@cli.command()
@click.option(
    "-f", "--values", "below", multiple=True, metavar="FILE", type=click.Path(),
    help="A file that FILE is laid over: what it says already goes, and not what is the default.",
)  # fmt: skip
@click.option("--sort", "ordered", is_flag=True, help="Also bring the sections into the order of the schema.")
@_DIFF
@_FILES
@answers(())
def tidy(output: Output, files: Sequence[str], only_diff: bool, ordered: bool, below: Sequence[str]) -> int:
    """Drop the values that are the default.

    They change nothing: the chart is the same without them. Comments directly above and beside what goes are about it,
    and go as well; all else stays as it is. With - it reads standard input, and writes to standard output.

    \b
      chartgen tidy --diff values.yaml
      chartgen tidy --sort values.yaml
      chartgen tidy -f base.yaml production.yaml
    """
    from chartgen.edit import tidy as tidying

    read = Inputs(tuple(below)).read()
    if read.findings:
        raise Rejected(read.findings)
    return _rewritten(
        output, files, only_diff, lambda text, name: tidying.tidied(text, name, read.sources, ordered=ordered)
    )


def _rewritten(output: Output, files: Sequence[str], only_diff: bool, edit: Any) -> int:
    """Shows the changes, writes the files unless they are only shown, and lists what was done and what is left."""
    from chartgen.cli import walk
    from chartgen.edit import fix as fixing

    if "-" in files and len(files) > 1:
        raise click.UsageError("- is standard input, and stands alone.")
    broken: list[Diagnostic] = []
    done_in_all: list[Diagnostic] = []
    left_in_all: list[Diagnostic] = []
    paths = walk.values_files(files, output)
    for file in paths:
        piped = file == "-"
        try:
            before = fixing.read(file)
            after, done, left = edit(before, "<stdin>" if piped else file)
        except Rejected as rejected:
            # the other files are mended all the same
            broken += rejected.diagnostics
            continue
        if piped and not only_diff:
            output.write(after)
        else:
            output.write(fixing.unified_diff(before, after, file))
            if after != before and not only_diff:
                _replace(file, after)
        where = f"{file}: " if len(paths) > 1 else ""
        for finding in done:
            output.tell(f"{where}{'would do' if only_diff else 'done'}: {finding.message}; {finding.hint}")
        output.warn(left)
        done_in_all += done
        left_in_all += left
    if len(paths) > len(broken):
        told = (
            f"{len(done_in_all)} to mend, {len(left_in_all)} would be left; nothing is written"
            if only_diff
            else ""
        )
        output.tell(told or f"{len(done_in_all)} mended, {len(left_in_all)} left")
    if broken:
        raise Rejected(broken)
    return int(any_error(left_in_all) or (only_diff and bool(done_in_all)))


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
@click.option("--build-file", is_flag=True, help="That of the build file, chartgen.yaml.")
def print_schema(build_file: bool) -> int:
    """Print the JSON Schema of the values.

    \b
      chartgen schema > consul-values.schema.json
      chartgen schema --build-file > chartgen.schema.json
    """
    name = "chartgen.schema.json" if build_file else "values.schema.json"
    Output().write(bundle.read(f"schema/{name}").decode())
    return 0


@cli.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False))
@click.option("--full", is_flag=True, help="Every setting with its default and description.")
@click.option(
    "--schema", "location", metavar="LOCATION",
    help="Where editors find the schema: an address, or a path, to which it is written.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
def init(file: str | None, full: bool, location: str | None, force: bool) -> int:
    """Write a file of values to start from, or chartgen.yaml.

    With --schema its first line leads editors to the schema: at an address, or in a file, which is written. Without,
    to the consul-values.schema.json (chartgen.schema.json) that lies beside FILE or above it in the repository, if there
    is one.

    \b
      chartgen init values.yaml
      chartgen init --full values.yaml
      chartgen init --schema consul-values.schema.json values.yaml
      chartgen init --schema https://example.com/consul-values.schema.json > values.yaml
      chartgen init --schema chartgen.schema.json chartgen.yaml
    """
    from pathlib import Path

    from chartgen.edit import starter

    output = Output()
    path = Path(file) if file else Path("values.yaml")
    if file and path.exists() and not force:
        raise click.UsageError(f"{file} exists; --force overwrites it.")
    kind = starter.kind(path)
    if full and kind is starter.BUILD_FILE:
        raise click.UsageError("--full is for values.")
    if location and not starter.is_address(location):
        wanted = Path(location)
        if file and starter.write_schema(kind, wanted, overwrite=force):
            output.write(f"wrote {wanted}, which editors read\n")
        location = starter.from_file(path, wanted)
    elif location is None and (found := starter.nearest_schema(kind, path.parent)):
        location = starter.from_file(path, found)
    text = starter.text(kind, location, full=full)
    if file is None:
        output.write(text)
        return 0
    path.write_text(text, encoding="utf-8", newline="\n")
    output.write(f"wrote {path}" + (f", with its schema at {location}" if location else "") + "\n")
    following = (
        "chartgen check\n  chartgen build"
        if kind is starter.BUILD_FILE
        else f"chartgen check {path}\n  chartgen build -f {path}"
    )
    output.write(f"\n  {following}\n")
    if location is None:
        output.write(
            f"  chartgen init --force --schema {kind.schema_file} {path}   # for editors, the schema beside it\n"
        )
    return 0


@cli.command()
def version() -> int:
    """Print the versions of chartgen and of Consul.

    \b
      chartgen version
    """
    from chartgen import schema

    image = str(schema.defaults()["global"]["image"]).rpartition(":")[2]
    control_plane = str(schema.defaults()["global"]["imageK8S"]).rpartition(":")[2]
    Output().write(f"chartgen {__version__}\nConsul {image}, control plane {control_plane}\n")
    return 0


def _commands_that_begin(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The commands below those that are typed already, for the shell to complete."""
    found: click.Command | None = cli
    for word in ctx.params.get("command") or ():
        found = found.get_command(ctx, word) if isinstance(found, click.Group) else None
    names = found.list_commands(ctx) if isinstance(found, click.Group) else []
    return [name for name in names if name.startswith(incomplete)]


@cli.command("help")
@click.argument("command", nargs=-1, metavar="[COMMAND]...", shell_complete=_commands_that_begin)
@click.pass_context
def print_help(ctx: click.Context, command: Sequence[str]) -> int:
    """Print the help of a command.

    \b
      chartgen help build
      chartgen help index merge
    """
    known: click.Command = cli
    for number, word in enumerate(command):
        found = known.get_command(ctx, word) if isinstance(known, click.Group) else None
        if found is None and isinstance(known, click.Group):
            # says what was probably meant
            known.resolve_command(ctx.parent or ctx, [word])
        if found is None:
            raise click.UsageError(f"{' '.join(command[:number])} has no commands of its own.")
        known = found
    if known is cli:
        Output().write(cli.get_help(ctx.parent or ctx) + "\n")
        return 0
    name = " ".join(("chartgen", *command))
    with click.Context(known, info_name=name, parent=None, **cli.context_settings) as inner:
        Output().write(known.get_help(inner) + "\n")
    return 0


@cli.command()
@click.argument("shell", type=click.Choice(shells.SHELLS))
def completion(shell: str) -> int:
    """Print what makes a shell complete command lines.

    Commands and options, settings after --set and explain, and the values of those that have only a few.

    \b
      chartgen completion bash >> ~/.bashrc
      chartgen completion zsh >> ~/.zshrc
      chartgen completion fish > ~/.config/fish/completions/chartgen.fish
      chartgen completion powershell >> $PROFILE
    """
    Output().write(shells.script(cli, shell))
    return 0


@cli.command()
@click.option(
    "--stdio", is_flag=True, hidden=True, help="The only way to talk to it; editors like to say so."
)
def lsp(stdio: bool) -> int:
    """Serve editors while values are typed.

    An editor starts it itself; it talks the Language Server Protocol on standard input and output.

    \b
      chartgen lsp
    """
    try:
        from chartgen.lsp import server
    except ModuleNotFoundError as error:
        if error.name not in ("pygls", "lsprotocol"):
            raise
        raise click.UsageError("The server needs more than the rest: pip install 'chartgen[lsp]'.") from None
    return server.run()


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


def _check_fit(release: str, chart: Chart) -> None:
    """Refuses a release's name that Helm would refuse for this chart."""
    longest = chart.release_name
    if longest is not None and not longest.fits(release):
        raise click.BadParameter(
            f"a release of this chart has a name of at most {longest.most} characters, without dots, as a {longest.kind} "
            f"is called {release}-…{longest.ending}",
            param_hint="--release",
        )


def _check_name(name: str) -> None:
    import re

    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", name) or len(name) > 63:
        raise click.BadParameter(
            "a chart's name is of lower-case letters, digits and hyphens", param_hint="--name"
        )


def run(arguments: Sequence[str]) -> int:
    """Reads a command line, runs its command and returns the exit code; raises what the command raises."""
    try:
        return int(cli.main(args=list(arguments), prog_name="chartgen", standalone_mode=False))
    except SystemExit as ended:
        # commands return their codes: so click ends where nobody reads on
        if ended.code == 1:
            raise BrokenPipeError from None
        raise
    except click.exceptions.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        return UNUSABLE
