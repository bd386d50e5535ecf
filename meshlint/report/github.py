"""GitHub workflow commands: one annotation for each finding, then the closing lines for the log.

GitHub shows an annotation at one place, so the other places of a finding follow its message.
"""

from __future__ import annotations

from meshlint.finding import Finding, Report, Severity, Span
from meshlint.report import RenderOptions
from meshlint.report.printable import printable, without_runner_commands
from meshlint.report.summary import inventory, named_skips, verdict

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report, options: RenderOptions) -> str:
    """The whole report as workflow commands and plain lines."""
    shown = report.findings if options.show_suppressed else report.active
    lines = [_annotation(finding) for finding in shown]
    lines += [f"::error title=internal error::{_data(_multiline(crash))}" for crash in report.crashes]
    plain = "\n".join([inventory(report), *named_skips(report), *verdict(report, options.paths)[1]])
    return "\n".join([*lines, without_runner_commands(plain)]) + "\n"


def _annotation(finding: Finding) -> str:
    suppression = finding.suppression
    command = _COMMANDS[finding.severity] if suppression is None else "notice"
    where = {"file": finding.path, **_region(finding.span), "title": finding.rule}
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in where.items())
    message = [printable(finding.message)]
    message += [
        f"{printable(note.path)}:{note.span.start.line}:{note.span.start.column}: {printable(note.message)}"
        for note in finding.related
    ]
    if suppression is not None:
        message.append(f"suppressed: {printable(suppression.reason) or 'no reason given'}")
    return f"::{command} {properties}::{_data(chr(10).join(message))}"


def _region(span: Span) -> dict[str, int]:
    """GitHub's lines and columns; its ends are inclusive and it takes columns only within one line."""
    start, end = span
    last = end.line - 1 if end.column == 1 and end.line > start.line else end.line
    if last != start.line:
        return {"line": start.line, "endLine": last}
    lines = {"line": start.line, "endLine": last, "col": start.column}
    if end.line == start.line:
        lines["endColumn"] = max(start.column, end.column - 1)
    return lines


def _multiline(text: str) -> str:
    return "\n".join(printable(line) for line in text.rstrip().split("\n"))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
