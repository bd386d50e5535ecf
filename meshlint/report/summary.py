"""What a run read and what came of it, in sentences: the end of every format that people read."""

from __future__ import annotations

from collections import Counter

from meshlint.finding import Report, Severity
from meshlint.report.printable import printable

SKIP_KINDS: tuple[str, ...] = ("template", "excluded", "not_kubernetes", "unreadable")
_WORDS = {
    "template": ("template", "templates"),
    "excluded": ("excluded", "excluded"),
    "not_kubernetes": ("not Kubernetes", "not Kubernetes"),
    "unreadable": ("unreadable", "unreadable"),
}
_NAMED = 3


def plural(number: int, one: str, many: str = "") -> str:
    """`1 file`, `2 files`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def skip_counts(report: Report) -> dict[str, int]:
    """How many files were skipped, by kind."""
    counts = Counter(skipped.kind for skipped in report.skipped)
    return {kind: counts[kind] for kind in SKIP_KINDS}


def inventory(report: Report) -> str:
    """What was read and what was left out."""
    counts = report.counts
    line = f"Read {plural(counts.files, 'file')} with {plural(counts.objects, 'object')}"
    skips = [plural(n, *_WORDS[kind]) for kind, n in skip_counts(report).items() if n]
    return f"{line}; skipped: {', '.join(skips)}" if skips else line


def named_skips(report: Report) -> list[str]:
    """One line for each kind of skipped file that a user may have meant to lint, naming a few."""
    lines = []
    for kind in ("unreadable", "template"):
        skipped = [s for s in report.skipped if s.kind == kind]
        named = [_skip(s.path, s.reason if kind == "unreadable" else "") for s in skipped[:_NAMED]]
        if len(skipped) > _NAMED:
            named.append(f"{len(skipped) - _NAMED} more")
        if named:
            lines.append(f"  {kind}: {', '.join(named)}")
    return lines


def verdict(report: Report, paths: tuple[str, ...]) -> tuple[bool, list[str]]:
    """Whether all is well, and the sentences that say so; an empty or broken run is never well."""
    lines = []
    if report.crashes:
        errors = plural(len(report.crashes), "internal error")
        lines.append(f"{errors}: this report is incomplete")
    if not report.counts.objects:
        where = ", ".join(printable(path) for path in paths) or "the input"
        lines.append(f"No Kubernetes object found in {where}")
    good = not lines and not report.active
    suppressed = len(report.findings) - len(report.active)
    ending = f"; {suppressed} suppressed" if suppressed else ""
    if good:
        counts = report.counts
        read = f"{plural(counts.objects, 'object')} of {plural(counts.files, 'file')}"
        lines.append(f"No problems found in {read}{ending}")
    elif report.findings:
        counted = [plural(report.count(s), s.value) for s in sorted(Severity, key=_worst) if report.count(s)]
        lines.append((", ".join(counted) or "0 problems") + ending)
    return good, lines


def _worst(severity: Severity) -> int:
    return -severity.rank


def _skip(path: str, reason: str) -> str:
    return f"{printable(path)} ({printable(reason)})" if reason else printable(path)
