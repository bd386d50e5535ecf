"""What a plain scalar means to Kubernetes: Go's YAML 1.1 rules (go-yaml v2 resolve.go, as sigs.k8s.io/yaml uses it)."""

from __future__ import annotations

import base64
import re
from decimal import Decimal

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_NOT_JSON = frozenset(sign + word for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")) | {
    ".nan",
    ".NaN",
    ".NAN",
}
_NUMERIC_START = frozenset("0123456789+-.")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_INT = re.compile(r"([-+]?)(?:0b([01]+)|0x([0-9a-fA-F]+)|0o?([0-7]+)|([1-9][0-9]*|0))\Z")
_MIN_INT, _MAX_UINT = -(2**63), 2**64 - 1
_MAX_DIGITS = 400  # no 64-bit integer is longer, and int() of a hostile text is slow or refused
_WHOLE = 1e21  # encoding/json writes whole floats below it without an exponent
_STANDARD = "tag:yaml.org,2002:"
_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "null": (type(None),),
}


class NotJSON(ValueError):
    """A scalar that has no value in JSON: infinity, not-a-number, or a text that its tag cannot name."""


def resolve(text: str) -> object:
    """The value of a plain scalar. Raises NotJSON for infinities and not-a-number."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC_START:
        return text
    if text in _NOT_JSON:
        raise NotJSON(f"'{text}' cannot be written as JSON")
    return _number(text)


def _number(text: str) -> object:
    plain = text.replace("_", "")
    found = _INT.match(plain) if len(plain) <= _MAX_DIGITS else None
    if found is not None:
        sign, binary, hexadecimal, octal, decimal = found.groups()
        digits, base = next(
            (d, b) for d, b in ((binary, 2), (hexadecimal, 16), (octal, 8), (decimal, 10)) if d
        )
        value = int(digits, base)
        value = -value if sign == "-" else value
        if _MIN_INT <= value <= _MAX_UINT:
            return value
    if _FLOAT.match(plain):
        number = float(plain)
        if number in (float("inf"), float("-inf")):
            return text
        return int(Decimal(repr(number))) if number.is_integer() and abs(number) < _WHOLE else number
    return text


def resolve_tagged(tag: str, text: str) -> object:
    """The value of a scalar with an explicit tag; a tag that is not YAML's own leaves the text as it is.

    Raises NotJSON where the text is nothing that the tag can name.
    """
    name = tag.removeprefix(_STANDARD) if tag.startswith(_STANDARD) else ""
    if name == "binary":
        try:
            return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
        except ValueError:
            raise NotJSON("a !!binary value holds no base64") from None
    wanted = _TYPES.get(name)
    if wanted is None:
        return text
    value = resolve(text)
    if type(value) not in wanted:
        raise NotJSON(f"'{text}' is no !!{name}")
    return value


def key_text(value: object) -> str | None:
    """A mapping key as JSON writes it; None for null, which is no key (sigs.k8s.io/yaml convertToJSONableObject)."""
    if value is None:
        return None
    if type(value) is bool:
        return "true" if value else "false"
    return str(value)
