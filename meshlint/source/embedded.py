"""YAML inside a string of another document, such as `data.mesh` of the ConfigMap `istio`."""

from __future__ import annotations

from meshlint.source.compose import Unreadable, compose
from meshlint.source.document import Document, Node, Offsets


def embedded(node: Node) -> Document | None:
    """The document that a string holds; None when it is no readable YAML.

    Places in a literal block scalar are those of the outer file; in any other string they are the
    extent of the whole string.
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
    """For every offset into the embedded text, the offset into the file."""
    place = node.place
    file_text = node.document.file.text
    written = file_text[place.start : place.end]
    if not written.startswith("|"):
        return (place.start,) * len(text) + (place.end,)
    start = place.start + written.index("\n") + 1
    lines = text.split("\n")
    first = next(line for line in lines if line.strip())
    raw = file_text[start:].split("\n")
    indent = next(len(line) - len(line.lstrip(" ")) for line in raw if line.strip()) - (len(first) - len(first.lstrip(" ")))
    mapped: list[int] = []
    for line, outer in zip(lines, raw, strict=False):
        shift = min(indent, len(outer))
        mapped.extend(start + shift + column for column in range(len(line) + 1))
        start += len(outer) + 1
    return (*mapped, mapped[-1] if mapped else place.end)
