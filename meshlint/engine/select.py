"""From the words of the configuration to the rules that run, how loud and with which options."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from meshlint.config import Config
from meshlint.engine.options import options_by_rule
from meshlint.engine.registry import ALL, Registry
from meshlint.errors import ConfigError
from meshlint.rule import Rule, Severity, Tier


class Enabled(NamedTuple):
    """A rule that runs: `pedantic` lets its pedantic sub-cases through, `options` replace its defaults."""

    rule: Rule
    severity: Severity
    pedantic: bool = False
    options: object | None = None


def enabled_rules(
    registry: Registry, config: Config, istio_version: tuple[int, int] | None = None
) -> tuple[Enabled, ...]:
    """The rules that run, in registry order.

    Naming a rule or its code enables it whatever its tier; a family stands for its rules of the default
    tier, and for all of them when `pedantic` is set. What is ignored never runs. Raises ConfigError for
    a word that names nothing, for wrong options, and when no rule is left.
    """
    selected = _selected(registry, config)
    for word in config.ignore:
        selected -= {rule.name for rule in registry.resolve(word, where=config.origin("ignore", word))}
    overrides = _severities(registry, config)
    options = options_by_rule(registry, config)
    pedantic = config.pedantic or ALL in (config.select or ())
    if not selected:
        origin = config.origin("ignore" if config.ignore else "select")
        raise ConfigError(f"{origin}: no rule is left to run")
    return tuple(
        Enabled(
            rule,
            overrides.get(rule.name) or severity_for(rule, istio_version),
            pedantic or rule.tier is Tier.PEDANTIC,
            options.get(rule.name),
        )
        for rule in registry.rules
        if rule.name in selected
    )


def _selected(registry: Registry, config: Config) -> set[str]:
    if config.select is None:
        return _in_tiers(registry.rules, pedantic=config.pedantic)
    selected: set[str] = set()
    for word in config.select:
        rules = registry.resolve(word, where=config.origin("select", word))
        if word in registry.families:
            selected |= _in_tiers(rules, pedantic=config.pedantic)
        else:
            selected |= {rule.name for rule in rules}
    return selected


def _in_tiers(rules: Iterable[Rule], *, pedantic: bool) -> set[str]:
    return {rule.name for rule in rules if pedantic or rule.tier is Tier.DEFAULT}


def _severities(registry: Registry, config: Config) -> dict[str, Severity]:
    """The severity of each rule that the configuration changes; the narrower word wins."""
    words = config.severity
    found: dict[str, Severity] = {}
    for word in sorted(words, key=lambda word: _breadth(registry, word), reverse=True):
        for rule in registry.resolve(word, where=config.origin("severity", word)):
            found[rule.name] = words[word]
    return found


def _breadth(registry: Registry, word: str) -> int:
    return 0 if word in registry.by_name else 2 if registry.is_group(word) else 1


def severity_for(rule: Rule, istio_version: tuple[int, int] | None) -> Severity:
    """The severity of a rule for a target release; an unknown release is taken as the newest."""
    if rule.severity_before is None or istio_version is None:
        return rule.severity
    release, severity = rule.severity_before
    major, _, minor = release.partition(".")
    return severity if istio_version < (int(major), int(minor)) else rule.severity
