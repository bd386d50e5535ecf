"""Rules as reporters and the command line see them."""

from __future__ import annotations

from functools import partial

from meshlint.data import data_path
from meshlint.finding import RuleInfo
from meshlint.rule import Rule

_PAGES = "https://github.com/meshlint/meshlint/blob/main/rules"


def rule_info(rule: Rule) -> RuleInfo:
    """Everything about a rule except how it works."""
    return RuleInfo(
        name=rule.name,
        family=rule.family,
        summary=rule.summary,
        severity=rule.severity,
        tier=rule.tier,
        confidence=rule.confidence,
        security=rule.security,
        since=rule.since,
        needs=rule.needs,
        like=rule.like,
        fixable=rule.fix,
        url=f"{_PAGES}/{rule.family}/{rule.name}.md",
        page=partial(read_page, rule),
    )


def read_page(rule: Rule) -> str:
    """The Markdown page of a rule; raises FileNotFoundError when it has none."""
    return data_path("rules", rule.family, f"{rule.name}.md").read_text(encoding="utf-8")
