"""GitHub's `primaryLocationLineHash`: a hash of a line and of what follows it, blind to blanks.

GitHub matches alerts between runs by it. The algorithm is that of github/codeql-action,
`src/fingerprints.ts`: a polynomial hash over a window of 100 UTF-16 code units that starts at the line,
taken without spaces and tabs, followed by a count that tells lines with equal windows apart.
"""

from __future__ import annotations

import re
from collections import Counter

_WINDOW = 100
_FACTOR = 37
_MASK = (1 << 64) - 1
_END_OF_FILE = "\uffff"
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def line_hashes(text: str, wanted: set[int]) -> dict[int, str]:
    """The hashes of the wanted lines (from 1) of a text; a line that does not exist has none."""
    units = _ASTRAL.sub(_surrogate_pair, text.replace("\r\n", "\n").replace("\r", "\n"))
    units = units.replace(" ", "").replace("\t", "") + _END_OF_FILE
    seen: Counter[str] = Counter()
    hashes: dict[int, str] = {}
    start = 0
    for number, line in enumerate(units.split("\n"), 1):
        window = units[start : start + _WINDOW]
        seen[window] += 1
        if number in wanted:
            hashes[number] = f"{_hash(window):x}:{seen[window]}"
        start += len(line) + 1
    return hashes


def _hash(window: str) -> int:
    """The window's code units as the digits of a number, modulo 2^64; zeros follow a short window."""
    value = 0
    for unit in window:
        value = (value * _FACTOR + ord(unit)) & _MASK
    return value * pow(_FACTOR, _WINDOW - len(window), _MASK + 1) & _MASK


def _surrogate_pair(found: re.Match[str]) -> str:
    beyond = ord(found[0]) - 0x10000
    return chr(0xD800 + (beyond >> 10)) + chr(0xDC00 + (beyond & 0x3FF))
