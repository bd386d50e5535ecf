"""The JSON report: a format of its own with a version, described by `schemas/report.schema.json`."""

from __future__ import annotations

from meshlint.finding import Finding, FixInfo, Related, Report, ResourceId, Severity, Span, Suppression
from meshlint.report import RenderOptions
from meshlint.report.json_text import dumps
from meshlint.report.summary import skip_counts

VERSION = 1

Json = dict[str, object]


def render(report: Report, _: RenderOptions) -> str:
    """The whole report as one JSON object; suppressed findings are always listed."""
    value: Json = {
        "version": VERSION,
        "tool": {"name": "meshlint", "version": report.version},
        "istio_version": report.istio_version,
        "summary": _summary(report),
        "skipped": [{"path": s.path, "reason": s.reason or s.kind} for s in report.skipped],
        "findings": [_finding(finding) for finding in report.findings],
    }
    if report.crashes:
        value["crashes"] = list(report.crashes)
    return dumps(value)


def _summary(report: Report) -> Json:
    counts = report.counts
    return {
        "files": counts.files,
        "documents": counts.documents,
        "objects": counts.objects,
        **{s.value: report.count(s) for s in (Severity.ERROR, Severity.WARNING, Severity.INFO)},
        "suppressed": len(report.findings) - len(report.active),
        "skipped": skip_counts(report),
    }


def _finding(finding: Finding) -> Json:
    value: Json = {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "path": finding.path,
        **_ends(finding.span),
        "resource": _resource(finding.resource),
        "related": [_related(note) for note in finding.related],
    }
    if finding.fix is not None:
        value["fix"] = _fix(finding.fix)
    value["fingerprint"] = finding.fingerprint
    if finding.suppression is not None:
        value["suppression"] = _suppression(finding.suppression)
    return value


def _related(note: Related) -> Json:
    return {
        "message": note.message,
        "path": note.path,
        **_ends(note.span),
        "resource": _resource(note.resource),
    }


def _fix(fix: FixInfo) -> Json:
    edits = [{"path": edit.path, **_ends(edit.span), "text": edit.text} for edit in fix.edits]
    return {"title": fix.title, "safe": fix.safe, "edits": edits}


def _suppression(suppression: Suppression) -> Json:
    value: Json = {"kind": suppression.kind, "reason": suppression.reason}
    if suppression.path is not None:
        value["path"] = suppression.path
    if suppression.span is not None:
        value.update(_ends(suppression.span))
    return value


def _ends(span: Span) -> Json:
    start, end = span
    return {
        "start": {"line": start.line, "column": start.column},
        "end": {"line": end.line, "column": end.column},
    }


def _resource(resource: ResourceId | None) -> Json | None:
    if resource is None:
        return None
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "namespace": resource.namespace,
        "name": resource.name,
    }
