"""Comments that silence findings. The engine raises these rules: no mesh shows what was silenced."""

from __future__ import annotations

from meshlint.rule import Rule, Severity, Tier

unused_suppression = Rule(
    name="unused-suppression",
    summary="A comment silences a finding that is not there.",
    severity=Severity.WARNING,
    since="0.1",
    family="manifests",
    fix="safe",
)

suppression_without_reason = Rule(
    name="suppression-without-reason",
    summary="A comment silences a finding without saying why.",
    severity=Severity.INFO,
    since="0.1",
    family="manifests",
    tier=Tier.PEDANTIC,
)

unknown_rule_in_suppression = Rule(
    name="unknown-rule-in-suppression",
    summary="A comment that should silence a finding names a rule that does not exist.",
    severity=Severity.WARNING,
    since="0.1",
    family="manifests",
    fix="unsafe",
)
