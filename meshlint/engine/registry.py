"""The rules of a run under every word that users may call them by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from meshlint.errors import ConfigError
from meshlint.mesh.closest import closest
from meshlint.rule import Rule, Tier

ALL = "all"


class Registry:
    """Rules by name, family, tier and code.

    Raises ConfigError when two rules share a name, or a rule is called like a family, tier or code.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._by_name: dict[str, Rule] = {}
        self._groups: dict[str, list[Rule]] = {ALL: list(self.rules), **{tier.value: [] for tier in Tier}}
        self._codes: dict[str, list[Rule]] = {}
        for rule in self.rules:
            self._add(rule)
        taken = self._by_name.keys() & (self._groups.keys() | self._codes.keys())
        if taken:
            raise ConfigError(f"rule '{min(taken)}' is called like a group of rules")

    def _add(self, rule: Rule) -> None:
        if rule.name in self._by_name:
            raise ConfigError(f"two rules are called '{rule.name}'")
        self._by_name[rule.name] = rule
        self._groups.setdefault(rule.family, []).append(rule)
        self._groups[rule.tier.value].append(rule)
        for code in rule.like:
            self._codes.setdefault(code, []).append(rule)

    @property
    def by_name(self) -> Mapping[str, Rule]:
        """The rules by name."""
        return self._by_name

    @property
    def families(self) -> tuple[str, ...]:
        """The families that have rules, in order of their first rule."""
        return tuple(dict.fromkeys(rule.family for rule in self.rules))

    def is_group(self, word: str) -> bool:
        """Whether a word names a family, a tier or all rules, and not one rule or code."""
        return word in self._groups

    def named(self, word: str) -> tuple[Rule, ...]:
        """The rules that a name, family, tier, code or `all` stands for; nothing when no rule does."""
        rule = self._by_name.get(word)
        if rule is not None:
            return (rule,)
        return tuple(self._groups.get(word) or self._codes.get(word.upper()) or ())

    def knows(self, word: str) -> bool:
        """Whether a word can stand where a rule name is expected."""
        return word in self._by_name or word in self._groups or word.upper() in self._codes

    def closest(self, word: str) -> str | None:
        """The known word that the author may have meant."""
        return closest(word, (*self._by_name, *self._groups)) or closest(word.upper(), self._codes)

    def resolve(self, word: str, *, where: str) -> tuple[Rule, ...]:
        """Like `named`, but raises ConfigError for a word that stands for nothing; `where` says who asks."""
        if not self.knows(word):
            near = self.closest(word)
            hint = f"; did you mean '{near}'?" if near else "; 'meshlint rules' lists all rules"
            raise ConfigError(f"{where}: no rule, family, tier or code is called '{word}'{hint}")
        return self.named(word)
