"""What stands at a place of a document: the field that it belongs to, and whether it is inside a scalar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from meshlint.source.document import Document, Extent, Place


class Located(NamedTuple):
    """The keys that lead to a field (None for an item of a list), and whether a scalar was reached."""

    path: tuple[object, ...]
    in_scalar: bool


def locate(document: Document, offset: int) -> Located:
    """The innermost field of a document whose key or value covers `offset`."""
    path: list[object] = []
    container: object = document.value
    while True:
        for key, key_extent, value_extent in _entries(document, container):
            value_covers = _covers(value_extent, offset)
            if value_covers or (key_extent is not None and _covers(key_extent, offset)):
                path.append(key if type(container) is dict else None)
                break
        else:
            return Located(tuple(path), in_scalar=False)
        value = container[key]  # type: ignore[index]
        if not value_covers or type(value) not in (dict, list):
            return Located(tuple(path), in_scalar=True)
        container = value


def field_path(place: Place) -> str:
    """The field that a place belongs to, such as `spec.http[].route[].destination.host`."""
    path = locate(place.document, place.start).path
    return ".".join("[]" if key is None else str(key) for key in path).replace(".[]", "[]")


def _entries(document: Document, container: object) -> Iterator[tuple[object, Extent | None, Extent]]:
    keys: Iterator[object] = iter(())
    if type(container) is dict:
        keys = iter(container)
    elif type(container) is list:
        keys = iter(range(len(container)))
    for key in keys:
        found = document.offsets.entry(container, key)
        if found is not None:
            yield key, *found


def _covers(extent: Extent, offset: int) -> bool:
    return extent[0] <= offset < extent[1]
