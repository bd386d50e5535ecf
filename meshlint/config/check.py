"""Checks settings against the schema of the configuration file, and says in one line what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from meshlint.data import data_path
from meshlint.errors import ConfigError
from meshlint.mesh.closest import closest

_TYPES = {"object": "a mapping", "boolean": "true or false", "string": "a string", "integer": "a number"}


def check(values: Mapping[str, object], locate: Callable[[tuple[str, ...]], str]) -> None:
    """Raises ConfigError for the gravest thing that the schema does not allow."""
    schema = json.loads(data_path("schemas", "config.schema.json").read_text(encoding="utf-8"))
    error: Any = best_match(Draft202012Validator(schema).iter_errors(values))
    if error is None:
        return
    key = tuple(str(part) for part in error.absolute_path)
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        key = (*key, *(str(name) for name in error.instance if name not in known))[: len(key) + 1]
        near = closest(key[-1], known)
        hint = f"did you mean '{near}'?" if near else f"known are {', '.join(sorted(known))}"
        raise ConfigError(f"{locate(key)}: unknown key '{'.'.join(key)}'; {hint}")
    value = json.dumps(error.instance, ensure_ascii=False)
    raise ConfigError(f"{locate(key)}: '{'.'.join(key)}' must be {_expected(error)}, not {value}")


def _expected(error: Any) -> str:
    """What the schema wants, in words: its keyword `expected` where it has one."""
    schema = error.schema
    if "expected" in schema:
        return str(schema["expected"])
    if "enum" in schema:
        return " or ".join(f"'{value}'" for value in schema["enum"])
    wanted = schema["type"]
    return " or ".join(_TYPES[name] for name in ([wanted] if isinstance(wanted, str) else wanted))
