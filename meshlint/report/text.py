"""The format for people: each finding with its place, the source line and notes, then what was read and a verdict."""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.finding import Finding, Related, Report, Severity, Span
from meshlint.report import RenderOptions
from meshlint.report.printable import columns, printable, without_runner_commands, wrap
from meshlint.report.snippet import Sources, snippet
from meshlint.report.summary import inventory, named_skips, verdict

_COLORS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;36"}
_BOLD, _DIM, _RED, _GREEN = "1", "2", "1;31", "1;32"
_INDENT = "    "


def render(report: Report, options: RenderOptions) -> str:
    """The whole report as lines of text."""
    page = _Page(report, options)
    lines = [*page.findings(), *page.crashes(), *page.closing()]
    return without_runner_commands("\n".join(lines) + "\n")


class _Page:
    """What the parts of one page share: the report, its sources, and how to show them."""

    def __init__(self, report: Report, options: RenderOptions) -> None:
        self._report = report
        self._options = options
        self._width = max(options.width, 20)
        self._sources = Sources(report.texts)

    def findings(self) -> Iterator[str]:
        for finding in self._report.findings:
            if finding.suppression is None or self._options.show_suppressed:
                yield from self._finding(finding)
                yield ""

    def crashes(self) -> Iterator[str]:
        for crash in self._report.crashes:
            head, *rest = crash.rstrip().split("\n")
            yield self._paint("internal error:", _RED) + f" {printable(head)}"
            yield from (_INDENT + printable(line.expandtabs(4)) for line in rest)
            yield ""

    def closing(self) -> Iterator[str]:
        report, width = self._report, self._width
        yield from wrap(inventory(report), width)
        for line in named_skips(report):
            yield from (self._paint(part, _DIM) for part in wrap(line, width, indent=_INDENT))
        good, lines = verdict(report, self._options.paths)
        for line in lines:
            yield from (self._paint(part, _GREEN if good else _BOLD) for part in wrap(line, width))
        example = next((f.rule for f in report.active), None)
        if example is not None:
            hint = f"More about a rule: meshlint explain {printable(example)}"
            yield from (self._paint(part, _DIM) for part in wrap(hint, width))

    def _finding(self, finding: Finding) -> Iterator[str]:
        color = _COLORS[finding.severity] if finding.suppression is None else _DIM
        place = _place(finding.path, finding.span)
        label = f"{finding.severity.value}[{printable(finding.rule)}]"
        yield from self._wrapped(
            f"{place}: {label} ",
            f"{self._paint(place, _BOLD)}: {self._paint(label, color)} ",
            printable(finding.message),
        )
        yield from self._snippet(finding.path, finding.span, color)
        for note in finding.related:
            yield from self._note(note)
        if finding.fix is not None:
            kind = "fix" if finding.fix.safe else "unsafe fix"
            yield from self._labelled(kind, printable(finding.fix.title))
        if finding.suppression is not None:
            yield from self._labelled("suppressed", _reason(finding))

    def _note(self, note: Related) -> Iterator[str]:
        yield from self._labelled("note", f"{_place(note.path, note.span)}: {printable(note.message)}")
        yield from self._snippet(note.path, note.span, _COLORS[Severity.INFO])

    def _labelled(self, label: str, text: str) -> Iterator[str]:
        lead = f"  {label}: "
        yield from self._wrapped(lead, self._paint(lead.rstrip(), _BOLD) + " ", text)

    def _wrapped(self, plain: str, painted: str, text: str) -> Iterator[str]:
        """`text` wrapped after a lead, which is given once to measure and once to show."""
        first, *rest = wrap(text, self._width, first=columns(plain), indent=_INDENT)
        yield (painted + first).rstrip()
        yield from rest

    def _snippet(self, path: str, span: Span, color: str) -> Iterator[str]:
        for row in snippet(self._sources.lines(path), span, self._width):
            text = self._paint(row.text, color) if row.is_marks else row.text
            yield self._paint(row.gutter, _DIM) + text

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._options.color and text else text


def _place(path: str, span: Span) -> str:
    return f"{printable(path)}:{span.start.line}:{span.start.column}"


def _reason(finding: Finding) -> str:
    suppression = finding.suppression
    assert suppression is not None
    reason = printable(suppression.reason) or "no reason given"
    if suppression.path is None or suppression.span is None:
        return reason
    return f"{reason} ({_place(suppression.path, suppression.span)})"
