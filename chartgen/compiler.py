"""The pipeline: read → merge → check → decide → render → verify → chart. Each stage hands on frozen data."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from chartgen import kube_version, names, rules, schema, values
from chartgen.diagnostics import Diagnostic, Path, Rejected, Span, any_error, dotted, in_mode, single
from chartgen.kubernetes.refusal import items, mapped
from chartgen.late import TOKEN, LateBound
from chartgen.records import NamedTuple
from chartgen.rules import spelling
from chartgen.schema import embedded, foreign, removed, templated, validator
from chartgen.settings import Settings, settings
from chartgen.steering import Steered, Steering, steered
from chartgen.values import Merged, tree
from chartgen.values.inputs import Read
from chartgen.values.memo import NOTHING, Memo
from chartgen.values.reads import Section, SetAside
from chartgen.values.traces import Traces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from chartgen.alter import Alterations, Done
    from chartgen.alter.patches import Gone
    from chartgen.chart import Chart
    from chartgen.render import Rendered
    from chartgen.render.forms import Forms
    from chartgen.render.parts import Parts
    from chartgen.values.source import Source

Values: TypeAlias = "Mapping[str, Any] | str | os.PathLike[str]"
# findings after which a value has not the form that whoever reads it counts on
_MISSHAPEN = ("wrong-type", "missing-key")
# … and with which lenient mode has to try whether templates can use them
_ODD = (*_MISSHAPEN, "bad-enum", "bad-format", "bad-value", "out-of-range")
# characters that shell arguments and names do not take; to compile takes a millisecond, and few values have any
_UNSEEN = "[\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ufeff\\ufffe\\uffff]"
# how many rules are named that wait for one value
_NAMED = 3


class Options(NamedTuple):
    """How values are compiled, and into which chart.

    With `strict` off, unknown keys and doubtful shapes are warnings, as the official chart takes them. `kube_version`
    is the cluster's, such as `1.33`; with `validate`, objects are checked against its strict schemas, too. `only` keeps
    the templates whose output file name contains it. `steering` says which findings count. `alterations` are what is
    changed beyond what values say. `sign_key` is the fingerprint of the key that the chart is to be signed with, and the
    address of its public half.
    """

    strict: bool = True
    kube_version: str | None = None
    validate: bool = False
    name: str = "consul"
    version: str = "0.1.0"
    late: tuple[str, ...] = ()
    only: str = ""
    steering: Steering = Steering()
    alterations: Alterations | None = None
    sign_key: tuple[str, str] | None = None

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags of `build` that make another chart of the same values."""
        version = ("--kube-version", self.kube_version) if self.kube_version else ()
        altered = self.alterations.flags if self.alterations is not None else ()
        return (*(() if self.strict else ("--lenient",)), *version, *altered)


class Checked(NamedTuple):
    """What was merged, as templates see it, what follows from it, and all that was found.

    `reads` are the paths that each rule read, by its slug.
    """

    merged: Merged
    view: Section
    settings: Settings
    diagnostics: tuple[Diagnostic, ...]
    reads: Mapping[str, frozenset[Path]]
    steering: Steered
    alterations: Alterations | None = None
    # by their new names, the old ones of images that the values name otherwise than the user
    old_names: Mapping[str, tuple[str, ...]] = {}


class Memory:
    """What checks of one file found out, so that the next one asks only about what has changed since.

    Of sections that are as they were nothing is made anew. It holds for one file and the files below it, whatever the options
    are. With `traces` it holds for any number of files: what reads the same values in two of them is asked once.
    """

    __slots__ = ("forms", "late", "opened", "parts", "rendered", "rules", "sections", "traces")

    def __init__(self, traces: Traces | None = None) -> None:
        self.sections = Memo(traces.most if traces is not None else 1)
        # … with what text in them holds in its place
        self.opened = Memo() if traces is None else self.sections
        self.rules = rules.Known()
        self.rendered: Rendered | None = None
        self.traces = traces
        # … of documents, once something was rendered
        self.parts: Parts | None = None
        self.forms: Forms | None = None
        # documents that are taken over have its tokens
        self.late = LateBound()


def read(given: Values | Sequence[Values]) -> Read:
    """Each input of values as a source, and what cannot be read."""
    from chartgen.values import source

    several = [given] if isinstance(given, (Mapping, str, os.PathLike)) else list(given)
    sources: list[Source] = []
    findings: list[Diagnostic] = []
    for item in several:
        try:
            if isinstance(item, Mapping):
                sources.append(source.from_mapping(item))
            else:
                sources.append(source.read_file(os.fspath(item)))
        except Rejected as rejected:
            findings += rejected.diagnostics
    return Read(tuple(sources), tuple(findings))


def compile_sources(given: Read, options: Options, memory: Memory | None = None) -> Chart:
    """The pipeline from what was read to a chart; raises Rejected with every finding."""
    return compiled(check(given, options, memory), options, memory)


def compiled(checked: Checked, options: Options, memory: Memory | None = None) -> Chart:
    """The chart of what was checked; raises Rejected with every finding."""
    if any_error(checked.diagnostics):
        raise Rejected(checked.diagnostics)
    return _compiled(checked, options, memory)


def verdict(given: Read, options: Options, memory: Memory | None = None) -> Checked:
    """`check`, and where only templates or whole objects can tell whether a value can be used, what they say of it."""
    checked = check(given, options, memory)
    return tried(checked, options, memory) if to_try(checked, memory) else checked


def to_try(checked: Checked, memory: Memory | None = None) -> bool:
    """Whether only templates or whole objects can tell whether a value can be used.

    They can of all that has its form; a value of another form, which lenient mode lets pass, or one with characters that
    not every place takes, has to be tried.
    """
    if any_error(checked.diagnostics):
        return False
    size, is_odd, joins = _signs(checked.merged, memory.sections if memory is not None else NOTHING)
    return is_odd or joins or size > _LARGE or _is_misshapen(checked) or _told_by_objects(checked.merged)


def tried(checked: Checked, options: Options, memory: Memory | None = None) -> Checked:
    """What was checked, with what templates and whole objects say of it."""
    try:
        chart = _compiled(checked, options, memory)
    except Rejected as rejected:
        return checked._replace(diagnostics=rejected.diagnostics)
    return checked._replace(diagnostics=chart.diagnostics)


# what joins the chart's own containers, ports, variables or the node's network, below which a part may contradict the
# whole
_JOINING = frozenset(
    (
        "extraContainers",
        "extraEnvironmentVars",
        "hostNetwork",
        "hostPort",
        "serflan",
        "sysctls",
        "windowsOptions",
    )
)
# the longest end of a name that the chart appends, in characters, and the longest name
_LONGEST_END, _LONGEST_NAME = 31, 63
# from how many per cent of its bound on a size is told
_NEAR = 80
# text from which on an object may be larger than Kubernetes takes
_LARGE = 100_000


def _told_by_objects(merged: Merged) -> bool:
    """Whether there is something that only whole objects tell, before which the other checks stop: names that may be too
    long, what is added to pods, very much text."""
    prefix = names.given(merged.effective)
    odd = bool(prefix) and (
        len(prefix) + _LONGEST_END > _LONGEST_NAME or not prefix.replace("-", "a").isalnum()
    )
    gateways = (
        str(mapped(gateway).get("name"))
        for section in ("ingressGateways", "terminatingGateways")
        for _, gateway in items(merged.user, section, "gateways")
    )
    # a release's name has one letter at least
    start = len(prefix) or len(f"r-{names.CHART}")
    return (
        odd
        or prefix[:1].isdigit()
        or any(start + 1 + len(name) > _LONGEST_NAME for name in gateways)
        or _has_key(merged.user.get("ingressGateways"), frozenset(("ports",)))
    )


# what tells whether values have to be tried: the characters of their texts, odd ones among them, keys of parts that join the
# chart's own
_Signs = tuple[int, bool, bool]


def _signs(merged: Merged, memo: Memo) -> _Signs:
    return _signs_in((), memo, merged.user)


def _signs_in(path: Path, memo: Memo, node: Mapping[str, Any] | list[Any]) -> _Signs:
    size, is_odd, joins = 0, False, not isinstance(node, list) and not _JOINING.isdisjoint(node)
    keys: Iterable[tuple[Any, Any]] = enumerate(node) if isinstance(node, list) else node.items()
    for key, item in keys:
        here = (*path, key)
        for text in (key, item):
            if isinstance(text, str):
                size += len(text)
                is_odd = is_odd or (not text.isprintable() and _is_odd(text, here))
        if isinstance(item, dict):
            more, odd, joining = memo.at("signs", here, _signs_in, item)
        elif isinstance(item, list):
            more, odd, joining = _signs_in(here, memo, item)
        else:
            continue
        size, is_odd, joins = size + more, is_odd or odd, joins or joining
    return size, is_odd, joins


def _is_odd(text: str, path: Path) -> bool:
    return bool(re.search(_UNSEEN, text)) or ("\n" in text and not embedded.holds_lines(path))


def _has_key(node: Any, wanted: frozenset[str]) -> bool:
    if isinstance(node, dict):
        return not wanted.isdisjoint(node) or any(_has_key(item, wanted) for item in node.values())
    return isinstance(node, list) and any(_has_key(item, wanted) for item in node)


def _is_misshapen(checked: Checked) -> bool:
    """Whether there are values of another form than theirs, which lenient mode lets pass."""
    return any(
        finding.lenient and finding.code in (*_ODD, *foreign.CODES) for finding in single(checked.diagnostics)
    )


def _compiled(checked: Checked, options: Options, memory: Memory | None = None) -> Chart:
    """A chart of values that are in order, as far as a check can tell."""
    # a check in an editor's hook should not wait for what renders
    from chartgen import render, verify
    from chartgen.chart import Chart

    merged, target = checked.merged, kube_version.parsed(options.kube_version)
    altered: Rendered | None = None
    try:
        if memory is not None and memory.traces is not None:
            from chartgen.render.forms import Forms
            from chartgen.render.parts import Parts

            memory.parts, memory.forms = memory.parts or Parts(), memory.forms or Forms(4 * memory.traces.most)
            rendered = render.render(
                checked.view,
                checked.settings,
                options.only,
                target,
                memory.late,
                traces=memory.traces,
                parts=memory.parts,
                forms=memory.forms,
            )
        else:
            before = memory.rendered if memory is not None and not options.only else None
            rendered = render.render(checked.view, checked.settings, options.only, target, previous=before)
            if memory is not None and not options.only:
                memory.rendered = rendered
        altered, done, told = altered_documents(rendered, checked)
        # a part of the documents may well refer to the others
        broken = (
            []
            if options.only or any_error(told)
            else verify.check(altered, merged, target, schemas=options.validate)
        )
    except (Rejected, SetAside, AttributeError, KeyError, TypeError, ValueError) as failed:
        stumbled = _stumbled(failed, checked) or _patched_amiss(altered, checked)
        if not stumbled:
            raise
        raise Rejected(stumbled) from None
    findings = (
        *checked.diagnostics,
        *in_mode(
            filter(checked.steering.counts, (*told, *_by_patches(broken, done, altered))),
            strict=options.strict,
        ),
    )
    if any_error(findings):
        raise Rejected(findings)
    memo = memory.sections if memory is not None else NOTHING
    settled = schema.settled(merged.effective, memo)
    altered, done = _adopted(altered, done, checked, settled, options)
    chart = Chart(
        name=options.name,
        version=options.version,
        values=settled,
        documents=altered.documents,
        late=rendered.late,
        diagnostics=findings,
        texts=rendered.texts,
        guarded=options.strict,
        flags=(*options.flags, *(done.flags if done is not None else ())),
        done=done,
        sign_key=options.sign_key,
    )
    # most values are so small that the size need not be looked at, unless objects are spelt twice
    is_large = _signs(merged, memo)[0] > _LARGE or (done is not None and done.adoption is not None)
    if not is_large or options.only:
        return chart
    found = in_mode(_release_size(chart, merged), strict=options.strict)
    if any_error(found):
        raise Rejected((*findings, *found))
    return chart._replace(diagnostics=(*chart.diagnostics, *found))


def altered_documents(
    rendered: Rendered, checked: Checked
) -> tuple[Rendered, Done | None, Sequence[Diagnostic]]:
    """The documents as they are to be, what was changed in them beyond what values say, and what there is to say of that."""
    alterations = checked.alterations
    if alterations is None:
        return rendered, None, ()
    from chartgen.alter import Done, images

    names: Mapping[str, str] = {}
    told: tuple[Diagnostic, ...] = ()
    gone: tuple[Gone, ...] = ()
    if alterations.patches:
        from chartgen.alter import patches

        patched = patches.applied(rendered.documents, alterations.patches, rendered.late)
        rendered = rendered._replace(documents=patched.documents)
        gone, told = patched.gone, patched.findings
    if alterations.images is not None:
        found = images.in_documents(
            rendered.documents, alterations.images, checked.old_names, checked.merged.sources
        )
        rendered = rendered._replace(documents=found.documents)
        names, told = found.names, (*told, *found.findings)
    return rendered, Done(names, gone, tuple(each.text for each in alterations.patches)), told


def _adopted(
    altered: Rendered, done: Done | None, checked: Checked, settled: Mapping[str, Any], options: Options
) -> tuple[Rendered, Done | None]:
    """The documents, those that mean the same as what runs with its spelling, and what was done to them all in all."""
    runs = checked.alterations.baseline if checked.alterations is not None else None
    if runs is None or done is None:
        return altered, done
    from dataclasses import replace

    from chartgen.baseline import spelling
    from chartgen.chart import answers

    answer = answers.at_install(
        settled, runs.release, runs.namespace, upgrade=True, chart=options.name, version=options.version
    )
    spelt = spelling.spelt(altered.documents, runs, altered.late, answer)
    return altered._replace(documents=spelt.documents), replace(done, adoption=spelt.adoption(runs))


def _patched_amiss(altered: Rendered | None, checked: Checked) -> list[Diagnostic]:
    """What to say of patches that give objects a form in which nobody can look at them; nothing where there are none."""
    from chartgen import verify

    found = []
    for document in altered.documents if altered is not None else ():
        span = next((mark.span for mark in document.marks if mark.span is not None), None)
        if altered is None or span is None:
            continue
        try:
            verify.check(altered._replace(documents=(document,)), checked.merged, None)
        except (AttributeError, KeyError, TypeError, ValueError):
            found.append(
                Diagnostic(
                    "patch-fails",
                    f"with its patches the {document.kind} has a form that none has",
                    spans=(span,),
                    hint="a map where there was a map, a list where there was a list",
                )
            )
    return found


def _by_patches(findings: Iterable[Diagnostic], done: Done | None, altered: Rendered) -> Iterator[Diagnostic]:
    """Findings about what is missing, with the place of the patch that took the object away, or another label gave its pods."""
    if done is None:
        yield from findings
        return
    gone = {TOKEN.sub("RELEASE", each.document.name): each.mark.span for each in done.gone}
    labels: dict[str, Span | None] = {}
    for document in altered.documents:
        for mark in document.marks:
            if "labels" in mark.path:
                labels[str(mark.path[-1])] = mark.span
    for finding in findings:
        span = None
        if finding.code == "dangling-reference" and not finding.spans:
            span = gone.get(finding.found) or labels.get(finding.found.partition("=")[0])
        yield finding if span is None else finding._replace(spans=(span,))


def _release_size(chart: Chart, merged: Merged) -> Iterable[Diagnostic]:
    """How near the Secret that Helm keeps a release in is to what a Secret holds, where it is near."""
    from chartgen.chart import release_size

    size = release_size.secret_bytes(chart, within=release_size.MOST * _NEAR // 100)
    share = round(100 * size / release_size.MOST)
    if share < _NEAR:
        return
    place, text = max(values.texts(merged.sources), key=lambda each: len(each[1]), default=((), ""))
    adopted = chart.done is not None and chart.done.adoption is not None and len(text) < _LARGE
    if adopted:
        place = ()
    yield Diagnostic(
        "release-too-large",
        f"Helm would keep this release in a Secret of {size} bytes, {share} % of what a Secret holds",
        "harmful" if share > 100 else "unwise",
        place,
        values.value_spans_of(place, merged.sources),
        expected=f"at most {release_size.MOST} bytes",
        hint="what is adopted is in it twice; build without the baseline, and let pods restart"
        if adopted
        else "keep long text in a ConfigMap or Secret of your own, and mount it",
    )


def check(given: Read, options: Options, memory: Memory | None = None) -> Checked:
    """Merges what was read over the defaults and finds what is wrong with it: names, shapes, contradictions.

    A value that is wrong is set aside, and the rules that read it wait. They all do where nobody can tell which values
    could not be read, or where the values are none of this chart's.
    """
    memo, inner = (memory.sections, memory.opened) if memory is not None else (NOTHING, NOTHING)
    merged = values.merge(given.sources, schema.defaults(), memo)
    for kept in dict.fromkeys((memo, inner)):
        kept.only(frozenset((*schema.defaults(), *merged.user)))
    sources = merged.sources
    findings = [
        *kube_version.findings(options.kube_version),
        *_late(options.late),
        *given.findings,
        *(warning for source in sources for warning in source.warnings),
    ]
    steering = steered(options.steering, sources)
    shapes = validator.check(merged.effective, sources, memo)
    texts = embedded.opened(merged.user, merged.effective, sources, inner)
    # of values of another chart only that much is told
    others = any(finding.code == "values-of-another-chart" for finding in shapes)
    inside = embedded.check(texts, sources, inner) if texts is not None and not others else []
    findings += shapes + inside
    if not options.strict:
        merged = merged._replace(effective=_unquoted(merged.effective, findings))
    complete = schema.complete(merged.effective, memo)
    view = schema.view(complete, memo=memo)
    facts = settings(view)
    findings = [_stopping(finding, facts) for finding in findings]
    aside = _set_aside(
        filter(steering.counts, shapes), filter(steering.counts, inside), strict=options.strict
    )
    # what is not to be told is taken as it is, so far as it can be
    aside |= _set_aside((finding for finding in shapes if not steering.counts(finding)), (), strict=False)
    aside |= given.unread or set()
    trusted = schema.view(complete, aside, memo) if aside else view
    certain = settings(trusted) if aside else facts
    reads: Mapping[str, frozenset[Path]] = {}
    if (not given.findings or given.unread is not None) and not any(
        finding.code in foreign.CODES for finding in shapes
    ):
        judged = rules.check(
            trusted,
            certain,
            [*sources, *(texts.sources if texts is not None else ())],
            memory.rules if memory is not None else None,
            memory.traces if memory is not None else None,
        )
        reads = judged.reads
        findings = [*_told_once(findings, judged.findings), *_waiting(judged.waiting)]
        findings += spelling.check(merged.user, sources, memo)
        whole = schema.complete(texts.effective, inner) if texts is not None else complete
        target = kube_version.parsed(options.kube_version)
        traces = memory.traces if memory is not None else None
        findings += [*_parts(merged, texts, whole, certain, aside, findings, target, inner, traces)]
    findings = removed.gathered(findings, sources)
    counting = [finding for finding in findings if steering.counts(finding)]
    told = in_mode([*counting, *filter(steering.counts, steering.idle(findings))], strict=options.strict)
    checked = Checked(merged, view, facts, told, reads, steering)
    return checked if options.alterations is None else _altered(checked, options.alterations)


def _altered(checked: Checked, alterations: Alterations) -> Checked:
    """What was checked, with the values that images with other names come to. What rules say is of the user's own names; but
    an image that gets a digest is no longer one that moves."""
    checked = checked._replace(alterations=alterations)
    if alterations.images is None or any_error(checked.diagnostics):
        return checked
    from chartgen.alter import images
    from chartgen.kubernetes.image_name import reference

    merged = checked.merged
    added = images.in_values(merged.effective, alterations.images)
    effective = merged.effective
    for path, text in (edit for each in added for edit in each.edits):
        effective = tree.replaced(effective, path, text)
    sources = (*merged.sources, *added)
    view = schema.view(schema.complete(effective))

    def is_pinned(path: Path) -> bool:
        parts = reference(str(tree.at(effective, path)))
        return parts is not None and bool(parts.digest)

    return checked._replace(
        merged=Merged(sources, values.layer(sources), effective),
        view=view,
        settings=settings(view),
        diagnostics=tuple(
            finding
            for finding in checked.diagnostics
            if finding.code != "image-without-version" or not is_pinned(finding.path)
        ),
        old_names=images.old_names(merged.effective, effective),
    )


def _parts(
    merged: Merged,
    texts: embedded.Opened | None,
    complete: Mapping[str, Any],
    facts: Settings,
    aside: Collection[Path],
    told: Iterable[Diagnostic],
    target: tuple[int, int] | None,
    memo: Memo,
    traces: Traces | None,
) -> Iterable[Diagnostic]:
    """What Kubernetes refuses of the parts of objects in the values, but for what is told already."""
    from chartgen.rules import parts

    user: Mapping[str, Any] = merged.user
    sources = [*merged.sources]
    if texts is not None:
        user, sources = texts.values, [*sources, *texts.sources]
    known = {finding.path for finding in told}
    for finding in parts.check(complete, user, facts, sources, aside, target, memo, traces):
        # a rule may point at the entry of which a part is wrong
        if not known & {finding.path, finding.path[:-1]}:
            yield finding


def _set_aside(shapes: Iterable[Diagnostic], inside: Iterable[Diagnostic], *, strict: bool) -> set[Path]:
    """The paths of the values that nobody should trust: those of another form than theirs, and in strict mode all that
    are wrong, with those that were surely meant where a key is unknown or gone."""
    if not strict:
        return {
            finding.path for finding in shapes if finding.weight == "refused" or finding.code in _MISSHAPEN
        }
    # what stands inside text is read by rules with care, as text may hold anything
    wrong = [*single(shapes), *(finding for finding in inside if finding.code in _MISSHAPEN)]
    # what asked for nothing was meant to change nothing
    wrong = [finding for finding in wrong if finding.weight != "unwise"]
    # nobody reads a key that does not exist, but for those who tell what became of it
    return {
        finding.meant or finding.path
        for finding in wrong
        if finding.meant or finding.code not in validator.ABOUT_KEYS
    }


def _stopping(finding: Diagnostic, facts: Settings) -> Diagnostic:
    """Text that is no YAML, and that Helm was to put into a manifest, is refused whatever the mode."""
    if finding.code != "yaml-syntax" or not finding.path:
        return finding
    stops = templated.place(finding.path) in templated.paths() and templated.is_read(finding.path, facts)
    return finding._replace(weight="refused") if stops else finding


def _told_once(findings: Sequence[Diagnostic], clashes: Sequence[Diagnostic]) -> Iterable[Diagnostic]:
    """All findings, each mistake once and in the words of the schema.

    A key that the official chart refuses by name, too, has the rule's code and weight. What a rule expects of one value
    (and no other rule says what it expects) is what the schema expects of it: the rule lends its weight.
    """
    about_one = {finding.path: finding for finding in clashes if finding.expected}
    twice = {finding.path for finding in findings if finding.code in _ODD and finding.path in about_one}
    findings = [
        finding._replace(weight=about_one[finding.path].weight)
        if finding.code in _ODD and finding.path in twice
        else finding
        for finding in findings
    ]
    clashes = [finding for finding in clashes if not (finding.expected and finding.path in twice)]
    refused = {finding.path: finding for finding in clashes if finding.code.startswith("removed-")}
    told = set()
    for finding in findings:
        above = next((path for path in refused if finding.path[: len(path)] == path), None)
        if above is None or finding.code not in validator.ABOUT_KEYS:
            yield finding
        elif above not in told:
            told.add(above)
            yield finding._replace(code=refused[above].code, weight=refused[above].weight)
        else:
            yield finding
    yield from (finding for finding in clashes if finding.path not in told)


def _waiting(waiting: Mapping[Path, Sequence[str]]) -> Iterable[Diagnostic]:
    """In one line, which rules did not run and why."""
    if not waiting:
        return
    parts = []
    for path, codes in waiting.items():
        more = f" and {len(codes) - _NAMED} more" if len(codes) > _NAMED else ""
        parts.append(f"{dotted(path)} ({', '.join(codes[:_NAMED])}{more})")
    count = sum(map(len, waiting.values()))
    which = "one rule waits" if count == 1 else f"{count} rules wait"
    yield Diagnostic("rules-wait", f"{which} until this is right: {', '.join(parts)}", weight="told")


def _late(paths: Sequence[str]) -> Iterable[Diagnostic]:
    if paths:
        yield late_not_built(", ".join(paths))


def late_not_built(found: str) -> Diagnostic:
    """The finding that values are to be left open which are not."""
    return Diagnostic(
        "late-not-built",
        "values cannot be left open for install time yet",
        found=found,
        hint="compile one chart for each value; release name and namespace are always open",
    )


def _unquoted(effective: dict[str, Any], findings: Iterable[Diagnostic]) -> dict[str, Any]:
    """`effective` with numbers and lists in place of those in quotes: no program could read them as text."""
    for mend in (finding.mend for finding in findings if finding.mend):
        if mend.action == "replace" and type(mend.to) in (int, list):
            effective = tree.replaced(effective, mend.path, mend.to)
    return effective


def _stumbled(failed: Exception, checked: Checked) -> list[Diagnostic]:
    """What to say when templates or checks trip over values: what they trip over is, in lenient mode, a value of another
    form. Nothing where it is our own fault."""
    # of values of another chart only that much is told
    culprits = (*_MISSHAPEN, *foreign.CODES)
    misshapen = [
        finding._replace(weight="refused") for finding in checked.diagnostics if finding.code in culprits
    ]
    told = failed.diagnostics if isinstance(failed, Rejected) else ()
    if not misshapen and not told:
        return []
    placed = [
        _at_value(finding, checked.merged.sources)
        for finding in told
        if finding.code != "template-error" or not misshapen
    ]
    return [*(misshapen or checked.diagnostics), *placed]


def _at_value(finding: Diagnostic, sources: Sequence[Source]) -> Diagnostic:
    """A finding of a template about a value, at the place where the user wrote the value."""
    from chartgen.render import scalar

    if finding.code != "unwritable-value":
        return finding
    written = [
        (len(text), path)
        for path, text in values.texts(sources)
        if text in finding.found and (text == finding.found or not scalar.is_shellable(text))
    ]
    path = finding.path or max(written, default=(0, ()), key=lambda each: each[0])[1]
    spans = values.value_spans_of(path, sources)
    found = scalar.json_text(finding.found) if not finding.path else finding.found
    return finding._replace(path=path, found=found, spans=spans or finding.spans)
