"""Files to documents, as kubectl reads them: a stream is cut at `---` lines, then each piece is parsed alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from meshlint.source.compose import Unreadable, compose
from meshlint.source.document import Document, Offsets, Place, SourceFile
from meshlint.source.problem import Problem

_SEPARATOR = re.compile(r"^---(?=[ \t\r\n]|\Z)[^\n]*(?:\n|\Z)", re.MULTILINE)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


class Parsed(NamedTuple):
    """The documents of a file, and what could not be read."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]


def parse(file: SourceFile) -> Parsed:
    """Every document of a file, Kubernetes object or not; a broken one does not lose its neighbours."""
    documents: list[Document] = []
    problems: list[Problem] = []
    for start, text in _pieces(file.text):
        try:
            document = _document(file, len(documents), text, start, problems)
        except Unreadable as error:
            at = min(start + error.offset, len(file.text))
            place = Place(Document.blank(file, len(documents)), at, min(at + 1, len(file.text)))
            problems.append(Problem("invalid-yaml", error.message, place))
            continue
        if document is not None:
            documents.append(document)
    return Parsed(tuple(documents), tuple(problems))


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The pieces between separator lines, each with its offset. Text on a separator line stays."""
    if "\n---" not in text and not text.startswith("---"):
        yield 0, text
        return
    start = 0
    for found in _SEPARATOR.finditer(text):
        before = text[start : found.start()]
        if before.strip() and not _is_directives(before):
            yield start, before
            start = found.start()
        elif not before.strip():
            start = found.start()
    yield start, text[start:]


def _is_directives(text: str) -> bool:
    """Whether a piece holds only `%` directives and comments, which belong to the document after it."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return bool(lines) and all(line.startswith("%") for line in lines)


def _document(
    file: SourceFile, index: int, text: str, start: int, problems: list[Problem]
) -> Document | None:
    # JSON writes characters beyond the BMP as two escapes, which libyaml refuses; one replacement
    # character for each keeps every offset, and no rule looks into such text.
    is_json = text.lstrip()[:1] in ("{", "[")
    composed = compose(_SURROGATE.sub(r"\\ufffd", text) if is_json and "\\u" in text else text)
    if composed is None:
        return None
    offsets = Offsets(composed.value, composed.numbers, composed.extra, start)
    document = Document(file, index, composed.value, offsets)
    for repeated in composed.repeated:
        first = Place(document, start + repeated.first[0], start + repeated.first[1])
        second = Place(document, start + repeated.second[0], start + repeated.second[1])
        message = f"key '{repeated.key}' is already set in this mapping"
        problems.append(Problem("duplicate-key", message, second, (("first set here", first),)))
    return document
