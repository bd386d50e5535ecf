"""Text that is safe to show: nothing in it moves a cursor, hides a character or commands a CI runner.

Names and values come from untrusted files. What a terminal would act on is written as an escape; the
width functions count the columns that a terminal uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import combining, east_asian_width

_LINE_COMMAND = re.compile(r"^([^\S\n]*)::", re.MULTILINE)
_MARKED_COMMAND = re.compile(r"##(?=\w*\[)")


def printable(text: str) -> str:
    """`text` on one line, with every control, format and surrogate character as a backslash escape."""
    if text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")


def columns(text: str) -> int:
    """How many terminal columns a printable text takes."""
    return len(text) if text.isascii() else sum(map(_columns_of, text))


def _columns_of(character: str) -> int:
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def cells(line: str, *, tab: int = 4) -> Iterator[tuple[str, int]]:
    """What to show for each character of a source line, and the columns that it takes."""
    column = 0
    for character in line:
        shown = " " * (tab - column % tab) if character == "\t" else _shown(character)
        taken = columns(shown)
        column += taken
        yield shown, taken


def wrap(text: str, width: int, *, first: int = 0, indent: str = "    ") -> list[str]:
    """`text` as lines of at most `width` columns where its words allow it; a long word stays whole.

    `first` columns of the first line are taken already, the other lines begin with `indent`.
    """
    lines, used = [""], first
    for position, word in enumerate(text.split(" ")):
        gap, taken = min(position, 1), columns(word)
        if (position or first > len(indent)) and used + gap + taken > width:
            lines.append(indent + word)
            used = len(indent) + taken
        else:
            lines[-1] += " " * gap + word
            used += gap + taken
    return lines


def without_runner_commands(text: str) -> str:
    """A whole output without the lines that CI runners obey.

    GitHub takes `::` at the start of a line and `##[` anywhere for a command, Azure `##vso[`,
    TeamCity `##teamcity[`; a blank in between makes them plain text.
    """
    return _MARKED_COMMAND.sub("# #", _LINE_COMMAND.sub(r"\1: :", text))
