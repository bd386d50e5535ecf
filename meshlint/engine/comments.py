"""Finds `# meshlint: ignore[rule, …] reason` comments in a file."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from meshlint.engine.locate import locate
from meshlint.source.document import Document, Extent, SourceFile

_MARK = "meshlint:"
_COMMENT = re.compile(
    r"(?<!\S)\#[ \t]*meshlint:[ \t]*ignore\b[ \t]*(?:\[(?P<words>[^\]\r\n]*)\])?[ \t:\-–—]*(?P<reason>[^\r\n]*)"  # noqa: RUF001 - people write dashes
)
_WORD = re.compile(r"[^\s,]+")


class Word(NamedTuple):
    """A rule, family or code in a comment, and its offsets in the file."""

    text: str
    start: int
    end: int


class Comment(NamedTuple):
    """One comment that silences findings that begin on `line`.

    `list` is the extent of what stands between the brackets. `document` is the one that the line
    belongs to, if any. `alone` says that nothing else is on the comment's own line.
    """

    file: SourceFile
    start: int
    end: int
    list: Extent
    words: tuple[Word, ...]
    reason: str
    line: int
    alone: bool
    document: Document | None


def comments_in(file: SourceFile, documents: Sequence[Document]) -> Iterator[Comment]:
    """The comments of a file in order; `documents` are those of the file. Look-alikes inside scalars are
    no comments.
    """
    if _MARK not in file.text:
        return
    ordered = sorted(documents, key=_start)
    starts = [_start(document) for document in ordered]
    for match in _COMMENT.finditer(file.text):
        around = _last_from(ordered, starts, match.start())
        if around is None or not locate(around, match.start()).in_scalar:
            start, end = _covered_line(file.text, match.start())
            yield _comment(file, match, start, _last_from(ordered, starts, end))


def _last_from(documents: Sequence[Document], starts: Sequence[int], offset: int) -> Document | None:
    """The last document that starts at or before an offset."""
    at = bisect_right(starts, offset)
    return documents[at - 1] if at else None


def _start(document: Document) -> int:
    return document.root.place.start


def _comment(file: SourceFile, match: re.Match[str], covered: int, document: Document | None) -> Comment:
    words: tuple[Word, ...] = ()
    if match["words"] is not None:
        words = tuple(Word(word[0], *word.span()) for word in _WORD.finditer(file.text, *match.span("words")))
    return Comment(
        file,
        match.start(),
        match.start() + len(match[0].rstrip()),
        match.span("words"),
        words,
        match["reason"].rstrip(),
        file.lines.position(covered).line,
        not file.text[_line(file.text, match.start())[0] : match.start()].strip(),
        document,
    )


def _covered_line(text: str, offset: int) -> tuple[int, int]:
    """Start and end of the line of a comment, or, when that stands alone, of the first line below it
    that is no comment.
    """
    start, end = _line(text, offset)
    if _is_comment(text[start:offset] + "#"):
        while end < len(text) and _is_comment(text[start:end]):
            start, end = _line(text, end + 1)
    return start, end


def _line(text: str, offset: int) -> tuple[int, int]:
    end = text.find("\n", offset)
    return text.rfind("\n", 0, offset) + 1, len(text) if end < 0 else end


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")
