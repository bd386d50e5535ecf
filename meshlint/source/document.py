"""Documents: plain values (dict, list, str, int, float, bool, None) beside the offsets where each was written.

Values stay plain so that parsing is cheap and they can be marshalled to workers; a place is looked up
only when a finding asks for it, by the identity of the container and the key inside it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from meshlint.source.span import LineTable, Span

Extent = tuple[int, int]
"""Start and end offset of a stretch of text; the end is exclusive."""

Entry = tuple[int, int, int, int]
"""Where an entry is written: start and end of its key (equal in a list), start and end of its value."""


class SourceFile:
    """One file of the input: the path as shown to the user, its decoded text, and whether the user named it."""

    __slots__ = ("_lines", "absolute", "named", "path", "text")

    def __init__(self, path: str, text: str, absolute: Path | None = None, *, named: bool = False) -> None:
        self.path = path
        self.text = text
        self.absolute = absolute
        self.named = named
        self._lines: LineTable | None = None

    @property
    def lines(self) -> LineTable:
        """The line table of the text, built when first asked for."""
        if self._lines is None:
            self._lines = LineTable(self.text)
        return self._lines


class Place(NamedTuple):
    """A stretch of one document's file, as offsets into the text of that file."""

    document: Document
    start: int
    end: int

    @property
    def span(self) -> Span:
        """The same stretch as lines and columns."""
        return self.document.file.lines.span(self.start, self.end)


class Located(NamedTuple):
    """Where a container stands: its own extent, and that of the key it is the value of (None in a list)."""

    key: Extent | None
    value: Extent


class Offsets:
    """The offsets of one parsed YAML document.

    `numbers` is a preorder walk of `root` (whose own start and end come first): for each entry of a
    mapping, key start, key end, value start, value end; for each item of a list, start and end; each
    followed by what is inside that value. `extra` holds the entries that a walk over the finished
    values cannot see in that order (duplicate keys, merge keys, aliases): when it is not None it is
    complete, and `numbers` is unused. `outer` maps each offset of a text that is embedded in another to
    its offset in the file; otherwise `base` is added.
    """

    __slots__ = ("_containers", "_entries", "base", "extra", "numbers", "outer", "root")

    def __init__(
        self,
        root: object,
        numbers: array[int],
        extra: dict[tuple[int, object], Entry] | None = None,
        base: int = 0,
    ) -> None:
        self.root = root
        self.numbers = numbers
        self.extra = extra
        self.base = base
        self.outer: Sequence[int] | None = None
        self._entries: dict[tuple[int, object], Entry] | None = None
        self._containers: dict[int, Located] | None = None

    def entry(self, container: object, key: object) -> tuple[Extent | None, Extent] | None:
        """Extents of the key (None in a list) and of the value of one entry of a mapping or list."""
        found = self._index().get((id(container), key))
        return None if found is None else self._located(found)

    def _located(self, entry: Entry) -> Located:
        key_start, key_end, start, end = entry
        key_extent = None if key_start == key_end else self._extent(key_start, key_end)
        return Located(key_extent, self._extent(start, end))

    def _extent(self, start: int, end: int) -> Extent:
        outer = self.outer
        if outer is None:
            return self.base + start, self.base + end
        last = len(outer) - 1
        return outer[min(start, last)], outer[min(end, last)]

    def container(self, container: object) -> Located | None:
        """Where a mapping or list stands; None when it is not of this document."""
        self._index()
        assert self._containers is not None
        return self._containers.get(id(container))

    def _index(self) -> dict[tuple[int, object], Entry]:
        if self._entries is None:
            self._entries = self.extra if self.extra is not None else self._walk()
            self._containers = self._locate(self._entries)
        return self._entries

    def _walk(self) -> dict[tuple[int, object], Entry]:
        entries: dict[tuple[int, object], Entry] = {}
        numbers = self.numbers
        entries[0, None] = (0, 0, numbers[0], numbers[1])
        at = 2
        stack: list[tuple[object, Iterator[object]]] = [(self.root, _keys(self.root))]
        while stack:
            container, keys = stack[-1]
            key = next(keys, stack)
            if key is stack:
                stack.pop()
                continue
            if type(container) is dict:
                entries[id(container), key] = (numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3])
                at += 4
            else:
                entries[id(container), key] = (0, 0, numbers[at], numbers[at + 1])
                at += 2
            value = container[key]  # type: ignore[index]
            if type(value) is dict or type(value) is list:
                stack.append((value, _keys(value)))
        return entries

    def _locate(self, entries: dict[tuple[int, object], Entry]) -> dict[int, Located]:
        containers = {id(self.root): self._located(entries[0, None])}
        stack = [self.root]
        while stack:
            container = stack.pop()
            for key in _keys(container):
                value = container[key]  # type: ignore[index]
                if type(value) is not dict and type(value) is not list:
                    continue
                known = containers.get(id(value))
                found = self._located(entries[id(container), key])
                if known is None:
                    stack.append(value)
                if known is None or found.value < known.value:
                    containers[id(value)] = found  # of an anchor and its aliases the anchor: it stands first
        return containers


def _keys(container: object) -> Iterator[object]:
    if type(container) is dict:
        return iter(container)
    if type(container) is list:
        return iter(range(len(container)))
    return iter(())


class Document:
    """One Kubernetes-shaped object of a file: its value, and where each part of it was written.

    The items of a `kind: List` are documents of their own that share the offsets of the list.
    """

    __slots__ = ("file", "index", "offsets", "value")

    def __init__(self, file: SourceFile, index: int, value: object, offsets: Offsets) -> None:
        self.file = file
        self.index = index
        self.value = value
        self.offsets = offsets

    @classmethod
    def blank(cls, file: SourceFile, index: int = 0) -> Document:
        """A document that holds nothing, for places in a text that could not be parsed."""
        return cls(file, index, None, Offsets(None, array("I", [0, 0])))

    @property
    def root(self) -> Node:
        """The whole document as a node."""
        return Node(self.value, self, None, None)

    def key_place(self, container: object, key: object) -> Place | None:
        """Where the key of an entry is written; None when the entry is absent or an item of a list."""
        found = self.offsets.entry(container, key)
        return Place(self, *found[0]) if found is not None and found[0] is not None else None

    def value_place(self, container: object, key: object) -> Place | None:
        """Where the value of an entry or the item of a list is written; None when it is absent."""
        found = self.offsets.entry(container, key)
        return Place(self, *found[1]) if found is not None else None

    def head_of(self, container: object) -> Place:
        """Where a reader looks for a mapping or list: its key, or in a list the first key inside it."""
        found = self.offsets.container(container)
        if found is None:
            return Place(self, self.offsets.base, self.offsets.base)
        if found.key is not None:
            return Place(self, *found.key)
        if type(container) is dict and container:
            first = self.key_place(container, next(iter(container)))
            if first is not None:
                return first
        return Place(self, *found.value)


class Node:
    """A value together with where it stands: `owner[key]` of a document.

    An absent value is a node too (`exists` is False, `value` None), so paths can be followed without
    asking at every step; its place is the key of the nearest thing that does exist.
    """

    __slots__ = ("document", "key", "owner", "value")

    def __init__(self, value: object, document: Document, owner: object, key: object) -> None:
        self.value = value
        self.document = document
        self.owner = owner
        self.key = key

    def get(self, key: str) -> Node:
        """The value under `key`, or an absent node that remembers where it would stand."""
        value = self.value
        if type(value) is dict:
            return Node(value.get(key), self.document, value, key)
        return Node(None, self.document, _Absent(self), key)

    def at(self, *path: str) -> Node:
        """The value under several keys, one inside the other."""
        node = self
        for key in path:
            node = node.get(key)
        return node

    def items(self) -> Iterator[Node]:
        """The items of a list; nothing when the value is no list."""
        value = self.value
        if type(value) is list:
            document = self.document
            for index, item in enumerate(value):
                yield Node(item, document, value, index)

    def entries(self) -> Iterator[tuple[str, Node]]:
        """The entries of a mapping whose keys are strings; nothing when the value is no mapping."""
        value = self.value
        if type(value) is dict:
            document = self.document
            for key, item in value.items():
                if type(key) is str:
                    yield key, Node(item, document, value, key)

    @property
    def exists(self) -> bool:
        """Whether the key is written, even with a null value."""
        owner = self.owner
        if owner is None:
            return True
        if type(owner) is dict:
            return self.key in owner
        return type(owner) is list

    @property
    def text(self) -> str:
        """The value when it is a string, else the empty string."""
        value = self.value
        return value if type(value) is str else ""

    @property
    def number(self) -> int | None:
        """The value when it is an integer (booleans are none), else None."""
        value = self.value
        return value if type(value) is int else None

    @property
    def mapping(self) -> Mapping[str, object]:
        """The value when it is a mapping, else an empty one."""
        value = self.value
        return value if type(value) is dict else _NO_MAPPING

    @property
    def sequence(self) -> Sequence[object]:
        """The value when it is a list, else an empty one."""
        value = self.value
        return value if type(value) is list else ()

    @property
    def strings(self) -> tuple[str, ...]:
        """The string items of a list, in order."""
        return tuple(item for item in self.sequence if type(item) is str)

    @property
    def place(self) -> Place:
        """Where the value is written; where it is absent, the nearest key that exists."""
        if self.owner is None:
            found = self.document.offsets.container(self.value)
            return Place(self.document, *found.value) if found else self.document.head_of(self.value)
        return self.document.value_place(self.owner, self.key) or self._nearest()

    @property
    def key_place(self) -> Place:
        """Where the key is written; in a list, where the item begins."""
        if self.owner is None:
            return self.document.head_of(self.value)
        found = self.document.key_place(self.owner, self.key)
        if found is not None:
            return found
        return self.head if self.exists else self._nearest()

    @property
    def head(self) -> Place:
        """Where a reader looks for the value: a scalar itself, of a mapping or list the key or first key."""
        if type(self.value) in (dict, list):
            return self.document.head_of(self.value)
        return self.place

    def _nearest(self) -> Place:
        owner = self.owner
        while type(owner) is _Absent:
            node = owner.node
            if node.exists and node.owner is not None:
                return node.key_place
            owner = node.owner
        return self.document.head_of(owner if owner is not None else self.document.value)

    def __repr__(self) -> str:
        return f"Node({self.value!r}, {self.document.file.path})"


class _Absent:
    """Stands as the owner of a node whose parent is no mapping."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node


_NO_MAPPING: Mapping[str, object] = {}
