"""Builds reports by hand, so that what a reporter does is tested without a run."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from meshlint.finding import (
    Confidence,
    Counts,
    Finding,
    FixEdit,
    FixInfo,
    Related,
    Report,
    ResourceId,
    RuleInfo,
    Severity,
    Skipped,
    Span,
    Suppression,
    Tier,
)
from meshlint.source.span import LineTable

ROUTES = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
  namespace: prod
spec:
  hosts: [reviews]
  http:
    - route:
        - destination:
            host: reviews.stage
          weight: 90
        - destination:
            host: reviews
          weight: 20
"""
SERVICES = """\
apiVersion: v1
kind: Service
metadata:
  name: reviews
  namespace: prod
"""


@dataclass
class Builder:
    """Findings and reports over a few texts; a place is given by the words that stand there."""

    texts: dict[str, str] = field(
        default_factory=lambda: {"k8s/routes.yaml": ROUTES, "k8s/services.yaml": SERVICES}
    )

    def span(self, path: str, words: str) -> Span:
        start = self.texts[path].index(words)
        return LineTable(self.texts[path]).span(start, start + len(words))

    def related(self, message: str, path: str = "k8s/services.yaml", words: str = "name: reviews") -> Related:
        return Related(message, path, self.span(path, words), ResourceId("v1", "Service", "prod", "reviews"))

    def fix(self, words: str, text: str, *, path: str = "k8s/routes.yaml", safe: bool = True) -> FixInfo:
        return FixInfo(f"replace '{words}'", (FixEdit(path, self.span(path, words), text),), safe)

    def finding(
        self,
        words: str = "reviews.stage",
        message: str = "no Service or ServiceEntry declares host 'reviews.stage'",
        *,
        path: str = "k8s/routes.yaml",
        rule: str = "route-to-unknown-host",
        severity: Severity = Severity.ERROR,
        related: tuple[Related, ...] = (),
        fix: FixInfo | None = None,
        suppression: Suppression | None = None,
        resource: ResourceId | None = None,
    ) -> Finding:
        return Finding(
            rule=rule,
            severity=severity,
            message=message,
            path=path,
            span=self.span(path, words),
            resource=resource,
            related=related,
            fix=fix,
            fingerprint="0123456789abcdef",
            suppression=suppression,
        )

    def rule(
        self,
        name: str = "route-to-unknown-host",
        *,
        severity: Severity = Severity.ERROR,
        tier: Tier = Tier.DEFAULT,
        confidence: Confidence = Confidence.HIGH,
        security: float | None = None,
        like: tuple[str, ...] = ("IST0101", "KIA1101"),
        page: str = "# A page\n\nWhy it matters.\n",
    ) -> RuleInfo:
        return RuleInfo(
            name=name,
            family="hosts",
            summary="A route sends traffic to a host that nothing declares",
            severity=severity,
            tier=tier,
            confidence=confidence,
            security=security,
            since="0.1",
            needs=(),
            like=like,
            fixable=None,
            url=f"https://example.com/rules/{name}",
            page=lambda: page,
        )

    def report(
        self,
        *findings: Finding,
        rules: tuple[RuleInfo, ...] | None = None,
        counts: Counts | None = None,
        skipped: tuple[Skipped, ...] = (),
        crashes: tuple[str, ...] = (),
        absolute: dict[str, str] | None = None,
    ) -> Report:
        return Report(
            findings=findings,
            rules=(self.rule(),) if rules is None else rules,
            counts=counts or Counts(files=2, documents=2, objects=2),
            skipped=skipped,
            istio_version="1.24",
            texts=self.texts,
            version="0.1.0",
            crashes=crashes,
            absolute=absolute or {},
        )

    def rich(self) -> Report:
        """A report with everything in it: every severity, notes, fixes, suppressions, skips, a crash."""
        ignored = Suppression(
            "inSource", "moved next week", "k8s/routes.yaml", self.span("k8s/routes.yaml", "spec")
        )
        return self.report(
            self.finding(
                related=(self.related("'reviews' is declared here"), self.related("and its [key](2)")),
                fix=self.fix("reviews.stage", "reviews"),
                resource=ResourceId("networking.istio.io/v1", "VirtualService", "prod", "reviews"),
            ),
            self.finding(
                "weight: 90\n        - destination:\n            host: reviews\n          weight: 20",
                "weights add up to 110 instead of 100",
                rule="weights-not-100",
                severity=Severity.WARNING,
                fix=self.fix("weight: 90\n", "", safe=False),
            ),
            self.finding("hosts", "one '[a](1)' for each", rule="plain-words", severity=Severity.INFO),
            self.finding("route", "hidden from view", rule="weights-not-100", suppression=ignored),
            self.finding("http", "old news", rule="plain-words", suppression=Suppression("external", "")),
            rules=(
                self.rule(security=7.5, confidence=Confidence.MEDIUM),
                self.rule("weights-not-100", severity=Severity.WARNING, confidence=Confidence.LOW, like=()),
                self.rule("plain-words", severity=Severity.INFO, tier=Tier.PEDANTIC, like=()),
            ),
            skipped=(
                Skipped("chart/templates/a.yaml", "template", "is a Helm template"),
                Skipped("node_modules", "excluded", "is excluded"),
                Skipped("values.yaml", "not_kubernetes", "holds no Kubernetes object"),
                Skipped("secret.yaml", "unreadable", "permission denied"),
            ),
            crashes=("rule 'some-rule' on VirtualService prod/reviews\nTraceback:\n  ValueError: odd",),
        )


@pytest.fixture
def build() -> Builder:
    return Builder()
