"""Checks settings against the schema of the configuration file, and says in one line what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from meshlint.data import data_path
from meshlint.errors import ConfigError
from meshlint.mesh.closest import closest

_TYPES = {
    "string": "a string",
    "array": "a list",
    "object": "a mapping",
    "boolean": "true or false",
    "integer": "a number",
}


def check(values: Mapping[str, object], locate: Callable[[tuple[str, ...]], str]) -> None:
    """Raises ConfigError for the first thing that the schema does not allow."""
    schema = json.loads(data_path("schemas", "config.schema.json").read_text(encoding="utf-8"))
    error = best_match(Draft202012Validator(schema).iter_errors(values))
    if error is not None:
        key = tuple(str(part) for part in error.absolute_path)
        unknown = _unknown_key(error)
        if unknown is not None:
            key = (*key, unknown)
        raise ConfigError(f"{locate(key)}: {_sentence(key, error, unknown)}")


def _sentence(key: tuple[str, ...], error: ValidationError, unknown: str | None) -> str:
    if unknown is not None:
        near = closest(unknown, _properties(error))
        known = f"did you mean '{near}'?" if near else f"known are {', '.join(sorted(_properties(error)))}"
        return f"unknown key '{'.'.join(key)}'; {known}"
    return f"'{'.'.join(key)}' must be {_expected(error)}, not {json.dumps(error.instance, ensure_ascii=False)}"


def _properties(error: ValidationError) -> tuple[str, ...]:
    return tuple(error.schema.get("properties", ())) if isinstance(error.schema, Mapping) else ()


def _unknown_key(error: ValidationError) -> str | None:
    if error.validator != "additionalProperties":
        return None
    return next((str(key) for key in error.instance if key not in _properties(error)), None)


def _expected(error: ValidationError) -> str:
    """What the schema wants, in words: its own description where it has one."""
    schema: Any = error.schema
    wanted = schema.get("expected")
    if wanted is not None:
        return str(wanted)
    if error.validator == "enum":
        return " or ".join(f"'{value}'" for value in error.validator_value)
    types = error.validator_value if error.validator == "type" else ()
    return " or ".join(_TYPES[name] for name in ([types] if isinstance(types, str) else types)) or error.message
