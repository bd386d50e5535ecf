"""Files to documents, as kubectl reads them: a stream is cut at `---` lines, then each piece is parsed alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from meshlint.source.compose import compose, compose_stream
from meshlint.source.document import Document, Offsets, Place, SourceFile
from meshlint.source.events import Composed, Unreadable
from meshlint.source.problem import Problem

_SEPARATOR = re.compile(r"^---(?=[ \t\r\n]|\Z)[^\n]*(?:\n|\Z)", re.MULTILINE)
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"(\s*:)?', re.DOTALL)
_HEX = "[0-9a-fA-F]"
_ESCAPE = re.compile(
    rf"\\(?:(u[dD][89abAB]{_HEX}{{2}})\\(u[dD][c-fC-F]{_HEX}{{2}})|u[dD][89a-fA-F]{_HEX}{{2}}|.)", re.DOTALL
)


class Parsed(NamedTuple):
    """The documents of a file, and what could not be read."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]


def compose_text(text: str) -> list[Composed] | None:
    """Every document of a text that is ordinary throughout, else None."""
    return compose_stream(_readable(text))


def parse(file: SourceFile, stream: list[Composed] | None = None) -> Parsed:
    """Every document of a file, Kubernetes object or not; a broken one does not lose its neighbours.

    `stream` is what `compose_text` gives for the text, where a worker has done that already."""
    stream = compose_text(file.text) if stream is None else stream
    if stream is not None:
        found = (composed for composed in stream if composed.value is not None)
        return Parsed(tuple(_located(file, at, composed, 0) for at, composed in enumerate(found)), ())
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
    composed = compose(_readable(text))
    if composed is None or composed.value is None:
        return None
    document = _located(file, index, composed, start)
    for repeated in composed.repeated:
        first = Place(document, start + repeated.first[0], start + repeated.first[1])
        second = Place(document, start + repeated.second[0], start + repeated.second[1])
        message = f"key '{repeated.key}' is already set in this mapping"
        problems.append(Problem("duplicate-key", message, second, (("first set here", first),)))
    return document


def _located(file: SourceFile, index: int, composed: Composed, start: int) -> Document:
    offsets = Offsets(composed.value, composed.numbers, composed.extra, start)
    return Document(file, index, composed.value, offsets)


def _readable(text: str) -> str:
    r"""JSON text as libyaml can read it, every offset kept.

    JSON escapes a character beyond the BMP as two surrogates. YAML has `\\U` for it, two characters
    shorter: an escaped line break, which means nothing, goes before it. In a key, which must be on one line,
    it becomes two replacement characters, as a lone surrogate becomes one (the latter as in encoding/json).
    """
    if "\\u" not in text or text.lstrip()[:1] not in ("{", "["):
        return text
    return _JSON_STRING.sub(_without_surrogates, text)


def _without_surrogates(string: re.Match[str]) -> str:
    def replacement(match: re.Match[str]) -> str:
        high, low = match.groups()
        if high is None:
            return "\\ufffd" if len(match[0]) > len("\\u") else match[0]
        if string[1] is not None:
            return "\\ufffd\\ufffd"
        return f"\\\n\\U{((int(high[1:], 16) - 0xD800) << 10) + int(low[1:], 16) - 0xDC00 + 0x10000:08x}"

    return _ESCAPE.sub(replacement, string[0])
