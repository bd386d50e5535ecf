"""What a plain scalar means to Kubernetes: Go's YAML 1.1 rules (go-yaml v2 resolve.go, as sigs.k8s.io/yaml uses it)."""

from __future__ import annotations

import re

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_NOT_JSON = frozenset(
    sign + word for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")
) | {".nan", ".NaN", ".NAN"}
_NUMERIC_START = frozenset("0123456789+-.")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_INT = re.compile(r"([-+]?)(?:0b([01]+)|0x([0-9a-fA-F]+)|0o?([0-7]+)|([1-9][0-9]*|0))\Z")
_MIN_INT, _MAX_UINT = -(2**63), 2**64 - 1


class NotJSON(ValueError):
    """A value that YAML can write and JSON cannot: infinity or not-a-number."""


def resolve(text: str) -> object:
    """The value of a plain scalar. Raises NotJSON for infinities and not-a-number."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC_START:
        return text
    if text in _NOT_JSON:
        raise NotJSON(text)
    return _number(text)


def _number(text: str) -> object:
    plain = text.replace("_", "")
    found = _INT.match(plain)
    if found is not None:
        sign, binary, hexadecimal, octal, decimal = found.groups()
        digits, base = next((d, b) for d, b in ((binary, 2), (hexadecimal, 16), (octal, 8), (decimal, 10)) if d)
        value = int(digits, base)
        value = -value if sign == "-" else value
        if _MIN_INT <= value <= _MAX_UINT:
            return value
    if _FLOAT.match(plain):
        number = float(plain)
        if number in (float("inf"), float("-inf")):
            return text
        return int(number) if number.is_integer() and abs(number) < 2**63 else number
    return text


def key_text(value: object) -> str | None:
    """A mapping key as JSON writes it; None for null, which is no key (sigs.k8s.io/yaml convertToJSONableObject)."""
    if value is None:
        return None
    if type(value) is bool:
        return "true" if value else "false"
    return str(value)
