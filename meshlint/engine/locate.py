"""What stands at a place of a document: the field that it belongs to, and whether it is inside a scalar."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from meshlint.source.document import Document, Extent, Place


class Located(NamedTuple):
    """The keys that lead to a field (None for an item of a list), and whether a scalar was reached."""

    path: tuple[object, ...]
    in_scalar: bool


class _Step(NamedTuple):
    key: object
    value: object
    on_key: bool


def locate(document: Document, offset: int) -> Located:
    """The innermost field of a document whose key or value covers `offset`."""
    path: list[object] = []
    value: object = document.value
    while isinstance(value, (dict, list)):
        step = _entry(document, value, offset) if isinstance(value, dict) else _item(document, value, offset)
        if step is None:
            return Located(tuple(path), in_scalar=False)
        path.append(step.key)
        value = step.value
        if step.on_key:
            break
    return Located(tuple(path), in_scalar=bool(path))


def _entry(document: Document, mapping: Mapping[object, object], offset: int) -> _Step | None:
    for key, value in mapping.items():
        found = document.offsets.entry(mapping, key)
        if found is not None and _covers(found[1], offset):
            return _Step(key, value, on_key=False)
        if found is not None and found[0] is not None and _covers(found[0], offset):
            return _Step(key, value, on_key=True)
    return None


def _item(document: Document, items: Sequence[object], offset: int) -> _Step | None:
    """The item of a list that covers an offset; items stand in the order of their offsets."""

    def start(index: int) -> int:
        found = document.offsets.entry(items, index)
        return found[1][0] if found is not None else -1

    index = bisect_right(range(len(items)), offset, key=start) - 1
    found = document.offsets.entry(items, index) if index >= 0 else None
    return (
        _Step(None, items[index], on_key=False) if found is not None and _covers(found[1], offset) else None
    )


def field_path(place: Place) -> str:
    """The field that a place belongs to, such as `spec.http[].route[].destination.host`."""
    path = locate(place.document, place.start).path
    return ".".join("[]" if key is None else str(key) for key in path).replace(".[]", "[]")


def _covers(extent: Extent, offset: int) -> bool:
    return extent[0] <= offset < extent[1]
