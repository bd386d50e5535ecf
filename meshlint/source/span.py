"""Places in text: offsets count Unicode code points from 0, lines and columns from 1, ends are exclusive."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple


class Position(NamedTuple):
    """One point in a text."""

    line: int
    column: int
    offset: int


class Span(NamedTuple):
    """A stretch of text; `end` is the first position after it."""

    start: Position
    end: Position


class LineTable:
    """Turns offsets of one text into positions."""

    __slots__ = ("_starts",)

    def __init__(self, text: str) -> None:
        starts = [0]
        find = text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        self._starts = starts

    def position(self, offset: int) -> Position:
        """The line and column of `offset`."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1, offset)

    def span(self, start: int, end: int) -> Span:
        """The positions of two offsets."""
        return Span(self.position(start), self.position(end))
