"""The source lines of a span with the span marked: carets below one line, a gutter beside several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from meshlint.finding import Span
from meshlint.report.printable import cells

_MAX_LINES = 5
_MIN_ROOM = 20
_CUT = "…"


class Row(NamedTuple):
    """One line of a snippet: the gutter, what stands beside it, and whether that is the marks."""

    gutter: str
    text: str
    is_marks: bool = False


class Sources:
    """The lines of the files that a report quotes, split once each."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._lines: dict[str, list[str]] = {}

    def lines(self, path: str) -> list[str]:
        """The lines of a file, empty when its text is unknown."""
        if path not in self._lines:
            text = self._texts.get(path)
            self._lines[path] = [] if text is None else [line.rstrip("\r") for line in text.split("\n")]
        return self._lines[path]


def snippet(lines: list[str], span: Span, width: int) -> Iterator[Row]:
    """The rows that show a span; none when the span lies outside of the lines."""
    first, last = span.start.line, min(_last_line(lines, span), len(lines))
    if not 1 <= first <= len(lines):
        return
    digits = max(3, len(str(last)))
    room = max(width - digits - 5, _MIN_ROOM)
    if last == first:
        line = lines[first - 1]
        end = span.end.column if span.end.line == first else len(line) + 1
        text, marks = _window(line, span.start.column - 1, end - 1, room)
        yield Row(f"{first:>{digits}} |", text)
        yield Row(" " * digits + " |", marks, is_marks=True)
        return
    for number in _shown_lines(first, last):
        if number is None:
            yield Row(f"{_CUT:>{digits}} >", "")
        else:
            yield Row(f"{number:>{digits}} >", _window(lines[number - 1], 0, 0, room)[0])


def _last_line(lines: list[str], span: Span) -> int:
    """The last line with text of the span: a block ends at the first column of a line below it."""
    start, end = span
    last = min(end.line - 1 if end.column == 1 else end.line, len(lines))
    while last > start.line and not lines[last - 1].strip():
        last -= 1
    return max(last, start.line)


def _shown_lines(first: int, last: int) -> list[int | None]:
    """The numbers of the lines to show; None stands for those left out."""
    if last - first < _MAX_LINES:
        return list(range(first, last + 1))
    return [*range(first, first + _MAX_LINES - 2), None, last]


def _window(line: str, start: int, end: int, room: int) -> tuple[str, str]:
    """The part of a line around a span that fits into `room` columns, and the carets below it."""
    start = min(max(start, 0), len(line))
    end = min(max(end, start + 1), max(len(line), start + 1))
    low = max(0, start - room)
    shown = [*cells(line[low : start + room + 1])]
    start, end = start - low, min(end - low, len(shown) + 1)
    begin, stop = _fit([taken for _, taken in shown], start, end, room)
    before = _CUT if low or begin else ""
    after = _CUT if low + stop < len(line) else ""
    text = f" {before}{''.join(part for part, _ in shown[begin:stop])}{after}".rstrip()
    lead = 1 + len(before) + sum(taken for _, taken in shown[begin:start])
    marked = sum(taken for _, taken in shown[start : min(end, stop)])
    return text, " " * lead + "^" * max(marked, 1)


def _fit(widths: list[int], start: int, end: int, room: int) -> tuple[int, int]:
    """The range of cells to show: everything if it fits, else around the span, its start kept in sight."""
    if sum(widths) <= room:
        return 0, len(widths)
    budget = room - 2 * len(_CUT)
    begin, stop, used = start, start, 0
    while stop < len(widths) and used + widths[stop] <= budget and stop < max(end, start + 1):
        used += widths[stop]
        stop += 1
    while begin and used + widths[begin - 1] <= budget:
        begin -= 1
        used += widths[begin]
    while stop < len(widths) and used + widths[stop] <= budget:
        used += widths[stop]
        stop += 1
    return begin, stop
