"""One YAML document → values and offsets with all of YAML: anchors, merge keys, tags, repeated keys, errors.

Builds from libyaml's events without recursion, so that depth and the expansion of aliases are bounded while
reading. As in go-yaml v2 an anchor may be redefined, a merge key takes effect where it stands (later keys
win, of a list of mappings the earlier), and a key is repeated when both resolve to the same value and type.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from yaml import MarkedYAMLError, YAMLError
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)
from yaml.reader import ReaderError

from meshlint.source.document import Entry, Extent
from meshlint.source.scalars import NotJSON, key_text, resolve, resolve_tagged

MAX_DEPTH = 500
"""How deep collections may nest: what walks over the values may be recursive."""

MAX_EXPANSION = 200_000
"""How many nodes the aliases of one document may stand for."""

_PROPERTIES = re.compile(r"(?:(?:!<[^>\s]*>|[&!][^\s,\[\]{}]*)(?:\s+|(?<=\s)#[^\n]*)*)*")
_ESCAPED_SLASH = re.compile(r'"(?:[^\\]|\\[^/])*?(\\/)', re.DOTALL)
_MERGE_TAG = "tag:yaml.org,2002:merge"


class Unreadable(ValueError):
    """Text that is no YAML, or that JSON cannot hold; `offset` says where, in characters."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class Repeated(NamedTuple):
    """A key that a mapping has twice: where it stands first and again."""

    key: str
    first: Extent
    second: Extent


class Composed(NamedTuple):
    """A value, its offsets as `Offsets` wants them, and the keys that are repeated."""

    value: object
    numbers: array[int]
    extra: dict[tuple[int, object], Entry] | None = None
    repeated: tuple[Repeated, ...] = ()


class Parser(CParser):
    """libyaml without PyYAML's tag resolution, whose rules are not Go's."""

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)

    def resolve(self, _kind: object, _value: object, _implicit: object) -> str:
        """No tag: what a scalar means is decided elsewhere."""
        return ""

    def descend_resolver(self, _parent: object, _index: object) -> None:
        """Nothing: tags do not depend on paths here."""

    def ascend_resolver(self) -> None:
        """Nothing: tags do not depend on paths here."""


def compose_carefully(text: str) -> Composed | None:
    """The one document of `text`; None when it holds none. Raises Unreadable."""
    reader = _Reader(text)
    for event in _events(text):
        reader.take(event)
    return reader.composed()


def block_end(text: str, start: int, end: int) -> int:
    """Where the content of a block scalar ends: its mark runs on to the next token."""
    return start + len(text[start:end].rstrip())


def _events(text: str) -> Iterator[Event]:
    try:
        parser = Parser(text)
        try:
            while parser.check_event():
                event = parser.get_event()
                assert event is not None
                yield event
        finally:
            parser.dispose()
    except MarkedYAMLError as error:
        message = " ".join(part for part in (error.problem, error.context) if part)
        mark = error.problem_mark or error.context_mark
        raise Unreadable(message, mark.index if mark is not None else 0) from None
    except ReaderError as error:
        at = len(text.encode()[: error.position].decode(errors="ignore"))
        raise Unreadable(str(error.reason), at) from None
    except UnicodeEncodeError as error:
        raise Unreadable("found a lone surrogate", error.start) from None
    except YAMLError as error:
        raise Unreadable(str(error), 0) from None


class _Done(NamedTuple):
    """A finished node."""

    value: object
    start: int
    end: int
    size: int = 1
    height: int = 0


@dataclass(slots=True)
class _Open:
    """A collection that is being read; `key` is the key whose value comes next."""

    value: dict[str, object] | list[object]
    start: int
    flow: bool
    anchor: str | None
    key: tuple[str, int, int] | None = None
    merging: bool = False
    seen: dict[tuple[type, object], Extent] = field(default_factory=dict)
    end: int | None = None
    size: int = 1
    height: int = 1


class _Reader:
    """Builds one document from its events."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._json = text.lstrip()[:1] in ("{", "[")
        self._root: object = None
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Done | None] = {}
        self._entries: dict[tuple[int, object], Entry] = {}
        self._repeated: list[Repeated] = []
        self._dropped: list[object] = []  # kept alive so that no later container gets the same id
        self._expanded = 0

    def take(self, event: Event) -> None:
        """Add one event."""
        if isinstance(event, ScalarEvent):
            self._scalar(event)
        elif isinstance(event, CollectionStartEvent):
            self._open(event)
        elif isinstance(event, CollectionEndEvent):
            self._close(event)
        elif isinstance(event, AliasEvent):
            self._alias(event)
        elif isinstance(event, DocumentStartEvent) and event.version not in (None, (1, 1)):
            version = ".".join(map(str, event.version or ()))
            raise Unreadable(f"YAML version {version} is not supported", _start(event))

    def composed(self) -> Composed | None:
        """The finished document; None when there was none."""
        if not self._entries:
            return None
        if self._dropped:
            live = _containers(self._root)
            self._entries = {at: entry for at, entry in self._entries.items() if at[0] in live}
        return Composed(self._root, array("I"), self._entries, tuple(self._repeated))

    def _open(self, event: CollectionStartEvent) -> None:
        start = self._content_start(event)
        if len(self._stack) >= MAX_DEPTH:
            raise Unreadable(f"collections are nested more than {MAX_DEPTH} deep", start)
        value: dict[str, object] | list[object] = {} if isinstance(event, MappingStartEvent) else []
        flow = self._text[start : start + 1] in ("[", "{")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(_Open(value, start, flow, event.anchor))

    def _close(self, event: CollectionEndEvent) -> None:
        done = self._stack.pop()
        end = _end(event) if done.flow or done.end is None else done.end
        self._add(_Done(done.value, done.start, end, done.size, done.height), done.anchor)

    def _scalar(self, event: ScalarEvent) -> None:
        start = self._content_start(event)
        end = max(_end(event), start)
        if event.style in ("|", ">"):
            end = block_end(self._text, start, end)
        elif event.style == '"' and not self._json:
            self._check_escapes(start, end)
        top = self._stack[-1] if self._stack else None
        if top is not None and type(top.value) is dict and top.key is None and _is_merge(event):
            top.merging = True
            top.key = ("<<", start, end)
            return
        try:
            value = _resolve(event)
        except NotJSON as error:
            raise Unreadable(str(error), start) from None
        self._add(_Done(value, start, end), event.anchor)

    def _check_escapes(self, start: int, end: int) -> None:
        found = _ESCAPED_SLASH.match(self._text, start, end)
        if found is not None:
            raise Unreadable("found unknown escape character", found.start(1))

    def _alias(self, event: AliasEvent) -> None:
        start, end = _start(event), _end(event)
        name = event.anchor
        if name not in self._anchors:
            raise Unreadable(f"unknown anchor '{name}' referenced", start)
        anchored = self._anchors[name]
        if anchored is None:
            raise Unreadable(f"the value of anchor '{name}' contains itself", start)
        self._expanded += anchored.size
        if self._expanded > MAX_EXPANSION or len(self._stack) + anchored.height > MAX_DEPTH:
            raise Unreadable("the document contains excessive aliasing", start)
        self._add(anchored._replace(start=start, end=end), None)

    def _add(self, done: _Done, anchor: str | None) -> None:
        """Put a finished node where it belongs: the root, an item, a key or the value of the last key."""
        if anchor is not None:
            self._anchors[anchor] = done
        if not self._stack:
            self._root = done.value
            self._entries[0, None] = (0, 0, done.start, done.end)
            return
        top = self._stack[-1]
        top.end = done.end
        top.size += done.size
        top.height = max(top.height, done.height + 1)
        if type(top.value) is list:
            self._entries[id(top.value), len(top.value)] = (0, 0, done.start, done.end)
            top.value.append(done.value)
        elif top.key is None:
            top.key = self._key(top, done)
        else:
            self._put(top, done)

    def _key(self, top: _Open, done: _Done) -> tuple[str, int, int]:
        value = done.value
        if isinstance(value, (dict, list)):
            kind = "mapping" if type(value) is dict else "list"
            raise Unreadable(f"a mapping key cannot be a {kind}", done.start)
        name = key_text(value)
        if name is None:
            raise Unreadable("a mapping key cannot be null", done.start)
        typed = (type(value), value)
        place = (done.start, done.end)
        if typed in top.seen:
            self._repeated.append(Repeated(name, top.seen[typed], place))
        top.seen.setdefault(typed, place)
        return (name, *place)

    def _put(self, top: _Open, done: _Done) -> None:
        assert type(top.value) is dict
        assert top.key is not None
        name, start, end = top.key
        top.key = None
        if top.merging:
            top.merging = False
            self._merge(top.value, done)
            return
        self._drop(top.value.get(name))
        top.value[name] = done.value
        self._entries[id(top.value), name] = (start, end, done.start, done.end)

    def _merge(self, target: dict[str, object], done: _Done) -> None:
        """Copy the entries of the merged mappings, which stay where they were written."""
        sources = done.value[::-1] if type(done.value) is list else [done.value]
        for source in sources:
            if type(source) is not dict:
                raise Unreadable("a merge key needs a mapping or a list of mappings", done.start)
            for name, value in source.items():
                self._drop(target.get(name))
                target[name] = value
                self._entries[id(target), name] = self._entries[id(source), name]
        self._drop(done.value)

    def _drop(self, value: object) -> None:
        if isinstance(value, (dict, list)):
            self._dropped.append(value)

    def _content_start(self, event: ScalarEvent | CollectionStartEvent) -> int:
        """Where the content begins, after anchor and tag."""
        start = _start(event)
        if event.anchor is None and event.tag is None and self._text[start : start + 1] != "!":
            return start
        found = _PROPERTIES.match(self._text, start)
        after = found.end() if found is not None else start
        return min(after, _end(event)) if isinstance(event, ScalarEvent) else after


def _start(event: Event) -> int:
    assert event.start_mark is not None  # libyaml marks every event
    return event.start_mark.index


def _end(event: Event) -> int:
    assert event.end_mark is not None
    return event.end_mark.index


def _is_merge(event: ScalarEvent) -> bool:
    return event.value == "<<" and (event.implicit[0] or event.tag == _MERGE_TAG)


def _resolve(event: ScalarEvent) -> object:
    if event.tag is not None:
        return resolve_tagged(event.tag, event.value)
    return resolve(event.value) if event.implicit[0] else event.value


def _containers(root: object) -> set[int]:
    """The ids of the containers that can be reached; 0 stands for the root itself."""
    live = {0}
    stack = [root]
    while stack:
        value = stack.pop()
        if isinstance(value, (dict, list)) and id(value) not in live:
            live.add(id(value))
            stack.extend(value.values() if isinstance(value, dict) else value)
    return live
