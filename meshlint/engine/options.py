"""The options of rules, as the configuration gives them, checked against the dataclass of each rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from meshlint.config import Config
from meshlint.engine.registry import Registry
from meshlint.errors import ConfigError
from meshlint.mesh.closest import closest
from meshlint.rule import Rule

_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a string",
    tuple: "a list of strings",
}


def options_by_rule(registry: Registry, config: Config) -> dict[str, object]:
    """The options of each rule that the configuration changes.

    Raises ConfigError for a rule or option that does not exist, and for a value of the wrong type.
    """
    found: dict[str, object] = {}
    for word, given in config.options.items():
        where = config.origin("options", word)
        for rule in registry.resolve(word, where=where):
            if rule.options is None:
                raise ConfigError(f"{where}: rule '{rule.name}' has no options")
            if isinstance(given, Mapping):
                found[rule.name] = _options(rule, found.get(rule.name, rule.options), given, where)
    return found


def _options(rule: Rule, before: Any, given: Mapping[str, object], where: str) -> object:
    known = {field.name: getattr(rule.options, field.name) for field in fields(rule.options)}
    changed: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            near = closest(name, known)
            hint = f"did you mean '{near}'?" if near else f"known are {', '.join(known)}"
            raise ConfigError(f"{where}: rule '{rule.name}' has no option '{name}'; {hint}")
        changed[name] = _value(value, type(known[name]), f"{where}: option '{name}' of rule '{rule.name}'")
    return replace(before, **changed)


def _value(value: object, wanted: type, what: str) -> object:
    """A plain value as the type of the option's default."""
    if wanted is tuple and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        raise ConfigError(f"{what} must be {_WORDS.get(wanted, wanted.__name__)}")
    return value
