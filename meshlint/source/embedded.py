"""YAML inside a string of another document, such as `data.mesh` of the ConfigMap `istio`."""

from __future__ import annotations

import re

from meshlint.source.compose import compose
from meshlint.source.document import Document, Node, Offsets
from meshlint.source.events import Unreadable

_BLOCK_HEADER = re.compile(r"[|>][^\n]*")
_INK = re.compile(r"\S")


def embedded(node: Node) -> Document | None:
    """The document that a string holds; None when it is no readable YAML.

    Its places are in the outer file: exact where the string is written without escapes, be it in a
    block, over several lines or in quotes; else each is the extent of the whole string.
    """
    text = node.text
    if not text.strip():
        return None
    try:
        composed = compose(text)
    except Unreadable:
        return None
    if composed is None:
        return None
    offsets = Offsets(composed.value, composed.numbers, composed.extra)
    offsets.outer = _outer(node, text)
    return Document(node.document.file, node.document.index, composed.value, offsets)


def _outer(node: Node, text: str) -> tuple[int, ...]:
    """For every offset into `text`, the offset into the file.

    Indentation, folding and chomping only ever change blanks, so that the n-th character that is not
    blank is the same in both texts.
    """
    place = node.place
    written = node.document.file.text[place.start : place.end]
    header = _BLOCK_HEADER.match(written)
    if header is not None:
        skip, stop = header.end(), len(written)
    else:
        quoted = written[:1] in ("'", '"')
        skip, stop = int(quoted), len(written) - int(quoted)
    ink = [found.start() for found in _INK.finditer(written, skip, stop)]
    if "".join(text.split()) != "".join(written[skip:stop].split()):
        return (*(place.start for _ in text), place.end)
    return _aligned(text, ink, place.start)


def _aligned(text: str, ink: list[int], start: int) -> tuple[int, ...]:
    """A blank belongs after the character before it, which is where an extent that ends there ends."""
    outer: list[int] = []
    after = start + (ink[0] if ink else 0)
    positions = iter(ink)
    for character in text:
        if character.isspace():
            outer.append(after)
        else:
            at = start + next(positions)
            outer.append(at)
            after = at + 1
    return (*outer, after)
