"""SARIF 2.1.0 as GitHub code scanning wants it: one run, every enabled rule, one result for each finding.

The only module that imports sarif_om. That package has no serialiser; `_plain` is one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import attr
import sarif_om as om

from meshlint.finding import (
    Confidence,
    Finding,
    FixInfo,
    Related,
    Report,
    ResourceId,
    RuleInfo,
    Severity,
    Span,
    Suppression,
    Tier,
)
from meshlint.report import RenderOptions
from meshlint.report.json_text import dumps
from meshlint.report.line_hashes import line_hashes
from meshlint.report.printable import printable
from meshlint.report.sarif_text import linked, pascal, sentence
from meshlint.report.uri import Uris

MAX_RESULTS = 25_000
"""What GitHub accepts in one run."""

_HOME = "https://github.com/meshlint/meshlint"
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "%SRCROOT%"
_MAX_TAGS = 10
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
_PRECISIONS = {Confidence.HIGH: "very-high", Confidence.MEDIUM: "high", Confidence.LOW: "medium"}


def render(report: Report, options: RenderOptions) -> str:
    """The whole report as a SARIF log. Suppressed results appear only with `show_suppressed`, since
    GitHub opens alerts for them; then every result says whether it is suppressed.
    """
    log = om.SarifLog(runs=[_Run(report, options).build()], version="2.1.0", schema_uri=_SCHEMA)
    fields = _plain(log)
    assert isinstance(fields, dict)
    return dumps({name: fields[name] for name in ("$schema", "version", "runs")})


class _Run:
    """Builds one run from the report and what its results share: rule numbers, URIs and line hashes."""

    def __init__(self, report: Report, options: RenderOptions) -> None:
        self._report = report
        self._options = options
        self._uris = Uris(report.absolute, options.root)
        self._rule_index = {rule.name: index for index, rule in enumerate(report.rules)}
        candidates = report.findings if options.show_suppressed else report.active
        self._findings = _most_severe(candidates, MAX_RESULTS)
        self._left_out = len(candidates) - len(self._findings)
        self._hashes = self._line_hashes()

    def build(self) -> om.Run:
        report = self._report
        driver = om.ToolComponent(
            name="meshlint",
            version=report.version,
            semantic_version=report.version,
            information_uri=_HOME,
            rules=[_rule(rule) for rule in report.rules],
        )
        return om.Run(
            tool=om.Tool(driver=driver),
            automation_details=om.RunAutomationDetails(id="meshlint/"),
            column_kind="unicodeCodePoints",
            invocations=[
                om.Invocation(
                    execution_successful=not report.crashes,
                    tool_execution_notifications=[*self._notifications()] or None,
                )
            ],
            original_uri_base_ids={
                _ROOT: om.ArtifactLocation(description=om.Message(text="The root of the sources."))
            },
            results=[self._result(finding) for finding in self._findings],
        )

    def _line_hashes(self) -> dict[str, dict[int, str]]:
        lines: defaultdict[str, set[int]] = defaultdict(set)
        for finding in self._findings:
            lines[finding.path].add(finding.span.start.line)
        texts = self._report.texts
        return {path: line_hashes(texts[path], wanted) for path, wanted in lines.items() if path in texts}

    def _result(self, finding: Finding) -> om.Result:
        related = finding.related
        return om.Result(
            message=om.Message(text=linked(finding.message, [note.message for note in related])),
            rule_id=finding.rule,
            rule_index=self._rule_index.get(finding.rule, -1),
            level=_LEVELS[finding.severity],
            locations=[self._location(finding.path, finding.span, finding.resource)],
            related_locations=[self._related(n, note) for n, note in enumerate(related, 1)] or None,
            partial_fingerprints=self._fingerprints(finding),
            fixes=None if finding.fix is None else [self._fix(finding.fix)],
            suppressions=self._suppressions(finding.suppression),
        )

    def _fingerprints(self, finding: Finding) -> dict[str, str] | None:
        line = self._hashes.get(finding.path, {}).get(finding.span.start.line)
        both = {"primaryLocationLineHash": line, "meshlint/v1": finding.fingerprint}
        return {name: value for name, value in both.items() if value} or None

    def _suppressions(self, suppression: Suppression | None) -> list[om.Suppression] | None:
        if not self._options.show_suppressed:
            return None
        if suppression is None:
            return []
        place = None
        if suppression.path is not None and suppression.span is not None:
            place = self._location(suppression.path, suppression.span)
        reason = printable(suppression.reason) or None
        return [om.Suppression(kind=suppression.kind, justification=reason, location=place)]

    def _related(self, number: int, note: Related) -> om.Location:
        location = self._location(note.path, note.span, note.resource)
        location.id = number
        location.message = om.Message(text=sentence(note.message))
        return location

    def _location(self, path: str, span: Span, resource: ResourceId | None = None) -> om.Location:
        place = om.PhysicalLocation(artifact_location=self._artifact(path), region=_region(span))
        names = None
        if resource is not None:
            name = printable(str(resource))
            names = [om.LogicalLocation(fully_qualified_name=name, kind="resource")]
        return om.Location(physical_location=place, logical_locations=names)

    def _artifact(self, path: str) -> om.ArtifactLocation:
        uri = self._uris(path)
        inside = not uri.startswith(("file:", "../"))
        return om.ArtifactLocation(uri=uri, uri_base_id=_ROOT if inside else None)

    def _fix(self, fix: FixInfo) -> om.Fix:
        edits: defaultdict[str, list[om.Replacement]] = defaultdict(list)
        for edit in fix.edits:
            content = om.ArtifactContent(text=edit.text) if edit.text else None
            edits[edit.path].append(
                om.Replacement(deleted_region=_region(edit.span), inserted_content=content)
            )
        return om.Fix(
            description=om.Message(text=sentence(fix.title)),
            artifact_changes=[
                om.ArtifactChange(artifact_location=self._artifact(path), replacements=replacements)
                for path, replacements in edits.items()
            ],
            properties={"safe": fix.safe},
        )

    def _notifications(self) -> Iterator[om.Notification]:
        report = self._report
        for crash in report.crashes:
            text = "\n".join(map(printable, crash.split("\n")))
            yield om.Notification(level="error", message=om.Message(text=text))
        if not report.counts.objects:
            where = ", ".join(map(printable, self._options.paths)) or "the input"
            yield _warning(f"No Kubernetes object found in {where}")
        for skipped in report.skipped:
            if skipped.kind == "unreadable":
                yield _warning(f"'{skipped.path}' was not read: {skipped.reason}")
        if self._left_out:
            yield _warning(f"{self._left_out} findings beyond {MAX_RESULTS} are left out, the mildest first")


def _warning(text: str) -> om.Notification:
    return om.Notification(level="warning", message=om.Message(text=sentence(text)))


def _most_severe(findings: tuple[Finding, ...], limit: int) -> tuple[Finding, ...]:
    """At most `limit` findings in their own order; the mildest are left out first."""
    if len(findings) <= limit:
        return findings
    kept = sorted(range(len(findings)), key=lambda at: -findings[at].severity.rank)[:limit]
    return tuple(findings[at] for at in sorted(kept))


def _rule(rule: RuleInfo) -> om.ReportingDescriptor:
    summary = sentence(rule.summary)
    text = sentence(f"{summary} More at {rule.url}") if rule.url else summary
    return om.ReportingDescriptor(
        id=rule.name,
        name=pascal(rule.name),
        short_description=om.MultiformatMessageString(text=summary),
        full_description=om.MultiformatMessageString(text=summary),
        help=om.MultiformatMessageString(text=text, markdown=rule.page() or summary),
        help_uri=rule.url or None,
        default_configuration=om.ReportingConfiguration(level=_LEVELS[rule.severity]),
        properties=_rule_properties(rule),
    )


def _rule_properties(rule: RuleInfo) -> dict[str, object]:
    tags = ["istio", rule.family]
    if rule.security is not None:
        tags.append("security")
    if rule.tier is Tier.PEDANTIC:
        tags.append("pedantic")
    properties: dict[str, object] = {
        "precision": _PRECISIONS[rule.confidence],
        "problem.severity": _PROBLEMS[rule.severity],
        "tags": [*dict.fromkeys([*tags, *rule.like])][:_MAX_TAGS],
    }
    if rule.security is not None:
        properties["security-severity"] = f"{rule.security:.1f}"
    return properties


def _region(span: Span) -> om.Region:
    start, end = span
    return om.Region(
        start_line=start.line, start_column=start.column, end_line=end.line, end_column=end.column
    )


def _plain(value: object) -> object:
    """A sarif_om object as JSON values: fields in the order of their class, defaults left out. `level`
    is always written, because its default differs from object to object.
    """
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    kind = type(value)
    if not attr.has(kind):
        return value
    fields: dict[str, object] = {}
    for field in attr.fields(kind):
        name = field.metadata["schema_property_name"]
        item = getattr(value, field.name)
        factory = getattr(field.default, "factory", None)
        default = factory() if factory else field.default
        if name == "level" or (item is not None and item != default):
            fields[name] = _plain(item)
    return fields
