"""What each code of a diagnostic means: a rule's reason, or for all others a sentence or two of `OTHERS`."""

from __future__ import annotations

from chartgen.diagnostics import Diagnostic, Severity, Weight

OTHERS = {
    # reading
    "alias-bomb": "Aliases in the file expand to more values than any chart has. Write the values out.",
    "bad-key": "A key is text, a whole number or a boolean. Helm refuses this one, or would spell it otherwise: quote it.",
    "bad-kube-version": "A Kubernetes version is written as 1.30 or v1.30.4.",
    "bad-merge": "A merge key (`<<`) takes a map, or a list of maps.",
    "bad-number": "JSON, into which Helm turns values, has no infinity and no not-a-number.",
    "bad-set-syntax": "A flag of the --set family is not written as Helm reads it. Helm would drop or garble it.",
    "bad-tag": "A YAML tag (such as `!!int`) does not fit what it stands before, or is one that Helm ignores.",
    "byte-order-mark": "A byte order mark stands inside the file, where it would become part of a key. Remove it.",
    "digits-lost": "Helm reads numbers as 64-bit floats: beyond 2^53 digits are lost. Write it as text.",
    "duplicate-key": "A key is there twice in one map. Helm takes the last; one of the two is surely a mistake.",
    "file-not-found": "There is no file at this path, which is relative to the current folder.",
    "file-too-large": "The file is far larger than any values: another file was surely meant.",
    "is-a-directory": "A values file is needed, and the path is that of a folder.",
    "key-read-as-boolean": "YAML 1.1, which Helm reads, takes y, yes, on and the like as true, keys included. Quote it.",
    "late-not-built": "Only the release's name, its namespace, and install or upgrade are left for Helm to fill in.",
    "merge-after-key": "A merge key after a key that it also brings overrides it in Helm. Put the merge first.",
    "nesting-too-deep": "The values nest deeper than a chart's ever do.",
    "noncharacter": "The text holds a Unicode noncharacter, which no text may interchange.",
    "not-a-mapping": "A values file is a map with keys such as `server:` at its top.",
    "not-utf-8": "The file is not encoded as UTF-8, the only encoding that Helm reads right.",
    "several-documents": "A values file is one YAML document; versions of Helm differ in what they make of a second.",
    "stdin-twice": "`-f -` reads standard input, which is empty when it is read again.",
    "too-many-values": "The file holds far more values than any chart has: another file was surely meant.",
    "unknown-anchor": "An alias (`*name`) needs its anchor (`&name`) before it in the same file.",
    "unreadable-file": "The system refuses to read the file.",
    "unrendered-template": "The file holds statements or expressions of a template engine (helmfile, Jinja, gomplate) "
    "outside of quotes. Values are what that tool makes of it.",
    "yaml-syntax": "The file is not YAML from this place on.",
    "yaml-version": "Helm reads YAML 1.1, with some of 1.2, and refuses a %YAML line that says otherwise.",
    "rules-wait": "Rules that read a value which is wrong wait until it is right: what they would say rests on it. Mend it "
    "and check again.",
    # sides of a comparison
    "archive-differs": "The SHA-256 of a chart's archive is not the one that stands in index.yaml: one of the two was changed.",
    "archive-missing": "A chart that stands in index.yaml has no archive beside it.",
    "needs-helm-engine": "What a chart that chartgen did not compile comes to only Helm's engine can tell, and it is what pushes "
    "charts. `pip install 'chartgen[helm]'` brings it along.",
    "bad-epoch": "SOURCE_DATE_EPOCH, where it is set, is the time that index.yaml names: seconds since 1970.",
    "bad-index": "`index.yaml` of the folder that charts are built into says what is published there. It is read before "
    "anything is written, and this one is no index.",
    "bad-registry": "Charts are pushed to a place in an OCI registry: `oci://`, a host, and a name in small letters.",
    "bad-version": "A chart's version is semantic: three numbers, then perhaps a pre-release after a hyphen.",
    "cannot-be-rebuilt": "`chartgen verify` makes a chart again of the values in it, and these are rejected: somebody has "
    "changed them.",
    "cannot-be-signed": "Helm signs an archive with a secret key from a file of keys; it finds none of that name, or cannot "
    "open it.",
    "chart-differs": "A file of the chart is not what the chart's values make. Somebody has changed it, or the values beside it.",
    "made-by-another": "Another version of chartgen may make another chart of the same values. Only the one that made a chart "
    "can prove it.",
    "not-compiled": "The chart does not say which chartgen made it, and of what. Only charts that chartgen compiled can be "
    "made again.",
    "other-worker": "What makes charts on a worker is not what makes them here, so its charts could be others: chartgen, its "
    "templates and schema, Python and the libraries have to be the same.",
    "worker-failed": "A scheduler gave the work to one worker after the other, and none came back with an answer.",
    "previous-missing": "The next version is found by comparing with the newest that is published, and its archive is not in "
    "the folder.",
    "not-built": "`chartgen push` without a chart pushes those of `chartgen.yaml` as they were built last, and this one is not in "
    "its folder.",
    "registry-denied": "The registry knows who is logged in, or takes anybody to read, and does not let them push to this place.",
    "registry-login": "The registry wants to know who pushes. Logins are read from Helm's file (`helm registry login`) and from "
    "Docker's (`docker login`).",
    "registry-refuses": "The registry answers, and does not take the chart. What it says stands beside it.",
    "registry-unreachable": "Nothing at this address answers as a registry does: the name, the port, the network, or TLS.",
    "signature-missing": "The chart says by which key it is signed (`chartgen build --sign-key`), which Artifact Hub shows. Pushed "
    "without a signature, it would promise what nobody can verify.",
    "signature-of-another": "The .prov file goes along when an archive is pushed. This one is about another archive, or made with "
    "another key than the chart says, and whoever verifies the chart would be told so.",
    "version-published": "A version that is published is never overwritten with other content: whoever installed it has "
    "something else under the same name.",
    # other names for images
    "bad-digests": "A file of digests holds images with a tag, and the digest of each: `hashicorp/consul:2.0.3: sha256:…`.",
    "digest-contradicts": "The image names a digest, and the file of digests has another one for it.",
    "digest-missing": "The file of digests has none of an image that the chart runs, which keeps its name.",
    "image-not-renamed": "The name of an image is put together when the chart is installed, so that it can get no other one here.",
    "mirror-clash": "A mirror has images by their repositories, without the registries that they are from. Two that differ in "
    "nothing else would be one there.",
    # patches
    "bad-patch": "A file of patches has a list at `patches`: each with the kind and name of an object, and a `merge` or `json`.",
    "patch-changes-nothing": "What a patch asks for is there already. It says something that is not so: remove it.",
    "patch-fails": "A patch does not fit its object: a place that is not there, a test that fails, an item without its key.",
    "patch-renames": "A patch changes an object, and does not make another one of it: kind, name and namespace stay.",
    "patch-without-object": "The chart has no such object with these values: it is switched off, or called otherwise.",
    "no-chart": "A chart's folder or archive is needed, with a Chart.yaml in it.",
    "no-object": "Manifests are Kubernetes objects, each with a kind and a name.",
    "no-baseline": "A baseline says how objects run: manifests, a chart, or the file that a build keeps beside the values.",
    "baseline-without-release": "A chart spells objects as they run in one release, so its name and namespace have to be known.",
    # what is asked of findings
    "bad-ignore": "A comment to chartgen that it does not understand. `# chartgen: ignore[code] reason` on a line, or on one of "
    "its own above, passes over a finding there; `ignore-file[code]` does for the whole file.",
    "ignore-unused": "A comment asks to ignore what is not found where it stands. What is mended needs no comment; what nobody "
    "takes cannot be ignored.",
    # the build file, chartgen.yaml
    "ambiguous-path": "A path in `chartgen.yaml` with several variables finds a file in which each could stand for more than one "
    "thing. A / between them leaves no doubt.",
    "bad-chart-name": "A chart's name is of lower-case letters, digits and hyphens; with variables in it, this holds for what they "
    "stand for.",
    "chart-stale": "`build --check` holds what is published against what the values make now. Somebody changed the values, or what "
    "is published, and did not build.",
    "chart-twice": "Two charts of `chartgen.yaml` would be published under the same name in the same folder.",
    "no-deciding-layer": "With variables in the paths of its values, a chart of `chartgen.yaml` is made of each file that a path "
    "with all of them finds; here no path has all.",
    "unknown-variable": "A text in `chartgen.yaml` has a variable that no path of the chart's values has.",
    "values-missing": "A chart of `chartgen.yaml` names a file of values that is not there, or a pattern that finds none.",
    # names and shapes
    "bad-enum": "The setting takes one of a few values, and this is none of them.",
    "bad-format": "The text is not written as what it stands for: an amount, a duration, an address, a name.",
    "bad-value": "The setting does not take this value.",
    "missing-key": "An entry lacks a key without which it means nothing.",
    "not-a-list": "The setting is a list; no program could read anything else there.",
    "out-of-range": "The number, or the length, is outside what the setting takes.",
    "removed-value": "Older charts had this setting; today's would ignore it. The hint says what to write instead, "
    "and `chartgen migrate` does what can be done without you.",
    "section-not-a-map": "A section of settings is a map; one value in its place takes all settings in it away.",
    "section-set-to-null": "null removes a whole section with all its defaults, which no chart can do without.",
    "too-many-findings": "There are more findings than are worth reading; most have one cause. Mend the first.",
    "unknown-key": "There is no such setting. The official chart ignores it in silence, most often a typo.",
    "object-as-values": "The file holds a Kubernetes object. Objects that install charts carry values inside: pass those.",
    "encrypted-values": "The file is encrypted. What is compiled has to be in the clear; pass it through a pipe, so that "
    "nothing is left on the disk.",
    "equals-default": "The value is what it would be without this line; `chartgen tidy` drops it.",
    "default-changed": "The values are of a release whose default for this setting was another. Set it, to one or the other, "
    "so that the move does not change it unseen.",
    "values-of-a-parent-chart": "These values are for a chart that has Consul's as a dependency. Pass what stands below "
    "the dependency's name.",
    "values-of-another-chart": "These are values for another chart that also installs Consul; its settings differ.",
    "wrong-type": "The value is of another type than the setting: text for a number, a list for a map.",
    # objects
    "refused-by-kubernetes": "A cluster's API server would not take the object that this makes: the installation would stop "
    "there, half done.",
    "name-too-long": "Names of Services and Jobs, and the values of labels, have at most 63 characters, those of StatefulSets "
    "52, as their pods' labels hold more. What the chart appends counts.",
    "release-too-large": "Helm keeps chart, values and manifest of a release in one Secret, which holds 1 MiB. The charts of "
    "the examples take a sixth of it.",
    "text-respelt": "YAML reads a number or a switch here, and text is made of it: 1.10 becomes 1.1, 0123 becomes 83 and yes "
    "true. Quote it, so that it arrives as it is spelt.",
    "dangling-reference": "An object refers to another that neither the chart makes nor a job of its.",
    "invalid-object": "An object is not what the cluster's Kubernetes version takes.",
    "kubernetes-schemas-missing": "Objects are checked with `pip install chartgen[kubernetes]` only.",
    "kubernetes-unknown": "The version of Kubernetes is newer than all that are known here, or there is none of this number.",
    "kubernetes-too-old": "Consul's objects use APIs that this version of Kubernetes does not have.",
    "object-twice": "Two objects of the chart have the same kind and name; the second would overwrite the first.",
    "selector-mismatch": "A selector matches none of the chart's pods.",
    "helm-refuses": "Helm's engine refuses to render this chart with these values; its words say why.",
    "needs-helm": "What a template in the values yields depends on what only Helm knows, so no manifest can be printed.",
    "template-error": "A template of chartgen cannot use this value. That is a gap of ours: please report it.",
    "unknown-field": "The object has no such field with these values.",
    "unknown-object": "The chart has no such object with these values: it may be switched off, or be called otherwise.",
    "unwritable-value": "The value cannot stand where it goes, such as a line break in an argument of a command.",
}  # fmt: skip


# what findings without a rule usually weigh, where that is not "refused"
_HARMFUL = (
    "bad-enum", "bad-format", "bad-value", "missing-key", "out-of-range", "removed-value", "unknown-key",
    "object-as-values", "encrypted-values", "values-of-a-parent-chart", "values-of-another-chart", "wrong-type",
    "dangling-reference", "invalid-object", "object-twice", "selector-mismatch",
)  # fmt: skip
_UNWISE = (
    "key-read-as-boolean",
    "merge-after-key",
    "digits-lost",
    "default-changed",
    "bad-ignore",
    "ignore-unused",
    "equals-default",
    "digest-missing",
    "image-not-renamed",
)
_WEIGHTS: dict[str, Weight] = {
    **dict.fromkeys(_HARMFUL, "harmful"),
    **dict.fromkeys(_UNWISE, "unwise"),
    "rules-wait": "told",
}


def codes() -> list[str]:
    """The code of every finding that there is, in order."""
    from chartgen import rules

    return sorted({*OTHERS, *rules.by_slug()})


def is_rule(code: str) -> bool:
    """True for the code of a rule, which stands in the rules' reference."""
    from chartgen import rules

    return code in rules.by_slug()


def severity(code: str, *, strict: bool = True) -> Severity:
    """What a finding of this code usually is; a rule says it more mildly where it cannot be sure."""
    from chartgen import rules

    weight = rules.by_slug()[code][0] if is_rule(code) else _WEIGHTS.get(code, "refused")
    return Diagnostic(code, "", weight=weight, lenient=not strict).severity


def of(code: str) -> str:
    """What a diagnostic's code means, in a sentence or two."""
    from chartgen import rules

    if code in OTHERS:
        return OTHERS[code]
    if code in rules.by_slug():
        return " ".join((rules.by_slug()[code][1].__doc__ or "").split())
    return code.replace("-", " ")


def page(code: str) -> str:
    """The same at length, as Markdown: a rule's page with an example, or the meaning below the code."""
    from chartgen import paths, rules

    if code in rules.by_slug():
        return (paths.RULE_PAGES / f"{code}.md").read_text(encoding="utf-8")
    return f"# {code}\n\n{of(code)}\n"
