"""What users see of a run, and all that reporters see: findings, the rules behind them, what was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from meshlint.rule import Confidence, Severity, Tier
from meshlint.source.span import Span

__all__ = [
    "Confidence",
    "Counts",
    "Finding",
    "FixEdit",
    "FixInfo",
    "Related",
    "Report",
    "ResourceId",
    "RuleInfo",
    "Severity",
    "Skipped",
    "Span",
    "Suppression",
    "Tier",
]


@dataclass(frozen=True, slots=True)
class ResourceId:
    """A Kubernetes object by name; `namespace` is None for cluster-scoped kinds."""

    api_version: str
    kind: str
    namespace: str | None
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that matters to a finding."""

    message: str
    path: str
    span: Span
    resource: ResourceId | None = None


@dataclass(frozen=True, slots=True)
class FixEdit:
    """Replaces the text of a span of a file."""

    path: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class FixInfo:
    """A cure that can be applied: what it does, its edits, and whether it can change behaviour."""

    title: str
    edits: tuple[FixEdit, ...]
    safe: bool


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why a finding does not count: `kind` is SARIF's inSource or external."""

    kind: str
    reason: str
    path: str | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect as the user sees it. `fingerprint` survives moves and reformatting."""

    rule: str
    severity: Severity
    message: str
    path: str
    span: Span
    resource: ResourceId | None = None
    related: tuple[Related, ...] = ()
    fix: FixInfo | None = None
    fingerprint: str = ""
    suppression: Suppression | None = None

    @property
    def sort_key(self) -> tuple[str, int, str, str]:
        """The order of every report: path, start, rule, message."""
        return (self.path, self.span.start.offset, self.rule, self.message)


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """A rule as reporters see it; `page` loads the Markdown page when called."""

    name: str
    family: str
    summary: str
    severity: Severity
    tier: Tier
    confidence: Confidence
    security: float | None
    since: str
    needs: tuple[str, ...]
    like: tuple[str, ...]
    fixable: str | None
    url: str
    page: Callable[[], str] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file (or one document of it) that was not judged; `kind` is template, excluded, not_kubernetes
    or unreadable."""

    path: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What was read."""

    files: int = 0
    documents: int = 0
    objects: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """A finished run. `texts` holds the text of every file that a finding names, by path.

    `crashes` are internal errors (rule, resource, traceback); a report that has any is incomplete.
    """

    findings: tuple[Finding, ...]
    rules: tuple[RuleInfo, ...]
    counts: Counts
    skipped: tuple[Skipped, ...]
    istio_version: str | None
    texts: Mapping[str, str]
    version: str
    crashes: tuple[str, ...] = ()
    absolute: Mapping[str, str] = field(default_factory=dict)

    @property
    def active(self) -> tuple[Finding, ...]:
        """The findings that count: those not suppressed."""
        return tuple(f for f in self.findings if f.suppression is None)

    def count(self, severity: Severity) -> int:
        """How many findings of a severity count."""
        return sum(1 for f in self.active if f.severity is severity)
