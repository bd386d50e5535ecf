"""JSON text that any reader accepts and that is safe on a terminal."""

from __future__ import annotations

import json
import re

_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def whole(text: str) -> str:
    """`text` with U+FFFD for each lone surrogate, which UTF-8 cannot encode and strict readers refuse."""
    return _SURROGATE.sub("\ufffd", text)


def dumps(value: object) -> str:
    """`value` as indented JSON that ends in a newline, its keys in their own order."""
    text = whole(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2))
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"
